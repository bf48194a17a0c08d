#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Repeated requests get the answer that was given, also after control has been restarted; another
request with the same sequence is a new one; a SIM that comes again replaces its session. TS 29.274 7.6, 7.2.1."""

# TS 29.274 7.2.1, 7.6: repeated requests get the kept answer, also after a crash; a SIM that comes again replaces
# its session

from _gtp import *
from _lab import GTPC, GW, Lab, check, check_equal, main, wait_for

IMSI_A, IMSI_B = "001010000000001", "001010000000002"


def octets_of(sgw: Sgw, request):
    sgw.send(request)
    answer = sgw.receive()
    check(answer is not None, f"no answer to message {request[1]}")
    return answer.octets


def kept(lab: Lab, sgw: Sgw):
    request, _, _ = sgw.create_message(IMSI_A)
    first = octets_of(sgw, request)
    check_equal(Answer(first).cause, 16, "Create Session")
    for _ in range(3):
        check_equal(octets_of(sgw, request), first, "answer to a repeated Create Session Request")
    check_equal((lab.n_active(), lab.sessions()), (1, 1), "sessions")
    # Five at once: as many answers as are wanted, all of them the same.
    fresh, _, _ = sgw.create_message(IMSI_B)
    for _ in range(5):
        sgw.send(fresh)
    answers = {sgw.receive().octets}
    while (more := sgw.receive(0.5)) is not None:
        answers.add(more.octets)
    check_equal(len(answers), 1, "different answers to one request sent five times")
    check_equal(lab.n_active(), 2, "sessions")
    return request, first


def other_key(lab: Lab, sgw: Sgw, request):
    """The same sequence from another port, or with other octets, is another request."""
    again = lab.udp("sgw", sgw.address, 41000)
    again.settimeout(5)
    again.sendto(request, (GW, GTPC))
    octets, _ = again.recvfrom(65536)
    check_equal(Answer(octets).cause, 16, "Create Session from another port")
    check_equal(lab.n_active(), 2, "sessions: the SIM's old one is replaced")
    sequence = int.from_bytes(request[8:11], "big")
    ies = create_session_ies("001010000000003", 0x7001, 0x7002, sgw.address)
    answer = sgw.ask(message(CREATE_SESSION, ies, sequence))
    check_equal(answer.cause, 16, "another request with a sequence that was used")
    check_equal(answer.teid, 0x7001, "its TEID")
    check_equal(lab.n_active(), 3, "sessions")


def collision(lab: Lab, sgw: Sgw):
    """The same IMSI and EBI again: the old session is gone, a new TEID and one session remain."""
    before = lab.n_active()
    old = sgw.create("001010000000009")
    new = sgw.create("001010000000009")
    check(old.gw_teid_c != new.gw_teid_c and old.gw_teid_u != new.gw_teid_u, "the new session has the old one's TEIDs")
    check_equal(lab.n_active(), before + 1, "sessions")
    wait_for(lambda: lab.sessions() == before + 1, "as many in the dataplane")
    check_equal(sgw.delete(old).cause, 64, "Delete Session with the old TEID")
    check_equal(sgw.delete(new).cause, 16, "Delete Session with the new TEID")


def after_restart(lab: Lab, sgw: Sgw):
    """Nothing that was answered is forgotten when control crashes."""
    request, _, _ = sgw.create_message("001010000000010")
    first = octets_of(sgw, request)
    gone = sgw.create("001010000000011")
    delete = message(DELETE_SESSION, [ie(EBI, b"\5")], sgw.new_sequence(), gone.gw_teid_c)
    deleted = octets_of(sgw, delete)
    n = lab.n_active()
    lab.kill("control")
    lab.start("control")
    check_equal(octets_of(sgw, request), first, "repeated Create Session Request after a crash of control")
    check_equal(octets_of(sgw, delete), deleted, "repeated Delete Session Request after a crash of control")
    check_equal((lab.n_active(), lab.sessions()), (n, n), "sessions after a crash of control")


# TS 23.007 18; TS 29.274 7.6: what comes late from before an SGW's restart
def late(lab: Lab, sgw: Sgw):
    """A Create Session Request of an SGW's life before is repeated when its session is with another SGW."""
    other = Sgw(lab, "10.10.0.3")
    request, teid_c, teid_u = sgw.create_message("001010000000012", RECOVERY=ie(RECOVERY, b"\x05"))
    first = octets_of(sgw, request)
    session = Session(sgw, "001010000000012", teid_c, teid_u, Answer(first))
    check_equal(other.modify(session).cause, 16, "move to another SGW")
    echo = message(ECHO_REQUEST, [ie(RECOVERY, b"\x06")], sgw.new_sequence(), has_teid=False)
    check_equal(sgw.ask(echo).kind, ECHO_RESPONSE, "answer of an SGW that has restarted")
    check_equal(octets_of(sgw, request), first, "answer to a request of before its restart")
    check_equal(other.delete(session).cause, 16, "Delete Session by the SGW that has it")


def test(lab: Lab):
    lab.start()
    sgw = Sgw(lab)
    request, _ = kept(lab, sgw)
    other_key(lab, sgw, request)
    collision(lab, sgw)
    after_restart(lab, sgw)
    late(lab, sgw)


if __name__ == "__main__":
    main(test)
