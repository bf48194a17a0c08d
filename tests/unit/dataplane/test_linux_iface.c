// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/linux_iface.h"
#include "tests/unit/dataplane/rig.h"

#include <string.h>

static void
finds_the_interface_in_a_devices_arguments(void)
{
	static const struct {
		const char *device, *name; // NULL: none
	} cases[] = {
		{ "net_af_packet,iface=eth1", "eth1" },
		{ "net_af_xdp0,start_queue=0,iface=s5p,queue_count=1", "s5p" },
		{ "net_af_packet,iface=0123456789abcdefgh", "0123456789abcde" },
		{ "0000:03:00.0", NULL },
		{ "net_null", NULL },
	};
	char name[IF_NAMESIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CU_ASSERT_EQUAL(linux_iface_of(cases[i].device, name), cases[i].name != NULL);
		if (cases[i].name)
			CU_ASSERT_STRING_EQUAL(name, cases[i].name);
	}
}

// The kernel tells of a carrier a moment after the link has it.
static bool
comes_to_be(const char *name, bool is_up)
{
	uint64_t end = rig_now_ms() + RIG_DEADLINE_MS;

	while (linux_iface_is_up(name) != is_up) {
		if (rig_now_ms() > end)
			return false;
		usleep(1000);
	}
	return true;
}

static void
a_link_is_up_when_both_ends_are(void)
{
	CU_ASSERT_TRUE_FATAL(rig_netns());
	CU_ASSERT_FALSE(linux_iface_is_up("one"));
	CU_ASSERT_EQUAL(linux_iface_mtu("one"), 0);
	CU_ASSERT_TRUE_FATAL(rig_ip("link add one mtu 1600 type veth peer name two"));
	CU_ASSERT_FALSE(linux_iface_is_up("one"));
	CU_ASSERT_EQUAL(linux_iface_mtu("one"), 1600);
	CU_ASSERT_TRUE_FATAL(rig_ip("link set one up"));
	CU_ASSERT_FALSE(linux_iface_is_up("one"));
	CU_ASSERT_TRUE_FATAL(rig_ip("link set two up"));
	CU_ASSERT_TRUE(comes_to_be("one", true));
	CU_ASSERT_TRUE_FATAL(rig_ip("link set two down"));
	CU_ASSERT_TRUE(comes_to_be("one", false));
	CU_ASSERT_TRUE_FATAL(rig_ip("link set two up"));
	CU_ASSERT_TRUE(comes_to_be("one", true));
	CU_ASSERT_TRUE_FATAL(rig_ip("link set one down"));
	CU_ASSERT_TRUE(comes_to_be("one", false));
}

static const struct unit_case cases[] = {
	UNIT_CASE(finds_the_interface_in_a_devices_arguments),
	UNIT_CASE(a_link_is_up_when_both_ends_are),
};

UNIT_MAIN("dataplane/linux_iface", cases)
