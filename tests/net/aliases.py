#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Three workers and dual-stack devices whose two addresses have different owners: the /64 is an alias in its
shard's worker. Each packet is handed over as often as it must be and no more, in its order; aliases go with
their sessions, survive a new dataplane, and give way to the next holder of an address."""

import socket
import struct

from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6

from _gtp import *
from _lab import NET, Lab, check_equal, main, wait_for

NET6, PORT, EACH, WORKERS = "fd00:20::2", 4000, 40, 3
DAF = bytes([0x80, 0, 0, 0])


def owner_of(address):
    """The shards go round the workers."""
    return shard(address) % WORKERS


def addresses():
    """A fixed address and prefix for each pair of owners; every pair is there twice."""
    ipv4 = [f"100.64.255.{i}" for i in range(1, 120)]
    ipv6 = [f"2001:db8:100:ff{i:02x}::" for i in range(1, 120)]
    for _ in range(2):
        for a in range(WORKERS):
            for b in range(WORKERS):
                v4 = next(v for v in ipv4 if owner_of(v) == a)
                v6 = next(v for v in ipv6 if owner_of(v) == b)
                ipv4.remove(v4)
                ipv6.remove(v6)
                yield v4, v6


class Device:
    """A dual-stack session with the fixed addresses that it asks for."""

    def __init__(self, sgw, imsi, ipv4, ipv6):
        paa = b"\x03\x40" + socket.inet_pton(socket.AF_INET6, ipv6) + socket.inet_aton(ipv4)
        self.session = sgw.create(imsi, PAA=ie(PAA, paa), PDN_TYPE=ie(PDN_TYPE, b"\3"), INDICATION=ie(INDICATION, DAF))
        got = self.session.answer.value(PAA)
        check_equal((got[:10], got[18:]), (paa[:10], paa[18:]), "prefix and address that were asked for")
        self.sgw, self.ipv4, self.prefix = sgw, ipv4, ipv6
        self.ipv6 = socket.inet_ntop(socket.AF_INET6, got[2:18])
        self.owner, self.alias = owner_of(ipv4), owner_of(ipv6)
        check_equal((self.session.gw_teid_u & 0xFF) % WORKERS, self.owner, "owner by the TEID")

    def send(self, payload):
        for packet in (udp(self.ipv4, NET, PORT, PORT, payload),
                       bytes(IPv6(src=self.ipv6, dst=NET6) / UDP(sport=PORT, dport=PORT) / payload)):
            self.sgw.send_user(gpdu(self.session.gw_teid_u, packet))


def counted(lab: Lab, name):
    return [lab.telemetry("/torii/counters", i)[name] for i in range(WORKERS)]


def aliases(lab: Lab):
    return [lab.telemetry("/torii/workers")[str(i)]["aliases"] for i in range(WORKERS)]


def check_aliases(lab: Lab, devices, when):
    wanted = [sum(d.alias == i != d.owner for d in devices) for i in range(WORKERS)]
    wait_for(lambda: aliases(lab) == wanted, f"aliases of each worker {when}: {aliases(lab)} for {wanted}")


def forward(lab: Lab, servers, devices):
    """EACH packets of each family and direction; all frames are received by the first worker."""
    names = ("ul_packets", "dl_packets", "handoff_out", "handoff_in")
    before, drops = {n: counted(lab, n) for n in names}, lab.drops()
    uplink(lab, servers, devices, before)
    downlink(lab, servers, devices, before)
    grown = {n: [b - a for a, b in zip(before[n], counted(lab, n))] for n in names}
    per_owner = [2 * EACH * sum(d.owner == i for d in devices) for i in range(WORKERS)]
    check_equal((grown["ul_packets"], grown["dl_packets"]), (per_owner, per_owner), "packets that each owner delivered")
    # Uplink twice and downlink of IPv4 by shard; downlink of IPv6 by shard, then by alias.
    handed = EACH * sum(3 * (d.owner != 0) + (d.alias != 0) + (d.alias != d.owner) for d in devices)
    check_equal((sum(grown["handoff_out"]), sum(grown["handoff_in"])), (handed, handed), "packets handed over and taken")
    check_equal(lab.drops(), drops, "drops")


def uplink(lab: Lab, servers, devices, before):
    for number in range(EACH):
        for d in devices:
            d.send(struct.pack("!I", number))
        wait_for(lambda: sum(counted(lab, "ul_packets")) - sum(before["ul_packets"]) == 2 * (number + 1) * len(devices), "a round uplink")
    for server, family in zip(servers, ("ipv4", "ipv6")):
        seen = {getattr(d, family): [] for d in devices}
        for _ in range(EACH * len(devices)):
            octets, source = server.recvfrom(100)
            seen[source[0]].append(struct.unpack("!I", octets)[0])
        check_equal([n for n in seen.values() if n != list(range(EACH))], [], f"{family} uplink in its order")


def downlink(lab: Lab, servers, devices, before):
    for number in range(EACH):
        for d in devices:
            servers[0].sendto(struct.pack("!I", number), (d.ipv4, PORT))
            servers[1].sendto(struct.pack("!I", number), (d.ipv6, PORT))
        wait_for(lambda: sum(counted(lab, "dl_packets")) - sum(before["dl_packets"]) == 2 * (number + 1) * len(devices), "a round downlink")
    seen = {(d.session.teid_u, version): [] for d in devices for version in (4, 6)}
    while any(len(numbers) < EACH for numbers in seen.values()):
        _, teid, inner, _ = devices[0].sgw.receive_user()
        version = inner[0] >> 4
        if version == 4 or inner[6] == 17:  # advertisements pass by
            seen[teid, version].append(struct.unpack("!I", inner[-4:])[0])
    check_equal([n for n in seen.values() if n != list(range(EACH))], [], "downlink in its order")


def open_servers(lab: Lab):
    server6 = lab.open_socket("net", socket.AF_INET6, socket.SOCK_DGRAM)
    server6.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
    server6.bind((NET6, PORT))
    servers = lab.udp("net", NET, PORT), server6
    for server in servers:
        server.settimeout(5)
    return servers


def warm_up(servers, device):
    """Every neighbour is known afterwards."""
    device.send(b"warm")
    for server, address in zip(servers, (device.ipv4, device.ipv6)):
        check_equal(server.recv(100), b"warm", "the first packet uplink")
        server.sendto(b"warm", (address, PORT))
    n = 0
    while n < 2:
        _, _, inner, _ = device.sgw.receive_user()
        n += inner[-4:] == b"warm"


def ended(lab: Lab, servers, device):
    """A packet for an address without a session is dropped where its shard is, and doesn't wander."""
    before, drops = sum(counted(lab, "handoff_out")), lab.drops().get("NO_SESSION", 0)
    servers[1].sendto(b"nobody", (device.ipv6, PORT))
    wait_for(lambda: lab.drops().get("NO_SESSION", 0) == drops + 1, "a packet for nobody is dropped")
    check_equal(sum(counted(lab, "handoff_out")) - before, int(device.alias != 0), "packets handed over")
    check_equal(lab.drops().get("ALIAS_LOOP", 0), 0, "packets that met an alias twice")


def test(lab: Lab):
    lab.start()
    sgw, servers = Sgw(lab), open_servers(lab)
    devices = [Device(sgw, f"0010100000{i:05}", *pair) for i, pair in enumerate(addresses())]
    check_aliases(lab, devices, "after attach")
    warm_up(servers, devices[0])
    forward(lab, servers, devices)
    # Two go, and others come with the address of one and the prefix of the other.
    first, second = (next(d for d in devices if (d.owner, d.alias) == pair) for pair in ((1, 2), (2, 1)))
    for d in (first, second):
        check_equal(sgw.delete(d.session).cause, 16, "Delete Session")
        devices.remove(d)
        ended(lab, servers, d)
    check_aliases(lab, devices, "after two have gone")
    devices += [Device(sgw, "001010000000501", first.ipv4, second.prefix), Device(sgw, "001010000000502", second.ipv4, first.prefix)]
    check_aliases(lab, devices, "after two have come")
    forward(lab, servers, devices)
    lab.kill("dataplane")
    lab.start("dataplane")
    wait_for(lambda: lab.sessions() == len(devices), "all sessions again")
    check_aliases(lab, devices, "in a new dataplane")
    warm_up(servers, devices[0])
    forward(lab, servers, devices)
    for d in devices:
        check_equal(sgw.delete(d.session).cause, 16, "Delete Session")
    check_aliases(lab, [], "when all have gone")


main((test, {"workers": WORKERS}))
