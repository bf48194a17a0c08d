// SPDX-License-Identifier: BSD-3-Clause
#include "hss/profile_fan.h"

#include "hss/text.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#define IN_FLIGHT 64

struct fan {
	struct store *store;
	const struct hss_triggers *triggers;
	const struct profile *old; // a reference
	struct fan_result *result;
	store_result_fn done;
	void *arg;
	pthread_mutex_t lock; // of *result
	sem_t slots;          // changes that may be submitted
	int err;
};

struct fan_op {
	struct store_op op; // first
	struct fan *fan;
	struct subscriber old;
	struct trigger_lines said;
};

static int
fan_change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct fan_op *o = arg;
	const struct hss_triggers *t = o->fan->triggers;

	o->said.n = 0;
	// It may have left, or got another profile meanwhile.
	if (!s->registration.node || s->profile_id != o->fan->old->id)
		return 0;
	subscriber_copy(&o->old, s);
	o->old.profile = o->fan->old;
	return t->subscription_changed(t->ctx, tx, s, &o->old, CHANGED_PROFILE, &o->said);
}

static void
fan_changed(struct store_op *op, int result, const struct subscriber *s)
{
	struct fan_op *o = (struct fan_op *)op;
	struct fan *fan = o->fan;

	pthread_mutex_lock(&fan->lock);
	if (result != 0 && result != -ENOENT)
		fan->err = result;
	fan->result->n_told += result == 0 && o->said.n > 0;
	for (unsigned i = 0; result == 0 && i < o->said.n; i++)
		if (fan->result->said.n < TRIGGER_LINES_MAX)
			text_copy(fan->result->said.line[fan->result->said.n++], TRIGGER_LINE_SIZE,
				o->said.line[i]);
	pthread_mutex_unlock(&fan->lock);
	free(o);
	sem_post(&fan->slots);
}

static void
take_slot(struct fan *fan)
{
	while (sem_wait(&fan->slots) != 0)
		continue;
}

// On the reading thread, which may wait.
static bool
fan_row(void *arg, const struct subscriber *s)
{
	struct fan *fan = arg;
	struct fan_op *o = calloc(1, sizeof(*o));

	if (!o)
		return false;
	take_slot(fan);
	fan->result->n_sims++;
	o->fan = fan;
	o->op.by = STORE_BY_IMSI;
	text_copy(o->op.key, sizeof(o->op.key), s->imsi);
	o->op.parts = STORE_LOCATION;
	o->op.change = fan_change;
	o->op.done = fan_changed;
	o->op.arg = o;
	store_submit(fan->store, &o->op);
	return true;
}

static void
fan_listed(void *arg, int result)
{
	struct fan *fan = arg;

	for (unsigned i = 0; i < IN_FLIGHT; i++)
		take_slot(fan);
	if (fan->result->n_told > 0)
		fan->triggers->wake(fan->triggers->ctx);
	fan->done(fan->arg, result != 0 ? result : fan->err);
	profile_give(fan->old);
	sem_destroy(&fan->slots);
	pthread_mutex_destroy(&fan->lock);
	free(fan);
}

void
profile_fan(struct store *store, const struct hss_triggers *triggers, const struct profile *old,
	struct fan_result *result, store_result_fn done, void *arg)
{
	struct store_filter f = STORE_FILTER_ALL;
	struct fan *fan = calloc(1, sizeof(*fan));

	memset(result, 0, sizeof(*result));
	if (!fan) {
		done(arg, -ENOMEM);
		return;
	}
	fan->store = store;
	fan->triggers = triggers;
	fan->old = profile_take(old);
	fan->result = result;
	fan->done = done;
	fan->arg = arg;
	pthread_mutex_init(&fan->lock, NULL);
	sem_init(&fan->slots, 0, IN_FLIGHT);
	text_copy(f.profile, sizeof(f.profile), old->name);
	f.registered = 1;
	store_list(store, &f, fan_row, fan_listed, fan);
}
