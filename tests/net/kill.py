#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of control, of the dataplane and of both at random moments under load. Whatever was asked is
answered after its repetition, what was answered exists, nothing else does, the restart counter stays;
while only control is gone, not one packet is lost. TORII_KILLS=n: so many instead of a few."""

import contextlib
import os
import re
import threading
import time

from _gtp import *
from _lab import NET, Lab, check, check_equal, main, wait_for
from _model import World

KILLS = int(os.environ.get("TORII_KILLS", "3"))
STREAM_PORT = 5679


class Stream(threading.Thread):
    """Uplink packets of one device, each of which must arrive. They are counted as they come: the socket
    couldn't hold all of a long round on a busy machine."""

    def __init__(self, lab, session):
        super().__init__(daemon=True)
        self.lab, self.session = lab, session
        self.source = lab.udp("sgw", "10.10.0.4", 0)
        self.target = lab.udp("net", NET, STREAM_PORT)
        self.target.setblocking(False)
        self.n_sent = self.n_received = 0
        self.wants_pause = self.is_paused = self.is_over = False

    def run(self):
        while not self.is_over:
            self.is_paused = self.wants_pause
            if not self.is_paused:
                self.n_sent += 1
                inner = udp(self.session.address, NET, 1, STREAM_PORT, self.n_sent.to_bytes(4, "big"))
                self.source.sendto(gpdu(self.session.gw_teid, inner), (GW, GTPU))
            with contextlib.suppress(BlockingIOError):
                while self.target.recv(2048):
                    self.n_received += 1
            time.sleep(0.002)

    def pause(self):
        """No more are sent; how many haven't come after some patience."""
        self.wants_pause = True
        wait_for(lambda: self.is_paused, "the end of the stream")
        end = time.monotonic() + 5
        while self.n_received < self.n_sent and time.monotonic() < end:
            time.sleep(0.02)
        return self.n_sent - self.n_received

    def go_on(self):
        self.n_sent = self.n_received = 0
        self.wants_pause = False


def kill_once(world, names, stream):
    lab = world.lab
    stream.go_on()
    for _ in range(world.random.randrange(5, 60)):
        world.step(at_once=20)
    for name in world.random.sample(names, len(names)):
        lab.kill(name)
    if "control" in names:
        world.forget_refusals()
    world.start_under_load(names)
    for _ in range(15):
        world.step()
    world.settle()
    lost = stream.pause()
    if "dataplane" not in names:
        check_equal(lost, 0, f"packets lost of {stream.n_sent} while control was killed")
    world.check_agreement(extra=1)


def restart_counter(lab):
    return int(re.search(r"Restart counter +(\d+)", lab.cli("show status")).group(1))


def test(lab: Lab):
    seed = int(os.environ.get("TORII_SEED", time.time_ns() % 1000000))
    print(f"seed {seed}", flush=True)
    lab.start()
    counter = restart_counter(lab)
    world = World(lab, seed, loss=0.02, doubled=0.02, late=0.05, addresses=("10.10.0.2", "10.10.0.3"))
    world.acts = [(act, weight) for act, weight in world.acts if act != world.restart]
    anchor = World(lab, seed, devices=1, first=900, addresses=("10.10.0.4",))
    anchor.attach(anchor.devices[0])
    anchor.settle()
    stream = Stream(lab, anchor.devices[0].session)
    stream.wants_pause = True
    stream.start()
    stream.pause()
    for i in range(KILLS):
        names = [["control"], ["dataplane"], ["dataplane", "control"]][i % 3]
        kill_once(world, names, stream)
        check_equal(restart_counter(lab), counter, "restart counter")
    stream.is_over = True
    world.end(extra=1)
    anchor.detach(anchor.devices[0])
    anchor.settle()
    wait_for(lambda: lab.sessions() == lab.n_active() == 0, "nothing left")
    print(world.report())


if __name__ == "__main__":
    main(test)
