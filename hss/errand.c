// SPDX-License-Identifier: BSD-3-Clause
#include "hss/errand.h"

#include "config/log.h"
#include "hss/counters.h"
#include "hss/links.h"
#include "hss/result_codes.h"
#include "hss/s6a.h"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define SCORE_NEVER -1000
#define SCORE_VIA 50     // the peer that brought the registration
#define SCORE_REACHES 20 // another one that carries the same partner
#define SCORE_VIA_AGAIN 10

static const struct errand_kind kinds[] = {
	{ S6A_CLR, false, s6a_put_clr },
	{ S6A_IDR, true, s6a_put_idr },
	{ S6A_DSR, true, s6a_put_dsr },
	{ S6A_RSR, false, s6a_put_rsr },
};

const struct errand_kind *
errand_kind_of(uint32_t command_code)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (s6a_command_code(kinds[i].command) == command_code)
			return &kinds[i];
	return NULL;
}

// ---- What came.

static void
read_experimental(const struct wire_avp *group, struct hss_result *result)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_enter(&c, group);
	if (wire_find(&c, s6a_avps[AVP_EXPERIMENTAL_RESULT_CODE].code, 0, &avp)) {
		result->code = avp_u32(&avp);
		result->is_experimental = true;
	}
}

static void
read_answer(struct errand *e, const uint8_t *answer, size_t len)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, answer, len);
	while (wire_next(&c, &avp) == 1)
		switch (avp_which(&avp)) {
		case AVP_RESULT_CODE:
			e->result.code = avp_u32(&avp);
			break;
		case AVP_EXPERIMENTAL_RESULT:
			read_experimental(&avp, &e->result);
			break;
		default:
			break;
		}
}

static void
finish(struct errand *e)
{
	counters_add(e->request.command, e->result.code, e->result.is_experimental);
	e->done(e);
}

static void
on_answer(void *arg, struct msg **answer)
{
	struct errand *e = arg;
	uint8_t *octets = NULL;
	size_t len = 0;

	e->result = s6a_base_result(DIAMETER_UNABLE_TO_COMPLY);
	if (fd_msg_bufferize(*answer, &octets, &len) == 0)
		read_answer(e, octets, len);
	free(octets);
	fd_msg_free(*answer);
	*answer = NULL;
	finish(e);
}

static void
on_expiry(void *arg, DiamId_t peer, size_t len, struct msg **request)
{
	struct errand *e = arg;
	int cancel;

	// The library may cancel this thread of its own at any time.
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
	e->result = (struct hss_result){ .code = 0 };
	finish(e);
	pthread_setcancelstate(cancel, NULL);
}

// ---- Which way. The library's scores know the destination itself and its realm only.

static struct errand *
errand_of(struct msg *msg)
{
	void (*answered)(void *, struct msg **) = NULL;
	void *arg = NULL;

	if (fd_msg_anscb_get(msg, &answered, NULL, &arg) != 0 || answered != on_answer)
		return NULL;
	return arg;
}

static int
score(const struct errand *e, const struct rtd_candidate *c)
{
	const struct store_request *r = &e->request;
	const struct link *link = links_find(c->diamid, c->diamidlen);

	if (link == NULL)
		return SCORE_NEVER;
	if (strcasecmp(link->host, r->host) == 0)
		return FD_SCORE_FINALDEST;
	if (!peers_reaches(s6a.config, link->peer, r->realm))
		return SCORE_NEVER;
	// Another one at every second attempt: an agent may be up and its far side down.
	if (strcasecmp(link->host, r->via) == 0)
		return r->attempts % 2 == 0 ? SCORE_VIA : SCORE_VIA_AGAIN;
	return SCORE_REACHES;
}

static int
route_out(void *arg, struct msg **msg, struct fd_list *candidates)
{
	const struct errand *e = errand_of(*msg);

	if (e == NULL)
		return 0;
	for (struct fd_list *at = candidates->next; at != candidates; at = at->next) {
		struct rtd_candidate *c = (struct rtd_candidate *)at;

		c->score += score(e, c);
	}
	return 0;
}

int
errand_open(void)
{
	static struct fd_rt_out_hdl *handle;

	return -fd_rt_out_register(route_out, NULL, 5, &handle);
}

// ---- Sending.

// RFC 6733 8.8.
static void
put_session(struct avp_out *out)
{
	static atomic_uint serial;
	static atomic_uint started;
	unsigned none = 0;
	char text[HOST_SIZE + 32];

	atomic_compare_exchange_strong(&started, &none, (unsigned)time(NULL));
	snprintf(text, sizeof(text), "%s;%u;%u", s6a.config->identity, atomic_load(&started),
		atomic_fetch_add(&serial, 1));
	avp_put_text(out, AVP_SESSION_ID, text);
}

// The quirks of the peer that the request will go to first.
static const struct hss_peer *
quirks_of(const struct store_request *r)
{
	const struct link *link = links_find(r->host, strlen(r->host));

	if (link == NULL)
		link = links_find(r->via, strlen(r->via));
	return link != NULL ? link->peer : NULL;
}

// In octets of the heap, for the library to take.
static int
build(const struct errand *e, const struct subscriber *s, uint8_t **octets, size_t *len)
{
	const struct store_request *r = &e->request;
	struct wire_header h = { .version = 1,
		.flags = WIRE_REQUEST | WIRE_PROXIABLE,
		.command = r->command,
		.application = S6A_APPLICATION,
		.end_to_end = fd_msg_eteid_get() };
	struct avp_out out = { .peer = quirks_of(r) };
	int ret;

	*octets = malloc(WIRE_MESSAGE_MAX);
	if (*octets == NULL)
		return -ENOMEM;
	wire_begin(&out.w, *octets, WIRE_MESSAGE_MAX, &h);
	put_session(&out);
	s6a_put_application(&out);
	avp_put_text(&out, AVP_DESTINATION_HOST, r->host);
	avp_put_text(&out, AVP_DESTINATION_REALM, r->realm);
	if (r->imsi[0] != '\0')
		avp_put_text(&out, AVP_USER_NAME, r->imsi);
	ret = e->kind->put(&out, r, s);
	*len = wire_end(&out.w);
	return ret < 0 || *len > 0 ? ret : -EINVAL;
}

static struct timespec
deadline(void)
{
	unsigned timeout_ms = s6a.config->answer_timeout_ms;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return until;
}

int
errand_send(struct errand *e, const struct subscriber *s)
{
	struct timespec until = deadline();
	struct msg *msg = NULL;
	uint8_t *octets = NULL;
	size_t len = 0;
	int ret = build(e, s, &octets, &len);

	if (ret == 0)
		ret = -fd_msg_parse_buffer(&octets, len, &msg);
	free(octets); // NULL once the message has them
	if (ret == 0)
		ret = -fd_msg_send_timeout(&msg, on_answer, e, on_expiry, &until);
	if (ret < 0 && msg != NULL)
		fd_msg_free(msg);
	return ret;
}
