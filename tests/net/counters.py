#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""10,000 packets each way, split over delivered and named drops: every one is accounted for."""

import struct
import time

from _gtp import *
from _lab import NET, Failed, Lab, check, check_equal, main, wait_for

WINDOW = 64
PORT = 4000


def rx_packets(lab: Lab, port):
    return lab.telemetry("/torii/ports")[port]["rx_packets"]


def send_all(lab: Lab, port, send, packets):
    """Never more on the way than a device's ring holds: the next window goes out when this one has arrived."""
    sent = 0
    start = rx_packets(lab, port)
    for at in range(0, len(packets), WINDOW):
        for octets in packets[at : at + WINDOW]:
            send(octets)
        sent += len(packets[at : at + WINDOW])
        wait_for(lambda: rx_packets(lab, port) - start >= sent, f"{sent} packets received at {port}")


def drain(s):
    """How many datagrams are waiting."""
    n = 0
    s.setblocking(False)
    try:
        while True:
            s.recv(65536)
            n += 1
    except BlockingIOError:
        return n


def settled(receivers):
    """All that came to the sockets, once nothing more comes."""
    total, quiet = [0] * len(receivers), 0
    while quiet < 10:
        new = [drain(s) for s in receivers]
        total = [a + b for a, b in zip(total, new)]
        quiet = 0 if any(new) else quiet + 1
        time.sleep(0.02)
    return total


def difference(after, before):
    return {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)}


def uplink(lab: Lab, session, slow):
    sgw = session.sgw
    server = lab.udp("net", NET, PORT)
    address, teid = session.address, session.gw_teid_u
    payload = bytes(100)
    good = udp(address, NET, PORT, PORT, payload)
    long_header = struct.pack("!HBB", 7, 0, 0)
    one_extension = struct.pack("!HBB", 7, 0, 0xC0) + b"\1\0\1\0"
    kinds = [
        # delivered
        (4000, gpdu(teid, good), None),
        (500, gtpu(255, teid, long_header + good, flags=0x32), None),
        (500, gtpu(255, teid, one_extension + good, flags=0x34), None),
        # named drops
        (1500, gpdu(teid, udp("100.64.200.200", NET, PORT, PORT, payload)), "SPOOFED"),
        (600, gpdu(teid ^ 0x55000000, good), "UNKNOWN_TEID"),
        (500, gpdu(teid, udp(address, NET, PORT, PORT, payload, ttl=1)), "UL_TTL"),
        (400, gpdu(teid, udp(address, "203.0.113.1", PORT, PORT, payload)), "UL_NO_ROUTE"),
        (300, gtpu(255, teid, good, length=len(good) + 50), "BAD_GTPU"),
        (200, b"\x10" + gpdu(teid, good)[1:], "BAD_GTPU"),
        (100, b"\x50" + gpdu(teid, good)[1:], "BAD_GTPU"),
        (300, gpdu(teid, b"\x60" + good[1:]), "WRONG_INNER"),
        (200, gpdu(teid, ipv4(address, NET, 17, payload, length=500)), "BAD_INNER"),
        (100, gpdu(teid, b""), "WRONG_INNER"),
        (200, gtpu(99, teid, good), "GTPU_UNKNOWN_TYPE"),
        (100, gtpu(255, teid, struct.pack("!HBB", 7, 0, 0xC1) + b"\1\0\1\0" + good, flags=0x34), "GTPU_EXT_HEADER"),
        (500, gpdu(slow.gw_teid_u, udp(slow.address, NET, PORT, PORT, bytes(1200))), "over the rate"),
    ]
    packets = [octets for n, octets, _ in kinds for _ in range(n)]
    check_equal(len(packets), 10000, "packets of this test")
    drops, counters, rx = lab.drops(), lab.counters(), rx_packets(lab, "s5")
    send_all(lab, "s5", sgw.send_user, packets)
    delivered = settled([server])[0]
    expected = {}
    for n, _, reason in kinds:
        if reason:
            expected[reason] = expected.get(reason, 0) + n
    slow_sent = expected.pop("over the rate")
    found = difference(lab.drops(), drops)
    over = found.pop("UL_OVER_AMBR", 0)
    check_equal(found, expected, "uplink drops")
    check_equal(delivered, 5000 + slow_sent - over, "uplink packets delivered")
    check(2 <= slow_sent - over < slow_sent // 2, f"{over} of {slow_sent} packets over the rate were dropped")
    counted = difference(lab.counters(), counters)
    check_equal(counted.get("ul_packets"), delivered, "ul_packets")
    check_equal(counted.get("ul_bytes"), 5000 * len(good) + (slow_sent - over) * 1228, "ul_bytes")
    accounted(lab, counted, found, over, rx_packets(lab, "s5") - rx)


def downlink(lab: Lab, session, slow):
    client = lab.udp("net", NET, PORT + 1)
    net = lab.packet("net", "sgi")
    gateway = bytes.fromhex(lab.run("gw", "cat", "/sys/class/net/sgi/address").strip().replace(":", ""))
    own = bytes.fromhex(lab.run("net", "cat", "/sys/class/net/sgi/address").strip().replace(":", ""))
    frame = gateway + own + b"\x08\x00"
    good = frame + udp(NET, session.address, PORT, PORT, bytes(100))
    kinds = [
        (6000, good, None),
        (1000, frame + udp(NET, "100.64.201.1", PORT, PORT, bytes(100)), "NO_SESSION"),
        (700, frame + udp(NET, "198.51.100.1", PORT, PORT, bytes(100)), "NOT_LOCAL"),
        (600, frame + udp(NET, session.address, PORT, PORT, bytes(100), ttl=1), "DL_TTL"),
        (500, frame + ipv4(NET, session.address, 17, bytes(50), length=400), "BAD_IP"),
        (400, frame + udp(NET, session.address, PORT, PORT, bytes(100))[:12], "RUNT"),
        (300, frame + ipv4(NET, session.address, 17, bytes(50), version_ihl=0x44), "BAD_IP"),
        (500, frame + udp(NET, slow.address, PORT, PORT, bytes(1200)), "over the rate"),
    ]
    packets = [octets for n, octets, _ in kinds for _ in range(n)]
    check_equal(len(packets), 10000, "packets of this test")
    settled([session.sgw.user])
    drops, counters, rx = lab.drops(), lab.counters(), rx_packets(lab, "sgi")
    send_all(lab, "sgi", net.send, packets)
    delivered = settled([session.sgw.user])[0]
    expected = {}
    for n, _, reason in kinds:
        if reason:
            expected[reason] = expected.get(reason, 0) + n
    slow_sent = expected.pop("over the rate")
    found = difference(lab.drops(), drops)
    over = found.pop("DL_OVER_AMBR", 0)
    check_equal(found, expected, "downlink drops")
    check_equal(delivered, 6000 + slow_sent - over, "downlink packets delivered")
    check(2 <= slow_sent - over < slow_sent // 2, f"{over} of {slow_sent} packets over the rate were dropped")
    counted = difference(lab.counters(), counters)
    check_equal(counted.get("dl_packets"), delivered, "dl_packets")
    check_equal(counted.get("dl_bytes"), 6000 * 128 + (slow_sent - over) * 1228, "dl_bytes")
    accounted(lab, counted, found, over, rx_packets(lab, "sgi") - rx)
    client.close()


def accounted(lab: Lab, counted, found, over, received):
    """What was received is forwarded, given to Linux, a GTP-U message, or a drop."""
    ends = ("ul_packets", "dl_packets", "punt_packets", "echo_request_rx", "error_indication_rx", "end_marker_rx",
            "supported_ext_rx", "echo_response_rx")
    total = sum(counted.get(name, 0) for name in ends) + sum(found.values()) + over
    if total != counted["rx_packets"]:
        raise Failed(f"{counted['rx_packets']} packets received, {total} accounted for: {counted}, {found}")
    check(counted["rx_packets"] >= received >= 10000, f"the port counts {received}, the worker {counted['rx_packets']}")


def test(lab: Lab):
    lab.start()
    sgw = Sgw(lab)
    session = sgw.create("001010000000001", ambr=(1000000, 1000000))
    slow = sgw.create("001010000000002", ambr=(8, 8))
    # The neighbours are known before anything is counted.
    warm_up = lab.udp("net", NET, PORT + 2)
    sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, 1, PORT + 2, b"")))
    warm_up.settimeout(5)
    warm_up.recv(100)
    warm_up.sendto(b"", (session.address, 1))
    check(sgw.receive_user(), "the first packet downlink")
    uplink(lab, session, slow)
    downlink(lab, session, slow)
    usage = lab.cli("show session imsi 001010000000001")
    check(usage.count("001010000000001"), "the session at the command line")


if __name__ == "__main__":
    main(test)
