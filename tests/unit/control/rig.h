// SPDX-License-Identifier: BSD-3-Clause
// The control plane on a fake dataplane, with an SGW whose datagrams are made and read by the codec.
#pragma once

#include "control/session/pgw.h"
#include "tests/unit/control/fake_dataplane.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RIG_SENT_MAX 64

// Configurations for rig_open: the usual one has T3 so long that no test sees it pass; in this one
// silence of the SGW is noticed after 400 ms.
extern const char rig_impatient[];

struct rig_datagram {
	struct gtpc_path path;
	size_t n;
	uint8_t bytes[2048];
};

struct rig {
	char dir[64];
	struct event_base *base;
	struct ctl_config config;
	struct store *store;
	struct pgw *pgw;
	struct fake_dataplane *fake;
	struct rig_datagram sent[RIG_SENT_MAX]; // what the gateway sent and nobody has read yet
	unsigned int n_sent;
	// takes what the gateway sends instead of `sent`, if it is set
	void (*tap)(struct rig *r, const struct gtpc_path *path, const uint8_t *bytes, size_t n);
	struct gtpc_path path; // of the SGW's datagrams
	uint8_t recovery;      // of the SGW, 0: not sent
	uint32_t sequence;
	uint32_t next_teid; // of the SGW
};

// Sets up everything and waits until sessions can be made. config: control.cfg's text, NULL: the
// usual one.
void rig_open(struct rig *r, const char *config);
void rig_open_with(struct rig *r, const char *config, const struct fake_config *fake);
void rig_close(struct rig *r);
// What rig_open does after a process with the same r->dir was killed: its store is there.
void rig_reopen(struct rig *r, const struct fake_config *fake);

// Ends the control plane and starts another one on the same store and dataplane.
void rig_restart_control(struct rig *r);
void rig_stop_control(struct rig *r);
void rig_start_control(struct rig *r);
// Waits until the dataplane has taken all that it was sent.
void rig_settle(struct rig *r);

// Runs the loop until the condition holds; false: it didn't within some seconds.
typedef bool (*rig_condition)(struct rig *r);
bool rig_wait(struct rig *r, rig_condition condition);
// Runs the loop for a little while.
void rig_run(struct rig *r, unsigned int ms);

// A request of the SGW: encoded, given to the gateway, and the answer to it read into *answer. False:
// no answer came, or not one of that type and sequence.
bool rig_ask(struct rig *r, struct gtpc_message *request, struct gtpc_message *answer);
// The same without waiting: the sequence number that was used.
uint32_t rig_send(struct rig *r, struct gtpc_message *request);
// The answer with that sequence, if it has come; takes it out of what was sent.
bool rig_take(struct rig *r, uint32_t sequence, struct gtpc_message *answer);
// The first datagram that was sent, of that type.
bool rig_take_type(struct rig *r, uint8_t type, struct gtpc_message *message);

// A Create Session Request as an SGW sends it at an attach, for changing before it is sent.
void rig_create(struct rig *r, struct gtpc_message *m, const char *imsi);
void rig_delete(struct rig *r, struct gtpc_message *m, uint32_t teid);
// A Modify Bearer Request of the SGW at 10.10.0.`last`, which takes the session over; the path is its from now on.
void rig_move(struct rig *r, struct gtpc_message *m, uint32_t teid, uint8_t last);
// Attaches with cause 16 expected; what the gateway answered.
struct create_session_rsp rig_attach(struct rig *r, const char *imsi);

struct session_counts rig_counts(struct rig *r);
