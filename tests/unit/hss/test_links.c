// SPDX-License-Identifier: BSD-3-Clause
#include "hss/links.h"
#include "tests/unit/cunit_main.h"

#include <string.h>

static struct hss_partner partners[2] = {
	{ .name = "a", .realms = { "*.a.example", "a.example" }, .n_realms = 2 },
	{ .name = "b", .realms = { "b.example" }, .n_realms = 1 },
};
static struct hss_peer peers[2] = {
	{ .host = "mme*.a.example", .realm = "a.example", .partners = { "a" }, .n_partners = 1 },
	{ .host = "dra?.ipx.example", .realm = "*", .partners = { "*" }, .n_partners = 1 },
};
static struct hss_config config = {
	.peers = peers, .n_peers = 2, .partners = partners, .n_partners = 2
};

static const struct hss_peer *
match(const char *host, const char *realm, const struct cfg_addr *address)
{
	return peers_match(&config, host, strlen(host), realm, strlen(realm), address);
}

static const struct hss_partner *
partner(const struct hss_peer *peer, const char *realm)
{
	return peers_partner(&config, peer, realm, strlen(realm));
}

static void
matches_patterns_without_regard_to_case(void)
{
	CU_ASSERT_TRUE(hss_pattern_matches("*", "x", 1));
	CU_ASSERT_TRUE(hss_pattern_matches("*.Example", "a.b.eXample", 11));
	CU_ASSERT_TRUE(hss_pattern_matches("a*b*c", "aXXbYYbc", 8));
	CU_ASSERT_FALSE(hss_pattern_matches("a*b", "aXXc", 4));
	CU_ASSERT_FALSE(hss_pattern_matches("mme", "mme1", 4));
	CU_ASSERT_FALSE(hss_pattern_matches("mme1", "mme", 3));
}

static void
serves_configured_peers_only(void)
{
	CU_ASSERT_PTR_EQUAL(match("mme1.a.example", "a.example", NULL), &peers[0]);
	CU_ASSERT_PTR_NULL(match("mme1.a.example", "b.example", NULL));
	CU_ASSERT_PTR_NULL(match("mme1.a.example.evil", "a.example", NULL));
}

static void
looks_at_the_address_where_that_is_asked_for(void)
{
	struct cfg_addr inside = { .family = 4, .bytes = { 10, 1, 2, 3 } };
	struct cfg_addr outside = { .family = 4, .bytes = { 10, 2, 2, 3 } };

	peers[0].addresses[0] =
		(struct cfg_prefix){ .addr = { .family = 4, .bytes = { 10, 1 } }, .length = 17 };
	peers[0].n_addresses = 1;
	CU_ASSERT_PTR_EQUAL(match("mme1.a.example", "a.example", &inside), &peers[0]);
	CU_ASSERT_PTR_NULL(match("mme1.a.example", "a.example", &outside));
	inside.bytes[2] = 128;
	CU_ASSERT_PTR_NULL(match("mme1.a.example", "a.example", &inside));
	peers[0].n_addresses = 0;
}

static void
lets_a_peer_bring_its_own_partners_requests_only(void)
{
	CU_ASSERT_PTR_EQUAL(partner(&peers[0], "a.example"), &partners[0]);
	CU_ASSERT_PTR_NULL(partner(&peers[0], "b.example"));
	CU_ASSERT_PTR_EQUAL(partner(&peers[1], "b.example"), &partners[1]);
	CU_ASSERT_PTR_NULL(partner(&peers[1], "c.example"));
	CU_ASSERT_TRUE(peers_reaches(&config, &peers[1], "x.a.example"));
	CU_ASSERT_FALSE(peers_reaches(&config, &peers[0], "b.example"));
}

static void
binds_networks_to_their_partner(void)
{
	struct plmn own, other;

	CU_ASSERT_EQUAL(plmn_parse("00101", &own), 0);
	CU_ASSERT_EQUAL(plmn_parse("00102", &other), 0);
	CU_ASSERT_TRUE(partner_has_plmn(&partners[0], &other));
	partners[0].plmns[0] = own;
	partners[0].n_plmns = 1;
	CU_ASSERT_TRUE(partner_has_plmn(&partners[0], &own));
	CU_ASSERT_FALSE(partner_has_plmn(&partners[0], &other));
	partners[0].n_plmns = 0;
}

static void
keeps_one_link_for_an_identity(void)
{
	struct link *link = links_get("mme1.a.example", 14, &peers[0]);

	CU_ASSERT_PTR_NOT_NULL_FATAL(link);
	CU_ASSERT_PTR_EQUAL(links_get("MME1.a.example", 14, &peers[0]), link);
	CU_ASSERT_PTR_EQUAL(links_find("mme1.A.example", 14), link);
	CU_ASSERT_PTR_NULL(links_find("mme2.a.example", 14));
	CU_ASSERT_PTR_EQUAL(links_at(0), link);
	CU_ASSERT_PTR_NULL(links_at(1));
}

static void
bounds_the_number_of_links(void)
{
	char host[32];
	unsigned n = 0;

	for (unsigned i = 0; i < LINKS_MAX + 10; i++) {
		int len = snprintf(host, sizeof(host), "mme%u.many", i);

		if (links_get(host, (size_t)len, &peers[0]) != NULL)
			n++;
	}
	CU_ASSERT_TRUE(n <= LINKS_MAX);
	CU_ASSERT_TRUE(n >= LINKS_MAX - 1);
	CU_ASSERT_PTR_NULL(links_at(LINKS_MAX));
}

static const struct unit_case cases[] = {
	UNIT_CASE(matches_patterns_without_regard_to_case),
	UNIT_CASE(serves_configured_peers_only),
	UNIT_CASE(looks_at_the_address_where_that_is_asked_for),
	UNIT_CASE(lets_a_peer_bring_its_own_partners_requests_only),
	UNIT_CASE(binds_networks_to_their_partner),
	UNIT_CASE(keeps_one_link_for_an_identity),
	UNIT_CASE(bounds_the_number_of_links),
};

UNIT_MAIN("hss/links", cases)
