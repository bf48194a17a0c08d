// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The authentication centre: from a SIM's keys, a sequence number and randomness to vectors. Pure:
// it knows neither Diameter nor SQL, keeps no state and may be called by any thread.
// TS 33.102 6.3, TS 33.401 6.1 and Annex A.2.

#define AUC_RAND_LEN 16
#define AUC_AUTN_LEN 16
#define AUC_AUTS_LEN 14
#define AUC_RES_MAX 16
#define AUC_KASME_LEN 32
#define AUC_K_MAX 32
#define AUC_OP_MAX 32
#define AUC_VECTORS_MAX 5

enum auc_algorithm {
	AUC_MILENAGE = 1, // TS 35.206: K 16, OP or OPc 16 octets
	AUC_TUAK = 2,     // TS 35.231: K 16 or 32, TOP or TOPc 32 octets
	AUC_XOR = 3,      // TS 34.108 8.1.2, for test SIMs: K 16 octets, no OP
};

// One IMSI's secrets in clear. Lives on a stack for the time of one request; end it with auc_key_wipe.
struct auc_key {
	enum auc_algorithm algorithm;
	uint8_t k[AUC_K_MAX];
	uint8_t k_len; // 16; TUAK also 32
	uint8_t op[AUC_OP_MAX];
	bool has_opc; // op[] is OPc (TOPc), else OP (TOP), from which OPc is derived at each use
	uint8_t amf[2];
	uint8_t res_len;         // octets of RES: Milenage 8; TUAK 4, 8 or 16; XOR 4 to 16
	uint8_t tuak_iterations; // of Keccak-f, 1..255, TS 35.231 6.2; others ignore it
};

struct auc_vector {
	uint8_t rand[AUC_RAND_LEN];
	uint8_t xres[AUC_RES_MAX];
	uint8_t xres_len;
	uint8_t autn[AUC_AUTN_LEN];
	uint8_t kasme[AUC_KASME_LEN]; // of auc_eps_vector only
	uint8_t ck[16];               // of auc_utran_vector only
	uint8_t ik[16];               // of auc_utran_vector only
};

// Fills out[len] with unpredictable octets; 0 or -errno. auc_random is the real one (OpenSSL's
// generator), tests put their own RAND here.
typedef int (*auc_random_fn)(void *arg, uint8_t *out, size_t len);
int auc_random(void *arg, uint8_t *out, size_t len);

// Whether lengths, algorithm and iterations fit together; else why not, in words without any key.
bool auc_key_is_sound(const struct auc_key *key, const char **why);
void auc_key_wipe(struct auc_key *key);
void auc_vectors_wipe(struct auc_vector *vectors, unsigned n);

// An EPS vector for sqn (48 bits) and the visited PLMN as its three TBCD octets. The AMF's separation
// bit is set whatever the key's AMF says. 0, -EINVAL for an unsound key, -EIO if the crypto library
// or the randomness fails.
int auc_eps_vector(const struct auc_key *key, uint64_t sqn, const uint8_t plmn[3],
	auc_random_fn random, void *random_arg, struct auc_vector *vector);

// A UTRAN quintuplet: CK and IK themselves, the key's AMF with the separation bit cleared.
int auc_utran_vector(const struct auc_key *key, uint64_t sqn, auc_random_fn random,
	void *random_arg, struct auc_vector *vector);

// Judges AUTS for the RAND that it answers; *sqn_ms gets the USIM's highest SQN only if MAC-S (f1*,
// AMF 0000, compared in constant time) is right. 0; -EBADMSG for a wrong length or a wrong MAC-S;
// -EINVAL, -EIO as above. TS 33.102 6.3.3.
int auc_auts_check(const struct auc_key *key, const uint8_t rand[AUC_RAND_LEN], const uint8_t *auts,
	size_t auts_len, uint64_t *sqn_ms);
