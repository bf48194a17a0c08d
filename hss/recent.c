// SPDX-License-Identifier: BSD-3-Clause
#include "hss/recent.h"

#include <pthread.h>
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
fingerprint_of(const char *host, uint32_t end_to_end)
{
	uint64_t hash = UINT64_C(14695981039346656037); // FNV-1a

	for (; *host != '\0'; host++)
		hash = (hash ^ (uint8_t)*host) * UINT64_C(1099511628211);
	for (unsigned i = 0; i < 32; i += 8)
		hash = (hash ^ (end_to_end >> i & 255)) * UINT64_C(1099511628211);
	return hash;
}

bool
recent_seen(const char *host, uint32_t end_to_end)
{
	uint64_t fingerprint = fingerprint_of(host, end_to_end);
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
