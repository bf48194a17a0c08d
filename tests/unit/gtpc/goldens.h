// SPDX-License-Identifier: BSD-3-Clause
// Messages as partners send them, written by hand from the tables of TS 29.274; the comments name
// the clause of each and what each IE is.
#pragma once

// clang-format off
// 7.1.1
static const char echo_request[] =
	"40 01 0009 000001 00"
	"03 0001 00 07"; // Recovery

// 7.1.2
static const char echo_response[] =
	"40 02 000e 000001 00"
	"03 0001 00 2a" // Recovery
	"98 0001 00 00"; // Sending Node Features

// 7.2.1, as an SGW sends it at an attach that asks for IPv4v6
static const char create_session_request[] =
	"48 20 00e9 00000000 000102 00"
	"01 0008 00 62021132547698f0" // IMSI 262011234567890
	"4c 0006 00 947110325476" // MSISDN 491701234567
	"4b 0008 00 5396833065839021" // MEI
	"56 000d 00 18 62f210 1234 62f210 00abcdef" // ULI: TAI, ECGI
	"53 0003 00 62f210" // Serving Network 262-01
	"52 0001 00 06" // RAT Type E-UTRAN
	"4d 0003 00 80 00 00" // Indication: DAF
	"57 0009 00 86 11111111 0a0a0002" // Sender F-TEID, S5/S8-C SGW
	"47 0009 00 08 696e7465726e6574" // APN internet
	"80 0001 00 00" // Selection Mode
	"63 0001 00 03" // PDN Type IPv4v6
	"4f 0016 00 03 00 00000000000000000000000000000000 00000000" // PAA, dynamic
	"7f 0001 00 00" // Maximum APN Restriction
	"48 0008 00 0000c350 000249f0" // APN-AMBR
	"4e 0007 00 80 000d00 001000" // PCO
	"5d 002c 00" // Bearer Context to be created
	"49 0001 00 05" // EBI
	"50 0016 00 61 09 0000000000 0000000000 0000000000 0000000000" // Bearer QoS
	"57 0009 02 84 22222222 0a0a0003" // S5/S8-U SGW
	"03 0001 00 07" // Recovery
	"72 0002 00 40 01" // UE Time Zone
	"5f 0002 00 0800"; // Charging Characteristics

// 7.2.2
static const char create_session_response[] =
	"48 21 0063 11111111 000102 00"
	"02 0002 00 12 00" // Cause: new PDN type due to network preference
	"57 0009 01 87 33333333 0a0a0001" // PGW F-TEID, S5/S8-C PGW
	"4f 0005 00 01 64400007" // PAA 100.64.0.7
	"7f 0001 00 00" // APN Restriction
	"4e 000d 00 80 000d04 0a140002 001002 0578" // PCO
	"5d 0020 00" // Bearer Context created
	"49 0001 00 05" // EBI
	"02 0002 00 10 00" // Cause
	"57 0009 02 85 44444444 0a0a0001" // S5/S8-U PGW
	"5e 0004 00 0000002a" // Charging ID
	"03 0001 00 2a"; // Recovery

// 7.2.7, at a change of the SGW
static const char modify_bearer_request[] =
	"48 22 004d 33333333 000103 00"
	"56 000d 00 18 62f210 1234 62f210 00abcdef" // ULI
	"53 0003 00 62f210" // Serving Network
	"52 0001 00 06" // RAT Type
	"57 0009 00 86 55555555 0a0a0004" // Sender F-TEID
	"5d 0012 00" // Bearer Context to be modified
	"49 0001 00 05" // EBI
	"57 0009 01 84 66666666 0a0a0004" // S5/S8-U SGW
	"03 0001 00 01"; // Recovery

// 7.2.8
static const char modify_bearer_response[] =
	"48 23 0036 55555555 000103 00"
	"02 0002 00 10 00" // Cause
	"4c 0006 00 947110325476" // MSISDN
	"5d 0013 00" // Bearer Context modified
	"49 0001 00 05" // EBI
	"02 0002 00 10 00" // Cause
	"5e 0004 00 0000002a" // Charging ID
	"4d 0003 00 00 00 08"; // Indication: S4AF

// 7.2.9.1
static const char delete_session_request[] =
	"48 24 0031 33333333 000104 00"
	"49 0001 00 05" // LBI
	"56 000d 00 18 62f210 1234 62f210 00abcdef" // ULI
	"4d 0002 00 08 00" // Indication: OI
	"57 0009 00 86 55555555 0a0a0004"; // Sender F-TEID

// 7.2.10.1
static const char delete_session_response[] =
	"48 25 0013 55555555 000104 00"
	"02 0002 00 10 00" // Cause
	"03 0001 00 2a"; // Recovery

// 7.2.9.2
static const char delete_bearer_request[] =
	"48 63 0013 55555555 000007 00"
	"49 0001 00 05" // LBI
	"02 0002 00 08 00"; // Cause: reactivation requested

// 7.2.10.2
static const char delete_bearer_response[] =
	"48 64 0027 33333333 000007 00"
	"02 0002 00 10 00" // Cause
	"49 0001 00 05" // LBI
	"03 0001 00 07" // Recovery
	"5d 000b 00" // Bearer Context
	"49 0001 00 06" // EBI
	"02 0002 00 10 00"; // Cause

// 7.2.3
static const char create_bearer_request[] =
	"48 5f 004f 55555555 000008 00"
	"49 0001 00 05" // LBI
	"5d 003e 00" // Bearer Context
	"49 0001 00 00" // EBI: the MME chooses
	"54 0006 00 21 11 0a 02 30 11" // TFT
	"57 0009 01 85 77777777 0a0a0001" // S5/S8-U PGW
	"50 0016 00 08 01 0000000040 0000000040 0000000040 0000000040" // Bearer QoS
	"5e 0004 00 0000002b"; // Charging ID

// 7.2.4
static const char create_bearer_response[] =
	"48 60 0037 33333333 000008 00"
	"02 0002 00 10 00" // Cause
	"5d 0025 00" // Bearer Context
	"49 0001 00 06" // EBI
	"02 0002 00 10 00" // Cause
	"57 0009 02 84 88888888 0a0a0004" // S5/S8-U SGW
	"57 0009 03 85 77777777 0a0a0001"; // S5/S8-U PGW

// 7.2.14.1
static const char modify_bearer_command[] =
	"48 40 0037 33333333 800009 00"
	"48 0008 00 00002710 00004e20" // APN-AMBR
	"5d 001f 00" // Bearer Context
	"49 0001 00 05" // EBI
	"50 0016 00 61 09 0000000000 0000000000 0000000000 0000000000"; // Bearer QoS

// 7.2.15, started by the Command
static const char update_bearer_request[] =
	"48 61 001d 55555555 800009 00"
	"5d 0005 00" // Bearer Context
	"49 0001 00 05" // EBI
	"48 0008 00 00002710 00004e20"; // APN-AMBR

// 7.2.5
static const char bearer_resource_command[] =
	"48 44 0042 33333333 80000a 00"
	"49 0001 00 05" // LBI
	"64 0001 00 09" // PTI
	"51 0015 00 01 0000000040 0000000040 0000000040 0000000040" // Flow QoS
	"55 0006 00 21 11 0a 02 30 11" // TAD
	"57 0009 02 86 55555555 0a0a0004"; // Sender F-TEID

// 7.3.14
static const char change_notification_request[] =
	"48 26 0023 33333333 00000b 00"
	"01 0008 00 62021132547698f0" // IMSI
	"52 0001 00 08" // RAT Type NB-IoT
	"56 0006 00 08 62f210 1234"; // ULI: TAI

// 7.9.1, two sets of one SGW
static const char delete_pdn_set_request[] =
	"48 65 001e 00000000 00000c 00"
	"84 0007 01 01 0a0a0002 0001" // SGW-FQ-CSID
	"84 0007 01 01 0a0a0002 0002"; // SGW-FQ-CSID

// clang-format on

static const struct golden_message {
	const char *name;
	const char *hex;
} golden_messages[] = {
	{ "echo_request", echo_request },
	{ "echo_response", echo_response },
	{ "create_session_request", create_session_request },
	{ "create_session_response", create_session_response },
	{ "modify_bearer_request", modify_bearer_request },
	{ "modify_bearer_response", modify_bearer_response },
	{ "delete_session_request", delete_session_request },
	{ "delete_session_response", delete_session_response },
	{ "delete_bearer_request", delete_bearer_request },
	{ "delete_bearer_response", delete_bearer_response },
	{ "create_bearer_request", create_bearer_request },
	{ "create_bearer_response", create_bearer_response },
	{ "modify_bearer_command", modify_bearer_command },
	{ "update_bearer_request", update_bearer_request },
	{ "bearer_resource_command", bearer_resource_command },
	{ "change_notification_request", change_notification_request },
	{ "delete_pdn_set_request", delete_pdn_set_request },
};
#define N_GOLDEN_MESSAGES (sizeof(golden_messages) / sizeof(golden_messages[0]))
