#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What Linux gets is policed in classes: neither a flood of pings, nor a storm of ARP, nor a scan of
addresses that no device has disturbs GTPv2-C. And what a scan finds is dropped, not sent in a circle."""

import socket
import struct
import threading
import time

from _gtp import *
from _lab import GW, NET, Lab, check, check_equal, main, namespace, wait_for

RATE = {"icmp": 1000, "routing": 2000}  # punt.icmp as it is by default, punt.routing as this test sets it
FRAMES = 20000  # of a storm at least


class Storm:
    """Frames sent by a thread as fast as the interface takes them, until the block ends."""

    def __init__(self, lab, where, interface, frames):
        self.socket, self.frames, self.sent, self.is_over = lab.packet(where, interface), frames, 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while not self.is_over:
            for frame in self.frames:
                try:
                    self.socket.send(frame)
                    self.sent += 1
                except OSError:  # its queue is full
                    time.sleep(0.001)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over = True
        self.thread.join()


def mac(lab, where, interface):
    return bytes.fromhex(lab.run(where, "cat", f"/sys/class/net/{interface}/address").strip().replace(":", ""))


def checksum(octets):
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ping_flood(lab: Lab):
    echo = struct.pack("!BBHHH", 8, 0, 0, 77, 1) + bytes(8)
    echo = echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
    head = mac(lab, "gw", "s5") + mac(lab, "sgw", "s5") + b"\x08\x00"
    return [head + ipv4("10.10.0.4", GW, 1, echo, id=i) for i in range(64)]


def arp_storm(lab: Lab):
    """Questions of senders that change: each would be a neighbour to Linux."""
    own = mac(lab, "net", "sgi")
    return [b"\xff" * 6 + own + struct.pack("!HHHBBH6s4s6s4s", 0x0806, 1, 0x0800, 6, 4, 1, own,
            bytes([10, 20, 0, 100 + i]), bytes(6), bytes([10, 20, 0, 1])) for i in range(100)]


def scan(lab: Lab):
    """Every address of the pool but the device's."""
    head = mac(lab, "gw", "sgi") + mac(lab, "net", "sgi") + b"\x08\x00"
    return [head + udp(NET, f"100.64.{100 + i // 250}.{1 + i % 250}", 5000, 161, bytes(20)) for i in range(1000)]


def signalling_during(lab: Lab, sgw, name, storm):
    """Sessions are made and ended while the storm lasts: each answer comes, and no request is repeated."""
    imsi = 1
    with storm:
        while storm.sent < FRAMES or imsi < 30:
            session = sgw.create(f"001010{imsi:09}")
            check_equal(sgw.delete(session).cause, 16, f"Delete Session during {name}")
            imsi += 1
    print(f"{name}: {storm.sent} frames, {imsi - 1} sessions made and ended")


def test(lab: Lab):
    lab.edit("dataplane", ("log: {", f"punt: {{ routing = {RATE['routing']}; }};\n\nlog: {{"))
    lab.start()
    sgw = Sgw(lab)
    session = sgw.create("001010099999999")
    for name, frames, where, interface, punt_class in (
            ("a ping flood", ping_flood(lab), "sgw", "s5", "icmp"),
            ("an ARP storm", arp_storm(lab), "net", "sgi", "routing")):
        before, started = lab.telemetry("/torii/punt"), time.monotonic()
        signalling_during(lab, sgw, name, Storm(lab, where, interface, frames))
        after, seconds = lab.telemetry("/torii/punt"), time.monotonic() - started
        grown = {c: {k: after[c][k] - before[c][k] for k in after[c]} for c in after}
        dropped = grown[punt_class]["policed"] + lab.drops().get("PUNT_FULL", 0)
        check(dropped > 0, f"{name}: none policed: {grown}")
        check(grown[punt_class]["packets"] <= RATE[punt_class] * (seconds + 0.5),
              f"{name}: {grown[punt_class]} in {seconds:.1f} s")
        for signalling in ("gtpc", "create"):
            lost = grown[signalling]["policed"], grown[signalling]["tap_errors"]
            check_equal(lost, (0, 0), f"{signalling}: lost during {name}")
    before = lab.counters()["punt_packets"], lab.drops().get("NO_SESSION", 0)
    storm = Storm(lab, "net", "sgi", scan(lab))
    signalling_during(lab, sgw, "a scan", storm)
    wait_for(lambda: lab.drops()["NO_SESSION"] > before[1], "the scan's packets dropped by name")
    dropped = lab.drops()["NO_SESSION"] - before[1]
    received = lab.telemetry("/torii/ports")["sgi"]["rx_packets"]
    check(dropped >= storm.sent // 2 or dropped > received // 2, f"{dropped} of {storm.sent} dropped as NO_SESSION")
    check(not any("10.20.0" in line and "100.64" in line for line in lab.run("gw", "ip", "neigh").splitlines()),
          "a scanned address among the neighbours")
    lab.ping("net", "10.20.0.1")
    check_equal(sgw.delete(session).cause, 16, "Delete Session after all")


if __name__ == "__main__":
    main(test)
