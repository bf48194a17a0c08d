#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Three workers: each owns its shards, packets of others are handed over and counted, order within a
flow is kept. First all frames come in by one queue and leave by one (AF_XDP, where the kernel has it),
then by a queue for each worker (AF_PACKET)."""

import re
import socket
import struct

from _gtp import *
from _lab import NET, Capture, Lab, check, check_equal, main, wait_for

WORKERS = 3
SESSIONS = 24
EACH = 60  # packets of each session and direction
PORT = 4000


def by_worker(lab: Lab, name):
    return [lab.telemetry("/torii/counters", i)[name] for i in range(WORKERS)]


def owner(teid):
    """The shards go round the workers."""
    return (teid & 0xFF) % WORKERS


def attach(sgw):
    sessions = [sgw.create(f"0010100000{i:05}") for i in range(SESSIONS)]
    owners = {owner(s.gw_teid_u) for s in sessions}
    check_equal(owners, set(range(WORKERS)), "owners of the sessions (each has some)")
    return sessions


def warm_up(sgw, server, session):
    """Both neighbours are known afterwards."""
    sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, PORT, PORT, b"")))
    server.settimeout(5)
    server.recv(100)
    server.sendto(b"", (session.address, PORT))
    check(sgw.receive_user(), "the first packet downlink")


def check_order(what, numbers):
    """numbers: those of one flow, as they came."""
    check_equal(numbers, list(range(EACH)), f"{what}: packets in their order")


def uplink(lab: Lab, sgw, server, sessions):
    before = by_worker(lab, "ul_packets")
    for number in range(EACH):
        for s in sessions:
            payload = struct.pack("!I", number)
            sgw.send_user(gpdu(s.gw_teid_u, udp(s.address, NET, PORT, PORT, payload)))
        wait_for(lambda: sum(by_worker(lab, "ul_packets")) - sum(before) == (number + 1) * SESSIONS,
                 "a round of packets uplink")
    grown = [b - a for a, b in zip(before, by_worker(lab, "ul_packets"))]
    check_equal(grown, [EACH * n for n in sessions_of(sessions)], "packets that each owner delivered uplink")
    seen = {s.address: [] for s in sessions}
    for _ in range(EACH * SESSIONS):
        octets, source = server.recvfrom(100)
        seen[source[0]].append(struct.unpack("!I", octets)[0])
    for address, numbers in seen.items():
        check_order(f"uplink from {address}", numbers)


def downlink(lab: Lab, sgw, server, sessions):
    before = by_worker(lab, "dl_packets")
    for number in range(EACH):
        for s in sessions:
            server.sendto(struct.pack("!I", number), (s.address, PORT))
        wait_for(lambda: sum(by_worker(lab, "dl_packets")) - sum(before) == (number + 1) * SESSIONS,
                 "a round of packets downlink")
    grown = [b - a for a, b in zip(before, by_worker(lab, "dl_packets"))]
    check_equal(grown, [EACH * n for n in sessions_of(sessions)], "packets that each owner delivered downlink")
    seen = {s.teid_u: [] for s in sessions}
    for _ in range(EACH * SESSIONS):
        _, teid, inner, _ = sgw.receive_user()
        seen[teid].append(struct.unpack("!I", inner[28:32])[0])
    for teid, numbers in seen.items():
        check_order(f"downlink to TEID {teid:#x}", numbers)


def sessions_of(sessions):
    owners = [owner(s.gw_teid_u) for s in sessions]
    return [owners.count(i) for i in range(WORKERS)]


def handed_over(lab: Lab, before, n):
    """What was received by another worker than its owner, to the packet."""
    sent, taken = by_worker(lab, "handoff_out"), by_worker(lab, "handoff_in")
    check_equal(sum(sent) - sum(before[0]), sum(taken) - sum(before[1]), "packets handed over and taken")
    check_equal(sum(sent) - sum(before[0]), n, "packets handed over")
    check_equal(lab.drops().get("HANDOFF_FULL", 0), 0, "packets that found a ring full")


def forward(lab: Lab, sgw, sessions, queues):
    server = lab.udp("net", NET, PORT)
    wire = Capture(lab, "sgw", "s5", "udp port 2152")
    warm_up(sgw, server, sessions[0])
    before = by_worker(lab, "handoff_out"), by_worker(lab, "handoff_in")
    received, drops = by_worker(lab, "rx_packets"), lab.drops()
    uplink(lab, sgw, server, sessions)
    downlink(lab, sgw, server, sessions)
    grown = [b - a for a, b in zip(received, by_worker(lab, "rx_packets"))]
    if queues == 1:
        check_equal(grown[1:], [0] * (WORKERS - 1), "packets received by workers without a queue")
        handed_over(lab, before, 2 * EACH * (SESSIONS - sessions_of(sessions)[0]))
    check_equal(lab.drops(), drops, "drops")
    sent, taken = by_worker(lab, "handoff_out"), by_worker(lab, "handoff_in")
    check_equal(sum(sent), sum(taken), "packets handed over and taken")
    lab.check_ping("net", "10.20.0.1")  # Linux, through the main lcore and an owner's ring
    wire.stop()
    wire.check_sane("ip.src == 10.10.0.1")


def one_queue(lab: Lab):
    lab.start()
    sgw = Sgw(lab)
    sessions = attach(sgw)
    check_equal(re.findall(r"(\d+) receive and \d+ transmit", lab.log("dataplane")), ["1", "1"], "queues of the ports")
    forward(lab, sgw, sessions, 1)
    sgw.control.close()
    lab.stop("control")
    lab.stop("dataplane")
    full_owner(lab)


def queue_each(lab: Lab):
    lab.start()
    sgw = Sgw(lab)
    sessions = attach(sgw)
    log = lab.log("dataplane")
    check_equal(re.findall(r"(\d+) receive and (\d+) transmit", log), [("3", "3")] * 2, "queues of the ports")
    check_equal(re.findall(r"port (\w+): no rte_flow by TEID \((.+)\), workers hand packets over", log),
                [("s5", "Function not implemented")], "what is said of steering")
    forward(lab, sgw, sessions, WORKERS)
    # One SGW is one outer 5-tuple, so one queue: what isn't that worker's is handed over.
    check(sum(by_worker(lab, "handoff_out")) > 0, "packets handed over")


def full_owner(lab: Lab):
    """More sessions on one owner than its tables hold: No memory available (91), and for its shards alone."""
    lab.edit("dataplane", ("sessions_max = 100000", "sessions_max = 600"))
    lab.edit("control", ('static = [ "100.64.255.0/24" ]', 'static = [ "100.64.128.0/17" ]'))
    (lab.run_dir / "state").rename(lab.run_dir / "state.before")
    (lab.run_dir / "state").mkdir()
    lab.start()
    sgw = Sgw(lab, "10.10.0.3")
    addresses = (f"100.64.{128 + i // 250}.{1 + i % 250}" for i in range(25000))
    of_first = (a for a in addresses if shard(a) % WORKERS == 0)
    accepted, cause = 0, 16
    while cause == 16:
        octets, _, _ = sgw.create_message(f"00101001{accepted:07}", address=next(of_first))
        cause = sgw.ask(octets).cause
        accepted += cause == 16
    check_equal(cause, 91, f"cause of the refusal after {accepted} sessions")
    check_equal([w["sessions"] for w in lab.telemetry("/torii/workers").values()], [accepted, 0, 0], "sessions of the owners")
    check(600 * 1.5 / WORKERS * 1.25 <= accepted < 600, f"{accepted} sessions accepted, of 600 on three workers")
    check(re.search(r'cause="91".* 1$', lab.metrics(), re.M), "the refusal among control's counters")
    other = next(a for a in (f"100.64.250.{i}" for i in range(1, 250)) if shard(a) % WORKERS == 1)
    sgw.create("001010020000001", address=other)


if __name__ == "__main__":
    main((one_queue, {"workers": WORKERS}), (queue_each, {"workers": WORKERS, "pmd": "af_packet"}))
