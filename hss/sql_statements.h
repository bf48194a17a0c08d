// SPDX-License-Identifier: BSD-3-Clause
// Every statement that the store runs, once. A text that differs by engine has both; parameters appear
// for the first time in ascending order, so that SQLite numbers them like PostgreSQL.
#pragma once

#define ROW_COLUMNS                                                                                \
	"i.sealed, i.seq, i.base, i.nodes, s.id, s.iccid, s.msisdn, s.state, s.profile_id, "       \
	"s.imei_lock, s.imei, s.rats, s.partners, s.addresses"
#define LOCATION_COLUMNS                                                                           \
	"l.node_id, l.visited, l.rat_type, l.ulr_flags, l.features1, l.features2, l.flags, "       \
	"l.at_s, l.imei, l.gateways, l.history"
#define ROW_FROM " FROM imsi i JOIN sim s ON s.id = i.sim_id"
#define ROW_FROM_LOCATION ROW_FROM " LEFT JOIN location l ON l.key = i.key"
#define LOCK " FOR UPDATE OF i, s"
#define REQUEST_COLUMNS                                                                            \
	"id, command, imsi, host, realm, via, args, created_ms, due_ms, attempts, why"

// X(name, SQLite, PostgreSQL); NULL: as for SQLite.
#define SQL_STATEMENTS(X)                                                                          \
	X(ROW, "SELECT " ROW_COLUMNS ", i.key" ROW_FROM " WHERE i.key = $1",                       \
		"SELECT " ROW_COLUMNS ", i.key" ROW_FROM " WHERE i.key = $1" LOCK)                 \
	X(ROW_LOCATION,                                                                            \
		"SELECT " ROW_COLUMNS ", i.key, " LOCATION_COLUMNS ROW_FROM_LOCATION               \
		" WHERE i.key = $1",                                                               \
		"SELECT " ROW_COLUMNS ", i.key, " LOCATION_COLUMNS ROW_FROM_LOCATION               \
		" WHERE i.key = $1" LOCK)                                                          \
	X(LOCATION, "SELECT " LOCATION_COLUMNS " FROM location l WHERE l.key = $1", NULL)          \
	X(ROWS_AFTER,                                                                              \
		"SELECT " ROW_COLUMNS ", i.key" ROW_FROM " WHERE i.key > $1 ORDER BY i.key "       \
		"LIMIT $2",                                                                        \
		NULL)                                                                              \
	X(ROWS_LOCATION, "SELECT 1",                                                               \
		"SELECT " ROW_COLUMNS ", i.key, " LOCATION_COLUMNS ROW_FROM_LOCATION               \
		" WHERE i.key = ANY($1::bigint[]) ORDER BY i.key" LOCK)                            \
	X(KEYS_BY_KEY,                                                                             \
		"SELECT key, sim_id FROM imsi WHERE sim_id = "                                     \
		"(SELECT sim_id FROM imsi WHERE key = $1) ORDER BY key",                           \
		NULL)                                                                              \
	X(KEYS_BY_ICCID,                                                                           \
		"SELECT i.key, i.sim_id FROM sim s JOIN imsi i ON i.sim_id = s.id "                \
		"WHERE s.iccid = $1 ORDER BY i.key",                                               \
		NULL)                                                                              \
	X(KEYS_BY_MSISDN,                                                                          \
		"SELECT i.key, i.sim_id FROM sim s JOIN imsi i ON i.sim_id = s.id "                \
		"WHERE s.msisdn = $1 ORDER BY i.key",                                              \
		NULL)                                                                              \
	X(PUT_SIM,                                                                                 \
		"UPDATE sim SET msisdn = $1, state = $2, profile_id = $3, imei_lock = $4, "        \
		"imei = $5, rats = $6, partners = $7, addresses = $8 WHERE id = $9",               \
		NULL)                                                                              \
	X(PUT_SEALED, "UPDATE imsi SET sealed = $1 WHERE key = $2", NULL)                          \
	X(PUT_SEQ, "UPDATE imsi SET seq = $1, base = $2, nodes = $3 WHERE key = $4", NULL)         \
	X(PUT_LOCATION,                                                                            \
		"INSERT INTO location (key, node_id, visited, rat_type, ulr_flags, features1, "    \
		"features2, flags, at_s, imei, gateways, history) "                                \
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) "                      \
		"ON CONFLICT (key) DO UPDATE SET node_id = excluded.node_id, "                     \
		"visited = excluded.visited, rat_type = excluded.rat_type, "                       \
		"ulr_flags = excluded.ulr_flags, features1 = excluded.features1, "                 \
		"features2 = excluded.features2, flags = excluded.flags, "                         \
		"at_s = excluded.at_s, imei = excluded.imei, gateways = excluded.gateways, "       \
		"history = excluded.history",                                                      \
		NULL)                                                                              \
	X(GET_HISTORY, "SELECT history FROM location WHERE key = $1",                              \
		"SELECT history FROM location WHERE key = $1 FOR UPDATE")                          \
	X(PUT_HISTORY,                                                                             \
		"INSERT INTO location (key, history) SELECT key, $1 FROM imsi WHERE key = $2 "     \
		"ON CONFLICT (key) DO UPDATE SET history = excluded.history",                      \
		"INSERT INTO location (key, history) SELECT key, $1::bytea FROM imsi "             \
		"WHERE key = $2 ON CONFLICT (key) DO UPDATE SET history = excluded.history")       \
	X(NODES, "SELECT id, host, realm, via FROM node", NULL)                                    \
	X(NODE_BY_ID, "SELECT id, host, realm, via FROM node WHERE id = $1", NULL)                 \
	X(NODE_ADD,                                                                                \
		"INSERT INTO node (host, realm, via, id) VALUES ($1, $2, $3, $4) "                 \
		"ON CONFLICT DO NOTHING",                                                          \
		"INSERT INTO node (host, realm, via) VALUES ($1, $2, $3) "                         \
		"ON CONFLICT DO NOTHING")                                                          \
	X(NODE_FIND, "SELECT id FROM node WHERE host = $1 AND realm = $2 AND via = $3", NULL)      \
	X(NUMBER_GET, "SELECT value FROM meta WHERE name = $1", NULL)                              \
	X(NUMBER_PUT,                                                                              \
		"INSERT INTO meta (name, value) VALUES ($1, $2) "                                  \
		"ON CONFLICT (name) DO UPDATE SET value = excluded.value",                         \
		NULL)                                                                              \
	X(NUMBER_ADD,                                                                              \
		"INSERT INTO meta (name, value) VALUES ($1, $2) "                                  \
		"ON CONFLICT (name) DO UPDATE SET value = meta.value + excluded.value "            \
		"RETURNING value",                                                                 \
		NULL)                                                                              \
	X(SHARED_NUMBERS,                                                                          \
		"SELECT coalesce((SELECT value FROM meta WHERE name = 'profile_generation'), 0), " \
		"coalesce((SELECT value FROM meta WHERE name = 'seq_base'), 0)",                   \
		NULL)                                                                              \
	X(PROFILES,                                                                                \
		"SELECT id, name, version, is_barred, odb, is_packet_only, access_restriction, "   \
		"ambr_ul_bps, ambr_dl_bps, rau_tau_timer_s, charging, default_context_id, "        \
		"(SELECT count(*) FROM apn a WHERE a.profile_id = profile.id) "                    \
		"FROM profile ORDER BY name",                                                      \
		NULL)                                                                              \
	X(APNS,                                                                                    \
		"SELECT context_id, apn, pdn_type, qci, arp_priority, arp_can_preempt, "           \
		"arp_is_preemptable, ambr_ul_bps, ambr_dl_bps, is_vplmn_address_allowed, "         \
		"has_gateway, gateway, gw_allocation, charging FROM apn "                          \
		"WHERE profile_id = $1 ORDER BY context_id",                                       \
		NULL)                                                                              \
	X(PROFILE_PUT,                                                                             \
		"INSERT INTO profile (name, version, is_barred, odb, is_packet_only, "             \
		"access_restriction, ambr_ul_bps, ambr_dl_bps, rau_tau_timer_s, charging, "        \
		"default_context_id) VALUES ($1, 1, $2, $3, $4, $5, $6, $7, $8, $9, $10) "         \
		"ON CONFLICT (name) DO UPDATE SET version = profile.version + 1, "                 \
		"is_barred = excluded.is_barred, odb = excluded.odb, "                             \
		"is_packet_only = excluded.is_packet_only, "                                       \
		"access_restriction = excluded.access_restriction, "                               \
		"ambr_ul_bps = excluded.ambr_ul_bps, ambr_dl_bps = excluded.ambr_dl_bps, "         \
		"rau_tau_timer_s = excluded.rau_tau_timer_s, charging = excluded.charging, "       \
		"default_context_id = excluded.default_context_id RETURNING id",                   \
		NULL)                                                                              \
	X(PROFILE_ID, "SELECT id FROM profile WHERE name = $1", NULL)                              \
	X(PROFILE_LOCK, "SELECT 1 FROM profile WHERE id = $1",                                     \
		"SELECT 1 FROM profile WHERE id = $1 FOR KEY SHARE")                               \
	X(PROFILE_IN_USE, "SELECT 1 FROM sim WHERE profile_id = $1 LIMIT 1", NULL)                 \
	X(PROFILE_DEL, "DELETE FROM profile WHERE id = $1", NULL)                                  \
	X(APNS_DEL, "DELETE FROM apn WHERE profile_id = $1", NULL)                                 \
	X(APN_ADD,                                                                                 \
		"INSERT INTO apn (profile_id, context_id, apn, pdn_type, qci, arp_priority, "      \
		"arp_can_preempt, arp_is_preemptable, ambr_ul_bps, ambr_dl_bps, "                  \
		"is_vplmn_address_allowed, has_gateway, gateway, gw_allocation, charging) "        \
		"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",       \
		NULL)                                                                              \
	X(REQUEST_PUT,                                                                             \
		"INSERT INTO request (command, imsi, host, realm, via, args, created_ms, due_ms, " \
		"attempts, why, claimed_ms) SELECT $1, $2, $3, $4, $5, $6, $7, $8, 0, '', 0 "      \
		"WHERE NOT EXISTS (SELECT 1 FROM request r WHERE r.imsi = $2 AND "                 \
		"r.command = $1 AND r.host = $3 AND r.args = $6 AND r.attempts = 0)",              \
		"INSERT INTO request (command, imsi, host, realm, via, args, created_ms, due_ms, " \
		"attempts, why, claimed_ms) SELECT $1::bigint, $2::text, $3::text, $4::text, "     \
		"$5::text, $6::text, $7::bigint, $8::bigint, 0, '', 0 "                            \
		"WHERE NOT EXISTS (SELECT 1 FROM request r WHERE r.imsi = $2 AND "                 \
		"r.command = $1 AND r.host = $3 AND r.args = $6 AND r.attempts = 0)")              \
	X(REQUESTS_CLAIM,                                                                          \
		"UPDATE request SET claimed_ms = $1 WHERE id IN (SELECT id FROM request "          \
		"WHERE due_ms <= $2 AND claimed_ms <= $2 ORDER BY due_ms, id LIMIT $3) "           \
		"RETURNING " REQUEST_COLUMNS,                                                      \
		"UPDATE request SET claimed_ms = $1::bigint WHERE id IN (SELECT id FROM request "  \
		"WHERE due_ms <= $2::bigint AND claimed_ms <= $2::bigint ORDER BY due_ms, id "     \
		"LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING " REQUEST_COLUMNS)                     \
	X(REQUESTS_LIST,                                                                           \
		"SELECT " REQUEST_COLUMNS " FROM request WHERE id > $1 AND ($2 = '' OR "           \
		"imsi = $2) ORDER BY id LIMIT $3",                                                 \
		"SELECT " REQUEST_COLUMNS " FROM request WHERE id > $1 AND ($2::text = '' OR "     \
		"imsi = $2::text) ORDER BY id LIMIT $3")                                           \
	X(REQUEST_DEL, "DELETE FROM request WHERE id = $1", NULL)                                  \
	X(REQUEST_RETRY,                                                                           \
		"UPDATE request SET due_ms = $1, why = $2, attempts = attempts + 1, "              \
		"claimed_ms = 0 WHERE id = $3",                                                    \
		NULL)                                                                              \
	X(SIM_ADD,                                                                                 \
		"INSERT INTO sim (iccid, msisdn, state, profile_id, imei_lock, imei, rats, "       \
		"partners, addresses, id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",       \
		NULL)                                                                              \
	X(IMSI_ADD,                                                                                \
		"INSERT INTO imsi (key, sim_id, sealed, seq, base, nodes) "                        \
		"VALUES ($1, $2, $3, $4, $5, $6)",                                                 \
		NULL)                                                                              \
	X(SIM_DEL, "DELETE FROM sim WHERE id = $1", NULL)                                          \
	X(IMSI_DEL, "DELETE FROM imsi WHERE key = $1", NULL)                                       \
	X(LOCATION_DEL, "DELETE FROM location WHERE key = $1", NULL)                               \
	X(SIM_ID_BY_ICCID, "SELECT id FROM sim WHERE iccid = $1", NULL)                            \
	X(SIM_ID_MAX, "SELECT coalesce(max(id), 0) FROM sim", NULL)                                \
	X(SIM_ID_NEXT, "SELECT coalesce(max(id), 0) + 1 FROM sim", "SELECT nextval('sim_id')")     \
	X(LIST,                                                                                    \
		"SELECT " ROW_COLUMNS ", i.key, " LOCATION_COLUMNS ROW_FROM_LOCATION               \
		" WHERE i.key > $1 AND i.key < $2 AND ($3 < 0 OR s.state = $3) "                   \
		"AND ($4 = 0 OR s.profile_id = $4) AND (s.id < $5 OR s.id > $6) "                  \
		"AND ($7 < 0 OR (coalesce(l.node_id, 0) <> 0 AND l.flags & 1 = 0) = ($7 = 1)) "    \
		"ORDER BY i.key LIMIT $8",                                                         \
		"SELECT " ROW_COLUMNS ", i.key, " LOCATION_COLUMNS ROW_FROM_LOCATION               \
		" WHERE i.key > $1 AND i.key < $2 AND ($3::bigint < 0 OR s.state = $3) "           \
		"AND ($4::bigint = 0 OR s.profile_id = $4) AND (s.id < $5 OR s.id > $6) "          \
		"AND ($7::bigint < 0 OR (coalesce(l.node_id, 0) <> 0 AND l.flags & 1 = 0) = "      \
		"($7 = 1)) ORDER BY i.key LIMIT $8")                                               \
	X(NODE_COUNTS,                                                                             \
		"SELECT node_id, count(*) FROM location WHERE node_id <> 0 AND flags & 1 = 0 "     \
		"GROUP BY node_id",                                                                \
		NULL)                                                                              \
	X(COUNT_STATES, "SELECT state, count(*) FROM sim WHERE id < $1 OR id > $2 GROUP BY state", \
		NULL)                                                                              \
	X(COUNT_IMSIS, "SELECT count(*) FROM imsi WHERE sim_id < $1 OR sim_id > $2", NULL)         \
	X(COUNT_LOCATIONS,                                                                         \
		"SELECT flags & 1, count(*) FROM location WHERE node_id <> 0 GROUP BY flags & 1",  \
		NULL)                                                                              \
	X(COUNT_REQUESTS, "SELECT count(*) FROM request", NULL)                                    \
	X(IMPORT_GET, "SELECT first_sim, last_sim FROM import",                                    \
		"SELECT 0::bigint, -1::bigint WHERE false")                                        \
	X(IMPORT_PUT, "INSERT INTO import (first_sim, last_sim) VALUES ($1, $2)",                  \
		"SELECT $1::bigint, $2::bigint")                                                   \
	X(IMPORT_DEL, "DELETE FROM import", "SELECT 1")                                            \
	X(BULK_CONFLICTS, "SELECT 1",                                                              \
		"SELECT DISTINCT line FROM ("                                                      \
		"SELECT line FROM import_sim i JOIN sim s USING (iccid) UNION ALL "                \
		"SELECT line FROM import_sim i JOIN sim s ON s.msisdn = i.msisdn UNION ALL "       \
		"SELECT line FROM import_imsi i JOIN imsi o USING (key) UNION ALL "                \
		"SELECT line FROM (SELECT line, row_number() OVER "                                \
		"(PARTITION BY iccid ORDER BY line) n FROM import_sim) d WHERE n > 1 UNION ALL "   \
		"SELECT line FROM (SELECT line, row_number() OVER "                                \
		"(PARTITION BY msisdn ORDER BY line) n FROM import_sim WHERE msisdn IS NOT NULL) " \
		"d WHERE n > 1 UNION ALL "                                                         \
		"SELECT line FROM (SELECT line, row_number() OVER "                                \
		"(PARTITION BY key ORDER BY line) n FROM import_imsi) d WHERE n > 1) c "           \
		"ORDER BY line LIMIT 1000")                                                        \
	X(BULK_LOST_PROFILES, "SELECT 1",                                                          \
		"SELECT 1 FROM (SELECT DISTINCT profile_id FROM import_sim) d WHERE NOT EXISTS "   \
		"(SELECT 1 FROM profile p WHERE p.id = d.profile_id FOR KEY SHARE)")               \
	X(PURGE_LOCATIONS,                                                                         \
		"DELETE FROM location WHERE key IN (SELECT key FROM imsi WHERE sim_id >= $1 "      \
		"AND sim_id <= $2)",                                                               \
		NULL)                                                                              \
	X(PURGE_IMSIS, "DELETE FROM imsi WHERE sim_id >= $1 AND sim_id <= $2", NULL)               \
	X(PURGE_SIMS, "DELETE FROM sim WHERE id >= $1 AND id <= $2", NULL)

enum sql_id {
#define SQL_ENUM(name, sqlite, pgsql) SQL_##name,
	SQL_STATEMENTS(SQL_ENUM)
#undef SQL_ENUM
		SQL_N_STATEMENTS
};
