// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/pgw.h"

#include "config/log.h"
#include "control/session/bearer_job.h"
#include "control/session/delete_bearer.h"
#include "control/session/dp_sync.h"
#include "control/session/lifecycle.h"
#include "control/session/request.h"
#include "control/session/session_store.h"
#include "control/trace/trace.h"

#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define TEIDS_AT_REST 131072
#define ANSWER_BYTES 320 // of a kept one, on average
#define OUTGOING_MAX 16384
#define SAMPLE_MS 50 // between two looks at some sessions

uint64_t
pgw_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool
rate_limit_take(struct rate_limit *limit, uint32_t per_s, uint64_t now_ms)
{
	if (per_s == 0)
		return true;
	if (limit->second != now_ms / 1000) {
		limit->second = now_ms / 1000;
		limit->used = 0;
	}
	if (limit->used == per_s)
		return false;
	limit->used++;
	return true;
}

// ---- What the node calls.

static void
send_datagram(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct pgw *pgw = user;

	pgw->io.send(pgw->io.user, path, bytes, n);
}

static bool
session_peer(void *user, uint32_t teid, struct gtpc_session_peer *out)
{
	struct pgw *pgw = user;
	struct session *s = session_find_teid(pgw->sessions, teid);

	if (!s)
		return false;
	out->addr = s->sgw_addr;
	out->teid = s->sgw_teid;
	out->ebi = s->bearer.ebi;
	return true;
}

static void
tap_datagram(void *user, const struct gtpc_path *path, bool is_rx, const uint8_t *bytes, size_t n)
{
	traces_signal(user, path, is_rx, bytes, n);
}

static void
peer_restarted(void *user, struct peer *peer, uint8_t before, uint8_t now)
{
	clear_peer_restarted(user, peer);
}

static void
path_down(void *user, struct peer *peer)
{
	clear_path_down(user, peer);
}

static void
path_up(void *user, struct peer *peer)
{
	clear_path_up(user, peer);
}

// ---- Peers' rules out of the configuration.

static struct peer_rule
general_rule(const struct ctl_config *c, uint8_t family)
{
	return (struct peer_rule){
		.prefix = { .family = family },
		.is_allowed = true,
		.t3_ms = c->t3_ms,
		.n3 = c->n3,
		.echo_ms = c->echo_s * 1000,
	};
}

static struct peer_rule
rule_of(const struct ctl_config *c, struct ctl_peer *peer, const struct cfg_prefix *prefix)
{
	struct peer_rule r = general_rule(c, 0);

	memcpy(&r.prefix, &prefix->addr, sizeof(r.prefix));
	r.prefix_bits = prefix->length;
	r.any_change_is_restart = peer->restart == CTL_RESTART_CHANGED;
	if (peer->t3_ms)
		r.t3_ms = peer->t3_ms;
	if (peer->n3)
		r.n3 = peer->n3;
	if (peer->echo_s)
		r.echo_ms = peer->echo_s * 1000;
	r.policy = peer;
	return r;
}

// The rules, and after them the general one for each family. *n: how many count.
static struct peer_rule *
make_rules(const struct ctl_config *c, uint32_t *n)
{
	struct peer_rule *rules;
	uint32_t room = 2;

	for (size_t i = 0; i < c->n_peers; i++)
		room += (uint32_t)c->peers[i].n_addresses;
	rules = calloc(room, sizeof(*rules));
	if (!rules)
		return NULL;
	*n = 0;
	for (size_t i = 0; i < c->n_peers; i++)
		for (size_t j = 0; j < c->peers[i].n_addresses; j++)
			rules[(*n)++] = rule_of(c, &c->peers[i], &c->peers[i].addresses[j]);
	rules[room - 2] = general_rule(c, 4);
	rules[room - 1] = general_rule(c, 6);
	if (c->n_peers == 0)
		*n = room;
	return rules;
}

// Answers are kept for as long as the most patient peer repeats its requests.
static uint32_t
keep_time_ms(const struct peer_rule *rules, uint32_t n)
{
	uint32_t longest = 0;

	for (uint32_t i = 0; i < n; i++)
		if ((rules[i].n3 + 1) * rules[i].t3_ms > longest)
			longest = (rules[i].n3 + 1) * rules[i].t3_ms;
	return longest;
}

static int
make_node(struct pgw *pgw)
{
	const struct ctl_config *c = pgw->config;
	struct gtpc_node_config node = { .side = GTPC_FROM_PGW };
	uint32_t n_rules;

	pgw->rules = make_rules(c, &n_rules);
	if (!pgw->rules)
		return -1;
	pgw->anyone.rule = &pgw->rules[c->n_peers ? n_rules : 0];
	pgw->keep_ms = keep_time_ms(pgw->rules, n_rules);
	node.user = pgw;
	node.send = send_datagram;
	node.session_of = session_peer;
	node.restarted = peer_restarted;
	node.path_down = path_down;
	node.path_up = path_up;
	node.tap = tap_datagram;
	node.request[GTPC_INDEX_CREATE_SESSION_REQ] = create_session_request;
	node.request[GTPC_INDEX_MODIFY_BEARER_REQ] = modify_bearer_request;
	node.request[GTPC_INDEX_DELETE_SESSION_REQ] = delete_session_request;
	node.request[GTPC_INDEX_CHANGE_NOTIFICATION_REQ] = change_notification_request;
	node.request[GTPC_INDEX_SUSPEND_NOTIFICATION] = suspend_notification;
	node.request[GTPC_INDEX_RESUME_NOTIFICATION] = resume_notification;
	node.request[GTPC_INDEX_REMOTE_UE_REPORT] = remote_ue_report;
	node.request[GTPC_INDEX_DELETE_PDN_SET_REQ] = delete_pdn_set_request;
	node.request[GTPC_INDEX_UPDATE_PDN_SET_REQ] = update_pdn_set_request;
	node.request[GTPC_INDEX_MODIFY_BEARER_CMD] = modify_bearer_command;
	node.request[GTPC_INDEX_DELETE_BEARER_CMD] = delete_bearer_command;
	node.request[GTPC_INDEX_BEARER_RESOURCE_CMD] = bearer_resource_command;
	node.xact.incoming_max = c->transactions_max;
	node.xact.outgoing_max = OUTGOING_MAX;
	node.xact.answer_bytes_max = (size_t)c->transactions_max * ANSWER_BYTES;
	node.xact.keep_ms = pgw->keep_ms;
	node.peers.peers_max = c->peers_max;
	node.peers.restart_counter = store_restart_counter(pgw->store);
	node.peers.rules = pgw->rules;
	node.peers.n_rules = n_rules;
	if (getrandom(node.xact.hash_key, sizeof(node.xact.hash_key), 0) < 0 ||
		getrandom(node.peers.hash_key, sizeof(node.peers.hash_key), 0) < 0 ||
		getrandom(&node.xact.first_sequence, sizeof(node.xact.first_sequence), 0) < 0)
		return -1;
	node.xact.first_sequence = node.xact.first_sequence % 0x7fffff + 1;
	pgw->node = gtpc_node_new(&node);
	if (!pgw->node)
		return -1;
	pgw->peers = gtpc_node_peers(pgw->node);
	return 0;
}

// ---- Timers.

void
pgw_arm_node_timer(struct pgw *pgw)
{
	uint64_t due_ms = gtpc_node_next_deadline(pgw->node), wait_ms, now_ms;
	struct timeval tv;

	if (due_ms >= pgw->node_deadline_ms)
		return;
	now_ms = pgw_now_ms();
	wait_ms = due_ms > now_ms ? due_ms - now_ms : 0;
	tv.tv_sec = (time_t)(wait_ms / 1000);
	tv.tv_usec = (suseconds_t)(wait_ms % 1000) * 1000;
	pgw->node_deadline_ms = due_ms;
	evtimer_add(pgw->node_timer, &tv);
}

static void
on_node_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pgw *pgw = arg;

	pgw->node_deadline_ms = UINT64_MAX;
	gtpc_node_run(pgw->node, pgw_now_ms());
	turn_schedule(pgw);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct pgw *pgw = arg;
	uint64_t now_ms = pgw_now_ms();

	procedures_expire(pgw, now_ms);
	bearer_requests_expire(pgw, now_ms);
	records_tick(pgw, now_ms);
	session_store_expire_answers(pgw, now_ms);
	turn_schedule(pgw);
	clear_tick(pgw, now_ms);
	load_tick(pgw, now_ms);
	drop_rates_look(&pgw->drop_rates, dpclient_header(pgw->dp), now_ms);
	log_tick();
}

static void
on_sample(evutil_socket_t fd, short what, void *arg)
{
	session_sample_some(arg, pgw_now_ms());
}

static int
make_timers(struct pgw *pgw)
{
	struct timeval second = { .tv_sec = 1 }, sample = { .tv_usec = SAMPLE_MS * 1000 };

	pgw->node_deadline_ms = UINT64_MAX;
	pgw->node_timer = evtimer_new(pgw->base, on_node_timer, pgw);
	pgw->tick_timer = event_new(pgw->base, -1, EV_PERSIST, on_tick, pgw);
	pgw->sample_timer = event_new(pgw->base, -1, EV_PERSIST, on_sample, pgw);
	if (!pgw->node_timer || !pgw->tick_timer || !pgw->sample_timer ||
		event_add(pgw->sample_timer, &sample) < 0)
		return -1;
	return event_add(pgw->tick_timer, &second);
}

// ---- The whole.

static int
make_parts(struct pgw *pgw)
{
	procedures_open(pgw);
	LIST_INIT(&pgw->delete_bearers);
	LIST_INIT(&pgw->bearer_jobs);
	LIST_INIT(&pgw->bearer_jobs_ended);
	TAILQ_INIT(&pgw->bearer_jobs_due);
	dp_sync_open(pgw);
	if (turn_open(pgw) < 0 || clear_open(pgw) < 0 || pdn_sets_open(pgw) < 0 ||
		admission_open(pgw) < 0 || make_node(pgw) < 0 || make_timers(pgw) < 0)
		return -1;
	pgw->apns = apn_set_new(pgw->config);
	pgw->apn_limits = calloc(pgw->config->n_apns, sizeof(*pgw->apn_limits));
	pgw->teids = teid_source_new(TEIDS_AT_REST, NULL);
	pgw->traces = traces_new(pgw);
	pgw->sessions = session_table_new(pgw->config->sessions_max, pgw->peers);
	pgw->bearers = bearer_table_new(pgw->config->bearers_max);
	return pgw->apns && pgw->apn_limits && pgw->teids && pgw->traces && pgw->sessions &&
			pgw->bearers
		? 0
		: -1;
}

struct pgw *
pgw_new(struct event_base *base, const struct ctl_config *config, struct store *store,
	const struct pgw_io *io, char *why, size_t room)
{
	struct pgw *pgw = calloc(1, sizeof(*pgw));

	snprintf(why, room, "no memory");
	if (!pgw)
		return NULL;
	pgw->base = base;
	pgw->config = config;
	pgw->store = store;
	pgw->io = *io;
	pgw->started_ms = pgw_now_ms();
	pgw->started_s = time(NULL);
	if (make_parts(pgw) == 0)
		return pgw;
	pgw_free(pgw);
	return NULL;
}

int
pgw_start(struct pgw *pgw, char *why, size_t room)
{
	int ret = records_open(pgw, why, room);

	if (ret == 0)
		ret = session_store_load(pgw, why, room);
	if (ret < 0)
		return ret;
	pgw->dp = dpclient_new(pgw->base, pgw->config->run_dir, &dp_sync_events, pgw);
	if (pgw->dp)
		return 0;
	snprintf(why, room, "no memory");
	return -ENOMEM;
}

static void
free_event(struct event *e)
{
	if (e)
		event_free(e);
}

void
pgw_free(struct pgw *pgw)
{
	if (!pgw)
		return;
	if (pgw->dp) {
		trace_stop(pgw, 0, "torii-control stops");
		turn_finish(pgw);
	}
	dpclient_free(pgw->dp);
	bearer_jobs_close(pgw);
	delete_bearers_close(pgw);
	clear_close(pgw);
	records_close(pgw);
	pdn_sets_close(pgw);
	turn_close(pgw);
	procedures_close(pgw);
	session_table_free(pgw->sessions);
	traces_free(pgw->traces);
	bearer_table_free(pgw->bearers);
	teid_source_free(pgw->teids);
	apn_set_free(pgw->apns);
	gtpc_node_free(pgw->node);
	free_event(pgw->node_timer);
	free_event(pgw->tick_timer);
	free_event(pgw->sample_timer);
	free(pgw->rules);
	free(pgw->apn_limits);
	admission_close(pgw);
	free(pgw);
}

void
pgw_receive(struct pgw *pgw, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	gtpc_node_receive(pgw->node, path, bytes, n, pgw_now_ms());
	turn_schedule(pgw);
}

void
pgw_count_answer(struct pgw *pgw, uint8_t request, uint8_t cause)
{
	gtpc_node_counters(pgw->node)->answers[gtpc_message_find(request)->index][cause]++;
}

bool
pgw_is_teid_used(const struct pgw *pgw, uint32_t teid)
{
	return session_find_teid(pgw->sessions, teid) || bearer_find_teid(pgw->bearers, teid);
}

uint32_t
pgw_pool_table(const struct pgw *pgw, uint16_t pool)
{
	const struct dp_header *h = dpclient_header(pgw->dp);
	int apn = apn_of_pool(pgw->apns, pool);
	uint16_t vrf = apn < 0 ? UINT16_MAX : pgw->sync.vrf[apn_vrf(pgw->apns, (uint16_t)apn)];

	return h && vrf < h->n_vrfs ? h->vrf[vrf].table : 0;
}

void
pgw_reject(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *request,
	const struct gtpc_fault *fault, uint32_t teid)
{
	pgw_count_answer(pgw, request->header.type, fault->cause);
	gtpc_node_reject(pgw->node, rx, request, fault, teid);
}

void
pgw_reject_cause(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *request,
	uint8_t cause, uint32_t teid)
{
	struct gtpc_fault fault = { .cause = cause };

	pgw_reject(pgw, rx, request, &fault, teid);
}
