// SPDX-License-Identifier: BSD-3-Clause
// Brings the wanted state of sessions into the dataplane: what is new or changed at once, everything
// when an instance is new, paced by the rings. A slot waits in its owner's queue at most once; what
// is sent is what is wanted by then.
#pragma once

#include "control/session/session.h"

#include <stdbool.h>

struct pgw;
struct dpclient_events;

extern const struct dpclient_events dp_sync_events;

void dp_sync_open(struct pgw *pgw);

// True if sessions can be put: attached, and with such a VRF there. local: our GTP-U address of the
// family (4 or 6), NULL: none.
bool dp_sync_can_serve(const struct pgw *pgw, uint16_t vrf);
const struct gtpc_addr *dp_sync_local(const struct pgw *pgw, uint8_t family);

// What the session wants has changed: the next version is on its way. Not while there's no dataplane:
// then it is replayed later.
void dp_sync_put(struct pgw *pgw, struct session *s);
// The session is closing. Released at once if there is no dataplane.
void dp_sync_delete(struct pgw *pgw, struct session *s);
