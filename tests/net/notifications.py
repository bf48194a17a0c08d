#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What SGWs say beside the procedures of a session: Change Notification, Suspend and Resume, failed PDN
connection sets, two messages in one datagram; and a storm of attaches, in which all is answered."""

import socket
import struct
import time

from _gtp import *
from _lab import NET, Capture, Lab, check, check_equal, main, wait_for

CHANGE_NOTIFICATION, DELETE_SET, SUSPEND, RESUME = 38, 101, 162, 164
FQ_CSID = 132
RATE, STORM, SECONDS = 200, 5, 3


def ask_session(sgw, session, kind, *ies):
    return sgw.ask(message(kind, ies, sgw.new_sequence(), session.gw_teid_c))


# TS 29.274 7.3.14, 7.3.15: by TEID, and by IMSI where the TEID is 0
def changed(lab: Lab, sgw: Sgw):
    session = sgw.create("001010000000001")
    uli = ie(ULI, bytes.fromhex("1800f110abcd" + "00f11000000102"))
    answer = ask_session(sgw, session, CHANGE_NOTIFICATION, ie(RAT, b"\x08"), uli)
    check_equal((answer.cause, answer.teid), (16, session.teid_c), "Change Notification: cause and TEID")
    shown = lab.cli("show session imsi 001010000000001")
    check("TAC 43981" in shown and "NB-IoT" in shown, f"the change isn't shown: {shown}")
    by_imsi = [ie(IMSI, tbcd("001010000000001")), ie(RAT, b"\x06"), ie(EBI, b"\5")]
    answer = sgw.ask(message(CHANGE_NOTIFICATION, by_imsi, sgw.new_sequence()))
    check_equal((answer.cause, answer.teid), (16, session.teid_c), "the same with TEID 0")
    by_imsi[0] = ie(IMSI, tbcd("001010000000099"))
    answer = sgw.ask(message(CHANGE_NOTIFICATION, by_imsi, sgw.new_sequence()))
    check_equal((answer.cause, answer.teid), (96, 0), "an IMSI that isn't known")
    check(answer.find(IMSI) is not None, "the IMSI isn't in the answer")
    return session


# TS 29.274 7.4.1, 7.4.3: what comes downlink meanwhile is dropped by name
def suspended(lab: Lab, sgw: Sgw, session):
    net = lab.udp("net", NET)
    net.sendto(b"before", (session.address, 4000))
    check_equal(sgw.receive_user()[1], session.teid_u, "TEID of a downlink packet")
    check_equal(ask_session(sgw, session, SUSPEND, ie(IMSI, tbcd(session.imsi))).cause, 16, "Suspend")
    for _ in range(5):
        net.sendto(b"suspended", (session.address, 4000))
    wait_for(lambda: sum(n for name, n in lab.drops().items() if "dl_closed" in name.lower()) >= 5, "five named drops")
    check("suspended" in lab.cli("show session imsi 001010000000001"), "the session isn't shown as suspended")
    check_equal(ask_session(sgw, session, RESUME, ie(IMSI, tbcd(session.imsi))).cause, 16, "Resume")
    net.sendto(b"after", (session.address, 4000))
    kind, teid, inner, _ = sgw.receive_user()
    check(inner.endswith(b"after"), "a packet of the time of the suspension came later")
    other = fteid(6, session.teid_c + 1, sgw.address)
    answer = ask_session(sgw, session, SUSPEND, ie(IMSI, tbcd(session.imsi)), other)
    check_equal((answer.cause, answer.teid), (109, session.teid_c + 1), "Suspend by another SGW")


# TS 29.274 7.9.1, 7.9.2; TS 23.007 22
def failed_set(lab: Lab, sgw: Sgw):
    def csid(number):
        return ie(FQ_CSID, b"\x01" + socket.inet_aton(sgw.address) + struct.pack("!H", number), 1)

    before = lab.n_active()
    sessions = [sgw.create(f"00101000000010{i}", CSID=csid(7 + i % 2)) for i in range(4)]
    check(sessions[0].answer.find(FQ_CSID, 0) is not None, "no PGW-FQ-CSID for an SGW that names its own")
    answer = sgw.ask(message(DELETE_SET, [csid(7)], sgw.new_sequence()))
    check_equal((answer.cause, answer.teid), (16, 0), "Delete PDN Connection Set: cause and TEID")
    check_equal(lab.n_active(), before + 2, "sessions of the other set")
    check_equal(sgw.ask(message(DELETE_SET, [csid(99)], sgw.new_sequence())).cause, 16, "a set without sessions")
    for i in (1, 3):
        check_equal(sgw.delete(sessions[i]).cause, 16, "Delete Session")


# TS 29.274 5.5.1: a piggybacked message is served like one of its own
def piggybacked(sgw: Sgw, session):
    first = message(MODIFY_BEARER, [ie(RAT, b"\x06")], sgw.new_sequence(), session.gw_teid_c, flags=0x50)
    second = message(ECHO_REQUEST, [ie(RECOVERY, b"\1")], sgw.new_sequence(), has_teid=False)
    sgw.send(first + second)
    kinds = {sgw.receive().kind, sgw.receive().kind}
    check_equal(kinds, {MODIFY_BEARER + 1, ECHO_RESPONSE}, "answers to a pair")


class Storm:
    """STORM times as many Create Session Requests as are served; what is answered is counted as it comes."""

    def __init__(self, lab, sgw):
        self.sgw, self.causes, self.others = sgw, {}, []
        self.requests = [sgw.create_message(f"0010110{i:08}")[0] for i in range(RATE * STORM * SECONDS)]
        self.sent = 0

    def read(self):
        self.sgw.control.setblocking(False)
        while True:
            try:
                octets = self.sgw.control.recv(65536)
            except BlockingIOError:
                return
            if octets[1] == CREATE_SESSION + 1:
                self.causes[octets[16]] = self.causes.get(octets[16], 0) + 1
            else:
                self.others.append(Answer(octets))

    def answered(self):
        self.read()
        return sum(self.causes.values())

    def run(self, urgent):
        began = time.monotonic()
        while self.sent < len(self.requests):
            due = min(len(self.requests), int((time.monotonic() - began) * RATE * STORM) + 1)
            for octets in self.requests[self.sent : due]:
                self.sgw.send(octets)
            if due // 500 > self.sent // 500:
                self.sgw.send(urgent())
            self.sent = due
            self.read()


# TS 29.274 12.3.1: in an overload every request gets its answer, and nobody waits for those that attach
def storm(lab: Lab, sgw: Sgw):
    standing = [sgw.create(f"0010120{i:08}") for i in range(RATE * STORM * SECONDS // 500 + 1)]
    before = lab.n_active()

    def urgent():
        gone = standing.pop()
        echo = message(ECHO_REQUEST, [ie(RECOVERY, b"\1")], sgw.new_sequence(), has_teid=False)
        sgw.send(echo)
        return message(DELETE_SESSION, [ie(EBI, b"\5")], sgw.new_sequence(), gone.gw_teid_c)

    s = Storm(lab, sgw)
    n_standing = len(standing)
    s.run(urgent)
    wait_for(lambda: s.answered() == len(s.requests), "an answer to each request of the storm")
    check_equal(set(s.causes), {16, 73}, "causes in the storm")
    check(s.causes[16] >= 0.8 * RATE * SECONDS, f"{s.causes[16]} sessions in a storm of {SECONDS} s with {RATE}/s")
    deletes = [a for a in s.others if a.kind == DELETE_SESSION + 1]
    echoes = [a for a in s.others if a.kind == ECHO_RESPONSE]
    check_equal({a.cause for a in deletes}, {16}, "causes of Delete Session in the storm")
    check_equal((len(deletes), len(echoes)), (n_standing - len(standing),) * 2, "Delete Session and Echo Responses")
    check_equal(lab.n_active(), before + s.causes[16] - len(deletes), "sessions after the storm")
    sgw.control.settimeout(5)
    wait_for(lambda: sgw.ask(sgw.create_message("001010000000300")[0]).cause == 16, "service as before")


def test(lab: Lab):
    lab.edit("control", ("pools: (", f"limits: {{ create_rate = {RATE}; }};\npools: ("))
    lab.start()
    sgw = Sgw(lab)
    capture = Capture(lab, "sgw", "s5", "udp port 2123")
    session = changed(lab, sgw)
    suspended(lab, sgw, session)
    failed_set(lab, sgw)
    piggybacked(sgw, session)
    capture.check_sane("gtpv2")
    storm(lab, sgw)


if __name__ == "__main__":
    main(test)
