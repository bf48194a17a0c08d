// SPDX-License-Identifier: BSD-3-Clause
// Runs a fuzz target over files, or over all files of a directory, without a fuzzer: each find stays
// an ordinary test.
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static bool
fail(const char *path)
{
	fprintf(stderr, "replay: %s: %s\n", path, strerror(errno));
	return false;
}

// The input stands in memory of just its size, so that a sanitizer sees a read beyond it.
static bool
replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	bool is_good = false;
	uint8_t *bytes;
	long n;

	if (file == NULL)
		return fail(path);
	if (fseek(file, 0, SEEK_END) || (n = ftell(file)) < 0 || fseek(file, 0, SEEK_SET))
		goto close;
	bytes = malloc(n > 0 ? (size_t)n : 1);
	if (bytes == NULL)
		goto close;
	is_good = fread(bytes, 1, (size_t)n, file) == (size_t)n;
	if (is_good)
		LLVMFuzzerTestOneInput(bytes, (size_t)n);
	free(bytes);
close:
	fclose(file);
	return is_good || fail(path);
}

// -1: something couldn't be read.
static long
replay_directory(const char *path, DIR *directory)
{
	const struct dirent *entry;
	long n = 0;

	while ((entry = readdir(directory)) != NULL) {
		char name[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (!replay_file(name))
			return -1;
		n++;
	}
	return n;
}

int
main(int argc, char **argv)
{
	long total = 0;

	for (int i = 1; i < argc; i++) {
		DIR *directory = opendir(argv[i]);
		long n = 1;

		if (directory != NULL) {
			n = replay_directory(argv[i], directory);
			closedir(directory);
		} else if (!replay_file(argv[i])) {
			n = -1;
		}
		if (n < 0)
			return 1;
		total += n;
	}
	printf("%ld inputs replayed\n", total);
	return total > 0 ? 0 : 1;
}
