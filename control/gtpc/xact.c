// SPDX-License-Identifier: BSD-3-Clause
// Incoming: records in a hash by key, in one of two queues by age (worked on, kept) and in their
// peer's list; kept answers stand in a ring of octets in the order of their queue. Outgoing: records
// in a hash by {local, peer, sequence} and in a heap by deadline.
#include "control/gtpc/xact.h"

#include "control/gtpc/siphash.h"
#include "control/gtpc/timer_heap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

enum incoming_state {
	INCOMING_FREE,
	INCOMING_PENDING,
	INCOMING_KEPT,
};

struct incoming {
	struct gtpc_path path;
	struct gtpc_path answer_path; // another one where a Command is answered by a Request
	uint32_t generation;
	uint32_t sequence;
	uint8_t type;
	uint8_t state;
	bool has_recovery;
	uint8_t recovery;
	uint32_t request_length;
	uint64_t request_hash;
	uint64_t deadline_ms;
	size_t answer_at; // in the ring
	uint32_t answer_length;
	uint32_t chain;                  // next in the bucket, or in the free list
	uint32_t older, newer;           // in the queue of its state
	uint32_t peer_before, peer_next; // in its peer's list
	struct xact_list *of_peer;
};

struct queue {
	uint32_t oldest;
	uint32_t newest;
	uint32_t n;
};

struct outgoing {
	struct gtpc_path path;
	uint32_t generation;
	uint32_t sequence;
	uint8_t type;
	uint32_t t3_ms;
	uint32_t n_left; // how often it may still be sent
	uint8_t *bytes;
	size_t n;
	xact_done_fn done;
	void *ctx;
	uint32_t chain;
};

struct xact {
	struct xact_config config;
	struct incoming *incoming;
	uint32_t *incoming_buckets;
	uint32_t incoming_mask;
	uint32_t incoming_free;
	struct queue pending;
	struct queue kept;
	uint8_t *ring;
	size_t ring_head; // where the next answer goes
	struct outgoing *outgoing;
	uint32_t *outgoing_buckets;
	uint32_t outgoing_mask;
	uint32_t outgoing_free;
	uint32_t n_outgoing;
	struct timer_heap timers;
	uint32_t sequence;
};

// The identity of a request's octets, the same after a restart of the process.
static const uint64_t content_key[2] = { 0x746f7269692d6774ull, 0x70632d7265717565ull };

static uint32_t
mask_for(uint32_t n)
{
	uint32_t size = 1;

	while (size < n && size < 1u << 30)
		size <<= 1;
	return size - 1;
}

static uint32_t *
new_buckets(uint32_t mask)
{
	uint32_t *buckets = malloc(((size_t)mask + 1) * sizeof(*buckets));

	for (uint32_t i = 0; buckets != NULL && i <= mask; i++)
		buckets[i] = NONE;
	return buckets;
}

struct xact *
xact_new(const struct xact_config *config)
{
	struct xact *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->config = *config;
	x->pending = x->kept = (struct queue){ NONE, NONE, 0 };
	x->incoming_mask = mask_for(config->incoming_max);
	x->outgoing_mask = mask_for(config->outgoing_max);
	x->sequence = config->first_sequence % GTPC_SEQUENCE_COMMAND;
	if (config->incoming_max == 0 || config->outgoing_max == 0 || config->answer_bytes_max == 0)
		goto fail;
	x->incoming = calloc(config->incoming_max, sizeof(*x->incoming));
	x->incoming_buckets = new_buckets(x->incoming_mask);
	x->ring = malloc(config->answer_bytes_max);
	x->outgoing = calloc(config->outgoing_max, sizeof(*x->outgoing));
	x->outgoing_buckets = new_buckets(x->outgoing_mask);
	if (timer_heap_init(&x->timers, config->outgoing_max))
		goto fail;
	if (!x->incoming || !x->incoming_buckets || !x->ring || !x->outgoing ||
		!x->outgoing_buckets)
		goto fail;
	// Taken from the system now: a ring that it gives page by page looks like a leak for hours.
	memset(x->ring, 0, config->answer_bytes_max);
	for (uint32_t i = 0; i < config->incoming_max; i++)
		x->incoming[i].chain = i + 1 < config->incoming_max ? i + 1 : NONE;
	for (uint32_t i = 0; i < config->outgoing_max; i++)
		x->outgoing[i].chain = i + 1 < config->outgoing_max ? i + 1 : NONE;
	return x;
fail:
	xact_free(x);
	return NULL;
}

void
xact_free(struct xact *x)
{
	if (x == NULL)
		return;
	for (uint32_t i = 0; x->outgoing != NULL && i < x->config.outgoing_max; i++)
		free(x->outgoing[i].bytes);
	timer_heap_free(&x->timers);
	free(x->outgoing_buckets);
	free(x->outgoing);
	free(x->ring);
	free(x->incoming_buckets);
	free(x->incoming);
	free(x);
}

static void
count(struct xact *x, enum gtpc_counter counter)
{
	x->config.counters->n[counter]++;
}

static uint64_t
make_id(uint32_t generation, uint32_t index)
{
	return (uint64_t)generation << 32 | (index + 1);
}

// The record that an id names, NULL if it has ended.
static struct incoming *
incoming_of(const struct xact *x, uint64_t id)
{
	uint32_t index = (uint32_t)id - 1;

	if (id == 0 || index >= x->config.incoming_max)
		return NULL;
	if (x->incoming[index].state == INCOMING_FREE || x->incoming[index].generation != id >> 32)
		return NULL;
	return &x->incoming[index];
}

static uint32_t
incoming_bucket(const struct xact *x, const struct gtpc_path *path, uint8_t type, uint32_t sequence)
{
	struct {
		struct gtpc_addr local;
		struct gtpc_addr peer;
		uint32_t sequence;
		uint16_t port;
		uint16_t type;
	} key = { path->local, path->peer.addr, sequence, path->peer.port, type };

	return (uint32_t)siphash(x->config.hash_key, &key, sizeof(key)) & x->incoming_mask;
}

static bool
same_path(const struct gtpc_path *a, const struct gtpc_path *b)
{
	return a->peer.port == b->peer.port && gtpc_addr_equal(&a->peer.addr, &b->peer.addr) &&
		gtpc_addr_equal(&a->local, &b->local);
}

static uint32_t
incoming_find(const struct xact *x, uint32_t bucket, const struct gtpc_path *path, uint8_t type,
	uint32_t sequence)
{
	uint32_t at = x->incoming_buckets[bucket];

	while (at != NONE) {
		const struct incoming *in = &x->incoming[at];

		if (in->sequence == sequence && in->type == type && same_path(&in->path, path))
			break;
		at = in->chain;
	}
	return at;
}

static void
queue_append(struct xact *x, struct queue *q, uint32_t index)
{
	struct incoming *in = &x->incoming[index];

	in->older = q->newest;
	in->newer = NONE;
	if (q->newest != NONE)
		x->incoming[q->newest].newer = index;
	else
		q->oldest = index;
	q->newest = index;
	q->n++;
}

static void
queue_remove(struct xact *x, struct queue *q, uint32_t index)
{
	const struct incoming *in = &x->incoming[index];

	if (in->older != NONE)
		x->incoming[in->older].newer = in->newer;
	else
		q->oldest = in->newer;
	if (in->newer != NONE)
		x->incoming[in->newer].older = in->older;
	else
		q->newest = in->older;
	q->n--;
}

static void
peer_link(struct xact *x, uint32_t index, struct xact_list *of_peer)
{
	struct incoming *in = &x->incoming[index];

	in->of_peer = of_peer;
	in->peer_before = NONE;
	in->peer_next = NONE;
	if (of_peer == NULL)
		return;
	in->peer_next = of_peer->first;
	if (of_peer->first != NONE)
		x->incoming[of_peer->first].peer_before = index;
	of_peer->first = index;
}

static void
peer_unlink(struct xact *x, uint32_t index)
{
	struct incoming *in = &x->incoming[index];

	if (in->of_peer == NULL)
		return;
	if (in->peer_before != NONE)
		x->incoming[in->peer_before].peer_next = in->peer_next;
	else
		in->of_peer->first = in->peer_next;
	if (in->peer_next != NONE)
		x->incoming[in->peer_next].peer_before = in->peer_before;
	in->of_peer = NULL;
}

static void
incoming_remove(struct xact *x, uint32_t index)
{
	struct incoming *in = &x->incoming[index];
	uint32_t bucket = incoming_bucket(x, &in->path, in->type, in->sequence);
	uint32_t *link = &x->incoming_buckets[bucket];

	while (*link != index)
		link = &x->incoming[*link].chain;
	*link = in->chain;
	queue_remove(x, in->state == INCOMING_PENDING ? &x->pending : &x->kept, index);
	peer_unlink(x, index);
	in->state = INCOMING_FREE;
	in->generation++;
	in->chain = x->incoming_free;
	x->incoming_free = index;
}

static void
evict_oldest_kept(struct xact *x)
{
	count(x, GTPC_COUNT_ANSWER_EVICTED);
	incoming_remove(x, x->kept.oldest);
}

// A new record in state PENDING, NONE if all are being worked on.
static uint32_t
incoming_add(struct xact *x, const struct gtpc_path *path, uint8_t type, uint32_t sequence,
	struct xact_list *of_peer, uint64_t deadline_ms)
{
	uint32_t bucket = incoming_bucket(x, path, type, sequence);
	struct incoming *in;
	uint32_t index;

	if (x->incoming_free == NONE && x->kept.n > 0)
		evict_oldest_kept(x);
	index = x->incoming_free;
	if (index == NONE)
		return NONE;
	in = &x->incoming[index];
	x->incoming_free = in->chain;
	in->path = *path;
	in->answer_path = *path;
	in->sequence = sequence;
	in->type = type;
	in->state = INCOMING_PENDING;
	in->has_recovery = false;
	in->deadline_ms = deadline_ms;
	in->answer_length = 0;
	in->chain = x->incoming_buckets[bucket];
	x->incoming_buckets[bucket] = index;
	queue_append(x, &x->pending, index);
	peer_link(x, index, of_peer);
	return index;
}

enum xact_verdict
xact_accept(struct xact *x, const struct gtpc_path *path, uint8_t type, uint32_t sequence,
	const uint8_t *bytes, size_t n, struct xact_list *of_peer, uint64_t now_ms, uint64_t *id)
{
	uint32_t bucket = incoming_bucket(x, path, type, sequence);
	uint32_t index = incoming_find(x, bucket, path, type, sequence);
	uint64_t hash = siphash(content_key, bytes, n);

	*id = 0;
	if (index != NONE) {
		const struct incoming *in = &x->incoming[index];

		if (in->request_hash == hash && in->request_length == n) {
			if (in->state == INCOMING_PENDING) {
				count(x, GTPC_COUNT_DUPLICATE_PENDING);
				return XACT_PENDING;
			}
			count(x, GTPC_COUNT_DUPLICATE_ANSWERED);
			x->config.send(x->config.user, &in->answer_path, x->ring + in->answer_at,
				in->answer_length);
			return XACT_REPEATED;
		}
		count(x, GTPC_COUNT_SUPERSEDED);
		incoming_remove(x, index);
	}
	index = incoming_add(x, path, type, sequence, of_peer, now_ms + x->config.keep_ms);
	if (index == NONE) {
		count(x, GTPC_COUNT_TRANSACTIONS_FULL);
		return XACT_FULL;
	}
	x->incoming[index].request_hash = hash;
	x->incoming[index].request_length = (uint32_t)n;
	*id = make_id(x->incoming[index].generation, index);
	return XACT_NEW;
}

// Room for n octets in the ring, at the cost of the oldest answers. The kept queue is in the order
// of the ring, so what its oldest answer doesn't cover is free.
static bool
ring_take(struct xact *x, size_t n, size_t *at)
{
	size_t size = x->config.answer_bytes_max;

	if (n > size)
		return false;
	for (;;) {
		size_t tail;

		if (x->kept.n == 0) {
			*at = 0;
			break;
		}
		tail = x->incoming[x->kept.oldest].answer_at;
		if (x->ring_head > tail && n <= size - x->ring_head) {
			*at = x->ring_head;
			break;
		}
		if (x->ring_head > tail && n < tail) {
			*at = 0;
			break;
		}
		if (x->ring_head <= tail && n < tail - x->ring_head) {
			*at = x->ring_head;
			break;
		}
		evict_oldest_kept(x);
	}
	x->ring_head = *at + n;
	return true;
}

// Moves a record that is being worked on to the kept ones; one that the ring can't hold is dropped.
static void
keep_answer(struct xact *x, uint32_t index, const uint8_t *bytes, size_t n, uint64_t deadline_ms)
{
	struct incoming *in = &x->incoming[index];
	size_t at;

	if (n == 0 || !ring_take(x, n, &at)) {
		incoming_remove(x, index);
		return;
	}
	memcpy(x->ring + at, bytes, n);
	in->answer_at = at;
	in->answer_length = (uint32_t)n;
	in->deadline_ms = deadline_ms;
	queue_remove(x, &x->pending, index);
	in->state = INCOMING_KEPT;
	queue_append(x, &x->kept, index);
}

int
xact_answer(struct xact *x, uint64_t id, const uint8_t *bytes, size_t n, uint64_t now_ms)
{
	struct incoming *in = incoming_of(x, id);

	if (in == NULL || in->state != INCOMING_PENDING) {
		count(x, GTPC_COUNT_ANSWER_STALE);
		return -ESTALE;
	}
	x->config.send(x->config.user, &in->path, bytes, n);
	keep_answer(x, (uint32_t)(in - x->incoming), bytes, n, now_ms + x->config.keep_ms);
	return 0;
}

void
xact_drop(struct xact *x, uint64_t id)
{
	const struct incoming *in = incoming_of(x, id);

	if (in != NULL)
		incoming_remove(x, (uint32_t)(in - x->incoming));
}

const struct gtpc_path *
xact_path_of(const struct xact *x, uint64_t id)
{
	const struct incoming *in = incoming_of(x, id);

	return in != NULL ? &in->path : NULL;
}

int
xact_export(const struct xact *x, uint64_t id, struct xact_record *record)
{
	const struct incoming *in = incoming_of(x, id);

	memset(record, 0, sizeof(*record));
	if (in == NULL)
		return -ESTALE;
	record->path = in->path;
	record->type = in->type;
	record->has_recovery = in->has_recovery;
	record->recovery = in->recovery;
	record->sequence = in->sequence;
	record->request_length = in->request_length;
	record->request_hash = in->request_hash;
	return 0;
}

int
xact_restore(struct xact *x, const struct xact_record *record, const struct gtpc_path *to,
	const uint8_t *answer, size_t n, struct xact_list *of_peer, uint64_t age_ms,
	uint64_t now_ms)
{
	const struct gtpc_path *path = &record->path;
	uint32_t bucket = incoming_bucket(x, path, record->type, record->sequence);
	uint64_t deadline_ms;
	uint32_t index;

	if (age_ms >= x->config.keep_ms)
		return -ETIME;
	if (incoming_find(x, bucket, path, record->type, record->sequence) != NONE)
		return -EEXIST;
	deadline_ms = now_ms + x->config.keep_ms - age_ms;
	index = incoming_add(x, path, record->type, record->sequence, of_peer, deadline_ms);
	if (index == NONE)
		return -ENOSPC;
	x->incoming[index].has_recovery = record->has_recovery;
	x->incoming[index].recovery = record->recovery;
	x->incoming[index].request_hash = record->request_hash;
	x->incoming[index].request_length = record->request_length;
	if (to != NULL)
		x->incoming[index].answer_path = *to;
	keep_answer(x, index, answer, n, deadline_ms);
	return 0;
}

void
xact_note_recovery(struct xact *x, uint64_t id, uint8_t recovery)
{
	struct incoming *in = incoming_of(x, id);

	if (in == NULL)
		return;
	in->has_recovery = true;
	in->recovery = recovery;
}

void
xact_forget(struct xact *x, struct xact_list *of_peer, uint8_t before)
{
	uint32_t at = of_peer->first;

	while (at != NONE) {
		const struct incoming *in = &x->incoming[at];
		uint32_t next = in->peer_next;

		if (in->state == INCOMING_KEPT && (!in->has_recovery || in->recovery != before))
			incoming_remove(x, at);
		at = next;
	}
}

void
xact_detach(struct xact *x, struct xact_list *of_peer)
{
	while (of_peer->first != NONE)
		peer_unlink(x, of_peer->first);
}

uint32_t
xact_next_sequence(struct xact *x)
{
	x->sequence = (x->sequence + 1) % GTPC_SEQUENCE_COMMAND;
	if (x->sequence == 0)
		x->sequence = 1;
	return x->sequence;
}

// The port is left out: the answer comes from where the request went, but not every peer keeps to it.
static uint32_t
outgoing_bucket(const struct xact *x, const struct gtpc_path *path, uint32_t sequence)
{
	struct {
		struct gtpc_addr local;
		struct gtpc_addr peer;
		uint32_t sequence;
	} key = { path->local, path->peer.addr, sequence };

	return (uint32_t)siphash(x->config.hash_key, &key, sizeof(key)) & x->outgoing_mask;
}

static uint32_t
outgoing_find(const struct xact *x, const struct gtpc_path *path, uint32_t sequence)
{
	uint32_t at = x->outgoing_buckets[outgoing_bucket(x, path, sequence)];

	while (at != NONE) {
		const struct outgoing *out = &x->outgoing[at];

		if (out->sequence == sequence &&
			gtpc_addr_equal(&out->path.peer.addr, &path->peer.addr) &&
			gtpc_addr_equal(&out->path.local, &path->local))
			break;
		at = out->chain;
	}
	return at;
}

static struct outgoing *
outgoing_of(const struct xact *x, uint64_t id)
{
	uint32_t index = (uint32_t)id - 1;

	if (id == 0 || index >= x->config.outgoing_max)
		return NULL;
	if (x->outgoing[index].bytes == NULL || x->outgoing[index].generation != id >> 32)
		return NULL;
	return &x->outgoing[index];
}

static void
outgoing_remove(struct xact *x, uint32_t index)
{
	struct outgoing *out = &x->outgoing[index];
	uint32_t *link = &x->outgoing_buckets[outgoing_bucket(x, &out->path, out->sequence)];

	while (*link != index)
		link = &x->outgoing[*link].chain;
	*link = out->chain;
	timer_heap_clear(&x->timers, index);
	free(out->bytes);
	out->bytes = NULL;
	out->generation++;
	out->chain = x->outgoing_free;
	x->outgoing_free = index;
	x->n_outgoing--;
}

// The request is the Command's reply: a repeated Command repeats it. TS 29.274 7.6
static void
answer_command(struct xact *x, struct incoming *command, const struct xact_request *request,
	uint64_t now_ms)
{
	command->answer_path = request->path;
	keep_answer(x, (uint32_t)(command - x->incoming), request->bytes, request->n,
		now_ms + x->config.keep_ms);
}

int
xact_send(struct xact *x, const struct xact_request *request, uint64_t now_ms, uint64_t *id)
{
	uint32_t bucket = outgoing_bucket(x, &request->path, request->sequence);
	struct incoming *command = incoming_of(x, request->command);
	uint32_t index = x->outgoing_free;
	struct outgoing *out;
	uint8_t *bytes;

	*id = 0;
	if (request->command != 0 && (command == NULL || command->state != INCOMING_PENDING))
		return -ESTALE;
	if (outgoing_find(x, &request->path, request->sequence) != NONE)
		return -EEXIST;
	if (index == NONE)
		return -ENOSPC;
	bytes = malloc(request->n);
	if (bytes == NULL)
		return -ENOMEM;
	memcpy(bytes, request->bytes, request->n);
	out = &x->outgoing[index];
	x->outgoing_free = out->chain;
	*out = (struct outgoing){
		.path = request->path,
		.generation = out->generation,
		.sequence = request->sequence,
		.type = request->type,
		.t3_ms = request->t3_ms,
		.n_left = request->n3 > 0 ? request->n3 - 1 : 0,
		.bytes = bytes,
		.n = request->n,
		.done = request->done,
		.ctx = request->ctx,
		.chain = x->outgoing_buckets[bucket],
	};
	x->outgoing_buckets[bucket] = index;
	x->n_outgoing++;
	timer_heap_set(&x->timers, index, now_ms + out->t3_ms);
	if (command != NULL)
		answer_command(x, command, request, now_ms);
	*id = make_id(out->generation, index);
	if (!request->has_left)
		x->config.send(x->config.user, &out->path, out->bytes, out->n);
	return 0;
}

void
xact_cancel(struct xact *x, uint64_t id)
{
	const struct outgoing *out = outgoing_of(x, id);

	if (out != NULL)
		outgoing_remove(x, (uint32_t)(out - x->outgoing));
}

// A Command is answered by its failure indication, or by the Request that it starts (7.6); any
// request by the word that its version isn't spoken.
static bool
is_answered_by(uint8_t request_type, uint8_t type)
{
	const struct gtpc_message_desc *request = gtpc_message_find(request_type);

	if (type == GTPC_MSG_VERSION_NOT_SUPPORTED || request->answer == type)
		return true;
	switch (request_type) {
	case GTPC_MSG_MODIFY_BEARER_CMD:
		return type == GTPC_MSG_UPDATE_BEARER_REQ;
	case GTPC_MSG_DELETE_BEARER_CMD:
		return type == GTPC_MSG_DELETE_BEARER_REQ;
	case GTPC_MSG_BEARER_RESOURCE_CMD:
		return type == GTPC_MSG_CREATE_BEARER_REQ || type == GTPC_MSG_UPDATE_BEARER_REQ ||
			type == GTPC_MSG_DELETE_BEARER_REQ;
	default:
		return false;
	}
}

uint64_t
xact_match(const struct xact *x, const struct gtpc_path *path, uint8_t type, uint32_t sequence)
{
	uint32_t index = outgoing_find(x, path, sequence);

	if (index == NONE || !is_answered_by(x->outgoing[index].type, type))
		return 0;
	return make_id(x->outgoing[index].generation, index);
}

// The record is gone before `done` is called, which may well start another request.
static void
finish(struct xact *x, uint32_t index, int result, const struct gtpc_message *answer)
{
	xact_done_fn done = x->outgoing[index].done;
	void *ctx = x->outgoing[index].ctx;

	outgoing_remove(x, index);
	if (done != NULL)
		done(ctx, result, answer);
}

void
xact_complete(struct xact *x, uint64_t id, int result, const struct gtpc_message *answer)
{
	const struct outgoing *out = outgoing_of(x, id);

	if (out != NULL)
		finish(x, (uint32_t)(out - x->outgoing), result, answer);
}

static uint64_t
oldest_deadline(const struct xact *x, const struct queue *q)
{
	return q->oldest != NONE ? x->incoming[q->oldest].deadline_ms : UINT64_MAX;
}

uint64_t
xact_next_deadline(const struct xact *x)
{
	uint64_t next = timer_heap_next(&x->timers);
	uint64_t pending = oldest_deadline(x, &x->pending);
	uint64_t kept = oldest_deadline(x, &x->kept);

	next = pending < next ? pending : next;
	return kept < next ? kept : next;
}

void
xact_run(struct xact *x, uint64_t now_ms)
{
	uint32_t index;

	while (oldest_deadline(x, &x->kept) <= now_ms)
		incoming_remove(x, x->kept.oldest);
	while (oldest_deadline(x, &x->pending) <= now_ms) {
		count(x, GTPC_COUNT_UNANSWERED);
		incoming_remove(x, x->pending.oldest);
	}
	while (timer_heap_due(&x->timers, now_ms, &index)) {
		struct outgoing *out = &x->outgoing[index];

		if (out->n_left == 0) {
			count(x, GTPC_COUNT_TIMED_OUT);
			finish(x, index, -ETIMEDOUT, NULL);
			continue;
		}
		out->n_left--;
		count(x, GTPC_COUNT_RETRANSMITTED);
		timer_heap_set(&x->timers, index, now_ms + out->t3_ms);
		x->config.send(x->config.user, &out->path, out->bytes, out->n);
		if (x->config.repeated != NULL)
			x->config.repeated(x->config.user, &out->path, out->type);
	}
}

struct xact_usage
xact_usage(const struct xact *x)
{
	struct xact_usage usage = {
		.n_pending = x->pending.n,
		.n_kept = x->kept.n,
		.n_outgoing = x->n_outgoing,
	};
	size_t tail;

	if (x->kept.n == 0)
		return usage;
	tail = x->incoming[x->kept.oldest].answer_at;
	usage.answer_bytes = x->ring_head > tail ? x->ring_head - tail
						 : x->config.answer_bytes_max - tail + x->ring_head;
	return usage;
}
