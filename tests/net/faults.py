#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A disk that is full, a clock that is set, an SGW that is silent, a network that loses 30 %: requests are
refused or answered late, nothing that was answered is lost, and afterwards all is as before."""

# TS 29.274 7.6; TS 23.007 20: over a network that loses 30 %, and where an SGW is silent

import contextlib
import ctypes
import itertools
import json
import os
import re
import time

from _gtp import *
from _lab import Lab, check, check_equal, main, wait_for
from _model import World

FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
DISK = 4 << 20
DAY = 86400
PEERS = """peers: (
  { name = "watched"; addresses = [ "10.10.0.3" ]; echo_interval = "1s"; },
  { name = "others"; addresses = [ "10.10.0.0/24" ]; }
);

pools: ("""

libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def small_disk(path):
    """A file system of DISK bytes there."""
    options = f"size={DISK},mode=700".encode()
    check_equal(libc.mount(b"tmpfs", os.fsencode(path), b"tmpfs", 0, options), 0, "mount")
    try:
        yield
    finally:
        libc.umount2(os.fsencode(path), 2)


def fill(path):
    with open(path, "wb", buffering=0) as f:
        with contextlib.suppress(OSError):
            while True:
                f.write(bytes(4096))
    return path


def store_works(lab):
    return int(re.search(r"^torii_store_works (\d)", lab.metrics(), re.M).group(1))


def full_disk(lab: Lab, sgw: Sgw):
    """TS 29.274 8.4, cause 73: refused, or answered when there is room again; what was answered is there after a crash."""
    state = lab.run_dir / "state"
    lab.stop("control")
    with small_disk(state):
        lab.start("control")
        sessions = [sgw.create(f"0010100002{i:05}") for i in range(20)]
        filler = fill(state / "filler")
        waiting, causes = {}, []
        for i in itertools.count():
            check(i < 20000, "a full disk isn't noticed")
            octets, _, _ = sgw.create_message(f"0010100003{i:05}")
            sgw.send(octets)
            waiting[sgw.sequence] = octets
            while (answer := sgw.receive(0.001 if i % 16 else 0.02)) is not None:
                del waiting[answer.sequence]
                causes.append(answer.cause)
            if causes.count(73) >= 20:
                break
        check(set(causes) <= {16, 73}, f"causes while the disk is full: {causes}")
        check_equal(store_works(lab), 0, "torii_store_works")
        check(waiting, "nobody waits for the disk")
        sgw.quiet(0.1)
        filler.unlink()
        wait_for(lambda: store_works(lab), "a store that works again")
        n_waiting = len(waiting)
        for octets in waiting.values():
            causes.append(sgw.ask(octets).cause)
        print(f"full disk: {causes.count(16) - n_waiting} served, {causes.count(73)} refused, {n_waiting} served later")
        expected = len(sessions) + causes.count(16)
        check_equal((lab.n_active(), lab.sessions()), (expected, expected), "sessions")
        lab.kill("control")
        lab.start("control")
        check_equal((lab.n_active(), lab.sessions()), (expected, expected), "sessions after a crash")
        check_equal(sgw.delete(sessions[0]).cause, 16, "cause of a delete")
        lab.stop("control")
    lab.start("control")
    wait_for(lambda: lab.sessions() == lab.n_active() == 0, "none of them with the store of before")


class Clock:
    """The wall clock that control sees. Others, and the clock that can't be set, stay as they are."""

    def __init__(self, lab):
        self.file = lab.run_dir / "clock"
        self.set(0)
        lab.stop("control")
        # for control alone: of several processes the library shares what the first one removes
        lab.environment["TORII_LAB_ENV"] = (f"LD_PRELOAD={FAKETIME} FAKETIME_TIMESTAMP_FILE={self.file} FAKETIME_NO_CACHE=1 "
                                            "FAKETIME_DONT_FAKE_MONOTONIC=1")
        lab.start("control")
        del lab.environment["TORII_LAB_ENV"]

    def set(self, seconds):
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}")
        new.rename(self.file)


def jump(lab, sgw, clock, seconds):
    """What depends on time goes on as if no clock had been set."""
    octets, teid_c, teid_u = sgw.create_message("001010000000081")
    answer = sgw.ask(octets)
    clock.set(seconds)
    check_equal(sgw.ask(octets).octets, answer.octets, "answer to a repeated request")
    first = Session(sgw, "001010000000081", teid_c, teid_u, answer)
    check_equal(sgw.delete(first).cause, 16, "cause of a delete")
    other = sgw.create("001010000000082")
    check(other.address != first.address, "a released address doesn't rest")
    lab.cli("clear session imsi 001010000000082")
    requests = [sgw.receive() for _ in range(4)]
    check_equal([r and r.kind for r in requests], [DELETE_BEARER] * 4, "Delete Bearer Requests that nobody answers")
    wait_for(lambda: lab.n_active() == 1, "the end of the session")


def clock_jumps(lab: Lab, sgw: Sgw):
    clock = Clock(lab)
    session = sgw.create("001010000000080")
    for seconds, age in ((0, r"00:00:\d\d"), (-30 * DAY, "00:00:00"), (400 * DAY, r"40[01]d .*"), (0, r"00:\d\d:\d\d")):
        jump(lab, sgw, clock, seconds)
        since = re.search(r"Since .*\((.*)\)", lab.cli(f"show session imsi {session.imsi}")).group(1)
        check(re.fullmatch(age, since), f"age of a session with the clock {seconds} s ahead: {since}")
    records = [json.loads(line) for line in (lab.run_dir / "state/records/usage.jsonl").read_text().splitlines()]
    sequence = [r["sequence"] for r in records]
    check_equal(sequence, list(range(1, len(sequence) + 1)), "sequence of usage records")
    check(records != sorted(records, key=lambda r: r["time"]), "the clock was set")
    check_equal(sgw.delete(session).cause, 16, "cause of a delete")
    lab.stop("control")
    lab.start("control")


# TS 23.007 20: a path that is down, and up again
def silent_sgw(lab: Lab, sgw: Sgw):
    """TS 23.007 20.2: the path goes down, sessions stay, it comes up with the next message."""
    other = Sgw(lab, "10.10.0.3")
    session = other.create("001010000000090")
    check_equal(other.receive().kind, ECHO_REQUEST, "what comes after a second")

    def path():
        return re.search(r"^10\.10\.0\.3 .*\b(up|down)\b", lab.cli("show peers"), re.M).group(1)

    wait_for(lambda: path() == "down", "a path that is down")
    check('torii_peer_path_up{peer="10.10.0.3"} 0' in lab.metrics(), "the path among the metrics")
    check_equal(lab.n_active(), 1, "sessions")
    echo = message(ECHO_REQUEST, [ie(RECOVERY, b"\1")], other.new_sequence(), has_teid=False)
    check_equal(other.ask(echo).kind, ECHO_RESPONSE, "answer to an Echo Request")
    wait_for(lambda: answers_echo(other) and path() == "up", "a path that is up")
    check_equal(other.delete(session).cause, 16, "cause of a delete")
    other.control.close()
    other.user.close()


def next_echo(sgw):
    """The sequence number of the next GTP-U Echo Request, and the port that it came from."""
    kind, teid, rest, source = sgw.receive_user(10, answers_echo=False)
    check_equal((kind, teid, source[0], len(rest)), (1, 0, GW, 4), "a GTP-U Echo Request")
    check_equal(rest[2:], b"\0\0", "what is behind its sequence number")
    return rest[:2], source[1]


# TS 29.281 7.2.1, 7.2.2: Echo Requests to an SGW-U, a path that is down, and up again
# TS 23.007 20.3: sessions stay while it is down
def silent_sgw_user_plane(lab: Lab):
    sgw = Sgw(lab, "10.10.0.4")
    session = sgw.create("001010000000091")
    first, port = next_echo(sgw)
    check_equal([next_echo(sgw) for _ in range(3)], [(first, port)] * 3, "repetitions, N3 in all")

    def path():
        found = re.search(r"^10\.10\.0\.4 +10\.10\.0\.1 +(\d+) +(\S+)", lab.cli("show peers"), re.M)
        return found and found.groups()

    wait_for(lambda: path() == ("1", "down"), "a path that is down")
    check('torii_user_path_up{peer="10.10.0.4",local="10.10.0.1"} 0' in lab.metrics(), "the path among the metrics")
    check_equal(lab.n_active(), 1, "sessions")
    while (sequence := next_echo(sgw)[0]) == first:
        pass
    for wrong in (gtpu(2, 0, b"\xff\xff\0\0", 0x32), gtpu(2, 0, b"", 0x30), b"", gtpu(26, 0, sequence + b"\0\0", 0x32)):
        sgw.user.sendto(wrong, (GW, port))
    check_equal(path(), ("1", "down"), "the path after answers to nothing")
    sgw.user.sendto(gtpu(2, 0, sequence + b"\0\0\x0e\0", 0x32), (GW, port))
    wait_for(lambda: path() == ("1", "up"), "a path that is up")
    check_equal(sgw.delete(session).cause, 16, "cause of a delete")
    wait_for(lambda: path() is None, "a path without sessions that is forgotten")
    sgw.control.close()
    sgw.user.close()


def answers_echo(sgw):
    request = sgw.receive(0.1)
    if request is not None and request.kind == ECHO_REQUEST:
        sgw.send(message(ECHO_RESPONSE, [ie(RECOVERY, b"\1")], request.sequence, has_teid=False))
    return True


def lossy_network(lab: Lab):
    lab.start()
    seed = int(os.environ.get("TORII_SEED", time.time_ns() % 1000000))
    print(f"seed {seed}", flush=True)
    world = World(lab, seed, loss=0.3, doubled=0.1, late=0.1, addresses=("10.10.0.2", "10.10.0.3"))
    for _ in range(200):
        world.step()
    world.check_agreement()
    world.end()
    print(world.report())
    check(world.n_lost > 50, "many messages were lost")


def faults_of_one(lab: Lab):
    lab.edit("control", ('t3 = "3s";', 't3 = "200ms"; short_echo = true;'), ("pools: (", f'gtpu: {{ echo_interval = "1s"; }};\n{PEERS}'))
    lab.start()
    sgw = Sgw(lab)
    full_disk(lab, sgw)
    silent_sgw(lab, sgw)
    silent_sgw_user_plane(lab)
    clock_jumps(lab, sgw)


if __name__ == "__main__":
    main(faults_of_one, lossy_network)
