// SPDX-License-Identifier: BSD-3-Clause
// What would become of a packet, and why: the stages' own decisions, without a packet and without an
// effect. For `explain packet`.
#pragma once

#include "dataplane/include/dp_shm.h"

struct worker;

// Fills e. 0; -EINVAL: a field of q is out of range; -EXDEV: e->owner is to be asked, with by_alias set
// if that isn't the owner of the packet's shard; -ENODEV: no interface takes such a packet in.
int explain(struct worker *w, const struct dp_explain *q, struct dp_explanation *e);
