#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Packets that aren't as one would like them: in fragments, too big, too old, with options, tunnels in
tunnels, broken extension headers; and jumbo frames."""

import errno
import re
import socket
import struct

from _gtp import *
from _lab import GW, NET, Capture, Lab, check, check_equal, main, wait_for

PORT = 4000
MTU = 1400  # of the APN
US = "10.20.0.1"


def inner_icmp(sgw, session):
    """(source, type, code, MTU or unused, quoted packet) of the ICMP message that the device hears."""
    kind, teid, inner, _ = sgw.receive_user()
    check_equal((kind, teid), (255, session.teid_u), "what the device hears is a G-PDU of its own")
    check_equal((inner[0], inner[9]), (0x45, 1), "IPv4 and ICMP")
    return socket.inet_ntoa(inner[12:16]), inner[20], inner[21], struct.unpack("!H", inner[26:28])[0], inner[28:]


def grown(lab, before, *names):
    after = lab.counters()
    return [after[name] - before[name] for name in names]


def outer_fragments(lab: Lab, sgw, session, server):
    """The way to the SGW is narrow: its kernel cuts what it sends to us."""
    before, drops = lab.counters(), lab.drops()
    lab.run("sgw", "ip", "link", "set", "s5", "mtu", 576)
    for size in (600, 1000, 1400):
        text = bytes(i & 0xFF for i in range(size - 28))
        sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, PORT, PORT, text)))
        check_equal(server.recv(2000), text, f"{size} bytes that came in fragments")
    lab.run("sgw", "ip", "link", "set", "s5", "mtu", 1600)
    check_equal(grown(lab, before, "reassembled", "fragments_rx", "ul_packets"), [3, 2 + 2 + 3, 3], "fragments put together")
    check_equal(lab.drops(), drops, "drops")


def fragments_without_end(lab: Lab, sgw, session, server):
    """First fragments whose rest never comes: bounded in number and time, each of them a named drop."""
    before, dropped = lab.counters()["fragments_rx"], lab.drops().get("FRAGMENT", 0)
    wire = lab.packet("sgw", "s5")
    head = mac(lab, "gw", "s5") + mac(lab, "sgw", "s5") + b"\x08\x00"
    n = 6000
    for i in range(n):
        wire.send(head + ipv4("10.10.0.4", GW, 17, struct.pack("!HHHH", 2152, 2152, 1000, 0) + bytes(64), id=i, fragment=0x2000))
    wait_for(lambda: lab.counters()["fragments_rx"] - before >= n // 2, "fragments taken")
    sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, PORT, PORT, b"meanwhile")))
    check_equal(server.recv(100), b"meanwhile", "a packet beside them")
    wait_for(lambda: lab.drops().get("FRAGMENT", 0) - dropped == lab.counters()["fragments_rx"] - before,
             "every fragment dropped by name")
    lab.run("sgw", "ip", "link", "set", "s5", "mtu", 576)
    sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, PORT, PORT, bytes(1000))))
    check_equal(server.recv(2000), bytes(1000), "fragments after the flood")
    lab.run("sgw", "ip", "link", "set", "s5", "mtu", 1600)


def mac(lab, where, interface):
    return bytes.fromhex(lab.run(where, "cat", f"/sys/class/net/{interface}/address").strip().replace(":", ""))


def too_big_downlink(lab: Lab, sgw, session, server):
    """The APN's MTU: with DF the sender's kernel hears it and remembers, without DF the packet is cut."""
    server.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER: DF
    server.sendto(bytes(MTU - 28 + 1), (session.address, PORT))

    def told():
        try:
            server.sendto(bytes(MTU - 28 + 1), (session.address, PORT))
        except OSError as e:
            return e.errno == errno.EMSGSIZE
        return False
    wait_for(told, "the sender hears that fragmentation is needed")
    found = re.search(r"mtu (\d+)", lab.run("net", "ip", "route", "get", session.address))
    check(found and int(found.group(1)) == MTU, f"path MTU that the sender has learned: {found and found.group(0)}")
    server.sendto(bytes(MTU - 28), (session.address, PORT))
    check_equal(len(sgw.receive_user()[2]), MTU, "bytes of the largest packet that fits")
    server.setsockopt(socket.IPPROTO_IP, 10, 0)
    lab.run("net", "ip", "route", "flush", "cache")
    before = lab.counters()
    wire = lab.packet("net", "sgi")
    payload = bytes(i % 251 for i in range(MTU))
    wire.send(mac(lab, "gw", "sgi") + mac(lab, "net", "sgi") + b"\x08\x00" + udp(NET, session.address, PORT, PORT, payload, id=99))
    parts = [sgw.receive_user()[2] for _ in range(2)]
    check(all(len(p) <= MTU for p in parts), f"sizes of the fragments: {[len(p) for p in parts]}")
    parts.sort(key=lambda p: struct.unpack("!H", p[6:8])[0] & 0x1FFF)
    check_equal([struct.unpack("!H", p[6:8])[0] & 0x2000 for p in parts], [0x2000, 0], "More Fragments")
    check_equal(b"".join(p[20:] for p in parts)[8:], payload, "what the fragments hold together")
    check_equal(grown(lab, before, "packets_cut", "fragments_tx", "dl_packets"), [1, 2, 1], "packets cut")


def too_big_uplink(lab: Lab, sgw, session, server):
    lab.run("gw", "ip", "link", "set", "sgi", "mtu", 1300)
    wait_for(lambda: "1300" in lab.run("gw", "ip", "link", "show", "sgi"), "a narrower way out")
    packet = udp(session.address, NET, PORT, PORT, bytes(1400), fragment=0x4000)

    def told():
        sgw.send_user(gpdu(session.gw_teid_u, packet))
        try:
            return inner_icmp(sgw, session)
        except TypeError:  # it got through: the new size isn't known yet
            return None
    sgw.user.settimeout(1)
    source, kind, code, mtu, quote = wait_for(told, "the device hears that fragmentation is needed")
    check_equal((source, kind, code, mtu), (US, 3, 4, 1300), "ICMP about a packet too big")
    check(packet.startswith(quote[:28]), "the quoted packet")
    while server_drain(server):
        pass
    before = lab.counters()
    text = bytes(i % 251 for i in range(1400))
    sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, PORT, PORT, text)))
    server.settimeout(5)
    check_equal(server.recv(2000), text, "a packet that was cut and put together by the customer's kernel")
    check_equal(grown(lab, before, "packets_cut", "fragments_tx", "ul_packets"), [1, 2, 1], "packets cut")
    lab.run("gw", "ip", "link", "set", "sgi", "mtu", 1500)


def server_drain(server):
    server.settimeout(0.1)
    try:
        return server.recv(2000)
    except TimeoutError:
        return None


def too_old(lab: Lab, sgw, session, server):
    sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, PORT, PORT, b"old", ttl=1)))
    source, kind, code, _, quote = inner_icmp(sgw, session)
    check_equal((source, kind, code), (US, 11, 0), "ICMP about a packet too old")
    check_equal(quote[28:31], b"old", "the quoted packet")
    hops = lab.run("net", "ping", "-n", "-c", 1, "-W", 2, "-t", 1, session.address, ok=False).stdout
    check(re.search(rf"From {US}.*Time to live exceeded", hops), f"ping with a time to live of 1: {hops}")


def options_and_checksums(lab: Lab, sgw, session, server):
    nop = b"\x01" * 8
    with_options = udp(session.address, NET, PORT, PORT, b"options")
    with_options = ipv4(session.address, NET, 17, with_options[20:], version_ihl=0x45)
    raw = bytearray(with_options[:20] + nop + with_options[20:])
    raw[0], raw[2:4], raw[10:12] = 0x47, struct.pack("!H", len(raw)), b"\0\0"
    total = sum(struct.unpack("!14H", bytes(raw[:28])))
    total = (total & 0xFFFF) + (total >> 16)
    raw[10:12] = struct.pack("!H", ~total & 0xFFFF)
    sgw.send_user(gpdu(session.gw_teid_u, bytes(raw)))
    check_equal(server.recv(100), b"options", "an inner packet with options")
    wire = lab.packet("sgw", "s5")
    head = mac(lab, "gw", "s5") + mac(lab, "sgw", "s5") + b"\x08\x00"
    for what, outer_options, udp_checksum in (("outer options", nop, 0), ("a zero UDP checksum", b"", 0),
                                              ("a wrong UDP checksum", b"", 0x1234)):
        inner = gpdu(session.gw_teid_u, udp(session.address, NET, PORT, PORT, what.encode()))
        outer = bytearray(ipv4("10.10.0.4", GW, 17, struct.pack("!HHHH", 7777, 2152, 8 + len(inner), udp_checksum) + inner))
        if outer_options:
            outer[20:20] = outer_options
            outer[0], outer[2:4] = 0x47, struct.pack("!H", len(outer))
        outer[10:12] = b"\0\0"
        words = struct.unpack(f"!{(outer[0] & 15) * 2}H", bytes(outer[: (outer[0] & 15) * 4]))
        total = sum(words)
        total = (total & 0xFFFF) + (total >> 16)
        outer[10:12] = struct.pack("!H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF)
        wire.send(head + bytes(outer))
        check_equal(server.recv(100), what.encode(), f"a packet with {what}")


def dropped_by_name(lab: Lab, sgw, session, server):
    good = udp(session.address, NET, PORT, PORT, b"x")
    nested = udp(session.address, GW, 2152, 2152, gpdu(session.gw_teid_u, good))
    to_the_sgw = udp(session.address, "10.10.0.2", 2152, 2152, gpdu(session.teid_u, good))
    extended = lambda kind, octets: gtpu(255, session.gw_teid_u, struct.pack("!HBB", 0, 0, kind) + octets + good, flags=0x34)
    cases = [
        ("a tunnel in the tunnel to ourselves", gpdu(session.gw_teid_u, nested), {"UL_NO_ROUTE", "BLACKHOLE"}),
        ("a tunnel in the tunnel to the SGW", gpdu(session.gw_teid_u, to_the_sgw), {"UL_NO_ROUTE", "BLACKHOLE"}),
        ("IPv5", gpdu(session.gw_teid_u, b"\x55" + good[1:]), {"WRONG_INNER"}),
        ("a header length of 4 words", gpdu(session.gw_teid_u, b"\x44" + good[1:]), {"BAD_INNER"}),
        ("an extension header of length 0", extended(0x85, b"\0\0\0\0"), {"BAD_GTPU"}),
        ("an extension header beyond the end", extended(0x85, b"\x7f\0\0\0"), {"BAD_GTPU"}),
        ("extension headers that never end", extended(0x85, b"\x01\0\0\x85" * 200), {"BAD_GTPU", "WRONG_INNER", "BAD_INNER"}),
        ("a length beyond the datagram", gtpu(255, session.gw_teid_u, good, length=len(good) + 1), {"BAD_GTPU"}),
        ("another device's address", gpdu(session.gw_teid_u, udp("100.64.77.77", NET, PORT, PORT, b"x")), {"SPOOFED"}),
    ]
    for what, octets, reasons in cases:
        before = lab.drops()
        sgw.send_user(octets)

        def named():
            after = lab.drops()
            return {name for name in after if after[name] > before.get(name, 0)}
        found = wait_for(named, f"a drop of {what}")
        check(found <= reasons, f"{what} was dropped as {found}, expected {reasons}")
    check_equal(server_drain(server), None, "what reaches the customer")


def sizes(lab: Lab):
    lab.start()
    wire = Capture(lab, "sgw", "s5", "src 10.10.0.1 and udp port 2152")
    sgw = Sgw(lab)
    session = sgw.create("001010000000001", ambr=(1000000, 1000000))
    server = lab.udp("net", NET, PORT)
    for part in (outer_fragments, fragments_without_end, too_big_downlink, too_big_uplink, too_old, options_and_checksums,
                 dropped_by_name):
        server.settimeout(5)
        sgw.user.settimeout(5)
        while server_drain(server):
            pass
        server.settimeout(5)
        part(lab, sgw, session, server)
    wire.stop()
    wire.check_sane("ip.src == 10.10.0.1")


def not_cut(lab: Lab):
    """inner.fragment = false: the sender is told instead, with DF or without."""
    lab.edit("dataplane", ("log: {", "inner: { fragment = false; };\n\nlog: {"))
    lab.start()
    sgw = Sgw(lab)
    session = sgw.create("001010000000001")
    wire = lab.packet("net", "sgi")
    before = lab.counters()
    frame = mac(lab, "gw", "sgi") + mac(lab, "net", "sgi") + b"\x08\x00" + udp(NET, session.address, PORT, PORT, bytes(MTU))
    wire.send(frame)
    wait_for(lambda: lab.counters()["icmp_error_tx"] > before["icmp_error_tx"], "ICMP about a packet too big")
    check_equal(grown(lab, before, "packets_cut", "dl_packets"), [0, 0], "packets cut")
    check_equal(lab.drops().get("TOO_BIG"), 1, "packets too big")


def jumbo(lab: Lab):
    """Frames of 9000 bytes on both sides."""
    for where, interface in (("gw", "s5p"), ("sgw", "s5"), ("gw", "sgip"), ("net", "sgi")):
        lab.run(where, "ip", "link", "set", interface, "mtu", 9000)
    lab.edit("dataplane", ("iface=s5p", "iface=s5p,blocksz=73728,framesz=9216,framecnt=256"),
             ("iface=sgip", "iface=sgip,blocksz=73728,framesz=9216,framecnt=256"))
    lab.edit("control", ("mtu = 1400", "mtu = 8964"))
    lab.start()
    sgw = Sgw(lab)
    session = sgw.create("001010000000001")
    server = lab.udp("net", NET, PORT)
    server.settimeout(5)
    for size in (1500, 2048, 2176, 4096, 8000, 8964):
        text = bytes(i % 251 for i in range(size - 28))
        sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, PORT, PORT, text)))
        check_equal(server.recv(10000), text, f"{size} bytes uplink")
        server.sendto(text, (session.address, PORT))
        check_equal(sgw.receive_user()[2][28:], text, f"{size} bytes downlink")
    check_equal(lab.counters()["fragments_rx"] + lab.counters()["packets_cut"], 0, "fragments")


if __name__ == "__main__":
    main(sizes, not_cut, (jumbo, {"pmd": "af_packet"}))
