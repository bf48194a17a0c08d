#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A kernel with everything, on all sides (user-mode Linux: the machine's may lack it): Linux's own gtp module is the SGW's end
of each tunnel; two customers with the same addresses are VLANs of one port in VRF devices; netem loses,
delays and reorders. What one side counts is what the other counts, to the packet."""

# TS 29.281 5.1: G-PDUs that Linux's gtp module writes and reads

import json
import os
import re
import struct
import sys
import time

from _gtp import *
from _kernel_gtp import KernelSgw
from _lab import NET, ROOT, Lab, check, check_equal, main, wait_for

PORT, ADDRESS, FAR = 4000, "100.64.255.7", "203.0.113.7"
RATE = 10000  # kbit/s, of the device for which netem makes the way long
CUSTOMERS = {"red": ("net", 100), "blue": ("net2", 200)}


def vlans_and_vrfs(lab: Lab):
    """Customer red is VLAN 100 of port sgi and VRF device red (table 100), customer blue is 200."""
    lab.run("gw", "ip", "addr", "flush", "dev", "sgi")
    lab.run("net", "ip", "addr", "flush", "dev", "sgi")
    lab.place("net2")
    for vrf, (place, vlan) in CUSTOMERS.items():
        lab.run("gw", "ip", "link", "add", vrf, "type", "vrf", "table", vlan)
        lab.run("gw", "ip", "link", "set", vrf, "up")
        lab.run("gw", "ip", "link", "add", "link", "sgi", "name", f"sgi.{vlan}", "type", "vlan", "id", vlan)
        lab.run("gw", "ip", "link", "set", f"sgi.{vlan}", "master", vrf, "up")
        lab.run("gw", "ip", "addr", "add", "10.20.0.1/24", "dev", f"sgi.{vlan}")
        lab.run("net", "ip", "link", "add", "link", "sgi", "name", f"sgi.{vlan}", "type", "vlan", "id", vlan)
        lab.run("net", "ip", "link", "set", f"sgi.{vlan}", "netns", f"{lab.name}-{place}")
        lab.run(place, "ip", "link", "set", f"sgi.{vlan}", "up")
        lab.run(place, "ip", "addr", "add", f"{NET}/24", "dev", f"sgi.{vlan}")
        lab.run(place, "ip", "route", "add", "100.64.0.0/16", "via", "10.20.0.1")
    vlans = ", ".join(f'{{ id = {vlan}; role = "sgi"; vrf = "{vrf}"; }}' for vrf, (_, vlan) in CUSTOMERS.items())
    lab.edit("dataplane", ("sessions_max = 100000;", "sessions_max = 1000; mbufs = 16384;"),
             ('{ name = "internet"; table = 254; }', '{ name = "red"; table = 100; }, { name = "blue"; table = 200; }'),
             ('role = "sgi";    vrf = "internet";', f'role = "none"; vlans = ( {vlans} );'))
    lab.edit("control", ("control: {", "control: { sessions_max = 1000;"), ("gtpc: {", "gtpc: { transactions_max = 1000;"),
             ('vrf = "internet"', 'vrf = "red"'),
             ("pools: (", 'pools: ( { name = "blue"; range = "100.64.0.0/16"; static = [ "100.64.255.0/24" ]; },'),
             ("apns: (", 'apns: ( { name = "blue"; vrf = "blue"; pools = [ "blue" ]; static_from_request = true; },'))


class Customer:
    """A device, its tunnel's end in the kernel, and the customer's server that it talks to."""

    def __init__(self, lab, n, apn, vrf):
        self.lab, self.vrf, self.ue = lab, vrf, f"ue{n}"
        self.place, self.vlan = CUSTOMERS[vrf]
        self.sgw = KernelSgw(lab, f"10.10.0.{2 + n}")
        self.session = self.sgw.create(f"00101000000000{n}", apn=apn, address=ADDRESS, ambr=(RATE, RATE))
        check_equal(self.session.address, ADDRESS, "the device's address")
        self.sgw.tunnel(self.ue, self.session)
        self.device = lab.udp(self.ue, ADDRESS, PORT)
        self.server = lab.udp(self.place, NET, PORT)

    def usage(self):
        """(uplink, downlink) packets of the session at the gateway."""
        text = self.lab.cli(f"show session imsi {self.session.imsi}")
        return tuple(int(re.search(rf"{way}\s+.*?(\d+) packets", text).group(1)) for way in ("Uplink", "Downlink"))


def apart(lab: Lab, customers):
    """The same addresses on both sides of both: each hears its own, and both ends count the same."""
    for c in customers:
        lab.check_ping(c.ue, count=10)
        for i in range(10):
            text = f"{c.vrf} {i}".encode()
            c.device.sendto(text, (NET, PORT))
            c.server.settimeout(5)
            check_equal(c.server.recvfrom(100), (text, (ADDRESS, PORT)), f"what the server of {c.vrf} hears")
            c.server.sendto(text, (ADDRESS, PORT))
            c.device.settimeout(5)
            check_equal(c.device.recvfrom(100), (text, (NET, PORT)), f"what the device of {c.vrf} hears")
    for c in customers:
        check_equal(c.sgw.packets(), (20, 20), f"packets of the kernel's tunnel of {c.vrf}")
        wait_for(lambda: c.usage() == (20, 20), "the same at the gateway")
    check_equal([lab.counters()[way] for way in ("ul_packets", "dl_packets")], [40, 40], "packets of the gateway")
    check_equal(lab.drops(), {}, "drops")


def routes_of_one_vrf(lab: Lab, red, blue):
    """A route of red's VRF device is nothing to blue."""
    lab.run(red.place, "ip", "addr", "add", f"{FAR}/32", "dev", "lo")
    lab.run("gw", "ip", "route", "add", "203.0.113.0/24", "vrf", "red", "via", NET)
    wait_for(lambda: lab.ping(red.ue, FAR, 1)[1], "red's route is used", 3)
    lab.check_ping(red.ue, FAR, 10)
    before = lab.drops().get("UL_NO_ROUTE", 0)
    check_equal(lab.ping(blue.ue, FAR, 10, 0.01), (10, 0), "blue's pings to a network of red")
    check_equal(lab.drops()["UL_NO_ROUTE"] - before, 10, "packets without a route")


class Netem:
    """What netem does with frames that leave an interface."""

    def __init__(self, lab, where, interface, *what):
        self.lab, self.where, self.interface = lab, where, interface
        lab.run(where, "tc", "qdisc", "replace", "dev", interface, "root", "netem", "limit", 10000, *what)

    def statistics(self):
        return json.loads(self.lab.run(self.where, "tc", "-s", "-j", "qdisc", "show", "dev", self.interface))[0]

    def remove(self):
        self.lab.run(self.where, "tc", "qdisc", "del", "dev", self.interface, "root")


def numbers(socket, marker):
    """Those behind the marker in all that waits at a socket."""
    found = []
    socket.setblocking(False)
    while True:
        try:
            octets = socket.recv(2000)
        except BlockingIOError:
            return found
        if marker in octets:
            at = octets.index(marker) + len(marker)
            found.append(struct.unpack("!I", octets[at : at + 4])[0])


def lossy(lab: Lab, c, way, sender, to, receiver, where, interface, port):
    """1000 packets by a link that loses some and reorders others: what reaches the port leaves it, in the
    order in which it came."""
    marker, n, rounds = f"{way} lossy".encode(), 125, 8
    counter, before, drops = f"{way}_packets", lab.counters()[f"{way}_packets"], lab.drops()
    netem = Netem(lab, where, interface, *"delay 5ms reorder 25% 50% loss 5%".split())
    wire = lab.packet("gw", port)
    for i in range(rounds):
        for k in range(n):
            sender.sendto(marker + struct.pack("!I", i * n + k), (to, PORT))
        wait_for(lambda: lab.counters()[counter] - before + netem.statistics()["drops"] >= (i + 1) * n, "a round of packets")
    lost = netem.statistics()["drops"]
    netem.remove()
    got = []
    wait_for(lambda: got.extend(numbers(receiver, marker)) or len(got) >= n * rounds - lost, "the packets that weren't lost")
    came = numbers(wire, marker)
    wire.close()
    check(lost > 0 and came != sorted(came), f"netem lost {lost} and reordered none")
    check_equal(len(came), n * rounds - lost, "packets at the port")
    check_equal(got, came, "packets behind the gateway, in the order in which they came")
    check_equal((lab.counters()[counter] - before, lab.drops()), (n * rounds - lost, drops), "counted")
    print(f"{way}: {lost} of {n * rounds} lost on the way, {sum(a > b for a, b in zip(came, came[1:]))} out of order")


def far_away(lab: Lab, c):
    """TCP of two kernels at 50 ms by the module's tunnel gets 90 % of the device's rate."""
    netem = Netem(lab, c.place, f"sgi.{c.vlan}", "delay", "50ms")
    with open(lab.run_dir / "log/iperf3", "w") as out:
        lab.spawn(c.place, "iperf3", "-s", stdout=out, stderr=out)
    wait_for(lambda: ":5201" in lab.run(c.place, "ss", "-Hltn"), "the server")
    for name, options in (("up", []), ("down", ["-R"])):
        best = 0
        for _ in range(3):
            out = lab.run(c.ue, "iperf3", "-c", NET, "-t", 3, "-O", 1, "--json", *options)
            best = max(best, json.loads(out)["end"]["sum_received"]["bits_per_second"] / 1000 / RATE)
            if best >= 0.9:
                break
        print(f"TCP {name} at 50 ms: {best:.1%} of {RATE} kbit/s")
        check(0.9 <= best <= 1.1, f"TCP {name}: {best:.1%} of the rate")
    netem.remove()


def test(lab: Lab):
    started = time.monotonic()

    def part(function, *arguments):
        nonlocal started
        function(lab, *arguments)
        print(f"{function.__name__}: {time.monotonic() - started:.1f} s")
        started = time.monotonic()
    part(vlans_and_vrfs)
    part(Lab.start)
    red, blue = Customer(lab, 0, "internet", "red"), Customer(lab, 1, "blue", "blue")
    part(apart, (red, blue))
    part(routes_of_one_vrf, red, blue)
    part(lossy, red, "ul", red.device, NET, red.server, "sgw", "s5", "s5p")
    part(lossy, blue, "dl", blue.server, ADDRESS, blue.device, blue.place, "sgi.200", "sgip")
    part(far_away, red)
    for c in (red, blue):
        check_equal(c.sgw.delete(c.session).cause, 16, "Delete Session")
    check_equal(lab.sessions(), 0, "sessions left")


def in_user_mode_linux():
    """Starts this file once more in there; the lab is in its /run."""
    settings = [f"{name}={value}" for name, value in os.environ.items() if name in ("TORII_LAB", "TORII_BUILD")]
    os.execv(ROOT / "tests/uml/run", [
        "run", "--modules", "tun ipv6 veth 8021q vrf gtp sch_netem sch_ingress cls_matchall act_gact",
        "/usr/bin/env", "TMPDIR=/run", "TORII_LAB_PMD=af_packet", *settings, __file__, "inside"])


if __name__ == "__main__":
    if sys.argv[1:] != ["inside"]:
        in_user_mode_linux()
    main(test)
