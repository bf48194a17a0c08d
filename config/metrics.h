// SPDX-License-Identifier: BSD-3-Clause
// Prometheus text exposition over HTTP: GET /metrics, GET /healthz.
#pragma once

#include "config/cfg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct event_base;
struct metrics_out;

enum metrics_kind {
	METRICS_COUNTER, // only grows; its name ends in _total
	METRICS_GAUGE,
};

// Fills a page. Called on the thread of the event base for each scrape.
typedef void (*metrics_collect)(struct metrics_out *out, void *ctx);

// True: /healthz answers 200 "ok". False: 503 with what was written to `why` (one line).
typedef bool (*metrics_healthy)(char *why, size_t room, void *ctx);

// Begins a family: its HELP and TYPE lines. Samples follow until the next family. `name` lives
// until then.
void metrics_family(
	struct metrics_out *out, const char *name, enum metrics_kind kind, const char *help);

// One sample of the family; labels are name, value, name, value, ..., NULL. Values are escaped.
void metrics_u64(struct metrics_out *out, uint64_t value, ...) __attribute__((sentinel));
void metrics_double(struct metrics_out *out, double value, ...) __attribute__((sentinel));

// Family and its only sample at once.
void metrics_counter(struct metrics_out *out, const char *name, const char *help, uint64_t value);
void metrics_gauge(struct metrics_out *out, const char *name, const char *help, uint64_t value);

struct metrics_config {
	bool is_on;
	struct cfg_addr addr;
	uint16_t port;
};

// Schema rows for a struct metrics_config that is member m of struct s; port_: default as text.
#define METRICS_CFG_ROWS(s, m, port_)                                                              \
	CFG_SECTION("metrics", "Prometheus metrics over HTTP: GET /metrics and GET /healthz."),    \
		CFG_BOOL(s, m.is_on, "metrics.enabled", "true", "Serve metrics"),                  \
		CFG_ADDR(s, m.addr, "metrics.address", "127.0.0.1", "Listens here"),               \
		CFG_U16(s, m.port, "metrics.port", port_, 1, 65535, "TCP port")

struct metrics_server;

// On `base`, whose loop the caller runs; NULL: on a base and thread of its own. healthy may be NULL.
// NULL with errno set: EADDRINUSE, ..., logged in one line. From here on the process ignores SIGPIPE.
struct metrics_server *metrics_server_new(struct event_base *base,
	const struct metrics_config *config, metrics_collect collect, metrics_healthy healthy,
	void *ctx);

uint16_t metrics_server_port(const struct metrics_server *server);

// On the base's thread; with a thread of its own from any other one.
void metrics_server_free(struct metrics_server *server);

// A page without a server, for tests; free() it. NULL: no memory, or larger than 64 MiB.
char *metrics_page(metrics_collect collect, void *ctx);
