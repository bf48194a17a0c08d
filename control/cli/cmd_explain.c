// SPDX-License-Identifier: BSD-3-Clause
// `explain packet`: the way that a packet would take, step by step. The worker that owns the packet says
// it, by the same functions that it decides by; here it is put into words.
#include "control/cli/commands.h"
#include "control/cli/packet_text.h"
#include "control/cli/text.h"
#include "control/cli/words.h"
#include "control/session/pgw.h"
#include "control/trace/trace_text.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#define LEN_MIN 28 // IPv4 and UDP or ICMP
#define LEN_MIN6 48
#define LEN_DEFAULT 100
#define TTL_DEFAULT 64
#define PORT_DEFAULT 40000 // of the source
#define GTPU_PORT 2152

// A question and who waits for its answer.
struct asking {
	struct pgw *pgw;
	struct cli_job *job;
	struct dp_explain q;
	unsigned int worker;
};

struct proto_name {
	uint8_t number;
	const char *name;
};

static const struct proto_name protos[] = { { IPPROTO_UDP, "udp" }, { IPPROTO_TCP, "tcp" },
	{ IPPROTO_ICMP, "icmp" }, { IPPROTO_ICMPV6, "icmpv6" }, { IPPROTO_SCTP, "sctp" },
	{ IPPROTO_GRE, "gre" }, { IPPROTO_ESP, "esp" } };

static bool
parse_proto(const char *value, uint8_t *proto)
{
	uint64_t n;

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (strcmp(value, protos[i].name) == 0) {
			*proto = protos[i].number;
			return true;
		}
	if (!cli_word_uint(value, &n) || n > 255)
		return false;
	*proto = (uint8_t)n;
	return true;
}

static bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_UDP || proto == IPPROTO_TCP || proto == IPPROTO_SCTP;
}

// ---- What is said

static const char *
iface_name(const struct dp_header *h, uint16_t iface)
{
	return iface < h->n_ifaces ? h->iface[iface].name : "-";
}

static const char *
vrf_name(const struct dp_header *h, uint16_t vrf)
{
	return vrf < h->n_vrfs ? h->vrf[vrf].name : "-";
}

static void
print_packet(const struct dp_explain *q, struct cli_out *out)
{
	char src[TEXT_MAX], dst[TEXT_MAX], proto[16];

	snprintf(proto, sizeof(proto), "protocol %u", q->proto);
	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
		if (protos[i].number == q->proto)
			snprintf(proto, sizeof(proto), "%s", protos[i].name);
	cli_out_printf(out, "Packet        %s, %s",
		q->direction == DP_UPLINK ? "uplink" : "downlink", text_addr(&q->src, src));
	cli_out_printf(out, " > %s, %s", text_addr(&q->dst, dst), proto);
	if (has_ports(q->proto))
		cli_out_printf(out, " %u > %u", q->src_port, q->dst_port);
	else if (q->proto == IPPROTO_ICMP || q->proto == IPPROTO_ICMPV6)
		cli_out_printf(out, " echo request");
	else if (q->spi)
		cli_out_printf(out, " SPI 0x%08x", q->spi);
	cli_out_printf(out, ", %u bytes, TTL %u", q->len, q->ttl);
	if (q->tos)
		cli_out_printf(out, ", ToS 0x%02x", q->tos);
	if (q->flow_label)
		cli_out_printf(out, ", flow label 0x%05x", q->flow_label);
	if (q->fragment)
		cli_out_printf(out, ", %s fragment",
			q->fragment == DP_FRAGMENT_FIRST ? "the first" : "a later");
	cli_out_printf(out, "%s\n", q->may_cut || q->src.family == 6 ? "" : ", don't fragment");
}

// The owner takes over what other workers receive, by a ring from each.
static void
print_owner(const struct asking *a, const struct dp_explanation *e, struct cli_out *out)
{
	cli_out_printf(out, "              shard %u, owned by worker %u%s\n", e->shard, a->worker,
		a->q.by_alias ? " (by an alias of the second address)" : "");
	if (e->handoff_room)
		cli_out_printf(out,
			"              what others receive is handed to it; the fullest ring, "
			"worker %u's, holds %u of %u frames%s\n",
			e->handoff_from, e->handoff_waiting, e->handoff_room,
			e->handoff_waiting == e->handoff_room
				? ": what that one receives is dropped"
				: "");
}

// It is for this machine and no session is looked for.
static bool
is_for_gateway(const struct dp_explanation *e)
{
	switch (e->outcome) {
	case DP_OUTCOME_PUNTED:
	case DP_OUTCOME_POLICED:
	case DP_OUTCOME_GTPU:
	case DP_OUTCOME_FRAGMENT:
		return true;
	}
	return e->drop == DP_DROP_PUNT_FULL;
}

// The receiving worker's ring to main, and what main lets pass. Any worker may receive it.
static void
print_way_to_linux(const struct asking *a, const struct dp_explanation *e, struct cli_out *out)
{
	static const char *const classes[] = {
#define X(NAME, name, text) text,
		DP_PUNT_CLASSES_LIST(X)
#undef X
	};

	cli_out_printf(out, "              is Linux's, class %s\n",
		e->punt_class < DP_PUNT_CLASSES ? classes[e->punt_class] : "?");
	cli_out_printf(out, "              worker %u's ring to Linux holds %u of %u frames; ",
		a->worker, e->punt_waiting, e->punt_room);
	if (e->punt_pps)
		cli_out_printf(out, "%u of %u frames may go now, %u a second\n", e->punt_frames,
			e->punt_frames_max, e->punt_pps);
	else
		cli_out_printf(out, "no limit to their rate\n");
}

static void
print_local(const struct asking *a, const struct dp_explanation *e, struct cli_out *out)
{
	bool is_gtpu = e->outcome == DP_OUTCOME_GTPU || e->outcome == DP_OUTCOME_FRAGMENT;
	char text[TEXT_MAX];

	cli_out_printf(out, "              %s is %s in this VRF\n", text_addr(&a->q.dst, text),
		is_gtpu ? "a GTP-U address of ours" : "an address of this machine");
	if (!is_gtpu)
		print_way_to_linux(a, e, out);
}

static void
print_arrival(const struct asking *a, const struct dp_explanation *e, const struct dp_header *h,
	struct cli_out *out)
{
	const struct dp_iface *f = e->in_iface < h->n_ifaces ? &h->iface[e->in_iface] : NULL;
	char text[TEXT_MAX];

	cli_out_printf(out, "1 classify    ");
	if (f) {
		cli_out_printf(out, "comes in on %.*s (port %.*s", DP_NAME_MAX, f->name,
			DP_NAME_MAX, f->port < h->n_ports ? h->port[f->port].name : "-");
		if (f->vlan)
			cli_out_printf(out, ", VLAN %u", f->vlan);
		cli_out_printf(out, ", role %s, VRF %.*s)\n", text_role(f->role), DP_NAME_MAX,
			vrf_name(h, f->vrf));
	} else {
		cli_out_printf(out, "no interface is known that it would come in on\n");
	}
	if (a->q.direction == DP_UPLINK) {
		cli_out_printf(out, "              G-PDU for TEID 0x%08x", a->q.teid);
		if (a->q.peer.family)
			cli_out_printf(out, " from %s, which may be any address",
				text_addr(&a->q.peer, text));
		cli_out_printf(out, "\n");
	}
	if (is_for_gateway(e))
		print_local(a, e, out);
	else
		print_owner(a, e, out);
}

static const char *
session_text(const struct pgw *pgw, const struct dp_explanation *e, char *text, size_t room)
{
	const struct session *s = session_of(pgw->sessions, e->slot, e->generation);

	if (s)
		snprintf(text, room, "IMSI %s, APN %s", s->imsi, s->apn_name);
	else
		snprintf(text, room, "unknown to control");
	return text;
}

// text: room for two addresses.
static const char *
ue_text(const struct dp_explanation *e, char text[256])
{
	static const uint8_t none[8];
	char addr[TEXT_MAX], prefix[TEXT_MAX];

	if (memcmp(e->ue_prefix, none, sizeof(none)) == 0)
		return text_addr(&e->ue, text);
	text_prefix64(e->ue_prefix, prefix);
	if (e->ue.family)
		snprintf(text, 256, "%s and %s", text_addr(&e->ue, addr), prefix);
	else
		snprintf(text, 256, "%s", prefix);
	return text;
}

// Which bearer it is, and why that one.
static const char *
bearer_text(const struct dp_explain *q, const struct dp_explanation *e)
{
	if (e->is_dedicated)
		return q->direction == DP_UPLINK ? "dedicated" : "dedicated, by a packet filter";
	if (q->direction == DP_UPLINK || !e->has_filters)
		return "the default one";
	return "the default one, as no packet filter fits";
}

static void
print_session(const struct pgw *pgw, const struct dp_explain *q, const struct dp_explanation *e,
	const struct dp_header *h, struct cli_out *out)
{
	char text[256], addr[TEXT_MAX];

	if (!e->has_session) {
		if (q->direction == DP_UPLINK)
			cli_out_printf(out, "2 lookup      no session has TEID 0x%08x\n", q->teid);
		else
			cli_out_printf(out, "2 lookup      no session of VRF %.*s has %s\n",
				DP_NAME_MAX, vrf_name(h, q->vrf), text_addr(&q->dst, addr));
		return;
	}
	cli_out_printf(out, "2 lookup      session in slot %u: %s, ", e->slot,
		session_text(pgw, e, text, sizeof(text)));
	cli_out_printf(out, "address %s in VRF %.*s\n", ue_text(e, text), DP_NAME_MAX,
		vrf_name(h, e->vrf));
	cli_out_printf(out, "              tunnel to SGW %s TEID 0x%08x, ",
		text_addr(&e->peer, addr), e->peer_teid);
	cli_out_printf(out, "ours %s TEID 0x%08x\n", text_addr(&e->local, addr), e->teid);
	cli_out_printf(out, "              bearer EBI %u, QCI %u, %s%s\n", e->ebi, e->qci,
		bearer_text(q, e), e->session_flags & DP_SESSION_TRACE ? "; traced" : "");
}

static void
print_meter(const char *name, const struct dp_meter *m, uint16_t len, struct cli_out *out)
{
	char text[TEXT_MAX];

	if (m->bps == 0) {
		cli_out_printf(out, "              %s unlimited\n", name);
		return;
	}
	cli_out_printf(out,
		"              %s %s: %" PRIu64 " of %" PRIu64
		" bytes may go now, %u are needed: %s\n",
		name, text_rate((double)m->bps, text), m->bytes, m->bytes_max, len,
		len <= m->bytes ? "pass" : "over");
}

static void
print_policy(const struct dp_explain *q, const struct dp_explanation *e, struct cli_out *out)
{
	bool is_ul = q->direction == DP_UPLINK;
	bool is_closed = e->session_flags & (is_ul ? DP_SESSION_UL_CLOSED : DP_SESSION_DL_CLOSED);
	bool is_spoofed = is_ul && e->drop == DP_DROP_SPOOFED;
	char text[TEXT_MAX];

	cli_out_printf(out, "3 enforce     ");
	if (is_ul)
		cli_out_printf(out, "inner source %s %s\n              ", text_addr(&q->src, text),
			is_spoofed ? "isn't the session's" : "is the session's");
	cli_out_printf(
		out, "%s gate %s\n", is_ul ? "uplink" : "downlink", is_closed ? "closed" : "open");
	print_meter(e->is_dedicated ? "MBR" : "APN-AMBR", &e->meter, q->len, out);
	if (e->is_in_ambr)
		print_meter("APN-AMBR", &e->ambr, q->len, out);
	if (e->mss)
		cli_out_printf(out, "              a larger MSS of a TCP SYN becomes %u\n", e->mss);
}

static void
print_next_hop(const struct dp_explanation *e, const struct dp_header *h, struct cli_out *out)
{
	char addr[TEXT_MAX], mac[TEXT_MAX];

	switch (e->next_hop_kind) {
	case DP_NEXT_HOP_RESOLVED:
		cli_out_printf(out, "next hop %s (%s) on %.*s, MTU %u\n",
			text_addr(&e->next_hop, addr), text_mac(e->next_hop_mac, mac), DP_NAME_MAX,
			iface_name(h, e->out_iface), e->out_mtu);
		return;
	case DP_NEXT_HOP_UNRESOLVED:
		cli_out_printf(out,
			"next hop %s on %.*s, MTU %u: its MAC address isn't known, %u packets wait "
			"for it\n",
			text_addr(&e->next_hop, addr), DP_NAME_MAX, iface_name(h, e->out_iface),
			e->out_mtu, e->waiting);
		return;
	case DP_NEXT_HOP_LOCAL:
		cli_out_printf(out, "the destination is this machine\n");
		return;
	case DP_NEXT_HOP_BLACKHOLE:
		cli_out_printf(out, "the route is a blackhole\n");
		return;
	default:
		cli_out_printf(out, "no route\n");
	}
}

static void
print_way(const struct dp_explain *q, const struct dp_explanation *e, const struct dp_header *h,
	struct cli_out *out)
{
	bool is_ul = q->direction == DP_UPLINK;
	char addr[TEXT_MAX];

	if (e->outcome == DP_OUTCOME_TAKEN)
		return;
	if (is_ul)
		cli_out_printf(out, "4 tunnel      out of the tunnel; TTL %u", q->ttl);
	else
		cli_out_printf(out, "4 tunnel      into the tunnel to %s; TTL %u",
			text_addr(&e->peer, addr), q->ttl);
	if (q->ttl > 1)
		cli_out_printf(out, " becomes %u\n", q->ttl - 1);
	else
		cli_out_printf(out, " is over\n");
	cli_out_printf(out, "              ");
	print_next_hop(e, h, out);
	if (e->max_len)
		cli_out_printf(out, "              %u bytes, at most %u fit%s\n", q->len,
			e->max_len, e->session_mtu == e->max_len ? " (the session's MTU)" : "");
}

static void
print_headers(const struct dp_explanation *e, const struct dp_header *h, struct cli_out *out)
{
	char text[PACKET_TEXT_MAX];

	if (e->n_headers == 0 || e->outcome == DP_OUTCOME_DROPPED)
		return;
	cli_out_printf(out, "5 transmit    on %.*s with %s in front of it:\n", DP_NAME_MAX,
		iface_name(h, e->out_iface),
		e->n_headers > e->l2_len ? "these headers" : "this link header");
	if (e->n_headers > e->l2_len)
		cli_out_printf(out, "              %s\n",
			packet_text(e->headers, e->n_headers, e->l2_len > 0, text));
	cli_out_printf(out, "              ");
	for (uint16_t i = 0; i < e->n_headers && i < DP_EXPLAIN_HEADERS; i++)
		cli_out_printf(out, "%s%02x", i % 4 == 0 && i ? " " : "", e->headers[i]);
	cli_out_printf(out, "\n");
}

static void
print_verdict(const struct dp_explanation *e, const struct dp_header *h, struct cli_out *out)
{
	char text[128];

	switch (e->outcome) {
	case DP_OUTCOME_DELIVERED:
		cli_out_printf(out, "Verdict       delivered, on %.*s\n", DP_NAME_MAX,
			iface_name(h, e->out_iface));
		break;
	case DP_OUTCOME_CUT:
		cli_out_printf(out, "Verdict       delivered, in fragments of at most %u bytes\n",
			e->max_len);
		break;
	case DP_OUTCOME_WAITS:
		cli_out_printf(out,
			"Verdict       waits until the next hop's MAC address is known, "
			"then delivered\n");
		break;
	case DP_OUTCOME_HELD:
		cli_out_printf(out,
			"Verdict       waits %.1f ms for its rate, then delivered, on %.*s\n",
			e->held_us / 1e3, DP_NAME_MAX, iface_name(h, e->out_iface));
		break;
	case DP_OUTCOME_PUNTED:
		cli_out_printf(out, "Verdict       given to Linux\n");
		break;
	case DP_OUTCOME_POLICED:
		cli_out_printf(out,
			"Verdict       dropped on the way to Linux, over the rate of its class "
			"(Policed in show punt)\n");
		break;
	case DP_OUTCOME_FRAGMENT:
		cli_out_printf(out,
			"Verdict       waits at most a second for its datagram's other "
			"fragments, else dropped, FRAGMENT\n");
		break;
	case DP_OUTCOME_TAKEN:
		cli_out_printf(out,
			"Verdict       taken by the gateway, which is the router on the "
			"device's link\n");
		break;
	case DP_OUTCOME_GTPU:
		cli_out_printf(out,
			"Verdict       GTP-U: ask for what its tunnel holds (explain "
			"packet uplink)\n");
		break;
	default:
		cli_out_printf(
			out, "Verdict       dropped, %s\n", drop_text(e->drop, text, sizeof(text)));
	}
	if (e->answer == DP_ANSWER_ICMP)
		cli_out_printf(out, "              and its sender is told by ICMP\n");
	else if (e->answer == DP_ANSWER_ERROR_INDICATION)
		cli_out_printf(out, "              and an Error Indication goes back\n");
	else if (e->answer == DP_ANSWER_POLICED)
		cli_out_printf(out, "              and its sender isn't told: over answers.rate\n");
}

static void
print_explanation(const struct asking *a, const struct dp_explanation *e, struct cli_out *out)
{
	const struct dp_header *h = dpclient_header(a->pgw->dp);
	bool is_looked_up = !is_for_gateway(e) && e->drop != DP_DROP_HANDOFF_FULL &&
		(a->q.direction == DP_UPLINK ||
			(e->in_iface < h->n_ifaces && h->iface[e->in_iface].role & DP_ROLE_SGI));

	print_packet(&a->q, out);
	print_arrival(a, e, h, out);
	if (is_looked_up)
		print_session(a->pgw, &a->q, e, h, out);
	if (e->has_session) {
		print_policy(&a->q, e, out);
		if (e->has_passed)
			print_way(&a->q, e, h, out);
		print_headers(e, h, out);
	}
	print_verdict(e, h, out);
}

// ---- Asking

static const char *
failure_text(int result)
{
	switch (result) {
	case -ENODEV:
		return "no interface takes such packets in, or the dataplane is gone";
	case -EINVAL:
		return "the dataplane can't judge such a packet";
	case -EBUSY:
		return "another packet is being explained; try again";
	default:
		return strerror(-result);
	}
}

static void on_explained(void *ctx, uint64_t token, int result, uint32_t count);

// The worker of the address's shard knows it as another worker's: that one is asked. True: it is.
static bool
ask_owner(struct asking *a)
{
	uint8_t owner = dpclient_explanation(a->pgw->dp, a->worker)->owner;

	if (a->q.by_alias || owner >= dpclient_header(a->pgw->dp)->n_workers)
		return false;
	a->q.by_alias = 1;
	a->worker = owner;
	return dpclient_explain(a->pgw->dp, owner, &a->q, on_explained, (uintptr_t)a) == 0;
}

static void
on_explained(void *ctx, uint64_t token, int result, uint32_t count)
{
	struct asking *a = (struct asking *)(uintptr_t)token;
	struct cli_out *out = cli_job_out(a->job);

	if (result == -EXDEV && ask_owner(a))
		return;
	if (result == 0)
		print_explanation(a, dpclient_explanation(a->pgw->dp, a->worker), out);
	else
		cli_out_fail(out, "%s", failure_text(result));
	cli_job_finish(a->job, result == 0 ? 0 : -EINVAL);
	free(a);
}

static int
ask(struct pgw *pgw, const struct dp_explain *q, uint8_t shard, struct cli_out *out)
{
	struct asking *a = calloc(1, sizeof(*a));
	int ret;

	if (!a)
		return -ENOMEM;
	a->pgw = pgw;
	a->job = cli_pending(out);
	a->q = *q;
	a->worker = dpclient_worker(pgw->dp, shard);
	ret = a->job ? dpclient_explain(pgw->dp, a->worker, q, on_explained, (uintptr_t)a)
		     : -ENOTSUP;
	if (ret == 0)
		return CLI_PENDING;
	free(a);
	return cli_out_fail(out, "%s", failure_text(ret));
}

// What the dataplane would refuse, in words.
static int
check_question(const struct dp_explain *q, struct cli_out *out)
{
	bool is_ipv6 = q->src.family == 6;
	uint16_t least = is_ipv6 ? LEN_MIN6 : LEN_MIN;

	if (q->len < least)
		return cli_out_fail(out, "such a packet has at least %u bytes", least);
	if (q->proto == (is_ipv6 ? IPPROTO_ICMP : IPPROTO_ICMPV6))
		return cli_out_fail(out, "this protocol is of the other family");
	if (is_ipv6 && !q->may_cut)
		return cli_out_fail(out, "packets of IPv6 are never fragmented on their way");
	if (is_ipv6 && q->fragment)
		return cli_out_fail(out, "fragments of IPv4 alone can be asked about");
	return 0;
}

// What uplink and downlink have in common. 0, or a handler's return value.
static int
read_question(const struct cli_args *args, struct dp_explain *q, struct cli_out *out)
{
	const char *proto = cli_arg(args, "proto"), *fragment = cli_arg(args, "piece");

	cli_word_addr(cli_arg(args, "src"), &q->src);
	cli_word_addr(cli_arg(args, "dst"), &q->dst);
	if (q->src.family != q->dst.family)
		return cli_out_fail(out, "source and destination are of two families");
	q->proto = IPPROTO_UDP;
	if (proto)
		parse_proto(proto, &q->proto);
	q->src_port = (uint16_t)cli_arg_uint(args, "sport", PORT_DEFAULT);
	q->dst_port = (uint16_t)cli_arg_uint(args, "dport", PORT_DEFAULT);
	q->len = (uint16_t)cli_arg_uint(args, "len", LEN_DEFAULT);
	q->ttl = (uint8_t)cli_arg_uint(args, "ttl", TTL_DEFAULT);
	q->tos = (uint8_t)cli_arg_uint(args, "tos", 0);
	q->spi = (uint32_t)cli_arg_uint(args, "spi", 0);
	q->flow_label = (uint32_t)cli_arg_uint(args, "label", 0);
	q->may_cut = !cli_arg(args, "df");
	if (fragment)
		q->fragment =
			strcmp(fragment, "first") == 0 ? DP_FRAGMENT_FIRST : DP_FRAGMENT_LATER;
	return check_question(q, out);
}

static bool
is_ready(const struct pgw *pgw, struct cli_out *out)
{
	if (dpclient_state(pgw->dp) == DPCLIENT_READY)
		return true;
	cli_out_fail(out, "waiting for the dataplane: %s", dpclient_reason(pgw->dp));
	return false;
}

static int
explain_uplink(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct dp_explain q = { .direction = DP_UPLINK };
	const char *sgw = cli_arg(args, "sgw");
	int ret = read_question(args, &q, out);

	if (ret)
		return ret;
	cli_word_teid(cli_arg(args, "teid"), &q.teid);
	if (sgw)
		cli_word_addr(sgw, &q.peer);
	return is_ready(ctx, out) ? ask(ctx, &q, (uint8_t)q.teid, out) : -EAGAIN;
}

static int
find_vrf(const struct dp_header *h, const char *name)
{
	for (uint16_t i = 0; i < h->n_vrfs; i++)
		if (strncmp(h->vrf[i].name, name, DP_NAME_MAX) == 0)
			return i;
	return -1;
}

static int
explain_downlink(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	struct dp_explain q = { .direction = DP_DOWNLINK };
	const struct pgw *pgw = ctx;
	int ret = read_question(args, &q, out), vrf;

	if (ret)
		return ret;
	if (!is_ready(pgw, out))
		return -EAGAIN;
	vrf = find_vrf(dpclient_header(pgw->dp), cli_arg(args, "vrf"));
	if (vrf < 0)
		return cli_out_fail(out, "no VRF has this name: show vrfs");
	q.vrf = (uint16_t)vrf;
	return ask(ctx, &q, dp_shard_of(q.dst.bytes, q.dst.family == 6 ? 8 : 4), out);
}

// ---- Words

static bool
is_proto(const char *value)
{
	uint8_t proto;

	return parse_proto(value, &proto);
}

static bool
is_u16(const char *value)
{
	uint64_t n;

	return cli_word_uint(value, &n) && n <= UINT16_MAX;
}

static bool
is_u8(const char *value)
{
	uint64_t n;

	return cli_word_uint(value, &n) && n <= UINT8_MAX;
}

static bool
is_u32(const char *value)
{
	uint64_t n;

	return cli_word_uint(value, &n) && n <= UINT32_MAX;
}

static bool
is_label(const char *value)
{
	uint64_t n;

	return cli_word_uint(value, &n) && n <= 0xfffff;
}

static bool
is_piece(const char *value)
{
	return strcmp(value, "first") == 0 || strcmp(value, "later") == 0;
}

#define PACKET                                                                                     \
	"src <src> dst <dst> [proto <proto>] [sport <sport>] [dport <dport>] [len <len>] "         \
	"[ttl <ttl>] [tos <tos>] [spi <spi>] [label <label>] [fragment <piece>] [df]"

static const struct cli_row rows[] = {
	{ "explain packet uplink teid <teid> " PACKET " [from <sgw>]", explain_uplink,
		"What would become of a device's packet in this tunnel, and why" },
	{ "explain packet downlink vrf <vrf> " PACKET, explain_downlink,
		"What would become of a packet from a customer's network, and why" },
};

static const struct cli_word words[] = {
	{ .word = "explain", .text = "Ask without sending" },
	{ .word = "packet", .text = "The way of a packet" },
	{ .word = "uplink", .text = "From a device, in a tunnel" },
	{ .word = "downlink", .text = "To a device" },
	{ .word = "<teid>", .text = "TEID of ours, decimal or 0x...", .check = cli_is_teid },
	{ .word = "<vrf>", .text = "The customer's VRF" },
	{ .word = "<src>", .text = "Source of the (inner) packet", .check = cli_is_addr },
	{ .word = "<dst>", .text = "Destination of the (inner) packet", .check = cli_is_addr },
	{ .word = "<proto>",
		.text = "udp (default), tcp, icmp, icmpv6, sctp, gre, esp or a number",
		.check = is_proto },
	{ .word = "<sport>", .text = "Source port (default 40000)", .check = is_u16 },
	{ .word = "<dport>", .text = "Destination port (default 40000)", .check = is_u16 },
	{ .word = "<len>", .text = "Bytes of the IP packet (default 100)", .check = is_u16 },
	{ .word = "<ttl>", .text = "Time to live, hop limit (default 64)", .check = is_u8 },
	{ .word = "<tos>", .text = "Type of service, traffic class (default 0)", .check = is_u8 },
	{ .word = "<spi>", .text = "Security parameter index of ESP or AH", .check = is_u32 },
	{ .word = "<label>", .text = "Flow label of IPv6 (default 0)", .check = is_label },
	{ .word = "<piece>",
		.text = "first or later: the packet is a fragment of a larger one",
		.check = is_piece },
	{ .word = "df", .text = "The packet may not be fragmented" },
	{ .word = "<sgw>", .text = "The SGW that it comes from", .check = cli_is_addr },
};

const struct cli_table explain_cli = CLI_TABLE("Explain", rows, words);
