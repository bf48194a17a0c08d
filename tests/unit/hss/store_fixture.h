// SPDX-License-Identifier: BSD-3-Clause
// A fresh database for each case: a SQLite file, or a database on a PostgreSQL server that is started
// for the test in a temporary directory, on a UNIX socket. The first argument of the test says which.
#pragma once

#include "hss/store.h"

#include <CUnit/CUnit.h>

#include <errno.h>
#include <ftw.h>
#include <glob.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char fixture_dir[] = "/tmp/torii-store-XXXXXX";
static bool fixture_is_pgsql;
static pid_t fixture_server;
static char fixture_url[256];
static unsigned fixture_n;

static inline int
fixture_remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	return remove(path);
}

// As user postgres where this is root, which PostgreSQL refuses.
static inline pid_t
fixture_spawn(const char *const argv[])
{
	pid_t pid = fork();

	if (pid == 0) {
		struct passwd *pw = getpwnam("postgres");

		if (geteuid() == 0 && (!pw || setgid(pw->pw_gid) != 0 || setuid(pw->pw_uid) != 0))
			_exit(126);
		if (!freopen("/dev/null", "w", stdout) || chdir("/") != 0)
			_exit(126);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	return pid;
}

static inline bool
fixture_run(const char *const argv[])
{
	int status = -1;

	return waitpid(fixture_spawn(argv), &status, 0) > 0 && status == 0;
}

static inline bool
fixture_start_server(void)
{
	char initdb[256], postgres[256], data[64], conninfo[128];
	struct passwd *pw = getpwnam("postgres");
	glob_t found;

	if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) != 0)
		return false;
	snprintf(initdb, sizeof(initdb), "%s/initdb", found.gl_pathv[found.gl_pathc - 1]);
	snprintf(postgres, sizeof(postgres), "%s/postgres", found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
	snprintf(data, sizeof(data), "%s/data", fixture_dir);
	if (geteuid() == 0 && (!pw || chown(fixture_dir, pw->pw_uid, pw->pw_gid) != 0))
		return false;
	if (!fixture_run((const char *const[]){ initdb, "-D", data, "-U", "postgres", "-A", "trust",
		    "-N", "-E", "UTF8", "--locale=C", NULL }))
		return false;
	fixture_server = fixture_spawn((const char *const[]){ postgres, "-D", data, "-k",
		fixture_dir, "-c", "listen_addresses=", "-c", "log_min_messages=fatal", "-c",
		"log_destination=stderr", "-c", "logging_collector=on", NULL });
	snprintf(conninfo, sizeof(conninfo), "host=%s user=postgres dbname=postgres", fixture_dir);
	for (unsigned i = 0; i < 300; i++) {
		if (PQping(conninfo) == PQPING_OK)
			return true;
		usleep(100000);
	}
	return false;
}

static inline void
fixture_stop(void)
{
	if (fixture_server > 0) {
		kill(fixture_server, SIGINT);
		waitpid(fixture_server, NULL, 0);
	}
	nftw(fixture_dir, fixture_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

// argv[1]: sqlite or pgsql.
static inline bool
fixture_start(int argc, char **argv)
{
	fixture_is_pgsql = argc > 1 && strcmp(argv[1], "pgsql") == 0;
	if (!mkdtemp(fixture_dir))
		return false;
	if (fixture_is_pgsql && !fixture_start_server()) {
		fprintf(stderr, "PostgreSQL doesn't start\n");
		fixture_stop();
		return false;
	}
	return true;
}

static inline void
fixture_sql(const char *dbname, const char *text)
{
	char conninfo[160];
	PGconn *c;
	PGresult *r;

	snprintf(
		conninfo, sizeof(conninfo), "host=%s user=postgres dbname=%s", fixture_dir, dbname);
	c = PQconnectdb(conninfo);
	CU_ASSERT_EQUAL_FATAL(PQstatus(c), CONNECTION_OK);
	r = PQexec(c, text);
	CU_ASSERT(PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK);
	PQclear(r);
	PQfinish(c);
}

// A new, empty database; fixture_url names it.
static inline void
fixture_database(void)
{
	char text[64];

	fixture_n++;
	if (!fixture_is_pgsql) {
		snprintf(fixture_url, sizeof(fixture_url), "sqlite:%s/%u.db", fixture_dir,
			fixture_n);
		return;
	}
	snprintf(text, sizeof(text), "CREATE DATABASE t%u", fixture_n);
	fixture_sql("postgres", text);
	snprintf(fixture_url, sizeof(fixture_url), "host=%s user=postgres dbname=t%u", fixture_dir,
		fixture_n);
}

static inline struct store *
fixture_open(void)
{
	struct store_config config = STORE_CONFIG_DEFAULT;
	struct store *store;

	config.url = fixture_url;
	config.cache_mib = 16;
	CU_ASSERT_EQUAL_FATAL(store_open(&config, &store), 0);
	return store;
}

// ---- Waiting for what is asynchronous

struct wait {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_done;
	int result;
};

#define WAIT_INIT                                                                                  \
	{                                                                                          \
		PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0                      \
	}

static inline void
wait_done(void *arg, int result)
{
	struct wait *w = arg;

	pthread_mutex_lock(&w->lock);
	w->is_done = true;
	w->result = result;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

static inline int
wait_for(struct wait *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->is_done)
		pthread_cond_wait(&w->wake, &w->lock);
	w->is_done = false;
	pthread_mutex_unlock(&w->lock);
	return w->result;
}

// ---- Contents

static inline int
fixture_profile(struct store *store, const char *name, uint16_t n_apns)
{
	struct profile *p = profile_new(name, n_apns);
	struct wait w = WAIT_INIT;
	int err;

	p->ambr_ul_bps = 50000000;
	p->ambr_dl_bps = 100000000;
	p->default_context_id = 1;
	for (unsigned i = 0; i < n_apns; i++) {
		struct apn_config *a = &p->apns[i];

		a->context_id = i + 1;
		snprintf(a->apn, sizeof(a->apn), "apn%u", i + 1);
		a->qci = 9;
		a->arp_priority = 8;
	}
	store_profile_put(store, p, wait_done, &w);
	err = wait_for(&w);
	profile_give(p);
	return err;
}

// SIM number n: ICCID 8988211000..., MSISDN 4917..., one IMSI 00101..., active.
static inline struct new_sim
fixture_sim(unsigned n)
{
	struct new_sim s = { .state = SIM_ACTIVE, .n_imsis = 1 };

	snprintf(s.iccid, sizeof(s.iccid), "8988211%012u", n);
	snprintf(s.msisdn, sizeof(s.msisdn), "4917%08u", n);
	snprintf(s.profile, sizeof(s.profile), "iot");
	snprintf(s.imsis[0].imsi, sizeof(s.imsis[0].imsi), "00101%010u", n);
	s.imsis[0].sealed_len = 3;
	memcpy(s.imsis[0].sealed, "abc", 3);
	return s;
}

static inline int
fixture_add(struct store *store, const struct new_sim *sim)
{
	struct wait w = WAIT_INIT;

	store_sim_add(store, sim, wait_done, &w);
	return wait_for(&w);
}

// A store with profile iot and SIMs 1..n.
static inline struct store *
fixture_new(unsigned n)
{
	struct store *store;

	fixture_database();
	store = fixture_open();
	CU_ASSERT_EQUAL_FATAL(fixture_profile(store, "iot", 2), 0);
	for (unsigned i = 1; i <= n; i++) {
		struct new_sim sim = fixture_sim(i);

		CU_ASSERT_EQUAL_FATAL(fixture_add(store, &sim), 0);
	}
	return store;
}

// ---- One operation, waited for

struct change {
	struct store_op op; // first
	struct subscriber seen;
	bool has_seen;
};

static inline void
change_done(struct store_op *op, int result, const struct subscriber *s)
{
	struct change *c = (struct change *)op;

	c->has_seen = s != NULL;
	if (s)
		memcpy(&c->seen, s, sizeof(*s));
}

// c->seen has the state afterwards (its profile isn't kept).
static inline int
change_run(struct store *store, struct change *c, enum store_key by, const char *key,
	unsigned parts, store_change_fn change, void *arg)
{
	memset(c, 0, sizeof(*c));
	c->op.by = by;
	snprintf(c->op.key, sizeof(c->op.key), "%s", key);
	c->op.parts = parts;
	c->op.change = change;
	c->op.done = change_done;
	c->op.arg = arg;
	return store_run(store, &c->op);
}

static inline int
find(struct store *store, struct change *c, const char *imsi)
{
	return change_run(store, c, STORE_BY_IMSI, imsi, STORE_LOCATION, NULL, NULL);
}
