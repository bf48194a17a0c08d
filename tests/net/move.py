#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""A device moves to another SGW under traffic: nothing is lost, and the End Marker comes last."""
import struct
import threading

from _lab import *
from _messages import *

lab_with_gateway()
old, new = Sgw(SGW), Sgw(SGW2)
s = Session(old, 1, ambr=(1000000, 1000000))
old_teid = s.u_teid
with namespace("net"):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
TOTAL = 4000


def flood():
    for n in range(TOTAL):
        server.sendto(struct.pack("!I", n), (s.address, 40000))
        time.sleep(0.0005)


def collect(sock):
    """[(type, TEID, number)] of all that has come, in order."""
    got = []
    sock.settimeout(0.5)
    try:
        while True:
            data = sock.recv(2000)
            number = struct.unpack("!I", data[36:40])[0] if data[1] == 255 else None
            got.append((data[1], struct.unpack("!I", data[4:8])[0], number))
    except socket.timeout:
        return got


sender = threading.Thread(target=flood)
sender.start()
time.sleep(0.4)
check("Modify Bearer", cause_of(s.modify(new)), 16)
sender.join()
before, after = collect(old.u), collect(new.u)
check("the old path ends with one End Marker", [x[0] for x in before].count(254), 1)
check("and nothing after it", before[-1][:2], (254, old_teid))
check("TEIDs of the old path", {x[1] for x in before}, {old_teid})
check("TEIDs of the new path", {x[1] for x in after}, {s.u_teid})
numbers = [x[2] for x in before[:-1]] + [x[2] for x in after]
check("nothing lost, nothing twice, in order", numbers, list(range(TOTAL)))
check("both paths were used", (len(before) > 100, len(after) > 100), (True, True))

# The same tunnel again moves nothing.
body = octets(82, b"\x06") + octets(93, octets(73, b"\5") + fteid(4, s.u_teid, SGW2, 1))
check("Modify Bearer to where it is", cause_of(s.modify(body=body)), 16)
check("no End Marker", collect(new.u), [])
print("%d packets on the old path, %d on the new one" % (len(before) - 1, len(after)))
