// SPDX-License-Identifier: BSD-3-Clause
// What the process is at: procedures, the replay to the dataplane, the store, the records.
#include "control/ctl_metrics.h"
#include "control/journal.h"
#include "control/session/pgw.h"
#include "control/user_paths.h"

#include <stdio.h>

static void
collect_procedures(struct metrics_out *out, const struct pgw *pgw)
{
	struct xact_usage x = xact_usage(gtpc_node_xact(pgw->node));

	metrics_gauge(out, "torii_procedures_waiting", "Procedures that wait for the dataplane",
		pgw->procedures.n_waiting);
	metrics_gauge(out, "torii_procedures_limit",
		"Procedures at once; more are refused with cause 73", pgw->config->procedures_max);
	metrics_gauge(out, "torii_answers_waiting", "Answers that wait for the store",
		pgw->turn.n_answers);
	metrics_family(out, "torii_gtpc_transactions", METRICS_GAUGE,
		"Requests being worked on, answers kept for repeated ones, own requests without an "
		"answer");
	metrics_u64(out, x.n_pending, "kind", "pending", NULL);
	metrics_u64(out, x.n_kept, "kind", "kept", NULL);
	metrics_u64(out, x.n_outgoing, "kind", "outgoing", NULL);
	metrics_gauge(out, "torii_gtpc_transactions_limit", "Of those pending and kept",
		pgw->config->transactions_max);
	metrics_gauge(out, "torii_gtpc_answer_bytes", "Memory of kept answers", x.answer_bytes);
	metrics_gauge(
		out, "torii_clear_jobs", "Clearings of many sessions under way", pgw->clear.n_jobs);
}

static void
collect_peers(struct metrics_out *out, const struct pgw *pgw)
{
	uint64_t up = 0, down = 0;

	for (uint32_t i = 0; i < pgw->config->peers_max; i++) {
		const struct peer *peer = peer_at(pgw->peers, i);

		if (peer && peer->is_path_down)
			down++;
		else if (peer)
			up++;
	}
	metrics_family(out, "torii_peers", METRICS_GAUGE, "Peers that are known, by their path");
	metrics_u64(out, up, "path", "up", NULL);
	metrics_u64(out, down, "path", "down", NULL);
	metrics_gauge(out, "torii_restart_counter", "Ours, TS 23.007 18",
		peers_restart_counter(pgw->peers));
	metrics_gauge(out, "torii_uptime_seconds", "Since this process began",
		(pgw_now_ms() - pgw->started_ms) / 1000);
}

static void
collect_user_paths(struct metrics_out *out, const struct pgw *pgw)
{
	char peer[GTPC_ADDR_TEXT_MAX], local[GTPC_ADDR_TEXT_MAX];
	const struct user_path *path;

	metrics_family(out, "torii_user_path_up", METRICS_GAUGE,
		"0 while an SGW-U with sessions doesn't answer GTP-U Echo Requests");
	for (uint32_t i = 0; (path = user_path_at(pgw->user_paths, i)); i++)
		metrics_u64(out, !path->is_down, "peer", gtpc_addr_text(&path->peer, peer), "local",
			gtpc_addr_text(&path->local, local), NULL);
}

static void
collect_sgws(struct metrics_out *out, const struct pgw *pgw)
{
	char addr[GTPC_ADDR_TEXT_MAX];

	metrics_family(
		out, "torii_sgw_sessions", METRICS_GAUGE, "Sessions by the SGW that holds them");
	for (struct sgw *s = sgw_next(pgw->sessions, NULL); s; s = sgw_next(pgw->sessions, s))
		metrics_u64(out, s->n_sessions, "sgw", gtpc_addr_text(&s->addr, addr), NULL);
}

static void
collect_replay(struct metrics_out *out, const struct pgw *pgw)
{
	struct dpclient_counts n;

	dpclient_count(pgw->dp, &n);
	metrics_gauge(out, "torii_replay_waiting",
		"Sessions that the attached dataplane doesn't have yet", pgw->sync.to_replay);
	metrics_family(out, "torii_replay_seconds", METRICS_GAUGE, "How long the last replay took");
	metrics_double(out, (double)pgw->sync.replay_took_ms / 1000, NULL);
	metrics_gauge(out, "torii_replay_swept",
		"Sessions of the dataplane that nobody claimed at the last replay",
		pgw->sync.swept);
	metrics_counter(
		out, "torii_dataplane_attaches_total", "Attached to a dataplane", n.attaches);
	metrics_counter(out, "torii_dataplane_requests_total", "Requests to it", n.requests);
	metrics_counter(out, "torii_dataplane_replies_total", "Its replies", n.replies);
	metrics_counter(out, "torii_dataplane_requests_delayed_total",
		"Requests that waited for room in a ring", n.no_room);
}

static void
collect_store(struct metrics_out *out, const struct pgw *pgw)
{
	struct store_counts n;

	store_count(pgw->store, &n);
	metrics_gauge(out, "torii_store_works", "0 while the session store takes nothing",
		turn_can_store(pgw));
	metrics_counter(out, "torii_store_commits_total", "Transactions of the store", n.commits);
	metrics_counter(out, "torii_store_failed_commits_total", "Transactions that it refused",
		n.failed_commits);
	metrics_gauge(out, "torii_store_bytes", "Its file", n.used_bytes);
	metrics_family(out, "torii_store_rows", METRICS_GAUGE, "What is in it");
	for (unsigned int i = 0; i < STORE_TABLES; i++)
		metrics_u64(out, n.rows[i], "table", store_table_name((enum store_table)i), NULL);
}

static void
collect_records(struct metrics_out *out, const struct pgw *pgw)
{
	const struct journal *const files[] = { pgw->records.usage, pgw->records.log };
	static const char *const names[] = { "usage", "sessions" };

	metrics_family(out, "torii_records_total", METRICS_COUNTER,
		"Number of the last line that was written, by file");
	for (unsigned int i = 0; i < 2; i++)
		if (files[i])
			metrics_u64(out, journal_last(files[i]), "file", names[i], NULL);
	metrics_family(
		out, "torii_records_bytes", METRICS_GAUGE, "Of the file that is written now");
	for (unsigned int i = 0; i < 2; i++)
		if (files[i])
			metrics_u64(out, journal_count(files[i]).bytes, "file", names[i], NULL);
	metrics_family(out, "torii_records_failures_total", METRICS_COUNTER,
		"Writes that failed; usage records wait in the store then");
	for (unsigned int i = 0; i < 2; i++)
		if (files[i])
			metrics_u64(out, journal_count(files[i]).failures, "file", names[i], NULL);
	metrics_gauge(out, "torii_records_behind", "1 while usage records wait for their file",
		pgw->records.is_behind);
	metrics_counter(out, "torii_records_lost_total",
		"Lines of the session log that no file took, or records without memory",
		pgw->records.lost);
}

void
ctl_metrics_collect_work(struct metrics_out *out, const struct pgw *pgw)
{
	collect_procedures(out, pgw);
	collect_peers(out, pgw);
	collect_sgws(out, pgw);
	collect_user_paths(out, pgw);
	collect_replay(out, pgw);
	collect_store(out, pgw);
	collect_records(out, pgw);
}
