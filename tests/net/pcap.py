#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A generator that isn't ours: dpdk-testpmd plays pcap files made by scapy (net_pcap) into the dataplane over
memif, both directions at once, and what comes back is in pcap files that scapy reads. Every packet must be
there, in order, and be what TS 29.281 and the routes say."""

import os
import re
import shutil
import signal
import subprocess
import sys
from ipaddress import IPv4Address
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "perf"))

from _lab import Failed, check, check_equal, wait_for  # noqa: E402
from _rig import SIDES, Rig, cpus, dataplane_start, eal_memory, fill, memif  # noqa: E402
from scapy.contrib.gtp import GTPPDUSessionContainer, GTP_U_Header  # noqa: E402
from scapy.layers.inet import IP, UDP  # noqa: E402
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402
from scapy.utils import rdpcap, wrpcap  # noqa: E402

SESSIONS, PACKETS = 100, 480  # the rings of memif take all of them, however late a process runs
GTPU, HOST, FAR = "10.10.0.1", "10.20.0.2", "198.51.100.7"
SGW_MAC, HOST_MAC = "02:00:00:00:0a:02", "02:00:00:00:14:02"
SIZES = (0, 18, 36, 512, 1372)
TOEPLITZ = bytes.fromhex("6d5a56da255b0ec24167253d")  # the head of the usual key: 64 bits of input need no more


def shard(address):
    """The low byte of the Toeplitz hash, over the address alone."""
    key = int.from_bytes(TOEPLITZ, "big")
    bits = f"{int(IPv4Address(address)):032b}"
    total = 0
    for at, bit in enumerate(bits):
        if bit == "1":
            total ^= key >> (8 * len(TOEPLITZ) - 32 - at) & 0xffffffff
    return total & 0xff


def ue(i):
    return str(IPv4Address("100.64.0.1") + i)


def sgw(i):
    return ("10.10.0.2", "10.10.0.3")[i % 2]


def teid(i):
    """perf/range.h's rule."""
    return ((i + 1) * 2654435761 << 8 & 0xffffffff) | shard(ue(i))


def inner(k, is_uplink):
    i = k % SESSIONS
    ends = {"src": ue(i), "dst": FAR} if is_uplink else {"src": FAR, "dst": ue(i)}
    return IP(ttl=64, id=k, tos=k % 4 << 5, **ends) / UDP(sport=1000 + k, dport=53) / Raw(bytes([k % 256]) * SIZES[k % len(SIZES)])


def uplink(k, to):
    """Plain, with a sequence number, with an extension header; from any source port."""
    i = k % SESSIONS
    options = ({}, {"S": 1, "seq": k}, {"E": 1, "next_ex": 0x85})[k % 3]
    gtp = GTP_U_Header(teid=teid(i), gtp_type=255, **options)
    if "E" in options:
        gtp = gtp / GTPPDUSessionContainer(type=1, QFI=9)
    outer = IP(src=sgw(i), dst=GTPU, id=k) / UDP(sport=2152 + k % 7, dport=2152, chksum=0 if k % 2 else None)
    return Ether(src=SGW_MAC, dst=to) / outer / gtp / inner(k, True)


def downlink(k, to):
    return Ether(src=HOST_MAC, dst=to) / inner(k, False)


def forwarded(packet):
    """One hop further."""
    packet.ttl -= 1
    del packet.chksum
    return bytes(IP(bytes(packet)))


class Testpmd:
    def __init__(self, rig):
        path = shutil.which("dpdk-testpmd")
        check(path, "there is no dpdk-testpmd (Debian: dpdk-dev)")
        cpu, _ = cpus()
        command = ["stdbuf", "-oL", path, "--lcores", f"0@{cpu},1@{cpu}", "--no-pci", *eal_memory(), "--no-telemetry", "--file-prefix",
                   f"{rig.name}t"]
        for side in range(2):
            command += ["--vdev", f"net_pcap{side},rx_pcap={rig.dir}/in{side}.pcap,tx_pcap={rig.dir}/out{side}.pcap",
                        "--vdev", memif(SIDES[side], "client", rig.name)]
        self.rig = rig
        self.child = rig.start("testpmd", [*command, "--", "-i", "--port-topology=paired", "--no-flush-rx", "--total-num-mbufs=8192"],
                               stdin=subprocess.PIPE, text=True)
        rig.wait(self.child, lambda: "testpmd>" in rig.log("testpmd"), "testpmd's prompt")

    def say(self, line):
        """What it answers."""
        before = len(self.rig.log("testpmd"))
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        wait_for(lambda: re.search(r"testpmd>[^\n]*$", self.rig.log("testpmd")[before:]), f"testpmd's answer to {line}")
        return self.rig.log("testpmd")[before:]

    def ports(self):
        """Number of each port by its device's name."""
        return {name: int(n) for n, name in re.findall(r"^(\d+) +\S+ +(net_\S+)", self.say("show port summary all"), re.M)}

    def is_up(self):
        return len(re.findall(r"net_memif\s+up", self.say("show port summary all"))) == 2

    def received(self, port):
        return int(re.search(r"RX-packets:\s*(\d+)", self.say(f"show port stats {port}"))[1])


def check_uplink(rig, mac):
    out = rdpcap(f"{rig.dir}/out1.pcap")
    check_equal(len(out), PACKETS, "uplink packets that came out")
    for k, packet in enumerate(out):
        check_equal((packet[Ether].src, packet[Ether].dst), (mac, HOST_MAC), f"uplink {k}: MACs")
        check_equal(bytes(packet[IP]), forwarded(inner(k, True)), f"uplink {k}: the packet")


def check_downlink(rig, mac):
    out = rdpcap(f"{rig.dir}/out0.pcap")
    check_equal(len(out), PACKETS, "downlink packets that came out")
    for k, packet in enumerate(out):
        i = k % SESSIONS
        check_equal((packet[Ether].src, packet[Ether].dst), (mac, SGW_MAC), f"downlink {k}: MACs")
        check_equal((packet[IP].src, packet[IP].dst), (GTPU, sgw(i)), f"downlink {k}: outer addresses")
        again = IP(bytes(packet[IP]))
        del again.chksum
        check_equal(IP(bytes(again)).chksum, packet[IP].chksum, f"downlink {k}: outer checksum")
        check_equal((packet[UDP].sport, packet[UDP].dport), (2152, 2152), f"downlink {k}: outer ports")
        header = packet[GTP_U_Header]
        check_equal((header.version, header.PT, header.E, header.S, header.PN), (1, 1, 0, 0, 0), f"downlink {k}: flags")
        check_equal((header.gtp_type, header.teid), (255, 0x20000000 + i), f"downlink {k}: type and TEID")
        check_equal(bytes(header.payload), forwarded(inner(k, False)), f"downlink {k}: the packet")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rig = Rig(Path(os.environ.get("TORII_BUILD", ROOT / "build")).resolve())
    try:
        dataplane_start(rig, *(memif(side, "server", rig.name) for side in SIDES), 1024, "sleep")
        for address, mac, link in ((sgw(0), SGW_MAC, "s5"), (sgw(1), SGW_MAC, "s5"), (HOST, HOST_MAC, "sgi")):
            rig.ip("neigh", "replace", address, "lladdr", mac, "dev", link, "nud", "permanent")
        rig.ip("route", "replace", "198.51.100.0/24", "via", HOST)
        check_equal(fill(rig, SESSIONS)["refused"], 0, "sessions refused")
        macs = rig.mac("s5"), rig.mac("sgi")
        for side, make in enumerate((uplink, downlink)):
            wrpcap(f"{rig.dir}/in{side}.pcap", [make(k, macs[side]) for k in range(PACKETS)])
        testpmd = Testpmd(rig)
        wait_for(testpmd.is_up, "both links of memif up")
        port = [n for name, n in sorted(testpmd.ports().items()) if "memif" in name]
        testpmd.say("start")
        wait_for(lambda: sum(map(testpmd.received, port)) == 2 * PACKETS,
                 f"all packets back: {PACKETS} each way", 30)
        rig.end(testpmd.child)
        check_uplink(rig, macs[1])
        check_downlink(rig, macs[0])
        print("ok testpmd_and_scapy_see_every_packet")
    except Failed as why:
        print(f"FAILED: {why}")
        return 1
    finally:
        rig.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
