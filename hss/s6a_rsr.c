// SPDX-License-Identifier: BSD-3-Clause
// Reset: the node asks anew for all it serves of ours. TS 29.272 5.2.4.1, TS 23.007 5.1.
#include "hss/errand.h"
#include "hss/outgoing.h"
#include "hss/request.h"
#include "hss/s6a.h"

void
outgoing_rsr(const struct serving_node *node, store_result_fn done, void *arg)
{
	struct store_request r;

	request_begin(&r, S6A_RSR, "", node);
	store_request_add(s6a.store, &r, done, arg);
}

int
s6a_put_rsr(struct avp_out *out, const struct store_request *r, const struct subscriber *s)
{
	return 0;
}
