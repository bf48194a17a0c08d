// SPDX-License-Identifier: BSD-3-Clause
// Every counter and every reason to drop a packet: one list each, used for the structures, the
// CLI's and the telemetry's names, and the reference manual. libc only.
#pragma once

#include <stdint.h>

// Why a packet went no further. X(NAME, "sentence")
// A packet of rx_packets, handoff_in or reassembled ends in exactly one of: ul_packets, dl_packets,
// punt_packets, handoff_out, fragments_rx, a GTP-U message's *_rx counter, nd_rx, or a drop. FRAGMENT takes
// from fragments_rx instead; rate_held less rate_released are on their way yet. What ul_packets, dl_packets (each without packets_cut, which leave as
// fragments_tx), inject_packets and the *_tx counters of messages gave to the way out ends in
// tx_packets or in one of the NEIGH_ and TX_ drops.
#define DP_DROP_REASONS(X)                                                                         \
	X(RUNT, "too short for its own headers")                                                   \
	X(NOT_IP, "neither IP nor anything that Linux takes")                                      \
	X(UNKNOWN_VLAN, "no interface is configured for this VLAN")                                \
	X(BAD_IP, "IP header broken or longer than the packet")                                    \
	X(FRAGMENT, "an outer fragment whose datagram never became whole")                         \
	X(BAD_GTPU, "GTP-U header broken, or another version or protocol type")                    \
	X(GTPU_UNKNOWN_TYPE, "GTP-U message type that isn't handled")                              \
	X(GTPU_EXT_HEADER, "GTP-U extension header that must be understood")                       \
	X(UNKNOWN_TEID, "no session for this TEID")                                                \
	X(NO_SESSION, "no session for this destination in a UE pool")                              \
	X(NOT_LOCAL, "destination is neither a session nor this machine")                          \
	X(WRONG_INNER, "the tunnel's content isn't an IP packet of the session")                   \
	X(BAD_INNER, "inner IP header broken or longer than the packet")                           \
	X(SPOOFED, "inner source isn't the session's address")                                     \
	X(LINK_SCOPE, "an IPv6 packet to a multicast or link-local address")                       \
	X(UL_CLOSED, "the session's uplink gate is closed")                                        \
	X(DL_CLOSED, "the session's downlink gate is closed")                                      \
	X(UL_OVER_AMBR, "over the session's uplink APN-AMBR")                                      \
	X(DL_OVER_AMBR, "over the session's downlink APN-AMBR")                                    \
	X(UL_OVER_MBR, "over the dedicated bearer's uplink MBR")                                   \
	X(DL_OVER_MBR, "over the dedicated bearer's downlink MBR")                                 \
	X(UL_TTL, "time to live expired uplink")                                                   \
	X(DL_TTL, "time to live expired downlink")                                                 \
	X(UL_NO_ROUTE, "the session's VRF has no route to the destination")                        \
	X(DL_NO_ROUTE, "no route to the SGW")                                                      \
	X(BLACKHOLE, "the route is a blackhole, or leads to another UE")                           \
	X(TOO_BIG, "larger than the session's or the port's MTU, and not to be cut")               \
	X(NEIGH_FULL, "too many packets wait for this neighbour")                                  \
	X(NEIGH_TIMEOUT, "the neighbour didn't answer in time")                                    \
	X(ALIAS_LOOP, "handed to a worker for its session, which isn't there")                     \
	X(HANDOFF_FULL, "the owner worker's ring is full")                                         \
	X(TX_FULL, "the port's transmit queue is full")                                            \
	X(TX_RING_FULL, "the ring to the port's transmitting worker is full")                      \
	X(PUNT_FULL, "the ring to Linux is full")                                                  \
	X(CREATE_SURPLUS, "a Create Session Request while control has all that it can serve")      \
	X(PUNT_POLICED, "over the rate limit of its class towards Linux")                          \
	X(PUNT_TAP, "the TAP device refused it")                                                   \
	X(TX_NO_ROUTE, "no route for our own message, or it went while the packet waited")         \
	X(TX_NO_MBUF, "no packet buffer, or no room in it, for what had to be sent")               \
	X(NO_MBUF, "no room in the packet's buffer for the tunnel's headers")

enum dp_drop {
#define X(name, text) DP_DROP_##name,
	DP_DROP_REASONS(X)
#undef X
		DP_DROPS
};

// Per worker. X(name, "sentence")
#define DP_WORKER_COUNTERS(X)                                                                      \
	X(rx_packets, "received from ports")                                                       \
	X(rx_bytes, "received from ports, whole frames")                                           \
	X(tx_packets, "given to ports")                                                            \
	X(tx_bytes, "given to ports, whole frames")                                                \
	X(ul_packets, "uplink G-PDUs decapsulated")                                                \
	X(ul_bytes, "inner bytes of them")                                                         \
	X(dl_packets, "downlink packets encapsulated")                                             \
	X(dl_bytes, "inner bytes of them")                                                         \
	X(handoff_out, "handed to the owner worker")                                               \
	X(handoff_in, "taken over as the owner")                                                   \
	X(punt_packets, "given to Linux")                                                          \
	X(inject_packets, "transmitted for Linux")                                                 \
	X(echo_request_rx, "GTP-U Echo Requests received")                                         \
	X(echo_response_tx, "GTP-U Echo Responses sent")                                           \
	X(echo_response_rx, "GTP-U Echo Responses received")                                       \
	X(error_indication_rx, "GTP-U Error Indications received")                                 \
	X(error_indication_tx, "GTP-U Error Indications sent")                                     \
	X(error_indication_muted, "GTP-U Error Indications not sent: sessions are still replayed") \
	X(supported_ext_tx, "Supported Extension Headers Notifications sent")                      \
	X(supported_ext_rx, "Supported Extension Headers Notifications received")                  \
	X(icmp_error_tx, "ICMP errors sent: time exceeded, fragmentation needed, unreachable")     \
	X(answers_policed, "ICMP errors and answers to faulty GTP-U not sent: rate limit")         \
	X(nd_rx, "IPv6 neighbour discovery and multicast listener messages of devices")            \
	X(ra_tx, "Router Advertisements sent to devices")                                          \
	X(na_tx, "Neighbour Advertisements sent to devices")                                       \
	X(end_marker_rx, "End Markers received")                                                   \
	X(end_marker_tx, "End Markers sent")                                                       \
	X(fragments_rx, "outer fragments taken for reassembly")                                    \
	X(reassembled, "datagrams made whole, which then go on as if received")                    \
	X(packets_cut, "inner packets too big for their way, which left as fragments")             \
	X(fragments_tx, "inner fragments that they left as")                                       \
	X(rate_held, "packets over an APN-AMBR that waited for it")                                \
	X(rate_released, "of those, sent or dropped since")                                        \
	X(neigh_held, "packets that waited for a neighbour")                                       \
	X(neigh_released, "of those, sent once it was resolved")                                   \
	X(events_lost, "events to control lost because the ring was full")                         \
	X(polls, "turns of the worker's loop")                                                     \
	X(polls_busy, "turns that found work")                                                     \
	X(sleeps, "pauses while idle")                                                             \
	X(cycles_busy, "TSC cycles of turns that found work")

// One worker's counters; written by that worker alone, read by anyone.
struct dp_worker_counters {
#define X(name, text) uint64_t name;
	DP_WORKER_COUNTERS(X)
#undef X
	uint64_t drop[DP_DROPS];
};

// Per worker and port. X(name, "sentence")
#define DP_PORT_COUNTERS(X)                                                                        \
	X(rx_packets, "received")                                                                  \
	X(rx_bytes, "received, whole frames")                                                      \
	X(tx_packets, "sent")                                                                      \
	X(tx_bytes, "sent, whole frames")                                                          \
	X(tx_full, "refused by the device")

struct dp_port_counters {
#define X(name, text) uint64_t name;
	DP_PORT_COUNTERS(X)
#undef X
};

// Per class of what goes to Linux; written by the main lcore. X(NAME, name, "sentence")
#define DP_PUNT_CLASSES_LIST(X)                                                                    \
	X(GTPC, gtpc, "GTPv2-C and Diameter, but for what follows")                                \
	X(CREATE, create, "Create Session Requests of GTPv2-C")                                    \
	X(ROUTING, routing, "ARP, neighbour discovery, BGP, BFD, link")                            \
	X(ICMP, icmp, "ICMP to our own addresses")                                                 \
	X(OTHER, other, "the rest that is addressed to this machine")

enum dp_punt_class {
#define X(NAME, name, text) DP_PUNT_##NAME,
	DP_PUNT_CLASSES_LIST(X)
#undef X
		DP_PUNT_CLASSES
};

struct dp_punt_counters {
	uint64_t packets;    // written to the TAP
	uint64_t policed;    // over the class's rate
	uint64_t tap_errors; // refused by the TAP
};

// Of the main lcore. X(name, "sentence")
#define DP_MAIN_COUNTERS(X)                                                                        \
	X(tap_packets, "frames that Linux sent")                                                   \
	X(tap_ring_full, "of those, lost: the ring to the worker was full")                        \
	X(tap_no_mbuf, "of those, lost: no packet buffer, or too long for one")                    \
	X(resolve_asks, "neighbours that Linux was asked for")                                     \
	X(netlink_messages, "rtnetlink messages read")                                             \
	X(netlink_overruns, "times that notifications were lost")                                  \
	X(routings, "routings published")                                                          \
	X(sleeps, "times that main went to sleep")

struct dp_main_counters {
#define X(name, text) uint64_t name;
	DP_MAIN_COUNTERS(X)
#undef X
};
