/* SPDX-License-Identifier: MIT */
/*
 * Searches the worst that can be done to a stream's frames within the declarations. It starts from
 * plans that the theory suggests and from random ones, and keeps a small change if the victim's
 * longest response does not become shorter. The same seed gives the same search.
 */
#include <string.h>

#include "tests/bench/sched/promise.h"

#define MOST_FRAMES 64u /* of the victim in one run */

struct search {
	const struct adversary_set *set;
	uint32_t victim;
	uint64_t end_ns, best_ns;
	struct sim_random random;
	uint32_t tries;
	struct adversary_plan best;
};

static uint64_t draw(struct search *s, uint64_t low, uint64_t high)
{
	return sim_random_between(&s->random, low, high);
}

static int above(const struct search *s, uint32_t i)
{
	return i != s->victim &&
	       s->set->stream[i].params.priority <= s->set->stream[s->victim].params.priority;
}

static uint64_t latest(const struct search *s, uint32_t i)
{
	return s->set->stream[i].jitter_ns + s->set->costs.latency_ns;
}

/* Releases of displays with gates are on a grid from the start, so that the gates know them. */
static uint64_t on_grid(const struct search *s, uint32_t i, uint64_t at)
{
	return s->set->stream[i].params.gate ? at % s->set->stream[i].period_ns : at;
}

/* The victim's frame is ready a little after those of the others; `earlier` frames precede it. */
static void place_victim(const struct search *s, struct adversary_plan *p, uint64_t earlier,
			 uint64_t after)
{
	const struct adversary_stream *v = &s->set->stream[s->victim];

	p->stream[s->victim].late = ADVERSARY_LATE_ZERO;
	p->stream[s->victim].late_ns = latest(s, s->victim);
	p->stream[s->victim].start_ns = s->set->zero_ns - latest(s, s->victim) + after -
					(v->params.gate ? 2 : earlier) * v->period_ns;
}

/*
 * All streams come together with the victim, as late as they may, and a lower job blocks each of
 * its arrivals.
 */
static void plan_together(const struct search *s, struct adversary_plan *p)
{
	memset(p, 0, sizeof(*p));
	for (uint32_t i = 0; i < s->set->count; i++) {
		p->stream[i].late_ns = s->set->stream[i].params.gate ? 0 : latest(s, i);
		p->stream[i].late = ADVERSARY_LATE_FIRST;
		p->stream[i].start_ns = on_grid(s, i, s->set->zero_ns - p->stream[i].late_ns);
		p->stream[i].wait = 1;
	}
	place_victim(s, p, 0, 0);
	p->stream[s->victim].blocked = 3;
}

/* The same, and frames with gaps are in a gap at that time. */
static void plan_begun(const struct search *s, struct adversary_plan *p)
{
	plan_together(s, p);
	for (uint32_t i = 0; i < s->set->count; i++) {
		const struct adversary_stream *st = &s->set->stream[i];

		if (!above(s, i) || !st->gap_ns)
			continue;
		p->stream[i].wait = 0;
		p->stream[i].gap = ADVERSARY_GAP_WAIT;
		p->stream[i].blocked = 1;
		p->stream[i].start_ns = on_grid(
			s, i, s->set->zero_ns - latest(s, i) - st->cost_ns - st->gap_ns + 1);
	}
}

static void move_start(struct search *s, struct adversary_plan *p, uint32_t i)
{
	const struct adversary_stream *st = &s->set->stream[i];
	const uint64_t zero = s->set->zero_ns;
	uint64_t *start = &p->stream[i].start_ns, reach = st->period_ns, step;

	if (st->params.gate) {
		*start = (*start + draw(s, 1, draw(s, 0, 2) ? reach / 64 : reach - 1)) % reach;
		return;
	}
	if (!draw(s, 0, 2)) {
		*start = zero - draw(s, 0, reach) + draw(s, 0, reach / 4);
		return;
	}
	step = draw(s, 0, reach >> draw(s, 2, 10));
	*start = draw(s, 0, 1) || *start < zero - reach + step ? *start + step : *start - step;
}

static void change_other(struct search *s, struct adversary_plan *p, uint32_t i)
{
	switch (draw(s, 0, 6)) {
	case 0:
		p->stream[i].wait ^= 1;
		break;
	case 1:
		p->stream[i].gap = (uint8_t)draw(s, 0, ADVERSARY_GAPS - 1);
		break;
	case 2:
		p->stream[i].blocked = (uint8_t)draw(s, 0, 3);
		break;
	case 3:
		p->stream[i].late = (uint8_t)draw(s, 0, ADVERSARY_LATES - 1);
		p->stream[i].late_ns = draw(s, 0, 1) ? latest(s, i) : draw(s, 0, latest(s, i));
		break;
	default:
		move_start(s, p, i);
	}
}

static void change_victim(struct search *s, struct adversary_plan *p)
{
	const uint32_t v = s->victim;

	if (!draw(s, 0, 2)) {
		p->stream[v].blocked = (uint8_t)draw(s, 0, 3);
		return;
	}
	place_victim(s, p, draw(s, 0, 2),
		     draw(s, 0, 1) ? 0 : draw(s, 0, s->set->stream[v].period_ns / 4));
	/* The release that a gate expects depends on how late the last one came. */
	if (!draw(s, 0, s->set->stream[v].params.gate ? 1 : 7))
		p->stream[v].late = (uint8_t)draw(s, 0, ADVERSARY_LATES - 1);
}

static void change(struct search *s, struct adversary_plan *p)
{
	uint32_t times = (uint32_t)draw(s, 1, 3);

	for (uint32_t n = 0; n < times; n++) {
		uint32_t i = (uint32_t)draw(s, 0, s->set->count - 1);

		if (i == s->victim || !draw(s, 0, 9))
			change_victim(s, p);
		else if (above(s, i))
			change_other(s, p, i);
	}
}

static uint64_t try_plan(struct search *s, const struct adversary_plan *p)
{
	uint64_t found = adversary_run(s->set, p, s->victim, s->end_ns);

	if (found > s->best_ns) {
		s->best_ns = found;
		s->best = *p;
	}
	return found;
}

static void climb(struct search *s, struct adversary_plan *plan, uint32_t tries)
{
	uint64_t height = try_plan(s, plan);

	for (uint32_t n = 0; n < tries; n++) {
		struct adversary_plan next = *plan;
		uint64_t found;

		change(s, &next);
		found = try_plan(s, &next);
		if (found < height)
			continue;
		height = found;
		*plan = next;
	}
}

uint64_t search_worst(const struct adversary_set *set, uint32_t victim, uint64_t seed,
		      uint32_t tries)
{
	const struct adversary_stream *v = &set->stream[victim];
	struct search s = {.set = set, .victim = victim, .random = {seed}};
	struct adversary_plan plan;
	uint64_t window = 3 * v->response_ns + 2 * v->period_ns;

	if (window > MOST_FRAMES * v->period_ns)
		window = MOST_FRAMES * v->period_ns;
	s.end_ns = set->zero_ns + window;
	plan_together(&s, &plan);
	climb(&s, &plan, tries / 4);
	plan_begun(&s, &plan);
	place_victim(&s, &plan, 1, 0);
	climb(&s, &plan, tries / 4);
	plan_together(&s, &plan);
	for (uint32_t i = 0; i < 20; i++)
		change(&s, &plan);
	climb(&s, &plan, tries / 4);
	plan = s.best;
	climb(&s, &plan, tries / 4);
	return s.best_ns;
}
