#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Thousands of random procedures of three SGWs, right and wrong ones, over a network that loses, doubles
and reorders; SGWs restart, an operator clears sessions. Whenever all is quiet, control, dataplane and a
simple model agree. TORII_SEED=n repeats the choices of a run, TORII_STEPS=n makes it longer."""

import os
import time

from _lab import Lab, check, main
from _model import World

STEPS = int(os.environ.get("TORII_STEPS", "1500"))
ROUNDS = 5


def test(lab: Lab):
    seed = int(os.environ.get("TORII_SEED", time.time_ns() % 1000000))
    print(f"seed {seed}", flush=True)
    lab.start()
    world = World(lab, seed, loss=0.05, doubled=0.05, late=0.1)
    for _ in range(ROUNDS):
        for _ in range(STEPS // ROUNDS):
            world.step()
        for _ in range(2):
            world.clear()
        world.check_agreement()
    world.end()
    print(world.report())
    check(world.n_lost > STEPS / 50, "some messages were lost")


if __name__ == "__main__":
    main(test)
