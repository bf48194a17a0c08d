// SPDX-License-Identifier: BSD-3-Clause
// perf/gen: a load generator for the user plane, in the manner of dpdk-testpmd.
#include "perf/gen.h"

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define DESCRIPTORS 1024
#define MBUFS (2 * GEN_FRAMES + 4 * DESCRIPTORS + 4096)
#define LINK_WAIT_S 10

struct mode {
	bool is_interactive;
	double max_loss_pct; // below 0: no search
	double trial_s;
};

static struct rte_mempool *pool;

static void
usage(int status)
{
	printf("usage: gen [EAL options] -- [options]\n\n"
	       "Sends GTP-U for the sessions of a range on one port and IP to them on another,\n"
	       "and says how much of it comes back, in order, how fast. `fill` puts the same\n"
	       "sessions into a dataplane. One lcore more than the main one is needed; with two,\n"
	       "each direction has its own.\n\n"
	       "  --interactive, -i                commands from the standard input (help)\n"
	       "  --duration SECONDS               send for so long (until Ctrl-C)\n"
	       "  --search LOSS%%                   find the highest rate that loses no more\n"
	       "  --trial SECONDS                  length of one trial of the search (1)\n");
	gen_settings_print(true);
	printf("\nExample: 1000 sessions through a dataplane on two memif ports\n"
	       "  gen --lcores 0@0,1@0 --no-pci --in-memory --single-file-segments \\\n"
	       "      --vdev net_memif0,role=client,socket=/run/m/access.sock \\\n"
	       "      --vdev net_memif1,role=client,socket=/run/m/sgi.sock -- \\\n"
	       "      --access-mac 02:00:00:00:00:01 --sgi-mac 02:00:00:00:00:02 \\\n"
	       "      --duration 5 --stats-period 1\n");
	exit(status);
}

static void __attribute__((format(printf, 1, 2))) fatal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(stderr, "gen: ");
	vfprintf(stderr, format, args);
	fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

static void
on_signal(int signal)
{
	(void)signal;
	atomic_store(&gen_interrupted, true);
}

static void
defaults(void)
{
	gen_config = (struct gen_config){
		.range = range_default(),
		.sessions = 1000,
		.is_active = { true, true },
		.size = 64,
		.port = { 0, 1 },
		.host = RANGE_HOST,
	};
	memset(gen_config.gateway, 0xff, sizeof(gen_config.gateway));
}

static double
number_of(const char *name, const char *text, double low, double high)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || value < low || value > high)
		fatal("--%s: \"%s\" is not a number from %g to %g", name, text, low, high);
	return value;
}

static struct mode
options(int argc, char **argv)
{
	static const struct option own[] = { { "interactive", no_argument, NULL, 'i' },
		{ "duration", required_argument, NULL, 'd' },
		{ "search", required_argument, NULL, 's' },
		{ "trial", required_argument, NULL, 't' }, { "help", no_argument, NULL, 'h' } };
	struct option known[64] = { 0 };
	struct mode mode = { .max_loss_pct = -1, .trial_s = 1 };
	size_t n = RTE_DIM(own);
	int c, which;

	memcpy(known, own, sizeof(own));
	for (size_t i = 0; gen_setting_name(i); i++)
		known[n++] = (struct option){ gen_setting_name(i), required_argument, NULL, 'x' };
	while ((c = getopt_long(argc, argv, "ih", known, &which)) != -1) {
		const char *fault = NULL;

		if (c == 'i')
			mode.is_interactive = true;
		else if (c == 'd')
			gen_config.duration_s = number_of("duration", optarg, 0.01, 1e6);
		else if (c == 't')
			mode.trial_s = number_of("trial", optarg, 0.05, 3600);
		else if (c == 's')
			mode.max_loss_pct = number_of("search", optarg, 0, 100);
		else if (c == 'x')
			fault = gen_set(known[which].name, optarg, true);
		else
			usage(c == 'h' ? 0 : 2);
		if (fault)
			fatal("--%s: \"%s\" %s", known[which].name, optarg, fault);
	}
	if (optind < argc)
		fatal("\"%s\" is no option (--help)", argv[optind]);
	return mode;
}

static void
port_start(uint16_t port)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info dev;
	uint16_t rx = DESCRIPTORS, tx = DESCRIPTORS;
	int rc;

	if (!rte_eth_dev_is_valid_port(port))
		fatal("there is no DPDK port %u: give two devices by -a or --vdev", port);
	rc = rte_eth_dev_info_get(port, &dev);
	if (rc == 0)
		rc = rte_eth_dev_configure(port, 1, 1, &conf);
	if (rc == 0)
		rc = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rx, &tx);
	if (rc == 0)
		rc = rte_eth_rx_queue_setup(port, 0, rx, SOCKET_ID_ANY, NULL, pool);
	if (rc == 0)
		rc = rte_eth_tx_queue_setup(port, 0, tx, SOCKET_ID_ANY, NULL);
	if (rc == 0)
		rc = rte_eth_dev_start(port);
	if (rc)
		fatal("port %u: %s", port, strerror(-rc));
	(void)rte_eth_promiscuous_enable(port);
}

static void
link_wait(uint16_t port)
{
	uint64_t end = rte_rdtsc() + LINK_WAIT_S * rte_get_tsc_hz();
	struct rte_eth_link link = { 0 };

	while (rte_eth_link_get_nowait(port, &link) == 0 && !link.link_status) {
		if (rte_rdtsc() > end || atomic_load(&gen_interrupted))
			fatal("port %u has no link after %d seconds: is the other end up?", port,
				LINK_WAIT_S);
		rte_delay_us_sleep(1000);
	}
}

bool
gen_frames_remake(void)
{
	for (int d = 0; d < GEN_DIRECTIONS; d++)
		if (!gen_frames_make(&gen_stream[d], pool))
			return false;
	return true;
}

static void
open_all(void)
{
	pool = rte_pktmbuf_pool_create(
		"gen", MBUFS, 256, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL)
		fatal("too little memory for packet buffers: give the EAL more (-m 256)");
	gen_frames_open();
	for (int d = 0; d < GEN_DIRECTIONS; d++) {
		gen_stream[d].direction = (enum gen_direction)d;
		gen_stream[d].random = 0x9e3779b97f4a7c15ULL + (uint64_t)d;
		port_start(gen_config.port[d]);
	}
	if (!gen_frames_remake())
		fatal("too few packet buffers");
	for (int d = 0; d < GEN_DIRECTIONS; d++)
		link_wait(gen_config.port[d]);
}

static void
lcores_start(void)
{
	unsigned int lcore, i = 0;

	if (rte_lcore_count() < 2)
		fatal("no lcore to send: --lcores 0@0,1@1, or several on one CPU: 0@0,1@0");
	RTE_LCORE_FOREACH_WORKER (lcore)
		rte_eal_remote_launch(gen_lcore, (void *)(uintptr_t)i++, lcore);
}

static void
work(const struct mode *mode)
{
	struct gen_result r;

	if (mode->is_interactive) {
		gen_prompt(stdin);
		return;
	}
	if (mode->max_loss_pct >= 0) {
		gen_search(mode->max_loss_pct, mode->trial_s);
		return;
	}
	r = gen_run(gen_config.duration_s);
	if (gen_json_wanted())
		gen_report_json(stdout, &r);
	else
		gen_report_text(stdout, &r);
}

int
main(int argc, char **argv)
{
	struct mode mode;
	int n;

	for (int i = 1; i < argc; i++) // ahead of the EAL, which has a --help of its own
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			usage(0);
	n = rte_eal_init(argc, argv);
	if (n < 0)
		fatal("the EAL doesn't start: %s", rte_strerror(rte_errno));
	defaults();
	mode = options(argc - n, argv + n);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	open_all();
	lcores_start();
	work(&mode);
	gen_state_set(GEN_ENDING);
	rte_eal_mp_wait_lcore();
	for (int d = 0; d < GEN_DIRECTIONS; d++)
		(void)rte_eth_dev_stop(gen_config.port[d]);
	return rte_eal_cleanup() ? 1 : 0;
}
