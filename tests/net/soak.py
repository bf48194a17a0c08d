#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Mixed load for a while: devices come, move and go by three SGWs over a bad network, SGWs restart, an
operator clears and looks, metrics are read, packets flow both ways. Memory stays flat, every packet is
delivered or a named drop, usage records add up. TORII_SOAK=seconds, 40 unless said; figures are printed
as JSON at the end."""

import json
import os
import random
import re
import threading
import time
from pathlib import Path

from _gtp import *
from _lab import NET, Lab, check, check_equal, main, wait_for
from _model import World

SECONDS = float(os.environ.get("TORII_SOAK", "40"))
WARM_UP = min(SECONDS / 4, 60)
FLAT = 1.02, 4 << 20  # a process may grow by so much after it has warmed up
TRAFFIC_PORT = 5681
BURST, PAUSE = 20, 0.01


class Traffic(threading.Thread):
    """Packets of four devices up and down, counted where they arrive."""

    def __init__(self, lab, sessions):
        super().__init__(daemon=True)
        self.sessions = sessions
        self.sgw, self.net = lab.udp("sgw", "10.10.0.4", 0), lab.udp("net", NET, 0)
        self.target = lab.udp("net", NET, TRAFFIC_PORT)
        self.tunnels = sessions[0].sgw.user
        for s in (self.target, self.tunnels):
            s.setblocking(False)
        self.sent = [0, 0]
        self.received = [0, 0]
        self.is_over = False

    def warm_up(self):
        """One packet each way, so that neighbours are known before anything is counted."""
        s = self.sessions[0]
        self.sgw.sendto(gpdu(s.gw_teid, udp(s.address, NET, 1, TRAFFIC_PORT, b"")), (GW, GTPU))
        self.net.sendto(b"", (s.address, TRAFFIC_PORT))
        wait_for(lambda: self.collect() == (1, 1), "the first packets")
        self.sent = [1, 1]

    def run(self):
        payload = bytes(200)
        while not self.is_over:
            for i in range(BURST):
                s = self.sessions[i % len(self.sessions)]
                inner = udp(s.address, NET, 1, TRAFFIC_PORT, payload)
                self.sgw.sendto(gpdu(s.gw_teid, inner), (GW, GTPU))
                self.net.sendto(payload, (s.address, TRAFFIC_PORT))
                self.sent[0] += 1
                self.sent[1] += 1
            self.collect()
            time.sleep(PAUSE)

    def end(self, lab):
        """Until the gateway has counted all and no more arrives."""
        self.is_over = True
        self.join()
        seen = None

        def is_still():
            nonlocal seen
            before, seen = seen, (lab.counters()["ul_packets"], lab.counters()["dl_packets"], self.collect())
            return before == seen

        wait_for(is_still, "the end of the traffic")

    def collect(self):
        for i, s in enumerate((self.target, self.tunnels)):
            try:
                while True:
                    s.recv(2048)
                    self.received[i] += 1
            except OSError:
                pass
        return tuple(self.received)


class Memory:
    """Resident bytes of both processes over time."""

    def __init__(self, lab):
        self.files = {n: Path(f"/proc/{lab.pid(n)}/status") for n in ("control", "dataplane")}
        self.samples = {n: [] for n in self.files}

    def look(self):
        for name, file in self.files.items():
            self.samples[name].append(1024 * int(re.search(r"VmRSS:\s+(\d+)", file.read_text()).group(1)))

    def check_flat(self):
        for name, samples in self.samples.items():
            third = max(1, len(samples) // 3)
            before, after = sorted(samples[:third])[third // 2], sorted(samples[-third:])[third // 2]
            check(after <= before * FLAT[0] + FLAT[1], f"torii-{name} grew from {before} to {after} bytes")


def metrics(lab):
    text = lab.run("gw", "curl", "-s", "http://127.0.0.1:9090/metrics")
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line[:1] not in ("#", "")}


def records(lab):
    """All usage records in order, of all files."""
    files = sorted((lab.run_dir / "state/records").glob("usage-*.jsonl")) + [lab.run_dir / "state/records/usage.jsonl"]
    for f in files:
        with open(f) as lines:
            yield from map(json.loads, lines)


def check_records(lab, n_active):
    of_session, n = {}, 0
    for n, r in enumerate(records(lab), 1):
        check_equal(r["sequence"], n, "sequence of usage records")
        of_session.setdefault(r["charging_id"], []).append((r["record"], r["ul_bytes"]))
    for rows in of_session.values():
        kinds = [kind for kind, _ in rows]
        check(kinds[0] == "start" and kinds.count("start") == 1 and kinds.count("stop") <= 1 and
              ("stop" not in kinds or kinds[-1] == "stop"), f"records of one session: {kinds}")
        check([used for _, used in rows] == sorted(used for _, used in rows), "usage that shrinks")
    check_equal(sum(rows[-1][0] != "stop" for rows in of_session.values()), n_active, "sessions without a stop")
    return n


def run_load(lab, world, memory):
    began = time.monotonic()
    n_steps = 0
    while (now := time.monotonic() - began) < SECONDS:
        world.step(at_once=16)
        n_steps += 1
        if n_steps % 400 == 0:
            world.clear()
            lab.cli("show sessions", "show status", "show records", "show peers")
            metrics(lab)
        if now > WARM_UP and len(memory.samples["control"]) < (now - WARM_UP) / max(1, SECONDS / 120):
            memory.look()
    return n_steps


def test(lab: Lab):
    seed = int(os.environ.get("TORII_SEED", time.time_ns() % 1000000))
    print(f"seed {seed}", flush=True)
    random.seed(seed)
    lab.edit("control", ("log: {", 'records: { interim = "5s"; store_usage = "5s"; rotate_size = 1; keep = 0; };\nlog: {'))
    lab.start()
    world = World(lab, seed, loss=0.02, doubled=0.02, late=0.05, devices=200, addresses=("10.10.0.2", "10.10.0.3"))
    anchor = World(lab, seed, devices=4, first=9000, addresses=("10.10.0.4",))
    for device in anchor.devices:
        anchor.attach(device)
    anchor.settle()
    traffic = Traffic(lab, [d.session for d in anchor.devices])
    memory = Memory(lab)
    traffic.warm_up()
    traffic.start()
    n_steps = run_load(lab, world, memory)
    traffic.end(lab)
    for device in anchor.devices:
        anchor.detach(device)
    anchor.settle()
    world.settle()
    n_active = sum(d.session is not None for d in world.devices)
    world.learn_unsure()
    world.check_agreement()
    n_records = check_records(lab, sum(d.session is not None for d in world.devices))
    memory.check_flat()
    finish(lab, world, traffic, memory, n_steps, n_records, n_active)


ENDS = ("ul_packets", "dl_packets", "punt_packets", "echo_request_rx", "error_indication_rx", "end_marker_rx",
        "supported_ext_rx", "echo_response_rx")
EXITS = ("ul_packets", "dl_packets", "inject_packets", "echo_response_tx", "error_indication_tx", "supported_ext_tx",
         "end_marker_tx", "icmp_error_tx")


def balance(lab):
    """What no counter tells of packets received, and of those on their way out; dataplane.md tells what ends where."""
    n, drops = lab.counters(), lab.drops()
    late = sum(drops.pop(reason) for reason in list(drops) if reason.startswith(("NEIGH_", "TX_")))
    for reason in ("PUNT_POLICED", "PUNT_TAP"):  # behind punt_packets
        drops.pop(reason, None)
    return (n["rx_packets"] - sum(n[e] for e in ENDS) - sum(drops.values()),
            sum(n[e] for e in EXITS) - n["tx_packets"] - late)


def accounted(lab):
    """Whatever the gateway received was delivered, given to Linux, a GTP-U message or a named drop. (On a busy
    machine the links of the lab lose packets before that.)"""
    wait_for(lambda: balance(lab) == (0, 0), "all packets accounted for", why=lambda: (balance(lab), lab.counters(), lab.drops()))


def finish(lab, world, traffic, memory, n_steps, n_records, n_active):
    drops = lab.drops()
    lost = [s - r for s, r in zip(traffic.sent, traffic.received)]
    m = metrics(lab)
    accounted(lab)
    check_equal(m['torii_sessions{state="active"}'], m['torii_worker_sessions{worker="0"}'], "sessions of both processes")
    stops = [r for r in records(lab) if r["imsi"].startswith("00101000000900") and r["record"] == "stop"]
    check_equal(len(stops), 4, "stop records of the devices with traffic")
    check_equal(sum(r["ul_packets"] for r in stops), traffic.received[0], "uplink packets by usage records")
    check_equal(sum(r["dl_packets"] for r in stops), traffic.received[1], "downlink packets by usage records")
    print(json.dumps({
        "seconds": SECONDS, "procedures": n_steps, "messages": world.n_sent, "sessions_at_the_end": n_active,
        "uplink_packets": traffic.sent[0], "downlink_packets": traffic.sent[1], "lost": lost, "drops": drops,
        "usage_records": n_records,
        "resident_bytes": {n: [s[0], max(s), s[-1]] for n, s in memory.samples.items() if s},
    }, indent=1))
    world.end()


if __name__ == "__main__":
    main(test)
