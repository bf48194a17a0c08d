// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hss/avp.h"
#include "hss/subscriber.h"

// Puts Subscription-Data: all that the serving node shall know of s. features: what both sides support
// of Feature-List-ID 1. TS 29.272 7.3.2.
void s6a_put_subscription(struct avp_out *out, const struct subscriber *s, uint32_t features);
