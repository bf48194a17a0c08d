#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""GTP-U's own messages: Echo, Error Indication both ways, Supported Extension Headers Notification.
TS 29.281 7.2 and 7.3."""

# TS 29.281 5.2, 7.2.1, 7.2.2, 7.2.3, 7.3.1: GTP-U's own messages and extension headers

import socket
import struct

from _gtp import *
from _lab import GW, NET, SGW, Capture, Lab, check, check_equal, main, wait_for

ECHO_U, ECHO_U_RESPONSE, ERROR_INDICATION, SUPPORTED_EXTENSIONS = 1, 2, 26, 31


def read_ies_u(rest, with_sequence=True):
    """{type: value} of a GTP-U message's IEs: a TV has its high bit clear."""
    at, found = 4 if with_sequence else 0, {}
    sizes = {14: 1, 16: 4}
    while at < len(rest):
        kind = rest[at]
        if kind & 0x80 and kind != 141:
            size = struct.unpack("!H", rest[at + 1 : at + 3])[0]
            at += 3
        elif kind == 141:
            size = rest[at + 1]
            at += 2
        else:
            size = sizes[kind]
            at += 1
        check(at + size <= len(rest), f"IE {kind} is longer than its message")
        found[kind] = rest[at : at + size]
        at += size
    return found


def echo(sgw: Sgw):
    for sequence in (0, 1, 0xFFFF):
        sgw.send_user(gtpu(ECHO_U, 0, struct.pack("!HBB", sequence, 0, 0), flags=0x32))
        kind, teid, rest, source = sgw.receive_user()
        check_equal((kind, teid, source), (ECHO_U_RESPONSE, 0, (GW, 2152)), "answer to a GTP-U Echo Request")
        check_equal(struct.unpack("!H", rest[:2])[0], sequence, "its sequence number")
        check_equal(read_ies_u(rest), {14: b"\0"}, "its IEs (a Recovery of 0)")
    # From any source port the answer goes back there.
    other = sgw.lab.udp("sgw", SGW, 40000)
    other.settimeout(5)
    other.sendto(gtpu(ECHO_U, 0, struct.pack("!HBB", 5, 0, 0), flags=0x32), (GW, 2152))
    octets, source = other.recvfrom(100)
    check_equal((octets[1], source), (ECHO_U_RESPONSE, (GW, 2152)), "answer to an Echo Request from port 40000")


def unknown_teid(sgw: Sgw, session):
    teid = session.gw_teid_u ^ 0x01000000
    sgw.send_user(gpdu(teid, udp(session.address, NET, 4001, 4000, b"x")))
    kind, header_teid, rest, source = sgw.receive_user()
    check_equal((kind, header_teid, source[0]), (ERROR_INDICATION, 0, GW), "answer to an unknown TEID")
    ies = read_ies_u(rest)
    check_equal(ies.get(16), struct.pack("!I", teid), "TEID Data I")
    check_equal(ies.get(133), socket.inet_aton(GW), "GTP-U Peer Address")
    # An End Marker for a tunnel that isn't ours ends nothing and is no reason to answer at length.
    sgw.send_user(gtpu(254, session.gw_teid_u))
    check(sgw.receive_user(0.3) is None, "an End Marker was answered")


def storm(lab: Lab, sgw: Sgw, session):
    """The answers to unknown TEIDs are limited in rate, and what was held back is counted."""
    before = lab.counters()
    for i in range(2000):
        sgw.send_user(gpdu(session.gw_teid_u ^ 0x01000000, udp(session.address, NET, 4001, 4000, b"x")))
        if i % 50 == 49:
            wait_for(lambda: lab.counters()["rx_packets"] - before["rx_packets"] > i, "the storm's packets")
    after = wait_for(lambda: (c := lab.counters())["rx_packets"] - before["rx_packets"] >= 2000 and c, "the storm's end")
    sent = after["error_indication_tx"] - before["error_indication_tx"]
    held = after["answers_policed"] - before["answers_policed"]
    check_equal(sent + held, 2000, "Error Indications sent and held back")
    check(0 < sent < 1500, f"{sent} Error Indications for 2000 packets")
    got = 0
    while sgw.receive_user(0.2):
        got += 1
    check_equal(got, sent, "Error Indications received")


def extension_header(sgw: Sgw, session):
    """A header that must be understood by the receiver (bits 8 and 7 of its type: 11) and isn't."""
    payload = struct.pack("!HBB", 9, 0, 0xC1) + b"\1\0\1\0" + udp(session.address, NET, 4001, 4000, b"x")
    sgw.send_user(gtpu(255, session.gw_teid_u, payload, flags=0x34))
    got = sgw.receive_user()
    check(got, "no Supported Extension Headers Notification")
    kind, teid, rest, source = got
    check_equal((kind, teid, source[0]), (SUPPORTED_EXTENSIONS, 0, GW), "answer to an unknown extension header")
    check(141 in read_ies_u(rest), "the list of extension headers is missing")


def error_indication(lab: Lab, sgw: Sgw, session, other):
    """Acts only if source and TEID are the session's: then the session ends, also towards the SGW."""
    def send(teid, address, sender):
        ies = b"\x10" + struct.pack("!I", teid) + b"\x85\0\4" + socket.inet_aton(address)
        sender.send_user(gtpu(ERROR_INDICATION, 0, struct.pack("!HBB", 1, 0, 0) + ies, flags=0x32))

    stranger = Sgw(lab, "10.10.0.3")
    before = lab.counters()["error_indication_rx"]
    send(session.teid_u, "10.10.0.3", stranger)
    send(session.teid_u ^ 1, SGW, sgw)
    wait_for(lambda: lab.counters()["error_indication_rx"] == before + 2, "two Error Indications counted")
    sgw.quiet()
    check_equal(lab.n_active(), 2, "sessions after foreign Error Indications")
    send(session.teid_u, SGW, sgw)
    request = sgw.receive()
    check(request is not None, "no Delete Bearer Request after an Error Indication")
    check_equal((request.kind, request.teid), (DELETE_BEARER, session.teid_c), "message after an Error Indication")
    check_equal(request.value(EBI), b"\5", "its LBI")
    sgw.send(message(DELETE_BEARER + 1, [ie(CAUSE, b"\x10\0"), ie(EBI, b"\5")], request.sequence, session.gw_teid_c))
    wait_for(lambda: lab.n_active() == 1 and lab.sessions() == 1, "the session's end")
    check_equal(sgw.delete(other).cause, 16, "Delete Session of the other one")


def test(lab: Lab):
    lab.start()
    wire = Capture(lab, "sgw", "s5", "udp")
    sgw = Sgw(lab)
    session, other = sgw.create("001010000000001"), sgw.create("001010000000002")
    echo(sgw)
    unknown_teid(sgw, session)
    extension_header(sgw, session)
    storm(lab, sgw, session)
    error_indication(lab, sgw, session, other)
    wire.stop()
    wire.check_sane(f"ip.src == {GW}")
    check_equal(wire.count(f"gtp.message == 2 && ip.src == {GW}"), 4, "Echo Responses that tshark sees")


if __name__ == "__main__":
    main(test)
