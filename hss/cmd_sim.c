// SPDX-License-Identifier: BSD-3-Clause
// Commands that change SIMs. Each says what it set off at the serving nodes.
#include "hss/desk.h"
#include "hss/sim_bulk.h"
#include "hss/sim_csv.h"
#include "hss/subscriber_text.h"
#include "hss/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

// A change of one SIM, the same for all its IMSIs.
struct change_call {
	struct desk_call call; // first
	struct store_op op;
	const struct cli_args *args; // alive until finish
	// Edits the SIM's part, once: bits of enum changed, or -errno and perhaps why.
	int (*edit)(struct change_call *c, struct subscriber *s);
	// Instead of telling the node what changed; NULL: that.
	int (*trigger)(struct change_call *c, struct store_tx *tx, struct subscriber *s);
	uint8_t event;   // for the history
	char what[64];   // "state inactive"
	const char *why; // of a refusal
	const char *client;
	const struct profile *profile;     // to be set; a reference
	const struct profile *old_profile; // a reference
	enum sim_state state;
	unsigned n_seen;
	int changed; // what edit returned
	char last_imsi[IMSI_SIZE];
	struct subscriber before; // the SIM's part
	struct subscriber old;
	struct trigger_lines said;
};

static int
tell_node(struct change_call *c, struct store_tx *tx, struct subscriber *s)
{
	if (!desk.triggers || c->changed == 0)
		return 0;
	// As it was: the IMSI's own part from now, the SIM's from before the edit.
	subscriber_copy(&c->old, s);
	memcpy(&c->old, &c->before, offsetof(struct subscriber, imsi));
	c->old.profile = c->old_profile;
	return desk.triggers->subscription_changed(
		desk.triggers->ctx, tx, s, &c->old, (unsigned)c->changed, &c->said);
}

static int
first_edit(struct change_call *c, struct store_tx *tx, struct subscriber *s)
{
	struct history_entry e = { .event = c->event };
	char text[160];

	c->said.n = 0;
	memcpy(&c->before, s, offsetof(struct subscriber, imsi));
	profile_give(c->old_profile);
	c->old_profile = profile_take(s->profile);
	c->changed = c->edit ? c->edit(c, s) : 0;
	if (c->changed < 0)
		return c->changed;
	snprintf(text, sizeof(text), "%s (%s)", c->what, c->client);
	text_copy(e.text, sizeof(e.text), text);
	store_history(tx, &e);
	return 0;
}

static int
change(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct change_call *c = arg;
	int err = 0;

	// IMSIs come in ascending order; not so: all is run anew.
	if (c->n_seen == 0 || strcmp(s->imsi, c->last_imsi) <= 0) {
		c->n_seen = 0;
		err = first_edit(c, tx, s);
	}
	c->n_seen++;
	text_copy(c->last_imsi, sizeof(c->last_imsi), s->imsi);
	if (err == 0)
		err = c->trigger ? c->trigger(c, tx, s) : tell_node(c, tx, s);
	return err;
}

static void
changed(struct store_op *op, int result, const struct subscriber *s)
{
	desk_done(op->arg, result);
}

static int
change_finish(struct desk_call *call, int result)
{
	struct change_call *c = (struct change_call *)call;

	profile_give(c->profile);
	profile_give(c->old_profile);
	if (result == -ENOENT)
		return cli_out_fail(call->out, "no such SIM");
	if (c->why)
		return cli_out_fail(call->out, "%s", c->why);
	if (result == -EEXIST)
		return cli_out_fail(call->out, "another SIM has this number");
	if (result == -EBUSY)
		return cli_out_fail(call->out, "it's the SIM's last IMSI: delete the SIM");
	if (result != 0)
		return result;
	cli_out_printf(call->out, "SIM %s: %s\n", c->before.iccid, c->what);
	for (unsigned i = 0; i < c->said.n; i++)
		cli_out_printf(call->out, "  %s\n", c->said.line[i]);
	if (c->said.n > 0)
		desk_wake();
	return 0;
}

static struct change_call *
change_new(const struct cli_args *args, struct cli_out *out, uint8_t event, const char *what)
{
	struct change_call *c = desk_call(out, sizeof(*c), change_finish);

	if (!c)
		return NULL;
	c->args = args;
	c->event = event;
	text_copy(c->what, sizeof(c->what), what);
	c->client = cli_args_client(args);
	c->op.parts = STORE_LOCATION;
	c->op.change = change;
	c->op.done = changed;
	c->op.arg = c;
	return c;
}

static int
change_start(struct change_call *c)
{
	desk_sim_key(c->args, &c->op);
	store_submit(desk.store, &c->op);
	return desk_return(&c->call);
}

static int
change_sim(const struct cli_args *args, struct cli_out *out, const char *what,
	int (*edit)(struct change_call *c, struct subscriber *s))
{
	struct change_call *c = change_new(args, out, HISTORY_CHANGED, what);

	if (!c)
		return -ENOMEM;
	c->edit = edit;
	return change_start(c);
}

// ---- State

static int
edit_state(struct change_call *c, struct subscriber *s)
{
	s->state = c->state;
	return 0;
}

static int
withdraw(struct change_call *c, struct store_tx *tx, struct subscriber *s)
{
	return desk.triggers ? desk.triggers->deactivated(desk.triggers->ctx, tx, s, &c->said) : 0;
}

static int
set_state(const struct cli_args *args, struct cli_out *out, enum sim_state state)
{
	struct change_call *c = change_new(args, out, HISTORY_STATE, "state ");

	if (!c)
		return -ENOMEM;
	text_copy(c->what + 6, sizeof(c->what) - 6, sim_state_name(state));
	c->state = state;
	c->edit = edit_state;
	if (state != SIM_ACTIVE)
		c->trigger = withdraw;
	return change_start(c);
}

static int
sim_activate(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return set_state(args, out, SIM_ACTIVE);
}

static int
sim_deactivate(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return set_state(args, out, SIM_INACTIVE);
}

static int
sim_state(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	enum sim_state state = SIM_REGISTERED;

	sim_state_parse(cli_arg(args, "state-name"), &state);
	return set_state(args, out, state);
}

static int
cancel(struct change_call *c, struct store_tx *tx, struct subscriber *s)
{
	if (!desk.triggers)
		return 0;
	return desk.triggers->cancelled(
		desk.triggers->ctx, tx, s, cli_arg(c->args, "reattach") != NULL, &c->said);
}

static int
sim_cancel(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct change_call *c = change_new(args, out, HISTORY_CANCELLED, "location cancelled");

	if (!c)
		return -ENOMEM;
	c->trigger = cancel;
	return change_start(c);
}

// ---- Fields

static int
edit_profile(struct change_call *c, struct subscriber *s)
{
	if (s->profile_id == c->profile->id)
		return 0;
	s->profile_id = c->profile->id;
	s->profile = c->profile;
	return CHANGED_PROFILE;
}

static int
set_profile(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *name = cli_arg(args, "profile-name");
	const struct profile *p = store_profile_find(desk.store, name);
	struct change_call *c;

	if (!p)
		return cli_out_fail(out, "no profile %s", name);
	c = change_new(args, out, HISTORY_CHANGED, "profile ");
	if (!c) {
		profile_give(p);
		return -ENOMEM;
	}
	text_copy(c->what + 8, sizeof(c->what) - 8, name);
	c->profile = p;
	c->edit = edit_profile;
	return change_start(c);
}

static int
edit_msisdn(struct change_call *c, struct subscriber *s)
{
	const char *msisdn = cli_arg(c->args, "msisdn-digits");

	text_copy(s->msisdn, sizeof(s->msisdn), msisdn ? msisdn : "");
	return CHANGED_MSISDN;
}

static int
set_msisdn(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return change_sim(args, out, "MSISDN set", edit_msisdn);
}

static int
edit_addresses(struct change_call *c, struct subscriber *s)
{
	const char *list = cli_arg(c->args, "address-list");

	if (addresses_parse(list ? list : "", s->addresses, &s->n_addresses) != 0)
		return -EINVAL;
	for (unsigned i = 0; i < s->n_addresses; i++)
		if (!profile_apn(s->profile, s->addresses[i].apn)) {
			c->why = "an address is for an APN that the profile doesn't have";
			return -EINVAL;
		}
	return CHANGED_ADDRESSES;
}

static int
set_addresses(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return change_sim(args, out, "fixed addresses set", edit_addresses);
}

static int
edit_rats(struct change_call *c, struct subscriber *s)
{
	const char *list = cli_arg(c->args, "rat-list");

	return rats_parse(list ? list : "", &s->rats) == 0 ? CHANGED_RATS : -EINVAL;
}

static int
set_rats(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return change_sim(args, out, "RATs set", edit_rats);
}

static int
edit_lock(struct change_call *c, struct subscriber *s)
{
	const char *imei = cli_arg(c->args, "imei-digits");

	imei_lock_parse(imei ? imei : "learn", &s->imei_lock, s->imei);
	return CHANGED_IMEI_LOCK;
}

static int
sim_lock(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return change_sim(args, out, "locked to one IMEI", edit_lock);
}

static int
edit_unlock(struct change_call *c, struct subscriber *s)
{
	s->imei_lock = IMEI_ANY;
	s->imei[0] = '\0';
	return CHANGED_IMEI_LOCK;
}

static int
sim_unlock(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return change_sim(args, out, "any IMEI", edit_unlock);
}

// ---- Partners

static int
edit_allow(struct change_call *c, struct subscriber *s)
{
	struct plmn plmn;

	if (!cli_arg(c->args, "plmn")) {
		s->n_partners = 0;
		return CHANGED_PARTNERS;
	}
	plmn_parse(cli_arg(c->args, "plmn"), &plmn);
	for (unsigned i = 0; i < s->n_partners; i++)
		if (plmn_is_equal(&s->partners[i], &plmn))
			return 0;
	if (s->n_partners == PARTNERS_MAX) {
		c->why = "a SIM can name 32 partners";
		return -EINVAL;
	}
	s->partners[s->n_partners++] = plmn;
	return CHANGED_PARTNERS;
}

static int
sim_allow(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return change_sim(args, out,
		cli_arg(args, "plmn") ? "only named partners are allowed" : "all partners allowed",
		edit_allow);
}

static int
edit_deny(struct change_call *c, struct subscriber *s)
{
	struct plmn plmn;
	unsigned i = 0;

	plmn_parse(cli_arg(c->args, "plmn"), &plmn);
	while (i < s->n_partners && !plmn_is_equal(&s->partners[i], &plmn))
		i++;
	if (s->n_partners == 0)
		c->why = "all partners are allowed: name those that shall be, with sim allow";
	else if (i < s->n_partners && s->n_partners == 1)
		c->why = "it's the last one, and none named means all: deactivate the SIM";
	if (c->why)
		return -EINVAL;
	if (i == s->n_partners)
		return 0;
	s->partners[i] = s->partners[--s->n_partners];
	return CHANGED_PARTNERS;
}

static int
sim_deny(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	return change_sim(args, out, "partner not allowed", edit_deny);
}

// ---- Adding and deleting

struct add_call {
	struct desk_call call; // first
	char iccid[ICCID_SIZE];
	char imsi[IMSI_SIZE];
};

static int
add_finish(struct desk_call *call, int result)
{
	const struct add_call *c = (const struct add_call *)call;
	char why[BULK_TEXT_MAX];

	switch (result) {
	case 0:
		cli_out_printf(call->out, "SIM %s: IMSI %s added\n", c->iccid, c->imsi);
		return 0;
	case -EEXIST:
		return cli_out_fail(call->out, "the ICCID, IMSI or MSISDN is there already");
	case -ENOENT:
		return cli_out_fail(call->out, "no such SIM or profile");
	case -EBUSY:
		bulk_busy(desk.store, why, sizeof(why));
		return cli_out_fail(call->out, "busy: %s", why);
	case -E2BIG:
		return cli_out_fail(call->out, "a SIM has at most 8 IMSIs");
	default:
		return result;
	}
}

// The key of the command line, sealed.
static int
imsi_of(const struct cli_args *args, struct cli_out *out, struct new_imsi *imsi)
{
	const struct key_text text = { cli_arg(args, "algorithm-name"), cli_arg(args, "k-hex"),
		cli_arg(args, "opc-hex"), cli_arg(args, "op-hex"), cli_arg(args, "amf-hex") };
	struct auc_key key;
	const char *why;
	int err = key_text_parse(&text, &key, &why);

	if (err != 0) {
		auc_key_wipe(&key);
		return cli_out_fail(out, "%s", why);
	}
	text_copy(imsi->imsi, sizeof(imsi->imsi), cli_arg(args, "new-imsi"));
	imsi->seq = cli_arg_uint(args, "seq-number", 0);
	err = seal_wrap(desk.seal, imsi->imsi, &key, imsi->sealed, &imsi->sealed_len);
	auc_key_wipe(&key);
	return err;
}

static int
sim_add(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct new_sim sim = { .state = SIM_ACTIVE, .n_imsis = 1 };
	const char *msisdn = cli_arg(args, "msisdn-digits"), *state = cli_arg(args, "state-name");
	struct add_call *c;
	int err = imsi_of(args, out, &sim.imsis[0]);

	if (err != 0)
		return err;
	text_copy(sim.iccid, sizeof(sim.iccid), cli_arg(args, "new-iccid"));
	text_copy(sim.msisdn, sizeof(sim.msisdn), msisdn ? msisdn : "");
	text_copy(sim.profile, sizeof(sim.profile), cli_arg(args, "profile-name"));
	if (state)
		sim_state_parse(state, &sim.state);
	c = desk_call(out, sizeof(*c), add_finish);
	if (!c)
		return -ENOMEM;
	text_copy(c->iccid, sizeof(c->iccid), sim.iccid);
	text_copy(c->imsi, sizeof(c->imsi), sim.imsis[0].imsi);
	store_sim_add(desk.store, &sim, desk_done, c);
	return desk_return(&c->call);
}

static int
imsi_add(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct new_imsi imsi = { 0 };
	struct add_call *c;
	int err = imsi_of(args, out, &imsi);

	if (err != 0)
		return err;
	c = desk_call(out, sizeof(*c), add_finish);
	if (!c)
		return -ENOMEM;
	text_copy(c->iccid, sizeof(c->iccid), cli_arg(args, "iccid"));
	text_copy(c->imsi, sizeof(c->imsi), imsi.imsi);
	store_imsi_add(desk.store, c->iccid, &imsi, desk_done, c);
	return desk_return(&c->call);
}

static int
sim_delete(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct change_call *c = change_new(args, out, HISTORY_CHANGED, "deleted");

	if (!c)
		return -ENOMEM;
	c->trigger = withdraw;
	desk_sim_key(args, &c->op);
	store_sim_del(desk.store, &c->op);
	return desk_return(&c->call);
}

static int
imsi_delete(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct change_call *c = change_new(args, out, HISTORY_CHANGED, "IMSI deleted");

	if (!c)
		return -ENOMEM;
	c->trigger = withdraw;
	text_copy(c->op.key, sizeof(c->op.key), cli_arg(args, "old-imsi"));
	store_imsi_del(desk.store, &c->op);
	return desk_return(&c->call);
}

// ---- New keys

struct keys_call {
	struct change_call change; // first
	struct new_imsi imsi;
};

// Of one IMSI alone.
static int
put_keys(struct store_tx *tx, struct subscriber *s, void *arg)
{
	struct keys_call *k = arg;

	k->change.n_seen = 0;
	s->sealed_len = k->imsi.sealed_len;
	memcpy(s->sealed, k->imsi.sealed, k->imsi.sealed_len);
	return change(tx, s, &k->change);
}

static int
sim_keys(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct new_imsi imsi = { 0 };
	struct keys_call *k;
	int err = imsi_of(args, out, &imsi);

	if (err != 0)
		return err;
	k = desk_call(out, sizeof(*k), change_finish);
	if (!k)
		return -ENOMEM;
	k->imsi = imsi;
	k->change.args = args;
	k->change.client = cli_args_client(args);
	text_copy(k->change.what, sizeof(k->change.what), "new keys");
	k->change.event = HISTORY_CHANGED;
	k->change.op.parts = STORE_LOCATION;
	k->change.op.change = put_keys;
	k->change.op.done = changed;
	k->change.op.arg = k;
	text_copy(k->change.op.key, sizeof(k->change.op.key), imsi.imsi);
	store_submit(desk.store, &k->change.op);
	return desk_return(&k->change.call);
}

// ---- Reset, SEQs

struct reset_call {
	struct desk_call call; // first
	struct trigger_lines said;
	unsigned n_more;
};

static void
reset_say(void *arg, const char *line)
{
	struct reset_call *c = arg;

	if (c->said.n < TRIGGER_LINES_MAX)
		text_copy(c->said.line[c->said.n++], TRIGGER_LINE_SIZE, line);
	else
		c->n_more++;
}

static int
reset_finish(struct desk_call *call, int result)
{
	struct reset_call *c = (struct reset_call *)call;

	for (unsigned i = 0; i < c->said.n; i++)
		cli_out_printf(call->out, "%s\n", c->said.line[i]);
	if (c->n_more > 0)
		cli_out_printf(call->out, "... and %u more\n", c->n_more);
	if (result == -ENOENT)
		return cli_out_fail(call->out, "no such node, or none that serves anybody");
	return result;
}

static int
reset(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct reset_call *c;

	if (!desk.triggers)
		return -ENOTSUP;
	c = desk_call(out, sizeof(*c), reset_finish);
	if (!c)
		return -ENOMEM;
	desk.triggers->reset(desk.triggers->ctx, cli_arg(args, "host"), reset_say, desk_done, c);
	return desk_return(&c->call);
}

static int
advance_finish(struct desk_call *call, int result)
{
	if (result == 0)
		cli_out_printf(call->out, "Every SEQ has moved ahead\n");
	return result;
}

static int
seq_advance(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct desk_call *c = desk_call(out, sizeof(*c), advance_finish);

	if (!c)
		return -ENOMEM;
	store_seq_advance(desk.store, (uint32_t)cli_arg_uint(args, "steps", 1), desk_done, c);
	return desk_return(c);
}

// ---- Words

static bool
is_plmn(const char *value)
{
	struct plmn plmn;

	return plmn_parse(value, &plmn) == 0;
}

static bool
is_rats(const char *value)
{
	uint32_t rats;

	return rats_parse(value, &rats) == 0;
}

static bool
is_addresses(const char *value)
{
	struct fixed_address a[FIXED_ADDRESSES_MAX];
	uint16_t n;

	return addresses_parse(value, a, &n) == 0;
}

static bool
is_algorithm(const char *value)
{
	struct auc_key key;

	return algorithm_parse(value, &key) == 0;
}

static bool
is_seq(const char *value)
{
	uint64_t seq;

	return cfg_parse_uint(value, &seq) == 0 && seq <= SQN_SEQ_MAX;
}

static bool
is_steps(const char *value)
{
	uint64_t n;

	return cfg_parse_uint(value, &n) == 0 && n >= 1 && n <= 10000;
}

#define KEY_WORDS                                                                                  \
	"k <k-hex> [(opc <opc-hex>|op <op-hex>)] [algorithm <algorithm-name>] [amf <amf-hex>]"
#define SEQ_WORDS " [seq <seq-number>]"

static const struct cli_row rows[] = {
	{ "sim activate <sim>", sim_activate, "Put a SIM into service" },
	{ "sim deactivate <sim>", sim_deactivate, "Take a SIM out of service, at once" },
	{ "sim state <sim> <state-name>", sim_state, "Any state of a SIM" },
	{ "sim set <sim> profile <profile-name>", set_profile, "Another profile" },
	{ "sim set <sim> msisdn (<msisdn-digits>|none)", set_msisdn, "Another number" },
	{ "sim set <sim> addresses (<address-list>|none)", set_addresses, "Fixed addresses" },
	{ "sim set <sim> rats (<rat-list>|all)", set_rats, "Allowed radio access types" },
	{ "sim lock <sim> imei (<imei-digits>|learn)", sim_lock, "Bind a SIM to one device" },
	{ "sim unlock <sim> imei", sim_unlock, "Let a SIM work in any device" },
	{ "sim allow <sim> partner (<plmn>|all)", sim_allow,
		"Name a visited network that is allowed; those that aren't named no longer are" },
	{ "sim deny <sim> partner <plmn>", sim_deny, "Take a visited network off the list" },
	{ "sim cancel <sim> [reattach]", sim_cancel,
		"Cancel the location: the device is detached, and may come back at once" },
	{ "sim add <new-iccid> imsi <new-imsi> profile <profile-name> " KEY_WORDS SEQ_WORDS
	  " [msisdn <msisdn-digits>] [state <state-name>]",
		sim_add, "Add a SIM" },
	{ "sim delete <sim>", sim_delete, "Delete a SIM with all its IMSIs" },
	{ "sim imsi add <iccid> <new-imsi> " KEY_WORDS SEQ_WORDS, imsi_add,
		"One more IMSI for a SIM" },
	{ "sim imsi delete <old-imsi>", imsi_delete, "One IMSI less for its SIM" },
	{ "sim keys <new-imsi> " KEY_WORDS, sim_keys, "Other keys for an IMSI" },
	{ "reset (all|node <host>)", reset,
		"Tell nodes that registrations may be lost, so that they update them" },
	{ "seq advance <steps>", seq_advance,
		"Move every SEQ ahead by blocks, after a backup was restored" },
};

static const struct cli_word words[] = {
	{ .word = "sim", .text = "Change a SIM" },
	{ .word = "<sim>", .text = "An ICCID (18 to 20 digits) or an IMSI", .check = desk_is_sim },
	{ .word = "<state-name>",
		.text = "registered, active or inactive",
		.check = desk_is_state },
	{ .word = "set", .text = "Fields of a SIM" },
	{ .word = "<profile-name>", .text = "A profile's name", .check = profile_name_is_sound },
	{ .word = "<msisdn-digits>", .text = "Up to 15 digits", .check = msisdn_is_sound },
	{ .word = "<address-list>",
		.text = "internet=10.0.0.5+internet=2001:db8:1::",
		.check = is_addresses },
	{ .word = "<rat-list>",
		.text = "eutran, nb-iot, lte-m, utran, geran, joined by +",
		.check = is_rats },
	{ .word = "<imei-digits>",
		.text = "14 to 16 digits, of which 14 are compared",
		.check = imei_is_sound },
	{ .word = "learn", .text = "The first device that it is used in" },
	{ .word = "<plmn>", .text = "MCC and MNC, 26201", .check = is_plmn },
	{ .word = "reattach", .text = "Ask the device to attach again at once" },
	{ .word = "<new-iccid>", .text = "18 to 20 digits", .check = iccid_is_sound },
	{ .word = "<iccid>", .text = "18 to 20 digits", .check = iccid_is_sound },
	{ .word = "<new-imsi>", .text = "6 to 15 digits", .check = imsi_is_sound },
	{ .word = "<old-imsi>", .text = "6 to 15 digits", .check = imsi_is_sound },
	{ .word = "<k-hex>", .text = "K: 32 hexadecimal digits", .is_secret = true },
	{ .word = "<opc-hex>", .text = "OPc, TUAK: TOPc", .is_secret = true },
	{ .word = "<op-hex>", .text = "OP, TUAK: TOP", .is_secret = true },
	{ .word = "<algorithm-name>",
		.text = "milenage, tuak[:res=4][:iterations=2], xor[:res=8]",
		.check = is_algorithm },
	{ .word = "<amf-hex>", .text = "4 hexadecimal digits, 8000 if not given" },
	{ .word = "<seq-number>", .text = "The last SEQ used", .check = is_seq },
	{ .word = "<host>", .text = "Diameter identity of an MME" },
	{ .word = "<steps>", .text = "1 to 10000 blocks", .check = is_steps },
	{ .word = "all", .text = "Every one" },
	{ .word = "none", .text = "None" },
};

const struct cli_table sim_cli = CLI_TABLE("SIMs: changing", rows, words);
