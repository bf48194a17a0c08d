#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The parts of perf/run, without judging a figure: gen through a dataplane over memif with every packet
compared, session changes meanwhile, and gtpc-load at a gateway."""

import os
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "perf"))

from _lab import Failed, check, check_equal  # noqa: E402
from _measure import control_start, gateway_macs, gtpc_run  # noqa: E402
from _rig import SIDES, Gen, Rig, dataplane_start, fill, memif  # noqa: E402

SESSIONS = 500


def forwards_what_gen_sends(rig):
    dataplane = dataplane_start(rig, *(memif(side, "server", rig.name) for side in SIDES), 4096, "sleep")
    check_equal(fill(rig, SESSIONS)["refused"], 0, "sessions refused")
    gen = Gen(rig, [memif(side, "client", rig.name) for side in SIDES], *gateway_macs(rig), "--sessions", str(SESSIONS),
              "--verify", "on")
    gen.wait_path()
    for line in ("set rate 20k", "set size imix"):
        gen.say(line)
    result = gen.run(1)
    for d in ("ul", "dl"):
        check(result[d]["received"] > 0, f"{d}: nothing came back: {result}")
        check_equal(result[d]["wrong"], 0, f"{d}: packets that aren't what must come")
    changed = fill(rig, SESSIONS, "--changes", 2000, "--seconds", 0.5)
    check_equal(changed["changes_refused"], 0, "session changes refused")
    check(changed["changes"] > 0, "no session was changed")
    gen.close()
    return dataplane


def creates_modifies_and_deletes(rig):
    rig.ip("addr", "add", "10.10.0.2/32", "dev", "lo")
    control = control_start(rig, 4096)
    result = gtpc_run(rig, SESSIONS, 0)
    for phase in ("create", "modify", "delete"):
        check_equal(result[phase]["accepted"], SESSIONS, f"{phase}: requests accepted")
    rig.end(control)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rig = Rig(Path(os.environ.get("TORII_BUILD", ROOT / "build")).resolve())
    try:
        forwards_what_gen_sends(rig)
        print("ok forwards_what_gen_sends")
        creates_modifies_and_deletes(rig)
        print("ok creates_modifies_and_deletes")
    except Failed as why:
        print(f"FAILED: {why}")
        return 1
    finally:
        rig.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
