// SPDX-License-Identifier: BSD-3-Clause
// The operator's commands about dedicated bearers.
#include "control/cli/commands.h"
#include "tests/unit/control/bearer_rig.h"
#include "tests/unit/cunit_main.h"

#include <stdio.h>
#include <string.h>

#define IMSI BEARER_IMSI

static struct rig rig;
static struct session *session;
static struct gtpc_message asked, answer;
static struct cli_set *commands;
static struct cli_out *out;

static void
open_with_policy(void)
{
	rig_open(&rig, bearer_rig_policy);
	commands = commands_new(rig.pgw);
	CU_ASSERT_PTR_NOT_NULL_FATAL(commands);
	out = cli_out_new();
	session = bearer_rig_attach(&rig);
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	bearer_rig_accept(&rig, session, &asked, 6, &answer);
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
}

static void
close_all(void)
{
	cli_out_free(out);
	cli_set_free(commands);
	rig_close(&rig);
}

static void
expect(const char *line, const char *text)
{
	const char *said;

	cli_out_free(out);
	out = cli_out_new();
	cli_set_run(commands, line, out);
	said = cli_out_text(out);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, text));
	if (!strstr(said, text))
		printf("\n    %s: %s", line, said);
}

// The SGW agrees with what is asked.
static void
agree(uint8_t request, uint8_t response)
{
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, request, &asked));
	gtpc_message_init(&answer, response, session->teid, asked.header.sequence);
	gtpc_message_set_cause(&answer, GTPC_CAUSE_ACCEPTED);
	if (response == GTPC_MSG_UPDATE_BEARER_RSP) {
		answer.update_bearer_rsp.n_bearers = 1;
		answer.update_bearer_rsp.bearers[0].ebi = asked.update_bearer_req.bearers[0].ebi;
		answer.update_bearer_rsp.bearers[0].cause.value = GTPC_CAUSE_ACCEPTED;
	}
	rig_send(&rig, &answer);
	bearer_rig_settle(&rig, session);
}

static void
shows_bearers(void)
{
	char line[64];

	open_with_policy();
	expect("show bearers", "1 dedicated bearer\n");
	expect("show bearers", "voice");
	expect("show session imsi " IMSI,
		"Bearer EBI 6     voice, active, QCI 1, ARP 2, up 64.0 kbit/s");
	expect("show session imsi " IMSI, "udp remote 10.20.0.0/24 port 5004-5010");
	snprintf(line, sizeof(line), "show session teid 0x%08x",
		bearer_find_ebi(rig.pgw->bearers, session, 6)->teid);
	expect(line, "IMSI " IMSI);
	close_all();
}

static void
adds_bearers_by_filters_and_by_rules(void)
{
	open_with_policy();
	expect("bearer add imsi " IMSI
	       " qci 2 mbr 2M 3M gbr 1M 1M filter tcp remote-port 80; udp local-port 7",
		"Create Bearer Request is on its way");
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].qos.dl_mbr_kbps, 3000);
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].tft.bytes[0], 0x22); // create, 2 filters
	expect("bearer add imsi " IMSI " rule meter", "Create Bearer Request is on its way");
	CU_ASSERT_TRUE_FATAL(bearer_rig_take(&rig, GTPC_MSG_CREATE_BEARER_REQ, &asked));
	CU_ASSERT_EQUAL(asked.create_bearer_req.bearers[0].qos.qci, 7);
	close_all();
}

static void
changes_and_ends_bearers(void)
{
	struct dedicated *b;

	open_with_policy();
	b = bearer_find_ebi(rig.pgw->bearers, session, 6);
	expect("bearer change imsi " IMSI " ebi 6 qci 3 mbr 5M 6M", "Update Bearer Request");
	agree(GTPC_MSG_UPDATE_BEARER_REQ, GTPC_MSG_UPDATE_BEARER_RSP);
	CU_ASSERT_EQUAL(b->is.qci, 3);
	CU_ASSERT_EQUAL(b->rates.dl_mbr_kbps, 6000);
	CU_ASSERT_EQUAL(b->rates.dl_gbr_kbps, 128);
	expect("bearer filter remove imsi " IMSI " ebi 6 number 0", "% it is the bearer's last");
	expect("bearer filter add imsi " IMSI " ebi 6 tcp remote-port 80", "Update Bearer");
	agree(GTPC_MSG_UPDATE_BEARER_REQ, GTPC_MSG_UPDATE_BEARER_RSP);
	CU_ASSERT_EQUAL(b->n_filters, 2);
	expect("bearer filter remove imsi " IMSI " ebi 6 number 0", "Update Bearer Request");
	agree(GTPC_MSG_UPDATE_BEARER_REQ, GTPC_MSG_UPDATE_BEARER_RSP);
	CU_ASSERT_EQUAL(b->n_filters, 1);
	CU_ASSERT_EQUAL(b->filter[0].is.remote_port_min, 80);
	expect("bearer filter remove imsi " IMSI " ebi 6 number 0", "% the bearer has no filter 0");
	expect("bearer ambr imsi " IMSI " up 1M down 2M", "Update Bearer Request");
	agree(GTPC_MSG_UPDATE_BEARER_REQ, GTPC_MSG_UPDATE_BEARER_RSP);
	CU_ASSERT_EQUAL(session->dl_kbps, 2000);
	expect("bearer remove imsi " IMSI " ebi 6", "Delete Bearer Request");
	agree(GTPC_MSG_DELETE_BEARER_REQ, GTPC_MSG_DELETE_BEARER_RSP);
	expect("show bearers", "0 dedicated bearers");
	close_all();
}

static void
errors_begin_with_a_percent_sign(void)
{
	open_with_policy();
	expect("bearer add imsi 999999999999999 rule voice", "% IMSI 999999999999999 has no");
	expect("bearer add imsi " IMSI " lbi 9 rule voice", "% IMSI " IMSI " has no such session");
	expect("bearer add imsi " IMSI " rule nothing", "% APN internet has no bearer rule");
	expect("bearer add imsi " IMSI " qci 1 filter udp", "% QCI 1: it wants a guaranteed rate");
	expect("bearer add imsi " IMSI " qci 9 gbr 1M 1M filter udp", "% QCI 9: it guarantees no");
	expect("bearer add imsi " IMSI " qci 9 filter upd", "% upd: ");
	expect("bearer add imsi " IMSI " qci 9 mbr 1x 1M filter udp", "% 1x is no bit rate");
	expect("bearer add imsi " IMSI " qci 255 filter udp", "% QCIs are 1 to 254");
	expect("bearer change imsi " IMSI " ebi 7 qci 9",
		"% IMSI " IMSI " has no dedicated bearer");
	expect("bearer remove imsi " IMSI " ebi 5", "% IMSI " IMSI " has no dedicated bearer");
	expect("bearer ambr imsi " IMSI " up 0 down 1M", "% an APN-AMBR is");
	close_all();
}

static const struct unit_case cases[] = {
	UNIT_CASE(shows_bearers),
	UNIT_CASE(adds_bearers_by_filters_and_by_rules),
	UNIT_CASE(changes_and_ends_bearers),
	UNIT_CASE(errors_begin_with_a_percent_sign),
};

UNIT_MAIN("control/cmd_bearer", cases)
