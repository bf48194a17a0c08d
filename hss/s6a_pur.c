// SPDX-License-Identifier: BSD-3-Clause
// Purge-UE. TS 29.272 5.2.1.3.
#include "hss/result_codes.h"
#include "hss/s6a.h"
#include "hss/text.h"

#include <strings.h>

#define PUA_FREEZE_M_TMSI 1u

struct pur {
	struct s6a_request r;
	struct store_op op;
	bool is_from_registered_node;
};

static int
change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct pur *p = arg;
	const struct serving_node *node = s->registration.node;

	p->is_from_registered_node = node != NULL && strcasecmp(node->host, p->r.host) == 0;
	if (!p->is_from_registered_node)
		return 0;
	s->registration.is_purged = true;
	s6a_history(tx, &p->r, HISTORY_PURGED, s6a_success, NULL);
	return 0;
}

static void
answer(struct store_op *op, int result, const struct subscriber *s)
{
	struct pur *p = op->arg;
	struct avp_out out;

	s6a_answer_begin(&p->r, result == 0 ? s6a_success : s6a_result_of_store(result), &out);
	if (result == 0 && p->is_from_registered_node)
		avp_put_u32(&out, AVP_PUA_FLAGS, PUA_FREEZE_M_TMSI);
	s6a_answer_send(&p->r, &out);
}

void
s6a_pur(const struct s6a_source *from, const uint8_t *message, size_t len)
{
	struct pur *p = (struct pur *)s6a_request_new(from, message, len, sizeof(*p));

	if (p == NULL || !s6a_is_admitted(&p->r))
		return;
	p->op.by = STORE_BY_IMSI;
	text_copy(p->op.key, sizeof(p->op.key), p->r.imsi);
	p->op.parts = STORE_LOCATION;
	p->op.change = change;
	p->op.done = answer;
	p->op.arg = p;
	store_submit(s6a.store, &p->op);
}
