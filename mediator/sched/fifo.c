/* SPDX-License-Identifier: MIT */
/* Order of arrival, as with plain virtio-gpu: the baseline for every other policy. */
#include <stddef.h>

#include "mediator/sched/internal.h"

/* The job is nearly always the newest. A client that was throttled returns to its old place. */
static void insert(struct sched *s, struct sched_client *c)
{
	uint8_t before = s->last;

	while (before != SCHED_NOBODY && s->client[before].order > c->order)
		before = s->client[before].before;
	c->before = before;
	c->after = before == SCHED_NOBODY ? s->first : s->client[before].after;
	if (before == SCHED_NOBODY)
		s->first = c->index;
	else
		s->client[before].after = c->index;
	if (c->after == SCHED_NOBODY)
		s->last = c->index;
	else
		s->client[c->after].before = c->index;
}

static void unlink_client(struct sched *s, struct sched_client *c)
{
	if (c->before == SCHED_NOBODY)
		s->first = c->after;
	else
		s->client[c->before].after = c->after;
	if (c->after == SCHED_NOBODY)
		s->last = c->before;
	else
		s->client[c->after].before = c->before;
}

static struct sched_client *pick(struct sched *s, uint64_t now, uint64_t *wake)
{
	(void)now;
	(void)wake;
	return s->first == SCHED_NOBODY ? NULL : &s->client[s->first];
}

const struct sched_policy sched_fifo = {
	.name = "fifo", .insert = insert, .remove = unlink_client, .pick = pick};
