// SPDX-License-Identifier: BSD-3-Clause
#include "hss/fd_peers.h"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include <string.h>

#define NO_PEER -1

static int
state_of(const char *host)
{
	struct peer_hdr *peer = NULL;
	int state = NO_PEER;
	DiamId_t id;

	memcpy(&id, &host, sizeof(id));
	// Peers are freed under this lock, not while somebody looks at one.
	pthread_rwlock_rdlock(&fd_g_peers_rw);
	if (fd_peer_getbyid(id, strlen(host), 1, &peer) == 0 && peer != NULL)
		state = fd_peer_get_state(peer);
	pthread_rwlock_unlock(&fd_g_peers_rw);
	return state;
}

bool
fd_peer_is_free(const char *host, bool is_connected_to)
{
	switch (state_of(host)) {
	case NO_PEER:
	case STATE_ZOMBIE:
		return true;
	case STATE_CLOSED: // the others are about to end: a CER would be lost with them
	case STATE_WAITCNXACK:
	case STATE_WAITCEA:
		return is_connected_to;
	default:
		return false;
	}
}

bool
fd_peer_is_open(const char *host)
{
	return state_of(host) == STATE_OPEN;
}

const char *
fd_peer_state_text(const char *host)
{
	switch (state_of(host)) {
	case STATE_OPEN:
	case STATE_OPEN_NEW:
		return "open";
	case STATE_REOPEN:
		return "reopening";
	case STATE_SUSPECT:
		return "suspect";
	case STATE_WAITCNXACK:
	case STATE_WAITCNXACK_ELEC:
	case STATE_WAITCEA:
		return "connecting";
	case STATE_CLOSING:
	case STATE_CLOSING_GRACE:
		return "closing";
	default:
		return "closed";
	}
}
