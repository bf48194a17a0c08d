// SPDX-License-Identifier: BSD-3-Clause
#include "tests/ue/options.h"

#include "config/cfg.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
	"torii-ue: test subscriber. Plays SGW and MME towards a packet gateway over GTPv2-C and\n"
	"GTP-U, and gives each attached device a TUN interface, so that any program can run on "
	"it.\n"
	"\n"
	"  torii-ue attach [options]       attach devices; stays until they are detached or "
	"Ctrl-C\n"
	"  torii-ue status [--json]        devices, addresses, counters\n"
	"  torii-ue move all|N ADDRESS     to another SGW (Modify Bearer with new F-TEIDs)\n"
	"  torii-ue detach all|N|IMSI      Delete Session; attach ends with its last device\n"
	"  torii-ue command N COMMAND      sends a Command to the gateway:\n"
	"        modify UL DL QCI          Modify Bearer: APN-AMBR in kbit/s, QCI\n"
	"        delete EBI                Delete Bearer: of a dedicated one\n"
	"        resource QCI FILTER       Bearer Resource: a new one for packets that fit the "
	"filter,\n"
	"                                  like \"udp remote 10.20.0.2 port 5004-5010\"\n"
	"\n"
	"Where\n"
	"  --gateway ADDRESS     GTPv2-C address of the gateway (10.10.0.1, fd00:10::1 where our\n"
	"                        addresses are of IPv6)\n"
	"  --sgw ADDRESS[,...]   our SGW addresses, of IPv4 or IPv6 as the gateway's; devices are\n"
	"                        spread over them (10.10.0.2)\n"
	"  --netns NAME          network namespace that has these addresses (the current one)\n"
	"  --socket PATH         where attach listens for the other commands (/run/torii-ue.sock)\n"
	"Who\n"
	"  --devices N           how many (1)\n"
	"  --imsi DIGITS         IMSI of the first one; the others follow (001010000000001)\n"
	"  --msisdn DIGITS       MSISDN of the first one (none)\n"
	"  --apn NAME            (internet)\n"
	"  --pdn-type TYPE[,...] ipv4, ipv6 or ipv4v6; devices take them in turn (ipv4)\n"
	"  --address ADDRESS[,...] static address of IPv4, IPv6 or one of each, that the first "
	"device\n"
	"                        asks for\n"
	"  --user U --password P by PAP\n"
	"  --pco LIST            what is asked for: ipcp,dns,mtu or none (ipcp,dns,mtu)\n"
	"  --epco                asked by ePCO instead of PCO\n"
	"  --qci N               (9)\n"
	"  --ambr-ul KBPS, --ambr-dl KBPS   APN-AMBR asked for (50000, 100000)\n"
	"How\n"
	"  --name PREFIX         device N gets the namespace PREFIX<N> (torii-ue)\n"
	"  --no-netns            leave the TUN interfaces in the SGWs' namespace, as ue<N>\n"
	"  --background          return when all are attached, or none and exit 1 if one fails\n"
	"  --piggyback           let the gateway's requests ride on its answers\n"
	"  --t3 MS, --n3 N       T3-RESPONSE and N3-REQUESTS (3000, 3)\n"
	"\n"
	"Examples\n"
	"  torii-ue attach --netns torii-sgw --devices 4 --sgw 10.10.0.2,10.10.0.3 --background\n"
	"  ip netns exec torii-ue0 ping 10.20.0.2\n"
	"  torii-ue move 0 10.10.0.3\n"
	"  torii-ue detach all\n";

enum option_id {
	OPT_GATEWAY = 256,
	OPT_SGW,
	OPT_NETNS,
	OPT_SOCKET,
	OPT_DEVICES,
	OPT_IMSI,
	OPT_MSISDN,
	OPT_APN,
	OPT_PDN_TYPE,
	OPT_ADDRESS,
	OPT_USER,
	OPT_PASSWORD,
	OPT_PCO,
	OPT_EPCO,
	OPT_QCI,
	OPT_AMBR_UL,
	OPT_AMBR_DL,
	OPT_NAME,
	OPT_NO_NETNS,
	OPT_BACKGROUND,
	OPT_PIGGYBACK,
	OPT_T3,
	OPT_N3,
	OPT_JSON,
};

static const struct option options[] = {
	{ "gateway", required_argument, NULL, OPT_GATEWAY },
	{ "sgw", required_argument, NULL, OPT_SGW },
	{ "netns", required_argument, NULL, OPT_NETNS },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "devices", required_argument, NULL, OPT_DEVICES },
	{ "imsi", required_argument, NULL, OPT_IMSI },
	{ "msisdn", required_argument, NULL, OPT_MSISDN },
	{ "apn", required_argument, NULL, OPT_APN },
	{ "pdn-type", required_argument, NULL, OPT_PDN_TYPE },
	{ "address", required_argument, NULL, OPT_ADDRESS },
	{ "user", required_argument, NULL, OPT_USER },
	{ "password", required_argument, NULL, OPT_PASSWORD },
	{ "pco", required_argument, NULL, OPT_PCO },
	{ "epco", no_argument, NULL, OPT_EPCO },
	{ "qci", required_argument, NULL, OPT_QCI },
	{ "ambr-ul", required_argument, NULL, OPT_AMBR_UL },
	{ "ambr-dl", required_argument, NULL, OPT_AMBR_DL },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "no-netns", no_argument, NULL, OPT_NO_NETNS },
	{ "background", no_argument, NULL, OPT_BACKGROUND },
	{ "piggyback", no_argument, NULL, OPT_PIGGYBACK },
	{ "t3", required_argument, NULL, OPT_T3 },
	{ "n3", required_argument, NULL, OPT_N3 },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 },
};

static char request[256];
static bool wants_json;

static bool
take_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	return cfg_parse_uint(text, out) == 0 && *out >= min && *out <= max;
}

static bool
take_u32(const char *text, uint32_t min, uint32_t max, uint32_t *out)
{
	uint64_t value;

	if (!take_number(text, min, max, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

// Decimal digits, leading zeros included.
static bool
take_digits(const char *text, size_t min, uint64_t *out)
{
	size_t n = strspn(text, "0123456789");

	if (n < min || n > 15 || text[n])
		return false;
	*out = strtoull(text, NULL, 10);
	return true;
}

static bool
take_text(const char *text, char *out, size_t room)
{
	return (size_t)snprintf(out, room, "%s", text) < room;
}

static bool
take_sgws(const char *text, struct ue_options *o)
{
	char list[256], *rest = list, *word;

	if (!take_text(text, list, sizeof(list)))
		return false;
	o->n_sgws = 0;
	while ((word = strsep(&rest, ",")) != NULL)
		if (o->n_sgws == UE_SGWS_MAX || gtpc_addr_parse(word, &o->sgw[o->n_sgws++]))
			return false;
	return o->n_sgws > 0;
}

static uint8_t
pdn_type_of(const char *word)
{
	if (strcmp(word, "ipv4") == 0)
		return GTPC_PDN_IPV4;
	if (strcmp(word, "ipv6") == 0)
		return GTPC_PDN_IPV6;
	return strcmp(word, "ipv4v6") == 0 ? GTPC_PDN_IPV4V6 : 0;
}

static bool
take_pdn_types(const char *text, struct ue_options *o)
{
	char list[64], *rest = list, *word;

	if (!take_text(text, list, sizeof(list)))
		return false;
	o->n_pdn_types = 0;
	while ((word = strsep(&rest, ",")) != NULL) {
		uint8_t type = pdn_type_of(word);

		if (type == 0 || o->n_pdn_types == UE_PDN_TYPES_MAX)
			return false;
		o->pdn_type[o->n_pdn_types++] = type;
	}
	return true;
}

static bool
take_pco(const char *text, struct ue_options *o)
{
	char list[64], *rest = list, *word;

	if (!take_text(text, list, sizeof(list)))
		return false;
	o->pco = 0;
	while ((word = strsep(&rest, ",")) != NULL) {
		if (strcmp(word, "ipcp") == 0)
			o->pco |= UE_PCO_IPCP;
		else if (strcmp(word, "dns") == 0)
			o->pco |= UE_PCO_DNS;
		else if (strcmp(word, "mtu") == 0)
			o->pco |= UE_PCO_MTU;
		else if (strcmp(word, "none"))
			return false;
	}
	return true;
}

static bool
take_address(const char *text, struct ue_options *o)
{
	char list[128], *rest = list, *word;
	struct gtpc_addr a;

	if (!take_text(text, list, sizeof(list)))
		return false;
	while ((word = strsep(&rest, ",")) != NULL) {
		if (gtpc_addr_parse(word, &a))
			return false;
		memcpy(a.family == 4 ? o->address : o->address6, a.bytes, gtpc_addr_size(&a));
	}
	return true;
}

static bool
take_qci(const char *text, struct ue_options *o)
{
	uint64_t value;

	if (!take_number(text, 1, 254, &value))
		return false;
	o->qci = (uint8_t)value;
	return true;
}

// False: the value doesn't fit.
static bool
take_who(int opt, const char *v, struct ue_options *o)
{
	switch (opt) {
	case OPT_DEVICES:
		return take_u32(v, 1, UE_DEVICES_MAX, &o->n_devices);
	case OPT_IMSI:
		return take_digits(v, 14, &o->imsi);
	case OPT_MSISDN:
		return take_digits(v, 3, &o->msisdn);
	case OPT_APN:
		return take_text(v, o->apn, sizeof(o->apn));
	case OPT_PDN_TYPE:
		return take_pdn_types(v, o);
	case OPT_ADDRESS:
		return take_address(v, o);
	case OPT_USER:
		return take_text(v, o->user, sizeof(o->user));
	case OPT_PASSWORD:
		return take_text(v, o->password, sizeof(o->password));
	case OPT_PCO:
		return take_pco(v, o);
	case OPT_QCI:
		return take_qci(v, o);
	case OPT_AMBR_UL:
		return take_u32(v, 1, UINT32_MAX, &o->ambr_ul_kbps);
	default:
		return take_u32(v, 1, UINT32_MAX, &o->ambr_dl_kbps);
	}
}

static bool
take_option(int opt, const char *v, struct ue_options *o)
{
	switch (opt) {
	case OPT_GATEWAY:
		return gtpc_addr_parse(v, &o->gateway) == 0;
	case OPT_SGW:
		return take_sgws(v, o);
	case OPT_NETNS:
		return take_text(v, o->netns, sizeof(o->netns));
	case OPT_SOCKET:
		return take_text(v, o->socket, sizeof(o->socket));
	case OPT_NAME:
		return take_text(v, o->name, sizeof(o->name));
	case OPT_T3:
		return take_u32(v, 10, 60000, &o->t3_ms);
	case OPT_N3:
		return take_u32(v, 1, 10, &o->n3);
	case OPT_EPCO:
		o->epco = true;
		return true;
	case OPT_NO_NETNS:
		o->use_netns = false;
		return true;
	case OPT_BACKGROUND:
		o->background = true;
		return true;
	case OPT_PIGGYBACK:
		o->piggyback = true;
		return true;
	case OPT_JSON:
		wants_json = true;
		return true;
	default:
		return take_who(opt, v, o);
	}
}

static int
complain(const char *what)
{
	fprintf(stderr, "torii-ue: %s (torii-ue --help says more)\n", what);
	return 3;
}

static void
take_words(int n, char **word)
{
	size_t at = 0;

	for (int i = 0; i < n && at < sizeof(request); i++)
		at += (size_t)snprintf(
			request + at, sizeof(request) - at, "%s%s", i ? " " : "", word[i]);
}

// The words behind the options: one command.
static int
take_verb(int n, char **word, enum ue_verb *verb)
{
	*verb = UE_CLIENT;
	if (n == 1 && strcmp(word[0], "attach") == 0)
		*verb = UE_ATTACH;
	else if (n == 1 && strcmp(word[0], "status") == 0)
		snprintf(request, sizeof(request), "status%s", wants_json ? " json" : "");
	else if (n == 3 && strcmp(word[0], "move") == 0)
		snprintf(request, sizeof(request), "move %s %s", word[1], word[2]);
	else if (n == 2 && strcmp(word[0], "detach") == 0)
		snprintf(request, sizeof(request), "detach %s", word[1]);
	else if (n > 2 && strcmp(word[0], "command") == 0)
		take_words(n, word);
	else
		return complain(n ? "no such command" : "which command?");
	return 0;
}

// The gateway of the lab unless one was given; a tunnel has the same family at both ends.
static int
check_families(struct ue_options *o)
{
	if (o->gateway.family == 0)
		gtpc_addr_parse(o->sgw[0].family == 6 ? "fd00:10::1" : "10.10.0.1", &o->gateway);
	for (unsigned int i = 0; i < o->n_sgws; i++)
		if (o->sgw[i].family != o->gateway.family)
			return complain("--sgw and --gateway: either all of IPv4 or all of IPv6");
	return 0;
}

int
options_parse(int argc, char **argv, struct ue_options *o, enum ue_verb *verb)
{
	char text[128];
	int opt, at = 0;

	*o = (struct ue_options){ .n_sgws = 1,
		.n_devices = 1,
		.apn = "internet",
		.name = "torii-ue",
		.imsi = 1010000000001ULL,
		.pdn_type = { GTPC_PDN_IPV4 },
		.n_pdn_types = 1,
		.use_netns = true,
		.pco = UE_PCO_IPCP | UE_PCO_DNS | UE_PCO_MTU,
		.socket = "/run/torii-ue.sock",
		.t3_ms = 3000,
		.n3 = 3,
		.qci = 9,
		.ambr_ul_kbps = 50000,
		.ambr_dl_kbps = 100000 };
	gtpc_addr_parse("10.10.0.2", &o->sgw[0]);
	while ((opt = getopt_long(argc, argv, "h", options, &at)) != -1) {
		if (opt == 'h') {
			fputs(usage, stdout);
			return 1;
		}
		if (opt == '?')
			return 3;
		if (take_option(opt, optarg, o))
			continue;
		snprintf(text, sizeof(text), "--%s: \"%.60s\" isn't possible", options[at].name,
			optarg);
		return complain(text);
	}
	opt = check_families(o);
	return opt ? opt : take_verb(argc - optind, argv + optind, verb);
}

const char *
options_request(void)
{
	return request;
}
