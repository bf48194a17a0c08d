// SPDX-License-Identifier: BSD-3-Clause
#include "hss/request.h"

#include "hss/text.h"

#include <string.h>
#include <time.h>

void
request_begin(struct store_request *r, enum s6a_command command, const char *imsi,
	const struct serving_node *node)
{
	struct timespec now;

	memset(r, 0, sizeof(*r));
	clock_gettime(CLOCK_REALTIME, &now);
	r->command = s6a_command_code(command);
	text_copy(r->imsi, sizeof(r->imsi), imsi);
	text_copy(r->host, sizeof(r->host), node->host);
	text_copy(r->realm, sizeof(r->realm), node->realm);
	text_copy(r->via, sizeof(r->via), node->via);
	r->created_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	r->due_ms = r->created_ms;
}
