// SPDX-License-Identifier: BSD-3-Clause
// Traces on a fake dataplane: whose packets and messages they hold, and when they end.
#include "control/trace/trace.h"
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define IMSI "001010000000001"
#define OTHER "001010000000002"

static struct rig rig;

static const char *
directory(void)
{
	static char dir[128];

	return trace_file_dir(&rig.config, dir, sizeof(dir));
}

static struct trace_want
want_imsi(const char *imsi)
{
	struct trace_want w = { .by = TRACE_BY_IMSI, .snap = DP_TRACE_SNAP_MAX, .whom = "a test" };

	snprintf(w.imsi, sizeof(w.imsi), "%s", imsi);
	return w;
}

static int
start(const struct trace_want *want)
{
	char why[256];
	int number = trace_start(rig.pgw, want, why, sizeof(why));

	if (number < 0)
		printf("\n    %s", why);
	return number;
}

static struct trace_status
status(int number)
{
	struct trace_status s;

	for (unsigned int i = 0; trace_status(rig.pgw, i, &s); i++)
		if (s.number == (unsigned int)number)
			return s;
	CU_FAIL_FATAL("no such trace");
	return s;
}

static const struct session *
session_of_imsi(const char *imsi)
{
	return session_find_imsi(rig.pgw->sessions, imsi, NULL);
}

// The dataplane knows of every session what is wanted of it.
static bool
is_known(struct rig *r)
{
	for (uint32_t i = 0; i < session_table_top(r->pgw->sessions); i++) {
		const struct session *s = session_at(r->pgw->sessions, i);

		if (s && s->wanted != s->done)
			return false;
	}
	return true;
}

static bool
is_flagged(const char *imsi)
{
	struct dp_session d;

	CU_ASSERT_TRUE(rig_wait(&rig, is_known));
	return fake_find(rig.fake, session_of_imsi(imsi)->teid, &d) && d.flags & DP_SESSION_TRACE;
}

static struct dp_trace_record
record_of(const char *imsi)
{
	const struct session *s = session_of_imsi(imsi);

	return (struct dp_trace_record){ .tsc = __builtin_ia32_rdtsc(),
		.slot = s->slot,
		.generation = s->generation,
		.len = 1400,
		.captured = 100,
		.point = DP_TRACE_IN,
		.direction = DP_UPLINK,
		.outcome = DP_OUTCOME_DROPPED,
		.drop = DP_DROP_SPOOFED,
		.ebi = 5,
		.bytes = "MARK" };
}

// Whether a trace's file holds these bytes.
static bool
holds(const struct trace_status *s, const char *text)
{
	static char content[2 << 20];
	char path[256];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", directory(), s->want.file);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(content, 1, sizeof(content), f);
	fclose(f);
	return memmem(content, n, text, strlen(text)) != NULL;
}

static unsigned int
n_files(void)
{
	DIR *d = opendir(directory());
	unsigned int n = 0;

	while (d && readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
begins_before_the_subscriber_comes(void)
{
	struct trace_want want = want_imsi(IMSI);
	struct gtpc_message m, answer;
	struct trace_status s;
	int number;

	rig_open(&rig, NULL);
	number = start(&want);
	rig_attach(&rig, OTHER);
	CU_ASSERT_EQUAL(status(number).messages, 0);
	rig_attach(&rig, IMSI);
	CU_ASSERT_EQUAL(status(number).messages, 2);
	CU_ASSERT_TRUE(is_flagged(IMSI));
	CU_ASSERT_FALSE(is_flagged(OTHER));
	rig_delete(&rig, &m, session_of_imsi(IMSI)->teid);
	CU_ASSERT_TRUE(rig_ask(&rig, &m, &answer));
	CU_ASSERT_EQUAL(status(number).messages, 4);
	CU_ASSERT_EQUAL(trace_stop(rig.pgw, (unsigned int)number, "enough"), 1);
	s = status(number);
	CU_ASSERT_FALSE(s.is_running);
	CU_ASSERT_STRING_EQUAL(s.end, "enough");
	CU_ASSERT_TRUE(holds(&s, "Create Session Request"));
	CU_ASSERT_TRUE(holds(&s, "Delete Session Response"));
	rig_close(&rig);
}

static void
a_refused_attach_is_seen_too(void)
{
	struct trace_want want = want_imsi(IMSI);
	struct gtpc_message m, answer;
	struct trace_status s;
	int number;

	rig_open(&rig, NULL);
	number = start(&want);
	rig_create(&rig, &m, IMSI);
	snprintf(m.create_session_req.apn.text, sizeof(m.create_session_req.apn.text), "nosuch");
	CU_ASSERT_TRUE(rig_ask(&rig, &m, &answer));
	CU_ASSERT_EQUAL(answer.create_session_rsp.cause.value, GTPC_CAUSE_UNKNOWN_APN);
	s = status(number);
	CU_ASSERT_EQUAL(s.messages, 2);
	rig_close(&rig);
}

static void
follows_sessions_that_exist_by_each_key(void)
{
	struct trace_want by_address = { .by = TRACE_BY_ADDRESS, .snap = 64, .file = "address" };
	struct trace_want by_teid = { .by = TRACE_BY_TEID, .snap = 96, .file = "teid" };
	int a, t;

	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	rig_attach(&rig, OTHER);
	CU_ASSERT_FALSE(is_flagged(IMSI));
	by_address.address.family = 4;
	memcpy(by_address.address.bytes, session_of_imsi(IMSI)->ue_ipv4, 4);
	by_teid.teid = session_of_imsi(OTHER)->teid;
	a = start(&by_address);
	CU_ASSERT_TRUE(is_flagged(IMSI));
	CU_ASSERT_FALSE(is_flagged(OTHER));
	CU_ASSERT_EQUAL(fake_trace_snap(rig.fake), 64);
	t = start(&by_teid);
	CU_ASSERT_TRUE(is_flagged(OTHER));
	CU_ASSERT_EQUAL(fake_trace_snap(rig.fake), 96);
	trace_stop(rig.pgw, (unsigned int)t, "enough");
	CU_ASSERT_FALSE(is_flagged(OTHER));
	CU_ASSERT_TRUE(is_flagged(IMSI));
	trace_stop(rig.pgw, (unsigned int)a, "enough");
	CU_ASSERT_FALSE(is_flagged(IMSI));
	CU_ASSERT_EQUAL(fake_trace_snap(rig.fake), 0);
	rig_close(&rig);
}

static void
copies_go_into_the_files_they_belong_to(void)
{
	struct trace_want mine = want_imsi(IMSI), other = want_imsi(OTHER);
	struct dp_trace_record r;
	struct trace_status s;
	int m, o;

	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	rig_attach(&rig, OTHER);
	m = start(&mine);
	o = start(&other);
	r = record_of(IMSI);
	r.lost = 3;
	CU_ASSERT_TRUE(fake_trace(rig.fake, &r));
	r = record_of(OTHER);
	r.generation++; // of a session that isn't there any more
	CU_ASSERT_TRUE(fake_trace(rig.fake, &r));
	traces_drain(rig.pgw);
	CU_ASSERT_EQUAL(status(m).packets, 1);
	CU_ASSERT_EQUAL(status(o).packets, 0);
	trace_stop(rig.pgw, 0, "enough");
	s = status(m);
	CU_ASSERT_TRUE(holds(&s, "MARK"));
	CU_ASSERT_TRUE(holds(&s, "dropped, SPOOFED: inner source isn't the session's address"));
	CU_ASSERT_TRUE(holds(&s, "3 packets before it weren't copied"));
	s = status(o);
	CU_ASSERT_FALSE(holds(&s, "MARK"));
	rig_close(&rig);
}

static void
what_no_ring_had_room_for_is_told(void)
{
	struct trace_want want = want_imsi(IMSI);
	struct dp_trace_record r;
	int number;

	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	number = start(&want);
	r = record_of(IMSI);
	for (unsigned int i = 0; i < DP_TRACE_RECORDS + 7; i++)
		fake_trace(rig.fake, &r);
	traces_drain(rig.pgw);
	CU_ASSERT_EQUAL(status(number).packets, DP_TRACE_RECORDS);
	CU_ASSERT_EQUAL(status(number).lost, 7);
	rig_close(&rig);
}

static bool
has_ended(struct rig *r)
{
	struct trace_status s;

	return trace_status(r->pgw, 0, &s) && !s.is_running;
}

static void
ends_with_what_was_asked_for(void)
{
	struct trace_want want = want_imsi(IMSI);
	struct dp_trace_record r;
	int number;

	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	want.packets_max = 5;
	number = start(&want);
	r = record_of(IMSI);
	for (unsigned int i = 0; i < 20; i++)
		fake_trace(rig.fake, &r);
	CU_ASSERT_TRUE(rig_wait(&rig, has_ended));
	CU_ASSERT_EQUAL(status(number).packets, 5);
	CU_ASSERT_STRING_EQUAL(status(number).end, "all its packets");
	CU_ASSERT_FALSE(is_flagged(IMSI));
	rig_close(&rig);
}

static void
ends_when_its_time_is_over(void)
{
	struct trace_want want = want_imsi(IMSI);
	int number;

	rig_open(&rig, NULL);
	want.seconds_max = 1;
	number = start(&want);
	CU_ASSERT_TRUE(status(number).is_running);
	CU_ASSERT_TRUE(rig_wait(&rig, has_ended));
	CU_ASSERT_STRING_EQUAL(status(number).end, "its time is over");
	rig_close(&rig);
}

static void
ends_when_its_file_is_full(void)
{
	struct trace_want want = want_imsi(IMSI);
	struct dp_trace_record r;
	int number;

	rig_open(&rig, NULL);
	rig_attach(&rig, IMSI);
	number = start(&want);
	r = record_of(IMSI);
	r.captured = DP_TRACE_SNAP_MAX;
	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int j = 0; j < DP_TRACE_RECORDS; j++)
			fake_trace(rig.fake, &r);
		traces_drain(rig.pgw);
	}
	CU_ASSERT_TRUE(rig_wait(&rig, has_ended));
	CU_ASSERT_STRING_EQUAL(status(number).end, "its file is as large as trace.file_max");
	CU_ASSERT(status(number).bytes >= 1 << 20 && status(number).bytes < (1 << 20) + 4096);
	rig_close(&rig);
}

static void
names_lead_nowhere_else(void)
{
	static const char *const bad[] = { "../x", "a/b", ".hidden", "a b", "x\n", "\xc3\xa4",
		"0123456789012345678901234567890123456789012345678901234567890123456789012345" };

	CU_ASSERT_TRUE(trace_file_name_is_good("Case-17.b_2"));
	CU_ASSERT_FALSE(trace_file_name_is_good(""));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CU_ASSERT_FALSE(trace_file_name_is_good(bad[i]));
}

static void
files_are_kept_private_and_few(void)
{
	struct trace_want want = want_imsi(IMSI);
	char path[256], why[256];
	struct stat st;

	rig_open(&rig, NULL);
	for (unsigned int i = 0; i < 7; i++) {
		snprintf(want.file, sizeof(want.file), "file%u", i);
		CU_ASSERT(start(&want) > 0);
		trace_stop(rig.pgw, 0, "enough");
	}
	CU_ASSERT_EQUAL(n_files(), 4);
	snprintf(path, sizeof(path), "%s/file6.pcapng", directory());
	CU_ASSERT_EQUAL_FATAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
	CU_ASSERT_EQUAL(stat(directory(), &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0700);
	CU_ASSERT(trace_start(rig.pgw, &want, why, sizeof(why)) < 0); // file6 is there
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "file6.pcapng"));
	rig_close(&rig);
}

static void
so_many_and_no_more_at_once(void)
{
	struct trace_want want = want_imsi(IMSI);
	char why[256];

	rig_open(&rig, NULL);
	for (unsigned int i = 0; i < TRACES_MAX; i++) {
		snprintf(want.file, sizeof(want.file), "t%u", i);
		CU_ASSERT(start(&want) > 0);
	}
	snprintf(want.file, sizeof(want.file), "more");
	CU_ASSERT(trace_start(rig.pgw, &want, why, sizeof(why)) < 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "16 traces are running"));
	CU_ASSERT_EQUAL(trace_stop(rig.pgw, 0, "enough"), TRACES_MAX);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(begins_before_the_subscriber_comes),
	UNIT_CASE(a_refused_attach_is_seen_too),
	UNIT_CASE(follows_sessions_that_exist_by_each_key),
	UNIT_CASE(copies_go_into_the_files_they_belong_to),
	UNIT_CASE(what_no_ring_had_room_for_is_told),
	UNIT_CASE(ends_with_what_was_asked_for),
	UNIT_CASE(ends_when_its_time_is_over),
	UNIT_CASE(ends_when_its_file_is_full),
	UNIT_CASE(names_lead_nowhere_else),
	UNIT_CASE(files_are_kept_private_and_few),
	UNIT_CASE(so_many_and_no_more_at_once),
};

UNIT_MAIN("control/trace", cases)
