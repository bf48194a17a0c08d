// SPDX-License-Identifier: BSD-3-Clause
#include "hss/s6a_triggers.h"

#include "hss/outgoing.h"
#include "hss/s6a.h"
#include "hss/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static void __attribute__((format(printf, 2, 3)))
say(struct trigger_lines *said, const char *format, ...)
{
	va_list args;

	if (said->n == TRIGGER_LINES_MAX)
		return;
	va_start(args, format);
	vsnprintf(said->line[said->n++], TRIGGER_LINE_SIZE, format, args);
	va_end(args);
}

// The device is to go: the node cancels, and the HSS forgets where it was.
static int
withdraw(struct store_tx *tx, struct subscriber *s, uint32_t flags, struct trigger_lines *said)
{
	const struct serving_node *node = s->registration.node;
	bool is_purged = s->registration.is_purged;
	struct history_entry entry = { .event = HISTORY_CANCELLED };
	int ret;

	s->registration.node = NULL;
	s->n_gateways = 0;
	if (node == NULL)
		return 0;
	if (is_purged) {
		say(said, "%s: no CLR, purged at %s", s->imsi, node->host);
		return 0;
	}
	ret = outgoing_clr(tx, s->imsi, node, CLR_SUBSCRIPTION_WITHDRAWAL, flags);
	if (ret < 0)
		return ret;
	text_copy(entry.text, sizeof(entry.text), node->host);
	store_history(tx, &entry);
	say(said, "%s: CLR queued to %s", s->imsi, node->host);
	return 0;
}

static int
deactivated(void *ctx, struct store_tx *tx, struct subscriber *s, struct trigger_lines *said)
{
	return withdraw(tx, s, CLR_S6A, said);
}

static int
cancelled(void *ctx, struct store_tx *tx, struct subscriber *s, bool is_reattach_required,
	struct trigger_lines *said)
{
	if (s->registration.node == NULL) {
		say(said, "%s: registered nowhere", s->imsi);
		return 0;
	}
	return withdraw(
		tx, s, is_reattach_required ? CLR_S6A | CLR_REATTACH_REQUIRED : CLR_S6A, said);
}

// ---- What of the subscription is gone (DSR), and whether anything else differs (IDR).

struct difference {
	uint32_t dsr_flags;
	unsigned n_contexts; // withdrawn
	uint32_t contexts[PROFILE_APNS_MAX];
	bool needs_idr;
};

static bool
gateway_is_equal(const struct gateway *a, const struct gateway *b)
{
	return strcmp(a->host, b->host) == 0 && strcmp(a->realm, b->realm) == 0 &&
		a->has_v4 == b->has_v4 && a->has_v6 == b->has_v6 &&
		(!a->has_v4 || memcmp(&a->v4, &b->v4, sizeof(a->v4)) == 0) &&
		(!a->has_v6 || memcmp(&a->v6, &b->v6, sizeof(a->v6)) == 0);
}

static bool
qos_is_equal(const struct apn_config *a, const struct apn_config *b)
{
	return a->qci == b->qci && a->arp_priority == b->arp_priority &&
		a->arp_can_preempt == b->arp_can_preempt &&
		a->arp_is_preemptable == b->arp_is_preemptable &&
		a->ambr_ul_bps == b->ambr_ul_bps && a->ambr_dl_bps == b->ambr_dl_bps;
}

static bool
apn_is_equal(const struct apn_config *a, const struct apn_config *b)
{
	return a->context_id == b->context_id && strcmp(a->apn, b->apn) == 0 &&
		a->pdn_type == b->pdn_type && qos_is_equal(a, b) &&
		a->is_vplmn_address_allowed == b->is_vplmn_address_allowed &&
		a->has_gateway == b->has_gateway &&
		(!a->has_gateway ||
			(gateway_is_equal(&a->gateway, &b->gateway) &&
				a->gw_allocation == b->gw_allocation)) &&
		a->has_charging == b->has_charging && a->charging == b->charging;
}

static const struct apn_config *
apn_of_context(const struct profile *p, uint32_t context_id)
{
	for (uint16_t i = 0; i < p->n_apns; i++)
		if (p->apns[i].context_id == context_id)
			return &p->apns[i];
	return NULL;
}

static void
compare_apns(const struct profile *old, const struct profile *p, struct difference *d)
{
	for (uint16_t i = 0; i < p->n_apns; i++) {
		const struct apn_config *was = apn_of_context(old, p->apns[i].context_id);

		if (was == NULL || !apn_is_equal(was, &p->apns[i]))
			d->needs_idr = true;
	}
	for (uint16_t i = 0; i < old->n_apns; i++)
		if (apn_of_context(p, old->apns[i].context_id) == NULL)
			d->contexts[d->n_contexts++] = old->apns[i].context_id;
	if (d->n_contexts > 0)
		d->dsr_flags |= DSR_PDN_CONTEXTS;
}

static void
compare_profiles(const struct profile *old, const struct profile *p, struct difference *d)
{
	if (old->is_barred != p->is_barred || old->odb != p->odb ||
		old->is_packet_only != p->is_packet_only ||
		old->access_restriction != p->access_restriction ||
		old->ambr_ul_bps != p->ambr_ul_bps || old->ambr_dl_bps != p->ambr_dl_bps ||
		old->default_context_id != p->default_context_id)
		d->needs_idr = true;
	if (old->rau_tau_timer_s != 0 && p->rau_tau_timer_s == 0)
		d->dsr_flags |= DSR_RAU_TAU_TIMER;
	else if (old->rau_tau_timer_s != p->rau_tau_timer_s)
		d->needs_idr = true;
	if (old->has_charging && !p->has_charging)
		d->dsr_flags |= DSR_CHARGING;
	else if (old->has_charging != p->has_charging || old->charging != p->charging)
		d->needs_idr = true;
	compare_apns(old, p, d);
}

static void
compare(const struct subscriber *old, const struct subscriber *s, unsigned what,
	struct difference *d)
{
	memset(d, 0, sizeof(*d));
	if (what & CHANGED_ADDRESSES)
		d->needs_idr = true;
	if (what & CHANGED_PROFILE)
		compare_profiles(old->profile, s->profile, d);
	if (what & CHANGED_MSISDN) {
		if (s->msisdn[0] == '\0')
			d->dsr_flags |= DSR_MSISDN;
		else
			d->needs_idr = true;
	}
	// An IDR brings all APNs: those that aren't in it are withdrawn thereby.
	if (d->needs_idr) {
		d->dsr_flags &= ~(uint32_t)DSR_PDN_CONTEXTS;
		d->n_contexts = 0;
	}
}

static int
subscription_changed(void *ctx, struct store_tx *tx, struct subscriber *s,
	const struct subscriber *old, unsigned what, struct trigger_lines *said)
{
	const struct registration *reg = &s->registration;
	const struct serving_node *node = reg->node;
	struct difference d;
	int ret = 0;

	if (node == NULL)
		return 0;
	if (subscriber_judge(s, &reg->visited, reg->rat_type, reg->imei) != VERDICT_SERVED)
		return withdraw(tx, s, CLR_S6A, said);
	compare(old, s, what, &d);
	if (!d.needs_idr && d.dsr_flags == 0)
		return 0;
	s->registration.is_stale = true;
	if (reg->is_purged) {
		say(said, "%s: purged at %s, told with its next Update-Location", s->imsi,
			node->host);
		return 0;
	}
	if (d.dsr_flags != 0) {
		ret = outgoing_dsr(tx, s->imsi, node, d.dsr_flags, d.contexts, d.n_contexts);
		if (ret < 0)
			return ret;
		say(said, "%s: DSR queued to %s", s->imsi, node->host);
	}
	if (d.needs_idr) {
		ret = outgoing_idr(tx, s->imsi, node);
		if (ret < 0)
			return ret;
		say(said, "%s: IDR queued to %s", s->imsi, node->host);
	}
	return 0;
}

static void
wake(void *ctx)
{
	outgoing_wake();
}

// ---- Reset.

struct reset {
	char host[HOST_SIZE]; // "": all that serve somebody
	void (*say)(void *arg, const char *line);
	store_result_fn done;
	void *arg;
	const struct serving_node **nodes;
	unsigned n, room;
};

static bool
is_listed(const struct reset *r, const struct serving_node *node)
{
	for (unsigned i = 0; i < r->n; i++)
		if (strcasecmp(r->nodes[i]->host, node->host) == 0)
			return true;
	return false;
}

static void
reset_row(void *arg, const struct serving_node *node, uint64_t n_registered)
{
	struct reset *r = arg;

	if (r->host[0] != '\0' ? strcasecmp(r->host, node->host) != 0 : n_registered == 0)
		return;
	if (is_listed(r, node))
		return;
	if (r->n == r->room) {
		unsigned room = r->room == 0 ? 16 : 2 * r->room;
		const struct serving_node **nodes = realloc(r->nodes, room * sizeof(*r->nodes));

		if (nodes == NULL)
			return;
		r->nodes = nodes;
		r->room = room;
	}
	r->nodes[r->n++] = node;
}

static void
reset_listed(void *arg, int result)
{
	struct reset *r = arg;
	char line[TRIGGER_LINE_SIZE];

	for (unsigned i = 0; i < r->n; i++) {
		outgoing_rsr(r->nodes[i], NULL, NULL);
		snprintf(line, sizeof(line), "RSR queued to %s", r->nodes[i]->host);
		r->say(r->arg, line);
	}
	if (result == 0 && r->n == 0)
		result = -ENOENT;
	r->done(r->arg, result);
	outgoing_wake();
	free(r->nodes);
	free(r);
}

static void
reset(void *ctx, const char *host, void (*say_line)(void *arg, const char *line),
	store_result_fn done, void *arg)
{
	struct reset *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		done(arg, -ENOMEM);
		return;
	}
	if (host != NULL)
		text_copy(r->host, sizeof(r->host), host);
	r->say = say_line;
	r->done = done;
	r->arg = arg;
	store_nodes_list(s6a.store, reset_row, reset_listed, r);
}

const struct hss_triggers s6a_triggers = {
	.subscription_changed = subscription_changed,
	.deactivated = deactivated,
	.cancelled = cancelled,
	.wake = wake,
	.reset = reset,
};
