# SPDX-License-Identifier: BSD-3-Clause
"""Linux's own gtp module as the SGW's user plane: a network device that is a device's end of its tunnel.
By netlink, since no tool of Debian sets one up on a socket of its own."""

import os
import socket
import struct

from _gtp import Sgw
from _lab import check, namespace

NETLINK_ROUTE, NETLINK_GENERIC = 0, 16
REQUEST, ACK, EXCLUSIVE, CREATE = 1, 4, 0x200, 0x400
NLMSG_ERROR, GENL_CONTROL, RTM_NEWLINK = 2, 16, 16
IFLA_IFNAME, IFLA_LINKINFO, IFLA_INFO_KIND, IFLA_INFO_DATA = 3, 18, 1, 2
IFLA_GTP_FD1, IFLA_GTP_PDP_HASHSIZE, IFLA_GTP_ROLE, ROLE_SGSN = 2, 3, 4, 1
CTRL_GETFAMILY, CTRL_FAMILY_ID, CTRL_FAMILY_NAME = 3, 1, 2
GTP_NEWPDP = 0
GTPA_LINK, GTPA_VERSION, GTPA_PEER, GTPA_MS, GTPA_I_TEI, GTPA_O_TEI = 1, 2, 4, 5, 8, 9


def attribute(kind, value):
    value = struct.pack("I", value) if isinstance(value, int) else value
    return struct.pack("HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def ask(protocol, kind, flags, body):
    """Sends a request to the kernel; its first answer, without header."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol) as s:
        s.send(struct.pack("IHHII", 16 + len(body), kind, REQUEST | flags, 1, 0) + body)
        answer = s.recv(65536)
    length, kind = struct.unpack("IH", answer[:6])
    if kind == NLMSG_ERROR and (error := struct.unpack("i", answer[16:20])[0]):
        raise OSError(-error, os.strerror(-error))
    return answer[16:length]


def family(name):
    """The number of a generic netlink family."""
    answer = ask(NETLINK_GENERIC, GENL_CONTROL, 0,
                 struct.pack("BBH", CTRL_GETFAMILY, 1, 0) + attribute(CTRL_FAMILY_NAME, name + b"\0"))[4:]
    while answer:
        length, kind = struct.unpack("HH", answer[:4])
        if kind == CTRL_FAMILY_ID:
            return struct.unpack("H", answer[4:6])[0]
        answer = answer[length + 3 & ~3 :]
    raise OSError(f"no netlink family {name}")


class KernelSgw(Sgw):
    """An SGW whose GTP-U socket is the kernel's as soon as it has a tunnel."""

    def tunnel(self, place, session):
        """Makes the new place `place`: the device of the session, with its address on gtp0."""
        lab, name = self.lab, f"{self.lab.name}-{place}"
        lab.place(place)
        lab.run(place, "sysctl", "-q", "-w", "net.ipv6.conf.default.disable_ipv6=1")  # gtp0 would count it as errors
        data = (attribute(IFLA_GTP_FD1, self.user.fileno()) + attribute(IFLA_GTP_PDP_HASHSIZE, 16) +
                attribute(IFLA_GTP_ROLE, ROLE_SGSN))
        info = attribute(IFLA_INFO_KIND, b"gtp\0") + attribute(IFLA_INFO_DATA, data)
        with namespace(name):
            ask(NETLINK_ROUTE, RTM_NEWLINK, ACK | CREATE | EXCLUSIVE,
                bytes(16) + attribute(IFLA_IFNAME, b"gtp0\0") + attribute(IFLA_LINKINFO, info))
            pdp = (attribute(GTPA_LINK, socket.if_nametoindex("gtp0")) + attribute(GTPA_VERSION, 1) +
                   attribute(GTPA_PEER, socket.inet_aton(session.gw_u)) +
                   attribute(GTPA_MS, socket.inet_aton(session.address)) +
                   attribute(GTPA_I_TEI, session.teid_u) + attribute(GTPA_O_TEI, session.gw_teid_u))
            ask(NETLINK_GENERIC, family(b"gtp"), ACK, struct.pack("BBH", GTP_NEWPDP, 0, 0) + pdp)
        lab.run(place, "ip", "link", "set", "gtp0", "mtu", 1500, "up")
        lab.run(place, "ip", "addr", "add", f"{session.address}/32", "dev", "gtp0")
        lab.run(place, "ip", "route", "add", "default", "dev", "gtp0")
        self.place = place

    def packets(self):
        """(sent, received) of the kernel's device, which loses none by itself."""
        statistics = lambda name: int(self.lab.run(self.place, "cat", f"/sys/class/net/gtp0/statistics/{name}"))
        for name in ("tx_errors", "tx_dropped", "rx_errors", "rx_dropped"):
            check(statistics(name) == 0, f"{name} of the kernel's gtp0")
        return statistics("tx_packets"), statistics("rx_packets")


