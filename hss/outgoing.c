// SPDX-License-Identifier: BSD-3-Clause
#include "hss/outgoing.h"

#include "config/log.h"
#include "hss/counters.h"
#include "hss/errand.h"
#include "hss/result_codes.h"
#include "hss/s6a.h"
#include "hss/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define LOOK_EVERY_MS 1000
#define LEASE_SLACK_MS 5000 // a claim outlives the wait for its answer by that

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool is_due;
static uint64_t look_ms; // the latest time of the next look, CLOCK_MONOTONIC
static bool is_claiming;
static bool is_ending;
static pthread_t thread;
static atomic_uint in_flight;

unsigned
outgoing_in_flight(void)
{
	return atomic_load(&in_flight);
}

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int64_t
now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

static uint64_t
steady_ms(void)
{
	return (uint64_t)clock_ms(CLOCK_MONOTONIC);
}

void
outgoing_wake(void)
{
	pthread_mutex_lock(&lock);
	is_due = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

static void
look_in(uint64_t ms)
{
	uint64_t at = steady_ms() + ms;

	pthread_mutex_lock(&lock);
	if (at < look_ms) {
		look_ms = at;
		pthread_cond_signal(&changed);
	}
	pthread_mutex_unlock(&lock);
}

static void
end(struct errand *e)
{
	free(e);
	// There may be room for more now.
	if (atomic_fetch_sub(&in_flight, 1) == s6a.config->in_flight_max)
		outgoing_wake();
}

// ---- Settling: the store forgets the request, and knows what it meant for the registration.

static bool
is_at(const struct subscriber *s, const char *host)
{
	return s->registration.node != NULL && strcasecmp(s->registration.node->host, host) == 0;
}

static int
note(struct store_tx *tx, struct subscriber *s, void *arg)
{
	const struct errand *e = arg;
	struct history_entry entry = { .event = HISTORY_REQUEST_FAILED,
		.result = (uint16_t)e->result.code };
	bool is_unknown = e->result.is_experimental && e->result.code == S6A_USER_UNKNOWN;

	if (e->result.code == DIAMETER_SUCCESS) {
		if (e->kind->command == S6A_IDR && is_at(s, e->request.host))
			s->registration.is_stale = false;
		return 0;
	}
	// The node doesn't have it any more: TS 29.272 5.2.2.1.3.
	if (is_unknown && e->kind->needs_registration && is_at(s, e->request.host))
		s->registration.node = NULL;
	snprintf(entry.text, sizeof(entry.text), "%s to %.40s",
		counted_name(counted_from_code(e->request.command)), e->request.host);
	store_history(tx, &entry);
	return 0;
}

static void
noted(struct store_op *op, int result, const struct subscriber *s)
{
	struct errand *e = (struct errand *)op;

	store_request_del(s6a.store, e->request.id, NULL, NULL);
	end(e);
}

static void
settle(struct errand *e)
{
	bool is_quiet = e->result.code == DIAMETER_SUCCESS && e->kind->command != S6A_IDR;

	if (e->request.imsi[0] == '\0' || is_quiet) {
		store_request_del(s6a.store, e->request.id, NULL, NULL);
		end(e);
		return;
	}
	e->op.by = STORE_BY_IMSI;
	text_copy(e->op.key, sizeof(e->op.key), e->request.imsi);
	e->op.parts = STORE_LOCATION;
	e->op.change = note;
	e->op.done = noted;
	e->op.arg = e;
	store_submit(s6a.store, &e->op);
}

static void
forget(struct errand *e, const char *why)
{
	log_info("%s: %s to %s: %s", e->request.imsi, s6a_command_name(e->kind->command),
		e->request.host, why);
	store_request_del(s6a.store, e->request.id, NULL, NULL);
	end(e);
}

// Twice as long each time, and not all at once after an outage.
static uint64_t
pause_ms(const struct store_request *r)
{
	uint64_t pause = s6a.config->retry_first_ms;

	for (uint32_t i = 0; i < r->attempts && pause < s6a.config->retry_max_ms; i++)
		pause *= 2;
	if (pause > s6a.config->retry_max_ms)
		pause = s6a.config->retry_max_ms;
	return pause * 4 / 5 + (uint64_t)random() % (pause * 2 / 5 + 1);
}

static void
retry(struct errand *e)
{
	uint64_t pause = pause_ms(&e->request);
	char why[64];

	if (e->result.code == 0)
		text_copy(why, sizeof(why), "no answer");
	else
		snprintf(why, sizeof(why), "%s %u", e->result.is_experimental ? "s6a" : "base",
			e->result.code);
	if (now_ms() - e->request.created_ms > (int64_t)s6a.config->give_up_s * 1000) {
		log_warning("%s: %s to %s given up after %u attempts: %s", e->request.imsi,
			s6a_command_name(e->kind->command), e->request.host,
			e->request.attempts + 1, why);
		settle(e);
		return;
	}
	log_limited(LOG_LEVEL_INFO, 10, "%s: %s to %s: %s, again later", e->request.imsi,
		s6a_command_name(e->kind->command), e->request.host, why);
	store_request_retry(s6a.store, e->request.id, now_ms() + (int64_t)pause, why, NULL, NULL);
	look_in(pause + 1);
	end(e);
}

// Whether asking again may help: no answer, protocol errors, transient failures, "unable to comply".
static bool
is_transient(struct hss_result r)
{
	if (r.code == 0 || r.code / 1000 == 4)
		return true;
	return !r.is_experimental && (r.code / 1000 == 3 || r.code == DIAMETER_UNABLE_TO_COMPLY);
}

static void
answered(struct errand *e)
{
	if (is_transient(e->result)) {
		retry(e);
		return;
	}
	if (e->result.code != DIAMETER_SUCCESS)
		log_info("%s: %s to %s: refused with %u", e->request.imsi,
			s6a_command_name(e->kind->command), e->request.host, e->result.code);
	settle(e);
}

// ---- Sending.

static void
send_it(struct errand *e, const struct subscriber *s)
{
	int ret = errand_send(e, s);

	if (ret == 0)
		return;
	if (ret == -EINVAL) {
		forget(e, "can't be built");
		return;
	}
	e->result = s6a_base_result(DIAMETER_UNABLE_TO_COMPLY);
	retry(e);
}

// The store's row when the request is sent, which may be long after it was queued.
static void
subscriber_read(struct store_op *op, int result, const struct subscriber *s)
{
	struct errand *e = (struct errand *)op;
	const struct store_request *r = &e->request;

	if (result != 0 && result != -ENOENT) {
		e->result = (struct hss_result){ .code = 0 };
		retry(e);
	} else if (e->kind->needs_registration && (s == NULL || !is_at(s, r->host))) {
		forget(e, "isn't registered there any more");
	} else if (s != NULL && e->kind->command == S6A_CLR && is_at(s, r->host) &&
		s->registration.at_s * 1000 >= r->created_ms) {
		// It has come back to that node since: this would throw it out.
		forget(e, "has registered there again");
	} else {
		send_it(e, s);
	}
}

static void
claimed_row(void *arg, const struct store_request *r)
{
	const struct errand_kind *kind = errand_kind_of(r->command);
	struct errand *e;

	e = kind != NULL ? calloc(1, sizeof(*e)) : NULL;
	if (e == NULL)
		return; // its claim ends, and it's due again
	atomic_fetch_add(&in_flight, 1);
	e->request = *r;
	e->kind = kind;
	e->done = answered;
	if (r->imsi[0] == '\0') {
		send_it(e, NULL);
		return;
	}
	e->op.by = STORE_BY_IMSI;
	text_copy(e->op.key, sizeof(e->op.key), r->imsi);
	e->op.parts = STORE_LOCATION;
	e->op.change = NULL;
	e->op.done = subscriber_read;
	e->op.arg = e;
	store_submit(s6a.store, &e->op);
}

static void
claimed(void *arg, int result)
{
	pthread_mutex_lock(&lock);
	is_claiming = false;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
}

static void
claim(void)
{
	unsigned busy = atomic_load(&in_flight);
	unsigned room = s6a.config->in_flight_max > busy ? s6a.config->in_flight_max - busy : 0;

	if (room == 0) {
		claimed(NULL, 0);
		return;
	}
	store_requests_claim(s6a.store, now_ms(), s6a.config->answer_timeout_ms + LEASE_SLACK_MS,
		room, claimed_row, claimed, NULL);
}

// Until something is due, or it's time to look, and the last look has ended. Holds the lock.
static void
wait_until_due(void)
{
	while (!is_ending && (is_claiming || (!is_due && steady_ms() < look_ms))) {
		struct timespec until = { .tv_sec = (time_t)(look_ms / 1000),
			.tv_nsec = (long)(look_ms % 1000) * 1000000 };

		if (is_claiming)
			pthread_cond_wait(&changed, &lock);
		else
			pthread_cond_clockwait(&changed, &lock, CLOCK_MONOTONIC, &until);
	}
}

static void *
run(void *arg)
{
	pthread_mutex_lock(&lock);
	for (wait_until_due(); !is_ending; wait_until_due()) {
		is_due = false;
		is_claiming = true;
		look_ms = steady_ms() + LOOK_EVERY_MS;
		pthread_mutex_unlock(&lock);
		claim();
		pthread_mutex_lock(&lock);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

int
outgoing_open(void)
{
	int ret = errand_open();

	return ret < 0 ? ret : -pthread_create(&thread, NULL, run, NULL);
}

void
outgoing_close(void)
{
	pthread_mutex_lock(&lock);
	is_ending = true;
	pthread_cond_signal(&changed);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
}
