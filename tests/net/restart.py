#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What is there after a restart: the pools' routes, requests that came meanwhile, another boot's restart
counter, a store that is damaged or of another release, and 20,000 sessions."""

import json
import re
import subprocess
import threading

from _gtp import *
from _lab import ROOT, Lab, check, check_equal, main

POOL, OTHER = "100.64.0.0/16", "100.66.0.0/16"


def routes(lab: Lab):
    return re.findall(r"^blackhole (\S+)", lab.run("gw", "ip", "route"), re.M)


def check_routes(lab: Lab):
    """They stay while nobody looks after them, and only those that are wanted come back."""
    check_equal(routes(lab), [POOL], "blackhole routes")
    lab.stop("control")
    check_equal(routes(lab), [POOL], "blackhole routes after an orderly stop")
    lab.run("gw", "ip", "route", "del", "blackhole", POOL)
    lab.run("gw", "ip", "route", "add", "blackhole", "198.51.100.0/24", "metric", str(0x7FFF0000))  # somebody else's
    lab.start("control")
    check_equal(sorted(routes(lab)), [POOL, "198.51.100.0/24"], "blackhole routes after a start")
    lab.run("gw", "ip", "route", "del", "blackhole", "198.51.100.0/24")
    lab.kill("control")
    lab.edit("control", (POOL, OTHER), ("100.64.0.1", "100.66.0.1"), ("100.64.255.0/24", "100.66.255.0/24"),
             ("100.64.255.99", "100.66.255.99"))
    lab.start("control")
    check_equal(routes(lab), [OTHER], "blackhole routes with another pool")
    lab.stop("control")
    lab.edit("control", ("control: {", "control: { install_routes = false;"))
    lab.start("control")
    check_equal(routes(lab), [], "blackhole routes with install_routes = false")
    lab.stop("control")
    lab.edit("control", (" install_routes = false;", ""), (OTHER, POOL), ("100.66.0.1", "100.64.0.1"),
             ("100.66.255.0/24", "100.64.255.0/24"), ("100.66.255.99", "100.64.255.99"))
    lab.start("control")
    check_equal(routes(lab), [POOL], "blackhole routes as in the beginning")


def check_requests_meanwhile(lab: Lab, sgw: Sgw):
    """An SGW repeats a request from before the crash until long after it: it is served, not refused."""
    before = lab.n_active()
    request, teid, _ = sgw.create_message("001010000000050")
    is_over = threading.Event()

    def repeat():
        while not is_over.wait(0.05):
            sgw.send(request)

    lab.kill("control")
    sender = threading.Thread(target=repeat)
    sender.start()
    try:
        lab.start("control")
        answer = sgw.receive(10)
    finally:
        is_over.set()
        sender.join()
    check(answer is not None and answer.teid == teid, "an answer to what was asked over the restart")
    check_equal(answer.cause, 16, "its cause")
    first = answer.octets
    while (more := sgw.receive(0.3)) is not None:
        check_equal(more.octets, first, "another answer to the same request")
    check_equal(lab.n_active(), before + 1, "sessions")


def restart_counter(sgw: Sgw):
    answer = sgw.ask(message(ECHO_REQUEST, [ie(RECOVERY, b"\1")], sgw.new_sequence(), has_teid=False))
    return answer.value(RECOVERY)[0]


def check_reboot(lab: Lab, sgw: Sgw):
    """The boot that the state directory remembers is another one than the machine's."""
    before = restart_counter(sgw)
    check(lab.n_active() > 0, "there are sessions")
    lab.kill("dataplane")
    lab.kill("control")
    identity = lab.run_dir / "state/control.identity"
    text = re.sub(r"^boot .*$", "boot of-before", identity.read_text(), flags=re.M)
    identity.write_text(text)
    lab.start()
    check_equal((lab.n_active(), lab.sessions()), (0, 0), "sessions after another boot")
    check_equal(restart_counter(sgw), (before + 1) % 256, "restart counter after another boot")


def refused(lab: Lab):
    """What control says when it doesn't start."""
    log = lab.run_dir / "log/control.log"
    size = log.stat().st_size
    done = lab.run("gw", lab.build / "control/torii-control", "--config", lab.run_dir / "control.cfg", ok=False)
    check_equal(done.returncode, 1, "exit status")
    return log.read_text()[size:] + done.stdout + done.stderr


def check_damaged(lab: Lab, sgw: Sgw):
    """A damaged store is named, with what to do; the way back that docs/operations.md tells works."""
    sgw.create("001010000000051")
    counter = restart_counter(sgw)
    lab.stop("control")
    store = lab.run_dir / "state/sessions.mdb"
    whole = store.read_bytes()
    store.write_bytes(b"\xff" * 4096 + whole[4096:8192] + b"\xff" * 4096 + whole[12288:])
    said = refused(lab)
    check("sessions.mdb: " in said and "remove it to start without its sessions" in said, f"a damaged store: {said}")
    identity = lab.run_dir / "state/control.identity"
    right = identity.read_text()
    identity.write_text(right[:20])
    said = refused(lab)
    check("control.identity: damaged; restore it, or remove it" in said, f"a damaged identity: {said}")
    identity.write_text(right.replace("torii-control 1", "torii-control 99"))
    said = refused(lab)
    check("control.identity: made by another release" in said, f"an identity of another release: {said}")
    identity.write_text(right)
    store.unlink()
    lab.start("control")
    check_equal((lab.n_active(), lab.sessions()), (0, 0), "sessions without the store")
    check_equal(restart_counter(sgw), (counter + 1) % 256, "restart counter when sessions were lost")


def check_many(lab: Lab):
    """20,000 sessions over a crash of each and of both, as perf/restart looks at it."""
    done = subprocess.run([ROOT / "perf/restart", "--sessions", "20000", "--build", lab.build], capture_output=True,
                          text=True, timeout=120)
    check_equal((done.returncode, done.stderr), (0, ""), "perf/restart")
    check_equal(json.loads(done.stdout)["sessions"], 20000, "sessions of perf/restart")


def test(lab: Lab):
    lab.start()
    sgw = Sgw(lab)
    check_routes(lab)
    check_requests_meanwhile(lab, sgw)
    check_reboot(lab, sgw)
    check_damaged(lab, sgw)
    check_many(lab)


if __name__ == "__main__":
    main(test)
