// SPDX-License-Identifier: BSD-3-Clause
// The shadow TAP of a port: what isn't the packet path's goes into Linux here, and what Linux sends
// comes out. Persistent: it keeps its addresses and routes when the process is gone.
#pragma once

#include <rte_mbuf.h>

#include <stdbool.h>
#include <stdint.h>

struct tap {
	int fd; // non-blocking
	unsigned int ifindex;
	char name[16];
	uint16_t mtu;
	bool has_carrier;
};

// Makes the TAP or takes the existing one with this name, gives it the MAC and MTU (of IP packets,
// bytes) and brings it up. 0 or -errno: -EBUSY another process has it, -EINVAL the name is too long
// or belongs to another kind of interface.
int tap_open(struct tap *tap, const char *name, const uint8_t mac[6], uint16_t mtu);

// Lets go of it; the interface stays.
void tap_close(struct tap *tap);

// Removes the interface from Linux, and closes.
void tap_remove(struct tap *tap);

// Link up or down as Linux sees it. 0 or -errno.
int tap_set_carrier(struct tap *tap, bool is_up);

// One frame that Linux sent, in one segment. 0, -EAGAIN: none there, -ENOBUFS: none left in the
// pool (the frame is lost), -EMSGSIZE: longer than a buffer of the pool (lost), or another -errno.
int tap_read(struct tap *tap, struct rte_mempool *pool, struct rte_mbuf **frame);

// Gives one frame to Linux; the caller keeps the mbuf. A VLAN tag that the device stripped is put
// back. 0 or -errno.
int tap_write(struct tap *tap, const struct rte_mbuf *frame);
