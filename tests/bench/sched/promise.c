/* SPDX-License-Identifier: MIT */
/* Threads that try random configurations (scenario.c), and the sum of their results. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/bench/sched/promise.h"

double promise_now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void add_ratio(struct ratios *r, double ratio)
{
	if (r->n < RATIO_SLOTS)
		r->ratio[r->n++] = ratio;
}

static uint32_t priority_of(const struct worker *k, uint32_t display)
{
	return k->config.guest[k->config.display[display].guest].priority;
}

static int is_distinct(const struct worker *k, uint32_t display)
{
	for (uint32_t i = 0; i < k->config.num_displays; i++)
		for (uint32_t j = 0; j < i; j++)
			if (priority_of(k, i) == priority_of(k, j) &&
			    priority_of(k, i) <= priority_of(k, display))
				return 0;
	return 1;
}

/* Record the ratio of bound and longest response of each display. */
static void take_ratios(struct worker *k)
{
	struct ratios *r = k->tally.ratios[k->class];

	for (uint32_t i = 0; i < k->config.num_displays && k->searched; i++) {
		double ratio = (double)k->bound_ns[i] / (double)k->longest_ns[i];

		if (!k->longest_ns[i])
			continue;
		add_ratio(&r[PROMISE_ALL], ratio);
		if (!is_distinct(k, i))
			continue;
		add_ratio(&r[PROMISE_DISTINCT], ratio);
		if (!i)
			add_ratio(&r[PROMISE_TOP], ratio);
	}
}

static void *work(void *arg)
{
	struct worker *k = arg;

	while (atomic_load(k->frames) < k->o->frames) {
		k->seed = k->o->seed + atomic_fetch_add(k->next, 1);
		scenario_run_all(k);
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
	sum->searched += more->searched;
	sum->search_s += more->search_s;
	for (int c = 0; c < BENCH_CLASSES; c++)
		for (int kind = 0; kind < PROMISE_KINDS; kind++)
			for (uint32_t i = 0; i < more->ratios[c][kind].n; i++)
				add_ratio(&sum->ratios[c][kind], more->ratios[c][kind].ratio[i]);
}

static json_t *ratios_to_json(const char *what, struct ratios *r)
{
	double *ratios = r->ratio;
	uint32_t n = r->n, tight = 0;
	double p50 = bench_permille(ratios, n, 500), p90 = bench_permille(ratios, n, 900);

	for (uint32_t i = 0; i < n; i++)
		tight += ratios[i] <= 1.05;
	printf("  bound/worst, %-30s n %5u  p50 %.4f  p90 %.4f  max %.4f  <= 1.05: %5.1f%%\n", what,
	       n, p50, p90, n ? ratios[n - 1] : 0, n ? 100.0 * tight / n : 0);
	return json_pack("{s:i, s:f, s:f, s:f, s:f, s:f}", "n", (int)n, "min", n ? ratios[0] : 0,
			 "p50", p50, "p90", p90, "max", n ? ratios[n - 1] : 0, "within_1.05",
			 n ? (double)tight / n : 0);
}

static json_t *kind_to_json(struct tally *t, enum promise_kind kind)
{
	static const char *const names[] = {"most important", "distinct priorities",
					    "all displays"};
	json_t *classes = json_object();

	for (int c = 0; c < BENCH_CLASSES; c++) {
		char what[64];

		snprintf(what, sizeof(what), "%s, %s:", bench_class_names[c], names[kind]);
		json_object_set_new(classes, bench_class_names[c],
				    ratios_to_json(what, &t->ratios[c][kind]));
	}
	return classes;
}

static json_t *tally_to_json(struct tally *t, double seconds, uint32_t threads)
{
	json_t *ratios = json_object(), *figures;

	printf("\nThe promise: %" PRIu64 " random configurations that admission accepts (%" PRIu64
	       " were refused), %" PRIu64 " runs\n"
	       "  most important display: %" PRIu64 " frames, %" PRIu64 " missed\n"
	       "  all that is promised:   %" PRIu64 " frames, %" PRIu64 " missed, %" PRIu64
	       " runs with a response beyond its bound\n"
	       "  %.1f s, %.2f million jobs/s, %.2f million frames/s\n"
	       "  of these, %.1f s were the search for the worst phase of %" PRIu64 " displays\n",
	       t->configurations, t->refused, t->runs, t->frames, t->missed, t->frames_promised,
	       t->missed_promised, t->beyond_bound, seconds, (double)t->jobs / seconds / 1e6,
	       (double)t->frames_promised / seconds / 1e6, t->search_s / threads, t->searched);
	json_object_set_new(ratios, "bound_to_max_cluster", kind_to_json(t, PROMISE_TOP));
	json_object_set_new(ratios, "bound_to_max_distinct", kind_to_json(t, PROMISE_DISTINCT));
	json_object_set_new(ratios, "bound_to_max", kind_to_json(t, PROMISE_ALL));
	figures = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:I, s:f}",
			    "configurations", (json_int_t)t->configurations, "refused",
			    (json_int_t)t->refused, "runs", (json_int_t)t->runs, "cluster_frames",
			    (json_int_t)t->frames, "cluster_missed", (json_int_t)t->missed,
			    "promised_frames", (json_int_t)t->frames_promised, "promised_missed",
			    (json_int_t)t->missed_promised, "beyond_bound",
			    (json_int_t)t->beyond_bound, "jobs", (json_int_t)t->jobs, "seconds",
			    seconds, "simulated_s", (double)t->simulated_ns / 1e9, "searched",
			    (json_int_t)t->searched, "search_thread_s", t->search_s);
	json_object_update(ratios, figures);
	json_decref(figures);
	return ratios;
}

json_t *bench_promise(const struct bench_options *o, uint32_t *bad)
{
	struct worker *workers = calloc(o->threads, sizeof(*workers));
	struct tally *sum = calloc(1, sizeof(*sum));
	atomic_uint_fast64_t next = 0, frames = 0;
	double start = promise_now_s();
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
		json = tally_to_json(sum, promise_now_s() - start, started);
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
