// SPDX-License-Identifier: BSD-3-Clause
#include "control/store.h"

#include "control/in_child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <lmdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOCK_NAME "control.lock"
#define IDENTITY_NAME "control.identity"
#define SESSIONS_NAME "sessions.mdb"
#define MAP_BYTES (16ULL << 30)  // of address space; the file grows as it is used
#define CHARGING_BLOCK (1 << 20) // ids that one durable write reserves; it holds all up for some ms
#define BOOT_ID_MAX 64
#define IDENTITY_VERSION 1

struct identity {
	char boot_id[BOOT_ID_MAX];
	uint8_t restart_counter;
	uint32_t charging_next; // ids from here on were never reserved
};

struct store {
	int dir_fd, lock_fd;
	struct identity identity;
	uint32_t charging_next, charging_end; // reserved for this run
	bool has_kept_sessions;
	char path[512]; // of the LMDB file
	MDB_env *env;
	bool is_doubtful; // a commit failed: LMDB may refuse everything until it is opened again
	MDB_dbi meta, table[STORE_TABLES];
	MDB_txn *txn; // open write transaction, or NULL
	int err;      // sticky, of the transaction
	uint64_t commits, failed_commits;
};

// Behind each value.
struct seal {
	uint32_t digest;
};

static const char *const table_names[STORE_TABLES] = { "sessions", "peers", "answers", "records",
	"routes", "bearers", "requests" };

static int __attribute__((format(printf, 4, 5)))
fail(char *why, size_t room, int err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, room, format, args);
	va_end(args);
	return err;
}

// LMDB's errors are negative numbers of its own, or the system's positive ones.
static int
mdb_errno(int ret)
{
	if (ret > 0)
		return -ret;
	return ret == MDB_MAP_FULL ? -ENOSPC : ret == 0 ? 0 : -EIO;
}

// Of key and value, so that a row that changed, or is found under another key, is noticed.
static uint32_t
digest_of(const MDB_val *key, const void *value, size_t n)
{
	uint64_t hash = n, word;
	const uint8_t *at = value;

	for (size_t i = 0; i < key->mv_size; i++)
		hash = (hash ^ ((const uint8_t *)key->mv_data)[i]) * 0x9e3779b97f4a7c15ULL;
	for (; n >= 8; at += 8, n -= 8) {
		memcpy(&word, at, 8);
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
		hash ^= hash >> 32;
	}
	for (size_t i = 0; i < n; i++)
		hash = (hash ^ at[i]) * 0x9e3779b97f4a7c15ULL;
	return (uint32_t)(hash ^ hash >> 32);
}

// ---- Identity.

static int
identity_read(int dir_fd, struct identity *id)
{
	char text[256];
	int fd = openat(dir_fd, IDENTITY_NAME, O_RDONLY | O_CLOEXEC);
	unsigned int version, counter;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return -EIO;
	text[n] = '\0';
	if (sscanf(text,
		    "torii-control %u\nboot %63s\nrestart_counter %u\ncharging_id_next %" SCNu32
		    "\nend\n",
		    &version, id->boot_id, &counter, &id->charging_next) != 4 ||
		counter > UINT8_MAX || strstr(text, "\nend\n") == NULL)
		return -EINVAL;
	if (version != IDENTITY_VERSION)
		return -EPROTO;
	id->restart_counter = (uint8_t)counter;
	return 0;
}

// Either the old or the new identity is there after a power cut, never a mixture.
static int
identity_write(int dir_fd, const struct identity *id)
{
	char text[256];
	int n = snprintf(text, sizeof(text),
		"torii-control %u\nboot %s\nrestart_counter %u\ncharging_id_next %" PRIu32
		"\nend\n",
		IDENTITY_VERSION, id->boot_id, id->restart_counter, id->charging_next);
	int fd = openat(
		dir_fd, IDENTITY_NAME ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, (size_t)n) != n || fsync(fd) < 0)
		ret = errno ? -errno : -ENOSPC;
	close(fd);
	if (ret == 0 && renameat(dir_fd, IDENTITY_NAME ".new", dir_fd, IDENTITY_NAME) < 0)
		ret = -errno;
	if (ret == 0 && fsync(dir_fd) < 0)
		ret = -errno;
	return ret;
}

// The very first start. The clock makes it unlikely that a state directory that was lost begins
// with the restart counter and the charging ids of before.
static void
identity_begin(struct identity *id, const char *boot_id)
{
	uint32_t now_s = (uint32_t)time(NULL);

	snprintf(id->boot_id, sizeof(id->boot_id), "%s", boot_id);
	id->restart_counter = (uint8_t)now_s;
	id->charging_next = now_s;
}

int
store_charging_id(struct store *s, uint32_t *id)
{
	struct identity next = s->identity;
	int ret;

	if (s->charging_next == s->charging_end) {
		next.charging_next += CHARGING_BLOCK;
		ret = identity_write(s->dir_fd, &next);
		if (ret < 0)
			return ret;
		s->charging_next = s->identity.charging_next;
		s->charging_end = next.charging_next;
		s->identity = next;
	}
	*id = s->charging_next++;
	return *id == 0 ? store_charging_id(s, id) : 0;
}

// ---- Opening.

static int
open_tables(struct store *s, MDB_txn *txn)
{
	int ret = mdb_dbi_open(txn, "meta", MDB_CREATE, &s->meta);

	for (int i = 0; ret == 0 && i < STORE_TABLES; i++)
		ret = mdb_dbi_open(txn, table_names[i], MDB_CREATE, &s->table[i]);
	return ret;
}

// Checks the version of the file, or writes it to a new one.
static int
check_version(struct store *s, MDB_txn *txn)
{
	uint32_t version = STORE_VERSION;
	char name[] = "version";
	MDB_val key = { sizeof(name) - 1, name }, value = { sizeof(version), &version };
	int ret = mdb_get(txn, s->meta, &key, &value);

	if (ret == MDB_NOTFOUND)
		return mdb_put(txn, s->meta, &key, &value, 0);
	if (ret == 0 &&
		(value.mv_size != sizeof(version) ||
			memcmp(value.mv_data, &version, sizeof(version)) != 0))
		return MDB_VERSION_MISMATCH;
	return ret;
}

static int
open_env(struct store *s)
{
	MDB_txn *txn;
	int ret = mdb_env_create(&s->env);

	if (ret != 0)
		return ret;
	mdb_env_set_mapsize(s->env, MAP_BYTES);
	mdb_env_set_maxdbs(s->env, STORE_TABLES + 1);
	ret = mdb_env_open(
		s->env, s->path, MDB_NOSUBDIR | MDB_NOSYNC | MDB_NOLOCK | MDB_NOTLS, 0600);
	if (ret == 0)
		ret = mdb_txn_begin(s->env, NULL, 0, &txn);
	if (ret != 0)
		return ret;
	ret = open_tables(s, txn);
	if (ret == 0)
		ret = check_version(s, txn);
	if (ret == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return ret;
}

static int
open_sessions(struct store *s, char *why, size_t room)
{
	int ret = open_env(s);

	if (ret == 0)
		return 0;
	if (ret == MDB_VERSION_MISMATCH)
		return fail(why, room, -EPROTO,
			"%s: made by another release; remove it to start without its sessions",
			s->path);
	if (ret < 0)
		return fail(why, room, -EINVAL,
			"%s: damaged (%s); remove it to start without its sessions", s->path,
			mdb_strerror(ret));
	return fail(why, room, -ret, "%s: %s", s->path, strerror(ret));
}

// Decides whether the sessions of the run before count, and with that the restart counter.
static int
settle_identity(struct store *s, const char *dir, const char *boot_id, char *why, size_t room)
{
	bool is_first, has_file = faccessat(s->dir_fd, SESSIONS_NAME, F_OK, 0) == 0;
	int ret = identity_read(s->dir_fd, &s->identity);

	is_first = ret == -ENOENT;
	if (ret == -EINVAL)
		return fail(why, room, ret, "%s/%s: damaged; restore it, or remove it", dir,
			IDENTITY_NAME);
	if (ret == -EPROTO)
		return fail(why, room, ret, "%s/%s: made by another release", dir, IDENTITY_NAME);
	if (ret < 0 && !is_first)
		return fail(why, room, ret, "%s/%s: %s", dir, IDENTITY_NAME, strerror(-ret));
	if (!is_first && has_file && strcmp(s->identity.boot_id, boot_id) == 0) {
		s->has_kept_sessions = true;
		return 0;
	}
	if (has_file && unlinkat(s->dir_fd, SESSIONS_NAME, 0) < 0)
		return fail(why, room, -errno, "%s/%s: %s", dir, SESSIONS_NAME, strerror(errno));
	if (is_first) {
		identity_begin(&s->identity, boot_id);
	} else {
		snprintf(s->identity.boot_id, sizeof(s->identity.boot_id), "%s", boot_id);
		s->identity.restart_counter++;
	}
	ret = identity_write(s->dir_fd, &s->identity);
	if (ret < 0)
		return fail(why, room, ret, "%s/%s: %s", dir, IDENTITY_NAME, strerror(-ret));
	return 0;
}

static int
open_directory(struct store *s, const char *dir, char *why, size_t room)
{
	if ((size_t)snprintf(s->path, sizeof(s->path), "%s/%s", dir, SESSIONS_NAME) >=
		sizeof(s->path))
		return fail(why, room, -ENAMETOOLONG, "state directory %s: name too long", dir);
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return fail(why, room, -errno, "state directory %s: %s", dir, strerror(errno));
	s->dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return fail(why, room, -errno, "state directory %s: %s", dir, strerror(errno));
	s->lock_fd = openat(s->dir_fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return fail(why, room, -errno, "%s/%s: %s", dir, LOCK_NAME, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return fail(why, room, -EBUSY,
			"another torii-control is running with the state directory %s", dir);
	return 0;
}

static int
see_row(void *ctx, const void *key, size_t key_n, const void *value, size_t n)
{
	return 0;
}

enum { KEPT_IS_FINE, KEPT_IS_DAMAGED };

// Reads all there is. A damaged page may end whoever does by a signal or an assertion of LMDB's. What
// else is wrong is told by whoever opens it next.
static int
read_all(void *ctx)
{
	struct store *s = ctx;
	int ret = open_env(s);

	if (ret == MDB_VERSION_MISMATCH || ret > 0)
		return KEPT_IS_FINE;
	for (int i = 0; ret == 0 && i < STORE_TABLES; i++)
		ret = store_read(s, (enum store_table)i, see_row, NULL);
	return ret == 0 ? KEPT_IS_FINE : KEPT_IS_DAMAGED;
}

static int
check_kept(struct store *s, char *why, size_t room)
{
	int ret = s->has_kept_sessions ? in_child(read_all, s) : KEPT_IS_FINE;

	if (ret == KEPT_IS_FINE)
		return 0;
	if (ret < 0 && ret != -EFAULT)
		return fail(why, room, ret, "%s: it can't be checked: %s", s->path, strerror(-ret));
	return fail(why, room, -EINVAL, "%s: damaged; remove it to start without its sessions",
		s->path);
}

int
store_open(struct store **out, const char *dir, const char *boot_id, char *why, size_t room)
{
	struct store *s = calloc(1, sizeof(*s));
	int ret;

	if (!s)
		return fail(why, room, -ENOMEM, "no memory");
	s->dir_fd = s->lock_fd = -1;
	ret = open_directory(s, dir, why, room);
	if (ret == 0)
		ret = settle_identity(s, dir, boot_id, why, room);
	if (ret == 0)
		ret = check_kept(s, why, room);
	if (ret == 0)
		ret = open_sessions(s, why, room);
	if (ret < 0) {
		store_close(s);
		return ret;
	}
	*out = s;
	return 0;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	if (s->txn)
		mdb_txn_abort(s->txn);
	if (s->env)
		mdb_env_close(s->env);
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free(s);
}

uint8_t
store_restart_counter(const struct store *s)
{
	return s->identity.restart_counter;
}

bool
store_has_kept_sessions(const struct store *s)
{
	return s->has_kept_sessions;
}

// ---- Keys: big-endian, so that LMDB's order of bytes is the order of numbers.

static struct store_key
number_key(uint64_t value, size_t n)
{
	struct store_key key = { .n = n };

	for (size_t i = 0; i < n; i++)
		key.bytes[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
	return key;
}

struct store_key
store_u32_key(uint32_t value)
{
	return number_key(value, sizeof(value));
}

struct store_key
store_u64_key(uint64_t value)
{
	return number_key(value, sizeof(value));
}

struct store_key
store_bytes_key(const void *bytes, size_t n)
{
	struct store_key key = { .n = n < STORE_KEY_MAX ? n : STORE_KEY_MAX };

	memcpy(key.bytes, bytes, key.n);
	return key;
}

// LMDB wants pointers to memory that may be written, and writes none of it.
static MDB_val
val_of(const void *bytes, size_t n)
{
	union {
		const void *in;
		void *out;
	} p = { .in = bytes };

	return (MDB_val){ .mv_size = n, .mv_data = p.out };
}

// ---- Changes.

// After a failed write of its meta page LMDB serves nothing; what is in the file is still right.
static int
open_again(struct store *s)
{
	int ret;

	mdb_env_close(s->env);
	s->env = NULL;
	ret = open_env(s);
	if (ret == 0)
		s->is_doubtful = false;
	return mdb_errno(ret);
}

static bool
in_transaction(struct store *s)
{
	if (s->is_doubtful && s->err == 0)
		s->err = open_again(s);
	if (!s->txn && s->err == 0)
		s->err = mdb_errno(mdb_txn_begin(s->env, NULL, 0, &s->txn));
	return s->err == 0;
}

void
store_put(struct store *s, enum store_table table, const struct store_key *key, const void *value,
	size_t n)
{
	MDB_val k = val_of(key->bytes, key->n), v = { .mv_size = n + sizeof(struct seal) };
	struct seal seal = { digest_of(&k, value, n) };

	if (!in_transaction(s))
		return;
	s->err = mdb_errno(mdb_put(s->txn, s->table[table], &k, &v, MDB_RESERVE));
	if (s->err < 0)
		return;
	memcpy(v.mv_data, value, n);
	memcpy((uint8_t *)v.mv_data + n, &seal, sizeof(seal));
}

void
store_del(struct store *s, enum store_table table, const struct store_key *key)
{
	MDB_val k = val_of(key->bytes, key->n);
	int ret;

	if (!in_transaction(s))
		return;
	ret = mdb_del(s->txn, s->table[table], &k, NULL);
	if (ret != MDB_NOTFOUND)
		s->err = mdb_errno(ret);
}

void
store_del_below(struct store *s, enum store_table table, const struct store_key *end)
{
	MDB_val key, value, last = val_of(end->bytes, end->n);
	MDB_cursor *cursor;
	int ret;

	if (!in_transaction(s))
		return;
	ret = mdb_cursor_open(s->txn, s->table[table], &cursor);
	if (ret != 0) {
		s->err = mdb_errno(ret);
		return;
	}
	ret = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	while (ret == 0 && mdb_cmp(s->txn, s->table[table], &key, &last) < 0) {
		ret = mdb_cursor_del(cursor, 0);
		if (ret == 0)
			ret = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
	}
	mdb_cursor_close(cursor);
	if (ret != MDB_NOTFOUND)
		s->err = mdb_errno(ret);
}

int
store_commit(struct store *s)
{
	int ret = s->err;

	if (!s->txn && ret == 0)
		return 0;
	if (s->txn && ret == 0)
		ret = mdb_errno(mdb_txn_commit(s->txn));
	else if (s->txn)
		mdb_txn_abort(s->txn);
	s->txn = NULL;
	s->err = 0;
	if (ret == 0) {
		s->commits++;
	} else {
		s->failed_commits++;
		s->is_doubtful = true;
	}
	return ret;
}

// ---- Reading.

static bool
is_sealed(const MDB_val *key, const MDB_val *value)
{
	struct seal seal;
	size_t n = value->mv_size - sizeof(seal);

	if (value->mv_size < sizeof(seal))
		return false;
	memcpy(&seal, (const uint8_t *)value->mv_data + n, sizeof(seal));
	return seal.digest == digest_of(key, value->mv_data, n);
}

int
store_read(struct store *s, enum store_table table,
	int (*row)(void *ctx, const void *key, size_t key_n, const void *value, size_t n),
	void *ctx)
{
	MDB_cursor *cursor;
	MDB_val key, value;
	MDB_txn *txn;
	int ret = s->is_doubtful ? open_again(s) : 0;

	if (ret == 0)
		ret = mdb_errno(mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn));
	if (ret != 0)
		return ret;
	ret = mdb_cursor_open(txn, s->table[table], &cursor);
	if (ret != 0) {
		mdb_txn_abort(txn);
		return mdb_errno(ret);
	}
	while ((ret = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) == 0) {
		ret = is_sealed(&key, &value) ? row(ctx, key.mv_data, key.mv_size, value.mv_data,
							value.mv_size - sizeof(struct seal))
					      : -EINVAL;
		if (ret != 0)
			break;
	}
	mdb_cursor_close(cursor);
	mdb_txn_abort(txn);
	if (ret == MDB_NOTFOUND)
		return 0;
	return ret;
}

void
store_count(struct store *s, struct store_counts *counts)
{
	MDB_envinfo info;
	MDB_txn *txn = s->txn;
	MDB_stat stat;

	*counts =
		(struct store_counts){ .commits = s->commits, .failed_commits = s->failed_commits };
	if (s->is_doubtful)
		return;
	if (mdb_env_stat(s->env, &stat) == 0 && mdb_env_info(s->env, &info) == 0)
		counts->used_bytes = (info.me_last_pgno + 1) * stat.ms_psize;
	if (!txn && mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn) != 0)
		return;
	for (int i = 0; i < STORE_TABLES; i++)
		if (mdb_stat(txn, s->table[i], &stat) == 0)
			counts->rows[i] = stat.ms_entries;
	if (txn != s->txn)
		mdb_txn_abort(txn);
}

const char *
store_table_name(enum store_table table)
{
	return table_names[table];
}
