// SPDX-License-Identifier: BSD-3-Clause
// The operator's commands, on sessions that were really made.
#include "control/cli/commands.h"
#include "control/ctl_metrics.h"
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IMSI "001010000000001"

static struct rig rig;
static struct cli_set *commands;
static struct cli_out *out;

static void
open_with_one(void)
{
	rig_open(&rig, rig_impatient);
	commands = commands_new(rig.pgw);
	CU_ASSERT_PTR_NOT_NULL_FATAL(commands);
	out = cli_out_new();
	rig_attach(&rig, IMSI);
}

static void
close_all(void)
{
	cli_out_free(out);
	cli_set_free(commands);
	rig_close(&rig);
}

// What a command prints.
static const char *
say(const char *line)
{
	cli_out_free(out);
	out = cli_out_new();
	cli_set_run(commands, line, out);
	return cli_out_text(out);
}

static void
expect(const char *line, const char *text)
{
	const char *said = say(line);

	CU_ASSERT_PTR_NOT_NULL(strstr(said, text));
	if (!strstr(said, text))
		printf("\n    %s: %s", line, said);
}

static void
shows_a_session_by_each_key(void)
{
	char line[64];

	open_with_one();
	expect("show sessions", IMSI);
	expect("show sessions", "1 session\n");
	expect("show session imsi " IMSI, "APN              internet (served by \"internet\"");
	expect("show session address 100.64.0.1", "IMSI " IMSI);
	snprintf(line, sizeof(line), "show session teid 0x%08x",
		session_find_imsi(rig.pgw->sessions, IMSI, NULL)->teid);
	expect(line, "IMSI " IMSI);
	expect("show sessions summary", "Active            1");
	expect("show sessions apn internet", "1 session\n");
	expect("show sessions peer 10.10.0.9", "0 sessions");
	close_all();
}

static void
shows_counters_and_rates(void)
{
	open_with_one();
	fake_use(rig.fake, 0, 125000, 250000);
	rig_run(&rig, 250);
	expect("show session imsi " IMSI, "1 packets, 125000 bytes (125 kB), now ");
	expect("show session imsi " IMSI, "bit/s; dropped 0 packets");
	close_all();
}

static void
errors_begin_with_a_percent_sign(void)
{
	open_with_one();
	expect("show session imsi 999999999999999", "% IMSI 999999999999999 has no session");
	expect("show session address 100.64.9.9", "% no session has the address");
	expect("show session teid 1", "% no session has TEID");
	expect("clear session imsi 999999999999999", "% ");
	expect("clear session apn nowhere", "% no APN is configured");
	expect("show peer 10.9.9.9", "% no peer");
	expect("show apn nowhere", "% no APN");
	expect("show session imsi 12ab", "% ");
	close_all();
}

static bool
has_no_session(struct rig *r)
{
	return rig_counts(r).active == 0 && rig_counts(r).closing == 0;
}

static void
clears_sessions(void)
{
	static const char *const lines[] = { ("clear session imsi " IMSI),
		"clear session address 100.64.0.1", "clear session apn internet",
		"clear session peer 10.10.0.2", "clear session all" };

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		open_with_one();
		CU_ASSERT_PTR_NULL(strstr(say(lines[i]), "% "));
		CU_ASSERT_TRUE(rig_wait(&rig, has_no_session)); // the SGW is silent
		CU_ASSERT_EQUAL(rig.pgw->counters.sessions_cleared, 1);
		expect("clear session all", "% no such session");
		close_all();
	}
}

static void
the_list_is_paged(void)
{
	char imsi[16];

	open_with_one();
	for (int i = 0; i < 120; i++) {
		snprintf(imsi, sizeof(imsi), "0010100003%05d", i);
		rig_attach(&rig, imsi);
	}
	expect("show sessions", "Sessions 1 to 50 of 121; 3 pages");
	expect("show sessions page 3", "Sessions 101 to 121 of 121; 3 pages");
	expect("show sessions page 0", "% pages begin at 1");
	close_all();
}

static void
every_show_command_says_something(void)
{
	static const char *const lines[] = { "show version", "show status", "show ports",
		"show interfaces", "show workers", "show counters", "show drops", "show drops all",
		"show punt", "show vrfs", "show routes", "show routes vrf internet",
		"show neighbours", "show apns", "show apn internet", "show pools", "show peers",
		"show peer 10.10.0.2", "show gtpc counters", "show gtpc messages",
		"show gtpc causes", "show overload", "show procedures", "show config", "show log",
		"log level error session", "log level error" };

	open_with_one();
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *said = say(lines[i]);

		CU_ASSERT_NOT_EQUAL(strncmp(said, "% ", 2), 0);
		CU_ASSERT_TRUE(*said != '\0' || strncmp(lines[i], "log", 3) == 0);
	}
	close_all();
}

static bool
is_detached(struct rig *r)
{
	return dpclient_state(r->pgw->dp) == DPCLIENT_WAITING;
}

static void
without_a_dataplane_it_is_said(void)
{
	open_with_one();
	fake_stop(rig.fake);
	rig.fake = NULL;
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_detached));
	expect("show ports", "% waiting for the dataplane");
	expect("show routes", "% waiting for the dataplane");
	expect("show status", "Dataplane         waiting for it: ");
	expect("show sessions", "1 session\n");
	expect("show session imsi " IMSI, "waits for the dataplane");
	close_all();
}

static void
metrics_tell_the_same(void)
{
	char *page, why[128];

	open_with_one();
	CU_ASSERT_TRUE(ctl_metrics_healthy(why, sizeof(why), rig.pgw));
	page = metrics_page(ctl_metrics_collect, rig.pgw);
	CU_ASSERT_PTR_NOT_NULL_FATAL(page);
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "torii_sessions{state=\"active\"} 1\n"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(page, "torii_pool_addresses{pool=\"p\",kind=\"dynamic_held\"} 1\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "torii_dataplane_drops_total{reason=\"SPOOFED\"} 0\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "cause=\"16\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "torii_store_rows{table=\"sessions\"} 1\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "torii_records_total{file=\"usage\"} 1\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "torii_sgw_sessions{sgw=\"10.10.0.2\"} 1\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "torii_ring_entries{worker=\"1\",ring=\"reply\"} "));
	free(page);
	fake_stop(rig.fake);
	rig.fake = NULL;
	CU_ASSERT_TRUE_FATAL(rig_wait(&rig, is_detached));
	CU_ASSERT_FALSE(ctl_metrics_healthy(why, sizeof(why), rig.pgw));
	page = metrics_page(ctl_metrics_collect, rig.pgw);
	CU_ASSERT_PTR_NOT_NULL(strstr(page, "torii_dataplane_attached 0\n"));
	free(page);
	close_all();
}

static const struct unit_case cases[] = {
	UNIT_CASE(shows_a_session_by_each_key),
	UNIT_CASE(shows_counters_and_rates),
	UNIT_CASE(errors_begin_with_a_percent_sign),
	UNIT_CASE(clears_sessions),
	UNIT_CASE(the_list_is_paged),
	UNIT_CASE(every_show_command_says_something),
	UNIT_CASE(without_a_dataplane_it_is_said),
	UNIT_CASE(metrics_tell_the_same),
};

UNIT_MAIN("control/commands", cases)
