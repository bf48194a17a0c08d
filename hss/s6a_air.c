// SPDX-License-Identifier: BSD-3-Clause
// Authentication-Information. TS 29.272 5.2.3.1.
#include "hss/authenticate.h"
#include "hss/result_codes.h"
#include "hss/s6a.h"
#include "hss/text.h"

#include <errno.h>
#include <string.h>

struct air {
	struct s6a_request r;
	struct auth_request auth;
};

static void
read_resync(struct air *air, const struct wire_avp *avp)
{
	// TS 29.272 7.3.15: RAND, then AUTS. The screen has seen to the length.
	if (avp->value_len != AUC_RAND_LEN + AUC_AUTS_LEN) {
		air->auth.is_resync_malformed = true;
		return;
	}
	memcpy(air->auth.resync_rand, avp->value, AUC_RAND_LEN);
	memcpy(air->auth.resync_auts, avp->value + AUC_RAND_LEN, AUC_AUTS_LEN);
	air->auth.has_resync = true;
}

// Requested-EUTRAN- or Requested-UTRAN-GERAN-Authentication-Info: how many vectors, 1 to 5.
static uint8_t
read_wish(struct air *air, const struct wire_avp *group)
{
	uint32_t n = 1;
	struct wire_cursor c;
	struct wire_avp avp;

	wire_enter(&c, group);
	while (wire_next(&c, &avp) == 1)
		switch (avp_which(&avp)) {
		case AVP_NUMBER_OF_REQUESTED_VECTORS:
			n = avp_u32(&avp);
			break;
		case AVP_RE_SYNCHRONIZATION_INFO:
			read_resync(air, &avp);
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
	struct wire_cursor c;
	struct wire_avp avp;

	wire_start(&c, air->r.message, air->r.len);
	while (wire_next(&c, &avp) == 1)
		switch (avp_which(&avp)) {
		case AVP_REQUESTED_EUTRAN_AUTHENTICATION_INFO:
			air->auth.n_eps = read_wish(air, &avp);
			break;
		case AVP_REQUESTED_UTRAN_GERAN_AUTHENTICATION_INFO:
			air->auth.n_utran = read_wish(air, &avp);
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
		size_t vector = avp_open(out, AVP_E_UTRAN_VECTOR);

		if (auth->n_eps_made > 1)
			avp_put_u32(out, AVP_ITEM_NUMBER, i + 1);
		avp_put_octets(out, AVP_RAND, v->rand, sizeof(v->rand));
		avp_put_octets(out, AVP_XRES, v->xres, v->xres_len);
		avp_put_octets(out, AVP_AUTN, v->autn, sizeof(v->autn));
		avp_put_octets(out, AVP_KASME, v->kasme, sizeof(v->kasme));
		avp_close(out, vector);
	}
}

static void
put_utran_vectors(struct avp_out *out, const struct auth_request *auth)
{
	for (uint32_t i = 0; i < auth->n_utran_made; i++) {
		const struct auc_vector *v = &auth->utran[i];
		size_t vector = avp_open(out, AVP_UTRAN_VECTOR);

		if (auth->n_utran_made > 1)
			avp_put_u32(out, AVP_ITEM_NUMBER, i + 1);
		avp_put_octets(out, AVP_RAND, v->rand, sizeof(v->rand));
		avp_put_octets(out, AVP_XRES, v->xres, v->xres_len);
		avp_put_octets(out, AVP_AUTN, v->autn, sizeof(v->autn));
		avp_put_octets(out, AVP_CONFIDENTIALITY_KEY, v->ck, sizeof(v->ck));
		avp_put_octets(out, AVP_INTEGRITY_KEY, v->ik, sizeof(v->ik));
		avp_close(out, vector);
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
	struct avp_out out;

	s6a_answer_begin(&air->r, result_of(auth), &out);
	if (auth->n_eps_made + auth->n_utran_made > 0) {
		size_t vectors = avp_open(&out, AVP_AUTHENTICATION_INFO);

		put_eps_vectors(&out, auth);
		put_utran_vectors(&out, auth);
		avp_close(&out, vectors);
	}
	auc_vectors_wipe(auth->eps, AUC_VECTORS_MAX);
	auc_vectors_wipe(auth->utran, AUC_VECTORS_MAX);
	s6a_answer_send(&air->r, &out);
}

void
s6a_air(const struct s6a_source *from, const uint8_t *message, size_t len)
{
	struct air *air = (struct air *)s6a_request_new(from, message, len, sizeof(*air));

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
