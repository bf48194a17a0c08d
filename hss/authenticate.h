// SPDX-License-Identifier: BSD-3-Clause
// AIR without Diameter: judge, resynchronise, take SQNs durably, make vectors.
#pragma once

#include "hss/auc.h"
#include "hss/seal.h"
#include "hss/store.h"
#include "hss/subscriber.h"

#include <stdbool.h>
#include <stdint.h>

#define AUTH_VECTORS_MAX (2 * AUC_VECTORS_MAX)

struct auth_request;
typedef void (*auth_done_fn)(struct auth_request *r);

// The caller's memory until done is called. Fill what is above the line; read the rest in done.
struct auth_request {
	struct store_op op; // first; the module's own
	struct store *store;
	const struct seal *seal;
	char imsi[IMSI_SIZE];
	char node[HOST_SIZE]; // Origin-Host of the MME: it has its own IND
	struct plmn visited;
	uint8_t n_eps;   // 0..5 wanted
	uint8_t n_utran; // 0..5 wanted
	bool has_resync;
	uint8_t resync_rand[AUC_RAND_LEN];
	uint8_t resync_auts[AUC_AUTS_LEN];
	bool is_resync_malformed; // Re-Synchronization-Info was there, but not 30 octets
	bool activates;           // a SIM in state registered becomes active by this
	auc_random_fn random;     // NULL: auc_random
	void *random_arg;
	auth_done_fn done; // on a store thread
	void *arg;
	// ----
	int result; // 0: vectors are there, or verdict says why not; -EBADMSG: wrong AUTS;
		    // -EOVERFLOW: SEQ used up; -EKEYREJECTED, -EIO: 4181 or 5012
	enum verdict verdict;
	bool was_resynchronised; // SEQ was moved
	uint8_t n_eps_made;
	uint8_t n_utran_made;
	struct auc_vector eps[AUC_VECTORS_MAX];   // for the caller to wipe, auc_vectors_wipe
	struct auc_vector utran[AUC_VECTORS_MAX]; // the same
	uint64_t sqns[AUTH_VECTORS_MAX];          // the module's own
	struct auc_key key;                       // the module's own, wiped before done
};

void authenticate(struct auth_request *r);
