// SPDX-License-Identifier: BSD-3-Clause
// Requests that the HSS starts: queued in the store with the change that causes them, sent by one of
// several peers, repeated with growing pauses, and forgotten when they are settled.
#pragma once

#include "hss/store.h"
#include "hss/subscriber.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Cancellation-Type. TS 29.272 7.3.24.
enum clr_type { CLR_MME_UPDATE = 0, CLR_SUBSCRIPTION_WITHDRAWAL = 2 };

// CLR-Flags. TS 29.272 7.3.152.
enum clr_flags { CLR_S6A = 1, CLR_REATTACH_REQUIRED = 2 };

// DSR-Flags. TS 29.272 7.3.25.
enum dsr_flags {
	DSR_CHARGING = 1 << 2,
	DSR_PDN_CONTEXTS = 1 << 3,
	DSR_RAU_TAU_TIMER = 1 << 14,
	DSR_MSISDN = 1 << 23,
};

// Inside a store's change: queue a request for imsi to that node. 0, -ENOMEM, -EIO.
int outgoing_clr(struct store_tx *tx, const char *imsi, const struct serving_node *node,
	enum clr_type type, uint32_t flags);
// What it says is what the store says when it is sent.
int outgoing_idr(struct store_tx *tx, const char *imsi, const struct serving_node *node);
// contexts: Context-Identifiers for DSR_PDN_CONTEXTS.
int outgoing_dsr(struct store_tx *tx, const char *imsi, const struct serving_node *node,
	uint32_t flags, const uint32_t *contexts, unsigned n_contexts);

// RSR, outside of any subscriber; done (may be NULL) hears of it on a store thread.
void outgoing_rsr(const struct serving_node *node, store_result_fn done, void *arg);

// Something may be due. Any thread.
void outgoing_wake(void);

// Starts and stops the thread that sends. 0 or -errno.
int outgoing_open(void);
void outgoing_close(void);

// Requests that wait for an answer now.
unsigned outgoing_in_flight(void);
