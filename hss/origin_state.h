// SPDX-License-Identifier: BSD-3-Clause
// Origin-State-Id, and what follows when the store has lost registrations. RFC 6733 8.16, TS 23.007 5.1.
#pragma once

#include "hss/store.h"

#include <stdint.h>

// It rises only when registrations were lost: with a new store, one restored from a backup, or one that a
// power cut took something from. Then every SEQ has moved ahead too, before this returns.
uint32_t origin_state_open(struct store *store);

// After that: the nodes that serve somebody are told (RSR), if it must be.
void origin_state_tell(const struct store *store);
