// SPDX-License-Identifier: BSD-3-Clause
// What control tells Prometheus; ctx is the struct pgw.
#pragma once

#include "config/metrics.h"

#include <stdbool.h>
#include <stddef.h>

struct pgw;

void ctl_metrics_collect(struct metrics_out *out, void *ctx);
// The part of it that says what the process is at.
void ctl_metrics_collect_work(struct metrics_out *out, const struct pgw *pgw);
bool ctl_metrics_healthy(char *why, size_t room, void *ctx);
