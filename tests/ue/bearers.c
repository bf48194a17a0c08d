// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/bearers.h"

#include "tests/ue/signalling.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define EBI_LAST 15

static struct ue_bearer *
find(struct device *d, uint8_t ebi)
{
	for (unsigned int i = 0; i < UE_BEARERS_MAX; i++)
		if (d->bearer[i].ebi == ebi)
			return &d->bearer[i];
	return NULL;
}

struct ue_bearer *
bearers_of_teid(struct device *d, uint32_t teid)
{
	for (unsigned int i = 0; i < UE_BEARERS_MAX; i++)
		if (d->bearer[i].ebi && d->bearer[i].teid == teid)
			return &d->bearer[i];
	return NULL;
}

void
bearers_forget(struct device *d)
{
	memset(d->bearer, 0, sizeof(d->bearer));
}

// ---- Which bearer.

// What of a packet that the device sends a filter may ask for.
struct flow {
	uint8_t family; // 4 or 6
	uint8_t address_bytes;
	const uint8_t *local, *remote;
	uint8_t tos; // or traffic class
	uint8_t protocol;
	uint32_t flow_label;
	const uint8_t *ports; // NULL: none, as in a later fragment
	const uint8_t *spi;
};

// Behind all headers of IP: n octets of `protocol`.
static void
read_transport(struct flow *f, uint8_t protocol, const uint8_t *at, size_t n, bool is_first)
{
	f->protocol = protocol;
	if (!is_first || n < 4)
		return;
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
		protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE)
		f->ports = at;
	else if (protocol == IPPROTO_ESP)
		f->spi = at;
	else if (protocol == IPPROTO_AH && n >= 8)
		f->spi = at + 4;
}

static bool
read_ipv4(struct flow *f, const uint8_t *ip, size_t n)
{
	size_t header = (size_t)(ip[0] & 15) * 4;

	if (n < 20 || header < 20 || header > n)
		return false;
	*f = (struct flow){ .family = 4, .address_bytes = 4, .local = ip + 12, .remote = ip + 16 };
	f->tos = ip[1];
	read_transport(f, ip[9], ip + header, n - header, ((ip[6] & 31) | ip[7]) == 0);
	return true;
}

// The next header of a filter is that of the payload: RFC 8200 4.
static bool
read_ipv6(struct flow *f, const uint8_t *ip, size_t n)
{
	uint8_t next = n < 40 ? 0 : ip[6];
	bool is_first = true;
	size_t at = 40;

	if (n < 40)
		return false;
	*f = (struct flow){ .family = 6, .address_bytes = 16, .local = ip + 8, .remote = ip + 24 };
	f->tos = (uint8_t)(ip[0] << 4 | ip[1] >> 4);
	f->flow_label = (uint32_t)(ip[1] & 15) << 16 | (uint32_t)ip[2] << 8 | ip[3];
	while (at + 8 <= n &&
		(next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
			next == IPPROTO_FRAGMENT)) {
		size_t length = next == IPPROTO_FRAGMENT ? 8 : 8 + 8 * (size_t)ip[at + 1];

		if (next == IPPROTO_FRAGMENT)
			is_first = (ip[at + 2] | (ip[at + 3] & 0xf8)) == 0;
		next = ip[at];
		at += length;
	}
	read_transport(f, next, ip + at, at < n ? n - at : 0, is_first);
	return true;
}

static bool
fits_masked(const uint8_t *addr, const uint8_t *wanted, const uint8_t *mask, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if ((addr[i] ^ wanted[i]) & mask[i])
			return false;
	return true;
}

static bool
is_within(const uint8_t *be, uint16_t min, uint16_t max)
{
	unsigned int port = (unsigned int)be[0] << 8 | be[1];

	return port >= min && port <= max;
}

static bool
fits_ports(const struct dp_filter *is, const struct flow *f)
{
	if (!(is->fields & (TFT_LOCAL_PORT | TFT_REMOTE_PORT)))
		return true;
	if (!f->ports)
		return false;
	if (is->fields & TFT_LOCAL_PORT &&
		!is_within(f->ports, is->local_port_min, is->local_port_max))
		return false;
	return !(is->fields & TFT_REMOTE_PORT) ||
		is_within(f->ports + 2, is->remote_port_min, is->remote_port_max);
}

static bool
fits_spi(const struct dp_filter *is, const struct flow *f)
{
	uint32_t spi;

	if (!(is->fields & TFT_SPI))
		return true;
	if (!f->spi)
		return false;
	memcpy(&spi, f->spi, sizeof(spi));
	return ntohl(spi) == is->spi;
}

// TS 23.060 15.3.2, for a packet that the device sends: remote is its destination.
static bool
fits(const struct tft_filter *filter, const struct flow *f)
{
	const struct dp_filter *is = &filter->is;

	if (!tft_is_uplink(filter) || (is->family != 0 && is->family != f->family))
		return false;
	if (!fits_masked(f->local, is->local, is->local_mask, f->address_bytes) ||
		!fits_masked(f->remote, is->remote, is->remote_mask, f->address_bytes))
		return false;
	if (is->fields & TFT_PROTOCOL && is->protocol != f->protocol)
		return false;
	if (is->fields & TFT_TOS && (f->tos ^ is->tos) & is->tos_mask)
		return false;
	if (is->fields & TFT_FLOW_LABEL && (f->family != 6 || f->flow_label != is->flow_label))
		return false;
	return fits_ports(is, f) && fits_spi(is, f);
}

struct ue_bearer *
bearers_choose(struct device *d, const uint8_t *ip, size_t n)
{
	struct ue_bearer *best = NULL;
	unsigned int precedence = UINT8_MAX + 1;
	struct flow f;

	if (n == 0 || !(ip[0] >> 4 == 6 ? read_ipv6(&f, ip, n) : read_ipv4(&f, ip, n)))
		return NULL;
	for (unsigned int i = 0; i < UE_BEARERS_MAX; i++) {
		struct ue_bearer *b = &d->bearer[i];

		for (unsigned int k = 0; b->ebi && k < b->n_filters; k++)
			if (b->filter[k].precedence < precedence && fits(&b->filter[k], &f)) {
				precedence = b->filter[k].precedence;
				best = b;
			}
	}
	return best;
}

// ---- What the gateway asks for.

// As an MME chooses: the lowest one that is free. 0: none.
static uint8_t
free_ebi(struct device *d)
{
	for (uint8_t ebi = UE_EBI + 1; ebi <= EBI_LAST; ebi++)
		if (!find(d, ebi))
			return ebi;
	return 0;
}

static uint8_t
take_bearer(struct device *d, const struct bearer_to_add *from, struct ue_bearer **out)
{
	uint8_t ebi = free_ebi(d);
	struct ue_bearer *b = find(d, 0);
	struct tft tft;

	*out = NULL;
	if (!b || !ebi)
		return GTPC_CAUSE_NO_RESOURCES;
	if (!from->has_pgw_u)
		return GTPC_CAUSE_CONDITIONAL_IE_MISSING;
	if (tft_decode(from->tft.bytes, from->tft.n, &tft) != TFT_GOOD ||
		tft.operation != TFT_CREATE)
		return GTPC_CAUSE_TFT_SYNTACTIC_ERROR;
	*b = (struct ue_bearer){ .ebi = ebi,
		.qci = from->qos.qci,
		.teid = device_new_tunnel(d),
		.gateway_teid = from->pgw_u.teid,
		.n_filters = tft.n_filters };
	memcpy(b->filter, tft.filter, sizeof(b->filter));
	*out = b;
	return GTPC_CAUSE_ACCEPTED;
}

static void
on_create(void *user, const struct gtpc_rx *rx, const struct gtpc_message *m)
{
	const struct create_bearer_req *req = &m->create_bearer_req;
	struct ue *ue = user;
	struct device *d = device_of_teid(ue, m->header.teid);
	struct create_bearer_rsp *rsp;
	struct gtpc_message answer;
	unsigned int n_taken = 0;

	gtpc_message_init(
		&answer, GTPC_MSG_CREATE_BEARER_RSP, d ? d->gateway_c_teid : 0, m->header.sequence);
	rsp = &answer.create_bearer_rsp;
	rsp->n_bearers = req->n_bearers;
	for (unsigned int i = 0; i < req->n_bearers; i++) {
		struct bearer_added *to = &rsp->bearers[i];
		struct ue_bearer *b = NULL;

		to->cause.value = d && req->lbi == UE_EBI ? take_bearer(d, &req->bearers[i], &b)
							  : GTPC_CAUSE_CONTEXT_NOT_FOUND;
		if (!b)
			continue;
		n_taken++;
		to->ebi = b->ebi;
		to->has_sgw_u = to->has_pgw_u = true;
		to->pgw_u = req->bearers[i].pgw_u;
		to->sgw_u = gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, b->teid, &ue->options->sgw[d->sgw]);
	}
	rsp->cause.value = n_taken == req->n_bearers ? GTPC_CAUSE_ACCEPTED
		: n_taken                            ? GTPC_CAUSE_ACCEPTED_PARTIALLY
						     : rsp->bearers[0].cause.value;
	gtpc_node_answer(ue->node, rx->xact, rx->peer, &answer, rx->now_ms);
}

static uint8_t
change(struct device *d, const struct bearer_to_update *from)
{
	struct ue_bearer *b = d && from->ebi != 0 ? find(d, from->ebi) : NULL;
	struct tft tft;

	if (d && from->ebi == UE_EBI)
		return GTPC_CAUSE_ACCEPTED;
	if (!b)
		return GTPC_CAUSE_CONTEXT_NOT_FOUND;
	if (from->has_tft &&
		(tft_decode(from->tft.bytes, from->tft.n, &tft) != TFT_GOOD ||
			tft_apply(&tft, b->filter, &b->n_filters) != TFT_GOOD))
		return GTPC_CAUSE_TFT_SEMANTIC_ERROR;
	if (from->has_qos)
		b->qci = from->qos.qci;
	return GTPC_CAUSE_ACCEPTED;
}

static void
on_update(void *user, const struct gtpc_rx *rx, const struct gtpc_message *m)
{
	const struct update_bearer_req *req = &m->update_bearer_req;
	struct ue *ue = user;
	struct device *d = device_of_teid(ue, m->header.teid);
	struct update_bearer_rsp *rsp;
	struct gtpc_message answer;

	gtpc_message_init(
		&answer, GTPC_MSG_UPDATE_BEARER_RSP, d ? d->gateway_c_teid : 0, m->header.sequence);
	rsp = &answer.update_bearer_rsp;
	rsp->cause.value = d ? GTPC_CAUSE_ACCEPTED : GTPC_CAUSE_CONTEXT_NOT_FOUND;
	for (unsigned int i = 0; i < req->n_bearers; i++) {
		rsp->bearers[i].ebi = req->bearers[i].ebi;
		rsp->bearers[i].cause.value = change(d, &req->bearers[i]);
		if (!gtpc_cause_is_accepted(rsp->bearers[i].cause.value))
			rsp->cause.value = rsp->bearers[i].cause.value;
	}
	rsp->n_bearers = req->n_bearers;
	gtpc_node_answer(ue->node, rx->xact, rx->peer, &answer, rx->now_ms);
}

void
bearers_serve(struct gtpc_node_config *node)
{
	node->request[GTPC_INDEX_CREATE_BEARER_REQ] = on_create;
	node->request[GTPC_INDEX_UPDATE_BEARER_REQ] = on_update;
}

uint8_t
bearers_delete(struct device *d, const struct delete_bearer_req *req, struct delete_bearer_rsp *rsp)
{
	unsigned int n_ended = 0;

	for (unsigned int i = 0; i < req->n_ebis; i++) {
		struct ue_bearer *b = req->ebis[i] ? find(d, req->ebis[i]) : NULL;
		struct bearer_deleted *to = &rsp->bearers[rsp->n_bearers++];

		to->ebi = req->ebis[i];
		to->cause.value = b ? GTPC_CAUSE_ACCEPTED : GTPC_CAUSE_CONTEXT_NOT_FOUND;
		if (!b)
			continue;
		n_ended++;
		memset(b, 0, sizeof(*b));
	}
	if (n_ended == 0)
		return GTPC_CAUSE_CONTEXT_NOT_FOUND;
	return n_ended < req->n_ebis ? GTPC_CAUSE_ACCEPTED_PARTIALLY : GTPC_CAUSE_ACCEPTED;
}

void
bearers_move(struct device *d, const struct gtpc_addr *sgw, struct modify_bearer_req *req)
{
	for (unsigned int i = 0; i < UE_BEARERS_MAX; i++) {
		struct ue_bearer *b = &d->bearer[i];
		struct bearer_to_modify *to = &req->bearers[req->n_bearers];

		if (!b->ebi)
			continue;
		b->teid = device_new_tunnel(d);
		to->ebi = b->ebi;
		to->has_sgw_u = true;
		to->sgw_u = gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, b->teid, sgw);
		req->n_bearers++;
	}
}

// ---- Commands.

// A Failure Indication, or the request that the Command has started and that is served as such.
static void
commanded(void *ctx, int result, const struct gtpc_message *m)
{
	struct device *d = ctx;
	const struct gtpc_cause *cause = m ? gtpc_message_cause(m) : NULL;
	bool is_done = result == 0 &&
		(m->header.type == GTPC_MSG_CREATE_BEARER_REQ ||
			m->header.type == GTPC_MSG_UPDATE_BEARER_REQ ||
			m->header.type == GTPC_MSG_DELETE_BEARER_REQ);

	d->state = DEVICE_UP;
	if (is_done)
		d->cause = GTPC_CAUSE_ACCEPTED;
	else if (cause)
		d->cause = cause->value;
	if (!is_done)
		device_failed(d, "The Command", result, cause);
	ue_device_done(d, is_done);
}

static int
fill_modify(struct modify_bearer_cmd *cmd, const char *words)
{
	unsigned int ul, dl, qci;

	if (sscanf(words, "%u %u %u", &ul, &dl, &qci) != 3 || qci == 0 || qci > 254)
		return -EINVAL;
	cmd->ambr = (struct gtpc_ambr){ .ul_kbps = ul, .dl_kbps = dl };
	cmd->bearer.ebi = UE_EBI;
	cmd->bearer.has_qos = true;
	cmd->bearer.qos = (struct gtpc_qos){ .qci = (uint8_t)qci, .priority_level = 8 };
	return 0;
}

static int
fill_delete(struct delete_bearer_cmd *cmd, const char *words)
{
	unsigned int ebi;

	if (sscanf(words, "%u", &ebi) != 1 || ebi == 0 || ebi > EBI_LAST)
		return -EINVAL;
	cmd->n_bearers = 1;
	cmd->bearers[0].ebi = (uint8_t)ebi;
	return 0;
}

// tad: TFT_BYTES_MAX octets that last until the message is encoded.
static int
fill_resource(struct bearer_resource_cmd *cmd, const char *words, uint8_t *tad)
{
	struct tft tft = { .operation = TFT_CREATE, .n_filters = 1 };
	unsigned int qci;
	char why[128];
	ssize_t n;
	int at;

	if (sscanf(words, "%u %n", &qci, &at) != 1 || qci == 0 || qci > 254 ||
		tft_filter_parse(words + at, &tft.filter[0], why, sizeof(why)) < 0)
		return -EINVAL;
	n = tft_encode(&tft, tad, TFT_BYTES_MAX);
	if (n < 0)
		return (int)n;
	cmd->lbi = UE_EBI;
	cmd->pti = 1;
	cmd->has_tad = true;
	cmd->tad = (struct gtpc_octets){ .bytes = tad, .n = (uint16_t)n };
	cmd->has_flow_qos = true;
	cmd->flow_qos = (struct gtpc_qos){ .qci = (uint8_t)qci };
	if (gtpc_qci_is_gbr((uint8_t)qci))
		cmd->flow_qos.ul_gbr_kbps = cmd->flow_qos.dl_gbr_kbps = 64;
	return 0;
}

int
device_command(struct device *d, const char *words)
{
	uint8_t tad[TFT_BYTES_MAX];
	struct gtpc_message m;
	int rc = -EINVAL;

	if (strncmp(words, "modify ", 7) == 0) {
		gtpc_message_init(&m, GTPC_MSG_MODIFY_BEARER_CMD, d->gateway_c_teid, 0);
		rc = fill_modify(&m.modify_bearer_cmd, words + 7);
	} else if (strncmp(words, "delete ", 7) == 0) {
		gtpc_message_init(&m, GTPC_MSG_DELETE_BEARER_CMD, d->gateway_c_teid, 0);
		rc = fill_delete(&m.delete_bearer_cmd, words + 7);
	} else if (strncmp(words, "resource ", 9) == 0) {
		gtpc_message_init(&m, GTPC_MSG_BEARER_RESOURCE_CMD, d->gateway_c_teid, 0);
		rc = fill_resource(&m.bearer_resource_cmd, words + 9, tad);
	}
	if (rc)
		return rc;
	d->state = DEVICE_COMMANDING;
	return device_request(d, d->sgw, &m, commanded);
}
