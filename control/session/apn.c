// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/apn.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct name_entry {
	const char *name;
	uint16_t apn;
};

// What an APN is at run time, beside its configuration.
struct apn {
	uint16_t vrf;
	uint16_t pools[CTL_POOLS_OF_APN_MAX];
	const struct ctl_static **by_imsi, **by_address, **by_prefix; // sorted
	struct pco_credential *credentials;
};

struct apn_set {
	const struct ctl_config *config;
	struct apn *apns;
	struct name_entry *names; // sorted, without "*"
	size_t n_names;
	int wildcard; // the APN named "*", -1: none
	const char **vrfs;
	uint16_t n_vrfs;
	struct ip_pool **pools;
};

static unsigned int
octets_of(uint8_t family)
{
	return family == 4 ? 4 : 8;
}

uint64_t
apn_address_number(uint8_t family, const uint8_t *bytes)
{
	uint64_t number = 0;

	for (unsigned int i = 0; i < octets_of(family); i++)
		number = number << 8 | bytes[i];
	return number;
}

void
apn_address_bytes(uint8_t family, uint64_t number, uint8_t bytes[APN_ADDRESS_BYTES])
{
	unsigned int n = octets_of(family);

	memset(bytes, 0, APN_ADDRESS_BYTES);
	for (unsigned int i = 0; i < n; i++)
		bytes[i] = (uint8_t)(number >> (8 * (n - 1 - i)));
}

// ---- Names.

// True if `at` is label nnn.: three digits after "mnc" or "mcc" and a dot.
static bool
is_code_label(const char *at, const char *code)
{
	return strncasecmp(at, code, 3) == 0 && isdigit((unsigned char)at[3]) &&
		isdigit((unsigned char)at[4]) && isdigit((unsigned char)at[5]) && at[6] == '.';
}

#define OPERATOR_IDENTIFIER_CHARS (sizeof(".mnc001.mcc001.gprs") - 1)

void
apn_network_identifier(const char *asked, char *ni, size_t room)
{
	size_t n = strlen(asked);
	const char *oi;

	if (n > OPERATOR_IDENTIFIER_CHARS) {
		oi = asked + n - OPERATOR_IDENTIFIER_CHARS;
		if (oi[0] == '.' && is_code_label(oi + 1, "mnc") && is_code_label(oi + 8, "mcc") &&
			strcasecmp(oi + 15, "gprs") == 0)
			n -= OPERATOR_IDENTIFIER_CHARS;
	}
	if (n >= room)
		n = room - 1;
	memcpy(ni, asked, n);
	ni[n] = '\0';
}

static int
compare_names(const void *a, const void *b)
{
	const struct name_entry *x = a, *y = b;

	return strcasecmp(x->name, y->name);
}

int
apn_find(const struct apn_set *set, const char *ni)
{
	struct name_entry key = { .name = ni };
	const struct name_entry *found =
		bsearch(&key, set->names, set->n_names, sizeof(key), compare_names);

	return found ? found->apn : set->wildcard;
}

int
apn_named(const struct apn_set *set, const char *name)
{
	for (size_t i = 0; i < set->config->n_apns; i++)
		if (strcmp(set->config->apns[i].name, name) == 0)
			return (int)i;
	return -1;
}

const struct ctl_apn *
apn_at(const struct apn_set *set, uint16_t apn)
{
	return &set->config->apns[apn];
}

uint32_t
apn_grant_rate(uint32_t asked_kbps, uint64_t default_bps, uint64_t max_bps)
{
	uint64_t kbps = asked_kbps ? asked_kbps : default_bps / 1000;

	if (max_bps && kbps > max_bps / 1000)
		kbps = max_bps / 1000;
	return kbps < UINT32_MAX ? (uint32_t)kbps : UINT32_MAX;
}

const struct pco_credential *
apn_credentials(const struct apn_set *set, uint16_t apn)
{
	return set->apns[apn].credentials;
}

uint16_t
apn_vrf(const struct apn_set *set, uint16_t apn)
{
	return set->apns[apn].vrf;
}

uint16_t
apn_vrf_count(const struct apn_set *set)
{
	return set->n_vrfs;
}

const char *
apn_vrf_name(const struct apn_set *set, uint16_t vrf)
{
	return set->vrfs[vrf];
}

// ---- Making the set.

static uint16_t
vrf_named(struct apn_set *set, const char *name)
{
	uint16_t i = 0;

	while (i < set->n_vrfs && strcmp(set->vrfs[i], name) != 0)
		i++;
	if (i == set->n_vrfs)
		set->vrfs[set->n_vrfs++] = name;
	return i;
}

static uint16_t
pool_named(const struct apn_set *set, const char *name)
{
	for (size_t i = 0; i < set->config->n_pools; i++)
		if (strcmp(set->config->pools[i].name, name) == 0)
			return (uint16_t)i;
	return APN_NO_POOL;
}

static struct ip_pool *
make_pool(const struct ctl_pool *c)
{
	struct ip_pool *p = ip_pool_new(c->range.first, c->range.last);

	if (!p)
		return NULL;
	ip_pool_set_rest(p, c->rest_s, c->is_rest_strict);
	for (size_t i = 0; i < c->n_statics; i++)
		ip_pool_reserve(p, c->statics[i].first, c->statics[i].last);
	for (size_t i = 0; i < c->n_excluded; i++)
		ip_pool_exclude(p, c->excluded[i].first, c->excluded[i].last);
	if (c->range.family == 4 && !c->uses_edges) {
		ip_pool_exclude(p, c->range.first, c->range.first);
		ip_pool_exclude(p, c->range.last, c->range.last);
	}
	return p;
}

static int
compare_imsis(const void *a, const void *b)
{
	const struct ctl_static *const *x = a, *const *y = b;

	return strcmp((*x)->imsi, (*y)->imsi);
}

static int
compare_addresses(const void *a, const void *b)
{
	const struct ctl_static *const *x = a, *const *y = b;

	return memcmp((*x)->address.bytes, (*y)->address.bytes, 4);
}

static int
compare_prefixes(const void *a, const void *b)
{
	const struct ctl_static *const *x = a, *const *y = b;

	return memcmp((*x)->prefix.bytes, (*y)->prefix.bytes, 8);
}

static int
make_apn(struct apn_set *set, uint16_t i)
{
	const struct ctl_apn *c = &set->config->apns[i];
	struct apn *a = &set->apns[i];

	a->vrf = vrf_named(set, c->vrf);
	for (size_t j = 0; j < c->n_pools; j++)
		a->pools[j] = pool_named(set, c->pools[j]);
	if (strcmp(c->name, "*") == 0)
		set->wildcard = i;
	else
		set->names[set->n_names++] = (struct name_entry){ .name = c->name, .apn = i };
	a->by_imsi = calloc(c->n_statics + 1, sizeof(*a->by_imsi));
	a->by_address = calloc(c->n_statics + 1, sizeof(*a->by_address));
	a->by_prefix = calloc(c->n_statics + 1, sizeof(*a->by_prefix));
	a->credentials = calloc(c->n_users + 1, sizeof(*a->credentials));
	if (!a->by_imsi || !a->by_address || !a->by_prefix || !a->credentials)
		return -ENOMEM;
	for (size_t j = 0; j < c->n_users; j++)
		a->credentials[j] =
			(struct pco_credential){ c->users[j].name, c->users[j].password };
	for (size_t j = 0; j < c->n_statics; j++)
		a->by_imsi[j] = a->by_address[j] = a->by_prefix[j] = &c->statics[j];
	qsort(a->by_imsi, c->n_statics, sizeof(*a->by_imsi), compare_imsis);
	qsort(a->by_address, c->n_statics, sizeof(*a->by_address), compare_addresses);
	qsort(a->by_prefix, c->n_statics, sizeof(*a->by_prefix), compare_prefixes);
	return 0;
}

struct apn_set *
apn_set_new(const struct ctl_config *config)
{
	struct apn_set *set = calloc(1, sizeof(*set));

	if (!set)
		return NULL;
	set->config = config;
	set->wildcard = -1;
	set->apns = calloc(config->n_apns, sizeof(*set->apns));
	set->names = calloc(config->n_apns, sizeof(*set->names));
	set->vrfs = calloc(config->n_apns, sizeof(*set->vrfs));
	set->pools = calloc(config->n_pools, sizeof(struct ip_pool *));
	if (!set->apns || !set->names || !set->vrfs || !set->pools)
		goto free_set;
	for (size_t i = 0; i < config->n_pools; i++) {
		set->pools[i] = make_pool(&config->pools[i]);
		if (!set->pools[i])
			goto free_set;
	}
	for (size_t i = 0; i < config->n_apns; i++)
		if (make_apn(set, (uint16_t)i) < 0)
			goto free_set;
	qsort(set->names, set->n_names, sizeof(*set->names), compare_names);
	return set;

free_set:
	apn_set_free(set);
	return NULL;
}

void
apn_set_free(struct apn_set *set)
{
	if (!set)
		return;
	for (size_t i = 0; set->pools && i < set->config->n_pools; i++)
		ip_pool_free(set->pools[i]);
	for (size_t i = 0; set->apns && i < set->config->n_apns; i++) {
		free(set->apns[i].by_imsi);
		free(set->apns[i].by_address);
		free(set->apns[i].by_prefix);
		free(set->apns[i].credentials);
	}
	free(set->pools);
	free(set->vrfs);
	free(set->names);
	free(set->apns);
	free(set);
}

// ---- Addresses.

static uint8_t
pool_family(const struct apn_set *set, uint16_t pool)
{
	return (uint8_t)set->config->pools[pool].range.family;
}

bool
apn_serves(const struct apn_set *set, uint16_t apn, uint8_t family)
{
	for (size_t i = 0; i < set->config->apns[apn].n_pools; i++)
		if (pool_family(set, set->apns[apn].pools[i]) == family)
			return true;
	return false;
}

// The pool of an APN that keeps an address for static use; APN_NO_POOL: none.
static uint16_t
static_pool(const struct apn_set *set, uint16_t apn, uint8_t family, uint64_t addr)
{
	for (size_t i = 0; i < set->config->apns[apn].n_pools; i++) {
		uint16_t pool = set->apns[apn].pools[i];

		if (pool_family(set, pool) == family && ip_pool_is_reserved(set->pools[pool], addr))
			return pool;
	}
	return APN_NO_POOL;
}

static const struct ctl_static *
static_find(const struct ctl_static **sorted, size_t n, const struct ctl_static *key,
	int (*compare)(const void *, const void *))
{
	const struct ctl_static **found = bsearch(&key, sorted, n, sizeof(*sorted), compare);

	return found ? *found : NULL;
}

static const struct cfg_addr *
of_family(const struct ctl_static *sim, uint8_t family)
{
	return family == 4 ? &sim->address : &sim->prefix;
}

// The SIM whose fixed address this is; NULL: nobody's.
static const struct ctl_static *
owner_of(const struct apn_set *set, uint16_t apn, const struct apn_wish *wish)
{
	const struct apn *a = &set->apns[apn];
	size_t n = set->config->apns[apn].n_statics;
	struct ctl_static key = { 0 };

	if (wish->family == 4) {
		memcpy(key.address.bytes, wish->asked, 4);
		return static_find(a->by_address, n, &key, compare_addresses);
	}
	memcpy(key.prefix.bytes, wish->asked, 8);
	return static_find(a->by_prefix, n, &key, compare_prefixes);
}

// Whether the SIM has a fixed address, and which: 1 and *addr, 0: none, -EACCES.
static int
fixed_address(const struct apn_set *set, uint16_t apn, const struct apn_wish *wish, uint64_t *addr)
{
	const struct ctl_apn *c = &set->config->apns[apn];
	uint64_t asked = apn_address_number(wish->family, wish->asked);
	struct ctl_static key = { 0 };
	const struct ctl_static *own;

	snprintf(key.imsi, sizeof(key.imsi), "%s", wish->imsi);
	own = static_find(set->apns[apn].by_imsi, c->n_statics, &key, compare_imsis);
	if (own && of_family(own, wish->family)->family) {
		*addr = apn_address_number(wish->family, of_family(own, wish->family)->bytes);
		return 1;
	}
	if (asked == 0)
		return 0;
	if (c->takes_static_paa && !owner_of(set, apn, wish) &&
		static_pool(set, apn, wish->family, asked) != APN_NO_POOL) {
		*addr = asked;
		return 1;
	}
	return c->unknown_static == CTL_UNKNOWN_STATIC_REJECT ? -EACCES : 0;
}

static int
take_dynamic(struct apn_set *set, uint16_t apn, const struct apn_wish *wish, uint32_t now_s,
	struct apn_address *out)
{
	for (size_t i = 0; i < set->config->apns[apn].n_pools; i++) {
		uint16_t pool = set->apns[apn].pools[i];
		uint64_t addr;

		if (pool_family(set, pool) != wish->family ||
			ip_pool_take(set->pools[pool], now_s, wish->taste, &addr) < 0)
			continue;
		apn_address_bytes(wish->family, addr, out->bytes);
		out->pool = pool;
		out->is_static = false;
		return 0;
	}
	return -ENOSPC;
}

int
apn_take_address(struct apn_set *set, uint16_t apn, const struct apn_wish *wish, uint32_t now_s,
	struct apn_address *out)
{
	uint64_t addr;
	int ret = fixed_address(set, apn, wish, &addr);

	out->family = wish->family;
	if (ret < 0)
		return ret;
	if (ret == 0)
		return take_dynamic(set, apn, wish, now_s, out);
	out->pool = static_pool(set, apn, wish->family, addr);
	out->is_static = true;
	apn_address_bytes(wish->family, addr, out->bytes);
	if (out->pool == APN_NO_POOL)
		return -EACCES; // excluded later than reserved
	return ip_pool_take_static(set->pools[out->pool], addr);
}

int
apn_restore_address(struct apn_set *set, uint16_t apn, struct apn_address *address)
{
	uint64_t addr = apn_address_number(address->family, address->bytes);

	for (size_t i = 0; i < set->config->apns[apn].n_pools; i++) {
		uint16_t pool = set->apns[apn].pools[i];

		if (pool_family(set, pool) != address->family ||
			!ip_pool_contains(set->pools[pool], addr))
			continue;
		address->pool = pool;
		address->is_static = ip_pool_is_reserved(set->pools[pool], addr);
		return ip_pool_restore(set->pools[pool], addr);
	}
	return -EINVAL;
}

void
apn_give_address(struct apn_set *set, uint16_t pool, const uint8_t *bytes, uint32_t now_s)
{
	if (pool != APN_NO_POOL)
		ip_pool_give(
			set->pools[pool], apn_address_number(pool_family(set, pool), bytes), now_s);
}

const struct ip_pool *
apn_pool(const struct apn_set *set, uint16_t pool)
{
	return set->pools[pool];
}

int
apn_of_pool(const struct apn_set *set, uint16_t pool)
{
	for (size_t i = 0; i < set->config->n_apns; i++)
		for (size_t j = 0; j < set->config->apns[i].n_pools; j++)
			if (set->apns[i].pools[j] == pool)
				return (int)i;
	return -1;
}
