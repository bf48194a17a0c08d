// SPDX-License-Identifier: BSD-3-Clause
// The UNIX socket of dp_shm.h: whoever connects gets dp_hello with the doorbell, and learns from the
// connection's end that this instance is gone.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CONTROL_LINK_CONNECTIONS 8

struct control_link {
	int listener;
	int doorbell; // not owned
	uint64_t instance;
	int connection[CONTROL_LINK_CONNECTIONS]; // -1: free
	char path[108];
};

// Listens at `path`; one left there by an earlier process is replaced. 0 or -errno.
int control_link_open(struct control_link *l, const char *path, uint64_t instance, int doorbell);

// Ends all connections and removes the socket.
void control_link_close(struct control_link *l);

// The listener is readable: takes one connection. Its descriptor, -EAGAIN, -EMFILE when there are
// too many (the newcomer is turned away), or another -errno.
int control_link_accept(struct control_link *l);

// A connection is readable: whatever arrives is thrown away, its end closes it. True if it ended.
bool control_link_drain(struct control_link *l, int fd);
