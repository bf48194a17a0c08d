#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A storm of broken GTPv2-C and GTP-U: both processes live, nothing leaks, right requests are still
answered, and what is answered is well-formed."""

# TS 29.274 7.7.3, 7.7.7: storms of broken messages; right requests are answered meanwhile

import random
import socket

from _gtp import *
from _lab import GW, NET, Capture, Lab, check, check_equal, main, wait_for

SEED = 20240607


def broken_messages(rng: random.Random):
    """Every truncation, every octet changed, lengths turned, and noise."""
    def fresh(kind=CREATE_SESSION, teid=0, has_teid=True):
        ies = create_session_ies("001019" + f"{rng.randrange(10**9):09}", rng.randrange(1, 2**31), rng.randrange(1, 2**31))
        return message(kind, ies, rng.randrange(1, 0x7FFFFF), teid, has_teid)

    whole = fresh()
    for n in range(len(whole)):
        yield fresh()[:n]
    for n in range(0, len(whole)):
        for value in (0x00, 0xFF, rng.randrange(256)):
            octets = bytearray(fresh())
            octets[n] = value
            yield bytes(octets)
    for kind in range(256):
        yield fresh(kind, rng.randrange(2**32))
    for _ in range(1500):
        octets = bytearray(fresh(rng.choice((1, 2, 32, 33, 34, 36, 38, 64, 66, 68, 71, 95, 99, 101, 162, 164, 200))))
        for _ in range(rng.randrange(1, 8)):
            octets[rng.randrange(len(octets))] = rng.randrange(256)
        yield bytes(octets)
    for _ in range(500):
        yield rng.randbytes(rng.randrange(1, 200))
    yield message(CREATE_SESSION, [ie(BEARER, ie(EBI, bytes([5 + i % 11])) + qos()) for i in range(500)], 7)
    yield message(CREATE_SESSION, [ie(BEARER, ie(BEARER, ie(BEARER, b"")))] * 50, 8)
    yield bytes([0x58]) + whole[1:] + bytes([0x58]) + whole[1:]


def broken_packets(rng: random.Random, session):
    inner = udp(session.address, NET, 9, 9, bytes(60))
    whole = gtpu(255, session.gw_teid_u, b"\0\7\0\x85\1\0\1\xc0\1\0\1\0" + inner, flags=0x36)
    for n in range(len(whole)):
        yield whole[:n]
    for n in range(40):
        for value in range(0, 256, 5):
            octets = bytearray(whole)
            octets[n] = value
            yield bytes(octets)
    for kind in range(256):
        yield gtpu(kind, session.gw_teid_u, inner)
    for _ in range(500):
        yield rng.randbytes(rng.randrange(1, 120))


def resident_kib(lab: Lab, name):
    with open(f"/proc/{lab.pid(name)}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS"))


def storm(lab: Lab, sgw: Sgw, session, seed):
    rng = random.Random(seed)
    control, user = lab.udp("sgw", "10.10.0.4", 50000), lab.udp("sgw", "10.10.0.4", 50001)
    for n, octets in enumerate(broken_messages(rng)):
        control.sendto(octets, (GW, 2123))
        if n % 50 == 0:
            still_right(sgw)
    for n, octets in enumerate(broken_packets(rng, session)):
        user.sendto(octets, (GW, 2152))
        if n % 50 == 0:
            lab.counters()
    control.close()
    user.close()


def still_right(sgw: Sgw):
    echo = message(ECHO_REQUEST, [ie(RECOVERY, b"\1")], sgw.new_sequence(), has_teid=False)
    check_equal(sgw.ask(echo).kind, ECHO_RESPONSE, "answer to an Echo Request amid the storm")


def test(lab: Lab):
    lab.start()
    # What is answered without a valid reason to refuse would hold sessions: the storm's IMSIs begin with 001019.
    wire = Capture(lab, "sgw", "s5", "udp and not host 10.10.0.3")
    sgw = Sgw(lab, "10.10.0.2")
    session = sgw.create("001010000000001")
    server = lab.udp("net", NET, 4000)
    server.settimeout(5)
    pids = lab.pid("control"), lab.pid("dataplane")
    storm(lab, sgw, session, SEED)
    memory = resident_kib(lab, "control"), resident_kib(lab, "dataplane")
    for i in range(1, 4):
        storm(lab, sgw, session, SEED + i)
    after = resident_kib(lab, "control"), resident_kib(lab, "dataplane")
    check(lab.is_running("control") and lab.is_running("dataplane"), "a process has died")
    check_equal((lab.pid("control"), lab.pid("dataplane")), pids, "processes")
    # Right requests and packets are served as before.
    sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, 4001, 4000, b"still here")))
    while (octets := server.recv(100)) != b"still here":
        pass
    fresh = sgw.create("001010000000002")
    check_equal(sgw.delete(fresh).cause, 16, "Delete Session after the storm")
    # Sessions that the storm made by accident can all be cleared: nothing is wedged.
    lab.cli("clear session peer 10.10.0.2", ok=False)
    lab.cli("clear session all")
    wait_for(lambda: lab.n_active() == 0, "all sessions cleared", 60)
    wait_for(lambda: lab.sessions() == 0, "all sessions cleared in the dataplane", 20)
    held = [line.split()[3] for line in lab.cli("show pools").splitlines()[1:]]
    check_equal(set(held), {"0"}, "addresses held")
    # Kept answers and sessions of the storm take memory; growth from storm to storm stays small.
    for name, a, b in zip(("control", "dataplane"), memory, after):
        check(b - a < 20000, f"memory of {name} grew from {a} to {b} KiB")
    wire.stop()
    # An ICMP error quotes the broken packet that it is about.
    wire.check_sane(f"ip.src == {GW} && !icmp")


if __name__ == "__main__":
    main(test)
