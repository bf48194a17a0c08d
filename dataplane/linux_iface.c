// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/linux_iface.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool
linux_iface_of(const char *device, char name[IF_NAMESIZE])
{
	const char *iface = strstr(device, ",iface=");

	if (iface == NULL)
		return false;
	iface += strlen(",iface=");
	snprintf(name, IF_NAMESIZE, "%.*s", (int)strcspn(iface, ","), iface);
	return true;
}

// Interface requests go to any socket.
static bool
ask(const char *name, unsigned long what, struct ifreq *r)
{
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_answered;

	*r = (struct ifreq){ 0 };
	snprintf(r->ifr_name, sizeof(r->ifr_name), "%s", name);
	is_answered = s >= 0 && ioctl(s, what, r) == 0;
	if (s >= 0)
		close(s);
	return is_answered;
}

bool
linux_iface_is_up(const char *name)
{
	struct ifreq r;
	int both = IFF_UP | IFF_RUNNING;

	return ask(name, SIOCGIFFLAGS, &r) && (r.ifr_flags & both) == both;
}

uint16_t
linux_iface_mtu(const char *name)
{
	struct ifreq r;

	return ask(name, SIOCGIFMTU, &r) && r.ifr_mtu <= UINT16_MAX ? (uint16_t)r.ifr_mtu : 0;
}
