// SPDX-License-Identifier: BSD-3-Clause
// torii-hss: start in stages that are undone in reverse, run the loop, stop in order. Signalling runs on
// freeDiameter's and the store's threads; the loop here serves the operator and the scraper.
#include "config/cli.h"
#include "config/log.h"
#include "config/metrics.h"
#include "hss/commands.h"
#include "hss/desk.h"
#include "hss/diameter.h"
#include "hss/hss_config.h"
#include "hss/hss_metrics.h"
#include "hss/origin_state.h"
#include "hss/outgoing.h"
#include "hss/s6a.h"
#include "hss/s6a_triggers.h"
#include "hss/seal.h"
#include "hss/store.h"
#include "hss/supervisor.h"

#include <errno.h>
#include <event2/event.h>
#include <malloc.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define PROGRAM "torii-hss"
#define STOP_PEERS_MS 3000
#define REFRESH_TICKS 10
#define ARENAS 4
#define KEPT_FREE_OCTETS (128 * 1024) // by each arena

struct process {
	struct hss_config config;
	struct event_base *base;
	struct seal *seal;
	struct store *store;
	struct cli_set *commands;
	struct cli_server *cli;
	struct event *cli_event;
	struct event *desk_event;
	struct metrics_server *metrics;
	struct event *signal_event;
	struct event *tick_event;
	int signal_fd;
	unsigned n_ticks;
};

// ---- The process.

static void
set_limits(const struct hss_config *config)
{
	struct sched_param none = { 0 };
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	if (config->uses_batch_scheduling && sched_setscheduler(0, SCHED_BATCH, &none) < 0)
		log_warning("SCHED_BATCH: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
}

static int
block_signals(struct process *p)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_SETMASK, &signals, NULL); // for all threads that follow
	p->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return p->signal_fd < 0 ? -errno : 0;
}

// ---- The store.

struct key_check {
	const struct seal *seal;
	sem_t is_done;
	int result;
};

static bool
check_first(void *arg, const struct subscriber *s)
{
	struct key_check *k = arg;
	struct auc_key key;

	k->result = seal_unwrap(k->seal, s->imsi, s->sealed, s->sealed_len, &key);
	auc_key_wipe(&key);
	return false;
}

static void
check_done(void *arg, int result)
{
	struct key_check *k = arg;

	if (k->result == 0)
		k->result = result;
	sem_post(&k->is_done);
}

// A key file that isn't the store's would be noticed by every SIM at its next attach.
static int
check_key(const struct process *p)
{
	struct store_filter first = STORE_FILTER_ALL;
	struct key_check k = { .seal = p->seal };

	first.max = 1;
	sem_init(&k.is_done, 0, 0);
	store_list(p->store, &first, check_first, check_done, &k);
	while (sem_wait(&k.is_done) < 0)
		;
	sem_destroy(&k.is_done);
	if (k.result == -EKEYREJECTED)
		log_error("key file %s: not the one that the keys in the store were sealed with",
			p->config.key_file);
	else if (k.result < 0)
		log_error("store: its first SIM can't be read: %s", strerror(-k.result));
	return k.result;
}

static int
open_store(struct process *p)
{
	const struct hss_config *c = &p->config;
	struct store_config config = {
		.url = c->store_url,
		.is_synced = c->is_store_synced,
		.cache_mib = c->store_cache_mib,
		.seq_block = c->store_seq_block,
		.history_max = c->store_history_max,
	};
	const char *why = "";
	int ret = seal_open_file(c->key_file, &p->seal, &why);

	if (ret < 0) {
		log_error("key file %s: %s", c->key_file, *why != '\0' ? why : strerror(-ret));
		return ret;
	}
	// A process that was killed a moment ago may not be quite gone.
	for (unsigned i = 0; (ret = store_open(&config, &p->store)) == -EBUSY && i < 15; i++)
		usleep(200000);
	if (ret < 0)
		return ret;
	log_notice("store: %s", store_engine(p->store));
	return check_key(p);
}

// ---- The loop.

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) == sizeof(info))
		event_base_loopbreak(p->base);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	log_tick();
	if (p->n_ticks++ % REFRESH_TICKS == 0)
		hss_metrics_refresh(p->store);
}

static void
on_cli(evutil_socket_t fd, short what, void *arg)
{
	struct process *p = arg;

	cli_server_dispatch(p->cli);
}

static void
on_desk(evutil_socket_t fd, short what, void *arg)
{
	desk_dispatch();
}

static int
watch(struct process *p, struct event **e, int fd, short what, event_callback_fn fn,
	const struct timeval *every)
{
	*e = event_new(p->base, fd, (short)(what | EV_PERSIST), fn, p);
	return *e == NULL || event_add(*e, every) < 0 ? -ENOMEM : 0;
}

static int
open_loop(struct process *p)
{
	static const struct timeval second = { .tv_sec = 1 };
	int ret;

	p->base = event_base_new();
	if (p->base == NULL)
		return -ENOMEM;
	ret = watch(p, &p->signal_event, p->signal_fd, EV_READ, on_signal, NULL);
	if (ret == 0)
		ret = watch(p, &p->tick_event, -1, 0, on_tick, &second);
	return ret;
}

static int
open_operator(struct process *p)
{
	struct desk parts = { .store = p->store, .seal = p->seal, .triggers = &s6a_triggers };
	int ret = desk_open(&parts);

	if (ret == 0)
		ret = watch(p, &p->desk_event, desk_fd(), EV_READ, on_desk, NULL);
	if (ret < 0)
		return ret;
	p->commands = commands_new(&p->config);
	if (p->commands == NULL)
		return -ENOMEM;
	p->cli = cli_server_new(p->commands, &p->config.cli, PROGRAM "> ", "Torii HSS");
	if (p->cli == NULL)
		return -errno;
	if (watch(p, &p->cli_event, cli_server_fd(p->cli), EV_READ, on_cli, NULL) < 0)
		return -ENOMEM;
	if (!p->config.metrics.is_on)
		return 0;
	p->metrics = metrics_server_new(
		p->base, &p->config.metrics, hss_metrics_collect, hss_metrics_healthy, NULL);
	return p->metrics == NULL ? -errno : 0;
}

static int
open_s6a(struct process *p)
{
	struct s6a parts = {
		.config = &p->config, .store = p->store, .seal = p->seal, .started_s = time(NULL)
	};
	int ret;

	s6a_open(&parts);
	ret = diameter_open(&p->config, origin_state_open(p->store));
	if (ret == 0)
		ret = outgoing_open();
	if (ret == 0)
		origin_state_tell(p->store);
	return ret;
}

static int
open_all(struct process *p)
{
	int ret = block_signals(p);

	if (ret == 0)
		ret = open_store(p);
	if (ret == 0)
		ret = open_loop(p);
	if (ret == 0)
		ret = open_s6a(p);
	if (ret == 0)
		ret = open_operator(p);
	if (ret == 0)
		ret = diameter_start();
	return ret;
}

static void
close_all(struct process *p)
{
	if (p->cli != NULL)
		cli_server_free(p->cli);
	if (p->metrics != NULL)
		metrics_server_free(p->metrics);
	diameter_stop(STOP_PEERS_MS);
	outgoing_close();
	desk_close();
	store_close(p->store);
	seal_close(p->seal);
}

// Every peer brings threads, and a burst leaves free memory behind in the arena of each: few arenas that
// give back what is free keep the process as small after the burst as before it.
static void
bound_free_memory(void)
{
	mallopt(M_ARENA_MAX, ARENAS);
	mallopt(M_TRIM_THRESHOLD, KEPT_FREE_OCTETS);
}

static int
run(struct process *p)
{
	bound_free_memory();
	set_limits(&p->config);
	if (open_all(p) < 0) {
		log_error("not started");
		// freeDiameter's threads may run already: no orderly way out, and none needed.
		_exit(EXIT_NOT_STARTED);
	}
	log_notice("serving %s of %s", p->config.identity, p->config.realm);
	event_base_dispatch(p->base);
	log_notice("stopping");
	close_all(p);
	_exit(0);
}

static const struct cfg_program program = {
	.name = PROGRAM,
	.what = "The subscriber server: Diameter S6a, authentication centre, subscriber store.",
	.config_file = "/etc/torii/hss.cfg",
	.schema = &hss_config_schema,
	.cli_reference = commands_reference,
};

// The key that seals the keys of SIMs, in a file for this user alone.
static int
new_key(const char *path)
{
	int err = seal_new_file(path);

	if (err != 0)
		fprintf(stderr, "%s: %s\n", path, strerror(-err));
	return err == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static struct process process;
	const char *file;
	int status;

	log_init(PROGRAM, LOG_LEVEL_INFO);
	if (argc == 3 && strcmp(argv[1], "--new-key") == 0)
		return new_key(argv[2]);
	status = cfg_main(&program, argc, argv, &process.config, &file);
	if (status != CFG_MAIN_RUN)
		return status;
	log_configure(PROGRAM, &process.config.log);
	if (process.config.is_supervised) {
		status = supervise();
		if (status >= 0)
			return status;
	}
	return run(&process);
}
