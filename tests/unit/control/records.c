// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/records.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *
open_file(const struct rig *r, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/state/records/%s", r->dir, name);
	return fopen(path, "r");
}

static void
must(bool is_right, const char *what, const char *line)
{
	if (is_right)
		return;
	fprintf(stderr, "records: %s: %s\n", what, line);
	exit(1);
}

static uint64_t
number(const char *line, const char *name)
{
	char key[32];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":", name);
	at = strstr(line, key);
	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static void
text(const char *line, const char *name, char *to, size_t room)
{
	char key[32];
	const char *at;

	snprintf(key, sizeof(key), "\"%s\":\"", name);
	at = strstr(line, key);
	to[0] = '\0';
	if (at)
		snprintf(to, room, "%.*s", (int)strcspn(at + strlen(key), "\""), at + strlen(key));
}

uint32_t
records_read(const struct rig *r, struct usage_record *out, uint32_t max)
{
	FILE *f = open_file(r, "usage.jsonl");
	uint32_t n = 0;

	while (f && n < max && fgets(out[n].line, sizeof(out[n].line), f)) {
		struct usage_record *u = &out[n++];

		u->sequence = number(u->line, "sequence");
		must(u->sequence == n, "not the next sequence number", u->line);
		must(strcmp(u->line + strlen(u->line) - 2, "}\n") == 0, "no whole line", u->line);
		text(u->line, "record", u->record, sizeof(u->record));
		text(u->line, "reason", u->reason, sizeof(u->reason));
		text(u->line, "imsi", u->imsi, sizeof(u->imsi));
		u->charging_id = number(u->line, "charging_id");
		u->ul_bytes = number(u->line, "ul_bytes");
		u->dl_bytes = number(u->line, "dl_bytes");
		u->ul_packets = number(u->line, "ul_packets");
	}
	if (f)
		fclose(f);
	return n;
}

uint32_t
session_log_count(const struct rig *r, ...)
{
	FILE *f = open_file(r, "sessions.jsonl");
	char line[2048];
	uint32_t n = 0;

	while (f && fgets(line, sizeof(line), f)) {
		bool is_meant = true;
		const char *part;
		va_list parts;

		va_start(parts, r);
		while ((part = va_arg(parts, const char *)) != NULL)
			is_meant = is_meant && strstr(line, part);
		va_end(parts);
		n += is_meant;
	}
	if (f)
		fclose(f);
	return n;
}
