// SPDX-License-Identifier: BSD-3-Clause
// Configuration files of any bytes: refused or loaded, and what is loaded reads the same after it
// was shown.
#include "config/cfg.h"
#include "tests/unit/config/sample.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);
const char *__lsan_default_suppressions(void);

// libconfig 1.5 forgets the string that it is in when it finds a syntax error.
const char *
__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

static char *
shown(const struct sample *s)
{
	char *text = NULL;
	size_t n;
	FILE *out = open_memstream(&text, &n);

	cfg_show(&sample_schema, s, out);
	fclose(out);
	return text;
}

// Loads what is shown of s; it must look the same.
static void
check_again(const struct sample *s)
{
	char *once = shown(s), *twice, *said;
	struct sample again;

	if (sample_load(once, &again, &said) < 0) {
		fprintf(stderr, "%s%s", once, said);
		abort();
	}
	twice = shown(&again);
	if (strcmp(once, twice) != 0)
		abort();
	cfg_free(&sample_schema, &again);
	free(once);
	free(twice);
	free(said);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const uint8_t no_key[4];
	struct sample s;
	char *text, *said;

	if (memmem(bytes, n, "@include", 8) != NULL)
		return 0; // would read files of the machine
	text = malloc(n + 1);
	if (text == NULL)
		return 0;
	memcpy(text, bytes, n);
	text[n] = '\0';
	if (sample_load(text, &s, &said) == 0) {
		if (memcmp(s.op, no_key, sizeof(no_key)) == 0) // a key is shown as "***"
			check_again(&s);
		cfg_free(&sample_schema, &s);
	} else if (said[0] == '\0') {
		abort(); // refused without a reason
	}
	free(said);
	free(text);
	return 0;
}
