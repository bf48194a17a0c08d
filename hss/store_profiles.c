// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "hss/store_private.h"
#include "hss/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GENERATION "profile_generation"
#define NO_CHARGING (-1)

static void
profile_decode(struct sql_stmt *st, struct profile *p)
{
	int64_t charging = sql_get_int(st, 10);

	p->id = (uint32_t)sql_get_int(st, 0);
	p->version = (uint32_t)sql_get_int(st, 2);
	p->is_barred = sql_get_int(st, 3) != 0;
	p->odb = (uint32_t)sql_get_int(st, 4);
	p->is_packet_only = sql_get_int(st, 5) != 0;
	p->access_restriction = (uint32_t)sql_get_int(st, 6);
	p->ambr_ul_bps = (uint64_t)sql_get_int(st, 7);
	p->ambr_dl_bps = (uint64_t)sql_get_int(st, 8);
	p->rau_tau_timer_s = (uint32_t)sql_get_int(st, 9);
	p->has_charging = charging != NO_CHARGING;
	p->charging = p->has_charging ? (uint16_t)charging : 0;
	p->default_context_id = (uint32_t)sql_get_int(st, 11);
}

static void
apn_decode(struct sql_stmt *st, struct apn_config *a)
{
	int64_t charging = sql_get_int(st, 13);

	a->context_id = (uint32_t)sql_get_int(st, 0);
	text_copy(a->apn, sizeof(a->apn), sql_get_text(st, 1));
	a->pdn_type = (enum pdn_type)sql_get_int(st, 2);
	a->qci = (uint8_t)sql_get_int(st, 3);
	a->arp_priority = (uint8_t)sql_get_int(st, 4);
	a->arp_can_preempt = sql_get_int(st, 5) != 0;
	a->arp_is_preemptable = sql_get_int(st, 6) != 0;
	a->ambr_ul_bps = (uint64_t)sql_get_int(st, 7);
	a->ambr_dl_bps = (uint64_t)sql_get_int(st, 8);
	a->is_vplmn_address_allowed = sql_get_int(st, 9) != 0;
	a->has_gateway = sql_get_int(st, 10) != 0;
	gateway_decode(sql_get_text(st, 11), &a->gateway);
	a->gw_allocation = (enum pdn_gw_allocation)sql_get_int(st, 12);
	a->has_charging = charging != NO_CHARGING;
	a->charging = a->has_charging ? (uint16_t)charging : 0;
}

static void
list_free(const struct profile **list, int n)
{
	for (int i = 0; i < n; i++)
		profile_give(list[i]);
	free(list);
}

// The rows of all profiles, still without their APNs.
static int
rows_read(struct sql *sql, struct profile ***list, int *n)
{
	struct sql_stmt *st = sql_start(sql, SQL_PROFILES);
	int more;

	*list = NULL;
	*n = 0;
	while ((more = sql_step(st)) == 1) {
		struct profile **bigger = realloc(*list, (size_t)(*n + 1) * sizeof(*bigger));

		if (bigger)
			*list = bigger;
		if (!bigger ||
			!(bigger[*n] = profile_new(
				  sql_get_text(st, 1), (uint16_t)sql_get_int(st, 12)))) {
			more = -ENOMEM;
			break;
		}
		profile_decode(st, bigger[(*n)++]);
	}
	sql_finish(st);
	return more;
}

static int
apns_read(struct sql *sql, struct profile *p)
{
	struct sql_stmt *st = sql_bound(sql, SQL_APNS, "i", (int64_t)p->id);
	uint16_t n = 0;
	int more;

	while ((more = sql_step(st)) == 1 && n < p->n_apns)
		apn_decode(st, &p->apns[n++]);
	sql_finish(st);
	p->n_apns = n;
	return more < 0 ? more : 0;
}

static int
all_read(struct store *store, struct sql *sql)
{
	const struct profile **old, **published;
	struct profile **list;
	int n, n_old;
	int err = rows_read(sql, &list, &n);

	for (int i = 0; err == 0 && i < n; i++)
		err = apns_read(sql, list[i]);
	published = calloc((size_t)n + 1, sizeof(*published));
	for (int i = 0; published && i < n; i++)
		published[i] = list[i];
	free(list);
	if (!published)
		return -ENOMEM;
	if (err != 0) {
		list_free(published, n);
		return err;
	}
	pthread_rwlock_wrlock(&store->profiles.lock);
	old = store->profiles.by_name;
	n_old = store->profiles.n;
	store->profiles.by_name = published;
	store->profiles.n = n;
	pthread_rwlock_unlock(&store->profiles.lock);
	list_free(old, n_old);
	return 0;
}

int
store_profiles_open(struct store *store, struct sql *sql)
{
	int err = store_number(sql, GENERATION, &store->profiles.generation);

	return err == 0 ? all_read(store, sql) : err;
}

int
store_shared_refresh(struct store *store, struct sql *sql)
{
	struct sql_stmt *st = sql_start(sql, SQL_SHARED_NUMBERS);
	int64_t generation = 0;
	int err = sql_step(st);

	if (err == 1) {
		generation = sql_get_int(st, 0);
		store->base = sql_get_int(st, 1);
	}
	sql_finish(st);
	if (err < 0 || generation == store->profiles.generation)
		return err < 0 ? err : 0;
	err = all_read(store, sql);
	if (err == 0)
		store->profiles.generation = generation;
	return err;
}

void
store_profiles_close(struct store *store)
{
	list_free(store->profiles.by_name, store->profiles.n);
	pthread_rwlock_destroy(&store->profiles.lock);
}

// The one in memory; the caller has the lock.
static const struct profile *
by_name(const struct profiles *p, const char *name)
{
	for (int i = 0; i < p->n; i++)
		if (strcmp(p->by_name[i]->name, name) == 0)
			return p->by_name[i];
	return NULL;
}

const struct profile *
store_profile_find(struct store *store, const char *name)
{
	const struct profile *p;

	pthread_rwlock_rdlock(&store->profiles.lock);
	p = by_name(&store->profiles, name);
	if (p)
		profile_take(p);
	pthread_rwlock_unlock(&store->profiles.lock);
	return p;
}

int
store_profiles_all(struct store *store, const struct profile ***profiles)
{
	struct profiles *p = &store->profiles;
	int n;

	pthread_rwlock_rdlock(&p->lock);
	*profiles = calloc((size_t)p->n + 1, sizeof(**profiles));
	n = *profiles ? p->n : -ENOMEM;
	for (int i = 0; i < n; i++)
		(*profiles)[i] = profile_take(p->by_name[i]);
	pthread_rwlock_unlock(&p->lock);
	return n;
}

void
store_profiles_free(const struct profile **profiles, int n)
{
	list_free(profiles, n);
}

// ---- Changes

struct profile_job {
	struct store_job job;    // first
	struct profile *profile; // to put; NULL: to delete
	char name[PROFILE_NAME_SIZE];
	store_result_fn done;
	void *arg;
};

static int64_t
charging_of(bool has_charging, uint16_t charging)
{
	return has_charging ? charging : NO_CHARGING;
}

static int
apn_add(struct sql *sql, int64_t profile_id, const struct apn_config *a)
{
	struct sql_stmt *st = sql_start(sql, SQL_APN_ADD);
	char gateway[2 * HOST_SIZE + 128];

	gateway_encode(&a->gateway, gateway, sizeof(gateway));
	sql_bind_int(st, profile_id);
	sql_bind_int(st, a->context_id);
	sql_bind_text(st, a->apn);
	sql_bind_int(st, a->pdn_type);
	sql_bind_int(st, a->qci);
	sql_bind_int(st, a->arp_priority);
	sql_bind_int(st, a->arp_can_preempt);
	sql_bind_int(st, a->arp_is_preemptable);
	sql_bind_int(st, (int64_t)a->ambr_ul_bps);
	sql_bind_int(st, (int64_t)a->ambr_dl_bps);
	sql_bind_int(st, a->is_vplmn_address_allowed);
	sql_bind_int(st, a->has_gateway);
	sql_bind_text(st, gateway);
	sql_bind_int(st, a->gw_allocation);
	sql_bind_int(st, charging_of(a->has_charging, a->charging));
	return sql_exec(st);
}

static int
profile_write(struct sql *sql, const struct profile *p)
{
	struct sql_stmt *st = sql_start(sql, SQL_PROFILE_PUT);
	int64_t id = 0;
	int more;

	sql_bind_text(st, p->name);
	sql_bind_int(st, p->is_barred);
	sql_bind_int(st, p->odb);
	sql_bind_int(st, p->is_packet_only);
	sql_bind_int(st, p->access_restriction);
	sql_bind_int(st, (int64_t)p->ambr_ul_bps);
	sql_bind_int(st, (int64_t)p->ambr_dl_bps);
	sql_bind_int(st, p->rau_tau_timer_s);
	sql_bind_int(st, charging_of(p->has_charging, p->charging));
	sql_bind_int(st, p->default_context_id);
	more = sql_step(st);
	if (more == 1)
		id = sql_get_int(st, 0);
	sql_finish(st);
	if (more != 1)
		return more < 0 ? more : -EIO;
	more = sql_exec(sql_bound(sql, SQL_APNS_DEL, "i", id));
	for (unsigned i = 0; more >= 0 && i < p->n_apns; i++)
		more = apn_add(sql, id, &p->apns[i]);
	return more < 0 ? more : 0;
}

static int
profile_remove(struct sql *sql, const char *name)
{
	struct sql_stmt *st = sql_bound(sql, SQL_PROFILE_ID, "t", name);
	int64_t id = 0;
	int more = sql_step(st);

	if (more == 1)
		id = sql_get_int(st, 0);
	sql_finish(st);
	if (more != 1)
		return more < 0 ? more : -ENOENT;
	// Deleted first: on a server that waits for those who are about to add SIMs with it.
	more = sql_exec(sql_bound(sql, SQL_PROFILE_DEL, "i", id));
	if (more >= 0)
		more = sql_exec(sql_bound(sql, SQL_APNS_DEL, "i", id));
	if (more < 0)
		return more;
	st = sql_bound(sql, SQL_PROFILE_IN_USE, "i", id);
	more = sql_step(st);
	sql_finish(st);
	return more <= 0 ? more : -EBUSY;
}

// Alone, so that what is in memory changes right after the commit, before any operation sees it.
static int
profile_run(struct store *store, struct sql *sql, struct store_job *job)
{
	struct profile_job *j = (struct profile_job *)job;
	int64_t generation = 0;
	int err = sql->engine->begin(sql);

	if (err == 0)
		err = j->profile ? profile_write(sql, j->profile) : profile_remove(sql, j->name);
	if (err == 0)
		err = store_number_raise(sql, GENERATION, 1, &generation);
	if (err == 0)
		err = sql->engine->commit(sql);
	if (err != 0) {
		sql->engine->rollback(sql);
		return err;
	}
	store->profiles.generation = generation;
	return all_read(store, sql);
}

static void
profile_finish(struct store *store, struct store_job *job, int result)
{
	struct profile_job *j = (struct profile_job *)job;

	if (j->done)
		j->done(j->arg, result);
	profile_give(j->profile);
	free(j);
}

static void
submit(struct store *store, struct profile *profile, const char *name, store_result_fn done,
	void *arg)
{
	struct profile_job *j = calloc(1, sizeof(*j));

	if (!j) {
		profile_give(profile);
		done(arg, -ENOMEM);
		return;
	}
	j->job.run = profile_run;
	j->job.finish = profile_finish;
	j->job.is_alone = true;
	j->profile = profile;
	text_copy(j->name, sizeof(j->name), name);
	j->done = done;
	j->arg = arg;
	store_job_submit(store, &j->job);
}

void
store_profile_put(struct store *store, const struct profile *p, store_result_fn done, void *arg)
{
	struct profile *copy;
	const char *why;

	if (!profile_is_sound(p, &why)) {
		done(arg, -EINVAL);
		return;
	}
	copy = profile_copy(p, p->n_apns);
	if (!copy)
		done(arg, -ENOMEM);
	else
		submit(store, copy, p->name, done, arg);
}

void
store_profile_del(struct store *store, const char *name, store_result_fn done, void *arg)
{
	submit(store, NULL, name, done, arg);
}

const struct profile *
store_profile_by_id(struct store *store, uint32_t id)
{
	const struct profiles *p = &store->profiles;
	const struct profile *found = NULL;

	pthread_rwlock_rdlock(&store->profiles.lock);
	for (int i = 0; i < p->n && !found; i++)
		if (p->by_name[i]->id == id)
			found = profile_take(p->by_name[i]);
	pthread_rwlock_unlock(&store->profiles.lock);
	return found;
}
