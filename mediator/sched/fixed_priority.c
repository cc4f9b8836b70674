/* SPDX-License-Identifier: MIT */
/*
 * By priority; among equal priorities the client that has used least GPU time for its weight
 * (start-time fair queueing: Goyal, Vin, Cheng 1996). A decision looks only at the first client of
 * the first level. Levels with an eligible client are bits of a mask. The clients of a level are
 * kept in buckets by the virtual time at which they are due; the buckets form a ring, and those in
 * use are bits of a mask, too. Clients of one bucket go in the order in which they were inserted.
 */
#include <stddef.h>
#include <string.h>

#include "mediator/sched/internal.h"

#define BUCKET_SHIFT 18u /* 262 us of virtual time: shorter than usual jobs */

static uint64_t bucket_number(uint64_t virtual_ns)
{
	return virtual_ns >> BUCKET_SHIFT;
}

static void join(struct sched *s, struct sched_client *c)
{
	uint32_t at, slot = 0;

	for (at = 0; at < s->num_levels; at++)
		if (s->level[s->rank[at]].priority >= c->priority)
			break;
	if (at < s->num_levels && s->level[s->rank[at]].priority == c->priority) {
		c->level = s->rank[at];
		s->level[c->level].clients++;
		return;
	}
	while (s->level[slot].clients)
		slot++;
	memmove(&s->rank[at + 1], &s->rank[at], s->num_levels - at);
	s->rank[at] = (uint8_t)slot;
	s->num_levels++;
	s->level[slot] = (struct sched_level){.priority = c->priority, .clients = 1};
	c->level = (uint8_t)slot;
	s->ranks_stale = 1;
}

static void leave(struct sched *s, struct sched_client *c)
{
	uint32_t at = 0;

	if (--s->level[c->level].clients)
		return;
	while (s->rank[at] != c->level)
		at++;
	s->num_levels--;
	memmove(&s->rank[at], &s->rank[at + 1], s->num_levels - at);
	s->ranks_stale = 1;
}

/* Number the levels again, after some have come or gone, and mark those with eligible clients. */
static void number_levels(struct sched *s)
{
	memset(s->levels, 0, sizeof(s->levels));
	for (uint32_t i = 0; i < s->num_levels; i++) {
		struct sched_level *l = &s->level[s->rank[i]];

		l->rank = (uint8_t)i;
		if (l->buckets)
			sched_bit_set(s->levels, i);
	}
	s->ranks_stale = 0;
}

/* A client due beyond the ring waits in the ring's last bucket until the ring has moved on. */
static void enter_bucket(struct sched *s, struct sched_level *l, struct sched_client *c)
{
	uint64_t number = bucket_number(c->tag);
	uint64_t end = bucket_number(l->virtual_ns) + SCHED_BUCKETS - 1;
	uint32_t b = (uint32_t)((number < end ? number : end) % SCHED_BUCKETS);
	uint64_t bit = UINT64_C(1) << b;

	c->bucket = (uint8_t)b;
	c->after = SCHED_NOBODY;
	c->before = (l->buckets & bit) ? l->last[b] : SCHED_NOBODY;
	if (l->buckets & bit)
		s->client[l->last[b]].after = c->index;
	else
		l->first[b] = c->index;
	l->last[b] = c->index;
	l->buckets |= bit;
}

static void leave_bucket(struct sched *s, struct sched_level *l, struct sched_client *c)
{
	uint32_t b = c->bucket;

	if (c->before == SCHED_NOBODY)
		l->first[b] = c->after;
	else
		s->client[c->before].after = c->after;
	if (c->after == SCHED_NOBODY)
		l->last[b] = c->before;
	else
		s->client[c->after].before = c->before;
	if (l->first[b] == SCHED_NOBODY)
		l->buckets &= ~(UINT64_C(1) << b);
}

static void insert(struct sched *s, struct sched_client *c)
{
	struct sched_level *l = &s->level[c->level];

	/* An idle client accumulates no credit. A client that is back at once keeps its place. */
	if (c->tag < l->virtual_ns)
		c->tag = l->virtual_ns;
	if (s->ranks_stale)
		number_levels(s);
	enter_bucket(s, l, c);
	sched_bit_set(s->levels, l->rank);
}

static void remove_client(struct sched *s, struct sched_client *c)
{
	struct sched_level *l = &s->level[c->level];

	leave_bucket(s, l, c);
	if (s->ranks_stale)
		number_levels(s);
	else if (!l->buckets)
		sched_bit_clear(s->levels, l->rank);
}

/* Returns the number, not yet taken modulo the ring, of the level's first bucket in use. */
static uint64_t first_bucket(const struct sched_level *l)
{
	uint64_t current = bucket_number(l->virtual_ns);
	uint32_t turn = (uint32_t)(current % SCHED_BUCKETS);
	uint64_t ring = l->buckets >> turn | l->buckets << (-turn % SCHED_BUCKETS);

	return current + (uint32_t)__builtin_ctzll(ring);
}

/*
 * Returns the client that is due first; the level has an eligible one. The level's virtual time
 * moves to the start of that client's bucket and not to its tag: others in the bucket may be owed
 * more.
 */
static struct sched_client *due(struct sched *s, struct sched_level *l)
{
	for (;;) {
		uint64_t number = first_bucket(l);
		struct sched_client *c = &s->client[l->first[number % SCHED_BUCKETS]];

		if (l->virtual_ns < number << BUCKET_SHIFT)
			l->virtual_ns = number << BUCKET_SHIFT;
		if (bucket_number(c->tag) <= number)
			return c;
		leave_bucket(s, l, c);
		enter_bucket(s, l, c);
	}
}

/* A gate holds back the client that is due first: look for one whose job is short enough. */
static struct sched_client *pick_short(struct sched *s, uint64_t now, uint64_t *wake)
{
	for (uint32_t r = sched_bit_next(s->levels, 0); r < s->num_levels;
	     r = sched_bit_next(s->levels, r + 1)) {
		struct sched_level *l = &s->level[s->rank[r]];
		uint64_t start = bucket_number(l->virtual_ns);

		for (uint64_t b = first_bucket(l); b < start + SCHED_BUCKETS; b++) {
			uint32_t i = (uint32_t)(b % SCHED_BUCKETS);
			uint8_t at = l->buckets >> i & 1 ? l->first[i] : SCHED_NOBODY;

			for (; at != SCHED_NOBODY; at = s->client[at].after)
				if (!sched_gate_holds(s, &s->client[at], now, wake))
					return &s->client[at];
		}
	}
	return NULL;
}

static struct sched_client *pick(struct sched *s, uint64_t now, uint64_t *wake)
{
	struct sched_client *c;
	uint32_t first;

	if (s->ranks_stale)
		number_levels(s);
	first = sched_bit_next(s->levels, 0);
	if (first >= s->num_levels)
		return NULL;
	c = due(s, &s->level[s->rank[first]]);
	if (!sched_gate_holds(s, c, now, wake))
		return c;
	return pick_short(s, now, wake);
}

static void charge(struct sched *s, struct sched_client *c, uint64_t ns)
{
	(void)s;
	c->tag += ns / c->params.weight;
}

const struct sched_policy sched_fixed_priority = {.name = "fixed-priority",
						  .join = join,
						  .leave = leave,
						  .insert = insert,
						  .remove = remove_client,
						  .pick = pick,
						  .charge = charge};
