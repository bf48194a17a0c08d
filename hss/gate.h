// SPDX-License-Identifier: BSD-3-Clause
// The door of a listener. libfdcore gives each new connection a worker of few that waits 20 s for a CER,
// and stops serving for good when accept fails; so new connections wait here, and it gets only those
// that have sent the whole CER of a peer that is configured and whose old connection is gone.
#pragma once

#include "hss/conn.h"

#include <sys/socket.h>

// As accept, but waits until there is such a connection and doesn't fail. A cancellation point.
int gate_accept(struct conn *listener, struct sockaddr *from, socklen_t *from_len);
