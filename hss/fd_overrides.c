// SPDX-License-Identifier: BSD-3-Clause
// Functions of freeDiameter 1.2.1 that the program replaces: the libraries call their own exported
// functions through the linker, so a definition in the program comes first.
#include "hss/fd_overrides.h"

#include "config/log.h"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include <dlfcn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_LIBRARY_FAILED 70

struct cnxctx;
struct fd_peer;

int fd_out_send(struct msg **msg, struct cnxctx *cnx, struct fd_peer *peer, int update_reqin_cnt);
int fd_p_dw_reopen(struct fd_peer *peer);
int fd_psm_change_state(struct fd_peer *peer, int new_state);
void fd_psm_next_timeout(struct fd_peer *peer, int add_random, int delay);
int fd_msg_sess_get(
	struct dictionary *dict, struct msg *msg, struct session **session, int *is_new);

static int (*library_out_send)(struct msg **, struct cnxctx *, struct fd_peer *, int);
static int (*library_core_shutdown)(void);
static atomic_bool is_stopping;

static bool
find(const char *name, void *function)
{
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(function, &found, sizeof(found));
	return found != NULL;
}

int
fd_overrides_open(void)
{
	if (strcmp(fd_core_version, "1.2.1") != 0)
		log_warning("libfdcore %s: the guards were written for 1.2.1", fd_core_version);
	if (!find("fd_out_send", &library_out_send) ||
		!find("fd_core_shutdown", &library_core_shutdown) ||
		dlsym(RTLD_DEFAULT, "fd_psm_change_state") == NULL)
		return -1;
	return 0;
}

// Its look-up of sessions asserts on a Session-Id with the V bit, and their clean-up races. S6a keeps no
// sessions: NO_STATE_MAINTAINED.
int
fd_msg_sess_get(struct dictionary *dict, struct msg *msg, struct session **session, int *is_new)
{
	*session = NULL;
	if (is_new != NULL)
		*is_new = 0;
	return 0;
}

// After a connection was lost libfdcore would drop all answers on the next one until three watchdogs
// have been answered (RFC 3539 3.4.1). That is for who chooses among peers; an HSS answers who asks.
int
fd_p_dw_reopen(struct fd_peer *peer)
{
	fd_psm_next_timeout(peer, 1, (int)fd_g_config->cnf_timer_tw);
	return fd_psm_change_state(peer, STATE_OPEN);
}

static bool
is_answer(struct msg *msg)
{
	struct msg_hdr *h;

	return fd_msg_hdr(msg, &h) == 0 && !(h->msg_flags & CMD_FLAG_REQUEST);
}

// An answer to a connection that has just gone ends libfdcore's routing thread, and with it all service.
// Nobody waits for that answer any more.
int
fd_out_send(struct msg **msg, struct cnxctx *cnx, struct fd_peer *peer, int update_reqin_cnt)
{
	int ret = library_out_send(msg, cnx, peer, update_reqin_cnt);

	if (ret != 0 && msg != NULL && *msg != NULL && is_answer(*msg)) {
		fd_msg_free(*msg);
		*msg = NULL;
		return 0;
	}
	return ret;
}

// libfdcore calls this when one of its threads has failed. What it would do takes up to 15 s and leaves
// a process that serves nobody: the supervisor starts a new one in milliseconds.
int
fd_core_shutdown(void)
{
	if (atomic_load(&is_stopping))
		return library_core_shutdown();
	log_error("freeDiameter has failed, ending");
	_exit(EXIT_LIBRARY_FAILED);
}

void
fd_overrides_stop(void)
{
	atomic_store(&is_stopping, true);
}
