#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A whole attach: an MME authenticates and locates devices at the HSS, and what that subscribes is what
Create Session asks for. What the operator changes there reaches the MME and the device, also after the
HSS was killed."""

import json
import queue
import secrets
import subprocess
import threading

from _lab import Capture, Failed, Lab, check, check_equal, main, wait_for

FIRST = 999700000000001
FIXED = "100.64.255.20"
GATEWAY = "10.10.0.1"


class Mme:
    """torii-mme in the visited network; it detaches what is cancelled."""

    def __init__(self, lab, name="mme1"):
        self.lab = lab
        ue = f"{lab.build}/tests/ue/torii-ue detach $1 --socket {lab.run_dir}/ue.sock"
        self.process = subprocess.Popen(
            [lab.build / "tests/mme/torii-mme", "--netns", f"{lab.name}-sgw", "--on-cancel", ue, "--host",
             f"{name}.epc.mnc001.mcc001.3gppnetwork.org"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        lab.children.append(self.process)
        self.events = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        check_equal(self.event()["event"], "connected", "the exchange of capabilities")

    def read(self):
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def event(self, timeout=10):
        try:
            return self.events.get(timeout=timeout)
        except queue.Empty:
            raise Failed("the MME says nothing") from None

    def tell(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()

    def ask(self, *words):
        self.tell(*words)
        return self.event()


def add_sims(lab, mme):
    lab.hss("profile add iot apn internet", "profile set iot ambr 80M 90M",
            "profile apn set iot internet ambr 20M 30M", "profile apn set iot internet type ipv4",
            f"profile apn set iot internet gateway address {GATEWAY} static")
    for i in range(3):
        k, opc = secrets.token_hex(16), secrets.token_hex(16)
        said = lab.hss(f"sim add 899970000000000000{i} imsi {FIRST + i} profile iot k {k} opc {opc}")
        check(k not in said and k not in lab.log("hss"), "the key is shown")
        mme.tell("sim", FIRST + i, k, opc)
    lab.hss(f"sim set {FIRST} addresses internet={FIXED}")


def attach(lab, mme):
    """What the ULA says of each device; then all of them get a session with it."""
    seen = [mme.ask("attach", FIRST + i, f"imei=3569380356438{i}0") for i in range(3)]
    check_equal([e["event"] for e in seen], ["attached"] * 3, "AIR, AUTN, RES, KASME and ULR")
    first = seen[0]
    check_equal((first["apn"], first["address"], first["gateway"]), ("internet", FIXED, GATEWAY), "ULA")
    check_equal((first["apns"][0]["ambr_ul"], first["apns"][0]["pdn_type"]), (20000000, 0), "APN-AMBR and PDN type")
    check("address" not in seen[1], "an address that wasn't subscribed")
    lab.ue("attach", "--devices", 3, "--imsi", FIRST, "--apn", first["apn"], "--address", first["address"],
           "--gateway", first["gateway"], "--ambr-ul", 20000, "--ambr-dl", 30000)
    check_equal(lab.devices()[0]["address"], FIXED, "the address of the session")
    for i in range(3):
        lab.check_ping(f"ue{i}")


def deactivated(lab, mme, i):
    said = lab.hss(f"sim deactivate {FIRST + i}")
    check("CLR queued to mme1." in said, f"the command says: {said}")
    event = mme.event()
    check_equal((event["event"], event["imsi"], event["type"]), ("cancelled", str(FIRST + i), 2), "what the MME hears")
    wait_for(lambda: lab.devices()[i]["state"] == "down", f"the end of ue{i}")
    wait_for(lambda: str(FIRST + i) not in lab.hss("show queue"), "an empty queue")


def changed(lab, mme):
    said = lab.hss("profile apn set iot internet ambr 5M 6M")
    check("IDR queued to mme1." in said, f"the command says: {said}")
    events = [mme.event() for _ in range(2)]
    check_equal([(e["event"], e["apns"][0]["ambr_ul"]) for e in events], [("inserted", 5000000)] * 2, "IDRs")
    check_equal({e["imsi"] for e in events}, {str(FIRST), str(FIRST + 1)}, "of the SIMs that are registered")


def killed(lab):
    """The sessions don't notice, and the MME finds its registrations again."""
    lab.kill("hss")
    lab.check_ping("ue0")
    lab.start("hss")
    mme = Mme(lab)
    check_equal((lab.n_active(), lab.sessions()), (2, 2), "sessions of control and dataplane")
    return mme


def test(lab: Lab):
    lab.start("dataplane", "control", "hss")
    wire = Capture(lab, "sgw", "s5", "tcp port 3868")
    mme = Mme(lab)
    add_sims(lab, mme)
    attach(lab, mme)
    deactivated(lab, mme, 2)
    event = mme.ask("authenticate", FIRST + 2)
    check_equal((event["event"], event["series"], event["result"]), ("refused", "s6a", 5420), "its next AIR")
    check_equal((lab.n_active(), lab.sessions()), (2, 2), "sessions after one was cancelled")
    changed(lab, mme)
    mme = killed(lab)
    deactivated(lab, mme, 1)
    lab.check_ping("ue0")
    wire.stop()
    wire.check_sane("diameter")
    check(wire.count("diameter.cmd.code == 317 && diameter.flags.request == 0") >= 2, "no CLA on the wire")


if __name__ == "__main__":
    main(test)
