// SPDX-License-Identifier: BSD-3-Clause
// perf/pipeline: cycles per packet of the real stages, by sessions, size, rate limit and warmth of the
// headers, beside an exact-match forwarder and macswap in the same rounds.
#include "perf/pipeline.h"

#include "tests/unit/dataplane/worker_rig.h"

#include <rte_cycles.h>

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define TRIES 4 // before a disturbed measurement counts after all
#define WINDOWS_MIN 24
#define CHANGES 4 // session changes in one window, where these are measured
#define STAGE_PASSES 8
#define LIST_MAX 8

enum what { TORII, EM, MACSWAP, WHATS };

static const forward_fn forward[WHATS] = { torii_forward, reference_em, reference_macswap };

// What may be asked for, by its name on the command line and in the results.
static const struct choice {
	const char *name;
	uint32_t value;
} session_choice[] = { { "1", 1 }, { "1k", 1000 }, { "64k", 64000 }, { "1m", 1000000 },
	{ "4m", 4000000 }, { "16m", 16000000 } };
static const struct choice size_choice[] = { { "64", 64 }, { "imix", 0 }, { "1400", 1400 } };

struct settings {
	unsigned int rounds, cpu;
	int second_cpu; // -1: none
	const struct choice *sessions[LIST_MAX], *size[LIST_MAX];
	size_t n_sessions, n_sizes;
	const char *json, *run_dir;
};

struct spread {
	double low, median, high;
};

struct result {
	struct row row;
	const char *sessions;
	struct spread cycles[WHATS];
	struct spread ratio_em;
};

// Cycles per packet in each stage, of one row.
struct staged {
	struct row row;
	const char *sessions;
	double cycles[STAGES];
};

static struct settings settings = { .rounds = 11, .second_cpu = -1, .run_dir = "/dev/shm" };
static struct result results[256];
static unsigned int n_results;
static struct staged staged[64];
static unsigned int n_staged;
static double cycles_per_change; // of a session
static struct speedup {
	const char *sessions;
	double by_direction[2];
} speedup[LIST_MAX];
static unsigned int n_speedups;
static unsigned int n_disturbed;

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct spread
spread_of(double *value, unsigned int n)
{
	qsort(value, n, sizeof(*value), compare);
	return (struct spread){ value[0], value[n / 2], value[n - 1] };
}

// ---- Disturbances: time that the hypervisor took, and other processes on this CPU

static uint64_t
steal_ticks(void)
{
	FILE *f = fopen("/proc/stat", "re");
	unsigned long long steal = 0;

	if (f == NULL)
		return 0;
	(void)!fscanf(f, "cpu %*u %*u %*u %*u %*u %*u %*u %llu", &steal);
	fclose(f);
	return steal;
}

static long
switches(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nivcsw;
}

// ---- Measuring

static void
fatal(const char *what)
{
	fprintf(stderr, "pipeline: %s\n", what);
	exit(1);
}

// A pass over all frames of the row, with so many session changes in each window. The windows' cycles
// per packet go to value[]; their number.
static unsigned int
pass(const struct row *row, forward_fn f, bool is_torii, unsigned int changes, double *value)
{
	struct rte_mbuf **pkts;
	unsigned int windows = 0;
	uint32_t n;

	pkts = frames_fill(row, 0, &n);
	for (uint32_t at = 0; at < n; at += WINDOW) {
		long before = switches();
		uint64_t begin;

		for (unsigned int i = 0; i < changes; i++)
			frames_change();
		begin = rte_rdtsc_precise();
		for (uint32_t i = at; i < at + WINDOW; i += BURST)
			f(row->direction, pkts + i, BURST);
		value[windows] = (double)(rte_rdtsc_precise() - begin) / WINDOW;
		if (switches() == before)
			windows++;
		else
			n_disturbed++;
		if (changes)
			frames_changes_take();
	}
	if (!frames_take_back(row, 0, n, is_torii))
		fatal("what came out isn't right");
	return windows;
}

// The median window of enough passes; all over again if the hypervisor took time meanwhile.
static double
cycles_of(const struct row *row, forward_fn f, bool is_torii, unsigned int changes)
{
	static double value[2 * COLD_FRAMES / WINDOW]; // WINDOWS_MIN and a pass more
	unsigned int n = 0;

	for (unsigned int try = 0; try < TRIES; try++) {
		uint64_t steal = steal_ticks();

		for (n = 0; n < WINDOWS_MIN;)
			n += pass(row, f, is_torii, changes, value + n);
		if (steal_ticks() == steal)
			break;
	}
	return spread_of(value, n).median;
}

static void
print(const struct result *r)
{
	static const char *const direction[] = { "UL", "DL" };
	char size[8];

	snprintf(size, sizeof(size), r->row.inner ? "%u" : "IMIX", r->row.inner);
	printf("%s %4s %5s %-4s %-4s  %6.1f [%6.1f %6.1f]  %6.1f [%6.1f %6.1f]  %6.1f  %5.2f "
	       "[%4.2f "
	       "%4.2f]\n",
		direction[r->row.direction], r->sessions, size, r->row.has_rate ? "rate" : "-",
		r->row.is_hot ? "hot" : "cold", r->cycles[TORII].median, r->cycles[TORII].low,
		r->cycles[TORII].high, r->cycles[EM].median, r->cycles[EM].low, r->cycles[EM].high,
		r->cycles[MACSWAP].median, r->ratio_em.median, r->ratio_em.low, r->ratio_em.high);
	fflush(stdout);
}

// Rounds of A-B-C-C-B-A.
static void
measure(const struct row *row, const char *sessions)
{
	double value[WHATS][ROUNDS_MAX], ratio[ROUNDS_MAX];
	struct result *r = &results[n_results++];

	for (unsigned int i = 0; i < settings.rounds; i++) {
		for (int k = 0; k < WHATS; k++)
			value[k][i] = cycles_of(row, forward[k], k == TORII, 0) / 2;
		for (int k = WHATS - 1; k >= 0; k--)
			value[k][i] += cycles_of(row, forward[k], k == TORII, 0) / 2;
		ratio[i] = value[TORII][i] / value[EM][i];
	}
	*r = (struct result){ .row = *row, .sessions = sessions };
	for (int k = 0; k < WHATS; k++)
		r->cycles[k] = spread_of(value[k], settings.rounds);
	r->ratio_em = spread_of(ratio, settings.rounds);
	print(r);
}

// Where a packet's cycles go, over a few passes of a row.
static void
measure_stages(const struct row *row, const char *sessions)
{
	static const char *const name[STAGES] = { "classify", "lookup", "enforce", "tunnel", "tx" };
	struct staged *s = &staged[n_staged++];
	double value[STAGES][STAGE_PASSES];

	*s = (struct staged){ .row = *row, .sessions = sessions };
	for (int i = 0; i < STAGE_PASSES; i++) {
		uint64_t cycles[STAGES] = { 0 };
		uint32_t n;
		struct rte_mbuf **pkts = frames_fill(row, 0, &n);

		for (uint32_t at = 0; at < n; at += BURST)
			torii_forward_staged(pkts + at, BURST, cycles);
		if (!frames_take_back(row, 0, n, true))
			fatal("what came out isn't right");
		for (int k = 0; k < STAGES; k++)
			value[k][i] = (double)cycles[k] / n;
	}
	printf("   by stage:");
	for (int k = 0; k < STAGES; k++) {
		s->cycles[k] = spread_of(value[k], STAGE_PASSES).median;
		printf(" %s %.1f", name[k], s->cycles[k]);
	}
	printf("\n");
}

// Cycles that a change of a session takes from the packets of its worker.
static void
measure_changes(const struct row *row)
{
	double with[ROUNDS_MAX], without[ROUNDS_MAX];

	for (unsigned int i = 0; i < settings.rounds; i++) {
		with[i] = cycles_of(row, torii_turn, true, CHANGES);
		without[i] = cycles_of(row, torii_turn, true, 0);
	}
	cycles_per_change = (spread_of(with, settings.rounds).median -
				    spread_of(without, settings.rounds).median) *
		WINDOW / CHANGES;
	if (cycles_per_change < 0)
		cycles_per_change = 0;
}

static bool
is_asked_for(const char *sessions)
{
	for (size_t i = 0; i < settings.n_sessions; i++)
		if (strcmp(settings.sessions[i]->name, sessions) == 0)
			return true;
	return false;
}

// All memory that a row uses is there before the first one: a page that comes only then costs more than
// a thousand packets.
static void
warm_up(uint32_t sessions)
{
	static double value[COLD_FRAMES / WINDOW];

	for (int d = UL; d <= DL; d++) {
		struct row row = { (enum direction)d, sessions, 64, false, false };

		for (int k = 0; k < WHATS; k++)
			(void)pass(&row, forward[k], k == TORII, 0, value);
	}
	n_disturbed = 0;
}

static void
rows_of(const struct choice *sessions)
{
	struct row row = { UL, sessions->value, 64, true, false };

	frames_open(settings.run_dir, sessions->value, FRAMES_ONE_WORKER);
	frames_rate(false);
	warm_up(sessions->value);
	for (int rate = 0; rate < 2; rate++) {
		frames_rate(rate);
		for (size_t size = 0; size < settings.n_sizes; size++)
			for (int d = UL; d <= DL; d++)
				for (int hot = 1; hot >= 0; hot--) {
					row = (struct row){ (enum direction)d, sessions->value,
						(uint16_t)settings.size[size]->value, rate, hot };
					measure(&row, sessions->name);
					if (row.inner == 64 && rate)
						measure_stages(&row, sessions->name);
				}
	}
	row = (struct row){ UL, sessions->value, 64, true, false };
	if (strcmp(sessions->name, is_asked_for("1m") ? "1m" : "1k") == 0)
		measure_changes(&row);
	frames_close();
}

// What handing a packet to its owner costs: both workers' cycles less those of the owner alone.
static struct spread
measure_handoff(void)
{
	struct row row = { UL, 1000, 64, false, true };
	double with[ROUNDS_MAX];

	frames_open(settings.run_dir, 1000, FRAMES_HANDOFF);
	frames_rate(false);
	row.is_hot = false;
	(void)cycles_of(&row, torii_handoff, true, 0); // warms up, see warm_up()
	row.is_hot = true;
	for (unsigned int i = 0; i < settings.rounds; i++)
		with[i] = cycles_of(&row, torii_handoff, true, 0);
	frames_close();
	return spread_of(with, settings.rounds);
}

// Two workers on two CPUs against one; of up to a million sessions, since every session count takes an
// instance of its own.
static void
measure_speedup(const struct choice *sessions)
{
	struct speedup *s = &speedup[n_speedups];

	if (sessions->value < 1000 || sessions->value > 1000000)
		return;
	n_speedups++;
	s->sessions = sessions->name;
	for (int d = UL; d <= DL; d++)
		s->by_direction[d] = workers_speedup(
			settings.run_dir, (enum direction)d, sessions->value, settings.rounds);
	printf("2 workers on 2 CPUs / 1, %s sessions: UL %.2f, DL %.2f\n", s->sessions,
		s->by_direction[UL], s->by_direction[DL]);
	fflush(stdout);
}

// ---- Results

static const struct result *
find(enum direction d, const char *sessions, bool has_rate, bool is_hot)
{
	for (unsigned int i = 0; i < n_results; i++) {
		const struct result *r = &results[i];

		if (r->row.direction == d && strcmp(r->sessions, sessions) == 0 &&
			r->row.has_rate == has_rate && r->row.is_hot == is_hot &&
			r->row.inner == 64)
			return r;
	}
	return NULL;
}

static double
meter_cycles(void)
{
	double sum = 0;

	for (int d = UL; d <= DL; d++)
		sum += find((enum direction)d, "1k", true, true)->cycles[TORII].median -
			find((enum direction)d, "1k", false, true)->cycles[TORII].median;
	return sum / 2;
}

static void
json_rows(FILE *out)
{
	fprintf(out, "    \"rows\": [\n");
	for (unsigned int i = 0; i < n_results; i++) {
		const struct result *r = &results[i];

		fprintf(out,
			"      {\"direction\": \"%s\", \"sessions\": %u, \"inner\": %u, \"rate\": "
			"%d, "
			"\"hot\": %d, \"cycles\": %.1f, \"low\": %.1f, \"high\": %.1f, \"em\": "
			"%.1f, "
			"\"macswap\": %.1f, \"ratio_em\": %.3f}%s\n",
			r->row.direction == UL ? "ul" : "dl", r->row.sessions, r->row.inner,
			r->row.has_rate, r->row.is_hot, r->cycles[TORII].median,
			r->cycles[TORII].low, r->cycles[TORII].high, r->cycles[EM].median,
			r->cycles[MACSWAP].median, r->ratio_em.median,
			i + 1 < n_results ? "," : "");
	}
	fprintf(out, "    ]\n");
}

static void
json_stages(FILE *out)
{
	fprintf(out, "    \"stages\": [\n");
	for (unsigned int i = 0; i < n_staged; i++) {
		const struct staged *s = &staged[i];

		fprintf(out,
			"      {\"direction\": \"%s\", \"sessions\": %u, \"hot\": %d, "
			"\"classify\": %.1f, \"lookup\": %.1f, \"enforce\": %.1f, "
			"\"tunnel\": %.1f, \"tx\": %.1f}%s\n",
			s->row.direction == UL ? "ul" : "dl", s->row.sessions, s->row.is_hot,
			s->cycles[STAGE_CLASSIFY], s->cycles[STAGE_LOOKUP],
			s->cycles[STAGE_ENFORCE], s->cycles[STAGE_TUNNEL], s->cycles[STAGE_TX],
			i + 1 < n_staged ? "," : "");
	}
	fprintf(out, "    ],\n");
}

// Share of the worker's time that so many session changes per second take.
static double
changes_pct(double per_s)
{
	return 100 * per_s * cycles_per_change / (double)rte_get_tsc_hz();
}

static void
json_direction(FILE *out, enum direction d)
{
	const struct result *few = find(d, "1k", true, true), *many = find(d, "1m", true, false);

	fprintf(out, "    \"%s\": {", d == UL ? "ul" : "dl");
	fprintf(out, "\"1k\": {\"cycles\": %.1f, \"ratio_em\": %.3f}", few->cycles[TORII].median,
		few->ratio_em.median);
	if (many)
		fprintf(out, ", \"1m\": {\"cycles\": %.1f, \"ratio_em\": %.3f}",
			many->cycles[TORII].median, many->ratio_em.median);
	fprintf(out, "},\n");
}

static void
json_speedups(FILE *out)
{
	if (n_speedups == 0)
		return;
	fprintf(out, "  \"workers\": {\"speedup_2\": {");
	for (int d = UL; d <= DL; d++) {
		fprintf(out, "%s: {", d == UL ? "\"ul\"" : ", \"dl\"");
		for (unsigned int i = 0; i < n_speedups; i++)
			fprintf(out, "%s\"%s\": %.2f", i ? ", " : "", speedup[i].sessions,
				speedup[i].by_direction[d]);
		fprintf(out, "}");
	}
	fprintf(out, "}},\n");
}

static void
write_json(double handoff)
{
	FILE *out = fopen(settings.json, "we");

	if (out == NULL)
		fatal("the JSON file can't be written");
	fprintf(out, "{\n  \"pipeline\": {\n");
	json_direction(out, UL);
	json_direction(out, DL);
	fprintf(out, "    \"meter_cycles\": %.1f,\n    \"handoff_cycles\": %.1f,\n", meter_cycles(),
		handoff);
	fprintf(out, "    \"tsc_hz\": %lu,\n    \"rounds\": %u,\n", rte_get_tsc_hz(),
		settings.rounds);
	json_stages(out);
	json_rows(out);
	fprintf(out, "  },\n");
	json_speedups(out);
	fprintf(out,
		"  \"signalling\": {\"loss_of_throughput_pct\": {\"10k\": %.3f, \"100k\": "
		"%.3f}, \"cycles_per_change\": %.0f}\n}\n",
		changes_pct(1e4), changes_pct(1e5), cycles_per_change);
	fclose(out);
}

// ---- Start

// MiB in free hugepages of 2 MiB.
static uint64_t
huge_mib(void)
{
	FILE *f = fopen("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "re");
	unsigned long pages = 0;

	if (f == NULL)
		return 0;
	(void)!fscanf(f, "%lu", &pages);
	fclose(f);
	return 2 * pages;
}

static uint32_t
most_sessions(void)
{
	uint32_t most = 0;

	for (size_t i = 0; i < settings.n_sessions; i++)
		most = RTE_MAX(most, settings.sessions[i]->value);
	return most;
}

static void
start(void)
{
	uint64_t mib = (settings.second_cpu < 0 ? 240 : 440) + most_sessions() * 400ULL / (1 << 20);
	bool has_huge = huge_mib() >= mib;
	char lcores[48], m[16];
	const char *const arg[] = { "pipeline", has_huge ? "--in-memory" : "--no-huge",
		has_huge ? "--single-file-segments" : "--no-shconf", "--no-pci", "--no-telemetry",
		"--lcores", lcores, "-m", m, "--log-level=5", NULL };
	char *argv[RTE_DIM(arg)];

	if (settings.second_cpu < 0)
		snprintf(lcores, sizeof(lcores), "0@%u", settings.cpu);
	else
		snprintf(lcores, sizeof(lcores), "0@%u,1@%d", settings.cpu, settings.second_cpu);
	snprintf(m, sizeof(m), "%lu", mib);
	for (size_t i = 0; i < RTE_DIM(arg); i++)
		argv[i] = (char *)(uintptr_t)arg[i];
	rig_eal(RTE_DIM(arg) - 1, argv);
	printf("memory: %lu MiB in %s, usage lines in %s\n", mib,
		has_huge ? "hugepages of 2 MiB" : "pages of 4 KiB (too few free hugepages)",
		settings.run_dir);
}

static void
usage(int status)
{
	printf("usage: pipeline [options]\n"
	       "Cycles per packet of the stages, in this process, beside an exact-match forwarder\n"
	       "(EM) and macswap over the same tables. 1k and 64 are always among the rows.\n"
	       "  --sessions LIST  of 1, 1k, 64k, 1m, 4m, 16m (1,1k,64k,1m,4m)\n"
	       "  --sizes LIST     of inner packets: 64, imix, 1400 (64,imix,1400)\n"
	       "  --quick          --sessions 1,1k,1m --sizes 64 --rounds 3\n"
	       "  --rounds N       rounds of each row (11)\n"
	       "  --cpu N          where to run (0)\n"
	       "  --second-cpu N   measure two workers on two CPUs against one too\n"
	       "  --run-dir DIR    where the shared file with the usage lines is (/dev/shm);\n"
	       "                   a tmpfs mounted with huge=always saves TLB misses\n"
	       "  --json FILE      write the results there too\n");
	exit(status);
}

// The named choices, with that one always among them.
static size_t
choose(const char *option, const char *list, const char *always, const struct choice *choice,
	size_t n, const struct choice **chosen)
{
	char wanted[128];
	size_t n_chosen = 0, known = 0;

	snprintf(wanted, sizeof(wanted), ",%s,", list);
	for (size_t i = 0; i < n; i++) {
		char word[16];

		snprintf(word, sizeof(word), ",%s,", choice[i].name);
		known += strstr(wanted, word) != NULL;
		if (strstr(wanted, word) || strcmp(choice[i].name, always) == 0)
			chosen[n_chosen++] = &choice[i];
	}
	for (const char *c = wanted + 1; *c; c++)
		known -= *c == ',';
	if (known == 0)
		return n_chosen;
	fprintf(stderr, "pipeline: %s: \"%s\" has something unknown in it (--help)\n", option,
		list);
	exit(2);
}

static void
choose_sessions(const char *list)
{
	settings.n_sessions = choose("--sessions", list, "1k", session_choice,
		RTE_DIM(session_choice), settings.sessions);
}

static void
choose_sizes(const char *list)
{
	settings.n_sizes =
		choose("--sizes", list, "64", size_choice, RTE_DIM(size_choice), settings.size);
}

static void
options(int argc, char **argv)
{
	static const struct option known[] = { { "quick", no_argument, NULL, 'q' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "sessions", required_argument, NULL, 's' },
		{ "sizes", required_argument, NULL, 'z' }, { "cpu", required_argument, NULL, 'c' },
		{ "second-cpu", required_argument, NULL, '2' },
		{ "run-dir", required_argument, NULL, 'd' },
		{ "json", required_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	int c;

	choose_sessions("1,1k,64k,1m,4m");
	choose_sizes("64,imix,1400");
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'q') {
			choose_sessions("1,1k,1m");
			choose_sizes("64");
			settings.rounds = 3;
		} else if (c == 'r')
			settings.rounds = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 's')
			choose_sessions(optarg);
		else if (c == 'z')
			choose_sizes(optarg);
		else if (c == 'c')
			settings.cpu = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == '2')
			settings.second_cpu = (int)strtol(optarg, NULL, 10);
		else if (c == 'd')
			settings.run_dir = optarg;
		else if (c == 'j')
			settings.json = optarg;
		else
			usage(c == 'h' ? 0 : 2);
	}
	if (settings.rounds < 1 || settings.rounds > ROUNDS_MAX)
		usage(2);
}

int
main(int argc, char **argv)
{
	struct spread handoff;
	double direct;

	options(argc, argv);
	start();
	printf("cycles per packet of a %.0f MHz TSC: median [low high] of %u rounds\n",
		(double)rte_get_tsc_hz() / 1e6, settings.rounds);
	printf("    sess. bytes                 Torii                     EM            macswap  "
	       "Torii/EM\n");
	for (size_t i = 0; i < settings.n_sessions; i++)
		rows_of(settings.sessions[i]);
	handoff = measure_handoff();
	for (size_t i = 0; settings.second_cpu >= 0 && i < settings.n_sessions; i++)
		measure_speedup(settings.sessions[i]);
	direct = find(UL, "1k", false, true)->cycles[TORII].median;
	printf("rate limit %+.1f, handoff %+.1f, a session change %.0f cycles: %.2f %% of a core "
	       "at\n"
	       "100 K per second; %u windows disturbed and left out\n",
		meter_cycles(), handoff.median - direct, cycles_per_change, changes_pct(1e5),
		n_disturbed);
	if (settings.json)
		write_json(handoff.median - direct);
	return 0;
}
