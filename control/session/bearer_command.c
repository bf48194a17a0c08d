// SPDX-License-Identifier: BSD-3-Clause
// Modify Bearer Command (TS 29.274 7.2.14), Delete Bearer Command (7.2.17) and Bearer Resource
// Command (7.2.5): each is replied to by a request with the same sequence number, or by its Failure
// Indication.
#include "config/log.h"
#include "control/session/bearer_request.h"
#include "control/session/pgw.h"
#include "control/session/request.h"

#include <errno.h>
#include <string.h>

// The Command's session, NULL: it is answered already. sender NULL: it has none.
static struct session *
commanded_session(struct pgw *pgw, const struct gtpc_rx *rx, const struct gtpc_message *m,
	const struct gtpc_fteid *sender, const struct request_news *news)
{
	struct session *s = request_session(pgw, rx, m);

	if (s && sender && !request_is_from_its_sgw(s, sender)) {
		pgw_reject_cause(pgw, rx, m, GTPC_CAUSE_INVALID_PEER, sender->teid);
		return NULL;
	}
	if (s)
		request_note_news(pgw, s, news);
	return s;
}

static uint8_t
cause_of(int err)
{
	switch (err) {
	case -EBUSY:
		return GTPC_CAUSE_COLLISION;
	case -ENOMEM:
		return GTPC_CAUSE_NO_MEMORY;
	default:
		return GTPC_CAUSE_NO_RESOURCES;
	}
}

static struct bearer_command
command_of(const struct gtpc_rx *rx, const struct gtpc_message *m)
{
	return (struct bearer_command){ .xact = rx->xact, .type = m->header.type };
}

// Rates of a flow within what the APN allows its devices.
static struct bearer_rates
granted_rates(const struct ctl_apn *apn, const struct gtpc_qos *asked)
{
	struct bearer_rates r = { 0 };
	uint64_t ul_max = apn->ul_max_bps / 1000, dl_max = apn->dl_max_bps / 1000;

	if (!gtpc_qci_is_gbr(asked->qci))
		return r;
	r.ul_gbr_kbps = asked->ul_gbr_kbps;
	r.dl_gbr_kbps = asked->dl_gbr_kbps;
	r.ul_mbr_kbps = asked->ul_mbr_kbps > r.ul_gbr_kbps ? asked->ul_mbr_kbps : r.ul_gbr_kbps;
	r.dl_mbr_kbps = asked->dl_mbr_kbps > r.dl_gbr_kbps ? asked->dl_mbr_kbps : r.dl_gbr_kbps;
	if (ul_max && r.ul_mbr_kbps > ul_max)
		r.ul_mbr_kbps = ul_max;
	if (dl_max && r.dl_mbr_kbps > dl_max)
		r.dl_mbr_kbps = dl_max;
	if (r.ul_gbr_kbps > r.ul_mbr_kbps)
		r.ul_gbr_kbps = r.ul_mbr_kbps;
	if (r.dl_gbr_kbps > r.dl_mbr_kbps)
		r.dl_gbr_kbps = r.dl_mbr_kbps;
	return r;
}

// ---- Modify Bearer Command: the HSS has changed the subscribed QoS (TS 23.401 5.4.2.2).

static void
grant_qos(const struct pgw *pgw, const struct session *s, const struct dedicated *b,
	const struct modify_bearer_cmd *cmd, struct bearer_change *c)
{
	const struct ctl_apn *apn = apn_at(pgw->apns, s->apn);
	const struct gtpc_qos *asked = &cmd->bearer.qos;

	c->has_ambr = true;
	c->ul_kbps = apn_grant_rate(cmd->ambr.ul_kbps, apn->ul_default_bps, apn->ul_max_bps);
	c->dl_kbps = apn_grant_rate(cmd->ambr.dl_kbps, apn->dl_default_bps, apn->dl_max_bps);
	if (!cmd->bearer.has_qos)
		return;
	c->has_qos = true;
	c->qci = apn->qci && !b ? apn->qci : asked->qci;
	c->priority_level = apn->priority_level && !b ? apn->priority_level : asked->priority_level;
	c->rates = granted_rates(apn, asked);
	c->can_preempt = asked->can_preempt;
	c->is_preemptable = asked->is_preemptable;
}

void
modify_bearer_command(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct modify_bearer_cmd *cmd = &message->modify_bearer_cmd;
	struct bearer_command command = command_of(rx, message);
	struct bearer_change change = { .tft = { .operation = TFT_IGNORE } };
	struct pgw *pgw = user;
	struct request_news news = { .overload =
					     cmd->has_sgw_overload ? &cmd->sgw_overload : NULL };
	struct session *s =
		commanded_session(pgw, rx, message, cmd->has_sender ? &cmd->sender : NULL, &news);
	struct dedicated *b;
	int ret;

	if (!s)
		return;
	b = bearer_find_ebi(pgw->bearers, s, cmd->bearer.ebi);
	if (!b && cmd->bearer.ebi != s->bearer.ebi) {
		pgw_reject_cause(pgw, rx, message, GTPC_CAUSE_CONTEXT_NOT_FOUND, s->sgw_teid);
		return;
	}
	grant_qos(pgw, s, b, cmd, &change);
	ret = bearer_update(pgw, s, b, &change, &command);
	if (ret < 0)
		pgw_reject_cause(pgw, rx, message, cause_of(ret), s->sgw_teid);
}

// ---- Delete Bearer Command: the MME ends dedicated bearers (TS 23.401 5.4.4.2).

static bool
is_among(struct dedicated *const *bearers, unsigned int n, const struct dedicated *b)
{
	for (unsigned int i = 0; i < n; i++)
		if (bearers[i] == b)
			return true;
	return false;
}

void
delete_bearer_command(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct delete_bearer_cmd *cmd = &message->delete_bearer_cmd;
	struct bearer_command command = command_of(rx, message);
	struct dedicated *bearers[DP_DEDICATED_MAX];
	struct pgw *pgw = user;
	struct request_news news = {
		.uli = cmd->has_uli ? &cmd->uli : NULL,
		.time_zone = cmd->has_ue_time_zone ? &cmd->ue_time_zone : NULL,
		.overload = cmd->has_sgw_overload ? &cmd->sgw_overload : NULL,
	};
	struct session *s =
		commanded_session(pgw, rx, message, cmd->has_sender ? &cmd->sender : NULL, &news);
	unsigned int n = 0;
	int ret;

	if (!s)
		return;
	for (unsigned int i = 0; i < cmd->n_bearers; i++) {
		uint8_t ebi = cmd->bearers[i].ebi;
		struct dedicated *b = bearer_find_ebi(pgw->bearers, s, ebi);

		if (!b)
			command.unknown[command.n_unknown++] = ebi;
		else if (!is_among(bearers, n, b))
			bearers[n++] = b;
	}
	if (n == 0) {
		pgw_reject_cause(pgw, rx, message, GTPC_CAUSE_CONTEXT_NOT_FOUND, s->sgw_teid);
		return;
	}
	ret = bearers_delete(pgw, s, bearers, n, BEARER_END_COMMAND, &command);
	if (ret < 0)
		pgw_reject_cause(pgw, rx, message, cause_of(ret), s->sgw_teid);
}

// ---- Bearer Resource Command: a device asks for, changes or gives up a bearer (TS 23.401 5.4.5).

struct resource {
	struct pgw *pgw;
	struct session *session;
	const struct bearer_resource_cmd *cmd;
	struct bearer_command command;
	struct tft tad;
	struct gtpc_fault fault;
};

static int
refuse(struct resource *r, uint8_t cause)
{
	r->fault = (struct gtpc_fault){ .cause = cause };
	return -1;
}

static int
refuse_for_missing(struct resource *r, uint8_t ie_type)
{
	r->fault = (struct gtpc_fault){
		.cause = GTPC_CAUSE_CONDITIONAL_IE_MISSING, .has_ie = true, .ie_type = ie_type
	};
	return -1;
}

static int
refuse_fault(struct resource *r, enum tft_fault fault)
{
	static const uint8_t causes[] = {
		[TFT_SEMANTIC] = GTPC_CAUSE_TAD_SEMANTIC_ERROR,
		[TFT_SYNTAX] = GTPC_CAUSE_TAD_SYNTACTIC_ERROR,
		[TFT_FILTER_SEMANTIC] = GTPC_CAUSE_FILTER_SEMANTIC_ERROR,
		[TFT_FILTER_SYNTAX] = GTPC_CAUSE_FILTER_SYNTACTIC_ERROR,
	};

	return refuse(r, causes[fault]);
}

static int
check_resource(struct resource *r)
{
	const struct ctl_apn *apn = apn_at(r->pgw->apns, r->session->apn);
	enum tft_fault fault;

	if (r->cmd->lbi != r->session->bearer.ebi)
		return refuse(r, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	if (!r->cmd->has_tad)
		return refuse_for_missing(r, GTPC_IE_TAD);
	if (!apn->takes_resource_requests)
		return refuse(r, GTPC_CAUSE_SERVICE_DENIED);
	fault = tft_decode(r->cmd->tad.bytes, r->cmd->tad.n, &r->tad);
	return fault == TFT_GOOD ? 0 : refuse_fault(r, fault);
}

static int
allocate(struct resource *r)
{
	const struct session *s = r->session;
	struct bearer_spec spec = { .is_by_device = true };
	int ret;

	if (r->tad.operation != TFT_CREATE)
		return refuse(r, GTPC_CAUSE_TAD_SEMANTIC_ERROR);
	if (!r->cmd->has_flow_qos)
		return refuse_for_missing(r, GTPC_IE_FLOW_QOS);
	spec.qci = r->cmd->flow_qos.qci;
	spec.priority_level = s->bearer.priority_level;
	spec.can_preempt = s->bearer.can_preempt;
	spec.is_preemptable = s->bearer.is_preemptable;
	spec.rates = granted_rates(apn_at(r->pgw->apns, s->apn), &r->cmd->flow_qos);
	spec.n_filters = r->tad.n_filters;
	memcpy(spec.filter, r->tad.filter, sizeof(spec.filter));
	ret = bearers_create(r->pgw, r->session, &spec, 1, &r->command);
	return ret < 0 ? refuse(r, cause_of(ret)) : 0;
}

// What would be left of the bearer's filters.
static enum tft_fault
filters_left(const struct resource *r, const struct dedicated *b, uint8_t *n)
{
	struct tft_filter filters[TFT_FILTERS_MAX];

	memcpy(filters, b->filter, sizeof(filters));
	*n = b->n_filters;
	return tft_apply(&r->tad, filters, n);
}

static bool
deletes_all(const struct resource *r, const struct dedicated *b)
{
	unsigned int n = 0;

	if (r->tad.operation == TFT_DELETE)
		return true;
	if (r->tad.operation != TFT_DELETE_FILTERS)
		return false;
	for (unsigned int i = 0; i < b->n_filters; i++)
		for (unsigned int k = 0; k < r->tad.n_filters; k++)
			if (b->filter[i].id == r->tad.filter[k].id) {
				n++;
				break;
			}
	return n == b->n_filters;
}

// Precedences are the session's: another bearer's filter with the same one makes the order unclear.
static bool
collides(const struct resource *r, const struct dedicated *own)
{
	if (r->tad.operation != TFT_ADD && r->tad.operation != TFT_REPLACE)
		return false;
	for (const struct dedicated *b = bearer_first(r->pgw->bearers, r->session); b;
		b = bearer_next(r->pgw->bearers, b))
		for (unsigned int i = 0; b != own && i < b->n_filters; i++)
			for (unsigned int k = 0; k < r->tad.n_filters; k++)
				if (b->filter[i].precedence == r->tad.filter[k].precedence)
					return true;
	return false;
}

static bool
has_id(const struct tft_filter *filters, unsigned int n, uint8_t id)
{
	for (unsigned int i = 0; i < n; i++)
		if (filters[i].id == id)
			return true;
	return false;
}

// Ids of filters that are added are ours to choose: TS 24.301 6.5.4.2 has the device send 0.
static void
number_added(struct resource *r, const struct dedicated *b)
{
	struct tft *tad = &r->tad;
	uint8_t id = 0;

	for (unsigned int i = 0; tad->operation == TFT_ADD && i < tad->n_filters; i++) {
		while (has_id(b->filter, b->n_filters, id))
			id++;
		tad->filter[i].id = id++ & 15;
	}
}

static int
modify(struct resource *r, struct dedicated *b)
{
	const struct gtpc_qos *qos = &r->cmd->flow_qos;
	struct bearer_change change = { .tft = { .operation = TFT_IGNORE } };
	enum tft_fault fault;
	uint8_t n;
	int ret;

	number_added(r, b);
	fault = filters_left(r, b, &n);
	if (fault != TFT_GOOD)
		return refuse_fault(r, fault);
	if (collides(r, b))
		return refuse(r, GTPC_CAUSE_FILTER_SYNTACTIC_ERROR);
	if (r->tad.operation != TFT_NO_OPERATION)
		change.tft = r->tad;
	change.tft.n_named = 0;
	if (r->cmd->has_flow_qos) {
		change.has_qos = true;
		change.qci = qos->qci;
		change.priority_level = b->is.priority_level;
		change.can_preempt = b->is.can_preempt;
		change.is_preemptable = b->is.is_preemptable;
		change.rates = granted_rates(apn_at(r->pgw->apns, r->session->apn), qos);
	}
	ret = bearer_update(r->pgw, r->session, b, &change, &r->command);
	return ret < 0 ? refuse(r, cause_of(ret)) : 0;
}

static int
serve_resource(struct resource *r)
{
	struct dedicated *b;
	int ret;

	if (check_resource(r) < 0)
		return -1;
	if (!r->cmd->has_ebi)
		return allocate(r);
	if (r->cmd->ebi == r->session->bearer.ebi)
		return refuse(r, GTPC_CAUSE_SERVICE_DENIED); // it has no filters, and the HSS's QoS
	b = bearer_find_ebi(r->pgw->bearers, r->session, r->cmd->ebi);
	if (!b)
		return refuse(r, GTPC_CAUSE_CONTEXT_NOT_FOUND);
	if (!deletes_all(r, b))
		return modify(r, b);
	ret = bearers_delete(r->pgw, r->session, &b, 1, BEARER_END_COMMAND, &r->command);
	return ret < 0 ? refuse(r, cause_of(ret)) : 0;
}

void
bearer_resource_command(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	const struct bearer_resource_cmd *cmd = &message->bearer_resource_cmd;
	struct resource r = { .pgw = user, .cmd = cmd, .command = command_of(rx, message) };
	struct request_news news = {
		.uli = cmd->has_uli ? &cmd->uli : NULL,
		.overload = cmd->has_sgw_overload ? &cmd->sgw_overload : NULL,
	};

	r.command.has_pti = true;
	r.command.pti = cmd->pti;
	r.session =
		commanded_session(r.pgw, rx, message, cmd->has_sender ? &cmd->sender : NULL, &news);
	if (!r.session || serve_resource(&r) == 0)
		return;
	log_limited(LOG_LEVEL_INFO, 10, "IMSI %s: a device's request for a bearer: %s",
		r.session->imsi, gtpc_cause_text(r.fault.cause));
	pgw_reject(r.pgw, rx, message, &r.fault, r.session->sgw_teid);
}
