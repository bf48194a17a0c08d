#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Traffic both ways that no kernel sees: both ends send whole frames and are silent otherwise, so that the
entries of both next hops grow stale under it. Not one packet is lost over that; then the customer's link
goes down and comes up, and then his router silently has another MAC. TORII_STALE=n: n seconds, with
Linux's own timers, instead of a few with short ones."""

import contextlib
import os
import struct
import threading
import time

from _gtp import *
from _lab import GW, NET, SGW, Lab, check, check_equal, main, wait_for

SECONDS = float(os.environ.get("TORII_STALE", "0"))
PORT = 4000
EVERY = 0.01
NEW_MAC = "02:70:72:69:69:ee"


def mac(lab, where, interface):
    return bytes.fromhex(lab.run(where, "cat", f"/sys/class/net/{interface}/address").strip().replace(":", ""))


class Stream(threading.Thread):
    """Numbered packets of one direction, and which of them arrived when."""

    def __init__(self, lab, place, interface, gateway, packet, receiver):
        super().__init__(daemon=True)
        self.wire = lab.packet(place, interface)
        self.link = gateway + mac(lab, place, interface) + b"\x08\x00"
        self.packet, self.receiver = packet, receiver
        self.receiver.setblocking(False)
        self.sent, self.arrived = [], {}
        self.is_over = False

    def run(self):
        while not self.is_over:
            with contextlib.suppress(OSError):  # its link may be down
                self.wire.send(self.link + self.packet(struct.pack("!I", len(self.sent))))
            self.sent.append(time.monotonic())
            self.take()
            time.sleep(EVERY)

    def take(self):
        while True:
            try:
                number, = struct.unpack("!I", self.receiver.recv(2000)[-4:])
            except OSError:
                return
            self.arrived[number] = time.monotonic()

    def lost(self, start, end=None):
        """Of those sent from `start` to `end`, those that didn't arrive."""
        return [n for n, at in enumerate(list(self.sent)) if start <= at < (end or at + 1) and n not in self.arrived]

    def flows(self, since):
        """What has been sent since then arrives."""
        return any(self.sent[n] > since for n in list(self.arrived)[-10:])


def states(lab):
    """The states of both next hops in the appliance's kernel."""
    return tuple(lab.run("gw", "ip", "neigh", "show", address, "dev", interface).split()[-1]
                 for address, interface in ((SGW, "s5"), (NET, "sgi")))


def short_timers(lab):
    for interface in ("s5", "sgi"):
        base = f"net.ipv4.neigh.{interface}"
        lab.run("gw", "sysctl", "-q", "-w", f"{base}.base_reachable_time_ms=1000", f"{base}.delay_first_probe_time=0")


def grows_stale(lab, streams):
    """Entries that Linux calls stale carry the traffic on."""
    start, seen = time.monotonic(), []
    while time.monotonic() - start < max(SECONDS, 3) or not all(any(s[i] == "STALE" for s in seen) for i in (0, 1)):
        check(time.monotonic() - start < SECONDS + 100, f"no stale entries: {seen[-1:]}")
        seen.append(states(lab))
        time.sleep(0.5)
    end = time.monotonic()
    for name, stream in streams.items():
        wait_for(lambda: not stream.lost(start, end), f"each packet {name}")
    shares = [sum(s[i] == "STALE" for s in seen) / len(seen) for i in (0, 1)]
    n = {name: sum(start <= at < end for at in stream.sent) for name, stream in streams.items()}
    print(f"{end - start:.0f} s, {n} packets, 0 lost; stale of the time: SGW {shares[0]:.0%}, customer {shares[1]:.0%}")


def resumes(streams, since, what, seconds):
    for name, stream in streams.items():
        wait_for(lambda: stream.flows(since), f"packets {name} after {what}", seconds)
    return time.monotonic() - since


def loses_nothing_more(streams, seconds=1.0):
    start = time.monotonic()
    for stream in streams.values():
        wait_for(lambda: stream.sent[-1] > start + seconds, "a while of traffic")
        wait_for(lambda: not stream.lost(start, start + seconds), "each packet of it")


def link_goes_and_comes(lab, streams):
    held = lab.counters()["neigh_held"]
    lab.run("net", "ip", "link", "set", "sgi", "down")
    wait_for(lambda: "NO-CARRIER" in lab.run("gw", "ip", "link", "show", "sgi"), "the TAP without carrier")
    # The kernel has forgotten the next hop, and the dataplane knows: until then packets would go on after the link came.
    wait_for(lambda: lab.counters()["neigh_held"] > held, "packets that wait for the next hop")
    up = time.monotonic()
    lab.run("net", "ip", "link", "set", "sgi", "up")
    print(f"link: packets again {resumes(streams, up, 'the link came', 20):.2f} s after it came")
    loses_nothing_more(streams)


def mac_changes(lab, streams):
    """No gratuitous ARP tells of it, nor does anything else. It is a route's next hop by now."""
    lab.run("gw", "ip", "route", "add", "203.0.113.0/24", "via", NET)
    lab.run("net", "sysctl", "-q", "-w", "net.ipv4.conf.sgi.arp_notify=0")
    lab.run("net", "ip", "link", "set", "sgi", "address", NEW_MAC)
    streams["downlink"].link = streams["downlink"].link[:6] + bytes.fromhex(NEW_MAC.replace(":", "")) + b"\x08\x00"
    changed = time.monotonic()
    print(f"MAC: packets again {resumes(streams, changed, 'the MAC changed', 60):.1f} s after it changed")
    loses_nothing_more(streams)


def test(lab: Lab):
    lab.edit("control", ("pools: (", 'gtpu: { echo_interval = "0s"; };\npools: ('))
    lab.start()
    if not SECONDS:
        short_timers(lab)
    sgw = Sgw(lab)
    session = sgw.create("001010000000001")
    teid, address = session.gw_teid_u, session.address
    streams = {
        "uplink": Stream(lab, "sgw", "s5", mac(lab, "gw", "s5"), lambda text: udp(
            SGW, GW, 2152, 2152, gpdu(teid, udp(address, NET, PORT, PORT, text))),
            lab.udp("net", NET, PORT)),
        "downlink": Stream(lab, "net", "sgi", mac(lab, "gw", "sgi"),
                           lambda text: udp(NET, address, PORT, PORT, text), sgw.user),
    }
    for stream in streams.values():
        stream.start()
    began = time.monotonic()
    resumes(streams, began, "the start", 10)
    for part in (grows_stale, link_goes_and_comes, mac_changes):
        part(lab, streams)
    for stream in streams.values():
        stream.is_over = True
        stream.join(5)
    check_equal(lab.sessions(), 1, "sessions in the end")


if __name__ == "__main__":
    main(test)
