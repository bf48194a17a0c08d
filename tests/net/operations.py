#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""What an operator is given beside the programs: every metric that the Grafana dashboard and the alarms ask
for exists, with these labels, and is a counter exactly where its rate is asked for; systemd takes the units."""

import json
import re
import subprocess

from _gtp import *
from _lab import ROOT, Lab, check, check_equal, main, wait_for

OF_ONE_PEER = {"torii_user_path_up": {"peer", "local"}, "torii_hss_requests_total": {"command", "avp", "code", "result"}, "torii_hss_peer_up": {"peer"},
               "torii_hss_peer_requests_total": {"peer"}, "torii_hss_peer_screened_total": {"peer"}}
OF_PROMETHEUS = {"job", "instance"}
PLACES = {"control": 9090, "hss": 9091}


def families(lab):
    """name -> (counter or gauge, names of its labels)."""
    found = {}
    for name, port in PLACES.items():
        for line in lab.run("gw", "curl", "-s", f"http://127.0.0.1:{port}/metrics").splitlines():
            if line.startswith("# TYPE "):
                family, kind = line.split()[2:]
                found[family] = (kind, set(OF_ONE_PEER.get(family, ())))
            elif not line.startswith("#"):
                found[re.match(r"\w+", line).group()][1].update(re.findall(r'(\w+)="', line))
    return found


def expressions():
    dashboard = json.loads((ROOT / "config/grafana-dashboard.json").read_text())
    of_panels = [t["expr"] for p in dashboard["panels"] for t in p.get("targets", [])]
    alerts = re.sub(r"\n {10,}", " ", (ROOT / "config/prometheus-alerts.yml").read_text())
    of_alerts = re.findall(r"^ +expr: (?:> +)?(.*)$", alerts, re.M)
    check(len(of_panels) > 50 and len(of_alerts) == alerts.count("- alert: "), "expressions found")
    return of_panels + of_alerts


def check_expression(text, known):
    check_equal(text.count("("), text.count(")"), f"parentheses of {text}")
    for rate, name, labels in re.findall(r"((?:rate|increase)\()?\b(torii_\w+)(?:\{([^}]*)\})?", text):
        check(name in known, f"there is no {name}: {text}")
        kind, has = known[name]
        check_equal(kind, "counter" if rate else "gauge", f"{name} in {text}")
        asked = set(re.findall(r'(\w+)(?:=~|!~|!=|=)"', labels)) - OF_PROMETHEUS
        check(asked <= has, f"{name} has {has}, not {asked}: {text}")
    everywhere = set().union(*(has for _, has in known.values())) | OF_PROMETHEUS
    for names in re.findall(r"\b(?:by|without|ignoring|on) ?\(([^)]*)\)", text):
        check({n.strip() for n in names.split(",")} <= everywhere, f"a label that nothing has: {text}")


def check_units(lab):
    units = sorted((lab.build / "config").glob("torii-*.service"))
    check_equal(len(units), 3, "units")
    copies = lab.run_dir / "units"
    copies.mkdir()
    for unit in units:  # of programs that are there, installed or not
        name = unit.stem.removeprefix("torii-")
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={lab.build}/{name}/torii-{name}", unit.read_text(), flags=re.M)
        (copies / unit.name).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", *copies.iterdir()], capture_output=True, text=True,
                          env={"SYSTEMD_UNIT_PATH": f"{copies}:", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}, timeout=60)
    said = [line for line in (done.stdout + done.stderr).splitlines() if "torii-" in line]
    check_equal(said, [], "what systemd says of the units")


def test(lab: Lab):
    lab.start("dataplane", "control", "hss")
    sgw = Sgw(lab)
    sgw.create("001010000000071")
    wait_for(lambda: "torii_peer_path_up{" in lab.metrics(), "a peer among the metrics")
    known = families(lab)
    for text in expressions():
        check_expression(text, known)
    check_units(lab)


if __name__ == "__main__":
    main(test)
