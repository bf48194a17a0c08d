# SPDX-License-Identifier: BSD-3-Clause
"""What perf/run measures with: a network namespace, the programs in it, and all of it gone afterwards."""

import contextlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HUGEPAGES = Path("/sys/kernel/mm/hugepages/hugepages-2048kB")
SIDES = ("access", "sgi")
PATIENCE_S = 60


class Missing(Exception):
    """A part that can't be measured here, and why; the others can."""


class Broken(Exception):
    """Something that should work doesn't: its log says why."""


def cpus():
    """The generator's CPU and that of the device under test."""
    found = sorted(os.sched_getaffinity(0))
    return found[0], found[1] if len(found) > 1 else found[0]


def steal():
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()
    return int(fields[8])


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else None


def wait_for(condition, what, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise Broken(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)
    return value


def hugepages(name):
    try:
        return int((HUGEPAGES / name).read_text())
    except OSError:
        return 0


class Hugepages:
    """As many hugepages as can be had, given back at the end. Everything works without, but slower."""

    def __init__(self, mib):
        self.before = hugepages("nr_hugepages")
        self._set(self.before + max(0, mib // 2 - hugepages("free_hugepages")))

    def _set(self, n):
        with contextlib.suppress(OSError):
            (HUGEPAGES / "nr_hugepages").write_text(str(n))

    def close(self):
        self._set(self.before)


class Rig:
    """A namespace and a folder of its own; every program started here ends with it."""

    def __init__(self, build):
        self.build = build
        self.dir = Path(tempfile.mkdtemp(prefix="tperf", dir="/run"))
        self.name = self.dir.name
        self.children = []
        self.huge = self.dir / "h"  # for the shared file with the usage lines; whatever is there is huge where it can be
        self.huge.mkdir()
        self.is_tmpfs = subprocess.run(["mount", "-t", "tmpfs", "-o", "huge=always", "torii-perf", self.huge],
                                       stderr=subprocess.DEVNULL).returncode == 0
        subprocess.run(["ip", "netns", "add", self.name], check=True)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments):
        subprocess.run(["ip", "-n", self.name, *arguments], check=True)

    def mac(self, link):
        out = subprocess.run(["ip", "-n", self.name, "-j", "link", "show", link], check=True, capture_output=True).stdout
        return json.loads(out)[0]["address"]

    def program(self, *parts):
        path = self.build.joinpath(*parts)
        if not path.exists():
            raise Missing(f"there is no {path}: build first (ninja -C {self.build})")
        return str(path)

    def program_of_source(self, *parts):
        path = ROOT.joinpath(*parts)
        if not path.exists():
            raise Missing(f"there is no {path}")
        return str(path)

    def start(self, name, command, cpu=None, in_netns=True, **options):
        """cpu: where it may run, None: anywhere. Its log is <name>.log."""
        prefix = ["ip", "netns", "exec", self.name] if in_netns else []
        if cpu is not None:
            prefix += ["taskset", "-c", str(cpu)]
        with open(self.dir / f"{name}.log", "a") as log:
            options = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, **options}
            child = subprocess.Popen([*prefix, *map(str, command)], start_new_session=True, **options)
        child.torii_name = name
        self.children.append(child)
        return child

    def output(self, command, cpu=None, stdin=None, seconds=600, is_checked=True):
        """Runs to its end; what it printed."""
        child = self.start(Path(command[0]).name, command, cpu, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            out, _ = child.communicate(stdin, timeout=seconds)
        except subprocess.TimeoutExpired as late:
            raise Broken(f"{command[0]} didn't end in {seconds} s") from late
        finally:
            self.end(child)
        if is_checked and child.returncode:
            raise Broken(f"{command[0]} failed ({child.returncode}):\n{self.log(child.torii_name)[-2000:]}")
        return out

    def log(self, name):
        return (self.dir / f"{name}.log").read_text(errors="replace")

    def check_alive(self, child):
        if child.poll() is not None:
            raise Broken(f"{child.torii_name} ended:\n{self.log(child.torii_name)[-2000:]}")

    def wait(self, child, condition, what):
        wait_for(lambda: self.check_alive(child) or condition(), f"{what}\n{self.log(child.torii_name)[-1000:]}")

    def end(self, child):
        if child in self.children:
            self.children.remove(child)
        if child.poll() is not None:
            return
        for s in (signal.SIGCONT, signal.SIGTERM):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, s)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(5)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def close(self):
        for child in list(reversed(self.children)):
            self.end(child)
        subprocess.run(["ip", "netns", "del", self.name], stderr=subprocess.DEVNULL)
        if self.is_tmpfs:
            subprocess.run(["umount", self.huge], stderr=subprocess.DEVNULL)
        shutil.rmtree(self.dir, ignore_errors=True)
        for left in Path("/run/dpdk").glob(f"{self.name}*"):
            shutil.rmtree(left, ignore_errors=True)


def pause(child, is_paused):
    """The other device under test mustn't have the CPU meanwhile."""
    os.killpg(child.pid, signal.SIGSTOP if is_paused else signal.SIGCONT)


# ---- The dataplane

DATAPLANE = """
dataplane: {{ run_dir = "{dir}"; file_prefix = "{name}"; main_cpu = {main}; workers = [ {worker} ];
  sessions_max = {sessions}; idle = "{idle}"; }};
gtpu: {{ addresses = [ "10.10.0.1" ]; }};
vrfs: ( {{ name = "access"; table = 254; }}, {{ name = "internet"; table = 254; }} );
ports: ( {{ name = "s5"; device = "{access}"; role = "access"; vrf = "access"; {port} }},
  {{ name = "sgi"; device = "{sgi}"; role = "sgi"; vrf = "internet"; {port} }} );
log: {{ level = "notice"; }};
"""


def memif(side, role, name):
    return f"net_memif{SIDES.index(side)},role={role},socket=/{name}/{side[0]}"


def dataplane_start(rig, access, sgi, sessions, idle="poll", port=""):
    """Ports are devices as the configuration names them; port: more settings of each. Ready when it forwards."""
    generator, device = cpus()
    config = rig.dir / "dataplane.cfg"
    (rig.dir / "dataplane.log").write_text("")
    config.write_text(DATAPLANE.format(dir=rig.huge, name=rig.name, main=generator, worker=device, sessions=sessions,
                                       idle=idle, access=access, sgi=sgi, port=port))
    child = rig.start("dataplane", [rig.program("dataplane", "torii-dataplane"), "--config", config])
    rig.wait(child, lambda: (rig.huge / "dataplane.shm").exists() and "forwarding with" in rig.log("dataplane"),
             "the dataplane's start")
    for name, address in (("s5", "10.10.0.1/24"), ("sgi", "10.20.0.1/24")):
        rig.ip("link", "set", name, "up")
        rig.ip("addr", "replace", address, "dev", name)
    return child


def fill(rig, sessions, *more):
    """Sessions as perf/range.h has them, with a rate limit that nothing reaches."""
    command = [rig.program("perf", "fill"), "--run-dir", rig.huge, "--sessions", sessions, "--rate-bps", 100 * 10**9,
               "--json", *more]
    return json.loads(rig.output(list(map(str, command))))


# ---- The generator

class Gen:
    """perf/gen at its prompt."""

    def __init__(self, rig, devices, *options):
        self.rig = rig
        cpu, _ = cpus()
        command = [rig.program("perf", "gen"), "--lcores", f"0@{cpu},1@{cpu}", "--no-pci", *eal_memory(),
                   "--no-telemetry", "--log-level=4", "--file-prefix", f"{rig.name}g"]
        for device in devices:
            command += ["--vdev", device]
        self.child = rig.start("gen", [*command, "--", "-i", "--json", "on", *options], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)

    def say(self, line):
        try:
            self.child.stdin.write(line + "\n")
            self.child.stdin.flush()
        except BrokenPipeError as gone:
            raise Broken(f"gen ended:\n{self.rig.log('gen')[-2000:]}") from gone

    def ask(self, line, seconds):
        self.say(line)
        ready, _, _ = select.select([self.child.stdout], [], [], seconds)
        answer = self.child.stdout.readline() if ready else ""
        if not answer.startswith("{"):
            raise Broken(f"gen, {line}: {answer.strip() or 'no answer'}\n{self.rig.log('gen')[-2000:]}")
        return json.loads(answer)

    def run(self, seconds):
        return self.ask(f"run {seconds}", seconds + PATIENCE_S)

    def wait_path(self, directions=("ul", "dl")):
        """Until packets come back: neighbours are known, links are up."""
        self.say("set rate 10k")
        end = time.monotonic() + PATIENCE_S
        while True:
            result = self.run(0.2)
            if all(result[d]["received"] > 0.5 * result[d]["sent"] for d in directions):
                break
            if time.monotonic() > end:
                raise Broken(f"packets don't come back: {result}")
        self.say("set rate max")

    def close(self):
        self.rig.end(self.child)


def eal_memory():
    if 2 * hugepages("free_hugepages") >= 160:
        return ["--in-memory", "--single-file-segments", "-m", "64"]
    return ["--no-huge", "--no-shconf", "-m", "128"]


def testpmd_start(rig, name):
    """dpdk-testpmd macswap, in the dataplane's place."""
    path = shutil.which("dpdk-testpmd")
    if path is None:
        raise Missing("there is no dpdk-testpmd (Debian: dpdk-dev)")
    generator, device = cpus()
    child = rig.start("testpmd", [path, "--lcores", f"0@{generator},1@{device}", "--no-pci", *eal_memory(),
                                  "--no-telemetry", "--file-prefix", f"{rig.name}t",
                                  "--vdev", memif("access", "server", name), "--vdev", memif("sgi", "server", name),
                                  "--", "--forward-mode=macswap", "--nb-cores=1", "--total-num-mbufs=16384",
                                  "--rxd=1024", "--txd=1024"], stdin=subprocess.PIPE)
    rig.wait(child, lambda: re.search(r"Press enter|forwarding", rig.log("testpmd")), "testpmd's start")
    return child
