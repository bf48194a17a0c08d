// SPDX-License-Identifier: BSD-3-Clause
// What only the embedded engine needs: the one owner of a file, and its write-ahead log.
#pragma once

#include "hss/sql.h"

// Takes the lock of the database file for this process; *fd holds it until it is closed. -EBUSY: another
// process has it, -errno.
int sqlite_lock(const char *path, int *fd);

// Pages in the write-ahead log after the last commit.
unsigned sqlite_wal_pages(const struct sql *sql);

// Copies what it can of the log into the file without waiting for anybody. *left: the pages that
// remain. 0 or -errno.
int sqlite_checkpoint(struct sql *sql, unsigned *left);

// A descriptor of the log, for fdatasync: in WAL mode with synchronous = NORMAL that is all that a
// commit with FULL does beyond. -errno.
int sqlite_wal_open(const char *path);
