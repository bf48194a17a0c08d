// SPDX-License-Identifier: BSD-3-Clause
// The functions behind the rows of ie.c, one pair for each host form. Their contract is that of
// struct ie_codec.
#pragma once

#include "control/gtpc/cursor.h"
#include "control/gtpc/ie.h"

// X(suffix of the pair, host form)
#define IE_FORMS(X)                                                                                \
	X(imsi, struct gtpc_digits)                                                                \
	X(mei, struct gtpc_digits)                                                                 \
	X(plmn, struct gtpc_plmn)                                                                  \
	X(apn, struct gtpc_apn)                                                                    \
	X(apn_capacity, struct gtpc_apn_capacity)                                                  \
	X(addr, struct gtpc_addr)                                                                  \
	X(fteid, struct gtpc_fteid)                                                                \
	X(paa, struct gtpc_paa)                                                                    \
	X(fq_csid, struct gtpc_fq_csid)                                                            \
	X(ambr, struct gtpc_ambr)                                                                  \
	X(bearer_qos, struct gtpc_qos)                                                             \
	X(flow_qos, struct gtpc_qos)                                                               \
	X(packet_loss, struct gtpc_packet_loss)                                                    \
	X(serving_plmn_rate, struct gtpc_serving_plmn_rate)                                        \
	X(uli, struct gtpc_uli)                                                                    \
	X(uci, struct gtpc_uci)                                                                    \
	X(time_zone, struct gtpc_time_zone)                                                        \
	X(cause, struct gtpc_cause)                                                                \
	X(indication, struct gtpc_indication)                                                      \
	X(epc_timer, struct gtpc_epc_timer)                                                        \
	X(timed_counter, struct gtpc_timed_counter)                                                \
	X(octets, struct gtpc_octets)                                                              \
	X(private_extension, struct gtpc_private_extension)                                        \
	X(u8, uint8_t)                                                                             \
	X(nibble, uint8_t)                                                                         \
	X(rat_type, uint8_t)                                                                       \
	X(pdn_type, uint8_t)                                                                       \
	X(selection_mode, uint8_t)                                                                 \
	X(u16, uint16_t)                                                                           \
	X(u32, uint32_t)                                                                           \
	X(u48, uint64_t)                                                                           \
	X(integer, uint64_t)

#define X(suffix, form)                                                                            \
	int decode_##suffix(struct cursor *c, void *host);                                         \
	void encode_##suffix(struct writer *w, const void *host);
IE_FORMS(X)
#undef X
