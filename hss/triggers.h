// SPDX-License-Identifier: BSD-3-Clause
// What a change of a SIM sets off towards the serving nodes. The commands call these; the Diameter
// side fills them in. All but wake and reset run inside the store's transaction of the change (see
// store_change_fn: perhaps more than once), queue requests with store_request_put, and say so in
// `said`, one line each: "IDR queued to mme1.example".
#pragma once

#include "hss/store.h"
#include "hss/subscriber.h"

#include <stddef.h>
#include <stdint.h>

#define TRIGGER_LINES_MAX 8
#define TRIGGER_LINE_SIZE 320

struct trigger_lines {
	unsigned n; // set to 0 by the caller at each call of the change
	char line[TRIGGER_LINES_MAX][TRIGGER_LINE_SIZE];
};

// What of a subscriber changed, as bits.
enum changed {
	CHANGED_MSISDN = 1 << 0,
	CHANGED_PROFILE = 1 << 1, // another profile, or the same with other values
	CHANGED_ADDRESSES = 1 << 2,
	CHANGED_PARTNERS = 1 << 3, // may bar the network where it is
	CHANGED_RATS = 1 << 4,
	CHANGED_IMEI_LOCK = 1 << 5,
	CHANGED_KEYS = 1 << 6,
};

struct hss_triggers {
	// *old is the subscriber before the change (its profile may be another one); location is loaded.
	int (*subscription_changed)(void *ctx, struct store_tx *tx, struct subscriber *s,
		const struct subscriber *old, unsigned changed, struct trigger_lines *said);
	// Not active any more, or about to be deleted.
	int (*deactivated)(
		void *ctx, struct store_tx *tx, struct subscriber *s, struct trigger_lines *said);
	// `cancel location`: CLR to the node, with the reattach flag if asked; forgets the registration.
	int (*cancelled)(void *ctx, struct store_tx *tx, struct subscriber *s,
		bool is_reattach_required, struct trigger_lines *said);
	// After the transaction: something may be due. Any thread.
	void (*wake)(void *ctx);
	// `reset`: RSR to one host, or to all that serve somebody (host NULL). Lines come through say, on
	// any thread; then done.
	void (*reset)(void *ctx, const char *host, void (*say)(void *arg, const char *line),
		store_result_fn done, void *arg);
	void *ctx;
};
