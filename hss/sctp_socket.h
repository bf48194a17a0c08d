// SPDX-License-Identifier: BSD-3-Clause
// What of SCTP libfdcore hard-codes or leaves out: timers, counts, and the payload protocol identifier.
#pragma once

#include "hss/hss_config.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SCTP_PPID_DIAMETER 46      // RFC 6733 12.3
#define SCTP_PPID_DIAMETER_DTLS 47 // the same over DTLS

// On a socket before it is bound or connected: what new associations start with.
void sctp_socket_apply_general(int fd, const struct hss_config *config);

// On an association: what the peer's own settings say, and the general ones else.
void sctp_socket_apply_peer(int fd, const struct hss_config *config, const struct hss_peer *peer);

// Streams of an association that we may send on, at least 1.
uint16_t sctp_socket_out_streams(int fd);

// One message, without blocking. As send.
ssize_t sctp_socket_send(int fd, const void *buf, size_t len, uint16_t stream, bool is_dtls);
