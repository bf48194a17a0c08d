#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Thousands of random procedures of three SGWs, right and wrong ones, in user-mode Linux, whose kernel loses, doubles,
delays and reorders packets (netem), both ways. Whenever all is quiet, control, dataplane and a simple model
agree on each session, bearer, TEID, address and rate, and a packet goes through each tunnel both ways.
TORII_SEED=n repeats the choices of a run, TORII_STEPS=n makes it longer."""

# TS 29.274 7.2, 7.6: random procedures of several SGWs over a network that loses, doubles and reorders
# TS 29.274 5.5.1, 7.4, clause 14; TS 23.007 18, 21: the same, with restarts and Error Indications in between

import json
import os
import sys
import time

from _lab import ROOT, Failed, Lab, check, main
from _model_bearers import RULE, BearerWorld

STEPS = int(os.environ.get("TORII_STEPS", "2000"))
A_ROUND = 400
NETEM = "delay 8ms 6ms distribution normal loss 7% duplicate 5% reorder 25% 50%".split()
ENDS = {"sgw": "s5", "gw": "s5p"}


class NetemWorld(BearerWorld):
    def statistics(self, what):
        """Of netem, towards the gateway and from it."""
        return [json.loads(self.lab.run(place, "tc", "-s", "-j", "qdisc", "show", "dev", name))[0][what] for place, name in ENDS.items()]

    def drain_network(self):
        while any(self.statistics("qlen")):
            time.sleep(0.01)


def configure(lab):
    # a packet socket's frames pass by the packet scheduler otherwise
    lab.edit("dataplane", ("iface=s5p", "iface=s5p,qdisc_bypass=0"), ("sessions_max = 100000;", "sessions_max = 1000; mbufs = 16384;"))
    lab.edit("control", ("control: {", "control: { sessions_max = 1000;"), ("static_from_request = true;", RULE),
             ('gtpc: {', "gtpc: { transactions_max = 20000;"), ('t3 = "3s";', 't3 = "400ms";'), ("n3 = 4;", "n3 = 16;"))


def test(lab: Lab):
    seed = int(os.environ.get("TORII_SEED", time.time_ns() % 1000000))
    print(f"seed {seed}", flush=True)
    configure(lab)
    lab.start()
    for place, name in ENDS.items():
        lab.run(place, "tc", "qdisc", "replace", "dev", name, "root", "netem", "limit", 10000, *NETEM)
    began = time.monotonic()
    world = NetemWorld(lab, seed)
    try:
        for done in range(0, STEPS, A_ROUND):
            for _ in range(min(A_ROUND, STEPS - done)):
                world.step()
            world.check_agreement()
            print(f"{min(done + A_ROUND, STEPS)} procedures, {time.monotonic() - began:.1f} s", flush=True)
        world.end()
    except Failed as e:
        print(world.story(str(e)))
        raise
    lost = world.statistics("drops")
    print(f"{world.report()}; lost by netem towards the gateway and from it: {lost}")
    check(min(lost) > STEPS / 40, f"netem lost messages both ways: {lost}")


def in_user_mode_linux():
    """Starts this file once more in there; the lab is in its /run."""
    os.environ["TORII_UML_SECONDS"] = str(240 + STEPS // 10)
    names = "TORII_LAB", "TORII_BUILD", "TORII_SEED", "TORII_STEPS"
    settings = [f"{name}={value}" for name, value in os.environ.items() if name in names]
    os.execv(ROOT / "tests/uml/run", [
        "run", "--modules", "tun ipv6 veth sch_netem sch_ingress cls_matchall act_gact",
        "/usr/bin/env", "TMPDIR=/run", "TORII_LAB_PMD=af_packet", *settings, __file__, "inside"])


if __name__ == "__main__":
    if sys.argv[1:] != ["inside"]:
        in_user_mode_linux()
    main(test)
