// SPDX-License-Identifier: BSD-3-Clause
// UDP sockets for GTPv2-C, one for each local address, read and written in batches.
#pragma once

#include "control/gtpc/gtpc_addr.h"
#include "control/gtpc/gtpc_counters.h"
#include "control/gtpc/xact.h"

#include <stddef.h>
#include <stdint.h>

#define GTPC_SOCKETS_MAX 16
#define GTPC_DEVICE_MAX 16 // IFNAMSIZ

struct gtpc_socket_config {
	struct gtpc_endpoint local[GTPC_SOCKETS_MAX]; // port 0: GTPC_PORT
	unsigned int n_local;
	char device[GTPC_DEVICE_MAX]; // bind to this device (a VRF), empty: none
	int receive_bytes;            // of the receive buffer, 0: the system's default
	uint8_t dscp;                 // of what we send, 0 to 63
	struct gtpc_counters *counters;
};

typedef void (*gtpc_received_fn)(
	void *user, const struct gtpc_path *path, const uint8_t *bytes, size_t n);

struct gtpc_socket;

// 0 or -errno; `*failed` is then the index of the address that didn't work.
int gtpc_socket_open(
	struct gtpc_socket **out, const struct gtpc_socket_config *config, unsigned int *failed);
void gtpc_socket_close(struct gtpc_socket *s);

unsigned int gtpc_socket_count(const struct gtpc_socket *s);
int gtpc_socket_fd(const struct gtpc_socket *s, unsigned int index); // non-blocking
const struct gtpc_endpoint *gtpc_socket_local(const struct gtpc_socket *s, unsigned int index);

// The local address to send from to a peer of that family (4 or 6), NULL: none.
const struct gtpc_addr *gtpc_socket_local_for(const struct gtpc_socket *s, uint8_t family);

// Reads at most `budget` datagrams that wait on one socket, calls `received` with each of them, then
// flushes what was queued meanwhile. The number of datagrams read.
unsigned int gtpc_socket_receive(struct gtpc_socket *s, unsigned int index, unsigned int budget,
	gtpc_received_fn received, void *user);

// Queues a copy of a datagram, from path->local to path->peer. A full queue is flushed first.
// 0, -EADDRNOTAVAIL if there is no such local address, -EMSGSIZE.
int gtpc_socket_send(
	struct gtpc_socket *s, const struct gtpc_path *path, const uint8_t *bytes, size_t n);

// Sends what is queued. What a socket refuses is counted and lost: GTP repeats.
void gtpc_socket_flush(struct gtpc_socket *s);
