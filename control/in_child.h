// SPDX-License-Identifier: BSD-3-Clause
// Work that may fault, done by a child process.
#pragma once

// What `work` returned (0 to 127) in a copy of this process, -EFAULT if it died of it, or the system's
// error. Call it before there are threads.
int in_child(int (*work)(void *ctx), void *ctx);
