// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mme/usim.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdio.h>
#include <string.h>

#define DELTA (UINT64_C(1) << 28)

struct milenage {
	uint8_t mac_a[8], mac_s[8], res[8], ak[6], ak_star[6], ck[16], ik[16];
};

static void
aes(const uint8_t k[16], const uint8_t in[16], uint8_t out[16])
{
	static _Thread_local EVP_CIPHER_CTX *c;
	int n;

	if (c == NULL)
		c = EVP_CIPHER_CTX_new();
	EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k, NULL);
	EVP_CIPHER_CTX_set_padding(c, 0);
	EVP_EncryptUpdate(c, out, &n, in, 16);
}

// OUTn = E[ rot(in, r) ^ c ] ^ OPc, with r in octets and c in the last octet.
static void
out_block(const struct usim *u, const uint8_t temp[16], unsigned r, uint8_t c, uint8_t out[16])
{
	uint8_t block[16];

	for (unsigned i = 0; i < 16; i++)
		block[i] = temp[(i + r) % 16] ^ u->opc[(i + r) % 16];
	block[15] ^= c;
	aes(u->k, block, out);
	for (unsigned i = 0; i < 16; i++)
		out[i] ^= u->opc[i];
}

static void
out1(const struct usim *u, const uint8_t temp[16], const uint8_t sqn[6], const uint8_t amf[2],
	uint8_t out[16])
{
	uint8_t in1[16], block[16];

	memcpy(in1, sqn, 6);
	memcpy(in1 + 6, amf, 2);
	memcpy(in1 + 8, in1, 8);
	for (unsigned i = 0; i < 16; i++)
		block[(i + 8) % 16] = in1[i] ^ u->opc[i];
	for (unsigned i = 0; i < 16; i++)
		block[i] ^= temp[i];
	aes(u->k, block, out);
	for (unsigned i = 0; i < 16; i++)
		out[i] ^= u->opc[i];
}

static void
make_temp(const struct usim *u, const uint8_t rand[16], uint8_t temp[16])
{
	uint8_t block[16];

	for (unsigned i = 0; i < 16; i++)
		block[i] = rand[i] ^ u->opc[i];
	aes(u->k, block, temp);
}

static void
milenage(const struct usim *u, const uint8_t temp[16], struct milenage *m)
{
	uint8_t out[16];

	out_block(u, temp, 0, 1, out);
	memcpy(m->ak, out, 6);
	memcpy(m->res, out + 8, 8);
	out_block(u, temp, 4, 2, m->ck);
	out_block(u, temp, 8, 4, m->ik);
	out_block(u, temp, 12, 8, out);
	memcpy(m->ak_star, out, 6);
}

static uint64_t
from_be48(const uint8_t p[6])
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 6; i++)
		v = v << 8 | p[i];
	return v;
}

static void
to_be48(uint64_t v, uint8_t p[6])
{
	for (unsigned i = 0; i < 6; i++)
		p[i] = (uint8_t)(v >> (40 - 8 * i));
}

static void
derive_kasme(
	const struct milenage *m, const uint8_t plmn[3], const uint8_t autn[16], uint8_t kasme[32])
{
	uint8_t key[32], s[14] = { 0x10, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 6 };
	unsigned n = 32;

	memcpy(key, m->ck, 16);
	memcpy(key + 16, m->ik, 16);
	memcpy(s + 1, plmn, 3);
	memcpy(s + 6, autn, 6);
	HMAC(EVP_sha256(), key, sizeof(key), s, sizeof(s), kasme, &n);
}

static void
make_auts(const struct usim *u, const uint8_t temp[16], const struct milenage *m, uint8_t auts[14])
{
	static const uint8_t amf[2] = { 0, 0 };
	uint64_t highest = 0;
	uint8_t sqn[6], out[16];

	for (uint64_t i = 0; i < USIM_INDS; i++)
		if ((u->seq[i] << 5 | i) > highest)
			highest = u->seq[i] << 5 | i;
	to_be48(highest, sqn);
	out1(u, temp, sqn, amf, out);
	for (unsigned i = 0; i < 6; i++)
		auts[i] = sqn[i] ^ m->ak_star[i];
	memcpy(auts + 6, out + 8, 8);
}

static bool
is_fresh(const struct usim *u, uint64_t sqn)
{
	uint64_t seq = sqn >> 5, highest = 0;

	for (unsigned i = 0; i < USIM_INDS; i++)
		if (u->seq[i] > highest)
			highest = u->seq[i];
	return seq > u->seq[sqn & 31] && (seq <= highest || seq - highest <= DELTA);
}

static bool
open_autn(const struct usim *u, const uint8_t temp[16], const struct milenage *m,
	const uint8_t autn[16], uint64_t *sqn)
{
	uint8_t plain[6], out[16];

	for (unsigned i = 0; i < 6; i++)
		plain[i] = autn[i] ^ m->ak[i];
	*sqn = from_be48(plain);
	out1(u, temp, plain, autn + 6, out);
	return memcmp(out, autn + 8, 8) == 0;
}

void
usim_challenge(struct usim *u, const uint8_t rand[16], const uint8_t autn[16],
	const uint8_t plmn[3], struct usim_answer *a)
{
	struct milenage m;
	uint8_t temp[16];

	memset(a, 0, sizeof(*a));
	make_temp(u, rand, temp);
	milenage(u, temp, &m);
	a->has_separation_bit = autn[6] & 0x80;
	a->verdict = USIM_MAC_FAILURE;
	if (!open_autn(u, temp, &m, autn, &a->sqn))
		return;
	if (!is_fresh(u, a->sqn)) {
		a->verdict = USIM_SYNC_FAILURE;
		make_auts(u, temp, &m, a->auts);
		return;
	}
	a->verdict = USIM_ACCEPTED;
	u->seq[a->sqn & 31] = a->sqn >> 5;
	memcpy(a->res, m.res, 8);
	derive_kasme(&m, plmn, autn, a->kasme);
}

bool
usim_sqn_of(const struct usim *u, const uint8_t rand[16], const uint8_t autn[16], uint64_t *sqn)
{
	struct milenage m;
	uint8_t temp[16];

	make_temp(u, rand, temp);
	milenage(u, temp, &m);
	return open_autn(u, temp, &m, autn, sqn);
}

bool
usim_hex(const char *text, uint8_t *octets, size_t n)
{
	if (strlen(text) != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned v;

		if (sscanf(text + 2 * i, "%2x", &v) != 1)
			return false;
		octets[i] = (uint8_t)v;
	}
	return true;
}
