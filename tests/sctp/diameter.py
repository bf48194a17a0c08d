# SPDX-License-Identifier: BSD-3-Clause
"""A small Diameter client of its own: builds messages octet by octet, also wrong ones."""
import select
import socket
import struct
import time

S6A = 16777251
TGPP = 10415
R, P, E, T = 0x80, 0x40, 0x20, 0x10
V, M = 0x80, 0x40
CER, DWR, DPR = 257, 280, 282
ULR, CLR, AIR, IDR, DSR, PUR, RSR, NOR = 316, 317, 318, 319, 320, 321, 322, 323

REALM = "epc.mnc001.mcc001.3gppnetwork.org"
HOME_REALM = "epc.mnc070.mcc999.3gppnetwork.org"
HSS = "hss." + HOME_REALM


def avp(code, value=b"", vendor=0, flags=None, length=None):
    """value: octets, text, a number (Unsigned32) or a list of AVPs (Grouped). length: a lie."""
    if isinstance(value, str):
        value = value.encode()
    elif isinstance(value, int):
        value = struct.pack(">I", value)
    elif isinstance(value, list):
        value = b"".join(value)
    if flags is None:
        flags = (V | M) if vendor else M
    head = 12 if flags & V else 8
    if length is None:
        length = head + len(value)
    out = struct.pack(">IB", code, flags) + length.to_bytes(3, "big")
    if flags & V:
        out += struct.pack(">I", vendor)
    return out + value + b"\0" * (-len(value) % 4)


def message(command, avps, flags=R | P, app=S6A, hbh=1, e2e=1, length=None, version=1):
    body = b"".join(avps)
    if length is None:
        length = 20 + len(body)
    return (bytes([version]) + length.to_bytes(3, "big") + bytes([flags])
            + command.to_bytes(3, "big") + struct.pack(">III", app, hbh, e2e) + body)


class Avp:
    def __init__(self, code, vendor, flags, value):
        self.code, self.vendor, self.flags, self.value = code, vendor, flags, value

    @property
    def u32(self):
        return struct.unpack(">I", self.value)[0]

    @property
    def text(self):
        return self.value.decode()

    @property
    def members(self):
        return parse_avps(self.value)


def parse_avps(octets):
    avps, at = [], 0
    while at < len(octets):
        code, flags = struct.unpack_from(">IB", octets, at)
        length = int.from_bytes(octets[at + 5:at + 8], "big")
        head = 12 if flags & V else 8
        if length < head or at + length > len(octets):
            raise ValueError("AVP %d of length %d at %d of %d" % (code, length, at, len(octets)))
        vendor = struct.unpack_from(">I", octets, at + 8)[0] if flags & V else 0
        avps.append(Avp(code, vendor, flags, octets[at + head:at + length]))
        at += (length + 3) & ~3
    return avps


def find(avps, *path):
    """The first AVP at a path of codes, or None."""
    for a in avps:
        if a.code == path[0]:
            return a if len(path) == 1 else find(a.members, *path[1:])
    return None


class Message:
    def __init__(self, octets):
        self.octets = octets
        self.flags = octets[4]
        self.command = int.from_bytes(octets[5:8], "big")
        self.app, self.hbh, self.e2e = struct.unpack_from(">III", octets, 8)
        self.avps = parse_avps(octets[20:])

    def find(self, *path):
        return find(self.avps, *path)

    @property
    def is_request(self):
        return bool(self.flags & R)

    @property
    def result(self):
        """("base", 2001) or ("s6a", 5001)"""
        base, own = self.find(268), self.find(297, 298)
        if base is not None and own is not None:
            raise ValueError("both Result-Code and Experimental-Result")
        return ("base", base.u32) if base is not None else ("s6a", own.u32)


class Closed(Exception):
    pass


class Client:
    """An MME's connection."""
    serial = 0

    def __init__(self, address, port, host="mme1." + REALM, realm=REALM, sctp=False, local=None,
                 timeout=5.0):
        self.host, self.realm, self.sctp = host, realm, sctp
        self.timeout = timeout
        self.buffer = b""
        self.hbh = 0x1000
        self.requests = []      # of the HSS, that nobody asked for
        self.auto_answer = True
        proto = 132 if sctp else socket.IPPROTO_TCP
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, proto)
        if local:
            self.sock.bind((local, 0))
        self.sock.settimeout(timeout)
        self.sock.connect((address, port))

    def send(self, octets):
        self.sock.sendall(octets)

    def close(self):
        self.sock.close()

    def abort(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def read(self, timeout=None):
        """The next message, whatever it is; None after the timeout."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            if self.sctp and self.buffer:
                whole, self.buffer = self.buffer, b""
                return Message(whole)
            if len(self.buffer) >= 4:
                need = int.from_bytes(self.buffer[1:4], "big")
                if len(self.buffer) >= need:
                    whole, self.buffer = self.buffer[:need], self.buffer[need:]
                    return Message(whole)
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.sock], [], [], left)[0]:
                return None
            try:
                more = self.sock.recv(65536)
            except ConnectionError:
                more = b""
            if not more:
                raise Closed()
            self.buffer += more

    def answer(self, request, avps=None, code=2001):
        if avps is None:
            avps = [avp(268, code)]
        session = request.find(263)
        head = [avp(263, session.value)] if session else []
        origin = [avp(264, self.host), avp(296, self.realm)]
        if request.app:
            origin.append(avp(277, 1))
        self.send(message(request.command, head + avps + origin, flags=request.flags & P,
                          app=request.app, hbh=request.hbh, e2e=request.e2e))

    def wait(self, want, timeout=None):
        """The next message for which want() is true; answers what else comes."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            m = self.read(max(0, end - time.monotonic()))
            if m is None:
                return None
            if m.is_request and m.command in (DWR, DPR):
                self.answer(m)
                continue
            if m.is_request:
                self.requests.append(m)
                if self.auto_answer:
                    self.answer(m)
            if want(m):
                return m

    def ask(self, command, avps, timeout=None, **kw):
        """Sends a request; its answer, or None."""
        self.hbh += 1
        hbh = kw.pop("hbh", self.hbh)
        e2e = kw.pop("e2e", hbh)
        self.send(message(command, avps, hbh=hbh, e2e=e2e, **kw))
        return self.wait(lambda m: not m.is_request and m.hbh == hbh, timeout)

    def request_of_hss(self, command, timeout=None):
        """The next request of that command from the HSS, or None."""
        for m in self.requests:
            if m.command == command:
                self.requests.remove(m)
                return m
        m = self.wait(lambda m: m.is_request and m.command == command, timeout)
        if m is not None:
            self.requests.remove(m)
        return m

    def cer_avps(self):
        return [avp(264, self.host), avp(296, self.realm), avp(257, b"\0\1\x7f\0\0\1"),
                avp(266, 0), avp(269, "test", flags=0), avp(265, TGPP),
                avp(260, [avp(266, TGPP), avp(258, S6A)])]

    def cer(self):
        return self.ask(CER, self.cer_avps(), flags=R, app=0)

    def common(self, imsi=None, dest_host=None, dest_realm=HOME_REALM, origin=None, realm=None,
               session=None):
        Client.serial += 1
        avps = [avp(263, session or "%s;1;%d" % (self.host, Client.serial)),
                avp(260, [avp(266, TGPP), avp(258, S6A)]),
                avp(277, 1), avp(264, origin or self.host), avp(296, realm or self.realm)]
        if dest_host:
            avps.append(avp(293, dest_host))
        if dest_realm:
            avps.append(avp(283, dest_realm))
        if imsi:
            avps.append(avp(1, imsi))
        return avps

    def air(self, imsi, n=1, plmn=b"\x00\xf1\x10", resync=None, extra=(), **kw):
        wish = [avp(1410, n, TGPP), avp(1412, 0, TGPP)]
        if resync:
            wish.append(avp(1411, resync, TGPP))
        return self.ask(AIR, self.common(imsi, **kw) + [avp(1407, plmn, TGPP),
                        avp(1408, wish, TGPP)] + list(extra))

    def ulr(self, imsi, flags=2, plmn=b"\x00\xf1\x10", rat=1004, extra=(), command_flags=R | P,
            e2e=None, **kw):
        more = {} if e2e is None else {"e2e": e2e}
        return self.ask(ULR, self.common(imsi, **kw) + [avp(1032, rat, TGPP, flags=V),
                        avp(1405, flags, TGPP), avp(1407, plmn, TGPP)] + list(extra),
                        flags=command_flags, **more)

    def pur(self, imsi):
        return self.ask(PUR, self.common(imsi))

    def nor(self, imsi, extra=()):
        return self.ask(NOR, self.common(imsi) + list(extra))
