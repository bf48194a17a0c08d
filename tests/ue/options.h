// SPDX-License-Identifier: BSD-3-Clause
// The command line of torii-ue.
#pragma once

#include "tests/ue/ue.h"

enum ue_verb {
	UE_ATTACH,
	UE_CLIENT, // status, move, detach: for the process that attached
};

// 0 to go on; else the process's exit status + 1 (1 after --help, 3 after a complaint).
int options_parse(int argc, char **argv, struct ue_options *o, enum ue_verb *verb);

// What a client asks for: the words of its command line with spaces between them.
const char *options_request(void);
