// SPDX-License-Identifier: BSD-3-Clause
// Lines to the system's syslog without ever waiting for it, unlike syslog(3).
#pragma once

#include <stddef.h>

struct syslog_socket;

// tag (static): as syslog shows the lines. NULL: no memory. A syslog that isn't there yet, or comes
// back later, is found when a line is sent.
struct syslog_socket *syslog_socket_open(const char *tag);
void syslog_socket_close(struct syslog_socket *s);

// Facility local0, severity informational. 0, or -errno: it is busy or isn't there, the line is lost.
int syslog_socket_send(struct syslog_socket *s, const char *line, size_t n);
