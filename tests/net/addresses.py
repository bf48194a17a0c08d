#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Pools and fixed addresses: nobody gets what another one has, an empty pool says so, released
addresses rest, a fixed address is never given from the pool."""

import socket

from _gtp import *
from _lab import Lab, check, check_equal, main

FIXED_IMSI, FIXED = "001010000099999", "100.64.0.10"


def paa(address):
    return ie(PAA, b"\x01" + socket.inet_aton(address))


def test(lab: Lab):
    # 100.64.0.0 to .15: two edges, the gateway, two fixed ones; so .2 to .9, .12 to .14 are left.
    lab.edit("control", ('"100.64.0.0/16"', '"100.64.0.0/28"'), ('"100.64.255.0/24"', '"100.64.0.10/31"'),
             ('address = "100.64.255.99"', f'address = "{FIXED}"'),
             ('name = "internet";\n    range', 'name = "internet";\n    rest = "2s";\n    rest_strict = true;\n    range'))
    lab.start()
    sgw = Sgw(lab)
    sessions = [sgw.create(f"0010100000000{i:02}") for i in range(11)]
    addresses = [s.address for s in sessions]
    check_equal(sorted(addresses, key=socket.inet_aton), [f"100.64.0.{i}" for i in (*range(2, 10), 12, 13, 14)],
                "addresses of the pool")
    refused = sgw.refused(imsi="001010000000050")
    check_equal(refused.cause, 84, "cause with an empty pool")
    check_equal((lab.n_active(), lab.sessions()), (11, 11), "sessions: a refused one leaves nothing")

    # The SIM with a fixed address gets it whatever it asks for, another SIM never.
    fixed = sgw.create(FIXED_IMSI)
    check_equal(fixed.address, FIXED, "address of the SIM with a fixed one")
    check_equal(sgw.delete(fixed).cause, 16, "Delete Session")
    fixed = sgw.create(FIXED_IMSI, PAA=paa(FIXED))
    check_equal(fixed.address, FIXED, "the same, asked for")
    thief = sgw.ask(sgw.create_message("001010000000051", PAA=paa(FIXED))[0])
    check(thief.cause >= 64, f"another SIM asks for {FIXED} and gets cause {thief.cause}")
    moved = sgw.create(FIXED_IMSI, PAA=paa(FIXED))
    check_equal(moved.address, FIXED, "the SIM's new session has the address, the stale one is replaced")
    check_equal(sgw.delete(fixed).cause, 64, "Delete Session of the stale one")

    # What is released rests: the next SIM doesn't get it at once.
    check_equal(sgw.delete(sessions[3]).cause, 16, "Delete Session")
    check_equal(sgw.refused(imsi="001010000000052").cause, 84, "cause while the only free address rests")
    again = None
    for _ in range(100):
        answer = sgw.ask(sgw.create_message("001010000000053")[0])
        if answer.cause == 16:
            again = socket.inet_ntoa(answer.value(PAA)[1:5])
            break
        check_equal(answer.cause, 84, "cause while the address rests")
        sgw.control.settimeout(0.1)
        try:
            sgw.control.recv(1)
        except TimeoutError:
            pass
    check_equal(again, sessions[3].address, "the address after its rest")
    check(f"{again}" in lab.cli("show sessions"), "the address in the session table")


if __name__ == "__main__":
    main(test)
