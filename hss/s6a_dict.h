// SPDX-License-Identifier: BSD-3-Clause
// freeDiameter's dictionary for S6a: application, commands, and the AVPs of s6a_avps.h that it lacks.
// Debian packages a 3GPP dictionary of 900 AVPs as an extension; looking AVPs up in it is what costs.
#pragma once

#include "hss/s6a_avps.h"

#include <stdint.h>

struct dict_object;

enum s6a_command {
	S6A_ULR,
	S6A_CLR,
	S6A_AIR,
	S6A_IDR,
	S6A_DSR,
	S6A_PUR,
	S6A_RSR,
	S6A_NOR,
	S6A_N_COMMANDS
};

// Registers all of it and that we serve the application. 0, or -errno.
int s6a_dict_open(void);

struct dict_object *s6a_dict_application(void);

uint32_t s6a_command_code(enum s6a_command command);
const char *s6a_command_name(enum s6a_command command); // "Update-Location"
