// SPDX-License-Identifier: BSD-3-Clause
// Insert-Subscriber-Data: always all of it, as it is when it's sent. TS 29.272 5.2.2.1.
#include "hss/errand.h"
#include "hss/outgoing.h"
#include "hss/request.h"
#include "hss/s6a_subscription.h"

#include <errno.h>
#include <stdio.h>

int
outgoing_idr(struct store_tx *tx, const char *imsi, const struct serving_node *node)
{
	struct store_request r;

	request_begin(&r, S6A_IDR, imsi, node);
	return store_request_put(tx, &r);
}

int
s6a_put_idr(struct avp_out *out, const struct store_request *r, const struct subscriber *s)
{
	if (s == NULL)
		return -EINVAL;
	s6a_put_subscription(out, s, s->registration.features[0]);
	return 0;
}
