#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A subscriber's trace opens in tshark with every packet, message and decision; `explain packet` says what
then happens to a packet; `show drops` shows the latest one of each kind."""

import re
import subprocess
import threading

from _gtp import *
from _lab import GW, NET, Lab, check, check_equal, main, wait_for

IMSI_TRACED, IMSI_OTHER, IMSI_SLOW = "001010000000001", "001010000000002", "001010000000003"
NOWHERE = "198.51.100.9"


def meet(lab: Lab):
    """Neighbours are known from here on: packets that wait for one are looked at by themselves."""
    for where, source, address in (("sgw", "10.10.0.2", GW), ("sgw", "10.10.0.3", GW), ("net", NET, "10.20.0.1")):
        wait_for(lambda p=(where, "ping", "-q", "-c", 1, "-W", 1, "-I", source, address):
                 lab.run(*p, ok=False).returncode == 0, f"the answer to a ping from {source}")
        wait_for(lambda a=source: a in lab.cli("show neighbours"), f"{source} among the neighbours")


# ---- The trace.

class Trace:
    """A file as tshark reads it."""

    def __init__(self, path):
        options = [o for name in ("frame.interface_name", "frame.comment", "gtpv2.message_type", "gtp.message",
                                  "frame.packet_flags_direction", "frame.time_epoch", "ip.src", "frame.len")
                   for o in ("-e", name)]
        done = subprocess.run(["tshark", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=f",
                               *options], capture_output=True, text=True, timeout=60)
        check_equal(done.returncode, 0, f"tshark: {done.stderr}")
        self.rows = [line.split("\t") for line in done.stdout.splitlines()]
        bad = subprocess.run(["tshark", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
                              "-Y", "_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0"],
                             capture_output=True, text=True, timeout=60)
        check_equal(bad.stdout, "", "what tshark finds wrong")

    def on(self, interface):
        return [row for row in self.rows if row[0] == interface]

    def comments(self, text):
        return [row for row in self.rows if text in row[1]]


def exchange(sgw, session, server, n):
    """n packets from the device and their answers, and all of it seen."""
    for i in range(n):
        port = server.getsockname()[1]
        sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, 40001, port, b"up %d" % i)))
        server.sendto(b"down " + server.recv(100), (session.address, 40001))
        kind, teid, inner, _ = sgw.receive_user()
        check_equal((kind, teid), (255, session.teid_u), "downlink")
        check_equal(inner[28:], b"down up %d" % i, "its payload")


def trace(lab: Lab, old, new, server):
    check("first.pcapng" in lab.cli(f"trace imsi {IMSI_TRACED} file first"), "where the trace is")
    check("exists" in lab.cli(f"trace imsi {IMSI_TRACED} file first", ok=False), "a second trace into the same file")
    check("% " in lab.cli(f"trace imsi {IMSI_TRACED} file ../first", ok=False), "a path as a file's name")
    session, other = old.create(IMSI_TRACED), old.create(IMSI_OTHER)
    lab.cli(f"trace address {session.address} file second packets 7 snap 64")
    exchange(old, session, server, 5)
    exchange(old, other, server, 3)
    for _ in range(3):
        old.send_user(gpdu(session.gw_teid_u, udp("1.2.3.4", NET, 1, 2, b"not mine")))
    wait_for(lambda: lab.drops().get("SPOOFED") == 3, "three spoofed packets")
    check_equal(new.modify(session).cause, 16, "Modify Bearer")
    check_equal(old.receive_user()[0], 254, "the End Marker")
    exchange(new, session, server, 2)
    check_equal(new.delete(session).cause, 16, "Delete Session")
    check_equal(old.delete(other).cause, 16, "Delete Session of the other one")
    check("stopped" in lab.cli("trace stop"), "trace stop")


def judge_trace(lab: Lab):
    whole = Trace(lab.run_dir / "state/traces/first.pcapng")
    messages = [row[2] for row in whole.on("S5/S8-C")]
    check_equal(messages, ["32", "33", "34", "35", "36", "37"], "messages of the traced subscriber alone")
    check_equal(len(whole.comments("Create Session Request")), 1, "comments of signalling")
    # Each packet as it came and as it left; the spoofed ones only came; one End Marker.
    check_equal(len(whole.on("S5/S8-U")), 7 + 7 + 3 + 1, "frames on S5/S8-U")
    check_equal(len(whole.on("SGi")), 7 + 7, "frames on SGi")
    check_equal(len(whole.comments("uplink, came in on s5: delivered, bearer EBI 5, next hop 10.20.0.2 on sgi")), 7,
                "delivered uplink")
    check_equal(len(whole.comments("downlink, came in on sgi: delivered, bearer EBI 5, next hop 10.10.0.2 on s5")), 5,
                "delivered downlink by the old SGW")
    check_equal(len(whole.comments("next hop 10.10.0.3 on s5")), 2, "delivered downlink by the new SGW")
    check_equal(len(whole.comments("dropped, SPOOFED: inner source isn't the session's address")), 3, "spoofed ones")
    check_equal([row[3] for row in whole.on("S5/S8-U")].count("0xfe"), 1, "End Markers")
    check_equal(len({row[4] for row in whole.comments("came in")}), 1, "directions of what came in")
    times = [float(row[5]) for row in whole.rows]
    check(max(times) - min(times) < 60 and times[0] > 1.6e9, f"times {times[0]} to {times[-1]}")
    check(sum(a > b + 0.001 for a, b in zip(times, times[1:])) == 0, "packets in the order of time")
    few = Trace(lab.run_dir / "state/traces/second.pcapng")
    check_equal(len(few.rows), 7, "packets of a trace of 7")
    check("all its packets" in lab.cli("show traces"), "why the second trace ended")


def survives(lab: Lab, sgw):
    """A restart of the dataplane goes on with a trace, and one of control ends it."""
    server = lab.udp("net", NET, 40001)
    server.settimeout(5)
    session = sgw.create(IMSI_TRACED)
    lab.cli(f"trace teid {session.gw_teid_c} file third")
    exchange(sgw, session, server, 2)
    lab.kill("dataplane")
    lab.start("dataplane")
    wait_for(lambda: lab.sessions() == 1, "the session in the new dataplane")
    meet(lab)
    exchange(sgw, session, server, 2)
    wait_for(lambda: re.search(r"teid 0x\w+ .* 16  +0  +0 ", lab.cli("show traces")), "2 * 2 * 4 frames in the file")
    lab.kill("control")
    lab.start("control")
    wait_for(lambda: lab.n_active() == 1, "the session after control's restart")
    check("running" not in lab.cli("show traces"), "a trace without its process")
    before = Trace(lab.run_dir / "state/traces/third.pcapng").rows
    exchange(sgw, session, server, 1)
    check_equal(len(Trace(lab.run_dir / "state/traces/third.pcapng").rows), len(before), "a file that nobody writes")
    check_equal(len(before), 16, "frames before control's end")
    check_equal(sgw.delete(session).cause, 16, "Delete Session")


# ---- Explain.

def verdict(lab: Lab, question):
    text = lab.cli(f"explain packet {question}")
    found = re.search(r"^Verdict +(.*)$", text, re.M)
    check(found, f"explain packet {question}: {text}")
    return found.group(1)


def explain(lab: Lab, question, expected, send, counter=None):
    """The verdict, and then the same packet in truth: the counter of that name grows by one."""
    before = lab.drops() if counter is None or counter.isupper() else lab.counters()
    said = verdict(lab, question)
    check(expected in said, f"explain packet {question}: {said!r}, expected {expected!r}")
    name = counter or re.search(r"dropped, (\w+):", said).group(1)
    send()
    read = lab.drops if name.isupper() else lab.counters
    wait_for(lambda: read().get(name, 0) == before.get(name, 0) + 1, f"one more {name} after {question}")
    check_equal({k: n for k, n in lab.drops().items() if k != name and n != before.get(k, 0)}
                if name.isupper() else {}, {}, f"other drops after {question}")


def explain_uplink(lab: Lab, sgw, session, slow):
    def up(destination=NET, source=session.address, teid=session.gw_teid_u, size=72, **fields):
        return lambda: sgw.send_user(gpdu(teid, udp(source, destination, 40000, 40000, bytes(size), **fields)))

    teid, own = hex(session.gw_teid_u), session.address
    ask = f"uplink teid {teid} src {own} dst"
    explain(lab, f"{ask} {NET} from {sgw.address}", "delivered, on sgi", up(), "ul_packets")
    explain(lab, f"uplink teid {teid} src 9.9.9.9 dst {NET}", "dropped, SPOOFED", up(source="9.9.9.9"))
    explain(lab, f"uplink teid {session.gw_teid_u ^ 0x100} src {own} dst {NET}", "dropped, UNKNOWN_TEID",
            up(teid=session.gw_teid_u ^ 0x100))
    check_equal(sgw.receive_user()[0], 26, "the Error Indication that was foretold")
    explain(lab, f"{ask} {NET} ttl 1", "dropped, UL_TTL", up(ttl=1))
    check_equal(sgw.receive_user()[2][20], 11, "the ICMP error that was foretold: time exceeded")
    explain(lab, f"{ask} 100.64.77.77", "dropped, BLACKHOLE", up("100.64.77.77"))
    explain(lab, f"{ask} {NOWHERE}", "dropped, UL_NO_ROUTE", up(NOWHERE))
    sgw.receive_user()
    explain(lab, f"{ask} 10.20.0.77", "waits until the next hop's MAC address is known", up("10.20.0.77"), "neigh_held")
    wait_for(lambda: lab.drops().get("NEIGH_TIMEOUT") == 1, "nobody answers for 10.20.0.77")
    # 8 kbit/s: two packets of 1400 bytes empty the meter of 3000, which then takes a second for 1000.
    question = f"uplink teid {slow.gw_teid_u} src {slow.address} dst {NET} len 1400"
    big = up(source=slow.address, teid=slow.gw_teid_u, size=1372)
    explain(lab, question, "delivered", big, "ul_packets")
    explain(lab, question, "delivered", big, "ul_packets")
    explain(lab, question, "dropped, UL_OVER_AMBR", big)


def explain_downlink(lab: Lab, sgw, session, slow, server):
    def down(address=session.address, size=72, ttl=64, df=False):
        def send():
            server.setsockopt(0, 2, ttl)  # IP_TTL
            server.setsockopt(0, 10, 3 if df else 0)  # IP_MTU_DISCOVER
            server.sendto(bytes(size), (address, 40000))
        return send

    ask = f"downlink vrf internet src {NET} dst"
    lab.run("net", "ip", "route", "add", "198.51.100.0/24", "via", "10.20.0.1")
    explain(lab, f"{ask} {session.address}", "delivered, on s5", down(), "dl_packets")
    sgw.receive_user()
    explain(lab, f"{ask} {session.address} ttl 1", "dropped, DL_TTL", down(ttl=1))
    explain(lab, f"{ask} 100.64.99.99", "dropped, NO_SESSION", down("100.64.99.99"))
    explain(lab, f"{ask} {NOWHERE}", "dropped, NOT_LOCAL", down(NOWHERE))
    # Not after the other one: Linux would remember the MTU that it was told, and cut by itself.
    explain(lab, f"{ask} {session.address} len 1450", "delivered, in fragments of at most 1400 bytes", down(size=1422),
            "packets_cut")
    for _ in range(2):
        sgw.receive_user()
    explain(lab, f"{ask} {session.address} len 1450 df", "dropped, TOO_BIG", down(size=1422, df=True))
    explain(lab, f"{ask} 10.20.0.1", "given to Linux", down("10.20.0.1"), "punt_packets")
    for _ in range(2):
        explain(lab, f"{ask} {slow.address} len 1400", "delivered", down(slow.address, 1372), "dl_packets")
        sgw.receive_user()
    explain(lab, f"{ask} {slow.address} len 1400", "dropped, DL_OVER_AMBR", down(slow.address, 1372))


def explain_what_is_ours(lab: Lab, sgw):
    """Fragments of a tunnel wait for each other; what goes to Linux meets the rate of its class."""
    raw = lab.open_socket("sgw", socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    first = ipv4(sgw.address, GW, 17, struct.pack("!HHHH", 2152, 2152, 1008, 0) + bytes(72), fragment=0x2000, id=99)
    explain(lab, f"downlink vrf access src {sgw.address} dst {GW} dport 2152 fragment first",
            "waits at most a second for its datagram's other fragments", lambda: raw.sendto(first, (GW, 0)), "fragments_rx")
    question = f"downlink vrf internet src {NET} dst 10.20.0.1 proto icmp"
    text = lab.cli(f"explain packet {question}")
    check(re.search(r"class ICMP to our own addresses\n +worker 0's ring to Linux holds 0 of \d+ frames; \d+ of \d+ frames may "
                    r"go now, \d+ a second", text), f"what is said of the way to Linux: {text}")
    echo, ours = lab.open_socket("net", socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP), threading.Event()

    def flood():
        while not ours.is_set():
            echo.sendto(bytes.fromhex("0800f7ff00000000"), ("10.20.0.1", 0))
    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    wait_for(lambda: "dropped on the way to Linux" in verdict(lab, question), "what is said in a flood", 20)
    ours.set()
    thread.join()
    wait_for(lambda: "given to Linux" in verdict(lab, question), "what is said after it")


def explain_says_why_not(lab: Lab):
    for question, expected in (("downlink vrf nosuch src 1.1.1.1 dst 2.2.2.2", "no VRF has this name"),
                               ("downlink vrf internet src 1.1.1.1 dst 2001:db8::1", "two families"),
                               ("downlink vrf internet src 2001:db8::2 dst 2001:db8::1 len 40", "at least 48 bytes"),
                               ("downlink vrf internet src 2001:db8::2 dst 2001:db8::1 df", "never fragmented"),
                               ("downlink vrf internet src 2001:db8::2 dst 2001:db8::1 proto icmp", "other family"),
                               ("downlink vrf internet src 2001:db8::2 dst 2001:db8::1 fragment first", "fragments of IPv4 alone"),
                               ("downlink vrf internet src 1.1.1.1 dst 2.2.2.2 len 20", "at least 28 bytes"),
                               ("uplink teid 0 src 1.1.1.1 dst 2.2.2.2", "% "),
                               ("uplink teid 1 src 1.1.1 dst 2.2.2.2", "% ")):
        text = lab.cli(f"explain packet {question}", ok=False)
        check(expected in text, f"explain packet {question}: {text}")


def show_drops(lab: Lab):
    text = lab.cli("show drops")
    check(re.search(r"^  UNKNOWN_TEID +[\d.]+ s ago, port s5, \d+ bytes: 10\.10\.0\.2 > 10\.10\.0\.1 UDP 2152 > 2152, "
                    r"GTP-U G-PDU \(255\) TEID 0x\w+: 100\.64\.\d+\.\d+ > 10\.20\.0\.2 UDP 40000 > 40000$", text, re.M),
          f"the latest packet for an unknown TEID: {text}")
    check(re.search(r"^  NO_SESSION .* port sgi, .*10\.20\.0\.2 > 100\.64\.99\.99 UDP", text, re.M),
          f"the latest packet for nobody: {text}")
    check(re.search(r"^    0000  ([0-9a-f]{2} ?){16}$", lab.cli("show drops hex"), re.M), "hexadecimal digits")
    check("HANDOFF_FULL" in lab.cli("show drops all"), "reasons that never occurred")


def test(lab: Lab):
    lab.start()
    old, new = Sgw(lab, "10.10.0.2"), Sgw(lab, "10.10.0.3")
    server = lab.udp("net", NET, 40000)
    server.settimeout(5)
    meet(lab)
    trace(lab, old, new, server)
    judge_trace(lab)
    session, slow = old.create(IMSI_OTHER), old.create(IMSI_SLOW, ambr=(8, 8))
    explain_uplink(lab, old, session, slow)
    explain_downlink(lab, old, session, slow, server)
    explain_what_is_ours(lab, old)
    explain_says_why_not(lab)
    show_drops(lab)
    for s in (session, slow):
        check_equal(old.delete(s).cause, 16, "Delete Session")
    survives(lab, old)


if __name__ == "__main__":
    main(test)
