// SPDX-License-Identifier: BSD-3-Clause
#include "hss/evp.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define POOL_LEN 1024

struct evp_aes {
	EVP_CIPHER_CTX *ecb;
	EVP_CIPHER_CTX *gcm;
	EVP_MAC_CTX *hmac;
	// Randomness drawn ahead: asked for 16 octets, the generator spends more on looking whether the
	// process has forked.
	unsigned n_pool;
	unsigned pool_forks;
	uint8_t pool[POOL_LEN];
};

static const uint8_t zeros[32];

// Fetched once: an implicit fetch at every use costs more than the cipher.
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static EVP_CIPHER *aes128_ecb;
static EVP_CIPHER *aes256_gcm;
static EVP_MAC *hmac;
static unsigned n_forks;

static void
count_fork(void)
{
	n_forks++;
}

static void
contexts_free(void *arg)
{
	struct evp_aes *c = arg;

	OPENSSL_cleanse(c->pool, sizeof(c->pool));
	EVP_CIPHER_CTX_free(c->ecb);
	EVP_CIPHER_CTX_free(c->gcm);
	EVP_MAC_CTX_free(c->hmac);
	free(c);
}

static void
fetch_all(void)
{
	aes128_ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	aes256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (pthread_key_create(&thread_key, contexts_free) != 0 ||
		pthread_atfork(NULL, NULL, count_fork) != 0)
		aes128_ecb = NULL;
}

static struct evp_aes *
contexts_new(void)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	struct evp_aes *c;

	if (!aes128_ecb || !aes256_gcm || !hmac)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->ecb = EVP_CIPHER_CTX_new();
	c->gcm = EVP_CIPHER_CTX_new();
	c->hmac = EVP_MAC_CTX_new(hmac);
	if (!c->ecb || !c->gcm || !c->hmac ||
		EVP_EncryptInit_ex2(c->ecb, aes128_ecb, zeros, NULL, NULL) != 1 ||
		EVP_CIPHER_CTX_set_padding(c->ecb, 0) != 1 ||
		EVP_MAC_init(c->hmac, zeros, sizeof(zeros), params) != 1 ||
		pthread_setspecific(thread_key, c) != 0) {
		contexts_free(c);
		return NULL;
	}
	return c;
}

static struct evp_aes *
contexts(void)
{
	struct evp_aes *c;

	pthread_once(&once, fetch_all);
	if (!aes128_ecb)
		return NULL;
	c = pthread_getspecific(thread_key);
	return c ? c : contexts_new();
}

int
evp_aes128_begin(const uint8_t key[16], struct evp_aes **aes)
{
	struct evp_aes *c = contexts();

	if (!c || EVP_EncryptInit_ex2(c->ecb, NULL, key, NULL, NULL) != 1)
		return -EIO;
	*aes = c;
	return 0;
}

int
evp_aes128_blocks(struct evp_aes *aes, const uint8_t *in, uint8_t *out, size_t n)
{
	int len;

	return EVP_EncryptUpdate(aes->ecb, out, &len, in, (int)(16 * n)) == 1 ? 0 : -EIO;
}

void
evp_aes128_end(struct evp_aes *aes)
{
	EVP_EncryptInit_ex2(aes->ecb, NULL, zeros, NULL, NULL);
}

int
evp_hmac_sha256(const uint8_t *key, size_t key_len, const uint8_t *in, size_t len, uint8_t out[32])
{
	struct evp_aes *c = contexts();
	size_t out_len = 0;
	bool is_done;

	if (!c)
		return -EIO;
	is_done = EVP_MAC_init(c->hmac, key, key_len, NULL) == 1 &&
		EVP_MAC_update(c->hmac, in, len) == 1 &&
		EVP_MAC_final(c->hmac, out, &out_len, 32) == 1 && out_len == 32;
	EVP_MAC_init(c->hmac, zeros, sizeof(zeros), NULL);
	return is_done ? 0 : -EIO;
}

int
evp_gcm_seal(const struct evp_gcm *p, const uint8_t *in, size_t len, uint8_t *out, uint8_t tag[16])
{
	struct evp_aes *c = contexts();
	int n;
	bool is_done;

	if (!c)
		return -EIO;
	is_done = EVP_EncryptInit_ex2(c->gcm, aes256_gcm, p->key, p->nonce, NULL) == 1 &&
		EVP_EncryptUpdate(c->gcm, NULL, &n, p->aad, (int)p->aad_len) == 1 &&
		EVP_EncryptUpdate(c->gcm, out, &n, in, (int)len) == 1 &&
		EVP_EncryptFinal_ex(c->gcm, out + len, &n) == 1 &&
		EVP_CIPHER_CTX_ctrl(c->gcm, EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1;
	EVP_EncryptInit_ex2(c->gcm, NULL, zeros, NULL, NULL);
	return is_done ? 0 : -EIO;
}

int
evp_gcm_open(
	const struct evp_gcm *p, const uint8_t *in, size_t len, const uint8_t tag[16], uint8_t *out)
{
	struct evp_aes *c = contexts();
	uint8_t tag_copy[16];
	int n, result = -EIO;

	if (!c)
		return -EIO;
	for (unsigned i = 0; i < sizeof(tag_copy); i++)
		tag_copy[i] = tag[i];
	if (EVP_DecryptInit_ex2(c->gcm, aes256_gcm, p->key, p->nonce, NULL) == 1 &&
		EVP_DecryptUpdate(c->gcm, NULL, &n, p->aad, (int)p->aad_len) == 1 &&
		EVP_DecryptUpdate(c->gcm, out, &n, in, (int)len) == 1 &&
		EVP_CIPHER_CTX_ctrl(c->gcm, EVP_CTRL_AEAD_SET_TAG, 16, tag_copy) == 1)
		result = EVP_DecryptFinal_ex(c->gcm, out + len, &n) == 1 ? 0 : -EKEYREJECTED;
	EVP_DecryptInit_ex2(c->gcm, NULL, zeros, NULL, NULL);
	if (result != 0)
		evp_wipe(out, len);
	return result;
}

int
evp_random(uint8_t *out, size_t len)
{
	struct evp_aes *c = len <= POOL_LEN ? contexts() : NULL;

	if (!c)
		return RAND_bytes(out, (int)len) == 1 ? 0 : -EIO;
	// A child must not draw what its parent draws.
	if (c->n_pool < len || c->pool_forks != n_forks) {
		c->n_pool = 0;
		if (RAND_bytes(c->pool, POOL_LEN) != 1)
			return -EIO;
		c->n_pool = POOL_LEN;
		c->pool_forks = n_forks;
	}
	c->n_pool -= (unsigned)len;
	memcpy(out, c->pool + c->n_pool, len);
	OPENSSL_cleanse(c->pool + c->n_pool, len);
	return 0;
}

void
evp_wipe(void *p, size_t len)
{
	OPENSSL_cleanse(p, len);
}
