// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mme/mme.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int
send_out(struct mme *m)
{
	dia_end(&m->out);
	return dia_send(m->in.fd, m->out.octets, m->out.len, m->in.is_sctp);
}

static void
put_origin(struct mme *m)
{
	dia_put_text(&m->out, 264, 0, m->host);
	dia_put_text(&m->out, 296, 0, m->realm);
}

static void
put_application(struct mme *m)
{
	size_t group = dia_open(&m->out, 260, 0);

	dia_put_u32(&m->out, 266, 0, DIA_TGPP);
	dia_put_u32(&m->out, 258, 0, DIA_S6A);
	dia_close(&m->out, group);
}

// ---- Requests of the HSS.

static void
say_request(const struct dia_head *h, struct dia_part body)
{
	struct dia_part user = { .len = 0 }, found;
	char imsi[MME_IMSI_SIZE];

	dia_find(body, 1, 0, 0, &user);
	snprintf(imsi, sizeof(imsi), "%.*s", (int)user.len, (const char *)user.value);
	switch (h->command) {
	case DIA_CLR:
		json_begin("cancelled", imsi);
		json_number("type", dia_find_u32(body, 1420, DIA_TGPP));
		if (dia_find(body, 1638, DIA_TGPP, 0, &found))
			json_number("flags", dia_u32(found));
		break;
	case DIA_IDR:
		json_begin("inserted", imsi);
		if (dia_find(body, 1400, DIA_TGPP, 0, &found))
			json_subscription(found);
		break;
	case DIA_DSR:
		json_begin("deleted", imsi);
		json_number("flags", dia_find_u32(body, 1421, DIA_TGPP));
		json_contexts(body);
		break;
	case DIA_RSR:
		json_begin("reset", NULL);
		break;
	default:
		return;
	}
	json_end();
}

// In a process of its own: the HSS isn't kept waiting.
static void
run_on_cancel(const struct mme *m, const struct dia_head *h, struct dia_part body)
{
	struct dia_part user = { .len = 0 };
	char imsi[MME_IMSI_SIZE];

	if (h->command != DIA_CLR || m->on_cancel == NULL)
		return;
	dia_find(body, 1, 0, 0, &user);
	snprintf(imsi, sizeof(imsi), "%.*s", (int)user.len, (const char *)user.value);
	if (fork() == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO); // that one is for events
		execl("/bin/sh", "sh", "-c", m->on_cancel, "sh", imsi, (char *)NULL);
		_exit(127);
	}
}

static int
answer(struct mme *m)
{
	const struct dia *in = &m->message;
	struct dia_part body = dia_body(in->octets, in->len), session;
	struct dia_head h;
	uint32_t result = 2001;
	int ret;

	dia_head(in->octets, &h);
	if (h.command < 512 && m->answers[h.command] != 0)
		result = m->answers[h.command];
	dia_begin(&m->out, h.flags & DIA_P, h.command, h.application, h.hop_by_hop, h.end_to_end);
	if (dia_find(body, 263, 0, 0, &session))
		dia_put(&m->out, 263, 0, session.value, session.len);
	if (h.application != 0) {
		put_application(m);
		dia_put_u32(&m->out, 277, 0, 1);
		say_request(&h, body);
	}
	dia_put_u32(&m->out, 268, 0, result);
	put_origin(m);
	ret = send_out(m);
	if (ret == 0)
		run_on_cancel(m, &h, body);
	return ret;
}

int
mme_serve(struct mme *m, int timeout_ms)
{
	struct dia_head h;
	int ret;

	while ((ret = dia_receive(&m->in, &m->message, timeout_ms)) == 1) {
		dia_head(m->message.octets, &h);
		ret = h.flags & DIA_R ? answer(m) : 0;
		if (ret < 0)
			return ret;
		timeout_ms = 0; // what else is there already
	}
	return ret;
}

// ---- Requests to the HSS.

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// What was begun waits in a copy: the HSS's own requests are answered with m->out meanwhile.
int
mme_ask(struct mme *m, struct dia_part *body, uint32_t *result, bool *is_own)
{
	int64_t end = now_ms() + m->timeout_ms;
	struct dia_head asked, h;
	int ret = send_out(m);

	dia_head(m->out.octets, &asked);
	while (ret == 0) {
		int64_t left = end - now_ms();

		if (left <= 0)
			return -ETIMEDOUT;
		ret = dia_receive(&m->in, &m->message, (int)left);
		if (ret <= 0)
			continue;
		dia_head(m->message.octets, &h);
		if (!(h.flags & DIA_R) && h.hop_by_hop == asked.hop_by_hop) {
			*body = dia_body(m->message.octets, m->message.len);
			*result = dia_result(*body, is_own);
			return 0;
		}
		ret = h.flags & DIA_R ? answer(m) : 0;
	}
	return ret;
}

void
mme_begin(struct mme *m, uint32_t command, const char *imsi)
{
	char session[320];
	uint32_t id = ++m->next_id;

	dia_begin(&m->out, DIA_R | DIA_P, command, DIA_S6A, id, id);
	snprintf(session, sizeof(session), "%s;%u;%u", m->host, (unsigned)time(NULL), id);
	dia_put_text(&m->out, 263, 0, session);
	put_application(m);
	dia_put_u32(&m->out, 277, 0, 1);
	put_origin(m);
	dia_put_text(&m->out, 283, 0, m->home_realm);
	dia_put_text(&m->out, 1, 0, imsi);
}

int
mme_open(struct mme *m)
{
	struct dia_part body, host = { .len = 0 };
	uint32_t result, id = ++m->next_id;
	bool is_own;
	int ret = dia_connect(&m->target);

	if (ret < 0)
		return ret;
	m->in.fd = ret;
	m->in.is_sctp = m->target.is_sctp;
	dia_begin(&m->out, DIA_R, DIA_CER, 0, id, id);
	put_origin(m);
	dia_put(&m->out, 257, 0, "\0\1\x7f\0\0\1", 6);
	dia_put_u32(&m->out, 266, 0, DIA_TGPP);
	dia_put_text(&m->out, 269, 0, "torii-mme");
	dia_put_u32(&m->out, 265, 0, DIA_TGPP);
	put_application(m);
	ret = mme_ask(m, &body, &result, &is_own);
	if (ret < 0)
		return ret;
	dia_find(body, 264, 0, 0, &host);
	json_begin(result == 2001 ? "connected" : "refused", NULL);
	json_text("peer", host);
	json_number("result", result);
	json_end();
	return result == 2001 ? 0 : -EACCES;
}
