#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""IPv6 inside the tunnel and outside of it: PDN types, Router Advertisements, traffic both ways with Linux
as the other end, ICMPv6 errors, and an SGW of IPv6, whose kernel judges the UDP checksums."""

# TS 23.401 5.3.1.1, 5.3.1.2.2; TS 29.274 8.14, 8.34: PDN types, causes and addresses of IPv6
# TS 29.281 4.4.2: GTP-U over IPv6

import socket
import subprocess

from scapy.layers.inet import UDP
from scapy.layers.inet6 import (ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6ND_RA, ICMPv6ND_RS, ICMPv6NDOptMTU,
                                ICMPv6NDOptPrefixInfo, ICMPv6NDOptRDNSS, ICMPv6PacketTooBig, ICMPv6TimeExceeded, IPv6)

from _gtp import *
from _lab import GW, NET, Capture, Lab, check, check_equal, main, wait_for

GW6, SGW6, NET6 = "fd00:10::1", "fd00:10::2", "fd00:20::2"
DNS6 = "2001:db8:53::1"
DAF = bytes([0x80, 0, 0, 0])
IPV4, IPV6, BOTH = 1, 2, 3


def configure(lab: Lab):
    """What the lab's APN hasn't: another DNS server, the clamp of the MSS; and an APN of IPv4 alone."""
    lab.edit("control", ('pools = [ "internet", "internet6" ]', 'pools = [ "internet", "internet6" ]; mss: { ipv4 = 1300; ipv6 = 1280; }'),
             ('"fd00:20::2" ]', f'"{DNS6}" ]'),
             ('apns: (', 'apns: ( { name = "v4only"; vrf = "internet"; pools = [ "internet" ]; },'))


def paa(kind):
    return ie(PAA, bytes([kind]) + (b"\x40" + bytes(16) if kind & 2 else b"") + (bytes(4) if kind & 1 else b""))


class Device:
    """A session of the SGW and what its PAA says."""

    def __init__(self, sgw, imsi, kind, cause=16, **changes):
        octets, teid_c, self.teid_u = sgw.create_message(
            imsi, **{"PAA": paa(kind), "PDN_TYPE": ie(PDN_TYPE, bytes([kind])), "INDICATION": ie(INDICATION, DAF), **changes})
        answer = sgw.ask(octets)
        check_equal(answer.cause, cause, f"cause for PDN type {kind}")
        self.sgw, self.answer, value = sgw, answer, answer.value(PAA)
        self.kind, rest = value[0], value[1:]
        if self.kind & 2:
            check_equal(rest[0], 64, "prefix length of the PAA")
            check(rest[9:17] != bytes(8), "no interface identifier in the PAA")
            self.prefix, self.link = rest[1:9], socket.inet_ntop(socket.AF_INET6, b"\xfe\x80" + bytes(6) + rest[9:17])
            self.ipv6 = socket.inet_ntop(socket.AF_INET6, rest[1:17])
            rest = rest[17:]
        self.ipv4 = socket.inet_ntoa(rest) if self.kind & 1 else None
        bearer = answer.find(BEARER)
        self.gw_teid_u = struct.unpack("!I", find(bearer.ies, FTEID, 2).value[1:5])[0]

    def send(self, packet):
        self.sgw.send_user(gpdu(self.gw_teid_u, bytes(packet)))

    def receive(self, wanted):
        """The next inner IPv6 packet with this layer; advertisements that nobody asked for pass by."""
        while True:
            got = self.sgw.receive_user()
            check(got is not None, f"no {wanted.__name__} came to the device")
            kind, teid, rest, _ = got
            packet = IPv6(rest)
            if kind == 255 and teid == self.teid_u and wanted in packet:
                again = IPv6(rest)
                checked = again[wanted]
                before = checked.cksum if hasattr(checked, "cksum") else checked.chksum
                (setattr(checked, "cksum", None) if hasattr(checked, "cksum") else setattr(checked, "chksum", None))
                check_equal(bytes(again), rest, f"checksum {before:#x} of {wanted.__name__}")
                return packet


def advertisement(device):
    """What a device learns by asking. RFC 4861, RFC 8106; no on-link flag: RFC 6459 5.2."""
    device.send(IPv6(src=device.link, dst="ff02::2", hlim=255) / ICMPv6ND_RS())
    ra = device.receive(ICMPv6ND_RA)
    check_equal((ra.hlim, ra.src[:5], ra[ICMPv6ND_RA].M), (255, "fe80:", 0), "hop limit, source and M flag")
    prefix = ra[ICMPv6NDOptPrefixInfo]
    check_equal((prefix.prefixlen, prefix.A, prefix.L), (64, 1, 0), "prefix length, A and L flag")
    check_equal(socket.inet_pton(socket.AF_INET6, prefix.prefix)[:8], device.prefix, "prefix")
    check_equal(ra[ICMPv6NDOptMTU].mtu, 1400, "MTU")
    check_equal(ra[ICMPv6NDOptRDNSS].dns, [DNS6], "DNS servers")


def traffic(lab: Lab, device):
    """Linux at the other end: UDP both ways, and a ping that the device answers."""
    server = lab.open_socket("net", socket.AF_INET6, socket.SOCK_DGRAM)
    server.bind((NET6, 40000))
    server.settimeout(5)
    device.send(IPv6(src=device.ipv6, dst=NET6) / UDP(sport=1, dport=40000) / b"up")
    data, source = server.recvfrom(100)
    check_equal((data, source[0]), (b"up", device.ipv6), "what came to the server")
    server.sendto(b"down", (device.ipv6, 2))
    down = device.receive(UDP)
    check_equal((bytes(down[UDP].payload), down.src, down.hlim), (b"down", NET6, 63), "what came to the device")
    ping = lab.spawn("net", "ping", "-q", "-6", "-n", "-c", "1", "-W", "5", device.ipv6, stdout=subprocess.DEVNULL)
    request = device.receive(ICMPv6EchoRequest)
    echo = request[ICMPv6EchoRequest]
    device.send(IPv6(src=device.ipv6, dst=NET6) / ICMPv6EchoReply(id=echo.id, seq=echo.seq, data=echo.data))
    check_equal(ping.wait(10), 0, "ping from the customer's network")
    server.close()


def errors(lab: Lab, device):
    device.send(IPv6(src=device.ipv6, dst=NET6, hlim=1) / UDP(sport=1, dport=40000) / b"too far")
    check_equal(device.receive(ICMPv6TimeExceeded).dst, device.ipv6, "who is told of the hop limit")
    device.send(IPv6(src="2001:db8:100:ffff::1", dst=NET6) / UDP(sport=1, dport=40000) / b"not mine")
    device.send(IPv6(src=device.link, dst=NET6) / UDP(sport=1, dport=40000) / b"not of here")
    wait_for(lambda: lab.drops().get("SPOOFED") == 2, "two spoofed packets")
    sender = lab.open_socket("net", socket.AF_INET6, socket.SOCK_DGRAM)
    sender.connect((device.ipv6, 9))
    sender.send(bytes(1440))  # fits into the link, not into what the device was told
    wait_for(lambda: "mtu 1400" in lab.run("net", "ip", "-6", "route", "get", device.ipv6),
             "Linux has learned the path MTU")


def pdn_types(lab: Lab, sgw):
    for i, (kind, cause, granted, changes) in enumerate((
            (BOTH, 16, BOTH, {}), (BOTH, 19, IPV4, {"INDICATION": ie(INDICATION, bytes(4))}), (BOTH, 19, IPV4, {"INDICATION": None}),
            (IPV4, 16, IPV4, {}), (IPV6, 16, IPV6, {}), (BOTH, 18, IPV4, {"APN": ie(APN, labels("v4only"))}))):
        device = Device(sgw, f"00101000000010{i}", kind, cause, **changes)
        check_equal(device.kind, granted, f"PDN type that is granted for {kind} with {changes}")
    refused = sgw.refused(PAA=paa(IPV6), PDN_TYPE=ie(PDN_TYPE, b"\2"), APN=ie(APN, labels("v4only")))
    check_equal(refused.cause, 83, "IPv6 where only IPv4 is served")


class Sgw6(Sgw):
    """An SGW of IPv6. Its kernel drops UDP datagrams without a right checksum."""

    def __init__(self, lab):
        self.lab, self.address = lab, SGW6
        self.control, self.user = (self.bound(port) for port in (GTPC, GTPU))
        self.sequence, self.next_teid = 1, 0x600000

    def bound(self, port):
        s = self.lab.open_socket("sgw", socket.AF_INET6, socket.SOCK_DGRAM)
        s.bind((SGW6, port))
        return s

    def send(self, octets):
        self.control.sendto(octets, (GW6, GTPC))

    def receive(self, timeout=5.0):
        self.control.settimeout(timeout)
        octets, source = self.control.recvfrom(65536)
        check_equal(source[:2], (GW6, GTPC), "source of the answer")
        return Answer(octets)

    def send_user(self, octets, address=GW6):
        self.user.sendto(octets, (address, GTPU))

    def fteid(self, interface, instance=0):
        return ie(FTEID, bytes([0x40 | interface]) + struct.pack("!I", self.new_teid()) +
                  socket.inet_pton(socket.AF_INET6, SGW6), instance)

    def create_message(self, imsi, **changes):
        sender, user = self.fteid(6), self.fteid(4, 2)
        teid_c, teid_u = (struct.unpack("!I", f[5:9])[0] for f in (sender, user))
        changes = {"SENDER": sender, "BEARER": ie(BEARER, ie(EBI, b"\5") + qos() + user), **changes}
        return message(CREATE_SESSION, create_session_ies(imsi, teid_c, teid_u, **changes), self.new_sequence()), teid_c, teid_u


def over_ipv6(lab: Lab):
    sgw = Sgw6(lab)
    device = Device(sgw, "001010000000201", BOTH)
    for where, instance in ((device.answer.ies, 1), (device.answer.find(BEARER).ies, 2)):
        value = find(where, FTEID, instance).value
        check_equal((value[0] >> 6, value[5:]), (1, socket.inet_pton(socket.AF_INET6, GW6)), "F-TEID of IPv6 alone")
    advertisement(device)
    traffic(lab, device)
    server = lab.udp("net", NET, 40001)
    server.settimeout(5)
    device.send(udp(device.ipv4, NET, 1, 40001, b"up4"))
    check_equal(server.recv(100), b"up4", "IPv4 uplink over IPv6")
    for length in range(1, 20):
        server.sendto(bytes(length), (device.ipv4, 2))
    got = 0
    while got < 19:
        _, teid, rest, _ = sgw.receive_user()
        got += teid == device.teid_u and rest[0] >> 4 == 4
    sgw.send_user(gtpu(1, 0, bytes([0, 7, 0, 0]), flags=0x32))
    wait_for(lambda: sgw.receive_user()[0] == 2, "an Echo Response over IPv6")
    sgw.send_user(gpdu(0x12345678, bytes(IPv6(src=NET6, dst=NET6) / UDP())))
    rest = wait_for(lambda: (m := sgw.receive_user())[0] == 26 and m[2], "an Error Indication over IPv6")
    check_equal(rest[9:], b"\x85\0\x10" + socket.inet_pton(socket.AF_INET6, GW6), "GTP-U Peer Address")


def shown(lab: Lab, device):
    prefix = socket.inet_ntop(socket.AF_INET6, device.prefix + bytes(8))
    shown = lab.cli(f"show session address {device.ipv6}")
    check(f"{prefix}/64, dynamic, pool internet6" in shown and device.ipv4 in shown, f"show session:\n{shown}")
    check("2001:db8:100::/48" in lab.cli("show pools"), "the pool isn't shown")
    routes = lab.cli("show routes")
    check("2001:db8:100::/48" in routes and "fd00:20::/64" in routes, f"IPv6 routes aren't shown:\n{routes}")
    check(NET6 in lab.cli("show neighbours"), "the IPv6 neighbour isn't shown")


def linux_as_device(lab: Lab, sgws):
    """torii-ue's devices: Linux solicits, and forms address and default route from what is advertised."""
    lab.ue("attach", "--devices", 3, "--imsi", "001010000000301", "--pdn-type", "ipv4v6,ipv6,ipv4", "--sgw", sgws)
    for i, device in enumerate(lab.devices()):
        check_equal((device["address"] != "", device["address6"] != ""), (i != 1, i != 2), f"families of ue{i}")
        shown = [line.split()[3] for line in lab.run(f"ue{i}", "ip", "-6", "-o", "addr", "show", "dev", "ue", "scope", "global").splitlines()]
        check_equal(shown, [device["address6"] + "/64"] if i != 2 else [], f"Linux's addresses on ue{i}")
        if i != 2:
            check("default via fe80:" in lab.run(f"ue{i}", "ip", "-6", "route"), f"ue{i} has no default route")
            check_equal(device["dns6"][0], DNS6, f"DNS server of ue{i} by its PCO")
            lab.check_ping(f"ue{i}", NET6)
        if i != 1:
            lab.check_ping(f"ue{i}")
    lab.ue("move", "all", sgws.split(",")[1])
    lab.check_ping("ue0", NET6)
    lab.check_ping("ue0")
    lab.ue("detach", "all")


def explained(lab: Lab, device):
    """What the dataplane would make of the packets that were sent above, and of some others."""
    up = f"uplink teid {device.gw_teid_u} src {device.ipv6} dst"
    down = f"downlink vrf internet src {NET6} dst"
    # 40 bytes of IPv6, 16 of UDP and GTP-U are around a packet to an SGW of IPv6, 36 in all for one of IPv4.
    for question, expected in ((f"{up} {NET6}", "delivered, on sgi"),
                               (f"{up} {NET6} ttl 1", "dropped, UL_TTL"),
                               (f"{up} 2001:db8:100:ffff::1", "dropped, BLACKHOLE"),
                               (f"{up} ff05::1", "dropped, LINK_SCOPE"),
                               (f"uplink teid {device.gw_teid_u} src fe80::5 dst ff02::2 proto icmpv6",
                                "taken by the gateway"),
                               (f"uplink teid {device.gw_teid_u} src 2001:db8::1 dst {NET6}", "dropped, SPOOFED"),
                               (f"{down} {device.ipv6}", "delivered, on s5"),
                               (f"{down} {device.ipv6} len 1465", "dropped, TOO_BIG"),
                               (f"{down} 2001:db8:100:ffff::1", "dropped, NO_SESSION"),
                               (f"{down} fd00:20::1 proto icmpv6", "given to Linux")):
        text = lab.cli(f"explain packet {question}")
        check(f"Verdict       {expected}" in text, f"explain packet {question}: {text}")
    text = lab.cli(f"explain packet {up} {NET6} proto tcp tos 184 label 5")
    check("a larger MSS of a TCP SYN becomes 1280" in text and f"address {device.ipv4} and 2001:db8:100:" in text
          and "ToS 0xb8, flow label 0x00005" in text and f"next hop {NET6} (" in text, text)


def test(lab: Lab):
    configure(lab)
    lab.start()
    wire = Capture(lab, "sgw", "s5", "udp")
    sgw = Sgw(lab)
    device = Device(sgw, "001010000000001", BOTH)
    advertisement(device)
    traffic(lab, device)
    errors(lab, device)
    shown(lab, device)
    explained(lab, device)
    pdn_types(lab, sgw)
    over_ipv6(lab)
    linux_as_device(lab, "10.10.0.3,10.10.0.4")
    linux_as_device(lab, "fd00:10::3,fd00:10::4")
    counters, drops = lab.counters(), lab.drops()
    check_equal(drops.get("SPOOFED"), 2, "spoofed packets")
    check_equal((drops.get("TOO_BIG"), drops.get("UL_TTL")), (1, 1), "packets that were refused")
    check_equal(counters["icmp_error_tx"], 2, "ICMPv6 errors")
    wire.stop()
    wire.check_sane("ip || ipv6")


main(test)
