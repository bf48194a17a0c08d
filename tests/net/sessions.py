#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Create, Modify, Delete Session and the rest of GTPv2-C by hand-made messages; tshark judges."""
import struct

from _lab import *
from _messages import *

def capped(name, text):
    return text.replace('downlink = "100M";', 'downlink = "100M"; downlink_max = "100M";')


lab_with_gateway(capped)
sgw = Sgw()

# Echo: answered with our Recovery, the sequence copied; also with a T flag.
answer = sgw.ask(echo(0x123456))
check("Echo Response", (answer[1], answer[4:7].hex()), (2, "123456"))
recovery = ie(ies(answer), 3)
with_teid = struct.pack("!BBHIIBHBB", 0x48, 1, 13, 0, 0x77 << 8, 3, 1, 0, 7)
check("Echo with a TEID", sgw.ask(with_teid)[1], 2)

# A later version is told which one we speak; GTPv1 gets no answer.
newer = struct.pack("!BBHI", 0x60, 1, 4, 0x555 << 8)
sgw.send(newer)
answer = sgw.receive()
check("Version Not Supported Indication", (answer[0] >> 5, answer[1]), (2, 3))
sgw.send(struct.pack("!BBHI", 0x32, 1, 4, 0) + bytes(4))
check("GTPv1", sgw.receive(0.3), None)

# Create Session: every IE that partners expect, with right values.
s = Session(sgw, 1)
check("cause", s.cause, 16)
check("PGW F-TEID interface", ie(s.found, 87, 1)[0] & 0x3f, 7)
check("PGW-U F-TEID interface", ie(s.created, 87, 2)[0] & 0x3f, 5)
check("Recovery, which the Echo Response has told", ie(s.found, 3), None)
first = Session(Sgw(SGW2), 2)
check("first contact: Recovery", ie(first.found, 3), recovery)
check("APN Restriction", ie(s.found, 127), b"\0")
check("EBI", ie(s.created, 73), b"\5")
check("bearer cause", ie(s.created, 2)[0], 16)
check("Charging Id isn't zero", any(ie(s.created, 94)), True)
check("AMBR over the APN's maximum is lowered, and told", struct.unpack("!II", ie(s.found, 72)), (100000, 100000))
names = ["gtpv2.pdn_addr_and_prefix.ipv4", "gtpv2.cause", "gtpv2.f_teid_interface_type"]
address, causes, interfaces = fields(s.answer, *names)
check("tshark's PAA", address, [s.address])
check("tshark's causes", causes, ["16", "16"])
check("tshark's interfaces", interfaces, ["7", "5"])
pco = ie(s.found, 78)
check("IPCP Nak with the DNS server", bytes.fromhex("8021") in pco and
      bytes.fromhex("81060a140002") in pco, True)
check("container 000D", bytes.fromhex("000d040a140002") in pco, True)
check("container 0010, MTU 1400", bytes.fromhex("00100205 78".replace(" ", "")) in pco, True)

# A repeated request gets the same bytes; one with another byte is a new one.
request = create_session(sgw, imsi="001010000000002", sequence=0x4000, c_teid=0x1002, u_teid=0x2002)
first = sgw.ask(request)
again = sgw.ask(request)
check("kept answer", again, first)
different = create_session(sgw, imsi="001010000000003", sequence=0x4000, c_teid=0x1003, u_teid=0x2003)
other = sgw.ask(different)
check("another request under the same sequence", (cause_of(other), other != first), (16, True))
check("later contact: no Recovery", ie(ies(other), 3), None)

# The same IMSI and EBI again: the old session is replaced.
replaced = Session(sgw, 1)
check("replaced", (replaced.cause, replaced.gateway_teid != s.gateway_teid), (16, True))
check("delete the replaced one", cause_of(s.delete()), 64)
s = replaced

# Dual stack: IPv4v6 asked with DAF, IPv4 served.
dual = Session(sgw, 10, pdn_type=3, indication=b"\x80\x00")
check("IPv4v6", (dual.cause, ie(dual.found, 79)[0]), (18, 1))
check("IPv6 alone", Session(sgw, 11, pdn_type=2).cause, 83)

# ePCO asked: ePCO answered, and no PCO.
e = Session(sgw, 12, pco=None, epco=bytes.fromhex("80000d00"))
check("ePCO", (ie(e.found, 78), bytes.fromhex("000d040a140002") in ie(e.found, 197)), (None, True))

# What may be missing, and what may not.
for part, ie_type in (("imsi", 1), ("paa", None), ("rat", 82), ("apn", 71), ("bearer", 93), ("sender", 87)):
    out = (part,) if part != "paa" else ("paa", "pdn_type")
    answer = sgw.ask(create_session(sgw, imsi="001010000000020", leave_out=out))
    value = ie(ies(answer), 2)
    check("without %s" % part, value[0], 103 if part in ("imsi", "paa") else 70)
    if ie_type:
        check("offending IE without %s" % part, value[2], ie_type)
optional = ("msisdn", "mei", "uli", "serving_network", "indication", "selection_mode",
            "apn_restriction", "ambr", "pco", "recovery", "charging")
bare = Session(sgw, 21, leave_out=optional)
check("nothing optional", bare.cause, 16)
check("AMBR of the APN", struct.unpack("!II", ie(bare.found, 72)), (100000, 100000))
check("no PCO asked", ie(bare.found, 78), None)
check("unknown APN", Session(sgw, 22, name="nowhere").cause, 78)
check("APN with operator identifier", Session(sgw, 23, name="internet.mnc001.mcc001.gprs").cause, 16)

# Modify Bearer: with nothing, with the bearer, with an unknown one.
check("Modify Bearer, no IE", cause_of(s.modify(body=b"")), 16)
answer = s.modify()
modified = ies(ie(ies(answer), 93), 0)
check("Modify Bearer", (cause_of(answer), ie(modified, 73), ie(modified, 2)[0]), (16, b"\5", 16))
unknown = octets(93, octets(73, b"\x07") + fteid(4, 0x999, SGW, 1))
answer = s.modify(body=unknown)
check("Modify Bearer of an unknown default bearer", cause_of(answer) in (17, 64), True)
answer = sgw.ask(message(34, sgw.next_sequence(), b"", 0x0badbad0))
check("Modify Bearer, unknown TEID", (cause_of(answer), answer[4:8]), (64, bytes(4)))

# Delete Session: wrong bearer, wrong sender, right, again.
check("Delete Session, wrong LBI", cause_of(s.delete(lbi=6)), 64)
stranger = octets(73, b"\5") + fteid(6, 0x7777, SGW)
check("Delete Session, wrong sender", cause_of(s.delete(body=stranger)), 109)
check("Delete Session", cause_of(s.delete()), 16)
answer = s.delete()
check("Delete Session again", (cause_of(answer), answer[4:8]), (64, bytes(4)))

# The operator ends one: Delete Bearer Request to the F-TEID's address, port 2123.
victim = Session(sgw, 30)
telnet("clear session imsi %s" % "001010000000030")
request = sgw.receive()
check("Delete Bearer Request", (request[1], struct.unpack("!I", request[4:8])[0]), (99, victim.c_teid))
check("its LBI", ie(ies(request), 73), b"\5")
sgw.send(message(100, struct.unpack("!I", b"\0" + request[8:11])[0],
                 octets(2, b"\x10\0") + octets(73, b"\5"), victim.peer_teid))
wait_for("the session to go", lambda: "001010000000030" not in telnet("show sessions")[0])

nothing_malformed(sgw.seen)
print("%d datagrams, nothing malformed" % len(sgw.seen))
