// SPDX-License-Identifier: BSD-3-Clause
// Cancel-Location. TS 29.272 5.2.1.2.
#include "hss/errand.h"
#include "hss/outgoing.h"
#include "hss/request.h"

#include <errno.h>
#include <stdio.h>

int
outgoing_clr(struct store_tx *tx, const char *imsi, const struct serving_node *node,
	enum clr_type type, uint32_t flags)
{
	struct store_request r;

	request_begin(&r, S6A_CLR, imsi, node);
	snprintf(r.args, sizeof(r.args), "type=%u flags=%u", (unsigned)type, flags);
	return store_request_put(tx, &r);
}

int
s6a_put_clr(struct avp_out *out, const struct store_request *r, const struct subscriber *s)
{
	unsigned type, flags;

	if (sscanf(r->args, "type=%u flags=%u", &type, &flags) != 2)
		return -EINVAL;
	avp_put_u32(out, AVP_CANCELLATION_TYPE, type);
	avp_put_u32(out, AVP_CLR_FLAGS, flags);
	return 0;
}
