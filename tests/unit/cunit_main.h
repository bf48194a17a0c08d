// SPDX-License-Identifier: BSD-3-Clause
// The main() of a unit test: a table of cases, each named after the behaviour that it shows.
//
//	static const struct unit_case cases[] = {
//		UNIT_CASE(names_the_missing_ie),
//	};
//	UNIT_MAIN("gtpc/message", cases)
#pragma once

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>

#include <stddef.h>
#include <stdio.h>

struct unit_case {
	const char *name;
	void (*run)(void);
};

// clang-format off
#define UNIT_CASE(function) { #function, function }
// clang-format on

// Runs the cases as one suite; the exit status of the test.
static inline int
unit_run(const char *suite_name, const struct unit_case *cases, size_t n)
{
	unsigned int failed = 1;
	CU_pSuite suite;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	suite = CU_add_suite(suite_name, NULL, NULL);
	if (suite == NULL)
		goto cleanup;
	for (size_t i = 0; i < n; i++)
		if (CU_add_test(suite, cases[i].name, cases[i].run) == NULL)
			goto cleanup;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	if (CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_tests_run() == n)
		failed = CU_get_number_of_failures();
cleanup:
	if (CU_get_error() != CUE_SUCCESS)
		fprintf(stderr, "%s: %s\n", suite_name, CU_get_error_msg());
	CU_cleanup_registry();
	return failed ? 1 : 0;
}

#define UNIT_MAIN(suite_name, cases)                                                               \
	int main(void)                                                                             \
	{                                                                                          \
		return unit_run(suite_name, cases, sizeof(cases) / sizeof((cases)[0]));            \
	}
