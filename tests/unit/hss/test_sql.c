// SPDX-License-Identifier: BSD-3-Clause
#include "hss/sql_statements.h"
#include "tests/unit/cunit_main.h"

#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {
#define SQL_TEXTS(name, sqlite, pgsql) sqlite, pgsql,
	SQL_STATEMENTS(SQL_TEXTS)
#undef SQL_TEXTS
};

// SQLite numbers $1, $2, ... as they appear, PostgreSQL by the number: both must agree.
static void
has_parameters_in_order_of_their_first_use(void)
{
	for (unsigned i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		unsigned long highest = 0;

		for (const char *p = texts[i] ? strchr(texts[i], '$') : NULL; p;
			p = strchr(p + 1, '$')) {
			unsigned long n = strtoul(p + 1, NULL, 10);

			CU_ASSERT(n >= 1 && n <= highest + 1);
			if (n > highest + 1)
				printf("\n%s\n", texts[i]);
			highest = n > highest ? n : highest;
		}
	}
}

static const struct unit_case cases[] = {
	UNIT_CASE(has_parameters_in_order_of_their_first_use),
};
UNIT_MAIN("hss/sql", cases)
