// SPDX-License-Identifier: BSD-3-Clause
#include "hss/supervisor.h"

#include "config/log.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_FIRST_MS 20
#define PAUSE_MAX_MS 5000
#define LIVED_LONG_S 30 // a child that lived so long doesn't count as failing at once

static void
pause_ms(unsigned ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static time_t
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

// Until the child has ended; signals are passed on. True: the end was asked for.
static bool
wait_for(pid_t child, const sigset_t *signals, int *status)
{
	bool is_asked = false;
	int signal;

	while (waitpid(child, status, WNOHANG) != child) {
		signal = sigwaitinfo(signals, NULL);
		if (signal == SIGTERM || signal == SIGINT) {
			is_asked = true;
			kill(child, SIGTERM);
		}
	}
	return is_asked;
}

static pid_t
start(pid_t parent)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
	}
	return child;
}

static void
describe(int status, unsigned pause)
{
	if (WIFSIGNALED(status))
		log_error("ended by signal %d (%s), started again in %u ms", WTERMSIG(status),
			strsignal(WTERMSIG(status)), pause);
	else
		log_error(
			"ended with status %d, started again in %u ms", WEXITSTATUS(status), pause);
}

int
supervise(void)
{
	unsigned pause = PAUSE_FIRST_MS;
	pid_t parent = getpid(), child;
	sigset_t signals;
	int status = 0;
	time_t started;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (;;) {
		started = now_s();
		child = start(parent);
		if (child == 0)
			return -1;
		if (child < 0) {
			log_error("fork: %s", strerror(errno));
			return 1;
		}
		if (wait_for(child, &signals, &status))
			return WIFEXITED(status) ? WEXITSTATUS(status) : 0;
		if (WIFEXITED(status) &&
			(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == EXIT_NOT_STARTED))
			return WEXITSTATUS(status);
		if (now_s() - started >= LIVED_LONG_S)
			pause = PAUSE_FIRST_MS;
		describe(status, pause);
		pause_ms(pause);
		pause = pause * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : pause * 2;
	}
}
