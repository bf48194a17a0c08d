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

#define ROUNDS_MAX 101
#define TRIES 4    // before a disturbed measurement counts after all
#define WINDOW 256 // packets that are timed together
#define WINDOWS_MIN 24

enum what { TORII, EM, MACSWAP, WHATS };

static const forward_fn forward[WHATS] = { torii_forward, reference_em, reference_macswap };
static const uint32_t all_sessions[] = { 1, 1000, 64000, 1000000, 4000000 };
static const char *const sessions_name[] = { "1", "1k", "64k", "1m", "4m" };

struct settings {
	unsigned int rounds, cpu;
	uint32_t sessions_max;
	bool is_quick;
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

static struct settings settings = { .rounds = 11, .sessions_max = 4000000, .run_dir = "/dev/shm" };
static struct result results[256];
static unsigned int n_results;
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

// A pass over all frames of the row. Each window's cycles per packet go to value[]; their number.
static unsigned int
pass(const struct row *row, forward_fn f, bool is_torii, double *value)
{
	struct rte_mbuf **pkts;
	unsigned int windows = 0;
	uint32_t n;

	pkts = frames_fill(row, &n);
	for (uint32_t at = 0; at < n; at += WINDOW) {
		long before = switches();
		uint64_t begin = rte_rdtsc_precise();

		for (uint32_t i = at; i < at + WINDOW; i += BURST)
			f(row->direction, pkts + i, BURST);
		value[windows] = (double)(rte_rdtsc_precise() - begin) / WINDOW;
		if (switches() == before)
			windows++;
		else
			n_disturbed++;
	}
	if (!frames_take_back(row, n, is_torii))
		fatal("what came out isn't right");
	return windows;
}

// The median window of enough passes; all over again if the hypervisor took time meanwhile.
static double
cycles_of(const struct row *row, forward_fn f, bool is_torii)
{
	static double value[2 * COLD_FRAMES / WINDOW]; // WINDOWS_MIN and a pass more
	unsigned int n = 0;

	for (unsigned int try = 0; try < TRIES; try++) {
		uint64_t steal = steal_ticks();

		for (n = 0; n < WINDOWS_MIN;)
			n += pass(row, f, is_torii, value + n);
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
			value[k][i] = cycles_of(row, forward[k], k == TORII) / 2;
		for (int k = WHATS - 1; k >= 0; k--)
			value[k][i] += cycles_of(row, forward[k], k == TORII) / 2;
		ratio[i] = value[TORII][i] / value[EM][i];
	}
	*r = (struct result){ .row = *row, .sessions = sessions };
	for (int k = 0; k < WHATS; k++)
		r->cycles[k] = spread_of(value[k], settings.rounds);
	r->ratio_em = spread_of(ratio, settings.rounds);
	print(r);
}

static void
rows_of(unsigned int which)
{
	static const uint16_t sizes[] = { 64, 0, 1400 };
	unsigned int n_sizes = settings.is_quick ? 1 : 3;

	frames_open(settings.run_dir, all_sessions[which], false);
	for (int rate = 0; rate < 2; rate++) {
		frames_rate(rate);
		for (unsigned int size = 0; size < n_sizes; size++)
			for (int d = UL; d <= DL; d++)
				for (int hot = 1; hot >= 0; hot--) {
					struct row row = { (enum direction)d, all_sessions[which],
						sizes[size], rate, hot };

					measure(&row, sessions_name[which]);
				}
	}
	frames_close();
}

// What handing a packet to its owner costs: both workers' cycles less those of the owner alone.
static struct spread
measure_handoff(void)
{
	struct row row = { UL, 1000, 64, false, true };
	double with[ROUNDS_MAX];

	frames_open(settings.run_dir, 1000, true);
	frames_rate(false);
	for (unsigned int i = 0; i < settings.rounds; i++)
		with[i] = cycles_of(&row, torii_handoff, true);
	frames_close();
	return spread_of(with, settings.rounds);
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
	json_rows(out);
	fprintf(out, "  }\n}\n");
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

static void
start(void)
{
	uint64_t mib = 240 + settings.sessions_max * 220ULL / (1 << 20);
	bool has_huge = huge_mib() >= mib;
	char lcores[32], m[16];
	const char *const arg[] = { "pipeline", has_huge ? "--in-memory" : "--no-huge",
		has_huge ? "--single-file-segments" : "--no-shconf", "--no-pci", "--no-telemetry",
		"--lcores", lcores, "-m", m, "--log-level=5", NULL };
	char *argv[RTE_DIM(arg)];

	snprintf(lcores, sizeof(lcores), "0@%u", settings.cpu);
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
	printf("usage: pipeline [--quick] [--rounds N] [--sessions N] [--cpu N] [--run-dir DIR]\n"
	       "       [--json FILE]\n"
	       "Cycles per packet of the stages, in this process, beside an exact-match forwarder\n"
	       "(EM) and macswap over the same tables.\n"
	       "  --quick       64-byte packets alone\n"
	       "  --rounds N    rounds of each row (default 11)\n"
	       "  --sessions N  no more than these (default 4000000)\n"
	       "  --cpu N       where to run (default 0)\n"
	       "  --run-dir DIR where the shared file with the usage lines is (default /dev/shm);\n"
	       "                a tmpfs mounted with huge=always saves TLB misses\n"
	       "  --json FILE   write the results there too\n");
	exit(status);
}

static void
options(int argc, char **argv)
{
	static const struct option known[] = { { "quick", no_argument, NULL, 'q' },
		{ "rounds", required_argument, NULL, 'r' },
		{ "sessions", required_argument, NULL, 's' },
		{ "cpu", required_argument, NULL, 'c' },
		{ "run-dir", required_argument, NULL, 'd' },
		{ "json", required_argument, NULL, 'j' }, { "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (c == 'q')
			settings.is_quick = true;
		else if (c == 'r')
			settings.rounds = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 's')
			settings.sessions_max = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'c')
			settings.cpu = (unsigned int)strtoul(optarg, NULL, 10);
		else if (c == 'd')
			settings.run_dir = optarg;
		else if (c == 'j')
			settings.json = optarg;
		else
			usage(c == 'h' ? 0 : 2);
	}
	if (settings.rounds < 1 || settings.rounds > ROUNDS_MAX || settings.sessions_max < 1000)
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
	for (unsigned int i = 0; i < RTE_DIM(all_sessions); i++)
		if (all_sessions[i] <= settings.sessions_max)
			rows_of(i);
	handoff = measure_handoff();
	direct = find(UL, "1k", false, true)->cycles[TORII].median;
	printf("rate limit %+.1f, handoff %+.1f cycles; %u windows disturbed and left out\n",
		meter_cycles(), handoff.median - direct, n_disturbed);
	if (settings.json)
		write_json(handoff.median - direct);
	return 0;
}
