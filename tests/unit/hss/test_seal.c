// SPDX-License-Identifier: BSD-3-Clause
#include "hss/seal.h"
#include "tests/unit/cunit_main.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/torii-seal-XXXXXX";
static char path[64];
static char other_path[64];

static struct auc_key
key_of(enum auc_algorithm algorithm)
{
	struct auc_key key = { .algorithm = algorithm,
		.k_len = 16,
		.res_len = 8,
		.tuak_iterations = 1,
		.has_opc = true,
		.amf = { 0x80, 0x00 } };

	memset(key.k, 0x11, sizeof(key.k));
	memset(key.op, 0x22, sizeof(key.op));
	return key;
}

static struct seal *
opened(const char *file)
{
	struct seal *seal;
	const char *why;

	CU_ASSERT_EQUAL_FATAL(seal_open_file(file, &seal, &why), 0);
	return seal;
}

static void
opens_what_it_sealed(void)
{
	static const enum auc_algorithm all[] = { AUC_MILENAGE, AUC_TUAK, AUC_XOR };
	struct seal *seal = opened(path);
	uint8_t sealed[SEALED_MAX], n;

	for (unsigned i = 0; i < 3; i++) {
		struct auc_key key = key_of(all[i]), back;

		if (all[i] == AUC_TUAK)
			key.k_len = 32;
		CU_ASSERT_EQUAL(seal_wrap(seal, "001010000000001", &key, sealed, &n), 0);
		CU_ASSERT(n <= SEALED_MAX);
		CU_ASSERT_EQUAL(seal_unwrap(seal, "001010000000001", sealed, n, &back), 0);
		CU_ASSERT_EQUAL(back.algorithm, key.algorithm);
		CU_ASSERT_EQUAL(back.k_len, key.k_len);
		CU_ASSERT_EQUAL(memcmp(back.k, key.k, key.k_len), 0);
		CU_ASSERT_EQUAL(memcmp(back.op, key.op, all[i] == AUC_XOR ? 0 : 16), 0);
		CU_ASSERT_EQUAL(memcmp(back.amf, key.amf, 2), 0);
		CU_ASSERT(back.has_opc);
	}
	seal_close(seal);
}

static void
shows_no_key_octets(void)
{
	struct seal *seal = opened(path);
	struct auc_key key = key_of(AUC_MILENAGE);
	uint8_t sealed[SEALED_MAX], n;

	CU_ASSERT_EQUAL(seal_wrap(seal, "001010000000001", &key, sealed, &n), 0);
	CU_ASSERT_PTR_NULL(memmem(sealed, n, key.k, 4));
	CU_ASSERT_PTR_NULL(memmem(sealed, n, key.op, 4));
	seal_close(seal);
}

static void
uses_a_nonce_once(void)
{
	struct seal *seal = opened(path);
	struct auc_key key = key_of(AUC_MILENAGE);
	uint8_t a[SEALED_MAX], b[SEALED_MAX], n;

	CU_ASSERT_EQUAL(seal_wrap(seal, "001010000000001", &key, a, &n), 0);
	CU_ASSERT_EQUAL(seal_wrap(seal, "001010000000001", &key, b, &n), 0);
	CU_ASSERT_NOT_EQUAL(memcmp(a + 1, b + 1, 12), 0);
	seal_close(seal);
}

static void
binds_a_key_to_its_imsi(void)
{
	struct seal *seal = opened(path);
	struct auc_key key = key_of(AUC_MILENAGE), back;
	uint8_t sealed[SEALED_MAX], n;

	CU_ASSERT_EQUAL(seal_wrap(seal, "001010000000001", &key, sealed, &n), 0);
	CU_ASSERT_EQUAL(seal_unwrap(seal, "001010000000002", sealed, n, &back), -EKEYREJECTED);
	CU_ASSERT_EQUAL(back.k[0], 0);
	seal_close(seal);
}

static void
refuses_any_altered_bit_and_any_length(void)
{
	struct seal *seal = opened(path);
	struct auc_key key = key_of(AUC_MILENAGE), back;
	uint8_t sealed[SEALED_MAX], n;

	CU_ASSERT_EQUAL(seal_wrap(seal, "001010000000001", &key, sealed, &n), 0);
	for (unsigned bit = 0; bit < 8U * n; bit++) {
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		CU_ASSERT_NOT_EQUAL(seal_unwrap(seal, "001010000000001", sealed, n, &back), 0);
		sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t len = 0; len < n; len++)
		CU_ASSERT_NOT_EQUAL(seal_unwrap(seal, "001010000000001", sealed, len, &back), 0);
	seal_close(seal);
}

static void
refuses_another_sealing_key(void)
{
	struct seal *seal = opened(path), *other = opened(other_path);
	struct auc_key key = key_of(AUC_MILENAGE), back;
	uint8_t sealed[SEALED_MAX], n;

	CU_ASSERT_EQUAL(seal_wrap(seal, "001010000000001", &key, sealed, &n), 0);
	CU_ASSERT_EQUAL(seal_unwrap(other, "001010000000001", sealed, n, &back), -EKEYREJECTED);
	seal_close(seal);
	seal_close(other);
}

static void
never_overwrites_a_key_file(void)
{
	CU_ASSERT_EQUAL(seal_new_file(path), -EEXIST);
}

static void
makes_its_file_for_the_owner_only(void)
{
	struct stat st;

	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
}

static void
refuses_a_file_that_others_may_read(void)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0610, 0644 };
	struct seal *seal;
	const char *why;

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		chmod(path, modes[i]);
		CU_ASSERT_EQUAL(seal_open_file(path, &seal, &why), -EPERM);
		CU_ASSERT_PTR_NULL(seal);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, "others"));
	}
	chmod(path, 0400);
	CU_ASSERT_EQUAL(seal_open_file(path, &seal, &why), 0);
	seal_close(seal);
	chmod(path, 0600);
}

static void
refuses_links_directories_and_what_is_no_key(void)
{
	struct seal *seal;
	const char *why;
	char link[80];
	FILE *f;

	snprintf(link, sizeof(link), "%s/link", directory);
	CU_ASSERT_EQUAL(symlink(path, link), 0);
	CU_ASSERT_EQUAL(seal_open_file(link, &seal, &why), -ELOOP);
	unlink(link);
	CU_ASSERT_EQUAL(seal_open_file(directory, &seal, &why), -EPERM);
	CU_ASSERT_EQUAL(seal_open_file("/nonexistent/key", &seal, &why), -ENOENT);
	f = fopen(link, "w");
	fputs("not a key\n", f);
	fclose(f);
	chmod(link, 0600);
	CU_ASSERT_EQUAL(seal_open_file(link, &seal, &why), -EINVAL);
	unlink(link);
}

static const struct unit_case cases[] = {
	UNIT_CASE(opens_what_it_sealed),
	UNIT_CASE(shows_no_key_octets),
	UNIT_CASE(uses_a_nonce_once),
	UNIT_CASE(binds_a_key_to_its_imsi),
	UNIT_CASE(refuses_any_altered_bit_and_any_length),
	UNIT_CASE(refuses_another_sealing_key),
	UNIT_CASE(never_overwrites_a_key_file),
	UNIT_CASE(makes_its_file_for_the_owner_only),
	UNIT_CASE(refuses_a_file_that_others_may_read),
	UNIT_CASE(refuses_links_directories_and_what_is_no_key),
};

int
main(void)
{
	int failed;

	if (!mkdtemp(directory))
		return 1;
	snprintf(path, sizeof(path), "%s/key", directory);
	snprintf(other_path, sizeof(other_path), "%s/other", directory);
	if (seal_new_file(path) != 0 || seal_new_file(other_path) != 0)
		return 1;
	failed = unit_run("hss/seal", cases, sizeof(cases) / sizeof(cases[0]));
	unlink(path);
	unlink(other_path);
	rmdir(directory);
	return failed;
}
