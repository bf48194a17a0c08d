// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/bearer_policy.h"

#include "config/log.h"
#include "control/session/pgw.h"

#include <string.h>

static bool
is_for(const struct ctl_bearer *rule, const char *imsi)
{
	for (size_t i = 0; i < rule->n_imsis; i++)
		if (ctl_imsis_have(&rule->imsis[i], imsi))
			return true;
	return rule->n_imsis == 0;
}

// Without a largest rate the guaranteed one is.
static uint64_t
larger_kbps(uint64_t mbr_bps, uint64_t gbr_bps)
{
	return (mbr_bps > gbr_bps ? mbr_bps : gbr_bps) / 1000;
}

void
bearer_policy_spec(const struct ctl_bearer *rule, struct bearer_spec *spec)
{
	*spec = (struct bearer_spec){
		.qci = rule->qci,
		.priority_level = rule->priority_level,
		.can_preempt = rule->can_preempt,
		.is_preemptable = rule->is_preemptable,
		.rates = {
			.ul_mbr_kbps = larger_kbps(rule->ul_mbr_bps, rule->ul_gbr_bps),
			.dl_mbr_kbps = larger_kbps(rule->dl_mbr_bps, rule->dl_gbr_bps),
			.ul_gbr_kbps = rule->ul_gbr_bps / 1000,
			.dl_gbr_kbps = rule->dl_gbr_bps / 1000,
		},
		.n_filters = (uint8_t)rule->n_filters,
	};
	memcpy(spec->name, rule->name, sizeof(spec->name));
	memcpy(spec->filter, rule->filters, rule->n_filters * sizeof(spec->filter[0]));
}

void
bearer_policy_begin(struct pgw *pgw, struct session *s)
{
	const struct ctl_apn *apn = apn_at(pgw->apns, s->apn);
	struct bearer_spec specs[DP_DEDICATED_MAX];
	unsigned int n = 0;
	int ret;

	for (size_t i = 0; i < apn->n_bearers && n < DP_DEDICATED_MAX; i++)
		if (is_for(&apn->bearers[i], s->imsi))
			bearer_policy_spec(&apn->bearers[i], &specs[n++]);
	if (n == 0)
		return;
	ret = bearers_create(pgw, s, specs, n, NULL);
	if (ret < 0)
		log_limited(LOG_LEVEL_WARNING, 1, "IMSI %s: its APN's dedicated bearers: %s",
			s->imsi, strerror(-ret));
}
