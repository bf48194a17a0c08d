// SPDX-License-Identifier: BSD-3-Clause
// Which IEs a message or a grouped IE holds, and where in its host form.
#pragma once

#include "control/gtpc/gtpc_wire.h"

#include <stdbool.h>
#include <stdint.h>

#define IE_ANY_INSTANCE 0xff // vendor-specific: every instance will do
#define IE_ALWAYS UINT16_MAX // count_at of a mandatory IE, which has no flag

// What becomes of a message whose IE is missing or wrong. TS 29.274 7.7
enum ie_presence {
	IE_M,  // mandatory: missing 70, wrong 67 or 69
	IE_V,  // conditional, and the receiver can tell: wrong 67 or 69
	IE_C,  // conditional: a wrong one counts as missing
	IE_CO, // conditional-optional: the same
	IE_O,  // optional: the same
};

struct ie_slot {
	uint8_t presence; // enum ie_presence
	uint8_t type;
	uint8_t instance;
	uint8_t max;                  // elements, 0: not a list
	bool refuses_zero;            // the value 0 is reserved here
	uint16_t at;                  // offset of the host form, or of the first element
	uint16_t size;                // of one
	uint16_t count_at;            // offset of has_x or n_x, or IE_ALWAYS
	const struct ie_group *group; // of a grouped IE
};

// A conditional IE without which a request is refused (103), unless `other` is there.
struct ie_need {
	uint16_t has;   // offset of has_x
	uint16_t other; // offset of the other one's, or of the same
	uint8_t type;
	uint8_t instance;
};

struct ie_group {
	const struct ie_slot *slots;
	const struct ie_need *needs;
	uint16_t size; // of the host form
	uint8_t n_slots;
	uint8_t n_needs;
	uint8_t sender_instance; // of a message: of the F-TEID that is the sender's control plane
};

// The IEs of a message type; no slots for one that is unknown or has none.
const struct ie_group *ie_group_find(uint8_t message_type);
