// SPDX-License-Identifier: BSD-3-Clause
// What the HSS tells Prometheus.
#pragma once

#include "config/metrics.h"
#include "hss/store.h"

#include <stdbool.h>
#include <stddef.h>

// The store's counts are read ahead now and then: metrics can't wait for it.
void hss_metrics_refresh(struct store *store);
bool hss_metrics_counts(struct store_counts *counts); // the latest; false: the store doesn't answer

void hss_metrics_collect(struct metrics_out *out, void *ctx);
bool hss_metrics_healthy(char *why, size_t room, void *ctx);
