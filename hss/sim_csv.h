// SPDX-License-Identifier: BSD-3-Clause
// SIMs as lines of a CSV file. The first line names the columns, in any order; fields may stand in double
// quotes, and hold neither commas nor quotes. A SIM with several IMSIs has a line for each, one after the
// other, with the same ICCID; what belongs to the SIM is taken from the first.
#pragma once

#include "hss/auc.h"
#include "hss/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// X(name, whether it's needed, sentence)
#define CSV_COLUMNS(X)                                                                             \
	X(iccid, true, "18 to 20 digits")                                                          \
	X(imsi, true, "6 to 15 digits")                                                            \
	X(msisdn, false, "up to 15 digits")                                                        \
	X(profile, true, "a profile that exists")                                                  \
	X(state, false, "registered, active or inactive; active if empty")                         \
	X(imei_lock, false, "an IMEI, or learn; no lock if empty")                                 \
	X(partners, false, "allowed networks, 26201+310410; all if empty")                         \
	X(rats, false, "allowed ones, eutran+nb-iot+lte-m; all if empty")                          \
	X(addresses, false, "fixed ones, internet=10.0.0.5+internet=2001:db8:1::")                 \
	X(algorithm, false, "milenage, tuak or xor with options; milenage if empty")               \
	X(k, false, "hexadecimal digits")                                                          \
	X(opc, false, "hexadecimal digits; OPc or TOPc")                                           \
	X(op, false, "hexadecimal digits; OP or TOP, in place of opc")                             \
	X(amf, false, "4 hexadecimal digits; 8000 if empty")                                       \
	X(seq, false, "the last SEQ used; 0 if empty")                                             \
	X(sealed, false, "what a sealed export wrote, in place of k, opc, op, algorithm and amf")

enum csv_column {
#define CSV_ENUM(name, needed, text) CSV_##name,
	CSV_COLUMNS(CSV_ENUM)
#undef CSV_ENUM
		CSV_N_COLUMNS
};

struct csv_layout {
	unsigned n;
	uint8_t column[CSV_N_COLUMNS]; // enum csv_column of each field
};

// One line: the SIM with one IMSI, and that one's key unless it came sealed. End it with
// csv_line_wipe.
struct csv_line {
	struct new_sim sim;
	bool is_sealed; // sim.imsis[0] has it
	struct auc_key key;
};

// Both change the line. 0, or -EINVAL and why, in words without any key.
int csv_header_parse(char *line, struct csv_layout *layout, char why[96]);
int csv_line_parse(const struct csv_layout *layout, char *line, struct csv_line *out, char why[96]);
void csv_line_wipe(struct csv_line *line);

// The columns of an export; seq and sealed only if it is sealed. SEQs are written ahead, by more than a
// running HSS may be ahead of what is stored.
#define CSV_SEQ_AHEAD 65536
void csv_header_print(FILE *f, bool is_sealed);
void csv_line_print(FILE *f, const struct subscriber *s, bool is_sealed);

// Keys as CSV and the command line have them. texts may be NULL or "". 0, or -EINVAL and why.
struct key_text {
	const char *algorithm, *k, *opc, *op, *amf;
};
int key_text_parse(const struct key_text *t, struct auc_key *key, const char **why);
