#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""dataplane.offload at ports whose driver does checksums (net_tap): what leaves with "auto" and with "off" is the
same to the byte, and right for scapy; what comes in with a wrong header checksum is the same drop. The
driver has rte_flow, but not for GTP-U: it says so, and workers hand packets over."""

from dual_stack import BOTH, Device
from scapy.layers.inet import IP, UDP, fragment
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from _gtp import *
from _lab import GW, Lab, check, check_equal, main, wait_for

GW6 = "fd00:10::1"
SGW4, SGW6, HOST4, HOST6 = "10.40.0.2", "fd00:40::2", "10.50.0.2", "fd00:50::2"
PEER = "02:70:72:69:69:aa"  # whoever is at the other end of a link
MACS = {"tu": "02:70:72:69:69:e1", "ts": "02:70:72:69:69:e2"}
SIZES = 64, 512, 1400
MARK = b"of ours "


def ports(lab: Lab):
    """One more port on each side; its link ends at an interface that nobody has addresses on."""
    rows = ""
    for name, role, vrf in (("tu", "access", "access"), ("ts", "sgi", "internet")):
        lab.run("gw", "ip", "tuntap", "add", "dev", name + "w", "mode", "tap", "multi_queue")
        rows += f'{{ name = "{name}"; device = "net_tap,iface={name}w,mac={MACS[name]}"; role = "{role}"; vrf = "{vrf}"; }},\n'
    lab.edit("dataplane", ("ports: (", "ports: (\n" + rows))
    lab.edit("control", ("pools: (", 'gtpu: { echo_interval = "0s"; };\npools: ('))


def neighbours(lab: Lab):
    for name, prefix, peers in (("tu", 40, (SGW4, SGW6)), ("ts", 50, (HOST4, HOST6))):
        lab.run("gw", "sysctl", "-q", "-w", f"net.ipv6.conf.{name}.disable_ipv6=0")
        lab.run("gw", "ip", "link", "set", name, "up")
        lab.run("gw", "ip", "addr", "add", f"10.{prefix}.0.1/24", "dev", name)
        lab.run("gw", "ip", "addr", "add", f"fd00:{prefix}::1/64", "dev", name, "nodad")
        for peer in peers:
            lab.run("gw", "ip", "neigh", "replace", peer, "lladdr", PEER, "dev", name, "nud", "permanent")


class Tunnel:
    """A device of both families, and its SGW's end."""

    def __init__(self, sgw, imsi, address):
        self.is_ipv6 = ":" in address
        self.teid = sgw.new_teid()
        family = socket.AF_INET6 if self.is_ipv6 else socket.AF_INET
        user = ie(FTEID, bytes([0x44 if self.is_ipv6 else 0x84]) + struct.pack("!I", self.teid) + socket.inet_pton(family, address), 2)
        self.device = Device(sgw, imsi, BOTH, BEARER=ie(BEARER, ie(EBI, b"\5") + qos() + user))
        self.ends = {"src": address, "dst": GW6 if self.is_ipv6 else GW}

    def uplink(self, inner):
        outer = (IPv6 if self.is_ipv6 else IP)(**self.ends)
        whole = outer / UDP(sport=2152, dport=2152) / Raw(gpdu(self.device.gw_teid_u, bytes(inner)))
        return Ether(src=PEER, dst=MACS["tu"]) / whole

    def inner(self, is_ipv6, is_up, size):
        far, near = (HOST6, self.device.ipv6) if is_ipv6 else (HOST4, self.device.ipv4)
        ip = (IPv6 if is_ipv6 else IP)(src=near if is_up else far, dst=far if is_up else near)
        packet = ip / UDP(sport=40000, dport=40001)
        return packet / Raw((MARK * 200)[:size - len(packet)])


def packets(tunnels):
    """(port that it comes in by, frames)."""
    for tunnel in tunnels:
        for is_ipv6 in (False, True):
            for size in SIZES:
                yield "tu", [tunnel.uplink(tunnel.inner(is_ipv6, True, size))]
                yield "ts", [Ether(src=PEER, dst=MACS["ts"]) / tunnel.inner(is_ipv6, False, size)]
            if not tunnel.is_ipv6:
                whole = tunnel.uplink(tunnel.inner(is_ipv6, True, 1400))
                yield "tu", [Ether(src=PEER, dst=MACS["tu"]) / part for part in fragment(IP(bytes(whole[IP])), 800)]
        yield "ts", [Ether(src=PEER, dst=MACS["ts"]) / tunnel.inner(False, False, 1480)]  # leaves in two


def ours(s):
    """The frames on a link that hold packets of this test."""
    while True:
        try:
            frame = s.recv(2000)
        except BlockingIOError:
            return
        if frame[:6].hex(":") == PEER and MARK in frame:
            yield frame


def forward(links, rows):
    """Each packet's frames as they leave, after those before it."""
    out = []
    for port, frames in rows:
        other = links["ts" if port == "tu" else "tu"]
        for frame in frames:
            links[port].send(bytes(frame))
        n = 2 if len(frames) == 1 and len(frames[0]) == 1494 else 1
        got = []
        wait_for(lambda: got.extend(ours(other)) or len(got) >= n, f"what becomes of {frames[0].summary()}")
        out.append(got)
    return out


def judged(frame):
    """The frame without what counts up, once scapy has written each checksum anew and found the same."""
    packet = Ether(frame)
    check_equal(bytes(written_anew(packet[IP] if packet.type == 0x800 else packet[IPv6])), frame[14:], "what scapy writes")
    if packet.type == 0x800 and UDP in packet and packet[UDP].dport == 2152:
        check_equal(bytes(written_anew(inner_of(frame, 50))), frame[50:], "what scapy writes inside")
        packet[IP].id, packet[IP].chksum = 0, 0
        return bytes(packet)
    if packet.type == 0x86DD and packet[UDP].dport == 2152:
        check(packet[UDP].chksum != 0, "a UDP checksum over IPv6")
        check_equal(bytes(written_anew(inner_of(frame, 70))), frame[70:], "what scapy writes inside")
    return frame


def inner_of(frame, at):
    return (IPv6 if frame[at] >> 4 == 6 else IP)(frame[at:])


def written_anew(packet):
    again = packet.copy()
    if IP in again:
        again[IP].chksum = None
    if UDP in again and again[UDP].chksum and not (IP in again and (again[IP].flags.MF or again[IP].frag)):
        again[UDP].chksum = None
    return again


def wrong_checksums(lab: Lab, links, tunnel):
    before = lab.drops().get("BAD_IP", 0)
    for link, packet in (("tu", tunnel.uplink(tunnel.inner(False, True, 100))),
                         ("ts", Ether(src=PEER, dst=MACS["ts"]) / tunnel.inner(False, False, 100))):
        frame = bytearray(bytes(packet))
        frame[24] ^= 0x10
        links[link].send(bytes(frame))
    wait_for(lambda: lab.drops().get("BAD_IP", 0) == before + 2, "packets with a wrong header checksum dropped")


def test(lab: Lab):
    ports(lab)
    lab.start()
    neighbours(lab)
    sgw = Sgw(lab)
    tunnels = [Tunnel(sgw, "001010000000001", SGW4), Tunnel(sgw, "001010000000002", SGW6)]
    rows = list(packets(tunnels))
    seen = {}
    for setting in ("auto", "off"):
        if setting == "off":
            lab.edit("dataplane", ("dataplane: {", 'dataplane: {\n  offload = "off";'))
            lab.stop("dataplane")
            lab.start("dataplane")
            wait_for(lambda: lab.sessions() == 2, "the sessions are back")
        lines = [line for line in lab.log("dataplane").splitlines() if ": net_tap," in line][-2:]
        check_equal([line.endswith("writes checksums") for line in lines], [setting == "auto"] * 2, "what the ports do")
        check("port tu: no rte_flow by TEID (item not supported), workers hand packets over" in lab.log("dataplane"),
              "what is said of steering")
        wait_for(lambda: lab.cli("show neighbours").count(PEER) >= 4, "the neighbours")
        links = {name: lab.packet("gw", name + "w") for name in MACS}
        for s in links.values():
            s.setblocking(False)
        seen[setting] = [[judged(frame) for frame in frames] for frames in forward(links, rows)]
        wrong_checksums(lab, links, tunnels[0])
        counters = lab.counters()
        check_equal(counters["handoff_out"], counters["handoff_in"], "packets handed over and taken")
    check_equal(len(seen["auto"]), 4 * 6 + 2 + 2, "packets compared")
    for (port, frames), auto, off in zip(rows, seen["auto"], seen["off"]):
        check_equal(auto, off, f"at {port}: {frames[0].summary()}")


if __name__ == "__main__":
    main((test, {"workers": 2}))
