// SPDX-License-Identifier: BSD-3-Clause
// Prints docs/counters.md from the lists in include/dp_counters.h. Built, not installed.
#include "dataplane/include/dp_counters.h"

#include <stdio.h>

struct row {
	const char *name, *text;
};

static void
table(const char *title, const char *sentence, const struct row *rows, size_t n)
{
	printf("\n## %s\n\n%s\n\n| name | meaning |\n|---|---|\n", title, sentence);
	for (size_t i = 0; i < n; i++)
		printf("| `%s` | %s |\n", rows[i].name, rows[i].text);
}

int
main(void)
{
#define X(name, text) { #name, text },
	static const struct row drops[] = { DP_DROP_REASONS(X) };
	static const struct row worker[] = { DP_WORKER_COUNTERS(X) };
	static const struct row port[] = { DP_PORT_COUNTERS(X) };
	static const struct row main_lcore[] = { DP_MAIN_COUNTERS(X) };
#undef X
#define X(NAME, name, text) { #name, text },
	static const struct row punt[] = { DP_PUNT_CLASSES_LIST(X) };
#undef X

	printf("# Counters of the dataplane\n\nPrinted by the build from the lists in "
	       "`dataplane/include/dp_counters.h`. The CLI (`show counters`, `show drops`), DPDK's "
	       "telemetry socket and Prometheus use the same names.\n");
	table("Drops", "Per worker: why a packet went no further.", drops,
		sizeof(drops) / sizeof(drops[0]));
	table("Workers", "Per worker.", worker, sizeof(worker) / sizeof(worker[0]));
	table("Ports", "Per worker and port.", port, sizeof(port) / sizeof(port[0]));
	table("Main lcore", "One of each.", main_lcore, sizeof(main_lcore) / sizeof(main_lcore[0]));
	table("Classes towards Linux",
		"Each with `packets` written to the TAP, `policed` over the class's rate, and "
		"`tap_errors` refused by the TAP.",
		punt, sizeof(punt) / sizeof(punt[0]));
	return 0;
}
