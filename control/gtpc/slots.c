// SPDX-License-Identifier: BSD-3-Clause
// The IEs of every message of S5/S8. TS 29.274 clause 7; the comments name the tables.
#include "control/gtpc/bodies.h"
#include "control/gtpc/ie_slot.h"

#include <stddef.h>

#define SIZE_OF(s, field) sizeof(((struct s *)0)->field)
#define N_OF(s, field) (SIZE_OF(s, field) / SIZE_OF(s, field[0]))
#define IS_EBI(ie) (GTPC_IE_##ie == GTPC_IE_EBI)

// presence, type, instance, host struct, member
#define MUST(ie, instance, s, field)                                                               \
	{                                                                                          \
		IE_M, GTPC_IE_##ie, instance, 0, IS_EBI(ie), offsetof(struct s, field),            \
			SIZE_OF(s, field), IE_ALWAYS, NULL                                         \
	}
#define MUST_OR_ZERO(ie, instance, s, field)                                                       \
	{                                                                                          \
		IE_M, GTPC_IE_##ie, instance, 0, false, offsetof(struct s, field),                 \
			SIZE_OF(s, field), IE_ALWAYS, NULL                                         \
	}
#define SLOT(p, ie, instance, s, field)                                                            \
	{                                                                                          \
		IE_##p, GTPC_IE_##ie, instance, 0, IS_EBI(ie), offsetof(struct s, field),          \
			SIZE_OF(s, field), offsetof(struct s, has_##field), NULL                   \
	}
#define LIST(p, ie, instance, s, field)                                                            \
	{                                                                                          \
		IE_##p, GTPC_IE_##ie, instance, N_OF(s, field), IS_EBI(ie),                        \
			offsetof(struct s, field), SIZE_OF(s, field[0]),                           \
			offsetof(struct s, n_##field), NULL                                        \
	}
#define GROUP(ie, instance, s, field, of)                                                          \
	{                                                                                          \
		IE_M, GTPC_IE_##ie, instance, 0, false, offsetof(struct s, field),                 \
			SIZE_OF(s, field), IE_ALWAYS, &of##_group                                  \
	}
#define GROUP_IF(p, ie, instance, s, field, of)                                                    \
	{                                                                                          \
		IE_##p, GTPC_IE_##ie, instance, 0, false, offsetof(struct s, field),               \
			SIZE_OF(s, field), offsetof(struct s, has_##field), &of##_group            \
	}
#define GROUPS(p, ie, instance, s, field, of)                                                      \
	{                                                                                          \
		IE_##p, GTPC_IE_##ie, instance, N_OF(s, field), false, offsetof(struct s, field),  \
			SIZE_OF(s, field[0]), offsetof(struct s, n_##field), &of##_group           \
	}
#define NEED(s, field, other, ie, instance)                                                        \
	{                                                                                          \
		offsetof(struct s, has_##field), offsetof(struct s, has_##other), GTPC_IE_##ie,    \
			instance                                                                   \
	}

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define GROUP_ROW(s)                                                                               \
	{                                                                                          \
		.slots = s##_slots, .n_slots = COUNT(s##_slots), .size = sizeof(struct s)          \
	}
#define GROUP_ROW_SENDER(s, instance)                                                              \
	{                                                                                          \
		.slots = s##_slots, .n_slots = COUNT(s##_slots), .size = sizeof(struct s),         \
		.sender_instance = instance                                                        \
	}
#define GROUP_ROW_NEEDS(s)                                                                         \
	{                                                                                          \
		.slots = s##_slots, .n_slots = COUNT(s##_slots), .size = sizeof(struct s),         \
		.needs = s##_needs, .n_needs = COUNT(s##_needs)                                    \
	}

// 7.2.1-4 and 7.2.2-5
static const struct ie_slot gtpc_overload_slots[] = {
	MUST(SEQUENCE_NUMBER, 0, gtpc_overload, sequence),
	MUST(METRIC, 0, gtpc_overload, reduction),
	MUST(EPC_TIMER, 0, gtpc_overload, validity),
	LIST(CO, APN, 0, gtpc_overload, apns),
};
static const struct ie_group gtpc_overload_group = GROUP_ROW(gtpc_overload);

// 7.2.2-4
static const struct ie_slot gtpc_load_slots[] = {
	MUST(SEQUENCE_NUMBER, 0, gtpc_load, sequence),
	MUST(METRIC, 0, gtpc_load, load),
	LIST(CO, APN_CAPACITY, 0, gtpc_load, apns),
};
static const struct ie_group gtpc_load_group = GROUP_ROW(gtpc_load);

// 7.2.1-5, 7.2.26-2 and 7.2.26-3
static const struct ie_slot gtpc_remote_ue_slots[] = {
	MUST(REMOTE_USER_ID, 0, gtpc_remote_ue, user_id),
	SLOT(C, REMOTE_UE_IP, 0, gtpc_remote_ue, ip),
};
static const struct ie_group gtpc_remote_ue_group = GROUP_ROW(gtpc_remote_ue);

// 7.2.2-6 and 7.2.9.2-5
static const struct ie_slot gtpc_pgw_change_slots[] = {
	SLOT(C, PGW_FQDN, 0, gtpc_pgw_change, set_fqdn),
	LIST(C, IP_ADDRESS, 0, gtpc_pgw_change, alternative_addr),
	LIST(C, PGW_FQDN, 1, gtpc_pgw_change, alternative_fqdn),
	SLOT(C, IP_ADDRESS, 1, gtpc_pgw_change, new_pgw_addr),
	SLOT(C, IP_ADDRESS, 2, gtpc_pgw_change, pgw_addr),
	LIST(C, FQ_CSID, 0, gtpc_pgw_change, fq_csids),
	LIST(C, GROUP_ID, 0, gtpc_pgw_change, group_ids),
	SLOT(O, GROUP_ID, 1, gtpc_pgw_change, new_group_id),
};
static const struct ie_group gtpc_pgw_change_group = GROUP_ROW(gtpc_pgw_change);

// 7.2.1-2
static const struct ie_slot bearer_to_create_slots[] = {
	MUST(EBI, 0, bearer_to_create, ebi),
	SLOT(O, TFT, 0, bearer_to_create, tft),
	SLOT(V, FTEID, 2, bearer_to_create, sgw_u),
	SLOT(C, FTEID, 3, bearer_to_create, pgw_u),
	MUST(BEARER_QOS, 0, bearer_to_create, qos),
};
static const struct ie_need bearer_to_create_needs[] = {
	NEED(bearer_to_create, sgw_u, sgw_u, FTEID, 2),
};
static const struct ie_group bearer_to_create_group = GROUP_ROW_NEEDS(bearer_to_create);

// 7.2.2-2
static const struct ie_slot bearer_created_slots[] = {
	MUST(EBI, 0, bearer_created, ebi),
	MUST(CAUSE, 0, bearer_created, cause),
	SLOT(C, FTEID, 2, bearer_created, pgw_u),
	SLOT(C, BEARER_QOS, 0, bearer_created, qos),
	SLOT(C, CHARGING_ID, 0, bearer_created, charging_id),
	SLOT(O, BEARER_FLAGS, 0, bearer_created, flags),
};
static const struct ie_group bearer_created_group = GROUP_ROW(bearer_created);

// 7.2.7-2
static const struct ie_slot bearer_to_modify_slots[] = {
	MUST(EBI, 0, bearer_to_modify, ebi),
	SLOT(V, FTEID, 1, bearer_to_modify, sgw_u),
};
static const struct ie_group bearer_to_modify_group = GROUP_ROW(bearer_to_modify);

// 7.2.8-2
static const struct ie_slot bearer_modified_slots[] = {
	MUST(EBI, 0, bearer_modified, ebi),
	MUST(CAUSE, 0, bearer_modified, cause),
	SLOT(C, CHARGING_ID, 0, bearer_modified, charging_id),
	SLOT(CO, BEARER_FLAGS, 0, bearer_modified, flags),
};
static const struct ie_group bearer_modified_group = GROUP_ROW(bearer_modified);

// 7.2.8-3, 7.2.9.2-2 and 7.2.17.2-2
static const struct ie_slot bearer_result_slots[] = {
	MUST(EBI, 0, bearer_result, ebi),
	MUST(CAUSE, 0, bearer_result, cause),
};
static const struct ie_group bearer_result_group = GROUP_ROW(bearer_result);

// 7.2.10.2-2
static const struct ie_slot bearer_deleted_slots[] = {
	MUST(EBI, 0, bearer_deleted, ebi),
	MUST(CAUSE, 0, bearer_deleted, cause),
	SLOT(CO, PCO, 0, bearer_deleted, pco),
	SLOT(CO, RAN_NAS_CAUSE, 0, bearer_deleted, ran_nas_cause),
	SLOT(CO, EPCO, 0, bearer_deleted, epco),
};
static const struct ie_group bearer_deleted_group = GROUP_ROW(bearer_deleted);

// 7.2.3-2
static const struct ie_slot bearer_to_add_slots[] = {
	MUST_OR_ZERO(EBI, 0, bearer_to_add, ebi),
	MUST(TFT, 0, bearer_to_add, tft),
	SLOT(V, FTEID, 1, bearer_to_add, pgw_u),
	MUST(BEARER_QOS, 0, bearer_to_add, qos),
	SLOT(C, CHARGING_ID, 0, bearer_to_add, charging_id),
	SLOT(O, BEARER_FLAGS, 0, bearer_to_add, flags),
	SLOT(O, PCO, 0, bearer_to_add, pco),
	SLOT(O, EPCO, 0, bearer_to_add, epco),
	SLOT(O, MAX_PACKET_LOSS, 0, bearer_to_add, max_packet_loss),
};
static const struct ie_group bearer_to_add_group = GROUP_ROW(bearer_to_add);

// 7.2.4-2
static const struct ie_slot bearer_added_slots[] = {
	MUST_OR_ZERO(EBI, 0, bearer_added, ebi),
	MUST(CAUSE, 0, bearer_added, cause),
	SLOT(V, FTEID, 2, bearer_added, sgw_u),
	SLOT(V, FTEID, 3, bearer_added, pgw_u),
	SLOT(CO, PCO, 0, bearer_added, pco),
	SLOT(CO, RAN_NAS_CAUSE, 0, bearer_added, ran_nas_cause),
	SLOT(CO, EPCO, 0, bearer_added, epco),
};
static const struct ie_group bearer_added_group = GROUP_ROW(bearer_added);

// 7.2.15-2
static const struct ie_slot bearer_to_update_slots[] = {
	MUST(EBI, 0, bearer_to_update, ebi),
	SLOT(V, TFT, 0, bearer_to_update, tft),
	SLOT(V, BEARER_QOS, 0, bearer_to_update, qos),
	SLOT(O, BEARER_FLAGS, 0, bearer_to_update, flags),
	SLOT(CO, PCO, 0, bearer_to_update, pco),
	SLOT(CO, APCO, 0, bearer_to_update, apco),
	SLOT(CO, EPCO, 0, bearer_to_update, epco),
	SLOT(O, MAX_PACKET_LOSS, 0, bearer_to_update, max_packet_loss),
};
static const struct ie_group bearer_to_update_group = GROUP_ROW(bearer_to_update);

// 7.2.16-2
static const struct ie_slot bearer_updated_slots[] = {
	MUST(EBI, 0, bearer_updated, ebi),
	MUST(CAUSE, 0, bearer_updated, cause),
	SLOT(CO, PCO, 0, bearer_updated, pco),
	SLOT(CO, RAN_NAS_CAUSE, 0, bearer_updated, ran_nas_cause),
	SLOT(CO, EPCO, 0, bearer_updated, epco),
};
static const struct ie_group bearer_updated_group = GROUP_ROW(bearer_updated);

// 7.2.14.1-2
static const struct ie_slot bearer_commanded_slots[] = {
	MUST(EBI, 0, bearer_commanded, ebi),
	SLOT(V, BEARER_QOS, 0, bearer_commanded, qos),
};
static const struct ie_group bearer_commanded_group = GROUP_ROW(bearer_commanded);

// 7.2.17.1-2
static const struct ie_slot bearer_to_drop_slots[] = {
	MUST(EBI, 0, bearer_to_drop, ebi),
	SLOT(CO, BEARER_FLAGS, 0, bearer_to_drop, flags),
	SLOT(CO, RAN_NAS_CAUSE, 0, bearer_to_drop, ran_nas_cause),
};
static const struct ie_group bearer_to_drop_group = GROUP_ROW(bearer_to_drop);

// 7.1.1-1
static const struct ie_slot echo_req_slots[] = {
	MUST(RECOVERY, 0, echo_req, recovery),
	SLOT(CO, NODE_FEATURES, 0, echo_req, node_features),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, echo_req, private_extension),
};

// 7.1.2-1
static const struct ie_slot echo_rsp_slots[] = {
	MUST(RECOVERY, 0, echo_rsp, recovery),
	SLOT(CO, NODE_FEATURES, 0, echo_rsp, node_features),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, echo_rsp, private_extension),
};

// 7.2.1-1
static const struct ie_slot create_session_req_slots[] = {
	SLOT(V, IMSI, 0, create_session_req, imsi),
	SLOT(C, MSISDN, 0, create_session_req, msisdn),
	SLOT(C, MEI, 0, create_session_req, mei),
	SLOT(C, ULI, 0, create_session_req, uli),
	SLOT(C, SERVING_NETWORK, 0, create_session_req, serving_network),
	MUST(RAT_TYPE, 0, create_session_req, rat_type),
	SLOT(C, INDICATION, 0, create_session_req, indication),
	MUST(FTEID, 0, create_session_req, sender),
	MUST(APN, 0, create_session_req, apn),
	SLOT(C, SELECTION_MODE, 0, create_session_req, selection_mode),
	SLOT(V, PDN_TYPE, 0, create_session_req, pdn_type),
	SLOT(V, PAA, 0, create_session_req, paa),
	SLOT(C, APN_RESTRICTION, 0, create_session_req, max_apn_restriction),
	SLOT(C, AMBR, 0, create_session_req, ambr),
	SLOT(C, EBI, 0, create_session_req, lbi),
	SLOT(C, PCO, 0, create_session_req, pco),
	GROUPS(M, BEARER_CTX, 0, create_session_req, bearers, bearer_to_create),
	SLOT(C, TRACE_INFORMATION, 0, create_session_req, trace),
	SLOT(C, RECOVERY, 0, create_session_req, recovery),
	SLOT(C, FQ_CSID, 0, create_session_req, mme_fq_csid),
	SLOT(C, FQ_CSID, 1, create_session_req, sgw_fq_csid),
	SLOT(CO, UE_TIME_ZONE, 0, create_session_req, ue_time_zone),
	SLOT(CO, UCI, 0, create_session_req, uci),
	SLOT(C, CHARGING_CHARACTERISTICS, 0, create_session_req, charging_characteristics),
	SLOT(O, LDN, 1, create_session_req, sgw_ldn),
	SLOT(CO, SIGNALLING_PRIORITY, 0, create_session_req, signalling_priority),
	SLOT(CO, APCO, 0, create_session_req, apco),
	SLOT(CO, IP_ADDRESS, 1, create_session_req, henb_addr),
	SLOT(CO, PORT_NUMBER, 1, create_session_req, henb_port),
	SLOT(CO, IP_ADDRESS, 2, create_session_req, mme_addr),
	SLOT(CO, CN_OPERATOR_SELECTION, 0, create_session_req, cn_operator_selection),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, create_session_req, mme_overload, gtpc_overload),
	GROUP_IF(O, OVERLOAD_CONTROL, 1, create_session_req, sgw_overload, gtpc_overload),
	SLOT(CO, MS_TIME_STAMP, 0, create_session_req, origination_time),
	SLOT(CO, INTEGER, 0, create_session_req, max_wait_ms),
	SLOT(CO, F_CONTAINER, 0, create_session_req, nbifom),
	SLOT(CO, EPCO, 0, create_session_req, epco),
	SLOT(CO, SERVING_PLMN_RATE, 0, create_session_req, serving_plmn_rate),
	SLOT(CO, COUNTER, 0, create_session_req, mo_exception_counter),
	SLOT(CO, MAPPED_UE_USAGE_TYPE, 0, create_session_req, mapped_ue_usage_type),
	SLOT(CO, FQDN, 0, create_session_req, sgw_u_name),
	SLOT(CO, UP_FUNCTION_SELECTION, 0, create_session_req, up_function_selection),
	SLOT(CO, APN_RATE_STATUS, 0, create_session_req, apn_rate_status),
	SLOT(O, URI, 0, create_session_req, trace_collection_uri),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, create_session_req, private_extension),
};
static const struct ie_need create_session_req_needs[] = {
	NEED(create_session_req, imsi, mei, IMSI, 0),
	NEED(create_session_req, paa, pdn_type, PAA, 0),
};

// 7.2.2-1
static const struct ie_slot create_session_rsp_slots[] = {
	MUST(CAUSE, 0, create_session_rsp, cause),
	SLOT(C, CHANGE_REPORTING_ACTION, 0, create_session_rsp, change_reporting_action),
	SLOT(CO, CSG_REPORTING_ACTION, 0, create_session_rsp, csg_reporting_action),
	SLOT(CO, HENB_REPORTING, 0, create_session_rsp, henb_reporting),
	SLOT(C, FTEID, 0, create_session_rsp, sgw),
	SLOT(C, FTEID, 1, create_session_rsp, pgw),
	SLOT(C, PAA, 0, create_session_rsp, paa),
	SLOT(C, APN_RESTRICTION, 0, create_session_rsp, apn_restriction),
	SLOT(C, AMBR, 0, create_session_rsp, ambr),
	SLOT(C, PCO, 0, create_session_rsp, pco),
	GROUPS(M, BEARER_CTX, 0, create_session_rsp, bearers, bearer_created),
	SLOT(C, RECOVERY, 0, create_session_rsp, recovery),
	SLOT(C, FQDN, 0, create_session_rsp, charging_gateway_name),
	SLOT(C, IP_ADDRESS, 0, create_session_rsp, charging_gateway_addr),
	SLOT(C, FQ_CSID, 0, create_session_rsp, pgw_fq_csid),
	SLOT(O, LDN, 1, create_session_rsp, pgw_ldn),
	SLOT(O, EPC_TIMER, 0, create_session_rsp, back_off),
	SLOT(CO, APCO, 0, create_session_rsp, apco),
	SLOT(CO, INDICATION, 0, create_session_rsp, indication),
	LIST(CO, PRA_ACTION, 0, create_session_rsp, pra_actions),
	GROUP_IF(CO, LOAD_CONTROL, 0, create_session_rsp, pgw_node_load, gtpc_load),
	GROUP_IF(CO, LOAD_CONTROL, 1, create_session_rsp, pgw_apn_load, gtpc_load),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, create_session_rsp, pgw_overload, gtpc_overload),
	SLOT(CO, F_CONTAINER, 0, create_session_rsp, nbifom),
	SLOT(CO, CHARGING_ID, 0, create_session_rsp, pdn_charging_id),
	SLOT(CO, EPCO, 0, create_session_rsp, epco),
	SLOT(CO, FQDN, 1, create_session_rsp, pgw_name),
	SLOT(CO, SGI_PTP_TUNNEL, 0, create_session_rsp, sgi_ptp_tunnel),
	GROUP_IF(CO, PGW_CHANGE_INFO, 0, create_session_rsp, pgw_change, gtpc_pgw_change),
	LIST(O, FQDN, 3, create_session_rsp, alternative_fqdn),
	LIST(O, IP_ADDRESS, 1, create_session_rsp, alternative_addr),
	SLOT(CO, UP_SECURITY_POLICY, 0, create_session_rsp, up_security_policy),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, create_session_rsp, private_extension),
};

// 7.2.7-1
static const struct ie_slot modify_bearer_req_slots[] = {
	SLOT(C, INDICATION, 0, modify_bearer_req, indication),
	SLOT(C, MEI, 0, modify_bearer_req, mei),
	SLOT(C, ULI, 0, modify_bearer_req, uli),
	SLOT(CO, SERVING_NETWORK, 0, modify_bearer_req, serving_network),
	SLOT(C, RAT_TYPE, 0, modify_bearer_req, rat_type),
	SLOT(V, FTEID, 0, modify_bearer_req, sender),
	GROUPS(V, BEARER_CTX, 0, modify_bearer_req, bearers, bearer_to_modify),
	SLOT(C, RECOVERY, 0, modify_bearer_req, recovery),
	SLOT(CO, UE_TIME_ZONE, 0, modify_bearer_req, ue_time_zone),
	SLOT(C, FQ_CSID, 0, modify_bearer_req, mme_fq_csid),
	SLOT(C, FQ_CSID, 1, modify_bearer_req, sgw_fq_csid),
	SLOT(CO, UCI, 0, modify_bearer_req, uci),
	SLOT(O, LDN, 1, modify_bearer_req, sgw_ldn),
	SLOT(CO, IP_ADDRESS, 0, modify_bearer_req, henb_addr),
	SLOT(CO, PORT_NUMBER, 0, modify_bearer_req, henb_port),
	SLOT(CO, IP_ADDRESS, 2, modify_bearer_req, mme_addr),
	SLOT(CO, CN_OPERATOR_SELECTION, 0, modify_bearer_req, cn_operator_selection),
	LIST(CO, PRA_INFORMATION, 0, modify_bearer_req, pra_informations),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, modify_bearer_req, mme_overload, gtpc_overload),
	GROUP_IF(O, OVERLOAD_CONTROL, 1, modify_bearer_req, sgw_overload, gtpc_overload),
	SLOT(CO, SERVING_PLMN_RATE, 0, modify_bearer_req, serving_plmn_rate),
	SLOT(CO, COUNTER, 0, modify_bearer_req, mo_exception_counter),
	SLOT(O, IMSI, 0, modify_bearer_req, imsi),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, modify_bearer_req, private_extension),
};

// 7.2.8-1
static const struct ie_slot modify_bearer_rsp_slots[] = {
	MUST(CAUSE, 0, modify_bearer_rsp, cause),
	SLOT(C, MSISDN, 0, modify_bearer_rsp, msisdn),
	SLOT(C, EBI, 0, modify_bearer_rsp, lbi),
	SLOT(C, APN_RESTRICTION, 0, modify_bearer_rsp, apn_restriction),
	SLOT(C, PCO, 0, modify_bearer_rsp, pco),
	GROUPS(C, BEARER_CTX, 0, modify_bearer_rsp, bearers, bearer_modified),
	GROUPS(C, BEARER_CTX, 1, modify_bearer_rsp, removed, bearer_result),
	SLOT(C, CHANGE_REPORTING_ACTION, 0, modify_bearer_rsp, change_reporting_action),
	SLOT(CO, CSG_REPORTING_ACTION, 0, modify_bearer_rsp, csg_reporting_action),
	SLOT(CO, HENB_REPORTING, 0, modify_bearer_rsp, henb_reporting),
	SLOT(C, FQDN, 0, modify_bearer_rsp, charging_gateway_name),
	SLOT(C, IP_ADDRESS, 0, modify_bearer_rsp, charging_gateway_addr),
	SLOT(C, FQ_CSID, 0, modify_bearer_rsp, pgw_fq_csid),
	SLOT(C, RECOVERY, 0, modify_bearer_rsp, recovery),
	SLOT(O, LDN, 1, modify_bearer_rsp, pgw_ldn),
	SLOT(CO, INDICATION, 0, modify_bearer_rsp, indication),
	LIST(CO, PRA_ACTION, 0, modify_bearer_rsp, pra_actions),
	GROUP_IF(CO, LOAD_CONTROL, 0, modify_bearer_rsp, pgw_node_load, gtpc_load),
	GROUP_IF(CO, LOAD_CONTROL, 1, modify_bearer_rsp, pgw_apn_load, gtpc_load),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, modify_bearer_rsp, pgw_overload, gtpc_overload),
	SLOT(CO, CHARGING_ID, 0, modify_bearer_rsp, pdn_charging_id),
	GROUP_IF(CO, PGW_CHANGE_INFO, 0, modify_bearer_rsp, pgw_change, gtpc_pgw_change),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, modify_bearer_rsp, private_extension),
};

// 7.2.9.1-1
static const struct ie_slot delete_session_req_slots[] = {
	SLOT(C, CAUSE, 0, delete_session_req, cause),
	SLOT(V, EBI, 0, delete_session_req, lbi),
	SLOT(C, ULI, 0, delete_session_req, uli),
	SLOT(C, INDICATION, 0, delete_session_req, indication),
	SLOT(C, PCO, 0, delete_session_req, pco),
	SLOT(V, FTEID, 0, delete_session_req, sender),
	SLOT(CO, UE_TIME_ZONE, 0, delete_session_req, ue_time_zone),
	SLOT(CO, ULI_TIMESTAMP, 0, delete_session_req, uli_timestamp),
	LIST(CO, RAN_NAS_CAUSE, 0, delete_session_req, ran_nas_causes),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, delete_session_req, mme_overload, gtpc_overload),
	GROUP_IF(O, OVERLOAD_CONTROL, 1, delete_session_req, sgw_overload, gtpc_overload),
	SLOT(CO, EPCO, 0, delete_session_req, epco),
	LIST(CO, SECONDARY_RAT_USAGE, 0, delete_session_req, secondary_rat_usage),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, delete_session_req, private_extension),
};

// 7.2.10.1-1
static const struct ie_slot delete_session_rsp_slots[] = {
	MUST(CAUSE, 0, delete_session_rsp, cause),
	SLOT(C, RECOVERY, 0, delete_session_rsp, recovery),
	SLOT(C, PCO, 0, delete_session_rsp, pco),
	SLOT(CO, INDICATION, 0, delete_session_rsp, indication),
	GROUP_IF(CO, LOAD_CONTROL, 0, delete_session_rsp, pgw_node_load, gtpc_load),
	GROUP_IF(CO, LOAD_CONTROL, 1, delete_session_rsp, pgw_apn_load, gtpc_load),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, delete_session_rsp, pgw_overload, gtpc_overload),
	SLOT(CO, EPCO, 0, delete_session_rsp, epco),
	SLOT(CO, APN_RATE_STATUS, 0, delete_session_rsp, apn_rate_status),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, delete_session_rsp, private_extension),
};

// 7.2.9.2-1
static const struct ie_slot delete_bearer_req_slots[] = {
	SLOT(V, EBI, 0, delete_bearer_req, lbi),
	LIST(V, EBI, 1, delete_bearer_req, ebis),
	GROUPS(O, BEARER_CTX, 0, delete_bearer_req, failed, bearer_result),
	SLOT(C, PTI, 0, delete_bearer_req, pti),
	SLOT(C, PCO, 0, delete_bearer_req, pco),
	SLOT(C, FQ_CSID, 0, delete_bearer_req, pgw_fq_csid),
	SLOT(C, CAUSE, 0, delete_bearer_req, cause),
	SLOT(CO, INDICATION, 0, delete_bearer_req, indication),
	GROUP_IF(CO, LOAD_CONTROL, 0, delete_bearer_req, pgw_node_load, gtpc_load),
	GROUP_IF(CO, LOAD_CONTROL, 1, delete_bearer_req, pgw_apn_load, gtpc_load),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, delete_bearer_req, pgw_overload, gtpc_overload),
	SLOT(CO, F_CONTAINER, 0, delete_bearer_req, nbifom),
	SLOT(CO, APN_RATE_STATUS, 0, delete_bearer_req, apn_rate_status),
	SLOT(CO, EPCO, 0, delete_bearer_req, epco),
	GROUP_IF(CO, PGW_CHANGE_INFO, 0, delete_bearer_req, pgw_change, gtpc_pgw_change),
	SLOT(CO, FTEID, 0, delete_bearer_req, sender),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, delete_bearer_req, private_extension),
};

// 7.2.10.2-1
static const struct ie_slot delete_bearer_rsp_slots[] = {
	MUST(CAUSE, 0, delete_bearer_rsp, cause),
	SLOT(C, EBI, 0, delete_bearer_rsp, lbi),
	GROUPS(C, BEARER_CTX, 0, delete_bearer_rsp, bearers, bearer_deleted),
	SLOT(C, RECOVERY, 0, delete_bearer_rsp, recovery),
	SLOT(C, FQ_CSID, 0, delete_bearer_rsp, mme_fq_csid),
	SLOT(C, FQ_CSID, 1, delete_bearer_rsp, sgw_fq_csid),
	SLOT(CO, PCO, 0, delete_bearer_rsp, pco),
	SLOT(CO, UE_TIME_ZONE, 0, delete_bearer_rsp, ue_time_zone),
	SLOT(CO, ULI, 0, delete_bearer_rsp, uli),
	SLOT(CO, ULI_TIMESTAMP, 0, delete_bearer_rsp, uli_timestamp),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, delete_bearer_rsp, mme_overload, gtpc_overload),
	GROUP_IF(O, OVERLOAD_CONTROL, 1, delete_bearer_rsp, sgw_overload, gtpc_overload),
	SLOT(CO, F_CONTAINER, 0, delete_bearer_rsp, nbifom),
	LIST(CO, SECONDARY_RAT_USAGE, 0, delete_bearer_rsp, secondary_rat_usage),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, delete_bearer_rsp, private_extension),
};

// 7.2.3-1
static const struct ie_slot create_bearer_req_slots[] = {
	SLOT(C, PTI, 0, create_bearer_req, pti),
	MUST(EBI, 0, create_bearer_req, lbi),
	SLOT(O, PCO, 0, create_bearer_req, pco),
	GROUPS(M, BEARER_CTX, 0, create_bearer_req, bearers, bearer_to_add),
	SLOT(C, FQ_CSID, 0, create_bearer_req, pgw_fq_csid),
	SLOT(C, CHANGE_REPORTING_ACTION, 0, create_bearer_req, change_reporting_action),
	SLOT(CO, CSG_REPORTING_ACTION, 0, create_bearer_req, csg_reporting_action),
	SLOT(CO, HENB_REPORTING, 0, create_bearer_req, henb_reporting),
	LIST(CO, PRA_ACTION, 0, create_bearer_req, pra_actions),
	SLOT(CO, INDICATION, 0, create_bearer_req, indication),
	GROUP_IF(CO, LOAD_CONTROL, 0, create_bearer_req, pgw_node_load, gtpc_load),
	GROUP_IF(CO, LOAD_CONTROL, 1, create_bearer_req, pgw_apn_load, gtpc_load),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, create_bearer_req, pgw_overload, gtpc_overload),
	SLOT(CO, F_CONTAINER, 0, create_bearer_req, nbifom),
	GROUP_IF(CO, PGW_CHANGE_INFO, 0, create_bearer_req, pgw_change, gtpc_pgw_change),
	SLOT(CO, FTEID, 0, create_bearer_req, sender),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, create_bearer_req, private_extension),
};

// 7.2.4-1
static const struct ie_slot create_bearer_rsp_slots[] = {
	MUST(CAUSE, 0, create_bearer_rsp, cause),
	GROUPS(M, BEARER_CTX, 0, create_bearer_rsp, bearers, bearer_added),
	SLOT(C, RECOVERY, 0, create_bearer_rsp, recovery),
	SLOT(C, FQ_CSID, 0, create_bearer_rsp, mme_fq_csid),
	SLOT(C, FQ_CSID, 1, create_bearer_rsp, sgw_fq_csid),
	SLOT(C, PCO, 0, create_bearer_rsp, pco),
	SLOT(CO, UE_TIME_ZONE, 0, create_bearer_rsp, ue_time_zone),
	SLOT(CO, ULI, 0, create_bearer_rsp, uli),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, create_bearer_rsp, mme_overload, gtpc_overload),
	GROUP_IF(O, OVERLOAD_CONTROL, 1, create_bearer_rsp, sgw_overload, gtpc_overload),
	LIST(CO, PRA_INFORMATION, 0, create_bearer_rsp, pra_informations),
	SLOT(CO, IP_ADDRESS, 0, create_bearer_rsp, mme_addr),
	SLOT(CO, F_CONTAINER, 0, create_bearer_rsp, nbifom),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, create_bearer_rsp, private_extension),
};

// 7.2.15-1
static const struct ie_slot update_bearer_req_slots[] = {
	GROUPS(M, BEARER_CTX, 0, update_bearer_req, bearers, bearer_to_update),
	SLOT(C, PTI, 0, update_bearer_req, pti),
	SLOT(C, PCO, 0, update_bearer_req, pco),
	MUST(AMBR, 0, update_bearer_req, ambr),
	SLOT(C, CHANGE_REPORTING_ACTION, 0, update_bearer_req, change_reporting_action),
	SLOT(CO, CSG_REPORTING_ACTION, 0, update_bearer_req, csg_reporting_action),
	SLOT(CO, HENB_REPORTING, 0, update_bearer_req, henb_reporting),
	SLOT(CO, INDICATION, 0, update_bearer_req, indication),
	SLOT(C, FQ_CSID, 0, update_bearer_req, pgw_fq_csid),
	LIST(CO, PRA_ACTION, 0, update_bearer_req, pra_actions),
	GROUP_IF(CO, LOAD_CONTROL, 0, update_bearer_req, pgw_node_load, gtpc_load),
	GROUP_IF(CO, LOAD_CONTROL, 1, update_bearer_req, pgw_apn_load, gtpc_load),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, update_bearer_req, pgw_overload, gtpc_overload),
	SLOT(CO, F_CONTAINER, 0, update_bearer_req, nbifom),
	GROUP_IF(CO, PGW_CHANGE_INFO, 0, update_bearer_req, pgw_change, gtpc_pgw_change),
	SLOT(CO, FTEID, 0, update_bearer_req, sender),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, update_bearer_req, private_extension),
};

// 7.2.16-1
static const struct ie_slot update_bearer_rsp_slots[] = {
	MUST(CAUSE, 0, update_bearer_rsp, cause),
	GROUPS(M, BEARER_CTX, 0, update_bearer_rsp, bearers, bearer_updated),
	SLOT(CO, PCO, 0, update_bearer_rsp, pco),
	SLOT(C, RECOVERY, 0, update_bearer_rsp, recovery),
	SLOT(C, FQ_CSID, 0, update_bearer_rsp, mme_fq_csid),
	SLOT(C, FQ_CSID, 1, update_bearer_rsp, sgw_fq_csid),
	SLOT(CO, INDICATION, 0, update_bearer_rsp, indication),
	SLOT(CO, UE_TIME_ZONE, 0, update_bearer_rsp, ue_time_zone),
	SLOT(CO, ULI, 0, update_bearer_rsp, uli),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, update_bearer_rsp, mme_overload, gtpc_overload),
	GROUP_IF(O, OVERLOAD_CONTROL, 1, update_bearer_rsp, sgw_overload, gtpc_overload),
	LIST(CO, PRA_INFORMATION, 0, update_bearer_rsp, pra_informations),
	SLOT(CO, IP_ADDRESS, 0, update_bearer_rsp, mme_addr),
	SLOT(CO, F_CONTAINER, 0, update_bearer_rsp, nbifom),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, update_bearer_rsp, private_extension),
};

// 7.2.14.1-1
static const struct ie_slot modify_bearer_cmd_slots[] = {
	MUST(AMBR, 0, modify_bearer_cmd, ambr),
	GROUP(BEARER_CTX, 0, modify_bearer_cmd, bearer, bearer_commanded),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, modify_bearer_cmd, mme_overload, gtpc_overload),
	GROUP_IF(O, OVERLOAD_CONTROL, 1, modify_bearer_cmd, sgw_overload, gtpc_overload),
	SLOT(V, FTEID, 0, modify_bearer_cmd, sender),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, modify_bearer_cmd, private_extension),
};

// 7.2.14.2-1
static const struct ie_slot modify_bearer_fail_slots[] = {
	MUST(CAUSE, 0, modify_bearer_fail, cause),
	SLOT(C, RECOVERY, 0, modify_bearer_fail, recovery),
	SLOT(CO, INDICATION, 0, modify_bearer_fail, indication),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, modify_bearer_fail, pgw_overload, gtpc_overload),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, modify_bearer_fail, private_extension),
};

// 7.2.17.1-1
static const struct ie_slot delete_bearer_cmd_slots[] = {
	GROUPS(M, BEARER_CTX, 0, delete_bearer_cmd, bearers, bearer_to_drop),
	SLOT(CO, ULI, 0, delete_bearer_cmd, uli),
	SLOT(CO, ULI_TIMESTAMP, 0, delete_bearer_cmd, uli_timestamp),
	SLOT(CO, UE_TIME_ZONE, 0, delete_bearer_cmd, ue_time_zone),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, delete_bearer_cmd, mme_overload, gtpc_overload),
	GROUP_IF(O, OVERLOAD_CONTROL, 1, delete_bearer_cmd, sgw_overload, gtpc_overload),
	SLOT(V, FTEID, 0, delete_bearer_cmd, sender),
	LIST(CO, SECONDARY_RAT_USAGE, 0, delete_bearer_cmd, secondary_rat_usage),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, delete_bearer_cmd, private_extension),
};

// 7.2.17.2-1
static const struct ie_slot delete_bearer_fail_slots[] = {
	MUST(CAUSE, 0, delete_bearer_fail, cause),
	GROUPS(M, BEARER_CTX, 0, delete_bearer_fail, bearers, bearer_result),
	SLOT(C, RECOVERY, 0, delete_bearer_fail, recovery),
	SLOT(CO, INDICATION, 0, delete_bearer_fail, indication),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, delete_bearer_fail, pgw_overload, gtpc_overload),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, delete_bearer_fail, private_extension),
};

// 7.2.5-1
static const struct ie_slot bearer_resource_cmd_slots[] = {
	MUST(EBI, 0, bearer_resource_cmd, lbi),
	MUST(PTI, 0, bearer_resource_cmd, pti),
	SLOT(V, FLOW_QOS, 0, bearer_resource_cmd, flow_qos),
	SLOT(V, TAD, 0, bearer_resource_cmd, tad),
	SLOT(C, RAT_TYPE, 0, bearer_resource_cmd, rat_type),
	SLOT(O, SERVING_NETWORK, 0, bearer_resource_cmd, serving_network),
	SLOT(O, ULI, 0, bearer_resource_cmd, uli),
	SLOT(V, EBI, 1, bearer_resource_cmd, ebi),
	SLOT(CO, INDICATION, 0, bearer_resource_cmd, indication),
	SLOT(O, PCO, 0, bearer_resource_cmd, pco),
	SLOT(CO, SIGNALLING_PRIORITY, 0, bearer_resource_cmd, signalling_priority),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, bearer_resource_cmd, mme_overload, gtpc_overload),
	GROUP_IF(O, OVERLOAD_CONTROL, 1, bearer_resource_cmd, sgw_overload, gtpc_overload),
	SLOT(CO, F_CONTAINER, 0, bearer_resource_cmd, nbifom),
	SLOT(O, EPCO, 0, bearer_resource_cmd, epco),
	SLOT(V, FTEID, 2, bearer_resource_cmd, sender),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, bearer_resource_cmd, private_extension),
};

// 7.2.6-1
static const struct ie_slot bearer_resource_fail_slots[] = {
	MUST(CAUSE, 0, bearer_resource_fail, cause),
	MUST(EBI, 0, bearer_resource_fail, lbi),
	MUST(PTI, 0, bearer_resource_fail, pti),
	SLOT(CO, INDICATION, 0, bearer_resource_fail, indication),
	GROUP_IF(CO, OVERLOAD_CONTROL, 0, bearer_resource_fail, pgw_overload, gtpc_overload),
	SLOT(O, RECOVERY, 0, bearer_resource_fail, recovery),
	SLOT(CO, F_CONTAINER, 0, bearer_resource_fail, nbifom),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, bearer_resource_fail, private_extension),
};

// 7.3.14-1
static const struct ie_slot change_notification_req_slots[] = {
	SLOT(C, IMSI, 0, change_notification_req, imsi),
	SLOT(C, MEI, 0, change_notification_req, mei),
	SLOT(CO, INDICATION, 0, change_notification_req, indication),
	MUST(RAT_TYPE, 0, change_notification_req, rat_type),
	SLOT(C, ULI, 0, change_notification_req, uli),
	SLOT(CO, UCI, 0, change_notification_req, uci),
	SLOT(CO, EBI, 0, change_notification_req, lbi),
	LIST(CO, PRA_INFORMATION, 0, change_notification_req, pra_informations),
	SLOT(CO, COUNTER, 0, change_notification_req, mo_exception_counter),
	LIST(CO, SECONDARY_RAT_USAGE, 0, change_notification_req, secondary_rat_usage),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, change_notification_req, private_extension),
};

// 7.3.15-1
static const struct ie_slot change_notification_rsp_slots[] = {
	SLOT(C, IMSI, 0, change_notification_rsp, imsi),
	SLOT(C, MEI, 0, change_notification_rsp, mei),
	MUST(CAUSE, 0, change_notification_rsp, cause),
	SLOT(C, CHANGE_REPORTING_ACTION, 0, change_notification_rsp, change_reporting_action),
	SLOT(CO, CSG_REPORTING_ACTION, 0, change_notification_rsp, csg_reporting_action),
	LIST(CO, PRA_ACTION, 0, change_notification_rsp, pra_actions),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, change_notification_rsp, private_extension),
};

// 7.2.26-1
static const struct ie_slot remote_ue_report_slots[] = {
	GROUPS(C, REMOTE_UE_CONTEXT, 0, remote_ue_report, connected, gtpc_remote_ue),
	GROUPS(C, REMOTE_UE_CONTEXT, 1, remote_ue_report, disconnected, gtpc_remote_ue),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, remote_ue_report, private_extension),
};

// 7.2.27-1
static const struct ie_slot remote_ue_report_ack_slots[] = {
	MUST(CAUSE, 0, remote_ue_report_ack, cause),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, remote_ue_report_ack, private_extension),
};

// 7.12.1-1
static const struct ie_slot trace_activation_slots[] = {
	SLOT(C, IMSI, 0, trace_activation, imsi),
	MUST(TRACE_INFORMATION, 0, trace_activation, trace),
	SLOT(C, MEI, 0, trace_activation, mei),
	SLOT(O, URI, 0, trace_activation, trace_collection_uri),
};

// 7.12.2-1
static const struct ie_slot trace_deactivation_slots[] = {
	MUST(TRACE_REFERENCE, 0, trace_deactivation, trace_reference),
};

// 7.9.1-1
static const struct ie_slot delete_pdn_set_req_slots[] = {
	LIST(C, FQ_CSID, 0, delete_pdn_set_req, mme_fq_csids),
	LIST(C, FQ_CSID, 1, delete_pdn_set_req, sgw_fq_csids),
	LIST(C, FQ_CSID, 2, delete_pdn_set_req, pgw_fq_csids),
	LIST(C, FQ_CSID, 3, delete_pdn_set_req, epdg_fq_csids),
	LIST(C, FQ_CSID, 4, delete_pdn_set_req, twan_fq_csids),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, delete_pdn_set_req, private_extension),
};

// 7.9.2
static const struct ie_slot delete_pdn_set_rsp_slots[] = {
	MUST(CAUSE, 0, delete_pdn_set_rsp, cause),
	SLOT(CO, RECOVERY, 0, delete_pdn_set_rsp, recovery),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, delete_pdn_set_rsp, private_extension),
};

// 7.9.3-1
static const struct ie_slot update_pdn_set_req_slots[] = {
	SLOT(C, FQ_CSID, 0, update_pdn_set_req, mme_fq_csid),
	SLOT(C, FQ_CSID, 1, update_pdn_set_req, sgw_fq_csid),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, update_pdn_set_req, private_extension),
};

// 7.9.4-1
static const struct ie_slot update_pdn_set_rsp_slots[] = {
	MUST(CAUSE, 0, update_pdn_set_rsp, cause),
	SLOT(C, FQ_CSID, 0, update_pdn_set_rsp, pgw_fq_csid),
	SLOT(CO, RECOVERY, 0, update_pdn_set_rsp, recovery),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, update_pdn_set_rsp, private_extension),
};

// 7.4.1-1
static const struct ie_slot suspend_notification_slots[] = {
	SLOT(C, IMSI, 0, suspend_notification, imsi),
	SLOT(C, ULI, 0, suspend_notification, rai),
	SLOT(CO, EBI, 0, suspend_notification, lbi),
	SLOT(C, P_TMSI, 0, suspend_notification, p_tmsi),
	SLOT(CO, NODE_TYPE, 0, suspend_notification, originating_node),
	SLOT(CO, IP_ADDRESS, 0, suspend_notification, control_addr),
	SLOT(CO, PORT_NUMBER, 0, suspend_notification, control_port),
	SLOT(O, HOP_COUNTER, 0, suspend_notification, hop_counter),
	SLOT(V, FTEID, 0, suspend_notification, sender),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, suspend_notification, private_extension),
};

// 7.4.2-1
static const struct ie_slot suspend_ack_slots[] = {
	MUST(CAUSE, 0, suspend_ack, cause),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, suspend_ack, private_extension),
};

// 7.4.3-1
static const struct ie_slot resume_notification_slots[] = {
	MUST(IMSI, 0, resume_notification, imsi),
	SLOT(CO, EBI, 0, resume_notification, lbi),
	SLOT(CO, NODE_TYPE, 0, resume_notification, originating_node),
	SLOT(V, FTEID, 0, resume_notification, sender),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, resume_notification, private_extension),
};

// 7.4.4-1
static const struct ie_slot resume_ack_slots[] = {
	MUST(CAUSE, 0, resume_ack, cause),
	SLOT(O, PRIVATE_EXTENSION, IE_ANY_INSTANCE, resume_ack, private_extension),
};

static const struct ie_slot version_not_supported_slots[0];

static const struct ie_group groups[256] = {
	[GTPC_MSG_ECHO_REQ] = GROUP_ROW(echo_req),
	[GTPC_MSG_ECHO_RSP] = GROUP_ROW(echo_rsp),
	[GTPC_MSG_VERSION_NOT_SUPPORTED] = GROUP_ROW(version_not_supported),
	[GTPC_MSG_CREATE_SESSION_REQ] = GROUP_ROW_NEEDS(create_session_req),
	[GTPC_MSG_CREATE_SESSION_RSP] = GROUP_ROW_SENDER(create_session_rsp, 1),
	[GTPC_MSG_MODIFY_BEARER_REQ] = GROUP_ROW(modify_bearer_req),
	[GTPC_MSG_MODIFY_BEARER_RSP] = GROUP_ROW(modify_bearer_rsp),
	[GTPC_MSG_DELETE_SESSION_REQ] = GROUP_ROW(delete_session_req),
	[GTPC_MSG_DELETE_SESSION_RSP] = GROUP_ROW(delete_session_rsp),
	[GTPC_MSG_CHANGE_NOTIFICATION_REQ] = GROUP_ROW(change_notification_req),
	[GTPC_MSG_CHANGE_NOTIFICATION_RSP] = GROUP_ROW(change_notification_rsp),
	[GTPC_MSG_REMOTE_UE_REPORT] = GROUP_ROW(remote_ue_report),
	[GTPC_MSG_REMOTE_UE_REPORT_ACK] = GROUP_ROW(remote_ue_report_ack),
	[GTPC_MSG_MODIFY_BEARER_CMD] = GROUP_ROW(modify_bearer_cmd),
	[GTPC_MSG_MODIFY_BEARER_FAIL] = GROUP_ROW(modify_bearer_fail),
	[GTPC_MSG_DELETE_BEARER_CMD] = GROUP_ROW(delete_bearer_cmd),
	[GTPC_MSG_DELETE_BEARER_FAIL] = GROUP_ROW(delete_bearer_fail),
	[GTPC_MSG_BEARER_RESOURCE_CMD] = GROUP_ROW_SENDER(bearer_resource_cmd, 2),
	[GTPC_MSG_BEARER_RESOURCE_FAIL] = GROUP_ROW(bearer_resource_fail),
	[GTPC_MSG_TRACE_ACTIVATION] = GROUP_ROW(trace_activation),
	[GTPC_MSG_TRACE_DEACTIVATION] = GROUP_ROW(trace_deactivation),
	[GTPC_MSG_CREATE_BEARER_REQ] = GROUP_ROW(create_bearer_req),
	[GTPC_MSG_CREATE_BEARER_RSP] = GROUP_ROW(create_bearer_rsp),
	[GTPC_MSG_UPDATE_BEARER_REQ] = GROUP_ROW(update_bearer_req),
	[GTPC_MSG_UPDATE_BEARER_RSP] = GROUP_ROW(update_bearer_rsp),
	[GTPC_MSG_DELETE_BEARER_REQ] = GROUP_ROW(delete_bearer_req),
	[GTPC_MSG_DELETE_BEARER_RSP] = GROUP_ROW(delete_bearer_rsp),
	[GTPC_MSG_DELETE_PDN_SET_REQ] = GROUP_ROW(delete_pdn_set_req),
	[GTPC_MSG_DELETE_PDN_SET_RSP] = GROUP_ROW(delete_pdn_set_rsp),
	[GTPC_MSG_SUSPEND_NOTIFICATION] = GROUP_ROW(suspend_notification),
	[GTPC_MSG_SUSPEND_ACK] = GROUP_ROW(suspend_ack),
	[GTPC_MSG_RESUME_NOTIFICATION] = GROUP_ROW(resume_notification),
	[GTPC_MSG_RESUME_ACK] = GROUP_ROW(resume_ack),
	[GTPC_MSG_UPDATE_PDN_SET_REQ] = GROUP_ROW(update_pdn_set_req),
	[GTPC_MSG_UPDATE_PDN_SET_RSP] = GROUP_ROW(update_pdn_set_rsp),
};

const struct ie_group *
ie_group_find(uint8_t message_type)
{
	return &groups[message_type];
}
