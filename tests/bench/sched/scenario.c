/* SPDX-License-Identifier: MIT */
/*
 * Does the scheduler keep the promises of admission? Each random configuration that admission
 * accepts is simulated
 *
 *  - with all displays at random phases, jitters and job lengths;
 *  - for each display in the phase that is the worst by theory: the longest job of lower priority
 *    has just begun when the display and all streams above are released, each late by its whole
 *    jitter, with all jobs as long as allowed (killed jobs, too);
 *  - with all guests below the most important priority sending as many and as long jobs as they
 *    can;
 *  - for each display, with all other guests doing so, limited only by their budgets;
 *  - for each display of some configurations, in the worst phase that search.c finds.
 *
 * No promised frame may be late, and none may take longer than its bound.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "mediator/sim/output/output.h"
#include "mediator/sim/input/tree.h"
#include "tests/bench/sched/promise.h"

#define SEARCH_EVERY   4u /* configurations */
#define SEARCH_ROUNDS  4u
#define FRAMES_PER_RUN 4000u /* of the most important display */

static uint32_t priority_of(const struct sim_workload *w, uint32_t stream)
{
	return w->guest[w->stream[stream].guest].priority;
}

/* Streams follow the order of displays, then of composed panels: sim_tree(). */
static void take_bounds(struct worker *k)
{
	for (uint32_t i = 0; i < k->admission.num_rows; i++) {
		const struct admission_row *row = &k->admission.row[i];
		uint32_t stream =
			row->composition ? k->config.num_displays + row->index : row->index;

		k->bound_ns[stream] = row->response_ns;
		k->rogue_ns[stream] = row->rogue_ns;
		k->base.stream[stream].deadline_ns = row->deadline_ns;
	}
	for (uint32_t i = 0; i < k->config.num_guests; i++) {
		struct sched_params params;

		admission_guest_params(&k->config, &k->admission, i, &params);
		k->base.guest[i].slack_ns = params.slack_ns;
		k->base.stream[i].period_ns = params.frame_period_ns;
	}
}

/* A gate knows releases only after the first one, so displays below begin after that. */
static void take_warm_up(struct worker *k)
{
	const struct sim_workload *w = &k->base;

	for (uint32_t i = 0; i < w->num_streams; i++) {
		k->warm_ns[i] = 0;
		for (uint32_t j = 0; j < w->num_streams; j++)
			if (w->guest[w->stream[j].guest].gate && j != i &&
			    priority_of(w, j) <= priority_of(w, i))
				k->warm_ns[i] += 2 * w->stream[j].period_ns;
	}
}

static void prepare(struct worker *k)
{
	struct sim_random random = {k->seed};

	k->class = (enum bench_class)sim_random_between(&random, 0, BENCH_CLASSES - 1);
	k->tally.refused += bench_generate(&random, k->class, &k->config);
	admission_evaluate(&k->config, &k->admission);
	sim_tree(&k->config, SIM_LOAD_PERIODIC, 0, &k->base);
	k->base.seed = k->seed;
	memset(k->longest_ns, 0, sizeof(k->longest_ns));
	take_bounds(k);
	take_warm_up(k);
	k->searched = 0;
	k->tally.configurations++;
}

static void begin(struct worker *k)
{
	k->b->workload = k->base;
	k->b->workload.duration_ns = FRAMES_PER_RUN * k->base.stream[0].period_ns;
}

static void run(struct worker *k)
{
	bench_run(k->b, &sim_daemon_fixed_priority);
	k->tally.runs++;
	k->tally.jobs += k->b->outcome.jobs;
	k->tally.simulated_ns += k->b->outcome.time_ns;
}

/* Write the first workload that breaks a promise to a file beside the JSON file. */
static void keep_evidence(struct worker *k, uint32_t stream, uint64_t bound)
{
	char path[512];
	FILE *file;

	if (k->tally.broken_seed)
		return;
	k->tally.broken_seed = k->seed;
	snprintf(path, sizeof(path), "%s-broken-%" PRIu64 ".sim", k->o->out, k->seed);
	file = fopen(path, "w");
	if (!file)
		return;
	fprintf(file, "# %s: %" PRIu64 " ns, bound %" PRIu64 " ns\n",
		k->b->workload.stream[stream].name, k->b->outcome.stream[stream].response.max_ns,
		bound);
	sim_workload_write(file, &k->b->workload);
	fclose(file);
	fprintf(stderr, "a promise was broken: see %s\n", path);
}

/* Compare the responses of a stream with its bound and its deadline. */
static void compare(struct worker *k, uint32_t stream, uint64_t bound)
{
	const struct sim_stream_outcome *r = &k->b->outcome.stream[stream];
	int in_time = bound <= k->b->workload.stream[stream].deadline_ns;
	uint64_t late = in_time ? r->missed : 0;

	k->tally.frames_promised += r->finished;
	k->tally.missed_promised += late;
	if (!stream && in_time) {
		k->tally.frames += r->finished;
		k->tally.missed += late;
		atomic_fetch_add(k->frames, r->finished);
	}
	k->tally.beyond_bound += r->response.max_ns > bound;
	if (bound == k->bound_ns[stream] && r->response.max_ns > k->longest_ns[stream])
		k->longest_ns[stream] = r->response.max_ns;
	if (late || r->response.max_ns > bound)
		keep_evidence(k, stream, bound);
}

static void run_random(struct worker *k, struct sim_random *random, int full)
{
	struct sim_workload *w;

	begin(k);
	w = &k->b->workload;
	for (uint32_t i = 0; i < w->num_streams; i++) {
		struct sim_stream *s = &w->stream[i];

		s->start_ns = k->warm_ns[i] + sim_random_between(random, 0, s->period_ns - 1);
		for (uint32_t j = 0; j < s->num_segments && !full; j++)
			s->job_min_ns[j] = s->job_max_ns[j] / 2;
		/*
		 * A gate expects releases within their jitter: no stream with a gate is sporadic.
		 */
		if (!w->guest[s->guest].gate && !sim_random_between(random, 0, 3))
			s->sporadic_ns = s->period_ns / 4;
	}
	run(k);
	for (uint32_t i = 0; i < w->num_streams; i++)
		compare(k, i, k->bound_ns[i]);
}

/* Let every job of a stream take `times` kill times, if its guest has a kill time. */
static void overrun(struct sim_workload *w, uint32_t stream, uint64_t times)
{
	const struct sim_guest *g = &w->guest[w->stream[stream].guest];

	if (!g->kill_ns)
		return;
	w->stream[stream].rogue_every = 1;
	w->stream[stream].rogue_ns = times * g->kill_ns;
}

/* Returns how long others may have to wait for one of the stream's jobs. */
static uint64_t cost_of(const struct sim_workload *w, uint32_t stream)
{
	const struct sim_guest *g = &w->guest[w->stream[stream].guest];
	uint64_t killed = g->kill_ns ? g->kill_ns + w->watchdog_ns + w->reset_ns : 0;
	uint64_t longest = w->stream[stream].job_max_ns[0];

	return (killed > longest ? killed : longest) + w->switch_ns;
}

static uint32_t longest_below(const struct worker *k, uint32_t stream)
{
	const struct sim_workload *w = &k->base;
	uint32_t longest = SIM_NOBODY;

	for (uint32_t i = 0; i < w->num_streams; i++)
		if (priority_of(w, i) > priority_of(w, stream) &&
		    (longest == SIM_NOBODY || cost_of(w, i) > cost_of(w, longest)))
			longest = i;
	return longest;
}

static void run_worst_phase(struct worker *k, uint32_t stream)
{
	uint32_t blocker = longest_below(k, stream);
	uint64_t zero = 0, longest_ns = 0;
	struct sim_workload *w;

	begin(k);
	w = &k->b->workload;
	for (uint32_t i = 0; i < w->num_streams; i++)
		if (k->warm_ns[i] + w->stream[i].jitter_ns > zero)
			zero = k->warm_ns[i] + w->stream[i].jitter_ns;
	for (uint32_t i = 0; i < w->num_streams; i++) {
		struct sim_stream *s = &w->stream[i];

		s->jitter_mode = SIM_JITTER_FIRST;
		/* Streams of equal priority go in the order of arrival. */
		s->start_ns = zero - s->jitter_ns + (i == stream ? 2 : i != blocker);
		/* Gates must know the releases, so not only the first one may have jitter. */
		if (w->guest[s->guest].gate && s->start_ns > k->warm_ns[i]) {
			s->jitter_mode = SIM_JITTER_RANDOM;
			s->start_ns -= (s->start_ns - k->warm_ns[i]) / s->period_ns * s->period_ns;
		}
		/* Jobs of the others are killed; its own are as declared. */
		if (i != stream)
			overrun(w, i, 2);
		if (s->period_ns > longest_ns)
			longest_ns = s->period_ns;
	}
	w->duration_ns = zero + 20 * longest_ns;
	run(k);
	compare(k, stream, k->bound_ns[stream]);
}

static void saturate(struct worker *k, uint32_t stream)
{
	struct sim_stream *s = &k->b->workload.stream[stream];

	s->kind = SIM_SATURATING;
	s->burst = 3;
	s->num_segments = 1;
	s->deadline_ns = 0;
	s->start_ns = k->warm_ns[stream];
	overrun(&k->b->workload, stream, 2);
}

/*
 * All guests below the most important priority saturate the GPU. With jobs of all lengths (`vary`),
 * the ends of jobs meet releases, gaps and the last moments of gates at every distance.
 */
static void run_hostile(struct worker *k, struct sim_random *random, int vary)
{
	struct sim_workload *w;

	begin(k);
	w = &k->b->workload;
	for (uint32_t i = 0; i < w->num_streams; i++) {
		struct sim_stream *s = &w->stream[i];

		if (priority_of(w, i) > priority_of(w, 0)) {
			saturate(k, i);
			if (vary)
				s->job_min_ns[0] = 1000;
		} else {
			s->start_ns = sim_random_between(random, 0, s->period_ns - 1);
		}
	}
	run(k);
	for (uint32_t i = 0; i < w->num_streams; i++)
		if (w->stream[i].kind == SIM_PERIODIC)
			compare(k, i, k->bound_ns[i]);
}

/* All guests but that of this display saturate the GPU; compositors do not. */
static void run_rogues(struct worker *k, uint32_t stream, struct sim_random *random)
{
	struct sim_workload *w;

	if (k->rogue_ns[stream] == UINT64_MAX)
		return;
	begin(k);
	w = &k->b->workload;
	w->duration_ns /= 8;
	for (uint32_t i = 0; i < w->num_streams; i++) {
		struct sim_stream *s = &w->stream[i];

		if (i != stream && i < k->config.num_displays)
			saturate(k, i);
		else
			s->start_ns =
				k->warm_ns[i] + sim_random_between(random, 0, s->period_ns - 1);
	}
	run(k);
	compare(k, stream, k->rogue_ns[stream]);
}

/* --- The worst phase ------------------------------------------------------------------------ */

static uint64_t longest_period(const struct worker *k)
{
	uint64_t longest = 0;

	for (uint32_t i = 0; i < k->base.num_streams; i++)
		if (k->base.stream[i].period_ns > longest)
			longest = k->base.stream[i].period_ns;
	return longest;
}

static void describe(const struct worker *k, struct adversary_set *set)
{
	const struct sim_workload *w = &k->base;

	memset(set, 0, sizeof(*set));
	set->count = w->num_streams;
	set->costs = k->config.costs;
	for (uint32_t i = 0; i < w->num_streams; i++) {
		const struct sim_stream *s = &w->stream[i];
		struct adversary_stream *a = &set->stream[i];

		/* bench_generate() gives each guest one stream, in the same order. */
		if (i < k->config.num_displays)
			admission_guest_params(&k->config, &k->admission, i, &a->params);
		else
			admission_compositor_params(&k->config, i - k->config.num_displays,
						    &a->params);
		a->cost_ns = sched_enforced_cost(&set->costs, &a->params);
		a->own_ns = s->job_max_ns[0] + w->switch_ns;
		a->gap_ns = s->gap_ns[0];
		a->segments = s->num_segments;
		a->period_ns = s->period_ns;
		a->jitter_ns = s->jitter_ns;
		a->response_ns = k->bound_ns[i];
		if (k->warm_ns[i] > set->zero_ns)
			set->zero_ns = k->warm_ns[i];
	}
	set->zero_ns += 3 * longest_period(k);
}

/*
 * Search the worst response of a display. Where it does not come near the bound, search again, for
 * longer and at another time: how often a stream below can block depends on the phase of its
 * budget's periods.
 */
static uint64_t search(struct worker *k, struct adversary_set *set, uint32_t stream)
{
	const uint64_t zero = set->zero_ns, longest = longest_period(k);
	struct sim_random random = {k->seed + stream};
	uint64_t worst = 0;

	for (uint32_t round = 0; round < SEARCH_ROUNDS; round++) {
		uint64_t found = search_worst(set, stream, k->seed * 1000 + stream * 10 + round,
					      k->o->tries << round);

		worst = found > worst ? found : worst;
		if (k->bound_ns[stream] <= worst + worst / 20)
			break;
		set->zero_ns = zero + sim_random_between(&random, 0, longest);
	}
	set->zero_ns = zero;
	return worst;
}

/* Search the worst response of each display. */
static void run_search(struct worker *k)
{
	double start = promise_now_s();
	struct adversary_set set;

	describe(k, &set);
	k->searched = 1;
	for (uint32_t i = 0; i < k->config.num_displays; i++) {
		uint64_t worst = search(k, &set, i);

		k->tally.searched++;
		k->tally.beyond_bound += worst > k->bound_ns[i];
		if (worst > k->bound_ns[i])
			fprintf(stderr,
				"a search broke the bound of display %u, seed %" PRIu64 ": %" PRIu64
				" ns instead of %" PRIu64 "\n",
				i, k->seed, worst, k->bound_ns[i]);
		if (worst > k->longest_ns[i])
			k->longest_ns[i] = worst;
	}
	k->tally.search_s += promise_now_s() - start;
}

void scenario_run_all(struct worker *k)
{
	struct sim_random random = {~k->seed};

	prepare(k);
	run_random(k, &random, 0);
	run_random(k, &random, 1);
	run_hostile(k, &random, 0);
	if (k->class >= BENCH_GATES)
		run_hostile(k, &random, 1);
	for (uint32_t i = 0; i < k->base.num_streams; i++)
		run_worst_phase(k, i);
	for (uint32_t i = 0; i < k->config.num_displays; i++)
		run_rogues(k, i, &random);
	if ((k->seed - k->o->seed) % SEARCH_EVERY == 0)
		run_search(k);
}
