// SPDX-License-Identifier: BSD-3-Clause
// What control and dataplane say to each other: plain old data, libc only.
// Every request carries the whole wanted state, never a delta, so that repeating one is harmless.
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#define DP_SHARDS 256
#define DP_WORKERS_MAX 64
#define DP_PORTS_MAX 16
#define DP_IFACES_MAX 1024 // {port, VLAN} pairs
#define DP_VRFS_MAX 1024
#define DP_GTPU_ADDRS_MAX 8
#define DP_NAME_MAX 32    // names of ports, VRFs, with the terminating NUL
#define DP_DEVICE_MAX 128 // names of DPDK devices with their arguments, with the NUL
#define DP_BEARERS_MAX 11 // TS 24.007 11.2.3.1.5: EPS bearer identities 5 to 15
#define DP_DEDICATED_MAX (DP_BEARERS_MAX - 1) // of one session, beside its default bearer
#define DP_FILTERS_MAX 16                     // packet filters of one session, over all its bearers
#define DP_PROFILES_MAX 1024
#define DP_RDNSS_MAX 4
#define DP_GATEWAY_IID 1 // fe80::1 is the gateway on each device's link: no device's identifier

// An IP address in network byte order; IPv4 in bytes[0..3].
struct dp_addr {
	uint8_t family; // 0: none, 4 or 6
	uint8_t zero[3];
	uint8_t bytes[16];
};

enum dp_op {
	DP_OP_SESSION_PUT = 1, // body: struct dp_session
	DP_OP_SESSION_DELETE,  // body: struct dp_session_ref
	DP_OP_SWEEP,        // no body: delete sessions and aliases not put since control attached
	DP_OP_PROFILE_PUT,  // body: struct dp_profile; to every worker, before sessions that use it
	DP_OP_ALIAS_PUT,    // body: struct dp_alias; to the worker of the address's shard
	DP_OP_ALIAS_DELETE, // body: struct dp_alias
	DP_OP_EXPLAIN,      // body: struct dp_explain; the answer is in dp_worker.explanation
};

enum dp_session_flags {
	DP_SESSION_UL_CLOSED = 1 << 0, // uplink gate closed: packets are dropped by name
	DP_SESSION_DL_CLOSED = 1 << 1,
	DP_SESSION_END_MARKER = 1 << 2, // when this put moves the tunnel: End Marker to the old one
	DP_SESSION_TRACE = 1 << 3,
};

// One PDN connection with its default bearer, as control wants it.
struct dp_session {
	uint32_t slot; // 0 .. sessions_max - 1, chosen by control; also the place of its usage
	uint32_t generation;  // of the slot; another value is another session
	uint32_t teid;        // ours, uplink, host order; its low byte is the session's shard
	uint32_t peer_teid;   // the SGW's, downlink, host order
	struct dp_addr peer;  // the SGW-U
	struct dp_addr local; // our GTP-U address, one of dp_header.gtpu
	uint16_t vrf;         // index into dp_header.vrf
	uint16_t mtu;         // largest inner packet in bytes, 0: the port's limit alone
	uint32_t flags;       // enum dp_session_flags
	uint64_t ul_bps;      // APN-AMBR in bits per second of inner IP, 0: unlimited
	uint64_t dl_bps;
	uint8_t ue_ipv4[4];        // network order, all zero: none
	uint8_t ue_ipv6_prefix[8]; // the /64, all zero: none
	uint8_t ebi;               // of the default bearer, 5 to 15
	uint8_t qci;
	uint8_t dscp; // of the outer header downlink, 0 to 63
	uint8_t zero;
	uint16_t profile; // of its APN, below DP_PROFILES_MAX; one never put is all zero
	uint32_t bearers; // 1 + the number of its struct dp_bearers, 0: the default bearer alone
};

enum dp_bearer_flags {
	DP_BEARER_UL_CLOSED = 1 << 0, // gates, as of the session
	DP_BEARER_DL_CLOSED = 1 << 1,
	DP_BEARER_END_MARKER = 1 << 2, // when this put moves the tunnel: End Marker to the old one
	DP_BEARER_IN_AMBR = 1 << 3,    // it also counts against the session's APN-AMBR
};

// A dedicated bearer. Until the SGW has named its end, peer and peer_teid are the default bearer's.
struct dp_bearer {
	uint32_t
		slot; // 0 .. bearers_max - 1, chosen by control; its usage is at sessions_max + slot
	uint32_t generation;
	uint32_t teid; // ours, uplink, host order; its low byte is the session's shard
	uint32_t peer_teid;
	struct dp_addr peer;
	uint32_t flags;  // enum dp_bearer_flags
	uint64_t ul_bps; // MBR in bits per second of inner IP, 0: unlimited
	uint64_t dl_bps;
	uint8_t ebi; // 0: the MME hasn't chosen it yet
	uint8_t qci;
	uint8_t dscp;
	uint8_t zero[5];
};

enum dp_filter_fields {
	DP_FILTER_PROTOCOL = 1 << 0,
	DP_FILTER_TOS = 1 << 1,
	DP_FILTER_SPI = 1 << 2,
	DP_FILTER_FLOW_LABEL = 1 << 3, // IPv6 only
	DP_FILTER_LOCAL_PORT = 1 << 4,
	DP_FILTER_REMOTE_PORT = 1 << 5,
};

// A packet filter for downlink packets: local is the device, the packet's destination. Addresses
// count where their mask has bits; `family` 4 or 6 if there are any, 0: both fit.
struct dp_filter {
	uint8_t bearer; // index into dp_bearers.bearer (dp_shm.h)
	uint8_t family;
	uint8_t fields; // enum dp_filter_fields
	uint8_t protocol;
	uint8_t tos, tos_mask; // or traffic class
	uint8_t zero[2];
	uint16_t local_port_min, local_port_max; // inclusive
	uint16_t remote_port_min, remote_port_max;
	uint32_t spi;
	uint32_t flow_label;
	uint8_t local[16], local_mask[16]; // network order; IPv4 in the first four
	uint8_t remote[16], remote_mask[16];
};

struct dp_session_ref {
	uint32_t slot;
	uint32_t generation;
	uint32_t flags; // DP_SESSION_END_MARKER
};

// What the sessions of an APN have in common. It holds until it is put again.
struct dp_profile {
	uint16_t profile;  // below DP_PROFILES_MAX
	uint16_t mss_ipv4; // a larger MSS of a TCP SYN is lowered to this, 0: never
	uint16_t mss_ipv6;
	uint8_t n_rdnss; // at most DP_RDNSS_MAX
	uint8_t zero;
	uint32_t ra_interval_s; // between Router Advertisements, 0: only after attach and if asked
	uint32_t ra_lifetime_s; // of what they say of the router and DNS servers, at most 65535
	uint8_t rdnss[DP_RDNSS_MAX][16]; // recursive DNS servers, RFC 8106
};

// A second address of a session, whose shard isn't the session's: the worker of that shard hands
// what it gets for this address to the session's owner. Sent where the two workers differ.
struct dp_alias {
	uint16_t vrf;
	uint8_t family;   // 4 or 6
	uint8_t shard;    // of the session: the low byte of its TEID
	uint8_t bytes[8]; // IPv4 address in the first four, or /64
};

enum dp_direction {
	DP_UPLINK = 1,
	DP_DOWNLINK,
};

// Of a question: whether the packet is a piece of a larger one (IPv4).
enum dp_fragment {
	DP_FRAGMENT_NONE,
	DP_FRAGMENT_FIRST,
	DP_FRAGMENT_LATER, // it shows no ports
};

// A packet of which control asks what would become of it, at the worker that owns its shard. Uplink it
// comes as a G-PDU for `teid`, downlink from a customer's network.
struct dp_explain {
	uint8_t direction; // enum dp_direction
	uint8_t proto;     // of IP
	uint8_t ttl;
	uint8_t may_cut; // IPv4 without "don't fragment"
	uint16_t vrf;    // downlink: index into dp_header.vrf
	uint16_t len;    // of the IP packet, bytes
	uint16_t src_port, dst_port;
	uint8_t tos;      // or traffic class
	uint8_t by_alias; // downlink: another worker has handed it over, whose table has an alias
	uint8_t fragment; // enum dp_fragment
	uint8_t zero;
	uint32_t spi;        // of ESP or AH
	uint32_t flow_label; // IPv6
	uint32_t teid;       // uplink: host order
	struct dp_addr src, dst;
	struct dp_addr peer; // uplink: the SGW, family 0: any
};

struct dp_request {
	uint16_t op; // enum dp_op
	uint16_t zero;
	uint32_t id; // comes back in the reply
	union {
		struct dp_session session;
		struct dp_session_ref ref;
		struct dp_profile profile;
		struct dp_alias alias;
		struct dp_explain explain;
		uint8_t room[120];
	};
};
static_assert(sizeof(struct dp_request) == 128, "an element of the request ring");

enum dp_reply_kind {
	DP_REPLY_DONE = 1,             // to one request; body: result
	DP_REPLY_ERROR_INDICATION = 2, // event; body: error_indication
};

// TS 29.281 7.3.1: what a peer said that it has no context for.
struct dp_error_indication {
	struct dp_addr source; // outer source of the message
	struct dp_addr peer;   // GTP-U Peer Address: whose TEID it is
	uint32_t teid;         // TEID Data I: the one that we sent to, host order
};

struct dp_reply {
	uint16_t kind; // enum dp_reply_kind
	uint16_t op;   // of the request
	uint32_t id;   // of the request
	union {
		struct {
			// 0 or -errno: ENOSPC the owner's tables are full, EEXIST the TEID or
			// address belongs to another claimed session, EINVAL a field is out of
			// range, ENOENT nothing to delete, EXDEV not this worker's shard (an
			// alias: or its owner is this very worker; of a question: see
			// dp_explanation.owner), ENODEV no such packet to be explained can come in, EAGAIN its bearers are being written: another
			// put follows
			int32_t result;
			// sweep: sessions and aliases deleted; put: bit i if dp_bearers.bearer[i]
			// can't be had
			uint32_t count;
		} done;
		struct dp_error_indication error_indication;
		uint8_t room[56];
	};
};
static_assert(sizeof(struct dp_reply) == 64, "an element of the reply ring");

// Shards. A session's shard is the low byte of the Toeplitz hash of its UE address (the IPv4
// address, else the /64), with the key below; a NIC's RSS on the destination address with the same
// key computes the same. The shard table in dp_header names the owner worker.
static const uint8_t dp_toeplitz_key[12] = {
	0x6d,
	0x5a,
	0x56,
	0xda,
	0x25,
	0x5b,
	0x0e,
	0xc2,
	0x41,
	0x67,
	0x25,
	0x3d,
};

// `bytes` in network order, n 4 (IPv4) or 8 (/64). The definition; the packet path has a table.
static inline uint8_t
dp_shard_of(const uint8_t *bytes, unsigned int n)
{
	uint8_t hash = 0;

	for (unsigned int bit = 0; bit < 8 * n; bit++) {
		// the low byte of the 32 key bits that begin at `bit`
		unsigned int at = bit + 24;
		uint16_t window = (uint16_t)(dp_toeplitz_key[at / 8] << 8);

		if (at % 8)
			window |= dp_toeplitz_key[at / 8 + 1];
		if (bytes[bit / 8] >> (7 - bit % 8) & 1)
			hash ^= (uint8_t)(window >> (8 - at % 8));
	}
	return hash;
}

// The shard of a session: by its IPv4 address if it has one, else by its /64.
static inline uint8_t
dp_session_shard(const struct dp_session *s)
{
	bool has_ipv4 = s->ue_ipv4[0] | s->ue_ipv4[1] | s->ue_ipv4[2] | s->ue_ipv4[3];

	return has_ipv4 ? dp_shard_of(s->ue_ipv4, 4) : dp_shard_of(s->ue_ipv6_prefix, 8);
}
