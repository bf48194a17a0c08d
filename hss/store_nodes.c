// SPDX-License-Identifier: BSD-3-Clause
#include "hss/store_private.h"
#include "hss/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static unsigned
bucket_of(const char *host)
{
	uint32_t h = 2166136261U;

	for (; *host; host++)
		h = (h ^ (uint8_t)*host) * 16777619U;
	return h % NODE_BUCKETS;
}

static struct node *
find(struct nodes *nodes, const char *host, const char *realm, const char *via)
{
	struct node *n;

	pthread_rwlock_rdlock(&nodes->lock);
	n = nodes->bucket[bucket_of(host)];
	while (n &&
		(strcmp(n->node.host, host) != 0 || strcmp(n->node.realm, realm) != 0 ||
			strcmp(n->node.via, via) != 0))
		n = n->next;
	pthread_rwlock_unlock(&nodes->lock);
	return n;
}

static size_t
place_of(const struct nodes *nodes, int64_t id)
{
	size_t low = 0, high = nodes->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if ((int64_t)nodes->by_id[middle]->node.id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct node *
node_new(uint32_t id, const char *host, const char *realm, const char *via)
{
	size_t n_host = strlen(host) + 1, n_realm = strlen(realm) + 1, n_via = strlen(via) + 1;
	struct node *n = calloc(1, sizeof(*n) + n_host + n_realm + n_via);
	char *text = (char *)(n + 1);

	if (!n)
		return NULL;
	n->node.id = id;
	n->node.host = memcpy(text, host, n_host);
	n->node.realm = memcpy(text + n_host, realm, n_realm);
	n->node.via = memcpy(text + n_host + n_realm, via, n_via);
	return n;
}

static bool
make_room(struct nodes *nodes)
{
	size_t room = nodes->room ? 2 * nodes->room : 64;
	struct node **bigger;

	if (nodes->n < nodes->room)
		return true;
	bigger = realloc(nodes->by_id, room * sizeof(*bigger));
	if (!bigger)
		return false;
	nodes->by_id = bigger;
	nodes->room = room;
	return true;
}

// Takes n over. The one of that id, which another thread may have put there first; NULL: no memory.
static struct node *
insert(struct nodes *nodes, struct node *n)
{
	unsigned b = bucket_of(n->node.host);
	size_t at;

	pthread_rwlock_wrlock(&nodes->lock);
	at = place_of(nodes, n->node.id);
	if (at < nodes->n && nodes->by_id[at]->node.id == n->node.id) {
		free(n);
		n = nodes->by_id[at];
		pthread_rwlock_unlock(&nodes->lock);
		return n;
	}
	if (!make_room(nodes)) {
		pthread_rwlock_unlock(&nodes->lock);
		free(n);
		return NULL;
	}
	memmove(&nodes->by_id[at + 1], &nodes->by_id[at], (nodes->n - at) * sizeof(n));
	nodes->by_id[at] = n;
	nodes->n++;
	n->next = nodes->bucket[b];
	nodes->bucket[b] = n;
	pthread_rwlock_unlock(&nodes->lock);
	return n;
}

static struct node *
insert_row(struct nodes *nodes, struct sql_stmt *st)
{
	struct node *n = node_new((uint32_t)sql_get_int(st, 0), sql_get_text(st, 1),
		sql_get_text(st, 2), sql_get_text(st, 3));

	if (!n)
		return NULL;
	n->is_stored = true;
	return insert(nodes, n);
}

int
store_nodes_open(struct store *store, struct sql *sql)
{
	struct sql_stmt *st = sql_start(sql, SQL_NODES);
	int more;

	while ((more = sql_step(st)) == 1)
		if (!insert_row(&store->nodes, st))
			more = -ENOMEM;
	sql_finish(st);
	return more;
}

void
store_nodes_close(struct store *store)
{
	for (size_t i = 0; i < store->nodes.n; i++)
		free(store->nodes.by_id[i]);
	free(store->nodes.by_id);
	pthread_rwlock_destroy(&store->nodes.lock);
}

static struct node *
known(struct nodes *nodes, int64_t id)
{
	struct node *n = NULL;
	size_t at;

	pthread_rwlock_rdlock(&nodes->lock);
	at = place_of(nodes, id);
	if (at < nodes->n && (int64_t)nodes->by_id[at]->node.id == id)
		n = nodes->by_id[at];
	pthread_rwlock_unlock(&nodes->lock);
	return n;
}

const struct serving_node *
store_node_by_id(struct store *store, struct sql *sql, int64_t id)
{
	struct node *n = id == 0 ? NULL : known(&store->nodes, id);
	struct sql_stmt *st;

	if (n || id == 0)
		return n ? &n->node : NULL;
	// Another process has added it.
	st = sql_bound(sql, SQL_NODE_BY_ID, "i", id);
	if (sql_step(st) == 1)
		n = insert_row(&store->nodes, st);
	sql_finish(st);
	return n ? &n->node : NULL;
}

static uint32_t
next_id(struct nodes *nodes)
{
	return nodes->n == 0 ? 1 : nodes->by_id[nodes->n - 1]->node.id + 1;
}

// On a server the id comes from it, at once and outside of the operation's transaction: a node that
// nobody refers to does no harm.
static struct node *
add_shared(struct store *store, const char *host, const char *realm, const char *via)
{
	struct sql *sql = store->side_of_thread;
	struct sql_stmt *st;
	struct node *n = NULL;

	if (sql_exec(sql_bound(sql, SQL_NODE_ADD, "ttt", host, realm, via)) < 0)
		return NULL;
	st = sql_bound(sql, SQL_NODE_FIND, "ttt", host, realm, via);
	if (sql_step(st) == 1)
		n = node_new((uint32_t)sql_get_int(st, 0), host, realm, via);
	sql_finish(st);
	if (!n)
		return NULL;
	n->is_stored = true;
	return insert(&store->nodes, n);
}

const struct serving_node *
store_node(struct store_tx *tx, const char *host, const char *realm, const char *via)
{
	char h[HOST_SIZE], r[HOST_SIZE], v[HOST_SIZE];
	struct store *store = tx->store;
	struct node *n;

	text_copy_clean(h, sizeof(h), host);
	text_copy_clean(r, sizeof(r), realm);
	text_copy_clean(v, sizeof(v), via);
	n = find(&store->nodes, h, r, v);
	if (!n && tx->sql->engine->is_shared)
		n = add_shared(store, h, r, v);
	if (!n && !tx->sql->engine->is_shared) {
		n = node_new(next_id(&store->nodes), h, r, v);
		if (n)
			n = insert(&store->nodes, n);
	}
	if (!n)
		return NULL;
	if (!n->is_stored) {
		// Set once the transaction is through; until then each use writes it again.
		if (sql_later(sql_bound(
			    tx->sql, SQL_NODE_ADD, "ttti", h, r, v, (int64_t)n->node.id)) < 0)
			return NULL;
		store->has_new_nodes = true;
	}
	return &n->node;
}

void
store_nodes_stored(struct store *store, bool is_committed)
{
	if (!store->has_new_nodes)
		return;
	for (size_t i = 0; is_committed && i < store->nodes.n; i++)
		store->nodes.by_id[i]->is_stored = true;
	store->has_new_nodes = false;
}
