// SPDX-License-Identifier: BSD-3-Clause
// The socket at which `attach` takes status, move and detach; and the other end of it.
#pragma once

#include "tests/ue/ue.h"

// Listens. 0 or -errno, said on stderr.
int agent_open(struct ue *ue);
void agent_close(struct ue *ue);

// One device of the command under way is done.
void agent_device_done(struct device *d, bool ok);

// Starts `detach all` for ourselves; the loop ends when it is done.
void agent_detach_all(struct ue *ue);

// Client: sends the request, prints the answer. Exit status.
int agent_ask(const char *path, const char *request);
