# SPDX-License-Identifier: BSD-3-Clause
"""The model of _model.py with all that an S5/S8 interface has: dedicated bearers that the gateway, its
operator and devices begin, Commands, Suspend and Resume, Error Indications, messages that ride on others. What the
network does is left to the network: here nothing is lost, doubled or held back on purpose.

An SGW knows what it has been asked and what it has answered, never whether its answer arrived. So a bearer
is_known once the gateway has said that it has it, and until then it may be unknown there; it is_quiet while no
request about it can be under way, and when it isn't, another one may be refused."""

import collections
import contextlib
import importlib.machinery
import importlib.util
import random
import re
import socket
import struct
import time

from _gtp import *
from _gtp import ie
from _lab import GTPC, GTPU, GW, NET, ROOT, Failed, check, check_equal, namespace
from _model import PATIENCE, Device, Pdn, World, drain

CREATE_BEARER, UPDATE_BEARER = 95, 97
MODIFY_COMMAND, DELETE_COMMAND, RESOURCE_COMMAND = 64, 66, 68
CHANGE_NOTIFICATION, DELETE_SET, SUSPEND, RESUME = 38, 101, 162, 164
FQ_CSID = 132
PTI, TAD, FLOW_QOS, TFT = 100, 85, 81, 84
ERROR_INDICATION = 26
COMMAND = 0x800000  # in a sequence number
PIGGYBACK_SUPPORTED = ie(INDICATION, b"\0\x08\0\0")
DEFAULT_PORT, PORTS = 5000, range(5001, 5008)
BEARERS_MAX = 4
SGW_CONTROL, SGW_USER = 6, 4  # interface types of F-TEIDs

# A dedicated bearer for a third of the devices, which begins with each of their sessions.
RULE = """static_from_request = true;
    bearers: ( { name = "meter"; qci = 1; gbr: { uplink = "64k"; downlink = "64k"; };
                 imsis = [ "00101000000001*" ]; filters = [ "udp remote 10.20.0.2 port 5008" ]; } );"""


class Bearer:
    def __init__(self, teid_u, gw_teid, qci, filters):
        self.teid_u, self.gw_teid, self.qci, self.filters = teid_u, gw_teid, qci, filters
        self.is_known = self.is_quiet = False

    @property
    def first_filter(self):
        """(precedence, port)"""
        return min(self.filters)


class Connection(Pdn):
    """ambr: the values that the gateway may have, several while answers are on their way. csid: number of its SGW's PDN
    connection set that it is in."""

    def __init__(self, sgw, teid_c, teid_u, gw_teid, address, ambr, bearers=None, csid=None):
        super().__init__(sgw, teid_c, teid_u, gw_teid, address)
        self.ambr, self.bearers, self.csid, self.is_suspended = ambr, bearers or {}, csid, False


def messages_of(datagram):
    """One, or two where the second rides on the first. TS 29.274 5.5.1"""
    n = 4 + int.from_bytes(datagram[2:4], "big")
    if len(datagram) > n and datagram[0] & 0x10:
        return [datagram[:n], datagram[n:]]
    return [datagram]


def read_filters(tft):
    """(precedence, remote port) of each filter. TS 24.008 10.5.6.12"""
    found, at = [], 1
    for _ in range(tft[0] & 15):
        precedence, n = tft[at + 1], tft[at + 2]
        port = tft.index(b"\x50", at + 3)  # single remote port, behind address and protocol
        found.append((precedence, int.from_bytes(tft[port + 1 : port + 3], "big")))
        at += 3 + n
    return found


def tad(port, operation=1):
    """A new TFT with one filter: udp, remote NET, port."""
    parts = b"\x10" + socket.inet_aton(NET) + b"\xff\xff\xff\xff" + b"\x30\x11" + b"\x50" + struct.pack("!H", port)
    return bytes([operation << 5 | 1, 0x30, 0, len(parts)]) + parts


class CommandLine:
    """One telnet session that stays open."""

    def __init__(self, lab):
        loader = importlib.machinery.SourceFileLoader("torii_cli", str(ROOT / "scripts/cli"))
        module = importlib.util.module_from_spec(importlib.util.spec_from_loader("torii_cli", loader))
        loader.exec_module(module)
        with namespace(f"{lab.name}-gw"):
            self.cli = module.Cli("127.0.0.1", 2323, 30)

    def run(self, line):
        return self.cli.run(line)


class BearerWorld(World):
    serves = ECHO_REQUEST, CREATE_BEARER, UPDATE_BEARER, DELETE_BEARER

    def __init__(self, lab, seed, **options):
        super().__init__(lab, seed, **options)
        self.cli = CommandLine(lab)
        self.seen, self.began = collections.deque(maxlen=20000), time.monotonic()  # for story()
        self.served = {n: {} for n in self.nodes}  # gateway's requests with our answers, for repetitions
        self.leaving = {}  # device: the TEID of its session that moves or ends
        self.servers = {p: lab.udp("net", NET, p) for p in (DEFAULT_PORT, *PORTS, 5008)}
        for s in self.servers.values():
            s.setblocking(False)
        self.acts = [
            (self.attach, 26), (self.detach, 12), (self.move, 18), (self.news, 7), (self.change, 2), (self.repeat, 6), (self.echo, 2),
            (self.modify_command, 8), (self.resource_command, 7), (self.delete_command, 6), (self.suspend, 4),
            (self.operator_adds, 6), (self.operator_changes, 4), (self.operator_removes, 3), (self.clear, 2),
            (self.error_indication, 3), (self.wrong_error_indication, 2), (self.wrong_attach, 4), (self.wrong_detach, 3),
            (self.wrong_command, 4), (self.wrong_session, 4), (self.wrong_answer, 3), (self.nonsense, 4), (self.delete_set, 1.5),
            (self.restart, 0.4)]

    # ---- What the base calls.

    def send(self, node, octets):
        self.n_sent += 1
        self.seen.append((time.monotonic(), node, True, octets))
        if octets[0] >> 5 == 1:
            node.user.sendto(octets, (GW, GTPU))
        else:
            node.control.sendto(octets, (GW, GTPC))

    def take(self, node, octets):
        for one in messages_of(octets):
            self.seen.append((time.monotonic(), node, False, one))
            super().take(node, one)

    def story(self, text):
        """The latest messages about the device that a fault's text names, for people."""
        found = re.search(r"\b00101\d{10}\b", text)
        keys, lines = {tbcd(found.group())} if found else set(), []
        for at, node, is_sent, octets in self.seen:
            if not any(key in octets for key in keys):
                continue
            with contextlib.suppress(Failed):
                m = Answer(octets, by_scapy=False)
                keys |= {i.value[1:5] for i in m.ies if i.kind == FTEID}
                keys |= {m.teid.to_bytes(4, "big")} if m.teid else set()
                lines.append(f"{at - self.began:9.3f} {node.address} {'to' if is_sent else 'by'} the gateway, type {m.kind}: {octets.hex()}")
        return "\n".join(lines[-40:])

    def fits(self, m, causes, device, session, what, gone=64):
        """Where the gateway has ended the session meanwhile it may know it no longer."""
        check(m.cause in causes or (m.cause == gone and device.session is not session),
              f"{what} for {device.imsi}: cause {m.cause}, offending {m.offending}")

    def pick_bearer(self):
        """(device, EBI, bearer), or three None."""
        fit = [(d, e, b) for d in self.devices if d.session and not d.is_busy and d.is_sure for e, b in d.session.bearers.items()]
        return self.random.choice(fit) if fit else (None, None, None)

    def free_port(self, session):
        used = {port for b in session.bearers.values() for _, port in b.filters}
        return self.random.choice([p for p in PORTS if p not in used])

    # ---- The gateway's requests.

    def serve(self, node, m):
        command = node.waiting.get(m.sequence) if m.sequence & COMMAND else None
        if command:  # its reply
            del node.waiting[m.sequence]
            command.device.is_busy = False
            command.done(m)
        if m.kind == ECHO_REQUEST:
            self.send(node, message(ECHO_RESPONSE, [ie(RECOVERY, bytes([node.recovery]))], m.sequence, has_teid=False))
            return
        if self.is_between(node, m.teid):
            return  # the MME is at it; the gateway repeats
        known = self.served[node].get((m.kind, m.sequence))
        if known and known[0] == m.octets:
            self.send(node, known[1])
            return
        device = next((d for d in self.devices if d.session and d.session.sgw is node and d.session.teid_c == m.teid), None)
        if device is None:
            answer = message(m.kind + 1, [ie(CAUSE, b"\x40\0")], m.sequence, 0)
        else:
            teid = device.session.gw_teid
            ies = {CREATE_BEARER: self.make_bearers, UPDATE_BEARER: self.change_bearers, DELETE_BEARER: self.end_bearers}[m.kind](device, m)
            answer = message(m.kind + 1, ies, m.sequence, teid)
            self.served[node][m.kind, m.sequence] = m.octets, answer, m.teid
        key = m.kind, answer[16] if device else 64
        self.counts[key] = self.counts.get(key, 0) + 1
        self.send(node, answer)

    def is_between(self, node, teid):
        return any((node, teid) in pair for pair in self.leaving.values())

    def leave(self, device, *ends):
        """While it is unknown whether the gateway has done so, nobody speaks for the session."""
        self.leaving[device] = ends

    def left(self, device):
        """It is done: what the session's SGW has answered isn't repeated any more."""
        for node, teid in self.leaving.pop(device)[:1]:
            self.served[node] = {k: v for k, v in self.served[node].items() if v[2] != teid}

    def make_bearers(self, device, m):
        s, contexts, causes = device.session, [], []
        for asked in (i for i in m.ies if i.kind == BEARER):
            check_equal(find(asked.ies, EBI).value, b"\0", "EBI in a Create Bearer Request")
            ours, profile = find(asked.ies, FTEID, 1), find(asked.ies, QOS).value
            filters, teid_u = read_filters(find(asked.ies, TFT).value), self.new_teid()
            ebi = next(e for e in range(6, 16) if e not in s.bearers)
            cause = 16 if self.random.random() < 0.9 and len(s.bearers) < BEARERS_MAX else 88
            causes.append(cause)
            contexts.append(ie(BEARER, ie(EBI, bytes([ebi if cause == 16 else 0])) + ie(CAUSE, bytes([cause, 0])) +
                               (fteid(SGW_USER, teid_u, s.sgw.address, 2) if cause == 16 else b"") + ie(FTEID, ours.value, 3)))
            if cause == 16:
                s.bearers[ebi] = Bearer(teid_u, read_fteid(ours.value)[1], profile[1], filters)
        return [ie(CAUSE, bytes([min(causes) if 16 in causes else 88, 0])), *contexts]

    def change_bearers(self, device, m):
        s, contexts = device.session, []
        check_equal(m.value(EBI) if m.find(EBI) else b"\5", b"\5", "linked EBI")
        for asked in (i for i in m.ies if i.kind == BEARER):
            ebi, profile = find(asked.ies, EBI).value[0], find(asked.ies, QOS)
            is_there = ebi == 5 or ebi in s.bearers
            contexts.append((ebi, 16 if is_there else 64))
            if is_there and ebi != 5 and profile:
                s.bearers[ebi].qci = profile.value[1]
        if all(cause == 16 for _, cause in contexts):
            s.ambr = s.ambr | {struct.unpack("!II", m.value(AMBR))}
        cause = 16 if any(cause == 16 for _, cause in contexts) else 64
        return [ie(CAUSE, bytes([cause, 0])), *(ie(BEARER, ie(EBI, bytes([e])) + ie(CAUSE, bytes([c, 0]))) for e, c in contexts)]

    def end_bearers(self, device, m):
        s = device.session
        if m.find(EBI, 0):
            check_equal(m.value(EBI), b"\5", "linked EBI")
            device.session = None
            self.is_ended(s, s.teid_u)
            return [ie(CAUSE, b"\x10\0"), ie(EBI, b"\5")]
        contexts = []
        for ebi in (i.value[0] for i in m.ies if (i.kind, i.instance) == (EBI, 1)):
            bearer = s.bearers.pop(ebi, None)
            contexts.append((ebi, 16 if bearer else 64))
            if bearer:
                self.is_ended(s, bearer.teid_u)
        cause = 16 if any(c == 16 for _, c in contexts) else 64
        return [ie(CAUSE, bytes([cause, 0])), *(ie(BEARER, ie(EBI, bytes([e])) + ie(CAUSE, bytes([c, 0]))) for e, c in contexts)]

    def is_ended(self, session, teid_u):
        """Nothing comes in that tunnel any more, so no Error Indication is sent again."""
        request = session.sgw.waiting.pop(("tunnel", teid_u), None)
        if request:
            request.device.is_busy = False

    # ---- Procedures of sessions.

    def attach(self, device=None):
        device = device or self.idle(self.random.random() < 0.15)
        if device is None:
            return
        node, teid_c, teid_u = self.random.choice(self.nodes), self.new_teid(), self.new_teid()
        changes = {"INDICATION": PIGGYBACK_SUPPORTED} if self.random.random() < 0.5 else {}
        csid = self.random.choice([None, 1, 2, 3])
        if csid and not any(r.deletes == csid for r in node.waiting.values()):
            changes["CSID"] = self.set_of(node, csid)
        else:
            csid = None
        ies = create_session_ies(device.imsi, teid_c, teid_u, node.address, RECOVERY=ie(RECOVERY, bytes([node.recovery])), **changes)
        old = device.session

        def done(m):
            self.left(device)
            check_equal((m.cause, m.teid), (16, teid_c), f"Create Session for {device.imsi}")
            gw_teid = read_fteid(m.value(FTEID, 1))[1]
            device.session = Connection(node, teid_c, teid_u, gw_teid, socket.inet_ntoa(m.value(PAA)[1:5]), {(50000, 100000)},
                                        csid=csid)

        self.leave(device, (old.sgw, old.teid_c) if old else (node, teid_c), (node, teid_c))
        request = node.ask(message(CREATE_SESSION, ies, node.new_sequence()), device, done)
        request.after, request.joins = [old, (node, teid_c, teid_u)], csid

    def detach(self, device=None):
        device = device or self.idle(True)
        if device is None:
            return
        s = device.session
        self.leave(device, (s.sgw, s.teid_c))

        def done(m):
            self.left(device)
            check_equal((m.cause, m.teid), (16, s.teid_c), f"Delete Session for {device.imsi}")
            device.session = None

        s.sgw.ask(message(DELETE_SESSION, [ie(EBI, b"\5")], s.sgw.new_sequence(), s.gw_teid), device, done).after = [s, None]

    def move(self, device=None):
        device = device or self.idle(True)
        if device is None:
            return
        s, node, teid_c, teid_u = device.session, self.random.choice(self.nodes), self.new_teid(), self.new_teid()
        moved = {ebi: self.new_teid() for ebi in s.bearers}
        contexts = [ie(BEARER, ie(EBI, bytes([ebi])) + fteid(SGW_USER, teid, node.address, 1)) for ebi, teid in
                    ((5, teid_u), *moved.items())]
        ies = [ie(RAT, b"\x06"), fteid(SGW_CONTROL, teid_c, node.address), *contexts, ie(RECOVERY, bytes([node.recovery]))]
        self.leave(device, (s.sgw, s.teid_c), (node, teid_c))

        def done(m):
            self.left(device)
            causes = {find(i.ies, EBI).value[0]: find(i.ies, CAUSE).value[0] for i in m.ies if i.kind == BEARER}
            check_equal((m.cause, m.teid), (16 if set(causes.values()) == {16} else 17, teid_c), f"Modify Bearer for {device.imsi}")
            check_equal(set(causes), {5, *moved}, "bearers in a Modify Bearer Response")
            lost = {ebi for ebi, cause in causes.items() if cause == 64}
            check(not any(ebi == 5 or s.bearers[ebi].is_known for ebi in lost), f"bearers of {device.imsi} are unknown: {lost}")
            for ebi in moved:
                s.bearers[ebi].teid_u, s.bearers[ebi].is_known = moved[ebi], True
            bearers = {ebi: b for ebi, b in s.bearers.items() if ebi not in lost}
            csid = s.csid if node is s.sgw else None
            device.session = Connection(node, teid_c, teid_u, s.gw_teid, s.address, s.ambr, bearers, csid)

        node.ask(message(MODIFY_BEARER, ies, node.new_sequence(), s.gw_teid), device, done).after = [s, (node, teid_c, teid_u)]

    @staticmethod
    def set_of(node, csid):
        return ie(FQ_CSID, b"\x01" + socket.inet_aton(node.address) + struct.pack("!H", csid), 1)

    def delete_set(self):
        """A part of an SGW has failed, and the sessions that it had. TS 29.274 7.9.1"""
        node, csid = self.random.choice(self.nodes), self.random.randrange(1, 4)
        members = {d: d.session for d in self.devices if d.session and d.session.sgw is node and d.session.csid == csid}
        if any(d.is_busy for d in members) or any(csid in (r.joins, r.deletes) for r in node.waiting.values()):
            return

        def done(m):
            check_equal((m.cause, m.teid), (16, 0), "Delete PDN Connection Set")
            for device, session in members.items():
                device.is_busy = False
                if device.session is session:
                    device.session = None

        request = node.ask(message(DELETE_SET, [self.set_of(node, csid)], node.new_sequence()), None, done)
        request.deletes, request.members = csid, list(members)
        for device in members:
            device.is_busy = True

    def change(self):
        device = self.idle(True)
        if device:
            s, is_named = device.session, self.random.random() < 0.3
            ies = [ie(RAT, b"\x08"), *([ie(IMSI, tbcd(device.imsi)), ie(EBI, b"\5")] if is_named else [])]
            s.sgw.ask(message(CHANGE_NOTIFICATION, ies, s.sgw.new_sequence(), 0 if is_named else s.gw_teid), device,
                      lambda m: self.fits(m, {16}, device, s, "Change Notification", 96 if is_named else 64))

    def news(self):
        """A Modify Bearer Request that only tells where the device is; now and then an Echo Request rides on it."""
        device = self.idle(True)
        if device is None:
            return
        s, node, rides = device.session, device.session.sgw, self.random.random() < 0.3
        uli = bytes.fromhex("1800f110") + self.random.randbytes(2) + bytes.fromhex("00f11000") + self.random.randbytes(3)
        request = message(MODIFY_BEARER, [ie(ULI, uli)], node.new_sequence(), s.gw_teid, flags=0x50 if rides else 0x40)

        def done(m):
            self.fits(m, {16}, device, s, "Modify Bearer")
            s.is_suspended = s.is_suspended and m.cause != 16  # TS 29.274 7.4.3

        if rides:
            echo = message(ECHO_REQUEST, [ie(RECOVERY, bytes([node.recovery]))], node.new_sequence(), has_teid=False)
            node.ask(echo)
            request += echo
        node.ask(request, device, done)

    def suspend(self, device=None, kind=None):
        device = device or self.idle(True)
        if device is None:
            return
        s = device.session
        kind = kind or (RESUME if s.is_suspended else SUSPEND)

        def done(m):
            self.fits(m, {16}, device, s, "Suspend or Resume")
            s.is_suspended = kind == SUSPEND and m.cause == 16

        s.sgw.ask(message(kind, [ie(IMSI, tbcd(device.imsi))], s.sgw.new_sequence(), s.gw_teid), device, done)

    # ---- Commands. Their reply is a request of the gateway, or a Failure Indication.

    def command(self, device, kind, ies, replies, failures):
        """A reply is one of those types, or a failure with one of the causes that failures() gives then."""
        s = device.session

        def done(m):
            if m.kind == kind + 1:
                self.fits(m, failures(), device, s, f"failure of Command {kind}")
            else:
                check(m.kind in replies, f"reply {m.kind} to Command {kind} for {device.imsi}")

        s.sgw.ask(message(kind, ies, s.sgw.new_sequence() | COMMAND, s.gw_teid), device, done)

    def modify_command(self):
        device = self.idle(True)
        if device:
            ambr = struct.pack("!II", *(1000 * self.random.randrange(1, 90) for _ in range(2)))
            self.command(device, MODIFY_COMMAND, [ie(AMBR, ambr), ie(BEARER, ie(EBI, b"\5") + qos(self.random.choice([8, 9])))],
                         {UPDATE_BEARER}, set)

    def resource_command(self):
        device = self.idle(True)
        if device and len(device.session.bearers) < BEARERS_MAX:
            pti = bytes([self.random.randrange(1, 255)])
            flow = ie(FLOW_QOS, bytes([self.random.choice([6, 7])]) + bytes(20))
            self.command(device, RESOURCE_COMMAND, [ie(EBI, b"\5"), ie(PTI, pti), flow, ie(TAD, tad(self.free_port(device.session)))],
                         {CREATE_BEARER}, set)

    def delete_command(self):
        device, ebi, bearer = self.pick_bearer()
        if device:
            s, was_known, was_quiet = device.session, bearer.is_known, bearer.is_quiet
            bearer.is_quiet = False

            def failures():
                is_there = was_known and s.bearers.get(ebi) is bearer  # the gateway's own request may have been faster
                return (set() if is_there else {64}) | (set() if was_quiet else {101})

            self.command(device, DELETE_COMMAND, [ie(BEARER, ie(EBI, bytes([ebi])))], {DELETE_BEARER}, failures)

    # ---- The operator.

    def operator(self, line, may_fail):
        text = self.cli.run(line)
        check(may_fail or not text.startswith("% "), f"{line}: {text}")

    def operator_adds(self):
        device = self.idle(True)
        if device and len(device.session.bearers) < BEARERS_MAX:
            port = self.free_port(device.session)
            # its session may be on its way out by an operator's clear
            self.operator(f"bearer add imsi {device.imsi} qci {self.random.choice([7, 9])} filter udp remote {NET} port {port}", True)

    def operator_changes(self):
        device, ebi, bearer = self.pick_bearer()
        if device and bearer.qci != 1:  # that needs rates
            self.operator_on_bearer(f"bearer change imsi {device.imsi} ebi {ebi} qci {self.random.choice([6, 7, 8])}", bearer)

    def operator_removes(self):
        device, ebi, bearer = self.pick_bearer()
        if device:
            self.operator_on_bearer(f"bearer remove imsi {device.imsi} ebi {ebi}", bearer)

    def operator_on_bearer(self, line, bearer):
        self.operator(line, not (bearer.is_known and bearer.is_quiet))
        bearer.is_quiet = False

    def clear(self):
        """The session goes on until its SGW is asked to end it; meanwhile it may move."""
        device = self.idle(True)
        if device:
            for bearer in device.session.bearers.values():
                bearer.is_known = bearer.is_quiet = False  # once the session is gone
            self.operator(f"clear session imsi {device.imsi}", True)

    # ---- Error Indications of SGWs that have lost a tunnel. TS 29.281 7.3.1

    @staticmethod
    def error_octets(address, teid):
        ies = b"\x10" + struct.pack("!I", teid) + b"\x85\0\4" + socket.inet_aton(address)
        return gtpu(ERROR_INDICATION, 0, struct.pack("!HBB", 1, 0, 0) + ies, flags=0x32)

    def error_indication(self):
        """Sent for each packet in the tunnel, until the gateway asks to end it."""
        device, ebi, bearer = self.pick_bearer()
        if device is None or not bearer.is_known or self.random.random() < 0.5:
            device, ebi = self.idle(True), 5
        if device:
            s = device.session
            teid = s.teid_u if ebi == 5 else bearer.teid_u
            octets = self.error_octets(s.sgw.address, teid)
            request = s.sgw.ask(octets, device)
            s.sgw.waiting = {k: r for k, r in s.sgw.waiting.items() if r is not request} | {("tunnel", teid): request}

    def wrong_error_indication(self):
        """From another SGW, or for a tunnel that isn't any more: nothing happens."""
        device = self.idle(True)
        if device:
            s, node = device.session, self.random.choice(self.nodes)
            teid = s.teid_u if node is not s.sgw else self.new_teid()
            self.send(node, self.error_octets(self.random.choice([node.address, s.sgw.address]), teid))

    # ---- Wrong ones.

    def wrong_command(self):
        device = self.idle(True)
        if device is None:
            return
        kind, ies, cause = self.random.choice([
            (MODIFY_COMMAND, [ie(AMBR, bytes(8)), ie(BEARER, ie(EBI, b"\x0f") + qos(8))], 64),
            (MODIFY_COMMAND, [ie(AMBR, bytes(8))], 70),
            (DELETE_COMMAND, [ie(BEARER, ie(EBI, b"\x0f"))], 64),
            (RESOURCE_COMMAND, [ie(EBI, b"\5"), ie(PTI, b"\3"), ie(FLOW_QOS, b"\x09" + bytes(20)), ie(TAD, b"\xe1")], 98),
            (RESOURCE_COMMAND, [ie(EBI, b"\x06"), ie(PTI, b"\3"), ie(FLOW_QOS, b"\x09" + bytes(20)), ie(TAD, tad(80))], 64),
            (RESOURCE_COMMAND, [ie(EBI, b"\5"), ie(PTI, b"\3"), ie(TAD, tad(80))], 103)])
        self.command(device, kind, ies, set(), lambda: {cause})

    def wrong_session(self):
        """Requests about a session that change nothing."""
        device = self.idle(True)
        if device is None:
            return
        s, stranger = device.session, self.new_teid()
        kind, ies, causes = self.random.choice([
            (MODIFY_BEARER, [ie(BEARER, ie(EBI, b"\x0f") + fteid(SGW_USER, stranger, s.sgw.address, 1))], {64}),
            (MODIFY_BEARER, [ie(RAT, b"\6"), ie(BEARER, ie(EBI, b"\0") + fteid(SGW_USER, stranger, s.sgw.address, 1))], {69}),
            (MODIFY_BEARER, [ie(BEARER, fteid(SGW_USER, stranger, s.sgw.address, 1))], {70}),
            (MODIFY_BEARER, [fteid(SGW_CONTROL, stranger, s.sgw.address)[:-2]], {67}),
            (DELETE_SESSION, [ie(EBI, b"\5"), fteid(SGW_CONTROL, stranger, s.sgw.address)], {109}),
            (DELETE_SESSION, [ie(EBI, b"\5")[:-1] + b"\0"], {69}),
            (SUSPEND, [ie(IMSI, tbcd(device.imsi)), fteid(SGW_CONTROL, stranger, s.sgw.address)], {109})])
        s.sgw.ask(message(kind, ies, s.sgw.new_sequence(), s.gw_teid), device,
                  lambda m: self.fits(m, causes, device, s, f"wrong message {kind}"))

    def wrong_answer(self):
        """Answers that nobody asked for, and what only a gateway says."""
        device = self.idle(True)
        if device:
            s, kind = device.session, self.random.choice([33, 35, 37, 96, 98, 100, 65, 67, 69, CREATE_BEARER, UPDATE_BEARER, DELETE_BEARER])
            ies = [ie(CAUSE, b"\x10\0"), ie(EBI, b"\5"), ie(BEARER, ie(EBI, b"\6") + ie(CAUSE, b"\x10\0"))]
            self.send(s.sgw, message(kind, ies, s.sgw.new_sequence(), s.gw_teid))

    # ---- A restart.

    def restart(self):
        """What an SGW has sent before it restarts is there or lost before it comes back."""
        node = self.random.choice(self.nodes)
        if self.is_left_by_others(node):
            return
        asking = {r.device: r for r in node.waiting.values() if r.device}
        self.drain_network()
        for device in (d for r in node.waiting.values() for d in r.members):
            device.is_busy = False
        for device, request in asking.items():
            # its own sessions are gone; what it was about to make may be there all the same
            device.outcomes = [o for o in request.after or [device.session] if not (isinstance(o, Pdn) and o.sgw is node)] + [None]
            self.leaving.pop(device, None)
        self.served[node] = {}
        super().restart(node)

    def drain_network(self):
        """Whoever knows the network waits here until nothing is on its way."""

    # ---- Agreement.

    def settle(self):
        super().settle()
        self.wait(lambda: int(re.search(r"(\d+)  requests of ours without an answer", self.cli.run("show gtpc counters")).group(1)) == 0,
                  "no request of the gateway without an answer")
        self.wait(lambda: not re.search(r"asked for|leaving|changing", self.cli.run("show bearers")), "bearers at rest")

    def text_of(self, device):
        return self.cli.run(f"show session imsi {device.imsi}")

    def in_control(self, device):
        text = self.text_of(device)
        if "has no session" in text:
            return None
        check_equal(text.count("Dataplane  "), 1, f"sessions of {device.imsi}")
        sgw = re.search(r"Control plane .* SGW (\S+) TEID 0x([0-9a-f]{8})", text)
        user = re.search(r"User plane +ours \S+ TEID 0x([0-9a-f]{8}), SGW (\S+) TEID 0x([0-9a-f]{8})", text)
        address = re.search(r"Address +(\S+),", text)
        check_equal(user.group(2), sgw.group(1), "one SGW for both planes")
        return (sgw.group(1), int(sgw.group(2), 16), int(user.group(3), 16), int(user.group(1), 16), address.group(1))

    @staticmethod
    def bearers_of(text):
        """EBI: (QCI, SGW-U, its TEID, ours)"""
        found = re.findall(r"Bearer EBI (\d+) +\S+, active, QCI (\d+),.*\n +User plane +ours TEID 0x([0-9a-f]{8}), SGW (\S+) TEID 0x([0-9a-f]{8})", text)
        check_equal(len(found), text.count("Bearer EBI"), f"bearers at rest in {text}")
        return {int(ebi): (int(qci), sgw, int(theirs, 16), int(ours, 16)) for ebi, qci, ours, sgw, theirs in found}

    def learn_unsure(self):
        """An SGW restarted in the middle of a procedure: it is as before or as after, and what was its own is gone."""
        for device in self.devices:
            if device.is_sure:
                continue
            found, device.is_sure, device.session = self.in_control(device), True, None
            if found is None:
                check(None in device.outcomes, f"the session of {device.imsi} is gone")
                continue
            text = self.text_of(device)
            for o in device.outcomes:
                if isinstance(o, Connection) and (o.sgw.address, o.teid_c) == found[:2]:
                    device.session = o
                elif o and not isinstance(o, Connection) and (o[0].address, *o[1:]) == found[:3]:
                    device.session = Connection(*o, *found[3:], {self.ambr_of(text)},
                                                {e: Bearer(t, ours, q, []) for e, (q, _, t, ours) in self.bearers_of(text).items()})
            check(device.session, f"session of {device.imsi} in control: {found}")

    @staticmethod
    def ambr_of(text):
        """kbit/s up and down"""
        units = {"kbit/s": 1, "Mbit/s": 1000}
        found = re.search(r"AMBR up ([\d.]+) (\S+), down ([\d.]+) (\S+)", text).groups()
        return tuple(round(float(found[i]) * units[found[i + 1]]) for i in (0, 2))

    def check_agreement(self, extra=0):
        self.settle()
        self.learn_unsure()
        sessions = [d.session for d in self.devices if d.session]
        bearers = sum(len(s.bearers) for s in sessions)
        self.check_each(self.devices)
        model = len(sessions), len(sessions) + bearers, len(sessions), len({s.sgw for s in sessions})
        self.wait(lambda: self.in_dataplane() == model, f"the same in the dataplane: {model}")
        held = re.search(r"^internet +\S+ +\d+ +(\d+)", self.cli.run("show pools"), re.M)
        check_equal(int(held.group(1)), len(sessions), "addresses that the pool has given")
        for device in self.devices:
            if device.session and device.session.is_suspended:
                self.suspend(device, RESUME)
        self.settle()
        self.check_traffic()

    def in_dataplane(self):
        """(sessions, TEIDs, addresses, SGWs)"""
        workers = self.lab.telemetry("/torii/workers").values()
        return tuple(sum(w[what] for w in workers) for what in ("sessions", "teids", "addresses", "peers"))

    def check_each(self, devices):
        for device in devices:
            s, text = device.session, self.text_of(device)
            model = s and (s.sgw.address, s.teid_c, s.teid_u, s.gw_teid, s.address)
            check_equal(self.in_control(device), model, f"session of {device.imsi} in control")
            if not s:
                continue
            check_equal(self.bearers_of(text), {e: (b.qci, s.sgw.address, b.teid_u, b.gw_teid) for e, b in s.bearers.items()},
                        f"bearers of {device.imsi} in control")
            check_equal(", suspended" in text.splitlines()[0], s.is_suspended, f"{device.imsi} is suspended")
            check(self.ambr_of(text) in s.ambr, f"APN-AMBR of {device.imsi}: {self.ambr_of(text)}, expected one of {s.ambr}")
            s.ambr = {self.ambr_of(text)}
            for bearer in s.bearers.values():
                bearer.is_known = bearer.is_quiet = True

    def tunnels(self):
        """(SGW, its TEID, our TEID, address, port whose packets it carries) of each bearer."""
        for s in (d.session for d in self.devices if d.session):
            yield s.sgw, s.teid_u, s.gw_teid, s.address, DEFAULT_PORT
            taken = set()
            for bearer in sorted((b for b in s.bearers.values() if b.filters), key=lambda b: b.first_filter):
                port = bearer.first_filter[1]
                if port not in taken:
                    yield s.sgw, bearer.teid_u, bearer.gw_teid, s.address, port
                taken.add(port)

    def check_traffic(self):
        """A packet each way through each tunnel: downlink it is in the right one, uplink it comes from the right
        device."""
        tunnels, mark = list(self.tunnels()), self.random.randbytes(8)
        down, up = {(n.address, teid) for n, teid, *_ in tunnels}, {ours for _, _, ours, _, _ in tunnels}
        seen_down, seen_up = set(), set()

        def all_seen():
            for n, teid, ours, address, port in tunnels:
                if (n.address, teid) not in seen_down:
                    self.servers[port].sendto(mark + struct.pack("!I", teid), (address, 9))
                if ours not in seen_up:
                    inner = udp(address, NET, 9, port, mark + struct.pack("!I", ours))
                    n.user.sendto(gpdu(ours, inner), (GW, GTPU))
            time.sleep(0.05)
            for node in self.nodes:
                for octets in drain(node.user):
                    teid = octets[4:8]
                    if octets[1] == 255 and mark in octets:
                        check_equal(teid, octets[octets.index(mark) + 8 :], f"tunnel of {node.address} for a packet")
                        seen_down.add((node.address, int.from_bytes(teid, "big")))
            for server in self.servers.values():
                seen_up.update(int.from_bytes(o[8:], "big") for o in drain(server) if o.startswith(mark))
            return (seen_down, seen_up) == (down, up)

        self.wait(all_seen, "a packet through every tunnel, both ways")


_ = Device, PATIENCE, random
