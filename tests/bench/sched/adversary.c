/* SPDX-License-Identifier: MIT */
#include "tests/bench/sched/adversary.h"

#include <string.h>

#define EPOCH UINT64_C(1000000000) /* the scheduler's clock is never 0 */

struct state {
	struct sched_client *client;
	uint64_t id;
	uint64_t nominal, release;	  /* of the next frame; SCHED_NEVER: waits for the victim */
	uint64_t index;			  /* of the next frame */
	uint64_t back;			  /* end of its gap; SCHED_NEVER: not in a gap */
	uint64_t attacked;		  /* when a lower job was last started against it */
	uint64_t frame[ADVERSARY_QUEUE];  /* nominal releases of frames that are not complete */
	uint32_t first, frames, segments; /* segments: remaining ones of the first frame */
};

struct world {
	const struct adversary_set *set;
	const struct adversary_plan *plan;
	uint32_t victim;
	uint64_t now, end, wake, longest;
	int running;	/* stream on the GPU; -1: none */
	uint64_t ended; /* when the last job ended */
	struct state state[ADVERSARY_STREAMS];
	struct sched sched;
};

static int is_below(const struct world *w, uint32_t i)
{
	const struct adversary_stream *s = w->set->stream;

	return s[i].params.priority > s[w->victim].params.priority;
}

static uint64_t latest(const struct world *w, uint32_t i)
{
	return w->set->stream[i].jitter_ns + w->set->costs.latency_ns;
}

static int victim_waits(const struct world *w)
{
	return w->state[w->victim].client->waiting;
}

static void announce(struct world *w, uint32_t i)
{
	const struct sched_job job = {.id = ++w->state[i].id};

	sched_ready(&w->sched, w->state[i].client, &job, w->now + EPOCH);
}

static uint64_t lateness(const struct world *w, uint32_t i)
{
	const struct state *s = &w->state[i];
	const uint64_t index = s->index, zero = w->set->zero_ns;
	const uint64_t late = w->plan->stream[i].late_ns, period = w->set->stream[i].period_ns;

	switch (w->plan->stream[i].late) {
	case ADVERSARY_LATE_FIRST:
		return index ? 0 : late;
	case ADVERSARY_LATE_ZERO:
		return s->nominal + latest(w, i) >= zero &&
				       s->nominal + latest(w, i) < zero + period
			       ? late
			       : 0;
	case ADVERSARY_LATE_ODD:
		return index % 2 ? late : 0;
	case ADVERSARY_LATE_EVEN:
		return index % 2 ? 0 : late;
	default:
		return late;
	}
}

static int waits(const struct world *w, uint32_t i)
{
	return i != w->victim && w->plan->stream[i].wait && !w->set->stream[i].params.gate;
}

static void plan_release(struct world *w, uint32_t i)
{
	struct state *s = &w->state[i];

	s->release = s->nominal + (waits(w, i) ? 0 : lateness(w, i));
	if (s->release < w->now)
		s->release = w->now;
}

static void release(struct world *w, uint32_t i)
{
	struct state *s = &w->state[i];

	if (w->now > s->nominal + latest(w, i))
		s->nominal = w->now - latest(w, i);
	if (s->frames < ADVERSARY_QUEUE) {
		sched_release(&w->sched, s->client, w->now + EPOCH);
		s->frame[(s->first + s->frames++) % ADVERSARY_QUEUE] = s->nominal;
		if (s->frames == 1) {
			s->segments = w->set->stream[i].segments;
			announce(w, i);
		}
	}
	s->nominal += w->set->stream[i].period_ns;
	s->index++;
	plan_release(w, i);
}

static void complete(struct world *w, uint32_t i)
{
	struct state *s = &w->state[i];
	uint64_t nominal = s->frame[s->first];

	if (i == w->victim && nominal + latest(w, i) >= w->set->zero_ns &&
	    w->now - nominal > w->longest)
		w->longest = w->now - nominal;
	sched_complete(&w->sched, s->client, w->now + EPOCH);
	s->first = (s->first + 1) % ADVERSARY_QUEUE;
	if (!--s->frames)
		return;
	s->segments = w->set->stream[i].segments;
	announce(w, i);
}

static void leave(struct world *w, uint32_t i)
{
	const struct adversary_stream *s = &w->set->stream[i];

	if (!s->gap_ns || (i != w->victim && w->plan->stream[i].gap == ADVERSARY_GAP_NONE))
		announce(w, i);
	else
		w->state[i].back = w->now + s->gap_ns + w->set->costs.latency_ns;
}

static void end_job(struct world *w)
{
	uint32_t i = (uint32_t)w->running;
	struct state *s = &w->state[i];

	w->running = -1;
	w->ended = w->now;
	sched_done(&w->sched, s->client, s->client->job.id, w->now + EPOCH);
	if (is_below(w, i))
		return;
	if (--s->segments)
		leave(w, i);
	else
		complete(w, i);
}

/* Returns the stream below with the longest job up to `most` that may run; or ADVERSARY_STREAMS. */
static uint32_t blocker(const struct world *w, uint64_t most)
{
	uint32_t best = ADVERSARY_STREAMS;

	for (uint32_t i = 0; i < w->set->count; i++) {
		const struct sched_client *c = w->state[i].client;
		uint64_t cost = w->set->stream[i].cost_ns;

		if (is_below(w, i) && !c->waiting && cost <= most &&
		    (best == ADVERSARY_STREAMS || cost > w->set->stream[best].cost_ns) &&
		    sched_budget_left(&w->sched, c, w->now + EPOCH) > 0)
			best = i;
	}
	return best;
}

/* Returns how long before stream i's release a job of `cost` must begin to pass the gate of i. */
static uint64_t lead_of(const struct world *w, uint32_t i, uint64_t cost)
{
	const struct state *s = &w->state[i];
	uint64_t over = s->client->next_release_ns + w->set->stream[i].params.slack_ns;
	uint64_t least = s->release + EPOCH + cost;

	return s->client->expected && least > over + 1 ? least - over : 1;
}

/*
 * Returns when a job below must begin to block stream i's next job; *most becomes the longest cost
 * that may begin then.
 */
static uint64_t arrival(const struct world *w, uint32_t i, uint64_t *most)
{
	const struct state *s = &w->state[i];
	const struct sched_params *p = &w->set->stream[i].params;
	int returns = s->back != SCHED_NEVER;
	uint64_t lead = 1;
	uint32_t b;

	*most = UINT64_MAX;
	if (is_below(w, i) || !(w->plan->stream[i].blocked >> returns & 1))
		return SCHED_NEVER;
	if (returns) {
		*most = p->gate ? p->slack_ns : UINT64_MAX;
		return s->back - lead;
	}
	b = blocker(w, *most);
	if (p->gate && b < ADVERSARY_STREAMS)
		lead = lead_of(w, i, w->set->stream[b].cost_ns);
	return s->release > lead && !waits(w, i) ? s->release - lead : SCHED_NEVER;
}

/*
 * Returns whether a stream will start at once. A job that waits for an idle GPU is held by a gate,
 * and a shorter job may go in its place.
 */
static int somebody_will_start(const struct world *w)
{
	for (uint32_t i = 0; i < w->set->count; i++)
		if (w->state[i].client->waiting && w->ended == w->now)
			return 1;
	return 0;
}

/* Announce the jobs below that are to block others now, if they would start at once. */
static void attack(struct world *w)
{
	for (uint32_t i = 0; i < w->set->count && w->running < 0; i++) {
		uint64_t most, at = arrival(w, i, &most);
		uint32_t b;

		if (at != w->now || w->state[i].attacked == at || somebody_will_start(w))
			continue;
		w->state[i].attacked = at;
		b = blocker(w, most);
		if (b < ADVERSARY_STREAMS)
			announce(w, b);
	}
}

static void come_back(struct world *w, uint32_t i)
{
	w->state[i].back = SCHED_NEVER;
	announce(w, i);
}

/* The victim comes to the GPU: streams that have waited for that go first. */
static void join_victim(struct world *w)
{
	for (uint32_t i = 0; i < w->set->count; i++) {
		struct state *s = &w->state[i];

		if (i == w->victim || is_below(w, i))
			continue;
		if (waits(w, i) && s->nominal <= w->now)
			release(w, i);
		if (s->back != SCHED_NEVER && w->plan->stream[i].gap == ADVERSARY_GAP_WAIT)
			come_back(w, i);
	}
}

static int victim_comes(const struct world *w)
{
	const struct state *s = &w->state[w->victim];

	return s->back <= w->now || (s->release <= w->now && !s->frames);
}

static void arrive(struct world *w)
{
	struct state *v = &w->state[w->victim];
	int waiting = victim_waits(w) || victim_comes(w);

	if (victim_comes(w))
		join_victim(w);
	for (uint32_t i = 0; i < w->set->count; i++) {
		struct state *s = &w->state[i];

		if (is_below(w, i) || i == w->victim)
			continue;
		if (s->back <= w->now)
			come_back(w, i);
		if (s->release > w->now)
			continue;
		if (!waits(w, i) || waiting)
			release(w, i);
		else
			s->release = SCHED_NEVER;
	}
	if (v->back <= w->now)
		come_back(w, w->victim);
	if (v->release <= w->now)
		release(w, w->victim);
}

static void start(struct world *w)
{
	struct sched_client *c = sched_pick(&w->sched, w->now + EPOCH, &w->wake);
	const struct adversary_stream *s;

	if (w->wake != SCHED_NEVER)
		w->wake -= EPOCH;
	if (!c)
		return;
	w->running = (int)(c - w->sched.client);
	s = &w->set->stream[w->running];
	w->end = w->now + ((uint32_t)w->running == w->victim ? s->own_ns : s->cost_ns);
	w->wake = SCHED_NEVER;
}

static uint64_t next_event(const struct world *w)
{
	uint64_t next = w->running >= 0 ? w->end : w->wake;

	for (uint32_t i = 0; i < w->set->count; i++) {
		const struct state *s = &w->state[i];
		uint64_t most, at = w->running < 0 ? arrival(w, i, &most) : SCHED_NEVER;

		if (at > w->now && at < next)
			next = at;
		if (s->back < next)
			next = s->back;
		if (s->release < next)
			next = s->release;
	}
	return next;
}

static void begin(struct world *w, const struct adversary_set *set,
		  const struct adversary_plan *plan, uint32_t victim)
{
	memset(w, 0, sizeof(*w));
	w->set = set;
	w->plan = plan;
	w->victim = victim;
	w->running = -1;
	sched_init(&w->sched, &sched_fixed_priority);
	sched_set_costs(&w->sched, &set->costs);
	for (uint32_t i = 0; i < set->count; i++) {
		struct state *s = &w->state[i];

		s->client = sched_add(&w->sched, set->stream[i].params.priority, NULL);
		sched_set_params(&w->sched, s->client, &set->stream[i].params, EPOCH);
		s->back = s->release = SCHED_NEVER;
		s->nominal = plan->stream[i].start_ns;
		if (!is_below(w, i))
			plan_release(w, i);
	}
}

uint64_t adversary_run(const struct adversary_set *set, const struct adversary_plan *plan,
		       uint32_t victim, uint64_t end_ns)
{
	struct world w;

	begin(&w, set, plan, victim);
	for (w.now = next_event(&w); w.now < end_ns; w.now = next_event(&w)) {
		if (w.running >= 0 && w.end <= w.now)
			end_job(&w);
		arrive(&w);
		if (w.running < 0) {
			attack(&w);
			start(&w);
		}
	}
	return w.longest;
}
