// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <stddef.h>
#include <stdint.h>

// OpenSSL's primitives with the contexts that each thread keeps for them. After each call the context
// is keyed with zeros, so that no key outlives its use. All: 0, or -EIO if the library refuses.

// n blocks of 16 octets with one AES-128 key, in two steps so that the second can depend on the first.
struct evp_aes;
int evp_aes128_begin(const uint8_t key[16], struct evp_aes **aes);
int evp_aes128_blocks(struct evp_aes *aes, const uint8_t *in, uint8_t *out, size_t n);
void evp_aes128_end(struct evp_aes *aes);

int evp_hmac_sha256(
	const uint8_t *key, size_t key_len, const uint8_t *in, size_t len, uint8_t out[32]);

// AES-256-GCM with a 12-octet nonce and a 16-octet tag. Opening: -EKEYREJECTED if the tag is wrong,
// then out is all zero.
struct evp_gcm {
	const uint8_t *key;   // 32 octets
	const uint8_t *nonce; // 12 octets
	const uint8_t *aad;
	size_t aad_len;
};
int evp_gcm_seal(
	const struct evp_gcm *p, const uint8_t *in, size_t len, uint8_t *out, uint8_t tag[16]);
int evp_gcm_open(const struct evp_gcm *p, const uint8_t *in, size_t len, const uint8_t tag[16],
	uint8_t *out);

int evp_random(uint8_t *out, size_t len);
void evp_wipe(void *p, size_t len);
