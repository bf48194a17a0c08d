// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/bond.h"

#include "dataplane/linux_iface.h"
#include "dataplane/port.h"

#include <rte_eth_bond.h>
#include <rte_ethdev.h>

#include <string.h>

#define MEMBER_NAME_MAX (DP_DEVICE_MAX + 16)

// Devices that EAL arguments make are told apart by port and member.
static void
member_name(const struct dp_port_config *p, size_t index, size_t member, char *name, size_t room)
{
	const char *device = p->members[member];

	if (port_is_pci(device))
		snprintf(name, room, "%s", device);
	else
		snprintf(name, room, "%.*s_%zum%zu", (int)strcspn(device, ","), device, index,
			member);
}

void
bond_member_eal_device(
	const struct dp_port_config *p, size_t index, size_t member, char *text, size_t room)
{
	const char *device = p->members[member];
	char name[MEMBER_NAME_MAX];

	member_name(p, index, member, name, sizeof(name));
	snprintf(text, room, "%s%s", name, device + strcspn(device, ","));
}

void
bond_eal_slaves(const struct dp_port_config *p, size_t index, char *text, size_t room)
{
	char name[MEMBER_NAME_MAX];

	for (size_t i = 0; i < p->n_members; i++) {
		size_t n = strlen(text);

		member_name(p, index, i, name, sizeof(name));
		snprintf(text + n, room - n, ",slave=%s%s%s", name,
			i ? "" : ",primary=", i ? "" : name);
	}
}

bool
bond_follow(const struct dp_port_config *p, size_t index, uint16_t device)
{
	int now = rte_eth_bond_primary_get(device), next = -1;
	char name[MEMBER_NAME_MAX], iface[IF_NAMESIZE];
	const char *by = NULL;

	for (size_t i = 0; i < p->n_members; i++) {
		uint16_t id;

		if (!linux_iface_of(p->members[i], iface))
			return true; // a NIC tells its link to net_bonding
		member_name(p, index, i, name, sizeof(name));
		if (!linux_iface_is_up(iface) || rte_eth_dev_get_port_by_name(name, &id))
			continue;
		if (id == now)
			return true;
		if (next < 0) {
			next = id;
			by = p->members[i];
		}
	}
	if (next < 0)
		return false;
	if (rte_eth_bond_mode_get(device) == BONDING_MODE_ACTIVE_BACKUP &&
		rte_eth_bond_primary_set(device, (uint16_t)next) == 0)
		log_notice("port %s: sends by %s now", p->name, by);
	return true;
}

bool
bond_has_own_frames(const struct dp_port_config *p, uint16_t device)
{
	return p->n_members && rte_eth_bond_mode_get(device) == BONDING_MODE_8023AD;
}
