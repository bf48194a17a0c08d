// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/filters.h"

#include <rte_byteorder.h>
#include <rte_ip.h>

#include <string.h>

#define NO_PORT 0x10000u // of a packet that shows none: outside of every range but the one of all
#define EXTENSIONS_MAX 8 // IPv6 extension headers that are looked behind

// Low half of FILTER_KIND.
enum { KIND_IPV4 = 1, KIND_IPV6 = 2, KIND_SPI = 4 };

// What a packet shows to the filters.
struct key {
	uint32_t word[FILTER_WORDS];
	uint32_t local_port, remote_port;
	unsigned int n_words;
};

// ---- Packets.

static uint32_t
word_at(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static bool
has_ports(uint8_t protocol)
{
	return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || protocol == IPPROTO_SCTP ||
		protocol == IPPROTO_DCCP || protocol == IPPROTO_UDPLITE;
}

// l4: what follows the IP headers, NULL: not in this packet. Downlink the source is remote.
static void
key_finish(
	struct key *k, uint8_t protocol, uint8_t tos, uint32_t kind, const uint8_t *l4, uint32_t n)
{
	uint32_t spi_at = protocol == IPPROTO_AH ? 4 : 0;

	k->local_port = k->remote_port = NO_PORT;
	k->word[FILTER_SPI] = 0;
	if (l4 && has_ports(protocol) && n >= 4) {
		k->remote_port = (uint32_t)(l4[0] << 8 | l4[1]);
		k->local_port = (uint32_t)(l4[2] << 8 | l4[3]);
	} else if (l4 && (protocol == IPPROTO_ESP || protocol == IPPROTO_AH) && n >= spi_at + 4) {
		k->word[FILTER_SPI] = rte_be_to_cpu_32(word_at(l4 + spi_at));
		kind |= KIND_SPI;
	}
	k->word[FILTER_KIND] = (uint32_t)protocol << 24 | (uint32_t)tos << 16 | kind;
}

static void
key_ipv4(struct key *k, const uint8_t *ip, uint32_t n)
{
	const struct rte_ipv4_hdr *h = (const struct rte_ipv4_hdr *)ip;
	uint32_t header = (h->version_ihl & 15) * 4u;
	bool is_first = !(h->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK));

	k->n_words = FILTER_WORDS_IPV4;
	memcpy(&k->word[FILTER_REMOTE], &h->src_addr, 4);
	memcpy(&k->word[FILTER_LOCAL], &h->dst_addr, 4);
	key_finish(k, h->next_proto_id, h->type_of_service, KIND_IPV4,
		is_first && header <= n ? ip + header : NULL, n - header);
}

// The header behind the extension headers: its protocol and *at, 0 if it isn't in this packet.
static uint8_t
ipv6_skip(const uint8_t *ip, uint32_t n, uint8_t protocol, uint32_t *at)
{
	for (unsigned int i = 0; i < EXTENSIONS_MAX; i++) {
		const uint8_t *e = ip + *at;

		if (protocol != IPPROTO_HOPOPTS && protocol != IPPROTO_ROUTING &&
			protocol != IPPROTO_DSTOPTS && protocol != IPPROTO_FRAGMENT)
			return protocol;
		if (*at + 8 > n)
			break;
		if (protocol == IPPROTO_FRAGMENT && (e[2] << 8 | (e[3] & 0xf8)) != 0) {
			*at = 0; // not the first one
			return e[0];
		}
		*at += protocol == IPPROTO_FRAGMENT ? 8 : (e[1] + 1u) * 8;
		protocol = e[0];
	}
	*at = 0;
	return protocol;
}

static void
key_ipv6(struct key *k, const uint8_t *ip, uint32_t n)
{
	uint32_t first = rte_be_to_cpu_32(word_at(ip)), at = 40;
	uint8_t protocol = ipv6_skip(ip, n, ip[6], &at);

	k->n_words = FILTER_WORDS;
	k->word[FILTER_FLOW_LABEL] = first & 0xfffff;
	memcpy(&k->word[FILTER_REMOTE], ip + 8, 4);
	memcpy(&k->word[FILTER_REMOTE_REST], ip + 12, 12);
	memcpy(&k->word[FILTER_LOCAL], ip + 24, 4);
	memcpy(&k->word[FILTER_LOCAL_REST], ip + 28, 12);
	key_finish(k, protocol, (uint8_t)(first >> 20), KIND_IPV6, at && at <= n ? ip + at : NULL,
		n - at);
}

uint8_t
filters_find(const struct filters *f, const uint8_t *ip, uint32_t n)
{
	static const filter_lanes bit = { 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 4, 1 << 5, 1 << 6,
		1 << 7, 1 << 8, 1 << 9, 1 << 10, 1 << 11, 1 << 12, 1 << 13, 1 << 14, 1 << 15 };
	filter_lanes miss;
	uint32_t hits = 0;
	struct key k;

	if (ip[0] >> 4 == 4)
		key_ipv4(&k, ip, n);
	else if (n >= 40)
		key_ipv6(&k, ip, n);
	else
		return FILTER_NONE;
	miss = (filter_lanes)(k.local_port - f->local_min > f->local_span);
	miss |= (filter_lanes)(k.remote_port - f->remote_min > f->remote_span);
	for (unsigned int w = 0; w < k.n_words; w++)
		miss |= (k.word[w] & f->mask[w]) ^ f->value[w];
	miss = (filter_lanes)(miss == 0) & bit;
	for (unsigned int i = 0; i < DP_FILTERS_MAX; i++)
		hits |= miss[i];
	return hits ? f->bearer[__builtin_ctz(hits)] : FILTER_NONE;
}

// ---- Filters.

static bool
is_masked(const uint8_t mask[16])
{
	for (unsigned int i = 0; i < 16; i++)
		if (mask[i])
			return true;
	return false;
}

static bool
is_sound(const struct dp_filter *d)
{
	bool has_address = is_masked(d->local_mask) || is_masked(d->remote_mask);

	return (d->family == 0 || d->family == 4 || d->family == 6) &&
		(d->family || !has_address) && d->bearer < DP_DEDICATED_MAX &&
		(!(d->fields & DP_FILTER_FLOW_LABEL) ||
			(d->family == 6 && d->flow_label <= 0xfffff)) &&
		d->local_port_min <= d->local_port_max && d->remote_port_min <= d->remote_port_max;
}

static void
lane_word(struct filters *f, unsigned int lane, unsigned int w, uint32_t value, uint32_t mask)
{
	f->value[w][lane] = value & mask;
	f->mask[w][lane] = mask;
}

static void
lane_address(struct filters *f, unsigned int lane, unsigned int first, unsigned int rest,
	const uint8_t value[16], const uint8_t mask[16])
{
	lane_word(f, lane, first, word_at(value), word_at(mask));
	for (unsigned int i = 0; i < 3; i++)
		lane_word(f, lane, rest + i, word_at(value + 4 + 4 * i), word_at(mask + 4 + 4 * i));
}

static void
lane_kind(struct filters *f, unsigned int lane, const struct dp_filter *d)
{
	uint32_t value = 0, mask = 0;

	if (d->fields & DP_FILTER_PROTOCOL) {
		value |= (uint32_t)d->protocol << 24;
		mask |= 0xffu << 24;
	}
	if (d->fields & DP_FILTER_TOS) {
		value |= (uint32_t)d->tos << 16;
		mask |= (uint32_t)d->tos_mask << 16;
	}
	if (d->fields & DP_FILTER_SPI) {
		value |= KIND_SPI;
		mask |= KIND_SPI;
	}
	if (d->family) {
		value |= d->family == 4 ? KIND_IPV4 : KIND_IPV6;
		mask |= KIND_IPV4 | KIND_IPV6;
	}
	lane_word(f, lane, FILTER_KIND, value, mask);
}

static void
lane_fill(struct filters *f, unsigned int lane, const struct dp_filter *d)
{
	bool has_local = d->fields & DP_FILTER_LOCAL_PORT;
	bool has_remote = d->fields & DP_FILTER_REMOTE_PORT;

	lane_kind(f, lane, d);
	lane_word(f, lane, FILTER_SPI, d->spi, d->fields & DP_FILTER_SPI ? UINT32_MAX : 0);
	lane_word(f, lane, FILTER_FLOW_LABEL, d->flow_label,
		d->fields & DP_FILTER_FLOW_LABEL ? UINT32_MAX : 0);
	lane_address(f, lane, FILTER_REMOTE, FILTER_REMOTE_REST, d->remote, d->remote_mask);
	lane_address(f, lane, FILTER_LOCAL, FILTER_LOCAL_REST, d->local, d->local_mask);
	f->local_min[lane] = has_local ? d->local_port_min : 0;
	f->local_span[lane] =
		has_local ? (uint32_t)(d->local_port_max - d->local_port_min) : UINT32_MAX;
	f->remote_min[lane] = has_remote ? d->remote_port_min : 0;
	f->remote_span[lane] =
		has_remote ? (uint32_t)(d->remote_port_max - d->remote_port_min) : UINT32_MAX;
	f->bearer[lane] = d->bearer;
}

bool
filters_check(const struct dp_filter *filter, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!is_sound(&filter[i]))
			return false;
	return true;
}

void
filters_build(struct filters *f, const struct dp_filter *filter, unsigned int n)
{
	memset(f, 0, sizeof(*f));
	for (unsigned int i = 0; i < n; i++)
		lane_fill(f, i, &filter[i]);
	// A lane without a filter fits nothing: a value outside of its mask.
	for (unsigned int i = n; i < DP_FILTERS_MAX; i++)
		f->value[FILTER_KIND][i] = 1;
}
