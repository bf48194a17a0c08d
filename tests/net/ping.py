#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Devices through two SGWs reach the customer's network and each the gateway's own addresses answer;
afterwards nothing is left."""

from _lab import GW, NET, Capture, Lab, check, check_equal, main, wait_for


def test(lab: Lab):
    lab.start()
    wire = Capture(lab, "sgw", "s5")
    lab.ue("attach", "--devices", 6, "--sgw", "10.10.0.2,10.10.0.3")
    devices = lab.devices()
    check_equal([d["state"] for d in devices], ["up"] * 6, "states")
    check_equal(len({d["address"] for d in devices}), 6, "different addresses")
    check_equal({d["mtu"] for d in devices}, {1400}, "MTU told")
    check_equal({tuple(d["dns"]) for d in devices}, {("10.20.0.2", "0.0.0.0")}, "DNS told")
    check_equal((lab.n_active(), lab.sessions()), (6, 6), "sessions of control and dataplane")
    for i in range(6):
        lab.check_ping(f"ue{i}")
    # From the customer's side too, and full size.
    lab.check_ping("net", devices[3]["address"])
    lab.check_ping("ue2", size=1372)
    # The appliance's own addresses answer by Linux.
    lab.check_ping("sgw", GW)
    lab.check_ping("net", "10.20.0.1")
    # What nobody has is neither forwarded nor punted.
    before = lab.telemetry("/torii/punt")["other"]["packets"]
    check_equal(lab.ping("net", "100.64.77.77", 3), (3, 0), "ping to a free address")
    check_equal(lab.drops().get("NO_SESSION"), 3, "drops for want of a session")
    check_equal(lab.telemetry("/torii/punt")["other"]["packets"], before, "punted")
    wire.stop()
    wire.check_sane("ip.src == 10.10.0.1")
    check(wire.count("gtp.message == 0xff && ip.src == 10.10.0.1") >= 21, "G-PDUs on the wire")
    lab.ue("detach", "all")
    wait_for(lambda: lab.sessions() == 0, "no sessions in the dataplane")
    workers = lab.telemetry("/torii/workers")
    check_equal([(w["teids"], w["addresses"], w["peers"]) for w in workers.values()], [(0, 0, 0)], "what is left")
    check_equal(lab.n_active(), 0, "sessions of control")


if __name__ == "__main__":
    main(test)
