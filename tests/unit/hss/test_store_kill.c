// SPDX-License-Identifier: BSD-3-Clause
// kill -9 at a random moment under load, again and again: no SQN is used twice, nothing that was
// acknowledged is lost, the database is intact.
#include "hss/store.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/hss/store_fixture.h"

#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define ROUNDS 50
#define N_SIMS 40
#define SEQS_MAX 200000
#define N_AIRS 48
#define N_ULRS 16

// Shared with the process that gets killed: what it has told the world.
struct told {
	atomic_uchar used[N_SIMS][SEQS_MAX]; // SEQs that left in an answer
	atomic_uint twice;
	atomic_uint failed;
	atomic_uint airs;
	atomic_uint ulrs;
	atomic_int_fast64_t at_s[N_SIMS]; // registrations acknowledged
	atomic_int_fast64_t requests;     // queued and acknowledged
};

static struct told *told;
static struct store *store;

struct air {
	struct store_op op; // first
	unsigned sim;
	unsigned n;
	unsigned random;
	uint64_t sqns[5];
};

static void
imsi_of(unsigned sim, char *imsi)
{
	snprintf(imsi, IMSI_SIZE, "00101%010u", sim + 1);
}

static int
air_change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct air *a = arg;
	char host[16];

	snprintf(host, sizeof(host), "mme%u", a->random % 5);
	return sqn_take(&s->sqn, host, a->n, a->sqns);
}

static void
air_submit(struct air *a)
{
	a->random = a->random * 1103515245U + 12345U;
	a->sim = (a->random >> 8) % N_SIMS;
	a->n = 1 + (a->random >> 16) % 5;
	imsi_of(a->sim, a->op.key);
	store_submit(store, &a->op);
}

static void
air_done(struct store_op *op, int result, const struct subscriber *s)
{
	struct air *a = (struct air *)op;

	if (result != 0)
		atomic_fetch_add(&told->failed, 1);
	for (unsigned i = 0; result == 0 && i < a->n; i++) {
		uint64_t seq = a->sqns[i] >> SQN_IND_BITS;

		if (seq >= SEQS_MAX || atomic_fetch_add(&told->used[a->sim][seq], 1) != 0)
			atomic_fetch_add(&told->twice, 1);
	}
	atomic_fetch_add(&told->airs, 1);
	air_submit(a);
}

struct ulr {
	struct store_op op; // first
	unsigned sim;
	unsigned random;
	int64_t at_s;
};

static int
ulr_change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct ulr *u = arg;
	struct store_request r = { .command = 317, .host = "mme" };

	snprintf(r.imsi, sizeof(r.imsi), "%s", s->imsi);
	s->registration.node = store_node(tx, u->random & 64 ? "mme1" : "mme2", "r", "v");
	u->at_s = ++s->registration.at_s;
	snprintf(r.args, sizeof(r.args), "%lld", (long long)u->at_s);
	store_history(tx, &(struct history_entry){ .event = HISTORY_ATTACHED });
	return store_request_put(tx, &r);
}

static void
ulr_submit(struct ulr *u)
{
	u->random = u->random * 1103515245U + 12345U;
	u->sim = (u->random >> 8) % N_SIMS;
	imsi_of(u->sim, u->op.key);
	store_submit(store, &u->op);
}

static void
ulr_done(struct store_op *op, int result, const struct subscriber *s)
{
	struct ulr *u = (struct ulr *)op;
	int_fast64_t before = atomic_load(&told->at_s[u->sim]);

	if (result != 0)
		atomic_fetch_add(&told->failed, 1);
	while (result == 0 && before < u->at_s &&
		!atomic_compare_exchange_weak(&told->at_s[u->sim], &before, u->at_s))
		continue;
	atomic_fetch_add(&told->requests, 1);
	atomic_fetch_add(&told->ulrs, 1);
	ulr_submit(u);
}

static void
load(unsigned seed)
{
	static struct air airs[N_AIRS];
	static struct ulr ulrs[N_ULRS];

	store = fixture_open();
	for (unsigned i = 0; i < N_AIRS; i++) {
		airs[i].random = seed * 1000 + i;
		airs[i].op.change = air_change;
		airs[i].op.done = air_done;
		airs[i].op.arg = &airs[i];
		air_submit(&airs[i]);
	}
	for (unsigned i = 0; i < N_ULRS; i++) {
		ulrs[i].random = seed * 2000 + i;
		ulrs[i].op.parts = STORE_LOCATION;
		ulrs[i].op.change = ulr_change;
		ulrs[i].op.done = ulr_done;
		ulrs[i].op.arg = &ulrs[i];
		ulr_submit(&ulrs[i]);
	}
	for (;;)
		pause();
}

// Killed some moments after its first answers.
static void
kill_at_a_random_moment(unsigned round)
{
	unsigned before = told->airs + told->ulrs;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		load(round + 1);
	while (told->airs + told->ulrs < before + 10 && waitpid(pid, &status, WNOHANG) == 0)
		sched_yield();
	usleep((unsigned)rand() % 60000);
	kill(pid, SIGKILL);
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void
check_integrity(void)
{
	char command[512];

	if (fixture_is_pgsql)
		return;
	snprintf(command, sizeof(command),
		"test \"$(sqlite3 %s 'PRAGMA integrity_check; PRAGMA foreign_key_check')\" = ok",
		fixture_url + 7);
	CU_ASSERT_EQUAL(system(command), 0);
}

struct listed {
	struct wait wait; // first
	int64_t n;
};

static void
count_listed(void *arg, const struct store_request *r)
{
	((struct listed *)arg)->n++;
}

// What was told is there; what is there may be ahead of it.
static void
check_contents(void)
{
	static struct change c;
	static struct listed l;
	char imsi[IMSI_SIZE];

	store = fixture_open();
	for (unsigned sim = 0; sim < N_SIMS; sim++) {
		uint64_t last = SEQS_MAX - 1;

		imsi_of(sim, imsi);
		CU_ASSERT_EQUAL_FATAL(find(store, &c, imsi), 0);
		CU_ASSERT(c.seen.registration.at_s >= told->at_s[sim]);
		while (last > 0 && !told->used[sim][last])
			last--;
		CU_ASSERT(c.seen.sqn.seq >= last);
	}
	l = (struct listed){ .wait = WAIT_INIT };
	store_requests_list(store, "", 0, 1000000, count_listed, wait_done, &l);
	CU_ASSERT_EQUAL(wait_for(&l.wait), 0);
	CU_ASSERT(l.n >= told->requests);
	store_close(store);
}

static void
survives_kill_under_load(void)
{
	unsigned seed = (unsigned)time(NULL);

	printf("(seed %u) ", seed);
	srand(seed);
	store_close(fixture_new(N_SIMS));
	for (unsigned i = 0; i < ROUNDS; i++) {
		kill_at_a_random_moment(i);
		check_integrity();
		if (i % 5 == 4)
			check_contents();
	}
	check_contents();
	CU_ASSERT_EQUAL(told->twice, 0);
	CU_ASSERT_EQUAL(told->failed, 0);
	CU_ASSERT(told->airs > 100 * ROUNDS);
	CU_ASSERT(told->ulrs > 10 * ROUNDS);
	printf("(%u authentications, %u registrations) ", told->airs, told->ulrs);
}

static void
load_import(void)
{
	struct store_bulk *bulk;

	store = fixture_open();
	if (store_bulk_begin(store, &bulk) != 0)
		_exit(1);
	for (unsigned i = N_SIMS + 1;; i++) {
		struct new_sim sim = fixture_sim(i);

		if (store_bulk_put(bulk, &sim, i) != 0)
			_exit(1);
		atomic_fetch_add(&told->ulrs, 1);
	}
}

static bool
count_row(void *arg, const struct subscriber *s)
{
	((struct listed *)arg)->n++;
	return true;
}

// Nothing of an import that was killed is ever seen, and the next one may have its SIMs.
static void
forgets_an_import_that_was_killed(void)
{
	struct store_filter all = STORE_FILTER_ALL;
	static struct listed l;
	struct store_bulk *bulk = NULL;
	struct new_sim sim = fixture_sim(N_SIMS + 1);
	pid_t pid;

	store_close(fixture_new(N_SIMS));
	for (unsigned round = 0; round < 3; round++) {
		unsigned before = told->ulrs;

		pid = fork();
		if (pid == 0)
			load_import();
		while (told->ulrs < before + 2000)
			sched_yield();
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		check_integrity();
		store = fixture_open();
		l = (struct listed){ .wait = WAIT_INIT };
		store_list(store, &all, count_row, wait_done, &l);
		CU_ASSERT_EQUAL(wait_for(&l.wait), 0);
		CU_ASSERT_EQUAL(l.n, N_SIMS);
		for (unsigned i = 0; i < 3000 && store_bulk_begin(store, &bulk) == -EBUSY; i++)
			usleep(10000);
		CU_ASSERT_PTR_NOT_NULL_FATAL(bulk);
		CU_ASSERT_EQUAL(store_bulk_put(bulk, &sim, 1), 0);
		store_bulk_abort(bulk);
		while ((bulk = NULL, store_bulk_begin(store, &bulk)) == -EBUSY)
			usleep(10000);
		store_bulk_abort(bulk);
		store_close(store);
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(survives_kill_under_load),
	UNIT_CASE(forgets_an_import_that_was_killed),
};

int
main(int argc, char **argv)
{
	int failed;

	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED || !fixture_start(argc, argv))
		return 1;
	failed = unit_run(fixture_is_pgsql ? "hss/store_kill pgsql" : "hss/store_kill sqlite",
		cases, sizeof(cases) / sizeof(cases[0]));
	fixture_stop();
	return failed;
}
