# SPDX-License-Identifier: BSD-3-Clause
"""Several SGWs whose devices come, move and go at random over a network that loses, doubles and
reorders, and beside them a simple model of what must exist. Whenever all is quiet, control, dataplane
and model are compared. A seed makes the same choices again."""

import random
import re
import select
import socket
import subprocess
import time

from _gtp import *
from _gtp import ie
from _lab import GTPC, GTPU, GW, NET, ROOT, check, check_equal

T3 = 0.3
PATIENCE = 60.0  # for one answer, over restarts of the gateway


class Device:
    """What its SGWs know of one SIM. session: None, or the PDN connection that must exist."""

    def __init__(self, imsi):
        self.imsi = imsi
        self.session = None
        self.is_busy = False
        self.is_sure = True  # False: its SGW restarted in the middle of a procedure


class Pdn:
    def __init__(self, sgw, teid_c, teid_u, gw_teid, address):
        self.sgw, self.teid_c, self.teid_u, self.gw_teid, self.address = sgw, teid_c, teid_u, gw_teid, address
        self.bearers = {}  # dedicated ones by EBI, see _bearers.py


class Request:
    def __init__(self, octets, device, done):
        self.octets, self.device, self.done = octets, device, done
        self.began = time.monotonic()
        self.due = 0.0
        self.answer = None  # of an earlier time, for repetitions
        self.joins = self.deletes = None  # number of a PDN connection set
        self.members = ()  # devices of the set that is deleted
        self.after = None  # the states of the device of which one is true once it has ended somehow


class Node:
    """One SGW: its address, sockets, restart counter and requests without an answer."""

    def __init__(self, world, address):
        self.world, self.address = world, address
        self.control = world.lab.udp("sgw", address, GTPC)
        self.user = world.lab.udp("sgw", address, GTPU)
        for s in (self.control, self.user):
            s.setblocking(False)
        self.recovery = world.random.randrange(256)
        self.sequence = world.random.randrange(1, 0x600000)
        self.waiting = {}
        self.history = []  # requests that were answered

    def new_sequence(self):
        self.sequence += 1
        return self.sequence

    def ask(self, octets, device=None, done=None):
        request = Request(octets, device, done)
        self.waiting[int.from_bytes(octets[8:11] if octets[0] & 8 else octets[4:7], "big")] = request
        if device:
            device.is_busy = True
        return request


class World:
    serves = ECHO_REQUEST, DELETE_BEARER  # requests of the gateway

    def __init__(self, lab, seed, loss=0.0, doubled=0.0, late=0.0, devices=30, first=1,
                 addresses=("10.10.0.2", "10.10.0.3", "10.10.0.4")):
        self.lab, self.random = lab, random.Random(seed)
        self.loss, self.doubled, self.late = loss, doubled, late
        self.nodes = [Node(self, a) for a in addresses]
        self.devices = [Device(f"00101{first + i:010}") for i in range(devices)]
        self.next_teid = self.random.randrange(0x1000, 0x7FFF0000)
        self.delayed = []  # (due, node, octets) on their way to the gateway
        self.counts = {}
        self.n_sent = self.n_lost = self.n_repeated = 0
        self.net = lab.udp("net", NET, 0)
        self.acts = [(self.attach, 30), (self.detach, 20), (self.move, 20), (self.news, 8), (self.wrong_detach, 5),
                     (self.wrong_attach, 5), (self.nonsense, 5), (self.repeat, 6), (self.echo, 3), (self.restart, 0.3)]

    def new_teid(self):
        self.next_teid += 1
        return self.next_teid

    # ---- The network.

    def send(self, node, octets):
        self.n_sent += 1
        if self.random.random() < self.loss:
            self.n_lost += 1
            return
        for _ in range(2 if self.random.random() < self.doubled else 1):
            if self.random.random() < self.late:
                self.delayed.append((time.monotonic() + self.random.uniform(0, 0.2), node, octets))
            else:
                node.control.sendto(octets, (GW, GTPC))

    def run_network(self):
        now = time.monotonic()
        for entry in [d for d in self.delayed if d[0] <= now]:
            self.delayed.remove(entry)
            entry[1].control.sendto(entry[2], (GW, GTPC))
        for node in self.nodes:
            for request in list(node.waiting.values()):
                check(now - request.began < PATIENCE, f"no answer in {PATIENCE:g} s to {request.octets.hex()}")
                if request.due <= now:
                    self.n_repeated += request.due > 0
                    request.due = now + T3
                    self.send(node, request.octets)

    def receive(self, timeout):
        ready, _, _ = select.select([n.control for n in self.nodes], [], [], timeout)
        for node in self.nodes:
            while node.control in ready:
                try:
                    octets, source = node.control.recvfrom(65536)
                except OSError:
                    break
                if self.random.random() < self.loss:
                    self.n_lost += 1
                    continue
                check_equal(source, (GW, GTPC), "source of a message")
                self.take(node, octets)

    def take(self, node, octets):
        m = Answer(octets, by_scapy=False)
        if m.kind in self.serves:
            self.serve(node, m)
            return
        request = node.waiting.get(m.sequence)
        if request is None or m.kind not in (request.octets[1] + 1, VERSION_NOT_SUPPORTED):
            return  # doubled
        del node.waiting[m.sequence]
        if request.answer is not None:
            check_equal(octets, request.answer, "answer to a repeated request")
            return
        key = m.kind, m.cause if m.find(CAUSE) else None
        self.counts[key] = self.counts.get(key, 0) + 1
        if request.device:
            request.device.is_busy = False
        if request.done:
            request.done(m)
        node.history.append((time.monotonic(), request.octets, octets))

    def serve(self, node, m):
        """A request of the gateway."""
        if m.kind == ECHO_REQUEST:
            node.control.sendto(message(ECHO_RESPONSE, [ie(RECOVERY, bytes([node.recovery]))], m.sequence,
                                        has_teid=False), (GW, GTPC))
            return
        owner = next((d for d in self.devices if d.session and d.session.sgw is node and d.session.teid_c == m.teid), None)
        cause, teid = (64, 0)
        if owner:
            cause, teid = 16, owner.session.gw_teid
            if not owner.is_busy:
                owner.session = None
            else:
                owner.is_sure = False
        self.send(node, message(DELETE_BEARER + 1, [ie(CAUSE, bytes([cause, 0])), ie(EBI, b"\5")], m.sequence, teid))

    # ---- What SGWs and devices do. Each begins one thing, or nothing if it doesn't fit now.

    def idle(self, is_attached):
        fit = [d for d in self.devices if not d.is_busy and d.is_sure and (d.session is not None) == is_attached]
        return self.random.choice(fit) if fit else None

    def attach(self, device=None):
        """Now and then of one that is attached already: TS 29.274 7.2.1, the old session goes."""
        device = device or self.idle(self.random.random() < 0.15)
        if device is None:
            return
        node, teid_c, teid_u = self.random.choice(self.nodes), self.new_teid(), self.new_teid()
        ies = create_session_ies(device.imsi, teid_c, teid_u, node.address, RECOVERY=ie(RECOVERY, bytes([node.recovery])))

        def done(m):
            check_equal((m.cause, m.teid), (16, teid_c), f"Create Session for {device.imsi}")
            bearer = m.find(BEARER)
            gw_teid_u = read_fteid(find(bearer.ies, FTEID, 2).value)[1]
            gw_teid = read_fteid(m.value(FTEID, 1))[1]
            check_equal(gw_teid_u, gw_teid, "one TEID for both planes")
            device.session = Pdn(node, teid_c, teid_u, gw_teid, socket.inet_ntoa(m.value(PAA)[1:5]))
            self.attached(device)

        node.ask(message(CREATE_SESSION, ies, node.new_sequence()), device, done)

    def attached(self, device):
        """For those who know what else comes of it."""

    def detach(self, device=None):
        device = device or self.idle(True)
        if device is None:
            return
        s = device.session

        def done(m):
            check_equal((m.cause, m.teid), (16, s.teid_c), f"Delete Session for {device.imsi}")
            device.session = None

        s.sgw.ask(message(DELETE_SESSION, [ie(EBI, b"\5")], s.sgw.new_sequence(), s.gw_teid), device, done)

    def move(self, device=None):
        device = device or self.idle(True)
        if device is None:
            return
        s, node, teid_c, teid_u = device.session, self.random.choice(self.nodes), self.new_teid(), self.new_teid()
        moved = {ebi: bearer.moved(self.new_teid()) for ebi, bearer in s.bearers.items()}
        tunnels = [(5, teid_u), *((ebi, bearer.teid) for ebi, bearer in moved.items())]
        ies = [ie(RAT, b"\x06"), fteid(6, teid_c, node.address), ie(RECOVERY, bytes([node.recovery])),
               *(ie(BEARER, ie(EBI, bytes([ebi])) + fteid(4, teid, node.address, 1)) for ebi, teid in tunnels)]

        def done(m):
            check_equal((m.cause, m.teid), (16, teid_c), f"Modify Bearer for {device.imsi}")
            device.session = Pdn(node, teid_c, teid_u, s.gw_teid, s.address)
            device.session.bearers = moved

        node.ask(message(MODIFY_BEARER, ies, node.new_sequence(), s.gw_teid), device, done)

    def news(self):
        """A Modify Bearer Request that only tells where the device is."""
        device = self.idle(True)
        if device is None:
            return
        s = device.session
        uli = bytes.fromhex("1800f110") + self.random.randbytes(2) + bytes.fromhex("00f11000") + self.random.randbytes(3)

        def done(m):
            check_equal((m.cause, m.teid), (16, s.teid_c), f"Modify Bearer for {device.imsi}")

        s.sgw.ask(message(MODIFY_BEARER, [ie(ULI, uli)], s.sgw.new_sequence(), s.gw_teid), device, done)

    def wrong_detach(self):
        device = self.idle(True)
        if device is None:
            return
        s, ebi, teid = device.session, 5, device.session.gw_teid
        if self.random.random() < 0.5:
            ebi = 6
        else:
            teid = self.new_teid() | 0x80000000
        s.sgw.ask(message(DELETE_SESSION, [ie(EBI, bytes([ebi]))], s.sgw.new_sequence(), teid), device,
                  lambda m: check_equal(m.cause, 64, "Delete Session of another bearer or TEID"))

    def wrong_attach(self):
        device = self.idle(self.random.random() < 0.5)
        if device is None:
            return
        node = self.random.choice(self.nodes)
        changes, cause = self.random.choice([({"APN": ie(APN, labels("nowhere"))}, 78), ({"RAT": None}, 70),
                                             ({"RAT": ie(RAT, b"\0")}, 69), ({"IMSI": None}, 103), ({"BEARER": None}, 70)])
        ies = create_session_ies(device.imsi, self.new_teid(), self.new_teid(), node.address, **changes)
        node.ask(message(CREATE_SESSION, ies, node.new_sequence()), device,
                 lambda m: check_equal(m.cause, cause, f"Create Session with {list(changes)} changed"))

    def nonsense(self):
        """What nobody has to answer, and what changes nothing."""
        node, n = self.random.choice(self.nodes), self.random.randrange(60)
        octets = self.random.randbytes(n)
        if n > 4 and octets[0] >> 5 == 2:
            octets = bytes([octets[0] & 0x1F | 0x20]) + octets[1:]  # GTPv1
        if node.history and self.random.random() < 0.5:
            whole = self.random.choice(node.history)[1]
            octets = whole[: self.random.randrange(8)]
        node.control.sendto(octets, (GW, GTPC))

    def repeat(self):
        """A request that was answered already: the same answer once more, and no effect."""
        node = self.random.choice(self.nodes)
        fresh = [h for h in node.history if time.monotonic() - h[0] < 5 and h[1][0] & 8]
        if not fresh:
            return
        _, octets, answer = self.random.choice(fresh)
        node.ask(octets).answer = answer

    def forget_refusals(self):
        """Control keeps answers together with their effect over its own end; what it refused had none, and is
        judged again when it is repeated."""

        def is_refusal(octets):
            m = Answer(octets, by_scapy=False)
            return m.find(CAUSE) is not None and m.cause != 16

        for node in self.nodes:
            node.history = [h for h in node.history if not is_refusal(h[2])]
            for request in node.waiting.values():
                if request.answer is not None and is_refusal(request.answer):
                    request.answer = None

    def echo(self):
        node = self.random.choice(self.nodes)
        node.ask(message(ECHO_REQUEST, [ie(RECOVERY, bytes([node.recovery]))], node.new_sequence(), has_teid=False))

    def is_left_by_others(self, node):
        """Another SGW takes one of its sessions over: who would be first?"""
        return any(d.is_busy and d.session and d.session.sgw is node and not self.asks(node, d) for d in self.devices)

    def restart(self, node=None):
        """An SGW forgets everything, also what it has asked, and says so. TS 23.007 18."""
        node = node or self.random.choice(self.nodes)
        if self.is_left_by_others(node):
            return
        node.recovery = (node.recovery + 1) % 256
        for request in node.waiting.values():
            if request.device:
                request.device.is_busy = False
                request.device.is_sure = False
        node.waiting.clear()
        node.history.clear()
        self.delayed = [d for d in self.delayed if d[1] is not node]
        for device in self.devices:
            if device.session and device.session.sgw is node:
                device.session = None
        request = node.ask(message(ECHO_REQUEST, [ie(RECOVERY, bytes([node.recovery]))], node.new_sequence(), has_teid=False))
        # nothing else overtakes it
        self.wait(lambda: request not in node.waiting.values(), "an answer to the Echo Request after a restart")

    @staticmethod
    def asks(node, device):
        return any(r.device is device for r in node.waiting.values())

    def clear(self):
        """An operator ends a session."""
        device = self.idle(True)
        if device is None:
            return
        self.lab.cli(f"clear session imsi {device.imsi}")
        self.wait(lambda: device.session is None, "a Delete Bearer Request for a session that is cleared")

    def step(self, at_once=12):
        """One act; waits while as many requests are without an answer."""
        act = self.random.choices([a for a, _ in self.acts], [w for _, w in self.acts])[0]
        act()
        while True:
            self.run_network()
            self.receive(0 if sum(len(n.waiting) for n in self.nodes) < at_once else 0.01)
            if sum(len(n.waiting) for n in self.nodes) < at_once:
                return

    def wait(self, condition, what):
        """As wait_for(), and SGWs go on to answer and to repeat."""
        end = time.monotonic() + PATIENCE
        while not condition():
            check(time.monotonic() < end, f"waited {PATIENCE:g} s in vain: {what}")
            self.run_network()
            self.receive(0.01)

    def start_under_load(self, names):
        """Starts processes of the gateway while SGWs go on to ask and to repeat."""
        starting = subprocess.Popen(["bash", "-c", " && ".join(f"'{ROOT}/scripts/lab' start {n}" for n in names)],
                                    env=self.lab.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True)
        while starting.poll() is None:
            self.run_network()
            self.receive(0.01)
        check_equal(starting.returncode, 0, f"start of {names}: {starting.stdout.read()}")

    def settle(self):
        """Until everything is answered and nothing is on its way."""
        self.wait(lambda: not self.delayed and not any(n.waiting for n in self.nodes), "all answers")

    # ---- Agreement.

    def in_control(self, device):
        """(SGW, its TEID, SGW-U TEID, our TEID, address) as control shows it, None: no session."""
        text = self.lab.cli(f"show session imsi {device.imsi}", ok=False)
        if "has no session" in text:
            return None
        sgw = re.search(r"Control plane .* SGW (\S+) TEID 0x([0-9a-f]{8})", text)
        user = re.search(r"User plane +ours \S+ TEID 0x([0-9a-f]{8}), SGW (\S+) TEID 0x([0-9a-f]{8})", text)
        address = re.search(r"Address +(\S+),", text)
        check(sgw and user and address, f"session of {device.imsi}: {text}")
        check_equal(text.count("Dataplane  "), 1, f"sessions of {device.imsi}")
        check_equal(user.group(2), sgw.group(1), "one SGW for both planes")
        return (sgw.group(1), int(sgw.group(2), 16), int(user.group(3), 16), int(user.group(1), 16), address.group(1))

    def learn_unsure(self):
        """Where an SGW restarted in the middle of a procedure only the gateway knows which was first."""
        for device in self.devices:
            if device.is_sure:
                continue
            found = self.in_control(device)
            device.is_sure = True
            device.session = None
            if found:
                node = next(n for n in self.nodes if n.address == found[0])
                device.session = Pdn(node, *found[1:])

    def check_agreement(self, extra=0):
        """extra: sessions of others than ours."""
        self.settle()
        self.learn_unsure()
        expected = extra + sum(d.session is not None for d in self.devices)
        self.wait(lambda: self.lab.n_active() == expected, f"{expected} sessions in control")
        self.wait(lambda: self.lab.sessions() == expected, f"{expected} sessions in the dataplane")
        self.check_each(self.random.sample(self.devices, min(8, len(self.devices))))
        self.check_downlink()

    def check_each(self, devices):
        for device in devices:
            s = device.session
            model = s and (s.sgw.address, s.teid_c, s.teid_u, s.gw_teid, s.address)
            check_equal(self.in_control(device), model, f"session of {device.imsi} in control")

    def check_downlink(self):
        """What the dataplane has: a packet for each device comes to its SGW, in its tunnel."""
        wanted = {(d.session.sgw.address, d.session.teid_u): d for d in self.devices if d.session}
        check_equal(len({d.session.address for d in wanted.values()}), len(wanted), "addresses of different devices")
        for node in self.nodes:
            drain(node.user)
        seen = set()

        def all_seen():
            for d in wanted.values():
                if (d.session.sgw.address, d.session.teid_u) not in seen:
                    self.net.sendto(b"agreement", (d.session.address, 9))
            time.sleep(0.02)
            seen.update(self.tunnels_with_packets())
            check(seen <= set(wanted), f"packets in tunnels of nobody: {seen - set(wanted)}")
            return len(seen) == len(wanted)

        self.wait(all_seen, "a packet through every tunnel")

    def tunnels_with_packets(self):
        """(SGW, TEID) of what has come to the SGWs' user planes."""
        for node in self.nodes:
            for octets in drain(node.user):
                if octets[1] == 255:
                    yield node.address, int.from_bytes(octets[4:8], "big")

    def end(self, extra=0):
        """Everybody goes, and nothing is left anywhere."""
        self.settle()
        self.learn_unsure()
        for device in self.devices:
            if device.session:
                self.detach(device)
        self.check_agreement(extra)

    def report(self):
        causes = ", ".join(f"{kind}/{cause}: {n}" for (kind, cause), n in sorted(self.counts.items(), key=str))
        return f"{self.n_sent} sent, {self.n_repeated} of them repeated, {self.n_lost} lost; answers by type/cause {causes}"


def drain(s):
    found = []
    while True:
        try:
            found.append(s.recv(65536))
        except OSError:
            return found

