#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Two independent judges of the GTPv2-C codec.

tshark dissects every message that our encoder writes: nothing malformed, every IE where we put it, and
its values are the ones that our decoder reads from the same octets. scapy builds requests, and our
decoder reads from them what scapy put in.

scapy 2.5 counts lengths wrongly in GTPv2 (4 too few in the header, 2 too many in an IE), packs an MNC of
three digits into two, and begins an FQDN with an octet of its own: lengths are set here, and these two
left to tshark.

usage: test_gtpc_codec.py <gtpc_print_samples> <gtpc_print_decoded>
"""

import json
import logging
import os
import struct
import subprocess
import sys
import tempfile

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
from scapy.contrib import gtp_v2 as g  # noqa: E402

GROUPED = {93, 180, 181}  # those that tshark 4.0 looks into
GROUPED_ALL = GROUPED | {191, 214}
failures = 0


def check(is_so, what):
    global failures
    if not is_so:
        failures += 1
        print(f"FAILED: {what}")


def run(*command, text=None):
    return subprocess.run(command, input=text, capture_output=True, check=True, text=True).stdout


def decode(program, messages):
    lines = run(program, text="".join(m.hex() + "\n" for m in messages)).splitlines()
    return [json.loads(line) for line in lines]


def write_pcap(path, payloads):
    """Ethernet, IPv4 and UDP to port 2123 around each payload, without a library to err with us."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for number, payload in enumerate(payloads):
            udp = struct.pack(">HHHH", 2123, 2123, 8 + len(payload), 0) + payload
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), number, 0, 64, 17, 0,
                             bytes([10, 10, 0, 2]), bytes([10, 10, 0, 1]))
            frame = bytes(12) + b"\x08\x00" + ip + udp
            out.write(struct.pack("<IIII", number, 0, len(frame), len(frame)) + frame)


def walk(octets, groups):
    """(type, length, instance) of every IE, those of grouped ones after their group."""
    at = 0
    while at + 4 <= len(octets):
        kind, length, instance = octets[at], octets[at + 1] << 8 | octets[at + 2], octets[at + 3] & 15
        yield kind, length, instance
        if kind in groups:
            yield from walk(octets[at + 4:at + 4 + length], groups)
        at += 4 + length


def ies_of(message):
    return message[12 if message[0] & 8 else 8:]


def values(ies, kind, pick=lambda v: v, into=GROUPED_ALL):
    """All values of an IE type in a decoded message, in the order of the message."""
    for name, found in ies.items():
        this = int(name.split("/")[0])
        for value in found:
            if this == kind:
                yield pick(value)
            if this in into and isinstance(value, dict):
                yield from values(value, kind, pick, into)


# tshark's field -> what it must show, from our decoder's view of the same octets.
def number(kind, pick=lambda v: v):
    return lambda ies: [pick(v) for v in values(ies, kind)]


def part(kind, name):
    return lambda ies: [v[name] for v in values(ies, kind) if name in v]


def location(name, member):
    return lambda ies: [v[name][member] for v in values(ies, 86) if name in v]


def in_order(ies, picks):
    """Values of several IE types, each with its own way to pick it, in the order of the message."""
    for name, found in ies.items():
        kind = int(name.split("/")[0])
        for value in found:
            if kind in picks:
                yield picks[kind](value)
            if kind in GROUPED_ALL:
                yield from in_order(value, picks)


def apns(ies):
    # APN and Relative Capacity: percent, length, labels.
    def of_capacity(text):
        octets, labels, at = bytes.fromhex(text), [], 2
        while at < len(octets):
            labels.append(octets[at + 1:at + 1 + octets[at]].decode())
            at += 1 + octets[at]
        return ".".join(labels)

    return list(in_order(ies, {71: lambda v: v, 184: of_capacity}))


def bearer_ids(ies):
    # A Secondary RAT Usage Data Report has one in its third octet.
    return list(in_order(ies, {73: lambda v: v, 201: lambda v: int(v[4:6], 16) & 15}))


def plain_plmns(is_mcc):
    """Of IMSI, Serving Network, UCI and Trace Information, as tshark shows them in one field."""
    def part_of(plmn):
        return int(plmn[:3]) if is_mcc else int(plmn[3:])

    def of_octets(text):
        digits = text[1] + text[0] + text[3] + text[5] + text[4] + text[2]
        return part_of(digits.rstrip("f"))

    return lambda ies: list(in_order(ies, {1: lambda v: part_of(v[:5]), 83: part_of, 145: of_octets,
                                           96: of_octets, 115: of_octets}))


def plmn_part(kind, name, is_mcc):
    """MCC or MNC of a Serving Network (name None) or of a part of an ULI."""
    def parts(ies):
        plmns = values(ies, kind) if name is None else (v[name]["plmn"] for v in values(ies, kind) if name in v)
        return [int(p[:3]) if is_mcc else int(p[3:]) for p in plmns]
    return parts


FIELDS = {
    "e212.imsi": number(1),
    "gtpv2.mei": number(75),
    "e164.msisdn": number(76),
    "gtpv2.apn": apns,
    "gtpv2.ambr_up": part(72, "ul"),
    "gtpv2.ambr_down": part(72, "dl"),
    "gtpv2.ebi": bearer_ids,
    "gtpv2.f_teid_interface_type": part(87, "interface"),
    "gtpv2.f_teid_gre_key": part(87, "teid"),
    "gtpv2.f_teid_ipv4": part(87, "ipv4"),
    "gtpv2.f_teid_ipv6": part(87, "ipv6"),
    "gtpv2.pdn_addr_and_prefix.ipv4": part(79, "ipv4"),
    "gtpv2.pdn_addr_and_prefix.ipv6": part(79, "ipv6"),
    "gtpv2.pdn_ipv6_len": lambda ies: [v["prefix"] for v in values(ies, 79) if "ipv6" in v],
    "gtpv2.bearer_qos_pl": part(80, "pl"),
    "gtpv2.bearer_qos_pci": part(80, "pci"),
    "gtpv2.bearer_qos_pvi": part(80, "pvi"),
    "gtpv2.bearer_qos_label_qci": part(80, "qci"),
    "gtpv2.bearer_qos_mbr_up": part(80, "ul_mbr"),
    "gtpv2.bearer_qos_mbr_down": part(80, "dl_mbr"),
    "gtpv2.bearer_qos_gbr_up": part(80, "ul_gbr"),
    "gtpv2.bearer_qos_gbr_down": part(80, "dl_gbr"),
    "gtpv2.flow_qos_label_qci": part(81, "qci"),
    "gtpv2.flow_qos_mbr_up": part(81, "ul_mbr"),
    "gtpv2.flow_qos_gbr_down": part(81, "dl_gbr"),
    "gtpv2.rat_type": number(82),
    "gtpv2.tai_tac": location("tai", "area"),
    "gtpv2.ecgi_eci": location("ecgi", "cell"),
    "gtpv2.cause": part(2, "value"),
    "gtpv2.cs": part(2, "flags"),  # the samples set no flag but CS
    "gtpv2.rec": number(3),
    "gtpv2.charging_id": number(94),
    "gtpv2.charging_characteristic": number(95),
    "gtpv2.apn_rest": number(127),
    "gtpv2.selec_mode": number(128),
    "gtpv2.pti": number(100),
    "gtpv2.enterprise_id": lambda ies: [int(v[:4], 16) for v in values(ies, 255)],
    "gtpv2.metric": number(182),
    "gtpv2.sequence_number": number(183),
    "gtpv2.lapi": number(157),
    "e212.mcc": plain_plmns(True),
    "e212.mnc": plain_plmns(False),
    "e212.tai.mcc": plmn_part(86, "tai", True),
    "e212.tai.mnc": plmn_part(86, "tai", False),
    "e212.ecgi.mnc": plmn_part(86, "ecgi", False),
}
ADDRESS_LIKE = ("ipv4", "ipv6", "imsi", "mei", "msisdn", "apn")


def shown(name, text):
    if name.endswith(ADDRESS_LIKE):
        return text
    if text in ("True", "False"):
        return int(text == "True")
    return int(text, 0)


def judge_with_tshark(samples, decoded):
    payloads = [octets for _, _, octets in samples]
    names = ["_ws.malformed", "_ws.expert.severity", "gtpv2.message_type", "gtpv2.msg_lengt", "gtpv2.seq",
             "gtpv2.ie_type", "gtpv2.ie_len", "gtpv2.instance", *FIELDS]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "samples.pcap")
        write_pcap(path, payloads)
        known = set(line.split("\t")[2] for line in run("tshark", "-G", "fields").splitlines()
                    if line.startswith("F\t"))
        unknown = [n for n in names if n not in known]
        names = [n for n in names if n in known]
        out = run("tshark", "-r", path, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=|",
                  *[x for n in names for x in ("-e", n)])
    check(set(unknown) <= {"gtpv2.msg_lengt", "_ws.malformed"}, f"tshark doesn't know {unknown}")
    rows = out.rstrip("\n").split("\n")
    check(len(rows) == len(samples), f"tshark read {len(rows)} of {len(samples)} messages")
    n_values = 0
    for (kind, title, octets), mine, row in zip(samples, decoded, rows):
        theirs = dict(zip(names, row.split("\t")))
        where = f"{kind} {title}"
        check(not theirs.get("_ws.malformed"), f"{where}: malformed")
        # Warnings and errors; a note says that tshark doesn't dissect an IE yet.
        severities = [int(s) for s in theirs["_ws.expert.severity"].split("|") if s]
        check(all(s < 0x600000 for s in severities), f"{where}: tshark warns")
        check(int(theirs["gtpv2.message_type"]) == kind, f"{where}: message type")
        check(int(theirs["gtpv2.seq"], 0) == mine["sequence"], f"{where}: sequence")
        found = list(zip(*[[int(x, 0) for x in theirs[n].split("|") if x]
                           for n in ("gtpv2.ie_type", "gtpv2.ie_len", "gtpv2.instance")]))
        check(found == list(walk(ies_of(octets), GROUPED)), f"{where}: IEs are {found}")
        n_values += compare(where, theirs, mine["ies"])
    print(f"tshark: {len(samples)} messages, {n_values} values")


def only_dissected(ies):
    """Without the groups that tshark doesn't look into."""
    return {name: [only_dissected(v) if isinstance(v, dict) and int(name.split("/")[0]) in GROUPED else v
                   for v in found]
            for name, found in ies.items() if int(name.split("/")[0]) not in GROUPED_ALL - GROUPED}


def compare(where, theirs, ies):
    ies = only_dissected(ies)
    n = 0
    for name, wanted in FIELDS.items():
        mine = wanted(ies)
        got = [shown(name, text) for text in theirs[name].split("|") if text]
        check(mine == got, f"{where}: {name} is {got}, we mean {mine}")
        n += len(got)
    return n


# ---- scapy


def ie(packet):
    """The octets of one of scapy's IEs, its length set right."""
    octets = bytes(packet)
    return octets[:1] + struct.pack(">H", len(octets) - 4) + octets[3:]


def bearer(instance, *ies):
    body = b"".join(ie(i) for i in ies)
    return struct.pack(">BHB", 93, len(body), instance) + body


def message(kind, teid, sequence, *ies):
    header = g.GTPHeader(gtp_type=kind, T=teid is not None, P=0, seq=sequence, teid=teid or 0, length=0)
    octets = bytes(header) + b"".join(i if isinstance(i, bytes) else ie(i) for i in ies)
    return octets[:2] + struct.pack(">H", len(octets) - 4) + octets[4:]


def judge_with_scapy(program):
    octets = message(
        32, 0, 0x4711,
        g.IE_IMSI(IMSI="262011234567890"), g.IE_MSISDN(digits="491701234567"), g.IE_MEI(MEI="3569380356438091"),
        g.IE_ULI(TAI_Present=1, ECGI_Present=1, TAI=g.ULI_TAI(MCC="262", MNC="01", TAC=0x1234),
                 ECGI=g.ULI_ECGI(MCC="310", MNC="41", ECI=0xABCDEF)),
        g.IE_ServingNetwork(MCC="262", MNC="01"), g.IE_RAT(RAT_type=6),
        g.IE_FTEID(ipv4_present=1, InterfaceType=6, GRE_Key=0x11223344, ipv4="10.10.0.2"),
        g.IE_APN(APN="internet.mnc001.mcc262.gprs"), g.IE_SelectionMode(SelectionMode=1),
        g.IE_PDN_type(PDN_type=3),
        g.IE_PAA(PDN_type=3, ipv6_prefix_length=64, ipv6=1, ipv4="100.64.0.9"),
        g.IE_APN_Restriction(APN_Restriction=2), g.IE_AMBR(AMBR_Uplink=1000, AMBR_Downlink=2000),
        bearer(0, g.IE_EPSBearerID(EBI=5),
               g.IE_Bearer_QoS(PCI=1, PriorityLevel=8, PVI=0, QCI=9, MaxBitRateForUplink=1,
                               MaxBitRateForDownlink=2, GuaranteedBitRateForUplink=3,
                               GuaranteedBitRateForDownlink=4),
               g.IE_FTEID(instance=2, ipv4_present=1, ipv6_present=1, InterfaceType=4, GRE_Key=7,
                          ipv4="10.10.0.3", ipv6=5)),
        g.IE_RecoveryRestart(restart_counter=200), g.IE_UE_Timezone(Timezone=0x40, DST=1),
        g.IE_ChargingCharacteristics(ChargingCharacteristric=0x0800))
    got = decode(program, [octets])[0]
    wanted = {
        "1/0": ["262011234567890"], "76/0": ["491701234567"], "75/0": ["3569380356438091"],
        "86/0": [{"n": 2, "tai": {"plmn": "26201", "area": 0x1234, "cell": 0},
                  "ecgi": {"plmn": "31041", "area": 0, "cell": 0xABCDEF}}],
        "83/0": ["26201"], "82/0": [6],
        "87/0": [{"interface": 6, "teid": 0x11223344, "ipv4": "10.10.0.2"}],
        "71/0": ["internet.mnc001.mcc262.gprs"], "128/0": [1], "99/0": [3],
        "79/0": [{"type": 3, "prefix": 64, "ipv4": "100.64.0.9", "ipv6": "::1"}],
        "127/0": [2], "72/0": [{"ul": 1000, "dl": 2000}],
        "93/0": [{"73/0": [5],
                  "87/2": [{"interface": 4, "teid": 7, "ipv4": "10.10.0.3", "ipv6": "::5"}],
                  "80/0": [{"pl": 8, "pci": 1, "pvi": 0, "qci": 9, "ul_mbr": 1, "dl_mbr": 2,
                            "ul_gbr": 3, "dl_gbr": 4}]}],
        "3/0": [200], "114/0": ["4001"], "95/0": [0x0800],
    }
    check(got["err"] == 0, f"scapy's Create Session Request is refused: {got}")
    check(got["sequence"] == 0x4711 and got["type"] == 32, "its header")
    for name, value in wanted.items():
        check(got["ies"].get(name) == value, f"scapy's {name}: {got['ies'].get(name)}, built from {value}")
    check(set(got["ies"]) == set(wanted), f"IEs that nobody built: {set(got['ies']) - set(wanted)}")
    judge_other_requests(program)
    judge_scapys_mistakes(program, octets)


def judge_other_requests(program):
    echo = message(1, None, 1, g.IE_RecoveryRestart(restart_counter=9))
    modify = message(34, 0x01020304, 2, g.IE_FTEID(ipv4_present=1, InterfaceType=6, GRE_Key=1, ipv4="10.10.0.4"),
                     bearer(0, g.IE_EPSBearerID(EBI=6),
                            g.IE_FTEID(instance=1, ipv4_present=1, InterfaceType=4, GRE_Key=2, ipv4="10.10.0.4")))
    delete = message(36, 0x01020304, 3, g.IE_EPSBearerID(EBI=5),
                     g.IE_Indication(length=7, OI=1), g.IE_Cause(Cause=2))
    unknown = message(36, 0x01020304, 3, g.IE_EPSBearerID(EBI=5), struct.pack(">BHB", 251, 2, 0) + b"ab")
    got = decode(program, [echo, modify, delete, unknown])
    check(got[0]["ies"] == {"3/0": [9]}, f"Echo: {got[0]}")
    check(got[1]["teid"] == 0x01020304, "TEID")
    check(got[1]["ies"].get("93/0") == [{"73/0": [6], "87/1": [{"interface": 4, "teid": 2, "ipv4": "10.10.0.4"}]}],
          f"Modify Bearer: {got[1]}")
    check(got[2]["err"] == 0 and got[2]["ies"].get("73/0") == [5], f"Delete Session: {got[2]}")
    check(got[2]["ies"].get("77/0", [""])[0].startswith("08"), f"OI: {got[2]}")
    check(got[3]["err"] == 0 and got[3]["ies"] == {"73/0": [5]}, f"unknown IE: {got[3]}")
    print("scapy: 5 requests")


def judge_scapys_mistakes(program, octets):
    """Faults that a tester may well make: the answer names them."""
    short = octets[:-1]
    apn_at = octets.index(b"\x47\x00")
    without_apn = octets[:apn_at] + octets[apn_at + 4 + octets[apn_at + 2]:]
    without_apn = without_apn[:2] + struct.pack(">H", len(without_apn) - 4) + without_apn[4:]
    got = decode(program, [short, without_apn])
    check((got[0]["cause"], got[0]["fault_ie"]) == (67, -1), f"a cut datagram: {got[0]}")
    check((got[1]["cause"], got[1]["fault_ie"]) == (70, 71), f"no APN: {got[1]}")


def judge_what_scapy_reads(samples):
    """scapy reads what we write: the messages that it knows, by their goldens."""
    for kind, title, octets in samples:
        if title != "create_session_request":
            continue
        packet = g.GTPHeader(octets)
        ies = {(i.ietype, i.instance): i for i in packet.payload.IE_list}
        check(packet.gtp_type == kind and packet.seq == 0x000102, "scapy: header")
        check(ies[(1, 0)].IMSI == b"262011234567890", "scapy: IMSI")
        check(ies[(71, 0)].APN == b"internet", "scapy: APN")
        check(ies[(87, 0)].ipv4 == "10.10.0.2" and ies[(87, 0)].GRE_Key == 0x11111111, "scapy: F-TEID")
        check(ies[(72, 0)].AMBR_Uplink == 50000, "scapy: AMBR")
        check([i.ietype for i in ies[(93, 0)].IE_list] == [73, 87, 80], "scapy: Bearer Context")
        print("scapy: 1 message read")
        return
    check(False, "no Create Session Request among the samples")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    samples = []
    for line in run(sys.argv[1]).splitlines():
        kind, title, text = line.split()
        samples.append((int(kind), title, bytes.fromhex(text)))
    decoded = decode(sys.argv[2], [octets for _, _, octets in samples])
    check(len(samples) > 80, f"only {len(samples)} samples")
    check(all(d["err"] == 0 for d in decoded), "our decoder refuses what our encoder wrote")
    judge_with_tshark(samples, decoded)
    judge_with_scapy(sys.argv[2])
    judge_what_scapy_reads(samples)
    print("FAILED" if failures else "ok")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
