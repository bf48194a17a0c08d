#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Create Session, Modify Bearer and Delete Session by hand: what the answers hold, and the causes of
rejections. TS 29.274 7.2.1, 7.2.2, 7.2.7 to 7.2.10, 7.7."""

import re
import socket
import struct

from _gtp import *
from _lab import GW, NET, Capture, Lab, check, check_equal, main, wait_for

IMSI_A = "001010000000001"


# TS 29.274 7.2.2, 8.4: what an answer holds, read by hand, by scapy and by tshark
def accepted(lab: Lab, sgw: Sgw):
    session = sgw.create(IMSI_A)
    answer = session.answer
    check(find(answer.ies, RECOVERY), "Recovery is missing at the first contact")
    check_equal(read_fteid(answer.value(FTEID, 1))[0], 7, "interface type of the PGW's control F-TEID")
    check_equal(read_fteid(answer.value(FTEID, 1))[2], GW, "its address")
    check(session.gw_teid_c != 0 and session.gw_teid_u != 0, "TEIDs are zero")
    check_equal(answer.value(PAA)[0], 1, "PDN type of the PAA")
    check_equal(answer.value(APN_RESTRICTION), b"\0", "APN Restriction")
    check(session.address.startswith("100.64."), f"address {session.address} isn't of the pool")
    check(answer.find(AMBR) is None, "AMBR is there though it wasn't changed")
    bearer = answer.find(BEARER)
    check_equal(find(bearer.ies, EBI).value, b"\5", "EBI")
    check_equal(find(bearer.ies, CAUSE).value[0], 16, "cause of the bearer")
    check_equal(read_fteid(find(bearer.ies, FTEID, 2).value)[0], 5, "interface type of the PGW's user F-TEID")
    check(int.from_bytes(find(bearer.ies, CHARGING_ID).value, "big") != 0, "Charging Id is zero")
    check(find(bearer.ies, QOS) is None, "Bearer QoS is there though it wasn't changed")
    read_pco(answer.value(PCO))
    wait_for(lambda: lab.sessions() == 1, "one session in the dataplane")
    return session


def units_of(value):
    """The units of a PCO: (id, content) pairs."""
    units, at = [], 1
    while at < len(value):
        kind, length = struct.unpack("!HB", value[at : at + 3])
        units.append((kind, value[at + 3 : at + 3 + length]))
        at += 3 + length
    check_equal(at, len(value), "end of the PCO's last unit")
    return units


# An APN that has everything to tell; and what it then tells, by container.
TALKATIVE = f'''apns: (
  {{ name = "talkative"; vrf = "internet"; pools = [ "internet", "internet6" ]; dns = [ "{NET}", "fd00:20::2" ];
    pcscf = [ "10.20.0.5", "10.20.0.6", "fd00:20::5" ]; mtu = 1358; mtu_non_ip = 128; ims_signalling = true;
    bearer_control = "device"; }},
  {{ name = "v4only"; vrf = "internet"; pools = [ "internet" ]; }},'''
TOLD = [(0x0001, socket.inet_pton(socket.AF_INET6, "fd00:20::5")), (0x0002, b""), (0x0003, socket.inet_pton(socket.AF_INET6, "fd00:20::2")),
        (0x0005, b"\1"), (0x000C, socket.inet_aton("10.20.0.5")), (0x000C, socket.inet_aton("10.20.0.6")),
        (0x000D, socket.inet_aton(NET)), (0x000E, tbcd("491701234567")), (0x0010, struct.pack("!H", 1358)), (0x0011, b""),
        (0x0015, struct.pack("!H", 128))]
ASKED = (0x0001, 0x0002, 0x0003, 0x0005, 0x000A, 0x000B, 0x000C, 0x000D, 0x000E, 0x000F, 0x0010, 0x0011, 0x0012, 0x0013, 0x0015, 0x0016,
         0x0017, 0xFF00)


# TS 24.008 10.5.6.3: every container, asked for in PCO, ePCO and APCO
# TS 29.274 8.94, 8.128: additional and extended options are answered in their own IE
def options(lab: Lab, sgw: Sgw):
    asked = pco(*((kind, b"") for kind in ASKED))
    msisdn = ie(MSISDN, tbcd("491701234567"))
    sgw.by_scapy = False  # it knows a device's bearer control container alone, not the network's; tshark does
    for i, kinds in enumerate(((PCO,), (EPCO,), (APCO,), (PCO, APCO), (EPCO, APCO))):
        session = sgw.create(f"00101000000002{i}", apn="talkative", MSISDN=msisdn, PCO=None, **{f"O{k}": ie(k, asked) for k in kinds})
        for kind in (PCO, EPCO, APCO):
            found = session.answer.find(kind)
            check_equal(found and units_of(found.value), TOLD if kind in kinds else None, f"IE {kind} for a request with {kinds}")
        check_equal(sgw.delete(session).cause, 16, "Delete Session")
    sgw.by_scapy = True
    shown = lab.cli("show apn talkative")
    for line in ("P-CSCF +10.20.0.5, 10.20.0.6, fd00:20::5", "MTU +1358 bytes", "Non-IP MTU +128 bytes", "TCP MSS, IPv6 +as it is",
                 "Router adverts +21600 s", "IMS signalling +granted", "Bearer control +device alone"):
        check(re.search(rf"^  {line}", shown, re.M), f"show apn has no line \"{line}\":\n{shown}")


def read_pco(value):
    """IPCP is answered by one Nak with the DNS asked for and the same identifier; DNS and MTU by containers."""
    check_equal(value[0], 0x80, "first octet of the PCO")
    units = dict(units_of(value))
    dns = socket.inet_aton("10.20.0.2")
    check_equal(units.get(0x000D), dns, "DNS container")
    check_equal(units.get(0x0010), struct.pack("!H", 1400), "MTU container")
    ipcp = units.get(0x8021, b"")
    check_equal(ipcp[:2], b"\x03\x07", "IPCP code (Nak) and identifier")
    check_equal(len(ipcp), struct.unpack("!H", ipcp[2:4])[0], "length in the IPCP packet")
    check(b"\x81\x06" + dns in ipcp, "primary DNS in the Nak")


# TS 29.274 7.2.2, 7.7.6, 7.7.7, 7.7.8: the causes of rejections with the offending IE
def rejected(sgw: Sgw):
    for what, changes, cause, offending in (
        ("unknown APN", {"apn": "nosuch"}, 78, None),
        ("no RAT Type", {"RAT": None}, 70, (RAT, 0)),
        ("no Sender F-TEID's bearer", {"BEARER": None}, 70, (BEARER, 0)),
        ("no APN", {"APN": None}, 70, (APN, 0)),
        ("RAT Type is reserved", {"RAT": ie(RAT, b"\0")}, 69, (RAT, 0)),
        ("IMSI is missing", {"IMSI": None}, 103, (IMSI, 0)),
        ("PDN type isn't served", {"apn": "v4only", "PDN_TYPE": ie(PDN_TYPE, b"\x02"), "PAA": ie(PAA, b"\x02\x40" + bytes(16))}, 83, None),
        ("RAT Type is empty", {"RAT": ie(RAT, b"")}, 67, (RAT, 0)),
        ("EBI is zero", {"BEARER": ie(BEARER, ie(EBI, b"\0") + qos() + fteid(4, 77, sgw.address, 2))}, 69, (EBI, 0)),
        ("F-TEID without address", {"BEARER": ie(BEARER, ie(EBI, b"\5") + qos() + ie(FTEID, b"\4\0\0\0\1", 2))}, 69,
         (FTEID, 2)),
    ):
        answer = sgw.refused(**changes)
        check_equal((answer.cause, answer.offending), (cause, offending), what)


# TS 29.274 7.7.6: what has a default is never a reason to refuse
def optional(sgw: Sgw):
    """What has a default is never a reason to refuse (an IoT SIM often has no MSISDN)."""
    session = sgw.create("001010000000002", MSISDN=None, ULI=None, SERVING_NETWORK=None, AMBR=None, APN_RESTRICTION=None,
                         SELECTION_MODE=None, PCO=None, INDICATION=None)
    check(session.answer.find(PCO) is None, "PCO in the answer though there was none in the request")
    value = session.answer.value(AMBR)
    check_equal(value, struct.pack("!II", 100000, 100000), "AMBR of the APN, told because the request had none")
    for apn in ("internet.mnc001.mcc001.gprs", "INTERNET"):
        check_equal(sgw.delete(sgw.create("001010000000003", apn=apn)).cause, 16, f"Delete Session of APN {apn}")
    # Dual stack is asked and IPv4 served: cause 18 and an IPv4 address.
    dual = sgw.create("001010000000004", causes=(18,), apn="v4only", pdn_type=3, PAA=ie(PAA, b"\x03\x40" + bytes(20)),
                      INDICATION=ie(INDICATION, b"\x80"))
    check_equal(dual.answer.value(PAA)[0], 1, "PDN type granted")
    epco = sgw.create("001010000000005", PCO=None, EPCO=ie(EPCO, pco((0x000D, b""))))
    check(epco.answer.find(EPCO) and not epco.answer.find(PCO), "an ePCO isn't answered by an ePCO alone")
    for s in (session, dual, epco):
        check_equal(sgw.delete(s).cause, 16, "Delete Session")


# TS 29.274 5.5.2, 7.2.7, 7.2.9.1: what is gone is answered with cause 64 and TEID 0
def ended(lab: Lab, sgw: Sgw, session):
    answer = sgw.delete(session, ebi=6)
    check_equal(answer.cause, 64, "Delete Session with another LBI")
    check_equal(sgw.modify(session, IMSI=ie(IMSI, tbcd(IMSI_A))).cause, 16, "Modify Bearer")
    check_equal(sgw.delete(session).cause, 16, "Delete Session")
    again = sgw.delete(session)
    check_equal((again.cause, again.teid), (64, 0), "second Delete Session: cause and TEID")
    check_equal(sgw.modify(session).cause, 64, "Modify Bearer of what is gone")
    wait_for(lambda: lab.sessions() == 0, "no session in the dataplane")
    check_equal(lab.n_active(), 0, "sessions of control")


def header(sgw: Sgw):
    echo = message(ECHO_REQUEST, [ie(RECOVERY, b"\1")], sgw.new_sequence(), has_teid=False)
    answer = sgw.ask(echo)
    check_equal((answer.kind, answer.teid, len(answer.value(RECOVERY))), (ECHO_RESPONSE, None, 1), "Echo Response")
    with_teid = message(ECHO_REQUEST, [ie(RECOVERY, b"\1")], sgw.new_sequence())
    check_equal(sgw.ask(with_teid).kind, ECHO_RESPONSE, "answer to an Echo Request with a TEID")
    sgw.send(bytes([0x60]) + echo[1:])
    answer = sgw.receive()
    check(answer is not None, "version 3 isn't answered")
    check_equal((answer.kind, len(answer.octets)), (VERSION_NOT_SUPPORTED, 8), "answer to version 3")
    for silent in (b"", b"\x40", bytes([0x20]) + echo[1:], message(250, [], sgw.new_sequence()),
                   message(CREATE_SESSION + 1, [ie(CAUSE, b"\x10\0")], sgw.new_sequence())):
        sgw.send(silent)
    sgw.quiet()


def test(lab: Lab):
    lab.edit("control", ("apns: (", TALKATIVE))
    lab.start()
    wire = Capture(lab, "sgw", "s5", "udp port 2123")
    sgw = Sgw(lab)
    session = accepted(lab, sgw)
    rejected(sgw)
    optional(sgw)
    options(lab, sgw)
    ended(lab, sgw, session)
    header(sgw)
    wire.stop()
    wire.check_sane(f"ip.src == {GW}")
    check_equal(wire.fields("gtpv2.message_type == 33 && e164.msisdn == 491701234567", "gtpv2.message_type") != [], True,
                "MSISDN in the options, as tshark reads it")
    check(wire.count(f"gtpv2 && ip.src == {GW}") > 25, "tshark doesn't see the answers as GTPv2")
    found = wire.fields("gtpv2.message_type == 33 && gtpv2.cause == 16", "gtpv2.pdn_addr_and_prefix.ipv4",
                        "gtpv2.f_teid_ipv4", "gtpv2.ebi")
    check(found and found[0][0].startswith("100.64.") and found[0][1].split(",") == [GW, GW] and found[0][2] == "5",
          f"tshark reads other values: {found}")


if __name__ == "__main__":
    main(test)
