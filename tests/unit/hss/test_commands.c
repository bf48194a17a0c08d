// SPDX-License-Identifier: BSD-3-Clause
// The commands on SIMs and profiles, on a real store, with triggers that only say what they would do.
#include "hss/authenticate.h"
#include "hss/desk.h"
#include "hss/sim_bulk.h"
#include "tests/unit/cunit_main.h"
#include "tests/unit/hss/store_fixture.h"

#include <semaphore.h>

#define ICCID1 "8988211000000000001"
#define IMSI1 "001010000000001"
#define K "465b5ce8b199b49faa5f0a2ee238a6bc"
#define OPC "cd63cb71954a9f4e48a5994e37a02baf"

static struct store *store;
static struct seal *seal;
static struct cli_set *set;
static struct cli_out *out;
static char key_path[64], csv_path[64];

// ---- Triggers

static void
say(struct trigger_lines *said, const char *what, const struct subscriber *s)
{
	snprintf(said->line[said->n++], TRIGGER_LINE_SIZE, "%s %s at %s", what, s->imsi,
		s->registration.node->host);
}

static int
fake_changed(void *ctx, struct store_tx *tx, struct subscriber *s, const struct subscriber *old,
	unsigned what, struct trigger_lines *said)
{
	char text[128];

	if (!s->registration.node)
		return 0;
	snprintf(text, sizeof(text), "IDR(%s>%s,%x)", old->profile->name, s->profile->name, what);
	say(said, text, s);
	return 0;
}

static int
fake_deactivated(void *ctx, struct store_tx *tx, struct subscriber *s, struct trigger_lines *said)
{
	if (s->registration.node)
		say(said, "CLR", s);
	s->registration.node = NULL;
	return 0;
}

static int
fake_cancelled(void *ctx, struct store_tx *tx, struct subscriber *s, bool is_reattach_required,
	struct trigger_lines *said)
{
	if (s->registration.node)
		say(said, is_reattach_required ? "CLR(reattach)" : "CLR", s);
	s->registration.node = NULL;
	return 0;
}

static void
fake_wake(void *ctx)
{
	(*(unsigned *)ctx)++;
}

static void
fake_reset(void *ctx, const char *host, void (*say_line)(void *arg, const char *line),
	store_result_fn done, void *arg)
{
	say_line(arg, host ? host : "all");
	done(arg, 0);
}

static unsigned n_woken;
static const struct hss_triggers triggers = { fake_changed, fake_deactivated, fake_cancelled,
	fake_wake, fake_reset, &n_woken };

// ---- Running commands

static void
begin(void)
{
	struct desk parts = { .triggers = &triggers };
	const struct cli_table *tables[] = { &sim_show_cli, &sim_cli, &profile_cli, &bulk_cli };

	fixture_database();
	parts.store = store = fixture_open();
	parts.seal = seal;
	CU_ASSERT_EQUAL_FATAL(desk_open(&parts), 0);
	set = cli_set_new();
	for (unsigned i = 0; i < 4; i++)
		CU_ASSERT_EQUAL_FATAL(cli_set_add(set, tables[i], NULL), 0);
	out = NULL;
}

static void
end(void)
{
	cli_out_free(out);
	cli_set_free(set);
	desk_close();
	store_close(store);
}

// What a command prints.
static const char *
type(const char *line)
{
	cli_out_free(out);
	out = cli_out_new();
	cli_set_run(set, line, out);
	return cli_out_text(out);
}

static bool
says(const char *line, const char *text)
{
	const char *printed = type(line);

	if (strstr(printed, text))
		return true;
	fputs(line, stdout);
	fputs("\n", stdout);
	fputs(printed, stdout);
	return false;
}

static void
add_sims(void)
{
	CU_ASSERT(says("profile add iot apn internet", "Profile iot: done"));
	CU_ASSERT(says("sim add " ICCID1 " imsi " IMSI1 " profile iot k " K " opc " OPC,
		"IMSI " IMSI1 " added"));
}

static int
attach_change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	s->registration.node = store_node(tx, arg, "example", "dra");
	plmn_parse("26201", &s->registration.visited);
	s->registration.rat_type = 1004;
	s->registration.at_s = 1800000000;
	subscriber_gateway_put(s, "internet")->gateway.has_v4 = true;
	return 0;
}

static void
attach(const char *imsi)
{
	static struct change c;
	char host[] = "mme1.example";

	CU_ASSERT_EQUAL(
		change_run(store, &c, STORE_BY_IMSI, imsi, STORE_LOCATION, attach_change, host), 0);
}

// ---- Cases

static void
adds_and_shows_a_sim_without_its_keys(void)
{
	begin();
	add_sims();
	CU_ASSERT(says("sim add " ICCID1 " imsi 001010000000009 profile iot k " K " opc " OPC,
		"% the ICCID, IMSI or MSISDN is there already"));
	CU_ASSERT(says("sim add 8988211000000000002 imsi 001010000000009 profile none k " K
		       " opc " OPC,
		"% no such SIM or profile"));
	CU_ASSERT(says("sim add 8988211000000000002 imsi 001010000000009 profile iot k 00",
		"% k: 32 hexadecimal digits"));
	CU_ASSERT(says("sim imsi add " ICCID1 " 001010000000002 k " K " opc " OPC, "added"));
	CU_ASSERT(says("show sim " ICCID1, "Algorithm       milenage"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "001010000000002"));
	CU_ASSERT_PTR_NULL(strstr(cli_out_text(out), "465b"));
	CU_ASSERT_PTR_NULL(strstr(cli_out_text(out), "cd63"));
	CU_ASSERT(says("show sims", IMSI1));
	CU_ASSERT(says("show sims state inactive | count", ""));
	CU_ASSERT(says("show sim 001010000000077", "% no such SIM"));
	CU_ASSERT(says("show summary", "IMSIs             2"));
	CU_ASSERT(says("sim imsi delete 001010000000002", "IMSI deleted"));
	CU_ASSERT(says("sim imsi delete " IMSI1, "% it's the SIM's last IMSI"));
	end();
}

static void
shows_where_a_sim_is(void)
{
	begin();
	add_sims();
	attach(IMSI1);
	CU_ASSERT(says("show sim " IMSI1, "Registered      mme1.example"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "2027-01-15T08:00:00Z"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "0.0.0.0 for internet"));
	CU_ASSERT(says("show sims attached", "26201"));
	CU_ASSERT(says("show nodes", "mme1.example"));
	end();
}

static void
says_what_a_change_set_off(void)
{
	begin();
	add_sims();
	CU_ASSERT(says("sim imsi add " ICCID1 " 001010000000002 k " K " opc " OPC, "added"));
	CU_ASSERT(says("profile add other apn internet", "done"));
	CU_ASSERT(says("sim set " IMSI1 " profile other", "SIM " ICCID1 ": profile other"));
	CU_ASSERT_PTR_NULL(strstr(cli_out_text(out), "IDR"));
	attach(IMSI1);
	attach("001010000000002");
	n_woken = 0;
	// Both IMSIs have the old profile before, and the new one after.
	CU_ASSERT(says("sim set " IMSI1 " profile iot", "IDR(other>iot,2) " IMSI1 " at mme1"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(cli_out_text(out), "IDR(other>iot,2) 001010000000002 at mme1"));
	CU_ASSERT_EQUAL(n_woken, 1);
	CU_ASSERT(says("sim set " ICCID1 " msisdn 4917012345", "IDR(iot>iot,1)"));
	CU_ASSERT(says("sim set " ICCID1 " addresses internet=10.0.0.5", "IDR(iot>iot,4)"));
	CU_ASSERT(says("sim set " ICCID1 " addresses elsewhere=10.0.0.5", "% an address is for"));
	CU_ASSERT(says("sim set " ICCID1 " rats nb-iot", "IDR"));
	CU_ASSERT(says("sim cancel " ICCID1 " reattach", "CLR(reattach) " IMSI1));
	attach(IMSI1);
	CU_ASSERT(says("sim deactivate " ICCID1, "CLR " IMSI1 " at mme1.example"));
	CU_ASSERT(says("show sim " IMSI1, "State             inactive"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "nowhere"));
	CU_ASSERT(says("sim activate " ICCID1, "state active"));
	CU_ASSERT(says("show history " ICCID1, "state inactive"));
	attach(IMSI1);
	CU_ASSERT(says("sim delete " ICCID1, "CLR"));
	CU_ASSERT(says("show sim " ICCID1, "% no such SIM"));
	CU_ASSERT(says("reset node mme1.example", "mme1.example"));
	CU_ASSERT(says("reset all", "all"));
	end();
}

static void
locks_devices_and_names_partners(void)
{
	begin();
	add_sims();
	CU_ASSERT(says("sim lock " IMSI1 " imei 351451208401210", "locked"));
	CU_ASSERT(says("show sim " IMSI1, "IMEI lock         351451208401210"));
	CU_ASSERT(says("sim lock " IMSI1 " imei learn", "locked"));
	CU_ASSERT(says("show sim " IMSI1, "IMEI lock         learn"));
	CU_ASSERT(says("sim unlock " IMSI1 " imei", "any IMEI"));
	CU_ASSERT(says("sim deny " IMSI1 " partner 26201", "% all partners are allowed"));
	CU_ASSERT(says("sim allow " IMSI1 " partner 26201", "only named"));
	CU_ASSERT(says("sim allow " IMSI1 " partner 310410", "only named"));
	CU_ASSERT(says("show sim " IMSI1, "Partners allowed  26201+310410"));
	CU_ASSERT(says("sim deny " IMSI1 " partner 26201", "not allowed"));
	CU_ASSERT(says("sim deny " IMSI1 " partner 310410", "% it's the last one"));
	CU_ASSERT(says("show sim " IMSI1, "Partners allowed  310410"));
	CU_ASSERT(says("sim allow " IMSI1 " partner all", "all partners"));
	CU_ASSERT(says("show sim " IMSI1, "Partners allowed  all"));
	end();
}

static void
edits_profiles_and_tells_the_nodes(void)
{
	begin();
	add_sims();
	attach(IMSI1);
	CU_ASSERT(says("profile set iot ambr 10M 20M", "IDR(iot>iot,2) " IMSI1));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "1 attached SIMs, 1 told"));
	CU_ASSERT(says("profile apn add iot fleet", "done"));
	CU_ASSERT(says("profile apn set iot fleet qci 7", "done"));
	CU_ASSERT(says("profile apn set iot fleet type ipv4", "done"));
	CU_ASSERT(says("profile apn set iot fleet arp 3 preemptable", "done"));
	CU_ASSERT(says("profile apn set iot fleet gateway host pgw.example realm example", "done"));
	CU_ASSERT(says("profile apn set iot fleet visited-addresses forbidden", "done"));
	CU_ASSERT(says("profile apn set iot fleet charging 0800", "done"));
	CU_ASSERT(says("profile set iot rau-tau-timer 3600", "done"));
	CU_ASSERT(says("profile set iot restriction 0x40", "done"));
	CU_ASSERT(says("profile set iot default fleet", "done"));
	CU_ASSERT(says("show profile iot", "APN fleet, context 2, default"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(cli_out_text(out), "QCI, ARP        7, 3, may be pre-empted"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "pgw.example (static)"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "10000000 up, 20000000 down"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "0x40"));
	CU_ASSERT(says("show profiles", "fleet"));
	CU_ASSERT(says("profile apn delete iot fleet", "% the default context identifier"));
	CU_ASSERT(says("profile apn delete iot nothing", "% the profile has no APN"));
	CU_ASSERT(says("profile delete iot", "% SIMs have this profile"));
	CU_ASSERT(says("profile delete none", "% no profile none"));
	CU_ASSERT(says("profile add iot apn x", "% profile iot is there already"));
	end();
}

static void
write_csv(const char *text)
{
	FILE *f = fopen(csv_path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static void
imports_all_or_nothing(void)
{
	char import[128];

	begin();
	add_sims();
	snprintf(import, sizeof(import), "import sims %s wait", csv_path);
	write_csv("iccid,imsi,profile,k,opc\n"
		  "8988211000000000011,001010000000011,iot," K "," OPC "\n"
		  "8988211000000000012,0010100000000xx,iot," K "," OPC "\n"
		  "8988211000000000013,001010000000013,none," K "," OPC "\n");
	CU_ASSERT(says(import, "line 3: imsi: 6 to 15 digits"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "line 4: profile"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "nothing was imported"));
	CU_ASSERT_PTR_NULL(strstr(cli_out_text(out), "465b"));
	CU_ASSERT(says("show sim 001010000000011", "% no such SIM"));

	write_csv("iccid,imsi,profile,k,opc\n"
		  "8988211000000000011,001010000000011,iot," K "," OPC "\n"
		  "8988211000000000012," IMSI1 ",iot," K "," OPC "\n");
	for (unsigned i = 0; i < 2000 && strstr(type(import), "% busy: "); i++)
		usleep(10000);
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "line 3: this SIM, its IMSI"));
	CU_ASSERT(says("show sim 001010000000011", "% no such SIM"));

	write_csv("imsi,iccid,profile,k,opc\n"
		  "001010000000011,8988211000000000011,iot," K "," OPC "\n"
		  "001010000000012,8988211000000000011,iot," K "," OPC "\n"
		  "\n"
		  "001010000000013,8988211000000000013,iot," K "," OPC "\n");
	for (unsigned i = 0; i < 2000 && strstr(type(import), "% busy: "); i++)
		usleep(10000);
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "3 SIM lines"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "Complete"));
	CU_ASSERT(says("show sim 001010000000012", "8988211000000000011"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "001010000000011"));
	CU_ASSERT(says("import sims /nonexistent/file wait", "nothing was imported"));
	end();
}

// Keeps the store's thread busy until it is let go.
struct stopper {
	struct store_op op; // first
	sem_t stopped, go_on;
	struct wait wait;
};

static int
stop_change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct stopper *stopper = arg;

	sem_post(&stopper->stopped);
	while (sem_wait(&stopper->go_on) != 0)
		continue;
	return 0;
}

static void
stop_done(struct store_op *op, int result, const struct subscriber *s)
{
	wait_done(&((struct stopper *)op)->wait, result);
}

static void
store_stop(struct stopper *stopper)
{
	*stopper = (struct stopper){
		.op = { .by = STORE_BY_IMSI,
			.key = IMSI1,
			.parts = STORE_LOCATION,
			.change = stop_change,
			.done = stop_done,
			.arg = stopper },
		.wait = WAIT_INIT,
	};
	sem_init(&stopper->stopped, 0, 0);
	sem_init(&stopper->go_on, 0, 0);
	store_submit(store, &stopper->op);
	while (sem_wait(&stopper->stopped) != 0)
		continue;
}

static void
store_go_on(struct stopper *stopper)
{
	sem_post(&stopper->go_on);
	CU_ASSERT_EQUAL(wait_for(&stopper->wait), 0);
}

// One that comes to nothing when 2048 SIMs are in the database's file and 52 aren't yet. The store's
// thread, which would remove them, is stopped.
static void
leave_remains(struct stopper *stopper)
{
	struct store_bulk *bulk;

	CU_ASSERT_EQUAL_FATAL(store_bulk_begin(store, &bulk), 0);
	for (unsigned i = 100; i < 2200; i++) {
		struct new_sim sim = fixture_sim(i);

		CU_ASSERT_EQUAL(store_bulk_put(bulk, &sim, i), 0);
	}
	store_stop(stopper);
	store_bulk_abort(bulk);
}

static void
says_what_an_import_waits_for(void)
{
	static struct stopper stopper;
	char import[128], running[160];

	if (fixture_is_pgsql)
		return; // there an import is one transaction, and leaves nothing
	begin();
	add_sims();
	CU_ASSERT_EQUAL(fixture_profile(store, fixture_sim(1).profile, 1), 0);
	snprintf(import, sizeof(import), "import sims %s", csv_path);
	write_csv("iccid,imsi,profile,k,opc\n"
		  "8988211000000000011,001010000000011,iot," K "," OPC "\n");
	leave_remains(&stopper);
	CU_ASSERT(says(import,
		"% busy: what an import that came to nothing had left is being removed: 2048 SIMs "
		"to go"));
	CU_ASSERT(says("show import", "is being removed: 2048 SIMs to go"));
	store_go_on(&stopper);
	for (unsigned i = 0; i < 2000 && store_import_left(store) > 0; i++)
		usleep(10000);
	CU_ASSERT_EQUAL(store_import_left(store), 0);

	store_stop(&stopper);
	CU_ASSERT(says(import, "Started"));
	snprintf(running, sizeof(running), "%% busy: import of %s: ", csv_path);
	CU_ASSERT(says(import, running));
	store_go_on(&stopper);
	for (unsigned i = 0; i < 2000 && !strstr(type("show import"), "Complete"); i++)
		usleep(10000);
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "1 SIM lines, 100 %"));
	end();
}

struct air {
	struct auth_request r; // first
	struct wait wait;
};

static void
air_done(struct auth_request *r)
{
	wait_done(&((struct air *)r)->wait, r->result);
}

// A sealed export brings SIMs to another store with the same sealing key, and they authenticate.
static void
moves_sims_by_a_sealed_export(void)
{
	static struct air air;
	struct stat st;
	char command[128];

	begin();
	add_sims();
	CU_ASSERT(says("sim set " ICCID1 " addresses internet=10.0.0.5", "SIM"));
	CU_ASSERT(says("sim lock " ICCID1 " imei learn", "SIM"));
	snprintf(command, sizeof(command), "export sims %s wait", csv_path);
	CU_ASSERT(says(command, "1 SIM lines"));
	snprintf(command, sizeof(command), "export sims %s sealed wait", csv_path);
	CU_ASSERT(says(command, "Complete"));
	CU_ASSERT_EQUAL(stat(csv_path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	end();
	begin();
	CU_ASSERT(says("profile add iot apn internet", "done"));
	snprintf(command, sizeof(command), "import sims %s wait", csv_path);
	CU_ASSERT(says(command, "Complete"));
	CU_ASSERT(says("show sim " IMSI1, "internet=10.0.0.5"));
	CU_ASSERT_PTR_NOT_NULL(strstr(cli_out_text(out), "learn"));
	air = (struct air){ .wait = WAIT_INIT };
	air.r.store = store;
	air.r.seal = seal;
	snprintf(air.r.imsi, sizeof(air.r.imsi), IMSI1);
	snprintf(air.r.node, sizeof(air.r.node), "mme1");
	plmn_parse("26201", &air.r.visited);
	air.r.n_eps = 2;
	air.r.done = air_done;
	authenticate(&air.r);
	CU_ASSERT_EQUAL(wait_for(&air.wait), 0);
	CU_ASSERT_EQUAL(air.r.n_eps_made, 2);
	CU_ASSERT(air.r.sqns[0] >> SQN_IND_BITS > 65536);
	end();
}

static const struct unit_case cases[] = {
	UNIT_CASE(adds_and_shows_a_sim_without_its_keys),
	UNIT_CASE(shows_where_a_sim_is),
	UNIT_CASE(says_what_a_change_set_off),
	UNIT_CASE(locks_devices_and_names_partners),
	UNIT_CASE(edits_profiles_and_tells_the_nodes),
	UNIT_CASE(imports_all_or_nothing),
	UNIT_CASE(says_what_an_import_waits_for),
	UNIT_CASE(moves_sims_by_a_sealed_export),
};

int
main(int argc, char **argv)
{
	const char *why;
	int failed;

	if (!fixture_start(argc, argv))
		return 1;
	snprintf(key_path, sizeof(key_path), "%s/key", fixture_dir);
	snprintf(csv_path, sizeof(csv_path), "%s/sims.csv", fixture_dir);
	if (seal_new_file(key_path) != 0 || seal_open_file(key_path, &seal, &why) != 0)
		return 1;
	failed = unit_run(fixture_is_pgsql ? "hss/commands pgsql" : "hss/commands sqlite", cases,
		sizeof(cases) / sizeof(cases[0]));
	seal_close(seal);
	fixture_stop();
	return failed;
}
