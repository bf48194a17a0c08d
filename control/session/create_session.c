// SPDX-License-Identifier: BSD-3-Clause
// Create Session Request: TS 29.274 7.2.1 and 7.2.2, TS 23.401 5.3.2.1.
#include "config/log.h"
#include "control/session/bearer_policy.h"
#include "control/session/device_options.h"
#include "control/session/dp_sync.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"
#include "control/session/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

// A request on its way to becoming a session.
struct creation {
	struct pgw *pgw;
	const struct gtpc_rx *rx;
	const struct gtpc_message *message;
	const struct create_session_req *req;
	const struct bearer_to_create *bearer;
	struct gtpc_fault fault; // why it is rejected
	const struct ctl_apn *apn;
	uint16_t apn_index;
	char network_identifier[SESSION_APN_MAX];
	char subscriber[16]; // as struct session has it
	uint8_t asked_pdn_type;
	bool wants_ipv4, wants_ipv6;
	uint8_t cause; // 16, 18 or 19
	struct gtpc_addr sgw_u;
	const struct gtpc_addr *local_u;
	struct device_options options;
	struct session *session;
	struct procedure *procedure;
};

static int
refuse(struct creation *c, uint8_t cause)
{
	c->fault = (struct gtpc_fault){ .cause = cause };
	return -1;
}

static int
refuse_for_ie(struct creation *c, uint8_t cause, uint8_t type, uint8_t instance, bool in_bearer)
{
	c->fault = (struct gtpc_fault){ .cause = cause,
		.has_ie = true,
		.ie_type = type,
		.ie_instance = instance,
		.in_bearer_context = in_bearer };
	return -1;
}

// ---- Checks, in the order in which a fault of the request is told.

// The only conditional IEs without which there is no session.
static int
check_ies(struct creation *c)
{
	const struct create_session_req *req = c->req;

	if (!c->bearer->has_sgw_u)
		return refuse_for_ie(c, GTPC_CAUSE_CONDITIONAL_IE_MISSING, GTPC_IE_FTEID, 2, true);
	if (!req->has_paa && !req->has_pdn_type)
		return refuse_for_ie(c, GTPC_CAUSE_CONDITIONAL_IE_MISSING, GTPC_IE_PAA, 0, false);
	if (c->bearer->ebi < 5) // 1 to 4 are for SGWs that were told of 15 bearers
		return refuse_for_ie(c, GTPC_CAUSE_MANDATORY_IE_INCORRECT, GTPC_IE_EBI, 0, true);
	if (req->sender.teid == 0)
		return refuse_for_ie(c, GTPC_CAUSE_MANDATORY_IE_INCORRECT, GTPC_IE_FTEID, 0, false);
	if (c->bearer->sgw_u.teid == 0)
		return refuse_for_ie(c, GTPC_CAUSE_MANDATORY_IE_INCORRECT, GTPC_IE_FTEID, 2, true);
	c->asked_pdn_type = req->has_paa ? req->paa.pdn_type : req->pdn_type;
	return 0;
}

static int
check_load(struct creation *c)
{
	uint8_t cause = admission_check_time(c->pgw, c->rx, c->req);

	if (!cause)
		cause = admission_check(c->pgw, c->rx, c->req);
	return cause ? refuse(c, cause) : 0;
}

// TS 23.060 15.4: which restrictions go together with the highest one that the SIM has already.
static bool
restrictions_agree(uint8_t highest, uint8_t apn)
{
	static const uint8_t allowed[] = { 0x1f, 0x0f, 0x07, 0x03, 0x01 }; // bits of values

	return highest >= sizeof(allowed) || apn == 0 || allowed[highest] >> apn & 1;
}

static bool
serves_rat(const struct ctl_apn *apn, uint8_t rat)
{
	return apn->n_rats == 0 || memchr(apn->rats, rat, apn->n_rats) != NULL;
}

static int
check_apn(struct creation *c)
{
	const struct create_session_req *req = c->req;
	int apn;

	apn_network_identifier(req->apn.text, c->network_identifier, sizeof(c->network_identifier));
	apn = apn_find(c->pgw->apns, c->network_identifier);
	if (apn < 0)
		return refuse(c, GTPC_CAUSE_UNKNOWN_APN);
	c->apn_index = (uint16_t)apn;
	c->apn = apn_at(c->pgw->apns, c->apn_index);
	if (!serves_rat(c->apn, req->rat_type))
		return refuse(c, GTPC_CAUSE_DENIED_IN_RAT);
	if (c->apn->selection == CTL_SELECTION_VERIFIED && req->has_selection_mode &&
		req->selection_mode != GTPC_SELECTION_VERIFIED)
		return refuse(c, GTPC_CAUSE_APN_ACCESS_DENIED);
	if (req->has_max_apn_restriction &&
		!restrictions_agree(req->max_apn_restriction, c->apn->apn_restriction))
		return refuse(c, GTPC_CAUSE_APN_RESTRICTION_INCOMPATIBLE);
	return 0;
}

// Who asks. A device without an authenticated SIM is served for emergencies alone, and is known by TAC
// and SNR of its IMEI. TS 29.274 7.2.1
static int
check_identity(struct creation *c)
{
	const struct create_session_req *req = c->req;
	bool is_unauthenticated =
		req->has_indication && gtpc_indication_get(&req->indication, GTPC_IND_UIMSI);

	if (req->has_imsi && !is_unauthenticated) {
		memcpy(c->subscriber, req->imsi.text, sizeof(c->subscriber) - 1);
		return 0;
	}
	if (!c->apn->is_emergency && req->has_imsi)
		return refuse(c, GTPC_CAUSE_APN_ACCESS_DENIED);
	if (!c->apn->is_emergency)
		return refuse_for_ie(c, GTPC_CAUSE_CONDITIONAL_IE_MISSING, GTPC_IE_IMSI, 0, false);
	if (!req->has_mei)
		return refuse_for_ie(c, GTPC_CAUSE_CONDITIONAL_IE_MISSING, GTPC_IE_MEI, 0, false);
	session_name_device(c->subscriber, &req->mei);
	return 0;
}

static int
check_congestion(struct creation *c)
{
	uint8_t cause = admission_check_apn(c->pgw, c->apn_index, c->req, c->rx->now_ms);

	return cause ? refuse(c, cause) : 0;
}

static int
want(struct creation *c, bool ipv4, bool ipv6, uint8_t cause)
{
	c->wants_ipv4 = ipv4;
	c->wants_ipv6 = ipv6;
	c->cause = cause;
	return 0;
}

// TS 23.401 5.3.1.1, TS 29.274 table 7.2.2-1: both families in one session only where the dual
// address bearer flag says that every node on the way can have it.
static int
want_both(struct creation *c, bool has_ipv4, bool has_ipv6)
{
	bool can_both =
		c->req->has_indication && gtpc_indication_get(&c->req->indication, GTPC_IND_DAF);
	bool single_is_ipv4 = c->apn->single == CTL_SINGLE_IPV4;

	if (has_ipv4 && has_ipv6 && can_both)
		return want(c, true, true, GTPC_CAUSE_ACCEPTED);
	if (has_ipv4 && has_ipv6)
		return want(c, single_is_ipv4, !single_is_ipv4, GTPC_CAUSE_NEW_PDN_TYPE_SINGLE);
	return want(c, has_ipv4, has_ipv6, GTPC_CAUSE_NEW_PDN_TYPE_NETWORK);
}

// The PAA's type counts; the families that the APN serves are those of its pools.
static int
check_pdn_type(struct creation *c)
{
	bool has_ipv4 = apn_serves(c->pgw->apns, c->apn_index, 4);
	bool has_ipv6 = apn_serves(c->pgw->apns, c->apn_index, 6);

	if (c->asked_pdn_type == GTPC_PDN_IPV4V6)
		return want_both(c, has_ipv4, has_ipv6);
	if (c->asked_pdn_type == GTPC_PDN_IPV4 && has_ipv4)
		return want(c, true, false, GTPC_CAUSE_ACCEPTED);
	if (c->asked_pdn_type == GTPC_PDN_IPV6 && has_ipv6)
		return want(c, false, true, GTPC_CAUSE_ACCEPTED);
	return refuse(c, GTPC_CAUSE_PDN_TYPE_NOT_SUPPORTED);
}

// Our end of the tunnel is of the family of the SGW's end.
static int
check_user_plane(struct creation *c)
{
	const struct gtpc_fteid *sgw_u = &c->bearer->sgw_u;
	uint16_t vrf = apn_vrf(c->pgw->apns, c->apn_index);

	if (!dp_sync_can_serve(c->pgw, vrf))
		return refuse(c, GTPC_CAUSE_NO_RESOURCES);
	c->sgw_u = gtpc_fteid_addr(sgw_u, 4);
	c->local_u = dp_sync_local(c->pgw, c->sgw_u.family);
	if (!c->local_u) {
		c->sgw_u = gtpc_fteid_addr(sgw_u, 6);
		c->local_u = dp_sync_local(c->pgw, c->sgw_u.family);
	}
	return c->local_u ? 0 : refuse(c, GTPC_CAUSE_NO_RESOURCES);
}

// ---- Protocol configuration options.

static void
answer_options(struct creation *c)
{
	static const uint8_t none[4];
	struct pco_policy policy;

	device_options_policy(c->pgw, c->apn_index, &policy);
	policy.msisdn = c->req->has_msisdn ? c->req->msisdn.text : NULL;
	memcpy(policy.ue_ipv4, c->session ? c->session->ue_ipv4 : none, sizeof(policy.ue_ipv4));
	device_options_answer(&c->options, &policy);
}

static int
check_credentials(struct creation *c)
{
	struct pco_policy policy;
	enum pco_auth auth;

	device_options_read(&c->options, c->req);
	if (c->apn->auth == CTL_AUTH_NONE)
		return 0;
	device_options_policy(c->pgw, c->apn_index, &policy);
	auth = device_options_authenticate(&c->options, &policy);
	if (auth == PCO_AUTH_GOOD || (auth == PCO_AUTH_NONE && c->apn->auth == CTL_AUTH_OPTIONAL))
		return 0;
	answer_options(c);
	return refuse(c, GTPC_CAUSE_USER_AUTHENTICATION_FAILED);
}

// ---- Taking what a session needs. All of it is given back by undo().

// TS 29.274 7.2.1: where it was a dedicated bearer's EBI, only that bearer is deleted.
static void
drop_old_bearer(struct creation *c)
{
	const char *imsi = c->req->imsi.text;
	struct session *s = session_find_imsi(c->pgw->sessions, imsi, NULL);

	for (; s; s = session_find_imsi(c->pgw->sessions, imsi, s)) {
		struct dedicated *b = bearer_find_ebi(c->pgw->bearers, s, c->bearer->ebi);

		if (b)
			bearer_drop(c->pgw, s, b, BEARER_END_REPLACED);
	}
}

// TS 29.274 7.2.1: the same IMSI and EBI again is a new session, the old one is deleted locally.
static void
replace_old(struct creation *c)
{
	struct session *old = session_find_ebi(c->pgw->sessions, c->subscriber, c->bearer->ebi);

	if (!old) {
		drop_old_bearer(c);
		return;
	}
	c->pgw->counters.sessions_replaced++;
	session_close(c->pgw, old, SESSION_END_REPLACED, GTPC_CAUSE_REQUEST_REJECTED);
}

// A fixed address that the SIM's own stale session holds goes over to the new one. The old one's
// delete is ahead of the new one's put in the same worker's queue.
static int
inherit_address(struct creation *c, const struct apn_address *address)
{
	struct session *holder = session_find_address(c->pgw->sessions,
		apn_vrf(c->pgw->apns, c->apn_index), address->family, address->bytes);

	if (!holder || holder->apn != c->apn_index || strcmp(holder->imsi, c->subscriber) != 0)
		return -EBUSY;
	session_disown_address(c->pgw, holder, address->family);
	if (holder->state == SESSION_CLOSING)
		return 0;
	c->pgw->counters.sessions_replaced++;
	session_close(c->pgw, holder, SESSION_END_REPLACED, GTPC_CAUSE_REQUEST_REJECTED);
	return 0;
}

// ---- Addresses.

// The worker that a session's IPv4 address has chosen already.
struct worker_taste {
	const struct dpclient *dp;
	unsigned int worker;
};

// A /64 whose shard belongs to the same worker needs no alias.
static bool
is_of_worker(const void *ctx, uint64_t addr)
{
	const struct worker_taste *t = ctx;
	uint8_t bytes[APN_ADDRESS_BYTES];

	apn_address_bytes(6, addr, bytes);
	return dpclient_worker(t->dp, dp_shard_of(bytes, 8)) == t->worker;
}

// What the PAA asks for of this family.
static void
asked_address(const struct creation *c, struct apn_wish *wish)
{
	const struct gtpc_paa *paa = &c->req->paa;

	if (c->req->has_paa)
		memcpy(wish->asked, wish->family == 4 ? paa->ipv4 : paa->ipv6,
			wish->family == 4 ? 4 : 8);
}

static int
take_of_family(struct creation *c, uint8_t family, const struct ip_pool_taste *taste)
{
	struct apn_wish wish = { .imsi = c->subscriber, .family = family, .taste = taste };
	struct session *s = c->session;
	struct apn_address address;
	int ret;

	asked_address(c, &wish);
	ret = apn_take_address(
		c->pgw->apns, c->apn_index, &wish, (uint32_t)(c->rx->now_ms / 1000), &address);
	if (ret == -EBUSY)
		ret = inherit_address(c, &address);
	if (ret < 0)
		return ret;
	if (family == 4) {
		memcpy(s->ue_ipv4, address.bytes, sizeof(s->ue_ipv4));
		s->pool = address.pool;
	} else {
		memcpy(s->ue_ipv6_prefix, address.bytes, sizeof(s->ue_ipv6_prefix));
		s->prefix_pool = address.pool;
	}
	if (address.is_static)
		s->flags |= family == 4 ? SESSION_STATIC_ADDRESS : SESSION_STATIC_PREFIX;
	return 0;
}

// Not zero, and not that of the gateway on the device's link. RFC 4291 2.5.1: of local scope.
static int
choose_interface_id(struct session *s)
{
	static const uint8_t zero[7];

	do {
		if (getrandom(s->ue_ipv6_id, sizeof(s->ue_ipv6_id), 0) !=
			(ssize_t)sizeof(s->ue_ipv6_id))
			return -EIO;
		s->ue_ipv6_id[0] &= (uint8_t)~0x02;
	} while (memcmp(s->ue_ipv6_id, zero, sizeof(zero)) == 0);
	return 0;
}

static int
take_prefix(struct creation *c)
{
	struct session *s = c->session;
	struct worker_taste of = { .dp = c->pgw->dp };
	struct ip_pool_taste taste = { .is_liked = is_of_worker, .ctx = &of };
	int ret = choose_interface_id(s);

	if (ret < 0)
		return ret;
	if (session_has_ipv4(s))
		of.worker = dpclient_worker(of.dp, dp_shard_of(s->ue_ipv4, 4));
	return take_of_family(c, 6, session_has_ipv4(s) ? &taste : NULL);
}

// One of two families is occupied: the other one is better than nothing.
static int
settle_for(struct creation *c, int ipv4, int ipv6)
{
	if (ipv4 == 0 && ipv6 == 0)
		return 0;
	if (c->wants_ipv4 && c->wants_ipv6 &&
		((ipv4 == 0 && ipv6 == -ENOSPC) || (ipv4 == -ENOSPC && ipv6 == 0))) {
		c->cause = GTPC_CAUSE_NEW_PDN_TYPE_NETWORK;
		return 0;
	}
	return ipv4 < 0 ? ipv4 : ipv6;
}

static int
take_addresses(struct creation *c)
{
	struct session *s = c->session;
	int ipv4 = c->wants_ipv4 ? take_of_family(c, 4, NULL) : 0;
	int ipv6 = c->wants_ipv6 ? take_prefix(c) : 0;
	int ret = settle_for(c, ipv4, ipv6);

	if (ret == -EACCES || ret == -EBUSY)
		c->pgw->counters.static_denied++;
	if (ret == -ENOSPC)
		return refuse(c, GTPC_CAUSE_ALL_ADDRESSES_OCCUPIED);
	if (ret == -EACCES)
		return refuse(c, GTPC_CAUSE_APN_ACCESS_DENIED);
	if (ret < 0)
		return refuse(c, GTPC_CAUSE_NO_RESOURCES);
	s->pdn_type = !session_has_ipv6(s) ? GTPC_PDN_IPV4
		: session_has_ipv4(s)      ? GTPC_PDN_IPV4V6
					   : GTPC_PDN_IPV6;
	return 0;
}

static bool
is_teid_used(const void *pgw, uint32_t teid)
{
	return pgw_is_teid_used(pgw, teid);
}

static int
take_teid(struct creation *c)
{
	struct session *s = c->session;

	s->teid = teid_take(c->pgw->teids, session_shard(s), is_teid_used, c->pgw);
	if (s->teid == 0)
		return refuse(c, GTPC_CAUSE_NO_RESOURCES);
	if (store_charging_id(c->pgw->store, &s->bearer.charging_id) < 0)
		return refuse(c, GTPC_CAUSE_SYSTEM_FAILURE);
	return 0;
}

static void
fill_bearer(const struct creation *c)
{
	const struct gtpc_qos *asked = &c->bearer->qos;
	struct bearer *b = &c->session->bearer;

	b->ebi = c->bearer->ebi;
	b->qci = c->apn->qci ? c->apn->qci : asked->qci;
	b->priority_level = c->apn->priority_level ? c->apn->priority_level : asked->priority_level;
	b->can_preempt = asked->can_preempt;
	b->is_preemptable = asked->is_preemptable;
	b->peer_teid = c->bearer->sgw_u.teid;
	b->peer = c->sgw_u;
}

static void
fill_session(const struct creation *c)
{
	const struct create_session_req *req = c->req;
	const struct ctl_apn *apn = c->apn;
	struct session *s = c->session;

	s->apn = c->apn_index;
	s->vrf = apn_vrf(c->pgw->apns, c->apn_index);
	s->pool = s->prefix_pool = APN_NO_POOL;
	memcpy(s->imsi, c->subscriber, sizeof(s->imsi));
	if (req->has_msisdn)
		memcpy(s->msisdn, req->msisdn.text, sizeof(s->msisdn) - 1);
	if (req->has_mei)
		memcpy(s->mei, req->mei.text, sizeof(s->mei) - 1);
	memcpy(s->apn_name, c->network_identifier, sizeof(s->apn_name));
	s->rat_type = req->rat_type;
	s->selection_mode = req->has_selection_mode ? req->selection_mode : 0;
	s->serving_network = req->serving_network;
	s->ue_time_zone = req->ue_time_zone;
	s->charging_characteristics = req->charging_characteristics;
	if (req->has_uli)
		session_set_uli(s, &req->uli);
	s->ul_kbps = apn_grant_rate(
		req->has_ambr ? req->ambr.ul_kbps : 0, apn->ul_default_bps, apn->ul_max_bps);
	s->dl_kbps = apn_grant_rate(
		req->has_ambr ? req->ambr.dl_kbps : 0, apn->dl_default_bps, apn->dl_max_bps);
	s->sgw_teid = req->sender.teid;
	s->sgw_addr = c->rx->peer->addr;
	s->local_c = c->rx->path->local;
	memcpy(&s->local_u, c->local_u, sizeof(s->local_u));
	s->created_s = time(NULL);
	s->created_ms = c->rx->now_ms;
	s->origination_ms = req->has_origination_time ? req->origination_time : 0;
	fill_bearer(c);
}

static void
undo(struct creation *c)
{
	struct session *s = c->session;

	if (c->procedure)
		procedure_free(c->pgw, c->procedure);
	if (!s)
		return;
	sgw_leave(c->pgw->sessions, s);
	session_give_addresses(c->pgw, s);
	if (s->teid)
		teid_rest(c->pgw->teids, s->teid);
	session_give(c->pgw->sessions, s);
}

static int
take_resources(struct creation *c)
{
	struct pgw *pgw = c->pgw;

	c->procedure = procedure_new(pgw, c->rx, c->message);
	if (!c->procedure) {
		pgw->counters.overload_refused++;
		return refuse(c, GTPC_CAUSE_NO_RESOURCES);
	}
	replace_old(c);
	c->session = session_take(pgw->sessions);
	if (!c->session)
		return refuse(c, GTPC_CAUSE_NO_RESOURCES);
	fill_session(c);
	if (sgw_join(pgw->sessions, c->session, c->rx->peer, c->rx->now_ms) < 0)
		return refuse(c, GTPC_CAUSE_NO_MEMORY);
	session_set_csids(pgw, c->session, c->req->has_mme_fq_csid ? &c->req->mme_fq_csid : NULL,
		c->req->has_sgw_fq_csid ? &c->req->sgw_fq_csid : NULL);
	if (take_addresses(c) < 0)
		return -1;
	return take_teid(c);
}

// ---- The answer.

static const struct gtpc_plmn *
plmn_of(const struct creation *c)
{
	return c->req->has_serving_network ? &c->req->serving_network : NULL;
}

static void
answer_bearer(const struct creation *c, struct bearer_created *to)
{
	const struct session *s = c->session;
	const struct bearer *b = &s->bearer;

	to->ebi = b->ebi;
	to->cause.value = GTPC_CAUSE_ACCEPTED;
	to->has_pgw_u = true;
	to->pgw_u = gtpc_fteid_make(GTPC_IF_S5S8_PGW_U, s->teid, c->local_u);
	to->has_charging_id = true;
	to->charging_id = b->charging_id;
	to->qos = c->bearer->qos;
	to->qos.qci = b->qci;
	to->qos.priority_level = b->priority_level;
	to->has_qos =
		b->qci != c->bearer->qos.qci || b->priority_level != c->bearer->qos.priority_level;
}

// TS 29.274 8.14: of IPv6 the prefix with the interface identifier that the device is to use.
static void
fill_paa(const struct session *s, struct gtpc_paa *paa)
{
	paa->pdn_type = s->pdn_type;
	memcpy(paa->ipv4, s->ue_ipv4, sizeof(paa->ipv4));
	if (s->pdn_type == GTPC_PDN_IPV4)
		return;
	paa->ipv6_prefix_bits = 64;
	memcpy(paa->ipv6, s->ue_ipv6_prefix, 8);
	memcpy(paa->ipv6 + 8, s->ue_ipv6_id, 8);
}

static int
make_answer(struct creation *c)
{
	const struct session *s = c->session;
	struct create_session_rsp *rsp;
	struct gtpc_message m;

	gtpc_message_init(
		&m, GTPC_MSG_CREATE_SESSION_RSP, s->sgw_teid, c->message->header.sequence);
	rsp = &m.create_session_rsp;
	rsp->cause.value = c->cause;
	rsp->has_pgw = true;
	rsp->pgw = gtpc_fteid_make(GTPC_IF_S5S8_PGW_C, s->teid, &s->local_c);
	rsp->has_paa = true;
	fill_paa(s, &rsp->paa);
	rsp->has_apn_restriction = true;
	rsp->apn_restriction = c->apn->apn_restriction;
	rsp->ambr = (struct gtpc_ambr){ .ul_kbps = s->ul_kbps, .dl_kbps = s->dl_kbps };
	rsp->has_ambr = !c->req->has_ambr || c->req->ambr.ul_kbps != s->ul_kbps ||
		c->req->ambr.dl_kbps != s->dl_kbps;
	answer_options(c);
	device_options_put(&c->options, rsp);
	rsp->has_pgw_fq_csid = pdn_set_own(c->pgw, s, &rsp->pgw_fq_csid);
	rsp->n_bearers = 1;
	answer_bearer(c, &rsp->bearers[0]);
	load_tell(c->pgw, plmn_of(c), &m);
	c->procedure->cause = c->cause;
	if (procedure_set_answer(c->pgw, c->procedure, c->rx->peer, &m) < 0)
		return refuse(c, GTPC_CAUSE_SYSTEM_FAILURE);
	return 0;
}

static void
reject(struct creation *c)
{
	struct create_session_rsp *rsp;
	struct gtpc_message m;
	struct pgw *pgw = c->pgw;

	log_limited(LOG_LEVEL_INFO, 10, "IMSI %s, APN %s: refused: %s",
		c->req->has_imsi ? c->req->imsi.text : "none", c->req->apn.text,
		gtpc_cause_text(c->fault.cause));
	if (gtpc_message_reject(&m, c->message, &c->fault, c->req->sender.teid) < 0)
		return;
	rsp = &m.create_session_rsp;
	// The device is told why by its own protocol: PAP Nak or CHAP Failure.
	if (c->fault.cause == GTPC_CAUSE_USER_AUTHENTICATION_FAILED)
		device_options_put(&c->options, rsp);
	// With this cause only, 8.85. The MME keeps devices away for so long.
	if (c->fault.cause == GTPC_CAUSE_APN_CONGESTION && c->apn->back_off_s) {
		rsp->has_back_off = true;
		rsp->back_off = gtpc_epc_timer_make(c->apn->back_off_s);
	}
	load_tell(pgw, plmn_of(c), &m);
	pgw_count_answer(pgw, GTPC_MSG_CREATE_SESSION_REQ, c->fault.cause);
	gtpc_node_answer(pgw->node, c->rx->xact, c->rx->peer, &m, c->rx->now_ms);
}

void
create_session_request(void *user, const struct gtpc_rx *rx, const struct gtpc_message *message)
{
	struct creation c = {
		.pgw = user,
		.rx = rx,
		.message = message,
		.req = &message->create_session_req,
		.bearer = &message->create_session_req.bearers[0],
	};
	struct session *s;

	if (check_ies(&c) < 0 || check_load(&c) < 0 || check_apn(&c) < 0 ||
		check_identity(&c) < 0 || check_congestion(&c) < 0 || check_pdn_type(&c) < 0 ||
		check_user_plane(&c) < 0 || check_credentials(&c) < 0 || take_resources(&c) < 0 ||
		make_answer(&c) < 0) {
		undo(&c);
		reject(&c);
		return;
	}
	s = c.session;
	s->flags |= SESSION_USAGE_PLAIN;
	session_usage_begin(c.pgw, s);
	session_sample_begin(c.pgw, s);
	session_index_add(c.pgw->sessions, s);
	load_heard(
		c.pgw, s->sgw, plmn_of(&c), c.req->has_sgw_overload ? &c.req->sgw_overload : NULL);
	bearer_policy_begin(c.pgw, s);
	c.procedure->may_carry =
		c.req->has_indication && gtpc_indication_get(&c.req->indication, GTPC_IND_PS);
	dp_sync_put(c.pgw, s);
	procedure_wait(c.pgw, c.procedure, s);
	turn_schedule(c.pgw);
}
