#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A million sessions in a dataplane, put through the rings; packets of sessions at random meanwhile, while all
are put once more and others come and go, 100,000 changes a second where the machine has the time."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "perf"))

from _lab import Failed, check, check_equal, telemetry, wait_for  # noqa: E402
from _measure import gateway_macs  # noqa: E402
from _rig import SIDES, Broken, Gen, Rig, dataplane_start, fill, memif  # noqa: E402

SESSIONS, SPARE = 1_000_000, 1024  # those with traffic, and slots for those that come and go
CHANGES, SECONDS = 100_000, 2
ONE_SGW = "--sgws", "1"  # changed sessions keep their tunnel: each packet can be compared


def sessions(rig):
    return sum(w["sessions"] for w in telemetry(rig.name, "/torii/workers").values())


def counters(rig):
    return telemetry(rig.name, "/torii/counters"), telemetry(rig.name, "/torii/drops")


def grown(before, after):
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


def changes_under_traffic(rig, gen):
    before, drops = counters(rig)
    gen.say("set rate 50k")
    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(fill, rig, SESSIONS, *ONE_SGW, "--changes", CHANGES, "--seconds", SECONDS)
        result = gen.run(SECONDS + 2)
        changed = changing.result()
    check_equal(changed["changes_refused"], 0, "changes refused")
    check(changed["changes"] > CHANGES * SECONDS // 20, f"changes: {changed}")
    received = {d: result[d]["received"] for d in ("ul", "dl")}
    for d in received:
        check_equal(result[d]["wrong"], 0, f"{d}: packets that aren't what must come")
        check(received[d] > 0.5 * result[d]["sent"], f"{d}: {result[d]}")
    after, drops_after = counters(rig)
    lost = grown(drops, drops_after)
    # The generator shares its CPU with the changes: its ring may be full for a while. Nothing else may be lost.
    check(set(lost) <= {"TX_FULL"}, f"drops: {lost}")
    delivered = {d: after[f"{d}_packets"] - before[f"{d}_packets"] for d in received}
    check_equal(sum(delivered.values()) - lost.get("TX_FULL", 0), sum(received.values()), "packets delivered and received")
    print(f"{changed['changes_per_s']:.0f} changes per second while {sum(received.values())} packets came back")


def test(rig):
    dataplane_start(rig, *(memif(side, "server", rig.name) for side in SIDES), SESSIONS + SPARE, "sleep")
    filled = fill(rig, SESSIONS, *ONE_SGW)
    check_equal((filled["sessions"], filled["refused"], sessions(rig)), (SESSIONS, 0, SESSIONS), "sessions put, refused, there")
    print(f"{SESSIONS} sessions in {filled['fill_s']:.2f} s")
    gen = Gen(rig, [memif(side, "client", rig.name) for side in SIDES], *gateway_macs(rig), "--sessions", str(SESSIONS),
              "--verify", "on", *ONE_SGW)
    gen.wait_path()
    changes_under_traffic(rig, gen)
    # one that has come may not have gone yet
    check(SESSIONS <= sessions(rig) <= SESSIONS + 1, f"{sessions(rig)} sessions after the changes")
    fill(rig, SESSIONS, "--delete")
    wait_for(lambda: sessions(rig) <= 1, "the end of the sessions")
    gen.close()


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rig = Rig(Path(os.environ.get("TORII_BUILD", ROOT / "build")).resolve())
    try:
        test(rig)
    except (Failed, Broken) as why:
        print(f"FAILED: {why}")
        return 1
    finally:
        rig.close()
    print("ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
