// SPDX-License-Identifier: BSD-3-Clause
// One message of every type with every IE that it can have, made from the slots themselves, so that
// no IE is forgotten by a test.
#pragma once

#include "control/gtpc/message.h"

enum sample_kind {
	SAMPLE_FULL,    // every IE, lists of two
	SAMPLE_MINIMAL, // what must be there, lists of one
	SAMPLE_N_KINDS,
};

void sample_message(struct gtpc_message *message, uint8_t type, enum sample_kind kind);
