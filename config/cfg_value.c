// SPDX-License-Identifier: BSD-3-Clause
#include "config/cfg_value.h"

#include <libconfig.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

static int wrong(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int
wrong(char *why, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, CFG_WHY_MAX, format, args);
	va_end(args);
	return -EINVAL;
}

// ---- Numbers

static uint64_t
get_uint(const void *member, size_t size)
{
	uint64_t number = 0;

	memcpy(&number, member, size); // little endian, as every machine that DPDK runs on here
	return number;
}

static void
put_uint(void *member, size_t size, uint64_t number)
{
	memcpy(member, &number, size);
}

static const char *
duration_text(uint64_t ms, char *text)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = { { "d", 86400000 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 } };

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ms == 0 || ms % units[i].ms != 0)
			continue;
		snprintf(text, CFG_VALUE_TEXT, "%" PRIu64 "%s", ms / units[i].ms, units[i].name);
		return text;
	}
	snprintf(text, CFG_VALUE_TEXT, ms == 0 ? "0s" : "%" PRIu64 "ms", ms);
	return text;
}

static const char *
bit_rate_text(uint64_t bps, char *text)
{
	static const struct {
		const char *name;
		uint64_t bps;
	} units[] = { { "G", 1000000000 }, { "M", 1000000 }, { "k", 1000 }, { "", 1 } };
	size_t i = 0;

	while (units[i].bps > 1 && (bps == 0 || bps % units[i].bps != 0))
		i++;
	snprintf(text, CFG_VALUE_TEXT, "%" PRIu64 "%s", bps / units[i].bps, units[i].name);
	return text;
}

const char *
cfg_value_number_text(enum cfg_type type, uint64_t number, char *text)
{
	switch (type) {
	case CFG_TYPE_BIT_RATE:
		return bit_rate_text(number, text);
	case CFG_TYPE_MS:
		return duration_text(number, text);
	case CFG_TYPE_SECONDS:
		return duration_text(number * 1000, text);
	default:
		snprintf(text, CFG_VALUE_TEXT, "%" PRIu64, number);
		return text;
	}
}

static int
take_number(const struct cfg_row *row, uint64_t number, void *member, char *why)
{
	char given[CFG_VALUE_TEXT], low[CFG_VALUE_TEXT], high[CFG_VALUE_TEXT];

	if (number < row->min || number > row->max)
		return wrong(why, "%s is not within %s to %s",
			cfg_value_number_text(row->type, number, given),
			cfg_value_number_text(row->type, row->min, low),
			cfg_value_number_text(row->type, row->max, high));
	put_uint(member, row->size, number);
	return 0;
}

static int
take_number_text(const struct cfg_row *row, const char *text, void *member, char *why)
{
	uint64_t number;

	switch (row->type) {
	case CFG_TYPE_BIT_RATE:
		if (cfg_parse_bit_rate(text, &number) < 0)
			return wrong(
				why, "\"%.40s\" is no bit rate, write \"50M\" or \"1.5G\"", text);
		break;
	case CFG_TYPE_MS:
	case CFG_TYPE_SECONDS:
		if (cfg_parse_ms(text, &number) < 0)
			return wrong(why,
				"\"%.40s\" is no duration, write \"200ms\", \"5s\" or \"1h\"",
				text);
		if (row->type == CFG_TYPE_SECONDS && number % 1000 != 0)
			return wrong(why, "\"%.40s\" is not in whole seconds", text);
		if (row->type == CFG_TYPE_SECONDS)
			number /= 1000;
		break;
	default:
		if (cfg_parse_uint(text, &number) < 0)
			return wrong(why, "\"%.40s\" is no number", text);
	}
	return take_number(row, number, member, why);
}

// libconfig keeps hexadecimal numbers in signed variables: there a minus sign is the highest bit.
static int
setting_number(const config_setting_t *setting, uint64_t *number)
{
	bool is_hex = setting->format == CONFIG_FORMAT_HEX;

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT: {
		int value = config_setting_get_int(setting);

		*number = is_hex ? (uint64_t)(unsigned int)value : (uint64_t)value;
		return value < 0 && !is_hex ? -ERANGE : 0;
	}
	case CONFIG_TYPE_INT64: {
		long long value = config_setting_get_int64(setting);

		*number = (uint64_t)value;
		return value < 0 && !is_hex ? -ERANGE : 0;
	}
	default:
		return -EINVAL;
	}
}

static int
read_number(const struct cfg_row *row, const config_setting_t *setting, void *member, char *why)
{
	bool is_text = config_setting_type(setting) == CONFIG_TYPE_STRING;
	uint64_t number;
	double real;
	int rc;

	switch (row->type) {
	case CFG_TYPE_MS:
	case CFG_TYPE_SECONDS:
		if (!is_text)
			return wrong(why, "must be a duration with a unit, as \"5s\" or \"200ms\"");
		return take_number_text(row, config_setting_get_string(setting), member, why);
	case CFG_TYPE_BIT_RATE:
		if (is_text)
			return take_number_text(
				row, config_setting_get_string(setting), member, why);
		if (config_setting_type(setting) == CONFIG_TYPE_FLOAT) {
			real = config_setting_get_float(setting);
			if (!isfinite(real) || real < 0 || real > 1e18)
				return wrong(why, "is out of range");
			return take_number(row, (uint64_t)real, member, why);
		}
		break;
	default:
		break;
	}
	rc = setting_number(setting, &number);
	if (rc == -ERANGE)
		return wrong(why, "must not be negative");
	if (rc < 0)
		return wrong(why, "must be a %s",
			row->type == CFG_TYPE_BIT_RATE ? "bit rate, as \"50M\" or 50000000"
						       : "number");
	return take_number(row, number, member, why);
}

// ---- Values that are strings in a file

static int
parse_string(const struct cfg_row *row, const char *text, void *member, char *why)
{
	size_t length = strlen(text);

	if (length >= row->size)
		return wrong(why, "is %zu bytes long, at most %zu fit", length, row->size - 1);
	if (length == 0 && row->flags & CFG_NOT_EMPTY)
		return wrong(why, "must not be empty");
	for (const char *c = text; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c))
			return wrong(why, "must not hold control characters");
	memcpy(member, text, length + 1);
	return 0;
}

static int
parse_enum(const struct cfg_row *row, const char *text, void *member, char *why)
{
	size_t used;

	for (size_t i = 0; row->names[i] != NULL; i++) {
		if (strcmp(row->names[i], text) != 0)
			continue;
		put_uint(member, row->size, i);
		return 0;
	}
	wrong(why, "\"%.40s\" is none of", text);
	for (size_t i = 0; row->names[i] != NULL; i++) {
		used = strlen(why);
		snprintf(why + used, CFG_WHY_MAX - used, "%s %s", i > 0 ? "," : "", row->names[i]);
	}
	return -EINVAL;
}

static int
wrong_family(const struct cfg_row *row, uint8_t family, char *why)
{
	if (family >= row->min && family <= row->max)
		return 0;
	return wrong(why, "must be IPv%u", row->max == 4 ? 4 : 6);
}

static int
parse_addr(const struct cfg_row *row, const char *text, void *member, char *why)
{
	struct cfg_addr addr;

	if (cfg_parse_addr(text, &addr) < 0)
		return wrong(why, "\"%.60s\" is no IP address", text);
	if (wrong_family(row, addr.family, why) < 0)
		return -EINVAL;
	memcpy(member, &addr, sizeof(addr));
	return 0;
}

static int
parse_prefix(const struct cfg_row *row, const char *text, void *member, char *why)
{
	struct cfg_prefix prefix;

	if (cfg_parse_prefix(text, &prefix) < 0)
		return wrong(why,
			"\"%.60s\" is no prefix, write \"100.64.0.0/16\" with no bits after the "
			"length",
			text);
	if (wrong_family(row, prefix.addr.family, why) < 0)
		return -EINVAL;
	memcpy(member, &prefix, sizeof(prefix));
	return 0;
}

static int
hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, tolower((unsigned char)c));

	return c == '\0' || at == NULL ? -1 : (int)(at - digits);
}

// `separator`: between bytes, 0 for none. Never says the text in `why`: it may be a key.
static int
parse_bytes(const char *text, char separator, uint8_t *bytes, size_t n, char *why)
{
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

		if (low < 0)
			return wrong(why, "must be %zu bytes in hexadecimal", n);
		bytes[i] = (uint8_t)(high << 4 | low);
		text += 2;
		if (separator != '\0' && i + 1 < n && *text++ != separator)
			return wrong(why, "must be %zu bytes with '%c' between them", n, separator);
	}
	return *text == '\0' ? 0 : wrong(why, "must be exactly %zu bytes in hexadecimal", n);
}

static int
parse_custom(const struct cfg_row *row, const char *text, void *member, char *why)
{
	const char *reason = NULL;

	if (row->codec->parse(text, member, row->size, &reason) == 0)
		return 0;
	if (row->flags & CFG_SECRET)
		return wrong(why, "%s", reason != NULL ? reason : "is wrong");
	return wrong(why, "\"%.60s\" is no %s%s%s", text, row->codec->type,
		reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

// "" leaves a value out where that is also the default.
static bool
may_be_left_out(const struct cfg_row *row)
{
	return row->fallback != NULL && row->fallback[0] == '\0' && !row->is_list;
}

static int
parse_text(const struct cfg_row *row, const char *text, void *member, char *why)
{
	if (row->type == CFG_TYPE_STRING)
		return parse_string(row, text, member, why);
	if (text[0] == '\0' && may_be_left_out(row))
		return 0;
	switch (row->type) {
	case CFG_TYPE_ENUM:
		return parse_enum(row, text, member, why);
	case CFG_TYPE_ADDR:
		return parse_addr(row, text, member, why);
	case CFG_TYPE_PREFIX:
		return parse_prefix(row, text, member, why);
	case CFG_TYPE_MAC:
		return parse_bytes(text, ':', member, row->size, why);
	case CFG_TYPE_HEX:
		return parse_bytes(text, '\0', member, row->size, why);
	case CFG_TYPE_CUSTOM:
		return parse_custom(row, text, member, why);
	default:
		return wrong(why, "has no such type");
	}
}

int
cfg_value_parse(const struct cfg_row *row, const char *text, void *member, char *why)
{
	bool is_true;

	switch (row->type) {
	case CFG_TYPE_BOOL:
		is_true = strcmp(text, "true") == 0;
		if (!is_true && strcmp(text, "false") != 0)
			return wrong(why, "must be true or false");
		memcpy(member, &is_true, sizeof(is_true));
		return 0;
	case CFG_TYPE_UINT:
	case CFG_TYPE_BIT_RATE:
	case CFG_TYPE_MS:
	case CFG_TYPE_SECONDS:
		return take_number_text(row, text, member, why);
	default:
		return parse_text(row, text, member, why);
	}
}

int
cfg_value_read(const struct cfg_row *row, const config_setting_t *setting, void *member, char *why)
{
	bool is_true;

	switch (row->type) {
	case CFG_TYPE_BOOL:
		if (config_setting_type(setting) != CONFIG_TYPE_BOOL)
			return wrong(why, "must be true or false");
		is_true = config_setting_get_bool(setting) != 0;
		memcpy(member, &is_true, sizeof(is_true));
		return 0;
	case CFG_TYPE_UINT:
	case CFG_TYPE_BIT_RATE:
	case CFG_TYPE_MS:
	case CFG_TYPE_SECONDS:
		return read_number(row, setting, member, why);
	default:
		if (config_setting_type(setting) != CONFIG_TYPE_STRING)
			return wrong(why, "must be a string in double quotes");
		return parse_text(row, config_setting_get_string(setting), member, why);
	}
}

// ---- Back to text

bool
cfg_row_is_required(const struct cfg_row *row)
{
	return row->fallback == NULL || (row->min_count > 0 && row->fallback[0] == '\0');
}

bool
cfg_value_is_empty(const struct cfg_row *row, const void *member)
{
	const uint8_t *bytes = member;

	switch (row->type) {
	case CFG_TYPE_STRING:
		return bytes[0] == '\0';
	case CFG_TYPE_ADDR:
	case CFG_TYPE_PREFIX:
	case CFG_TYPE_MAC:
	case CFG_TYPE_HEX:
	case CFG_TYPE_CUSTOM:
		for (size_t i = 0; i < row->size; i++)
			if (bytes[i] != 0)
				return false;
		return true;
	default:
		return false;
	}
}

static void
print_quoted(const char *text, FILE *out)
{
	fputc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void
print_bytes(const uint8_t *bytes, size_t n, const char *separator, FILE *out)
{
	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s%02x", i > 0 ? separator : "\"", bytes[i]);
	fputc('"', out);
}

static void
print_text(const struct cfg_row *row, const void *member, FILE *out)
{
	char text[CFG_VALUE_TEXT] = "";
	struct cfg_prefix prefix;
	struct cfg_addr addr;

	switch (row->type) {
	case CFG_TYPE_STRING:
		print_quoted(member, out);
		return;
	case CFG_TYPE_MAC:
		print_bytes(member, row->size, ":", out);
		return;
	case CFG_TYPE_HEX:
		print_bytes(member, row->size, "", out);
		return;
	case CFG_TYPE_ADDR:
		memcpy(&addr, member, sizeof(addr));
		cfg_addr_text(&addr, text);
		break;
	case CFG_TYPE_PREFIX:
		memcpy(&prefix, member, sizeof(prefix));
		cfg_prefix_text(&prefix, text);
		break;
	default:
		row->codec->print(member, row->size, text, sizeof(text));
	}
	print_quoted(text, out);
}

// libconfig's decimal numbers end at 63 bits.
static void
print_uint(uint64_t number, FILE *out)
{
	if (number > INT64_MAX)
		fprintf(out, "0x%" PRIX64 "L", number);
	else
		fprintf(out, "%" PRIu64 "%s", number, number > INT32_MAX ? "L" : "");
}

void
cfg_value_print(const struct cfg_row *row, const void *member, FILE *out)
{
	char text[CFG_VALUE_TEXT];
	bool is_true;

	if (cfg_value_is_empty(row, member)) {
		fputs("\"\"", out);
		return;
	}
	if (row->flags & CFG_SECRET) {
		fputs("\"***\"", out);
		return;
	}
	switch (row->type) {
	case CFG_TYPE_BOOL:
		memcpy(&is_true, member, sizeof(is_true));
		fputs(is_true ? "true" : "false", out);
		break;
	case CFG_TYPE_UINT:
		print_uint(get_uint(member, row->size), out);
		break;
	case CFG_TYPE_BIT_RATE:
	case CFG_TYPE_MS:
	case CFG_TYPE_SECONDS:
		fprintf(out, "\"%s\"",
			cfg_value_number_text(row->type, get_uint(member, row->size), text));
		break;
	case CFG_TYPE_ENUM:
		fprintf(out, "\"%s\"", row->names[get_uint(member, row->size)]);
		break;
	default:
		print_text(row, member, out);
	}
}

static void
describe_family(const char *what, const struct cfg_row *row, FILE *out)
{
	fprintf(out, "%s%s", row->min == row->max ? (row->min == 4 ? "IPv4 " : "IPv6 ") : "IP ",
		what);
}

void
cfg_value_describe_type(const struct cfg_row *row, FILE *out)
{
	static const char *const simple[] = {
		[CFG_TYPE_BOOL] = "true or false",
		[CFG_TYPE_UINT] = "number",
		[CFG_TYPE_BIT_RATE] = "bit rate",
		[CFG_TYPE_MS] = "duration",
		[CFG_TYPE_SECONDS] = "duration",
		[CFG_TYPE_MAC] = "MAC address",
	};

	switch (row->type) {
	case CFG_TYPE_STRING:
		fprintf(out, "string of up to %zu", row->size - 1);
		break;
	case CFG_TYPE_ENUM:
		for (size_t i = 0; row->names[i] != NULL; i++)
			fprintf(out, "%s`\"%s\"`", i > 0 ? ", " : "", row->names[i]);
		break;
	case CFG_TYPE_ADDR:
		describe_family("address", row, out);
		break;
	case CFG_TYPE_PREFIX:
		describe_family("prefix", row, out);
		break;
	case CFG_TYPE_HEX:
		fprintf(out, "%zu bytes in hexadecimal", row->size);
		break;
	case CFG_TYPE_CUSTOM:
		fputs(row->codec->type, out);
		break;
	default:
		fputs(simple[row->type], out);
	}
}
