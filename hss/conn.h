// SPDX-License-Identifier: BSD-3-Clause
// The sockets under freeDiameter. What is read is screened message by message before libfdcore gets it;
// what it writes goes out without ever blocking it: what a peer doesn't take at once waits here. One
// thread reads a connection at a time; any may write. S6a requests are taken out on the way: libfdcore
// has the peers, their connections and the base protocol.
#pragma once

#include "hss/hss_config.h"
#include "hss/links.h"
#include "hss/screen.h"
#include "hss/wire.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CONN_MESSAGE_ROOM (WIRE_MESSAGE_MAX + 1 + 2 * HOST_SIZE)

enum conn_kind {
	CONN_STREAM, // TCP, also while it isn't connected
	CONN_SCTP,
	CONN_LISTENER,
};

struct conn_in {
	uint8_t raw[WIRE_MESSAGE_MAX + 1]; // as read, from start to end
	size_t start, end;
	uint8_t message[CONN_MESSAGE_ROOM]; // one message, screened
	size_t len;                         // of it, 0: none
	size_t given;                       // octets of it that libfdcore has
	bool is_notification;               // SCTP: it's no message but an event of the association
	bool is_over; // nothing more is read: end of file, or not to be trusted
	struct screen_reply reply;
};

struct conn {
	int fd;
	atomic_int kind;
	bool is_sctp;
	bool is_secure;         // TLS: octets pass as they are
	atomic_uint references; // conn_find and the table hold one each
	struct link *link;      // who it is; NULL before CER or CEA
	struct conn_in *in;     // of a connection
	struct gate *gate;      // of a listener
	atomic_bool is_open;    // a CEA has said so
	uint16_t n_streams;     // SCTP, outgoing
	long given_second;      // libfdcore got n_given messages in this second
	unsigned n_given;

	pthread_mutex_t lock; // the rest
	uint8_t *out;         // records that wait: struct record in conn.c and its octets
	size_t out_len, out_room, out_sent;
	uint16_t next_stream;
	bool is_broken;
	bool is_watched; // by the thread that sends what waits
};

// A request of S6a that the screen has passed, on the connection's own thread.
typedef void (*conn_request_fn)(struct conn *c, const uint8_t *message, size_t len);

// Before any socket is made; config outlives all.
int conn_open(const struct hss_config *config, conn_request_fn on_request);
const struct hss_config *conn_config(void);

// Takes fd into the table, as a connection or a socket that isn't one yet. -ENOMEM, -EMFILE.
int conn_adopt(int fd, bool is_sctp);
struct conn *conn_find(int fd); // a reference, or NULL
struct conn *conn_take(struct conn *c);
void conn_give(struct conn *c);
void conn_forget(int fd);

// Makes room to read into, for a connection. -ENOMEM.
int conn_ready(struct conn *c);

// One message into in->message (in->len > 0), reading from the socket as flags (MSG_DONTWAIT or 0) say.
// 1: it's there, or in->is_over; -1 with errno: no whole message yet, or the socket failed.
int conn_fetch(struct conn *c, int flags);

// What libfdcore's recv and recvmsg get. As those.
ssize_t conn_recv(struct conn *c, void *buf, size_t len);
ssize_t conn_recvmsg(struct conn *c, struct msghdr *msg);

// Sends one whole message, or keeps it to be sent. len, or -1 with errno: the connection is lost.
ssize_t conn_send(struct conn *c, const void *buf, size_t len, uint16_t stream);

// On one stream after the other.
ssize_t conn_answer(struct conn *c, const void *buf, size_t len);
