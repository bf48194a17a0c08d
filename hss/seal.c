// SPDX-License-Identifier: BSD-3-Clause
#include "hss/seal.h"

#include "hss/evp.h"
#include "hss/subscriber_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY_LEN 32
#define NONCE_LEN 12
#define TAG_LEN 16
#define FORMAT 1     // first octet of a sealed key
#define HEADER_LEN 7 // algorithm, has_opc, k_len, res_len, iterations, AMF
#define PLAIN_MAX (HEADER_LEN + AUC_K_MAX + AUC_OP_MAX)
#define AAD_PREFIX "torii-hss/1/"

_Static_assert(1 + NONCE_LEN + PLAIN_MAX + TAG_LEN <= SEALED_MAX, "the largest key fits");

// A page of its own: locked, and in no core dump.
struct seal {
	uint8_t key[KEY_LEN];
};

static size_t
op_len(enum auc_algorithm algorithm)
{
	return algorithm == AUC_MILENAGE ? 16 : algorithm == AUC_TUAK ? 32 : 0;
}

static size_t
aad_of(const char *imsi, uint8_t aad[sizeof(AAD_PREFIX) + IMSI_SIZE])
{
	int n = snprintf((char *)aad, sizeof(AAD_PREFIX) + IMSI_SIZE, AAD_PREFIX "%s", imsi);

	return (size_t)n;
}

static struct seal *
seal_new(const char **why)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct seal *seal =
		mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (seal == MAP_FAILED) {
		*why = "no memory";
		return NULL;
	}
	if (mlock(seal, page) != 0 || madvise(seal, page, MADV_DONTDUMP) != 0) {
		*why = "memory can't be locked (see RLIMIT_MEMLOCK)";
		munmap(seal, page);
		return NULL;
	}
	return seal;
}

void
seal_close(struct seal *seal)
{
	if (!seal)
		return;
	evp_wipe(seal, sizeof(*seal));
	munmap(seal, (size_t)sysconf(_SC_PAGESIZE));
}

static int
file_check(int fd, const char **why)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		*why = "it isn't a regular file";
	else if (st.st_uid != geteuid() && st.st_uid != 0)
		*why = "it belongs to another user";
	else if (st.st_mode & 077)
		*why = "others may read or write it (chmod 600)";
	else
		return 0;
	return -EPERM;
}

static int
file_read(int fd, struct seal *seal, const char **why)
{
	char text[2 * KEY_LEN + 3];
	ssize_t n = read(fd, text, sizeof(text) - 1);
	int err = 0;

	if (n < 0) {
		err = -errno;
		*why = "it can't be read";
	} else {
		text[n] = '\0';
		text[strcspn(text, "\r\n")] = '\0';
		if (hex_parse(text, seal->key, KEY_LEN) != 0) {
			err = -EINVAL;
			*why = "it isn't 64 hexadecimal digits";
		}
	}
	evp_wipe(text, sizeof(text));
	return err;
}

int
seal_open_file(const char *path, struct seal **seal, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int err;

	*seal = NULL;
	*why = "it can't be opened";
	if (fd < 0)
		return -errno;
	err = file_check(fd, why);
	if (err == 0) {
		*seal = seal_new(why);
		err = *seal ? file_read(fd, *seal, why) : -ENOMEM;
	}
	close(fd);
	if (err != 0) {
		seal_close(*seal);
		*seal = NULL;
	}
	return err;
}

int
seal_new_file(const char *path)
{
	uint8_t key[KEY_LEN];
	char text[2 * KEY_LEN + 2];
	int fd, err = 0;

	if (evp_random(key, sizeof(key)) != 0)
		return -EIO;
	hex_print(key, sizeof(key), text);
	text[2 * KEY_LEN] = '\n';
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		err = -errno;
	else if (write(fd, text, 2 * KEY_LEN + 1) != 2 * KEY_LEN + 1 || fsync(fd) != 0)
		err = -EIO;
	if (fd >= 0)
		close(fd);
	evp_wipe(key, sizeof(key));
	evp_wipe(text, sizeof(text));
	return err;
}

int
seal_wrap(const struct seal *seal, const char *imsi, const struct auc_key *key,
	uint8_t out[SEALED_MAX], uint8_t *out_len)
{
	uint8_t aad[sizeof(AAD_PREFIX) + IMSI_SIZE];
	struct evp_gcm gcm = { seal->key, out + 1, aad, aad_of(imsi, aad) };
	size_t n_op = op_len(key->algorithm), n = HEADER_LEN + key->k_len + n_op;
	uint8_t plain[PLAIN_MAX] = { (uint8_t)key->algorithm, key->has_opc, key->k_len,
		key->res_len, key->tuak_iterations, key->amf[0], key->amf[1] };
	const char *why;
	int err;

	if (!auc_key_is_sound(key, &why) || !imsi_is_sound(imsi))
		return -EINVAL;
	memcpy(plain + HEADER_LEN, key->k, key->k_len);
	memcpy(plain + HEADER_LEN + key->k_len, key->op, n_op);
	out[0] = FORMAT;
	err = evp_random(out + 1, NONCE_LEN);
	if (err == 0)
		err = evp_gcm_seal(&gcm, plain, n, out + 1 + NONCE_LEN, out + 1 + NONCE_LEN + n);
	evp_wipe(plain, sizeof(plain));
	*out_len = (uint8_t)(1 + NONCE_LEN + n + TAG_LEN);
	return err;
}

// The opened octets as a key; -EINVAL if they are none.
static int
key_decode(const uint8_t *plain, size_t n, struct auc_key *key)
{
	const char *why;

	if (n < HEADER_LEN || plain[2] > AUC_K_MAX)
		return -EINVAL;
	key->algorithm = (enum auc_algorithm)plain[0];
	key->has_opc = plain[1] != 0;
	key->k_len = plain[2];
	key->res_len = plain[3];
	key->tuak_iterations = plain[4];
	memcpy(key->amf, plain + 5, 2);
	if (n != HEADER_LEN + key->k_len + op_len(key->algorithm) || !auc_key_is_sound(key, &why))
		return -EINVAL;
	memcpy(key->k, plain + HEADER_LEN, key->k_len);
	memcpy(key->op, plain + HEADER_LEN + key->k_len, op_len(key->algorithm));
	return 0;
}

int
seal_unwrap(const struct seal *seal, const char *imsi, const uint8_t *sealed, size_t len,
	struct auc_key *key)
{
	uint8_t aad[sizeof(AAD_PREFIX) + IMSI_SIZE], plain[PLAIN_MAX];
	struct evp_gcm gcm = { seal->key, sealed + 1, aad, 0 };
	size_t n;
	int err;

	memset(key, 0, sizeof(*key));
	if (len < 1 + NONCE_LEN + TAG_LEN || sealed[0] != FORMAT || !imsi_is_sound(imsi))
		return -EINVAL;
	n = len - 1 - NONCE_LEN - TAG_LEN;
	if (n > sizeof(plain))
		return -EINVAL;
	gcm.aad_len = aad_of(imsi, aad);
	err = evp_gcm_open(&gcm, sealed + 1 + NONCE_LEN, n, sealed + len - TAG_LEN, plain);
	if (err == 0)
		err = key_decode(plain, n, key);
	evp_wipe(plain, sizeof(plain));
	if (err != 0)
		auc_key_wipe(key);
	return err;
}
