#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A port of two devices under net_bonding with LACP; the other end is Linux's bonding driver, in user-mode
Linux, as the machine's kernel may have none. Both agree on one group of two links; either may be taken out
of it and put back, and traffic goes on by the other."""

import os
import re
import sys

from bonding import Traffic
from _gtp import *
from _lab import NET, ROOT, Lab, check, check_equal, main, wait_for


def join(lab: Lab, name):
    lab.run("net", "ip", "link", "set", name, "down")
    lab.run("net", "ip", "link", "set", name, "master", "trunk")
    lab.run("net", "ip", "link", "set", name, "up")


def bond(lab: Lab):
    """Port sgi by links m1 and m2, which are one interface at the customer's."""
    lab.run("net", "ip", "addr", "flush", "dev", "sgi")
    lab.run("net", "ip", "link", "add", "trunk", "type", "bond", "mode", "802.3ad", "miimon", "100", "lacp_rate", "fast")
    for name in ("m1", "m2"):
        lab.link(name, "net")
        join(lab, name)
    lab.run("net", "ip", "link", "set", "trunk", "up")
    lab.run("net", "ip", "addr", "add", f"{NET}/24", "dev", "trunk")
    lab.run("net", "ip", "route", "replace", "100.64.0.0/16", "via", "10.20.0.1", "dev", "trunk")
    members = ", ".join(f'"{lab.device(name)}"' for name in ("m1", "m2"))
    lab.edit("dataplane", (f'device = "{lab.device("sgi")}";', f'device = "net_bonding,mode=4"; members = [ {members} ];'))


def group(lab: Lab):
    """(links in the active group, MAC of its other end), as Linux says."""
    text = lab.run("net", "cat", "/proc/net/bonding/trunk")
    ports, partner = re.search(r"Number of ports: (\d+)", text), re.search(r"Partner Mac Address: (\S+)", text)
    return (int(ports.group(1)), partner.group(1)) if ports and partner else (0, "")


def test(lab: Lab):
    bond(lab)
    lab.start()
    mac = lab.run("gw", "cat", "/sys/class/net/sgi/address").strip()
    wait_for(lambda: group(lab) == (2, mac), "one group of two links", 60)
    sgw = Sgw(lab)
    traffic = Traffic(lab, sgw, sgw.create("001010000000001"))
    wait_for(traffic.both_ways, "traffic by the group", 20)
    check_equal(sum(traffic.both_ways() for _ in range(20)), 20, "packets both ways by the group")
    for gone in ("m1", "m2"):
        lab.run("net", "ip", "link", "set", gone, "nomaster")  # and tells the other end
        wait_for(lambda: group(lab) == (1, mac), f"a group without {gone}", 20)
        wait_for(traffic.both_ways, f"traffic without {gone}", 20)
        check_equal(sum(traffic.both_ways() for _ in range(20)), 20, f"packets both ways without {gone}")
        join(lab, gone)
        wait_for(lambda: group(lab) == (2, mac), f"the group with {gone} again", 60)
        wait_for(traffic.both_ways, f"traffic with {gone} again", 20)


if __name__ == "__main__":
    if sys.argv[1:] != ["inside"]:
        settings = [f"{name}={value}" for name, value in os.environ.items() if name in ("TORII_LAB", "TORII_BUILD")]
        os.execv(ROOT / "tests/uml/run", [
            "run", "--modules", "tun ipv6 veth bonding sch_ingress cls_matchall act_gact",
            "/usr/bin/env", "TMPDIR=/run", "TORII_LAB_PMD=af_packet", *settings, __file__, "inside"])
    main(test)
