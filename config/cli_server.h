// SPDX-License-Identifier: BSD-3-Clause
// Inside the command line's server: jobs go from its thread to the process's loop and back.
// The lock covers a job's state, references and place in a list; everything else in a job belongs to
// the loop while it is queued or running, and to the server's thread before and after.
#pragma once

#include "config/cli.h"
#include "config/cli_set.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum cli_job_state {
	CLI_JOB_QUEUED,
	CLI_JOB_RUNNING, // also while its answer is pending
	CLI_JOB_DONE,
};

struct cli_job {
	struct cli_server *server; // NULL once that is gone
	struct cli_job *next;      // in the queue or among the running ones
	struct cli_args *args;
	struct cli_out out;
	enum cli_job_state state;
	unsigned int refs; // the client's and the loop's
};

struct cli_client;

struct cli_server {
	const struct cli_set *set;
	struct cli_config config;
	char *prompt, *banner;
	int listen_fd;
	int loop_fd; // eventfd: jobs are queued
	int wake_fd; // eventfd: jobs are done, or the server ends
	bool is_thread_started;
	pthread_t thread;
	uint64_t accept_again_ms;    // after a failure to accept
	struct cli_client **clients; // of config.max_clients; the thread's own
	size_t n_clients;
	pthread_mutex_t lock; // of what follows
	struct cli_job *queue, **queue_end;
	struct cli_job *running;
	bool is_ending;
};

// Queues a command for the loop; takes args. NULL: no memory.
struct cli_job *cli_job_submit(struct cli_server *server, struct cli_args *args);
bool cli_job_is_done(struct cli_job *job);

// Gives the client's reference back. True: the job was still queued and won't run.
bool cli_job_leave(struct cli_job *job);

uint64_t cli_now_ms(void);

// ---- One client

// A client whose socket takes nothing for this long, though there is something, is closed. Tests
// shorten it.
extern uint32_t cli_stall_ms;

// Takes fd (non-blocking). NULL: no memory; fd is closed then, too.
struct cli_client *cli_client_new(struct cli_server *server, int fd, const char *name);
void cli_client_free(struct cli_client *client);

// What to poll for, and until when (UINT64_MAX: for ever).
int cli_client_fd(const struct cli_client *client);
short cli_client_events(const struct cli_client *client);
uint64_t cli_client_deadline(const struct cli_client *client);

// Does what can be done now. False: the connection is over, free it.
bool cli_client_run(struct cli_client *client, short revents);
