// SPDX-License-Identifier: BSD-3-Clause
// Delete Bearer Request for a whole PDN connection: TS 29.274 7.2.9.2, TS 23.401 5.4.4.1.
#pragma once

#include "control/session/session.h"

#include <stdint.h>

struct pgw;

// Asks the SGW to drop the PDN connection and tells it `cause`; the session ends here when it has
// answered, or doesn't. 0, or -errno: nothing was sent and the session is as it was.
int delete_bearer_begin(struct pgw *pgw, struct session *s, enum session_end end, uint8_t cause);

// The same for one of which the SGW was being told when a restart came: it may know already.
void delete_bearer_resume(struct pgw *pgw, struct session *s, enum session_end end, uint8_t cause);

// Only tells the SGW, for a session that ends here and now.
void delete_bearer_announce(struct pgw *pgw, struct session *s, uint8_t cause);

// Forgets what is under way.
void delete_bearers_close(struct pgw *pgw);
