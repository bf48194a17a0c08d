// SPDX-License-Identifier: BSD-3-Clause
#include "hss/sim_csv.h"

#include "hss/evp.h"
#include "hss/subscriber_text.h"
#include "hss/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WHY_SIZE 96

static const char *const names[] = {
#define CSV_NAME(name, needed, text) #name,
	CSV_COLUMNS(CSV_NAME)
#undef CSV_NAME
};

static const bool is_needed[] = {
#define CSV_NEEDED(name, needed, text) needed,
	CSV_COLUMNS(CSV_NEEDED)
#undef CSV_NEEDED
};

// ---- Keys

static bool
is_given(const char *text)
{
	return text && text[0] != '\0';
}

static int
k_parse(const char *text, struct auc_key *key)
{
	key->k_len = (uint8_t)(strlen(text) == 2 * 32 ? 32 : 16);
	return hex_parse(text, key->k, key->k_len);
}

int
key_text_parse(const struct key_text *t, struct auc_key *key, const char **why)
{
	size_t op_len;

	memset(key, 0, sizeof(*key));
	*why = NULL;
	if (algorithm_parse(is_given(t->algorithm) ? t->algorithm : "milenage", key) != 0)
		*why = "algorithm: milenage, tuak or xor";
	else if (!is_given(t->k) || k_parse(t->k, key) != 0)
		*why = "k: 32 hexadecimal digits (TUAK also 64)";
	else if (hex_parse(is_given(t->amf) ? t->amf : "8000", key->amf, 2) != 0)
		*why = "amf: 4 hexadecimal digits";
	else if (is_given(t->opc) && is_given(t->op))
		*why = "either opc or op";
	if (*why)
		return -EINVAL;
	op_len = key->algorithm == AUC_MILENAGE ? 16 : key->algorithm == AUC_TUAK ? 32 : 0;
	key->has_opc = is_given(t->opc);
	if (op_len > 0 && !is_given(t->opc) && !is_given(t->op))
		*why = "opc or op is missing";
	else if (op_len > 0 && hex_parse(key->has_opc ? t->opc : t->op, key->op, op_len) != 0)
		*why = "opc, op: 32 hexadecimal digits (TUAK 64)";
	else
		auc_key_is_sound(key, why);
	return *why ? -EINVAL : 0;
}

// ---- Lines

// Cuts the next field out of the line; NULL at its end.
static char *
next_field(char **rest)
{
	char *field = *rest, *end;
	size_t n;

	if (!field)
		return NULL;
	end = strchr(field, ',');
	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	n = strlen(field);
	while (n > 0 && strchr(" \t\r\n", field[n - 1]))
		field[--n] = '\0';
	while (*field == ' ' || *field == '\t')
		field++, n--;
	if (n >= 2 && field[0] == '"' && field[n - 1] == '"') {
		field[n - 1] = '\0';
		field++;
	}
	return field;
}

static int
column_of(const char *name)
{
	for (int i = 0; i < CSV_N_COLUMNS; i++)
		if (strcasecmp(name, names[i]) == 0)
			return i;
	return -1;
}

int
csv_header_parse(char *line, struct csv_layout *layout, char why[WHY_SIZE])
{
	bool has[CSV_N_COLUMNS] = { false };
	char *field;

	layout->n = 0;
	while ((field = next_field(&line)) != NULL) {
		int c = column_of(field);

		if (c < 0 || has[c]) {
			// What isn't a header may be a line with keys: say no more of it than this.
			snprintf(why, WHY_SIZE, "column %u is %s", layout->n + 1,
				c < 0 ? "unknown" : "there already");
			return -EINVAL;
		}
		has[c] = true;
		layout->column[layout->n++] = (uint8_t)c;
	}
	for (int i = 0; i < CSV_N_COLUMNS; i++)
		if (is_needed[i] && !has[i]) {
			snprintf(why, WHY_SIZE, "column %s is missing", names[i]);
			return -EINVAL;
		}
	if (!has[CSV_k] && !has[CSV_sealed]) {
		snprintf(why, WHY_SIZE, "column k or sealed is missing");
		return -EINVAL;
	}
	return 0;
}

static int
digits_copy(const char *text, bool (*is_sound)(const char *), char *out, size_t size)
{
	if (!is_sound(text))
		return -EINVAL;
	text_copy(out, size, text);
	return 0;
}

static int
seq_parse(const char *text, uint64_t *seq)
{
	size_t n = strspn(text, "0123456789");

	if (n == 0)
		return 0;
	*seq = strtoull(text, NULL, 10);
	return n > 15 || text[n] != '\0' || *seq > SQN_SEQ_MAX ? -EINVAL : 0;
}

static int
sealed_parse(const char *text, struct new_imsi *imsi)
{
	size_t n = strlen(text) / 2;

	if (n == 0 || n > SEALED_MAX)
		return -EINVAL;
	imsi->sealed_len = (uint8_t)n;
	return hex_parse(text, imsi->sealed, n);
}

// The fields of a line in the order of enum csv_column; "" where there's none.
static int
fields_parse(const char *const f[CSV_N_COLUMNS], struct csv_line *out, enum csv_column *bad)
{
	struct new_sim *s = &out->sim;
	struct new_imsi *i = &s->imsis[0];
	struct {
		enum csv_column column;
		int result;
	} all[] = {
		{ CSV_iccid, digits_copy(f[CSV_iccid], iccid_is_sound, s->iccid, ICCID_SIZE) },
		{ CSV_imsi, digits_copy(f[CSV_imsi], imsi_is_sound, i->imsi, IMSI_SIZE) },
		{ CSV_msisdn,
			f[CSV_msisdn][0] ? digits_copy(f[CSV_msisdn], msisdn_is_sound, s->msisdn,
						   MSISDN_SIZE)
					 : 0 },
		{ CSV_profile,
			digits_copy(f[CSV_profile], profile_name_is_sound, s->profile,
				PROFILE_NAME_SIZE) },
		{ CSV_state, f[CSV_state][0] ? sim_state_parse(f[CSV_state], &s->state) : 0 },
		{ CSV_imei_lock, imei_lock_parse(f[CSV_imei_lock], &s->imei_lock, s->imei) },
		{ CSV_partners, partners_parse(f[CSV_partners], s->partners, &s->n_partners) },
		{ CSV_rats, rats_parse(f[CSV_rats], &s->rats) },
		{ CSV_addresses, addresses_parse(f[CSV_addresses], s->addresses, &s->n_addresses) },
		{ CSV_seq, seq_parse(f[CSV_seq], &i->seq) },
		{ CSV_sealed, f[CSV_sealed][0] ? sealed_parse(f[CSV_sealed], i) : 0 },
	};

	for (unsigned n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		if (all[n].result != 0) {
			*bad = all[n].column;
			return -EINVAL;
		}
	return 0;
}

static const char *
column_text(enum csv_column column)
{
	static const char *const texts[] = {
#define CSV_TEXT(name, needed, text) text,
		CSV_COLUMNS(CSV_TEXT)
#undef CSV_TEXT
	};

	return texts[column];
}

int
csv_line_parse(
	const struct csv_layout *layout, char *line, struct csv_line *out, char why[WHY_SIZE])
{
	const char *f[CSV_N_COLUMNS];
	enum csv_column bad = CSV_iccid;
	const char *key_why;
	char *field;
	unsigned n = 0;

	memset(out, 0, sizeof(*out));
	out->sim.n_imsis = 1;
	out->sim.state = SIM_ACTIVE;
	for (unsigned i = 0; i < CSV_N_COLUMNS; i++)
		f[i] = "";
	while ((field = next_field(&line)) != NULL && n < layout->n)
		f[layout->column[n++]] = field;
	if (n != layout->n || field) {
		snprintf(why, WHY_SIZE, "%s than %u fields", field ? "more" : "fewer", layout->n);
		return -EINVAL;
	}
	if (fields_parse(f, out, &bad) != 0) {
		snprintf(why, WHY_SIZE, "%s: %s", names[bad], column_text(bad));
		return -EINVAL;
	}
	out->is_sealed = f[CSV_sealed][0] != '\0';
	if (out->is_sealed)
		return 0;
	if (key_text_parse(&(struct key_text){ f[CSV_algorithm], f[CSV_k], f[CSV_opc], f[CSV_op],
				   f[CSV_amf] },
		    &out->key, &key_why) == 0)
		return 0;
	snprintf(why, WHY_SIZE, "%s", key_why);
	return -EINVAL;
}

void
csv_line_wipe(struct csv_line *line)
{
	auc_key_wipe(&line->key);
}

void
csv_header_print(FILE *f, bool is_sealed)
{
	fprintf(f, "iccid,imsi,msisdn,profile,state,imei_lock,partners,rats,addresses%s\n",
		is_sealed ? ",seq,sealed" : "");
}

void
csv_line_print(FILE *f, const struct subscriber *s, bool is_sealed)
{
	char lock[IMEI_LOCK_TEXT_SIZE], partners[PARTNERS_TEXT_SIZE], rats[RATS_TEXT_SIZE],
		addresses[ADDRESSES_TEXT_SIZE], sealed[2 * SEALED_MAX + 1];

	imei_lock_print(s->imei_lock, s->imei, lock);
	partners_print(s->partners, s->n_partners, partners);
	rats_print(s->rats, rats);
	addresses_print(s->addresses, s->n_addresses, addresses);
	fprintf(f, "%s,%s,%s,%s,%s,%s,%s,%s,%s", s->iccid, s->imsi, s->msisdn, s->profile->name,
		sim_state_name(s->state), lock, partners, rats, addresses);
	if (is_sealed) {
		hex_print(s->sealed, s->sealed_len, sealed);
		fprintf(f, ",%llu,%s", (unsigned long long)s->sqn.seq + CSV_SEQ_AHEAD, sealed);
	}
	fputc('\n', f);
}
