// SPDX-License-Identifier: BSD-3-Clause
#include "config/log.h"
#include "hss/sql.h"
#include "hss/store.h"

#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARAMS_MAX 16
#define RECONNECT_S 1
#define NUMBER_SIZE 24

struct pgsql;

struct pgsql_stmt {
	struct sql_stmt st;
	struct pgsql *db;
	enum sql_id id;
	bool is_prepared;
	int n;
	int row;
	int result;
	PGresult *rows;
	const char *values[PARAMS_MAX];
	int lengths[PARAMS_MAX];
	int formats[PARAMS_MAX];
	char numbers[PARAMS_MAX][NUMBER_SIZE];
	char *copies[PARAMS_MAX]; // of text and blobs
};

struct pgsql {
	struct sql sql;
	PGconn *c;
	time_t tried_s; // last attempt to reconnect, CLOCK_MONOTONIC
	bool is_piping;
	unsigned n_sent; // in the pipeline
	struct pgsql_stmt statements[SQL_N_STATEMENTS];
};

static const char *const texts[] = {
#define SQL_TEXT(name, sqlite, pgsql) pgsql ? pgsql : sqlite,
	SQL_STATEMENTS(SQL_TEXT)
#undef SQL_TEXT
};

static int
errno_of(const struct pgsql *db, const PGresult *r)
{
	const char *state = r ? PQresultErrorField(r, PG_DIAG_SQLSTATE) : NULL;

	if (PQstatus(db->c) != CONNECTION_OK || !state) {
		log_limited(LOG_LEVEL_ERROR, 1, "database: %s", PQerrorMessage(db->c));
		return PQstatus(db->c) != CONNECTION_OK ? -ENOTCONN : -EIO;
	}
	if (strcmp(state, "23505") == 0) // unique_violation
		return -EEXIST;
	// serialization_failure, deadlock_detected, lock_not_available
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 ||
		strcmp(state, "55P03") == 0)
		return -EAGAIN;
	log_limited(LOG_LEVEL_ERROR, 5, "database: %s", PQresultErrorMessage(r));
	// 57P01 to 57P03: the server is going down or coming up.
	return strncmp(state, "57P0", 4) == 0 ? -ENOTCONN : -EIO;
}

static int
result_of(const struct pgsql *db, const PGresult *r)
{
	switch (PQresultStatus(r)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		return 0;
	default:
		return errno_of(db, r);
	}
}

static void
say_nothing(void *arg, const PGresult *r)
{
}

static int
reconnect(struct pgsql *db)
{
	struct timespec now;

	if (PQstatus(db->c) == CONNECTION_OK)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (db->tried_s != 0 && now.tv_sec - db->tried_s < RECONNECT_S)
		return -ENOTCONN;
	db->tried_s = now.tv_sec;
	db->is_piping = false;
	db->n_sent = 0;
	for (unsigned i = 0; i < SQL_N_STATEMENTS; i++)
		db->statements[i].is_prepared = false;
	PQreset(db->c);
	if (PQstatus(db->c) != CONNECTION_OK)
		return -ENOTCONN;
	log_notice("database: connected again");
	return 0;
}

// ---- Pipeline

// Takes the results of all that was sent. The first error, if any.
static int
settle(struct pgsql *db)
{
	int first = 0;
	unsigned n = db->n_sent;
	PGresult *r;

	if (!db->is_piping)
		return 0;
	db->n_sent = 0;
	db->is_piping = false;
	if (PQpipelineSync(db->c) != 1)
		return errno_of(db, NULL);
	for (unsigned i = 0; i < n; i++) {
		while ((r = PQgetResult(db->c)) != NULL) {
			if (PQresultStatus(r) != PGRES_PIPELINE_ABORTED && first == 0)
				first = result_of(db, r);
			PQclear(r);
		}
		if (PQstatus(db->c) != CONNECTION_OK)
			return -ENOTCONN;
	}
	r = PQgetResult(db->c); // PGRES_PIPELINE_SYNC
	PQclear(r);
	if (PQexitPipelineMode(db->c) != 1 && first == 0)
		first = errno_of(db, NULL);
	return first;
}

static int
pgsql_run(struct sql *sql, const char *text)
{
	struct pgsql *db = (struct pgsql *)sql;
	PGresult *r;
	int err = settle(db);

	if (err != 0)
		return err;
	r = PQexec(db->c, text);
	err = result_of(db, r);
	PQclear(r);
	return err;
}

// ---- Connection and transactions

static void
pgsql_close(struct sql *sql)
{
	struct pgsql *db = (struct pgsql *)sql;

	for (unsigned i = 0; i < SQL_N_STATEMENTS; i++) {
		PQclear(db->statements[i].rows);
		for (int j = 0; j < PARAMS_MAX; j++)
			free(db->statements[i].copies[j]);
	}
	PQfinish(db->c);
	free(db);
}

static int
pgsql_open(const char *target, const struct store_config *config, struct sql **sql)
{
	static const char *const keys[] = { "connect_timeout", "fallback_application_name",
		"dbname", NULL };
	const char *const values[] = { "5", "torii-hss", target, NULL };
	struct pgsql *db = calloc(1, sizeof(*db));

	if (!db)
		return -ENOMEM;
	db->sql.engine = &sql_pgsql;
	db->c = PQconnectdbParams(keys, values, 1);
	if (PQstatus(db->c) != CONNECTION_OK) {
		log_error("database: %s", PQerrorMessage(db->c));
		pgsql_close(&db->sql);
		return -EIO;
	}
	PQsetNoticeReceiver(db->c, say_nothing, NULL);
	*sql = &db->sql;
	return 0;
}

static void
pgsql_version(struct sql *sql, char *out, size_t size)
{
	const char *v = PQparameterStatus(((struct pgsql *)sql)->c, "server_version");

	snprintf(out, size, "PostgreSQL %s", v ? v : "");
}

static int
pgsql_begin(struct sql *sql)
{
	int err = reconnect((struct pgsql *)sql);

	return err == 0 ? pgsql_run(sql, "BEGIN") : err;
}

static int
pgsql_commit(struct sql *sql)
{
	struct pgsql *db = (struct pgsql *)sql;
	PGresult *r;
	int err;

	if (db->is_piping) {
		if (PQsendQueryParams(db->c, "COMMIT", 0, NULL, NULL, NULL, NULL, 0) == 1)
			db->n_sent++;
		return settle(db);
	}
	r = PQexec(db->c, "COMMIT");
	err = result_of(db, r);
	// A failed transaction ends with ROLLBACK whatever one asks for.
	if (err == 0 && strcmp(PQcmdStatus(r), "COMMIT") != 0)
		err = -EIO;
	PQclear(r);
	return err;
}

static void
pgsql_rollback(struct sql *sql)
{
	struct pgsql *db = (struct pgsql *)sql;

	settle(db);
	if (PQtransactionStatus(db->c) == PQTRANS_INTRANS ||
		PQtransactionStatus(db->c) == PQTRANS_INERROR)
		pgsql_run(sql, "ROLLBACK");
}

// ---- Statements

static struct sql_stmt *
pgsql_start(struct sql *sql, enum sql_id id)
{
	struct pgsql *db = (struct pgsql *)sql;
	struct pgsql_stmt *s = &db->statements[id];

	s->st.sql = sql;
	s->db = db;
	s->id = id;
	s->n = 0;
	s->result = 0;
	return &s->st;
}

static void
bind_value(struct pgsql_stmt *s, const char *value, int len, int format)
{
	if (s->n == PARAMS_MAX) {
		s->result = -EIO;
		return;
	}
	s->values[s->n] = value;
	s->lengths[s->n] = len;
	s->formats[s->n] = format;
	s->n++;
}

static void
pgsql_bind_int(struct sql_stmt *st, int64_t value)
{
	struct pgsql_stmt *s = (struct pgsql_stmt *)st;
	char *text = s->numbers[s->n < PARAMS_MAX ? s->n : 0];

	snprintf(text, NUMBER_SIZE, "%" PRId64, value);
	bind_value(s, text, 0, 0);
}

// The caller's value needn't live until the statement runs.
static void
bind_copy(struct pgsql_stmt *s, const void *value, size_t len, int format)
{
	int at = s->n < PARAMS_MAX ? s->n : 0;

	free(s->copies[at]);
	s->copies[at] = malloc(len + 1);
	if (!s->copies[at]) {
		s->result = -ENOMEM;
		return;
	}
	if (len > 0)
		memcpy(s->copies[at], value, len);
	s->copies[at][len] = '\0';
	bind_value(s, s->copies[at], (int)len, format);
}

static void
pgsql_bind_text(struct sql_stmt *st, const char *value)
{
	struct pgsql_stmt *s = (struct pgsql_stmt *)st;

	if (value)
		bind_copy(s, value, strlen(value), 0);
	else
		bind_value(s, NULL, 0, 0);
}

static void
pgsql_bind_blob(struct sql_stmt *st, const void *value, size_t len)
{
	bind_copy((struct pgsql_stmt *)st, value, len, 1);
}

static void
name_of(const struct pgsql_stmt *s, char name[16])
{
	snprintf(name, 16, "s%d", (int)s->id);
}

static int
prepare(struct pgsql_stmt *s)
{
	char name[16];
	PGresult *r;
	int err;

	if (s->is_prepared)
		return 0;
	err = settle(s->db);
	if (err != 0)
		return err;
	name_of(s, name);
	r = PQprepare(s->db->c, name, texts[s->id], 0, NULL);
	err = result_of(s->db, r);
	PQclear(r);
	s->is_prepared = err == 0;
	return err;
}

static int
execute(struct pgsql_stmt *s)
{
	char name[16];
	int err = settle(s->db);

	if (err == 0 && PQtransactionStatus(s->db->c) != PQTRANS_INTRANS)
		err = reconnect(s->db);
	if (err == 0)
		err = prepare(s);
	if (err != 0)
		return err;
	name_of(s, name);
	s->rows = PQexecPrepared(s->db->c, name, s->n, s->values, s->lengths, s->formats, 1);
	s->row = -1;
	return result_of(s->db, s->rows);
}

static int
pgsql_step(struct sql_stmt *st)
{
	struct pgsql_stmt *s = (struct pgsql_stmt *)st;

	if (s->result < 0)
		return s->result;
	if (!s->rows)
		s->result = execute(s);
	if (s->result < 0)
		return s->result;
	s->result = ++s->row < PQntuples(s->rows);
	return s->result;
}

static int64_t
pgsql_get_int(struct sql_stmt *st, int column)
{
	const struct pgsql_stmt *s = (const struct pgsql_stmt *)st;
	const char *value = PQgetvalue(s->rows, s->row, column);
	uint64_t v8;
	uint32_t v4;

	switch (PQgetlength(s->rows, s->row, column)) {
	case 8:
		memcpy(&v8, value, 8);
		return (int64_t)be64toh(v8);
	case 4:
		memcpy(&v4, value, 4);
		return (int32_t)be32toh(v4);
	case 1:
		return value[0];
	default: // null
		return 0;
	}
}

static const char *
pgsql_get_text(struct sql_stmt *st, int column)
{
	const struct pgsql_stmt *s = (const struct pgsql_stmt *)st;

	return PQgetvalue(s->rows, s->row, column);
}

static const void *
pgsql_get_blob(struct sql_stmt *st, int column, size_t *len)
{
	const struct pgsql_stmt *s = (const struct pgsql_stmt *)st;

	*len = (size_t)PQgetlength(s->rows, s->row, column);
	return PQgetvalue(s->rows, s->row, column);
}

static int
pgsql_finish(struct sql_stmt *st)
{
	struct pgsql_stmt *s = (struct pgsql_stmt *)st;
	int changed = s->rows ? atoi(PQcmdTuples(s->rows)) : 0;

	PQclear(s->rows);
	s->rows = NULL;
	return s->result < 0 ? s->result : changed;
}

static int
pgsql_later(struct sql_stmt *st)
{
	struct pgsql_stmt *s = (struct pgsql_stmt *)st;
	struct pgsql *db = s->db;
	char name[16];
	int err = s->result < 0 ? s->result : prepare(s);

	if (err != 0)
		return err;
	if (!db->is_piping && PQenterPipelineMode(db->c) != 1)
		return errno_of(db, NULL);
	db->is_piping = true;
	name_of(s, name);
	if (PQsendQueryPrepared(db->c, name, s->n, s->values, s->lengths, s->formats, 1) != 1)
		return errno_of(db, NULL);
	db->n_sent++;
	return 0;
}

static int
pgsql_copy(struct sql *sql, const char *text, const char *data, size_t len)
{
	struct pgsql *db = (struct pgsql *)sql;
	PGresult *r;
	int err = settle(db);

	if (err != 0)
		return err;
	r = PQexec(db->c, text);
	if (PQresultStatus(r) != PGRES_COPY_IN) {
		err = errno_of(db, r);
		PQclear(r);
		return err;
	}
	PQclear(r);
	if (PQputCopyData(db->c, data, (int)len) != 1 || PQputCopyEnd(db->c, NULL) != 1)
		err = errno_of(db, NULL);
	while ((r = PQgetResult(db->c)) != NULL) {
		if (err == 0)
			err = result_of(db, r);
		PQclear(r);
	}
	return err;
}

const struct sql_engine sql_pgsql = {
	.name = "PostgreSQL",
	.is_shared = true,
	.open = pgsql_open,
	.close = pgsql_close,
	.version = pgsql_version,
	.run = pgsql_run,
	.begin = pgsql_begin,
	.commit = pgsql_commit,
	.rollback = pgsql_rollback,
	.start = pgsql_start,
	.bind_int = pgsql_bind_int,
	.bind_text = pgsql_bind_text,
	.bind_blob = pgsql_bind_blob,
	.step = pgsql_step,
	.get_int = pgsql_get_int,
	.get_text = pgsql_get_text,
	.get_blob = pgsql_get_blob,
	.finish = pgsql_finish,
	.later = pgsql_later,
	.copy = pgsql_copy,
};
