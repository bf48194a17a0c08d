// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdbool.h>

// Whether the program's socket calls come before those of libc, as the guards need.
bool sockets_are_ours(void);
