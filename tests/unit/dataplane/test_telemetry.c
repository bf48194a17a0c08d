// SPDX-License-Identifier: BSD-3-Clause
// Through the socket, as dpdk-telemetry.py reads it.
#include "dataplane/telemetry.h"
#include "tests/unit/dataplane/rig.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define WORKERS 2

static struct dp_header *header;
static int telemetry = -1;

static bool
connect_to_telemetry(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char greeting[4096];

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/dpdk_telemetry.v2", rte_eal_get_runtime_dir());
	telemetry = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	return connect(telemetry, (struct sockaddr *)&a, sizeof(a)) == 0 &&
		recv(telemetry, greeting, sizeof(greeting), 0) > 0;
}

// True if the answer to a command holds this text.
static bool
answers(const char *command, const char *text)
{
	static char answer[65536];
	ssize_t n;

	if (send(telemetry, command, strlen(command), 0) < 0)
		return false;
	n = recv(telemetry, answer, sizeof(answer) - 1, 0);
	if (n < 0)
		return false;
	answer[n] = '\0';
	if (strstr(answer, text) != NULL)
		return true;
	printf("\n    %s: %s", command, answer);
	return false;
}

static void
make_header(void)
{
	header = calloc(1, sizeof(*header) + WORKERS * sizeof(struct dp_worker));
	header->worker_off = sizeof(*header);
	header->n_workers = WORKERS;
	header->n_ports = 1;
	snprintf(header->port[0].name, sizeof(header->port[0].name), "s5");
	snprintf(header->port[0].device, sizeof(header->port[0].device), "0000:01:00.0");
	header->port[0].link_up = 1;
	header->port[0].rx_missed = 99;
	for (unsigned int i = 0; i < WORKERS; i++) {
		struct dp_worker *w = dp_shm_worker(header, i);

		w->sessions = 10 + i;
		w->counters.ul_packets = 1000 + i;
		w->counters.drop[DP_DROP_SPOOFED] = 3 + i;
		w->port[0].rx_packets = 500 + i;
	}
	header->punt[DP_PUNT_ICMP] = (struct dp_punt_counters){ 5, 6, 7 };
	header->main.routings = 8;
}

static void
sums_over_the_workers(void)
{
	CU_ASSERT_TRUE(answers("/torii/counters", "\"ul_packets\":2001"));
	CU_ASSERT_TRUE(answers("/torii/counters", "\"main_routings\":8"));
	CU_ASSERT_TRUE(answers("/torii/counters,1", "\"ul_packets\":1001"));
	CU_ASSERT_TRUE(answers("/torii/drops", "\"SPOOFED\":7"));
	CU_ASSERT_TRUE(answers("/torii/ports", "\"rx_packets\":1001"));
}

static void
shows_each_worker_port_and_class(void)
{
	CU_ASSERT_TRUE(answers("/torii/workers", "\"1\":{"));
	CU_ASSERT_TRUE(answers("/torii/workers", "\"sessions\":11"));
	CU_ASSERT_TRUE(
		answers("/torii/ports", "\"s5\":{\"device\":\"0000:01:00.0\",\"link_up\":1"));
	CU_ASSERT_TRUE(answers("/torii/ports", "\"rx_missed\":99"));
	CU_ASSERT_TRUE(
		answers("/torii/punt", "\"icmp\":{\"packets\":5,\"policed\":6,\"tap_errors\":7}"));
}

static void
drops_of_main_are_among_the_drops(void)
{
	CU_ASSERT_TRUE(answers("/torii/drops", "\"PUNT_POLICED\":6"));
	CU_ASSERT_TRUE(answers("/torii/drops", "\"PUNT_TAP\":7"));
}

static void
what_does_not_exist_answers_nothing(void)
{
	CU_ASSERT_TRUE(answers("/torii/counters,2", "null"));
	CU_ASSERT_TRUE(answers("/torii/counters,99999999999", "null"));
	telemetry_close();
	CU_ASSERT_TRUE(answers("/torii/drops", "null"));
	CU_ASSERT_EQUAL(telemetry_open(header), 0);
	CU_ASSERT_TRUE(answers("/torii/drops", "SPOOFED"));
}

static const struct unit_case cases[] = {
	UNIT_CASE(sums_over_the_workers),
	UNIT_CASE(shows_each_worker_port_and_class),
	UNIT_CASE(drops_of_main_are_among_the_drops),
	UNIT_CASE(what_does_not_exist_answers_nothing),
};

int
main(void)
{
	int failed;

	make_header();
	if (!rig_eal("telemetry", NULL, true) || telemetry_open(header) != 0 ||
		!connect_to_telemetry())
		return 1;
	failed = unit_run("dataplane/telemetry", cases, RTE_DIM(cases));
	close(telemetry);
	rte_eal_cleanup();
	return failed;
}
