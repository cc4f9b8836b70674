/* SPDX-License-Identifier: MIT */
/* The bounds of the analysis, compared with the scheduler in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/admission/response.h"
#include "mediator/sched/sched.h"
#include "tests/unit/mediator/sched/frames.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)

static struct response out[RESPONSE_MAX_STREAMS];

static struct response_stream stream(uint32_t priority, uint64_t cost, uint64_t period)
{
	return (struct response_stream){.priority = priority,
					.client = priority,
					.cost_ns = cost,
					.segments = 1,
					.period_ns = period,
					.deadline_ns = period};
}

/* The closed form: cluster C = 4 ms, D = 16.67 ms, beside n guests with jobs of 2 ms. */
static void the_cluster_waits_for_one_foreign_job_and_its_own(void **state)
{
	static const uint32_t counts[] = {1, 2, 8, 64};
	struct response_stream in[RESPONSE_MAX_STREAMS];

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		in[0] = stream(1, 4 * MS, 16667 * US);
		for (uint32_t j = 1; j <= counts[i]; j++)
			in[j] = stream(1 + j, 2 * MS, 1000 * MS);
		response_analyse(in, counts[i] + 1, 0, out);
		assert_int_equal(out[0].response_ns, 6 * MS);
		assert_int_equal(out[0].blocking_ns, 2 * MS);
		assert_int_equal(out[0].tolerance_ns, 12667 * US);
	}
}

static void the_gate_limits_blocking_to_the_time_before_the_deadline(void **state)
{
	struct response_stream in[2] = {stream(1, 4 * MS, 16667 * US),
					stream(2, 15 * MS, 500 * MS)};

	(void)state;
	response_analyse(in, 2, 100 * US, out);
	assert_int_equal(out[0].response_ns, 19100 * US);
	in[0].gate = 1;
	response_analyse(in, 2, 100 * US, out);
	assert_int_equal(out[0].response_ns, 16667 * US);
	assert_int_equal(out[0].blocking_ns, out[0].tolerance_ns);
	/* The other stream may be held once, before a cluster frame: 15 - slack + latency. */
	assert_int_equal(out[0].tolerance_ns, 12567 * US);
	assert_int_equal(out[1].response_ns, (15000 - 12567 + 100 + 4000 + 15000 + 100) * US);
}

/*
 * Davis, Burns, Bril and Lukkien 2007, table 2: three messages of 1 ms on a bus, where the first
 * instance of the last one is not the worst: 3.0 instead of 3.5.
 */
static void the_second_instance_may_be_the_worst(void **state)
{
	const struct response_stream in[3] = {stream(1, 1000 * US, 2500 * US),
					      stream(2, 1000 * US, 3500 * US),
					      stream(3, 1000 * US, 3500 * US)};

	(void)state;
	response_analyse(in, 3, 0, out);
	assert_int_equal(out[0].response_ns, 2000 * US);
	assert_int_equal(out[1].response_ns, 3000 * US);
	assert_int_equal(out[2].response_ns, 3500 * US);
}

static const struct bound_case {
	const char *name;
	struct response_stream in[3];
	uint32_t count;
	uint64_t latency;
	uint64_t expected[3];
} bound_cases[] = {
	{"jitter comes on top, and brings a superior's frames closer together",
	 {{1, 1, 2 * MS, 1, 0, 10 * MS, 3 * MS, 10 * MS, 0, 0, 0, 0},
	  {2, 2, 3 * MS, 1, 0, 20 * MS, 0, 20 * MS, 0, 0, 0, 0}},
	 2,
	 0,
	 {8 * MS, 5 * MS}},
	{"two frames of a superior fall into one wait when its jitter is long",
	 {{1, 1, 4 * MS, 1, 0, 10 * MS, 9 * MS, 20 * MS, 0, 0, 0, 0},
	  {2, 2, 3 * MS, 1, 0, 50 * MS, 0, 50 * MS, 0, 0, 0, 0}},
	 2,
	 0,
	 {16 * MS, 11 * MS}},
	{"segments without gaps are blocked once",
	 {{1, 1, 2 * MS, 3, 0, 20 * MS, 0, 20 * MS, 0, 0, 0, 0},
	  {2, 2, 5 * MS, 1, 0, 100 * MS, 0, 100 * MS, 0, 0, 0, 0}},
	 2,
	 0,
	 {11 * MS, 11 * MS}},
	{"segments with gaps are blocked each time, and latency counts each time",
	 {{1, 1, 2 * MS, 3, 1 * MS, 40 * MS, 1 * MS, 40 * MS, 0, 0, 0, 0},
	  {2, 2, 5 * MS, 1, 0, 1000 * MS, 0, 1000 * MS, 0, 0, 0, 0}},
	 2,
	 100 * US,
	 {1 * MS + 6 * MS + 2 * MS + 3 * (5 * MS + 100 * US), 0}},
	{"an overloaded GPU bounds nothing for the last one",
	 {{1, 1, 6 * MS, 1, 0, 10 * MS, 0, 10 * MS, 0, 0, 0, 0},
	  {2, 2, 5 * MS, 1, 0, 10 * MS, 0, 10 * MS, 0, 0, 0, 0}},
	 2,
	 0,
	 {11 * MS, RESPONSE_UNBOUNDED}},
};

static void bounds_are_what_the_formulas_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bound_cases) / sizeof(bound_cases[0]); i++) {
		const struct bound_case *t = &bound_cases[i];

		response_analyse(t->in, t->count, t->latency, out);
		for (uint32_t j = 0; j < t->count; j++)
			if (t->expected[j] && out[j].response_ns != t->expected[j])
				fail_msg("%s: stream %u: %llu ns instead of %llu", t->name, j,
					 (unsigned long long)out[j].response_ns,
					 (unsigned long long)t->expected[j]);
	}
}

static void a_rogue_superior_is_bounded_by_its_budget_or_not_at_all(void **state)
{
	struct response_stream in[2] = {stream(1, 1 * MS, 20 * MS), stream(2, 2 * MS, 40 * MS)};

	(void)state;
	response_analyse(in, 2, 0, out);
	assert_int_equal(out[1].rogue_ns, RESPONSE_UNBOUNDED);
	assert_int_equal(out[0].rogue_ns, out[0].response_ns);
	in[0].budget_ns = 2 * MS;
	in[0].budget_period_ns = 20 * MS;
	response_analyse(in, 2, 0, out);
	/* One budget at the end of a period, one at the start of the next, one overrun. */
	assert_int_equal(out[1].rogue_ns, 2 * 2 * MS + 1 * MS + 2 * MS);
}

/* --- Random sets ------------------------------------------------------------------------------ */

static uint64_t seed;

static uint64_t between(uint64_t low, uint64_t high)
{
	return frames_between(&seed, low, high);
}

static int chance(uint32_t percent)
{
	return between(1, 100) <= percent;
}

enum flavour { PLAIN, GAPS, GATED };

static uint32_t draw_set(struct frames_client *clients, enum flavour flavour)
{
	uint32_t count = (uint32_t)between(2, 6), priority = 1;

	memset(clients, 0, FRAMES_MAX * sizeof(*clients));
	for (uint32_t i = 0; i < count; i++) {
		struct response_stream *s = &clients[i].stream;
		uint64_t period = between(4, 60) * MS, share;

		s->segments = chance(40) ? (uint32_t)between(2, 4) : 1;
		share = between(3, 70 / count) * period / 100;
		s->cost_ns = share / s->segments;
		s->period_ns = period;
		s->deadline_ns = flavour == PLAIN && chance(30) ? 2 * period : period;
		s->jitter_ns = chance(50) ? between(0, period / 4) : 0;
		if (flavour != PLAIN && s->segments > 1 && chance(60))
			s->gap_ns = between(1, period / 20);
		s->client = i;
		s->priority = priority;
		if (chance(80))
			priority++;
		clients[i].weight = 1;
	}
	/* A client of the lowest priority saturates the GPU with long jobs. */
	if (clients[count - 1].stream.priority == priority)
		priority++;
	clients[count] =
		(struct frames_client){.stream = stream(priority + 1, between(1, 12) * MS, 50 * MS),
				       .kind = FRAMES_SATURATE,
				       .weight = 1};
	clients[count].stream.client = count;
	if (flavour == GATED) {
		clients[0].stream.gate = 1;
		if (count > 2 && chance(30))
			clients[1].stream.gate = 1;
	}
	return count + 1;
}

static void analyse(struct frames_client *clients, uint32_t count, uint64_t latency)
{
	struct response_stream in[FRAMES_MAX] = {0};

	for (uint32_t i = 0; i < count; i++)
		in[i] = clients[i].stream;
	response_analyse(in, count, latency, out);
	for (uint32_t i = 0; i < count; i++)
		clients[i].slack_ns = out[i].tolerates ? out[i].tolerance_ns : 0;
}

static int all_hold(const struct frames_client *clients, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (clients[i].kind != FRAMES_SATURATE &&
		    out[i].response_ns > clients[i].stream.deadline_ns)
			return 0;
	return 1;
}

static void describe(const struct frames_client *clients, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct response_stream *s = &clients[i].stream;

		fprintf(stderr,
			"#  %u: priority %u, %u x %llu us, gap %llu, period %llu, jitter %llu, "
			"deadline %llu%s: bound %llu us, seen %llu us\n",
			i, s->priority, s->segments, (unsigned long long)(s->cost_ns / US),
			(unsigned long long)(s->gap_ns / US),
			(unsigned long long)(s->period_ns / US),
			(unsigned long long)(s->jitter_ns / US),
			(unsigned long long)(s->deadline_ns / US), s->gate ? ", gate" : "",
			(unsigned long long)(out[i].response_ns / US),
			(unsigned long long)(clients[i].worst_ns / US));
	}
}

static void assert_within_bounds(struct frames_client *clients, uint32_t count, const char *what,
				 uint64_t number)
{
	for (uint32_t i = 0; i < count; i++) {
		if (clients[i].kind == FRAMES_SATURATE || clients[i].worst_ns <= out[i].response_ns)
			continue;
		describe(clients, count);
		fail_msg("%s, set %llu: stream %u is beyond its bound", what,
			 (unsigned long long)number, i);
	}
}

static void hold_bounds(enum flavour flavour, const char *what, uint32_t sets)
{
	struct frames_client clients[FRAMES_MAX];
	uint32_t admitted = 0;
	uint64_t frames = 0;
	double tightest = 1e9;

	for (uint64_t n = 0; admitted < sets; n++) {
		struct frames_run run = {.policy = "fixed-priority", .duration_ns = 1500 * MS};
		uint32_t count;

		assert_true(n < 200u * sets);
		seed = n * 1000003 + flavour;
		count = draw_set(clients, flavour);
		run.latency_ns = chance(50) ? between(0, 300) * US : 0;
		analyse(clients, count, run.latency_ns);
		if (!all_hold(clients, count))
			continue;
		admitted++;
		for (uint32_t round = 0; round < 4; round++) {
			/* A gate needs releases on a grid; without one they may be adverse. */
			for (uint32_t i = 0; i + 1 < count; i++)
				clients[i].kind = flavour != GATED && round % 2 ? FRAMES_ADVERSE
										: FRAMES_PERIODIC;
			run.seed = n * 4 + round;
			run.exact = round < 2;
			frames_simulate(&run, clients, count);
			assert_within_bounds(clients, count, what, n);
			for (uint32_t i = 0; i + 1 < count; i++) {
				double ratio = (double)out[i].response_ns /
					       ((double)clients[i].worst_ns + 1);

				frames += clients[i].frames;
				if (clients[i].worst_ns && ratio < tightest)
					tightest = ratio;
			}
		}
	}
	fprintf(stderr, "# %s: %u sets, %llu frames, tightest bound/maximum %.4f\n", what, admitted,
		(unsigned long long)frames, tightest);
	assert_true(frames > sets * 100u);
	if (flavour == PLAIN)
		assert_true(tightest < 1.001);
}

static void no_frame_takes_longer_than_its_bound(void **state)
{
	(void)state;
	hold_bounds(PLAIN, "busy period", 400);
}

static void no_frame_with_gaps_takes_longer_than_its_bound(void **state)
{
	(void)state;
	hold_bounds(GAPS, "gaps", 400);
}

static void no_frame_with_or_below_a_gate_takes_longer_than_its_bound(void **state)
{
	(void)state;
	hold_bounds(GATED, "gate", 400);
}

static void responses_below_used_up_budgets_keep_the_rogue_bound(void **state)
{
	struct frames_client clients[FRAMES_MAX];
	uint32_t admitted = 0;

	(void)state;
	for (uint64_t n = 0; admitted < 300; n++) {
		struct frames_run run = {.policy = "fixed-priority", .duration_ns = 1500 * MS};
		uint32_t count, victim;

		seed = n * 7919;
		count = draw_set(clients, PLAIN);
		victim = count - 2;
		for (uint32_t i = 0; i < victim; i++) {
			struct response_stream *s = &clients[i].stream;

			s->budget_period_ns = between(2, 40) * MS;
			s->budget_ns = between(2, 60 / count) * s->budget_period_ns / 100;
			clients[i].kind = FRAMES_SATURATE;
		}
		analyse(clients, count, 0);
		if (out[victim].rogue_ns > clients[victim].stream.deadline_ns)
			continue;
		admitted++;
		for (uint32_t round = 0; round < 4; round++) {
			clients[victim].kind = round % 2 ? FRAMES_ADVERSE : FRAMES_PERIODIC;
			run.seed = n + round;
			run.exact = round < 2;
			frames_simulate(&run, clients, count);
			if (clients[victim].worst_ns > out[victim].rogue_ns) {
				describe(clients, count);
				fail_msg("set %llu: %llu ns are beyond %llu", (unsigned long long)n,
					 (unsigned long long)clients[victim].worst_ns,
					 (unsigned long long)out[victim].rogue_ns);
			}
		}
	}
}

static void a_tolerance_is_the_longest_job_that_still_holds(void **state)
{
	struct response_stream in[FRAMES_MAX];
	struct frames_client clients[FRAMES_MAX];
	uint32_t tried = 0;

	(void)state;
	for (uint64_t n = 0; n < 2000; n++) {
		uint32_t count;

		seed = n;
		count = draw_set(clients, n % 2 ? PLAIN : GAPS);
		for (uint32_t i = 0; i < count; i++)
			in[i] = clients[i].stream;
		response_analyse(in, count, 0, out);
		if (!out[0].tolerates || in[1].priority == in[0].priority)
			continue;
		tried++;
		in[count - 1].cost_ns = out[0].tolerance_ns;
		for (uint32_t i = 1; i + 1 < count; i++)
			in[i].cost_ns = in[i].cost_ns < out[0].tolerance_ns ? in[i].cost_ns : 1;
		response_analyse(in, count, 0, out);
		assert_true(out[0].response_ns <= in[0].deadline_ns);
		in[count - 1].cost_ns += 1000; /* the tolerance is exact to a microsecond */
		response_analyse(in, count, 0, out);
		assert_true(out[0].response_ns > in[0].deadline_ns);
	}
	assert_true(tried > 500);
}

/* tests/bench/sched/analysis.c measures how long this takes. */
static void sixty_four_guests_have_bounds(void **state)
{
	struct response_stream in[64];

	(void)state;
	seed = 4;
	for (uint32_t i = 0; i < 64; i++) {
		uint64_t period = between(10, 50) * MS;

		in[i] = stream(i + 1, period / 80, period);
		in[i].jitter_ns = period / 20;
	}
	response_analyse(in, 64, 100 * US, out);
	for (uint32_t i = 0; i < 64; i++)
		assert_true(out[i].response_ns != RESPONSE_UNBOUNDED);
}

static void an_overloaded_set_ends_the_analysis_soon(void **state)
{
	struct response_stream in[64];

	(void)state;
	for (uint32_t i = 0; i < 64; i++)
		in[i] = stream(i + 1, 1000, 64001 - (i == 0));
	response_analyse(in, 64, 0, out);
	in[63].period_ns = 1;
	in[63].deadline_ns = RESPONSE_HORIZON_NS;
	response_analyse(in, 64, 0, out);
	assert_int_equal(out[63].response_ns, RESPONSE_UNBOUNDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cluster_waits_for_one_foreign_job_and_its_own),
		cmocka_unit_test(the_gate_limits_blocking_to_the_time_before_the_deadline),
		cmocka_unit_test(the_second_instance_may_be_the_worst),
		cmocka_unit_test(bounds_are_what_the_formulas_say),
		cmocka_unit_test(a_rogue_superior_is_bounded_by_its_budget_or_not_at_all),
		cmocka_unit_test(no_frame_takes_longer_than_its_bound),
		cmocka_unit_test(no_frame_with_gaps_takes_longer_than_its_bound),
		cmocka_unit_test(no_frame_with_or_below_a_gate_takes_longer_than_its_bound),
		cmocka_unit_test(responses_below_used_up_budgets_keep_the_rogue_bound),
		cmocka_unit_test(a_tolerance_is_the_longest_job_that_still_holds),
		cmocka_unit_test(sixty_four_guests_have_bounds),
		cmocka_unit_test(an_overloaded_set_ends_the_analysis_soon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
