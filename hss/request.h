// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hss/s6a_dict.h"
#include "hss/store.h"

// A request of ours to that node, due now, without args.
void request_begin(struct store_request *r, enum s6a_command command, const char *imsi,
	const struct serving_node *node);
