// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/record.h"

#include "config/log.h"
#include "control/journal.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"
#include "control/session/record_line.h"
#include "control/syslog_socket.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES_MAX_BYTES (256U << 20) // while the store takes nothing
#define CATCH_UP_ROWS 20000          // a second
#define LOOK_BUDGET 4000             // rows a second that the look at sessions writes

// ---- Lines in memory.

static bool
make_room(struct record_lines *l)
{
	size_t room = l->room ? 2 * l->room : 65536;
	char *grown;

	if (l->room - l->n >= RECORD_LINE_MAX)
		return true;
	if (room > LINES_MAX_BYTES)
		return false;
	grown = realloc(l->bytes, room);
	if (!grown)
		return false;
	l->bytes = grown;
	l->room = room;
	return true;
}

static void
empty(struct record_lines *l)
{
	l->n = 0;
	l->first = l->next;
}

// b: of that bearer, NULL: of the session.
static void
tell_usage(struct pgw *pgw, const struct session *s, const struct dedicated *b,
	enum record_kind kind, const char *reason)
{
	struct record_lines *l = &pgw->records.usage_lines;

	if (!pgw->records.usage)
		return;
	if (!make_room(l)) {
		pgw->records.lost++;
		return;
	}
	l->n += record_usage_line(pgw, s, b, kind, reason, l->next++, l->bytes + l->n);
}

// b: of that bearer, NULL: of the session.
static void
tell_log(struct pgw *pgw, const struct session *s, const struct dedicated *b, enum record_kind kind,
	uint32_t changed)
{
	struct record_lines *l = &pgw->records.log_lines;

	if (!pgw->records.log && !pgw->records.syslog)
		return;
	if (!make_room(l)) {
		pgw->records.lost++;
		return;
	}
	l->n += record_log_line(pgw, s, b, kind, changed, l->next++, l->bytes + l->n);
}

// ---- What happens to sessions.

static uint64_t
packets_of(const struct pgw *pgw, const struct session *s)
{
	struct session_usage ul, dl;

	session_usage_now(pgw, s, &ul, &dl);
	return ul.packets + ul.dropped_packets + dl.packets + dl.dropped_packets;
}

static void
recorded(struct pgw *pgw, struct session *s)
{
	s->recorded_packets = packets_of(pgw, s);
	s->recorded_s = (uint32_t)(pgw_now_ms() / 1000);
}

// Of the session and of each of its bearers.
static void
tell_interim(struct pgw *pgw, struct session *s, const char *reason)
{
	tell_usage(pgw, s, NULL, RECORD_INTERIM, reason);
	for (const struct dedicated *b = bearer_first(pgw->bearers, s); b;
		b = bearer_next(pgw->bearers, b))
		if (b->told[0] != 0)
			tell_usage(pgw, s, b, RECORD_INTERIM, reason);
	recorded(pgw, s);
}

// A bit for each that differs.
static uint32_t
compare(const uint32_t *told, const uint32_t *now, unsigned int n)
{
	uint32_t changed = 0;

	for (unsigned int i = 0; i < n; i++)
		changed |= (uint32_t)(now[i] != told[i]) << i;
	return changed;
}

void
record_touched(struct pgw *pgw, struct session *s)
{
	uint32_t now[SESSION_ASPECTS], changed;

	if (s->state != SESSION_ACTIVE)
		return;
	record_digests(s, now);
	if (s->told[0] == 0) {
		tell_usage(pgw, s, NULL, RECORD_START, NULL);
		tell_log(pgw, s, NULL, RECORD_START, 0);
		recorded(pgw, s);
	} else {
		changed = compare(s->told, now, SESSION_ASPECTS);
		if (changed)
			tell_log(pgw, s, NULL, RECORD_CHANGE, changed);
		if (changed & (1U << RECORD_ASPECT_SGW | 1U << RECORD_ASPECT_ACCESS))
			tell_interim(pgw, s, "change");
	}
	memcpy(s->told, now, sizeof(s->told));
	s->stored_packets = packets_of(pgw, s);
	s->stored_s = (uint32_t)(pgw_now_ms() / 1000);
}

void
record_ended(struct pgw *pgw, const struct session *s)
{
	if (s->told[0] == 0)
		return; // never answered
	tell_usage(pgw, s, NULL, RECORD_STOP, record_end_word(s->end));
	tell_log(pgw, s, NULL, RECORD_STOP, 0);
	turn_schedule(pgw);
}

void
record_bearer_touched(struct pgw *pgw, const struct session *s, struct dedicated *b)
{
	uint32_t now[BEARER_ASPECTS], changed;

	if (s->state != SESSION_ACTIVE || b->state != BEARER_ACTIVE)
		return;
	record_bearer_digests(b, now);
	changed = compare(b->told, now, BEARER_ASPECTS);
	if (b->told[0] == 0) {
		tell_usage(pgw, s, b, RECORD_START, NULL);
		tell_log(pgw, s, b, RECORD_START, 0);
	} else if (changed) {
		tell_log(pgw, s, b, RECORD_CHANGE, changed);
	}
	memcpy(b->told, now, sizeof(b->told));
}

void
record_bearer_ended(struct pgw *pgw, const struct session *s, struct dedicated *b)
{
	if (b->told[0] == 0)
		return; // its SGW never accepted it
	if (b->state != BEARER_LEAVING)
		b->end = BEARER_END_SESSION;
	tell_usage(pgw, s, b, RECORD_STOP, record_bearer_end_word(b->end));
	tell_log(pgw, s, b, RECORD_STOP, 0);
	b->told[0] = 0;
	turn_schedule(pgw);
}

void
record_look(struct pgw *pgw, struct session *s, uint64_t now_ms)
{
	const struct ctl_records *c = &pgw->config->records;
	uint32_t now_s = (uint32_t)(now_ms / 1000);
	uint64_t packets;

	if (s->state != SESSION_ACTIVE || pgw->records.look_budget == 0 || !turn_can_store(pgw))
		return;
	packets = packets_of(pgw, s);
	if (pgw->records.usage && now_s - s->recorded_s >= c->interim_s &&
		packets != s->recorded_packets) {
		tell_interim(pgw, s, "interval");
	} else if (now_s - s->stored_s < c->store_s || packets == s->stored_packets) {
		return;
	}
	pgw->records.look_budget--;
	turn_touch(pgw, s);
}

// ---- The store.

void
records_store(struct pgw *pgw)
{
	struct records *r = &pgw->records;
	const char *at = r->usage_lines.bytes, *end = at ? at + r->usage_lines.n : NULL;
	struct store_key key;

	if (r->usage && r->n_stored > 0 && !r->is_behind) {
		key = store_u64_key(journal_last(r->usage) + 1);
		store_del_below(pgw->store, STORE_RECORDS, &key);
	}
	for (uint64_t number = r->usage_lines.first; at < end; number++) {
		const char *next = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;

		key = store_u64_key(number);
		store_put(pgw->store, STORE_RECORDS, &key, at, (size_t)(next - at));
		at = next;
	}
}

static void
write_usage(struct pgw *pgw)
{
	struct records *r = &pgw->records;
	struct record_lines *l = &r->usage_lines;
	int ret;

	if (!r->is_behind)
		r->n_stored = 0; // those of before are deleted now
	if (l->n == 0)
		return;
	r->n_stored += l->next - l->first;
	ret = r->is_behind ? -EAGAIN
			   : journal_append(r->usage, l->bytes, l->n, l->next - 1, pgw_now_ms());
	if (ret < 0 && ret != -EAGAIN) {
		log_error("usage records: %s: %s; they wait in the store", journal_path(r->usage),
			strerror(-ret));
		r->is_behind = true;
	}
	empty(l);
}

static void
send_to_syslog(struct records *r)
{
	const char *at = r->log_lines.bytes, *end = at + r->log_lines.n;

	while (at < end) {
		const char *next = (const char *)memchr(at, '\n', (size_t)(end - at));

		if (syslog_socket_send(r->syslog, at, (size_t)(next - at)) < 0)
			r->lost++;
		at = next + 1;
	}
}

static void
write_log(struct pgw *pgw)
{
	struct records *r = &pgw->records;
	struct record_lines *l = &r->log_lines;
	int ret = 0;

	if (l->n == 0)
		return;
	if (r->syslog)
		send_to_syslog(r);
	if (r->log)
		ret = journal_append(r->log, l->bytes, l->n, l->next - 1, pgw_now_ms());
	if (ret < 0) {
		r->lost += l->next - l->first;
		log_limited(LOG_LEVEL_ERROR, 1, "session log: %s: %s", journal_path(r->log),
			strerror(-ret));
		l->next = l->first; // so that numbers have no gap
	}
	empty(l);
}

void
records_written(struct pgw *pgw)
{
	if (pgw->records.usage)
		write_usage(pgw);
	write_log(pgw);
}

// ---- Rows that wait for their file.

struct catching_up {
	struct pgw *pgw;
	uint32_t n;
	int err;
};

static uint64_t
number_of_key(const void *key, size_t n)
{
	const uint8_t *k = key;
	uint64_t number = 0;

	for (size_t i = 0; i < n; i++)
		number = number << 8 | k[i];
	return number;
}

static int
append_row(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	struct catching_up *c = ctx;
	struct journal *usage = c->pgw->records.usage;
	uint64_t number = number_of_key(key, key_n);

	if (number <= journal_last(usage))
		return 0;
	if (c->n++ == CATCH_UP_ROWS)
		return 1;
	c->err = journal_append(usage, value, n, number, pgw_now_ms());
	return c->err < 0 ? 1 : 0;
}

static void
catch_up(struct pgw *pgw)
{
	struct catching_up c = { .pgw = pgw };
	int ret;

	if (pgw->turn.n_dirty || pgw->records.usage_lines.n || pgw->turn.is_failing)
		return; // not in the middle of a turn
	ret = store_read(pgw->store, STORE_RECORDS, append_row, &c);
	if (ret != 0)
		return;
	log_notice("usage records: all of the store are in %s", journal_path(pgw->records.usage));
	pgw->records.is_behind = false;
	turn_schedule(pgw);
}

void
records_tick(struct pgw *pgw, uint64_t now_ms)
{
	pgw->records.look_budget = LOOK_BUDGET;
	if (pgw->records.is_behind)
		catch_up(pgw);
}

// ---- Start and end.

static int
count_row(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	struct records *r = ctx;
	uint64_t number = number_of_key(key, key_n);

	r->n_stored++;
	if (number >= r->usage_lines.next)
		r->usage_lines.next = number + 1;
	return 0;
}

static int
open_usage(struct pgw *pgw, const struct journal_config *c, char *why, size_t room)
{
	struct records *r = &pgw->records;
	int ret = journal_open(&r->usage, c, why, room);

	if (ret < 0)
		return ret;
	r->usage_lines.next = journal_last(r->usage) + 1;
	ret = store_read(pgw->store, STORE_RECORDS, count_row, r);
	if (ret < 0) {
		snprintf(why, room, "session store: usage records: %s", strerror(-ret));
		return ret;
	}
	r->is_behind = r->usage_lines.next > journal_last(r->usage) + 1;
	empty(&r->usage_lines);
	return 0;
}

static int
open_log(struct pgw *pgw, const struct journal_config *c, char *why, size_t room)
{
	struct records *r = &pgw->records;
	int ret = journal_open(&r->log, c, why, room);

	if (ret < 0)
		return ret;
	r->log_lines.next = journal_last(r->log) + 1;
	empty(&r->log_lines);
	return 0;
}

int
records_open(struct pgw *pgw, char *why, size_t room)
{
	const struct ctl_records *c = &pgw->config->records;
	char dir[CTL_PATH_MAX + 16];
	struct journal_config j = {
		.dir = dir,
		.rotate_bytes = (uint64_t)c->rotate_mib << 20,
		.rotate_s = c->rotate_s,
		.keep = c->keep,
	};
	int ret = 0;

	snprintf(dir, sizeof(dir), "%s%s", *c->dir ? c->dir : pgw->config->state_dir,
		*c->dir ? "" : "/records");
	pgw->records.look_budget = LOOK_BUDGET;
	j.name = "usage";
	if (c->writes_usage)
		ret = open_usage(pgw, &j, why, room);
	j.name = "sessions";
	if (ret == 0 && c->writes_sessions)
		ret = open_log(pgw, &j, why, room);
	if (ret == 0 && c->to_syslog)
		pgw->records.syslog = syslog_socket_open("torii-sessions");
	return ret;
}

void
records_close(struct pgw *pgw)
{
	struct records *r = &pgw->records;

	journal_close(r->usage);
	journal_close(r->log);
	syslog_socket_close(r->syslog);
	free(r->usage_lines.bytes);
	free(r->log_lines.bytes);
}
