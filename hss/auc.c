// SPDX-License-Identifier: BSD-3-Clause
#include "hss/auc.h"

#include "hss/evp.h"
#include "hss/kasme.h"
#include "hss/milenage.h"
#include "hss/tuak.h"
#include "hss/xor.h"

#include <openssl/crypto.h>

#include <errno.h>
#include <string.h>

#define AMF_SEPARATION 0x80 // in the AMF's first octet, TS 33.102 annex H

// f1 to f5 of whichever algorithm.
struct function_set {
	uint8_t mac[8];
	uint8_t res[AUC_RES_MAX];
	uint8_t ck[16];
	uint8_t ik[16];
	uint8_t ak[6];
};

struct algorithm {
	int (*f12345)(const struct auc_key *key, const uint8_t rand[16], const uint8_t sqn[6],
		const uint8_t amf[2], struct function_set *set);
	int (*f1star)(const struct auc_key *key, const uint8_t rand[16], const uint8_t sqn[6],
		const uint8_t amf[2], uint8_t mac[8]);
	int (*f5star)(const struct auc_key *key, const uint8_t rand[16], uint8_t ak[6]);
};

static int
opc_of(const struct auc_key *key, uint8_t opc[16])
{
	if (!key->has_opc)
		return milenage_opc(key->k, key->op, opc);
	memcpy(opc, key->op, 16);
	return 0;
}

static int
milenage_set_of(const struct auc_key *key, const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], struct function_set *set)
{
	struct milenage_set m;
	uint8_t opc[16];
	int err = opc_of(key, opc);

	if (err == 0)
		err = milenage_f12345(key->k, opc, rand, sqn, amf, &m);
	if (err == 0) {
		memcpy(set->mac, m.mac_a, sizeof(set->mac));
		memcpy(set->res, m.res, sizeof(m.res));
		memcpy(set->ck, m.ck, sizeof(set->ck));
		memcpy(set->ik, m.ik, sizeof(set->ik));
		memcpy(set->ak, m.ak, sizeof(set->ak));
	}
	evp_wipe(&m, sizeof(m));
	evp_wipe(opc, sizeof(opc));
	return err;
}

static int
milenage_mac_s(const struct auc_key *key, const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], uint8_t mac[8])
{
	uint8_t opc[16];
	int err = opc_of(key, opc);

	if (err == 0)
		err = milenage_f1star(key->k, opc, rand, sqn, amf, mac);
	evp_wipe(opc, sizeof(opc));
	return err;
}

static int
milenage_ak_star(const struct auc_key *key, const uint8_t rand[16], uint8_t ak[6])
{
	uint8_t opc[16];
	int err = opc_of(key, opc);

	if (err == 0)
		err = milenage_f5star(key->k, opc, rand, ak);
	evp_wipe(opc, sizeof(opc));
	return err;
}

// topc[] has to live as long as the result.
static struct tuak
tuak_of(const struct auc_key *key, uint8_t topc[32])
{
	struct tuak t = { key->k, key->k_len, topc, key->tuak_iterations };

	if (key->has_opc)
		memcpy(topc, key->op, 32);
	else
		tuak_topc(&t, key->op, topc);
	return t;
}

static int
tuak_set_of(const struct auc_key *key, const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], struct function_set *set)
{
	uint8_t topc[32];
	struct tuak t = tuak_of(key, topc);
	struct tuak_set s = { .res_len = key->res_len, .ck_len = 16, .ik_len = 16 };

	tuak_f1(&t, rand, sqn, amf, set->mac, sizeof(set->mac));
	tuak_f2345(&t, rand, &s);
	memcpy(set->res, s.res, key->res_len);
	memcpy(set->ck, s.ck, sizeof(set->ck));
	memcpy(set->ik, s.ik, sizeof(set->ik));
	memcpy(set->ak, s.ak, sizeof(set->ak));
	evp_wipe(&s, sizeof(s));
	evp_wipe(topc, sizeof(topc));
	return 0;
}

static int
tuak_mac_s(const struct auc_key *key, const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], uint8_t mac[8])
{
	uint8_t topc[32];
	struct tuak t = tuak_of(key, topc);

	tuak_f1star(&t, rand, sqn, amf, mac, 8);
	evp_wipe(topc, sizeof(topc));
	return 0;
}

static int
tuak_ak_star(const struct auc_key *key, const uint8_t rand[16], uint8_t ak[6])
{
	uint8_t topc[32];
	struct tuak t = tuak_of(key, topc);

	tuak_f5star(&t, rand, ak);
	evp_wipe(topc, sizeof(topc));
	return 0;
}

static int
xor_set_of(const struct auc_key *key, const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], struct function_set *set)
{
	struct xor_set x;

	xor_f12345(key->k, rand, sqn, amf, &x);
	memcpy(set->mac, x.mac, sizeof(set->mac));
	memcpy(set->res, x.res, sizeof(set->res));
	memcpy(set->ck, x.ck, sizeof(set->ck));
	memcpy(set->ik, x.ik, sizeof(set->ik));
	memcpy(set->ak, x.ak, sizeof(set->ak));
	evp_wipe(&x, sizeof(x));
	return 0;
}

static int
xor_mac_s(const struct auc_key *key, const uint8_t rand[16], const uint8_t sqn[6],
	const uint8_t amf[2], uint8_t mac[8])
{
	struct xor_set x;

	xor_f12345(key->k, rand, sqn, amf, &x);
	memcpy(mac, x.mac, 8);
	evp_wipe(&x, sizeof(x));
	return 0;
}

static int
xor_ak_star(const struct auc_key *key, const uint8_t rand[16], uint8_t ak[6])
{
	for (unsigned i = 0; i < 6; i++)
		ak[i] = key->k[3 + i] ^ rand[3 + i];
	return 0;
}

static const struct algorithm algorithms[] = {
	[AUC_MILENAGE] = { milenage_set_of, milenage_mac_s, milenage_ak_star },
	[AUC_TUAK] = { tuak_set_of, tuak_mac_s, tuak_ak_star },
	[AUC_XOR] = { xor_set_of, xor_mac_s, xor_ak_star },
};

static void
sqn_octets(uint64_t sqn, uint8_t out[6])
{
	for (unsigned i = 0; i < 6; i++)
		out[i] = (uint8_t)(sqn >> (40 - 8 * i));
}

bool
auc_key_is_sound(const struct auc_key *key, const char **why)
{
	*why = NULL;
	switch (key->algorithm) {
	case AUC_MILENAGE:
		if (key->k_len != 16)
			*why = "Milenage takes a K of 16 octets";
		else if (key->res_len != 8)
			*why = "Milenage has a RES of 8 octets";
		break;
	case AUC_TUAK:
		if (key->k_len != 16 && key->k_len != 32)
			*why = "TUAK takes a K of 16 or 32 octets";
		else if (key->res_len != 4 && key->res_len != 8 && key->res_len != 16)
			*why = "TUAK has a RES of 4, 8 or 16 octets";
		else if (key->tuak_iterations == 0)
			*why = "TUAK takes at least one iteration";
		break;
	case AUC_XOR:
		if (key->k_len != 16)
			*why = "XOR takes a K of 16 octets";
		else if (key->res_len < 4 || key->res_len > 16)
			*why = "XOR has a RES of 4 to 16 octets";
		break;
	default:
		*why = "unknown algorithm";
		break;
	}
	return *why == NULL;
}

void
auc_key_wipe(struct auc_key *key)
{
	evp_wipe(key, sizeof(*key));
}

void
auc_vectors_wipe(struct auc_vector *vectors, unsigned n)
{
	evp_wipe(vectors, n * sizeof(*vectors));
}

int
auc_random(void *arg, uint8_t *out, size_t len)
{
	return evp_random(out, len);
}

// All of a vector but what becomes of CK and IK.
static int
vector_make(const struct auc_key *key, uint64_t sqn, const uint8_t amf[2], auc_random_fn random,
	void *random_arg, struct auc_vector *v, struct function_set *set)
{
	uint8_t sqn6[6];
	const char *why;
	int err;

	memset(v, 0, sizeof(*v));
	if (!auc_key_is_sound(key, &why) || sqn >> 48 != 0)
		return -EINVAL;
	if (random(random_arg, v->rand, sizeof(v->rand)) != 0)
		return -EIO;
	sqn_octets(sqn, sqn6);
	err = algorithms[key->algorithm].f12345(key, v->rand, sqn6, amf, set);
	if (err != 0)
		return err;
	v->xres_len = key->res_len;
	memcpy(v->xres, set->res, v->xres_len);
	for (unsigned i = 0; i < 6; i++)
		v->autn[i] = sqn6[i] ^ set->ak[i];
	memcpy(v->autn + 6, amf, 2);
	memcpy(v->autn + 8, set->mac, 8);
	return 0;
}

int
auc_eps_vector(const struct auc_key *key, uint64_t sqn, const uint8_t plmn[3], auc_random_fn random,
	void *random_arg, struct auc_vector *vector)
{
	const uint8_t amf[2] = { key->amf[0] | AMF_SEPARATION, key->amf[1] };
	struct function_set set;
	int err = vector_make(key, sqn, amf, random, random_arg, vector, &set);

	if (err == 0)
		err = kasme_derive(set.ck, set.ik, plmn, vector->autn, vector->kasme);
	evp_wipe(&set, sizeof(set));
	return err;
}

int
auc_utran_vector(const struct auc_key *key, uint64_t sqn, auc_random_fn random, void *random_arg,
	struct auc_vector *vector)
{
	const uint8_t amf[2] = { key->amf[0] & (uint8_t)~AMF_SEPARATION, key->amf[1] };
	struct function_set set;
	int err = vector_make(key, sqn, amf, random, random_arg, vector, &set);

	if (err == 0) {
		memcpy(vector->ck, set.ck, sizeof(vector->ck));
		memcpy(vector->ik, set.ik, sizeof(vector->ik));
	}
	evp_wipe(&set, sizeof(set));
	return err;
}

int
auc_auts_check(const struct auc_key *key, const uint8_t rand[AUC_RAND_LEN], const uint8_t *auts,
	size_t auts_len, uint64_t *sqn_ms)
{
	static const uint8_t amf_star[2] = { 0, 0 }; // TS 33.102 6.3.3
	uint8_t ak[6], sqn[6], mac_s[8];
	const char *why;
	int err;

	if (!auc_key_is_sound(key, &why))
		return -EINVAL;
	if (auts_len != AUC_AUTS_LEN)
		return -EBADMSG;
	err = algorithms[key->algorithm].f5star(key, rand, ak);
	if (err != 0)
		return err;
	for (unsigned i = 0; i < 6; i++)
		sqn[i] = auts[i] ^ ak[i];
	err = algorithms[key->algorithm].f1star(key, rand, sqn, amf_star, mac_s);
	if (err == 0 && CRYPTO_memcmp(mac_s, auts + 6, sizeof(mac_s)) != 0)
		err = -EBADMSG;
	if (err == 0) {
		*sqn_ms = 0;
		for (unsigned i = 0; i < 6; i++)
			*sqn_ms = *sqn_ms << 8 | sqn[i];
	}
	evp_wipe(ak, sizeof(ak));
	evp_wipe(mac_s, sizeof(mac_s));
	return err;
}
