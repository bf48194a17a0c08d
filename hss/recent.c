// SPDX-License-Identifier: BSD-3-Clause
#include "hss/recent.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#define SLOTS 65536
#define KEPT_S 300

struct seen {
	uint64_t fingerprint;
	int64_t at_s;
};

static struct seen slots[SLOTS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static uint64_t
add(uint64_t hash, const void *octets, size_t len)
{
	const uint8_t *p = octets;

	for (size_t i = 0; i < len; i++) // FNV-1a
		hash = (hash ^ p[i]) * UINT64_C(1099511628211);
	return hash;
}

static uint64_t
fingerprint_of(const struct s6a_request *r)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	struct wire_cursor c;
	struct wire_avp session;

	hash = add(hash, r->host, strlen(r->host) + 1);
	hash = add(hash, r->imsi, strlen(r->imsi) + 1);
	hash = add(hash, &r->header.end_to_end, sizeof(r->header.end_to_end));
	wire_start(&c, r->message, r->len);
	if (wire_find(&c, s6a_avps[AVP_SESSION_ID].code, 0, &session))
		hash = add(hash, session.value, session.value_len);
	return hash;
}

bool
recent_seen(const struct s6a_request *r)
{
	uint64_t fingerprint = fingerprint_of(r);
	struct seen *s = &slots[fingerprint % SLOTS];
	struct timespec now;
	bool is_seen;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	pthread_mutex_lock(&lock);
	is_seen = s->fingerprint == fingerprint && s->at_s != 0 && now.tv_sec - s->at_s < KEPT_S;
	s->fingerprint = fingerprint;
	s->at_s = now.tv_sec + (now.tv_sec == 0);
	pthread_mutex_unlock(&lock);
	return is_seen;
}
