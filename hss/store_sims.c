// SPDX-License-Identifier: BSD-3-Clause
#include "hss/store_private.h"
#include "hss/subscriber_text.h"
#include "hss/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int64_t
store_sim_profile(struct store *store, const struct new_sim *sim)
{
	const struct profile *p = store_profile_find(store, sim->profile);
	int64_t id = p ? p->id : 0;

	profile_give(p);
	return id;
}

int
store_sim_write(struct store *store, struct sql *sql, const struct new_sim *sim, int64_t id,
	int64_t profile_id)
{
	char partners[PARTNERS_TEXT_SIZE], addresses[ADDRESSES_TEXT_SIZE];
	struct sql_stmt *st = sql_start(sql, SQL_SIM_ADD);
	int err;

	partners_print(sim->partners, sim->n_partners, partners);
	addresses_print(sim->addresses, sim->n_addresses, addresses);
	sql_bind_text(st, sim->iccid);
	sql_bind_text(st, sim->msisdn[0] ? sim->msisdn : NULL);
	sql_bind_int(st, sim->state);
	sql_bind_int(st, profile_id);
	sql_bind_int(st, sim->imei_lock);
	sql_bind_text(st, sim->imei);
	sql_bind_int(st, sim->rats);
	sql_bind_text(st, partners);
	sql_bind_text(st, addresses);
	sql_bind_int(st, id);
	err = sql_exec(st);
	for (unsigned i = 0; err >= 0 && i < sim->n_imsis; i++)
		err = store_imsi_write(store, sql, &sim->imsis[i], id);
	return err < 0 ? err : 0;
}

int
store_imsi_write(struct store *store, struct sql *sql, const struct new_imsi *imsi, int64_t sim_id)
{
	int changed = sql_exec(
		sql_bound(sql, SQL_IMSI_ADD, "iibiib", imsi_key(imsi->imsi), sim_id, imsi->sealed,
			(size_t)imsi->sealed_len, (int64_t)imsi->seq, store->base, "", (size_t)0));

	return changed < 0 ? changed : 0;
}

static int
number_of(struct sql_stmt *st, int64_t *value)
{
	int more = sql_step(st);

	if (more == 1)
		*value = sql_get_int(st, 0);
	sql_finish(st);
	return more < 0 ? more : more == 0 ? -ENOENT : 0;
}

// One for all: what differs is run.
struct sim_job {
	struct store_job job; // first
	struct new_sim sim;   // of which iccid and imsis[0] say what store_imsi_add wants
	store_result_fn done;
	void *arg;
};

static int
sim_add_run(struct store *store, struct sql *sql, struct store_job *job)
{
	const struct new_sim *sim = &((struct sim_job *)job)->sim;
	int64_t id = 0, profile_id = store_sim_profile(store, sim), found;
	int err;

	// The ids of an import belong together.
	if (atomic_load(&store->is_importing) && !sql->engine->is_shared)
		return -EBUSY;
	if (profile_id == 0)
		return -ENOENT;
	err = number_of(sql_bound(sql, SQL_PROFILE_LOCK, "i", profile_id), &found);
	if (err == 0)
		err = number_of(sql_start(sql, SQL_SIM_ID_NEXT), &id);
	if (err == 0)
		err = store_sim_write(store, sql, sim, id, profile_id);
	return err;
}

static int
imsi_add_run(struct store *store, struct sql *sql, struct store_job *job)
{
	const struct new_sim *sim = &((struct sim_job *)job)->sim;
	int64_t keys = 0, id = 0;
	struct sql_stmt *st;
	int more, err = number_of(sql_bound(sql, SQL_SIM_ID_BY_ICCID, "t", sim->iccid), &id);

	if (err == 0 && is_hidden(store, id))
		err = -ENOENT;
	if (err != 0)
		return err;
	st = sql_bound(sql, SQL_KEYS_BY_ICCID, "t", sim->iccid);
	while ((more = sql_step(st)) == 1)
		keys++;
	sql_finish(st);
	if (more < 0 || keys >= SIM_IMSIS_MAX)
		return more < 0 ? more : -E2BIG;
	return store_imsi_write(store, sql, &sim->imsis[0], id);
}

static void
sim_finish(struct store *store, struct store_job *job, int result)
{
	struct sim_job *j = (struct sim_job *)job;

	if (j->done)
		j->done(j->arg, result);
	free(j);
}

static struct sim_job *
job_new(int (*run)(struct store *, struct sql *, struct store_job *), store_result_fn done,
	void *arg)
{
	struct sim_job *j = calloc(1, sizeof(*j));

	if (!j) {
		done(arg, -ENOMEM);
		return NULL;
	}
	j->job.run = run;
	j->job.finish = sim_finish;
	j->done = done;
	j->arg = arg;
	return j;
}

void
store_sim_add(struct store *store, const struct new_sim *sim, store_result_fn done, void *arg)
{
	struct sim_job *j = job_new(sim_add_run, done, arg);

	if (!j)
		return;
	j->sim = *sim;
	store_job_submit(store, &j->job);
}

void
store_imsi_add(struct store *store, const char *iccid, const struct new_imsi *imsi,
	store_result_fn done, void *arg)
{
	struct sim_job *j = job_new(imsi_add_run, done, arg);

	if (!j)
		return;
	text_copy(j->sim.iccid, sizeof(j->sim.iccid), iccid);
	j->sim.imsis[0] = *imsi;
	store_job_submit(store, &j->job);
}
