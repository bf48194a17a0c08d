#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What SCTP alone has: timers per peer, the payload protocol identifier, paths that fail, aborts. Runs
in user-mode Linux, see _uml.sh: an MME in network namespace mme with two paths to the HSS."""
import ctypes
import os
import socket
import struct
import subprocess
import threading
import time

import _hss
import diameter
from _hss import wait_for
from diameter import AIR, CER, REALM, R, TGPP, avp, message

IMSI = "999700000000010"
SCTP_BINDX_ADD = 100
libc = ctypes.CDLL(None, use_errno=True)

hss = _hss.Hss(sims=20, addresses=("10.9.1.1", "10.9.2.1"),
               diameter='cer_timeout = "2s";',
               peer='sctp: { rto_initial = "200ms"; rto_min = "100ms"; rto_max = "400ms";'
                    ' heartbeat = "1s"; sack_delay = "50ms"; association_retransmissions = 8;'
                    ' path_retransmissions = 2; };').start()
first_child = hss.child()


def equal(got, want):
    if got != want:
        raise AssertionError("got %r, not %r" % (got, want))


class in_namespace:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.old = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        fd = os.open("/run/netns/" + self.name, os.O_RDONLY)
        assert libc.setns(fd, 0) == 0
        os.close(fd)

    def __exit__(self, *ignored):
        assert libc.setns(self.old, 0) == 0
        os.close(self.old)


class Multihomed(diameter.Client):
    def __init__(self, host):
        self.host, self.realm, self.sctp, self.timeout = host + "." + REALM, REALM, True, 10
        self.buffer, self.hbh, self.requests, self.auto_answer = b"", 0x1000, [], True
        with in_namespace("mme"):
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 132)
            self.sock.bind(("10.9.1.2", 0))
            port = self.sock.getsockname()[1]
            second = struct.pack("=HHI8x", socket.AF_INET, socket.htons(port),
                                 struct.unpack("=I", socket.inet_aton("10.9.2.2"))[0])
            self.sock.setsockopt(132, SCTP_BINDX_ADD, second)
            self.sock.settimeout(10)
            self.sock.connect(("10.9.1.1", hss.port))
        m = self.cer()
        equal(m.result, ("base", 2001))


def is_alive():
    c = hss.client("probe")
    equal(c.air(IMSI).result, ("base", 2001))
    c.close()
    equal(hss.child(), first_child)


def rows_of(file):
    with open("/proc/net/sctp/" + file) as f:
        return [line.split() for line in f.read().splitlines()[1:]]


def association_with(local_port):
    """The HSS's side of the association: HBINT in ms and MAXRT."""
    for row in rows_of("assocs"):
        if row[11] == str(hss.port) and row[12] == str(local_port):
            rest = row[row.index("<->"):]
            numbers = [x for x in rest if x.isdigit()]
            return row[6], int(numbers[0]) * 1000 // os.sysconf("SC_CLK_TCK"), int(numbers[3])
    raise AssertionError("no association with port %d" % local_port)


def paths_of(association):
    tick_ms = 1000 // os.sysconf("SC_CLK_TCK")
    return [(int(row[3]) * tick_ms, int(row[4])) for row in rows_of("remaddr")
            if row[1] == association]


def paths_are_confirmed():
    """Both sides have had a HEARTBEAT answered on each path: none is used for data before. RFC 4960 5.4."""
    here = rows_of("remaddr")
    with in_namespace("mme"):
        there = rows_of("remaddr")
    return len(here) >= 2 and all(row[7] == "2" for row in here + there)


def sets_timers_per_peer():
    tuned, plain = Multihomed("mme1"), hss.client("dra1", realm="ipx.example")
    for _ in range(30):  # the round trip becomes known
        equal(tuned.air(IMSI).result, ("base", 2001))
        plain.air(IMSI, origin="mme9.second.example", realm="second.example",
                  plmn=b"\x00\xf1\x20")
    one, heartbeat, retransmissions = association_with(tuned.sock.getsockname()[1])
    equal((heartbeat, retransmissions), (1000, 8))
    other, heartbeat, retransmissions = association_with(plain.sock.getsockname()[1])
    equal((heartbeat, retransmissions), (30000, 10))
    # A path's RTO follows once it has been measured: by data, or by a heartbeat.
    wait_for("the tuned paths' RTO", lambda: all(100 <= rto <= 400 for rto, _ in paths_of(one)))
    print("     (RTO ms, path retransmissions): %s tuned, %s by default"
          % (paths_of(one), paths_of(other)))
    equal({n for _, n in paths_of(one)}, {2})
    equal({n for _, n in paths_of(other)}, {5})
    equal(min(rto for rto, _ in paths_of(other)), 1000)
    tuned.close()
    plain.close()


def octets_of(path):
    with open(path, "rb") as f:
        return f.read()


def carries_the_payload_protocol_identifier_of_diameter():
    capture, said = "/run/tmp/h1.pcap", "/run/tmp/tcpdump.said"
    with open(said, "w") as f:
        tcpdump = subprocess.Popen(["tcpdump", "--immediate-mode", "-i", "any", "-U", "-w", capture, "sctp"],
                                   stderr=f)
    wait_for("tcpdump", lambda: b"listening on" in octets_of(said))
    c = Multihomed("mme1")
    equal(c.air(IMSI).result, ("base", 2001))
    equal(c.ulr(IMSI, session="the;last;one").result, ("base", 2001))
    wait_for("the answer in the capture", lambda: octets_of(capture).count(b"the;last;one") >= 2)
    c.close()
    tcpdump.terminate()
    tcpdump.wait()
    out = subprocess.run(["tshark", "-r", capture, "-Y", "sctp.chunk_type == 0 && sctp.srcport == %d"
                          % hss.port, "-T", "fields", "-e", "sctp.data_payload_proto_id"],
                         capture_output=True, text=True).stdout.split()
    print("     identifiers of %d chunks from the HSS: %s" % (len(out), sorted(set(out))))
    assert len(out) >= 3
    equal(set(out), {"46"})


def goes_on_by_the_second_path_when_the_first_fails():
    c = Multihomed("mme1")
    equal(c.air(IMSI).result, ("base", 2001))
    n_broken = hss.log_text().count("mme1.%s: The connection was broken" % REALM)
    wait_for("confirmed paths", paths_are_confirmed)
    subprocess.run(["ip", "link", "set", "h1", "down"], check=True)
    slowest = 0
    for _ in range(10):
        started = time.monotonic()
        equal(c.air(IMSI).result, ("base", 2001))
        slowest = max(slowest, time.monotonic() - started)
    print("     slowest answer over the failure: %.1f s" % slowest)
    subprocess.run(["ip", "link", "set", "h1", "up"], check=True)
    equal(c.air(IMSI).result, ("base", 2001))
    equal(hss.log_text().count("mme1.%s: The connection was broken" % REALM), n_broken)
    c.close()


def serves_on_after_associations_that_are_aborted():
    for i in range(200):
        try:
            c = hss.client("aborted", cer=False)
            if i % 2:
                c.send(message(CER, c.cer_avps(), flags=R, app=0))
            c.abort()
        except OSError:
            pass
    is_alive()
    for i in range(30):
        c = hss.client("aborting")
        c.send(message(AIR, c.common(IMSI) + [avp(1407, b"\x00\xf1\x10", TGPP)]))
        c.abort()
    is_alive()


def serves_on_while_others_abort():
    stop = threading.Event()

    def abort_for_ever():
        while not stop.is_set():
            try:
                hss.client("noise", cer=False).abort()
            except OSError:
                pass

    threads = [threading.Thread(target=abort_for_ever) for _ in range(3)]
    for t in threads:
        t.start()
    try:
        for _ in range(10):
            is_alive()
    finally:
        stop.set()
        for t in threads:
            t.join()


def takes_a_message_of_many_packets():
    c = hss.client("large")
    m = c.ask(AIR, c.common(IMSI) + [avp(1407, b"\x00\xf1\x10", TGPP)]
              + [avp(7777, bytes(4000), flags=0) for _ in range(12)])
    equal(m.result, ("base", 2001))
    c.close()


_hss.run([
    sets_timers_per_peer, carries_the_payload_protocol_identifier_of_diameter,
    goes_on_by_the_second_path_when_the_first_fails, takes_a_message_of_many_packets,
    serves_on_after_associations_that_are_aborted, serves_on_while_others_abort,
])
