// SPDX-License-Identifier: BSD-3-Clause
// The devices' GTPv2-C procedures. TS 29.274 7.2.
#pragma once

#include "tests/ue/ue.h"

// 0 or -errno, said on stderr.
int signalling_open(struct ue *ue);
void signalling_close(struct ue *ue);

// NULL: none of ours. The device's TEID for signalling.
struct device *device_of_teid(struct ue *ue, uint32_t teid);
// One more TEID whose packets are the device's.
uint32_t device_new_tunnel(struct device *d);
// Sends a request for a device from its SGW to its gateway. 0 or -errno.
int device_request(struct device *d, unsigned int sgw, struct gtpc_message *m, xact_done_fn done);
// Notes why a procedure has failed: what the gateway (or nobody) said.
void device_failed(
	struct device *d, const char *procedure, int result, const struct gtpc_cause *cause);

// Each ends in ue_device_done. 0, or -errno if nothing could be sent.
int device_attach(struct device *d);
int device_move(struct device *d, unsigned int sgw);
int device_detach(struct device *d);

// The Router Advertisement that an attached device waits for has come.
void device_advertised(struct device *d);
