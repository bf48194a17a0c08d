#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""kill -9 of control, and of both processes, while dedicated bearers come, change and go by rules and Commands: what
was under way goes on, and control, dataplane and SGWs have the same bearers afterwards. TORII_KILLS=n: so many."""

# TS 29.274 7.6; TS 23.007 16.1: requests about bearers that a crash interrupts are repeated octet by octet

import os
import re
import struct
import time

from _gtp import *
from _gtp import ie
from _lab import GTPC, GW, NET, Lab, check, check_equal, main, wait_for
from _model import World

KILLS = int(os.environ.get("TORII_KILLS", "4"))

CREATE, UPDATE, DELETE = 95, 97, 99
MODIFY_COMMAND, DELETE_COMMAND, RESOURCE_COMMAND = 64, 66, 68
PTI, TAD, FLOW_QOS, TFT = 100, 85, 81, 84
HOLD = 0.4  # after so long the gateway has what it was sent
HOLD_AFTER_START = 2.0  # longer than it waits before it repeats a request
RULE_PORT = 5004
RULE = f"""bearers: ( {{ name = "rule"; qci = 1; gbr: {{ uplink = "64k"; downlink = "64k"; }};
    imsis = [ "0010100000000*" ]; filters = [ "udp remote-port {RULE_PORT}" ]; }} );"""
ACCEPTED = ie(CAUSE, b"\x10\0")


class Bearer:
    """teid: the SGW's, gw_teid: the gateway's, port: of the one filter."""

    def __init__(self, teid, gw_teid, port):
        self.teid, self.gw_teid, self.port = teid, gw_teid, port

    def moved(self, teid):
        return Bearer(teid, self.gw_teid, self.port)


class CrashWorld(World):
    """Bearers beside the model of _model.py: one of their APN's from each attach on, others that devices ask for, change
    and give up. An SGW repeats its answer to a request that it has served (TS 29.274 7.6)."""

    def __init__(self, lab, seed, **arguments):
        super().__init__(lab, seed, **arguments)
        self.acts = [(self.attach, 20), (self.detach, 12), (self.move, 10), (self.news, 3), (self.ask_for_one, 20),
                     (self.give_one_up, 10), (self.change_ambr, 12), (self.wrong_command, 4), (self.echo, 2)]
        self.served = {}  # (SGW, type, sequence) -> request, answer
        self.held = []  # (until, device): whether the gateway has the answer isn't known yet
        self.is_gateway_down = False
        self.next_port = 20000
        self.n_repeated_requests = 0
        self.senders = {}  # sockets of the customer by port
        for device in self.devices:
            device.ambr = None  # that a Command has changed

    # ---- Who may begin something.

    def attached(self, device):
        device.is_busy = True  # until its rule's bearer is there
        device.ambr = None

    def hold(self, device, seconds=HOLD):
        device.is_busy = True
        self.held = [h for h in self.held if h[1] is not device] + [(time.monotonic() + seconds, device)]

    def gateway_is_back(self):
        self.is_gateway_down = False
        for _, device in self.held:
            self.hold(device, HOLD_AFTER_START)

    def run_network(self):
        super().run_network()
        if self.is_gateway_down:
            return
        for until, device in self.held:
            if until <= time.monotonic():
                device.is_busy = False
        self.held = [h for h in self.held if h[1].is_busy]

    def settle(self):
        super().settle()
        self.wait(lambda: not any(d.is_busy for d in self.devices), "the bearers of all devices")
        super().settle()

    # ---- Requests of the gateway.

    def take(self, node, octets):
        if octets[1] in (CREATE, UPDATE, DELETE):
            self.take_request(node, Answer(octets, by_scapy=False))
        else:
            super().take(node, octets)

    def take_request(self, node, m):
        key = node.address, m.kind, m.sequence
        device = next((d for d in self.devices if d.session and d.session.sgw is node and d.session.teid_c == m.teid), None)
        if device is None:
            return  # not here yet, or not any more
        before = self.served.get(key)
        if before and before[0] == m.octets:
            self.n_repeated_requests += 1
        else:
            serve = {CREATE: self.serve_create, UPDATE: self.serve_update, DELETE: self.serve_delete}[m.kind]
            contexts = serve(node, device, m)
            teid = device.session.gw_teid
            self.served[key] = m.octets, message(m.kind + 1, [ACCEPTED, *contexts], m.sequence, teid)
        request = node.waiting.get(m.sequence)
        if request and request.octets[1] in (MODIFY_COMMAND, DELETE_COMMAND, RESOURCE_COMMAND):
            del node.waiting[m.sequence]  # the Command has its reply
        self.hold(device)
        node.control.sendto(self.served[key][1], (GW, GTPC))  # never lost but by a crash, so that HOLD is enough

    def serve_create(self, node, device, m):
        for context in (i for i in m.ies if i.kind == BEARER):
            check_equal(find(context.ies, EBI).value, b"\0", "EBI of a bearer that is to be")
            ours = find(context.ies, FTEID, 1).value
            ebi = next(e for e in range(6, 16) if e not in device.session.bearers)
            port = int.from_bytes(find(context.ies, TFT).value[-2:], "big")
            bearer = Bearer(self.new_teid(), read_fteid(ours)[1], port)
            check(not any(bearer.gw_teid == b.gw_teid for b in device.session.bearers.values()), "a bearer that is made twice")
            device.session.bearers[ebi] = bearer
            yield ie(BEARER, ie(EBI, bytes([ebi])) + ACCEPTED + fteid(4, bearer.teid, node.address, 2) + ie(FTEID, ours, 3))

    def serve_update(self, node, device, m):
        device.ambr = struct.unpack("!II", m.value(AMBR))
        yield ie(BEARER, ie(EBI, find(m.find(BEARER).ies, EBI).value) + ACCEPTED)

    def serve_delete(self, node, device, m):
        for ebi in (i.value for i in m.ies if i.kind == EBI and i.instance == 1):
            check(ebi[0] in device.session.bearers, f"the gateway deletes EBI {ebi[0]}, which is nobody's")
            del device.session.bearers[ebi[0]]
            yield ie(BEARER, ie(EBI, ebi) + ACCEPTED)

    # ---- Commands.

    def command(self, device, kind, ies, done=None):
        s = device.session
        s.sgw.ask(message(kind, ies, s.sgw.new_sequence() | 0x800000, s.gw_teid), device,
                  done or (lambda m: check(False, f"Command {kind} of {device.imsi} failed: cause {m.cause}")))

    def ask_for_one(self):
        device = self.idle(True)
        if device is None or len(device.session.bearers) == 10:
            return
        self.next_port += 1
        tad = bytes.fromhex("21300005" "3011" "50") + struct.pack("!H", self.next_port)
        self.command(device, RESOURCE_COMMAND, [ie(EBI, b"\5"), ie(PTI, b"\1"), ie(FLOW_QOS, b"\x07" + bytes(20)), ie(TAD, tad)])

    def give_one_up(self):
        device = self.idle(True)
        if device is None or not device.session.bearers:
            return
        ebi = self.random.choice(list(device.session.bearers))
        self.command(device, DELETE_COMMAND, [ie(BEARER, ie(EBI, bytes([ebi])))])

    def change_ambr(self):
        device = self.idle(True)
        if device is None:
            return
        ambr = struct.pack("!II", *(1000 * self.random.randrange(1, 100) for _ in range(2)))
        self.command(device, MODIFY_COMMAND, [ie(AMBR, ambr), ie(BEARER, ie(EBI, b"\5"))])

    def wrong_command(self):
        device = self.idle(True)
        if device is None:
            return
        self.command(device, DELETE_COMMAND, [ie(BEARER, ie(EBI, b"\x0f"))],
                     lambda m: check_equal((m.kind, m.cause), (DELETE_COMMAND + 1, 64), "a Command about no bearer"))

    # ---- Agreement.

    def check_each(self, devices):
        """Of all devices: control's bearers are the SGW's, and so is the APN-AMBR."""
        super().check_each(devices)
        for device in (d for d in self.devices if d.session):
            text = self.lab.cli(f"show session imsi {device.imsi}")
            found = {(int(ebi), int(ours, 16), int(theirs, 16)) for ebi, ours, theirs in re.findall(
                r"Bearer EBI (\d+).*?TEID 0x([0-9a-f]{8}), SGW \S+ TEID 0x([0-9a-f]{8})", text, re.DOTALL)}
            if device.ambr:
                up = device.ambr[0] / 1000
                check(f"AMBR up {up:.{2 if up < 10 else 1}f} Mbit/s" in text, f"AMBR of {device.imsi}, {device.ambr}: {text}")
            check_equal(found, {(e, b.gw_teid, b.teid) for e, b in device.session.bearers.items()},
                        f"bearers of {device.imsi} in control: {text}")
        shown = self.lab.cli("show bearers").splitlines()[-1]
        check_equal(int(shown.split()[0]), sum(len(d.session.bearers) for d in self.devices if d.session), "bearers in all")

    def sender(self, port):
        if port not in self.senders:
            self.senders[port] = self.lab.udp("net", NET, port)
        return self.senders[port]

    def check_downlink(self):
        """A packet of each bearer's filter comes in its tunnel."""
        super().check_downlink()
        wanted = {(d.session.sgw.address, b.teid): (d, b) for d in self.devices if d.session
                  for b in d.session.bearers.values()}
        seen = set()

        def all_seen():
            for key, (d, b) in wanted.items():
                if key not in seen:
                    self.sender(b.port).sendto(b"agreement", (d.session.address, 9))
            time.sleep(0.02)
            seen.update(self.tunnels_with_packets())
            return set(wanted) <= seen

        self.wait(all_seen, "a packet through the tunnel of every bearer")


def kill_once(world, names):
    for _ in range(world.random.randrange(20, 60)):
        world.step(at_once=20)
    world.is_gateway_down = True
    for name in names:
        world.lab.kill(name)
    world.forget_refusals()
    world.start_under_load(names)
    world.gateway_is_back()
    for _ in range(20):
        world.step(at_once=20)
    world.check_agreement()


def test(lab: Lab):
    seed = int(os.environ.get("TORII_SEED", time.time_ns() % 1000000))
    print(f"seed {seed}", flush=True)
    lab.edit("control", ('t3 = "3s"', 't3 = "500ms"'), ("n3 = 4", "n3 = 20"), ("static_from_request = true;",
                                                                              f"static_from_request = true; {RULE}"))
    lab.start()
    world = CrashWorld(lab, seed, loss=0.02, doubled=0.02, late=0.05, devices=30, addresses=("10.10.0.2", "10.10.0.3"))
    for i in range(KILLS):
        kill_once(world, ["dataplane", "control"] if i % 4 == 3 else ["control"])
    n = world.n_repeated_requests
    world.end()
    wait_for(lambda: lab.sessions() == lab.n_active() == 0, "nothing left")
    print(world.report())
    print(f"{len(world.served)} requests of the gateway, {n} of them repeated")
    check(len(world.served) > 10 * KILLS, "requests about bearers")


if __name__ == "__main__":
    main(test)
