// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "hss/store_private.h"

#include <errno.h>

// Each element brings the schema from its index to the next version; what was released is never
// edited, only followed by more. Columns that hold integers are bigint everywhere, so that PostgreSQL
// sends them all alike. A key is 1 followed by the IMSI's digits, as a number.
struct migration {
	const char *sqlite;
	const char *pgsql;
};

#define PROFILE_TABLES                                                                             \
	" name text NOT NULL UNIQUE, version bigint NOT NULL, is_barred bigint NOT NULL, "         \
	"odb bigint NOT NULL, is_packet_only bigint NOT NULL, "                                    \
	"access_restriction bigint NOT NULL, ambr_ul_bps bigint NOT NULL, "                        \
	"ambr_dl_bps bigint NOT NULL, rau_tau_timer_s bigint NOT NULL, "                           \
	"charging bigint NOT NULL, default_context_id bigint NOT NULL);"                           \
	"CREATE TABLE apn (profile_id bigint NOT NULL, context_id bigint NOT NULL, "               \
	"apn text NOT NULL, pdn_type bigint NOT NULL, qci bigint NOT NULL, "                       \
	"arp_priority bigint NOT NULL, arp_can_preempt bigint NOT NULL, "                          \
	"arp_is_preemptable bigint NOT NULL, ambr_ul_bps bigint NOT NULL, "                        \
	"ambr_dl_bps bigint NOT NULL, is_vplmn_address_allowed bigint NOT NULL, "                  \
	"has_gateway bigint NOT NULL, gateway text NOT NULL, gw_allocation bigint NOT NULL, "      \
	"charging bigint NOT NULL, PRIMARY KEY (profile_id, context_id));"

#define SIM_COLUMNS                                                                                \
	" iccid text NOT NULL UNIQUE, msisdn text UNIQUE, state bigint NOT NULL, "                 \
	"profile_id bigint NOT NULL, imei_lock bigint NOT NULL, imei text NOT NULL, "              \
	"rats bigint NOT NULL, partners text NOT NULL, addresses text NOT NULL);"                  \
	"CREATE INDEX sim_profile ON sim (profile_id);"

#define LOCATION_TABLE                                                                             \
	" node_id bigint NOT NULL DEFAULT 0, visited bigint NOT NULL DEFAULT 0, "                  \
	"rat_type bigint NOT NULL DEFAULT 0, ulr_flags bigint NOT NULL DEFAULT 0, "                \
	"features1 bigint NOT NULL DEFAULT 0, features2 bigint NOT NULL DEFAULT 0, "               \
	"flags bigint NOT NULL DEFAULT 0, at_s bigint NOT NULL DEFAULT 0, "                        \
	"imei text NOT NULL DEFAULT '', gateways text NOT NULL DEFAULT '', "

#define REQUEST_TABLE                                                                              \
	" command bigint NOT NULL, imsi text NOT NULL, host text NOT NULL, "                       \
	"realm text NOT NULL, via text NOT NULL, args text NOT NULL, "                             \
	"created_ms bigint NOT NULL, due_ms bigint NOT NULL, attempts bigint NOT NULL, "           \
	"why text NOT NULL, claimed_ms bigint NOT NULL);"                                          \
	"CREATE INDEX request_imsi ON request (imsi);"                                             \
	"CREATE INDEX request_due ON request (due_ms);"

static const struct migration migrations[] = {
	{ "CREATE TABLE profile (id integer PRIMARY KEY," PROFILE_TABLES
	  "CREATE TABLE sim (id integer PRIMARY KEY," SIM_COLUMNS
	  "CREATE TABLE imsi (key integer PRIMARY KEY, sim_id bigint NOT NULL, "
	  "sealed blob NOT NULL, seq bigint NOT NULL, base bigint NOT NULL, nodes blob NOT NULL);"
	  "CREATE INDEX imsi_sim ON imsi (sim_id);"
	  "CREATE TABLE location (key integer PRIMARY KEY," LOCATION_TABLE
	  "history blob NOT NULL DEFAULT x'');"
	  "CREATE TABLE node (id integer PRIMARY KEY, host text NOT NULL, realm text NOT NULL, "
	  "via text NOT NULL, UNIQUE (host, realm, via));"
	  "CREATE TABLE request (id integer PRIMARY KEY AUTOINCREMENT," REQUEST_TABLE
	  "CREATE TABLE import (first_sim bigint NOT NULL, last_sim bigint NOT NULL);",

		"CREATE TABLE profile (id bigserial PRIMARY KEY," PROFILE_TABLES
		"CREATE SEQUENCE sim_id;"
		"CREATE TABLE sim (id bigint PRIMARY KEY," SIM_COLUMNS
		"CREATE TABLE imsi (key bigint PRIMARY KEY, sim_id bigint NOT NULL, "
		"sealed bytea NOT NULL, seq bigint NOT NULL, base bigint NOT NULL, "
		"nodes bytea NOT NULL) WITH (fillfactor = 80);"
		"CREATE INDEX imsi_sim ON imsi (sim_id);"
		"CREATE TABLE location (key bigint PRIMARY KEY," LOCATION_TABLE
		"history bytea NOT NULL DEFAULT '') WITH (fillfactor = 80);"
		"CREATE TABLE node (id bigserial PRIMARY KEY, host text NOT NULL, "
		"realm text NOT NULL, via text NOT NULL, UNIQUE (host, realm, via));"
		"CREATE TABLE request (id bigserial PRIMARY KEY," REQUEST_TABLE },
};

#define SCHEMA_VERSION ((int64_t)(sizeof(migrations) / sizeof(migrations[0])))

int
store_number(struct sql *sql, const char *name, int64_t *value)
{
	struct sql_stmt *st = sql_bound(sql, SQL_NUMBER_GET, "t", name);
	int more = sql_step(st);

	*value = more == 1 ? sql_get_int(st, 0) : 0;
	sql_finish(st);
	return more < 0 ? more : 0;
}

int
store_number_put(struct sql *sql, const char *name, int64_t value)
{
	int changed = sql_exec(sql_bound(sql, SQL_NUMBER_PUT, "ti", name, value));

	return changed < 0 ? changed : 0;
}

int
store_number_raise(struct sql *sql, const char *name, int64_t delta, int64_t *value)
{
	struct sql_stmt *st = sql_bound(sql, SQL_NUMBER_ADD, "ti", name, delta);
	int more = sql_step(st);

	if (more == 1)
		*value = sql_get_int(st, 0);
	sql_finish(st);
	return more < 0 ? more : 0;
}

static int
migrate(struct sql *sql, int64_t from)
{
	bool is_pgsql = sql->engine == &sql_pgsql;

	for (int64_t v = from; v < SCHEMA_VERSION; v++) {
		int err = sql->engine->run(
			sql, is_pgsql ? migrations[v].pgsql : migrations[v].sqlite);

		if (err != 0)
			return err;
		log_notice("database: schema brought to version %lld", (long long)v + 1);
	}
	return store_number_put(sql, "schema", SCHEMA_VERSION);
}

int
store_schema_open(struct sql *sql)
{
	int64_t version;
	int err = sql->engine->run(sql,
		"CREATE TABLE IF NOT EXISTS meta "
		"(name text PRIMARY KEY, value bigint NOT NULL)");

	// -EEXIST: another process made it at the same moment.
	if (err == 0 || err == -EEXIST)
		err = sql->engine->begin(sql);
	if (err != 0)
		return err;
	// Two processes that start at once on one server: the second waits here for the first.
	if (sql->engine->is_shared)
		err = sql->engine->run(sql, "LOCK TABLE meta IN EXCLUSIVE MODE");
	if (err == 0)
		err = store_number(sql, "schema", &version);
	if (err == 0 && version > SCHEMA_VERSION) {
		log_error("database: its schema has version %lld, this program knows up to %lld",
			(long long)version, (long long)SCHEMA_VERSION);
		err = -EPROTO;
	}
	if (err == 0 && version < SCHEMA_VERSION)
		err = migrate(sql, version);
	if (err == 0)
		err = sql->engine->commit(sql);
	if (err != 0)
		sql->engine->rollback(sql);
	return err;
}
