/* SPDX-License-Identifier: MIT */
/*
 * Is what admission promises kept? Random configurations that it accepts, each run
 *
 *  - with all displays at random phases, jitters and job lengths;
 *  - for each display at the phase that the theory says is its worst: the longest job of lower
 *    priority has just begun when it and everything above it are released, each late by all of its
 *    jitter, every job as long as allowed (killed ones too);
 *  - with everybody below the most important priority sending as many and as long jobs as it can;
 *  - for each display, with everybody but its guest doing so, held by budgets only.
 *
 * No frame that is promised may be late, and none may take longer than its bound.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mediator/admission/admission.h"
#include "mediator/sim/output.h"
#include "mediator/sim/tree.h"
#include "tests/bench/sched/bench.h"

#define FRAMES_PER_RUN 4000u /* of the most important display */
#define RATIO_SLOTS    4096u

struct tally {
	uint64_t configurations, refused, runs;
	uint64_t frames;	  /* of the most important display */
	uint64_t frames_promised; /* of all displays, where something was promised */
	uint64_t missed;	  /* by the most important display */
	uint64_t missed_promised;
	uint64_t beyond_bound; /* displays whose longest response was above the bound */
	uint64_t jobs;
	uint64_t simulated_ns;
	uint64_t broken_seed; /* of the first configuration that broke a promise */
	double ratio[BENCH_CLASSES][RATIO_SLOTS];     /* bound / longest, in the worst phase */
	double top_ratio[BENCH_CLASSES][RATIO_SLOTS]; /* the same of the most important display */
	uint32_t ratios[BENCH_CLASSES], top_ratios[BENCH_CLASSES];
};

struct worker {
	const struct bench_options *o;
	atomic_uint_fast64_t *next, *frames;
	struct bench_sim *b;
	struct tally tally;
	pthread_t thread;

	/* The configuration at hand. */
	struct config config;
	struct admission admission;
	struct sim_workload base; /* periodic, at declared maxima */
	uint64_t bound_ns[SIM_MAX_STREAMS], rogue_ns[SIM_MAX_STREAMS];
	uint64_t longest_ns[SIM_MAX_STREAMS]; /* of all runs to which bound_ns applies */
	uint64_t warm_ns[SIM_MAX_STREAMS];    /* the earliest release that is promised anything */
	uint64_t seed;
	enum bench_class class;
};

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

/* A gate knows when frames come once the first has come; so those below begin after that. */
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
	k->tally.jobs += k->b->report.jobs;
	k->tally.simulated_ns += k->b->report.time_ns;
}

/* A workload file that shows a broken promise, beside the figures; the first one only. */
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
		k->b->workload.stream[stream].name, k->b->report.stream[stream].response.max_ns,
		bound);
	sim_workload_write(file, &k->b->workload);
	fclose(file);
	fprintf(stderr, "a promise was broken: see %s\n", path);
}

/* What was promised to a stream. */
static void check(struct worker *k, uint32_t stream, uint64_t bound)
{
	const struct sim_stream_report *r = &k->b->report.stream[stream];
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
		/* A gate waits for frames that come when they have to, within their jitter. */
		if (!w->guest[s->guest].gate && !sim_random_between(random, 0, 3))
			s->sporadic_ns = s->period_ns / 4;
	}
	run(k);
	for (uint32_t i = 0; i < w->num_streams; i++)
		check(k, i, k->bound_ns[i]);
}

/* Every job of a guest that has a kill time takes that many times as long. */
static void overrun(struct sim_workload *w, uint32_t stream, uint64_t times)
{
	const struct sim_guest *g = &w->guest[w->stream[stream].guest];

	if (!g->kill_ns)
		return;
	w->stream[stream].rogue_every = 1;
	w->stream[stream].rogue_ns = times * g->kill_ns;
}

static uint32_t longest_below(const struct worker *k, uint32_t stream)
{
	const struct sim_workload *w = &k->base;
	uint32_t longest = SIM_NOBODY;

	for (uint32_t i = 0; i < w->num_streams; i++)
		if (priority_of(w, i) > priority_of(w, stream) &&
		    (longest == SIM_NOBODY ||
		     w->stream[i].job_max_ns[0] > w->stream[longest].job_max_ns[0]))
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
		/* Equal ones go in the order of arrival. */
		s->start_ns = zero - s->jitter_ns + (i == stream ? 2 : i != blocker);
		/* Gates have to know the releases; then jitter cannot be the first's only. */
		if (w->guest[s->guest].gate && s->start_ns > k->warm_ns[i]) {
			s->jitter_mode = SIM_JITTER_RANDOM;
			s->start_ns -= (s->start_ns - k->warm_ns[i]) / s->period_ns * s->period_ns;
		}
		/* The others' are killed, its own are ready when they were about to be. */
		overrun(w, i, i == stream ? 1 : 2);
		if (s->period_ns > longest_ns)
			longest_ns = s->period_ns;
	}
	w->duration_ns = zero + 20 * longest_ns;
	run(k);
	check(k, stream, k->bound_ns[stream]);
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

/* Everybody below the most important priority does what it can. */
static void run_hostile(struct worker *k, struct sim_random *random)
{
	struct sim_workload *w;

	begin(k);
	w = &k->b->workload;
	for (uint32_t i = 0; i < w->num_streams; i++) {
		struct sim_stream *s = &w->stream[i];

		if (priority_of(w, i) > priority_of(w, 0))
			saturate(k, i);
		else
			s->start_ns = sim_random_between(random, 0, s->period_ns - 1);
	}
	run(k);
	for (uint32_t i = 0; i < w->num_streams; i++)
		if (w->stream[i].kind == SIM_PERIODIC)
			check(k, i, k->bound_ns[i]);
}

/* Everybody but this display's guest and the compositor does what it can. */
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
	check(k, stream, k->rogue_ns[stream]);
}

static void add_ratio(double *ratios, uint32_t *count, double ratio)
{
	if (*count < RATIO_SLOTS)
		ratios[(*count)++] = ratio;
}

/* How near to its bound each display came. */
static void take_ratios(struct worker *k)
{
	struct tally *t = &k->tally;

	for (uint32_t i = 0; i < k->config.num_displays; i++) {
		double ratio = (double)k->bound_ns[i] / (double)k->longest_ns[i];

		if (!k->longest_ns[i])
			continue;
		add_ratio(t->ratio[k->class], &t->ratios[k->class], ratio);
		if (!i)
			add_ratio(t->top_ratio[k->class], &t->top_ratios[k->class], ratio);
	}
}

static void *work(void *arg)
{
	struct worker *k = arg;

	while (atomic_load(k->frames) < k->o->frames) {
		struct sim_random random;

		k->seed = k->o->seed + atomic_fetch_add(k->next, 1);
		random.state = ~k->seed;
		prepare(k);
		run_random(k, &random, 0);
		run_random(k, &random, 1);
		run_hostile(k, &random);
		for (uint32_t i = 0; i < k->base.num_streams; i++)
			run_worst_phase(k, i);
		for (uint32_t i = 0; i < k->config.num_displays; i++)
			run_rogues(k, i, &random);
		take_ratios(k);
	}
	return NULL;
}

static void add_tally(struct tally *sum, const struct tally *more)
{
	sum->configurations += more->configurations;
	sum->refused += more->refused;
	sum->runs += more->runs;
	sum->frames += more->frames;
	sum->frames_promised += more->frames_promised;
	sum->missed += more->missed;
	sum->missed_promised += more->missed_promised;
	sum->beyond_bound += more->beyond_bound;
	sum->jobs += more->jobs;
	sum->simulated_ns += more->simulated_ns;
	if (!sum->broken_seed)
		sum->broken_seed = more->broken_seed;
	for (int c = 0; c < BENCH_CLASSES; c++) {
		for (uint32_t i = 0; i < more->ratios[c]; i++)
			add_ratio(sum->ratio[c], &sum->ratios[c], more->ratio[c][i]);
		for (uint32_t i = 0; i < more->top_ratios[c]; i++)
			add_ratio(sum->top_ratio[c], &sum->top_ratios[c], more->top_ratio[c][i]);
	}
}

static json_t *ratios_to_json(const char *what, double *ratios, uint32_t n)
{
	uint32_t tight = 0;
	double p50 = bench_permille(ratios, n, 500), p90 = bench_permille(ratios, n, 900);

	for (uint32_t i = 0; i < n; i++)
		tight += ratios[i] <= 1.05;
	printf("  bound/longest, %-28s n %5u  p50 %.4f  p90 %.4f  max %.4f  <= 1.05: %5.1f%%\n",
	       what, n, p50, p90, n ? ratios[n - 1] : 0, n ? 100.0 * tight / n : 0);
	return json_pack("{s:i, s:f, s:f, s:f, s:f, s:f}", "n", (int)n, "min", n ? ratios[0] : 0,
			 "p50", p50, "p90", p90, "max", n ? ratios[n - 1] : 0, "within_1.05",
			 n ? (double)tight / n : 0);
}

static json_t *tally_to_json(struct tally *t, double seconds)
{
	json_t *ratios = json_object(), *top = json_object();

	printf("\nThe promise: %" PRIu64 " random configurations that admission accepts (%" PRIu64
	       " were refused), %" PRIu64 " runs\n"
	       "  most important display: %" PRIu64 " frames, %" PRIu64 " missed\n"
	       "  all that is promised:   %" PRIu64 " frames, %" PRIu64 " missed, %" PRIu64
	       " runs with a response beyond its bound\n"
	       "  %.1f s, %.2f million jobs/s, %.2f million frames/s\n",
	       t->configurations, t->refused, t->runs, t->frames, t->missed, t->frames_promised,
	       t->missed_promised, t->beyond_bound, seconds, (double)t->jobs / seconds / 1e6,
	       (double)t->frames_promised / seconds / 1e6);
	for (int c = 0; c < BENCH_CLASSES; c++) {
		char what[64];

		snprintf(what, sizeof(what), "%s, most important:", bench_class_names[c]);
		json_object_set_new(top, bench_class_names[c],
				    ratios_to_json(what, t->top_ratio[c], t->top_ratios[c]));
		snprintf(what, sizeof(what), "%s, all displays:", bench_class_names[c]);
		json_object_set_new(ratios, bench_class_names[c],
				    ratios_to_json(what, t->ratio[c], t->ratios[c]));
	}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:o, s:o}",
			 "configurations", (json_int_t)t->configurations, "refused",
			 (json_int_t)t->refused, "runs", (json_int_t)t->runs, "cluster_frames",
			 (json_int_t)t->frames, "cluster_missed", (json_int_t)t->missed,
			 "promised_frames", (json_int_t)t->frames_promised, "promised_missed",
			 (json_int_t)t->missed_promised, "beyond_bound",
			 (json_int_t)t->beyond_bound, "jobs", (json_int_t)t->jobs, "seconds",
			 seconds, "simulated_s", (double)t->simulated_ns / 1e9,
			 "bound_to_max_cluster", top, "bound_to_max", ratios);
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

json_t *bench_promise(const struct bench_options *o, uint32_t *bad)
{
	struct worker *workers = calloc(o->threads, sizeof(*workers));
	struct tally *sum = calloc(1, sizeof(*sum));
	atomic_uint_fast64_t next = 0, frames = 0;
	double start = now_s();
	json_t *json = NULL;
	uint32_t started = 0;

	for (; workers && sum && started < o->threads; started++) {
		struct worker *k = &workers[started];

		k->o = o;
		k->next = &next;
		k->frames = &frames;
		k->b = bench_new();
		if (!k->b || pthread_create(&k->thread, NULL, work, k))
			break;
	}
	for (uint32_t i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		add_tally(sum, &workers[i].tally);
	}
	if (started == o->threads && started) {
		json = tally_to_json(sum, now_s() - start);
		*bad += sum->missed_promised || sum->beyond_bound || sum->missed;
	} else {
		fprintf(stderr, "bench: cannot start %u threads\n", o->threads);
	}
	for (uint32_t i = 0; workers && i < o->threads; i++)
		bench_free(workers[i].b);
	free(workers);
	free(sum);
	return json;
}
