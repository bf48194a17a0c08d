// SPDX-License-Identifier: BSD-3-Clause
// On a server an import is one transaction: COPY into temporary tables, a look for conflicts, two
// INSERTs. Others see nothing of it before its commit.
#include "hss/store_private.h"
#include "hss/subscriber_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIM_LINE_MAX (512 + PARTNERS_TEXT_SIZE + ADDRESSES_TEXT_SIZE)
#define IMSI_LINE_MAX (128 + 2 * SEALED_MAX)

int
bulk_pgsql_begin(struct store_bulk *bulk)
{
	const struct sql_engine *engine = bulk->store->sql->engine;
	int err = engine->open(bulk->store->target, &bulk->store->config, &bulk->sql);

	if (err != 0)
		return err;
	err = engine->begin(bulk->sql);
	if (err == 0)
		err = engine->run(bulk->sql,
			"CREATE TEMP TABLE import_sim (line bigint, "
			"id bigint DEFAULT nextval('sim_id'), iccid text, msisdn text, "
			"state bigint, profile_id bigint, imei_lock bigint, imei text, "
			"rats bigint, partners text, addresses text) ON COMMIT DROP;"
			"CREATE TEMP TABLE import_imsi (line bigint, key bigint, sealed bytea, "
			"seq bigint) ON COMMIT DROP");
	if (err != 0)
		engine->close(bulk->sql);
	return err;
}

// One line of COPY's text format: tabs between columns, \N for null; no value holds either.
static size_t
sim_line(const struct new_sim *sim, uint64_t line, int64_t profile_id, char *out)
{
	char partners[PARTNERS_TEXT_SIZE], addresses[ADDRESSES_TEXT_SIZE];

	partners_print(sim->partners, sim->n_partners, partners);
	addresses_print(sim->addresses, sim->n_addresses, addresses);
	return (size_t)snprintf(out, SIM_LINE_MAX,
		"%" PRIu64 "\t%s\t%s\t%d\t%" PRId64 "\t%d\t%s\t%u\t%s\t%s\n", line, sim->iccid,
		sim->msisdn[0] ? sim->msisdn : "\\N", (int)sim->state, profile_id,
		(int)sim->imei_lock, sim->imei, sim->rats, partners, addresses);
}

static size_t
imsi_line(const struct new_imsi *imsi, uint64_t line, char *out)
{
	char sealed[2 * SEALED_MAX + 1];

	hex_print(imsi->sealed, imsi->sealed_len, sealed);
	return (size_t)snprintf(out, IMSI_LINE_MAX,
		"%" PRIu64 "\t%" PRId64 "\t\\\\x%s\t%" PRIu64 "\n", line, imsi_key(imsi->imsi),
		sealed, imsi->seq);
}

int
bulk_pgsql_flush(struct store_bulk *bulk)
{
	const struct sql_engine *engine = bulk->store->sql->engine;
	char *sims = malloc((size_t)bulk->n * SIM_LINE_MAX);
	char *imsis = malloc((size_t)bulk->n * SIM_IMSIS_MAX * IMSI_LINE_MAX);
	size_t n_sims = 0, n_imsis = 0;
	int err = sims && imsis ? 0 : -ENOMEM;

	for (unsigned i = 0; err == 0 && i < bulk->n; i++) {
		const struct new_sim *sim = &bulk->sims[i];

		n_sims += sim_line(sim, bulk->lines[i], bulk->profile_ids[i], sims + n_sims);
		for (unsigned j = 0; j < sim->n_imsis; j++)
			n_imsis += imsi_line(&sim->imsis[j], bulk->lines[i], imsis + n_imsis);
	}
	if (err == 0)
		err = engine->copy(bulk->sql,
			"COPY import_sim (line, iccid, msisdn, state, profile_id, imei_lock, "
			"imei, rats, partners, addresses) FROM STDIN",
			sims, n_sims);
	if (err == 0)
		err = engine->copy(bulk->sql,
			"COPY import_imsi (line, key, sealed, seq) FROM STDIN", imsis, n_imsis);
	free(sims);
	free(imsis);
	return err;
}

static int
conflicts_find(struct store_bulk *bulk)
{
	struct sql_stmt *st = sql_start(bulk->sql, SQL_BULK_CONFLICTS);
	int more;

	while ((more = sql_step(st)) == 1 && bulk->n_conflicts < BULK_CONFLICTS_MAX)
		bulk->conflicts[bulk->n_conflicts++] = (uint64_t)sql_get_int(st, 0);
	sql_finish(st);
	if (more < 0)
		return more;
	return bulk->n_conflicts > 0 ? -EEXIST : 0;
}

static int
profiles_check(struct store_bulk *bulk)
{
	struct sql_stmt *st = sql_start(bulk->sql, SQL_BULK_LOST_PROFILES);
	int more = sql_step(st);

	sql_finish(st);
	return more == 1 ? -ENOENT : more;
}

int
bulk_pgsql_commit(struct store_bulk *bulk)
{
	const struct sql_engine *engine = bulk->store->sql->engine;
	char text[256];
	int err = engine->run(bulk->sql, "ANALYZE import_sim; ANALYZE import_imsi");

	if (err == 0)
		err = conflicts_find(bulk);
	if (err == 0)
		err = profiles_check(bulk);
	if (err == 0)
		err = engine->run(bulk->sql,
			"INSERT INTO sim (id, iccid, msisdn, state, profile_id, imei_lock, imei, "
			"rats, partners, addresses) SELECT id, iccid, msisdn, state, profile_id, "
			"imei_lock, imei, rats, partners, addresses FROM import_sim");
	snprintf(text, sizeof(text),
		"INSERT INTO imsi (key, sim_id, sealed, seq, base, nodes) SELECT i.key, s.id, "
		"i.sealed, i.seq, %" PRId64
		", '' FROM import_imsi i JOIN import_sim s USING (line)",
		bulk->store->base);
	if (err == 0)
		err = engine->run(bulk->sql, text);
	if (err == 0)
		err = engine->commit(bulk->sql);
	if (err == 0)
		engine->close(bulk->sql);
	return err;
}

void
bulk_pgsql_abort(struct store_bulk *bulk)
{
	const struct sql_engine *engine = bulk->store->sql->engine;

	engine->rollback(bulk->sql);
	engine->close(bulk->sql);
}
