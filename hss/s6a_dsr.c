// SPDX-License-Identifier: BSD-3-Clause
// Delete-Subscriber-Data: what an IDR can't take away. TS 29.272 5.2.2.2.
#include "hss/errand.h"
#include "hss/outgoing.h"
#include "hss/request.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
outgoing_dsr(struct store_tx *tx, const char *imsi, const struct serving_node *node, uint32_t flags,
	const uint32_t *contexts, unsigned n_contexts)
{
	struct store_request r;
	int at;

	request_begin(&r, S6A_DSR, imsi, node);
	at = snprintf(r.args, sizeof(r.args), "flags=%u contexts=", flags);
	for (unsigned i = 0; i < n_contexts && at > 0 && (size_t)at < sizeof(r.args); i++)
		at += snprintf(r.args + at, sizeof(r.args) - (size_t)at, "%s%u", i == 0 ? "" : ",",
			contexts[i]);
	return at > 0 && (size_t)at < sizeof(r.args) ? store_request_put(tx, &r) : -ENOSPC;
}

int
s6a_put_dsr(struct avp_out *out, const struct store_request *r, const struct subscriber *s)
{
	const char *contexts = strstr(r->args, "contexts=");
	unsigned flags;

	if (sscanf(r->args, "flags=%u", &flags) != 1 || contexts == NULL)
		return -EINVAL;
	avp_put_u32(out, AVP_DSR_FLAGS, flags);
	contexts += strlen("contexts=");
	while (*contexts != '\0') {
		char *end;
		unsigned long id = strtoul(contexts, &end, 10);

		if (end == contexts)
			return -EINVAL;
		avp_put_u32(out, AVP_CONTEXT_IDENTIFIER, (uint32_t)id);
		contexts = *end == ',' ? end + 1 : end;
	}
	return 0;
}
