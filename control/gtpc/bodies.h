// SPDX-License-Identifier: BSD-3-Clause
// Every GTPv2-C message of S5/S8 in its host form, groups first. TS 29.274 clause 7.
//
// Members: an IE without `has_` is mandatory; `has_x` says whether `x` is there; `n_x` counts the
// elements of a list. What only other interfaces carry (S11, S4, S2a, S2b) isn't here: it is skipped.
#pragma once

#include "control/gtpc/ie.h"

#include <stdbool.h>
#include <stdint.h>

// Tables 7.2.1-4 and 7.2.2-5. Overload Control Information
struct gtpc_overload {
	uint32_t sequence;
	uint8_t reduction;
	struct gtpc_epc_timer validity;
	uint8_t n_apns;
	struct gtpc_apn apns[GTPC_APNS_MAX];
};

// Table 7.2.2-4. Load Control Information
struct gtpc_load {
	uint32_t sequence;
	uint8_t load;
	uint8_t n_apns;
	struct gtpc_apn_capacity apns[GTPC_APNS_MAX];
};

// Tables 7.2.1-5, 7.2.26-2 and 7.2.26-3. Remote UE Context: ip is mandatory where the UE is connected
struct gtpc_remote_ue {
	struct gtpc_octets user_id;
	bool has_ip;
	struct gtpc_octets ip;
};

// Tables 7.2.2-6 and 7.2.9.2-5. PGW Change Info
struct gtpc_pgw_change {
	bool has_set_fqdn;
	struct gtpc_octets set_fqdn;
	uint8_t n_alternative_addr;
	struct gtpc_addr alternative_addr[GTPC_LIST_MAX];
	uint8_t n_alternative_fqdn;
	struct gtpc_octets alternative_fqdn[GTPC_LIST_MAX];
	bool has_new_pgw_addr;
	struct gtpc_addr new_pgw_addr;
	bool has_pgw_addr;
	struct gtpc_addr pgw_addr;
	uint8_t n_fq_csids;
	struct gtpc_fq_csid fq_csids[GTPC_LIST_MAX];
	uint8_t n_group_ids;
	struct gtpc_octets group_ids[GTPC_LIST_MAX];
	bool has_new_group_id;
	struct gtpc_octets new_group_id;
};

// Table 7.2.1-2
struct bearer_to_create {
	uint8_t ebi;
	bool has_tft;
	struct gtpc_octets tft;
	bool has_sgw_u;
	struct gtpc_fteid sgw_u;
	bool has_pgw_u;
	struct gtpc_fteid pgw_u;
	struct gtpc_qos qos;
};

// Table 7.2.2-2
struct bearer_created {
	uint8_t ebi;
	struct gtpc_cause cause;
	bool has_pgw_u;
	struct gtpc_fteid pgw_u;
	bool has_qos;
	struct gtpc_qos qos;
	bool has_charging_id;
	uint32_t charging_id;
	bool has_flags;
	uint8_t flags;
};

// Table 7.2.7-2
struct bearer_to_modify {
	uint8_t ebi;
	bool has_sgw_u;
	struct gtpc_fteid sgw_u;
};

// Table 7.2.8-2
struct bearer_modified {
	uint8_t ebi;
	struct gtpc_cause cause;
	bool has_charging_id;
	uint32_t charging_id;
	bool has_flags;
	uint8_t flags;
};

// Tables 7.2.8-3, 7.2.9.2-2 and 7.2.17.2-2. A bearer and what became of it
struct bearer_result {
	uint8_t ebi;
	struct gtpc_cause cause;
};

// Table 7.2.10.2-2
struct bearer_deleted {
	uint8_t ebi;
	struct gtpc_cause cause;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_ran_nas_cause;
	struct gtpc_octets ran_nas_cause;
	bool has_epco;
	struct gtpc_octets epco;
};

// Table 7.2.3-2. EBI is 0: the MME chooses
struct bearer_to_add {
	uint8_t ebi;
	struct gtpc_octets tft;
	bool has_pgw_u;
	struct gtpc_fteid pgw_u;
	struct gtpc_qos qos;
	bool has_charging_id;
	uint32_t charging_id;
	bool has_flags;
	uint8_t flags;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_epco;
	struct gtpc_octets epco;
	bool has_max_packet_loss;
	struct gtpc_packet_loss max_packet_loss;
};

// Table 7.2.4-2. pgw_u is the one that the request named
struct bearer_added {
	uint8_t ebi;
	struct gtpc_cause cause;
	bool has_sgw_u;
	struct gtpc_fteid sgw_u;
	bool has_pgw_u;
	struct gtpc_fteid pgw_u;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_ran_nas_cause;
	struct gtpc_octets ran_nas_cause;
	bool has_epco;
	struct gtpc_octets epco;
};

// Table 7.2.15-2
struct bearer_to_update {
	uint8_t ebi;
	bool has_tft;
	struct gtpc_octets tft;
	bool has_qos;
	struct gtpc_qos qos;
	bool has_flags;
	uint8_t flags;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_apco;
	struct gtpc_octets apco;
	bool has_epco;
	struct gtpc_octets epco;
	bool has_max_packet_loss;
	struct gtpc_packet_loss max_packet_loss;
};

// Table 7.2.16-2
struct bearer_updated {
	uint8_t ebi;
	struct gtpc_cause cause;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_ran_nas_cause;
	struct gtpc_octets ran_nas_cause;
	bool has_epco;
	struct gtpc_octets epco;
};

// Table 7.2.14.1-2
struct bearer_commanded {
	uint8_t ebi;
	bool has_qos;
	struct gtpc_qos qos;
};

// Table 7.2.17.1-2
struct bearer_to_drop {
	uint8_t ebi;
	bool has_flags;
	uint8_t flags;
	bool has_ran_nas_cause;
	struct gtpc_octets ran_nas_cause;
};

// Table 7.1.1-1
struct echo_req {
	uint8_t recovery;
	bool has_node_features;
	uint8_t node_features;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.1.2-1
struct echo_rsp {
	uint8_t recovery;
	bool has_node_features;
	uint8_t node_features;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.1-1
struct create_session_req {
	bool has_imsi;
	struct gtpc_digits imsi;
	bool has_msisdn;
	struct gtpc_digits msisdn;
	bool has_mei;
	struct gtpc_digits mei;
	bool has_uli;
	struct gtpc_uli uli;
	bool has_serving_network;
	struct gtpc_plmn serving_network;
	uint8_t rat_type;
	bool has_indication;
	struct gtpc_indication indication;
	struct gtpc_fteid sender;
	struct gtpc_apn apn;
	bool has_selection_mode;
	uint8_t selection_mode;
	bool has_pdn_type;
	uint8_t pdn_type;
	bool has_paa;
	struct gtpc_paa paa;
	bool has_max_apn_restriction;
	uint8_t max_apn_restriction;
	bool has_ambr;
	struct gtpc_ambr ambr;
	bool has_lbi;
	uint8_t lbi;
	bool has_pco;
	struct gtpc_octets pco;
	uint8_t n_bearers;
	struct bearer_to_create bearers[GTPC_BEARERS_MAX];
	bool has_trace;
	struct gtpc_octets trace;
	bool has_recovery;
	uint8_t recovery;
	bool has_mme_fq_csid;
	struct gtpc_fq_csid mme_fq_csid;
	bool has_sgw_fq_csid;
	struct gtpc_fq_csid sgw_fq_csid;
	bool has_ue_time_zone;
	struct gtpc_time_zone ue_time_zone;
	bool has_uci;
	struct gtpc_uci uci;
	bool has_charging_characteristics;
	uint16_t charging_characteristics;
	bool has_sgw_ldn;
	struct gtpc_octets sgw_ldn;
	bool has_signalling_priority;
	uint8_t signalling_priority;
	bool has_apco;
	struct gtpc_octets apco;
	bool has_henb_addr;
	struct gtpc_addr henb_addr;
	bool has_henb_port;
	uint16_t henb_port;
	bool has_mme_addr;
	struct gtpc_addr mme_addr;
	bool has_cn_operator_selection;
	uint8_t cn_operator_selection;
	bool has_mme_overload;
	struct gtpc_overload mme_overload;
	bool has_sgw_overload;
	struct gtpc_overload sgw_overload;
	bool has_origination_time;
	uint64_t origination_time;
	bool has_max_wait_ms;
	uint64_t max_wait_ms;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	bool has_epco;
	struct gtpc_octets epco;
	bool has_serving_plmn_rate;
	struct gtpc_serving_plmn_rate serving_plmn_rate;
	bool has_mo_exception_counter;
	struct gtpc_timed_counter mo_exception_counter;
	bool has_mapped_ue_usage_type;
	uint16_t mapped_ue_usage_type;
	bool has_sgw_u_name;
	struct gtpc_octets sgw_u_name;
	bool has_up_function_selection;
	uint8_t up_function_selection;
	bool has_apn_rate_status;
	struct gtpc_octets apn_rate_status;
	bool has_trace_collection_uri;
	struct gtpc_octets trace_collection_uri;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.2-1
struct create_session_rsp {
	struct gtpc_cause cause;
	bool has_change_reporting_action;
	uint8_t change_reporting_action;
	bool has_csg_reporting_action;
	uint8_t csg_reporting_action;
	bool has_henb_reporting;
	uint8_t henb_reporting;
	bool has_sgw;
	struct gtpc_fteid sgw;
	bool has_pgw;
	struct gtpc_fteid pgw;
	bool has_paa;
	struct gtpc_paa paa;
	bool has_apn_restriction;
	uint8_t apn_restriction;
	bool has_ambr;
	struct gtpc_ambr ambr;
	bool has_pco;
	struct gtpc_octets pco;
	uint8_t n_bearers;
	struct bearer_created bearers[GTPC_BEARERS_MAX];
	bool has_recovery;
	uint8_t recovery;
	bool has_charging_gateway_name;
	struct gtpc_octets charging_gateway_name;
	bool has_charging_gateway_addr;
	struct gtpc_addr charging_gateway_addr;
	bool has_pgw_fq_csid;
	struct gtpc_fq_csid pgw_fq_csid;
	bool has_pgw_ldn;
	struct gtpc_octets pgw_ldn;
	bool has_back_off;
	struct gtpc_epc_timer back_off;
	bool has_apco;
	struct gtpc_octets apco;
	bool has_indication;
	struct gtpc_indication indication;
	uint8_t n_pra_actions;
	struct gtpc_octets pra_actions[GTPC_LIST_MAX];
	bool has_pgw_node_load;
	struct gtpc_load pgw_node_load;
	bool has_pgw_apn_load;
	struct gtpc_load pgw_apn_load;
	bool has_pgw_overload;
	struct gtpc_overload pgw_overload;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	bool has_pdn_charging_id;
	uint32_t pdn_charging_id;
	bool has_epco;
	struct gtpc_octets epco;
	bool has_pgw_name;
	struct gtpc_octets pgw_name;
	bool has_sgi_ptp_tunnel;
	struct gtpc_octets sgi_ptp_tunnel;
	bool has_pgw_change;
	struct gtpc_pgw_change pgw_change;
	uint8_t n_alternative_fqdn;
	struct gtpc_octets alternative_fqdn[GTPC_LIST_MAX];
	uint8_t n_alternative_addr;
	struct gtpc_addr alternative_addr[GTPC_LIST_MAX];
	bool has_up_security_policy;
	uint8_t up_security_policy;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.7-1
struct modify_bearer_req {
	bool has_indication;
	struct gtpc_indication indication;
	bool has_mei;
	struct gtpc_digits mei;
	bool has_uli;
	struct gtpc_uli uli;
	bool has_serving_network;
	struct gtpc_plmn serving_network;
	bool has_rat_type;
	uint8_t rat_type;
	bool has_sender;
	struct gtpc_fteid sender;
	uint8_t n_bearers;
	struct bearer_to_modify bearers[GTPC_BEARERS_MAX];
	bool has_recovery;
	uint8_t recovery;
	bool has_ue_time_zone;
	struct gtpc_time_zone ue_time_zone;
	bool has_mme_fq_csid;
	struct gtpc_fq_csid mme_fq_csid;
	bool has_sgw_fq_csid;
	struct gtpc_fq_csid sgw_fq_csid;
	bool has_uci;
	struct gtpc_uci uci;
	bool has_sgw_ldn;
	struct gtpc_octets sgw_ldn;
	bool has_henb_addr;
	struct gtpc_addr henb_addr;
	bool has_henb_port;
	uint16_t henb_port;
	bool has_mme_addr;
	struct gtpc_addr mme_addr;
	bool has_cn_operator_selection;
	uint8_t cn_operator_selection;
	uint8_t n_pra_informations;
	struct gtpc_octets pra_informations[GTPC_LIST_MAX];
	bool has_mme_overload;
	struct gtpc_overload mme_overload;
	bool has_sgw_overload;
	struct gtpc_overload sgw_overload;
	bool has_serving_plmn_rate;
	struct gtpc_serving_plmn_rate serving_plmn_rate;
	bool has_mo_exception_counter;
	struct gtpc_timed_counter mo_exception_counter;
	bool has_imsi;
	struct gtpc_digits imsi;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.8-1
struct modify_bearer_rsp {
	struct gtpc_cause cause;
	bool has_msisdn;
	struct gtpc_digits msisdn;
	bool has_lbi;
	uint8_t lbi;
	bool has_apn_restriction;
	uint8_t apn_restriction;
	bool has_pco;
	struct gtpc_octets pco;
	uint8_t n_bearers;
	struct bearer_modified bearers[GTPC_BEARERS_MAX];
	uint8_t n_removed;
	struct bearer_result removed[GTPC_BEARERS_MAX];
	bool has_change_reporting_action;
	uint8_t change_reporting_action;
	bool has_csg_reporting_action;
	uint8_t csg_reporting_action;
	bool has_henb_reporting;
	uint8_t henb_reporting;
	bool has_charging_gateway_name;
	struct gtpc_octets charging_gateway_name;
	bool has_charging_gateway_addr;
	struct gtpc_addr charging_gateway_addr;
	bool has_pgw_fq_csid;
	struct gtpc_fq_csid pgw_fq_csid;
	bool has_recovery;
	uint8_t recovery;
	bool has_pgw_ldn;
	struct gtpc_octets pgw_ldn;
	bool has_indication;
	struct gtpc_indication indication;
	uint8_t n_pra_actions;
	struct gtpc_octets pra_actions[GTPC_LIST_MAX];
	bool has_pgw_node_load;
	struct gtpc_load pgw_node_load;
	bool has_pgw_apn_load;
	struct gtpc_load pgw_apn_load;
	bool has_pgw_overload;
	struct gtpc_overload pgw_overload;
	bool has_pdn_charging_id;
	uint32_t pdn_charging_id;
	bool has_pgw_change;
	struct gtpc_pgw_change pgw_change;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.9.1-1
struct delete_session_req {
	bool has_cause;
	struct gtpc_cause cause;
	bool has_lbi;
	uint8_t lbi;
	bool has_uli;
	struct gtpc_uli uli;
	bool has_indication;
	struct gtpc_indication indication;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_sender;
	struct gtpc_fteid sender;
	bool has_ue_time_zone;
	struct gtpc_time_zone ue_time_zone;
	bool has_uli_timestamp;
	uint32_t uli_timestamp;
	uint8_t n_ran_nas_causes;
	struct gtpc_octets ran_nas_causes[GTPC_LIST_MAX];
	bool has_mme_overload;
	struct gtpc_overload mme_overload;
	bool has_sgw_overload;
	struct gtpc_overload sgw_overload;
	bool has_epco;
	struct gtpc_octets epco;
	uint8_t n_secondary_rat_usage;
	struct gtpc_octets secondary_rat_usage[GTPC_LIST_MAX];
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.10.1-1
struct delete_session_rsp {
	struct gtpc_cause cause;
	bool has_recovery;
	uint8_t recovery;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_indication;
	struct gtpc_indication indication;
	bool has_pgw_node_load;
	struct gtpc_load pgw_node_load;
	bool has_pgw_apn_load;
	struct gtpc_load pgw_apn_load;
	bool has_pgw_overload;
	struct gtpc_overload pgw_overload;
	bool has_epco;
	struct gtpc_octets epco;
	bool has_apn_rate_status;
	struct gtpc_octets apn_rate_status;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.9.2-1. lbi for the whole PDN connection, or ebis for dedicated bearers, never both
struct delete_bearer_req {
	bool has_lbi;
	uint8_t lbi;
	uint8_t n_ebis;
	uint8_t ebis[GTPC_BEARERS_MAX];
	uint8_t n_failed;
	struct bearer_result failed[GTPC_BEARERS_MAX];
	bool has_pti;
	uint8_t pti;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_pgw_fq_csid;
	struct gtpc_fq_csid pgw_fq_csid;
	bool has_cause;
	struct gtpc_cause cause;
	bool has_indication;
	struct gtpc_indication indication;
	bool has_pgw_node_load;
	struct gtpc_load pgw_node_load;
	bool has_pgw_apn_load;
	struct gtpc_load pgw_apn_load;
	bool has_pgw_overload;
	struct gtpc_overload pgw_overload;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	bool has_apn_rate_status;
	struct gtpc_octets apn_rate_status;
	bool has_epco;
	struct gtpc_octets epco;
	bool has_pgw_change;
	struct gtpc_pgw_change pgw_change;
	bool has_sender;
	struct gtpc_fteid sender;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.10.2-1
struct delete_bearer_rsp {
	struct gtpc_cause cause;
	bool has_lbi;
	uint8_t lbi;
	uint8_t n_bearers;
	struct bearer_deleted bearers[GTPC_BEARERS_MAX];
	bool has_recovery;
	uint8_t recovery;
	bool has_mme_fq_csid;
	struct gtpc_fq_csid mme_fq_csid;
	bool has_sgw_fq_csid;
	struct gtpc_fq_csid sgw_fq_csid;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_ue_time_zone;
	struct gtpc_time_zone ue_time_zone;
	bool has_uli;
	struct gtpc_uli uli;
	bool has_uli_timestamp;
	uint32_t uli_timestamp;
	bool has_mme_overload;
	struct gtpc_overload mme_overload;
	bool has_sgw_overload;
	struct gtpc_overload sgw_overload;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	uint8_t n_secondary_rat_usage;
	struct gtpc_octets secondary_rat_usage[GTPC_LIST_MAX];
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.3-1
struct create_bearer_req {
	bool has_pti;
	uint8_t pti;
	uint8_t lbi;
	bool has_pco;
	struct gtpc_octets pco;
	uint8_t n_bearers;
	struct bearer_to_add bearers[GTPC_BEARERS_MAX];
	bool has_pgw_fq_csid;
	struct gtpc_fq_csid pgw_fq_csid;
	bool has_change_reporting_action;
	uint8_t change_reporting_action;
	bool has_csg_reporting_action;
	uint8_t csg_reporting_action;
	bool has_henb_reporting;
	uint8_t henb_reporting;
	uint8_t n_pra_actions;
	struct gtpc_octets pra_actions[GTPC_LIST_MAX];
	bool has_indication;
	struct gtpc_indication indication;
	bool has_pgw_node_load;
	struct gtpc_load pgw_node_load;
	bool has_pgw_apn_load;
	struct gtpc_load pgw_apn_load;
	bool has_pgw_overload;
	struct gtpc_overload pgw_overload;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	bool has_pgw_change;
	struct gtpc_pgw_change pgw_change;
	bool has_sender;
	struct gtpc_fteid sender;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.4-1
struct create_bearer_rsp {
	struct gtpc_cause cause;
	uint8_t n_bearers;
	struct bearer_added bearers[GTPC_BEARERS_MAX];
	bool has_recovery;
	uint8_t recovery;
	bool has_mme_fq_csid;
	struct gtpc_fq_csid mme_fq_csid;
	bool has_sgw_fq_csid;
	struct gtpc_fq_csid sgw_fq_csid;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_ue_time_zone;
	struct gtpc_time_zone ue_time_zone;
	bool has_uli;
	struct gtpc_uli uli;
	bool has_mme_overload;
	struct gtpc_overload mme_overload;
	bool has_sgw_overload;
	struct gtpc_overload sgw_overload;
	uint8_t n_pra_informations;
	struct gtpc_octets pra_informations[GTPC_LIST_MAX];
	bool has_mme_addr;
	struct gtpc_addr mme_addr;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.15-1
struct update_bearer_req {
	uint8_t n_bearers;
	struct bearer_to_update bearers[GTPC_BEARERS_MAX];
	bool has_pti;
	uint8_t pti;
	bool has_pco;
	struct gtpc_octets pco;
	struct gtpc_ambr ambr;
	bool has_change_reporting_action;
	uint8_t change_reporting_action;
	bool has_csg_reporting_action;
	uint8_t csg_reporting_action;
	bool has_henb_reporting;
	uint8_t henb_reporting;
	bool has_indication;
	struct gtpc_indication indication;
	bool has_pgw_fq_csid;
	struct gtpc_fq_csid pgw_fq_csid;
	uint8_t n_pra_actions;
	struct gtpc_octets pra_actions[GTPC_LIST_MAX];
	bool has_pgw_node_load;
	struct gtpc_load pgw_node_load;
	bool has_pgw_apn_load;
	struct gtpc_load pgw_apn_load;
	bool has_pgw_overload;
	struct gtpc_overload pgw_overload;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	bool has_pgw_change;
	struct gtpc_pgw_change pgw_change;
	bool has_sender;
	struct gtpc_fteid sender;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.16-1
struct update_bearer_rsp {
	struct gtpc_cause cause;
	uint8_t n_bearers;
	struct bearer_updated bearers[GTPC_BEARERS_MAX];
	bool has_pco;
	struct gtpc_octets pco;
	bool has_recovery;
	uint8_t recovery;
	bool has_mme_fq_csid;
	struct gtpc_fq_csid mme_fq_csid;
	bool has_sgw_fq_csid;
	struct gtpc_fq_csid sgw_fq_csid;
	bool has_indication;
	struct gtpc_indication indication;
	bool has_ue_time_zone;
	struct gtpc_time_zone ue_time_zone;
	bool has_uli;
	struct gtpc_uli uli;
	bool has_mme_overload;
	struct gtpc_overload mme_overload;
	bool has_sgw_overload;
	struct gtpc_overload sgw_overload;
	uint8_t n_pra_informations;
	struct gtpc_octets pra_informations[GTPC_LIST_MAX];
	bool has_mme_addr;
	struct gtpc_addr mme_addr;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.14.1-1
struct modify_bearer_cmd {
	struct gtpc_ambr ambr;
	struct bearer_commanded bearer;
	bool has_mme_overload;
	struct gtpc_overload mme_overload;
	bool has_sgw_overload;
	struct gtpc_overload sgw_overload;
	bool has_sender;
	struct gtpc_fteid sender;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.14.2-1
struct modify_bearer_fail {
	struct gtpc_cause cause;
	bool has_recovery;
	uint8_t recovery;
	bool has_indication;
	struct gtpc_indication indication;
	bool has_pgw_overload;
	struct gtpc_overload pgw_overload;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.17.1-1
struct delete_bearer_cmd {
	uint8_t n_bearers;
	struct bearer_to_drop bearers[GTPC_BEARERS_MAX];
	bool has_uli;
	struct gtpc_uli uli;
	bool has_uli_timestamp;
	uint32_t uli_timestamp;
	bool has_ue_time_zone;
	struct gtpc_time_zone ue_time_zone;
	bool has_mme_overload;
	struct gtpc_overload mme_overload;
	bool has_sgw_overload;
	struct gtpc_overload sgw_overload;
	bool has_sender;
	struct gtpc_fteid sender;
	uint8_t n_secondary_rat_usage;
	struct gtpc_octets secondary_rat_usage[GTPC_LIST_MAX];
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.17.2-1
struct delete_bearer_fail {
	struct gtpc_cause cause;
	uint8_t n_bearers;
	struct bearer_result bearers[GTPC_BEARERS_MAX];
	bool has_recovery;
	uint8_t recovery;
	bool has_indication;
	struct gtpc_indication indication;
	bool has_pgw_overload;
	struct gtpc_overload pgw_overload;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.5-1
struct bearer_resource_cmd {
	uint8_t lbi;
	uint8_t pti;
	bool has_flow_qos;
	struct gtpc_qos flow_qos;
	bool has_tad;
	struct gtpc_octets tad;
	bool has_rat_type;
	uint8_t rat_type;
	bool has_serving_network;
	struct gtpc_plmn serving_network;
	bool has_uli;
	struct gtpc_uli uli;
	bool has_ebi;
	uint8_t ebi;
	bool has_indication;
	struct gtpc_indication indication;
	bool has_pco;
	struct gtpc_octets pco;
	bool has_signalling_priority;
	uint8_t signalling_priority;
	bool has_mme_overload;
	struct gtpc_overload mme_overload;
	bool has_sgw_overload;
	struct gtpc_overload sgw_overload;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	bool has_epco;
	struct gtpc_octets epco;
	bool has_sender;
	struct gtpc_fteid sender;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.6-1
struct bearer_resource_fail {
	struct gtpc_cause cause;
	uint8_t lbi;
	uint8_t pti;
	bool has_indication;
	struct gtpc_indication indication;
	bool has_pgw_overload;
	struct gtpc_overload pgw_overload;
	bool has_recovery;
	uint8_t recovery;
	bool has_nbifom;
	struct gtpc_octets nbifom;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.3.14-1
struct change_notification_req {
	bool has_imsi;
	struct gtpc_digits imsi;
	bool has_mei;
	struct gtpc_digits mei;
	bool has_indication;
	struct gtpc_indication indication;
	uint8_t rat_type;
	bool has_uli;
	struct gtpc_uli uli;
	bool has_uci;
	struct gtpc_uci uci;
	bool has_lbi;
	uint8_t lbi;
	uint8_t n_pra_informations;
	struct gtpc_octets pra_informations[GTPC_LIST_MAX];
	bool has_mo_exception_counter;
	struct gtpc_timed_counter mo_exception_counter;
	uint8_t n_secondary_rat_usage;
	struct gtpc_octets secondary_rat_usage[GTPC_LIST_MAX];
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.3.15-1
struct change_notification_rsp {
	bool has_imsi;
	struct gtpc_digits imsi;
	bool has_mei;
	struct gtpc_digits mei;
	struct gtpc_cause cause;
	bool has_change_reporting_action;
	uint8_t change_reporting_action;
	bool has_csg_reporting_action;
	uint8_t csg_reporting_action;
	uint8_t n_pra_actions;
	struct gtpc_octets pra_actions[GTPC_LIST_MAX];
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.26-1
struct remote_ue_report {
	uint8_t n_connected;
	struct gtpc_remote_ue connected[GTPC_LIST_MAX];
	uint8_t n_disconnected;
	struct gtpc_remote_ue disconnected[GTPC_LIST_MAX];
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.2.27-1
struct remote_ue_report_ack {
	struct gtpc_cause cause;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.12.1-1
struct trace_activation {
	bool has_imsi;
	struct gtpc_digits imsi;
	struct gtpc_octets trace;
	bool has_mei;
	struct gtpc_digits mei;
	bool has_trace_collection_uri;
	struct gtpc_octets trace_collection_uri;
};

// Table 7.12.2-1
struct trace_deactivation {
	struct gtpc_octets trace_reference;
};

// Table 7.9.1-1
struct delete_pdn_set_req {
	uint8_t n_mme_fq_csids;
	struct gtpc_fq_csid mme_fq_csids[GTPC_LIST_MAX];
	uint8_t n_sgw_fq_csids;
	struct gtpc_fq_csid sgw_fq_csids[GTPC_LIST_MAX];
	uint8_t n_pgw_fq_csids;
	struct gtpc_fq_csid pgw_fq_csids[GTPC_LIST_MAX];
	uint8_t n_epdg_fq_csids;
	struct gtpc_fq_csid epdg_fq_csids[GTPC_LIST_MAX];
	uint8_t n_twan_fq_csids;
	struct gtpc_fq_csid twan_fq_csids[GTPC_LIST_MAX];
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.9.2
struct delete_pdn_set_rsp {
	struct gtpc_cause cause;
	bool has_recovery;
	uint8_t recovery;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.9.3-1
struct update_pdn_set_req {
	bool has_mme_fq_csid;
	struct gtpc_fq_csid mme_fq_csid;
	bool has_sgw_fq_csid;
	struct gtpc_fq_csid sgw_fq_csid;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.9.4-1
struct update_pdn_set_rsp {
	struct gtpc_cause cause;
	bool has_pgw_fq_csid;
	struct gtpc_fq_csid pgw_fq_csid;
	bool has_recovery;
	uint8_t recovery;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.4.1-1
struct suspend_notification {
	bool has_imsi;
	struct gtpc_digits imsi;
	bool has_rai;
	struct gtpc_uli rai;
	bool has_lbi;
	uint8_t lbi;
	bool has_p_tmsi;
	struct gtpc_octets p_tmsi;
	bool has_originating_node;
	uint8_t originating_node;
	bool has_control_addr;
	struct gtpc_addr control_addr;
	bool has_control_port;
	uint16_t control_port;
	bool has_hop_counter;
	uint8_t hop_counter;
	bool has_sender;
	struct gtpc_fteid sender;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.4.2-1
struct suspend_ack {
	struct gtpc_cause cause;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.4.3-1
struct resume_notification {
	struct gtpc_digits imsi;
	bool has_lbi;
	uint8_t lbi;
	bool has_originating_node;
	uint8_t originating_node;
	bool has_sender;
	struct gtpc_fteid sender;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// Table 7.4.4-1
struct resume_ack {
	struct gtpc_cause cause;
	bool has_private_extension;
	struct gtpc_private_extension private_extension;
};

// 7.1.3: a header alone.
struct version_not_supported {
};
