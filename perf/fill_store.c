// SPDX-License-Identifier: BSD-3-Clause
// Fills control's store with sessions, as if as many devices had attached, for perf/restart: what is
// measured is how long it takes to come back with them.
//	fill-store CONTROL.CFG SESSIONS
#include "config/log.h"
#include "control/ctl_config.h"
#include "control/session/pgw.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 10000 // sessions of a transaction
#define SGWS 100

static void
send_nothing(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
}

static void
die(const char *why)
{
	fprintf(stderr, "fill-store: %s\n", why);
	exit(1);
}

static bool
is_teid_used(const void *table, uint32_t teid)
{
	return session_find_teid(table, teid) != NULL;
}

static void
fill_session(struct pgw *pgw, struct session *s, uint32_t i)
{
	const struct cfg_addr *local = &pgw->config->gtpc[0];
	uint8_t sgw[4] = { 10, 10, 1, (uint8_t)(i % SGWS) };

	snprintf(s->imsi, sizeof(s->imsi), "00101%010u", i);
	snprintf(s->msisdn, sizeof(s->msisdn), "49170%07u", i % 10000000);
	snprintf(s->mei, sizeof(s->mei), "350000000%07u", i % 10000000);
	snprintf(s->apn_name, sizeof(s->apn_name), "internet");
	s->rat_type = GTPC_RAT_NB_IOT;
	s->pdn_type = GTPC_PDN_IPV4;
	s->serving_network = gtpc_plmn_make(1, 1, 2);
	s->ul_kbps = s->dl_kbps = 1000;
	s->sgw_teid = i + 1;
	s->sgw_addr = gtpc_addr_ipv4(sgw);
	memcpy(&s->local_c, local, sizeof(s->local_c));
	memcpy(&s->local_u, local, sizeof(s->local_u));
	s->bearer.ebi = 5;
	s->bearer.qci = 9;
	s->bearer.priority_level = 8;
	s->bearer.peer = s->sgw_addr;
	s->bearer.peer_teid = i + 1;
	s->created_s = time(NULL);
	s->created_ms = pgw_now_ms();
	s->flags |= SESSION_USAGE_PLAIN;
}

static void
add_session(struct pgw *pgw, uint32_t i)
{
	struct apn_wish wish = { .family = 4 };
	struct session *s = session_take(pgw->sessions);
	struct apn_address address;
	struct peer *peer;

	if (!s)
		die("control.sessions_max is too small");
	fill_session(pgw, s, i);
	wish.imsi = s->imsi;
	s->prefix_pool = APN_NO_POOL;
	if (apn_take_address(pgw->apns, 0, &wish, 0, &address) < 0)
		die("the pool is too small");
	memcpy(s->ue_ipv4, address.bytes, sizeof(s->ue_ipv4));
	s->pool = address.pool;
	s->teid = teid_take(pgw->teids, dp_shard_of(s->ue_ipv4, 4), is_teid_used, pgw->sessions);
	peer = peer_get_named(pgw->peers, &s->sgw_addr, &pgw->anyone, pgw_now_ms());
	if (!s->teid || !peer || sgw_join(pgw->sessions, s, peer, pgw_now_ms()) < 0 ||
		store_charging_id(pgw->store, &s->bearer.charging_id) < 0)
		die("no TEID, peer or charging id");
	session_index_add(pgw->sessions, s);
	session_set_state(pgw->sessions, s, SESSION_ACTIVE);
	turn_touch(pgw, s);
}

static void
read_boot_id(char *id, int room)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(id, room, f))
		die("no boot id");
	fclose(f);
	id[strcspn(id, "\n")] = '\0';
}

int
main(int argc, char **argv)
{
	static struct ctl_config config;
	struct pgw_io io = { .send = send_nothing };
	char why[256], boot_id[64];
	struct store *store;
	struct pgw *pgw;
	uint32_t n = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

	if (n == 0)
		die("usage: fill-store CONTROL.CFG SESSIONS");
	if (cfg_load(argv[1], &ctl_config_schema, &config, stderr) < 0)
		return 1;
	log_init("fill-store", LOG_LEVEL_WARNING);
	read_boot_id(boot_id, sizeof(boot_id));
	if (store_open(&store, config.state_dir, boot_id, why, sizeof(why)) < 0)
		die(why);
	pgw = pgw_new(event_base_new(), &config, store, &io, why, sizeof(why));
	if (!pgw || pgw_start(pgw, why, sizeof(why)) < 0)
		die(why);
	for (uint32_t i = 0; i < n; i++) {
		add_session(pgw, i);
		if (i % BATCH == BATCH - 1)
			turn_finish(pgw);
	}
	pgw_free(pgw);
	store_close(store);
	return 0;
}
