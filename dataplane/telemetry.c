// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/telemetry.h"

#include <rte_common.h>
#include <rte_telemetry.h>

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; // held while a command reads
static struct dp_header *shared;

static const char *const drop_names[DP_DROPS] = {
#define X(name, text) #name,
	DP_DROP_REASONS(X)
#undef X
};

static void
add_worker_counters(struct rte_tel_data *d, const struct dp_worker_counters *c)
{
#define X(name, text) rte_tel_data_add_dict_u64(d, #name, c->name);
	DP_WORKER_COUNTERS(X)
#undef X
}

// Plain sums of what workers go on writing: each figure is right for some moment of the reading.
static struct dp_worker_counters
sum_workers(struct dp_header *h)
{
	struct dp_worker_counters sum = { 0 };

	for (unsigned int w = 0; w < h->n_workers; w++) {
		const struct dp_worker_counters *c = &dp_shm_worker(h, w)->counters;

#define X(name, text) sum.name += c->name;
		DP_WORKER_COUNTERS(X)
#undef X
		for (unsigned int i = 0; i < DP_DROPS; i++)
			sum.drop[i] += c->drop[i];
	}
	return sum;
}

static int
show_counters(struct dp_header *h, const char *params, struct rte_tel_data *d)
{
	struct dp_worker_counters sum;

	rte_tel_data_start_dict(d);
	if (params != NULL && *params != '\0') {
		unsigned long w = strtoul(params, NULL, 10);

		if (w >= h->n_workers)
			return -EINVAL;
		add_worker_counters(d, &dp_shm_worker(h, (unsigned int)w)->counters);
		return 0;
	}
	sum = sum_workers(h);
	add_worker_counters(d, &sum);
#define X(name, text) rte_tel_data_add_dict_u64(d, "main_" #name, h->main.name);
	DP_MAIN_COUNTERS(X)
#undef X
	return 0;
}

static int
show_drops(struct dp_header *h, const char *params, struct rte_tel_data *d)
{
	struct dp_worker_counters sum;

	sum = sum_workers(h);
	// main drops these two, after the workers
	for (unsigned int c = 0; c < DP_PUNT_CLASSES; c++) {
		sum.drop[DP_DROP_PUNT_POLICED] += h->punt[c].policed;
		sum.drop[DP_DROP_PUNT_TAP] += h->punt[c].tap_errors;
	}
	rte_tel_data_start_dict(d);
	for (unsigned int i = 0; i < DP_DROPS; i++)
		rte_tel_data_add_dict_u64(d, drop_names[i], sum.drop[i]);
	return 0;
}

static int
show_workers(struct dp_header *h, const char *params, struct rte_tel_data *d)
{
	rte_tel_data_start_dict(d);
	for (unsigned int i = 0; i < h->n_workers; i++) {
		const struct dp_worker *w = dp_shm_worker(h, i);
		struct rte_tel_data *row = rte_tel_data_alloc();
		char name[16];

		if (row == NULL)
			return -ENOMEM;
		rte_tel_data_start_dict(row);
		rte_tel_data_add_dict_u64(row, "lcore", w->lcore);
		rte_tel_data_add_dict_u64(row, "cpu", w->cpu);
		rte_tel_data_add_dict_u64(row, "sessions", w->sessions);
		rte_tel_data_add_dict_u64(row, "sessions_max", w->sessions_max);
		rte_tel_data_add_dict_u64(row, "teids", w->teids);
		rte_tel_data_add_dict_u64(row, "addresses", w->addresses);
		rte_tel_data_add_dict_u64(row, "aliases", w->aliases);
		rte_tel_data_add_dict_u64(row, "peers", w->peers);
		rte_tel_data_add_dict_u64(row, "ul_packets", w->counters.ul_packets);
		rte_tel_data_add_dict_u64(row, "dl_packets", w->counters.dl_packets);
		rte_tel_data_add_dict_u64(row, "polls", w->counters.polls);
		rte_tel_data_add_dict_u64(row, "polls_busy", w->counters.polls_busy);
		snprintf(name, sizeof(name), "%u", i);
		rte_tel_data_add_dict_container(d, name, row, 0);
	}
	return 0;
}

static struct rte_tel_data *
port_row(struct dp_header *h, unsigned int port)
{
	const struct dp_port *p = &h->port[port];
	struct rte_tel_data *row = rte_tel_data_alloc();
	struct dp_port_counters sum = { 0 };

	if (row == NULL)
		return NULL;
	for (unsigned int w = 0; w < h->n_workers; w++) {
		const struct dp_port_counters *c = &dp_shm_worker(h, w)->port[port];

#define X(name, text) sum.name += c->name;
		DP_PORT_COUNTERS(X)
#undef X
	}
	rte_tel_data_start_dict(row);
	rte_tel_data_add_dict_string(row, "device", p->device);
	rte_tel_data_add_dict_u64(row, "link_up", atomic_load(&p->link_up));
	rte_tel_data_add_dict_u64(row, "link_mbps", p->link_mbps);
	rte_tel_data_add_dict_u64(row, "rx_missed", atomic_load(&p->rx_missed));
	rte_tel_data_add_dict_u64(row, "rx_errors", atomic_load(&p->rx_errors));
	rte_tel_data_add_dict_u64(row, "tx_errors", atomic_load(&p->tx_errors));
#define X(name, text) rte_tel_data_add_dict_u64(row, #name, sum.name);
	DP_PORT_COUNTERS(X)
#undef X
	return row;
}

static int
show_ports(struct dp_header *h, const char *params, struct rte_tel_data *d)
{
	rte_tel_data_start_dict(d);
	for (unsigned int i = 0; i < h->n_ports; i++) {
		struct rte_tel_data *row = port_row(h, i);

		if (row == NULL)
			return -ENOMEM;
		rte_tel_data_add_dict_container(d, h->port[i].name, row, 0);
	}
	return 0;
}

static int
show_punt(struct dp_header *h, const char *params, struct rte_tel_data *d)
{
	static const char *const names[DP_PUNT_CLASSES] = {
#define X(NAME, name, text) #name,
		DP_PUNT_CLASSES_LIST(X)
#undef X
	};
	rte_tel_data_start_dict(d);
	for (unsigned int c = 0; c < DP_PUNT_CLASSES; c++) {
		struct rte_tel_data *row = rte_tel_data_alloc();

		if (row == NULL)
			return -ENOMEM;
		rte_tel_data_start_dict(row);
		rte_tel_data_add_dict_u64(row, "packets", h->punt[c].packets);
		rte_tel_data_add_dict_u64(row, "policed", h->punt[c].policed);
		rte_tel_data_add_dict_u64(row, "tap_errors", h->punt[c].tap_errors);
		rte_tel_data_add_dict_container(d, names[c], row, 0);
	}
	return 0;
}

static const struct {
	const char *name;
	int (*show)(struct dp_header *h, const char *params, struct rte_tel_data *d);
	const char *help;
} commands[] = {
	{ "/torii/counters", show_counters,
		"What the workers count, in sum. Parameter: one worker's index" },
	{ "/torii/workers", show_workers, "The workers, their tables and work" },
	{ "/torii/ports", show_ports, "The ports, their links and traffic" },
	{ "/torii/drops", show_drops, "Packets dropped, by reason" },
	{ "/torii/punt", show_punt, "Packets given to Linux, by class" },
};

static int
show(const char *command, const char *params, struct rte_tel_data *d)
{
	int result = -ENODEV;

	pthread_mutex_lock(&lock);
	for (unsigned int i = 0; shared != NULL && i < RTE_DIM(commands); i++)
		if (strcmp(commands[i].name, command) == 0)
			result = commands[i].show(shared, params, d);
	pthread_mutex_unlock(&lock);
	return result;
}

int
telemetry_open(struct dp_header *header)
{
	int error = 0;

	for (unsigned int i = 0; error == 0 && i < RTE_DIM(commands); i++)
		error = rte_telemetry_register_cmd(commands[i].name, show, commands[i].help);
	if (error != 0 && error != -EEXIST)
		return error;
	pthread_mutex_lock(&lock);
	shared = header;
	pthread_mutex_unlock(&lock);
	return 0;
}

void
telemetry_close(void)
{
	pthread_mutex_lock(&lock);
	shared = NULL;
	pthread_mutex_unlock(&lock);
}
