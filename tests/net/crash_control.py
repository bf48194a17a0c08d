#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of control: every session forwards on without a lost packet, control comes back with all of
them, the same restart counter, and the same answers."""

# TS 23.007 16.1, 18: after kill -9 the restart counter is the same, since no session was lost

from _gtp import *
from _lab import NET, Lab, Pings, check, check_equal, main, wait_for


def restart_counter(sgw: Sgw):
    answer = sgw.ask(message(ECHO_REQUEST, [ie(RECOVERY, b"\1")], sgw.new_sequence(), has_teid=False))
    return answer.value(RECOVERY)[0]


def test(lab: Lab):
    lab.start()
    sgw = Sgw(lab, "10.10.0.4")
    lab.ue("attach", "--devices", 4, "--sgw", "10.10.0.2,10.10.0.3")
    hand_made = [sgw.create(f"0010100000001{i:02}") for i in range(20)]
    addresses = {s.address for s in hand_made} | {d["address"] for d in lab.devices()}
    lab.check_ping("ue0")
    recovery = restart_counter(sgw)
    usage = lab.counters()["ul_packets"]
    # Pings run over the whole of it.
    pings = [Pings(lab, f"ue{i}", count=300, interval=0.01, patience=10) for i in range(4)]
    wait_for(lambda: lab.counters()["ul_packets"] > usage + 40, "pings on their way")
    lab.kill("control")
    lab.check_ping("ue1", count=10)
    lab.start("control")
    check_equal(lab.n_active(), 24, "sessions of control after its crash")
    check_equal(restart_counter(sgw), recovery, "restart counter after a crash of control")
    check_equal([p.result() for p in pings], [(300, 300)] * 4, "pings over the crash")
    wait_for(lambda: lab.sessions() == 24, "24 sessions in the dataplane")
    check(lab.counters()["ul_packets"] >= usage + 1200, "the dataplane's counters went on")
    # Nobody gets an address that is held; the sessions can be changed and ended as ever.
    for i in range(10):
        check(sgw.create(f"0010100000002{i:02}").address not in addresses, "an address was given twice")
    check_equal(sgw.modify(hand_made[0]).cause, 16, "Modify Bearer after the crash")
    for session in hand_made:
        check_equal(sgw.delete(session).cause, 16, "Delete Session after the crash")
    lab.ue("move", "all", "10.10.0.2")
    lab.check_ping("ue1")
    lab.ue("detach", "all")
    wait_for(lambda: lab.sessions() == lab.n_active() == 10, "ten sessions left")
    # An orderly stop is the same path.
    lab.stop("control")
    lab.start("control")
    check_equal((lab.n_active(), restart_counter(sgw)), (10, recovery), "sessions and counter after stop and start")


if __name__ == "__main__":
    main(test)
