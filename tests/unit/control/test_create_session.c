// SPDX-License-Identifier: BSD-3-Clause
// Create Session Requests, bytes in and bytes out. TS 29.274 7.2.1, 7.2.2.
#include "tests/unit/control/rig.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

static struct rig rig;

static void
answers_with_all_that_a_partner_expects(void)
{
	struct gtpc_message request, answer;
	const struct create_session_rsp *rsp = &answer.create_session_rsp;
	struct dp_session put;

	rig_open(&rig, NULL);
	rig_create(&rig, &request, "001010000000001");
	CU_ASSERT_FATAL(rig_ask(&rig, &request, &answer));
	CU_ASSERT_EQUAL(answer.header.teid, request.create_session_req.sender.teid);
	CU_ASSERT_EQUAL(rsp->cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_TRUE(rsp->has_pgw);
	CU_ASSERT_EQUAL(rsp->pgw.interface, GTPC_IF_S5S8_PGW_C);
	CU_ASSERT_EQUAL(memcmp(rsp->pgw.ipv4, (uint8_t[]){ 10, 10, 0, 1 }, 4), 0);
	CU_ASSERT_TRUE(rsp->has_paa);
	CU_ASSERT_EQUAL(rsp->paa.pdn_type, GTPC_PDN_IPV4);
	CU_ASSERT_EQUAL(rsp->paa.ipv4[0], 100);
	CU_ASSERT_TRUE(rsp->has_apn_restriction);
	CU_ASSERT_FALSE(rsp->has_ambr);
	CU_ASSERT_TRUE(rsp->has_recovery); // first contact
	CU_ASSERT_EQUAL(rsp->recovery, store_restart_counter(rig.store));
	CU_ASSERT_EQUAL(rsp->n_bearers, 1);
	CU_ASSERT_EQUAL(rsp->bearers[0].ebi, 5);
	CU_ASSERT_EQUAL(rsp->bearers[0].cause.value, GTPC_CAUSE_ACCEPTED);
	CU_ASSERT_EQUAL(rsp->bearers[0].pgw_u.interface, GTPC_IF_S5S8_PGW_U);
	CU_ASSERT_NOT_EQUAL(rsp->bearers[0].charging_id, 0);
	CU_ASSERT_FALSE(rsp->bearers[0].has_qos);
	CU_ASSERT_TRUE_FATAL(fake_find(rig.fake, rsp->bearers[0].pgw_u.teid, &put));
	CU_ASSERT_EQUAL(put.peer_teid, request.create_session_req.bearers[0].sgw_u.teid);
	CU_ASSERT_EQUAL(put.ul_bps, 50000000);
	CU_ASSERT_EQUAL(put.dl_bps, 100000000);
	CU_ASSERT_EQUAL(put.vrf, 1);
	CU_ASSERT_EQUAL(dp_session_shard(&put), put.teid & 0xff);
	rig_close(&rig);
}

static const struct unit_case cases[] = {
	UNIT_CASE(answers_with_all_that_a_partner_expects),
};

UNIT_MAIN("control/create_session", cases)
