// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/bearer_rig.h"

#include "control/session/bearer_policy.h"

#include <stdio.h>
#include <string.h>

const char bearer_rig_policy[] =
	"gtpc: { addresses = [ \"10.10.0.1\" ]; t3 = \"200ms\"; n3 = 2; };\n"
	"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; } );\n"
	"apns: ( { name = \"internet\"; pools = [ \"p\" ];\n"
	"  bearers: ( { name = \"voice\"; qci = 1; priority_level = 2;\n"
	"      gbr: { uplink = \"64k\"; downlink = \"128k\"; };\n"
	"      filters = [ \"udp remote 10.20.0.0/24 port 5004-5010\" ]; },\n"
	"    { name = \"meter\"; qci = 7; mbr: { uplink = \"1M\"; downlink = \"2M\"; };\n"
	"      imsis = [ \"001010000000002-001010000000009\" ];\n"
	"      filters = [ \"tcp remote-port 502\", \"uplink icmp\" ]; } ); } );\n";

struct session *
bearer_rig_attach(struct rig *r)
{
	return session_find_teid(r->pgw->sessions, rig_attach(r, BEARER_IMSI).pgw.teid);
}

struct bearer_spec
bearer_rig_spec(const char *filter)
{
	struct bearer_spec spec = { .qci = 1,
		.priority_level = 3,
		.can_preempt = true,
		.rates = { .ul_mbr_kbps = 100,
			.dl_mbr_kbps = 200,
			.ul_gbr_kbps = 50,
			.dl_gbr_kbps = 60 },
		.n_filters = 1 };
	char why[128];

	if (tft_filter_parse(filter, &spec.filter[0], why, sizeof(why)) < 0)
		fprintf(stderr, "%s: %s\n", filter, why);
	return spec;
}

static uint8_t wanted_type;

static bool
has_wanted(struct rig *r)
{
	for (unsigned int i = 0; i < r->n_sent; i++)
		if (r->sent[i].bytes[1] == wanted_type)
			return true;
	return false;
}

bool
bearer_rig_take(struct rig *r, uint8_t type, struct gtpc_message *request)
{
	wanted_type = type;
	return rig_wait(r, has_wanted) && rig_take_type(r, type, request);
}

static const struct session *settling;

static bool
is_put(struct rig *r)
{
	return settling->done == settling->wanted && r->pgw->turn.n_dirty == 0;
}

void
bearer_rig_settle(struct rig *r, const struct session *s)
{
	settling = s;
	if (!rig_wait(r, is_put))
		fprintf(stderr, "the dataplane doesn't take the session\n");
	rig_settle(r);
}

void
bearer_rig_accept(struct rig *r, const struct session *s, const struct gtpc_message *request,
	uint8_t ebi, struct gtpc_message *answer)
{
	const struct create_bearer_req *req = &request->create_bearer_req;
	struct create_bearer_rsp *rsp = &answer->create_bearer_rsp;

	gtpc_message_init(answer, GTPC_MSG_CREATE_BEARER_RSP, s->teid, request->header.sequence);
	rsp->cause.value = GTPC_CAUSE_ACCEPTED;
	rsp->n_bearers = req->n_bearers;
	for (uint8_t i = 0; i < req->n_bearers; i++) {
		struct bearer_added *b = &rsp->bearers[i];

		b->ebi = (uint8_t)(ebi + i);
		b->cause.value = GTPC_CAUSE_ACCEPTED;
		b->has_pgw_u = true;
		b->pgw_u = req->bearers[i].pgw_u;
		b->has_sgw_u = true;
		b->sgw_u = gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, r->next_teid++, &r->path.peer.addr);
	}
}

struct dedicated *
bearer_rig_have(struct rig *r, struct session *s, const char *filter, uint8_t ebi)
{
	struct bearer_spec spec = bearer_rig_spec(filter);
	struct gtpc_message request, answer;

	if (bearers_create(r->pgw, s, &spec, 1, NULL) < 0 ||
		!bearer_rig_take(r, GTPC_MSG_CREATE_BEARER_REQ, &request))
		return NULL;
	bearer_rig_accept(r, s, &request, ebi, &answer);
	rig_send(r, &answer);
	bearer_rig_settle(r, s);
	return bearer_find_ebi(r->pgw->bearers, s, ebi);
}

void
bearer_rig_send_deleted(
	struct rig *r, const struct session *s, const struct gtpc_message *request, uint8_t cause)
{
	struct gtpc_message m;

	gtpc_message_init(&m, GTPC_MSG_DELETE_BEARER_RSP, s->teid, request->header.sequence);
	m.delete_bearer_rsp.cause.value = cause;
	rig_send(r, &m);
}

void
bearer_rig_send_updated(struct rig *r, const struct session *s, const struct gtpc_message *request,
	uint8_t ebi, uint8_t cause)
{
	struct gtpc_message m;

	gtpc_message_init(&m, GTPC_MSG_UPDATE_BEARER_RSP, s->teid, request->header.sequence);
	m.update_bearer_rsp.cause.value = cause;
	m.update_bearer_rsp.n_bearers = 1;
	m.update_bearer_rsp.bearers[0].ebi = ebi;
	m.update_bearer_rsp.bearers[0].cause.value = cause;
	rig_send(r, &m);
}
