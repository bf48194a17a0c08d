// SPDX-License-Identifier: BSD-3-Clause
// Dedicated bearers as rows of the store. Requests about them that have left, leave again after a restart
// (bearer_job.h); one that was still to be asked for is asked for then, unless a device's Command began it,
// which is repeated.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct pgw;
struct session;

// Writes the row of a slot, or deletes it, into the open transaction.
void bearer_store_write(struct pgw *pgw, uint32_t slot);
// The commit of it was a success.
// The rows of those of the session that are in the store already, with what they have used until now.
void bearers_store_usage(struct pgw *pgw, const struct session *s);
void bearer_store_written(struct pgw *pgw, uint32_t slot);

// Those of the sessions that were loaded: 0 or -errno with one line in `fault`.
int bearer_store_load(struct pgw *pgw, const char **fault);
// See session_store_reload_usage(), which it follows.
int bearer_store_reload_usage(struct pgw *pgw);
