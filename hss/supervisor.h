// SPDX-License-Identifier: BSD-3-Clause
// A parent that starts the HSS again should it ever end unasked.
#pragma once

#define EXIT_NOT_STARTED 3 // the child's status when starting again wouldn't help

// Forks. Returns in the child: -1. In the parent only when all is over: the exit status. SIGTERM and
// SIGINT are passed on. Call it before any thread is made.
int supervise(void);
