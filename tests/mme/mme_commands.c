// SPDX-License-Identifier: BSD-3-Clause
#include "tests/mme/mme.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ARGS_MAX 8

struct args {
	unsigned n;
	char *at[ARGS_MAX];
};

// The value of "name=value" among them, or NULL.
static const char *
option(const struct args *a, const char *name)
{
	size_t len = strlen(name);

	for (unsigned i = 0; i < a->n; i++)
		if (strncmp(a->at[i], name, len) == 0 && a->at[i][len] == '=')
			return a->at[i] + len + 1;
	return NULL;
}

static uint32_t
number(const struct args *a, const char *name, uint32_t otherwise)
{
	const char *text = option(a, name);

	return text != NULL ? (uint32_t)strtoul(text, NULL, 0) : otherwise;
}

static int
complain(const char *what)
{
	fprintf(stderr, "torii-mme: %s\n", what);
	return 0;
}

static int
refused(const char *imsi, const char *command, uint32_t result, bool is_own)
{
	json_begin("refused", imsi);
	printf(", \"command\": \"%s\", \"series\": \"%s\"", command, is_own ? "s6a" : "base");
	json_number("result", result);
	json_end();
	return 0;
}

// ---- USIMs: "sim IMSI K OPC".

static struct mme_sim *
find_sim(struct mme *m, const char *imsi)
{
	for (unsigned i = 0; i < m->n_sims; i++)
		if (strcmp(m->sims[i].imsi, imsi) == 0)
			return &m->sims[i];
	return NULL;
}

static int
add_sim(struct mme *m, const struct args *a)
{
	struct mme_sim *sim = a->n > 1 ? find_sim(m, a->at[1]) : NULL;

	if (a->n < 4 || strlen(a->at[1]) >= MME_IMSI_SIZE)
		return complain("sim IMSI K OPC");
	if (sim == NULL) {
		if (m->n_sims == MME_SIMS_MAX)
			return complain("no room for more SIMs");
		sim = &m->sims[m->n_sims++];
	}
	memset(sim, 0, sizeof(*sim));
	snprintf(sim->imsi, sizeof(sim->imsi), "%s", a->at[1]);
	if (!usim_hex(a->at[2], sim->usim.k, 16) || !usim_hex(a->at[3], sim->usim.opc, 16))
		return complain("K and OPC are 32 hexadecimal digits");
	if (option(a, "seq") != NULL)
		for (unsigned i = 0; i < USIM_INDS; i++)
			sim->usim.seq[i] = strtoull(option(a, "seq"), NULL, 0);
	return 0;
}

// ---- Authentication.

static void
put_authentication(struct mme *m, const uint8_t resync[30])
{
	size_t group;

	dia_put(&m->out, 1407, DIA_TGPP, m->plmn, 3);
	group = dia_open(&m->out, 1408, DIA_TGPP);
	dia_put_u32(&m->out, 1410, DIA_TGPP, 1);
	dia_put_u32(&m->out, 1412, DIA_TGPP, 0);
	if (resync != NULL)
		dia_put(&m->out, 1411, DIA_TGPP, resync, 30);
	dia_close(&m->out, group);
}

struct vector {
	struct dia_part rand, xres, autn, kasme;
};

static bool
find_vector(struct dia_part body, struct vector *v)
{
	struct dia_part vectors, one;

	return dia_find(body, 1413, DIA_TGPP, 0, &vectors) &&
		dia_find(vectors, 1414, DIA_TGPP, 0, &one) &&
		dia_find(one, 1447, DIA_TGPP, 0, &v->rand) &&
		dia_find(one, 1448, DIA_TGPP, 0, &v->xres) &&
		dia_find(one, 1449, DIA_TGPP, 0, &v->autn) &&
		dia_find(one, 1450, DIA_TGPP, 0, &v->kasme) && v->rand.len == 16 &&
		v->autn.len == 16 && v->kasme.len == 32;
}

// 1: there's a vector in *v; 0: refused, and said so; -errno.
static int
ask_vector(struct mme *m, const char *imsi, const uint8_t *resync, struct vector *v)
{
	struct dia_part body;
	uint32_t result;
	bool is_own;
	int ret;

	mme_begin(m, DIA_AIR, imsi);
	put_authentication(m, resync);
	ret = mme_ask(m, &body, &result, &is_own);
	if (ret < 0)
		return ret;
	if (result == 2001 && !is_own && find_vector(body, v))
		return 1;
	return refused(imsi, "AIR", result, is_own);
}

// The device's part: AUTN must be right and fresh, RES and KASME the same on both sides. As ask_vector.
static int
authenticate(struct mme *m, struct mme_sim *sim, struct usim_answer *a, bool *was_resynchronised)
{
	uint8_t resync[30];
	struct vector v;
	int ret = ask_vector(m, sim->imsi, NULL, &v);

	*was_resynchronised = false;
	if (ret <= 0)
		return ret;
	usim_challenge(&sim->usim, v.rand.value, v.autn.value, m->plmn, a);
	if (a->verdict == USIM_SYNC_FAILURE) {
		*was_resynchronised = true;
		memcpy(resync, v.rand.value, 16);
		memcpy(resync + 16, a->auts, 14);
		ret = ask_vector(m, sim->imsi, resync, &v);
		if (ret <= 0)
			return ret;
		usim_challenge(&sim->usim, v.rand.value, v.autn.value, m->plmn, a);
	}
	if (a->verdict == USIM_ACCEPTED && a->has_separation_bit && v.xres.len == 8 &&
		memcmp(v.xres.value, a->res, 8) == 0 && memcmp(v.kasme.value, a->kasme, 32) == 0)
		return 1;
	json_begin("not authentic", sim->imsi);
	json_number("verdict", a->verdict);
	json_end();
	return 0;
}

static int
authenticate_only(struct mme *m, const struct args *a)
{
	struct mme_sim *sim = a->n > 1 ? find_sim(m, a->at[1]) : NULL;
	struct usim_answer usim;
	bool was_resynchronised;
	int ret;

	if (sim == NULL)
		return complain("authenticate IMSI, after sim");
	ret = authenticate(m, sim, &usim, &was_resynchronised);
	if (ret <= 0)
		return ret;
	json_begin("authenticated", sim->imsi);
	json_number("sqn", usim.sqn);
	json_hex("res", usim.res, sizeof(usim.res));
	json_bool("resynchronised", was_resynchronised);
	json_end();
	return 0;
}

// ---- Location.

static int
update(struct mme *m, const char *imsi, const struct args *a, struct dia_part *body)
{
	const char *imei = option(a, "imei");
	uint32_t result;
	bool is_own;
	size_t group;
	int ret;

	mme_begin(m, DIA_ULR, imsi);
	dia_put_flags(&m->out, 1032, DIA_TGPP, DIA_AVP_V,
		&(uint32_t){ htonl(number(a, "rat", m->rat_type)) }, 4);
	dia_put_u32(&m->out, 1405, DIA_TGPP, number(a, "flags", 34));
	dia_put(&m->out, 1407, DIA_TGPP, m->plmn, 3);
	if (imei != NULL) {
		group = dia_open(&m->out, 1401, DIA_TGPP);
		dia_put_text(&m->out, 1402, DIA_TGPP, imei);
		dia_close(&m->out, group);
	}
	ret = mme_ask(m, body, &result, &is_own);
	if (ret < 0)
		return ret;
	return result == 2001 && !is_own ? 1 : refused(imsi, "ULR", result, is_own);
}

static int
attach(struct mme *m, const struct args *a)
{
	struct mme_sim *sim = a->n > 1 ? find_sim(m, a->at[1]) : NULL;
	struct dia_part body, subscription;
	struct usim_answer usim;
	bool was_resynchronised;
	int ret;

	if (sim == NULL)
		return complain("attach IMSI [imei=N] [flags=N] [rat=N], after sim");
	ret = authenticate(m, sim, &usim, &was_resynchronised);
	if (ret <= 0)
		return ret;
	ret = update(m, sim->imsi, a, &body);
	if (ret <= 0)
		return ret;
	json_begin("attached", sim->imsi);
	json_number("sqn", usim.sqn);
	json_bool("resynchronised", was_resynchronised);
	if (dia_find(body, 1400, DIA_TGPP, 0, &subscription))
		json_subscription(subscription);
	json_end();
	return 0;
}

static int
update_only(struct mme *m, const struct args *a)
{
	struct dia_part body, subscription;
	int ret;

	if (a->n < 2)
		return complain("update IMSI [imei=N] [flags=N] [rat=N]");
	ret = update(m, a->at[1], a, &body);
	if (ret <= 0)
		return ret;
	json_begin("updated", a->at[1]);
	if (dia_find(body, 1400, DIA_TGPP, 0, &subscription))
		json_subscription(subscription);
	json_end();
	return 0;
}

static int
finish(struct mme *m, const char *event, const char *command, const char *imsi)
{
	struct dia_part body;
	uint32_t result;
	bool is_own;
	int ret = mme_ask(m, &body, &result, &is_own);

	if (ret < 0)
		return ret;
	if (result != 2001 || is_own)
		return refused(imsi, command, result, is_own);
	json_begin(event, imsi);
	json_end();
	return 0;
}

static int
purge(struct mme *m, const struct args *a)
{
	if (a->n < 2)
		return complain("purge IMSI");
	mme_begin(m, DIA_PUR, a->at[1]);
	return finish(m, "purged", "PUR", a->at[1]);
}

static int
notify(struct mme *m, const struct args *a)
{
	uint8_t address[6] = { 0, 1 };
	size_t group;

	if (a->n < 4 || inet_pton(AF_INET, a->at[3], address + 2) != 1)
		return complain("notify IMSI APN GATEWAY-ADDRESS");
	mme_begin(m, DIA_NOR, a->at[1]);
	group = dia_open(&m->out, 486, 0);
	dia_put(&m->out, 334, 0, address, 6);
	dia_close(&m->out, group);
	dia_put_text(&m->out, 493, 0, a->at[2]);
	return finish(m, "notified", "NOR", a->at[1]);
}

// ---- The rest.

static int
set_answer(struct mme *m, const struct args *a)
{
	static const struct {
		const char *name;
		uint32_t code;
	} commands[] = { { "clr", DIA_CLR }, { "idr", DIA_IDR }, { "dsr", DIA_DSR },
		{ "rsr", DIA_RSR } };

	for (size_t i = 0; a->n == 3 && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcasecmp(commands[i].name, a->at[1]) == 0) {
			m->answers[commands[i].code] = (uint32_t)strtoul(a->at[2], NULL, 10);
			return 0;
		}
	return complain("answer clr|idr|dsr|rsr RESULT-CODE");
}

static int
quit(struct mme *m, const struct args *a)
{
	return -ECANCELED;
}

static const struct {
	const char *name;
	int (*run)(struct mme *m, const struct args *a);
} commands[] = {
	{ "sim", add_sim },
	{ "authenticate", authenticate_only },
	{ "attach", attach },
	{ "update", update_only },
	{ "purge", purge },
	{ "notify", notify },
	{ "answer", set_answer },
	{ "quit", quit },
};

int
mme_command(struct mme *m, char *line)
{
	struct args a = { .n = 0 };
	char *word;

	while ((word = strsep(&line, " \t\r\n")) != NULL && a.n < ARGS_MAX)
		if (*word != '\0')
			a.at[a.n++] = word;
	if (a.n == 0)
		return 0;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, a.at[0]) == 0)
			return commands[i].run(m, &a);
	return complain("commands: sim, authenticate, attach, update, purge, notify, answer, quit");
}
