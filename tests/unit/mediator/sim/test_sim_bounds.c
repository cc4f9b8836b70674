/* SPDX-License-Identifier: MIT */
/* Properties of the daemon's scheduler under random and hostile workloads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/sim/bound.h"
#include "tests/unit/mediator/sim/sim_case.h"

#define MAX_JOBS 20000u

static struct sim_workload w;
static struct sim_bounds bounds;

/* Jobs of one guest that the observer saw. */
static struct {
	uint32_t guest, jobs;
	uint64_t start[MAX_JOBS], end[MAX_JOBS];
} seen;

static void on_job(void *arg, const struct sim *s, const struct sim_job *job, uint64_t start,
		   uint64_t end)
{
	(void)arg;
	if (sim_job_guest(s, job) != seen.guest || seen.jobs == MAX_JOBS)
		return;
	seen.start[seen.jobs] = start;
	seen.end[seen.jobs++] = end;
}

static const struct sim_observer observer = {.job = on_job};

static uint64_t draw(struct sim_random *r, uint64_t low, uint64_t high)
{
	return sim_random_between(r, low, high);
}

static void add_display(struct sim_random *r, uint32_t i, uint32_t n, int gates)
{
	struct sim_guest *g = &w.guest[i];
	struct sim_stream *s = &w.stream[i];

	sim_guest_init(g);
	sim_stream_init(s);
	snprintf(g->name, sizeof(g->name), "g%u", i);
	snprintf(s->name, sizeof(s->name), "s%u", i);
	g->priority = (uint32_t)draw(r, 0, n);
	g->weight = (uint32_t)draw(r, 1, 5);
	g->gate = gates && draw(r, 0, 1);
	s->guest = i;
	s->period_ns = draw(r, 5000, 60000) * US;
	s->deadline_ns = draw(r, s->period_ns / 2, s->period_ns);
	s->num_segments = draw(r, 0, 3) ? 1 : 2;
	for (uint32_t j = 0; j < s->num_segments; j++) {
		s->job_max_ns[j] = draw(r, 50 * US, s->period_ns / n);
		s->job_min_ns[j] = draw(r, 0, 1) ? s->job_max_ns[j] : s->job_max_ns[j] / 2;
	}
	s->gap_ns[0] = s->num_segments > 1 ? draw(r, 0, 500) * US : 0;
	s->jitter_ns = draw(r, 0, 1) ? 0 : draw(r, 0, s->period_ns / 4);
	s->jitter_mode = (enum sim_jitter)draw(r, 0, 2);
	s->start_ns = draw(r, 0, 3) ? draw(r, 0, s->period_ns) : draw(r, 0, 1);
	g->max_job_ns = sim_workload_longest(&w, i);
}

/* Displays without gates start only after the gates have learned of a first release. */
static void warm_up(void)
{
	uint64_t warm = 0;

	for (uint32_t i = 0; i < w.num_streams; i++)
		if (w.guest[i].gate && 2 * w.stream[i].period_ns > warm)
			warm = 2 * w.stream[i].period_ns;
	for (uint32_t i = 0; i < w.num_streams; i++)
		if (!w.guest[i].gate)
			w.stream[i].start_ns += warm;
}

static void random_displays(struct sim_random *r, int gates)
{
	sim_workload_init(&w);
	w.seed = sim_random_next(r);
	w.duration_ns = 2000 * MS;
	w.switch_ns = draw(r, 0, 100) * US;
	w.latency_ns = draw(r, 0, 100) * US;
	w.num_guests = w.num_streams = (uint32_t)draw(r, 2, 6);
	for (uint32_t i = 0; i < w.num_guests; i++)
		add_display(r, i, w.num_guests, gates);
}

/* Returns how many streams have a bound within their deadline. */
static uint32_t assert_all_within_bounds(const struct sim_outcome *r)
{
	uint32_t promised = 0;

	for (uint32_t i = 0; i < w.num_streams; i++) {
		if (!bounds.response_ns[i] || bounds.response_ns[i] > w.stream[i].deadline_ns)
			continue;
		promised++;
		if (r->stream[i].response.max_ns > bounds.response_ns[i])
			fail_msg("seed %llu: %s took %llu, bound %llu", (unsigned long long)w.seed,
				 w.stream[i].name, (unsigned long long)r->stream[i].response.max_ns,
				 (unsigned long long)bounds.response_ns[i]);
		assert_int_equal(r->stream[i].missed, 0);
	}
	return promised;
}

static void no_response_is_longer_than_its_bound(void **state)
{
	struct sim_random random = {2024};
	uint32_t promised = 0;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		random_displays(&random, 0);
		sim_bounds(&w, &bounds);
		promised += assert_all_within_bounds(sim_case_run(&w, "fixed-priority", NULL));
	}
	assert_true(promised > 1000);
}

/*
 * Only if all deadlines hold: the gate of a display that may be late anyway protects nothing, and
 * the next frame is released before the late one is complete.
 */
static void no_response_is_longer_than_its_bound_with_gates(void **state)
{
	struct sim_random random = {77};
	uint32_t promised = 0;

	(void)state;
	for (int i = 0; i < 1500; i++) {
		int all = 1;

		random_displays(&random, 1);
		warm_up();
		sim_bounds(&w, &bounds);
		sim_bounds_apply(&bounds, &w);
		for (uint32_t j = 0; j < w.num_streams; j++)
			all &= bounds.response_ns[j] &&
			       bounds.response_ns[j] <= w.stream[j].deadline_ns;
		if (all)
			promised +=
				assert_all_within_bounds(sim_case_run(&w, "fixed-priority", NULL));
	}
	assert_true(promised > 300);
}

static void the_bound_is_met_to_the_nanosecond_in_the_worst_phase(void **state)
{
	const struct sim_outcome *r;

	(void)state;
	w = *sim_case("duration 10s\nswitch 50us\nlatency 100us\n"
		      "guest a priority=0 max-job=1ms\nguest b priority=1 max-job=2ms\n"
		      "guest c priority=2 max-job=3ms\n"
		      "stream a periodic period=5ms job=1ms start=1000001ns jitter=1ms "
		      "jitter-mode=first\n"
		      "stream b periodic period=15ms job=2ms start=2000001ns\n"
		      "stream c periodic period=20ms job=3ms start=2ms\n");
	sim_bounds(&w, &bounds);
	r = sim_case_run(&w, "fixed-priority", NULL);
	/* Its jitter, the job that has just begun, its own job, the latency. */
	assert_int_equal(bounds.response_ns[0], 1000 * US + 3050 * US + 1050 * US + 100 * US);
	assert_int_equal(r->stream[0].response.max_ns, bounds.response_ns[0] - 1);
	/* The same with two frames of a: one with jitter, one without. */
	assert_int_equal(bounds.response_ns[1], 3050 * US + 2 * 1050 * US + 2050 * US + 100 * US);
	assert_int_equal(r->stream[1].response.max_ns, bounds.response_ns[1] - 1);
}

/* In any window of length t: (ceil(t / P) + 1) * Q and one job. */
static void assert_budget_in_all_windows(uint64_t budget, uint64_t period, uint64_t job)
{
	for (uint32_t i = 0; i < seen.jobs; i++) {
		uint64_t used = 0;

		for (uint32_t j = i; j < seen.jobs && j < i + 400; j++) {
			uint64_t window = seen.end[j] - seen.start[i];

			used += seen.end[j] - seen.start[j];
			assert_true(used <= ((window + period - 1) / period + 1) * budget + job);
		}
	}
}

static void no_guest_gets_more_than_its_budget_in_any_window(void **state)
{
	struct sim_random random = {5};

	(void)state;
	for (int i = 0; i < 60; i++) {
		uint64_t period = draw(&random, 5000, 50000) * US;
		uint64_t budget = draw(&random, 500, period / US) * US;
		uint64_t job = draw(&random, 20, 8000) * US;

		w = *sim_case("duration 2s\nguest a priority=0\nguest b priority=1\n"
			      "guest c priority=0\n"
			      "stream a saturating job=1ms queued=3\n"
			      "stream b saturating job=2ms\n"
			      "stream c periodic period=16ms job=3ms\n");
		w.guest[0].budget_ns = budget;
		w.guest[0].budget_period_ns = period;
		w.stream[0].job_max_ns[0] = job;
		w.stream[0].job_min_ns[0] = job / 2;
		memset(&seen, 0, sizeof(seen));
		sim_case_run(&w, "fixed-priority", &observer);
		assert_true(seen.jobs > 5);
		assert_budget_in_all_windows(budget, period, job);
	}
}

static void budgets_above_leave_the_rest_to_lower_guests(void **state)
{
	const struct sim_outcome *r;

	(void)state;
	/* The saturating guest above gets 6 of 10 ms; the lowest guest gets the rest. */
	r = sim_case_run(sim_case("duration 100s\nguest a priority=0 budget=6ms/10ms\n"
				  "guest b priority=1\nstream a saturating job=500us queued=3\n"
				  "stream b saturating job=1ms\n"),
			 "fixed-priority", NULL);
	assert_in_range(r->guest[0].busy_ns, r->time_ns * 59 / 100, r->time_ns * 61 / 100);
	assert_int_equal(r->busy_ns, r->time_ns);
}

static void no_guest_starves_below_budgets_that_leave_time(void **state)
{
	const struct sim_outcome *r;

	(void)state;
	w = *sim_case("duration 20s\nguest a priority=0 max-job=2ms budget=5ms/20ms\n"
		      "guest b priority=1 max-job=2ms budget=5ms/20ms\n"
		      "guest c priority=2 max-job=3ms\n"
		      "stream a saturating job=2ms queued=4\nstream b saturating job=2ms queued=4\n"
		      "stream c periodic period=50ms job=3ms start=1ns\n");
	sim_bounds(&w, &bounds);
	assert_true(bounds.response_ns[2] > 0 && bounds.response_ns[2] <= 50 * MS);
	r = sim_case_run(&w, "fixed-priority", NULL);
	assert_int_equal(r->stream[2].missed, 0);
	assert_true(r->stream[2].response.max_ns <= bounds.response_ns[2]);
}

/*
 * The guest `bad` breaks its declaration in four ways; that affects neither the cluster nor `good`.
 */
static void only_the_guest_that_misbehaves_suffers(void **state)
{
	static const char *const hostile[] = {
		"stream bad rogue job=2ms rogue=500ms queued=4\n",  /* longer than declared */
		"stream bad saturating job=2us queued=32\n",	    /* a flood */
		"stream bad rogue job=1ms rogue=900ms start=5ms\n", /* never finished a frame */
		"stream bad bursty period=100ms burst=32 job=2ms\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		char text[1024];
		const struct sim_outcome *r;

		snprintf(text, sizeof(text),
			 "duration 20s\nwatchdog 200us\nreset 300us\n"
			 "guest cluster priority=0 max-job=4ms\n"
			 "guest good priority=1 max-job=2ms\n"
			 "guest bad priority=2 max-job=2ms kill=3ms budget=4ms/20ms\n"
			 "stream cluster periodic period=16.667ms job=4ms\n"
			 "stream good periodic period=33.333ms job=2ms,2ms gap=1ms\n%s",
			 hostile[i]);
		w = *sim_case(text);
		sim_bounds(&w, &bounds);
		r = sim_case_run(&w, "fixed-priority", NULL);
		for (int j = 0; j < 2; j++) {
			assert_true(bounds.response_ns[j] > 0);
			assert_true(bounds.response_ns[j] <= w.stream[j].deadline_ns);
			assert_int_equal(r->stream[j].missed, 0);
			assert_true(r->stream[j].response.max_ns <= bounds.response_ns[j]);
		}
		/* The guest gets at most its budget and the cost of a killed job. */
		assert_true(r->guest[2].busy_ns <= (r->time_ns / (20 * MS) + 2) * 4 * MS);
	}
}

static void nothing_is_bounded_beside_an_unbounded_job(void **state)
{
	(void)state;
	w = *sim_case("guest a priority=0 max-job=1ms\nguest b priority=1 max-job=1ms\n"
		      "stream a periodic period=10ms job=1ms\nstream b rogue job=1ms rogue=9ms\n");
	sim_bounds(&w, &bounds);
	assert_int_equal(bounds.response_ns[0], 0);
	w.guest[1].kill_ns = 2 * MS;
	sim_bounds(&w, &bounds);
	assert_int_equal(bounds.response_ns[0], 3 * MS);
	/* Nor does a stream below a rogue guest without a budget have a bound. */
	w.guest[1].priority = 0;
	w.guest[0].priority = 1;
	sim_bounds(&w, &bounds);
	assert_int_equal(bounds.response_ns[0], 0);
}

static void equal_guests_share_by_weight(void **state)
{
	const struct sim_outcome *r;
	double error;

	(void)state;
	w = *sim_case("duration 100s\nguest a priority=1 weight=1\nguest b priority=1 weight=3\n"
		      "guest c priority=1 weight=2\nguest d priority=0\n"
		      "stream a saturating job=4ms queued=2\nstream b saturating job=1ms..2ms\n"
		      "stream c saturating job=500us queued=3\n"
		      "stream d periodic period=20ms job=3ms\n");
	r = sim_case_run(&w, "fixed-priority", NULL);
	error = sim_outcome_share_error(r, &w);
	assert_true(error >= 0 && error < 0.005);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_response_is_longer_than_its_bound),
		cmocka_unit_test(no_response_is_longer_than_its_bound_with_gates),
		cmocka_unit_test(the_bound_is_met_to_the_nanosecond_in_the_worst_phase),
		cmocka_unit_test(no_guest_gets_more_than_its_budget_in_any_window),
		cmocka_unit_test(budgets_above_leave_the_rest_to_lower_guests),
		cmocka_unit_test(no_guest_starves_below_budgets_that_leave_time),
		cmocka_unit_test(only_the_guest_that_misbehaves_suffers),
		cmocka_unit_test(nothing_is_bounded_beside_an_unbounded_job),
		cmocka_unit_test(equal_guests_share_by_weight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
