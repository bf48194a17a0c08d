// SPDX-License-Identifier: BSD-3-Clause
#include "hss/origin_state.h"

#include "config/log.h"
#include "hss/s6a_triggers.h"

#include <errno.h>
#include <semaphore.h>
#include <string.h>
#include <time.h>

#define LOST_BLOCKS 1000 // of store.seq_block SEQs; a USIM takes a jump of up to 2^28

struct answer {
	sem_t done;
	int result;
};

static void
answered(void *arg, int result)
{
	struct answer *a = arg;

	a->result = result;
	sem_post(&a->done);
}

static int
wait_for(struct answer *a)
{
	while (sem_wait(&a->done) < 0)
		;
	sem_destroy(&a->done);
	return a->result;
}

static int64_t
number_add(struct store *store, int64_t delta)
{
	struct answer a;
	int64_t value = 0;

	sem_init(&a.done, 0, 0);
	store_number_add(store, "origin-state-id", delta, &value, answered, &a);
	return wait_for(&a) == 0 ? value : -1;
}

static void
advance(struct store *store)
{
	struct answer a;
	int ret;

	sem_init(&a.done, 0, 0);
	store_seq_advance(store, LOST_BLOCKS, answered, &a);
	ret = wait_for(&a);
	if (ret < 0)
		log_error("the sequence numbers can't be moved ahead: %s", strerror(-ret));
	else
		log_warning("every sequence number has moved ahead by %u blocks", LOST_BLOCKS);
}

uint32_t
origin_state_open(struct store *store)
{
	int64_t now = (int64_t)time(NULL), id = number_add(store, 0);

	if (store_has_lost(store))
		advance(store);
	if (id == 0 || (id > 0 && store_has_lost(store)))
		id = number_add(store, now > id ? now - id : 1);
	return id > 0 ? (uint32_t)id : (uint32_t)now;
}

static void
say(void *arg, const char *line)
{
	log_notice("%s", line);
}

static void
told(void *arg, int result)
{
	if (result < 0 && result != -ENOENT)
		log_error("the nodes can't be told of the loss: %s", strerror(-result));
}

void
origin_state_tell(const struct store *store)
{
	if (store_has_lost(store))
		s6a_triggers.reset(s6a_triggers.ctx, NULL, say, told, NULL);
}
