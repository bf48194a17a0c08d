#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""10,000 packets each way, split over delivered and named drops: every one is accounted for."""
import random

from _lab import *
from _messages import *

lab_with_gateway()
sgw = Sgw()
session = Session(sgw, 1, ambr=(4000000, 4000000))
slow = Session(sgw, 2, ambr=(8, 8))  # 8 kbit/s
check("causes", (session.cause, slow.cause), (16, 16))
with namespace("net"):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)
    server.bind((SERVER, 5000))
    short_lived = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    short_lived.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 1)
server.setblocking(False)
sgw.u.setblocking(False)


def drain(sock):
    n = 0
    try:
        while True:
            sock.recvfrom(65535)
            n += 1
    except BlockingIOError:
        return n


def from_device(s, **options):
    return ipv4(options.pop("src", s.address), SERVER, udp(s.address, SERVER, 40000, 5000, b"x" * 32),
                **options)


def settle(count, wanted):
    """Until the dataplane has seen as many packets."""
    wait_for("%d packets" % wanted, lambda: count.now().get("rx_packets", 0) >= wanted)
    time.sleep(0.2)


# The first packets resolve neighbours.
sgw.u.sendto(gpdu(session.gateway_teid, from_device(session)), (GATEWAY, 2152))
wait_for("the first packet", lambda: drain(server) == 1)
server.sendto(b"x", (session.address, 40000))
wait_for("the first answer", lambda: drain(sgw.u) == 1)

good = gpdu(session.gateway_teid, from_device(session))
uplink = {
    "ul_packets": [good] * 4000,
    "drop.SPOOFED": [gpdu(session.gateway_teid, from_device(session, src="100.64.9.9"))] * 1000,
    "drop.UNKNOWN_TEID": [gpdu(0x01020304, from_device(session))] * 1000,
    "drop.UL_TTL": [gpdu(session.gateway_teid, from_device(session, ttl=1))] * 500,
    "drop.BAD_GTPU": [b"\x50" + good[1:]] * 500 + [good[:2] + b"\xff\xff" + good[4:]] * 500,
    "drop.BAD_INNER": [gpdu(session.gateway_teid, from_device(session)[:-8])] * 500,
    "drop.WRONG_INNER": [gpdu(session.gateway_teid, b"\x60" + bytes(47))] * 500,
    "drop.GTPU_UNKNOWN_TYPE": [good[:1] + b"\x80" + good[2:]] * 500,
}
over = [gpdu(slow.gateway_teid, from_device(slow))] * 1000
packets = [p for group in uplink.values() for p in group] + over
check("uplink packets", len(packets), 10000)
random.Random(1).shuffle(packets)
count = counters()
delivered = 0
for n, p in enumerate(packets):
    sgw.u.sendto(p, (GATEWAY, 2152))
    if n % 100 == 0:
        delivered += drain(server)
        time.sleep(0.002)
settle(count, 10000)
delivered += drain(server)
got = count.now()
passed = got["ul_packets"] - len(uplink["ul_packets"])
for name, group in uplink.items():
    if name != "ul_packets":
        check(name, got.get(name), len(group))
check("slow session: passed and over its AMBR", passed + got.get("drop.UL_OVER_AMBR", 0), len(over))
check("slow session: some pass, most don't", 0 < passed < 200, True)
check("delivered to the server", delivered, got["ul_packets"])
ends = got["ul_packets"] + got.get("punt_packets", 0) + sum(
    v for k, v in got.items() if k.startswith("drop."))
check("every uplink packet accounted for", ends, got["rx_packets"])
sent = got["ul_packets"] + got.get("error_indication_tx", 0) + got.get("icmp_error_tx", 0) + got.get(
    "inject_packets", 0)
check("everything sent accounted for", got["tx_packets"], sent)
print("uplink:", {k: v for k, v in sorted(got.items()) if k.startswith(("drop.", "ul_", "rx_", "tx_"))})

time.sleep(0.3)
drain(sgw.u)
count = counters()
downlink = [(server, session)] * 6000 + [(server, slow)] * 1500 + [(short_lived, session)] * 1000
nobody = [(server, None)] * 1500
packets = downlink + nobody
check("downlink packets", len(packets), 10000)
random.Random(2).shuffle(packets)
delivered = 0
for n, (sock, s) in enumerate(packets):
    sock.sendto(b"y" * 32, (s.address if s else "100.64.77.77", 40000))
    if n % 100 == 0:
        delivered += drain(sgw.u)
        time.sleep(0.002)
settle(count, 10000)
delivered += drain(sgw.u)
got = count.now()
passed = got["dl_packets"] - 6000
check("DL_TTL", got.get("drop.DL_TTL"), 1000)
check("NO_SESSION", got.get("drop.NO_SESSION"), 1500)
check("slow session", passed + got.get("drop.DL_OVER_AMBR", 0), 1500)
check("delivered to the SGW", delivered, got["dl_packets"])
ends = got["dl_packets"] + got.get("punt_packets", 0) + sum(
    v for k, v in got.items() if k.startswith("drop."))
check("every downlink packet accounted for", ends, got["rx_packets"])
print("downlink:", {k: v for k, v in sorted(got.items()) if k.startswith(("drop.", "dl_", "rx_", "tx_"))})

# The session's own account, as the operator sees it.
detail = telnet("show session imsi 001010000000001")[0]
check("the session's uplink account", " 4001 packets" in detail, True)
check("the session's downlink account", " 6001 packets" in detail, True)
