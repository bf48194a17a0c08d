// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include "hss/auc.h"
#include "hss/subscriber.h"

#include <stddef.h>
#include <stdint.h>

// Keys at rest: AES-256-GCM under the operator's sealing key, a fresh nonce each, the IMSI as
// additional data, so that a sealed key moved to another IMSI doesn't open.

struct seal;

// Reads the key file: 64 hexadecimal digits. Refused (-EPERM, said in *why) unless it's a regular file
// of this user's or root's that nobody else may read or write. The key lives in locked memory that
// isn't dumped. -EINVAL: not a key; -errno.
int seal_open_file(const char *path, struct seal **seal, const char **why);

// Writes a new random key to a new file of mode 0600; -EEXIST, -errno.
int seal_new_file(const char *path);

void seal_close(struct seal *seal); // wipes

// Both may be called by any thread. -EINVAL: unsound key or not ours; -EKEYREJECTED: wrong sealing
// key, other IMSI, or altered; -EIO.
int seal_wrap(const struct seal *seal, const char *imsi, const struct auc_key *key,
	uint8_t out[SEALED_MAX], uint8_t *out_len);
int seal_unwrap(const struct seal *seal, const char *imsi, const uint8_t *sealed, size_t len,
	struct auc_key *key); // end key with auc_key_wipe
