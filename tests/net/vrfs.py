#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two customers whose networks have the same addresses everywhere, devices too; service addresses on
the loopback interface; GTP-U only where SGWs are; and both sides on one port. VRFs are Linux tables
here: the machine's kernel need have no VRF devices."""

import re

from _gtp import *
from _lab import GW, NET, Capture, Lab, check, check_equal, main, wait_for

PORT = 4000
SERVICE_C, SERVICE_U = "192.0.2.1", "192.0.2.2"

SECOND_POOL = '''pools: (
  { name = "second"; range = "100.64.0.0/16"; static = [ "100.64.255.0/24" ]; },
'''
SECOND_APN = '''apns: (
  { name = "second"; vrf = "second"; pools = [ "second" ]; dns = [ "10.20.0.2" ]; static_from_request = true; },
'''


def second_customer(lab: Lab):
    """Port sgi2 in table 200: the same addresses as the first customer's, at both ends."""
    lab.link("sgi2", "net2")
    lab.run("net2", "ip", "addr", "add", f"{NET}/24", "dev", "sgi2")
    lab.run("net2", "ip", "route", "add", "100.64.0.0/16", "via", "10.20.0.1")
    lab.run("gw", "sysctl", "-q", "-w", "net.ipv4.conf.all.arp_ignore=1")
    lab.run("gw", "ip", "addr", "add", "10.20.0.1/24", "dev", "sgi2", "noprefixroute")
    lab.run("gw", "ip", "route", "add", "10.20.0.0/24", "dev", "sgi2", "table", "200")
    lab.edit("dataplane",
             ("vrfs: (", 'vrfs: (\n  { name = "second"; table = 200; },'),
             ("ports: (", f'ports: (\n  {{ name = "sgi2"; device = "{lab.device("sgi2")}"; role = "sgi"; vrf = "second"; }},'))
    lab.edit("control", ("pools: (\n", SECOND_POOL), ("apns: (\n", SECOND_APN))


def service_addresses(lab: Lab):
    """GTP-C and GTP-U on addresses of the loopback interface, GTP-U also on the port's."""
    lab.run("gw", "ip", "addr", "add", f"{SERVICE_C}/32", "dev", "lo")
    lab.run("gw", "ip", "addr", "add", f"{SERVICE_U}/32", "dev", "lo")
    lab.run("sgw", "ip", "route", "add", "192.0.2.0/24", "via", GW)
    lab.edit("dataplane", (f'addresses = [ "{GW}"', f'addresses = [ "{SERVICE_U}", "{GW}"'))
    lab.edit("control", (f'addresses = [ "{GW}"', f'addresses = [ "{SERVICE_C}", "{GW}"'))


class ServiceSgw(Sgw):
    """An SGW that talks to the service address."""

    def send(self, octets):
        self.control.sendto(octets, (SERVICE_C, GTPC))

    def receive(self, timeout=5.0):
        self.control.settimeout(timeout)
        octets, source = self.control.recvfrom(65536)
        check_equal(source, (SERVICE_C, GTPC), "source of the answer")
        return Answer(octets)


def same_address_twice(lab: Lab, sgw):
    """Both devices are 100.64.255.7, both servers 10.20.0.2."""
    address = "100.64.255.7"
    first = sgw.create("001010000000001", address=address, apn="internet")
    second = sgw.create("001010000000002", address=address, apn="second")
    check_equal((first.address, second.address), (address, address), "addresses of the devices")
    check_equal({first.gw_u, second.gw_u} <= {SERVICE_U, GW}, True, "GTP-U addresses offered")
    servers = {first: lab.udp("net", NET, PORT), second: lab.udp("net2", NET, PORT)}
    for session, server in servers.items():
        for i in range(20):
            text = f"{session.imsi} {i}".encode()
            sgw.send_user(gpdu(session.gw_teid_u, udp(address, NET, PORT, PORT, text)), session.gw_u)
            server.settimeout(5)
            check_equal(server.recvfrom(100), (text, (address, PORT)), "what the customer's server hears")
            server.sendto(text, (address, PORT))
            kind, teid, inner, source = sgw.receive_user()
            check_equal((kind, teid, inner[28:], source[0]), (255, session.teid_u, text, session.gw_u),
                        "what the device hears")
    for server in servers.values():
        server.setblocking(False)
        try:
            check(False, f"a customer hears the other's device: {server.recv(100)}")
        except BlockingIOError:
            pass
    return first, second


def gtpu_only_where_sgws_are(lab: Lab, first):
    """A customer sends GTP-U to our addresses. That of the access port isn't this machine's in his network,
    that of the loopback interface is and Linux takes it: neither is GTP-U there."""
    before, drops = lab.counters(), lab.drops()
    lab.run("net", "ip", "route", "replace", "10.10.0.0/24", "via", "10.20.0.1")
    lab.run("net", "ip", "route", "replace", "192.0.2.0/24", "via", "10.20.0.1")
    attacker = lab.udp("net", NET, PORT + 1)
    for _ in range(10):
        for address in (GW, SERVICE_U):
            attacker.sendto(gpdu(first.gw_teid_u, udp(first.address, NET, PORT, PORT, b"injected")), (address, GTPU))
    wait_for(lambda: lab.drops().get("NOT_LOCAL", 0) == drops.get("NOT_LOCAL", 0) + 10, "the first ones dropped")
    wait_for(lambda: lab.counters()["punt_packets"] >= before["punt_packets"] + 10, "the others given to Linux")
    check_equal(lab.counters()["ul_packets"], before["ul_packets"], "packets out of tunnels")


def pools_are_blackholes_in_their_tables(lab: Lab):
    for table in ("main", "200"):
        check("blackhole 100.64.0.0/16" in lab.run("gw", "ip", "route", "show", "table", table),
              f"the pool's blackhole route in table {table}")


def apart(lab: Lab):
    second_customer(lab)
    service_addresses(lab)
    lab.start()
    wire = Capture(lab, "sgw", "s5", "udp")
    sgw = ServiceSgw(lab)
    first, second = same_address_twice(lab, sgw)
    gtpu_only_where_sgws_are(lab, first)
    pools_are_blackholes_in_their_tables(lab)
    # One customer's link goes: his devices lose their way, the other's don't.
    lab.run("net2", "ip", "link", "set", "sgi2", "down")
    wait_for(lambda: "sgi2: link down" in lab.log("dataplane"), "the link of the second customer down")
    check_equal(sgw.delete(second).cause, 16, "Delete Session of the second")
    server = lab.udp("net", NET, PORT + 2)
    server.settimeout(5)
    sgw.send_user(gpdu(first.gw_teid_u, udp(first.address, NET, PORT, PORT + 2, b"still here")), first.gw_u)
    check_equal(server.recv(100), b"still here", "what the first customer's server hears")
    wire.stop()
    wire.check_sane(f"ip.src == {GW} || ip.src == 192.0.2.0/24")


def one_arm(lab: Lab):
    """SGW and customer behind one port."""
    lab.edit("dataplane", ('role = "access"', 'role = "both"'))
    lab.edit("control", ('vrf = "internet"', 'vrf = "access"'))
    lab.run("sgw", "ip", "route", "add", "100.64.0.0/16", "via", GW)
    lab.start()
    sgw = Sgw(lab)
    session = sgw.create("001010000000001")
    server = lab.udp("sgw", "10.10.0.4", PORT)
    server.settimeout(5)
    sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, "10.10.0.4", PORT, PORT, b"up")))
    check_equal(server.recvfrom(100), (b"up", (session.address, PORT)), "uplink on one arm")
    server.sendto(b"down", (session.address, PORT))
    kind, teid, inner, _ = sgw.receive_user()
    check_equal((kind, teid, inner[28:]), (255, session.teid_u, b"down"), "downlink on one arm")


def hundreds(lab: Lab):
    """500 customers with 20 networks each: all of it in the dataplane, in less than 500 MB."""
    tables = range(1000, 1500)
    routes = "".join(f"route add blackhole 10.{r}.0.0/16 table {t}\n" for t in tables for r in range(20))
    batch = lab.run_dir / "routes"
    batch.write_text(routes)
    lab.run("gw", "ip", "-batch", batch)
    lab.edit("dataplane", ("vrfs: (", "vrfs: (" + "".join(f'{{ name = "c{t}"; table = {t}; }},' for t in tables)))
    lab.start()
    lab.run("gw", "ip", "route", "add", "blackhole", "192.0.2.0/24", "table", tables[0])
    shown = lambda: lab.cli(f"show routes vrf c{tables[0]}")
    wait_for(lambda: len(re.findall(r"^c1000 .*blackhole", shown(), re.M)) >= 21, "a route that comes now")
    n = len(re.findall(r"^c1\d{3} .*blackhole", lab.cli("show routes"), re.M))
    check_equal(n, 20 * len(tables) + 1, "routes in all VRFs")
    status = open(f"/proc/{lab.pid('dataplane')}/status").read()
    used = sum(int(re.search(rf"^{kind}:\s+(\d+)", status, re.M).group(1)) for kind in ("VmRSS", "HugetlbPages"))
    print(f"{len(tables)} VRFs of 20 routes: the dataplane has {used // 1024} MiB")
    check(used < 500_000, f"the dataplane has {used} KiB")


if __name__ == "__main__":
    main(apart, one_arm, hundreds)
