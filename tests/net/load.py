#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The parts of perf/run, without judging a figure: gen through a dataplane over memif and over TAP devices with
every packet compared, session changes meanwhile, and gtpc-load at a gateway."""

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


def gen_start(rig, devices, macs):
    return Gen(rig, devices, *macs, "--sessions", str(SESSIONS), "--verify", "on")


def forwards_what_gen_sends(rig, gen):
    check_equal(fill(rig, SESSIONS)["refused"], 0, "sessions refused")
    gen.wait_path()
    for line in ("set rate 20k", "set size imix"):
        gen.say(line)
    result = gen.run(1)
    for d in ("ul", "dl"):
        check(result[d]["received"] > 0, f"{d}: nothing came back: {result}")
        check_equal(result[d]["wrong"], 0, f"{d}: packets that aren't what must come")


def changes_sessions_meanwhile(rig):
    changed = fill(rig, SESSIONS, "--changes", 2000, "--seconds", 0.5)
    check_equal(changed["changes_refused"], 0, "session changes refused")
    check(changed["changes"] > 0, "no session was changed")


def over_memif(rig):
    dataplane_start(rig, *(memif(side, "server", rig.name) for side in SIDES), 4096, "sleep")
    gen = gen_start(rig, [memif(side, "client", rig.name) for side in SIDES], gateway_macs(rig))
    forwards_what_gen_sends(rig, gen)
    changes_sessions_meanwhile(rig)
    gen.close()


def over_taps(rig):
    """The generator's devices are TAPs, and the dataplane's ports are the links that Linux has of them."""
    links = [f"gen{side}" for side in SIDES]
    macs = [f"02:00:00:00:10:0{i}" for i in range(len(links))]
    gen = gen_start(rig, [f"net_tap{i},iface={link}" for i, link in enumerate(links)],
                    ("--access-mac", macs[0], "--sgi-mac", macs[1]))
    gen.run(0.01)  # its start gives the links the address of its own ends
    for link, mac in zip(links, macs):
        rig.ip("link", "set", link, "address", mac, "mtu", "1600", "up")
    dataplane = dataplane_start(rig, *(f"net_af_packet{i},iface={link}" for i, link in enumerate(links)), 4096, "sleep")
    forwards_what_gen_sends(rig, gen)
    gen.close()
    rig.end(dataplane)


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
        for part in (over_taps, over_memif, creates_modifies_and_deletes):
            part(rig)
            print(f"ok {part.__name__}")
    except Failed as why:
        print(f"FAILED: {why}")
        return 1
    finally:
        rig.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
