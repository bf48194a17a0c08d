// SPDX-License-Identifier: BSD-3-Clause
#include "hss/sim_bulk.h"

#include "config/log.h"
#include "hss/evp.h"
#include "hss/sim_csv.h"
#include "hss/text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOG_EVERY 100000 // lines
#define LINE_MAX 4096

static struct {
	pthread_mutex_t lock; // of status and has_thread
	struct bulk_status status;
	struct timespec started;
	bool has_thread;
	pthread_t thread;
	atomic_bool is_cancelled;
	struct bulk_job job; // the thread's
} bulk = { .lock = PTHREAD_MUTEX_INITIALIZER };

static double
seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
}

void
bulk_status(struct bulk_status *status)
{
	pthread_mutex_lock(&bulk.lock);
	*status = bulk.status;
	if (status->is_running)
		status->seconds = seconds_since(&bulk.started);
	pthread_mutex_unlock(&bulk.lock);
}

void
bulk_progress(const struct bulk_status *s, char *out, size_t size)
{
	unsigned percent = s->size > 0 ? (unsigned)(100 * s->bytes / s->size) : 0;

	if (s->is_export)
		snprintf(out, size, "export to %s: %" PRIu64 " SIM lines after %.1f s", s->path,
			s->lines, s->seconds);
	else
		snprintf(out, size,
			"import of %s: %" PRIu64 " SIM lines, %u %% after %.1f s, %" PRIu64
			" errors",
			s->path, s->lines, percent, s->seconds, s->n_errors);
}

void
bulk_busy(const struct store *store, char *out, size_t size)
{
	uint64_t left = store_import_left(store);
	struct bulk_status s;

	bulk_status(&s);
	if (s.is_running)
		bulk_progress(&s, out, size);
	else if (left > 0)
		snprintf(out, size,
			"what an import that came to nothing had left is being removed: %" PRIu64
			" SIMs to go",
			left);
	else
		snprintf(out, size, "an import has just ended: try again");
}

static void
error_add(uint64_t line, const char *why)
{
	pthread_mutex_lock(&bulk.lock);
	bulk.status.n_errors++;
	if (bulk.status.n_listed < BULK_ERRORS_MAX) {
		struct bulk_error *e = &bulk.status.errors[bulk.status.n_listed++];

		e->line = line;
		text_copy(e->why, sizeof(e->why), why);
	}
	pthread_mutex_unlock(&bulk.lock);
}

static void
count_line(uint64_t bytes)
{
	char text[BULK_TEXT_MAX];
	struct bulk_status s;

	pthread_mutex_lock(&bulk.lock);
	bulk.status.lines++;
	bulk.status.bytes = bytes;
	s = bulk.status;
	s.seconds = seconds_since(&bulk.started);
	pthread_mutex_unlock(&bulk.lock);
	if (s.lines % LOG_EVERY == 0) {
		bulk_progress(&s, text, sizeof(text));
		log_info("%s", text);
	}
}

static uint64_t
n_errors(void)
{
	uint64_t n;

	pthread_mutex_lock(&bulk.lock);
	n = bulk.status.n_errors;
	pthread_mutex_unlock(&bulk.lock);
	return n;
}

// ---- Import

struct import {
	FILE *f;
	struct csv_layout layout;
	struct store_bulk *to;
	struct new_sim sim; // the SIM that lines are still added to
	uint64_t sim_line;  // its first; 0: none
	uint64_t line;
	uint64_t bytes;
	char text[LINE_MAX];
	char buffer[1 << 16]; // of f: what holds keys is wiped
};

static void
conflict(void *arg, uint64_t line)
{
	error_add(line, "this SIM, its IMSI or its MSISDN is there already, or twice in the file");
}

static int
sim_put(struct import *i)
{
	int err;

	if (i->sim_line == 0)
		return 0;
	err = store_bulk_put(i->to, &i->sim, i->sim_line);
	if (err == -ENOENT) {
		error_add(i->sim_line, "profile: there is none of that name");
		err = 0;
	}
	i->sim_line = 0;
	return err;
}

static int
key_seal(struct csv_line *line)
{
	struct new_imsi *imsi = &line->sim.imsis[0];
	struct auc_key key;
	int err;

	if (!line->is_sealed)
		return seal_wrap(
			bulk.job.seal, imsi->imsi, &line->key, imsi->sealed, &imsi->sealed_len);
	err = seal_unwrap(bulk.job.seal, imsi->imsi, imsi->sealed, imsi->sealed_len, &key);
	auc_key_wipe(&key);
	return err;
}

static int
line_add(struct import *i, struct csv_line *line)
{
	bool is_more = i->sim_line != 0 && strcmp(i->sim.iccid, line->sim.iccid) == 0;
	int err;

	if (key_seal(line) != 0) {
		error_add(i->line, "sealed: with another key, or for another IMSI");
		return 0;
	}
	if (is_more && i->sim.n_imsis == SIM_IMSIS_MAX) {
		error_add(i->line, "iccid: a SIM has at most 8 IMSIs");
		return 0;
	}
	if (is_more) {
		i->sim.imsis[i->sim.n_imsis++] = line->sim.imsis[0];
		return 0;
	}
	err = sim_put(i);
	i->sim = line->sim;
	i->sim_line = i->line;
	return err;
}

// The next line that isn't empty: 1, 0 at the end, -EINVAL if it can't be a line.
static int
line_read(struct import *i)
{
	while (fgets(i->text, sizeof(i->text), i->f)) {
		size_t n = strlen(i->text);

		i->line++;
		i->bytes += n;
		if (n + 1 == sizeof(i->text) && i->text[n - 1] != '\n')
			return -EINVAL;
		if (i->text[strspn(i->text, " \t\r\n")] != '\0')
			return 1;
	}
	return ferror(i->f) ? -EINVAL : 0;
}

static int
lines_import(struct import *i)
{
	struct csv_line line;
	char why[96];
	int more, err = 0;

	while (err == 0 && (more = line_read(i)) == 1) {
		if (atomic_load(&bulk.is_cancelled))
			return -ECANCELED;
		if (csv_line_parse(&i->layout, i->text, &line, why) != 0)
			error_add(i->line, why);
		else
			err = line_add(i, &line);
		csv_line_wipe(&line);
		count_line(i->bytes);
	}
	if (err == 0 && more < 0)
		error_add(i->line, "longer than a line can be");
	return err == 0 ? sim_put(i) : err;
}

static int
import_all(struct import *i)
{
	char why[96];
	int err;

	if (line_read(i) != 1) {
		error_add(0, "the file is empty");
		return -EINVAL;
	}
	if (csv_header_parse(i->text, &i->layout, why) != 0) {
		error_add(i->line, why);
		return -EINVAL;
	}
	err = store_bulk_begin(bulk.job.store, &i->to);
	if (err != 0)
		return err;
	err = lines_import(i);
	if (err != 0 || n_errors() > 0) {
		store_bulk_abort(i->to);
		return err != 0 ? err : -EINVAL;
	}
	err = store_bulk_commit(i->to, conflict, NULL);
	return err == -EEXIST ? -EINVAL : err;
}

static int
import_run(void)
{
	struct import *i = calloc(1, sizeof(*i));
	struct stat st;
	int err;

	if (!i)
		return -ENOMEM;
	i->f = fopen(bulk.job.path, "re");
	if (!i->f) {
		err = -errno;
		free(i);
		return err;
	}
	setvbuf(i->f, i->buffer, _IOFBF, sizeof(i->buffer));
	if (fstat(fileno(i->f), &st) == 0) {
		pthread_mutex_lock(&bulk.lock);
		bulk.status.size = (uint64_t)st.st_size;
		pthread_mutex_unlock(&bulk.lock);
	}
	err = import_all(i);
	fclose(i->f);
	evp_wipe(i, sizeof(*i));
	free(i);
	return err;
}

// ---- Export

struct export
{
	FILE *f;
	sem_t done;
	int result;
};

static bool
export_row(void *arg, const struct subscriber *s)
{
	struct export *e = arg;

	csv_line_print(e->f, s, bulk.job.is_sealed);
	count_line(0);
	return !ferror(e->f) && !atomic_load(&bulk.is_cancelled);
}

static void
export_done(void *arg, int result)
{
	struct export *e = arg;

	e->result = result;
	sem_post(&e->done);
}

static int
rows_export(FILE *f)
{
	struct store_filter all = STORE_FILTER_ALL;
	struct export e = { .f = f };

	csv_header_print(f, bulk.job.is_sealed);
	sem_init(&e.done, 0, 0);
	store_list(bulk.job.store, &all, export_row, export_done, &e);
	while (sem_wait(&e.done) != 0)
		continue;
	sem_destroy(&e.done);
	if (atomic_load(&bulk.is_cancelled))
		return -ECANCELED;
	if (e.result == 0 && (fflush(f) != 0 || ferror(f) || fsync(fileno(f)) != 0))
		return -EIO;
	return e.result;
}

static int
export_run(void)
{
	char part[BULK_PATH_MAX + 8];
	int fd, err;
	FILE *f;

	snprintf(part, sizeof(part), "%s.part", bulk.job.path);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	f = fdopen(fd, "w");
	if (!f) {
		close(fd);
		unlink(part);
		return -ENOMEM;
	}
	err = rows_export(f);
	if (fclose(f) != 0 && err == 0)
		err = -EIO;
	if (err == 0 && rename(part, bulk.job.path) != 0)
		err = -errno;
	if (err != 0)
		unlink(part);
	return err;
}

// ---- The thread

static void *
bulk_thread(void *arg)
{
	char text[BULK_TEXT_MAX];
	struct bulk_status s;
	int err = bulk.job.is_export ? export_run() : import_run();

	pthread_mutex_lock(&bulk.lock);
	bulk.status.result = err;
	bulk.status.seconds = seconds_since(&bulk.started);
	bulk.status.is_running = false;
	s = bulk.status;
	pthread_mutex_unlock(&bulk.lock);
	bulk_progress(&s, text, sizeof(text));
	log_notice("%s: %s", text, err == 0 ? "done" : strerror(-err));
	if (bulk.job.done)
		bulk.job.done(bulk.job.arg, err);
	return NULL;
}

int
bulk_start(const struct bulk_job *job)
{
	int err = 0;

	pthread_mutex_lock(&bulk.lock);
	if (bulk.status.is_running || (!job->is_export && store_import_left(job->store) > 0)) {
		pthread_mutex_unlock(&bulk.lock);
		return -EBUSY;
	}
	if (bulk.has_thread)
		pthread_join(bulk.thread, NULL);
	bulk.job = *job;
	atomic_store(&bulk.is_cancelled, false);
	memset(&bulk.status, 0, sizeof(bulk.status));
	bulk.status.is_export = job->is_export;
	bulk.status.is_running = true;
	text_copy(bulk.status.path, sizeof(bulk.status.path), job->path);
	clock_gettime(CLOCK_MONOTONIC, &bulk.started);
	bulk.has_thread = pthread_create(&bulk.thread, NULL, bulk_thread, NULL) == 0;
	if (!bulk.has_thread) {
		bulk.status.is_running = false;
		err = -EAGAIN;
	}
	pthread_mutex_unlock(&bulk.lock);
	return err;
}

void
bulk_cancel(void)
{
	atomic_store(&bulk.is_cancelled, true);
}

void
bulk_stop(void)
{
	bulk_cancel();
	if (bulk.has_thread)
		pthread_join(bulk.thread, NULL);
	bulk.has_thread = false;
}
