# SPDX-License-Identifier: BSD-3-Clause
"""A lab for a test: namespaces, processes, counters, captures. Everything that a test makes is gone
when it ends. Nothing here waits for a time: wait_for() waits for a condition, and the time is only
how long it may take before the test fails."""

import contextlib
import ctypes
import json
import os
import random
import re
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
GW, NET = "10.10.0.1", "10.20.0.2"
SGW = "10.10.0.2"
GTPC, GTPU = 2123, 2152

_libc = ctypes.CDLL(None, use_errno=True)
_thread = threading.local()


class Failed(Exception):
    """What the gateway did wrong, in a sentence."""


def check(is_true, what):
    if not is_true:
        raise Failed(what)


def check_equal(found, expected, what):
    check(found == expected, f"{what}: found {found!r}, expected {expected!r}")


def wait_for(condition, what, seconds=10.0, why=lambda: ""):
    """The first true value of condition(); why() tells what there is instead."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"waited {seconds:g} s in vain: {what} {why()}")
        time.sleep(0.02)


@contextlib.contextmanager
def namespace(name):
    """What is opened inside belongs to the named network namespace, for this thread."""
    with open("/proc/thread-self/ns/net") as home, open(f"/run/netns/{name}") as there:
        _setns(there)
        try:
            yield
        finally:
            _setns(home)


def _setns(f):
    if _libc.setns(f.fileno(), 0x40000000) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def _has_ended(pid):
    """All of its threads have: what they had open is closed by then, locks too."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return all(task.joinpath("stat").read_text().rsplit(")", 1)[1].split()[0] in "ZX" for task in tasks)
    except OSError:
        return not Path(f"/proc/{pid}").exists()


def telemetry(prefix, path, parameter=None):
    """A figure of the telemetry socket of the dataplane with this --file-prefix."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(5)
        s.connect(f"/run/dpdk/{prefix}/dpdk_telemetry.v2")
        s.recv(4096)
        s.send((path if parameter is None else f"{path},{parameter}").encode())
        return json.loads(s.recv(1 << 20))[path]


class Lab:
    """Use it with `with`. It takes its name from TORII_LAB."""

    def __init__(self, pmd=None, workers=None):
        self.name = os.environ.get("TORII_LAB", "torii")
        self.build = Path(os.environ.get("TORII_BUILD", ROOT / "build"))
        self.run_dir = Path("/run") / self.name
        self.environment = dict(os.environ, TORII_LAB=self.name, TORII_BUILD=str(self.build))
        if pmd:
            self.environment["TORII_LAB_PMD"] = pmd
        if workers:
            self.environment["TORII_LAB_WORKERS"] = str(workers)
        self.children = []
        self.sockets = []

    def __enter__(self):
        self.script("down")
        self.script("up")
        return self

    def __exit__(self, kind, error, trace):
        if error is not None:
            self.show_logs()
        for s in self.sockets:
            s.close()
        for child in self.children:
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
                try:
                    child.wait(5)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
        self.script("down")

    def script(self, *arguments):
        done = subprocess.run([ROOT / "scripts/lab", *arguments], env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        check(done.returncode == 0, f"scripts/lab {' '.join(arguments)}: {done.stdout.strip()}")
        return done.stdout

    def show_logs(self):
        for log in sorted(self.run_dir.glob("log/*.log")):
            print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-25:], sep="\n")

    def link(self, name, place, mtu=1500):
        """One more port of the appliance, and the interface at the other end of its link."""
        self.script("link", name, place, str(mtu))

    def place(self, name):
        """A new one: net2, ue0, ..."""
        self.commands(["ip", "netns", "add", f"{self.name}-{name}"], ["ip", "-n", f"{self.name}-{name}", "link", "set", "lo", "up"])

    def wire(self, one, place, other, there):
        """A link between two places that isn't the appliance's; `there` may be a new one."""
        names = [f"{self.name}-{place}", f"{self.name}-{there}"]
        if not os.path.exists(f"/run/netns/{names[1]}"):
            self.place(there)
        self.commands(["ip", "-n", names[0], "link", "add", one, "type", "veth", "peer", "name", other, "netns", names[1]])
        for name, interface in zip(names, (one, other)):
            self.commands(["ip", "netns", "exec", name, "ethtool", "-K", interface, *"rx off tx off tso off gso off gro off".split()],
                          ["ip", "-n", name, "link", "set", interface, "up"])

    @staticmethod
    def commands(*commands):
        for command in commands:
            done = subprocess.run(command, text=True, stdin=subprocess.DEVNULL, capture_output=True)
            check(done.returncode == 0, f"{' '.join(command)}: {done.stderr}")

    def device(self, name):
        """The DPDK device of a port, as the lab's configuration has those of its own."""
        pmd = re.search(r"device = \"(net_\w+),", (self.run_dir / "dataplane.cfg").read_text()).group(1)
        return f"{pmd},iface={name}p"

    # ---- Processes.

    def edit(self, name, *changes):
        """Changes the configuration of dataplane or control: pairs of text found and put there."""
        path = self.run_dir / f"{name}.cfg"
        text = path.read_text()
        for old, new in changes:
            check(old in text, f"{name}.cfg has no {old!r}")
            text = text.replace(old, new)
        path.write_text(text)

    def start(self, *names):
        for name in names or ("dataplane", "control"):
            self.script("start", name)

    def stop(self, name):
        self.script("stop", name)

    def pid(self, name):
        return int((self.run_dir / f"{name}.pid").read_text())

    def is_running(self, name):
        try:
            return os.readlink(f"/proc/{self.pid(name)}/exe").endswith(f"torii-{name}")
        except OSError:
            return False

    def kill(self, name):
        """As if it had crashed."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: _has_ended(pid), f"the end of torii-{name}")

    def log(self, name):
        return (self.run_dir / "log" / f"{name}.log").read_text(errors="replace")

    # ---- Places: sgw, gw, net, ue0, ...

    def run(self, where, *command, ok=True, timeout=60):
        """The output of a command at one place."""
        done = subprocess.run(["ip", "netns", "exec", f"{self.name}-{where}", *map(str, command)], text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        check(not ok or done.returncode == 0,
              f"{' '.join(map(str, command))} at {where}: {done.stdout}{done.stderr}")
        return done.stdout if ok else done

    def spawn(self, where, *command, **options):
        """A command that goes on at one place until the test ends."""
        child = subprocess.Popen(["ip", "netns", "exec", f"{self.name}-{where}", *map(str, command)],
                                 stdin=subprocess.DEVNULL, text=True, **options)
        self.children.append(child)
        return child

    def open_socket(self, where, *arguments):
        with namespace(f"{self.name}-{where}"):
            s = socket.socket(*arguments)
        self.sockets.append(s)
        return s

    def udp(self, where, address, port=0):
        """A bound UDP socket at one place, with room for bursts."""
        s = self.open_socket(where, socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)  # SO_RCVBUFFORCE
        s.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: may be fragmented
        s.bind((address, port))
        return s

    def packet(self, where, interface):
        """A socket for whole frames of an interface."""
        s = self.open_socket(where, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.setsockopt(socket.SOL_SOCKET, 33, 32 << 20)
        s.bind((interface, 0))
        return s

    # ---- What the processes say.

    def hss(self, *commands, ok=True):
        """The output of commands at the HSS's command line."""
        return self.cli("--hss", *commands, ok=ok)

    def cli(self, *commands, ok=True):
        """The output of commands at control's command line."""
        done = subprocess.run([ROOT / "scripts/cli", "--netns", f"{self.name}-gw", *commands], text=True,
                              capture_output=True, env=self.environment, timeout=60)
        check(not ok or done.returncode == 0, f"{commands}: {done.stdout}{done.stderr}")
        return done.stdout

    def telemetry(self, path, parameter=None):
        """A figure of DPDK's telemetry socket, such as /torii/drops."""
        return telemetry(self.name, path, parameter)

    def metrics(self):
        """What control gives to Prometheus."""
        return self.run("gw", "curl", "-s", "http://127.0.0.1:9090/metrics")

    def counters(self):
        return self.telemetry("/torii/counters")

    def drops(self):
        """Only those that there are."""
        return {name: n for name, n in self.telemetry("/torii/drops").items() if n}

    def sessions(self):
        """How many the workers of the dataplane have."""
        return sum(w["sessions"] for w in self.telemetry("/torii/workers").values())

    def n_active(self):
        """How many control has."""
        return int(re.search(r"^Active\s+(\d+)", self.cli("show sessions summary"), re.M).group(1))

    # ---- Devices.

    def ue(self, *arguments, ok=True, sock="ue"):
        """torii-ue with the lab's names; the output."""
        command = [self.build / "tests/ue/torii-ue", *map(str, arguments), "--socket", self.run_dir / f"{sock}.sock"]
        if arguments[0] == "attach":
            command += ["--netns", f"{self.name}-sgw", "--background"]
            if "--name" not in arguments:
                command += ["--name", f"{self.name}-ue"]
        # Not a pipe: the process in the background would keep it open.
        log = self.run_dir / "log" / f"{sock}.log"
        with open(log, "w") as out:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, timeout=60)
        text = log.read_text()
        check(not ok or done.returncode == 0, f"torii-ue {' '.join(map(str, arguments))}: {text}")
        return text

    def devices(self, sock="ue"):
        return json.loads(self.ue("status", "--json", sock=sock))["devices"]

    def ping(self, where, address=NET, count=3, interval=0.05, **options):
        """(sent, received) of a ping."""
        return Pings(self, where, address, count, interval, **options).result()

    def check_ping(self, where, address=NET, count=3, **options):
        check_equal(self.ping(where, address, count, patience=10, **options), (count, count), f"ping from {where} to {address}")


class Pings(threading.Thread):
    """Echo Requests of one place, which leave as soon as it is made, and how many of them are answered. (ping(8)
    waits for the last answers only twice as long as the slowest one has taken, so where all of a busy machine
    stands still for a moment it says that they are lost.) patience: seconds for what is still missing
    after the last one was sent. size: octets behind the ICMP header; never in fragments."""

    def __init__(self, lab, where, address=NET, count=3, interval=0.05, size=56, patience=2):
        super().__init__(daemon=True)
        self.address, self.count, self.interval, self.size, self.patience = address, count, interval, size, patience
        self.is_ipv6 = ":" in address
        self.id = random.randrange(0x10000)
        self.answered = set()
        with namespace(f"{lab.name}-{where}"):
            self.socket = socket.socket(*(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) if self.is_ipv6 else
                                        (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
        self.socket.setsockopt(*((socket.IPPROTO_IPV6, 23) if self.is_ipv6 else (socket.IPPROTO_IP, 10)), 2)  # MTU_DISCOVER, DO
        self.start()

    def run(self):
        began = time.monotonic()
        for i in range(self.count):
            self.receive(began + i * self.interval)
            with contextlib.suppress(OSError):  # one that can't be sent isn't answered either
                self.socket.sendto(self.request(i), (self.address, 0))
        self.receive(time.monotonic() + self.patience)
        self.socket.close()

    def request(self, i):
        octets = bytes([128 if self.is_ipv6 else 8, 0, 0, 0]) + struct.pack("!HH", self.id, i) + bytes(self.size)
        total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))  # of IPv6 the kernel's
        total = (total & 0xFFFF) + (total >> 16)
        return octets[:2] + struct.pack("!H", ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF) + octets[4:]

    def receive(self, until):
        """Until that time, or all are answered."""
        while len(self.answered) < self.count and (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            with contextlib.suppress(TimeoutError):
                octets = self.socket.recv(65536)
                octets = octets if self.is_ipv6 else octets[(octets[0] & 15) * 4 :]
                kind, _, _, ident, i = struct.unpack("!BBHHH", octets[:8])
                if (kind, ident) == (129 if self.is_ipv6 else 0, self.id):
                    self.answered.add(i)

    def result(self):
        """(sent, received)"""
        self.join()
        return self.count, len(self.answered)


class Capture:
    """What passes an interface, as tcpdump writes it; tshark judges it afterwards."""

    def __init__(self, lab, where, interface, expression="", name="capture"):
        self.file = lab.run_dir / f"{name}.pcap"
        self.file.unlink(missing_ok=True)
        log = lab.run_dir / "log" / f"{name}.tcpdump"
        with open(log, "w") as out:
            self.child = lab.spawn(where, "tcpdump", "-U", "--immediate-mode", "-B", "32768", "-s0", "-Z", "root",
                                   "-ni", interface, "-w", self.file, *expression.split(), stdout=out, stderr=out)
        wait_for(lambda: "listening on" in log.read_text(), f"tcpdump on {interface}")

    def stop(self):
        self.child.send_signal(signal.SIGINT)
        self.child.wait(10)

    def tshark(self, *options):
        done = subprocess.run(["tshark", "-r", self.file, "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE",
                               *options], capture_output=True, text=True, timeout=120)
        check(done.returncode == 0, f"tshark {' '.join(options)}: {done.stderr}")
        return [line for line in done.stdout.splitlines() if line]

    def count(self, expression):
        return len(self.tshark("-Y", expression, "-T", "fields", "-e", "frame.number"))

    def fields(self, expression, *names):
        """A tuple of texts for each packet that matches."""
        options = [o for name in names for o in ("-e", name)]
        return [tuple(line.split("\t")) for line in
                self.tshark("-Y", expression, "-T", "fields", "-E", "separator=/t", *options)]

    def check_sane(self, expression="ip"):
        """Nothing malformed and no wrong checksum in what matches."""
        bad = self.tshark("-Y", f"({expression}) && (_ws.malformed || _ws.expert.severity >= 0x800000 || "
                          "ip.checksum.status == 0 || udp.checksum.status == 0)")
        check(not bad, "tshark finds faults in:\n" + "\n".join(bad[:10]))


def main(*tests):
    """Runs a test file's tests, each in a lab of its own; the process's exit status is the verdict. A test
    is a function, or a pair of one and the options of its lab."""
    os.umask(0o022)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        for test in tests:
            function, options = test if isinstance(test, tuple) else (test, {})
            with Lab(**options) as lab:
                function(lab)
    except Failed as e:
        where = traceback.extract_tb(e.__traceback__)
        lines = [f for f in where if "/_" not in f.filename]
        print(f"FAILED: {e}\n  at " + ", ".join(f"{Path(f.filename).name}:{f.lineno}" for f in lines))
        sys.exit(1)
    print("ok")
