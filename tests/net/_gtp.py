# SPDX-License-Identifier: BSD-3-Clause
"""GTPv2-C and GTP-U by hand, from TS 29.274 and TS 29.281 and not from the gateway's own code; scapy
reads every answer as well."""

import random
import socket
import struct
import warnings

warnings.filterwarnings("ignore")
from scapy.contrib import gtp_v2  # noqa: E402
from scapy.packet import Padding, Raw  # noqa: E402

from _lab import GTPC, GTPU, GW, SGW, Failed, check, check_equal  # noqa: E402

ECHO_REQUEST, ECHO_RESPONSE, VERSION_NOT_SUPPORTED = 1, 2, 3
CREATE_SESSION, MODIFY_BEARER, DELETE_SESSION, DELETE_BEARER = 32, 34, 36, 99
IMSI, CAUSE, RECOVERY, APN, AMBR, EBI, MSISDN, INDICATION, PCO, PAA = 1, 2, 3, 71, 72, 73, 76, 77, 78, 79
QOS, RAT, SERVING_NETWORK, ULI, FTEID, BEARER, CHARGING_ID, PDN_TYPE = 80, 82, 83, 86, 87, 93, 94, 99
APN_RESTRICTION, SELECTION_MODE, APCO, EPCO = 127, 128, 163, 197
GROUPED = {BEARER}
# Messages of which this scapy knows the header alone; tshark reads them whole.
HEADER_ALONE = {39, 102, 163, 165}
# And of which it doesn't know the Procedure Transaction Id.
WITH_PTI = {69}


# ---- Writing.

def ie(kind, value, instance=0):
    return struct.pack("!BHB", kind, len(value), instance) + value


def tbcd(digits):
    digits += "F" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))


def fteid(interface, teid, address, instance=0):
    return ie(FTEID, bytes([0x80 | interface]) + struct.pack("!I", teid) + socket.inet_aton(address), instance)


def labels(name):
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))


def qos(qci=9, arp=8, pci=1, pvi=0):
    return ie(QOS, bytes([pci << 6 | arp << 2 | pvi, qci]) + bytes(20))


def pco(*units):
    """Protocol configuration options: (id, content) pairs, TS 24.008 10.5.6.3."""
    return b"\x80" + b"".join(struct.pack("!HB", kind, len(content)) + content for kind, content in units)


IPCP_REQUEST = bytes.fromhex("01070010" "810600000000" "830600000000")


def message(kind, ies, sequence, teid=0, has_teid=True, flags=0x40):
    body = b"".join(ies)
    rest = struct.pack("!I", sequence << 8) + body
    if has_teid:
        rest = struct.pack("!I", teid) + rest
    return struct.pack("!BBH", flags | (0x08 if has_teid else 0), kind, len(rest)) + rest


def create_session_ies(imsi, teid_c, teid_u, sgw=SGW, apn="internet", address="0.0.0.0", pdn_type=1, ambr=(50000, 100000),
                       ebi=5, **changes):
    """The IEs of a Create Session Request as an SGW sends it at attach (table 7.2.1-1). A change names an
    IE by its key here and gives another one, or None to leave it out; new keys go to the end."""
    ies = {
        "IMSI": ie(IMSI, tbcd(imsi)),
        "MSISDN": ie(MSISDN, tbcd("4915112345678")),
        "ULI": ie(ULI, bytes.fromhex("1800f1100001" + "00f11000000102")),
        "SERVING_NETWORK": ie(SERVING_NETWORK, bytes.fromhex("00f110")),
        "RAT": ie(RAT, b"\x06"),
        "INDICATION": ie(INDICATION, bytes(4)),
        "SENDER": fteid(6, teid_c, sgw),
        "APN": ie(APN, labels(apn)),
        "SELECTION_MODE": ie(SELECTION_MODE, b"\0"),
        "PDN_TYPE": ie(PDN_TYPE, bytes([pdn_type])),
        "PAA": ie(PAA, bytes([pdn_type]) + socket.inet_aton(address)),
        "APN_RESTRICTION": ie(APN_RESTRICTION, b"\0"),
        "AMBR": ie(AMBR, struct.pack("!II", *ambr)) if ambr else None,
        "PCO": ie(PCO, pco((0x8021, IPCP_REQUEST), (0x000D, b""), (0x0010, b""))),
        "BEARER": ie(BEARER, ie(EBI, bytes([ebi])) + qos() + fteid(4, teid_u, sgw, 2)),
    }
    ies.update(changes)
    return [value for value in ies.values() if value is not None]


# ---- Whose a session is.

def shard(address):
    """Low byte of the Toeplitz hash of an IPv4 address or of an IPv6 one's /64, with the key that NICs begin with."""
    key = int.from_bytes(bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0"), "big")
    octets = socket.inet_pton(socket.AF_INET6, address)[:8] if ":" in address else socket.inet_aton(address)
    bits, n = int.from_bytes(octets, "big"), 8 * len(octets)
    value = 0
    for i in range(n):
        if bits >> (n - 1 - i) & 1:
            value ^= key >> (96 - i) & 0xFFFFFFFF
    return value & 0xFF


# ---- Reading.

class Ie:
    def __init__(self, kind, instance, value):
        self.kind, self.instance, self.value = kind, instance, value
        self.ies = read_ies(value) if kind in GROUPED else []


def read_ies(octets):
    found = []
    while octets:
        check(len(octets) >= 4, f"an IE is cut off: {octets.hex()}")
        kind, length, instance = struct.unpack("!BHB", octets[:4])
        check(len(octets) >= 4 + length, f"IE {kind} is longer than the message")
        found.append(Ie(kind, instance & 15, octets[4 : 4 + length]))
        octets = octets[4 + length :]
    return found


def find(ies, kind, instance=0):
    """The value of an IE, None if there is none; a fault if there are two."""
    found = [i for i in ies if i.kind == kind and i.instance == instance]
    check(len(found) < 2, f"IE {kind} instance {instance} is there twice")
    return found[0] if found else None


class Answer:
    """A message of the gateway."""

    def __init__(self, octets, by_scapy=True):
        check(len(octets) >= 8, f"too short: {octets.hex()}")
        self.octets = octets
        self.flags, self.kind, length = struct.unpack("!BBH", octets[:4])
        check_equal(self.flags >> 5, 2, "version")
        check_equal(length, len(octets) - 4, "Length")
        has_teid = bool(self.flags & 0x08)
        self.teid = struct.unpack("!I", octets[4:8])[0] if has_teid else None
        at = 8 if has_teid else 4
        self.sequence = int.from_bytes(octets[at : at + 3], "big")
        check_equal(octets[at + 3], 0, "spare octet of the header")
        self.ies = read_ies(octets[at + 4 :])
        if by_scapy:
            read_by_scapy(octets)

    def find(self, kind, instance=0):
        return find(self.ies, kind, instance)

    def value(self, kind, instance=0):
        found = self.find(kind, instance)
        check(found is not None, f"message {self.kind} has no IE {kind} instance {instance}")
        return found.value

    @property
    def cause(self):
        return self.value(CAUSE)[0]

    @property
    def offending(self):
        """(type, instance) of the offending IE in the Cause, None without one."""
        value = self.value(CAUSE)
        check(len(value) in (2, 6), f"Cause has {len(value)} octets")
        return (value[2], value[5] & 15) if len(value) == 6 else None


def read_by_scapy(octets):
    """Scapy finds its way through the message to the end."""
    packet = gtp_v2.GTPHeader(octets)
    if packet.gtp_type in WITH_PTI or (packet.gtp_type in HEADER_ALONE and isinstance(packet.payload, Raw)):
        return packet
    for layer in (Raw, Padding):
        check(layer not in packet, f"scapy can't read {octets.hex()}: {packet!r}")
    return packet


def read_fteid(value):
    """(interface, TEID, IPv4 address)"""
    check_equal(value[0] >> 6, 2, "F-TEID flags (V4 alone)")
    return value[0] & 63, struct.unpack("!I", value[1:5])[0], socket.inet_ntoa(value[5:9])


# ---- An SGW.

class Session:
    """A PDN connection as its SGW knows it."""

    def __init__(self, sgw, imsi, teid_c, teid_u, answer):
        self.sgw, self.imsi, self.teid_c, self.teid_u, self.answer = sgw, imsi, teid_c, teid_u, answer
        _, self.gw_teid_c, self.gw_c = read_fteid(answer.value(FTEID, 1))
        bearer = answer.find(BEARER)
        _, self.gw_teid_u, self.gw_u = read_fteid(find(bearer.ies, FTEID, 2).value)
        self.address = socket.inet_ntoa(answer.value(PAA)[1:5])


class Sgw:
    """Sockets of one SGW address, and what is sent and received on them."""

    by_scapy = True  # whether scapy must be able to read the answers to the end

    def __init__(self, lab, address=SGW, control_port=GTPC):
        self.lab, self.address = lab, address
        self.control = lab.udp("sgw", address, control_port)
        self.user = lab.udp("sgw", address, GTPU)
        self.sequence = random.randrange(1, 0x600000)
        self.next_teid = random.randrange(0x1000, 0x7FFF0000)

    def new_sequence(self):
        self.sequence += 1
        return self.sequence

    def new_teid(self):
        self.next_teid += 1
        return self.next_teid

    def send(self, octets):
        self.control.sendto(octets, (GW, GTPC))

    def receive(self, timeout=5.0):
        """The next message, None if there is none in time. Comes from the address that was asked."""
        self.control.settimeout(timeout)
        try:
            octets, source = self.control.recvfrom(65536)
        except TimeoutError:
            return None
        check_equal(source, (GW, GTPC), "source of the answer")
        return Answer(octets, self.by_scapy)

    def ask(self, octets, timeout=5.0):
        """Sends a request, returns its answer; other messages that come meanwhile are passed over."""
        sequence = int.from_bytes(octets[8:11] if octets[0] & 8 else octets[4:7], "big")
        self.send(octets)
        while True:
            answer = self.receive(timeout)
            check(answer is not None, f"no answer to message {octets[1]}")
            if answer.sequence == sequence and answer.kind in (octets[1] + 1, VERSION_NOT_SUPPORTED):
                return answer

    def quiet(self, timeout=0.3):
        """Nothing is waiting, nothing comes after what was asked last is answered."""
        answer = self.ask(message(ECHO_REQUEST, [ie(RECOVERY, b"\1")], self.new_sequence(), has_teid=False))
        check_equal(answer.kind, ECHO_RESPONSE, "answer to an Echo Request")
        more = self.receive(timeout)
        check(more is None, f"an unexpected message {more and more.kind}")

    def create_message(self, imsi, **changes):
        teid_c, teid_u = self.new_teid(), self.new_teid()
        ies = create_session_ies(imsi, teid_c, teid_u, self.address, **changes)
        return message(CREATE_SESSION, ies, self.new_sequence()), teid_c, teid_u

    def refused(self, imsi="001010000000077", **changes):
        """The answer to a Create Session Request that must be rejected."""
        octets, teid_c, _ = self.create_message(imsi, **changes)
        answer = self.ask(octets)
        check(answer.cause >= 64, f"accepted: cause {answer.cause}")
        check_equal(answer.teid, teid_c, "TEID of the rejection")
        return answer

    def create(self, imsi, causes=(16,), **changes):
        octets, teid_c, teid_u = self.create_message(imsi, **changes)
        answer = self.ask(octets)
        check(answer.cause in causes, f"Create Session for {imsi}: cause {answer.cause}, offending {answer.offending}")
        check_equal(answer.teid, teid_c, "TEID of the answer")
        return Session(self, imsi, teid_c, teid_u, answer)

    def modify(self, session, **extra):
        """Moves a session to this SGW."""
        teid_c, teid_u = self.new_teid(), self.new_teid()
        ies = [ie(RAT, b"\x06"), fteid(6, teid_c, self.address),
               ie(BEARER, ie(EBI, b"\5") + fteid(4, teid_u, self.address, 1)), *extra.values()]
        answer = self.ask(message(MODIFY_BEARER, ies, self.new_sequence(), session.gw_teid_c))
        if answer.cause == 16:
            check_equal(answer.teid, teid_c, "TEID of the Modify Bearer Response")
            session.sgw, session.teid_c, session.teid_u = self, teid_c, teid_u
        return answer

    def delete(self, session, ebi=5):
        return self.ask(message(DELETE_SESSION, [ie(EBI, bytes([ebi]))], self.new_sequence(), session.gw_teid_c))

    # ---- GTP-U.

    def send_user(self, octets, address=GW):
        self.user.sendto(octets, (address, GTPU))

    def receive_user(self, timeout=5.0, answers_echo=True):
        """(message type, TEID, rest behind the 8 octets, source address), None if nothing comes."""
        self.user.settimeout(timeout)
        try:
            octets, source = self.user.recvfrom(65536)
        except TimeoutError:
            return None
        check(len(octets) >= 8, f"GTP-U message too short: {octets.hex()}")
        flags, kind, length, teid = struct.unpack("!BBHI", octets[:8])
        check_equal(flags >> 4, 3, "GTP-U version and protocol type")
        check_equal(length, len(octets) - 8, "GTP-U Length")
        if kind == ECHO_REQUEST and answers_echo:  # TS 29.281 7.2.2: answered with its sequence number
            self.user.sendto(gtpu(ECHO_RESPONSE, 0, octets[8:12] + b"\x0e\0", flags=0x32), source)
            return self.receive_user(timeout)
        return kind, teid, octets[8:], source


def gtpu(kind, teid, payload=b"", flags=0x30, length=None):
    return struct.pack("!BBHI", flags, kind, len(payload) if length is None else length, teid) + payload


def gpdu(teid, inner):
    return gtpu(255, teid, inner)


def ipv4(source, destination, protocol, payload, ttl=64, **fields):
    """An IPv4 packet with a right checksum."""
    header = struct.pack("!BBHHHBBH4s4s", fields.get("version_ihl", 0x45), fields.get("tos", 0),
                         fields.get("length", 20 + len(payload)), fields.get("id", 1), fields.get("fragment", 0), ttl,
                         protocol, 0, socket.inet_aton(source), socket.inet_aton(destination))
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return header[:10] + struct.pack("!H", ~total & 0xFFFF) + header[12:] + payload


def udp(source, destination, sport, dport, payload, **fields):
    """A UDP datagram in an IPv4 packet, without UDP checksum."""
    return ipv4(source, destination, 17, struct.pack("!HHHH", sport, dport, 8 + len(payload), 0) + payload, **fields)


__all__ = [name for name in dir() if not name.startswith("_")]
_ = Failed
