// SPDX-License-Identifier: BSD-3-Clause
#include "hss/hss_metrics.h"

#include "hss/counters.h"
#include "hss/fd_peers.h"
#include "hss/links.h"
#include "hss/outgoing.h"
#include "hss/s6a.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct store_counts latest;
static bool has_failed;
static atomic_bool is_under_way;

static void
counted(void *arg, int result, const struct store_counts *counts)
{
	pthread_mutex_lock(&lock);
	has_failed = result < 0;
	if (result == 0)
		latest = *counts;
	pthread_mutex_unlock(&lock);
	atomic_store(&is_under_way, false);
}

void
hss_metrics_refresh(struct store *store)
{
	if (!atomic_exchange(&is_under_way, true))
		store_count(store, counted, NULL);
}

bool
hss_metrics_counts(struct store_counts *counts)
{
	bool is_healthy;

	pthread_mutex_lock(&lock);
	*counts = latest;
	is_healthy = !has_failed;
	pthread_mutex_unlock(&lock);
	return is_healthy;
}

bool
hss_metrics_healthy(char *why, size_t room, void *ctx)
{
	struct store_counts counts;
	bool is_healthy = hss_metrics_counts(&counts);

	if (!is_healthy)
		snprintf(why, room, "the store doesn't answer");
	return is_healthy;
}

static void
request_row(void *arg, const char *command, uint32_t code, bool is_experimental, const char *result,
	uint64_t n)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", code);
	metrics_u64(arg, n, "command", command, "avp",
		is_experimental ? "Experimental-Result" : "Result-Code", "code", text, "result",
		result, NULL);
}

static void
collect_requests(struct metrics_out *out)
{
	uint64_t n, ns;

	metrics_family(out, "torii_hss_requests_total", METRICS_COUNTER,
		"S6a requests by command and result, received and our own");
	counters_each(request_row, out);
	metrics_family(out, "torii_hss_answer_seconds_total", METRICS_COUNTER,
		"Time from dispatch to answer, summed up");
	for (unsigned i = COUNTED_AIR; i <= COUNTED_NOR; i++) {
		counters_latency_get((enum counted_command)i, &n, &ns);
		metrics_double(out, (double)ns / 1e9, "command",
			counted_name((enum counted_command)i), NULL);
	}
	metrics_family(out, "torii_hss_answers_total", METRICS_COUNTER, "Answers by command");
	for (unsigned i = COUNTED_AIR; i <= COUNTED_NOR; i++) {
		counters_latency_get((enum counted_command)i, &n, &ns);
		metrics_u64(out, n, "command", counted_name((enum counted_command)i), NULL);
	}
}

static void
collect_peers(struct metrics_out *out)
{
	const struct link *link;

	metrics_family(out, "torii_hss_peer_up", METRICS_GAUGE, "1: the peer is connected");
	for (unsigned i = 0; (link = links_at(i)) != NULL; i++)
		metrics_u64(out, fd_peer_is_open(link->host), "peer", link->host, NULL);
	metrics_family(out, "torii_hss_peer_requests_total", METRICS_COUNTER,
		"Requests received from the peer");
	for (unsigned i = 0; (link = links_at(i)) != NULL; i++)
		metrics_u64(out, atomic_load(&link->n_received), "peer", link->host, NULL);
	metrics_family(out, "torii_hss_peer_screened_total", METRICS_COUNTER,
		"Messages of the peer that were refused as malformed or misrouted");
	for (unsigned i = 0; (link = links_at(i)) != NULL; i++)
		metrics_u64(out, atomic_load(&link->n_screened), "peer", link->host, NULL);
}

static void
collect_store(struct metrics_out *out)
{
	static const char *const states[] = { "registered", "active", "inactive" };
	struct store_counts c;

	hss_metrics_counts(&c);
	metrics_family(out, "torii_hss_sims", METRICS_GAUGE, "SIMs by state");
	for (unsigned i = 0; i < 3; i++)
		metrics_u64(out, c.by_state[i], "state", states[i], NULL);
	metrics_gauge(out, "torii_hss_imsis", "IMSIs of all SIMs", c.imsis);
	metrics_gauge(
		out, "torii_hss_imsis_registered", "IMSIs registered at a node", c.registered);
	metrics_gauge(out, "torii_hss_imsis_purged", "IMSIs that their node has purged", c.purged);
	metrics_gauge(out, "torii_hss_queue", "Requests of ours that aren't settled", c.requests);
	metrics_gauge(out, "torii_hss_in_flight", "Requests of ours that wait for an answer",
		outgoing_in_flight());
	metrics_gauge(out, "torii_hss_store_backlog", "Operations that wait for the store",
		store_backlog(s6a.store));
}

void
hss_metrics_collect(struct metrics_out *out, void *ctx)
{
	collect_requests(out);
	collect_peers(out);
	collect_store(out);
}
