# SPDX-License-Identifier: BSD-3-Clause
"""GTPv2-C messages of an SGW, built by scapy, and a PDN session made with them."""
import socket
import struct

from scapy.contrib import gtp_v2 as g

from _lab import GATEWAY, cause_of, check, ie, ies

PCO_ALL = bytes.fromhex("80" "8021100101001081060000000083060000 0000".replace(" ", "")
                        + "000d00" + "001000")


def octets(kind, value, instance=0):
    """An IE as bytes, for those that scapy's layer has no good class for."""
    return struct.pack("!BHB", kind, len(value), instance) + value


def tbcd(digits):
    digits += "f" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))


def fteid(interface, teid, address, instance=0):
    value = struct.pack("!BI", 0x80 | interface, teid) + socket.inet_aton(address)
    return octets(87, value, instance)


def apn(name):
    return octets(71, b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")))


def message(kind, sequence, body, teid=0):
    """The header by scapy, the IEs behind it."""
    head = g.GTPHeader(T=1, teid=teid, seq=sequence, gtp_type=kind, length=8 + len(body))
    return bytes(head)[:12] + body


def echo(sequence, recovery=1):
    head = g.GTPHeader(T=0, seq=sequence, gtp_type=1) / g.GTPV2EchoRequest(
        IE_list=[g.IE_RecoveryRestart(ietype=3, restart_counter=recovery)])
    return bytes(head)


def bearer(ebi, teid, address, qci=9, u_instance=2):
    qos = struct.pack("!BB", 0x7c | 1, qci) + bytes(20)
    return octets(93, octets(73, bytes([ebi])) + fteid(4, teid, address, u_instance)
                  + octets(80, qos))


def create_session(sgw, imsi="001010000000001", name="internet", ebi=5, c_teid=0x1001,
                   u_teid=0x2001, pdn_type=1, paa=None, pco=PCO_ALL, ambr=(100000, 200000),
                   recovery=7, sequence=None, leave_out=(), indication=b"\x00\x00", epco=None):
    parts = {
        "imsi": octets(1, tbcd(imsi)),
        "msisdn": octets(76, tbcd("491700000001")),
        "mei": octets(75, tbcd("3534900698733190")),
        "uli": octets(86, bytes.fromhex("1800f110000100f11000000101")),
        "serving_network": octets(83, bytes.fromhex("00f110")),
        "rat": octets(82, b"\x06"),
        "indication": octets(77, indication),
        "sender": fteid(6, c_teid, sgw.address),
        "apn": apn(name),
        "selection_mode": octets(128, b"\x00"),
        "pdn_type": octets(99, bytes([pdn_type])),
        "paa": octets(79, paa if paa is not None else bytes([pdn_type]) + {
            1: bytes(4), 2: bytes(17), 3: bytes(21)}.get(pdn_type, b"")),
        "apn_restriction": octets(127, b"\x00"),
        "ambr": octets(72, struct.pack("!II", *ambr)),
        "pco": octets(78, pco) if pco else b"",
        "epco": octets(197, epco) if epco else b"",
        "bearer": bearer(ebi, u_teid, sgw.address),
        "recovery": octets(3, bytes([recovery])),
        "charging": octets(95, b"\x08\x00"),
    }
    body = b"".join(v for k, v in parts.items() if k not in leave_out)
    return message(32, sequence or sgw.next_sequence(), body)


class Session:
    """A PDN session that one SGW has at the gateway."""

    def __init__(self, sgw, n=1, **options):
        self.sgw, self.ebi = sgw, options.get("ebi", 5)
        self.c_teid, self.u_teid = 0x10000 + n, 0x20000 + n
        options.setdefault("imsi", "00101%010d" % n)
        request = create_session(sgw, c_teid=self.c_teid, u_teid=self.u_teid, **options)
        self.answer = sgw.ask(request)
        assert self.answer, "no answer to Create Session Request"
        self.cause = cause_of(self.answer)
        self.found = ies(self.answer)
        if self.cause not in (16, 18, 19):
            return
        self.peer_teid = struct.unpack("!I", ie(self.found, 87, 1)[1:5])[0]
        created = ies(ie(self.found, 93), 0)
        user = ie(created, 87, 2)
        self.created = created
        self.gateway_teid = struct.unpack("!I", user[1:5])[0]
        check("address of the PGW-U F-TEID", socket.inet_ntoa(user[5:9]), GATEWAY)
        self.address = socket.inet_ntoa(ie(self.found, 79)[1:5])

    def modify(self, sgw=None, body=None):
        sgw = sgw or self.sgw
        if body is None:
            self.u_teid += 0x100000
            body = octets(82, b"\x06") + fteid(6, self.c_teid, sgw.address) + octets(
                93, octets(73, bytes([self.ebi])) + fteid(4, self.u_teid, sgw.address, 1))
        answer = sgw.ask(message(34, sgw.next_sequence(), body, self.peer_teid))
        self.sgw = sgw
        return answer

    def delete(self, lbi=None, body=None):
        if body is None:
            body = octets(73, bytes([self.ebi if lbi is None else lbi]))
        return self.sgw.ask(message(36, self.sgw.next_sequence(), body, self.peer_teid))
