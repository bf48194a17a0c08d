// SPDX-License-Identifier: BSD-3-Clause
// The link to the dataplane, against a fake one that speaks the same contract.
#include "config/log.h"
#include "control/dpclient.h"
#include "tests/unit/control/fake_dataplane.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char dir[64];
static struct event_base *base;
static struct dpclient *client;
static struct fake_dataplane *fake;

static unsigned int n_ready, n_gone, n_room, n_done, n_failed, n_errors;
static uint64_t token_sum, instance_at_gone;
static uint32_t swept;

static void
on_ready(void *ctx)
{
	n_ready++;
}

static void
on_gone(void *ctx)
{
	n_gone++;
	instance_at_gone = dpclient_header(client) ? dpclient_header(client)->instance : 0;
}

static void
on_room(void *ctx, unsigned int worker)
{
	n_room++;
}

static void
on_error_indication(void *ctx, const struct dp_error_indication *e)
{
	n_errors += e->teid;
}

static const struct dpclient_events events = {
	.ready = on_ready,
	.gone = on_gone,
	.room = on_room,
	.error_indication = on_error_indication,
};

static void
on_done(void *ctx, uint64_t token, int result, uint32_t count)
{
	if (result == 0)
		n_done++;
	else
		n_failed++;
	token_sum += token;
	swept += count;
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool
wait_for(const unsigned int *counter, unsigned int value)
{
	uint64_t end = now_ms() + 10000;

	while (*counter < value && now_ms() < end) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(50);
	}
	return *counter >= value;
}

// Waits until the client says why it isn't attached, with that text in it.
static bool
wait_for_reason(struct dpclient *c, const char *text)
{
	uint64_t end = now_ms() + 10000;

	while (!strstr(dpclient_reason(c), text) && now_ms() < end) {
		event_base_loop(base, EVLOOP_NONBLOCK);
		usleep(100);
	}
	return strstr(dpclient_reason(c), text) != NULL;
}

static void
begin(const struct fake_config *config)
{
	struct fake_config c = *config;

	log_init("test", LOG_LEVEL_ERROR);
	n_ready = n_gone = n_room = n_done = n_failed = n_errors = swept = 0;
	token_sum = instance_at_gone = 0;
	snprintf(dir, sizeof(dir), "/tmp/torii-dpclient-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	base = event_base_new();
	c.run_dir = dir;
	fake = fake_start(&c);
	client = dpclient_new(base, dir, &events, NULL);
}

static void
end(void)
{
	char command[128];

	dpclient_free(client);
	if (fake)
		fake_stop(fake);
	fake = NULL;
	event_base_free(base);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void
restart_fake(void)
{
	fake_stop(fake);
	fake = fake_start(&(struct fake_config){ .run_dir = dir });
}

static struct dp_session
session(uint32_t slot)
{
	struct dp_session s = { .slot = slot, .generation = 1, .peer_teid = 9, .ebi = 5 };

	s.ue_ipv4[0] = 100;
	s.ue_ipv4[2] = (uint8_t)(slot >> 8);
	s.ue_ipv4[3] = (uint8_t)slot;
	s.teid = (slot + 1) << 8 | dp_session_shard(&s);
	return s;
}

static void
attaches_and_carries_requests(void)
{
	struct dp_session_ref ref = { .slot = 3, .generation = 1 };
	struct dp_session s = session(3), kept;

	begin(&(struct fake_config){ 0 });
	CU_ASSERT_EQUAL(dpclient_put(client, &s, on_done, 1), -ENODEV);
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	CU_ASSERT_EQUAL(dpclient_state(client), DPCLIENT_READY);
	CU_ASSERT_EQUAL(dpclient_put(client, &s, on_done, 42), 0);
	CU_ASSERT_TRUE(wait_for(&n_done, 1));
	CU_ASSERT_EQUAL(token_sum, 42);
	CU_ASSERT_TRUE(fake_find(fake, s.teid, &kept));
	CU_ASSERT_EQUAL(
		dpclient_delete(client, dpclient_worker(client, (uint8_t)s.teid), &ref, on_done, 1),
		0);
	CU_ASSERT_TRUE(wait_for(&n_done, 2));
	CU_ASSERT_FALSE(fake_find(fake, s.teid, &kept));
	end();
}

static void
tells_results(void)
{
	struct dp_session s = session(3);

	begin(&(struct fake_config){ 0 });
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	s.slot = 99999;
	CU_ASSERT_EQUAL(dpclient_put(client, &s, on_done, 1), 0);
	CU_ASSERT_TRUE(wait_for(&n_failed, 1));
	end();
}

static void
a_full_ring_is_no_room_and_room_is_told(void)
{
	unsigned int made = 0;

	begin(&(struct fake_config){ .n_workers = 1, .ring_elems = 64 });
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	fake_hold(fake, true);
	for (uint32_t i = 0; i < 200; i++) {
		struct dp_session s = session(i);
		int ret = dpclient_put(client, &s, on_done, 0);

		made += ret == 0;
		CU_ASSERT_TRUE(ret == 0 || ret == -EAGAIN);
	}
	CU_ASSERT_EQUAL(made, 63);
	fake_hold(fake, false);
	CU_ASSERT_TRUE(wait_for(&n_room, 1));
	CU_ASSERT_TRUE(wait_for(&n_done, 63));
	end();
}

static void
many_requests_all_come_back(void)
{
	begin(&(struct fake_config){ .sessions_max = 6000, .ring_elems = 64 });
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	for (uint32_t i = 0; i < 20000; i++) {
		struct dp_session s = session(i % 6000);

		while (dpclient_put(client, &s, on_done, 1) == -EAGAIN)
			event_base_loop(base, EVLOOP_NONBLOCK);
	}
	CU_ASSERT_TRUE(wait_for(&n_done, 20000));
	CU_ASSERT_EQUAL(token_sum, 20000);
	end();
}

static void
an_instance_that_goes_fails_what_is_under_way(void)
{
	struct dp_session s = session(1);
	uint64_t instance;

	begin(&(struct fake_config){ 0 });
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	instance = dpclient_header(client)->instance;
	fake_hold(fake, true);
	CU_ASSERT_EQUAL(dpclient_put(client, &s, on_done, 5), 0);
	fake_stop(fake);
	fake = NULL;
	CU_ASSERT_TRUE(wait_for(&n_failed, 1));
	CU_ASSERT_EQUAL(n_gone, 1);
	CU_ASSERT_EQUAL(instance_at_gone, instance); // its usage could still be read
	CU_ASSERT_PTR_NULL(dpclient_header(client));
	CU_ASSERT_EQUAL(dpclient_state(client), DPCLIENT_WAITING);
	CU_ASSERT_EQUAL(dpclient_put(client, &s, on_done, 5), -ENODEV);
	end();
}

static void
finds_the_next_instance(void)
{
	begin(&(struct fake_config){ 0 });
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	for (unsigned int i = 2; i < 6; i++) {
		restart_fake();
		CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, i));
	}
	CU_ASSERT_EQUAL(n_gone, 4);
	end();
}

static void
a_second_client_waits_for_the_lock(void)
{
	struct dpclient *second;

	begin(&(struct fake_config){ 0 });
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	second = dpclient_new(base, dir, &events, NULL);
	CU_ASSERT_TRUE(wait_for_reason(second, "another torii-control"));
	CU_ASSERT_EQUAL(dpclient_state(second), DPCLIENT_WAITING);
	dpclient_free(client);
	client = second;
	CU_ASSERT_TRUE(wait_for(&n_ready, 2));
	end();
}

static void
another_version_is_refused(void)
{
	begin(&(struct fake_config){ .version = DP_SHM_VERSION + 1 });
	CU_ASSERT_TRUE(wait_for_reason(client, "version"));
	CU_ASSERT_EQUAL(n_ready, 0);
	end();
}

// Damage of the header at an offset, and what is to be said.
static void
refuse_header(size_t offset, uint64_t value, size_t n, const char *word)
{
	char path[128];
	int fd;

	begin(&(struct fake_config){ 0 });
	snprintf(path, sizeof(path), "%s/%s", dir, DP_SHM_NAME);
	fd = open(path, O_WRONLY);
	CU_ASSERT_EQUAL(pwrite(fd, &value, n, (off_t)offset), (ssize_t)n);
	close(fd);
	CU_ASSERT_TRUE(wait_for_reason(client, word));
	CU_ASSERT_EQUAL(n_ready, 0);
	end();
}

static void
an_impossible_header_is_refused(void)
{
	refuse_header(offsetof(struct dp_header, magic), 1, 8, "not a dataplane");
	refuse_header(offsetof(struct dp_header, file_bytes), 1, 8, "size");
	refuse_header(offsetof(struct dp_header, n_workers), 65, 2, "out of range");
	refuse_header(offsetof(struct dp_header, n_workers), 0, 2, "out of range");
	refuse_header(offsetof(struct dp_header, n_vrfs), 2000, 2, "out of range");
	refuse_header(offsetof(struct dp_header, ring_elems), 100, 4, "power of two");
	refuse_header(offsetof(struct dp_header, worker_off), 1ULL << 40, 8, "outside");
	refuse_header(offsetof(struct dp_header, usage_off), UINT64_MAX - 63, 8, "outside");
	refuse_header(offsetof(struct dp_header, sessions_max), 0x7fffffff, 4, "outside");
	refuse_header(offsetof(struct dp_header, bearers_max), 0x7fffffff, 4, "outside");
	refuse_header(offsetof(struct dp_header, bearers_off), 1ULL << 40, 8, "outside");
	refuse_header(offsetof(struct dp_header, shard_worker), 9, 1, "shard");
	refuse_header(offsetof(struct dp_header, instance), 5, 8, "replaced");
}

static void
without_a_dataplane_it_says_so_and_waits(void)
{
	begin(&(struct fake_config){ 0 });
	dpclient_free(client);
	client = dpclient_new(base, "/tmp/torii-no-such-directory", &events, NULL);
	CU_ASSERT_TRUE(wait_for_reason(client, "/tmp/torii-no-such-directory"));
	CU_ASSERT_EQUAL(dpclient_state(client), DPCLIENT_WAITING);
	end();
}

static void
hears_error_indications(void)
{
	struct dp_error_indication e = { .teid = 7 };

	begin(&(struct fake_config){ 0 });
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	fake_error_indication(fake, &e);
	CU_ASSERT_TRUE(wait_for(&n_errors, 7));
	end();
}

static void
a_sweep_tells_how_many_it_deleted(void)
{
	begin(&(struct fake_config){ .n_workers = 1 });
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	for (uint32_t i = 0; i < 10; i++) {
		struct dp_session s = session(i);

		CU_ASSERT_EQUAL(dpclient_put(client, &s, on_done, 0), 0);
	}
	CU_ASSERT_TRUE(wait_for(&n_done, 10));
	dpclient_free(client);
	client = dpclient_new(base, dir, &events, NULL);
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 2));
	CU_ASSERT_EQUAL(dpclient_sweep(client, 0, on_done, 0), 0);
	CU_ASSERT_TRUE(wait_for(&n_done, 11));
	CU_ASSERT_EQUAL(swept, 10);
	end();
}

// Each request alone, with the loop asleep in between: every reply must wake it.
static void
no_doorbell_is_lost(void)
{
	uint64_t began;

	begin(&(struct fake_config){ 0 });
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	began = now_ms();
	for (unsigned int i = 0; i < 3000; i++) {
		struct dp_session s = session(i % 1000);

		CU_ASSERT_EQUAL_FATAL(dpclient_put(client, &s, on_done, 0), 0);
		while (n_done < i + 1)
			event_base_loop(base, EVLOOP_ONCE);
	}
	// a lost one costs the safety timer's 200 ms; so many would cost minutes
	CU_ASSERT_TRUE(now_ms() - began < 3000 * 20);
	end();
}

static void
creates_are_closed_for_a_time(void)
{
	const struct dp_header *h;
	uint64_t until, now;

	begin(&(struct fake_config){ 0 });
	dpclient_close_creates(client, 100); // there is nobody yet to be told
	CU_ASSERT_TRUE_FATAL(wait_for(&n_ready, 1));
	h = dpclient_header(client);
	CU_ASSERT_EQUAL(atomic_load(&h->creates_closed_until_tsc), 0);
	dpclient_close_creates(client, 60000);
	until = atomic_load(&h->creates_closed_until_tsc);
	now = __builtin_ia32_rdtsc();
	CU_ASSERT(until > now && until - now <= 60 * h->tsc_hz);
	dpclient_close_creates(client, 0);
	CU_ASSERT_EQUAL(atomic_load(&h->creates_closed_until_tsc), 0);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(attaches_and_carries_requests),
	UNIT_CASE(tells_results),
	UNIT_CASE(a_full_ring_is_no_room_and_room_is_told),
	UNIT_CASE(many_requests_all_come_back),
	UNIT_CASE(an_instance_that_goes_fails_what_is_under_way),
	UNIT_CASE(finds_the_next_instance),
	UNIT_CASE(a_second_client_waits_for_the_lock),
	UNIT_CASE(another_version_is_refused),
	UNIT_CASE(an_impossible_header_is_refused),
	UNIT_CASE(without_a_dataplane_it_says_so_and_waits),
	UNIT_CASE(hears_error_indications),
	UNIT_CASE(a_sweep_tells_how_many_it_deleted),
	UNIT_CASE(no_doorbell_is_lost),
	UNIT_CASE(creates_are_closed_for_a_time),
};

UNIT_MAIN("control/dpclient", cases)
