#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""GTP-U: Echo, Error Indication both ways, sequence numbers, extension headers, fragments, ICMP."""
import struct

from _lab import *
from _messages import *

lab_with_gateway()
sgw = Sgw()
s = Session(sgw, 1)
with namespace("net"):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((SERVER, 5000))
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
with namespace("sgw"):
    other_port = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other_port.bind((SGW, 33333))
    raw_sgw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
for sock in (server, other_port):
    sock.settimeout(5)
inner = ipv4(s.address, SERVER, udp(s.address, SERVER, 40000, 5000, b"hello"))
seen = []


def receive_u(timeout=5):
    sgw.u.settimeout(timeout)
    try:
        data, (source, port) = sgw.u.recvfrom(65535)
    except socket.timeout:
        return None
    seen.append((source, SGW, 2152, data))
    return data


def arrives(what, packet, sock=None):
    (sock or sgw.u).sendto(packet, (GATEWAY, 2152))
    try:
        data, (source, port) = server.recvfrom(65535)
    except socket.timeout:
        fail("%s didn't arrive" % what)
    check(what, (data, source, port), (b"hello", s.address, 40000))


arrives("a plain G-PDU", gpdu(s.gateway_teid, inner))
arrives("a G-PDU from another source port", gpdu(s.gateway_teid, inner), other_port)
arrives("a G-PDU with sequence number", gpdu(s.gateway_teid, inner, 0x32, b"\x12\x34\0\0"))
arrives("a G-PDU with N-PDU number", gpdu(s.gateway_teid, inner, 0x31, b"\0\0\7\0"))
pdu_session = b"\0\0\0\x85" + b"\1\x10\1\0"
arrives("a G-PDU with a PDU session container", gpdu(s.gateway_teid, inner, 0x34, pdu_session))
long_header = b"\0\0\0\x20" + b"\4" + bytes(14) + b"\x40" + b"\1\x08\x68\0"
arrives("a G-PDU with two extension headers", gpdu(s.gateway_teid, inner, 0x36, long_header))

# Downlink: header without options, right checksum, DSCP 0, running identification.
server.sendto(b"world", (s.address, 40000))
data = receive_u()
check("downlink GTP-U header", data[:8], struct.pack("!BBHI", 0x30, 255, len(data) - 8, s.u_teid))
check("downlink inner packet", (data[8] >> 4, data[16], data[24:28]),
      (4, 63, socket.inet_aton(s.address)))

# Echo, from any port, with its sequence number.
other_port.sendto(struct.pack("!BBHIHH", 0x32, 1, 4, 0, 0xbeef, 0), (GATEWAY, 2152))
data, source = other_port.recvfrom(100)
check("Echo Response", (source, data), ((GATEWAY, 2152), bytes.fromhex("3202000600000000beef00000e00")))

# An unknown TEID earns an Error Indication with that TEID and our address.
count = counters()
sgw.u.sendto(gpdu(0xdeadbeef, inner), (GATEWAY, 2152))
data = receive_u()
check("Error Indication", (data[0], data[1], data[4:8], data[12:17], data[17:24]),
      (0x32, 26, bytes(4), b"\x10\xde\xad\xbe\xef", b"\x85\0\4" + socket.inet_aton(GATEWAY)))
for _ in range(2000):
    sgw.u.sendto(gpdu(0xdeadbeef, inner), (GATEWAY, 2152))
wait_for("2,001 drops", lambda: count.now().get("drop.UNKNOWN_TEID") == 2001)
now = count.now()
check("Error Indications are limited", now["error_indication_tx"] + now["answers_policed"], 2001)
check("most aren't sent", now["error_indication_tx"] < 300, True)
while receive_u(0.3):
    pass

# An extension header that must be understood, and isn't.
sgw.u.sendto(gpdu(s.gateway_teid, inner, 0x34, b"\0\0\0\xfe" + b"\1\0\0\0"), (GATEWAY, 2152))
data = receive_u()
check("Supported Extension Headers Notification", (data[1], data[12]), (31, 141))
sgw.u.sendto(struct.pack("!BBHI", 0x30, 254, 0, s.gateway_teid), (GATEWAY, 2152))
wait_for("an End Marker to be counted", lambda: count.now().get("end_marker_rx") == 1)

# Outer fragments are put together; the rest of one that never comes is dropped.
big = ipv4(s.address, SERVER, udp(s.address, SERVER, 40000, 5000, b"B" * 1200))
datagram = udp(SGW, GATEWAY, 2152, 2152, gpdu(s.gateway_teid, big))
cut = 800
for second_first in (False, True):
    parts = [ipv4(SGW, GATEWAY, datagram[:cut], ident=77 + second_first, frag=0x2000),
             ipv4(SGW, GATEWAY, datagram[cut:], ident=77 + second_first, frag=cut // 8)]
    for p in reversed(parts) if second_first else parts:
        raw_sgw.sendto(p, (GATEWAY, 0))
    check("a fragmented G-PDU", server.recv(2000), b"B" * 1200)
raw_sgw.sendto(ipv4(SGW, GATEWAY, datagram[:cut], ident=99, frag=0x2000), (GATEWAY, 0))
wait_for("the lost fragment to be dropped", lambda: count.now().get("drop.FRAGMENT") == 1)

# Inner packets larger than the device's MTU of 1400: cut, or an ICMP error to who forbade it.
raw.sendto(ipv4(SERVER, s.address, udp(SERVER, s.address, 5000, 40000, b"C" * 1430)), (s.address, 0))
parts = [receive_u()[8:], receive_u()[8:]]
check("cut in two", [len(p) <= 1400 for p in parts], [True, True])
check("together", sum(len(p) - 20 for p in parts), 1438)
check("checksums", [checksum(p[:20]) for p in parts], [0, 0])
with namespace("net"):
    icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
icmp.settimeout(5)
raw.sendto(ipv4(SERVER, s.address, udp(SERVER, s.address, 5000, 40000, b"D" * 1430), frag=0x4000),
           (s.address, 0))
error = icmp.recv(2000)[20:]
check("fragmentation needed, MTU 1400", (error[0], error[1], struct.unpack("!H", error[6:8])[0]),
      (3, 4, 1400))
check("its checksum", checksum(error), 0)
sgw.u.sendto(gpdu(s.gateway_teid, ipv4(s.address, SERVER, b"payload!" * 4, ttl=1)), (GATEWAY, 2152))
data = receive_u()[8:]
check("time exceeded, to the device", (data[9], data[16:20], data[20], data[21]),
      (1, socket.inet_aton(s.address), 11, 0))

# An Error Indication of the SGW for the session's tunnel ends the session; others don't.
def error_indication(teid, address):
    body = struct.pack("!BI", 16, teid) + b"\x85\0\4" + socket.inet_aton(address)
    return struct.pack("!BBHIHH", 0x32, 26, 4 + len(body), 0, 0, 0) + body


count = counters()
sgw.u.sendto(error_indication(s.u_teid + 1, SGW), (GATEWAY, 2152))
with namespace("sgw"):
    spoofer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    spoofer.bind((SGW2, 2152))
spoofer.sendto(error_indication(s.u_teid, SGW), (GATEWAY, 2152))
wait_for("two Error Indications", lambda: count.now().get("error_indication_rx") == 2)
check("neither ends the session", sgw.receive(0.5), None)
arrives("the session still forwards", gpdu(s.gateway_teid, inner))
sgw.u.sendto(error_indication(s.u_teid, SGW), (GATEWAY, 2152))
request = sgw.receive()
check("Delete Bearer Request", request and request[1], 99)
sgw.send(message(100, struct.unpack("!I", b"\0" + request[8:11])[0],
                 octets(2, b"\x10\0") + octets(73, b"\5"), s.peer_teid))
wait_for("the session to go", lambda: telemetry("/torii/workers") is not None and
         "001010000000001" not in telnet("show sessions")[0])
nothing_malformed(sgw.seen + seen)
print("%d GTP-U datagrams of the gateway, nothing malformed" % len(seen))
