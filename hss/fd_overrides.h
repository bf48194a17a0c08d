// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Finds the functions that are replaced. -1: this isn't the libfdcore that they were written for.
int fd_overrides_open(void);

// From now on fd_core_shutdown means what it says.
void fd_overrides_stop(void);
