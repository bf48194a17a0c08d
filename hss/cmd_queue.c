// SPDX-License-Identifier: BSD-3-Clause
#include "hss/commands.h"
#include "hss/counters.h"
#include "hss/outgoing.h"
#include "hss/s6a.h"
#include "hss/store.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE_ROWS 50

// The store answers on a thread of its own; what it says is kept until the loop's thread may print.
struct queue_page {
	sem_t done;
	int result;
	unsigned n;
	struct store_request rows[PAGE_ROWS];
};

static void
page_row(void *arg, const struct store_request *r)
{
	struct queue_page *page = arg;

	if (page->n < PAGE_ROWS)
		page->rows[page->n++] = *r;
}

static void
page_done(void *arg, int result)
{
	struct queue_page *page = arg;

	page->result = result;
	sem_post(&page->done);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void
print_page(const struct queue_page *page, struct cli_out *out)
{
	static const char *const headers[] = { ">Id", "Command", "IMSI", "To", "Arguments",
		">Attempts", ">Due in", "Last failure" };
	struct cli_columns *c = cli_columns_new(out, headers, 8);
	int64_t now = now_ms();

	for (unsigned i = 0; i < page->n; i++) {
		const struct store_request *r = &page->rows[i];

		cli_columns_cell(c, "%" PRId64, r->id);
		cli_columns_cell(c, "%s", counted_name(counted_from_code(r->command)));
		cli_columns_cell(c, "%s", r->imsi[0] != '\0' ? r->imsi : "-");
		cli_columns_cell(c, "%s", r->host);
		cli_columns_cell(c, "%s", r->args[0] != '\0' ? r->args : "-");
		cli_columns_cell(c, "%u", r->attempts);
		cli_columns_cell(
			c, "%" PRId64 " s", r->due_ms > now ? (r->due_ms - now + 999) / 1000 : 0);
		cli_columns_cell(c, "%s", r->why[0] != '\0' ? r->why : "-");
	}
	cli_columns_end(c);
	if (page->n == PAGE_ROWS)
		cli_out_printf(out, "There may be more: show queue after %" PRId64 "\n",
			page->rows[page->n - 1].id);
}

static int
show_queue(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	const char *imsi = cli_arg(args, "imsi-digits");
	struct queue_page *page = calloc(1, sizeof(*page));
	int ret;

	if (page == NULL)
		return -ENOMEM;
	sem_init(&page->done, 0, 0);
	store_requests_list(s6a.store, imsi != NULL ? imsi : "",
		(int64_t)cli_arg_uint(args, "id", 0), PAGE_ROWS, page_row, page_done, page);
	while (sem_wait(&page->done) < 0)
		;
	ret = page->result;
	if (ret == 0) {
		print_page(page, out);
		cli_out_printf(out, "%u waiting for an answer\n", outgoing_in_flight());
	}
	sem_destroy(&page->done);
	free(page);
	return ret;
}

struct wait {
	sem_t done;
	int result;
};

static void
wait_done(void *arg, int result)
{
	struct wait *w = arg;

	w->result = result;
	sem_post(&w->done);
}

static int
delete_request(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	uint64_t id = cli_arg_uint(args, "id", 0);
	struct wait w;

	sem_init(&w.done, 0, 0);
	store_request_del(s6a.store, (int64_t)id, wait_done, &w);
	while (sem_wait(&w.done) < 0)
		;
	sem_destroy(&w.done);
	if (w.result == -ENOENT)
		return cli_out_fail(out, "no request %" PRIu64, id);
	if (w.result == 0)
		cli_out_printf(out, "Request %" PRIu64 " deleted\n", id);
	return w.result;
}

static int
retry_request(const struct cli_args *args, struct cli_out *out, void *ctx)
{
	uint64_t id = cli_arg_uint(args, "id", 0);
	struct wait w;

	sem_init(&w.done, 0, 0);
	store_request_retry(
		s6a.store, (int64_t)id, now_ms(), "asked for by the operator", wait_done, &w);
	while (sem_wait(&w.done) < 0)
		;
	sem_destroy(&w.done);
	if (w.result == -ENOENT)
		return cli_out_fail(out, "no request %" PRIu64, id);
	outgoing_wake();
	if (w.result == 0)
		cli_out_printf(out, "Request %" PRIu64 " is due now\n", id);
	return w.result;
}

static bool
is_id(const char *value)
{
	uint64_t id;

	return cfg_parse_uint(value, &id) == 0 && id > 0;
}

static const struct cli_row rows[] = {
	{ "show queue [imsi <imsi-digits>] [after <id>]", show_queue,
		"Requests that the HSS started and that aren't settled yet" },
	{ "queue delete <id>", delete_request, "Forget a request" },
	{ "queue retry <id>", retry_request, "Send a request again now" },
};

static const struct cli_word words[] = {
	{ .word = "queue", .text = "CLR, IDR, DSR and RSR on their way" },
	{ .word = "<imsi-digits>", .text = "6 to 15 digits" },
	{ .word = "<id>", .text = "The number of a request", .check = is_id },
};

const struct cli_table queue_cli = CLI_TABLE("Queue", rows, words);
