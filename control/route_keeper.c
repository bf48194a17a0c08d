// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_keeper.h"

#include "config/log.h"
#include "control/pool_routes.h"
#include "control/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// One range in one table. Its octets are the key of its row in the store.
struct kept_route {
	uint32_t table, zero; // no byte of a key may vary
	struct ctl_range range;
};

struct route_keeper {
	const struct ctl_config *config;
	struct store *store;
	struct kept_route *kept;
	size_t n, room;
};

static int
note(struct route_keeper *k, const struct kept_route *route)
{
	struct kept_route *grown;

	if (k->n == k->room) {
		size_t room = k->room ? 2 * k->room : 16;

		grown = realloc(k->kept, room * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		k->kept = grown;
		k->room = room;
	}
	k->kept[k->n++] = *route;
	return 0;
}

static int
load_row(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	struct kept_route route;

	if (key_n != sizeof(route))
		return 0; // as an earlier release noted them
	memcpy(&route, key, sizeof(route));
	return note(ctx, &route);
}

static bool
change(const struct kept_route *route, bool is_added)
{
	char text[CFG_ADDR_TEXT];
	int ret = pool_routes_change(is_added, route->table, &route->range);

	if (ret < 0)
		log_warning("blackhole route of pool %s in table %u %s: %s",
			ctl_range_text(&route->range, text), route->table,
			is_added ? "not installed" : "not removed", strerror(-ret));
	return ret == 0;
}

static bool
is_wanted(const struct route_keeper *k, const uint32_t *table, const struct kept_route *route)
{
	for (size_t i = 0; i < k->config->n_pools; i++) {
		const struct ctl_range *range = &k->config->pools[i].range;

		if (table[i] == route->table && range->family == route->range.family &&
			range->first == route->range.first && range->last == route->range.last)
			return true;
	}
	return false;
}

// The ones that nobody wants: the store forgets them when they are gone.
static void
remove_stale(struct route_keeper *k, const uint32_t *table)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++) {
		struct store_key key = store_bytes_key(&k->kept[i], sizeof(k->kept[i]));

		if ((table && is_wanted(k, table, &k->kept[i])) || !change(&k->kept[i], false))
			k->kept[n++] = k->kept[i];
		else
			store_del(k->store, STORE_ROUTES, &key);
	}
	k->n = n;
}

static bool
is_kept(const struct route_keeper *k, const struct kept_route *route)
{
	for (size_t i = 0; i < k->n; i++)
		if (memcmp(&k->kept[i], route, sizeof(*route)) == 0)
			return true;
	return false;
}

// Into the store first, so that no route is there that isn't known.
static void
note_wanted(struct route_keeper *k, const uint32_t *table)
{
	for (size_t i = 0; i < k->config->n_pools; i++) {
		struct kept_route route = { table[i], 0, k->config->pools[i].range };
		struct store_key key = store_bytes_key(&route, sizeof(route));

		if (table[i] && !is_kept(k, &route) && note(k, &route) == 0)
			store_put(k->store, STORE_ROUTES, &key, "", 0);
	}
}

static void
commit(struct route_keeper *k)
{
	int ret = store_commit(k->store);

	if (ret < 0)
		log_warning("pools' routes aren't noted in the store: %s", strerror(-ret));
}

void
route_keeper_want(struct route_keeper *k, const uint32_t *table)
{
	note_wanted(k, table);
	remove_stale(k, table);
	commit(k);
	for (size_t i = 0; i < k->n; i++)
		if (is_wanted(k, table, &k->kept[i]))
			change(&k->kept[i], true);
}

struct route_keeper *
route_keeper_new(const struct ctl_config *config, struct store *store)
{
	struct route_keeper *k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->config = config;
	k->store = store;
	if (store_read(store, STORE_ROUTES, load_row, k) < 0)
		log_warning("pools' routes of the run before aren't known and stay");
	if (!config->installs_routes && k->n > 0) {
		remove_stale(k, NULL);
		commit(k);
	}
	return k;
}

void
route_keeper_free(struct route_keeper *k)
{
	if (!k)
		return;
	free(k->kept);
	free(k);
}
