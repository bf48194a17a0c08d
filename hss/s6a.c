// SPDX-License-Identifier: BSD-3-Clause
#include "hss/s6a.h"

#include "config/log.h"
#include "hss/counters.h"
#include "hss/result_codes.h"
#include "hss/s6a_dict.h"
#include "hss/text.h"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

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
read_features(struct s6a_request *r, struct avp *group)
{
	uint32_t vendor = 0, id = 0, list = 0;
	struct avp_hdr *h;

	for (struct avp *avp = avp_first(group, &h); avp != NULL; avp = avp_next(avp, &h))
		switch (avp_which(h)) {
		case AVP_VENDOR_ID:
			vendor = avp_u32(h);
			break;
		case AVP_FEATURE_LIST_ID:
			id = avp_u32(h);
			break;
		case AVP_FEATURE_LIST:
			list = avp_u32(h);
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
	struct avp_hdr *h;
	const uint8_t *octets;
	size_t len;

	for (struct avp *avp = avp_first(r->msg, &h); avp != NULL; avp = avp_next(avp, &h))
		switch (avp_which(h)) {
		case AVP_USER_NAME:
			avp_text(h, r->imsi, sizeof(r->imsi));
			break;
		case AVP_ORIGIN_HOST:
			avp_text(h, r->host, sizeof(r->host));
			break;
		case AVP_ORIGIN_REALM:
			avp_text(h, r->realm, sizeof(r->realm));
			break;
		case AVP_VISITED_PLMN_ID:
			octets = avp_octets(h, &len);
			if (octets != NULL && len == sizeof(r->plmn.tbcd)) {
				memcpy(r->plmn.tbcd, octets, len);
				r->has_plmn = true;
			}
			break;
		case AVP_SUPPORTED_FEATURES:
			read_features(r, avp);
			break;
		default:
			break;
		}
}

static struct link *
link_of(struct msg *msg)
{
	DiamId_t source = NULL;
	size_t len = 0;

	if (fd_msg_source_get(msg, &source, &len) != 0 || source == NULL)
		return NULL;
	return links_find(source, len);
}

struct s6a_request *
s6a_request_new(struct msg *msg, size_t size)
{
	struct s6a_request *r = calloc(1, size);
	struct msg_hdr *h;

	if (r == NULL || fd_msg_hdr(msg, &h) != 0) {
		free(r);
		fd_msg_free(msg);
		return NULL;
	}
	r->msg = msg;
	r->received_ns = now_ns();
	r->command = h->msg_code;
	r->end_to_end = h->msg_eteid;
	r->is_retransmitted = h->msg_flags & CMD_FLAG_RETRANSMIT;
	r->link = link_of(msg);
	read_common(r);
	if (r->link != NULL)
		r->partner = peers_partner(s6a.config, r->link->peer, r->realm, strlen(r->realm));
	return r;
}

void
s6a_request_free(struct s6a_request *r)
{
	if (r->msg != NULL)
		fd_msg_free(r->msg);
	free(r);
}

bool
s6a_is_admitted(struct s6a_request *r)
{
	const struct hss_results *results = &s6a.config->results;

	if (r->partner == NULL) {
		log_limited(LOG_LEVEL_WARNING, 5, "peer %s: may not bring requests of realm %s",
			r->link != NULL ? r->link->host : "?", r->realm);
		s6a_answer(r, results->foreign_origin);
		return false;
	}
	if (r->partner->is_barred) {
		s6a_answer(r, results->partner_barred);
		return false;
	}
	if (r->has_plmn && !partner_has_plmn(r->partner, &r->plmn)) {
		char digits[7];

		plmn_format(&r->plmn, digits);
		log_limited(LOG_LEVEL_WARNING, 5,
			"partner %s: %s asks for PLMN %s, which isn't its", r->partner->name,
			r->host, digits);
		s6a_answer(r, results->foreign_plmn);
		return false;
	}
	return true;
}

// ---- Answers.

static void
copy_session(struct msg *request, struct avp_out *out)
{
	struct avp_hdr *h;

	for (struct avp *avp = avp_first(request, &h); avp != NULL; avp = avp_next(avp, &h))
		if (avp_which(h) == AVP_SESSION_ID) {
			size_t len;
			const uint8_t *octets = avp_octets(h, &len);

			if (octets != NULL)
				avp_put_first(out, AVP_SESSION_ID, octets, len);
			return;
		}
}

static void
put_application(struct avp_out *out)
{
	struct avp_out group = avp_put_group(out, AVP_VENDOR_SPECIFIC_APPLICATION_ID);

	avp_put_u32(&group, AVP_VENDOR_ID, TGPP_VENDOR);
	avp_put_u32(&group, AVP_AUTH_APPLICATION_ID, S6A_APPLICATION);
}

static void
put_result(struct avp_out *out, struct hss_result result)
{
	struct avp_out group;

	if (!result.is_experimental) {
		avp_put_u32(out, AVP_RESULT_CODE, result.code);
		return;
	}
	group = avp_put_group(out, AVP_EXPERIMENTAL_RESULT);
	avp_put_u32(&group, AVP_VENDOR_ID, TGPP_VENDOR);
	avp_put_u32(&group, AVP_EXPERIMENTAL_RESULT_CODE, result.code);
}

static void
put_features(const struct s6a_request *r, struct avp_out *out)
{
	for (uint32_t i = 0; i < 2; i++) {
		struct avp_out group;

		if (!r->has_feature_list[i])
			continue;
		group = avp_put_group(out, AVP_SUPPORTED_FEATURES);
		avp_put_u32(&group, AVP_VENDOR_ID, TGPP_VENDOR);
		avp_put_u32(&group, AVP_FEATURE_LIST_ID, i + 1);
		avp_put_u32(&group, AVP_FEATURE_LIST, r->features[i]);
	}
}

static void
set_error_flag(struct msg *msg, struct hss_result result)
{
	struct msg_hdr *h;

	if (!result.is_experimental && result.code / 1000 == 3 && fd_msg_hdr(msg, &h) == 0)
		h->msg_flags |= CMD_FLAG_ERROR;
}

int
s6a_answer_begin(struct s6a_request *r, struct hss_result result, struct avp_out *out)
{
	struct msg *request = r->msg;

	*out = (struct avp_out){ .error = &r->error,
		.peer = r->link != NULL ? r->link->peer : NULL };
	counters_add(r->command, result.code, result.is_experimental);
	// The answer owns the request from here on.
	r->error = -fd_msg_new_answer_from_req(fd_g_config->cnf_dict, &r->msg, MSGFL_ANSW_NOSID);
	if (r->error != 0)
		return r->error;
	out->at = r->msg;
	copy_session(request, out);
	put_application(out);
	put_result(out, result);
	avp_put_u32(out, AVP_AUTH_SESSION_STATE, NO_STATE_MAINTAINED);
	avp_put_text(out, AVP_ORIGIN_HOST, s6a.config->identity);
	avp_put_text(out, AVP_ORIGIN_REALM, s6a.config->realm);
	put_features(r, out);
	set_error_flag(r->msg, result);
	return r->error;
}

void
s6a_answer_send(struct s6a_request *r, struct avp_out *out)
{
	if (*out->error != 0)
		log_limited(LOG_LEVEL_ERROR, 5, "%s: can't be answered: %s", r->imsi,
			strerror(-*out->error));
	else if (fd_msg_send(&r->msg, NULL, NULL) == 0)
		r->msg = NULL;
	if (r->link != NULL)
		atomic_fetch_add_explicit(&r->link->n_answered, 1, memory_order_relaxed);
	counters_latency(r->command, now_ns() - r->received_ns);
	s6a_request_free(r);
}

void
s6a_answer(struct s6a_request *r, struct hss_result result)
{
	struct avp_out out;

	s6a_answer_begin(r, result, &out);
	s6a_answer_send(r, &out);
}

void
s6a_put_failed(struct avp_out *out, enum s6a_avp avp, const void *value, size_t len)
{
	struct avp_out group = avp_put_group(out, AVP_FAILED_AVP);

	avp_put_octets(&group, avp, value, len);
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

// ---- Dispatch.

// At more than that nothing more is read from the peers until the store has caught up: libfdcore's
// queues fill, then the sockets.
static void
wait_for_store(void)
{
	for (unsigned i = 0; i < BACKLOG_TURNS; i++) {
		if (store_backlog(s6a.store) < s6a.config->store_backlog_max)
			return;
		usleep(BACKLOG_WAIT_US);
	}
}

static void
count_dispatched(struct msg *msg)
{
	struct link *link = link_of(msg);

	if (link != NULL && atomic_load_explicit(&link->n_queued, memory_order_relaxed) > 0)
		atomic_fetch_sub_explicit(&link->n_queued, 1, memory_order_relaxed);
}

// Called first for every message that libfdcore dispatches, before it walks the AVPs.
static int
dispatch(struct msg **msg, struct avp *avp, struct session *session, void *opaque,
	enum disp_action *action)
{
	struct msg *request = *msg;
	struct msg_hdr *h;

	if (fd_msg_hdr(request, &h) != 0 || !(h->msg_flags & CMD_FLAG_REQUEST) ||
		h->msg_appl != S6A_APPLICATION)
		return 0;
	*msg = NULL; // ours now
	count_dispatched(request);
	wait_for_store();
	switch (h->msg_code) {
	case 318:
		s6a_air(request);
		break;
	case 316:
		s6a_ulr(request);
		break;
	case 321:
		s6a_pur(request);
		break;
	case 323:
		s6a_nor(request);
		break;
	default: // the screen has refused it
		fd_msg_free(request);
		break;
	}
	return 0;
}

int
s6a_open(const struct s6a *parts)
{
	struct disp_when when = { .app = s6a_dict_application() };

	s6a = *parts;
	return -fd_disp_register(dispatch, DISP_HOW_ANY, &when, NULL, NULL);
}
