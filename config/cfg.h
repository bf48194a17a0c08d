// SPDX-License-Identifier: BSD-3-Clause
// Configuration files (libconfig syntax) read through schema rows. One row says everything about a
// setting: where its value goes, its path, type, default, range and sentence; loading, the
// effective configuration and the printed manual are all made from it.
//
//	static const struct cfg_row port_rows[] = {
//		CFG_STRING(dp_port_config, name, "name", NULL, "Its name", .flags = CFG_UNIQUE),
//		CFG_ENUM(dp_port_config, role, "role", "both", role_names, "What it faces"),
//	};
//	static const struct cfg_schema port_schema = CFG_SCHEMA(dp_port_config, port_rows);
//	static const struct cfg_row rows[] = {
//		CFG_SECTION("dataplane", "The packet path."),
//		CFG_U32(dp_config, sessions_max, "dataplane.sessions_max", "1000000", 1, 16000000,
//			"PDN sessions over all workers"),
//		CFG_GROUPS(dp_config, ports, n_ports, "ports", &port_schema, 1, 16, "The ports"),
//	};
//	static const struct cfg_schema schema = CFG_SCHEMA(dp_config, rows, .check = check);
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// An address in network byte order, IPv4 in bytes[0..3]. Address rows fill any struct of this very
// layout; compare struct dp_addr.
struct cfg_addr {
	uint8_t family; // 0: none, 4 or 6
	uint8_t zero[3];
	uint8_t bytes[16];
};

// A prefix; the bits of `addr` after `length` are zero.
struct cfg_prefix {
	struct cfg_addr addr;
	uint8_t length; // 0 to 32 or 128
};

enum cfg_type {
	CFG_TYPE_SECTION,
	CFG_TYPE_BOOL,
	CFG_TYPE_UINT,     // of 1, 2, 4 or 8 bytes
	CFG_TYPE_BIT_RATE, // uint64_t, bits per second
	CFG_TYPE_MS,       // uint32_t, milliseconds
	CFG_TYPE_SECONDS,  // uint32_t, seconds
	CFG_TYPE_STRING,   // char[]
	CFG_TYPE_ENUM,     // unsigned of 1, 2 or 4 bytes: the index of the name
	CFG_TYPE_ADDR,     // struct cfg_addr
	CFG_TYPE_PREFIX,   // struct cfg_prefix
	CFG_TYPE_MAC,      // uint8_t[6]
	CFG_TYPE_HEX,      // uint8_t[], written as exactly that many hex bytes
	CFG_TYPE_CUSTOM,   // whatever its codec makes of a string
	CFG_TYPE_GROUPS,   // list of groups, each a struct
};

enum cfg_flags {
	CFG_UNIQUE = 1 << 0,    // no two elements of the list may have the same value
	CFG_SECRET = 1 << 1,    // printed as "***"
	CFG_NOT_EMPTY = 1 << 2, // "" is refused (strings)
};

// Reads and prints a value of the program's own kind, written as a string in the file.
struct cfg_codec {
	const char *type; // for the manual: "PLMN", "host pattern"
	// 0, or -EINVAL with *why set to a static sentence. `member` is zeroed, of `size` bytes.
	int (*parse)(const char *text, void *member, size_t size, const char **why);
	void (*print)(const void *member, size_t size, char *text, size_t room);
};

struct cfg_schema;

// Written with the macros below; extra initialisers may follow their last argument:
// .unit = "packets/s", .flags = CFG_SECRET.
struct cfg_row {
	const char *path; // dotted from the struct's own level
	enum cfg_type type;
	size_t offset; // of the member
	size_t size;   // of one value
	const char
		*fallback; // default as written in a file, strings without quotes. NULL: required
	uint64_t min, max; // of numbers in the member's unit; of strings in bytes; families (4, 6)
	const char *text;  // one sentence, without a full stop
	const char *unit;
	unsigned int flags;       // enum cfg_flags
	const char *const *names; // enum, ended by NULL
	const struct cfg_codec *codec;
	// lists
	bool is_list;
	size_t count_offset; // of the size_t with the number of values
	size_t min_count, max_count;
	const struct cfg_schema *element;
};

struct cfg_check;

// The settings of one struct.
struct cfg_schema {
	const struct cfg_row *rows;
	size_t n_rows;
	size_t size; // of the struct
	// What rows can't say (names that must exist elsewhere, sums); called for each struct once
	// all its rows are right, elements before what holds them. It complains with cfg_fault().
	void (*check)(const void *values, struct cfg_check *check);
};

#define CFG_SCHEMA(s, rows_, ...)                                                                  \
	{                                                                                          \
		.rows = rows_, .n_rows = sizeof(rows_) / sizeof(rows_[0]),                         \
		.size = sizeof(struct s), ##__VA_ARGS__                                            \
	}

// Loads `file` into *values, which becomes exactly what file and defaults say. Every fault found
// is written to `err` as "file:line: path: what". 0, -EINVAL after faults, -errno if the file can't
// be read (said too); then *values is as it was. Free the result with cfg_free().
int cfg_load(const char *file, const struct cfg_schema *schema, void *values, FILE *err);

// The same from text; `name` stands for the file in complaints, @include is relative to the
// current directory.
int cfg_load_text(const char *name, const char *text, const struct cfg_schema *schema, void *values,
	FILE *err);

// Frees what cfg_load() allocated inside *values and zeroes it. Zeroed values are fine.
void cfg_free(const struct cfg_schema *schema, void *values);

// The manual of all settings in Markdown under the heading `title`.
void cfg_reference(const struct cfg_schema *schema, const char *title, FILE *out);

// The effective configuration in the file's own syntax, secrets as "***".
void cfg_show(const struct cfg_schema *schema, const void *values, FILE *out);

// From a check callback: a fault at `path` (relative to the struct: "ports[2].vrf"), with the line
// of the longest part of it that the file has.
void cfg_fault(struct cfg_check *check, const char *path, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

// Parsers of the single values, for command lines too. 0 or -EINVAL; *value is untouched then.
int cfg_parse_uint(const char *text, uint64_t *value);
int cfg_parse_bit_rate(const char *text, uint64_t *bps); // "50M", "1.5G", "64k", "1200"
int cfg_parse_ms(const char *text, uint64_t *ms);        // "200ms", "5s", "10m", "1h"; unit needed
int cfg_parse_addr(const char *text, struct cfg_addr *addr);
int cfg_parse_prefix(const char *text, struct cfg_prefix *prefix);

#define CFG_ADDR_TEXT 52 // room for an address, or a prefix, as text

// Both write into `text`, of CFG_ADDR_TEXT bytes, and return it. "none" for family 0.
const char *cfg_addr_text(const struct cfg_addr *addr, char *text);
const char *cfg_prefix_text(const struct cfg_prefix *prefix, char *text);

// Options that all processes share.
struct cfg_program {
	const char *name;        // "torii-control"
	const char *what;        // what the process is: one or two sentences
	const char *config_file; // read if no --config is given
	const struct cfg_schema *schema;
	void (*cli_reference)(FILE *out); // NULL: no --cli-reference
};

#define CFG_MAIN_RUN -1

// Handles --config FILE (-c), --check, --config-reference, --cli-reference, --version (-V),
// --help (-h). Returns CFG_MAIN_RUN with *values loaded and *file (if not NULL) the name of the
// file read, or the exit status: 0 done, 1 configuration refused, 2 bad command line.
int cfg_main(
	const struct cfg_program *program, int argc, char **argv, void *values, const char **file);

// "0.1.0"
const char *torii_version(void);

// ---- Rows. s: struct tag, m: its member, n: the member (size_t) with the number of values.

#define CFG_MEMBER_(s, m) (((struct s *)0)->m)
// offsetof() that refuses a member of another type
#define CFG_AT_(s, m, type_)                                                                       \
	(offsetof(struct s, m) +                                                                   \
		0 *                                                                                \
			sizeof(char[__builtin_types_compatible_p(                                  \
					    __typeof__(CFG_MEMBER_(s, m)), type_)                  \
					? 1                                                        \
					: -1]))
#define CFG_ELEMENTS_(s, m) (sizeof(CFG_MEMBER_(s, m)) / sizeof(CFG_MEMBER_(s, m)[0]))

#define CFG_SCALAR_(kind, type_, s, m, path_, default_, min_, max_, text_)                         \
	.path = path_, .type = kind, .offset = CFG_AT_(s, m, type_), .size = sizeof(type_),        \
	.fallback = default_, .min = min_, .max = max_, .text = text_

#define CFG_LIST_(kind, s, m, n, path_, default_, min_, max_, min_count_, text_)                   \
	.path = path_, .type = kind, .offset = offsetof(struct s, m),                              \
	.size = sizeof(CFG_MEMBER_(s, m)[0]), .fallback = default_, .min = min_, .max = max_,      \
	.text = text_, .is_list = true, .count_offset = CFG_AT_(s, n, size_t),                     \
	.min_count = min_count_, .max_count = CFG_ELEMENTS_(s, m)

// A sentence about a section (the part of the paths before the last dot) for the manual.
#define CFG_SECTION(path_, text_)                                                                  \
	{                                                                                          \
		.path = path_, .type = CFG_TYPE_SECTION, .text = text_                             \
	}

#define CFG_BOOL(s, m, path_, default_, text_, ...)                                                \
	{                                                                                          \
		CFG_SCALAR_(CFG_TYPE_BOOL, bool, s, m, path_, default_, 0, 0, text_),              \
			##__VA_ARGS__                                                              \
	}
#define CFG_U8(s, m, path_, default_, min_, max_, text_, ...)                                      \
	{                                                                                          \
		CFG_SCALAR_(CFG_TYPE_UINT, uint8_t, s, m, path_, default_, min_, max_, text_),     \
			##__VA_ARGS__                                                              \
	}
#define CFG_U16(s, m, path_, default_, min_, max_, text_, ...)                                     \
	{                                                                                          \
		CFG_SCALAR_(CFG_TYPE_UINT, uint16_t, s, m, path_, default_, min_, max_, text_),    \
			##__VA_ARGS__                                                              \
	}
#define CFG_U32(s, m, path_, default_, min_, max_, text_, ...)                                     \
	{                                                                                          \
		CFG_SCALAR_(CFG_TYPE_UINT, uint32_t, s, m, path_, default_, min_, max_, text_),    \
			##__VA_ARGS__                                                              \
	}
#define CFG_U64(s, m, path_, default_, min_, max_, text_, ...)                                     \
	{                                                                                          \
		CFG_SCALAR_(CFG_TYPE_UINT, uint64_t, s, m, path_, default_, min_, max_, text_),    \
			##__VA_ARGS__                                                              \
	}
// bits per second
#define CFG_BIT_RATE(s, m, path_, default_, min_, max_, text_, ...)                                \
	{                                                                                          \
		CFG_SCALAR_(                                                                       \
			CFG_TYPE_BIT_RATE, uint64_t, s, m, path_, default_, min_, max_, text_),    \
			##__VA_ARGS__                                                              \
	}
// uint32_t, range and member in milliseconds
#define CFG_MS(s, m, path_, default_, min_, max_, text_, ...)                                      \
	{                                                                                          \
		CFG_SCALAR_(CFG_TYPE_MS, uint32_t, s, m, path_, default_, min_, max_, text_),      \
			##__VA_ARGS__                                                              \
	}
// uint32_t, range and member in seconds; a value that isn't whole seconds is refused
#define CFG_SECONDS(s, m, path_, default_, min_, max_, text_, ...)                                 \
	{                                                                                          \
		CFG_SCALAR_(CFG_TYPE_SECONDS, uint32_t, s, m, path_, default_, min_, max_, text_), \
			##__VA_ARGS__                                                              \
	}
// char array of any length; longer strings are refused
#define CFG_STRING(s, m, path_, default_, text_, ...)                                              \
	{                                                                                          \
		.path = path_, .type = CFG_TYPE_STRING, .offset = offsetof(struct s, m),           \
		.size = sizeof(CFG_MEMBER_(s, m)), .fallback = default_, .text = text_,            \
		##__VA_ARGS__                                                                      \
	}
// unsigned of 1, 2 or 4 bytes, or an enum; names_: const char *const [], ended by NULL
#define CFG_ENUM(s, m, path_, default_, names_, text_, ...)                                        \
	{                                                                                          \
		.path = path_, .type = CFG_TYPE_ENUM, .offset = offsetof(struct s, m),             \
		.size = sizeof(CFG_MEMBER_(s, m)), .fallback = default_, .names = names_,          \
		.text = text_, ##__VA_ARGS__                                                       \
	}
// Addresses of either family, IPv4 only, IPv6 only. Default "": may be left out, family 0.
#define CFG_ADDR_(low, high, s, m, path_, default_, text_)                                         \
	.path = path_, .type = CFG_TYPE_ADDR,                                                      \
	.offset = offsetof(struct s, m) +                                                          \
		0 * sizeof(char[sizeof(CFG_MEMBER_(s, m)) == sizeof(struct cfg_addr) ? 1 : -1]),   \
	.size = sizeof(struct cfg_addr), .fallback = default_, .min = low, .max = high,            \
	.text = text_
#define CFG_ADDR(s, m, path_, default_, text_, ...)                                                \
	{                                                                                          \
		CFG_ADDR_(4, 6, s, m, path_, default_, text_), ##__VA_ARGS__                       \
	}
#define CFG_ADDR4(s, m, path_, default_, text_, ...)                                               \
	{                                                                                          \
		CFG_ADDR_(4, 4, s, m, path_, default_, text_), ##__VA_ARGS__                       \
	}
#define CFG_ADDR6(s, m, path_, default_, text_, ...)                                               \
	{                                                                                          \
		CFG_ADDR_(6, 6, s, m, path_, default_, text_), ##__VA_ARGS__                       \
	}
// Prefixes; bits set after the length are refused. min_, max_: family 4 or 6.
#define CFG_PREFIX(s, m, path_, default_, min_, max_, text_, ...)                                  \
	{                                                                                          \
		CFG_SCALAR_(CFG_TYPE_PREFIX, struct cfg_prefix, s, m, path_, default_, min_, max_, \
			text_),                                                                    \
			##__VA_ARGS__                                                              \
	}
#define CFG_MAC(s, m, path_, default_, text_, ...)                                                 \
	{                                                                                          \
		CFG_SCALAR_(CFG_TYPE_MAC, uint8_t[6], s, m, path_, default_, 0, 0, text_),         \
			##__VA_ARGS__                                                              \
	}
// uint8_t array of any length. Default "": may be left out, all zero.
#define CFG_HEX(s, m, path_, default_, text_, ...)                                                 \
	{                                                                                          \
		.path = path_, .type = CFG_TYPE_HEX, .offset = offsetof(struct s, m),              \
		.size = sizeof(CFG_MEMBER_(s, m)), .fallback = default_, .text = text_,            \
		##__VA_ARGS__                                                                      \
	}
#define CFG_CUSTOM(s, m, path_, default_, codec_, text_, ...)                                      \
	{                                                                                          \
		.path = path_, .type = CFG_TYPE_CUSTOM, .offset = offsetof(struct s, m),           \
		.size = sizeof(CFG_MEMBER_(s, m)), .fallback = default_, .codec = codec_,          \
		.text = text_, ##__VA_ARGS__                                                       \
	}

// Lists of values into a fixed array m[], as many as it has room for. Default: "" or the values
// with commas between them; NULL: required. A single value in the file counts as a list of one.
#define CFG_UINT_LIST(s, m, n, path_, default_, min_, max_, min_count_, text_, ...)                \
	{                                                                                          \
		CFG_LIST_(CFG_TYPE_UINT, s, m, n, path_, default_, min_, max_, min_count_, text_), \
			##__VA_ARGS__                                                              \
	}
#define CFG_STRING_LIST(s, m, n, path_, default_, min_count_, text_, ...)                          \
	{                                                                                          \
		CFG_LIST_(CFG_TYPE_STRING, s, m, n, path_, default_, 0, 0, min_count_, text_),     \
			##__VA_ARGS__                                                              \
	}
#define CFG_ENUM_LIST(s, m, n, path_, default_, names_, min_count_, text_, ...)                    \
	{                                                                                          \
		CFG_LIST_(CFG_TYPE_ENUM, s, m, n, path_, default_, 0, 0, min_count_, text_),       \
			.names = names_, ##__VA_ARGS__                                             \
	}
#define CFG_ADDR_LIST(s, m, n, path_, default_, min_, max_, min_count_, text_, ...)                \
	{                                                                                          \
		CFG_LIST_(CFG_TYPE_ADDR, s, m, n, path_, default_, min_, max_, min_count_, text_), \
			##__VA_ARGS__                                                              \
	}
#define CFG_PREFIX_LIST(s, m, n, path_, default_, min_, max_, min_count_, text_, ...)              \
	{                                                                                          \
		CFG_LIST_(                                                                         \
			CFG_TYPE_PREFIX, s, m, n, path_, default_, min_, max_, min_count_, text_), \
			##__VA_ARGS__                                                              \
	}
#define CFG_CUSTOM_LIST(s, m, n, path_, default_, codec_, min_count_, text_, ...)                  \
	{                                                                                          \
		CFG_LIST_(CFG_TYPE_CUSTOM, s, m, n, path_, default_, 0, 0, min_count_, text_),     \
			.codec = codec_, ##__VA_ARGS__                                             \
	}

// A list of groups into m, a pointer to an array that the loader allocates (NULL when empty).
// Groups may hold lists of groups of their own.
#define CFG_GROUPS(s, m, n, path_, element_, min_count_, max_count_, text_, ...)                   \
	{                                                                                          \
		.path = path_, .type = CFG_TYPE_GROUPS, .offset = offsetof(struct s, m),           \
		.size = sizeof(*CFG_MEMBER_(s, m)), .fallback = "", .text = text_,                 \
		.is_list = true, .count_offset = CFG_AT_(s, n, size_t), .min_count = min_count_,   \
		.max_count = max_count_, .element = element_, ##__VA_ARGS__                        \
	}
