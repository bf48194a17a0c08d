#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""`clear session ...` at the command line: a Delete Bearer Request goes to the right SGW, repeated until
it is answered; the session is gone also where nobody answers. TS 29.274 7.2.9.2, 7.6."""

# TS 29.274 7.2.9.2, 7.6: Delete Bearer Requests are repeated until they are answered

from _gtp import *
from _lab import Lab, check, check_equal, main, wait_for


answered = set()


def received(sgw: Sgw, *seconds):
    """The next message but a repetition of one that was answered late, on a busy machine."""
    while (request := sgw.receive(*seconds)) is not None and request.octets in answered:
        pass
    return request


def taken(sgw: Sgw, session):
    """The Delete Bearer Request for a session, answered."""
    request = received(sgw)
    check(request is not None, "no Delete Bearer Request")
    check_equal((request.kind, request.teid), (DELETE_BEARER, session.teid_c), "message and TEID")
    check_equal(request.value(EBI), b"\5", "LBI")
    check(request.find(EBI, 1) is None, "an EBI beside the LBI")
    sgw.send(message(DELETE_BEARER + 1, [ie(CAUSE, b"\x10\0"), ie(EBI, b"\5")], request.sequence, session.gw_teid_c))
    answered.add(request.octets)


def test(lab: Lab):
    lab.edit("control", ('t3 = "3s"', 't3 = "300ms"'))
    lab.start()
    a, b = Sgw(lab, "10.10.0.2"), Sgw(lab, "10.10.0.3")
    one = a.create("001010000000001")
    two = b.create("001010000000002")
    three = b.create("001010000000003")
    four = b.create("001010000000004")

    lab.cli("clear session imsi 001010000000001")
    taken(a, one)
    wait_for(lambda: lab.n_active() == 3 and lab.sessions() == 3, "one session fewer")
    check("% " in lab.cli("clear session imsi 001010000000001", ok=False), "an IMSI without sessions can be cleared")

    lab.cli(f"clear session address {two.address}")
    taken(b, two)
    wait_for(lambda: lab.n_active() == 2, "two sessions left")

    # Nobody answers: the same octets N3 times, then the session goes all the same.
    lab.cli(f"clear session teid 0x{three.gw_teid_c:08x}")
    requests = [received(b) for _ in range(4)]
    check(None not in requests, f"{sum(r is not None for r in requests)} Delete Bearer Requests, not 4")
    check_equal(len({r.octets for r in requests}), 1, "different requests among the repeated ones")
    wait_for(lambda: lab.n_active() == 1 and lab.sessions() == 1, "the end of the session that nobody answered for")
    check(received(b, 1) is None, "more than N3 Delete Bearer Requests")

    lab.cli("clear session apn internet")
    taken(b, four)
    wait_for(lambda: lab.n_active() == 0 and lab.sessions() == 0, "no session")

    # With real devices: their interfaces go.
    a.control.close()
    a.user.close()
    lab.ue("attach", "--devices", 2)
    lab.cli("clear session peer 10.10.0.2")
    wait_for(lambda: [d["state"] for d in lab.devices()] == ["down", "down"], "both devices down")
    done = lab.run("ue0", "true", ok=False)
    check(done.returncode != 0, "the device's namespace is still there")


if __name__ == "__main__":
    main(test)
