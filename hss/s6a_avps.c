// SPDX-License-Identifier: BSD-3-Clause
#include "hss/s6a_avps.h"

#include "hss/wire.h"

#include <strings.h>

#define VENDOR_BASE 0
#define VENDOR_TGPP TGPP_VENDOR
#define FLAGS_O 0
#define FLAGS_M WIRE_MANDATORY
#define FLAGS_V WIRE_VENDOR
#define FLAGS_MV (WIRE_MANDATORY | WIRE_VENDOR)

const struct avp_row s6a_avps[S6A_N_AVPS] = {
#define ROW(id_, code_, vendor_, name_, type_, flags_, len_)                                       \
	[AVP_##id_] = {                                                                            \
		.code = code_,                                                                     \
		.vendor = VENDOR_##vendor_,                                                        \
		.name = name_,                                                                     \
		.type = AVP_##type_,                                                               \
		.flags = FLAGS_##flags_,                                                           \
		.len = len_,                                                                       \
	},
	S6A_AVPS(ROW)
#undef ROW
};

enum s6a_avp
s6a_avp_find(uint32_t code, uint32_t vendor)
{
	unsigned low = 0, high = S6A_N_AVPS;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		const struct avp_row *row = &s6a_avps[middle];

		if (row->vendor == vendor && row->code == code)
			return (enum s6a_avp)middle;
		if (row->vendor < vendor || (row->vendor == vendor && row->code < code))
			low = middle + 1;
		else
			high = middle;
	}
	return S6A_NO_AVP;
}

enum s6a_avp
s6a_avp_by_name(const char *name)
{
	for (unsigned i = 0; i < S6A_N_AVPS; i++)
		if (strcasecmp(s6a_avps[i].name, name) == 0)
			return (enum s6a_avp)i;
	return S6A_NO_AVP;
}

uint32_t
avp_value_min(const struct avp_row *row)
{
	switch (row->type) {
	case AVP_U32:
	case AVP_I32:
	case AVP_ENUM:
	case AVP_TIME:
		return 4;
	case AVP_U64:
		return 8;
	case AVP_ADDRESS:
		return 6;
	default:
		return row->len;
	}
}
