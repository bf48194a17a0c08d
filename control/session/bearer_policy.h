// SPDX-License-Identifier: BSD-3-Clause
// Which dedicated bearers the configuration wants for a SIM.
#pragma once

#include "control/session/bearer_request.h"

struct ctl_bearer;
struct pgw;
struct session;

// A rule of the configuration as a bearer that is to be.
void bearer_policy_spec(const struct ctl_bearer *rule, struct bearer_spec *spec);

// Begins those of a new session, before its first put; what there's no room for is logged.
void bearer_policy_begin(struct pgw *pgw, struct session *s);
