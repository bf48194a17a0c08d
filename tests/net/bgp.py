#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""BIRD beside the gateway announces the UE pools by BGP to a second one in the customer's network, and
learns networks from it that devices can then reach. BGP and BFD run through the dataplane's port."""

import re

from _gtp import *
from _lab import NET, Lab, check, check_equal, main, wait_for

US, POOL, FAR, FAR_HOST = "10.20.0.1", "100.64.0.0/16", "203.0.113.0/24", "203.0.113.9"
PORT = 4000

COMMON = '''
log "{log}" all;
router id {local};
protocol device {{ }}
protocol bfd {{ interface "sgi" {{ min rx interval 200 ms; min tx interval 200 ms; multiplier 5; }}; }}
'''

# What the gateway's operator writes: pools are blackhole routes in the kernel's table, which `learn` finds.
AT_GATEWAY = COMMON + '''
protocol kernel {{ learn; scan time 1; ipv4 {{ import all; export where source = RTS_BGP; }}; }}
protocol bgp customer {{
	local {local} as 65001; neighbor {peer} as 65002;
	connect retry time 1; connect delay time 1; error wait time 1, 2;
	bfd on;
	ipv4 {{ import all; export where net ~ [ 100.64.0.0/10+ ]; next hop self; }};
}}
'''

AT_CUSTOMER = COMMON + '''
protocol kernel {{ scan time 1; ipv4 {{ import none; export where source = RTS_BGP; }}; }}
protocol static inside {{ ipv4; route 203.0.113.0/24 blackhole; }}
protocol bgp provider {{
	local {local} as 65002; neighbor {peer} as 65001;
	connect retry time 1; connect delay time 1; error wait time 1, 2;
	bfd on;
	ipv4 {{ import all; export where proto = "inside"; next hop self; }};
}}
'''


class Bird:
    def __init__(self, lab, where, text, local, peer):
        self.lab, self.where = lab, where
        self.socket = lab.run_dir / f"bird-{where}.ctl"
        config = lab.run_dir / f"bird-{where}.conf"
        config.write_text(text.format(log=lab.run_dir / "log" / f"bird-{where}.log", local=local, peer=peer))
        lab.spawn(where, "bird", "-f", "-c", config, "-s", self.socket)
        wait_for(self.socket.exists, f"BIRD at {where}")

    def ask(self, *words):
        return self.lab.run(self.where, "birdc", "-s", self.socket, *words)

    def is_established(self):
        return "Established" in self.ask("show", "protocols")


def test(lab: Lab):
    lab.run("net", "ip", "route", "del", POOL)
    lab.run("net", "ip", "addr", "add", f"{FAR_HOST}/32", "dev", "lo")
    lab.start()
    sgw = Sgw(lab)
    session = sgw.create("001010000000001")
    server = lab.udp("net", FAR_HOST, PORT)
    server.settimeout(5)
    gateway, customer = Bird(lab, "gw", AT_GATEWAY, US, NET), Bird(lab, "net", AT_CUSTOMER, NET, US)
    wait_for(lambda: gateway.is_established() and customer.is_established(), "the BGP session", 30)

    def route(where, prefix):
        return re.sub(r"\s+", " ", lab.run(where, "ip", "route", "show", prefix)).strip()
    wait_for(lambda: route("net", POOL).startswith(f"{POOL} via {US} dev sgi proto bird"), "the pool at the customer")
    wait_for(lambda: route("gw", FAR).startswith(f"{FAR} via {NET} dev sgi proto bird"), "the network at the gateway")
    wait_for(lambda: f"{FAR}" in lab.cli("show routes"), "the learned route in the dataplane")
    for i in range(20):
        sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, FAR_HOST, PORT, PORT, b"%d" % i)))
        check_equal(server.recvfrom(100), (b"%d" % i, (session.address, PORT)), "uplink by a learned route")
        server.sendto(b"%d" % i, (session.address, PORT))
        _, teid, inner, _ = sgw.receive_user()
        check_equal((teid, inner[28:]), (session.teid_u, b"%d" % i), "downlink by the announced pool")
    wait_for(lambda: "Up" in gateway.ask("show", "bfd", "sessions"), "BFD through the port")
    before = lab.drops()

    customer.ask("disable", "inside")
    wait_for(lambda: not route("gw", FAR), "the network's withdrawal")

    def refused():
        sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, FAR_HOST, PORT, PORT, b"nowhere")))
        return lab.drops().get("UL_NO_ROUTE", 0) > before.get("UL_NO_ROUTE", 0)
    wait_for(refused, "packets to a withdrawn network dropped by name", 2)
    customer.ask("enable", "inside")
    wait_for(lambda: route("gw", FAR), "the network again")

    def heard():
        sgw.send_user(gpdu(session.gw_teid_u, udp(session.address, FAR_HOST, PORT, PORT, b"again")))
        server.settimeout(0.2)
        try:
            return server.recv(100) in (b"again", b"nowhere")
        except TimeoutError:
            return False
    wait_for(heard, "uplink again")
    # The link goes: BFD says so long before BGP's hold time is over, and the route goes with it.
    lab.run("net", "ip", "link", "set", "sgi", "down")
    wait_for(lambda: not route("gw", FAR), "the end of what was learned by a dead link", 10)
    counted = lab.telemetry("/torii/punt")["routing"]
    check(counted["packets"] > 0 and counted["policed"] == 0, f"BGP, BFD and ARP given to Linux: {counted}")


if __name__ == "__main__":
    main(test)
