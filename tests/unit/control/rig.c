// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/control/rig.h"

#include "config/cfg.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_MS 20000
#define RUN_TURNS 50

#define GTPC(t3)                                                                                   \
	"gtpc: { addresses = [ \"10.10.0.1\" ]; t3 = \"" t3 "\"; n3 = 2;\n"                        \
	"        transactions_max = 4000; peers_max = 64; };\n"
#define POOLS                                                                                      \
	"pools: ( { name = \"p\"; range = \"100.64.0.0/16\"; static = [ \"100.64.255.0/24\" ]; } " \
	");\n"                                                                                     \
	"apns: ( { name = \"internet\"; pools = [ \"p\" ]; dns = [ \"10.20.0.2\" ];\n"             \
	"          static_from_request = true; } );\n"

static const char usual_config[] = GTPC("30s") POOLS;
const char rig_impatient[] = GTPC("200ms") POOLS;

static void
capture(void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n)
{
	struct rig *r = user;
	struct rig_datagram *d;

	if (r->tap) {
		r->tap(r, path, bytes, n);
		return;
	}
	if (r->n_sent == RIG_SENT_MAX) {
		memmove(&r->sent[0], &r->sent[1], sizeof(r->sent) - sizeof(r->sent[0]));
		r->n_sent--;
	}
	d = &r->sent[r->n_sent++];
	d->path = *path;
	d->n = n < sizeof(d->bytes) ? n : sizeof(d->bytes);
	memcpy(d->bytes, bytes, d->n);
}

static void
must(bool is_right, const char *what)
{
	if (is_right)
		return;
	fprintf(stderr, "rig: %s\n", what);
	exit(1);
}

static void
load_config(struct rig *r, const char *config)
{
	char text[8192];

	snprintf(text, sizeof(text),
		"control: { run_dir = \"%s\"; state_dir = \"%s/state\"; sessions_max = 200000; };\n"
		"trace: { file_max = 1; files_max = 4; };\n"
		"log: { level = \"error\"; };\n%s",
		r->dir, r->dir, config ? config : usual_config);
	must(cfg_load_text("rig.cfg", text, &ctl_config_schema, &r->config, stderr) == 0,
		"configuration");
	log_init("rig", LOG_LEVEL_ERROR);
}

void
rig_start_control(struct rig *r)
{
	struct pgw_io io = { .send = capture, .user = r };
	char why[256];

	must(store_open(&r->store, r->config.state_dir, "boot-1", why, sizeof(why)) == 0, why);
	r->pgw = pgw_new(r->base, &r->config, r->store, &io, why, sizeof(why));
	must(r->pgw != NULL, why);
	must(pgw_start(r->pgw, why, sizeof(why)) == 0, why);
}

void
rig_stop_control(struct rig *r)
{
	pgw_free(r->pgw);
	store_close(r->store);
	r->pgw = NULL;
}

static bool
is_serving(struct rig *r)
{
	return dpclient_state(r->pgw->dp) == DPCLIENT_READY && !r->pgw->sync.is_replaying;
}

void
rig_restart_control(struct rig *r)
{
	rig_stop_control(r);
	rig_start_control(r);
	must(rig_wait(r, is_serving), "attach after the restart");
}

static void
start_all(struct rig *r, const char *config, const struct fake_config *fake)
{
	struct fake_config c = *fake;

	r->base = event_base_new();
	r->path.local = gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, 1 });
	r->path.peer.addr = gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, 2 });
	r->path.peer.port = 2123;
	r->next_teid = 0x1000;
	c.run_dir = r->dir;
	r->fake = fake_start(&c);
	load_config(r, config);
	rig_start_control(r);
	must(rig_wait(r, is_serving), "attach");
}

void
rig_open_with(struct rig *r, const char *config, const struct fake_config *fake)
{
	memset(r, 0, sizeof(*r));
	snprintf(r->dir, sizeof(r->dir), "/tmp/torii-rig-XXXXXX");
	must(mkdtemp(r->dir) != NULL, "temporary directory");
	start_all(r, config, fake);
}

void
rig_reopen(struct rig *r, const struct fake_config *fake)
{
	start_all(r, NULL, fake);
}
void
rig_open(struct rig *r, const char *config)
{
	rig_open_with(r, config, &(struct fake_config){ 0 });
}

void
rig_close(struct rig *r)
{
	char command[128];

	if (r->pgw)
		rig_stop_control(r);
	if (r->fake)
		fake_stop(r->fake);
	event_base_free(r->base);
	cfg_free(&ctl_config_schema, &r->config);
	snprintf(command, sizeof(command), "rm -rf '%s'", r->dir);
	must(system(command) == 0, "cleaning up");
}

bool
rig_wait(struct rig *r, rig_condition condition)
{
	uint64_t end_ms = pgw_now_ms() + PATIENCE_MS;

	while (pgw_now_ms() < end_ms) {
		event_base_loop(r->base, EVLOOP_NONBLOCK);
		if (condition(r))
			return true;
		usleep(50);
	}
	return false;
}

void
rig_run(struct rig *r, unsigned int ms)
{
	uint64_t end_ms = pgw_now_ms() + ms;

	// On a busy machine the time may be over before anything has run.
	for (unsigned int turn = 0; turn < RUN_TURNS || pgw_now_ms() < end_ms; turn++) {
		event_base_loop(r->base, EVLOOP_NONBLOCK);
		usleep(100);
	}
}

static bool
is_settled(struct rig *r)
{
	struct session_counts c = rig_counts(r);

	return c.creating == 0 && c.closing == 0 && r->pgw->procedures.n_waiting == 0 &&
		r->pgw->turn.n_answers == 0 && r->pgw->turn.n_dirty == 0;
}

void
rig_settle(struct rig *r)
{
	must(rig_wait(r, is_settled), "the dataplane takes all");
}

struct session_counts
rig_counts(struct rig *r)
{
	struct session_counts c;

	session_table_count(r->pgw->sessions, &c);
	return c;
}

uint32_t
rig_send(struct rig *r, struct gtpc_message *request)
{
	uint8_t bytes[2048];
	ssize_t n;

	if (request->header.sequence == 0)
		request->header.sequence = ++r->sequence;
	n = gtpc_message_encode(request, bytes, sizeof(bytes));
	must(n > 0, "encoding a request");
	pgw_receive(r->pgw, &r->path, bytes, (size_t)n);
	return request->header.sequence;
}

static void
read_sent(struct rig *r, unsigned int i, struct gtpc_message *m)
{
	// Views of the message point into this.
	static uint8_t bytes[4][2048];
	static unsigned int turn;
	struct gtpc_fault fault;
	size_t used;
	size_t n = r->sent[i].n;

	turn = (turn + 1) % 4;
	memcpy(bytes[turn], r->sent[i].bytes, n);
	memmove(&r->sent[i], &r->sent[i + 1], (r->n_sent - i - 1) * sizeof(r->sent[0]));
	r->n_sent--;
	must(gtpc_message_parse(bytes[turn], n, &used, m, &fault) == 0,
		"the gateway's own message doesn't decode");
}

static uint32_t
sequence_of(const struct rig_datagram *d)
{
	const uint8_t *at = d->bytes + (d->bytes[0] & GTPC_FLAG_T ? 8 : 4);

	return (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
}

bool
rig_take(struct rig *r, uint32_t sequence, struct gtpc_message *answer)
{
	for (unsigned int i = 0; i < r->n_sent; i++)
		if (sequence_of(&r->sent[i]) == sequence) {
			read_sent(r, i, answer);
			return true;
		}
	return false;
}

bool
rig_take_type(struct rig *r, uint8_t type, struct gtpc_message *message)
{
	for (unsigned int i = 0; i < r->n_sent; i++)
		if (r->sent[i].bytes[1] == type) {
			read_sent(r, i, message);
			return true;
		}
	return false;
}

static uint32_t waited_for;

static bool
has_answer(struct rig *r)
{
	for (unsigned int i = 0; i < r->n_sent; i++)
		if (sequence_of(&r->sent[i]) == waited_for)
			return true;
	return false;
}

bool
rig_ask(struct rig *r, struct gtpc_message *request, struct gtpc_message *answer)
{
	const struct gtpc_message_desc *desc = gtpc_message_find(request->header.type);

	waited_for = rig_send(r, request);
	return rig_wait(r, has_answer) && rig_take(r, request->header.sequence, answer) &&
		answer->header.type == desc->answer;
}

void
rig_create(struct rig *r, struct gtpc_message *m, const char *imsi)
{
	struct create_session_req *req = &m->create_session_req;
	struct bearer_to_create *b = &req->bearers[0];

	gtpc_message_init(m, GTPC_MSG_CREATE_SESSION_REQ, 0, 0);
	req->has_imsi = true;
	snprintf(req->imsi.text, sizeof(req->imsi.text), "%s", imsi);
	req->rat_type = GTPC_RAT_EUTRAN;
	req->has_serving_network = true;
	req->serving_network = gtpc_plmn_make(1, 1, 2);
	req->sender = gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, r->next_teid++, &r->path.peer.addr);
	snprintf(req->apn.text, sizeof(req->apn.text), "internet");
	req->has_selection_mode = true;
	req->has_pdn_type = true;
	req->pdn_type = GTPC_PDN_IPV4;
	req->has_paa = true;
	req->paa.pdn_type = GTPC_PDN_IPV4;
	req->has_ambr = true;
	req->ambr = (struct gtpc_ambr){ .ul_kbps = 50000, .dl_kbps = 100000 };
	if (r->recovery) {
		req->has_recovery = true;
		req->recovery = r->recovery;
	}
	req->n_bearers = 1;
	b->ebi = 5;
	b->has_sgw_u = true;
	b->sgw_u = gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, r->next_teid++, &r->path.peer.addr);
	b->qos = (struct gtpc_qos){ .priority_level = 8, .qci = 9 };
}

void
rig_delete(struct rig *r, struct gtpc_message *m, uint32_t teid)
{
	gtpc_message_init(m, GTPC_MSG_DELETE_SESSION_REQ, teid, 0);
	m->delete_session_req.has_lbi = true;
	m->delete_session_req.lbi = 5;
}

void
rig_move(struct rig *r, struct gtpc_message *m, uint32_t teid, uint8_t last)
{
	struct modify_bearer_req *req = &m->modify_bearer_req;
	const struct gtpc_addr *sgw = &r->path.peer.addr;

	r->path.peer.addr = gtpc_addr_ipv4((const uint8_t[]){ 10, 10, 0, last });
	gtpc_message_init(m, GTPC_MSG_MODIFY_BEARER_REQ, teid, 0);
	req->has_sender = true;
	req->sender = gtpc_fteid_make(GTPC_IF_S5S8_SGW_C, r->next_teid++, sgw);
	req->n_bearers = 1;
	req->bearers[0].ebi = 5;
	req->bearers[0].has_sgw_u = true;
	req->bearers[0].sgw_u = gtpc_fteid_make(GTPC_IF_S5S8_SGW_U, r->next_teid++, sgw);
}

struct create_session_rsp
rig_attach(struct rig *r, const char *imsi)
{
	struct gtpc_message request, answer;

	rig_create(r, &request, imsi);
	must(rig_ask(r, &request, &answer), "no answer to an attach");
	must(answer.create_session_rsp.cause.value == GTPC_CAUSE_ACCEPTED, "attach refused");
	return answer.create_session_rsp;
}
