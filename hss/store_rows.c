// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "hss/store_private.h"
#include "hss/subscriber_text.h"
#include "hss/text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Columns of ROW_COLUMNS and LOCATION_COLUMNS.
enum {
	COL_SEALED,
	COL_SEQ,
	COL_BASE,
	COL_NODES,
	COL_SIM_ID,
	COL_ICCID,
	COL_MSISDN,
	COL_STATE,
	COL_PROFILE,
	COL_IMEI_LOCK,
	COL_IMEI,
	COL_RATS,
	COL_PARTNERS,
	COL_ADDRESSES,
	COL_KEY,
	N_ROW_COLUMNS,
};

// From the first column of LOCATION_COLUMNS on.
enum {
	COL_NODE,
	COL_VISITED,
	COL_RAT,
	COL_ULR_FLAGS,
	COL_FEATURES1,
	COL_FEATURES2,
	COL_FLAGS,
	COL_AT,
	COL_LAST_IMEI,
	COL_GATEWAYS,
	COL_HISTORY,
};

// location.flags
enum {
	FLAG_PURGED = 1 << 0, // the statements know this one
	FLAG_STALE = 1 << 1,
	FLAG_FEATURES = 1 << 2,
};

int64_t
imsi_key(const char *imsi)
{
	int64_t key = 1;

	if (!imsi_is_sound(imsi))
		return 0;
	for (; *imsi; imsi++)
		key = 10 * key + (*imsi - '0');
	return key;
}

void
imsi_of_key(int64_t key, char imsi[IMSI_SIZE])
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)key);
	text_copy(imsi, IMSI_SIZE, text + 1);
}

size_t
nodes_encode(const struct sqn *sqn, uint8_t out[SQN_INDS * 4])
{
	for (unsigned i = 0; i < sqn->n_nodes; i++) {
		uint32_t v = (uint32_t)sqn->nodes[i].tag << SQN_IND_BITS | sqn->nodes[i].ind;

		out[4 * i] = (uint8_t)(v >> 24);
		out[4 * i + 1] = (uint8_t)(v >> 16);
		out[4 * i + 2] = (uint8_t)(v >> 8);
		out[4 * i + 3] = (uint8_t)v;
	}
	return 4U * sqn->n_nodes;
}

void
nodes_decode(const uint8_t *in, size_t len, struct sqn *sqn)
{
	size_t n = len / 4 > SQN_INDS ? SQN_INDS : len / 4;

	for (size_t i = 0; i < n; i++) {
		uint32_t v = (uint32_t)in[4 * i] << 24 | (uint32_t)in[4 * i + 1] << 16 |
			(uint32_t)in[4 * i + 2] << 8 | in[4 * i + 3];

		sqn->nodes[i].tag = v >> SQN_IND_BITS;
		sqn->nodes[i].ind = v & (SQN_INDS - 1);
	}
	sqn->n_nodes = (uint8_t)n;
}

size_t
gateway_encode(const struct gateway *g, char *out, size_t size)
{
	char host[HOST_SIZE], realm[HOST_SIZE], v4[INET_ADDRSTRLEN] = "", v6[INET6_ADDRSTRLEN] = "";
	int n;

	text_copy_clean(host, sizeof(host), g->host);
	text_copy_clean(realm, sizeof(realm), g->realm);
	if (g->has_v4)
		inet_ntop(AF_INET, &g->v4, v4, sizeof(v4));
	if (g->has_v6)
		inet_ntop(AF_INET6, &g->v6, v6, sizeof(v6));
	n = snprintf(out, size, "%s|%s|%s|%s", host, realm, v4, v6);
	return n < (int)size ? (size_t)n : size - 1;
}

// Cuts the next field of "a|b|c" or of a line; *text moves behind its separator.
static void
next_field(const char **text, char *out, size_t size)
{
	size_t n = strcspn(*text, "|\n");
	size_t fits = n < size ? n : size - 1;

	memcpy(out, *text, fits);
	out[fits] = '\0';
	*text += n;
	if (**text != '\0')
		(*text)++;
}

static void
gateway_fields(const char **text, struct gateway *g)
{
	char address[INET6_ADDRSTRLEN];

	next_field(text, g->host, sizeof(g->host));
	next_field(text, g->realm, sizeof(g->realm));
	next_field(text, address, sizeof(address));
	g->has_v4 = inet_pton(AF_INET, address, &g->v4) == 1;
	next_field(text, address, sizeof(address));
	g->has_v6 = inet_pton(AF_INET6, address, &g->v6) == 1;
}

void
gateway_decode(const char *text, struct gateway *g)
{
	gateway_fields(&text, g);
}

size_t
gateways_encode(const struct subscriber *s, char *out, size_t size)
{
	char gateway[2 * HOST_SIZE + 128], apn[APN_SIZE], visited[HOST_SIZE];
	size_t at = 0;

	out[0] = '\0';
	for (unsigned i = 0; i < s->n_gateways && at < size; i++) {
		const struct pdn_gateway *g = &s->gateways[i];

		gateway_encode(&g->gateway, gateway, sizeof(gateway));
		text_copy_clean(apn, sizeof(apn), g->apn);
		text_copy_clean(visited, sizeof(visited), g->visited_network);
		at += (size_t)snprintf(
			out + at, size - at, "%s|%u|%s|%s\n", apn, g->context_id, visited, gateway);
	}
	return at < size ? at : size - 1;
}

void
gateways_decode(const char *text, struct subscriber *s)
{
	char context[12];

	for (s->n_gateways = 0; *text && s->n_gateways < GATEWAYS_MAX; s->n_gateways++) {
		struct pdn_gateway *g = &s->gateways[s->n_gateways];

		memset(g, 0, sizeof(*g));
		next_field(&text, g->apn, sizeof(g->apn));
		next_field(&text, context, sizeof(context));
		g->context_id = (uint32_t)strtoul(context, NULL, 10);
		next_field(&text, g->visited_network, sizeof(g->visited_network));
		gateway_fields(&text, &g->gateway);
	}
}

static struct plmn
plmn_of(int64_t value)
{
	struct plmn p = { { (uint8_t)(value >> 16), (uint8_t)(value >> 8), (uint8_t)value } };

	return p;
}

static int64_t
plmn_number(const struct plmn *p)
{
	return (int64_t)p->tbcd[0] << 16 | (int64_t)p->tbcd[1] << 8 | p->tbcd[2];
}

static void
location_decode(
	struct store *store, struct sql *sql, struct sql_stmt *st, int first, struct row *row)
{
	struct registration *r = &row->s.registration;
	int64_t node_id = sql_get_int(st, first + COL_NODE),
		flags = sql_get_int(st, first + COL_FLAGS);
	const void *history;

	memset(r, 0, sizeof(*r));
	r->visited = plmn_of(sql_get_int(st, first + COL_VISITED));
	r->rat_type = (uint32_t)sql_get_int(st, first + COL_RAT);
	r->ulr_flags = (uint32_t)sql_get_int(st, first + COL_ULR_FLAGS);
	r->features[0] = (uint32_t)sql_get_int(st, first + COL_FEATURES1);
	r->features[1] = (uint32_t)sql_get_int(st, first + COL_FEATURES2);
	r->has_features = flags & FLAG_FEATURES;
	r->is_purged = flags & FLAG_PURGED;
	r->is_stale = flags & FLAG_STALE;
	r->at_s = sql_get_int(st, first + COL_AT);
	text_copy(r->imei, sizeof(r->imei), sql_get_text(st, first + COL_LAST_IMEI));
	gateways_decode(sql_get_text(st, first + COL_GATEWAYS), &row->s);
	history = sql_get_blob(st, first + COL_HISTORY, &row->history_len);
	if (row->history_len > sizeof(row->history))
		row->history_len = 0;
	if (row->history_len > 0)
		memcpy(row->history, history, row->history_len);
	r->node = store_node_by_id(store, sql, node_id);
}

static void
sim_decode(struct sql_stmt *st, struct subscriber *s)
{
	text_copy(s->iccid, sizeof(s->iccid), sql_get_text(st, COL_ICCID));
	text_copy(s->msisdn, sizeof(s->msisdn), sql_get_text(st, COL_MSISDN));
	s->state = (enum sim_state)sql_get_int(st, COL_STATE);
	s->imei_lock = (enum imei_lock)sql_get_int(st, COL_IMEI_LOCK);
	text_copy(s->imei, sizeof(s->imei), sql_get_text(st, COL_IMEI));
	s->rats = (uint32_t)sql_get_int(st, COL_RATS);
	s->n_partners = 0;
	s->n_addresses = 0;
	partners_parse(sql_get_text(st, COL_PARTNERS), s->partners, &s->n_partners);
	addresses_parse(sql_get_text(st, COL_ADDRESSES), s->addresses, &s->n_addresses);
	s->profile_id = (uint32_t)sql_get_int(st, COL_PROFILE);
}

// What isn't in the row itself; the location is that of nobody.
static int
row_complete(struct store *store, struct row *row)
{
	struct subscriber *s = &row->s;

	row->history_len = 0;
	s->n_gateways = 0;
	memset(&s->registration, 0, sizeof(s->registration));
	s->profile = row->profile = store_profile_by_id(store, s->profile_id);
	if (row->profile)
		return 0;
	log_limited(LOG_LEVEL_ERROR, 1, "SIM %s has no profile", s->iccid);
	return -EIO;
}

int
row_decode(
	struct store *store, struct sql *sql, struct sql_stmt *st, unsigned parts, struct row *row)
{
	struct subscriber *s = &row->s;
	const void *blob;
	size_t len;

	row->profile = NULL;
	s->sim_id = sql_get_int(st, COL_SIM_ID);
	if (is_hidden(store, s->sim_id))
		return -ENOENT;
	row->key = sql_get_int(st, COL_KEY);
	imsi_of_key(row->key, s->imsi);
	blob = sql_get_blob(st, COL_SEALED, &len);
	s->sealed_len = (uint8_t)(len <= SEALED_MAX ? len : 0);
	if (s->sealed_len > 0)
		memcpy(s->sealed, blob, s->sealed_len);
	blob = sql_get_blob(st, COL_NODES, &len);
	nodes_decode(blob, len, &s->sqn);
	store_seq_start(store, sql_get_int(st, COL_SEQ), sql_get_int(st, COL_BASE), &s->sqn);
	sim_decode(st, s);
	if (row_complete(store, row) != 0)
		return -EIO;
	if (parts & STORE_LOCATION)
		location_decode(store, sql, st, N_ROW_COLUMNS, row);
	return 0;
}

static int
row_select(struct store *store, struct sql *sql, int64_t key, unsigned parts, struct row *row)
{
	struct sql_stmt *st =
		sql_bound(sql, parts & STORE_LOCATION ? SQL_ROW_LOCATION : SQL_ROW, "i", key);
	int result = sql_step(st);

	if (result == 1)
		result = row_decode(store, sql, st, parts, row);
	else if (result == 0)
		result = -ENOENT;
	sql_finish(st);
	return result;
}

static int
location_select(struct store *store, struct sql *sql, struct row *row)
{
	struct sql_stmt *st = sql_bound(sql, SQL_LOCATION, "i", row->key);
	int result = sql_step(st);

	if (result == 1)
		location_decode(store, sql, st, 0, row);
	sql_finish(st);
	return result < 0 ? result : 0;
}

// Into the cache; the subscriber's SEQ becomes that of this process.
static int
row_cached(struct store *store, struct row *row)
{
	struct row_entry *e = row_cache_add(&store->cache, row->key);

	if (!e)
		return -ENOMEM;
	row_entry_pack(e, &row->s);
	return store_seq_load(store, e, row);
}

static int
row_from_cache(struct store *store, const struct row_entry *e, struct row *row)
{
	row->key = e->key;
	imsi_of_key(e->key, row->s.imsi);
	row_entry_unpack(e, &row->s);
	row_entry_read_sqn(e, &row->s.sqn);
	return row_complete(store, row);
}

int
row_load(struct store *store, struct sql *sql, int64_t key, unsigned parts, struct row *row)
{
	const struct row_entry *e;
	int err;

	row->profile = NULL;
	if (sql->engine->is_shared)
		return row_select(store, sql, key, parts, row);
	e = key == 0 ? NULL : row_cache_find(&store->cache, key);
	if (e && e->packed) {
		err = row_from_cache(store, e, row);
	} else {
		err = row_select(store, sql, key, 0, row);
		if (err == 0)
			err = row_cached(store, row);
		if (err == 0)
			store->loaded[store->n_loaded++] = key;
	}
	if (err == 0 && parts & STORE_LOCATION)
		err = location_select(store, sql, row);
	return err;
}

int
rows_forget(struct store *store, int64_t key)
{
	struct sql_stmt *st = sql_bound(store->sql, SQL_KEYS_BY_KEY, "i", key);
	int more;

	while ((more = sql_step(st)) == 1) {
		struct row_entry *e = row_cache_find(&store->cache, sql_get_int(st, 0));

		if (e)
			row_entry_forget(e);
	}
	sql_finish(st);
	return more;
}

void
rows_undo(struct store *store)
{
	for (unsigned i = 0; i < store->n_loaded; i++) {
		struct row_entry *e = row_cache_find(&store->cache, store->loaded[i]);

		if (e)
			row_entry_forget(e);
	}
	store->n_loaded = 0;
}

bool
rows_warm(struct store *store, unsigned max)
{
	struct row *row = &store->rows[0];
	struct sql_stmt *st;
	unsigned n = 0;

	if (store->warm_key == INT64_MAX)
		return false;
	st = sql_bound(store->sql, SQL_ROWS_AFTER, "ii", store->warm_key, (int64_t)max);
	while (sql_step(st) == 1) {
		n++;
		store->warm_key = sql_get_int(st, COL_KEY);
		if (row_decode(store, store->sql, st, 0, row) == 0)
			row_cached(store, row);
		row_free(row);
	}
	sql_finish(st);
	if (n < max)
		store->warm_key = INT64_MAX;
	return n == max;
}

void
row_free(struct row *row)
{
	profile_give(row->profile);
	row->profile = NULL;
}

void
row_copy(struct row *to, const struct row *from)
{
	to->key = from->key;
	to->history_len = from->history_len;
	memcpy(to->history, from->history, from->history_len);
	subscriber_copy(&to->s, &from->s);
}

static bool
is_same_address(const struct fixed_address *a, const struct fixed_address *b)
{
	return strcmp(a->apn, b->apn) == 0 && a->has_v4 == b->has_v4 && a->has_v6 == b->has_v6 &&
		(!a->has_v4 || a->v4.s_addr == b->v4.s_addr) &&
		(!a->has_v6 || memcmp(&a->v6, &b->v6, sizeof(a->v6)) == 0);
}

static bool
is_same_sim(const struct subscriber *a, const struct subscriber *b)
{
	if (strcmp(a->msisdn, b->msisdn) != 0 || a->state != b->state ||
		a->profile_id != b->profile_id || a->imei_lock != b->imei_lock ||
		strcmp(a->imei, b->imei) != 0 || a->rats != b->rats ||
		a->n_partners != b->n_partners || a->n_addresses != b->n_addresses ||
		memcmp(a->partners, b->partners, a->n_partners * sizeof(a->partners[0])) != 0)
		return false;
	for (unsigned i = 0; i < a->n_addresses; i++)
		if (!is_same_address(&a->addresses[i], &b->addresses[i]))
			return false;
	return true;
}

static bool
is_same_gateway(const struct gateway *a, const struct gateway *b)
{
	return strcmp(a->host, b->host) == 0 && strcmp(a->realm, b->realm) == 0 &&
		a->has_v4 == b->has_v4 && a->has_v6 == b->has_v6 &&
		(!a->has_v4 || a->v4.s_addr == b->v4.s_addr) &&
		(!a->has_v6 || memcmp(&a->v6, &b->v6, sizeof(a->v6)) == 0);
}

static bool
is_same_location(const struct subscriber *a, const struct subscriber *b)
{
	const struct registration *x = &a->registration, *y = &b->registration;

	if (x->node != y->node || !plmn_is_equal(&x->visited, &y->visited) ||
		x->rat_type != y->rat_type || x->ulr_flags != y->ulr_flags ||
		x->features[0] != y->features[0] || x->features[1] != y->features[1] ||
		x->has_features != y->has_features || x->is_purged != y->is_purged ||
		x->is_stale != y->is_stale || x->at_s != y->at_s || strcmp(x->imei, y->imei) != 0 ||
		a->n_gateways != b->n_gateways)
		return false;
	for (unsigned i = 0; i < a->n_gateways; i++) {
		const struct pdn_gateway *g = &a->gateways[i], *h = &b->gateways[i];

		if (g->context_id != h->context_id || strcmp(g->apn, h->apn) != 0 ||
			strcmp(g->visited_network, h->visited_network) != 0 ||
			!is_same_gateway(&g->gateway, &h->gateway))
			return false;
	}
	return true;
}

// Binds msisdn .. addresses, the order of PUT_SIM and SIM_ADD.
static void
sim_bind(struct sql_stmt *st, const struct subscriber *s)
{
	char partners[PARTNERS_TEXT_SIZE], addresses[ADDRESSES_TEXT_SIZE];

	partners_print(s->partners, s->n_partners, partners);
	addresses_print(s->addresses, s->n_addresses, addresses);
	sql_bind_text(st, s->msisdn[0] ? s->msisdn : NULL);
	sql_bind_int(st, s->state);
	sql_bind_int(st, s->profile_id);
	sql_bind_int(st, s->imei_lock);
	sql_bind_text(st, s->imei);
	sql_bind_int(st, s->rats);
	sql_bind_text(st, partners);
	sql_bind_text(st, addresses);
}

static int
sim_put(struct sql *sql, const struct subscriber *s)
{
	struct sql_stmt *st = sql_start(sql, SQL_PUT_SIM);

	sim_bind(st, s);
	sql_bind_int(st, s->sim_id);
	return sql_later(st);
}

static int
location_put(struct sql *sql, const struct row *row)
{
	struct sql_stmt *st = sql_start(sql, SQL_PUT_LOCATION);
	const struct registration *r = &row->s.registration;
	char gateways[GATEWAYS_MAX * (3 * HOST_SIZE + 192)];

	gateways_encode(&row->s, gateways, sizeof(gateways));
	sql_bind_int(st, row->key);
	sql_bind_int(st, r->node ? r->node->id : 0);
	sql_bind_int(st, plmn_number(&r->visited));
	sql_bind_int(st, r->rat_type);
	sql_bind_int(st, r->ulr_flags);
	sql_bind_int(st, r->features[0]);
	sql_bind_int(st, r->features[1]);
	sql_bind_int(st,
		(r->is_purged ? FLAG_PURGED : 0) | (r->is_stale ? FLAG_STALE : 0) |
			(r->has_features ? FLAG_FEATURES : 0));
	sql_bind_int(st, r->at_s);
	sql_bind_text(st, r->imei);
	sql_bind_text(st, gateways);
	sql_bind_blob(st, row->history, row->history_len);
	return sql_later(st);
}

static int
sealed_put(struct sql *sql, const struct row *row)
{
	struct sql_stmt *st = sql_start(sql, SQL_PUT_SEALED);

	sql_bind_blob(st, row->s.sealed, row->s.sealed_len);
	sql_bind_int(st, row->key);
	return sql_later(st);
}

// History goes with the location's row if that is written, else as an upsert of its own, or later.
static int
location_store(struct store_tx *tx, const struct row *before, struct row *after, bool is_written)
{
	bool moved = (tx->parts & STORE_LOCATION) && !is_same_location(&before->s, &after->s);
	int err;

	if (moved) {
		err = store_history_write(tx, after);
		return err != 0 ? err : location_put(tx->sql, after) < 0 ? -EIO : 1;
	}
	if (tx->n_history == 0)
		return 0;
	if (!is_written) {
		store_history_late(tx);
		return 0;
	}
	err = store_history_write(tx, after);
	if (err == 0)
		err = sql_later(sql_bound(tx->sql, SQL_PUT_HISTORY, "bi", after->history,
			after->history_len, after->key));
	return err < 0 ? err : 1;
}

int
row_store(struct store_tx *tx, const struct row *before, struct row *after)
{
	int written = store_seq_store(tx, before, after);
	int err = 0;

	if (written < 0)
		return written;
	if (!is_same_sim(&before->s, &after->s)) {
		err = sim_put(tx->sql, &after->s);
		if (err == 0 && !tx->sql->engine->is_shared)
			err = rows_forget(tx->store, after->key);
		written = 1;
	}
	if (err == 0 &&
		(before->s.sealed_len != after->s.sealed_len ||
			memcmp(before->s.sealed, after->s.sealed, after->s.sealed_len) != 0)) {
		err = sealed_put(tx->sql, after);
		if (err == 0 && !tx->sql->engine->is_shared)
			err = rows_forget(tx->store, after->key);
		written = 1;
	}
	if (err == 0 && tx->n_requests > 0) {
		err = store_requests_write(tx);
		written = 1;
	}
	if (err < 0)
		return err;
	err = location_store(tx, before, after, written);
	return err < 0 ? err : written || err;
}
