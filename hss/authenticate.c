// SPDX-License-Identifier: BSD-3-Clause
#include "hss/authenticate.h"

#include "hss/text.h"

#include <errno.h>
#include <string.h>

static int
resynchronise(struct auth_request *r, struct subscriber *s)
{
	uint64_t sqn_ms;
	int err;

	if (r->is_resync_malformed)
		return -EBADMSG;
	err = auc_auts_check(&r->key, r->resync_rand, r->resync_auts, AUC_AUTS_LEN, &sqn_ms);
	if (err == 0)
		r->was_resynchronised = sqn_resync(&s->sqn, sqn_ms) == 1;
	return err;
}

static void
note(struct auth_request *r, struct store_tx *tx, uint8_t event, const char *text)
{
	struct history_entry e = { .event = event };

	memcpy(e.plmn, r->visited.tbcd, sizeof(e.plmn));
	text_copy(e.text, sizeof(e.text), text);
	store_history(tx, &e);
}

static int
auth_change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct auth_request *r = arg;
	unsigned n = r->n_eps + r->n_utran;

	r->was_resynchronised = false;
	r->result = 0;
	if (r->activates && s->state == SIM_REGISTERED) {
		s->state = SIM_ACTIVE;
		note(r, tx, HISTORY_STATE, "active by first use");
	}
	r->verdict = subscriber_judge(s, &r->visited, 0, NULL);
	if (r->verdict != VERDICT_SERVED) {
		note(r, tx, HISTORY_AUTH_REFUSED, verdict_name(r->verdict));
		return 0;
	}
	r->result = seal_unwrap(r->seal, s->imsi, s->sealed, s->sealed_len, &r->key);
	if (r->result == 0 && (r->has_resync || r->is_resync_malformed)) {
		r->result = resynchronise(r, s);
		note(r, tx, r->result == 0 ? HISTORY_RESYNC : HISTORY_RESYNC_REFUSED, r->node);
	}
	if (r->result == 0)
		r->result = sqn_take(&s->sqn, r->node, n, r->sqns);
	return 0;
}

static int
vectors_make(struct auth_request *r)
{
	auc_random_fn random = r->random ? r->random : auc_random;
	const uint64_t *sqn = r->sqns;
	int err = 0;

	for (; err == 0 && r->n_eps_made < r->n_eps; r->n_eps_made++)
		err = auc_eps_vector(&r->key, *sqn++, r->visited.tbcd, random, r->random_arg,
			&r->eps[r->n_eps_made]);
	for (; err == 0 && r->n_utran_made < r->n_utran; r->n_utran_made++)
		err = auc_utran_vector(
			&r->key, *sqn++, random, r->random_arg, &r->utran[r->n_utran_made]);
	return err;
}

static void
auth_done(struct store_op *op, int result, const struct subscriber *s)
{
	struct auth_request *r = (struct auth_request *)op;

	if (result == -ENOENT)
		r->verdict = VERDICT_UNKNOWN;
	else if (result != 0)
		r->result = result;
	else if (r->result == 0 && r->verdict == VERDICT_SERVED)
		r->result = vectors_make(r);
	if (r->result != 0)
		r->n_eps_made = r->n_utran_made = 0;
	auc_key_wipe(&r->key);
	r->done(r);
}

void
authenticate(struct auth_request *r)
{
	if (r->n_eps > AUC_VECTORS_MAX)
		r->n_eps = AUC_VECTORS_MAX;
	if (r->n_utran > AUC_VECTORS_MAX)
		r->n_utran = AUC_VECTORS_MAX;
	r->n_eps_made = r->n_utran_made = 0;
	r->result = 0;
	r->verdict = VERDICT_SERVED;
	r->op.by = STORE_BY_IMSI;
	text_copy(r->op.key, sizeof(r->op.key), r->imsi);
	r->op.parts = 0;
	r->op.change = auth_change;
	r->op.done = auth_done;
	r->op.arg = r;
	store_submit(r->store, &r->op);
}
