// SPDX-License-Identifier: BSD-3-Clause
#include "hss/screen.h"

#include "hss/result_codes.h"
#include "hss/s6a_avps.h"
#include "hss/wire.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#define DEPTH_MAX 8
#define FAILED_VALUE_MAX 1024

enum {
	COMMAND_CER = 257,
	COMMAND_DWR = 280,
	COMMAND_DPR = 282,
	COMMAND_ULR = 316,
	COMMAND_AIR = 318,
	COMMAND_PUR = 321,
	COMMAND_NOR = 323,
};

// What is wrong, and where: the groups from the top down to the AVP.
struct fault {
	uint32_t result;
	const char *why;
	unsigned depth;
	struct wire_avp path[DEPTH_MAX];
	struct wire_avp avp;      // start NULL: no AVP to show
	enum s6a_avp missing;     // S6A_NO_AVP: avp says it
	bool is_header_all_of_it; // its length can't be trusted
};

struct judging {
	const struct hss_config *config;
	const struct hss_peer *peer;
	uint8_t *buf;
	size_t room;
	size_t *len;
	struct wire_header header;
	struct fault fault;
	uint8_t counts[S6A_N_AVPS]; // on the top level, saturating
};

// ---- What a command must and may hold once. TS 29.272 7.2, RFC 6733 5.3 to 5.5.

#define COMMON_OF_S6A                                                                              \
	AVP_SESSION_ID, AVP_AUTH_SESSION_STATE, AVP_ORIGIN_HOST, AVP_ORIGIN_REALM,                 \
		AVP_DESTINATION_REALM

static const enum s6a_avp cer_musts[] = { AVP_ORIGIN_HOST, AVP_ORIGIN_REALM, AVP_HOST_IP_ADDRESS,
	AVP_VENDOR_ID, AVP_PRODUCT_NAME, S6A_NO_AVP };
static const enum s6a_avp origin_musts[] = { AVP_ORIGIN_HOST, AVP_ORIGIN_REALM, S6A_NO_AVP };
static const enum s6a_avp dpr_musts[] = { AVP_ORIGIN_HOST, AVP_ORIGIN_REALM, AVP_DISCONNECT_CAUSE,
	S6A_NO_AVP };
static const enum s6a_avp air_musts[] = { COMMON_OF_S6A, AVP_USER_NAME, AVP_VISITED_PLMN_ID,
	S6A_NO_AVP };
static const enum s6a_avp ulr_musts[] = { COMMON_OF_S6A, AVP_USER_NAME, AVP_RAT_TYPE, AVP_ULR_FLAGS,
	AVP_VISITED_PLMN_ID, S6A_NO_AVP };
static const enum s6a_avp user_musts[] = { COMMON_OF_S6A, AVP_USER_NAME, S6A_NO_AVP };

static const enum s6a_avp once[] = { AVP_SESSION_ID, AVP_AUTH_SESSION_STATE, AVP_ORIGIN_HOST,
	AVP_ORIGIN_REALM, AVP_DESTINATION_HOST, AVP_DESTINATION_REALM, AVP_USER_NAME, AVP_RAT_TYPE,
	AVP_ULR_FLAGS, AVP_VISITED_PLMN_ID, AVP_REQUESTED_EUTRAN_AUTHENTICATION_INFO,
	AVP_REQUESTED_UTRAN_GERAN_AUTHENTICATION_INFO, AVP_TERMINAL_INFORMATION,
	AVP_DISCONNECT_CAUSE, AVP_ORIGIN_STATE_ID };

// NULL: a command that we don't serve.
static const enum s6a_avp *
musts_of(const struct wire_header *h)
{
	if (h->application == 0)
		switch (h->command) {
		case COMMAND_CER:
			return cer_musts;
		case COMMAND_DWR:
			return origin_musts;
		case COMMAND_DPR:
			return dpr_musts;
		default:
			return NULL;
		}
	switch (h->command) {
	case COMMAND_AIR:
		return air_musts;
	case COMMAND_ULR:
		return ulr_musts;
	case COMMAND_PUR:
	case COMMAND_NOR:
		return user_musts;
	default:
		return NULL;
	}
}

// ---- Answers.

// The AVP itself, or its header and the least value of its type. RFC 6733 7.5.
static void
put_failed_avp(struct wire_writer *w, const struct fault *f)
{
	static const uint8_t zeros[FAILED_VALUE_MAX];
	enum s6a_avp known = f->missing;
	uint32_t code = f->avp.code, vendor = f->avp.vendor;
	uint8_t flags = f->avp.flags;

	if (known != S6A_NO_AVP) {
		code = s6a_avps[known].code;
		vendor = s6a_avps[known].vendor;
		flags = s6a_avps[known].flags;
	} else {
		known = s6a_avp_find(code, vendor);
	}
	if (f->missing == S6A_NO_AVP && !f->is_header_all_of_it &&
		f->avp.value_len <= FAILED_VALUE_MAX)
		wire_put(w, code, vendor, flags, f->avp.value, f->avp.value_len);
	else
		wire_put(w, code, vendor, flags, zeros,
			known == S6A_NO_AVP ? 0 : avp_value_min(&s6a_avps[known]));
}

static void
put_failed(struct wire_writer *w, const struct fault *f)
{
	size_t groups[DEPTH_MAX], failed;

	if (f->avp.start == NULL && f->missing == S6A_NO_AVP)
		return;
	failed = wire_open_group(w, 279, 0, WIRE_MANDATORY);
	for (unsigned i = 0; i < f->depth; i++)
		groups[i] =
			wire_open_group(w, f->path[i].code, f->path[i].vendor, f->path[i].flags);
	put_failed_avp(w, f);
	for (unsigned i = f->depth; i > 0; i--)
		wire_close_group(w, groups[i - 1]);
	wire_close_group(w, failed);
}

static void
put_proxy_infos(struct wire_writer *w, const uint8_t *buf, size_t len)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, buf, len);
	while (wire_next(&c, &avp) == 1)
		if (avp.code == 284 && avp.vendor == 0)
			wire_copy(w, &avp);
}

static void
write_answer(const struct hss_config *config, const uint8_t *buf, size_t len, const struct fault *f,
	struct screen_reply *reply)
{
	struct wire_writer w;
	struct wire_cursor c;
	struct wire_avp session;
	struct wire_header h;

	wire_header_decode(buf, &h);
	h.version = 1;
	h.flags = h.flags & WIRE_PROXIABLE;
	if (f->result / 1000 == 3)
		h.flags |= WIRE_ERROR;
	wire_begin(&w, reply->buf, sizeof(reply->buf), &h);
	wire_start(&c, buf, len);
	if (wire_find(&c, 263, 0, &session) && !(session.flags & WIRE_VENDOR) &&
		session.value_len <= FAILED_VALUE_MAX)
		wire_put(&w, 263, 0, WIRE_MANDATORY, session.value, session.value_len);
	wire_put_u32(&w, 268, 0, WIRE_MANDATORY, f->result);
	wire_put_text(&w, 264, 0, WIRE_MANDATORY, config->identity);
	wire_put_text(&w, 296, 0, WIRE_MANDATORY, config->realm);
	if (h.application == S6A_APPLICATION)
		wire_put_u32(&w, 277, 0, WIRE_MANDATORY, 1); // NO_STATE_MAINTAINED
	wire_put_text(&w, 281, 0, 0, f->why);
	put_failed(&w, f);
	put_proxy_infos(&w, buf, len);
	reply->len = wire_end(&w);
	reply->result = f->result;
	reply->why = f->why;
}

void
screen_refuse(const struct hss_config *config, const uint8_t *buf, size_t len, uint32_t result,
	const char *why, struct screen_reply *reply)
{
	struct fault f = { .result = result, .why = why, .missing = S6A_NO_AVP };

	write_answer(config, buf, len, &f, reply);
}

// ---- Faults: all of these return -EBADMSG, so that `return fault(...)` ends a judgement.

static int
fault(struct judging *j, uint32_t result, const char *why)
{
	j->fault.result = result;
	j->fault.why = why;
	j->fault.missing = S6A_NO_AVP;
	return -EBADMSG;
}

static int
fault_of_avp(struct judging *j, const struct wire_avp *avp, uint32_t result, const char *why)
{
	j->fault.avp = *avp;
	return fault(j, result, why);
}

static int
fault_of_length(struct judging *j, const struct wire_avp *avp, const char *why)
{
	j->fault.is_header_all_of_it = true;
	return fault_of_avp(j, avp, DIAMETER_INVALID_AVP_LENGTH, why);
}

static int
fault_missing(struct judging *j, enum s6a_avp avp)
{
	fault(j, DIAMETER_MISSING_AVP, "a mandatory AVP is missing");
	j->fault.missing = avp;
	return -EBADMSG;
}

// ---- AVPs.

static bool
is_identity(const struct wire_avp *avp)
{
	if (avp->value_len == 0 || avp->value_len >= HOST_SIZE)
		return false;
	for (uint32_t i = 0; i < avp->value_len; i++)
		if (!isalnum(avp->value[i]) && memchr(".-_", avp->value[i], 3) == NULL)
			return false;
	return true;
}

static bool
has_fitting_length(const struct avp_row *row, const struct wire_avp *avp)
{
	switch (row->type) {
	case AVP_U32:
	case AVP_I32:
	case AVP_ENUM:
	case AVP_TIME:
		return avp->value_len == 4;
	case AVP_U64:
		return avp->value_len == 8;
	case AVP_ADDRESS:
		if (avp->value_len < 3)
			return false;
		switch (wire_be16(avp->value)) {
		case 1:
			return avp->value_len == 6;
		case 2:
			return avp->value_len == 18;
		default:
			return true;
		}
	default:
		return row->len == 0 || avp->value_len == row->len;
	}
}

static bool
is_ignored(const struct hss_peer *peer, const struct wire_avp *avp)
{
	if (peer == NULL)
		return false;
	for (size_t i = 0; i < peer->n_ignore; i++) {
		const struct hss_avp_ref *ref = &peer->ignore[i];

		if (ref->is_any || (ref->code == avp->code && ref->vendor == avp->vendor))
			return true;
	}
	return false;
}

static void
clear_m(struct judging *j, const struct wire_avp *avp)
{
	j->buf[(avp->start - j->buf) + 4] &= (uint8_t)~WIRE_MANDATORY;
}

static int judge_group(struct judging *j, const struct wire_avp *group, bool is_mandatory);

static int
judge_unknown(struct judging *j, const struct wire_avp *avp, bool is_mandatory)
{
	if (!(avp->flags & WIRE_MANDATORY))
		return 0;
	// freeDiameter would drop an answer for it, and refuse a request. Members of a group
	// without the M bit don't count.
	if (is_mandatory && (j->header.flags & WIRE_REQUEST) && !is_ignored(j->peer, avp))
		return fault_of_avp(
			j, avp, DIAMETER_AVP_UNSUPPORTED, "an AVP with the M bit isn't known");
	clear_m(j, avp);
	return 0;
}

static int
judge_avp(struct judging *j, const struct wire_avp *avp, enum s6a_avp known, bool is_mandatory)
{
	const struct avp_row *row;

	if ((avp->flags & WIRE_VENDOR) && avp->vendor == 0)
		return fault_of_avp(j, avp, DIAMETER_INVALID_AVP_BITS, "V bit with vendor 0");
	if (known == S6A_NO_AVP)
		return judge_unknown(j, avp, is_mandatory);
	row = &s6a_avps[known];
	if (!has_fitting_length(row, avp))
		return fault_of_length(j, avp, "the AVP's length isn't that of its type");
	if (row->type == AVP_IDENTITY && !is_identity(avp))
		return fault_of_avp(
			j, avp, DIAMETER_INVALID_AVP_VALUE, "that is no Diameter identity");
	if (row->type == AVP_GROUPED)
		return judge_group(j, avp, is_mandatory && (avp->flags & WIRE_MANDATORY));
	return 0;
}

static int
judge_group(struct judging *j, const struct wire_avp *group, bool is_mandatory)
{
	struct wire_cursor c;
	struct wire_avp avp;
	int ret;

	// What a Failed-AVP shows is faulty by its nature; it isn't looked at.
	if (group->code == 279 && group->vendor == 0)
		return 0;
	if (j->fault.depth == DEPTH_MAX)
		return fault_of_avp(
			j, group, DIAMETER_INVALID_AVP_VALUE, "groups are nested too deeply");
	j->fault.path[j->fault.depth++] = *group;
	wire_enter(&c, group);
	while ((ret = wire_next(&c, &avp)) == 1) {
		ret = judge_avp(j, &avp, s6a_avp_find(avp.code, avp.vendor), is_mandatory);
		if (ret < 0)
			return ret;
	}
	if (ret < 0)
		return fault_of_length(j, &avp, "an AVP doesn't fit into its group");
	j->fault.depth--;
	return 0;
}

static bool
is_once(enum s6a_avp avp)
{
	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (once[i] == avp)
			return true;
	return false;
}

static int
judge_avps(struct judging *j)
{
	struct wire_cursor c;
	struct wire_avp avp;
	int ret;

	wire_start(&c, j->buf, *j->len);
	while ((ret = wire_next(&c, &avp)) == 1) {
		enum s6a_avp known = s6a_avp_find(avp.code, avp.vendor);

		ret = judge_avp(j, &avp, known, true);
		if (ret < 0)
			return ret;
		if (known == S6A_NO_AVP)
			continue;
		if (j->counts[known] > 0 && is_once(known))
			return fault_of_avp(j, &avp, DIAMETER_AVP_OCCURS_TOO_MANY_TIMES,
				"an AVP is there twice");
		j->counts[known] = 1;
	}
	if (ret < 0)
		return fault_of_length(j, &avp, "an AVP doesn't fit into the message");
	return 0;
}

static int
judge_musts(struct judging *j, const enum s6a_avp *musts)
{
	for (; *musts != S6A_NO_AVP; musts++)
		if (j->counts[*musts] == 0)
			return fault_missing(j, *musts);
	return 0;
}

// User-Name is the IMSI. libfdcore would rewrite one with "!" and "@" in it. TS 29.272 7.3.
static int
judge_user_name(struct judging *j)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, j->buf, *j->len);
	if (!wire_find(&c, 1, 0, &avp))
		return 0;
	if (avp.value_len == 0 || avp.value_len >= IMSI_SIZE)
		return fault_of_avp(j, &avp, DIAMETER_INVALID_AVP_VALUE, "that is no IMSI");
	for (uint32_t i = 0; i < avp.value_len; i++)
		if (!isdigit(avp.value[i]))
			return fault_of_avp(j, &avp, DIAMETER_INVALID_AVP_VALUE, "that is no IMSI");
	return 0;
}

// ---- Destinations.

static bool
is_name(const struct wire_avp *avp, const char *name)
{
	return strlen(name) == avp->value_len &&
		strncasecmp(name, (const char *)avp->value, avp->value_len) == 0;
}

static bool
is_one_of(const struct wire_avp *avp, const char *first, const char further[][HOST_SIZE], size_t n)
{
	if (is_name(avp, first))
		return true;
	for (size_t i = 0; i < n; i++)
		if (is_name(avp, further[i]))
			return true;
	return false;
}

static int
judge_route_records(struct judging *j)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, j->buf, *j->len);
	while (wire_next(&c, &avp) == 1)
		if (avp.code == 282 && avp.vendor == 0 && is_name(&avp, j->config->identity))
			return fault(j, DIAMETER_LOOP_DETECTED, "we are in its Route-Record");
	return 0;
}

// libfdcore knows one identity and one realm: a destination that is another name of ours becomes those.
static int
rename_destination(struct judging *j, uint32_t code, const char *name)
{
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, j->buf, *j->len);
	if (!wire_find(&c, code, 0, &avp) || is_name(&avp, name))
		return 0;
	if (wire_replace(j->buf, j->room, j->len, &avp, name, strlen(name)) < 0)
		return fault(j, DIAMETER_UNABLE_TO_COMPLY, "the message is too long");
	return 0;
}

static int
judge_destination(struct judging *j)
{
	const struct hss_config *config = j->config;
	struct wire_cursor c;
	struct wire_avp avp;
	int ret;

	wire_start(&c, j->buf, *j->len);
	if (wire_find(&c, 283, 0, &avp) &&
		!is_one_of(&avp, config->realm, config->realms, config->n_realms))
		return fault(j, DIAMETER_REALM_NOT_SERVED, "no realm of ours");
	if (wire_find(&c, 293, 0, &avp) &&
		!is_one_of(&avp, config->identity, config->hosts, config->n_hosts))
		return fault(j, DIAMETER_UNABLE_TO_DELIVER, "no host of ours, and we don't relay");
	ret = judge_route_records(j);
	if (ret == 0)
		ret = rename_destination(j, 283, config->realm);
	if (ret == 0)
		ret = rename_destination(j, 293, config->identity);
	return ret;
}

// ---- Messages.

static int
judge_header(struct judging *j, const enum s6a_avp **musts)
{
	const struct wire_header *h = &j->header;

	if (h->flags & WIRE_ERROR)
		return fault(j, DIAMETER_INVALID_HDR_BITS, "R and E bits");
	if (h->application != 0 && h->application != S6A_APPLICATION)
		return fault(j, DIAMETER_APPLICATION_UNSUPPORTED, "S6a only");
	*musts = musts_of(h);
	if (*musts == NULL)
		return fault(j, DIAMETER_COMMAND_UNSUPPORTED, "no command that we serve");
	// TS 29.272 7.2: all S6a requests are proxiable; RFC 6733 5.3 to 5.5: those aren't.
	if (!(h->flags & WIRE_PROXIABLE) == (h->application != 0))
		return fault(j, DIAMETER_INVALID_HDR_BITS, "P bit");
	return 0;
}

static int
judge_request(struct judging *j)
{
	const enum s6a_avp *musts = NULL;
	int ret;

	ret = judge_header(j, &musts);
	if (ret == 0)
		ret = judge_avps(j);
	if (ret == 0)
		ret = judge_musts(j, musts);
	if (ret == 0 && j->header.application != 0)
		ret = judge_user_name(j);
	if (ret == 0 && j->header.application != 0)
		ret = judge_destination(j);
	return ret;
}

static enum screen_verdict
judge_frame(
	const struct hss_config *config, const uint8_t *buf, size_t len, struct screen_reply *reply)
{
	struct wire_header h;

	reply->why = "too short for a header";
	if (len < WIRE_HEADER_LEN)
		return SCREEN_CLOSE;
	wire_header_decode(buf, &h);
	if (h.version == 1 && h.length == len && len % 4 == 0)
		return SCREEN_PASS;
	reply->why = h.version != 1 ? "version isn't 1" : "the message's length is wrong";
	if (h.flags & WIRE_REQUEST)
		screen_refuse(config, buf, WIRE_HEADER_LEN,
			h.version != 1 ? DIAMETER_UNSUPPORTED_VERSION
				       : DIAMETER_INVALID_MESSAGE_LENGTH,
			reply->why, reply);
	return SCREEN_CLOSE;
}

enum screen_verdict
screen_message(const struct hss_config *config, const struct hss_peer *peer, uint8_t *buf,
	size_t room, size_t *len, struct screen_reply *reply)
{
	struct judging j;
	enum screen_verdict verdict;

	reply->result = 0;
	reply->len = 0;
	verdict = judge_frame(config, buf, *len, reply);
	if (verdict != SCREEN_PASS)
		return verdict;
	memset(&j, 0, sizeof(j));
	j.config = config;
	j.peer = peer;
	j.buf = buf;
	j.room = room;
	j.len = len;
	wire_header_decode(buf, &j.header);
	if (!(j.header.flags & WIRE_REQUEST)) {
		if (judge_avps(&j) == 0)
			return SCREEN_PASS;
		reply->why = j.fault.why;
		return SCREEN_DROP;
	}
	if (judge_request(&j) == 0)
		return SCREEN_PASS;
	write_answer(config, buf, *len, &j.fault, reply);
	return reply->len > 0 ? SCREEN_ANSWER : SCREEN_DROP;
}
