#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The whole HSS under load: killed again and again, no SQN is used twice and no acknowledged change is
lost; and its memory doesn't grow with what it answers. TORII_KILLS and TORII_AIRS make it longer."""
import json
import os
import random
import sqlite3
import subprocess
import time

import _hss
from _hss import wait_for

KILLS = int(os.environ.get("TORII_KILLS", "8"))
AIRS = int(os.environ.get("TORII_AIRS", "60000"))
SIMS = 200
FIRST = 10  # those before it are special
LOAD = [_hss.BUILD + "/perf/s6a-load", "--sims", str(SIMS - FIRST), "--first-imsi", "99970%010d" % FIRST]
KEYS = ["--key", "465b5ce8b199b49faa5f0a2ee238a6bc", "--opc", "cd63cb71954a9f4e48a5994e37a02baf"]


def equal(got, want):
    if got != want:
        raise AssertionError("got %r, not %r" % (got, want))


def load(hss, *options):
    return subprocess.Popen([*LOAD, "--port", str(hss.port), *options], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True)


def lines_of(path):
    with open(path) as f:
        return f.readlines()


def change_until_killed(hss, rng, child, numbers):
    """Changes MSISDNs at the command line until the child is killed; which ones were acknowledged."""
    end = time.monotonic() + rng.uniform(0.02, 0.4)
    while time.monotonic() < end:
        sim, number = rng.randrange(FIRST, SIMS), str(rng.randrange(10 ** 14, 10 ** 15))
        if "another" not in hss.cli("sim set %s msisdn %s" % (imsi(sim), number)):
            numbers[sim] = number
    os.kill(child, 9)


def imsi(sim):
    return "99970%010d" % sim


def number_of(hss, sim):
    return next(line.split()[1] for line in hss.cli("show sim " + imsi(sim)).splitlines()
                if line.startswith("MSISDN"))


def loses_nothing_and_repeats_no_sqn_however_often_it_is_killed():
    seed = random.randrange(1 << 30)
    rng = random.Random(seed)
    hss = _hss.Hss(sims=SIMS).start()
    log, numbers = hss.dir + "/sqns", {}
    for _ in range(KILLS):
        child = hss.child()
        jobs = [load(hss, "--sqn-log", log, "--vectors", "3", *KEYS),
                load(hss, "--ulr", "--moves", "--host", "mover")]
        before = hss.cli("show counters")
        wait_for("answers", lambda: hss.cli("show counters") != before)
        change_until_killed(hss, rng, child, numbers)
        for job in jobs:
            job.wait(20)
        wait_for("another child", lambda: hss.child() not in (None, child))
        wait_for("the HSS to listen", hss.listens)
        wait_for("its command line", lambda: cli_answers(hss))
    for sim, number in numbers.items():
        equal((sim, number_of(hss, sim)), (sim, number))
    hss.stop()
    sqns = lines_of(log)
    print("     seed %d: %d kills, %d vectors, %d changes" % (seed, KILLS, len(sqns), len(numbers)))
    assert len(sqns) > 100 * KILLS
    equal(len(set(sqns)), len(sqns))
    with sqlite3.connect(hss.dir + "/hss.db") as db:
        equal(db.execute("PRAGMA integrity_check").fetchall(), [("ok",)])


def cli_answers(hss):
    try:
        return "Serving" in hss.cli("show status")
    except OSError:
        return False


def anonymous_kib(pid):
    with open("/proc/%d/status" % pid) as f:
        return next(int(line.split()[1]) for line in f if line.startswith("RssAnon"))


def answers(hss, count, *options):
    out = load(hss, "--count", str(count), "--seconds", "600", "--connections", "2", *options)
    result = json.loads(out.communicate()[0])
    equal((result["failed"], result["answered"] >= count), (0, True))
    return result


def used_after(hss, airs):
    result = answers(hss, airs)
    answers(hss, airs // 6, "--ulr")
    return anonymous_kib(hss.child()), result["per_s"]


def takes_no_more_memory_the_more_it_answers():
    """What the queues of one burst left in pieces is used up by the next; a leak is larger after each."""
    hss = _hss.Hss(sims=SIMS, store="cache = 8;").start()
    before, _ = used_after(hss, AIRS // 3)
    for _ in range(6):
        after, per_s = used_after(hss, AIRS)
        print("     %d AIRs at %.0f/s, %d ULRs: %d KiB before, %d KiB after" % (AIRS, per_s, AIRS // 6, before, after))
        if after - before < 2048:
            break
    assert after - before < 2048, "it grew by %d KiB" % (after - before)
    hss.stop()


def switches(pid):
    """How often the threads of a process have gone to sleep."""
    total = 0
    for task in os.listdir("/proc/%d/task" % pid):
        with open("/proc/%d/task/%s/status" % (pid, task)) as f:
            total += next(int(line.split()[1]) for line in f if line.startswith("voluntary_ctxt"))
    return total


def sleeps_while_nothing_is_asked():
    hss = _hss.Hss(sims=SIMS).start()
    mme = hss.client()
    before = switches(hss.child())
    time.sleep(2)
    n = switches(hss.child()) - before
    print("     %d times awake in 2 s" % n)
    assert n < 200, "awake %d times in 2 s for nothing" % n
    mme.close()
    hss.stop()


_hss.run([sleeps_while_nothing_is_asked, loses_nothing_and_repeats_no_sqn_however_often_it_is_killed,
          takes_no_more_memory_the_more_it_answers])
