// SPDX-License-Identifier: BSD-3-Clause
#include "hss/store.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/hss/store_fixture.h"

#include <arpa/inet.h>
#include <stdatomic.h>

#define IMSI1 "001010000000001"
#define IMSI2 "001010000000002"

static struct change c; // large; one at a time

// ---- SIMs

static void
starts_empty(void)
{
	struct store *store = fixture_new(0);

	CU_ASSERT_EQUAL(find(store, &c, IMSI1), -ENOENT);
	CU_ASSERT_FALSE(c.has_seen);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(store_engine(store), fixture_is_pgsql ? "PostgreSQL" : "SQLite"));
	store_close(store);
}

static struct new_sim
full_sim(void)
{
	struct new_sim s = fixture_sim(1);

	s.imei_lock = IMEI_EXACT;
	snprintf(s.imei, sizeof(s.imei), "35145120840121");
	s.rats = RAT_NB_IOT | RAT_LTE_M;
	s.n_partners = 2;
	plmn_parse("26201", &s.partners[0]);
	plmn_parse("310410", &s.partners[1]);
	s.n_addresses = 1;
	snprintf(s.addresses[0].apn, APN_SIZE, "apn1");
	s.addresses[0].has_v4 = s.addresses[0].has_v6 = true;
	inet_pton(AF_INET, "10.1.2.3", &s.addresses[0].v4);
	inet_pton(AF_INET6, "2001:db8:1::", &s.addresses[0].v6);
	s.imsis[0].seq = 1000;
	return s;
}

static void
is_full_sim(const struct subscriber *s)
{
	struct new_sim n = full_sim();

	CU_ASSERT_STRING_EQUAL(s->imsi, IMSI1);
	CU_ASSERT_STRING_EQUAL(s->iccid, n.iccid);
	CU_ASSERT_STRING_EQUAL(s->msisdn, n.msisdn);
	CU_ASSERT_EQUAL(s->state, SIM_ACTIVE);
	CU_ASSERT_EQUAL(s->imei_lock, IMEI_EXACT);
	CU_ASSERT_STRING_EQUAL(s->imei, n.imei);
	CU_ASSERT_EQUAL(s->rats, n.rats);
	CU_ASSERT_EQUAL(s->n_partners, 2);
	CU_ASSERT(plmn_is_equal(&s->partners[1], &n.partners[1]));
	CU_ASSERT_EQUAL(s->n_addresses, 1);
	CU_ASSERT_EQUAL(s->addresses[0].v4.s_addr, n.addresses[0].v4.s_addr);
	CU_ASSERT_EQUAL(memcmp(&s->addresses[0].v6, &n.addresses[0].v6, 16), 0);
	CU_ASSERT_EQUAL(s->sealed_len, 3);
	CU_ASSERT_EQUAL(memcmp(s->sealed, "abc", 3), 0);
	CU_ASSERT_EQUAL(s->sqn.seq, 1000);
	CU_ASSERT_PTR_NULL(s->registration.node);
}

static void
keeps_a_sim_with_everything_over_a_restart(void)
{
	struct store *store = fixture_new(0);
	struct new_sim s = full_sim();

	CU_ASSERT_EQUAL(fixture_add(store, &s), 0);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	is_full_sim(&c.seen);
	store_close(store);
	store = fixture_open();
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	is_full_sim(&c.seen);
	CU_ASSERT_EQUAL(change_run(store, &c, STORE_SIM_BY_ICCID, s.iccid, 0, NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(c.seen.imsi, IMSI1);
	CU_ASSERT_EQUAL(change_run(store, &c, STORE_SIM_BY_MSISDN, s.msisdn, 0, NULL, NULL), 0);
	CU_ASSERT_STRING_EQUAL(c.seen.imsi, IMSI1);
	CU_ASSERT_EQUAL(change_run(store, &c, STORE_SIM_BY_MSISDN, "4", 0, NULL, NULL), -ENOENT);
	store_close(store);
}

static void
refuses_what_is_there_already_and_leaves_nothing_of_it(void)
{
	struct store *store = fixture_new(1);
	struct new_sim s = fixture_sim(1), other = fixture_sim(2);

	CU_ASSERT_EQUAL(fixture_add(store, &s), -EEXIST);
	snprintf(other.msisdn, sizeof(other.msisdn), "%s", s.msisdn);
	CU_ASSERT_EQUAL(fixture_add(store, &other), -EEXIST);
	other = fixture_sim(2);
	other.n_imsis = 2;
	other.imsis[1] = s.imsis[0];
	CU_ASSERT_EQUAL(fixture_add(store, &other), -EEXIST);
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), -ENOENT);
	other = fixture_sim(2);
	snprintf(other.profile, sizeof(other.profile), "none");
	CU_ASSERT_EQUAL(fixture_add(store, &other), -ENOENT);
	other = fixture_sim(2);
	CU_ASSERT_EQUAL(fixture_add(store, &other), 0);
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), 0);
	store_close(store);
}

static void
lets_any_number_of_sims_be_without_msisdn(void)
{
	struct store *store = fixture_new(0);

	for (unsigned i = 1; i <= 3; i++) {
		struct new_sim s = fixture_sim(i);

		s.msisdn[0] = '\0';
		CU_ASSERT_EQUAL(fixture_add(store, &s), 0);
	}
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), 0);
	CU_ASSERT_STRING_EQUAL(c.seen.msisdn, "");
	store_close(store);
}

// ---- Changes

static int
set_all(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct pdn_gateway *g = subscriber_gateway_put(s, "apn1");

	s->state = SIM_INACTIVE;
	s->rats = RAT_EUTRAN;
	snprintf(s->msisdn, sizeof(s->msisdn), "4911");
	s->sealed_len = 4;
	memcpy(s->sealed, "wxyz", 4);
	s->registration.node = store_node(tx, "mme1.example", "example", "dra.example");
	plmn_parse("26201", &s->registration.visited);
	s->registration.rat_type = 1004;
	s->registration.ulr_flags = 34;
	s->registration.features[0] = 0x80000001;
	s->registration.has_features = true;
	s->registration.is_stale = true;
	s->registration.at_s = 1800000000;
	snprintf(s->registration.imei, IMEI_SIZE, "3514512084012103");
	g->context_id = 7;
	g->gateway.has_v4 = true;
	inet_pton(AF_INET, "192.0.2.1", &g->gateway.v4);
	snprintf(g->gateway.host, HOST_SIZE, "pgw|1.example");
	snprintf(g->visited_network, HOST_SIZE, "mnc001.mcc262");
	return 0;
}

static void
has_all(const struct subscriber *s)
{
	CU_ASSERT_EQUAL(s->state, SIM_INACTIVE);
	CU_ASSERT_EQUAL(s->rats, RAT_EUTRAN);
	CU_ASSERT_STRING_EQUAL(s->msisdn, "4911");
	CU_ASSERT_EQUAL(memcmp(s->sealed, "wxyz", 4), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s->registration.node);
	CU_ASSERT_STRING_EQUAL(s->registration.node->host, "mme1.example");
	CU_ASSERT_STRING_EQUAL(s->registration.node->realm, "example");
	CU_ASSERT_STRING_EQUAL(s->registration.node->via, "dra.example");
	CU_ASSERT_EQUAL(s->registration.rat_type, 1004);
	CU_ASSERT_EQUAL(s->registration.ulr_flags, 34);
	CU_ASSERT_EQUAL(s->registration.features[0], 0x80000001);
	CU_ASSERT(s->registration.has_features && s->registration.is_stale);
	CU_ASSERT_FALSE(s->registration.is_purged);
	CU_ASSERT_EQUAL(s->registration.at_s, 1800000000);
	CU_ASSERT_STRING_EQUAL(s->registration.imei, "3514512084012103");
	CU_ASSERT_EQUAL_FATAL(s->n_gateways, 1);
	CU_ASSERT_EQUAL(s->gateways[0].context_id, 7);
	CU_ASSERT(s->gateways[0].gateway.has_v4 && !s->gateways[0].gateway.has_v6);
	CU_ASSERT_EQUAL(s->gateways[0].gateway.v4.s_addr, htonl(0xc0000201));
	CU_ASSERT_STRING_EQUAL(s->gateways[0].visited_network, "mnc001.mcc262");
}

static void
keeps_every_change_over_a_restart(void)
{
	struct store *store = fixture_new(1);

	CU_ASSERT_EQUAL(
		change_run(store, &c, STORE_BY_IMSI, IMSI1, STORE_LOCATION, set_all, NULL), 0);
	has_all(&c.seen);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	has_all(&c.seen);
	store_close(store);
	store = fixture_open();
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	has_all(&c.seen);
	// A peer's octets can't break the stored form.
	CU_ASSERT_STRING_EQUAL(c.seen.gateways[0].gateway.host, "pgw?1.example");
	store_close(store);
}

static int
set_all_and_fail(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct store_request r = { .command = 317, .host = "mme1.example" };

	set_all(tx, s, arg);
	store_request_put(tx, &r);
	store_history(tx, &(struct history_entry){ .event = HISTORY_CHANGED });
	return -EPERM;
}

struct count {
	struct wait wait; // first
	unsigned n;
};

static void
count_row(void *arg, const struct store_request *r)
{
	((struct count *)arg)->n++;
}

static void
undoes_everything_of_a_change_that_fails(void)
{
	struct store *store = fixture_new(1);
	struct count n = { WAIT_INIT, 0 };

	CU_ASSERT_EQUAL(
		change_run(store, &c, STORE_BY_IMSI, IMSI1, STORE_LOCATION, set_all_and_fail, NULL),
		-EPERM);
	CU_ASSERT_EQUAL(change_run(store, &c, STORE_SIM_BY_IMSI, IMSI1, STORE_LOCATION,
				set_all_and_fail, NULL),
		-EPERM);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	CU_ASSERT_EQUAL(c.seen.state, SIM_ACTIVE);
	CU_ASSERT_PTR_NULL(c.seen.registration.node);
	store_requests_list(store, "", 0, 10, count_row, wait_done, &n);
	CU_ASSERT_EQUAL(wait_for(&n.wait), 0);
	CU_ASSERT_EQUAL(n.n, 0);
	store_close(store);
}

static int
take_msisdn(struct store_tx *tx, struct subscriber *s, void *arg)
{
	snprintf(s->msisdn, sizeof(s->msisdn), "%s", (const char *)arg);
	return 0;
}

static void
fails_only_the_change_that_conflicts(void)
{
	struct store *store = fixture_new(3);
	struct new_sim two = fixture_sim(2);
	char taken[MSISDN_SIZE], unused[] = "4912";

	snprintf(taken, sizeof(taken), "%s", two.msisdn);
	CU_ASSERT_EQUAL(
		change_run(store, &c, STORE_BY_IMSI, IMSI1, 0, take_msisdn, taken), -EEXIST);
	CU_ASSERT_EQUAL(change_run(store, &c, STORE_BY_IMSI, IMSI1, 0, take_msisdn, unused), 0);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	CU_ASSERT_STRING_EQUAL(c.seen.msisdn, "4912");
	store_close(store);
}

static int
note_seq(struct store_tx *tx, struct subscriber *s, void *arg)
{
	char **at = arg;

	*(*at)++ = s->imsi[strlen(s->imsi) - 1];
	s->rats ^= RAT_UTRAN;
	return 0;
}

static void
changes_all_imsis_of_a_sim_in_ascending_order(void)
{
	struct store *store = fixture_new(0);
	struct new_sim s = fixture_sim(1);
	char order[4] = "", *at = order;

	s.n_imsis = 3;
	for (unsigned i = 0; i < 3; i++) {
		s.imsis[i] = s.imsis[0];
		snprintf(s.imsis[i].imsi, IMSI_SIZE, "00101000000000%u", 3 - i);
	}
	CU_ASSERT_EQUAL(fixture_add(store, &s), 0);
	CU_ASSERT_EQUAL(change_run(store, &c, STORE_SIM_BY_IMSI, IMSI2, 0, note_seq, &at), 0);
	CU_ASSERT_STRING_EQUAL(order, "123");
	// Each saw what the one before had changed: three times toggled.
	for (unsigned i = 1; i <= 3; i++) {
		char imsi[IMSI_SIZE];

		snprintf(imsi, sizeof(imsi), "00101000000000%u", i);
		CU_ASSERT_EQUAL(find(store, &c, imsi), 0);
		CU_ASSERT_EQUAL(c.seen.rats, RAT_UTRAN);
	}
	store_close(store);
}

struct many {
	struct store_op op; // first
	unsigned number;
	unsigned *next;
};

static void
in_order(struct store_op *op, int result, const struct subscriber *s)
{
	struct many *m = (struct many *)op;

	CU_ASSERT_EQUAL(result, 0);
	CU_ASSERT_EQUAL(m->number, (*m->next)++);
}

static int
count_up(struct store_tx *tx, struct subscriber *s, void *arg)
{
	CU_ASSERT_EQUAL(s->registration.at_s, *(unsigned *)arg);
	s->registration.at_s++;
	return 0;
}

static void
runs_operations_on_one_imsi_in_order(void)
{
	enum { N = 500 };
	static struct many many[N];
	struct store *store = fixture_new(1);
	unsigned next = 0;

	for (unsigned i = 0; i < N; i++) {
		many[i] = (struct many){ .number = i, .next = &next };
		snprintf(many[i].op.key, sizeof(many[i].op.key), IMSI1);
		many[i].op.parts = STORE_LOCATION;
		many[i].op.change = count_up;
		many[i].op.done = in_order;
		many[i].op.arg = &many[i].number;
		store_submit(store, &many[i].op);
	}
	store_close(store);
	CU_ASSERT_EQUAL(next, N);
}

// ---- SQN

struct air {
	struct store_op op; // first
	struct store *store;
	unsigned left;
	const char *host;
	uint64_t taken[5];
	atomic_uchar *used; // by SEQ
	atomic_uint *n_twice;
	struct wait *wait;
};

#define SEQS_MAX 400000

static int
air_change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct air *a = arg;

	return sqn_take(&s->sqn, a->host, 1, a->taken);
}

static void
air_done(struct store_op *op, int result, const struct subscriber *s)
{
	struct air *a = (struct air *)op;
	uint64_t seq = a->taken[0] >> SQN_IND_BITS;

	if (result != 0 || seq >= SEQS_MAX || atomic_fetch_add(&a->used[seq], 1) != 0)
		atomic_fetch_add(a->n_twice, 1);
	if (--a->left > 0)
		store_submit(a->store, &a->op);
	else
		wait_done(a->wait, 0);
}

// n chains of requests for one IMSI at once on each store; how many SEQs came twice.
static unsigned
hammer(struct store *stores[], unsigned n_stores, unsigned n_chains, unsigned length,
	atomic_uchar *used)
{
	struct air *airs = calloc(n_stores * n_chains, sizeof(*airs));
	struct wait *waits = calloc(n_stores * n_chains, sizeof(*waits));
	atomic_uint n_twice = 0;

	for (unsigned i = 0; i < n_stores * n_chains; i++) {
		struct air *a = &airs[i];

		waits[i] = (struct wait)WAIT_INIT;
		*a = (struct air){ .store = stores[i % n_stores],
			.left = length,
			.host = i % 3 ? "mme1" : "mme2",
			.used = used,
			.n_twice = &n_twice,
			.wait = &waits[i] };
		snprintf(a->op.key, sizeof(a->op.key), IMSI1);
		a->op.change = air_change;
		a->op.done = air_done;
		a->op.arg = a;
		store_submit(a->store, &a->op);
	}
	for (unsigned i = 0; i < n_stores * n_chains; i++)
		wait_for(&waits[i]);
	free(airs);
	free(waits);
	return n_twice;
}

static void
never_gives_an_sqn_twice(void)
{
	atomic_uchar *used = calloc(SEQS_MAX, 1);
	struct store *store = fixture_new(1);

	CU_ASSERT_EQUAL(hammer(&store, 1, 20, 200, used), 0);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	CU_ASSERT_EQUAL(c.seen.sqn.seq, 4000);
	CU_ASSERT_EQUAL(c.seen.sqn.n_nodes, 2);
	store_close(store);
	store = fixture_open();
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	// Closed cleanly: nothing is skipped.
	CU_ASSERT_EQUAL(c.seen.sqn.seq, 4000);
	CU_ASSERT_EQUAL(c.seen.sqn.n_nodes, 2);
	CU_ASSERT_EQUAL(hammer(&store, 1, 20, 50, used), 0);
	store_close(store);
	free(used);
}

// Two HSS processes on one server. (Two handles: neither knows of the other.)
static void
never_gives_an_sqn_twice_from_two_processes(void)
{
	atomic_uchar *used = calloc(SEQS_MAX, 1);
	struct store *stores[2];

	stores[0] = fixture_new(1);
	if (fixture_is_pgsql) {
		stores[1] = fixture_open();
		CU_ASSERT_EQUAL(hammer(stores, 2, 10, 100, used), 0);
		store_close(stores[1]);
	} else {
		// A file has one owner.
		struct store_config config = STORE_CONFIG_DEFAULT;

		config.url = fixture_url;
		CU_ASSERT_EQUAL(store_open(&config, &stores[1]), -EBUSY);
		CU_ASSERT_PTR_NULL(stores[1]);
	}
	store_close(stores[0]);
	free(used);
}

static int
resync_back(struct store_tx *tx, struct subscriber *s, void *arg)
{
	return sqn_resync(&s->sqn, *(uint64_t *)arg) == 1 ? 0 : -EINVAL;
}

static void
stores_a_resynchronised_seq_at_once(void)
{
	struct store *store = fixture_new(0);
	struct new_sim s = fixture_sim(1);
	uint64_t sqn_ms = sqn_join(500, 3);

	s.imsis[0].seq = SQN_DELTA + 100000;
	CU_ASSERT_EQUAL(fixture_add(store, &s), 0);
	CU_ASSERT_EQUAL(change_run(store, &c, STORE_BY_IMSI, IMSI1, 0, resync_back, &sqn_ms), 0);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	CU_ASSERT_EQUAL(c.seen.sqn.seq, 500);
	store_close(store);
	store = fixture_open();
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	CU_ASSERT_EQUAL(c.seen.sqn.seq, 500);
	store_close(store);
}

static void
moves_all_seqs_ahead_after_a_backup_was_restored(void)
{
	struct store *store = fixture_new(2);
	struct wait w = WAIT_INIT;
	uint64_t used;

	CU_ASSERT_EQUAL(change_run(store, &c, STORE_BY_IMSI, IMSI1, 0, air_change,
				&(struct air){ .host = "mme1" }),
		0);
	used = c.seen.sqn.seq;
	store_seq_advance(store, 10, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), 0);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	CU_ASSERT_EQUAL(c.seen.sqn.seq, used + 640);
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), 0);
	CU_ASSERT_EQUAL(c.seen.sqn.seq, 640);
	store_close(store);
	store = fixture_open();
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	CU_ASSERT_EQUAL(c.seen.sqn.seq, used + 640);
	store_close(store);
}

// ---- Deleting

static int
be_called(struct store_tx *tx, struct subscriber *s, void *arg)
{
	(*(unsigned *)arg)++;
	return 0;
}

struct result_op {
	struct store_op op; // first
	struct wait wait;
};

static void
result_done(struct store_op *op, int result, const struct subscriber *s)
{
	wait_done(&((struct result_op *)op)->wait, result);
}

static int delete (
	struct store *store, bool is_imsi, enum store_key by, const char *key, unsigned *n_called)
{
	struct result_op r = {
		.op = { .by = by, .change = be_called, .done = result_done, .arg = n_called },
		.wait = WAIT_INIT
	};

	snprintf(r.op.key, sizeof(r.op.key), "%s", key);
	if (is_imsi)
		store_imsi_del(store, &r.op);
	else
		store_sim_del(store, &r.op);
	return wait_for(&r.wait);
}

static void
deletes_a_sim_with_all_its_imsis(void)
{
	struct store *store = fixture_new(0);
	struct new_sim s = fixture_sim(1);
	unsigned n = 0;

	s.n_imsis = 2;
	s.imsis[1] = fixture_sim(2).imsis[0];
	CU_ASSERT_EQUAL(fixture_add(store, &s), 0);
	CU_ASSERT_EQUAL(delete (store, false, STORE_SIM_BY_ICCID, s.iccid, &n), 0);
	CU_ASSERT_EQUAL(n, 2);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), -ENOENT);
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), -ENOENT);
	CU_ASSERT_EQUAL(delete (store, false, STORE_SIM_BY_ICCID, s.iccid, &n), -ENOENT);
	CU_ASSERT_EQUAL(fixture_add(store, &s), 0);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	store_close(store);
}

static void
adds_and_deletes_imsis_but_not_the_last(void)
{
	struct store *store = fixture_new(1);
	struct new_sim s = fixture_sim(1);
	struct new_imsi more = fixture_sim(2).imsis[0];
	struct wait w = WAIT_INIT;
	unsigned n = 0;

	CU_ASSERT_EQUAL(delete (store, true, 0, IMSI1, &n), -EBUSY);
	store_imsi_add(store, s.iccid, &more, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), 0);
	store_imsi_add(store, s.iccid, &more, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), -EEXIST);
	store_imsi_add(store, "8988211999999999999", &more, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), -ENOENT);
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), 0);
	CU_ASSERT_STRING_EQUAL(c.seen.iccid, s.iccid);
	CU_ASSERT_EQUAL(delete (store, true, 0, IMSI1, &n), 0);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), -ENOENT);
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), 0);
	CU_ASSERT_EQUAL(delete (store, true, 0, IMSI2, &n), -EBUSY);
	store_close(store);
}

// ---- History

struct lines {
	struct wait wait; // first
	unsigned n;
	struct history_entry entry[3 * HISTORY_MAX];
};

static void
take_line(void *arg, const char *imsi, const struct history_entry *e)
{
	struct lines *l = arg;

	l->entry[l->n++] = *e;
}

static int
note_number(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct history_entry e = { .event = HISTORY_REFUSED, .result = 5004, .at_s = 1000 };

	snprintf(e.text, sizeof(e.text), "%u", *(unsigned *)arg);
	store_history(tx, &e);
	return 0;
}

static int
note_and_move(struct store_tx *tx, struct subscriber *s, void *arg)
{
	s->registration.at_s++;
	return note_number(tx, s, arg);
}

static void
keeps_a_bounded_history_newest_first(void)
{
	static struct lines lines;
	struct store *store = fixture_new(1);

	// With the location's row, with another row, and alone (then a little later).
	for (unsigned i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(
			change_run(store, &c, STORE_BY_IMSI, IMSI1, i % 3 ? STORE_LOCATION : 0,
				i % 3 == 1 ? note_and_move : note_number, &i),
			0);
	lines = (struct lines){ .wait = WAIT_INIT };
	store_history_list(store, IMSI1, take_line, wait_done, &lines);
	CU_ASSERT_EQUAL(wait_for(&lines.wait), 0);
	CU_ASSERT_EQUAL_FATAL(lines.n, 24);
	CU_ASSERT_EQUAL(lines.entry[0].result, 5004);
	store_close(store);
	store = fixture_open();
	lines = (struct lines){ .wait = WAIT_INIT };
	store_history_list(store, IMSI1, take_line, wait_done, &lines);
	CU_ASSERT_EQUAL(wait_for(&lines.wait), 0);
	CU_ASSERT_EQUAL(lines.n, 24);
	store_history_list(store, IMSI2, take_line, wait_done, &lines);
	CU_ASSERT_EQUAL(wait_for(&lines.wait), -ENOENT);
	store_close(store);
}

static int
note_and_change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	s->rats ^= RAT_UTRAN;
	return note_number(tx, s, arg);
}

// A SIM that was never anywhere: alone, with another row of it, and with both.
static void
keeps_the_history_of_a_sim_that_was_nowhere(void)
{
	static const store_change_fn changes[] = { note_number, note_and_change, note_number };
	static struct lines lines;
	struct store *store = fixture_new(1);

	for (unsigned i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(change_run(store, &c, STORE_BY_IMSI, IMSI1,
					i == 2 ? STORE_LOCATION : 0, changes[i], &i),
			0);
		lines = (struct lines){ .wait = WAIT_INIT };
		store_history_list(store, IMSI1, take_line, wait_done, &lines);
		CU_ASSERT_EQUAL(wait_for(&lines.wait), 0);
		CU_ASSERT_EQUAL_FATAL(lines.n, i + 1);
		CU_ASSERT_EQUAL(lines.entry[0].text[0], '0' + (char)i);
	}
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	CU_ASSERT_PTR_NULL(c.seen.registration.node);
	store_close(store);
}

// ---- Requests

static int
queue_requests(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct store_request r = { .command = 319,
		.created_ms = 1000,
		.due_ms = 1000,
		.host = "mme1.example",
		.realm = "example",
		.via = "dra.example",
		.args = "changed=1" };

	snprintf(r.imsi, sizeof(r.imsi), "%s", s->imsi);
	CU_ASSERT_EQUAL(store_request_put(tx, &r), 0);
	CU_ASSERT_EQUAL(store_request_put(tx, &r), 0);
	r.command = 317;
	r.due_ms = 2000;
	return store_request_put(tx, &r);
}

struct requests {
	struct wait wait; // first
	unsigned n;
	struct store_request r[10];
};

static void
take_request(void *arg, const struct store_request *r)
{
	struct requests *all = arg;

	all->r[all->n++] = *r;
}

static void
claim(struct store *store, int64_t now_ms, struct requests *r)
{
	*r = (struct requests){ .wait = WAIT_INIT };
	store_requests_claim(store, now_ms, 500, 10, take_request, wait_done, r);
	CU_ASSERT_EQUAL(wait_for(&r->wait), 0);
}

static void
keeps_requests_until_they_are_settled(void)
{
	static struct requests r;
	struct store *store = fixture_new(1);
	struct wait w = WAIT_INIT;

	CU_ASSERT_EQUAL(change_run(store, &c, STORE_BY_IMSI, IMSI1, 0, queue_requests, NULL), 0);
	store_close(store);
	store = fixture_open();
	claim(store, 500, &r);
	CU_ASSERT_EQUAL(r.n, 0);
	claim(store, 1000, &r);
	CU_ASSERT_EQUAL_FATAL(r.n, 1); // the equal one was queued once
	CU_ASSERT_EQUAL(r.r[0].command, 319);
	CU_ASSERT_STRING_EQUAL(r.r[0].imsi, IMSI1);
	CU_ASSERT_STRING_EQUAL(r.r[0].host, "mme1.example");
	CU_ASSERT_STRING_EQUAL(r.r[0].via, "dra.example");
	CU_ASSERT_STRING_EQUAL(r.r[0].args, "changed=1");
	CU_ASSERT_EQUAL(r.r[0].attempts, 0);
	claim(store, 1400, &r);
	CU_ASSERT_EQUAL(r.n, 0); // it is claimed
	claim(store, 1500, &r);
	CU_ASSERT_EQUAL_FATAL(r.n, 1); // the claim has expired
	store_request_retry(store, r.r[0].id, 5000, "no peer", wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), 0);
	claim(store, 4000, &r);
	CU_ASSERT_EQUAL_FATAL(r.n, 1);
	CU_ASSERT_EQUAL(r.r[0].command, 317);
	store_request_del(store, r.r[0].id, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), 0);
	store_request_del(store, r.r[0].id, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), -ENOENT);
	claim(store, 5000, &r);
	CU_ASSERT_EQUAL_FATAL(r.n, 1);
	CU_ASSERT_EQUAL(r.r[0].attempts, 1);
	CU_ASSERT_STRING_EQUAL(r.r[0].why, "no peer");
	store_close(store);
}

static void
lists_and_adds_requests(void)
{
	static struct requests r;
	struct store *store = fixture_new(1);
	struct store_request reset = { .command = 322, .host = "mme9.example", .due_ms = 9 };
	struct wait w = WAIT_INIT;

	CU_ASSERT_EQUAL(change_run(store, &c, STORE_BY_IMSI, IMSI1, 0, queue_requests, NULL), 0);
	store_request_add(store, &reset, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), 0);
	r = (struct requests){ .wait = WAIT_INIT };
	store_requests_list(store, "", 0, 10, take_request, wait_done, &r);
	CU_ASSERT_EQUAL(wait_for(&r.wait), 0);
	CU_ASSERT_EQUAL_FATAL(r.n, 3);
	CU_ASSERT_STRING_EQUAL(r.r[2].host, "mme9.example");
	store_requests_list(store, IMSI1, r.r[0].id, 10, take_request, wait_done, &r);
	CU_ASSERT_EQUAL(wait_for(&r.wait), 0);
	CU_ASSERT_EQUAL(r.n, 4);
	store_close(store);
}

// ---- Lists

struct found {
	struct wait wait; // first
	unsigned n;
	unsigned max;
	char first[IMSI_SIZE];
	char last[IMSI_SIZE];
	bool is_sorted;
};

static bool
take_row(void *arg, const struct subscriber *s)
{
	struct found *f = arg;

	if (f->n++ == 0)
		memcpy(f->first, s->imsi, sizeof(f->first));
	else if (strcmp(f->last, s->imsi) >= 0)
		f->is_sorted = false;
	memcpy(f->last, s->imsi, sizeof(f->last));
	return f->max == 0 || f->n < f->max;
}

static struct found
list(struct store *store, const struct store_filter *filter, unsigned stop_after)
{
	struct found f = { .wait = WAIT_INIT, .is_sorted = true, .max = stop_after };

	store_list(store, filter, take_row, wait_done, &f);
	CU_ASSERT_EQUAL(wait_for(&f.wait), 0);
	CU_ASSERT(f.is_sorted);
	return f;
}

static int
be_somewhere(struct store_tx *tx, struct subscriber *s, void *arg)
{
	s->registration.node = store_node(tx, arg, "example", "via");
	s->registration.is_purged = strcmp(arg, "purged") == 0;
	s->state = SIM_INACTIVE;
	return 0;
}

static void
lists_by_filter_page_by_page(void)
{
	struct store *store = fixture_new(300);
	struct store_filter all = STORE_FILTER_ALL, f = STORE_FILTER_ALL;
	struct found page;
	char mme1[] = "mme1", purged[] = "purged";

	CU_ASSERT_EQUAL(list(store, &all, 0).n, 300);
	CU_ASSERT_EQUAL(list(store, &all, 7).n, 7);
	f.max = 200;
	page = list(store, &f, 0);
	CU_ASSERT_EQUAL(page.n, 200);
	CU_ASSERT_STRING_EQUAL(page.last, "001010000000200");
	snprintf(f.after_imsi, sizeof(f.after_imsi), "%s", page.last);
	page = list(store, &f, 0);
	CU_ASSERT_EQUAL(page.n, 100);
	CU_ASSERT_STRING_EQUAL(page.first, "001010000000201");

	change_run(store, &c, STORE_BY_IMSI, IMSI1, STORE_LOCATION, be_somewhere, mme1);
	change_run(store, &c, STORE_BY_IMSI, IMSI2, STORE_LOCATION, be_somewhere, purged);
	f = all;
	f.registered = 1;
	page = list(store, &f, 0);
	CU_ASSERT_EQUAL(page.n, 1);
	CU_ASSERT_STRING_EQUAL(page.first, IMSI1);
	f.registered = 0;
	CU_ASSERT_EQUAL(list(store, &f, 0).n, 299);
	f = all;
	f.state = SIM_INACTIVE;
	CU_ASSERT_EQUAL(list(store, &f, 0).n, 2);
	f = all;
	snprintf(f.node, sizeof(f.node), "MME1");
	CU_ASSERT_EQUAL(list(store, &f, 0).n, 1);
	f = all;
	snprintf(f.imsi_prefix, sizeof(f.imsi_prefix), "0010100000001");
	CU_ASSERT_EQUAL(list(store, &f, 0).n, 100);
	snprintf(f.imsi_prefix, sizeof(f.imsi_prefix), IMSI2);
	CU_ASSERT_EQUAL(list(store, &f, 0).n, 1);
	snprintf(f.imsi_prefix, sizeof(f.imsi_prefix), "9");
	CU_ASSERT_EQUAL(list(store, &f, 0).n, 0);
	f = all;
	snprintf(f.iccid, sizeof(f.iccid), "%s", fixture_sim(77).iccid);
	page = list(store, &f, 0);
	CU_ASSERT_EQUAL(page.n, 1);
	CU_ASSERT_STRING_EQUAL(page.first, "001010000000077");
	f = all;
	snprintf(f.msisdn, sizeof(f.msisdn), "%s", fixture_sim(78).msisdn);
	CU_ASSERT_STRING_EQUAL(list(store, &f, 0).first, "001010000000078");
	f = all;
	snprintf(f.profile, sizeof(f.profile), "iot");
	CU_ASSERT_EQUAL(list(store, &f, 0).n, 300);
	store_close(store);
}

struct counted {
	struct wait wait; // first
	struct store_counts counts;
};

static void
take_counts(void *arg, int result, const struct store_counts *counts)
{
	struct counted *all = arg;

	all->counts = *counts;
	wait_done(arg, result);
}

static void
take_node(void *arg, const struct serving_node *node, uint64_t n)
{
	CU_ASSERT_STRING_EQUAL(node->host, "mme1");
	((struct count *)arg)->n += (unsigned)n;
}

static void
counts_sims_and_nodes(void)
{
	struct store *store = fixture_new(5);
	struct counted all = { WAIT_INIT, { 0 } };
	struct count n = { WAIT_INIT, 0 };
	char mme1[] = "mme1", purged[] = "purged";

	change_run(store, &c, STORE_BY_IMSI, IMSI1, STORE_LOCATION, be_somewhere, mme1);
	change_run(store, &c, STORE_BY_IMSI, IMSI2, STORE_LOCATION, be_somewhere, purged);
	store_count(store, take_counts, &all);
	CU_ASSERT_EQUAL(wait_for(&all.wait), 0);
	CU_ASSERT_EQUAL(all.counts.sims, 5);
	CU_ASSERT_EQUAL(all.counts.imsis, 5);
	CU_ASSERT_EQUAL(all.counts.by_state[SIM_ACTIVE], 3);
	CU_ASSERT_EQUAL(all.counts.by_state[SIM_INACTIVE], 2);
	CU_ASSERT_EQUAL(all.counts.registered, 1);
	CU_ASSERT_EQUAL(all.counts.purged, 1);
	store_nodes_list(store, take_node, wait_done, &n);
	CU_ASSERT_EQUAL(wait_for(&n.wait), 0);
	CU_ASSERT_EQUAL(n.n, 1);
	store_close(store);
}

// ---- Profiles

static int
use_profile(struct store_tx *tx, struct subscriber *s, void *arg)
{
	s->profile_id = *(uint32_t *)arg;
	return 0;
}

static void
keeps_profiles_and_shows_changes_at_once(void)
{
	struct store *store = fixture_new(1);
	const struct profile *p, **all;
	struct profile *edit;
	struct wait w = WAIT_INIT;

	p = store_profile_find(store, "iot");
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	edit = profile_copy(p, 3);
	edit->apns[2] = edit->apns[1];
	edit->apns[2].context_id = 3;
	snprintf(edit->apns[2].apn, APN_SIZE, "third");
	edit->apns[2].has_gateway = true;
	edit->apns[2].gateway.has_v6 = true;
	edit->apns[2].gateway.v6.s6_addr[15] = 1;
	snprintf(edit->apns[2].gateway.host, HOST_SIZE, "pgw.example");
	edit->apns[2].has_charging = true;
	edit->apns[2].charging = 0x0800;
	edit->access_restriction = 0xffffffff;
	store_profile_put(store, edit, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), 0);
	profile_give(edit);
	CU_ASSERT_EQUAL(p->n_apns, 2); // who has the old one keeps it
	profile_give(p);
	store_close(store);

	store = fixture_open();
	CU_ASSERT_EQUAL(store_profiles_all(store, &all), 1);
	CU_ASSERT_EQUAL(all[0]->version, 2);
	CU_ASSERT_EQUAL_FATAL(all[0]->n_apns, 3);
	CU_ASSERT_STRING_EQUAL(all[0]->apns[2].apn, "third");
	CU_ASSERT(all[0]->apns[2].has_gateway && all[0]->apns[2].gateway.has_v6);
	CU_ASSERT_STRING_EQUAL(all[0]->apns[2].gateway.host, "pgw.example");
	CU_ASSERT_EQUAL(all[0]->apns[2].charging, 0x0800);
	CU_ASSERT_FALSE(all[0]->apns[1].has_charging);
	CU_ASSERT_EQUAL(all[0]->access_restriction, 0xffffffff);
	CU_ASSERT_EQUAL(all[0]->ambr_dl_bps, 100000000);
	store_profiles_free(all, 1);
	store_close(store);
}

static void
deletes_only_profiles_that_nobody_uses(void)
{
	struct store *store = fixture_new(1);
	const struct profile *p;
	struct wait w = WAIT_INIT;
	uint32_t id, none = 4711;

	CU_ASSERT_EQUAL(fixture_profile(store, "other", 1), 0);
	p = store_profile_find(store, "other");
	id = p->id;
	profile_give(p);
	store_profile_del(store, "iot", wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), -EBUSY);
	CU_ASSERT_EQUAL(
		change_run(store, &c, STORE_BY_IMSI, IMSI1, 0, use_profile, &none), -ENOENT);
	CU_ASSERT_EQUAL(change_run(store, &c, STORE_BY_IMSI, IMSI1, 0, use_profile, &id), 0);
	CU_ASSERT_EQUAL(c.seen.profile_id, id);
	store_profile_del(store, "iot", wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), 0);
	store_profile_del(store, "iot", wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), -ENOENT);
	CU_ASSERT_PTR_NULL(store_profile_find(store, "iot"));
	CU_ASSERT_EQUAL(fixture_profile(store, "bad name", 1), -EINVAL);
	store_close(store);
}

// What one process changes, the other one sees in its next operation.
static void
sees_what_another_process_changed(void)
{
	struct store *a = fixture_new(1), *b;
	const struct profile *p;
	char mme1[] = "mme1";

	if (fixture_is_pgsql) {
		b = fixture_open();
		CU_ASSERT_EQUAL(find(b, &c, IMSI1), 0);
		CU_ASSERT_EQUAL(c.seen.state, SIM_ACTIVE);
		change_run(a, &c, STORE_BY_IMSI, IMSI1, STORE_LOCATION, be_somewhere, mme1);
		CU_ASSERT_EQUAL(find(b, &c, IMSI1), 0);
		CU_ASSERT_EQUAL(c.seen.state, SIM_INACTIVE);
		CU_ASSERT_PTR_NOT_NULL_FATAL(c.seen.registration.node);
		CU_ASSERT_STRING_EQUAL(c.seen.registration.node->host, "mme1");
		CU_ASSERT_EQUAL(fixture_profile(a, "iot", 1), 0);
		CU_ASSERT_EQUAL(find(b, &c, IMSI1), 0);
		p = store_profile_find(b, "iot");
		CU_ASSERT_EQUAL(p->version, 2);
		profile_give(p);
		store_close(b);
	}
	store_close(a);
}

// ---- Bulk

static void
take_conflict(void *arg, uint64_t line)
{
	struct count *n = arg;

	CU_ASSERT(line == 3 || line == 500);
	n->n++;
}

static struct store_bulk *
bulk_of(struct store *store, unsigned from, unsigned to)
{
	struct store_bulk *bulk = NULL;

	CU_ASSERT_EQUAL_FATAL(store_bulk_begin(store, &bulk), 0);
	for (unsigned i = from; i <= to; i++) {
		struct new_sim s = fixture_sim(i);

		CU_ASSERT_EQUAL(store_bulk_put(bulk, &s, i), 0);
	}
	return bulk;
}

static void
imports_all_at_once(void)
{
	struct store *store = fixture_new(1);
	struct store_bulk *bulk = bulk_of(store, 2, 1000);
	struct store_filter all = STORE_FILTER_ALL;
	struct new_sim s = fixture_sim(5000);
	struct count n = { WAIT_INIT, 0 };

	// Before the commit nobody sees any of it, and other operations go on.
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), -ENOENT);
	CU_ASSERT_EQUAL(find(store, &c, IMSI1), 0);
	CU_ASSERT_EQUAL(list(store, &all, 0).n, 1);
	CU_ASSERT_EQUAL(fixture_add(store, &s), fixture_is_pgsql ? 0 : -EBUSY);
	snprintf(s.profile, sizeof(s.profile), "none");
	CU_ASSERT_EQUAL(store_bulk_put(bulk, &s, 1), -ENOENT);
	CU_ASSERT_EQUAL(store_bulk_commit(bulk, take_conflict, &n), 0);
	CU_ASSERT_EQUAL(n.n, 0);
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), 0);
	CU_ASSERT_EQUAL(list(store, &all, 0).n, fixture_is_pgsql ? 1001 : 1000);
	s = fixture_sim(6000);
	CU_ASSERT_EQUAL(fixture_add(store, &s), 0);
	store_close(store);
	store = fixture_open();
	CU_ASSERT_EQUAL(find(store, &c, "001010000001000"), 0);
	store_close(store);
}

// Until the remains are gone (SQLite), no other import begins.
static struct store_bulk *
begin_when_possible(struct store *store)
{
	struct store_bulk *bulk = NULL;

	for (unsigned i = 0; i < 1000 && store_bulk_begin(store, &bulk) == -EBUSY; i++)
		usleep(10000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bulk);
	return bulk;
}

static void
imports_nothing_if_one_line_conflicts(void)
{
	struct store *store = fixture_new(3);
	struct store_bulk *bulk = bulk_of(store, 10, 600), *other;
	struct new_sim in_store = fixture_sim(3), in_file = fixture_sim(20);
	struct store_filter all = STORE_FILTER_ALL;
	struct count n = { WAIT_INIT, 0 };

	CU_ASSERT_EQUAL(store_bulk_begin(store, &other), -EBUSY);
	snprintf(in_store.iccid, sizeof(in_store.iccid), "8988211999999999999");
	in_store.msisdn[0] = '\0'; // only the IMSI conflicts
	CU_ASSERT_EQUAL(store_bulk_put(bulk, &in_store, 3), 0);
	CU_ASSERT_EQUAL(store_bulk_put(bulk, &in_file, 500), 0);
	CU_ASSERT_EQUAL(store_bulk_commit(bulk, take_conflict, &n), -EEXIST);
	CU_ASSERT_EQUAL(n.n, 2);
	CU_ASSERT_EQUAL(find(store, &c, "001010000000010"), -ENOENT);
	CU_ASSERT_EQUAL(list(store, &all, 0).n, 3);
	bulk = begin_when_possible(store);
	CU_ASSERT_EQUAL(store_bulk_put(bulk, &in_file, 1), 0);
	CU_ASSERT_EQUAL(store_bulk_commit(bulk, take_conflict, &n), 0);
	CU_ASSERT_EQUAL(list(store, &all, 0).n, 4);
	store_close(store);
}

static void
forgets_an_import_that_is_given_up(void)
{
	struct store *store = fixture_new(1);
	struct store_bulk *bulk = bulk_of(store, 2, 3000);
	struct store_filter all = STORE_FILTER_ALL;

	store_bulk_abort(bulk);
	CU_ASSERT_EQUAL(list(store, &all, 0).n, 1);
	// Closed before the remains are gone: the next start removes them.
	store_close(store);
	store = fixture_open();
	CU_ASSERT_EQUAL(list(store, &all, 0).n, 1);
	CU_ASSERT_EQUAL(find(store, &c, IMSI2), -ENOENT);
	bulk = begin_when_possible(store);
	store_bulk_abort(bulk);
	store_close(store);
}

// ---- The database itself

static void
keeps_numbers(void)
{
	struct store *store = fixture_new(0);
	struct wait w = WAIT_INIT;
	int64_t value = 0;

	for (int64_t i = 1; i <= 3; i++) {
		store_number_add(store, "origin_state_id", 1, &value, wait_done, &w);
		CU_ASSERT_EQUAL(wait_for(&w), 0);
		CU_ASSERT_EQUAL(value, i);
	}
	store_close(store);
	store = fixture_open();
	store_number_add(store, "origin_state_id", 0, &value, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), 0);
	CU_ASSERT_EQUAL(value, 3);
	store_number_add(store, "schema", 0, &value, wait_done, &w);
	CU_ASSERT_EQUAL(wait_for(&w), 0);
	CU_ASSERT_EQUAL(value, 0); // the store's own are apart
	store_close(store);
}

static void
refuses_a_schema_newer_than_it_knows(void)
{
	struct store_config config = STORE_CONFIG_DEFAULT;
	struct store *store = fixture_new(1);
	const char *newer = "UPDATE meta SET value = 99 WHERE name = 'schema'";
	char name[16], command[512];

	store_close(store);
	if (fixture_is_pgsql) {
		snprintf(name, sizeof(name), "t%u", fixture_n);
		fixture_sql(name, newer);
	} else {
		snprintf(command, sizeof(command), "sqlite3 %s \"%s\"", fixture_url + 7, newer);
		CU_ASSERT_EQUAL(system(command), 0);
	}
	config.url = fixture_url;
	CU_ASSERT_EQUAL(store_open(&config, &store), -EPROTO);
	CU_ASSERT_PTR_NULL(store);
}

static void
refuses_a_database_that_it_cant_reach(void)
{
	struct store_config config = STORE_CONFIG_DEFAULT;
	struct store *store;

	config.url = fixture_is_pgsql ? "host=/nonexistent dbname=x" : "sqlite:/nonexistent/x.db";
	CU_ASSERT_NOT_EQUAL(store_open(&config, &store), 0);
	CU_ASSERT_PTR_NULL(store);
}

static void
keeps_the_file_private(void)
{
	struct store *store = fixture_new(1);
	struct stat st;

	if (!fixture_is_pgsql) {
		CU_ASSERT_EQUAL(stat(fixture_url + 7, &st), 0);
		CU_ASSERT_EQUAL(st.st_mode & 077, 0);
	}
	store_close(store);
}

static bool
opens_as_lost(void)
{
	struct store *store = fixture_open();
	bool has_lost = store_has_lost(store);

	store_close(store);
	return has_lost;
}

// A command of the shell that knows the database as $db.
static void
shell(const char *what)
{
	char command[1024];

	snprintf(command, sizeof(command), "db=%s; %s", fixture_url + strlen("sqlite:"), what);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void
knows_an_older_copy_of_its_database(void)
{
	store_close(fixture_new(1));
	if (fixture_is_pgsql) {
		CU_ASSERT(!opens_as_lost());
		return;
	}
	CU_ASSERT(!opens_as_lost());
	shell("cp $db $db.old");
	CU_ASSERT(!opens_as_lost());
	shell("cp $db.old $db");
	CU_ASSERT(opens_as_lost());
	CU_ASSERT(!opens_as_lost());
}

static void
knows_when_a_power_cut_may_have_cost_it_something(void)
{
	store_close(fixture_new(1));
	if (fixture_is_pgsql)
		return;
	// As a process leaves it that the machine took down with it.
	shell("sed -i 's/boot=[^ ]*/boot=another/; s/open=0/open=1/' $db.lock");
	CU_ASSERT(!opens_as_lost());
	shell("sed -i 's/boot=[^ ]*/boot=another/; s/open=0/open=1/; s/synced=1/synced=0/' "
	      "$db.lock");
	CU_ASSERT(opens_as_lost());
	CU_ASSERT(!opens_as_lost());
}

static const struct unit_case cases[] = {
	UNIT_CASE(starts_empty),
	UNIT_CASE(keeps_a_sim_with_everything_over_a_restart),
	UNIT_CASE(refuses_what_is_there_already_and_leaves_nothing_of_it),
	UNIT_CASE(lets_any_number_of_sims_be_without_msisdn),
	UNIT_CASE(keeps_every_change_over_a_restart),
	UNIT_CASE(undoes_everything_of_a_change_that_fails),
	UNIT_CASE(fails_only_the_change_that_conflicts),
	UNIT_CASE(changes_all_imsis_of_a_sim_in_ascending_order),
	UNIT_CASE(runs_operations_on_one_imsi_in_order),
	UNIT_CASE(never_gives_an_sqn_twice),
	UNIT_CASE(never_gives_an_sqn_twice_from_two_processes),
	UNIT_CASE(stores_a_resynchronised_seq_at_once),
	UNIT_CASE(moves_all_seqs_ahead_after_a_backup_was_restored),
	UNIT_CASE(knows_an_older_copy_of_its_database),
	UNIT_CASE(knows_when_a_power_cut_may_have_cost_it_something),
	UNIT_CASE(deletes_a_sim_with_all_its_imsis),
	UNIT_CASE(adds_and_deletes_imsis_but_not_the_last),
	UNIT_CASE(keeps_a_bounded_history_newest_first),
	UNIT_CASE(keeps_the_history_of_a_sim_that_was_nowhere),
	UNIT_CASE(keeps_requests_until_they_are_settled),
	UNIT_CASE(lists_and_adds_requests),
	UNIT_CASE(lists_by_filter_page_by_page),
	UNIT_CASE(counts_sims_and_nodes),
	UNIT_CASE(keeps_profiles_and_shows_changes_at_once),
	UNIT_CASE(deletes_only_profiles_that_nobody_uses),
	UNIT_CASE(sees_what_another_process_changed),
	UNIT_CASE(imports_all_at_once),
	UNIT_CASE(imports_nothing_if_one_line_conflicts),
	UNIT_CASE(forgets_an_import_that_is_given_up),
	UNIT_CASE(keeps_numbers),
	UNIT_CASE(refuses_a_schema_newer_than_it_knows),
	UNIT_CASE(refuses_a_database_that_it_cant_reach),
	UNIT_CASE(keeps_the_file_private),
};

int
main(int argc, char **argv)
{
	int failed;

	if (!fixture_start(argc, argv))
		return 1;
	failed = unit_run(fixture_is_pgsql ? "hss/store pgsql" : "hss/store sqlite", cases,
		sizeof(cases) / sizeof(cases[0]));
	fixture_stop();
	return failed;
}
