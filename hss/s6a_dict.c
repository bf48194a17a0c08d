// SPDX-License-Identifier: BSD-3-Clause
#include "hss/s6a_dict.h"

#include <freeDiameter/freeDiameter-host.h>
#include <freeDiameter/libfdcore.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_LEN 64

// TS 29.272 7.2.
static const struct {
	uint32_t code;
	const char *name;
} commands[S6A_N_COMMANDS] = {
	[S6A_ULR] = { 316, "Update-Location" },
	[S6A_CLR] = { 317, "Cancel-Location" },
	[S6A_AIR] = { 318, "Authentication-Information" },
	[S6A_IDR] = { 319, "Insert-Subscriber-Data" },
	[S6A_DSR] = { 320, "Delete-Subscriber-Data" },
	[S6A_PUR] = { 321, "Purge-UE" },
	[S6A_RSR] = { 322, "Reset" },
	[S6A_NOR] = { 323, "Notify" },
};

static struct dict_object *application;

struct dict_object *
s6a_dict_application(void)
{
	return application;
}

uint32_t
s6a_command_code(enum s6a_command command)
{
	return commands[command].code;
}

const char *
s6a_command_name(enum s6a_command command)
{
	return commands[command].name;
}

// The library's structures have members that aren't const, but it copies what they point to.
static char *
unconst(const char *text)
{
	char *copy;

	memcpy(&copy, &text, sizeof(copy));
	return copy;
}

static enum dict_avp_basetype
base_type(enum avp_type type)
{
	switch (type) {
	case AVP_U32:
		return AVP_TYPE_UNSIGNED32;
	case AVP_I32:
	case AVP_ENUM:
		return AVP_TYPE_INTEGER32;
	case AVP_U64:
		return AVP_TYPE_UNSIGNED64;
	case AVP_GROUPED:
		return AVP_TYPE_GROUPED;
	default:
		return AVP_TYPE_OCTETSTRING;
	}
}

static int
find_or_add_avp(struct dictionary *dict, enum s6a_avp avp)
{
	const struct avp_row *row = &s6a_avps[avp];
	struct dict_avp_request by = { .avp_vendor = row->vendor, .avp_code = row->code };
	struct dict_avp_data fresh = {
		.avp_code = row->code,
		.avp_vendor = row->vendor,
		.avp_name = unconst(row->name),
		.avp_flag_mask = AVP_FLAG_VENDOR | AVP_FLAG_MANDATORY,
		.avp_flag_val = row->flags,
		.avp_basetype = base_type((enum avp_type)row->type),
	};
	struct dict_object *made = NULL;

	if (fd_dict_search(dict, DICT_AVP, AVP_BY_CODE_AND_VENDOR, &by, &made, 0) == 0 &&
		made != NULL)
		return 0;
	return -fd_dict_new(dict, DICT_AVP, &fresh, NULL, &made);
}

// No rules: the screen has judged what is in a message before.
static int
add_command(struct dictionary *dict, enum s6a_command command)
{
	char name[NAME_MAX_LEN];
	struct dict_cmd_data d = {
		.cmd_code = commands[command].code,
		.cmd_name = name,
		.cmd_flag_mask = CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE | CMD_FLAG_ERROR,
		.cmd_flag_val = CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE,
	};
	struct dict_object *made;
	int ret;

	snprintf(name, sizeof(name), "%s-Request", commands[command].name);
	ret = fd_dict_new(dict, DICT_COMMAND, &d, application, &made);
	if (ret != 0)
		return -ret;
	snprintf(name, sizeof(name), "%s-Answer", commands[command].name);
	d.cmd_flag_mask = CMD_FLAG_REQUEST | CMD_FLAG_PROXIABLE;
	d.cmd_flag_val = CMD_FLAG_PROXIABLE;
	return -fd_dict_new(dict, DICT_COMMAND, &d, application, &made);
}

int
s6a_dict_open(void)
{
	struct dictionary *dict = fd_g_config->cnf_dict;
	struct dict_vendor_data v = { .vendor_id = TGPP_VENDOR, .vendor_name = unconst("3GPP") };
	struct dict_application_data a = { .application_id = S6A_APPLICATION,
		.application_name = unconst("S6a") };
	struct dict_object *vendor;
	int ret;

	ret = -fd_dict_new(dict, DICT_VENDOR, &v, NULL, &vendor);
	if (ret == 0)
		ret = -fd_dict_new(dict, DICT_APPLICATION, &a, vendor, &application);
	for (unsigned i = 0; ret == 0 && i < S6A_N_AVPS; i++)
		ret = find_or_add_avp(dict, (enum s6a_avp)i);
	for (unsigned i = 0; ret == 0 && i < S6A_N_COMMANDS; i++)
		ret = add_command(dict, (enum s6a_command)i);
	return ret == 0 ? -fd_disp_app_support(application, vendor, 1, 0) : ret;
}
