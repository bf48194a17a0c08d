// SPDX-License-Identifier: BSD-3-Clause
// Update-Location. TS 29.272 5.2.1.1.
#include "hss/outgoing.h"
#include "hss/recent.h"
#include "hss/result_codes.h"
#include "hss/s6a.h"
#include "hss/s6a_subscription.h"
#include "hss/text.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <time.h>

// ULR-Flags, ULA-Flags. TS 29.272 7.3.7, 7.3.8.
#define ULR_SKIP_SUBSCRIBER_DATA 4u
#define ULR_INITIAL_ATTACH 32u
#define ULA_SEPARATION 1u

struct ulr {
	struct s6a_request r;
	struct store_op op;
	uint32_t rat_type;
	uint32_t flags;
	char imei[IMEI_SIZE];
	bool is_repeated; // the same request came before
	// ---- what the change finds
	enum verdict verdict;
	bool skips_subscription;
};

static void
read_terminal(struct ulr *u, const struct wire_avp *group)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_enter(&c, group);
	while (wire_next(&c, &avp) == 1)
		if (avp_which(&avp) == AVP_IMEI)
			avp_text(&avp, u->imei, sizeof(u->imei));
	if (!imei_is_sound(u->imei))
		u->imei[0] = '\0';
}

static void
read_ulr(struct ulr *u)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, u->r.message, u->r.len);
	while (wire_next(&c, &avp) == 1)
		switch (avp_which(&avp)) {
		case AVP_RAT_TYPE:
			u->rat_type = avp_u32(&avp);
			break;
		case AVP_ULR_FLAGS:
			u->flags = avp_u32(&avp);
			break;
		case AVP_TERMINAL_INFORMATION:
			read_terminal(u, &avp);
			break;
		default:
			break;
		}
}

static void
register_at(struct ulr *u, struct subscriber *s, const struct serving_node *node)
{
	struct registration *reg = &s->registration;

	reg->node = node;
	reg->visited = u->r.plmn;
	reg->rat_type = u->rat_type;
	reg->ulr_flags = u->flags;
	memcpy(reg->features, u->r.features, sizeof(reg->features));
	reg->has_features = u->r.has_features;
	reg->is_purged = false;
	reg->is_stale = false; // it gets all of it now, or has it
	reg->at_s = time(NULL);
	if (u->imei[0] != '\0')
		text_copy(reg->imei, sizeof(reg->imei), u->imei);
}

static int
served(struct ulr *u, struct store_tx *tx, struct subscriber *s)
{
	const struct serving_node *old = s->registration.node, *node;
	bool is_same = old != NULL && strcasecmp(old->host, u->r.host) == 0;
	bool was_current = is_same && !s->registration.is_stale && !s->registration.is_purged;
	int ret;

	// A late copy of a request that was answered before the device moved on must not move it back.
	if (u->is_repeated && old != NULL && !is_same)
		return 0;
	node = store_node(tx, u->r.host, u->r.realm, u->r.from.link->host);
	if (node == NULL)
		return -ENOMEM;
	u->skips_subscription = was_current && (u->flags & ULR_SKIP_SUBSCRIBER_DATA);
	// Always "MME update": initial attach (4) is for a registered SGSN. TS 29.272 5.2.1.1.3.
	if (old != NULL && !is_same && !s->registration.is_purged) {
		ret = outgoing_clr(tx, s->imsi, old, CLR_MME_UPDATE, CLR_S6A);
		if (ret < 0)
			return ret;
	}
	if (subscriber_learn_imei(s, u->imei))
		s6a_history(tx, &u->r, HISTORY_IMEI_LEARNT, s6a_success, u->imei);
	if (!is_same)
		s->n_gateways = 0; // where the old node's connections were
	register_at(u, s, node);
	s6a_history(tx, &u->r,
		is_same && !(u->flags & ULR_INITIAL_ATTACH) ? HISTORY_UPDATED : HISTORY_ATTACHED,
		s6a_success, NULL);
	return 0;
}

static int
change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct ulr *u = arg;

	u->skips_subscription = false;
	u->verdict = subscriber_judge(s, &u->r.plmn, u->rat_type, u->imei);
	if (u->verdict == VERDICT_SERVED)
		return served(u, tx, s);
	s6a_history(
		tx, &u->r, HISTORY_REFUSED, s6a_result_of(u->verdict), verdict_name(u->verdict));
	return 0;
}

static void
answer(struct store_op *op, int result, const struct subscriber *s)
{
	struct ulr *u = op->arg;
	struct hss_result code =
		result == 0 ? s6a_result_of(u->verdict) : s6a_result_of_store(result);
	struct avp_out out;

	s6a_answer_begin(&u->r, code, &out);
	if (result == 0 && u->verdict == VERDICT_SERVED) {
		avp_put_u32(&out, AVP_ULA_FLAGS, ULA_SEPARATION);
		if (!u->skips_subscription)
			s6a_put_subscription(&out, s, u->r.features[0]);
	}
	s6a_answer_send(&u->r, &out);
	outgoing_wake();
}

void
s6a_ulr(const struct s6a_source *from, const uint8_t *message, size_t len)
{
	struct ulr *u = (struct ulr *)s6a_request_new(from, message, len, sizeof(*u));

	if (u == NULL || !s6a_is_admitted(&u->r))
		return;
	read_ulr(u);
	u->is_repeated = recent_seen(&u->r);
	u->op.by = STORE_BY_IMSI;
	text_copy(u->op.key, sizeof(u->op.key), u->r.imsi);
	u->op.parts = STORE_LOCATION;
	u->op.change = change;
	u->op.done = answer;
	u->op.arg = u;
	store_submit(s6a.store, &u->op);
}
