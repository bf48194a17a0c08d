#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A device moves to another SGW: no packet is lost, one End Marker closes the old path after its last
packet. TS 23.401 5.5.1.1.2, TS 29.281 7.3.2."""

# TS 29.274 7.2.7; TS 29.281 7.3.2: a device moves to another SGW, one End Marker after the last packet

from _gtp import *
from _lab import GW, NET, Capture, Lab, Pings, check, check_equal, main, wait_for


def end_marker(lab: Lab):
    """By hand: what leaves for the old SGW, in order, while packets keep coming."""
    old, new = Sgw(lab, "10.10.0.2"), Sgw(lab, "10.10.0.3")
    session = old.create("001010000000001")
    server = lab.udp("net", NET, 40000)
    old_teid = session.teid_u
    # Both SGWs are neighbours already: packets that wait for one to be resolved are another test's.
    lab.run("sgw", "ping", "-q", "-c", 1, "-I", "10.10.0.3", GW)
    wait_for(lambda: "10.10.0.3" in lab.cli("show neighbours"), "10.10.0.3 among the neighbours")
    old.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, 1, 40000, b"warm up")))
    server.settimeout(5)
    server.recv(100)
    for i in range(200):
        if i == 100:
            check_equal(new.modify(session).cause, 16, "Modify Bearer")
        server.sendto(b"%d" % i, (session.address, 40001))
    on_old, on_new = [], []
    wait_for(lambda: lab.counters()["dl_packets"] == 200, "200 packets downlink")
    for sgw, got in ((old, on_old), (new, on_new)):
        while (m := sgw.receive_user(0.5)) is not None:
            got.append(m)
    check_equal({teid for _, teid, _, _ in on_old}, {old_teid}, "TEIDs towards the old SGW")
    check_equal({teid for _, teid, _, _ in on_new}, {session.teid_u}, "TEIDs towards the new SGW")
    check_equal([kind for kind, *_ in on_old].count(254), 1, "End Markers")
    check_equal(on_old[-1][0], 254, "the last message on the old path")
    check_equal((on_old[-1][2], on_old[-1][3]), (b"", (GW, 2152)), "End Marker's rest and source")
    check_equal(len(on_old) - 1 + len(on_new), 200, "packets on both paths together")
    # The old tunnel's uplink is still taken: an SGW's sender may lag behind.
    old.send_user(gpdu(session.gw_teid_u, udp(session.address, NET, 1, 40000, b"late")))
    check_equal(server.recv(100), b"late", "a late uplink packet by the old SGW")
    # The same tunnel again moves nothing: no further End Marker.
    answer = new.ask(message(MODIFY_BEARER, [ie(RAT, b"\x06")], new.new_sequence(), session.gw_teid_c))
    check_equal((answer.cause, answer.find(BEARER)), (16, None), "Modify Bearer without a bearer context")
    check_equal(lab.counters()["end_marker_tx"], 1, "End Markers sent")
    check_equal(new.delete(session).cause, 16, "Delete Session at the new SGW")
    for sgw in (old, new):
        sgw.control.close()
        sgw.user.close()


def test(lab: Lab):
    lab.start()
    wire = Capture(lab, "sgw", "s5", "udp")
    end_marker(lab)
    lab.ue("attach", "--devices", 2, "--sgw", "10.10.0.2,10.10.0.3,10.10.0.4")
    before = lab.counters()["ul_packets"]
    pings = Pings(lab, "ue0", count=3000, interval=0.001, patience=10)
    for n, address in enumerate(("10.10.0.3", "10.10.0.4", "10.10.0.2", "10.10.0.3"), 1):
        wait_for(lambda: lab.counters()["ul_packets"] > before + 400 * n, "pings on their way")
        lab.ue("move", 0, address)
    check_equal(pings.result(), (3000, 3000), "pings while moving")
    device = lab.devices()[0]
    check_equal((device["sgw"], device["end_markers"]), ("10.10.0.3", 4), "SGW and End Markers of the device")
    check("10.10.0.3" in lab.cli(f"show session imsi {device['imsi']}"), "the new SGW at the command line")
    lab.check_ping("ue1")
    wire.stop()
    wire.check_sane(f"ip.src == {GW}")


if __name__ == "__main__":
    main(test)
