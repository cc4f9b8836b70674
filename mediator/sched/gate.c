/* SPDX-License-Identifier: MIT */
/*
 * The slack gate. Under a work-conserving policy an important frame may be blocked for the whole
 * longest job of others. But important displays are periodic: their next release is known, and so
 * is the time by which a job of lower priority must end. The gate leaves the GPU idle only where
 * such a job would end later (idle-time insertion: Nasri and Fohler, RTNS 2015 and ECRTS 2016).
 */
#include <stddef.h>
#include <string.h>

#include "mediator/sched/internal.h"

void sched_gate_enter(struct sched *s, struct sched_client *c)
{
	uint32_t at;

	if (!c->params.gate || !c->params.frame_period_ns)
		return;
	for (at = s->num_gates++; at > 0; at--) {
		if (s->client[s->gate[at - 1]].priority <= c->priority)
			break;
		s->gate[at] = s->gate[at - 1];
	}
	s->gate[at] = c->index;
}

void sched_gate_forget(struct sched *s, const struct sched_client *c)
{
	for (uint32_t i = 0; i < s->num_gates; i++) {
		if (s->gate[i] != c->index)
			continue;
		s->num_gates--;
		memmove(&s->gate[i], &s->gate[i + 1], s->num_gates - i);
		return;
	}
}

/* How much later than expected the mediator may learn of a release, in ns. */
static uint64_t lateness(const struct sched *s, const struct sched_client *g)
{
	return g->params.jitter_ns + s->costs.latency_ns;
}

/* If a release is overdue, skip it: the next one is expected a period later. */
static void expect(const struct sched *s, struct sched_client *g, uint64_t now)
{
	const uint64_t period = g->params.frame_period_ns;
	uint64_t last = g->next_release_ns + lateness(s, g);

	if (now > last)
		g->next_release_ns += ((now - last - 1) / period + 1) * period;
}

/*
 * Returns whether a job of `cost` ns that starts now would end too late for g's next frame. If so,
 * *wake is lowered to the time at which g's gate gives that frame up.
 */
static int holds(const struct sched *s, struct sched_client *g, uint64_t cost, uint64_t now,
		 uint64_t *wake)
{
	uint64_t release, until;

	/* A throttled client must not hold others back. */
	if (!g->expected || g->throttled)
		return 0;
	expect(s, g, now);
	until = g->release_ns + g->params.deadline_ns;
	if (g->holding && now < until) {
		release = now; /* the frame's next job may come at any moment */
	} else {
		release = g->next_release_ns;
		until = release + lateness(s, g) + 1;
	}
	if (now + cost <= release + g->params.slack_ns)
		return 0;
	if (until < *wake)
		*wake = until;
	return 1;
}

int sched_gate_holds(struct sched *s, const struct sched_client *c, uint64_t now, uint64_t *wake)
{
	int held = 0;

	/* The gate cannot hold back a job of undeclared length; admission then promises nothing. */
	if (!c->cost_ns)
		return 0;
	for (uint32_t i = 0; i < s->num_gates; i++) {
		struct sched_client *g = &s->client[s->gate[i]];

		if (g->priority >= c->priority)
			break;
		held |= holds(s, g, c->cost_ns, now, wake);
	}
	return held;
}

void sched_release(struct sched *s, struct sched_client *c, uint64_t now)
{
	const uint64_t period = c->params.frame_period_ns;

	if (!c->drawing)
		c->frame_ns = now;
	if (c->drawing < SCHED_MAX_DRAWING)
		c->drawing++;
	c->last_frame_ns = now;
	if (!period || (c->expected && sched_elapsed(c->release_ns, now) + lateness(s, c) < period))
		return;
	/* A client that completes no frames has lost its promise: nobody has to wait for it. */
	c->holding = c->drawing < SCHED_MAX_DRAWING;
	c->expected = 1;
	c->release_ns = now;
	c->next_release_ns = now + period;
}

void sched_complete(struct sched *s, struct sched_client *c, uint64_t now)
{
	uint64_t took = sched_elapsed(c->frame_ns, now);
	struct sched_stats *const sums[] = {&c->stats, &s->total};

	if (!c->drawing)
		return;
	c->drawing--;
	c->frame_ns = c->last_frame_ns;
	if (!c->drawing)
		c->holding = 0;
	for (size_t i = 0; i < 2; i++) {
		sums[i]->frames++;
		sums[i]->late += c->params.deadline_ns && took > c->params.deadline_ns;
		if (took > sums[i]->longest_frame_ns)
			sums[i]->longest_frame_ns = took;
		if (c->frame_jobs > sums[i]->most_frame_jobs)
			sums[i]->most_frame_jobs = c->frame_jobs;
	}
	c->frame_jobs = 0;
}
