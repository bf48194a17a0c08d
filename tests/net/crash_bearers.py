#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of control, and of both processes, while dedicated bearers come, change and go by rules and Commands: what
was under way goes on, and control, dataplane and SGWs have the same bearers afterwards. TORII_KILLS=n: so many."""

# TS 29.274 7.6; TS 23.007 16.1: requests about bearers that a crash interrupts are repeated octet by octet

import os
import time

from _bearers import RULE, BearerWorld
from _lab import Lab, check, main, wait_for

KILLS = int(os.environ.get("TORII_KILLS", "4"))


def kill_once(world, names):
    for _ in range(world.random.randrange(20, 60)):
        world.step(at_once=20)
    world.is_gateway_down = True
    for name in names:
        world.lab.kill(name)
    world.forget_refusals()
    world.start_under_load(names)
    world.gateway_is_back()
    for _ in range(20):
        world.step(at_once=20)
    world.check_agreement()


def test(lab: Lab):
    seed = int(os.environ.get("TORII_SEED", time.time_ns() % 1000000))
    print(f"seed {seed}", flush=True)
    lab.edit("control", ('t3 = "3s"', 't3 = "500ms"'), ("n3 = 4", "n3 = 20"), ("static_from_request = true;",
                                                                              f"static_from_request = true; {RULE}"))
    lab.start()
    world = BearerWorld(lab, seed, loss=0.02, doubled=0.02, late=0.05, devices=30, addresses=("10.10.0.2", "10.10.0.3"))
    for i in range(KILLS):
        kill_once(world, ["dataplane", "control"] if i % 4 == 3 else ["control"])
    n = world.n_repeated_requests
    world.end()
    wait_for(lambda: lab.sessions() == lab.n_active() == 0, "nothing left")
    print(world.report())
    print(f"{len(world.served)} requests of the gateway, {n} of them repeated")
    check(len(world.served) > 10 * KILLS, "requests about bearers")


if __name__ == "__main__":
    main(test)
