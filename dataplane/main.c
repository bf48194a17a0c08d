// SPDX-License-Identifier: BSD-3-Clause
// torii-dataplane: the user plane of the gateway.
#include "dataplane/dp_config.h"
#include "dataplane/eal.h"
#include "dataplane/instance.h"
#include "dataplane/main_loop.h"
#include "dataplane/telemetry.h"

#include <rte_launch.h>
#include <rte_lcore.h>

#include <unistd.h>

static const struct cfg_program program = {
	.name = "torii-dataplane",
	.what = "The user plane of the Torii gateway: GTP-U on DPDK ports, fed by torii-control.",
	.config_file = "/etc/torii/dataplane.cfg",
	.schema = &dp_config_schema,
};

static int
workers_start(struct dataplane *d)
{
	for (uint16_t i = 0; i < d->n_workers; i++) {
		int rc = rte_eal_remote_launch(worker_main, d->worker[i], d->worker[i]->lcore);

		if (rc) {
			log_error("worker %u doesn't start: %s", i, strerror(-rc));
			return rc;
		}
	}
	return 0;
}

static void
workers_stop(struct dataplane *d)
{
	atomic_store(&d->in.stopping, true);
	rte_eal_mp_wait_lcore();
}

// Everything stands: publish, forward until a signal comes.
static int
forward(struct dataplane *d, struct main_loop *loop)
{
	int rc = workers_start(d);

	if (rc == 0)
		rc = shm_publish(&d->shm, d->config);
	if (rc == 0) {
		log_notice("forwarding with %u workers, up to %u sessions", d->n_workers,
			d->config->sessions_max);
		rc = main_loop_run(loop);
		log_notice("stopping");
	}
	workers_stop(d);
	return rc;
}

static int
run(const struct dp_config *c)
{
	static struct dataplane d;
	struct main_loop_config loop_config = {
		.settings = c,
		.lane = d.lane,
		.bell = &d.bell,
		.publisher = &d.publisher,
		.port_id = d.port_id,
		.tx_worker = d.tx_worker,
	};
	struct main_loop *loop;
	int rc = dataplane_open(&d, c);

	if (rc)
		return rc;
	loop_config.header = d.in.shm;
	loop_config.pool = d.in.pool;
	loop_config.doorbell = d.doorbell;
	rc = telemetry_open(d.in.shm);
	if (rc)
		goto telemetry;
	rc = main_loop_open(&loop, &loop_config);
	if (rc)
		goto loop;
	rc = forward(&d, loop);
	main_loop_close(loop);
loop:
	telemetry_close();
telemetry:
	dataplane_close(&d);
	return rc;
}

int
main(int argc, char **argv)
{
	static struct dp_config c;
	int rc = cfg_main(&program, argc, argv, &c, NULL);
	int lock;

	if (rc != CFG_MAIN_RUN)
		return rc;
	log_configure(program.name, &c.log);
	main_signals_block();
	if (geteuid() != 0) {
		log_error("needs root: DPDK ports, hugepages and TAP devices");
		return 1;
	}
	lock = run_dir_lock(c.run_dir);
	if (lock < 0)
		return 1;
	rc = eal_start(&c);
	if (rc == 0) {
		rc = run(&c);
		eal_stop();
	}
	close(lock);
	cfg_free(&dp_config_schema, &c);
	return rc ? 1 : 0;
}
