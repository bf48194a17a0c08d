// SPDX-License-Identifier: BSD-3-Clause
// Every constant of GTPv2-C that the gateway's side of S5/S8 knows. TS 29.274 v19.
#pragma once

#include <stdint.h>

#define GTPC_PORT 2123
#define GTPC_VERSION 2
#define GTPC_HEADER_MIN 8      // without a TEID: Echo, Version Not Supported (5.5.1)
#define GTPC_HEADER_TEID 12    // with one
#define GTPC_LENGTH_BASE 4     // octets that the Length field doesn't count
#define GTPC_MESSAGE_MAX 65507 // what one UDP datagram can carry
#define GTPC_IE_HEADER 4       // type, length, spare and instance (8.2.1)
#define GTPC_SEQUENCE_MAX 0xffffffu
#define GTPC_SEQUENCE_COMMAND 0x800000u // set in procedures that a Command started (7.6)

// Octet 1 of the header.
#define GTPC_FLAG_P 0x10  // another message follows in the same datagram
#define GTPC_FLAG_T 0x08  // the header holds a TEID
#define GTPC_FLAG_MP 0x04 // the last octet's high nibble is a message priority

// What a message type is, for the direction that it goes and how it is answered.
enum gtpc_kind {
	GTPC_KIND_INITIAL = 1, // a request: its answer has the type `answer`
	GTPC_KIND_ANSWER,      // a response, acknowledge or failure indication
	GTPC_KIND_COMMAND,     // answered by a request with the same sequence, or by `answer`
	GTPC_KIND_NOTICE,      // no answer at all
};

// Who sends it on S5/S8.
enum gtpc_sender {
	GTPC_FROM_SGW = 1,
	GTPC_FROM_PGW = 2,
	GTPC_FROM_BOTH = 3,
};

// X(NAME, member and struct name, type, kind, sender, type of the answer, title). TS 29.274 6.1.
#define GTPC_MESSAGES(X)                                                                           \
	X(ECHO_REQ, echo_req, 1, INITIAL, BOTH, 2, "Echo Request")                                 \
	X(ECHO_RSP, echo_rsp, 2, ANSWER, BOTH, 0, "Echo Response")                                 \
	X(VERSION_NOT_SUPPORTED, version_not_supported, 3, ANSWER, BOTH, 0,                        \
		"Version Not Supported Indication")                                                \
	X(CREATE_SESSION_REQ, create_session_req, 32, INITIAL, SGW, 33, "Create Session Request")  \
	X(CREATE_SESSION_RSP, create_session_rsp, 33, ANSWER, PGW, 0, "Create Session Response")   \
	X(MODIFY_BEARER_REQ, modify_bearer_req, 34, INITIAL, SGW, 35, "Modify Bearer Request")     \
	X(MODIFY_BEARER_RSP, modify_bearer_rsp, 35, ANSWER, PGW, 0, "Modify Bearer Response")      \
	X(DELETE_SESSION_REQ, delete_session_req, 36, INITIAL, SGW, 37, "Delete Session Request")  \
	X(DELETE_SESSION_RSP, delete_session_rsp, 37, ANSWER, PGW, 0, "Delete Session Response")   \
	X(CHANGE_NOTIFICATION_REQ, change_notification_req, 38, INITIAL, SGW, 39,                  \
		"Change Notification Request")                                                     \
	X(CHANGE_NOTIFICATION_RSP, change_notification_rsp, 39, ANSWER, PGW, 0,                    \
		"Change Notification Response")                                                    \
	X(REMOTE_UE_REPORT, remote_ue_report, 40, INITIAL, SGW, 41,                                \
		"Remote UE Report Notification")                                                   \
	X(REMOTE_UE_REPORT_ACK, remote_ue_report_ack, 41, ANSWER, PGW, 0,                          \
		"Remote UE Report Acknowledge")                                                    \
	X(MODIFY_BEARER_CMD, modify_bearer_cmd, 64, COMMAND, SGW, 65, "Modify Bearer Command")     \
	X(MODIFY_BEARER_FAIL, modify_bearer_fail, 65, ANSWER, PGW, 0,                              \
		"Modify Bearer Failure Indication")                                                \
	X(DELETE_BEARER_CMD, delete_bearer_cmd, 66, COMMAND, SGW, 67, "Delete Bearer Command")     \
	X(DELETE_BEARER_FAIL, delete_bearer_fail, 67, ANSWER, PGW, 0,                              \
		"Delete Bearer Failure Indication")                                                \
	X(BEARER_RESOURCE_CMD, bearer_resource_cmd, 68, COMMAND, SGW, 69,                          \
		"Bearer Resource Command")                                                         \
	X(BEARER_RESOURCE_FAIL, bearer_resource_fail, 69, ANSWER, PGW, 0,                          \
		"Bearer Resource Failure Indication")                                              \
	X(TRACE_ACTIVATION, trace_activation, 71, NOTICE, SGW, 0, "Trace Session Activation")      \
	X(TRACE_DEACTIVATION, trace_deactivation, 72, NOTICE, SGW, 0,                              \
		"Trace Session Deactivation")                                                      \
	X(CREATE_BEARER_REQ, create_bearer_req, 95, INITIAL, PGW, 96, "Create Bearer Request")     \
	X(CREATE_BEARER_RSP, create_bearer_rsp, 96, ANSWER, SGW, 0, "Create Bearer Response")      \
	X(UPDATE_BEARER_REQ, update_bearer_req, 97, INITIAL, PGW, 98, "Update Bearer Request")     \
	X(UPDATE_BEARER_RSP, update_bearer_rsp, 98, ANSWER, SGW, 0, "Update Bearer Response")      \
	X(DELETE_BEARER_REQ, delete_bearer_req, 99, INITIAL, PGW, 100, "Delete Bearer Request")    \
	X(DELETE_BEARER_RSP, delete_bearer_rsp, 100, ANSWER, SGW, 0, "Delete Bearer Response")     \
	X(DELETE_PDN_SET_REQ, delete_pdn_set_req, 101, INITIAL, BOTH, 102,                         \
		"Delete PDN Connection Set Request")                                               \
	X(DELETE_PDN_SET_RSP, delete_pdn_set_rsp, 102, ANSWER, BOTH, 0,                            \
		"Delete PDN Connection Set Response")                                              \
	X(SUSPEND_NOTIFICATION, suspend_notification, 162, INITIAL, SGW, 163,                      \
		"Suspend Notification")                                                            \
	X(SUSPEND_ACK, suspend_ack, 163, ANSWER, PGW, 0, "Suspend Acknowledge")                    \
	X(RESUME_NOTIFICATION, resume_notification, 164, INITIAL, SGW, 165, "Resume Notification") \
	X(RESUME_ACK, resume_ack, 165, ANSWER, PGW, 0, "Resume Acknowledge")                       \
	X(UPDATE_PDN_SET_REQ, update_pdn_set_req, 200, INITIAL, SGW, 201,                          \
		"Update PDN Connection Set Request")                                               \
	X(UPDATE_PDN_SET_RSP, update_pdn_set_rsp, 201, ANSWER, PGW, 0,                             \
		"Update PDN Connection Set Response")

enum gtpc_message_type {
#define X(name, member, type, kind, sender, answer, title) GTPC_MSG_##name = (type),
	GTPC_MESSAGES(X)
#undef X
};

// A dense number for each message type, for counters.
enum gtpc_message_index {
#define X(name, member, type, kind, sender, answer, title) GTPC_INDEX_##name,
	GTPC_MESSAGES(X)
#undef X
		GTPC_N_MESSAGES,
};

// TS 29.274 table 8.1-1.
enum gtpc_ie_type {
	GTPC_IE_IMSI = 1,
	GTPC_IE_CAUSE = 2,
	GTPC_IE_RECOVERY = 3,
	GTPC_IE_APN = 71,
	GTPC_IE_AMBR = 72,
	GTPC_IE_EBI = 73,
	GTPC_IE_IP_ADDRESS = 74,
	GTPC_IE_MEI = 75,
	GTPC_IE_MSISDN = 76,
	GTPC_IE_INDICATION = 77,
	GTPC_IE_PCO = 78,
	GTPC_IE_PAA = 79,
	GTPC_IE_BEARER_QOS = 80,
	GTPC_IE_FLOW_QOS = 81,
	GTPC_IE_RAT_TYPE = 82,
	GTPC_IE_SERVING_NETWORK = 83,
	GTPC_IE_TFT = 84,
	GTPC_IE_TAD = 85,
	GTPC_IE_ULI = 86,
	GTPC_IE_FTEID = 87,
	GTPC_IE_BEARER_CTX = 93,
	GTPC_IE_CHARGING_ID = 94,
	GTPC_IE_CHARGING_CHARACTERISTICS = 95,
	GTPC_IE_TRACE_INFORMATION = 96,
	GTPC_IE_BEARER_FLAGS = 97,
	GTPC_IE_PDN_TYPE = 99,
	GTPC_IE_PTI = 100,
	GTPC_IE_P_TMSI = 111,
	GTPC_IE_HOP_COUNTER = 113,
	GTPC_IE_UE_TIME_ZONE = 114,
	GTPC_IE_TRACE_REFERENCE = 115,
	GTPC_IE_F_CONTAINER = 118,
	GTPC_IE_PORT_NUMBER = 126,
	GTPC_IE_APN_RESTRICTION = 127,
	GTPC_IE_SELECTION_MODE = 128,
	GTPC_IE_CHANGE_REPORTING_ACTION = 131,
	GTPC_IE_FQ_CSID = 132,
	GTPC_IE_NODE_TYPE = 135,
	GTPC_IE_FQDN = 136,
	GTPC_IE_UCI = 145,
	GTPC_IE_CSG_REPORTING_ACTION = 146,
	GTPC_IE_LDN = 151,
	GTPC_IE_NODE_FEATURES = 152,
	GTPC_IE_EPC_TIMER = 156,
	GTPC_IE_SIGNALLING_PRIORITY = 157,
	GTPC_IE_APCO = 163,
	GTPC_IE_HENB_REPORTING = 165,
	GTPC_IE_ULI_TIMESTAMP = 170,
	GTPC_IE_RAN_NAS_CAUSE = 172,
	GTPC_IE_CN_OPERATOR_SELECTION = 173,
	GTPC_IE_PRA_ACTION = 177,
	GTPC_IE_PRA_INFORMATION = 178,
	GTPC_IE_OVERLOAD_CONTROL = 180,
	GTPC_IE_LOAD_CONTROL = 181,
	GTPC_IE_METRIC = 182,
	GTPC_IE_SEQUENCE_NUMBER = 183,
	GTPC_IE_APN_CAPACITY = 184,
	GTPC_IE_INTEGER = 187,
	GTPC_IE_MS_TIME_STAMP = 188,
	GTPC_IE_REMOTE_UE_CONTEXT = 191,
	GTPC_IE_REMOTE_USER_ID = 192,
	GTPC_IE_REMOTE_UE_IP = 193,
	GTPC_IE_EPCO = 197,
	GTPC_IE_SERVING_PLMN_RATE = 198,
	GTPC_IE_COUNTER = 199,
	GTPC_IE_MAPPED_UE_USAGE_TYPE = 200,
	GTPC_IE_SECONDARY_RAT_USAGE = 201,
	GTPC_IE_UP_FUNCTION_SELECTION = 202,
	GTPC_IE_MAX_PACKET_LOSS = 203,
	GTPC_IE_APN_RATE_STATUS = 204,
	GTPC_IE_SGI_PTP_TUNNEL = 213,
	GTPC_IE_PGW_CHANGE_INFO = 214,
	GTPC_IE_PGW_FQDN = 215,
	GTPC_IE_GROUP_ID = 216,
	GTPC_IE_UP_SECURITY_POLICY = 218,
	GTPC_IE_URI = 223,
	GTPC_IE_PRIVATE_EXTENSION = 255,
};

// X(NAME, value, text). TS 29.274 table 8.4-1: 2 to 15 say why a request is made, 16 to 63 accept
// it, 64 and more reject it.
#define GTPC_CAUSES(X)                                                                             \
	X(LOCAL_DETACH, 2, "local detach")                                                         \
	X(COMPLETE_DETACH, 3, "complete detach")                                                   \
	X(RAT_CHANGED, 4, "RAT changed from 3GPP to non-3GPP")                                     \
	X(ISR_DEACTIVATION, 5, "ISR deactivation")                                                 \
	X(ERROR_INDICATION, 6, "Error Indication received")                                        \
	X(IMSI_DETACH_ONLY, 7, "IMSI detach only")                                                 \
	X(REACTIVATION_REQUESTED, 8, "reactivation requested")                                     \
	X(PDN_RECONNECTION_DISALLOWED, 9, "PDN reconnection to this APN disallowed")               \
	X(ACCESS_CHANGED, 10, "access changed from non-3GPP to 3GPP")                              \
	X(INACTIVITY_TIMER, 11, "PDN connection inactivity timer expires")                         \
	X(PGW_NOT_RESPONDING, 12, "PGW not responding")                                            \
	X(NETWORK_FAILURE, 13, "network failure")                                                  \
	X(QOS_MISMATCH, 14, "QoS parameter mismatch")                                              \
	X(EPS_TO_5GS, 15, "EPS to 5GS mobility")                                                   \
	X(ACCEPTED, 16, "request accepted")                                                        \
	X(ACCEPTED_PARTIALLY, 17, "request accepted partially")                                    \
	X(NEW_PDN_TYPE_NETWORK, 18, "new PDN type due to network preference")                      \
	X(NEW_PDN_TYPE_SINGLE, 19, "new PDN type due to single address bearer only")               \
	X(CONTEXT_NOT_FOUND, 64, "context not found")                                              \
	X(INVALID_MESSAGE_FORMAT, 65, "invalid message format")                                    \
	X(VERSION_NOT_SUPPORTED, 66, "version not supported by next peer")                         \
	X(INVALID_LENGTH, 67, "invalid length")                                                    \
	X(SERVICE_NOT_SUPPORTED, 68, "service not supported")                                      \
	X(MANDATORY_IE_INCORRECT, 69, "mandatory IE incorrect")                                    \
	X(MANDATORY_IE_MISSING, 70, "mandatory IE missing")                                        \
	X(SYSTEM_FAILURE, 72, "system failure")                                                    \
	X(NO_RESOURCES, 73, "no resources available")                                              \
	X(TFT_SEMANTIC_ERROR, 74, "semantic error in the TFT operation")                           \
	X(TFT_SYNTACTIC_ERROR, 75, "syntactic error in the TFT operation")                         \
	X(FILTER_SEMANTIC_ERROR, 76, "semantic errors in packet filters")                          \
	X(FILTER_SYNTACTIC_ERROR, 77, "syntactic errors in packet filters")                        \
	X(UNKNOWN_APN, 78, "missing or unknown APN")                                               \
	X(GRE_KEY_NOT_FOUND, 80, "GRE key not found")                                              \
	X(RELOCATION_FAILURE, 81, "relocation failure")                                            \
	X(DENIED_IN_RAT, 82, "denied in RAT")                                                      \
	X(PDN_TYPE_NOT_SUPPORTED, 83, "preferred PDN type not supported")                          \
	X(ALL_ADDRESSES_OCCUPIED, 84, "all dynamic addresses are occupied")                        \
	X(UE_CONTEXT_WITHOUT_TFT, 85, "UE context without TFT already activated")                  \
	X(PROTOCOL_NOT_SUPPORTED, 86, "protocol type not supported")                               \
	X(UE_NOT_RESPONDING, 87, "UE not responding")                                              \
	X(UE_REFUSES, 88, "UE refuses")                                                            \
	X(SERVICE_DENIED, 89, "service denied")                                                    \
	X(UNABLE_TO_PAGE, 90, "unable to page UE")                                                 \
	X(NO_MEMORY, 91, "no memory available")                                                    \
	X(USER_AUTHENTICATION_FAILED, 92, "user authentication failed")                            \
	X(APN_ACCESS_DENIED, 93, "APN access denied - no subscription")                            \
	X(REQUEST_REJECTED, 94, "request rejected (reason not specified)")                         \
	X(P_TMSI_SIGNATURE_MISMATCH, 95, "P-TMSI signature mismatch")                              \
	X(IMSI_NOT_KNOWN, 96, "IMSI/IMEI not known")                                               \
	X(TAD_SEMANTIC_ERROR, 97, "semantic error in the TAD operation")                           \
	X(TAD_SYNTACTIC_ERROR, 98, "syntactic error in the TAD operation")                         \
	X(REMOTE_PEER_NOT_RESPONDING, 100, "remote peer not responding")                           \
	X(COLLISION, 101, "collision with network initiated request")                              \
	X(PAGING_SUSPENDED, 102, "unable to page UE due to suspension")                            \
	X(CONDITIONAL_IE_MISSING, 103, "conditional IE missing")                                   \
	X(APN_RESTRICTION_INCOMPATIBLE, 104, "APN restriction type incompatible")                  \
	X(PIGGYBACK_LENGTH, 105, "invalid overall length of a piggybacked pair")                   \
	X(DATA_FORWARDING_NOT_SUPPORTED, 106, "data forwarding not supported")                     \
	X(INVALID_REPLY, 107, "invalid reply from remote peer")                                    \
	X(FALLBACK_TO_GTPV1, 108, "fallback to GTPv1")                                             \
	X(INVALID_PEER, 109, "invalid peer")                                                       \
	X(TEMPORARILY_REJECTED, 110, "temporarily rejected, handover or TAU in progress")          \
	X(MODIFICATIONS_NOT_LIMITED, 111, "modifications not limited to S1-U bearers")             \
	X(PMIPV6_REJECTED, 112, "request rejected for a PMIPv6 reason")                            \
	X(APN_CONGESTION, 113, "APN congestion")                                                   \
	X(BEARER_HANDLING_NOT_SUPPORTED, 114, "bearer handling not supported")                     \
	X(ALREADY_REATTACHED, 115, "UE already re-attached")                                       \
	X(MULTIPLE_PDN_NOT_ALLOWED, 116, "multiple PDN connections for an APN not allowed")        \
	X(TARGET_ACCESS_RESTRICTED, 117, "target access restricted for the subscriber")            \
	X(VPLMN_POLICY, 119, "MME/SGSN refuses due to VPLMN policy")                               \
	X(ENTITY_CONGESTION, 120, "GTP-C entity congestion")                                       \
	X(LATE_OVERLAPPING, 121, "late overlapping request")                                       \
	X(TIMED_OUT, 122, "timed out request")                                                     \
	X(UE_ASLEEP, 123, "UE is temporarily not reachable due to power saving")                   \
	X(NAS_REDIRECTION, 124, "relocation failure due to NAS message redirection")               \
	X(NOT_AUTHORISED, 125, "UE not authorised by OCS or external AAA server")                  \
	X(MULTIPLE_ACCESSES, 126, "multiple accesses to a PDN connection not allowed")             \
	X(UE_CAPABILITY, 127, "request rejected due to UE capability")                             \
	X(S1U_PATH_FAILURE, 128, "S1-U path failure")                                              \
	X(NOT_ALLOWED_IN_5GC, 129, "5GC not allowed")                                              \
	X(PGW_MISMATCH_WITH_SLICE, 130, "PGW mismatch with network slice subscribed by the UE")    \
	X(PAGING_RESTRICTION, 131, "rejection due to paging restriction")

enum gtpc_cause_value {
	GTPC_CAUSE_NONE = 0,
#define X(name, value, text) GTPC_CAUSE_##name = (value),
	GTPC_CAUSES(X)
#undef X
		GTPC_CAUSE_ACCEPT_FIRST = 16,
	GTPC_CAUSE_REJECT_FIRST = 64,
};

// Octet 6 of the Cause IE. 8.4
#define GTPC_CAUSE_FLAG_CS 0x01  // the error began at a node behind the sender
#define GTPC_CAUSE_FLAG_BCE 0x02 // the offending IE is inside of a Bearer Context
#define GTPC_CAUSE_FLAG_PCE 0x04 // or of a PDN Connection

// F-TEID interface types that the gateway's side meets. 8.22
enum gtpc_interface {
	GTPC_IF_S1U_ENB = 0,
	GTPC_IF_S1U_SGW = 1,
	GTPC_IF_S5S8_SGW_U = 4,
	GTPC_IF_S5S8_PGW_U = 5,
	GTPC_IF_S5S8_SGW_C = 6,
	GTPC_IF_S5S8_PGW_C = 7,
	GTPC_IF_S11_MME = 10,
	GTPC_IF_S11_SGW = 11,
};

// PDN Type (8.34) and the first octet of the PAA (8.14). Every other value is reserved.
enum gtpc_pdn_type {
	GTPC_PDN_IPV4 = 1,
	GTPC_PDN_IPV6 = 2,
	GTPC_PDN_IPV4V6 = 3,
	GTPC_PDN_NON_IP = 4,
	GTPC_PDN_ETHERNET = 5,
};

// 8.17
enum gtpc_rat_type {
	GTPC_RAT_UTRAN = 1,
	GTPC_RAT_GERAN = 2,
	GTPC_RAT_WLAN = 3,
	GTPC_RAT_GAN = 4,
	GTPC_RAT_HSPA_EVOLUTION = 5,
	GTPC_RAT_EUTRAN = 6,
	GTPC_RAT_VIRTUAL = 7,
	GTPC_RAT_NB_IOT = 8,
	GTPC_RAT_LTE_M = 9,
	GTPC_RAT_NR = 10,
};

// 8.58
enum gtpc_selection_mode {
	GTPC_SELECTION_VERIFIED = 0,
	GTPC_SELECTION_MS = 1,
	GTPC_SELECTION_NETWORK = 2,
};

// Bits of the Indication IE as {octet of the value from 0} * 8 + {bit from 0}. 8.12
#define GTPC_INDICATION_BIT(octet, bit) (((octet)-5) * 8 + (bit)-1)
enum gtpc_indication_bit {
	GTPC_IND_DAF = GTPC_INDICATION_BIT(5, 8), // dual address bearer
	GTPC_IND_DTF = GTPC_INDICATION_BIT(5, 7),
	GTPC_IND_HI = GTPC_INDICATION_BIT(5, 6), // handover
	GTPC_IND_DFI = GTPC_INDICATION_BIT(5, 5),
	GTPC_IND_OI = GTPC_INDICATION_BIT(5, 4), // operation
	GTPC_IND_ISRSI = GTPC_INDICATION_BIT(5, 3),
	GTPC_IND_ISRAI = GTPC_INDICATION_BIT(5, 2),
	GTPC_IND_SGWCI = GTPC_INDICATION_BIT(5, 1),
	GTPC_IND_SQCI = GTPC_INDICATION_BIT(6, 8),
	GTPC_IND_UIMSI = GTPC_INDICATION_BIT(6, 7), // unauthenticated IMSI
	GTPC_IND_CFSI = GTPC_INDICATION_BIT(6, 6),
	GTPC_IND_CRSI = GTPC_INDICATION_BIT(6, 5), // change reporting supported
	GTPC_IND_PS = GTPC_INDICATION_BIT(6, 4),
	GTPC_IND_PT = GTPC_INDICATION_BIT(6, 3),
	GTPC_IND_SI = GTPC_INDICATION_BIT(6, 2),
	GTPC_IND_MSV = GTPC_INDICATION_BIT(6, 1), // MS validated
	GTPC_IND_RETLOC = GTPC_INDICATION_BIT(7, 8),
	GTPC_IND_PBIC = GTPC_INDICATION_BIT(7, 7),
	GTPC_IND_SRNI = GTPC_INDICATION_BIT(7, 6),
	GTPC_IND_S6AF = GTPC_INDICATION_BIT(7, 5), // static IPv6 address
	GTPC_IND_S4AF = GTPC_INDICATION_BIT(7, 4), // static IPv4 address
	GTPC_IND_MBMDT = GTPC_INDICATION_BIT(7, 3),
	GTPC_IND_ISRAU = GTPC_INDICATION_BIT(7, 2),
	GTPC_IND_CCRSI = GTPC_INDICATION_BIT(7, 1),
	GTPC_IND_CPRAI = GTPC_INDICATION_BIT(8, 8),
	GTPC_IND_ARRL = GTPC_INDICATION_BIT(8, 7),
	GTPC_IND_PPOF = GTPC_INDICATION_BIT(8, 6), // PDN pause off
	GTPC_IND_PPON = GTPC_INDICATION_BIT(8, 5), // PDN pause on, or enabled
	GTPC_IND_PPSI = GTPC_INDICATION_BIT(8, 4), // PDN pause supported
	GTPC_IND_CSFBI = GTPC_INDICATION_BIT(8, 3),
	GTPC_IND_CLII = GTPC_INDICATION_BIT(8, 2),
	GTPC_IND_CPSR = GTPC_INDICATION_BIT(8, 1),
	GTPC_IND_NSI = GTPC_INDICATION_BIT(9, 8),
	GTPC_IND_UASI = GTPC_INDICATION_BIT(9, 7),
	GTPC_IND_DTCI = GTPC_INDICATION_BIT(9, 6),
	GTPC_IND_BDWI = GTPC_INDICATION_BIT(9, 5),
	GTPC_IND_PSCI = GTPC_INDICATION_BIT(9, 4),
	GTPC_IND_PCRI = GTPC_INDICATION_BIT(9, 3),
	GTPC_IND_AOSI = GTPC_INDICATION_BIT(9, 2), // associate OCI with the SGW's identity
	GTPC_IND_AOPI = GTPC_INDICATION_BIT(9, 1),
	GTPC_IND_ROAAI = GTPC_INDICATION_BIT(10, 8),
	GTPC_IND_EPCOSI = GTPC_INDICATION_BIT(10, 7), // extended PCO supported
	GTPC_IND_CPOPCI = GTPC_INDICATION_BIT(10, 6),
	GTPC_IND_PMTSMI = GTPC_INDICATION_BIT(10, 5),
	GTPC_IND_S11TF = GTPC_INDICATION_BIT(10, 4),
	GTPC_IND_PNSI = GTPC_INDICATION_BIT(10, 3),
	GTPC_IND_UNACCSI = GTPC_INDICATION_BIT(10, 2),
	GTPC_IND_WPMSI = GTPC_INDICATION_BIT(10, 1),
};

// Bearer Flags. 8.32
#define GTPC_BEARER_FLAG_PPC 0x01 // prohibit payload compression
#define GTPC_BEARER_FLAG_VB 0x02  // voice bearer
#define GTPC_BEARER_FLAG_VIND 0x04
#define GTPC_BEARER_FLAG_ASI 0x08 // activity status

// Signalling Priority Indication. 8.88
#define GTPC_LOW_PRIORITY 0x01 // the UE asked with low access priority

// F-Container: its first octet. 8.48
#define GTPC_F_CONTAINER_NBIFOM 3

// EPC Timer units. 8.87
enum gtpc_timer_unit {
	GTPC_TIMER_2_SECONDS = 0,
	GTPC_TIMER_1_MINUTE = 1,
	GTPC_TIMER_10_MINUTES = 2,
	GTPC_TIMER_1_HOUR = 3,
	GTPC_TIMER_10_HOURS = 4,
	GTPC_TIMER_INFINITE = 7,
};
