# SPDX-License-Identifier: BSD-3-Clause
"""The parts of perf/run. Each measures one thing and returns its share of the results."""

import contextlib
import json
import re
import socket
import subprocess
from pathlib import Path

from _rig import SIDES, Broken, Gen, Missing, cpus, dataplane_start, fill, median, memif, pause, steal, testpmd_start

TRIES = 3  # of a window in which the hypervisor took time
TUN_AND_SOCKET_MPPS = {"ul": 0.190, "dl": 0.160}  # a gateway of that kind on one core of a machine like this


def pipeline(rig, plan, say):
    """In process: cycles, ratios, meter, handoff, signalling."""
    out = rig.dir / "pipeline.json"
    other, device = cpus()
    command = [rig.program("perf", "pipeline"), "--cpu", device, "--run-dir", rig.huge, "--json", out,
               "--sessions", plan.pipeline_sessions, "--sizes", plan.pipeline_sizes, "--rounds", plan.pipeline_rounds]
    if other != device:
        command += ["--second-cpu", other]
    child = rig.start("pipeline", command, stdout=subprocess.PIPE, text=True)
    for line in child.stdout:
        say(line.rstrip())
    child.wait()
    if child.returncode:
        raise Broken(f"pipeline failed:\n{rig.log('pipeline')[-2000:]}")
    rig.end(child)
    return json.loads(out.read_text())


# ---- Two processes over memif

def gateway_macs(rig):
    return "--access-mac", rig.mac("s5"), "--sgi-mac", rig.mac("sgi")


class Pair:
    """The dataplane and testpmd, each with a generator of its own; only one of the two runs at a time."""

    def __init__(self, rig, sessions):
        self.rig = rig
        other = f"{rig.name}t"
        self.dataplane = dataplane_start(rig, *(memif(side, "server", rig.name) for side in SIDES), sessions + 1024)
        self.testpmd = testpmd_start(rig, other)
        self.device = {"torii": self.dataplane, "macswap": self.testpmd}
        self.gen = {"torii": self._gen(rig.name, "tunnel"), "macswap": self._gen(other, "same")}
        self.filled = 0
        self.running = None
        for name in self.device:
            pause(self.device[name], True)

    def _gen(self, name, expect):
        devices = [memif(side, "client", name) for side in SIDES]
        return Gen(self.rig, devices, *gateway_macs(self.rig), "--expect", expect)

    def fill(self, sessions):
        self.use("torii")
        fill(self.rig, sessions)
        self.filled = sessions

    def use(self, name):
        if self.running == name:
            return
        if self.running:
            pause(self.device[self.running], True)
        pause(self.device[name], False)
        self.running = name

    def settle(self):
        self.set("direction", "mixed")
        for name in self.gen:
            self.use(name)
            self.gen[name].wait_path()
        self.use("torii")
        verified = self.gen["torii"]
        for line in ("set verify on", "set rate 50k"):
            verified.say(line)
        result = verified.run(0.3)
        if any(result[d]["wrong"] for d in ("ul", "dl")):
            raise Broken(f"packets come back wrong: {result}")
        for line in ("set verify off", "set rate max"):
            verified.say(line)

    def set(self, what, value):
        for gen in self.gen.values():
            gen.say(f"set {what} {value}")

    def window(self, name, direction, seconds):
        """Millions of packets per second that came back, without time that the hypervisor took."""
        self.use(name)
        for _ in range(TRIES):
            before = steal()
            result = self.gen[name].run(seconds)
            if steal() == before:
                break
        return result[direction]["mpps"]

    def rounds(self, direction, n, seconds):
        """n windows of each, A-B-B-A; the first one of a row is thrown away."""
        windows = {"torii": [], "macswap": []}
        self.window("torii", direction, seconds)
        while len(windows["torii"]) < n:
            for name in ("torii", "macswap", "macswap", "torii"):
                windows[name].append(self.window(name, direction, seconds))
        return windows

    def close(self):
        for gen in self.gen.values():
            gen.close()
        for child in self.device.values():
            self.rig.end(child)


def memif_row(pair, direction, plan):
    pair.set("direction", direction)
    windows = pair.rounds(direction, plan.windows, plan.window_s)
    torii, macswap = median(windows["torii"]), median(windows["macswap"])
    if not torii or not macswap:
        raise Broken(f"nothing came back: {windows}")
    return {"mpps": round(torii, 4), "ratio_macswap": round(torii / macswap, 4), "macswap_mpps": round(macswap, 4),
            "times_tun_and_socket": round(torii / TUN_AND_SOCKET_MPPS[direction], 1),
            "low": round(min(windows["torii"]), 4), "high": round(max(windows["torii"]), 4),
            "windows": len(windows["torii"])}


def memif_sizes(pair, plan, say):
    """Throughput by size of the inner packet, 1 K sessions."""
    rows = []
    for size in plan.sizes:
        pair.set("size", size)
        for direction in ("ul", "dl"):
            row = {"size": size, "direction": direction, **memif_row(pair, direction, plan.fewer())}
            rows.append(row)
            say(f"  {direction} {size} bytes: {row['mpps']:.3f} Mpps, {row['ratio_macswap']:.2f} of macswap")
    pair.set("size", 64)
    return rows


def memif_latency(pair, most, plan, say):
    """Latency by load, uplink: shares of the highest rate."""
    pair.use("torii")
    gen = pair.gen["torii"]
    gen.say("set direction ul")
    rows = []
    for share in plan.loads:
        gen.say(f"set rate {max(1, round(most * 1e6 * share / 100))}")
        result = gen.run(plan.window_s * 2)["ul"]
        rows.append({"load_pct": share, "loss_pct": result["loss_pct"], **result["latency_us"]})
        say(f"  load {share} %: p50 {result['latency_us']['p50']} us, p99 {result['latency_us']['p99']} us")
    gen.say("set rate max")
    return rows


def memif_throughput(rig, plan, say):
    out = {"ul": {}, "dl": {}}
    pair = Pair(rig, max(plan.memif_sessions.values()))
    try:
        for key, sessions in plan.memif_sessions.items():
            pair.fill(sessions)
            pair.set("sessions", sessions)
            pair.settle()
            for direction in ("ul", "dl"):
                row = out[direction][key] = memif_row(pair, direction, plan)
                say(f"  {direction} {key}: {row['mpps']:.3f} Mpps, macswap {row['macswap_mpps']:.3f}, "
                    f"{row['ratio_macswap']:.2f} of it [{row['low']:.3f} {row['high']:.3f}]")
            if key == "1k":
                out["sizes"] = memif_sizes(pair, plan, say)
                out["latency"] = memif_latency(pair, out["ul"]["1k"]["mpps"], plan, say)
        return {"memif": out}
    finally:
        pair.close()


# ---- Control

CONTROL = """
control: {{ run_dir = "{run_dir}"; state_dir = "{dir}/state"; sessions_max = {sessions}; install_routes = false; }};
gtpc: {{ addresses = [ "10.10.0.1" ]; echo_interval = "1h"; }};
pools: ( {{ name = "p"; range = "100.64.0.0/10"; }} );
apns: ( {{ name = "internet"; vrf = "internet"; pools = [ "p" ]; }} );
log: {{ level = "notice"; }};
"""


def control_start(rig, sessions):
    _, device = cpus()
    (rig.dir / "state").mkdir(exist_ok=True)
    config = rig.dir / "control.cfg"
    config.write_text(CONTROL.format(run_dir=rig.huge, dir=rig.dir, sessions=sessions))
    child = rig.start("control", [rig.program("control", "torii-control"), "--config", config], device)
    rig.wait(child, lambda: "sessions replayed" in rig.log("control"), "control's start")
    return child


def gtpc_run(rig, sessions, rate):
    generator, _ = cpus()
    command = [rig.program("perf", "gtpc-load"), "--sessions", sessions, "--rate", rate, "--json"]
    return json.loads(rig.output(list(map(str, command)), generator, is_checked=False))


def gtpc(rig, plan, say):
    """Create Session through the rings to a worker and back, stored. Control has a CPU of its own: the generator and
    the dataplane, whose worker sleeps between packets, share the other."""
    generator, device = cpus()
    dataplane = dataplane_start(rig, "net_null0", "net_null1", plan.gtpc_sessions + 1024, "sleep")
    subprocess.run(["taskset", "-apc", str(generator), str(dataplane_pid(rig))], check=True, stdout=subprocess.DEVNULL)
    rig.ip("addr", "add", "10.10.0.2/32", "dev", "lo")
    control = control_start(rig, plan.gtpc_sessions + 1024)
    try:
        storms = [gtpc_run(rig, plan.gtpc_sessions, 0) for _ in range(plan.gtpc_storms)]
        for storm in storms:
            say("  storm: " + ", ".join(f"{k} {storm[k]['per_s']:.0f}/s" for k in storm))
        per_s = median([storm["create"]["per_s"] for storm in storms])
        half = gtpc_run(rig, min(plan.gtpc_sessions, int(per_s / 2 * plan.gtpc_seconds)), per_s / 2)
        latency = half["create"]["latency_ms"]
        say(f"  at half: p50 {latency['p50']:.3f} ms, p99 {latency['p99']:.3f} ms")
        answered = all(run[k]["lost"] == run[k]["refused"] == 0 for run in [*storms, half] for k in run)
        return {"gtpc": {"create_per_s": round(per_s), "p99_ms": latency["p99"],
                         "modify_per_s": round(median([s["modify"]["per_s"] for s in storms])),
                         "delete_per_s": round(median([s["delete"]["per_s"] for s in storms])),
                         "all_accepted": answered, "at_half": half["create"]}}
    finally:
        rig.end(control)
        rig.end(dataplane)
        rig.ip("addr", "del", "10.10.0.2/32", "dev", "lo")


def dataplane_pid(rig):
    found = subprocess.run(["ip", "netns", "pids", rig.name], capture_output=True, text=True, check=True).stdout.split()
    for pid in found:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/comm") as comm:
            if comm.read().startswith("torii-dataplan"):
                return int(pid)
    raise Broken("the dataplane is gone")


def restart(rig, plan, say):
    """Memory per session and the replay of a million; perf/restart has a namespace of its own."""
    child = rig.start("restart", [rig.program_of_source("perf", "restart"), "--build", rig.build, "--sessions",
                                  plan.restart_sessions], in_netns=False, stdout=subprocess.PIPE, text=True)
    out, _ = child.communicate(timeout=900)
    rig.end(child)
    if child.returncode:
        raise Broken(f"perf/restart failed:\n{rig.log('restart')[-2000:]}")
    result = json.loads(out)
    say(f"  {result['sessions']} sessions replayed in {result['replay_s']} s; control has "
        f"{result['control_bytes_per_session']} bytes for each")
    replay = result["replay_s"] * 1e6 / result["sessions"]
    return {"memory": {"dataplane_bytes_per_session": dataplane_memory(rig, plan.restart_sessions),
                       "control_bytes_per_session": result["control_bytes_per_session"]},
            "restart": {"replay_1m_s": round(replay, 3), **result}}


def footprint(pid):
    text = Path(f"/proc/{pid}/status").read_text()
    return 1024 * sum(int(re.search(rf"{kind}:\s+(\d+)", text).group(1)) for kind in ("VmRSS", "HugetlbPages"))


def dataplane_memory(rig, sessions):
    """All that a dataplane with room for so many sessions, and full of them, has more than a small one."""
    bytes_of = {}
    for n in (1000, sessions):
        dataplane = dataplane_start(rig, "net_null0", "net_null1", n, "sleep")
        fill(rig, n)
        bytes_of[n] = footprint(dataplane_pid(rig))
        rig.end(dataplane)
    return round((bytes_of[sessions] - bytes_of[1000]) / (sessions - 1000))


# ---- HSS

def s6a(rig, plan, say):
    """perf/s6a makes a store, starts an HSS and measures it, on loopback."""
    child = rig.start("s6a", [rig.program_of_source("perf", "s6a"), "--seconds", plan.s6a_seconds, "--sims",
                              plan.s6a_sims], stdout=subprocess.PIPE, text=True)
    out, _ = child.communicate(timeout=900)
    rig.end(child)
    if child.returncode:
        raise Broken(f"perf/s6a failed:\n{rig.log('s6a')[-2000:]}")
    result = json.loads(out)
    say(f"  AIR {result['air_per_s']:.0f}/s, ULR {result['ulr_per_s']:.0f}/s")
    return {"s6a": result}


# ---- Links of the kernel

VETH_PPS = 300000  # what one sendmmsg sender offers; gen's mapped ring offers more
# Either end may lose its CPU for a moment: 2048 packets are 7 ms, 8192 are 27 ms.
VETH_RINGS = "rx_descriptors = 2048; tx_descriptors = 2048;"
VETH_FRAMES = 8192

NFT = """
table netdev torii {{
	chain {name} {{ type filter hook ingress device "{name}" priority 0; policy drop; }}
}}
"""


def veth_make(rig, name):
    """A link whose one end the dataplane reads; the kernel may not deliver the frames as well."""
    rig.ip("link", "add", f"{name}p", "mtu", "1600", "type", "veth", "peer", "name", f"{name}x", "mtu", "1600")
    for end in (f"{name}p", f"{name}x"):
        rig.ip("link", "set", end, "up", "promisc", "on")
        rig.output(["ethtool", "-K", end, "rx", "off", "tx", "off", "tso", "off", "gso", "off", "gro", "off"])
        rig.output(["nft", "-f", "-"], stdin=NFT.format(name=end))


def veth(rig, plan, say):
    """What one sender offers over veth links to the dataplane on net_af_xdp, and what of it is lost."""
    if not has_af_xdp():
        raise Missing("this kernel has no AF_XDP")
    for name in ("s5", "sgi"):
        veth_make(rig, name)
    dataplane = dataplane_start(rig, "net_af_xdp0,iface=s5p", "net_af_xdp1,iface=sgip", 2048, "poll", VETH_RINGS)
    fill(rig, 1000)
    gen = Gen(rig, [f"net_af_packet{i},iface={link}x,framecnt={VETH_FRAMES}" for i, link in enumerate(("s5", "sgi"))],
              *gateway_macs(rig), "--verify", "on")
    try:
        gen.wait_path()
        out = {}
        for direction in ("ul", "dl"):
            gen.say(f"set direction {direction}")
            gen.say("set rate max")
            most = gen.run(plan.veth_s)[direction]
            gen.say(f"set rate {VETH_PPS}")
            result = gen.run(plan.veth_s)[direction]
            out[direction] = {"mpps": result["mpps"], "loss_pct": result["loss_pct"], "wrong": result["wrong"],
                              "most_mpps": most["sent_mpps"], "most_loss_pct": most["loss_pct"]}
            say(f"  {direction}: {result['sent_mpps']:.3f} Mpps offered, {result['loss_pct']:.4f} % lost; at most "
                f"{most['sent_mpps']:.3f}, {most['loss_pct']:.4f} %")
        return {"veth": out}
    finally:
        gen.close()
        rig.end(dataplane)


def has_af_xdp():
    try:
        socket.socket(44, socket.SOCK_RAW).close()
    except OSError:
        return False
    return True
