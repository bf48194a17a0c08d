#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A port of two devices under net_bonding: traffic goes on by the second when the first one's link goes down,
and by the first when the second's does."""

from _gtp import *
from _lab import NET, Lab, check, check_equal, main, wait_for

PORT = 4000
MAC = "02:70:72:69:69:ee"  # of the customer's server, wherever it is just plugged in


def bond(lab: Lab):
    """Port sgi by links m1 and m2 instead of its own."""
    for name in ("m1", "m2"):
        lab.link(name, "net")
        lab.run("net", "ip", "link", "set", name, "address", MAC)
    lab.run("net", "ip", "addr", "flush", "dev", "sgi")
    members = ", ".join(f'"{lab.device(name)}"' for name in ("m1", "m2"))
    lab.edit("dataplane", (f'device = "{lab.device("sgi")}";', f'device = "net_bonding,mode=1"; members = [ {members} ];'))


def plug(lab: Lab, name):
    """The server's address moves to this link, as a switch would do it."""
    lab.run("net", "ip", "addr", "add", f"{NET}/24", "dev", name)
    lab.run("net", "ip", "route", "replace", "100.64.0.0/16", "via", "10.20.0.1", "dev", name)


class Traffic:
    def __init__(self, lab, sgw, session):
        self.lab, self.sgw, self.session, self.number = lab, sgw, session, 0

    def both_ways(self):
        """True if a packet came through in each direction."""
        self.number += 1
        text = b"packet %d" % self.number
        server = self.lab.udp("net", NET, PORT)
        self.sgw.send_user(gpdu(self.session.gw_teid_u, udp(self.session.address, NET, PORT, PORT, text)))
        server.settimeout(0.3)
        try:
            # A link that was down may first deliver what its device kept.
            while server.recvfrom(100) != (text, (self.session.address, PORT)):
                pass
            server.sendto(text, (self.session.address, PORT))
            down = self.sgw.receive_user(1)
            return down is not None and down[2][28:] == text
        except TimeoutError:
            return False
        finally:
            server.close()


def test(lab: Lab):
    bond(lab)
    plug(lab, "m1")
    lab.start()
    check("net_bonding,mode=1 of 2 devices" in lab.log("dataplane"), "the port's members in the log")
    sgw = Sgw(lab)
    traffic = Traffic(lab, sgw, sgw.create("001010000000001"))
    wait_for(traffic.both_ways, "traffic by the first link")
    downs = lab.log("dataplane").count("sgi: link down")  # net_bonding looks at its members once it has started
    for gone, left in (("m1", "m2"), ("m2", "m1")):
        lab.run("net", "ip", "link", "set", left, "up")
        lab.run("net", "ip", "link", "set", gone, "down")
        lab.run("net", "ip", "addr", "flush", "dev", gone)
        plug(lab, left)
        wait_for(traffic.both_ways, f"traffic by {left} alone")
        check_equal(sum(traffic.both_ways() for _ in range(20)), 20, f"packets both ways by {left}")
        check_equal(lab.log("dataplane").count("sgi: link down"), downs, "times that the port had no link though a member has one")
    # With no link left the port has none, and Linux knows.
    lab.run("net", "ip", "link", "set", "m1", "down")
    wait_for(lambda: "NO-CARRIER" in lab.run("gw", "ip", "link", "show", "sgi"), "the TAP without carrier", 5)
    lab.run("net", "ip", "link", "set", "m2", "up")
    wait_for(lambda: "LOWER_UP" in lab.run("gw", "ip", "link", "show", "sgi"), "the TAP with carrier", 5)


if __name__ == "__main__":
    main((test, {"pmd": "af_packet"}))
