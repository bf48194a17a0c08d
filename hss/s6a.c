// SPDX-License-Identifier: BSD-3-Clause
#include "hss/s6a.h"

#include "config/log.h"
#include "hss/counters.h"
#include "hss/result_codes.h"
#include "hss/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NO_STATE_MAINTAINED 1
#define BACKLOG_WAIT_US 500
#define BACKLOG_TURNS 2000

struct s6a s6a;

const struct hss_result s6a_success = { .code = DIAMETER_SUCCESS };

// Answers are built and sent on one thread: each has one buffer.
static _Thread_local uint8_t answer_room[WIRE_MESSAGE_MAX];

void
s6a_open(const struct s6a *parts)
{
	s6a = *parts;
}

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

// ---- Results.

struct hss_result
s6a_base_result(uint32_t code)
{
	return (struct hss_result){ .code = code };
}

struct hss_result
s6a_own_result(uint32_t code)
{
	return (struct hss_result){ .code = code, .is_experimental = true };
}

struct hss_result
s6a_result_of(enum verdict verdict)
{
	const struct hss_results *r = &s6a.config->results;

	switch (verdict) {
	case VERDICT_SERVED:
		return s6a_success;
	case VERDICT_UNKNOWN:
		return r->unknown;
	case VERDICT_NOT_ACTIVE:
		return r->not_active;
	case VERDICT_PARTNER_BARRED:
		return r->partner_barred;
	case VERDICT_RAT_BARRED:
		return r->rat_barred;
	case VERDICT_IMEI_MISMATCH:
		return r->imei_mismatch;
	case VERDICT_NO_EPS:
		return r->no_eps;
	}
	return s6a_base_result(DIAMETER_UNABLE_TO_COMPLY);
}

struct hss_result
s6a_result_of_store(int result)
{
	return result == -ENOENT ? s6a.config->results.unknown : s6a.config->results.store_failed;
}

// ---- Requests.

// Feature-List-ID and Feature-List; those of other vendors don't count. TS 29.229 6.3.29.
static void
read_features(struct s6a_request *r, const struct wire_avp *group)
{
	uint32_t vendor = 0, id = 0, list = 0;
	struct wire_cursor c;
	struct wire_avp avp;

	wire_enter(&c, group);
	while (wire_next(&c, &avp) == 1)
		switch (avp_which(&avp)) {
		case AVP_VENDOR_ID:
			vendor = avp_u32(&avp);
			break;
		case AVP_FEATURE_LIST_ID:
			id = avp_u32(&avp);
			break;
		case AVP_FEATURE_LIST:
			list = avp_u32(&avp);
			break;
		default:
			break;
		}
	if (vendor != TGPP_VENDOR || id < 1 || id > 2)
		return;
	r->has_features = true;
	r->has_feature_list[id - 1] = true;
	r->features[id - 1] = list & s6a.config->feature_list[id - 1];
}

static void
read_common(struct s6a_request *r)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, r->message, r->len);
	while (wire_next(&c, &avp) == 1)
		switch (avp_which(&avp)) {
		case AVP_USER_NAME:
			avp_text(&avp, r->imsi, sizeof(r->imsi));
			break;
		case AVP_ORIGIN_HOST:
			avp_text(&avp, r->host, sizeof(r->host));
			break;
		case AVP_ORIGIN_REALM:
			avp_text(&avp, r->realm, sizeof(r->realm));
			break;
		case AVP_VISITED_PLMN_ID:
			r->has_plmn = avp.value_len == sizeof(r->plmn.tbcd);
			if (r->has_plmn)
				memcpy(r->plmn.tbcd, avp.value, sizeof(r->plmn.tbcd));
			break;
		case AVP_SUPPORTED_FEATURES:
			read_features(r, &avp);
			break;
		default:
			break;
		}
}

struct s6a_request *
s6a_request_new(const struct s6a_source *from, const uint8_t *message, size_t len, size_t size)
{
	struct s6a_request *r = malloc(size + len);
	uint8_t *copy;

	if (r == NULL) {
		from->reply(from->arg, NULL, 0);
		return NULL;
	}
	memset(r, 0, size);
	copy = (uint8_t *)r + size;
	memcpy(copy, message, len);
	r->from = *from;
	r->message = copy;
	r->len = len;
	r->received_ns = now_ns();
	wire_header_decode(message, &r->header);
	read_common(r);
	r->partner = peers_partner(s6a.config, from->link->peer, r->realm, strlen(r->realm));
	return r;
}

bool
s6a_is_admitted(struct s6a_request *r)
{
	const struct hss_results *results = &s6a.config->results;
	char digits[7];

	if (r->partner == NULL) {
		log_limited(LOG_LEVEL_WARNING, 5, "peer %s: may not bring requests of realm %s",
			r->from.link->host, r->realm);
		s6a_answer(r, results->foreign_origin);
		return false;
	}
	if (r->partner->is_barred) {
		s6a_answer(r, results->partner_barred);
		return false;
	}
	if (r->has_plmn && !partner_has_plmn(r->partner, &r->plmn)) {
		plmn_format(&r->plmn, digits);
		log_limited(LOG_LEVEL_WARNING, 5,
			"partner %s: %s asks for PLMN %s, which isn't its", r->partner->name,
			r->host, digits);
		s6a_answer(r, results->foreign_plmn);
		return false;
	}
	return true;
}

// At more than that nothing more is read from the peer until the store has caught up.
static void
wait_for_store(void)
{
	for (unsigned i = 0; i < BACKLOG_TURNS; i++) {
		if (store_backlog(s6a.store) < s6a.config->store_backlog_max)
			return;
		usleep(BACKLOG_WAIT_US);
	}
}

void
s6a_receive(const struct s6a_source *from, const uint8_t *message, size_t len)
{
	struct wire_header h;

	wire_header_decode(message, &h);
	wait_for_store();
	switch (h.command) {
	case 318:
		s6a_air(from, message, len);
		break;
	case 316:
		s6a_ulr(from, message, len);
		break;
	case 321:
		s6a_pur(from, message, len);
		break;
	case 323:
		s6a_nor(from, message, len);
		break;
	default: // the screen has refused it
		from->reply(from->arg, NULL, 0);
		break;
	}
}

// ---- Answers.

static void
copy_session(const struct s6a_request *r, struct avp_out *out)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, r->message, r->len);
	if (wire_find(&c, 263, 0, &avp))
		avp_put_octets(out, AVP_SESSION_ID, avp.value, avp.value_len);
}

static void
copy_proxy_infos(const struct s6a_request *r, struct avp_out *out)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, r->message, r->len);
	while (wire_next(&c, &avp) == 1)
		if (avp.code == 284 && avp.vendor == 0)
			wire_copy(&out->w, &avp);
}

void
s6a_put_application(struct avp_out *out)
{
	size_t group = avp_open(out, AVP_VENDOR_SPECIFIC_APPLICATION_ID);

	avp_put_u32(out, AVP_VENDOR_ID, TGPP_VENDOR);
	avp_put_u32(out, AVP_AUTH_APPLICATION_ID, S6A_APPLICATION);
	avp_close(out, group);
	avp_put_u32(out, AVP_AUTH_SESSION_STATE, NO_STATE_MAINTAINED);
	avp_put_text(out, AVP_ORIGIN_HOST, s6a.config->identity);
	avp_put_text(out, AVP_ORIGIN_REALM, s6a.config->realm);
}

static void
put_result(struct avp_out *out, struct hss_result result)
{
	size_t group;

	if (!result.is_experimental) {
		avp_put_u32(out, AVP_RESULT_CODE, result.code);
		return;
	}
	group = avp_open(out, AVP_EXPERIMENTAL_RESULT);
	avp_put_u32(out, AVP_VENDOR_ID, TGPP_VENDOR);
	avp_put_u32(out, AVP_EXPERIMENTAL_RESULT_CODE, result.code);
	avp_close(out, group);
}

static void
put_features(const struct s6a_request *r, struct avp_out *out)
{
	for (uint32_t i = 0; i < 2; i++) {
		size_t group;

		if (!r->has_feature_list[i])
			continue;
		group = avp_open(out, AVP_SUPPORTED_FEATURES);
		avp_put_u32(out, AVP_VENDOR_ID, TGPP_VENDOR);
		avp_put_u32(out, AVP_FEATURE_LIST_ID, i + 1);
		avp_put_u32(out, AVP_FEATURE_LIST, r->features[i]);
		avp_close(out, group);
	}
}

void
s6a_answer_begin(struct s6a_request *r, struct hss_result result, struct avp_out *out)
{
	struct wire_header h = r->header;

	h.flags &= WIRE_PROXIABLE;
	if (!result.is_experimental && result.code / 1000 == 3)
		h.flags |= WIRE_ERROR;
	*out = (struct avp_out){ .peer = r->from.link->peer };
	wire_begin(&out->w, answer_room, sizeof(answer_room), &h);
	counters_add(h.command, result.code, result.is_experimental);
	copy_session(r, out);
	put_result(out, result);
	s6a_put_application(out);
	put_features(r, out);
}

void
s6a_answer_send(struct s6a_request *r, struct avp_out *out)
{
	size_t len;

	copy_proxy_infos(r, out);
	len = wire_end(&out->w);
	if (len == 0) {
		log_limited(LOG_LEVEL_ERROR, 5, "%s: the answer is too long", r->imsi);
		s6a_answer_begin(r, s6a_base_result(DIAMETER_UNABLE_TO_COMPLY), out);
		len = wire_end(&out->w);
	}
	r->from.reply(r->from.arg, answer_room, len);
	atomic_fetch_add_explicit(&r->from.link->n_answered, 1, memory_order_relaxed);
	counters_latency(r->header.command, now_ns() - r->received_ns);
	free(r);
}

void
s6a_answer(struct s6a_request *r, struct hss_result result)
{
	struct avp_out out;

	s6a_answer_begin(r, result, &out);
	s6a_answer_send(r, &out);
}

void
s6a_history(struct store_tx *tx, const struct s6a_request *r, enum history_event event,
	struct hss_result result, const char *why)
{
	struct history_entry entry = { .event = (uint8_t)event, .result = (uint16_t)result.code };

	memcpy(entry.plmn, r->plmn.tbcd, sizeof(entry.plmn));
	text_copy(entry.text, sizeof(entry.text), why != NULL ? why : r->host);
	store_history(tx, &entry);
}
