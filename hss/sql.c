// SPDX-License-Identifier: BSD-3-Clause
#include "hss/sql.h"

#include <stdarg.h>

struct sql_stmt *
sql_bound(struct sql *sql, enum sql_id id, const char *format, ...)
{
	struct sql_stmt *st = sql_start(sql, id);
	va_list args;

	va_start(args, format);
	for (; *format; format++) {
		if (*format == 'i') {
			sql_bind_int(st, va_arg(args, int64_t));
		} else if (*format == 't') {
			sql_bind_text(st, va_arg(args, const char *));
		} else {
			const void *value = va_arg(args, const void *);

			sql_bind_blob(st, value, va_arg(args, size_t));
		}
	}
	va_end(args);
	return st;
}
