# SPDX-License-Identifier: BSD-3-Clause
"""A lab with a gateway in it, seen from an SGW and from the customer's network.

Sockets are opened inside of the namespaces from this one process. GTPv2-C messages are built by
scapy; what the gateway answers is judged by tshark, which neither of us wrote.
"""
import atexit
import ctypes
import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB = os.environ.get("TORII_LAB", "torii")
BUILD = os.environ.get("TORII_BUILD", os.path.join(ROOT, "build"))
RUN = "/run/" + LAB
GATEWAY, SGW, SGW2, SERVER = "10.10.0.1", "10.10.0.2", "10.10.0.3", "10.20.0.2"
ETH_P_ALL = 3
_libc = ctypes.CDLL(None, use_errno=True)
_home = os.open("/proc/self/ns/net", os.O_RDONLY)


class namespace:
    """with namespace("sgw"): sockets opened now belong there."""

    def __init__(self, place):
        self.path = "/run/netns/%s-%s" % (LAB, place)

    def __enter__(self):
        fd = os.open(self.path, os.O_RDONLY)
        if _libc.setns(fd, 0):
            raise OSError(ctypes.get_errno(), self.path)
        os.close(fd)

    def __exit__(self, *_):
        _libc.setns(_home, 0)


def lab(*words, check=True):
    r = subprocess.run([os.path.join(ROOT, "scripts/lab"), *words], capture_output=True, text=True)
    if check and r.returncode:
        sys.exit("lab %s: %s%s" % (" ".join(words), r.stdout, r.stderr))
    return r


def lab_with_gateway(edit=None):
    """Brings the lab up with both processes; edit(name, text) may change a configuration."""
    atexit.register(lambda: lab("down", check=False))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    lab("up")
    for name in ("dataplane", "control"):
        path = "%s/%s.cfg" % (RUN, name)
        text = open(path).read()
        if edit:
            text = edit(name, text)
        with open(path, "w") as f:
            f.write(text)
    lab("start")


def pid_of(name):
    return int(open("%s/%s.pid" % (RUN, name)).read())


def is_alive(name):
    try:
        exe = os.readlink("/proc/%d/exe" % pid_of(name))
    except OSError:
        return False
    return exe.endswith("torii-" + name)


def wait_for(what, condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            fail("waited %d s for %s" % (seconds, what))
        time.sleep(0.02)


def fail(text):
    print("FAILED: " + text)
    sys.exit(1)


def check(what, got, wanted):
    if got != wanted:
        fail("%s: got %r, wanted %r" % (what, got, wanted))


def telnet(*commands):
    """What the gateway's command line answers to each command."""
    with namespace("gw"):
        s = socket.create_connection(("127.0.0.1", 2323), 5)
    s.settimeout(10)
    for c in (*commands, "exit"):
        s.sendall(c.encode() + b"\r\n")
    text = b""
    while True:
        part = s.recv(65536)
        if not part:
            break
        text += part
    text = text.decode(errors="replace").replace("\r", "")
    return [p.strip("\n") for p in text.split("torii-control> ")[1:]]


def telemetry(command):
    """One of the dataplane's telemetry commands: a dictionary."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    s.settimeout(5)
    s.connect("/var/run/dpdk/%s/dpdk_telemetry.v2" % LAB)
    s.recv(4096)
    s.send(command.encode())
    answer = json.loads(s.recv(1 << 20))
    s.close()
    return answer[command]


class counters:
    """Differences of the dataplane's counters and drops since this was made."""

    def __init__(self):
        self.start = self._read()

    @staticmethod
    def _read():
        now = dict(telemetry("/torii/counters"))
        now.update(("drop." + k, v) for k, v in telemetry("/torii/drops").items())
        return now

    def now(self):
        new = self._read()
        return {k: v - self.start.get(k, 0) for k, v in new.items() if v != self.start.get(k, 0)}


def ipv4(src, dst, payload, proto=17, ttl=64, ident=1, tos=0, frag=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), ident, frag, ttl, proto, 0,
                       socket.inet_aton(src), socket.inet_aton(dst))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def udp(src, dst, sport, dport, payload):
    n = 8 + len(payload)
    head = struct.pack("!HHHH", sport, dport, n, 0)
    pseudo = socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, 17, n)
    value = checksum(pseudo + head + payload) or 0xffff
    return head[:6] + struct.pack("!H", value) + payload


def gpdu(teid, inner, flags=0x30, extra=b""):
    return struct.pack("!BBHI", flags, 255, len(extra) + len(inner), teid) + extra + inner


class Sgw:
    """An SGW at one address: GTPv2-C and GTP-U sockets, and every datagram kept for tshark."""

    def __init__(self, address=SGW):
        self.address = address
        self.seen = []
        with namespace("sgw"):
            self.c = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.c.bind((address, 2123))
            self.u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.u.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE
            self.u.bind((address, 2152))
        self.c.settimeout(5)
        self.u.settimeout(5)
        self.sequence = random.randrange(1, 0x7fff00)

    def close(self):
        self.c.close()
        self.u.close()

    def send(self, message, to=GATEWAY):
        data = bytes(message)
        self.seen.append((self.address, to, 2123, data))
        self.c.sendto(data, (to, 2123))

    def receive(self, timeout=5):
        self.c.settimeout(timeout)
        try:
            data, (source, _) = self.c.recvfrom(65535)
        except socket.timeout:
            return None
        self.seen.append((source, self.address, 2123, data))
        return data

    def ask(self, message, timeout=5):
        """Sends, and returns the answer to this sequence number as bytes (None: silence)."""
        data = bytes(message)
        self.send(data)
        wanted = data[8:11] if data[0] & 8 else data[4:7]
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            answer = self.receive(end - time.monotonic())
            if answer is None:
                return None
            got = answer[8:11] if answer[0] & 8 else answer[4:7]
            if got == wanted:
                return answer
        return None

    def next_sequence(self):
        self.sequence += 1
        return self.sequence


def write_pcap(path, datagrams):
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 228))  # LINKTYPE_IPV4
        for n, (src, dst, port, data) in enumerate(datagrams):
            packet = ipv4(src, dst, udp(src, dst, port, port, data))
            f.write(struct.pack("<IIII", 1, n, len(packet), len(packet)) + packet)


def tshark(datagrams, *options):
    """tshark's output for datagrams [(src, dst, port, bytes)]."""
    path = "%s/judged-%d.pcap" % (RUN, os.getpid())
    write_pcap(path, datagrams)
    r = subprocess.run(["tshark", "-r", path, *options], capture_output=True, text=True)
    os.unlink(path)
    if r.returncode:
        fail("tshark: " + r.stderr)
    return r.stdout


def nothing_malformed(datagrams):
    """tshark finds nothing wrong with what the gateway sent."""
    ours = [d for d in datagrams if d[0] == GATEWAY]
    out = tshark(ours, "-Y", "_ws.malformed || _ws.expert.severity >= \"Warning\"", "-V")
    if not ours or out.strip():
        fail("%d datagrams of the gateway, malformed:\n%s" % (len(ours), out[:4000]))


def fields(answer, *names):
    """Values of tshark's fields of one GTPv2-C datagram of the gateway: a list per name."""
    options = []
    for n in names:
        options += ["-e", n]
    out = tshark([(GATEWAY, SGW, 2123, answer)], "-T", "fields", "-E", "occurrence=a",
                 "-E", "aggregator=,", "-E", "separator=/t", *options)
    return [v.split(",") if v else [] for v in out.rstrip("\n").split("\t")]


def cause_of(answer):
    """The Cause value of an answer: the first IE of type 2."""
    at = 12 if answer[0] & 8 else 8
    while at + 4 <= len(answer):
        n = struct.unpack("!H", answer[at + 1:at + 3])[0]
        if answer[at] == 2:
            return answer[at + 4]
        at += 4 + n
    return None


def ies(data, at=None):
    """[(type, instance, value)] of a message's bytes (or of a group's, at=0)."""
    if at is None:
        at = 12 if data[0] & 8 else 8
    found = []
    while at + 4 <= len(data):
        n = struct.unpack("!H", data[at + 1:at + 3])[0]
        found.append((data[at], data[at + 3] & 15, data[at + 4:at + 4 + n]))
        at += 4 + n
    return found


def ie(found, kind, instance=0):
    for t, i, v in found:
        if t == kind and i == instance:
            return v
    return None
