// SPDX-License-Identifier: BSD-3-Clause
// Notify. TS 29.272 5.2.5.1.
#include "hss/outgoing.h"
#include "hss/result_codes.h"
#include "hss/s6a.h"
#include "hss/text.h"
#include "hss/wire.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#define NOR_DELETE_ALL_GATEWAYS 16u // NOR-Flags, TS 29.272 7.3.49

struct nor {
	struct s6a_request r;
	struct store_op op;
	uint32_t flags;
	bool has_gateway;
	struct pdn_gateway gateway; // apn "": none told
	char imei[IMEI_SIZE];
	// ---- what the change finds
	struct hss_result result;
};

static void
read_address(struct gateway *gw, const struct wire_avp *avp)
{
	if (avp->value_len == 6 && wire_be16(avp->value) == 1) {
		memcpy(&gw->v4, avp->value + 2, 4);
		gw->has_v4 = true;
	} else if (avp->value_len == 18 && wire_be16(avp->value) == 2) {
		memcpy(&gw->v6, avp->value + 2, 16);
		gw->has_v6 = true;
	}
}

static void
read_host(struct gateway *gw, const struct wire_avp *group)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_enter(&c, group);
	while (wire_next(&c, &avp) == 1)
		switch (avp_which(&avp)) {
		case AVP_DESTINATION_HOST:
			avp_text(&avp, gw->host, sizeof(gw->host));
			break;
		case AVP_DESTINATION_REALM:
			avp_text(&avp, gw->realm, sizeof(gw->realm));
			break;
		default:
			break;
		}
}

static void
read_gateway(struct nor *n, const struct wire_avp *group)
{
	struct wire_cursor c;
	struct wire_avp avp;

	n->has_gateway = true;
	wire_enter(&c, group);
	while (wire_next(&c, &avp) == 1)
		switch (avp_which(&avp)) {
		case AVP_MIP_HOME_AGENT_ADDRESS:
			read_address(&n->gateway.gateway, &avp);
			break;
		case AVP_MIP_HOME_AGENT_HOST:
			read_host(&n->gateway.gateway, &avp);
			break;
		default:
			break;
		}
}

static void
read_terminal(struct nor *n, const struct wire_avp *group)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_enter(&c, group);
	while (wire_next(&c, &avp) == 1)
		if (avp_which(&avp) == AVP_IMEI)
			avp_text(&avp, n->imei, sizeof(n->imei));
	if (!imei_is_sound(n->imei))
		n->imei[0] = '\0';
}

static void
read_nor(struct nor *n)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, n->r.message, n->r.len);
	while (wire_next(&c, &avp) == 1)
		switch (avp_which(&avp)) {
		case AVP_MIP6_AGENT_INFO:
			read_gateway(n, &avp);
			break;
		case AVP_VISITED_NETWORK_IDENTIFIER:
			avp_text(&avp, n->gateway.visited_network,
				sizeof(n->gateway.visited_network));
			break;
		case AVP_CONTEXT_IDENTIFIER:
			n->gateway.context_id = avp_u32(&avp);
			break;
		case AVP_SERVICE_SELECTION:
			avp_text(&avp, n->gateway.apn, sizeof(n->gateway.apn));
			break;
		case AVP_NOR_FLAGS:
			n->flags = avp_u32(&avp);
			break;
		case AVP_TERMINAL_INFORMATION:
			read_terminal(n, &avp);
			break;
		default:
			break;
		}
}

static void
put_gateway(struct nor *n, struct subscriber *s)
{
	struct pdn_gateway *slot;

	if (n->flags & NOR_DELETE_ALL_GATEWAYS)
		s->n_gateways = 0;
	if (n->gateway.apn[0] == '\0')
		return;
	if (!n->has_gateway) {
		subscriber_gateway_del(s, n->gateway.apn);
		return;
	}
	slot = subscriber_gateway_put(s, n->gateway.apn);
	*slot = n->gateway;
}

// Where ULR brought no IMEI, this is where a lock takes hold: the device is sent away.
static int
judge_imei(struct nor *n, struct store_tx *tx, struct subscriber *s)
{
	enum verdict verdict = subscriber_judge(s, NULL, 0, n->imei);
	int ret;

	if (verdict == VERDICT_IMEI_MISMATCH) {
		n->result = s6a_result_of(verdict);
		s6a_history(tx, &n->r, HISTORY_REFUSED, n->result, verdict_name(verdict));
		ret = outgoing_clr(
			tx, s->imsi, s->registration.node, CLR_SUBSCRIPTION_WITHDRAWAL, CLR_S6A);
		s->registration.node = NULL;
		return ret < 0 ? ret : -ECANCELED;
	}
	if (subscriber_learn_imei(s, n->imei))
		s6a_history(tx, &n->r, HISTORY_IMEI_LEARNT, s6a_success, n->imei);
	if (n->imei[0] != '\0')
		text_copy(s->registration.imei, sizeof(s->registration.imei), n->imei);
	return 0;
}

static int
change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct nor *n = arg;
	const struct serving_node *node = s->registration.node;
	int ret;

	n->result = s6a_success;
	if (node == NULL || strcasecmp(node->host, n->r.host) != 0) {
		n->result = s6a_own_result(S6A_UNKNOWN_SERVING_NODE);
		return 0;
	}
	ret = judge_imei(n, tx, s);
	if (ret < 0)
		return ret == -ECANCELED ? 0 : ret;
	put_gateway(n, s);
	s6a_history(tx, &n->r, HISTORY_NOTIFIED, s6a_success,
		n->gateway.apn[0] != '\0' ? n->gateway.apn : NULL);
	return 0;
}

static void
answer(struct store_op *op, int result, const struct subscriber *s)
{
	struct nor *n = op->arg;

	s6a_answer(&n->r, result == 0 ? n->result : s6a_result_of_store(result));
	outgoing_wake();
}

void
s6a_nor(const struct s6a_source *from, const uint8_t *message, size_t len)
{
	struct nor *n = (struct nor *)s6a_request_new(from, message, len, sizeof(*n));

	if (n == NULL || !s6a_is_admitted(&n->r))
		return;
	read_nor(n);
	n->op.by = STORE_BY_IMSI;
	text_copy(n->op.key, sizeof(n->op.key), n->r.imsi);
	n->op.parts = STORE_LOCATION;
	n->op.change = change;
	n->op.done = answer;
	n->op.arg = n;
	store_submit(s6a.store, &n->op);
}
