// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/signalling.h"

#include "tests/ue/bearers.h"
#include "tests/ue/ue_pco.h"
#include "tests/ue/user_plane.h"

#include <errno.h>
#include <stdio.h>
#include <sys/random.h>

#define PCO_MAX 251
#define ADVERT_WAIT_S 13

static void
timer_set(struct ue *ue)
{
	uint64_t now = ue_now_ms(), at = gtpc_node_next_deadline(ue->node);
	uint64_t in = at <= now ? 1 : at - now;
	struct timeval tv = { .tv_sec = (time_t)(in / 1000), .tv_usec = (in % 1000) * 1000 };

	gtpc_socket_flush(ue->socket);
	if (at == UINT64_MAX)
		event_del(ue->timer);
	else
		event_add(ue->timer, &tv);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ue *ue = arg;

	gtpc_node_run(ue->node, ue_now_ms());
	timer_set(ue);
}

static void
on_datagram(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct ue *ue = user;

	gtpc_node_receive(ue->node, path, bytes, n, ue_now_ms());
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct ue *ue = arg;

	for (unsigned int i = 0; i < gtpc_socket_count(ue->socket); i++)
		if (gtpc_socket_fd(ue->socket, i) == fd)
			gtpc_socket_receive(ue->socket, i, 64, on_datagram, ue);
	timer_set(ue);
}

static void
on_send(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct ue *ue = user;

	gtpc_socket_send(ue->socket, path, bytes, n);
}

struct device *
device_of_teid(struct ue *ue, uint32_t teid)
{
	uint32_t index = (teid & 0xffff) - 1;

	if (index >= ue->options->n_devices || ue->device[index].teid != teid)
		return NULL;
	return &ue->device[index];
}

static bool
session_of(void *user, uint32_t teid, struct gtpc_session_peer *out)
{
	const struct device *d = device_of_teid(user, teid);

	if (d == NULL)
		return false;
	out->addr = d->gateway_c;
	out->teid = d->gateway_c_teid;
	return true;
}

// The gateway ends a device's PDN connection, or some of its dedicated bearers. 7.2.9.2
static void
on_delete_bearer(void *user, const struct gtpc_rx *rx, const struct gtpc_message *m)
{
	struct ue *ue = user;
	struct device *d = device_of_teid(ue, m->header.teid);
	struct gtpc_message answer;
	uint8_t cause = GTPC_CAUSE_CONTEXT_NOT_FOUND;

	gtpc_message_init(
		&answer, GTPC_MSG_DELETE_BEARER_RSP, d ? d->gateway_c_teid : 0, m->header.sequence);
	if (d != NULL && m->delete_bearer_req.has_lbi && m->delete_bearer_req.lbi == UE_EBI) {
		cause = GTPC_CAUSE_ACCEPTED;
		answer.delete_bearer_rsp.has_lbi = true;
		answer.delete_bearer_rsp.lbi = UE_EBI;
	} else if (d != NULL && m->delete_bearer_req.n_ebis > 0) {
		cause = bearers_delete(d, &m->delete_bearer_req, &answer.delete_bearer_rsp);
	}
	answer.delete_bearer_rsp.cause.value = cause;
	gtpc_node_answer(ue->node, rx->xact, rx->peer, &answer, rx->now_ms);
	if (cause != GTPC_CAUSE_ACCEPTED || !m->delete_bearer_req.has_lbi)
		return;
	printf("%s: ended by the gateway, cause %u %s\n", d->netns,
		m->delete_bearer_req.cause.value,
		m->delete_bearer_req.has_cause ? gtpc_cause_text(m->delete_bearer_req.cause.value)
					       : "not given");
	device_down(d);
	bearers_forget(d);
	d->state = DEVICE_DOWN;
	d->teid = 0;
}

int
signalling_open(struct ue *ue)
{
	const struct ue_options *o = ue->options;
	static struct peer_rule all[2];
	static struct gtpc_counters counters;
	struct gtpc_socket_config sockets = { .n_local = o->n_sgws, .counters = &counters };
	struct gtpc_node_config node = {
		.side = GTPC_FROM_SGW,
		.xact = { .incoming_max = 4096,
			.outgoing_max = 4096,
			.answer_bytes_max = 1 << 20,
			.keep_ms = (o->n3 + 1) * o->t3_ms },
		.peers = { .peers_max = 64, .restart_counter = 1, .rules = all, .n_rules = 2 },
		.user = ue,
		.send = on_send,
		.session_of = session_of,
	};
	uint32_t random[5];
	unsigned int failed = 0;
	int rc;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return -EIO;
	memcpy(node.xact.hash_key, random, 16);
	memcpy(node.peers.hash_key, random, 16);
	node.xact.first_sequence = random[4] & 0x7fffff;
	for (int i = 0; i < 2; i++)
		all[i] = (struct peer_rule){ .prefix.family = i ? 6 : 4,
			.is_allowed = true,
			.t3_ms = o->t3_ms,
			.n3 = o->n3 };
	node.request[GTPC_INDEX_DELETE_BEARER_REQ] = on_delete_bearer;
	bearers_serve(&node);
	for (unsigned int i = 0; i < o->n_sgws; i++)
		sockets.local[i].addr = o->sgw[i];
	ue->timer = evtimer_new(ue->base, on_timer, ue);
	ue->node = gtpc_node_new(&node);
	if (ue->node == NULL || ue->timer == NULL)
		return -ENOMEM;
	sockets.counters = gtpc_node_counters(ue->node);
	rc = gtpc_socket_open(&ue->socket, &sockets, &failed);
	if (rc) {
		char text[GTPC_ADDR_TEXT_MAX];

		fprintf(stderr, "torii-ue: %s port 2123: %s\n",
			gtpc_addr_text(&o->sgw[failed], text), strerror(-rc));
		return rc;
	}
	for (unsigned int i = 0; i < o->n_sgws; i++) {
		ue->socket_event[i] = event_new(ue->base, gtpc_socket_fd(ue->socket, i),
			EV_READ | EV_PERSIST, on_socket, ue);
		event_add(ue->socket_event[i], NULL);
	}
	return 0;
}

void
signalling_close(struct ue *ue)
{
	for (unsigned int i = 0; i < UE_SGWS_MAX; i++)
		if (ue->socket_event[i])
			event_free(ue->socket_event[i]);
	if (ue->socket)
		gtpc_socket_close(ue->socket);
	if (ue->node)
		gtpc_node_free(ue->node);
	if (ue->timer)
		event_free(ue->timer);
}

int
device_request(struct device *d, unsigned int sgw, struct gtpc_message *m, xact_done_fn done)
{
	struct ue *ue = d->ue;
	uint64_t now = ue_now_ms(), id;
	struct peer *peer;
	int rc = 0;

	peer = peer_get(gtpc_node_peers(ue->node), &d->gateway_c, now, &rc);
	if (peer == NULL)
		return rc;
	rc = gtpc_node_request(ue->node, &ue->options->sgw[sgw], peer, m, 0, done, d, now, &id);
	timer_set(ue);
	return rc;
}

void
device_failed(struct device *d, const char *procedure, int result, const struct gtpc_cause *cause)
{
	char gateway[GTPC_ADDR_TEXT_MAX];

	gtpc_addr_text(&d->gateway_c, gateway);
	if (result)
		snprintf(d->why, sizeof(d->why), "%s to %s: %s", procedure, gateway,
			result == -ETIMEDOUT ? "no answer" : strerror(-result));
	else if (!cause)
		snprintf(d->why, sizeof(d->why), "%s to %s: an answer without a Cause", procedure,
			gateway);
	else if (cause->has_offending_ie)
		snprintf(d->why, sizeof(d->why), "%s rejected by %s: %u %s (%s, instance %u)",
			procedure, gateway, cause->value, gtpc_cause_text(cause->value),
			gtpc_ie_name(cause->ie_type), cause->ie_instance);
	else
		snprintf(d->why, sizeof(d->why), "%s rejected by %s: %u %s", procedure, gateway,
			cause->value, gtpc_cause_text(cause->value));
}

uint32_t
device_new_tunnel(struct device *d)
{
	return (d->index + 1) | (uint32_t)++d->tunnels << 16;
}

// What the answer gives the device. False if something that it needs isn't there.
static bool
attach_take(struct device *d, const struct create_session_rsp *r)
{
	const struct bearer_created *b = &r->bearers[0];
	uint8_t family = d->ue->options->sgw[d->sgw].family;

	if (!r->has_pgw || r->n_bearers == 0 || !b->has_pgw_u || !r->has_paa) {
		snprintf(d->why, sizeof(d->why),
			"Create Session Response without PGW F-TEIDs or PAA");
		return false;
	}
	d->gateway_c = gtpc_fteid_addr(&r->pgw, family);
	d->gateway_c_teid = r->pgw.teid;
	d->gateway_u = gtpc_fteid_addr(&b->pgw_u, family);
	d->gateway_u_teid = b->pgw_u.teid;
	d->pdn_type = r->paa.pdn_type;
	memcpy(d->address, r->paa.ipv4, 4);
	memcpy(d->address6, r->paa.ipv6, 16);
	if (r->has_pco)
		ue_pco_answer(d, r->pco.bytes, r->pco.n);
	if (r->has_epco)
		ue_pco_answer(d, r->epco.bytes, r->epco.n);
	return true;
}

static int
device_delete(struct device *d, xact_done_fn done)
{
	struct gtpc_message m;

	gtpc_message_init(&m, GTPC_MSG_DELETE_SESSION_REQ, d->gateway_c_teid, 0);
	m.delete_session_req.has_lbi = true;
	m.delete_session_req.lbi = UE_EBI;
	return device_request(d, d->sgw, &m, done);
}

static void
given_up(void *ctx, int result, const struct gtpc_message *m)
{
	struct device *d = ctx;

	d->state = DEVICE_FAILED;
	d->teid = 0;
	ue_device_done(d, false);
}

// The gateway has the session, but the device can't use it: it is deleted, whatever that brings.
static void
give_up(struct device *d)
{
	if (device_delete(d, given_up))
		given_up(d, 0, NULL);
}

void
device_advertised(struct device *d)
{
	event_free(d->advert_timer);
	d->advert_timer = NULL;
	d->state = DEVICE_UP;
	ue_device_done(d, true);
}

// Linux asks again every 4 s. RFC 4861 10
static void
not_advertised(evutil_socket_t fd, short what, void *arg)
{
	struct device *d = arg;

	event_free(d->advert_timer);
	d->advert_timer = NULL;
	snprintf(d->why, sizeof(d->why), "no Router Advertisement came in %d s", ADVERT_WAIT_S);
	device_down(d);
	give_up(d);
}

static void
attached(void *ctx, int result, const struct gtpc_message *m)
{
	struct device *d = ctx;
	const struct create_session_rsp *r = m ? &m->create_session_rsp : NULL;

	if (r)
		d->cause = r->cause.value;
	if (result || !gtpc_cause_is_accepted(r->cause.value)) {
		device_failed(d, "Create Session", result, r ? &r->cause : NULL);
		d->state = DEVICE_FAILED;
		ue_device_done(d, false);
		return;
	}
	if (!attach_take(d, r) || device_up(d)) {
		give_up(d);
		return;
	}
	if (device_has_ipv6(d)) {
		d->advert_timer = evtimer_new(d->ue->base, not_advertised, d);
		event_add(d->advert_timer, &(struct timeval){ .tv_sec = ADVERT_WAIT_S });
		return;
	}
	d->state = DEVICE_UP;
	ue_device_done(d, true);
}

static void
attach_fill(struct device *d, struct create_session_req *q, const uint8_t *pco, size_t n)
{
	const struct ue_options *o = d->ue->options;
	unsigned int mcc = (unsigned int)(o->imsi / 1000000000000ULL);
	uint8_t type = o->pdn_type[d->index % o->n_pdn_types];

	q->has_imsi = true;
	snprintf(q->imsi.text, sizeof(q->imsi.text), "%s", d->imsi);
	if (o->msisdn) {
		q->has_msisdn = true;
		snprintf(q->msisdn.text, sizeof(q->msisdn.text), "%llu",
			(unsigned long long)(o->msisdn + d->index));
	}
	q->has_serving_network = true;
	q->serving_network =
		gtpc_plmn_make((uint16_t)mcc, (uint16_t)(o->imsi / 10000000000ULL % 100), 2);
	q->rat_type = GTPC_RAT_EUTRAN;
	q->has_indication = true;
	if (type == GTPC_PDN_IPV4V6)
		gtpc_indication_set(&q->indication, GTPC_IND_DAF);
	if (o->piggyback)
		gtpc_indication_set(&q->indication, GTPC_IND_PS);
	q->sender = gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, d->teid, &o->sgw[d->sgw]);
	snprintf(q->apn.text, sizeof(q->apn.text), "%s", o->apn);
	q->has_selection_mode = true;
	q->has_pdn_type = q->has_paa = true;
	q->pdn_type = q->paa.pdn_type = type;
	q->paa.ipv6_prefix_bits = 64;
	if (d->index == 0) {
		memcpy(q->paa.ipv4, o->address, 4);
		memcpy(q->paa.ipv6, o->address6, 16);
	}
	q->has_max_apn_restriction = true;
	q->has_ambr = true;
	q->ambr = (struct gtpc_ambr){ o->ambr_ul_kbps, o->ambr_dl_kbps };
	q->n_bearers = 1;
	q->bearers[0].ebi = UE_EBI;
	q->bearers[0].has_sgw_u = true;
	q->bearers[0].sgw_u = gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, d->teid, &o->sgw[d->sgw]);
	q->bearers[0].qos =
		(struct gtpc_qos){ .priority_level = 8, .is_preemptable = true, .qci = o->qci };
	q->has_pco = n && !o->epco;
	q->has_epco = n && o->epco;
	q->pco = q->epco = (struct gtpc_octets){ pco, (uint16_t)n };
}

int
device_attach(struct device *d)
{
	uint8_t pco[PCO_MAX];
	struct gtpc_message m;

	d->teid = device_new_tunnel(d);
	d->gateway_c = d->ue->options->gateway;
	d->state = DEVICE_ATTACHING;
	d->mtu = 1400;
	gtpc_message_init(&m, GTPC_MSG_CREATE_SESSION_REQ, 0, 0);
	attach_fill(d, &m.create_session_req, pco, ue_pco_request(d, pco, sizeof(pco)));
	return device_request(d, d->sgw, &m, attached);
}

static void
moved(void *ctx, int result, const struct gtpc_message *m)
{
	struct device *d = ctx;
	const struct modify_bearer_rsp *r = m ? &m->modify_bearer_rsp : NULL;

	if (r)
		d->cause = r->cause.value;
	d->state = DEVICE_UP;
	if (result || !gtpc_cause_is_accepted(r->cause.value)) {
		d->teid = d->teid_before;
		device_failed(d, "Modify Bearer", result, r ? &r->cause : NULL);
		ue_device_done(d, false);
		return;
	}
	d->sgw = d->sgw_wanted;
	ue_device_done(d, true);
}

int
device_move(struct device *d, unsigned int sgw)
{
	const struct gtpc_addr *addr = &d->ue->options->sgw[sgw];
	struct modify_bearer_req *q;
	struct gtpc_message m;

	d->teid_before = d->teid;
	d->teid = device_new_tunnel(d);
	d->state = DEVICE_MOVING;
	d->sgw_wanted = sgw;
	gtpc_message_init(&m, GTPC_MSG_MODIFY_BEARER_REQ, d->gateway_c_teid, 0);
	q = &m.modify_bearer_req;
	q->has_rat_type = true;
	q->rat_type = GTPC_RAT_EUTRAN;
	q->has_sender = true;
	q->sender = gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, d->teid, addr);
	q->n_bearers = 1;
	q->bearers[0].ebi = UE_EBI;
	q->bearers[0].has_sgw_u = true;
	q->bearers[0].sgw_u = gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, d->teid, addr);
	bearers_move(d, addr, q);
	return device_request(d, sgw, &m, moved);
}

static void
detached(void *ctx, int result, const struct gtpc_message *m)
{
	struct device *d = ctx;
	const struct delete_session_rsp *r = m ? &m->delete_session_rsp : NULL;

	if (r)
		d->cause = r->cause.value;
	device_down(d);
	bearers_forget(d);
	d->state = DEVICE_DOWN;
	d->teid = 0;
	if (result || !gtpc_cause_is_accepted(r->cause.value)) {
		device_failed(d, "Delete Session", result, r ? &r->cause : NULL);
		ue_device_done(d, false);
		return;
	}
	ue_device_done(d, true);
}

int
device_detach(struct device *d)
{
	d->state = DEVICE_DETACHING;
	return device_delete(d, detached);
}
