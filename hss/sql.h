// SPDX-License-Identifier: BSD-3-Clause
// What the store wants of a database engine: prepared statements by number, transactions, and that's
// it. One connection belongs to one thread at a time. Errors: -EEXIST (a unique key is there already),
// -EAGAIN (a conflict with another transaction: run it again), -ENOTCONN (the server is away),
// -EIO; the engine logs those that nobody expects.
#pragma once

#include "hss/sql_statements.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct store_config;
struct sql;
struct sql_stmt;

struct sql_engine {
	const char *name;
	// Other processes may change rows, and each transaction sees what they committed.
	bool is_shared;
	int (*open)(const char *target, const struct store_config *config, struct sql **sql);
	void (*close)(struct sql *sql);
	void (*version)(struct sql *sql, char *out, size_t size);

	// Statements without parameters and rows, several in one text.
	int (*run)(struct sql *sql, const char *text);
	int (*begin)(struct sql *sql);
	int (*commit)(struct sql *sql); // also settles what `later` queued
	void (*rollback)(struct sql *sql);

	// start, bind in order of the parameters, step while it gives 1, finish. finish gives the rows
	// changed, or the error that step gave. What get_text and get_blob return lives until the next
	// step or finish.
	struct sql_stmt *(*start)(struct sql *sql, enum sql_id id);
	void (*bind_int)(struct sql_stmt *st, int64_t value);
	void (*bind_text)(struct sql_stmt *st, const char *value); // NULL: SQL's null
	void (*bind_blob)(struct sql_stmt *st, const void *value, size_t len);
	int (*step)(struct sql_stmt *st); // 1, 0, or an error
	int64_t (*get_int)(struct sql_stmt *st, int column);
	const char *(*get_text)(struct sql_stmt *st, int column); // "" for null
	const void *(*get_blob)(struct sql_stmt *st, int column, size_t *len);
	int (*finish)(struct sql_stmt *st);
	// Instead of step and finish, for statements whose rows and count don't matter: the engine may
	// send several together, errors come with commit.
	int (*later)(struct sql_stmt *st);
	// COPY ... FROM STDIN and its data, where there is such a thing; else NULL.
	int (*copy)(struct sql *sql, const char *text, const char *data, size_t len);
};

// Every connection begins with its engine.
struct sql {
	const struct sql_engine *engine;
};

struct sql_stmt {
	struct sql *sql;
};

extern const struct sql_engine sql_sqlite;
extern const struct sql_engine sql_pgsql;

static inline struct sql_stmt *
sql_start(struct sql *sql, enum sql_id id)
{
	return sql->engine->start(sql, id);
}

static inline void
sql_bind_int(struct sql_stmt *st, int64_t value)
{
	st->sql->engine->bind_int(st, value);
}

static inline void
sql_bind_text(struct sql_stmt *st, const char *value)
{
	st->sql->engine->bind_text(st, value);
}

static inline void
sql_bind_blob(struct sql_stmt *st, const void *value, size_t len)
{
	st->sql->engine->bind_blob(st, value, len);
}

static inline int
sql_step(struct sql_stmt *st)
{
	return st->sql->engine->step(st);
}

static inline int64_t
sql_get_int(struct sql_stmt *st, int column)
{
	return st->sql->engine->get_int(st, column);
}

static inline const char *
sql_get_text(struct sql_stmt *st, int column)
{
	return st->sql->engine->get_text(st, column);
}

static inline const void *
sql_get_blob(struct sql_stmt *st, int column, size_t *len)
{
	return st->sql->engine->get_blob(st, column, len);
}

static inline int
sql_finish(struct sql_stmt *st)
{
	return st->sql->engine->finish(st);
}

static inline int
sql_later(struct sql_stmt *st)
{
	return st->sql->engine->later(st);
}

// Runs a statement to its end: rows changed, or an error.
static inline int
sql_exec(struct sql_stmt *st)
{
	int more;

	do
		more = sql_step(st);
	while (more == 1);
	return sql_finish(st);
}

// Starts, binds by format ('i' int64_t, 't' text, 'b' pointer and size_t) and leaves it to step.
struct sql_stmt *sql_bound(struct sql *sql, enum sql_id id, const char *format, ...);
