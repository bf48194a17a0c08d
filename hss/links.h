// SPDX-License-Identifier: BSD-3-Clause
// The peers that have ever been admitted, by Diameter identity: what each is configured as, its
// connection and its counters. A link is never freed, so a pointer to one stays good.
#pragma once

#include "hss/hss_config.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINKS_MAX 4096

struct link {
	char host[HOST_SIZE];        // as the peer writes it
	const struct hss_peer *peer; // the settings that it matched
	atomic_int fd;               // of its connection, -1: none
	atomic_llong connected_s;    // UNIX time of the last CER or CEA
	atomic_ullong n_connects;
	atomic_ullong n_received; // requests
	atomic_ullong n_screened; // requests answered or dropped before freeDiameter
	atomic_ullong n_answered; // requests answered by S6a
	atomic_ullong n_sent;     // requests of ours
};

// What a peer with this identity and realm that comes from this address is; NULL: it isn't served.
// address NULL: not looked at. The first match counts.
const struct hss_peer *peers_match(const struct hss_config *config, const char *host,
	size_t host_len, const char *realm, size_t realm_len, const struct cfg_addr *address);

// Whose requests of this Origin-Realm these are, among the partners that the peer may bring; NULL: none.
const struct hss_partner *peers_partner(const struct hss_config *config,
	const struct hss_peer *peer, const char *origin_realm, size_t len);

// Whether the peer may bring requests of some partner with this realm: then requests to it may go there.
bool peers_reaches(const struct hss_config *config, const struct hss_peer *peer, const char *realm);

bool partner_has_plmn(const struct hss_partner *partner, const struct plmn *plmn);

// The link of an identity, without regard to case; made if peer isn't NULL. NULL: none, or LINKS_MAX are
// there.
struct link *links_get(const char *host, size_t len, const struct hss_peer *peer);
struct link *links_find(const char *host, size_t len);

// The i-th in order of their first admission; NULL: there are no more.
struct link *links_at(unsigned i);
