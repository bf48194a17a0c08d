#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every kind of message that the HSS sends, judged by tshark (nothing malformed) and by the table of
AVP flags beside this file. Scapy dissects them too."""
import os
import struct
import subprocess
import tempfile

import _hss
import diameter
from diameter import AIR, CLR, E, R, TGPP, ULR, V, avp

hss = _hss.Hss(sims=20).start()
IMSI = "999700000000007"
received = []


class Recording(diameter.Client):
    def read(self, timeout=None):
        m = super().read(timeout)
        if m is not None:
            received.append(m)
        return m


diameter.Client = Recording


def equal(got, want):
    if got != want:
        raise AssertionError("got %r, not %r" % (got, want))


def collect():
    a, b = hss.client("mme1"), hss.client("mme2")
    a.air(IMSI, n=3, extra=[avp(1409, [avp(1410, 2, TGPP)], TGPP)])
    features = avp(628, [avp(266, TGPP), avp(629, 1, TGPP, flags=V),
                         avp(630, 7, TGPP, flags=V)], TGPP, flags=V)
    a.ulr(IMSI, flags=34, extra=[features])
    a.nor(IMSI, [avp(493, "iot"), avp(486, [avp(334, b"\0\1\x0a\x14\0\x09")])])
    a.ulr(IMSI)
    b.ulr(IMSI)
    assert a.request_of_hss(CLR)
    b.pur(IMSI)
    a.pur(IMSI)
    a.air("999709999999999")
    a.ulr("999700000000002")
    a.air(IMSI, resync=bytes(30))
    common = a.common(IMSI) + [avp(1407, b"\0\xf1\x10", TGPP)]
    for bad in ([avp(9999, b"x" * 5, TGPP)], [avp(1408, [avp(1410, b"\0", TGPP)], TGPP)],
                [avp(1405, 1, TGPP, length=9)], [avp(1, IMSI)]):
        a.ask(AIR, common + bad)
    a.ask(AIR, common[:-1])
    a.ask(AIR, common, app=99)
    a.ask(ULR, common)
    a.ask(280, [avp(264, a.host), avp(296, a.realm)], flags=R, app=0)
    a.ask(282, [avp(264, a.host), avp(296, a.realm), avp(273, 0)], flags=R, app=0)
    hss.client("mme1", realm="evil.example", cer=False).cer()
    hss.stop()
    try:
        b.wait(lambda m: False, 3)  # its DPR
    except diameter.Closed:
        pass


def write_capture(path, messages):
    """The messages as segments of one TCP connection from port 3868."""
    with open(path, "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, 101))
        sequence = 1
        for i, octets in enumerate(messages):
            tcp = struct.pack(">HHIIHHHH", 3868, 40000, sequence, 1, 0x5018, 65535, 0, 0)
            sequence += len(octets)
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(octets), i, 0, 64, 6, 0,
                             b"\x0a\0\0\1", b"\x0a\0\0\2")
            packet = ip + tcp + octets
            f.write(struct.pack("<IIII", i, 0, len(packet), len(packet)) + packet)


def judge(messages):
    """How many of them tshark takes for Diameter, and what it finds malformed."""
    path = os.path.join(tempfile.gettempdir(), "torii-wellformed.%d.pcap" % os.getpid())
    write_capture(path, messages)
    try:
        run = ["tshark", "-r", path, "-T", "fields", "-e", "frame.number", "-Y"]
        seen, bad = [subprocess.run(run + [what], capture_output=True, text=True,
                                    check=True).stdout.split()
                     for what in ("diameter", "_ws.malformed || diameter.avp.invalid-data"
                                  " || diameter.avp.invalid-len")]
        return len(seen), bad
    finally:
        os.unlink(path)


def sends_all_kinds_of_messages():
    collect()
    kinds = {(m.command, bool(m.flags & R)) for m in received}
    print("     %d messages of %d kinds" % (len(received), len(kinds)))
    for kind in ((257, False), (280, False), (282, False), (318, False), (316, False),
                 (321, False), (323, False), (317, True), (282, True)):
        assert kind in kinds, kind
    # Both vectors, the subscription, refusals of both series and protocol errors are among them.
    results = {m.result for m in received if not m.flags & R}
    for result in (("base", 2001), ("s6a", 5001), ("s6a", 5420), ("s6a", 4181), ("base", 5001),
                   ("base", 5014), ("base", 5009), ("base", 5005), ("base", 3007),
                   ("base", 3010)):
        assert result in results, result


def sends_nothing_that_tshark_calls_malformed():
    octets = [m.octets for m in received]
    equal(judge(octets), (len(octets), []))
    short = diameter.message(ULR, [avp(1405, b"\0\1", TGPP)])
    equal(judge([octets[0], short])[1], ["2"])


def each_avp(avps, grouped):
    for a in avps:
        yield a
        if (a.vendor, a.code) in grouped:
            yield from each_avp(a.members, grouped)


def sets_the_flags_of_the_specification():
    want = {}
    with open(os.path.join(_hss.ROOT, "tests/sctp/s6a_avp_flags.tsv")) as f:
        for line in f:
            if not line.startswith("#"):
                code, name, m = line.rstrip("\n").split("\t")
                want[int(code)] = (name, m)
    grouped = {(TGPP, c) for c in (628, 1034, 1400, 1413, 1414, 1415, 1429, 1430, 1431, 1435)}
    grouped |= {(0, c) for c in (260, 297, 486, 348)}
    n = 0
    for message_ in received:
        for a in each_avp(message_.avps, grouped):
            if a.vendor == TGPP and a.code in want and message_.app == diameter.S6A:
                name, m = want[a.code]
                equal((name, bool(a.flags & V)), (name, True))
                if m != "?":
                    equal((name, bool(a.flags & 0x40)), (name, m == "M"))
                n += 1
    print("     flags of %d AVPs" % n)
    assert n > 100


def sends_what_scapy_dissects():
    from scapy.contrib.diameter import DiamAns, DiamG, DiamReq  # noqa: F401
    for m in received:
        d = DiamG(m.octets)
        equal((d.drLen, d.drCode), (len(m.octets), m.command))
        equal(len(d.avpList), len(m.avps))


def marks_protocol_errors_only_with_the_e_bit():
    for m in received:
        if not m.flags & R:
            series, code = m.result
            equal(bool(m.flags & E), series == "base" and code // 1000 == 3)


_hss.run([sends_all_kinds_of_messages, sends_nothing_that_tshark_calls_malformed,
          sets_the_flags_of_the_specification, sends_what_scapy_dissects,
          marks_protocol_errors_only_with_the_e_bit])
