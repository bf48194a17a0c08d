#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Linux is the routing brain: what `ip route` and `ip neigh` say counts for the next packets. Routes that
come and go, groups of next hops, neighbours that are flushed or grow stale, links that go and come, and a
dataplane that is killed."""

import re
import time

from _gtp import *
from _lab import GW, NET, Failed, Lab, check, check_equal, main, wait_for

PORT = 4000
FAR = "203.0.113.0/24"


class Uplink:
    """A device that sends to any address, and what the customer's two links see of it."""

    def __init__(self, lab, sgw, session):
        self.lab, self.sgw, self.session = lab, sgw, session
        self.wire = {name: lab.packet("net", name) for name in ("sgi", "sgi2")}
        self.number = 0

    def send(self, destination):
        """A packet; the text in it is of this packet alone."""
        self.number += 1
        text = b"packet %d." % self.number
        self.sgw.send_user(gpdu(self.session.gw_teid_u, udp(self.session.address, destination, PORT, PORT, text)))
        return text

    def frames(self):
        """(link, frame) of all that waits at the two links."""
        for name, s in self.wire.items():
            s.setblocking(False)
            while True:
                try:
                    yield name, s.recv(2000)
                except OSError:  # nothing more, or the link is down
                    break

    def where(self, text):
        """(link, destination MAC) where this packet came, None if not yet."""
        for name, frame in self.frames():
            if text in frame:
                return name, frame[:6].hex(":")
        return None

    def leads_to(self, destination, what, seconds=10.0):
        """Packets sent to it reach a link within that time; says which, and the MAC."""
        end = time.monotonic() + seconds
        while True:
            text = self.send(destination)
            try:
                return wait_for(lambda: self.where(text), what, 0.2)
            except Failed:
                if time.monotonic() > end:
                    raise Failed(f"after {seconds:g} s still not: {what}") from None

    def leads_nowhere(self, destination, reason, what, seconds=10.0):
        """Packets sent to it are dropped for this reason within that time."""
        end = time.monotonic() + seconds
        before = self.lab.drops().get(reason, 0)
        while self.lab.drops().get(reason, 0) == before:
            check(time.monotonic() < end, f"after {seconds:g} s still not: {what}")
            self.send(destination)
            time.sleep(0.02)


def mac(lab, where, interface):
    return lab.run(where, "cat", f"/sys/class/net/{interface}/address").strip()


def routes(lab: Lab, up):
    far = "203.0.113.7"
    up.leads_nowhere(far, "UL_NO_ROUTE", "no route: dropped")
    lab.run("gw", "ip", "route", "add", FAR, "via", "10.20.0.3")
    check_equal(up.leads_to(far, "the new route is used"), ("sgi", mac(lab, "net", "sgi")), "where it leads")
    lab.run("gw", "ip", "route", "replace", FAR, "via", "10.30.0.2")
    wait_for(lambda: up.leads_to(far, "a route")[0] == "sgi2", "the replaced route is used", 1)
    lab.run("gw", "ip", "route", "add", "203.0.113.7/32", "via", "10.20.0.3")
    wait_for(lambda: up.leads_to(far, "a route")[0] == "sgi", "the longer prefix is used", 1)
    lab.run("gw", "ip", "route", "del", "203.0.113.7/32")
    lab.run("gw", "ip", "route", "del", FAR)
    up.leads_nowhere(far, "UL_NO_ROUTE", "the route's removal")
    lab.run("gw", "ip", "route", "add", "blackhole", FAR)
    up.leads_nowhere(far, "BLACKHOLE", "the blackhole route")
    lab.run("gw", "ip", "route", "del", "blackhole", FAR)


def groups(lab: Lab, up):
    """Two next hops share the destinations; one link's end moves all to the other."""
    lab.run("gw", "ip", "route", "add", FAR, "nexthop", "via", "10.20.0.2", "nexthop", "via", "10.30.0.2")

    def links_in_use():
        return {up.leads_to(f"203.0.113.{i}", "the group is used")[0] for i in range(16)}
    wait_for(lambda: links_in_use() == set(up.wire), "both next hops used", 2)

    def spread():
        texts = [up.send(f"203.0.113.{i}") for i in range(64)]
        seen = {}

        def all_there():
            for name, frame in up.frames():
                for text in texts:
                    if text in frame:
                        seen[text] = name
            return len(seen) == 64
        wait_for(all_there, "64 packets through the group")
        return [list(seen.values()).count(name) for name in up.wire]
    shares = spread()
    check(min(shares) >= 16, f"shares of the two next hops: {shares}")
    lab.run("net", "ip", "link", "set", "sgi2", "down")
    wait_for(lambda: "port sgi2: link down" in lab.log("dataplane"), "the link's end")
    wait_for(lambda: links_in_use() == {"sgi"}, "all by the link that is left", 3)
    check_equal(spread(), [64, 0], "packets by each link")
    lab.run("net", "ip", "link", "set", "sgi2", "up")
    wait_for(lambda: links_in_use() == set(up.wire), "both again", 5)
    lab.run("gw", "ip", "route", "del", FAR)


def neighbours(lab: Lab, up):
    here = mac(lab, "net", "sgi")
    check_equal(up.leads_to(NET, "the customer's server"), ("sgi", here), "next hop of the server")
    # Flushed: the first packets wait until Linux has asked, and none is lost.
    drops = lab.drops()
    for _ in range(5):
        held = lab.counters()["neigh_held"]
        lab.run("gw", "ip", "neigh", "flush", "dev", "sgi")
        wait_for(lambda: f"{NET} " not in lab.cli("show neighbours"), "the neighbour's end in the mirror")
        texts = [up.send(NET) for _ in range(3)]
        for text in texts:
            wait_for(lambda: up.where(text), "a packet that waited for its neighbour", 3)
        check(lab.counters()["neigh_held"] > held, "packets that waited")
    check_equal(lab.drops(), drops, "drops while neighbours were resolved")
    # More than may wait: a named drop each, and the bound is per neighbour.
    before = lab.drops().get("NEIGH_FULL", 0), lab.counters()["neigh_held"]
    for _ in range(10):
        up.send("10.20.0.77")  # nobody has it
    wait_for(lambda: lab.drops().get("NEIGH_FULL", 0) >= before[0] + 6, "packets beyond those that may wait")
    check_equal(lab.counters()["neigh_held"] - before[1], 4, "packets that wait")
    wait_for(lambda: lab.drops().get("NEIGH_TIMEOUT", 0) >= 4, "the end of their patience")


def stale(lab: Lab, up):
    """The kernel sees no traffic, so entries grow stale: they are used on, and looked after."""
    neighbour = ("dev", "sgi", "lladdr", mac(lab, "net", "sgi"))
    held = lab.counters()["neigh_held"]
    for state in ("stale", "delay", "probe", "reachable"):
        lab.run("gw", "ip", "neigh", "change", NET, *neighbour, "nud", state)
        for _ in range(10):
            text = up.send(NET)
            wait_for(lambda: up.where(text), f"a packet to a neighbour that is {state}")
    check_equal(lab.counters()["neigh_held"], held, "packets that waited meanwhile")
    lab.run("gw", "ip", "route", "add", FAR, "via", NET)
    lab.run("gw", "ip", "neigh", "change", NET, *neighbour, "nud", "stale")
    wait_for(lambda: "REACHABLE" in lab.run("gw", "ip", "neigh", "show", NET, "dev", "sgi"),
             "a stale next hop of a route is checked", 15)
    lab.run("gw", "ip", "route", "del", FAR)


def links(lab: Lab, up):
    """A link that goes and comes: the TAP follows, and what Linux routes by it comes back with it."""
    lab.run("net", "ip", "link", "set", "sgi", "down")
    wait_for(lambda: "NO-CARRIER" in lab.run("gw", "ip", "link", "show", "sgi"), "the TAP without carrier", 3)
    lab.run("net", "ip", "link", "set", "sgi", "up")
    wait_for(lambda: "LOWER_UP" in lab.run("gw", "ip", "link", "show", "sgi"), "the TAP with carrier", 3)
    lab.run("net", "ip", "route", "replace", "100.64.0.0/16", "via", "10.20.0.1")
    check_equal(up.leads_to(NET, "the server again", 5)[0], "sgi", "link")
    # As an administrator would: the TAP itself down and up.
    lab.run("gw", "ip", "link", "set", "sgi", "down")
    up.leads_nowhere(NET, "UL_NO_ROUTE", "no way out by an interface that is down", 3)
    lab.run("gw", "ip", "link", "set", "sgi", "up")
    check_equal(up.leads_to(NET, "the server once more", 5)[0], "sgi", "link")


def killed(lab: Lab, up):
    """TAPs, addresses and routes are Linux's: a crash of the dataplane takes nothing of them away."""
    lab.run("gw", "ip", "route", "add", FAR, "via", "10.20.0.3")
    lab.run("gw", "ip", "neigh", "add", "10.20.0.99", "lladdr", "02:00:00:00:00:99", "dev", "sgi", "nud", "permanent")

    def of_linux():
        links = re.findall(r"^\d+: (\S+?)[:@].* link/ether (\S+)", lab.run("gw", "ip", "-o", "link"), re.M)
        addresses = re.findall(r"inet (\S+)", lab.run("gw", "ip", "-4", "-o", "addr"))
        table = re.findall(r"^(\S+ (?:via|dev) \S+|blackhole \S+)", lab.run("gw", "ip", "route"), re.M)
        fixed = lab.run("gw", "ip", "neigh", "show", "nud", "permanent")
        return sorted(links), sorted(addresses), sorted(table), fixed
    before = of_linux()
    lab.kill("dataplane")
    check_equal(of_linux(), before, "links, addresses, routes and fixed neighbours after the crash")
    lab.start("dataplane")
    check_equal(of_linux(), before, "links, addresses, routes and fixed neighbours after the restart")
    wait_for(lambda: lab.sessions() == 1, "the session is back")
    check_equal(up.leads_to("203.0.113.7", "the route is used again", 5)[0], "sgi", "link")


def test(lab: Lab):
    lab.link("sgi2", "net")
    lab.run("net", "ip", "addr", "add", "10.20.0.3/24", "dev", "sgi")
    lab.run("net", "ip", "addr", "add", "10.30.0.2/24", "dev", "sgi2")
    lab.run("gw", "ip", "addr", "add", "10.30.0.1/24", "dev", "sgi2")
    lab.edit("dataplane", ("ports: (", f'ports: (\n  {{ name = "sgi2"; device = "{lab.device("sgi2")}"; role = "sgi"; vrf = "internet"; }},'))
    lab.start()
    sgw = Sgw(lab)
    up = Uplink(lab, sgw, sgw.create("001010000000001"))
    for part in (routes, groups, neighbours, stale, links, killed):
        started = time.monotonic()
        part(lab, up)
        print(f"{part.__name__}: {time.monotonic() - started:.1f} s")


if __name__ == "__main__":
    main(test)
