// SPDX-License-Identifier: BSD-3-Clause
#include "hss/store_sqlite.h"

#include "config/log.h"
#include "hss/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define BUSY_TIMEOUT_MS 5000

struct sqlite;

struct sqlite_stmt {
	struct sql_stmt st;
	struct sqlite *db;
	sqlite3_stmt *h;
	int n_bound;
	int result;
};

struct sqlite {
	struct sql sql;
	sqlite3 *h;
	unsigned wal_pages;
	struct sqlite_stmt statements[SQL_N_STATEMENTS];
};

static const char *const texts[] = {
#define SQL_TEXT(name, sqlite, pgsql) sqlite,
	SQL_STATEMENTS(SQL_TEXT)
#undef SQL_TEXT
};

static int
errno_of(const struct sqlite *db, int code)
{
	switch (code) {
	case SQLITE_OK:
	case SQLITE_DONE:
		return 0;
	case SQLITE_ROW:
		return 1;
	case SQLITE_CONSTRAINT:
		return -EEXIST;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		log_limited(LOG_LEVEL_WARNING, 1, "database is locked by another program");
		return -EAGAIN;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		log_limited(LOG_LEVEL_ERROR, 1, "%s: damaged (%s); restore its last backup",
			sqlite3_db_filename(db->h, NULL), sqlite3_errmsg(db->h));
		return -EIO;
	default:
		log_limited(LOG_LEVEL_ERROR, 5, "database: %s", sqlite3_errmsg(db->h));
		return -EIO;
	}
}

static int
wal_hook(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct sqlite *db = arg;

	db->wal_pages = (unsigned)pages;
	return SQLITE_OK;
}

static int
sqlite_run(struct sql *sql, const char *text)
{
	struct sqlite *db = (struct sqlite *)sql;

	return errno_of(db, sqlite3_exec(db->h, text, NULL, NULL, NULL));
}

static void
sqlite_close(struct sql *sql)
{
	struct sqlite *db = (struct sqlite *)sql;

	for (unsigned i = 0; i < SQL_N_STATEMENTS; i++)
		sqlite3_finalize(db->statements[i].h);
	sqlite3_close(db->h);
	free(db);
}

// Before SQLite makes it with the umask: the file holds (sealed) keys.
static void
make_private(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
}

static int
sqlite_open(const char *target, const struct store_config *config, struct sql **sql)
{
	struct sqlite *db = calloc(1, sizeof(*db));
	char pragmas[256];
	int err;

	if (!db)
		return -ENOMEM;
	db->sql.engine = &sql_sqlite;
	make_private(target);
	if (sqlite3_open_v2(target, &db->h,
		    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
		    NULL) != SQLITE_OK) {
		log_error("%s: %s", target, db->h ? sqlite3_errmsg(db->h) : "no memory");
		sqlite_close(&db->sql);
		return -EIO;
	}
	sqlite3_extended_result_codes(db->h, 0);
	sqlite3_busy_timeout(db->h, BUSY_TIMEOUT_MS);
	sqlite3_wal_hook(db->h, wal_hook, db);
	snprintf(pragmas, sizeof(pragmas),
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		"PRAGMA temp_store = MEMORY; PRAGMA cache_size = -%u;",
		config->cache_mib * 1024);
	err = sqlite_run(&db->sql, pragmas);
	if (err != 0) {
		sqlite_close(&db->sql);
		return err;
	}
	*sql = &db->sql;
	return 0;
}

static void
sqlite_version(struct sql *sql, char *out, size_t size)
{
	snprintf(out, size, "SQLite %s", sqlite3_libversion());
}

static int
sqlite_begin(struct sql *sql)
{
	return sqlite_run(sql, "BEGIN");
}

static int
sqlite_commit(struct sql *sql)
{
	return sqlite_run(sql, "COMMIT");
}

static void
sqlite_rollback(struct sql *sql)
{
	struct sqlite *db = (struct sqlite *)sql;

	// After some errors SQLite has rolled back itself.
	if (!sqlite3_get_autocommit(db->h))
		sqlite_run(sql, "ROLLBACK");
}

static struct sql_stmt *
sqlite_start(struct sql *sql, enum sql_id id)
{
	struct sqlite *db = (struct sqlite *)sql;
	struct sqlite_stmt *st = &db->statements[id];

	st->st.sql = sql;
	st->db = db;
	st->n_bound = 0;
	st->result = 0;
	if (!st->h)
		st->result = errno_of(db,
			sqlite3_prepare_v3(
				db->h, texts[id], -1, SQLITE_PREPARE_PERSISTENT, &st->h, NULL));
	return &st->st;
}

static void
sqlite_bind_int(struct sql_stmt *st, int64_t value)
{
	struct sqlite_stmt *s = (struct sqlite_stmt *)st;

	sqlite3_bind_int64(s->h, ++s->n_bound, value);
}

static void
sqlite_bind_text(struct sql_stmt *st, const char *value)
{
	struct sqlite_stmt *s = (struct sqlite_stmt *)st;

	sqlite3_bind_text(s->h, ++s->n_bound, value, -1, SQLITE_TRANSIENT);
}

static void
sqlite_bind_blob(struct sql_stmt *st, const void *value, size_t len)
{
	struct sqlite_stmt *s = (struct sqlite_stmt *)st;

	sqlite3_bind_blob(s->h, ++s->n_bound, len ? value : "", (int)len, SQLITE_TRANSIENT);
}

static int
sqlite_step(struct sql_stmt *st)
{
	struct sqlite_stmt *s = (struct sqlite_stmt *)st;

	if (s->result < 0)
		return s->result;
	s->result = errno_of(s->db, sqlite3_step(s->h));
	return s->result;
}

static int64_t
sqlite_get_int(struct sql_stmt *st, int column)
{
	return sqlite3_column_int64(((struct sqlite_stmt *)st)->h, column);
}

static const char *
sqlite_get_text(struct sql_stmt *st, int column)
{
	const unsigned char *text = sqlite3_column_text(((struct sqlite_stmt *)st)->h, column);

	return text ? (const char *)text : "";
}

static const void *
sqlite_get_blob(struct sql_stmt *st, int column, size_t *len)
{
	struct sqlite_stmt *s = (struct sqlite_stmt *)st;
	const void *blob = sqlite3_column_blob(s->h, column);

	*len = (size_t)sqlite3_column_bytes(s->h, column);
	return blob;
}

static int
sqlite_finish(struct sql_stmt *st)
{
	struct sqlite_stmt *s = (struct sqlite_stmt *)st;

	sqlite3_reset(s->h);
	return s->result < 0 ? s->result : sqlite3_changes(s->db->h);
}

static int
sqlite_later(struct sql_stmt *st)
{
	int changed = sql_exec(st);

	return changed < 0 ? changed : 0;
}

const struct sql_engine sql_sqlite = {
	.name = "SQLite",
	.is_shared = false,
	.open = sqlite_open,
	.close = sqlite_close,
	.version = sqlite_version,
	.run = sqlite_run,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.start = sqlite_start,
	.bind_int = sqlite_bind_int,
	.bind_text = sqlite_bind_text,
	.bind_blob = sqlite_bind_blob,
	.step = sqlite_step,
	.get_int = sqlite_get_int,
	.get_text = sqlite_get_text,
	.get_blob = sqlite_get_blob,
	.finish = sqlite_finish,
	.later = sqlite_later,
};

int
sqlite_lock(const char *path, int *fd)
{
	char name[4096];
	int err;

	if (snprintf(name, sizeof(name), "%s.lock", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	*fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0) {
		err = -errno;
		log_error("%s: %s", name, strerror(errno));
		return err;
	}
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	err = errno == EWOULDBLOCK ? -EBUSY : -errno;
	log_error("%s: %s", path, err == -EBUSY ? "another process uses it" : strerror(errno));
	close(*fd);
	return err;
}

unsigned
sqlite_wal_pages(const struct sql *sql)
{
	return ((const struct sqlite *)sql)->wal_pages;
}

int
sqlite_checkpoint(struct sql *sql, unsigned *left)
{
	struct sqlite *db = (struct sqlite *)sql;
	int pages = 0, done = 0;
	int code = sqlite3_wal_checkpoint_v2(db->h, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages, &done);

	*left = pages > done ? (unsigned)(pages - done) : 0;
	return code == SQLITE_BUSY ? 0 : errno_of(db, code);
}

int
sqlite_wal_open(const char *path)
{
	char name[4096];
	int fd;

	if (snprintf(name, sizeof(name), "%s-wal", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}
