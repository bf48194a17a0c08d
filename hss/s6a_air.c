// SPDX-License-Identifier: BSD-3-Clause
// Authentication-Information. TS 29.272 5.2.3.1.
#include "hss/authenticate.h"
#include "hss/result_codes.h"
#include "hss/s6a.h"
#include "hss/text.h"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include <errno.h>
#include <string.h>

struct air {
	struct s6a_request r;
	struct auth_request auth;
	bool wants_eps;
	bool wants_utran;
	uint8_t resync[AUC_RAND_LEN + AUC_AUTS_LEN];
};

static void
read_resync(struct air *air, const struct avp_hdr *h)
{
	size_t len;
	const uint8_t *octets = avp_octets(h, &len);

	// TS 29.272 7.3.15: RAND, then AUTS. The screen has seen to the length.
	if (octets == NULL || len != sizeof(air->resync)) {
		air->auth.is_resync_malformed = true;
		return;
	}
	memcpy(air->resync, octets, len);
	memcpy(air->auth.resync_rand, octets, AUC_RAND_LEN);
	memcpy(air->auth.resync_auts, octets + AUC_RAND_LEN, AUC_AUTS_LEN);
	air->auth.has_resync = true;
}

// Requested-EUTRAN- or Requested-UTRAN-GERAN-Authentication-Info: how many vectors, 1 to 5.
static uint8_t
read_wish(struct air *air, struct avp *group)
{
	uint32_t n = 1;
	struct avp_hdr *h;

	for (struct avp *avp = avp_first(group, &h); avp != NULL; avp = avp_next(avp, &h))
		switch (avp_which(h)) {
		case AVP_NUMBER_OF_REQUESTED_VECTORS:
			n = avp_u32(h);
			break;
		case AVP_RE_SYNCHRONIZATION_INFO:
			read_resync(air, h);
			break;
		default:
			break;
		}
	if (n < 1)
		return 1;
	return (uint8_t)(n > AUC_VECTORS_MAX ? AUC_VECTORS_MAX : n);
}

static void
read_wishes(struct air *air)
{
	struct avp_hdr *h;

	for (struct avp *avp = avp_first(air->r.msg, &h); avp != NULL; avp = avp_next(avp, &h))
		switch (avp_which(h)) {
		case AVP_REQUESTED_EUTRAN_AUTHENTICATION_INFO:
			air->auth.n_eps = read_wish(air, avp);
			break;
		case AVP_REQUESTED_UTRAN_GERAN_AUTHENTICATION_INFO:
			air->auth.n_utran = read_wish(air, avp);
			break;
		default:
			break;
		}
	if (air->auth.n_eps == 0 && air->auth.n_utran == 0)
		air->auth.n_eps = 1;
}

static void
put_eps_vectors(struct avp_out *out, const struct auth_request *auth)
{
	for (uint32_t i = 0; i < auth->n_eps_made; i++) {
		const struct auc_vector *v = &auth->eps[i];
		struct avp_out vector = avp_put_group(out, AVP_E_UTRAN_VECTOR);

		if (auth->n_eps_made > 1)
			avp_put_u32(&vector, AVP_ITEM_NUMBER, i + 1);
		avp_put_octets(&vector, AVP_RAND, v->rand, sizeof(v->rand));
		avp_put_octets(&vector, AVP_XRES, v->xres, v->xres_len);
		avp_put_octets(&vector, AVP_AUTN, v->autn, sizeof(v->autn));
		avp_put_octets(&vector, AVP_KASME, v->kasme, sizeof(v->kasme));
	}
}

static void
put_utran_vectors(struct avp_out *out, const struct auth_request *auth)
{
	for (uint32_t i = 0; i < auth->n_utran_made; i++) {
		const struct auc_vector *v = &auth->utran[i];
		struct avp_out vector = avp_put_group(out, AVP_UTRAN_VECTOR);

		if (auth->n_utran_made > 1)
			avp_put_u32(&vector, AVP_ITEM_NUMBER, i + 1);
		avp_put_octets(&vector, AVP_RAND, v->rand, sizeof(v->rand));
		avp_put_octets(&vector, AVP_XRES, v->xres, v->xres_len);
		avp_put_octets(&vector, AVP_AUTN, v->autn, sizeof(v->autn));
		avp_put_octets(&vector, AVP_CONFIDENTIALITY_KEY, v->ck, sizeof(v->ck));
		avp_put_octets(&vector, AVP_INTEGRITY_KEY, v->ik, sizeof(v->ik));
	}
}

static struct hss_result
result_of(const struct auth_request *auth)
{
	switch (auth->result) {
	case 0:
		return s6a_result_of(auth->verdict);
	case -EBADMSG:
	case -EOVERFLOW:
		return s6a.config->results.resync_refused;
	default:
		return s6a_result_of_store(auth->result);
	}
}

static void
answer(struct auth_request *auth)
{
	struct air *air = auth->arg;
	struct avp_out out, vectors;

	if (s6a_answer_begin(&air->r, result_of(auth), &out) == 0 &&
		auth->n_eps_made + auth->n_utran_made > 0) {
		vectors = avp_put_group(&out, AVP_AUTHENTICATION_INFO);
		put_eps_vectors(&vectors, auth);
		put_utran_vectors(&vectors, auth);
	}
	auc_vectors_wipe(auth->eps, AUC_VECTORS_MAX);
	auc_vectors_wipe(auth->utran, AUC_VECTORS_MAX);
	s6a_answer_send(&air->r, &out);
}

void
s6a_air(struct msg *msg)
{
	struct air *air = (struct air *)s6a_request_new(msg, sizeof(*air));

	if (air == NULL || !s6a_is_admitted(&air->r))
		return;
	read_wishes(air);
	air->auth.store = s6a.store;
	air->auth.seal = s6a.seal;
	text_copy(air->auth.imsi, sizeof(air->auth.imsi), air->r.imsi);
	text_copy(air->auth.node, sizeof(air->auth.node), air->r.host);
	air->auth.visited = air->r.plmn;
	air->auth.activates = s6a.config->activates;
	air->auth.done = answer;
	air->auth.arg = air;
	authenticate(&air->auth);
}
