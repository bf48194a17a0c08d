#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of the dataplane: interfaces, addresses and routes stay, control says that it waits, puts every
session again, and traffic goes on without the peers' help; usage isn't lost. Both at once: sessions stay."""

import re

from _gtp import *
from _lab import Lab, check, check_equal, main, wait_for


def usage(lab: Lab, imsi):
    """(packets up, packets down) of a session, as control shows them."""
    text = lab.cli(f"show session imsi {imsi}")
    return [int(re.search(rf"{way}\s+(\d+) packets", text).group(1)) for way in ("Uplink", "Downlink")]


def test(lab: Lab):
    lab.start()
    lab.run("gw", "ip", "route", "add", "203.0.113.0/24", "via", "10.20.0.2")
    lab.ue("attach", "--devices", 4, "--sgw", "10.10.0.2,10.10.0.3")
    for i in range(4):
        lab.check_ping(f"ue{i}")
    imsi = lab.devices()[2]["imsi"]
    wait_for(lambda: usage(lab, imsi) == [3, 3], "usage of three pings")
    links = lab.run("gw", "ip", "-br", "addr")

    lab.kill("dataplane")
    check_equal(lab.ping("ue0", count=1), (1, 0), "ping without a dataplane")
    wait_for(lambda: "not attached" in lab.cli("show version") or "lost" in lab.cli("show status"),
             "control notices that the dataplane is gone")
    check_equal(lab.n_active(), 4, "sessions of control meanwhile")
    for interface, address in (("s5", "10.10.0.1/24"), ("sgi", "10.20.0.1/24")):
        check(re.search(rf"^{interface}\s.*{address}", links, re.M), f"{interface} had {address}")
        check(address in lab.run("gw", "ip", "-br", "addr", "show", interface), f"{interface} has lost {address}")
    check("203.0.113.0/24" in lab.run("gw", "ip", "route"), "the route is gone")

    lab.start("dataplane")
    wait_for(lambda: lab.sessions() == 4, "four sessions in the new dataplane")
    for i in range(4):
        lab.check_ping(f"ue{i}")
    check_equal([d["state"] for d in lab.devices()], ["up"] * 4, "devices, which were never told")
    wait_for(lambda: usage(lab, imsi) == [6, 6], f"usage over both instances, not {usage(lab, imsi)}")

    # Both at once.
    lab.kill("dataplane")
    lab.kill("control")
    lab.start()
    wait_for(lambda: lab.sessions() == lab.n_active() == 4, "four sessions after both crashed")
    for i in range(4):
        lab.check_ping(f"ue{i}")
    lab.ue("detach", "all")
    wait_for(lambda: lab.sessions() == lab.n_active() == 0, "no session left")


if __name__ == "__main__":
    main(test)
