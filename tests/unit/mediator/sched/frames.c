/* SPDX-License-Identifier: MIT */
#include "tests/unit/mediator/sched/frames.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mediator/sched/sched.h"

#define QUEUE 64u
#define START UINT64_C(1000000000)

/* A client, with its frames that are released and not complete, oldest first. */
struct state {
	struct sched_client *sched;
	uint64_t id;
	uint64_t nominal;      /* of the next frame */
	uint64_t release;      /* of the next frame; SCHED_NEVER: not yet known */
	uint64_t queue[QUEUE]; /* nominal releases */
	uint32_t first, queued;
	uint32_t segments; /* remaining segments of the oldest frame */
	uint64_t gap_end;  /* SCHED_NEVER: not in a gap */
	uint64_t seen;	   /* completed frames */
};

struct world {
	const struct frames_run *run;
	struct frames_client *clients;
	uint32_t count;
	struct state state[FRAMES_MAX];
	struct sched sched;
	uint64_t now, seed, end, wake;
	int running; /* -1: nobody */
	uint64_t started;
};

uint64_t frames_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t frames_between(uint64_t *state, uint64_t low, uint64_t high)
{
	return low + frames_random(state) % (high - low + 1);
}

static void announce(struct world *w, uint32_t i)
{
	const struct sched_job job = {.id = ++w->state[i].id};

	if (sched_ready(&w->sched, w->state[i].sched, &job, w->now)) {
		fprintf(stderr, "client %u announced a job that is not allowed\n", i);
		abort();
	}
}

static uint64_t draw_jitter(struct world *w, uint32_t i)
{
	uint64_t most = w->clients[i].stream.jitter_ns;

	switch (frames_random(&w->seed) % 4) {
	case 0:
		return 0;
	case 1:
		return most;
	default:
		return frames_between(&w->seed, 0, most);
	}
}

static uint64_t draw_latency(struct world *w)
{
	uint64_t most = w->run->latency_ns;

	if (w->run->exact || !most)
		return most;
	return frames_random(&w->seed) % 2 ? 0 : frames_between(&w->seed, 0, most);
}

/* Plan the next release. A release does not overtake the one before. */
static void plan(struct world *w, uint32_t i)
{
	struct state *s = &w->state[i];

	s->release = SCHED_NEVER;
	if (w->clients[i].kind == FRAMES_ADVERSE)
		return;
	s->release = s->nominal + draw_jitter(w, i) + draw_latency(w);
	if (s->release < w->now)
		s->release = w->now;
}

static void begin_frame(struct world *w, uint32_t i)
{
	struct state *s = &w->state[i];

	s->segments = w->clients[i].stream.segments;
	announce(w, i);
}

static void release(struct world *w, uint32_t i)
{
	struct state *s = &w->state[i];

	if (s->queued == QUEUE) { /* more than any bound allows */
		w->clients[i].worst_ns = UINT64_MAX;
		s->nominal += w->clients[i].stream.period_ns;
		plan(w, i);
		return;
	}
	sched_release(&w->sched, s->sched, w->now);
	s->queue[(s->first + s->queued++) % QUEUE] = s->nominal;
	if (s->queued == 1)
		begin_frame(w, i);
	s->nominal += w->clients[i].stream.period_ns;
	plan(w, i);
}

static void complete(struct world *w, uint32_t i)
{
	struct state *s = &w->state[i];
	struct frames_client *c = &w->clients[i];
	uint64_t response = w->now - s->queue[s->first];

	/* The gate does not know releases before the first one. */
	if (s->seen++ >= 4 && response > c->worst_ns)
		c->worst_ns = response;
	c->frames++;
	sched_complete(&w->sched, s->sched, w->now);
	s->first = (s->first + 1) % QUEUE;
	if (--s->queued)
		begin_frame(w, i);
}

static uint64_t draw_gap(struct world *w, uint32_t i)
{
	uint64_t most = w->clients[i].stream.gap_ns;

	return w->run->exact ? most : frames_between(&w->seed, 1, most);
}

static void job_over(struct world *w)
{
	uint32_t i = (uint32_t)w->running;
	struct state *s = &w->state[i];
	struct frames_client *c = &w->clients[i];

	sched_done(&w->sched, s->sched, s->sched->job.id, w->now);
	c->busy_ns += w->now - w->started;
	if (w->run->ended)
		w->run->ended(w->run->context, i, w->started, w->now);
	w->running = -1;
	if (c->kind == FRAMES_SATURATE)
		announce(w, i);
	else if (--s->segments == 0)
		complete(w, i);
	else if (c->stream.gap_ns && (w->run->exact || frames_random(&w->seed) % 4))
		s->gap_end = w->now + draw_gap(w, i) + draw_latency(w);
	else /* the next job is announced before the last one ends */
		announce(w, i);
}

/* A less important job has begun: release adverse clients now, which is the worst moment. */
static void provoke(struct world *w, uint32_t started)
{
	for (uint32_t i = 0; i < w->count; i++) {
		struct state *s = &w->state[i];
		const struct response_stream *r = &w->clients[i].stream;

		if (w->clients[i].kind != FRAMES_ADVERSE || s->release != SCHED_NEVER ||
		    r->priority >= w->clients[started].stream.priority)
			continue;
		if (w->now + 1 < s->nominal)
			continue;
		/*
		 * Sporadic: a release later than jitter and latency allow has a later nominal one.
		 */
		if (w->now + 1 > s->nominal + r->jitter_ns + w->run->latency_ns)
			s->nominal = w->now + 1 - r->jitter_ns - w->run->latency_ns;
		s->release = w->now + 1;
	}
}

static void start(struct world *w)
{
	struct sched_client *c = sched_pick(&w->sched, w->now, &w->wake);
	uint32_t i;
	uint64_t cost;

	if (!c)
		return;
	i = (uint32_t)(uintptr_t)c->owner;
	cost = w->clients[i].stream.cost_ns;
	w->running = (int)i;
	w->started = w->now;
	w->end = w->now + (w->run->exact ? cost : frames_between(&w->seed, cost / 2, cost));
	w->wake = SCHED_NEVER;
	provoke(w, i);
}

static void add_client(struct world *w, uint32_t i)
{
	const struct frames_client *c = &w->clients[i];
	const struct response_stream *r = &c->stream;
	struct state *s = &w->state[i];
	const struct sched_params params = {
		.priority = r->priority,
		.weight = c->weight,
		.job_ns = c->job_ns ? c->job_ns : r->cost_ns,
		.kill_ns = c->kill_ns,
		.budget_ns = r->budget_ns,
		.budget_period_ns = r->budget_period_ns,
		.frame_period_ns = c->kind == FRAMES_SATURATE ? 0 : r->period_ns,
		.jitter_ns = r->jitter_ns,
		.deadline_ns = r->deadline_ns,
		.slack_ns = c->slack_ns,
		.gate = r->gate,
	};

	s->sched = sched_add(&w->sched, r->priority, (void *)(uintptr_t)i);
	sched_set_params(&w->sched, s->sched, &params, w->now);
	s->gap_end = s->release = SCHED_NEVER;
	if (c->kind == FRAMES_SATURATE) {
		announce(w, i);
		return;
	}
	s->nominal = w->now + frames_between(&w->seed, 0, r->period_ns);
	plan(w, i);
}

static uint64_t next_event(const struct world *w)
{
	uint64_t next = w->running >= 0 ? w->end : w->wake;

	for (uint32_t i = 0; i < w->count; i++) {
		if (w->state[i].release < next)
			next = w->state[i].release;
		if (w->state[i].gap_end < next)
			next = w->state[i].gap_end;
	}
	return next;
}

static void step(struct world *w)
{
	if (w->running >= 0 && w->end <= w->now)
		job_over(w);
	for (uint32_t i = 0; i < w->count; i++) {
		if (w->state[i].gap_end <= w->now) {
			w->state[i].gap_end = SCHED_NEVER;
			announce(w, i);
		}
		while (w->state[i].release <= w->now)
			release(w, i);
	}
	if (w->running < 0)
		start(w);
}

void frames_simulate(const struct frames_run *run, struct frames_client *clients, uint32_t count)
{
	const struct sched_costs costs = {.latency_ns = run->latency_ns};
	static struct world w;

	memset(&w, 0, sizeof(w));
	w.run = run;
	w.clients = clients;
	w.count = count;
	w.now = START;
	w.seed = run->seed;
	w.running = -1;
	w.wake = SCHED_NEVER;
	sched_init(&w.sched, sched_policy_find(run->policy));
	sched_set_costs(&w.sched, &costs);
	for (uint32_t i = 0; i < count; i++) {
		clients[i].worst_ns = clients[i].frames = clients[i].busy_ns = 0;
		add_client(&w, i);
	}
	while (w.now < START + run->duration_ns) {
		uint64_t next;

		step(&w);
		next = next_event(&w);
		if (next == SCHED_NEVER)
			break;
		if (next <= w.now) {
			fprintf(stderr, "nothing happens at a time that has passed\n");
			abort();
		}
		w.now = next;
	}
	for (uint32_t i = 0; i < count; i++)
		clients[i].throttled = w.state[i].sched->stats.throttled;
}
