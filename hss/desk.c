// SPDX-License-Identifier: BSD-3-Clause
#include "hss/desk.h"

#include "hss/sim_bulk.h"
#include "hss/subscriber_text.h"
#include "hss/text.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct desk desk;

static struct {
	pthread_mutex_t lock;
	int fd;
	struct desk_call *done, **end;
} box = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

int
desk_open(const struct desk *parts)
{
	desk = *parts;
	box.end = &box.done;
	box.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return box.fd < 0 ? -errno : 0;
}

int
desk_fd(void)
{
	return box.fd;
}

void *
desk_call(struct cli_out *out, size_t size, int (*finish)(struct desk_call *call, int result))
{
	struct desk_call *c = calloc(1, size);

	if (!c)
		return NULL;
	c->out = out;
	c->finish = finish;
	c->job = cli_pending(out);
	if (!c->job) {
		c->wait = malloc(sizeof(sem_t));
		if (!c->wait) {
			free(c);
			return NULL;
		}
		sem_init(c->wait, 0, 0);
	}
	return c;
}

void
desk_done(void *call, int result)
{
	struct desk_call *c = call;
	uint64_t one = 1;

	c->result = result;
	if (!c->job) {
		sem_post(c->wait);
		return;
	}
	pthread_mutex_lock(&box.lock);
	c->next = NULL;
	*box.end = c;
	box.end = &c->next;
	// A full counter is readable as well.
	if (write(box.fd, &one, sizeof(one)) < 0)
		errno = 0;
	pthread_mutex_unlock(&box.lock);
}

int
desk_return(struct desk_call *c)
{
	int result;

	if (c->job)
		return CLI_PENDING;
	while (sem_wait(c->wait) != 0)
		continue;
	sem_destroy(c->wait);
	free(c->wait);
	result = c->finish(c, c->result);
	free(c);
	return result;
}

void
desk_dispatch(void)
{
	struct desk_call *c;
	uint64_t n;

	pthread_mutex_lock(&box.lock);
	if (read(box.fd, &n, sizeof(n)) < 0)
		errno = 0;
	c = box.done;
	box.done = NULL;
	box.end = &box.done;
	pthread_mutex_unlock(&box.lock);
	while (c) {
		struct desk_call *next = c->next;
		struct cli_job *job = c->job;
		int result = c->finish(c, c->result);

		free(c);
		cli_job_finish(job, result);
		c = next;
	}
}

bool
desk_is_sim(const char *value)
{
	return iccid_is_sound(value) || imsi_is_sound(value);
}

void
desk_sim_key(const struct cli_args *args, struct store_op *op)
{
	const char *sim = cli_arg(args, "sim");

	op->by = iccid_is_sound(sim) ? STORE_SIM_BY_ICCID : STORE_SIM_BY_IMSI;
	text_copy(op->key, sizeof(op->key), sim);
}

bool
desk_is_state(const char *value)
{
	enum sim_state state;

	return sim_state_parse(value, &state) == 0;
}

void
desk_wake(void)
{
	if (desk.triggers)
		desk.triggers->wake(desk.triggers->ctx);
}

void
desk_close(void)
{
	bulk_stop();
	if (box.fd >= 0)
		close(box.fd);
	box.fd = -1;
}
