// SPDX-License-Identifier: BSD-3-Clause
// Import and export of CSV files, one at a time, on a thread of its own.
#pragma once

#include "hss/seal.h"
#include "hss/store.h"

#include <stdbool.h>
#include <stdint.h>

#define BULK_ERRORS_MAX 50
#define BULK_PATH_MAX 256
#define BULK_TEXT_MAX (BULK_PATH_MAX + 160)

struct bulk_error {
	uint64_t line; // 0: of the whole file
	char why[96];
};

// What is going on, or how the last one ended.
struct bulk_status {
	bool is_export;
	bool is_running;
	int result; // once it isn't running: 0, -EINVAL (errors[]), -ECANCELED, or -errno
	char path[BULK_PATH_MAX];
	uint64_t lines; // SIM lines read or written
	uint64_t bytes; // of the file, read
	uint64_t size;  // of the file, import
	double seconds;
	uint64_t n_errors;
	unsigned n_listed;
	struct bulk_error errors[BULK_ERRORS_MAX];
};

struct bulk_job {
	struct store *store;
	const struct seal *seal; // import; not kept
	char path[BULK_PATH_MAX];
	bool is_export;
	bool is_sealed; // export with sealed keys
	// Called once on the bulk thread, after the last status; may be NULL.
	void (*done)(void *arg, int result);
	void *arg;
};

// -EBUSY: bulk_busy() says with what. The file of an export is made with mode 0600, under another name until it is
// complete.
int bulk_start(const struct bulk_job *job);
void bulk_status(struct bulk_status *status);
void bulk_cancel(void); // an import then leaves nothing
void bulk_stop(void);   // cancels, and waits for the thread
// "import of /tmp/sims.csv: 120000 SIM lines, 12 % after 3.2 s"
void bulk_progress(const struct bulk_status *status, char *out, size_t size);
// After -EBUSY: what is in the way, and how far it is.
void bulk_busy(const struct store *store, char *out, size_t size);
