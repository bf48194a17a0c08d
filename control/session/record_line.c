// SPDX-License-Identifier: BSD-3-Clause
#include "control/session/record_line.h"

#include "control/session/bearer_sync.h"
#include "control/session/lifecycle.h"
#include "control/session/pgw.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// A line that is being written. What doesn't fit is left out as a whole member.
struct line {
	char *text;
	size_t n;
};

#define LINE_END 3 // "}\n" and the NUL

#define X(name, word) word,
static const char *const aspect_words[] = { RECORD_ASPECTS(X) };
static const char *const bearer_aspect_words[] = { RECORD_BEARER_ASPECTS(X) };
#undef X

#define X(name, word, text) word,
static const char *const end_words[] = { SESSION_ENDS(X) };
static const char *const bearer_end_words[] = { BEARER_ENDS(X) };
#undef X

const char *
record_end_word(uint8_t end)
{
	return end < SESSION_ENDS_MAX ? end_words[end] : "unknown";
}

const char *
record_bearer_end_word(uint8_t end)
{
	return end < BEARER_ENDS_MAX ? bearer_end_words[end] : "unknown";
}

static void __attribute__((format(printf, 2, 3))) add(struct line *l, const char *format, ...)
{
	size_t room = RECORD_LINE_MAX - LINE_END - l->n;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->text + l->n, room, format, args);
	va_end(args);
	if (n > 0 && (size_t)n < room)
		l->n += (size_t)n;
}

// What came from the wire may hold anything: RFC 8259 7.
static void
add_text(struct line *l, const char *name, const char *value)
{
	char safe[6 * 128 + 1];
	size_t n = 0;

	for (; *value && n + 7 < sizeof(safe); value++) {
		unsigned char c = (unsigned char)*value;

		if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
			n += (size_t)snprintf(safe + n, sizeof(safe) - n, "\\u%04x", c);
		else
			safe[n++] = (char)c;
	}
	safe[n] = '\0';
	add(l, ",\"%s\":\"%s\"", name, safe);
}

static void
add_given(struct line *l, const char *name, const char *value)
{
	if (*value)
		add_text(l, name, value);
}

static void
add_number(struct line *l, const char *name, uint64_t value)
{
	add(l, ",\"%s\":%" PRIu64, name, value);
}

static void
add_time(struct line *l, const char *name, int64_t unix_s, unsigned int ms)
{
	time_t at = (time_t)unix_s;
	struct tm tm;

	gmtime_r(&at, &tm);
	add(l, ",\"%s\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03uZ\"", name, tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
}

static void
begin(struct line *l, uint64_t sequence, const char *name, const char *kind)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	add(l, "{\"sequence\":%" PRIu64, sequence);
	add_text(l, name, kind);
	add_time(l, "time", now.tv_sec, (unsigned int)(now.tv_nsec / 1000000));
}

static size_t
end(struct line *l)
{
	memcpy(l->text + l->n, "}\n", LINE_END);
	return l->n + 2;
}

// ---- Parts.

static void
add_subscriber(struct line *l, const struct session *s, const struct dedicated *b)
{
	const struct bearer *is = b ? &b->is : &s->bearer;
	char text[GTPC_ADDR_TEXT_MAX];

	add_text(l, "imsi", s->imsi);
	add_given(l, "msisdn", s->msisdn);
	add_given(l, "imei", s->mei);
	add_text(l, "apn", s->apn_name);
	add_number(l, "ebi", is->ebi);
	add_number(l, "charging_id", is->charging_id);
	if (b) {
		add_number(l, "linked_ebi", s->bearer.ebi);
		add_number(l, "session_charging_id", s->bearer.charging_id);
		add_given(l, "rule", b->name);
	}
	if (session_has_ipv6(s)) {
		struct gtpc_addr ipv6 = { .family = 6 };

		memcpy(ipv6.bytes, s->ue_ipv6_prefix, sizeof(s->ue_ipv6_prefix));
		add_text(l, "ipv6_prefix", gtpc_addr_text(&ipv6, text));
	}
	if (session_has_ipv4(s)) {
		struct gtpc_addr ipv4 = gtpc_addr_ipv4(s->ue_ipv4);

		add_text(l, "ipv4", gtpc_addr_text(&ipv4, text));
	}
}

static void
add_access(struct line *l, const struct session *s)
{
	char text[GTPC_ADDR_TEXT_MAX], plmn[GTPC_PLMN_TEXT_MAX];

	add_text(l, "serving_plmn", gtpc_plmn_text(&s->serving_network, plmn));
	add_text(l, "rat", gtpc_rat_text(s->rat_type));
	add_number(l, "rat_type", s->rat_type);
	add_text(l, "sgw", gtpc_addr_text(&s->sgw_addr, text));
}

// As on the wire (TS 29.274 8.21): what a reader needs of it, it can take out.
static void
add_location(struct line *l, const struct session *s)
{
	char hex[2 * SESSION_ULI_MAX + 1];

	if (s->uli_bytes == 0)
		return;
	for (unsigned int i = 0; i < s->uli_bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", s->uli[i]);
	add_text(l, "uli", hex);
}

static void
add_teid(struct line *l, const char *name, uint32_t teid)
{
	add(l, ",\"%s\":\"0x%08" PRIx32 "\"", name, teid);
}

static void
add_tunnel(struct line *l, const struct session *s, const struct dedicated *b)
{
	const struct bearer *is = b ? &b->is : &s->bearer;
	char text[GTPC_ADDR_TEXT_MAX];

	add_teid(l, "teid", b ? b->teid : s->teid);
	if (!b)
		add_teid(l, "sgw_teid", s->sgw_teid);
	add_text(l, "sgw_u", gtpc_addr_text(&is->peer, text));
	add_teid(l, "sgw_u_teid", is->peer_teid);
}

static void
add_qos(struct line *l, const struct session *s)
{
	add_number(l, "qci", s->bearer.qci);
	add_number(l, "arp", s->bearer.priority_level);
	add_number(l, "ambr_ul_kbps", s->ul_kbps);
	add_number(l, "ambr_dl_kbps", s->dl_kbps);
}

static void
add_bearer_qos(struct line *l, const struct dedicated *b)
{
	add_number(l, "qci", b->is.qci);
	add_number(l, "arp", b->is.priority_level);
	add_number(l, "mbr_ul_kbps", b->rates.ul_mbr_kbps);
	add_number(l, "mbr_dl_kbps", b->rates.dl_mbr_kbps);
	add_number(l, "gbr_ul_kbps", b->rates.ul_gbr_kbps);
	add_number(l, "gbr_dl_kbps", b->rates.dl_gbr_kbps);
}

// As the CLI takes them, in the order in which the bearer has them.
static void
add_filters(struct line *l, const struct dedicated *b)
{
	char all[RECORD_LINE_MAX / 2] = "", text[TFT_TEXT_MAX];
	size_t n = 0;

	for (unsigned int i = 0; i < b->n_filters && n < sizeof(all); i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s\"%s\"", i ? "," : "",
			tft_filter_text(&b->filter[i], text));
	if (n < sizeof(all))
		add(l, ",\"filters\":[%s]", all);
}

static void
add_usage(struct line *l, const struct pgw *pgw, const struct session *s, const struct dedicated *b)
{
	struct session_usage ul, dl;

	if (b)
		bearer_usage_now(pgw, s, b, &ul, &dl);
	else
		session_usage_now(pgw, s, &ul, &dl);
	add_number(l, "ul_bytes", ul.bytes);
	add_number(l, "ul_packets", ul.packets);
	add_number(l, "dl_bytes", dl.bytes);
	add_number(l, "dl_packets", dl.packets);
	add_number(l, "ul_dropped_packets", ul.dropped_packets);
	add_number(l, "dl_dropped_packets", dl.dropped_packets);
}

// The duration is of a clock that nobody sets.
static void
add_times(struct line *l, const struct session *s, const struct dedicated *b)
{
	add_time(l, "started", b ? b->started_s : s->created_s, 0);
	add_number(l, "duration_ms", pgw_now_ms() - (b ? b->started_ms : s->created_ms));
}

// ---- Lines.

static void
add_changed(struct line *l, uint32_t changed, const char *const *words)
{
	const char *separator = "";

	add(l, ",\"changed\":[");
	for (unsigned int i = 0; changed >> i; i++)
		if (changed >> i & 1) {
			add(l, "%s\"%s\"", separator, words[i]);
			separator = ",";
		}
	add(l, "]");
}

size_t
record_log_line(const struct pgw *pgw, const struct session *s, const struct dedicated *b,
	enum record_kind kind, uint32_t changed, uint64_t sequence, char line[RECORD_LINE_MAX])
{
	static const char *const events[2][RECORD_STOP + 1] = {
		{ [RECORD_START] = "start", [RECORD_CHANGE] = "change", [RECORD_STOP] = "end" },
		{ [RECORD_START] = "bearer-start",
			[RECORD_CHANGE] = "bearer-change",
			[RECORD_STOP] = "bearer-end" },
	};
	struct line l = { .text = line };

	begin(&l, sequence, "event", events[b != NULL][kind]);
	if (kind == RECORD_STOP)
		add_text(
			&l, "reason", b ? record_bearer_end_word(b->end) : record_end_word(s->end));
	if (kind == RECORD_CHANGE)
		add_changed(&l, changed, b ? bearer_aspect_words : aspect_words);
	add_subscriber(&l, s, b);
	add_access(&l, s);
	add_tunnel(&l, s, b);
	if (b) {
		add_bearer_qos(&l, b);
		add_filters(&l, b);
	} else {
		add_location(&l, s);
		add_qos(&l, s);
	}
	if (kind == RECORD_STOP) {
		add_times(&l, s, b);
		add_usage(&l, pgw, s, b);
	}
	return end(&l);
}

size_t
record_usage_line(const struct pgw *pgw, const struct session *s, const struct dedicated *b,
	enum record_kind kind, const char *reason, uint64_t sequence, char line[RECORD_LINE_MAX])
{
	static const char *const kinds[2][RECORD_STOP + 1] = {
		{ [RECORD_START] = "start", [RECORD_INTERIM] = "interim", [RECORD_STOP] = "stop" },
		{ [RECORD_START] = "bearer-start",
			[RECORD_INTERIM] = "bearer-interim",
			[RECORD_STOP] = "bearer-stop" },
	};
	struct line l = { .text = line };

	begin(&l, sequence, "record", kinds[b != NULL][kind]);
	if (kind != RECORD_START)
		add_text(&l, "reason", reason);
	add_subscriber(&l, s, b);
	add_access(&l, s);
	add_location(&l, s);
	add_number(&l, "qci", b ? b->is.qci : s->bearer.qci);
	add(&l, ",\"charging_characteristics\":\"%04x\"", s->charging_characteristics);
	add_times(&l, s, b);
	add_usage(&l, pgw, s, b);
	return end(&l);
}

// ---- Digests.

static uint32_t
digest(uint32_t so_far, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < n; i++) // FNV-1a
		so_far = (so_far ^ at[i]) * 16777619;
	return so_far;
}

// 0 says that nothing was told yet.
static void
never_zero(uint32_t *digests, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (digests[i] == 0)
			digests[i] = 1;
}

void
record_digests(const struct session *s, uint32_t out[SESSION_ASPECTS])
{
	const uint32_t begin_ = 2166136261;
	uint32_t qos[] = { s->ul_kbps, s->dl_kbps, s->bearer.qci, s->bearer.priority_level };
	uint32_t d;

	out[RECORD_ASPECT_SGW] = digest(begin_, &s->sgw_addr, sizeof(s->sgw_addr));
	d = digest(begin_, &s->bearer.peer, sizeof(s->bearer.peer));
	d = digest(d, &s->bearer.peer_teid, sizeof(s->bearer.peer_teid));
	out[RECORD_ASPECT_TUNNEL] = digest(d, &s->sgw_teid, sizeof(s->sgw_teid));
	d = digest(begin_, &s->rat_type, sizeof(s->rat_type));
	out[RECORD_ASPECT_ACCESS] = digest(d, &s->serving_network, sizeof(s->serving_network));
	d = digest(begin_, s->uli, s->uli_bytes);
	out[RECORD_ASPECT_PLACE] = digest(d, &s->ue_time_zone, sizeof(s->ue_time_zone));
	out[RECORD_ASPECT_QOS] = digest(begin_, qos, sizeof(qos));
	never_zero(out, SESSION_ASPECTS);
}

void
record_bearer_digests(const struct dedicated *b, uint32_t out[BEARER_ASPECTS])
{
	const uint32_t begin_ = 2166136261;
	uint8_t qos[] = { b->is.qci, b->is.priority_level };
	char text[TFT_TEXT_MAX];
	uint32_t d;

	d = digest(begin_, &b->is.peer, sizeof(b->is.peer));
	out[RECORD_BEARER_ASPECT_TUNNEL] = digest(d, &b->is.peer_teid, sizeof(b->is.peer_teid));
	d = digest(begin_, qos, sizeof(qos));
	out[RECORD_BEARER_ASPECT_QOS] = digest(d, &b->rates, sizeof(b->rates));
	d = begin_;
	for (unsigned int i = 0; i < b->n_filters; i++) {
		tft_filter_text(&b->filter[i], text);
		d = digest(d, text, strlen(text) + 1);
	}
	out[RECORD_BEARER_ASPECT_FILTERS] = d;
	never_zero(out, BEARER_ASPECTS);
}
