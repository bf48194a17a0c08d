// SPDX-License-Identifier: BSD-3-Clause
// The subscriber store and the AuC without Diameter: import of n SIMs, authentications and registrations
// per second, memory per SIM. hss-store [n SIMs] [seconds] [directory] [chains] [database URL]
// A database that an earlier run has filled is used as it is; the directory keeps its sealing key.
#include "hss/authenticate.h"
#include "hss/store.h"
#include "hss/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHAINS_MAX 1024

static struct store *store;
static struct seal *seal;
static unsigned n_sims = 1000000;
static unsigned n_chains = 64;
static atomic_bool is_over;
static atomic_uint n_running;

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
rss_mib(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1048576;
}

struct wait {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_done;
	int result;
};

static void
wait_done(void *arg, int result)
{
	struct wait *w = arg;

	pthread_mutex_lock(&w->lock);
	w->is_done = true;
	w->result = result;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

static int
profile_add(void)
{
	struct wait w = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0 };
	struct profile *p = profile_new("iot", 1);

	p->default_context_id = p->apns[0].context_id = 1;
	text_copy(p->apns[0].apn, sizeof(p->apns[0].apn), "internet");
	p->apns[0].qci = 9;
	p->apns[0].arp_priority = 8;
	store_profile_put(store, p, wait_done, &w);
	pthread_mutex_lock(&w.lock);
	while (!w.is_done)
		pthread_cond_wait(&w.wake, &w.lock);
	pthread_mutex_unlock(&w.lock);
	profile_give(p);
	return w.result;
}

static void
imsi_of(unsigned n, char *imsi)
{
	snprintf(imsi, IMSI_SIZE, "00101%010u", n);
}

static void
conflict(void *arg, uint64_t line)
{
	fprintf(stderr, "conflict at %lu\n", (unsigned long)line);
}

static int
import(void)
{
	struct auc_key key = {
		.algorithm = AUC_MILENAGE, .k_len = 16, .res_len = 8, .has_opc = true
	};
	struct new_sim sim = { .state = SIM_ACTIVE, .n_imsis = 1 };
	struct store_bulk *bulk;
	double start = now_s();
	int err = store_bulk_begin(store, &bulk);

	text_copy(sim.profile, sizeof(sim.profile), "iot");
	for (unsigned i = 1; err == 0 && i <= n_sims; i++) {
		snprintf(sim.iccid, sizeof(sim.iccid), "8988211%012u", i);
		snprintf(sim.msisdn, sizeof(sim.msisdn), "4917%08u", i);
		imsi_of(i, sim.imsis[0].imsi);
		memcpy(key.k, &i, sizeof(i));
		err = seal_wrap(seal, sim.imsis[0].imsi, &key, sim.imsis[0].sealed,
			&sim.imsis[0].sealed_len);
		if (err == 0)
			err = store_bulk_put(bulk, &sim, i);
	}
	if (err == 0)
		err = store_bulk_commit(bulk, conflict, NULL);
	printf("import: %u SIMs in %.1f s, %.0f MiB resident\n", n_sims, now_s() - start,
		rss_mib());
	return err;
}

struct chain {
	union {
		struct auth_request air;
		struct store_op ulr;
	};
	uint64_t random;
	double started;
	unsigned long n, n_failed;
	double worst;
};

static struct chain chains[CHAINS_MAX];

static unsigned
next_sim(struct chain *c)
{
	c->random = c->random * 6364136223846793005U + 1442695040888963407U;
	return 1 + (unsigned)((c->random >> 33) % n_sims);
}

static void
chain_count(struct chain *c, bool is_good, void (*again)(struct chain *c))
{
	double took = now_s() - c->started;

	c->n++;
	c->n_failed += !is_good;
	if (took > c->worst)
		c->worst = took;
	if (atomic_load(&is_over))
		atomic_fetch_sub(&n_running, 1);
	else
		again(c);
}

static void
air_again(struct chain *c)
{
	c->started = now_s();
	imsi_of(next_sim(c), c->air.imsi);
	authenticate(&c->air);
}

static void
air_done(struct auth_request *r)
{
	chain_count((struct chain *)r, r->result == 0 && r->n_eps_made == 1, air_again);
}

static void
air_begin(struct chain *c)
{
	c->air.store = store;
	c->air.seal = seal;
	text_copy(c->air.node, sizeof(c->air.node), "mme1.epc.mnc001.mcc001.3gppnetwork.org");
	plmn_parse("00101", &c->air.visited);
	c->air.n_eps = 1;
	c->air.done = air_done;
	air_again(c);
}

static int
ulr_change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct history_entry e = { .event = HISTORY_ATTACHED, .result = 2001 };

	s->registration.node = store_node(tx, "mme1.epc.mnc001.mcc001.3gppnetwork.org",
		"epc.mnc001.mcc001.3gppnetwork.org", "dra.example");
	s->registration.at_s = time(NULL);
	store_history(tx, &e);
	return 0;
}

static void
ulr_again(struct chain *c)
{
	c->started = now_s();
	imsi_of(next_sim(c), c->ulr.key);
	store_submit(store, &c->ulr);
}

static void
ulr_done(struct store_op *op, int result, const struct subscriber *s)
{
	chain_count((struct chain *)op, result == 0, ulr_again);
}

static void
ulr_begin(struct chain *c)
{
	c->ulr.parts = STORE_LOCATION;
	c->ulr.change = ulr_change;
	c->ulr.done = ulr_done;
	ulr_again(c);
}

static void
measure(const char *what, unsigned seconds, void (*begin)(struct chain *c))
{
	unsigned long n = 0, n_failed = 0;
	struct timespec cpu0, cpu1;
	double start = now_s(), worst = 0, cpu;

	memset(chains, 0, sizeof(chains));
	atomic_store(&is_over, false);
	atomic_store(&n_running, n_chains);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu0);
	for (unsigned i = 0; i < n_chains; i++) {
		chains[i].random = i + 1;
		begin(&chains[i]);
	}
	sleep(seconds);
	atomic_store(&is_over, true);
	while (atomic_load(&n_running) > 0)
		usleep(1000);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu1);
	cpu = (double)(cpu1.tv_sec - cpu0.tv_sec) + (double)(cpu1.tv_nsec - cpu0.tv_nsec) / 1e9;
	for (unsigned i = 0; i < n_chains; i++) {
		n += chains[i].n;
		n_failed += chains[i].n_failed;
		worst = chains[i].worst > worst ? chains[i].worst : worst;
	}
	printf("%s: %.0f/s, %.1f us of CPU each, %lu failed, longest %.1f ms, %.0f MiB resident\n",
		what, (double)n / (now_s() - start), cpu * 1e6 / (double)n, n_failed, worst * 1e3,
		rss_mib());
}

int
main(int argc, char **argv)
{
	struct store_config config = STORE_CONFIG_DEFAULT;
	char made[] = "/tmp/torii-perf-XXXXXX", url[160], key_file[160];
	const char *dir = argc > 3 && argv[3][0] ? argv[3] : mkdtemp(made);
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 10;
	const struct profile *profile;
	const char *why;
	double empty;
	int made_key;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1)
		n_sims = (unsigned)atoi(argv[1]);
	if (argc > 4 && atoi(argv[4]) > 0 && atoi(argv[4]) <= CHAINS_MAX)
		n_chains = (unsigned)atoi(argv[4]);
	if (!dir)
		return 1;
	snprintf(url, sizeof(url), "sqlite:%s/hss.db", dir);
	snprintf(key_file, sizeof(key_file), "%s/key", dir);
	config.url = argc > 5 ? argv[5] : url;
	made_key = seal_new_file(key_file);
	if ((made_key != 0 && made_key != -EEXIST) || seal_open_file(key_file, &seal, &why) != 0 ||
		store_open(&config, &store) != 0)
		return 1;
	empty = rss_mib();
	profile = store_profile_find(store, "iot");
	if (!profile && (profile_add() != 0 || import() != 0))
		return 1;
	profile_give(profile);
	measure("authentication", seconds, air_begin);
	measure("registration", seconds, ulr_begin);
	measure("authentication", seconds, air_begin);
	printf("%.0f bytes per SIM in all, of which up to %u MiB of page cache\n",
		(rss_mib() - empty) * 1048576 / n_sims, config.cache_mib);
	store_close(store);
	seal_close(seal);
	return 0;
}
