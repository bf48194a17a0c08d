// SPDX-License-Identifier: BSD-3-Clause
// Every AVP that S6a messages are made of: the one table from which come the dictionary that
// freeDiameter gets, what a received AVP is measured by, and the flags that we send. In order of vendor
// and code. RFC 6733 4.5, RFC 5447, TS 29.272 7.3, TS 29.212, TS 29.229, TS 29.329, TS 29.061.
#pragma once

#include <stdint.h>

#define TGPP_VENDOR 10415
#define S6A_APPLICATION 16777251

// X(identifier, code, BASE or TGPP, name, type, flags that we send, octets of value or 0)
#define S6A_AVPS(X)                                                                                \
	X(USER_NAME, 1, BASE, "User-Name", TEXT, M, 0)                                             \
	X(PROXY_STATE, 33, BASE, "Proxy-State", OCTETS, M, 0)                                      \
	X(EVENT_TIMESTAMP, 55, BASE, "Event-Timestamp", TIME, M, 0)                                \
	X(MIP6_HOME_LINK_PREFIX, 125, BASE, "MIP6-Home-Link-Prefix", OCTETS, M, 0)                 \
	X(HOST_IP_ADDRESS, 257, BASE, "Host-IP-Address", ADDRESS, M, 0)                            \
	X(AUTH_APPLICATION_ID, 258, BASE, "Auth-Application-Id", U32, M, 0)                        \
	X(ACCT_APPLICATION_ID, 259, BASE, "Acct-Application-Id", U32, M, 0)                        \
	X(VENDOR_SPECIFIC_APPLICATION_ID, 260, BASE, "Vendor-Specific-Application-Id", GROUPED, M, \
		0)                                                                                 \
	X(REDIRECT_HOST_USAGE, 261, BASE, "Redirect-Host-Usage", ENUM, M, 0)                       \
	X(REDIRECT_MAX_CACHE_TIME, 262, BASE, "Redirect-Max-Cache-Time", U32, M, 0)                \
	X(SESSION_ID, 263, BASE, "Session-Id", TEXT, M, 0)                                         \
	X(ORIGIN_HOST, 264, BASE, "Origin-Host", IDENTITY, M, 0)                                   \
	X(SUPPORTED_VENDOR_ID, 265, BASE, "Supported-Vendor-Id", U32, M, 0)                        \
	X(VENDOR_ID, 266, BASE, "Vendor-Id", U32, M, 0)                                            \
	X(FIRMWARE_REVISION, 267, BASE, "Firmware-Revision", U32, O, 0)                            \
	X(RESULT_CODE, 268, BASE, "Result-Code", U32, M, 0)                                        \
	X(PRODUCT_NAME, 269, BASE, "Product-Name", TEXT, O, 0)                                     \
	X(DISCONNECT_CAUSE, 273, BASE, "Disconnect-Cause", ENUM, M, 0)                             \
	X(AUTH_SESSION_STATE, 277, BASE, "Auth-Session-State", ENUM, M, 0)                         \
	X(ORIGIN_STATE_ID, 278, BASE, "Origin-State-Id", U32, M, 0)                                \
	X(FAILED_AVP, 279, BASE, "Failed-AVP", GROUPED, M, 0)                                      \
	X(PROXY_HOST, 280, BASE, "Proxy-Host", IDENTITY, M, 0)                                     \
	X(ERROR_MESSAGE, 281, BASE, "Error-Message", TEXT, O, 0)                                   \
	X(ROUTE_RECORD, 282, BASE, "Route-Record", IDENTITY, M, 0)                                 \
	X(DESTINATION_REALM, 283, BASE, "Destination-Realm", IDENTITY, M, 0)                       \
	X(PROXY_INFO, 284, BASE, "Proxy-Info", GROUPED, M, 0)                                      \
	X(REDIRECT_HOST, 292, BASE, "Redirect-Host", TEXT, M, 0)                                   \
	X(DESTINATION_HOST, 293, BASE, "Destination-Host", IDENTITY, M, 0)                         \
	X(ERROR_REPORTING_HOST, 294, BASE, "Error-Reporting-Host", IDENTITY, O, 0)                 \
	X(ORIGIN_REALM, 296, BASE, "Origin-Realm", IDENTITY, M, 0)                                 \
	X(EXPERIMENTAL_RESULT, 297, BASE, "Experimental-Result", GROUPED, M, 0)                    \
	X(EXPERIMENTAL_RESULT_CODE, 298, BASE, "Experimental-Result-Code", U32, M, 0)              \
	X(INBAND_SECURITY_ID, 299, BASE, "Inband-Security-Id", U32, M, 0)                          \
	X(DRMP, 301, BASE, "DRMP", ENUM, O, 0)                                                     \
	X(MIP_HOME_AGENT_ADDRESS, 334, BASE, "MIP-Home-Agent-Address", ADDRESS, M, 0)              \
	X(MIP_HOME_AGENT_HOST, 348, BASE, "MIP-Home-Agent-Host", GROUPED, M, 0)                    \
	X(MIP6_AGENT_INFO, 486, BASE, "MIP6-Agent-Info", GROUPED, M, 0)                            \
	X(SERVICE_SELECTION, 493, BASE, "Service-Selection", TEXT, M, 0)                           \
	X(TGPP_CHARGING_CHARACTERISTICS, 13, TGPP, "3GPP-Charging-Characteristics", TEXT, MV, 0)   \
	X(ABORT_CAUSE, 500, TGPP, "Abort-Cause", ENUM, MV, 0)                                      \
	X(ACCESS_NETWORK_CHARGING_ADDRESS, 501, TGPP, "Access-Network-Charging-Address", ADDRESS,  \
		MV, 0)                                                                             \
	X(MAX_REQUESTED_BANDWIDTH_DL, 515, TGPP, "Max-Requested-Bandwidth-DL", U32, MV, 0)         \
	X(MAX_REQUESTED_BANDWIDTH_UL, 516, TGPP, "Max-Requested-Bandwidth-UL", U32, MV, 0)         \
	X(EXTENDED_MAX_REQUESTED_BW_DL, 554, TGPP, "Extended-Max-Requested-BW-DL", U32, V, 0)      \
	X(EXTENDED_MAX_REQUESTED_BW_UL, 555, TGPP, "Extended-Max-Requested-BW-UL", U32, V, 0)      \
	X(VISITED_NETWORK_IDENTIFIER, 600, TGPP, "Visited-Network-Identifier", TEXT, MV, 0)        \
	X(CONFIDENTIALITY_KEY, 625, TGPP, "Confidentiality-Key", OCTETS, MV, 16)                   \
	X(INTEGRITY_KEY, 626, TGPP, "Integrity-Key", OCTETS, MV, 16)                               \
	X(SUPPORTED_FEATURES, 628, TGPP, "Supported-Features", GROUPED, V, 0)                      \
	X(FEATURE_LIST_ID, 629, TGPP, "Feature-List-ID", U32, V, 0)                                \
	X(FEATURE_LIST, 630, TGPP, "Feature-List", U32, V, 0)                                      \
	X(MSISDN, 701, TGPP, "MSISDN", OCTETS, MV, 0)                                              \
	X(SERVED_PARTY_IP_ADDRESS, 848, TGPP, "Served-Party-IP-Address", ADDRESS, MV, 0)           \
	X(CHARGING_RULE_INSTALL, 1001, TGPP, "Charging-Rule-Install", GROUPED, MV, 0)              \
	X(NETWORK_REQUEST_SUPPORT, 1024, TGPP, "Network-Request-Support", ENUM, MV, 0)             \
	X(GUARANTEED_BITRATE_DL, 1025, TGPP, "Guaranteed-Bitrate-DL", U32, MV, 0)                  \
	X(GUARANTEED_BITRATE_UL, 1026, TGPP, "Guaranteed-Bitrate-UL", U32, MV, 0)                  \
	X(IP_CAN_TYPE, 1027, TGPP, "IP-CAN-Type", ENUM, MV, 0)                                     \
	X(QOS_CLASS_IDENTIFIER, 1028, TGPP, "QoS-Class-Identifier", ENUM, MV, 0)                   \
	X(RAT_TYPE, 1032, TGPP, "RAT-Type", ENUM, V, 0)                                            \
	X(ALLOCATION_RETENTION_PRIORITY, 1034, TGPP, "Allocation-Retention-Priority", GROUPED, V,  \
		0)                                                                                 \
	X(APN_AGGREGATE_MAX_BITRATE_DL, 1040, TGPP, "APN-Aggregate-Max-Bitrate-DL", U32, V, 0)     \
	X(APN_AGGREGATE_MAX_BITRATE_UL, 1041, TGPP, "APN-Aggregate-Max-Bitrate-UL", U32, V, 0)     \
	X(PRIORITY_LEVEL, 1046, TGPP, "Priority-Level", U32, V, 0)                                 \
	X(PRE_EMPTION_CAPABILITY, 1047, TGPP, "Pre-emption-Capability", ENUM, V, 0)                \
	X(PRE_EMPTION_VULNERABILITY, 1048, TGPP, "Pre-emption-Vulnerability", ENUM, V, 0)          \
	X(SUBSCRIPTION_DATA, 1400, TGPP, "Subscription-Data", GROUPED, MV, 0)                      \
	X(TERMINAL_INFORMATION, 1401, TGPP, "Terminal-Information", GROUPED, MV, 0)                \
	X(IMEI, 1402, TGPP, "IMEI", TEXT, MV, 0)                                                   \
	X(SOFTWARE_VERSION, 1403, TGPP, "Software-Version", TEXT, MV, 0)                           \
	X(QOS_SUBSCRIBED, 1404, TGPP, "QoS-Subscribed", OCTETS, MV, 0)                             \
	X(ULR_FLAGS, 1405, TGPP, "ULR-Flags", U32, MV, 0)                                          \
	X(ULA_FLAGS, 1406, TGPP, "ULA-Flags", U32, MV, 0)                                          \
	X(VISITED_PLMN_ID, 1407, TGPP, "Visited-PLMN-Id", OCTETS, MV, 3)                           \
	X(REQUESTED_EUTRAN_AUTHENTICATION_INFO, 1408, TGPP,                                        \
		"Requested-EUTRAN-Authentication-Info", GROUPED, MV, 0)                            \
	X(REQUESTED_UTRAN_GERAN_AUTHENTICATION_INFO, 1409, TGPP,                                   \
		"Requested-UTRAN-GERAN-Authentication-Info", GROUPED, MV, 0)                       \
	X(NUMBER_OF_REQUESTED_VECTORS, 1410, TGPP, "Number-Of-Requested-Vectors", U32, MV, 0)      \
	X(RE_SYNCHRONIZATION_INFO, 1411, TGPP, "Re-Synchronization-Info", OCTETS, MV, 30)          \
	X(IMMEDIATE_RESPONSE_PREFERRED, 1412, TGPP, "Immediate-Response-Preferred", U32, MV, 0)    \
	X(AUTHENTICATION_INFO, 1413, TGPP, "Authentication-Info", GROUPED, MV, 0)                  \
	X(E_UTRAN_VECTOR, 1414, TGPP, "E-UTRAN-Vector", GROUPED, MV, 0)                            \
	X(UTRAN_VECTOR, 1415, TGPP, "UTRAN-Vector", GROUPED, MV, 0)                                \
	X(GERAN_VECTOR, 1416, TGPP, "GERAN-Vector", GROUPED, MV, 0)                                \
	X(NETWORK_ACCESS_MODE, 1417, TGPP, "Network-Access-Mode", ENUM, MV, 0)                     \
	X(HPLMN_ODB, 1418, TGPP, "HPLMN-ODB", U32, MV, 0)                                          \
	X(ITEM_NUMBER, 1419, TGPP, "Item-Number", U32, MV, 0)                                      \
	X(CANCELLATION_TYPE, 1420, TGPP, "Cancellation-Type", ENUM, MV, 0)                         \
	X(DSR_FLAGS, 1421, TGPP, "DSR-Flags", U32, MV, 0)                                          \
	X(DSA_FLAGS, 1422, TGPP, "DSA-Flags", U32, MV, 0)                                          \
	X(CONTEXT_IDENTIFIER, 1423, TGPP, "Context-Identifier", U32, MV, 0)                        \
	X(SUBSCRIBER_STATUS, 1424, TGPP, "Subscriber-Status", ENUM, MV, 0)                         \
	X(OPERATOR_DETERMINED_BARRING, 1425, TGPP, "Operator-Determined-Barring", U32, MV, 0)      \
	X(ACCESS_RESTRICTION_DATA, 1426, TGPP, "Access-Restriction-Data", U32, MV, 0)              \
	X(APN_OI_REPLACEMENT, 1427, TGPP, "APN-OI-Replacement", TEXT, MV, 0)                       \
	X(ALL_APN_CONFIGURATIONS_INCLUDED_INDICATOR, 1428, TGPP,                                   \
		"All-APN-Configurations-Included-Indicator", ENUM, MV, 0)                          \
	X(APN_CONFIGURATION_PROFILE, 1429, TGPP, "APN-Configuration-Profile", GROUPED, MV, 0)      \
	X(APN_CONFIGURATION, 1430, TGPP, "APN-Configuration", GROUPED, MV, 0)                      \
	X(EPS_SUBSCRIBED_QOS_PROFILE, 1431, TGPP, "EPS-Subscribed-QoS-Profile", GROUPED, MV, 0)    \
	X(VPLMN_DYNAMIC_ADDRESS_ALLOWED, 1432, TGPP, "VPLMN-Dynamic-Address-Allowed", ENUM, MV, 0) \
	X(STN_SR, 1433, TGPP, "STN-SR", OCTETS, MV, 0)                                             \
	X(ALERT_REASON, 1434, TGPP, "Alert-Reason", ENUM, MV, 0)                                   \
	X(AMBR, 1435, TGPP, "AMBR", GROUPED, MV, 0)                                                \
	X(CSG_SUBSCRIPTION_DATA, 1436, TGPP, "CSG-Subscription-Data", GROUPED, MV, 0)              \
	X(CSG_ID, 1437, TGPP, "CSG-Id", U32, MV, 0)                                                \
	X(PDN_GW_ALLOCATION_TYPE, 1438, TGPP, "PDN-GW-Allocation-Type", ENUM, MV, 0)               \
	X(EXPIRATION_DATE, 1439, TGPP, "Expiration-Date", TIME, MV, 0)                             \
	X(RAT_FREQUENCY_SELECTION_PRIORITY_ID, 1440, TGPP, "RAT-Frequency-Selection-Priority-ID",  \
		U32, MV, 0)                                                                        \
	X(IDA_FLAGS, 1441, TGPP, "IDA-Flags", U32, MV, 0)                                          \
	X(PUA_FLAGS, 1442, TGPP, "PUA-Flags", U32, MV, 0)                                          \
	X(NOR_FLAGS, 1443, TGPP, "NOR-Flags", U32, MV, 0)                                          \
	X(USER_ID, 1444, TGPP, "User-Id", TEXT, V, 0)                                              \
	X(EQUIPMENT_STATUS, 1445, TGPP, "Equipment-Status", ENUM, MV, 0)                           \
	X(REGIONAL_SUBSCRIPTION_ZONE_CODE, 1446, TGPP, "Regional-Subscription-Zone-Code", OCTETS,  \
		MV, 0)                                                                             \
	X(RAND, 1447, TGPP, "RAND", OCTETS, MV, 0)                                                 \
	X(XRES, 1448, TGPP, "XRES", OCTETS, MV, 0)                                                 \
	X(AUTN, 1449, TGPP, "AUTN", OCTETS, MV, 0)                                                 \
	X(KASME, 1450, TGPP, "KASME", OCTETS, MV, 0)                                               \
	X(TRACE_COLLECTION_ENTITY, 1452, TGPP, "Trace-Collection-Entity", ADDRESS, MV, 0)          \
	X(KC, 1453, TGPP, "Kc", OCTETS, MV, 0)                                                     \
	X(SRES, 1454, TGPP, "SRES", OCTETS, MV, 0)                                                 \
	X(PDN_TYPE, 1456, TGPP, "PDN-Type", ENUM, MV, 0)                                           \
	X(ROAMING_RESTRICTED_DUE_TO_UNSUPPORTED_FEATURE, 1457, TGPP,                               \
		"Roaming-Restricted-Due-To-Unsupported-Feature", ENUM, MV, 0)                      \
	X(TRACE_DATA, 1458, TGPP, "Trace-Data", GROUPED, MV, 0)                                    \
	X(TRACE_REFERENCE, 1459, TGPP, "Trace-Reference", OCTETS, MV, 0)                           \
	X(TRACE_DEPTH, 1462, TGPP, "Trace-Depth", ENUM, MV, 0)                                     \
	X(TRACE_NE_TYPE_LIST, 1463, TGPP, "Trace-NE-Type-List", OCTETS, MV, 0)                     \
	X(TRACE_INTERFACE_LIST, 1464, TGPP, "Trace-Interface-List", OCTETS, MV, 0)                 \
	X(TRACE_EVENT_LIST, 1465, TGPP, "Trace-Event-List", OCTETS, MV, 0)                         \
	X(OMC_ID, 1466, TGPP, "OMC-Id", OCTETS, MV, 0)                                             \
	X(GPRS_SUBSCRIPTION_DATA, 1467, TGPP, "GPRS-Subscription-Data", GROUPED, MV, 0)            \
	X(COMPLETE_DATA_LIST_INCLUDED_INDICATOR, 1468, TGPP,                                       \
		"Complete-Data-List-Included-Indicator", ENUM, MV, 0)                              \
	X(PDP_CONTEXT, 1469, TGPP, "PDP-Context", GROUPED, MV, 0)                                  \
	X(PDP_TYPE, 1470, TGPP, "PDP-Type", OCTETS, MV, 0)                                         \
	X(TGPP2_MEID, 1471, TGPP, "3GPP2-MEID", OCTETS, MV, 0)                                     \
	X(SPECIFIC_APN_INFO, 1472, TGPP, "Specific-APN-Info", GROUPED, MV, 0)                      \
	X(LCS_INFO, 1473, TGPP, "LCS-Info", GROUPED, MV, 0)                                        \
	X(GMLC_NUMBER, 1474, TGPP, "GMLC-Number", OCTETS, MV, 0)                                   \
	X(LCS_PRIVACYEXCEPTION, 1475, TGPP, "LCS-PrivacyException", GROUPED, MV, 0)                \
	X(SS_CODE, 1476, TGPP, "SS-Code", OCTETS, MV, 0)                                           \
	X(SS_STATUS, 1477, TGPP, "SS-Status", OCTETS, MV, 0)                                       \
	X(NOTIFICATION_TO_UE_USER, 1478, TGPP, "Notification-To-UE-User", ENUM, MV, 0)             \
	X(EXTERNAL_CLIENT, 1479, TGPP, "External-Client", GROUPED, MV, 0)                          \
	X(CLIENT_IDENTITY, 1480, TGPP, "Client-Identity", OCTETS, MV, 0)                           \
	X(GMLC_RESTRICTION, 1481, TGPP, "GMLC-Restriction", ENUM, MV, 0)                           \
	X(PLMN_CLIENT, 1482, TGPP, "PLMN-Client", ENUM, MV, 0)                                     \
	X(SERVICE_TYPE, 1483, TGPP, "Service-Type", GROUPED, MV, 0)                                \
	X(SERVICETYPEIDENTITY, 1484, TGPP, "ServiceTypeIdentity", U32, MV, 0)                      \
	X(MO_LR, 1485, TGPP, "MO-LR", GROUPED, MV, 0)                                              \
	X(TELESERVICE_LIST, 1486, TGPP, "Teleservice-List", GROUPED, MV, 0)                        \
	X(TS_CODE, 1487, TGPP, "TS-Code", OCTETS, MV, 0)                                           \
	X(CALL_BARRING_INFO, 1488, TGPP, "Call-Barring-Info", GROUPED, MV, 0)                      \
	X(SGSN_NUMBER, 1489, TGPP, "SGSN-Number", OCTETS, MV, 0)                                   \
	X(IDR_FLAGS, 1490, TGPP, "IDR-Flags", U32, MV, 0)                                          \
	X(ICS_INDICATOR, 1491, TGPP, "ICS-Indicator", ENUM, V, 0)                                  \
	X(IMS_VOICE_OVER_PS_SESSIONS_SUPPORTED, 1492, TGPP,                                        \
		"IMS-Voice-Over-PS-Sessions-Supported", ENUM, V, 0)                                \
	X(HOMOGENEOUS_SUPPORT_OF_IMS_VOICE_OVER_PS_SESSIONS, 1493, TGPP,                           \
		"Homogeneous-Support-of-IMS-Voice-Over-PS-Sessions", ENUM, V, 0)                   \
	X(LAST_UE_ACTIVITY_TIME, 1494, TGPP, "Last-UE-Activity-Time", TIME, V, 0)                  \
	X(EPS_USER_STATE, 1495, TGPP, "EPS-User-State", GROUPED, V, 0)                             \
	X(EPS_LOCATION_INFORMATION, 1496, TGPP, "EPS-Location-Information", GROUPED, V, 0)         \
	X(MME_USER_STATE, 1497, TGPP, "MME-User-State", GROUPED, V, 0)                             \
	X(SGSN_USER_STATE, 1498, TGPP, "SGSN-User-State", GROUPED, V, 0)                           \
	X(USER_STATE, 1499, TGPP, "User-State", ENUM, V, 0)                                        \
	X(MME_LOCATION_INFORMATION, 1600, TGPP, "MME-Location-Information", GROUPED, V, 0)         \
	X(SGSN_LOCATION_INFORMATION, 1601, TGPP, "SGSN-Location-Information", GROUPED, V, 0)       \
	X(E_UTRAN_CELL_GLOBAL_IDENTITY, 1602, TGPP, "E-UTRAN-Cell-Global-Identity", OCTETS, V, 7)  \
	X(TRACKING_AREA_IDENTITY, 1603, TGPP, "Tracking-Area-Identity", OCTETS, V, 5)              \
	X(CELL_GLOBAL_IDENTITY, 1604, TGPP, "Cell-Global-Identity", OCTETS, V, 7)                  \
	X(ROUTING_AREA_IDENTITY, 1605, TGPP, "Routing-Area-Identity", OCTETS, V, 7)                \
	X(LOCATION_AREA_IDENTITY, 1606, TGPP, "Location-Area-Identity", OCTETS, V, 5)              \
	X(SERVICE_AREA_IDENTITY, 1607, TGPP, "Service-Area-Identity", OCTETS, V, 7)                \
	X(GEOGRAPHICAL_INFORMATION, 1608, TGPP, "Geographical-Information", OCTETS, V, 0)          \
	X(GEODETIC_INFORMATION, 1609, TGPP, "Geodetic-Information", OCTETS, V, 0)                  \
	X(CURRENT_LOCATION_RETRIEVED, 1610, TGPP, "Current-Location-Retrieved", ENUM, V, 0)        \
	X(AGE_OF_LOCATION_INFORMATION, 1611, TGPP, "Age-Of-Location-Information", U32, V, 0)       \
	X(ACTIVE_APN, 1612, TGPP, "Active-APN", GROUPED, V, 0)                                     \
	X(SIPTO_PERMISSION, 1613, TGPP, "SIPTO-Permission", ENUM, V, 0)                            \
	X(ERROR_DIAGNOSTIC, 1614, TGPP, "Error-Diagnostic", ENUM, V, 0)                            \
	X(UE_SRVCC_CAPABILITY, 1615, TGPP, "UE-SRVCC-Capability", ENUM, V, 0)                      \
	X(MPS_PRIORITY, 1616, TGPP, "MPS-Priority", U32, V, 0)                                     \
	X(VPLMN_LIPA_ALLOWED, 1617, TGPP, "VPLMN-LIPA-Allowed", ENUM, V, 0)                        \
	X(LIPA_PERMISSION, 1618, TGPP, "LIPA-Permission", ENUM, V, 0)                              \
	X(SUBSCRIBED_PERIODIC_RAU_TAU_TIMER, 1619, TGPP, "Subscribed-Periodic-RAU-TAU-Timer", U32, \
		V, 0)                                                                              \
	X(EXT_PDP_TYPE, 1620, TGPP, "Ext-PDP-Type", OCTETS, V, 0)                                  \
	X(EXT_PDP_ADDRESS, 1621, TGPP, "Ext-PDP-Address", ADDRESS, V, 0)                           \
	X(MDT_CONFIGURATION, 1622, TGPP, "MDT-Configuration", GROUPED, V, 0)                       \
	X(JOB_TYPE, 1623, TGPP, "Job-Type", ENUM, V, 0)                                            \
	X(AREA_SCOPE, 1624, TGPP, "Area-Scope", GROUPED, V, 0)                                     \
	X(LIST_OF_MEASUREMENTS, 1625, TGPP, "List-Of-Measurements", U32, V, 0)                     \
	X(REPORTING_TRIGGER, 1626, TGPP, "Reporting-Trigger", U32, V, 0)                           \
	X(REPORT_INTERVAL, 1627, TGPP, "Report-Interval", ENUM, V, 0)                              \
	X(REPORT_AMOUNT, 1628, TGPP, "Report-Amount", ENUM, V, 0)                                  \
	X(EVENT_THRESHOLD_RSRP, 1629, TGPP, "Event-Threshold-RSRP", U32, V, 0)                     \
	X(EVENT_THRESHOLD_RSRQ, 1630, TGPP, "Event-Threshold-RSRQ", U32, V, 0)                     \
	X(LOGGING_INTERVAL, 1631, TGPP, "Logging-Interval", ENUM, V, 0)                            \
	X(LOGGING_DURATION, 1632, TGPP, "Logging-Duration", ENUM, V, 0)                            \
	X(RELAY_NODE_INDICATOR, 1633, TGPP, "Relay-Node-Indicator", ENUM, V, 0)                    \
	X(MDT_USER_CONSENT, 1634, TGPP, "MDT-User-Consent", ENUM, V, 0)                            \
	X(PUR_FLAGS, 1635, TGPP, "PUR-Flags", U32, V, 0)                                           \
	X(SUBSCRIBED_VSRVCC, 1636, TGPP, "Subscribed-VSRVCC", ENUM, V, 0)                          \
	X(EQUIVALENT_PLMN_LIST, 1637, TGPP, "Equivalent-PLMN-List", GROUPED, V, 0)                 \
	X(CLR_FLAGS, 1638, TGPP, "CLR-Flags", U32, V, 0)                                           \
	X(UVR_FLAGS, 1639, TGPP, "UVR-Flags", U32, MV, 0)                                          \
	X(UVA_FLAGS, 1640, TGPP, "UVA-Flags", U32, MV, 0)                                          \
	X(VPLMN_CSG_SUBSCRIPTION_DATA, 1641, TGPP, "VPLMN-CSG-Subscription-Data", GROUPED, MV, 0)  \
	X(TIME_ZONE, 1642, TGPP, "Time-Zone", TEXT, V, 0)                                          \
	X(A_MSISDN, 1643, TGPP, "A-MSISDN", OCTETS, V, 0)                                          \
	X(MME_NUMBER_FOR_MT_SMS, 1645, TGPP, "MME-Number-for-MT-SMS", OCTETS, V, 0)                \
	X(SMS_REGISTER_REQUEST, 1648, TGPP, "SMS-Register-Request", ENUM, V, 0)                    \
	X(LOCAL_TIME_ZONE, 1649, TGPP, "Local-Time-Zone", GROUPED, V, 0)                           \
	X(DAYLIGHT_SAVING_TIME, 1650, TGPP, "Daylight-Saving-Time", ENUM, V, 0)                    \
	X(SUBSCRIPTION_DATA_FLAGS, 1654, TGPP, "Subscription-Data-Flags", U32, V, 0)               \
	X(MEASUREMENT_PERIOD_LTE, 1655, TGPP, "Measurement-Period-LTE", ENUM, V, 0)                \
	X(MEASUREMENT_PERIOD_UMTS, 1656, TGPP, "Measurement-Period-UMTS", ENUM, V, 0)              \
	X(COLLECTION_PERIOD_RRM_LTE, 1657, TGPP, "Collection-Period-RRM-LTE", ENUM, V, 0)          \
	X(COLLECTION_PERIOD_RRM_UMTS, 1658, TGPP, "Collection-Period-RRM-UMTS", ENUM, V, 0)        \
	X(POSITIONING_METHOD, 1659, TGPP, "Positioning-Method", OCTETS, V, 0)                      \
	X(MEASUREMENT_QUANTITY, 1660, TGPP, "Measurement-Quantity", OCTETS, V, 0)                  \
	X(EVENT_THRESHOLD_EVENT_1F, 1661, TGPP, "Event-Threshold-Event-1F", I32, V, 0)             \
	X(EVENT_THRESHOLD_EVENT_1I, 1662, TGPP, "Event-Threshold-Event-1I", I32, V, 0)             \
	X(RESTORATION_PRIORITY, 1663, TGPP, "Restoration-Priority", U32, V, 0)                     \
	X(SGS_MME_IDENTITY, 1664, TGPP, "SGs-MME-Identity", TEXT, V, 0)                            \
	X(SIPTO_LOCAL_NETWORK_PERMISSION, 1665, TGPP, "SIPTO-Local-Network-Permission", U32, V, 0) \
	X(COUPLED_NODE_DIAMETER_ID, 1666, TGPP, "Coupled-Node-Diameter-ID", IDENTITY, V, 0)        \
	X(WLAN_OFFLOADABILITY, 1667, TGPP, "WLAN-offloadability", GROUPED, V, 0)                   \
	X(WLAN_OFFLOADABILITY_EUTRAN, 1668, TGPP, "WLAN-offloadability-EUTRAN", U32, V, 0)         \
	X(WLAN_OFFLOADABILITY_UTRAN, 1669, TGPP, "WLAN-offloadability-UTRAN", U32, V, 0)           \
	X(RESET_ID, 1670, TGPP, "Reset-ID", OCTETS, V, 0)                                          \
	X(MDT_ALLOWED_PLMN_ID, 1671, TGPP, "MDT-Allowed-PLMN-Id", OCTETS, V, 0)                    \
	X(ADJACENT_PLMNS, 1672, TGPP, "Adjacent-PLMNs", GROUPED, V, 0)                             \
	X(ADJACENT_ACCESS_RESTRICTION_DATA, 1673, TGPP, "Adjacent-Access-Restriction-Data",        \
		GROUPED, V, 0)                                                                     \
	X(DL_BUFFERING_SUGGESTED_PACKET_COUNT, 1674, TGPP, "DL-Buffering-Suggested-Packet-Count",  \
		I32, V, 0)                                                                         \
	X(IMSI_GROUP_ID, 1675, TGPP, "IMSI-Group-Id", GROUPED, V, 0)                               \
	X(GROUP_SERVICE_ID, 1676, TGPP, "Group-Service-Id", U32, V, 0)                             \
	X(GROUP_PLMN_ID, 1677, TGPP, "Group-PLMN-Id", OCTETS, V, 0)                                \
	X(LOCAL_GROUP_ID, 1678, TGPP, "Local-Group-Id", OCTETS, V, 0)                              \
	X(AIR_FLAGS, 1679, TGPP, "AIR-Flags", U32, V, 0)                                           \
	X(UE_USAGE_TYPE, 1680, TGPP, "UE-Usage-Type", U32, V, 0)                                   \
	X(NON_IP_PDN_TYPE_INDICATOR, 1681, TGPP, "Non-IP-PDN-Type-Indicator", ENUM, V, 0)          \
	X(NON_IP_DATA_DELIVERY_MECHANISM, 1682, TGPP, "Non-IP-Data-Delivery-Mechanism", U32, V, 0) \
	X(ADDITIONAL_CONTEXT_IDENTIFIER, 1683, TGPP, "Additional-Context-Identifier", U32, V, 0)   \
	X(SCEF_REALM, 1684, TGPP, "SCEF-Realm", IDENTITY, V, 0)                                    \
	X(SUBSCRIPTION_DATA_DELETION, 1685, TGPP, "Subscription-Data-Deletion", GROUPED, V, 0)     \
	X(PREFERRED_DATA_MODE, 1686, TGPP, "Preferred-Data-Mode", U32, V, 0)                       \
	X(EMERGENCY_INFO, 1687, TGPP, "Emergency-Info", GROUPED, V, 0)                             \
	X(V2X_SUBSCRIPTION_DATA, 1688, TGPP, "V2X-Subscription-Data", GROUPED, V, 0)               \
	X(V2X_PERMISSION, 1689, TGPP, "V2X-Permission", U32, V, 0)                                 \
	X(PDN_CONNECTION_CONTINUITY, 1690, TGPP, "PDN-Connection-Continuity", U32, V, 0)           \
	X(EDRX_CYCLE_LENGTH, 1691, TGPP, "eDRX-Cycle-Length", GROUPED, V, 0)                       \
	X(EDRX_CYCLE_LENGTH_VALUE, 1692, TGPP, "eDRX-Cycle-Length-Value", OCTETS, V, 0)            \
	X(UE_PC5_AMBR, 1693, TGPP, "UE-PC5-AMBR", U32, V, 0)                                       \
	X(MBSFN_AREA, 1694, TGPP, "MBSFN-Area", GROUPED, V, 0)                                     \
	X(MBSFN_AREA_ID, 1695, TGPP, "MBSFN-Area-ID", U32, V, 0)                                   \
	X(CARRIER_FREQUENCY, 1696, TGPP, "Carrier-Frequency", U32, V, 0)                           \
	X(RDS_INDICATOR, 1697, TGPP, "RDS-Indicator", ENUM, V, 0)                                  \
	X(SERVICE_GAP_TIME, 1698, TGPP, "Service-Gap-Time", U32, V, 0)                             \
	X(AERIAL_UE_SUBSCRIPTION_INFORMATION, 1699, TGPP, "Aerial-UE-Subscription-Information",    \
		U32, V, 0)                                                                         \
	X(BROADCAST_LOCATION_ASSISTANCE_DATA_TYPES, 1700, TGPP,                                    \
		"Broadcast-Location-Assistance-Data-Types", U64, V, 0)                             \
	X(PAGING_TIME_WINDOW, 1701, TGPP, "Paging-Time-Window", GROUPED, V, 0)                     \
	X(OPERATION_MODE, 1702, TGPP, "Operation-Mode", U32, V, 0)                                 \
	X(PAGING_TIME_WINDOW_LENGTH, 1703, TGPP, "Paging-Time-Window-Length", OCTETS, V, 0)        \
	X(CORE_NETWORK_RESTRICTIONS, 1704, TGPP, "Core-Network-Restrictions", U32, V, 0)           \
	X(EDRX_RELATED_RAT, 1705, TGPP, "eDRX-Related-RAT", GROUPED, V, 0)                         \
	X(INTERWORKING_5GS_INDICATOR, 1706, TGPP, "Interworking-5GS-Indicator", ENUM, V, 0)        \
	X(GMLC_ADDRESS, 2405, TGPP, "GMLC-Address", ADDRESS, MV, 0)                                \
	X(EXTERNAL_IDENTIFIER, 3111, TGPP, "External-Identifier", TEXT, MV, 0)                     \
	X(SUPPORTED_SERVICES, 3143, TGPP, "Supported-Services", GROUPED, V, 0)                     \
	X(MAXIMUM_UE_AVAILABILITY_TIME, 3329, TGPP, "Maximum-UE-Availability-Time", TIME, V, 0)

enum s6a_avp {
#define S6A_AVP_ENUM(id, code, vendor, name, type, flags, len) AVP_##id,
	S6A_AVPS(S6A_AVP_ENUM)
#undef S6A_AVP_ENUM
		S6A_N_AVPS,
	S6A_NO_AVP = S6A_N_AVPS
};

enum avp_type {
	AVP_OCTETS,
	AVP_TEXT,     // UTF8String
	AVP_IDENTITY, // DiameterIdentity
	AVP_U32,
	AVP_I32,
	AVP_ENUM,
	AVP_U64,
	AVP_TIME,    // 4 octets
	AVP_ADDRESS, // address family in 2 octets, then 4 or 16
	AVP_GROUPED,
};

struct avp_row {
	uint32_t code;
	uint32_t vendor;
	const char *name;
	uint8_t type;  // enum avp_type
	uint8_t flags; // enum wire_avp_flags, as we send it
	uint8_t len;   // the one length its value may have; 0: by its type
};

extern const struct avp_row s6a_avps[S6A_N_AVPS];

// S6A_NO_AVP if it isn't in the table.
enum s6a_avp s6a_avp_find(uint32_t code, uint32_t vendor);
enum s6a_avp s6a_avp_by_name(const char *name);

// The least octets that a value of this type has: what a Failed-AVP is filled up to.
uint32_t avp_value_min(const struct avp_row *row);
