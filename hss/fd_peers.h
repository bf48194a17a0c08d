// SPDX-License-Identifier: BSD-3-Clause
// What libfdcore knows of a peer.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Whether a new connection of this peer would be taken: there is none, or it is waited for.
// is_connected_to: it's one that we connect to ourselves.
bool fd_peer_is_free(const char *host, bool is_connected_to);

// "open", "closed", ..., "none"
const char *fd_peer_state_text(const char *host);
bool fd_peer_is_open(const char *host);
