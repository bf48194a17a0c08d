#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Dedicated bearers: packets that fit a filter go over a tunnel of their own both ways, within its rate,
over moves and crashes; started by an operator, by the configuration, and by Commands."""

# TS 29.274 7.2.3, 7.2.4, 7.2.15, 7.2.16: a dedicated bearer carries what fits its filters, both ways
# TS 29.274 7.2.5, 7.2.14.1, 7.2.17.1: Commands of an SGW are served
# TS 29.274 5.5.1; TS 23.401 5.4.1: a Create Bearer Request rides on the answer to the attach

import json
import socket
import struct

from _gtp import *
from _lab import GW, NET, Capture, Lab, check, check_equal, main, wait_for

CREATE_BEARER, UPDATE_BEARER, DELETE_BEARER_REQUEST = 95, 97, 99
NET6 = "fd00:20::2"
MODIFY_COMMAND, MODIFY_FAILURE, DELETE_COMMAND, DELETE_FAILURE, RESOURCE_COMMAND, RESOURCE_FAILURE = range(64, 70)
PTI, TAD, FLOW_QOS, TFT = 100, 85, 81, 84
FIRST = "001010000000001"
RULE = """static_from_request = true;
    bearers: ( { name = "voice"; qci = 1; gbr: { uplink = "64k"; downlink = "64k"; };
                 imsis = [ "0010100000005*" ]; filters = [ "udp remote 10.20.0.2 port 5004-5010" ]; } );"""


class Talk:
    """Datagrams between a device and two ports of the customer's network."""

    def __init__(self, lab, place="ue0"):
        self.lab, self.place = lab, place
        self.servers = {port: lab.udp("net", NET, port) for port in (5004, 6000)}
        for server in self.servers.values():
            server.settimeout(5)

    def both_ways(self, port):
        client = self.lab.udp(self.place, "0.0.0.0")
        client.settimeout(5)
        client.sendto(b"up", (NET, port))
        data, source = self.servers[port].recvfrom(100)
        check_equal(data, b"up", f"uplink to port {port}")
        self.servers[port].sendto(b"down", source)
        check_equal(client.recv(100), b"down", f"downlink from port {port}")
        client.close()

    def burst(self, port, n):
        """How many of n datagrams of 1000 octets arrive uplink."""
        client = self.lab.udp(self.place, "0.0.0.0")
        for _ in range(n):
            client.sendto(bytes(1000), (NET, port))
        client.close()
        server, got = self.servers[port], 0
        server.settimeout(0.5)
        try:
            while got < n:
                server.recv(2000)
                got += 1
        except TimeoutError:
            pass
        server.settimeout(5)
        return got


def bearers(lab, device=0, sock="ue"):
    return lab.devices(sock)[device]["bearers"]


def wait_for_bearers(lab, n, device=0, sock="ue"):
    wait_for(lambda: len(bearers(lab, device, sock)) == n, f"{n} bearers of the device")
    wait_for(lambda: all("active" in line for line in lab.cli("show bearers").splitlines()[1:-1]), "bearers active")
    return bearers(lab, device, sock)


def check_tunnels(lab, talk, device=0):
    """Port 5004 over the dedicated bearer, port 6000 over the default one."""
    before = bearers(lab, device)[0]
    talk.both_ways(5004)
    talk.both_ways(6000)
    after = bearers(lab, device)[0]
    check_equal((after["ul_packets"] - before["ul_packets"], after["dl_packets"] - before["dl_packets"]), (1, 1),
                "packets of the dedicated bearer")


def started_by_the_operator(lab, talk):
    lab.cli(f"bearer add imsi {FIRST} qci 2 mbr 400k 400k gbr 64k 64k filter udp remote {NET} port 5004-5010")
    bearer = wait_for_bearers(lab, 1)[0]
    check_equal((bearer["ebi"], bearer["qci"], bearer["filters"]), (6, 2, 1), "the bearer that the SGW was asked for")
    wire = Capture(lab, "sgw", "s5", "udp port 2152", "tunnels")
    check_tunnels(lab, talk)
    device = lab.devices()[0]
    wire.stop()
    for port, up, down in ((5004, bearer["gateway_teid"], bearer["teid"]),
                           (6000, device["gateway_teid_u"], device["teid"])):
        found = {int(teid, 16) for teid, in wire.fields(f"udp.port == {port}", "gtp.teid")}
        check_equal(found, {up, down}, f"TEIDs of port {port}")
    check("udp remote 10.20.0.2/32 port 5004-5010" in lab.cli(f"show session imsi {FIRST}"), "the filter is shown")
    return bearer


def is_policed(lab, talk):
    got = talk.burst(5004, 400)
    check(0 < got < 300, f"{got} of 400 datagrams in a burst passed 400 kbit/s")
    check_equal(talk.burst(6000, 100), 100, "datagrams of the default bearer meanwhile")
    lab.cli(f"bearer change imsi {FIRST} ebi 6 mbr 90M 90M")
    wait_for(lambda: "90.0 Mbit/s" in lab.cli("show bearers"), "the bearer's new rate")
    check_equal(talk.burst(5004, 200), 200, "datagrams within the new rate")


def survives(lab, talk):
    teid = bearers(lab)[0]["gateway_teid"]
    lab.kill("control")
    check_tunnels(lab, talk)
    lab.start("control")
    check("1 dedicated bearer\n" in lab.cli("show bearers"), "the bearer after a crash of control")
    check_tunnels(lab, talk)
    lab.kill("dataplane")
    lab.start("dataplane")
    wait_for(lambda: lab.sessions() == 2, "the sessions in the new dataplane")
    check_tunnels(lab, talk)
    check(f"0x{teid:08x}" in lab.cli("show bearers"), "the bearer's TEID is the same")
    lab.ue("move", 0, "10.10.0.3")
    check_tunnels(lab, talk)
    lab.cli(f"bearer remove imsi {FIRST} ebi 6")
    wait_for_bearers(lab, 0)
    talk.both_ways(5004)


def commands_of_a_device(lab):
    imsi = lab.devices()[1]["imsi"]
    lab.ue("command", 1, "resource", 7, f"udp remote {NET} port 5004")
    bearer = wait_for_bearers(lab, 1, 1)[0]
    check_equal(bearer["qci"], 7, "QCI of the bearer that the device asked for")
    lab.ue("command", 1, "modify", 1000, 2000, 8)
    wait_for(lambda: "AMBR up 1.00 Mbit/s" in lab.cli(f"show session imsi {imsi}"), "the new APN-AMBR")
    lab.ue("command", 1, "delete", bearer["ebi"])
    wait_for_bearers(lab, 0, 1)
    text = lab.ue("command", 1, "delete", 9, ok=False)
    check("64" in text, f"a command about no bearer: {text}")


def filters_of_ipv6(lab):
    """Addresses, ports, traffic class and flow label, by the device for what goes up and by the gateway for the rest."""
    lab.ue("attach", "--sgw", "10.10.0.4", "--imsi", "001010000000601", "--pdn-type", "ipv6", "--name", f"{lab.name}-uev", sock="uev")
    for n, text in enumerate((f"udp remote {NET6} port 5004-5010", "udp remote fd00:20::/64 tos 184/252", "flow-label 74565"), 1):
        lab.cli(f"bearer add imsi 001010000000601 qci 7 filter {text}")
        wait_for_bearers(lab, n, 0, "uev")
    server = lab.open_socket("net", socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind((NET6, 5004))
    other = lab.open_socket("net", socket.AF_INET6, socket.SOCK_DGRAM)
    other.bind((NET6, 6000))
    before = bearers(lab, 0, "uev")

    def send(port, tclass=0, label=0):
        client = lab.open_socket("uev0", socket.AF_INET6, socket.SOCK_DGRAM)
        client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, tclass)
        client.setsockopt(socket.IPPROTO_IPV6, 33, 1)  # IPV6_FLOWINFO_SEND
        client.sendto(b"up", (NET6, port, label))
        to = server if port == 5004 else other
        to.settimeout(5)
        data, source = to.recvfrom(100)
        check_equal(data, b"up", f"uplink to port {port}")
        to.sendto(b"down", source)
        client.settimeout(5)
        check_equal(client.recv(100), b"down", f"downlink from port {port}")
        client.close()

    send(5004)
    send(6000)
    send(6000, tclass=0xB8)
    send(6000, tclass=0xBB)  # the same but for its ECN bits
    send(6000, label=0x12345)
    send(5004, label=0x12345)  # the first filter that fits
    after = bearers(lab, 0, "uev")
    check_equal([(b["ul_packets"] - a["ul_packets"], b["dl_packets"] - a["dl_packets"]) for a, b in zip(before, after)],
                [(2, 2), (2, 0), (1, 0)], "packets of the bearers: ports, traffic class, flow label")
    lab.ue("detach", "all", sock="uev")


def configured_and_piggybacked(lab):
    lab.ue("attach", "--sgw", "10.10.0.4", "--imsi", "001010000000501", "--piggyback",
           "--name", f"{lab.name}-uep", sock="uep")
    bearer = wait_for_bearers(lab, 1, 0, "uep")[0]
    check_equal(bearer["qci"], 1, "QCI of the configured bearer")
    lab.ue("detach", "all", sock="uep")


def by_hand(lab):
    """An SGW that knows TS 29.274 alone."""
    sgw = Sgw(lab, "10.10.0.4")
    session = sgw.create("001010000000042")
    lab.cli("bearer add imsi 001010000000042 qci 9 filter tcp remote-port 80")
    request = sgw.receive()
    check_equal((request.kind, request.teid), (CREATE_BEARER, session.teid_c), "type and TEID of the request")
    context = request.find(BEARER)
    check_equal(find(context.ies, EBI).value, b"\0", "EBI in a Create Bearer Request")
    check_equal(request.value(EBI), b"\5", "linked EBI")
    check_equal(find(context.ies, TFT).value.hex(), "21300005" "3006" "500050", "the TFT")
    ours = find(context.ies, FTEID, 1).value
    teid_u = sgw.new_teid()
    made = ie(BEARER, ie(EBI, b"\7") + ie(CAUSE, b"\x10\0") + fteid(4, teid_u, sgw.address, 2) + ie(FTEID, ours, 3))
    sgw.send(message(CREATE_BEARER + 1, [ie(CAUSE, b"\x10\0"), made], request.sequence, session.gw_teid_c))
    wait_for(lambda: f"0x{teid_u:08x}" in lab.cli("show session imsi 001010000000042"), "the bearer's SGW TEID")
    # Modify Bearer Command: the reply is the request, with its sequence number
    sequence = sgw.new_sequence() | 0x800000
    command = message(MODIFY_COMMAND, [ie(AMBR, struct.pack("!II", 100, 200)), ie(BEARER, ie(EBI, b"\5") + qos(8))],
                      sequence, session.gw_teid_c)
    sgw.send(command)
    update = sgw.receive()
    check_equal((update.kind, update.sequence), (UPDATE_BEARER, sequence), "reply to a Modify Bearer Command")
    check_equal(update.value(AMBR), struct.pack("!II", 100, 200), "APN-AMBR")
    sgw.send(command)
    check_equal(sgw.receive().octets, update.octets, "the reply to a repeated Command")
    done = ie(BEARER, ie(EBI, b"\5") + ie(CAUSE, b"\x10\0"))
    sgw.send(message(UPDATE_BEARER + 1, [ie(CAUSE, b"\x10\0"), done], sequence, session.gw_teid_c))
    # Delete Bearer Command
    sequence = sgw.new_sequence() | 0x800000
    sgw.send(message(DELETE_COMMAND, [ie(BEARER, ie(EBI, b"\7"))], sequence, session.gw_teid_c))
    end = sgw.receive()
    check_equal((end.kind, end.sequence, end.value(EBI, 1)), (DELETE_BEARER_REQUEST, sequence, b"\7"),
                "reply to a Delete Bearer Command")
    sgw.send(message(DELETE_BEARER_REQUEST + 1, [ie(CAUSE, b"\x10\0"), ie(BEARER, ie(EBI, b"\7") + ie(CAUSE, b"\x10\0"))],
                     sequence, session.gw_teid_c))
    wait_for(lambda: "Bearer EBI" not in lab.cli("show session imsi 001010000000042"), "the end of the bearer")
    # Bearer Resource Command with a TFT operation that there isn't
    sequence = sgw.new_sequence() | 0x800000
    sgw.send(message(RESOURCE_COMMAND, [ie(EBI, b"\5"), ie(PTI, b"\3"), ie(FLOW_QOS, b"\x09" + bytes(20)),
                                        ie(TAD, b"\xe1")], sequence, session.gw_teid_c))
    failure = sgw.receive()
    check_equal((failure.kind, failure.sequence, failure.cause, failure.value(PTI)), (RESOURCE_FAILURE, sequence, 98, b"\3"),
                "reply to a Bearer Resource Command")
    check_equal(sgw.delete(session).cause, 16, "Delete Session")


def records(lab, name):
    return [json.loads(line) for line in (lab.run_dir / "state/records" / name).read_text().splitlines()]


def records_of_bearers(lab):
    """Each bearer has one start and one stop, and its session's record counts what it carried."""
    usage = records(lab, "usage.jsonl")
    starts = [r["charging_id"] for r in usage if r["record"] == "bearer-start"]
    stops = [r for r in usage if r["record"] == "bearer-stop"]
    check_equal(len(set(starts)), len(starts), "starts of bearers with a charging id of their own")
    check_equal(sorted(r["charging_id"] for r in stops), sorted(starts), "stops of bearers")
    first = next(r for r in stops if r["imsi"] == FIRST)
    check_equal((first["reason"], first["ebi"], first["linked_ebi"]), ("cleared", 6, 5), "the operator's bearer")
    check(first["ul_packets"] > 200, f"packets of the bearer: {first}")
    session = next(r for r in usage if r["record"] == "stop" and r["charging_id"] == first["session_charging_id"])
    check(session["ul_packets"] > first["ul_packets"], f"packets of its session: {session}")
    events = [(e["event"], e.get("reason")) for e in records(lab, "sessions.jsonl") if "bearer" in e["event"]]
    check_equal(len([e for e, _ in events if e == "bearer-start"]), len(starts), "starts in the session log")
    check({("bearer-end", "cleared"), ("bearer-end", "command"), ("bearer-end", "session")} <= set(events),
          f"ends in the session log: {events}")


def test(lab: Lab):
    lab.edit("control", ("static_from_request = true;", RULE))
    lab.start()
    wire = Capture(lab, "sgw", "s5", "udp port 2123")
    lab.ue("attach", "--devices", 2, "--sgw", "10.10.0.2,10.10.0.3")
    talk = Talk(lab)
    started_by_the_operator(lab, talk)
    is_policed(lab, talk)
    survives(lab, talk)
    commands_of_a_device(lab)
    configured_and_piggybacked(lab)
    filters_of_ipv6(lab)
    by_hand(lab)
    lab.ue("detach", "all")
    wait_for(lambda: lab.sessions() == lab.n_active() == 0, "no session left")
    records_of_bearers(lab)
    wire.stop()
    check(wire.count("gtpv2.message_type == 33 && gtpv2.message_type == 95") == 1, "one pair of an answer and a request")
    wire.check_sane(f"ip.src == {GW}")


if __name__ == "__main__":
    main(test)
