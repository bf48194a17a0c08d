// SPDX-License-Identifier: BSD-3-Clause
#include "hss/links.h"

#include <ctype.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SLOTS (2 * LINKS_MAX)

// Read without the lock: a slot or list entry is written once, after its link is complete.
static _Atomic(struct link *) slots[SLOTS];
static _Atomic(struct link *) in_order[LINKS_MAX];
static unsigned n_links;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool
is_within(const struct cfg_prefix *prefix, const struct cfg_addr *address)
{
	unsigned whole = prefix->length / 8, rest = prefix->length % 8;

	if (prefix->addr.family != address->family)
		return false;
	if (memcmp(prefix->addr.bytes, address->bytes, whole) != 0)
		return false;
	return rest == 0 || (prefix->addr.bytes[whole] ^ address->bytes[whole]) >> (8 - rest) == 0;
}

static bool
comes_from(const struct hss_peer *peer, const struct cfg_addr *address)
{
	if (peer->n_addresses == 0 || address == NULL)
		return true;
	for (size_t i = 0; i < peer->n_addresses; i++)
		if (is_within(&peer->addresses[i], address))
			return true;
	return false;
}

const struct hss_peer *
peers_match(const struct hss_config *config, const char *host, size_t host_len, const char *realm,
	size_t realm_len, const struct cfg_addr *address)
{
	for (size_t i = 0; i < config->n_peers; i++) {
		const struct hss_peer *peer = &config->peers[i];

		if (hss_pattern_matches(peer->host, host, host_len) &&
			hss_pattern_matches(peer->realm, realm, realm_len) &&
			comes_from(peer, address))
			return peer;
	}
	return NULL;
}

static bool
carries(const struct hss_peer *peer, const struct hss_partner *partner)
{
	for (size_t i = 0; i < peer->n_partners; i++)
		if (strcmp(peer->partners[i], "*") == 0 ||
			strcmp(peer->partners[i], partner->name) == 0)
			return true;
	return false;
}

static bool
has_realm(const struct hss_partner *partner, const char *realm, size_t len)
{
	for (size_t i = 0; i < partner->n_realms; i++)
		if (hss_pattern_matches(partner->realms[i], realm, len))
			return true;
	return false;
}

const struct hss_partner *
peers_partner(const struct hss_config *config, const struct hss_peer *peer,
	const char *origin_realm, size_t len)
{
	for (size_t i = 0; i < config->n_partners; i++) {
		const struct hss_partner *partner = &config->partners[i];

		if (has_realm(partner, origin_realm, len) && carries(peer, partner))
			return partner;
	}
	return NULL;
}

bool
peers_reaches(const struct hss_config *config, const struct hss_peer *peer, const char *realm)
{
	return peers_partner(config, peer, realm, strlen(realm)) != NULL;
}

bool
partner_has_plmn(const struct hss_partner *partner, const struct plmn *plmn)
{
	if (partner->n_plmns == 0)
		return true;
	for (size_t i = 0; i < partner->n_plmns; i++)
		if (plmn_is_equal(&partner->plmns[i], plmn))
			return true;
	return false;
}

// ---- The registry.

static unsigned
slot_of(const char *host, size_t len)
{
	uint32_t hash = 2166136261u; // FNV-1a

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (uint32_t)tolower((unsigned char)host[i])) * 16777619u;
	return hash % SLOTS;
}

// The link, or the free slot where it belongs.
static struct link *
search(const char *host, size_t len, unsigned *free_slot)
{
	for (unsigned i = slot_of(host, len);; i = (i + 1) % SLOTS) {
		struct link *link = atomic_load_explicit(&slots[i], memory_order_acquire);

		*free_slot = i;
		if (link == NULL)
			return NULL;
		if (strlen(link->host) == len && strncasecmp(link->host, host, len) == 0)
			return link;
	}
}

struct link *
links_find(const char *host, size_t len)
{
	unsigned slot;

	return search(host, len, &slot);
}

static struct link *
add(const char *host, size_t len, const struct hss_peer *peer, unsigned slot)
{
	struct link *link;

	if (n_links == LINKS_MAX)
		return NULL;
	link = calloc(1, sizeof(*link));
	if (link == NULL)
		return NULL;
	memcpy(link->host, host, len);
	link->peer = peer;
	atomic_init(&link->fd, -1);
	atomic_store_explicit(&in_order[n_links++], link, memory_order_release);
	atomic_store_explicit(&slots[slot], link, memory_order_release);
	return link;
}

struct link *
links_get(const char *host, size_t len, const struct hss_peer *peer)
{
	struct link *link;
	unsigned slot;

	if (len == 0 || len >= HOST_SIZE)
		return NULL;
	if (peer == NULL)
		return links_find(host, len);
	pthread_mutex_lock(&lock);
	link = search(host, len, &slot);
	if (link == NULL)
		link = add(host, len, peer, slot);
	else
		link->peer = peer;
	pthread_mutex_unlock(&lock);
	return link;
}

struct link *
links_at(unsigned i)
{
	return i < LINKS_MAX ? atomic_load_explicit(&in_order[i], memory_order_acquire) : NULL;
}
