/* SPDX-License-Identifier: MIT */
/* Budgets, shares, gates, overruns: each rule of sched.h by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/sched/sched.h"
#include "tests/unit/mediator/frames.h"

#define US UINT64_C(1000)
#define MS UINT64_C(1000000)
#define T0 (1000 * MS)

static struct sched sched;
static uint64_t wake;

static struct sched_client *add(const struct sched_params *params)
{
	struct sched_client *c = sched_add(&sched, params->priority, NULL);

	assert_non_null(c);
	sched_set_params(&sched, c, params, T0);
	return c;
}

static void ready(struct sched_client *c, uint64_t now)
{
	const struct sched_job job = {.id = c->last_id + 1};

	assert_int_equal(sched_ready(&sched, c, &job, now), SCHED_OK);
}

static struct sched_client *pick(uint64_t now)
{
	return sched_pick(&sched, now, &wake);
}

static void done(struct sched_client *c, uint64_t now)
{
	assert_int_equal(sched_done(&sched, c, c->job.id, now), SCHED_OK);
}

/* A job of c from `from` to `to`. */
static void use(struct sched_client *c, uint64_t from, uint64_t to)
{
	ready(c, from);
	assert_ptr_equal(pick(from), c);
	done(c, to);
}

/* --- Budgets ---------------------------------------------------------------------------------- */

static void a_used_up_budget_waits_for_the_next_period(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 4 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	c = add(&p);
	use(c, T0, T0 + 3 * MS);
	use(c, T0 + 3 * MS, T0 + 4 * MS);
	assert_int_equal(sched_budget_left(&sched, c, T0 + 4 * MS), 0);
	ready(c, T0 + 4 * MS);
	assert_null(pick(T0 + 4 * MS));
	assert_int_equal(wake, T0 + 10 * MS);
	assert_null(pick(T0 + 10 * MS - 1));
	assert_ptr_equal(pick(T0 + 10 * MS), c);
	assert_int_equal(c->stats.throttled, 1);
}

static void a_job_may_start_while_anything_is_left_and_what_it_overruns_is_paid_back(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 4 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	c = add(&p);
	use(c, T0, T0 + 3999 * US);
	use(c, T0 + 3999 * US, T0 + 9 * MS);
	/* 5 ms owed: the second next period leaves 3. */
	assert_int_equal(sched_budget_left(&sched, c, T0 + 9 * MS), -5 * (int64_t)MS);
	ready(c, T0 + 9 * MS);
	assert_null(pick(T0 + 10 * MS));
	assert_int_equal(wake, T0 + 20 * MS);
	assert_ptr_equal(pick(T0 + 20 * MS), c);
	assert_int_equal(sched_budget_left(&sched, c, T0 + 20 * MS), 3 * (int64_t)MS);
}

static void a_debt_of_exactly_whole_budgets_is_not_yet_paid(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 2 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	c = add(&p);
	use(c, T0, T0 + 4 * MS);
	ready(c, T0 + 4 * MS);
	assert_null(pick(T0 + 4 * MS));
	assert_int_equal(wake, T0 + 20 * MS);
	assert_null(pick(T0 + 10 * MS));
	assert_int_equal(wake, T0 + 20 * MS);
	assert_ptr_equal(pick(T0 + 20 * MS), c);
}

static void running_time_is_charged_while_it_runs(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 4 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	c = add(&p);
	ready(c, T0 + 8 * MS);
	assert_ptr_equal(pick(T0 + 8 * MS), c);
	assert_int_equal(sched_budget_left(&sched, c, T0 + 9 * MS), 3 * (int64_t)MS);
	/* 2 ms before the new period, which fills up what they took, and 1 ms in it. */
	assert_int_equal(sched_budget_left(&sched, c, T0 + 11 * MS), 3 * (int64_t)MS);
	/* Through whole periods: each takes 10 and gives 4. */
	assert_int_equal(sched_budget_left(&sched, c, T0 + 35 * MS), -13 * (int64_t)MS);
	done(c, T0 + 35 * MS);
	assert_int_equal(sched_budget_left(&sched, c, T0 + 35 * MS), -13 * (int64_t)MS);
	assert_int_equal(sched_budget_left(&sched, c, T0 + 40 * MS), -9 * (int64_t)MS);
	assert_int_equal(sched_budget_left(&sched, c, T0 + 1000 * MS), 4 * (int64_t)MS);
}

static void who_has_used_up_its_budget_is_in_nobodys_way(void **state)
{
	const struct sched_params high = {
		.priority = 1, .budget_ns = 2 * MS, .budget_period_ns = 10 * MS};
	const struct sched_params low = {.priority = 2};
	struct sched_client *a, *b;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	a = add(&high);
	b = add(&low);
	use(a, T0, T0 + 3 * MS);
	ready(a, T0 + 3 * MS);
	use(b, T0 + 3 * MS, T0 + 8 * MS);
	use(b, T0 + 8 * MS, T0 + 9 * MS);
	ready(b, T0 + 10 * MS);
	assert_ptr_equal(pick(T0 + 10 * MS), a);
}

static void a_throttled_client_that_is_removed_is_forgotten(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 2 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	c = add(&p);
	use(c, T0, T0 + 3 * MS);
	ready(c, T0 + 3 * MS);
	sched_remove(&sched, c, T0 + 4 * MS);
	assert_null(pick(T0 + 50 * MS));
	assert_int_equal(wake, SCHED_NEVER);
}

/* Intervals in which one client had the GPU. */
struct intervals {
	uint32_t client, count;
	uint64_t from[8192], to[8192];
};

static void remember(void *context, uint32_t client, uint64_t from, uint64_t to)
{
	struct intervals *log = context;

	if (client != log->client || log->count == 8192)
		return;
	log->from[log->count] = from;
	log->to[log->count++] = to;
}

/* The most in any window of that length: one that begins with a job, or ends with one. */
static uint64_t most_in_window(const struct intervals *log, uint64_t length)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < log->count; i++) {
		uint64_t used = 0;

		for (uint32_t j = i; j < log->count && log->from[j] < log->from[i] + length; j++) {
			uint64_t end = log->from[i] + length;

			used += (log->to[j] < end ? log->to[j] : end) - log->from[j];
		}
		most = used > most ? used : most;
	}
	return most;
}

static void no_window_holds_more_than_the_formula_says(void **state)
{
	static struct intervals log;
	uint64_t seed = 5;

	(void)state;
	for (uint64_t n = 0; n < 60; n++) {
		struct frames_client clients[3] = {0};
		const struct frames_run run = {.policy = "fixed-priority",
					       .seed = n,
					       .duration_ns = 1000 * MS,
					       .exact = n % 2 == 0,
					       .ended = remember,
					       .context = &log};
		uint64_t period = frames_between(&seed, 2 * MS, 40 * MS);
		uint64_t budget = frames_between(&seed, period / 20, period);
		uint64_t job = frames_between(&seed, 200 * US, 8 * MS);

		memset(&log, 0, sizeof(log));
		for (uint32_t i = 0; i < 3; i++) {
			clients[i].kind = FRAMES_SATURATE;
			clients[i].weight = 1;
			clients[i].stream = (struct response_stream){
				.priority = i + 1, .cost_ns = 1 * MS, .segments = 1};
		}
		clients[0].stream.cost_ns = job;
		clients[0].stream.budget_ns = budget;
		clients[0].stream.budget_period_ns = period;
		frames_simulate(&run, clients, 3);
		assert_true(log.count > 10);
		for (int i = 0; i < 12; i++) {
			uint64_t t = frames_between(&seed, 1, 6 * period);
			uint64_t bound = ((t + period - 1) / period + 1) * budget + job;

			assert_true(most_in_window(&log, t) <= bound);
		}
		/* And it gets what it was given: nobody is above it. */
		assert_true(clients[0].busy_ns + budget + job >=
			    1000 * MS / period * (budget < period ? budget : period) * 99 / 100);
	}
}

static void with_budgets_above_it_the_last_one_does_not_starve(void **state)
{
	struct frames_client clients[3] = {0};
	const struct frames_run run = {
		.policy = "fixed-priority", .seed = 1, .duration_ns = 2000 * MS, .exact = 1};

	(void)state;
	for (uint32_t i = 0; i < 3; i++) {
		clients[i].kind = FRAMES_SATURATE;
		clients[i].weight = 1;
		clients[i].stream = (struct response_stream){
			.priority = i + 1, .cost_ns = 3 * MS, .segments = 1};
		clients[i].stream.budget_ns = i < 2 ? 4 * MS : 0;
		clients[i].stream.budget_period_ns = i < 2 ? 10 * MS : 0;
	}
	frames_simulate(&run, clients, 3);
	assert_in_range(clients[0].busy_ns, 795 * MS, 810 * MS);
	assert_in_range(clients[1].busy_ns, 795 * MS, 810 * MS);
	assert_in_range(clients[2].busy_ns, 380 * MS, 405 * MS);
}

/* --- Shares ----------------------------------------------------------------------------------- */

static void equal_priorities_share_by_weight_whatever_the_job_lengths(void **state)
{
	static const struct {
		uint32_t weight[4];
		uint64_t job_us[4];
		int clients;
	} cases[] = {
		{{1, 1}, {1000, 1000}, 2},
		{{3, 1}, {1000, 1000}, 2},
		{{1, 1}, {500, 20000}, 2},
		{{1, 2, 4}, {7000, 300, 1000}, 3},
		{{5, 5, 1, 100}, {100, 9000, 2000, 300}, 4},
		{{1000, 1}, {1000, 1000}, 2},
	};

	(void)state;
	for (size_t n = 0; n < sizeof(cases) / sizeof(cases[0]); n++) {
		struct frames_client clients[FRAMES_MAX] = {0};
		const struct frames_run run = {.policy = "fixed-priority",
					       .seed = n,
					       .duration_ns = 60000 * MS,
					       .exact = n % 2};
		uint64_t total = 0, weights = 0;

		for (int i = 0; i < cases[n].clients; i++) {
			clients[i].kind = FRAMES_SATURATE;
			clients[i].weight = cases[n].weight[i];
			clients[i].stream = (struct response_stream){
				.priority = 1, .cost_ns = cases[n].job_us[i] * US, .segments = 1};
			weights += cases[n].weight[i];
		}
		frames_simulate(&run, clients, (uint32_t)cases[n].clients);
		for (int i = 0; i < cases[n].clients; i++)
			total += clients[i].busy_ns;
		for (int i = 0; i < cases[n].clients; i++) {
			double share = (double)clients[i].busy_ns / (double)total;
			double due = (double)cases[n].weight[i] / (double)weights;

			if (share < due - 0.005 || share > due + 0.005)
				fail_msg("case %zu, client %d: %.4f instead of %.4f", n, i, share,
					 due);
		}
	}
}

static void who_was_away_has_not_saved_up(void **state)
{
	const struct sched_params p = {.priority = 1};
	struct sched_client *a, *b;
	uint64_t now = T0, of_b = 0;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	a = add(&p);
	b = add(&p);
	for (int i = 0; i < 1000; i++, now += MS)
		use(a, now, now + MS);
	ready(a, now);
	ready(b, now);
	for (int i = 0; i < 100; i++) {
		struct sched_client *c = pick(now);

		of_b += c == b;
		now += MS;
		done(c, now);
		ready(c, now);
	}
	assert_in_range(of_b, 49, 52);
}

static void one_very_long_job_is_paid_for_by_its_client(void **state)
{
	const struct sched_params p = {.priority = 1};
	struct sched_client *a, *b;
	uint64_t now = T0;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	a = add(&p);
	b = add(&p);
	use(a, now, now + 500 * MS);
	now += 500 * MS;
	ready(a, now);
	for (int i = 0; i < 499; i++) {
		ready(b, now);
		assert_ptr_equal(pick(now), b);
		now += MS;
		done(b, now);
	}
	now += MS;
	use(b, now, now + 2 * MS);
	now += 2 * MS;
	ready(b, now);
	assert_ptr_equal(pick(now), a);
}

static void round_robin_gives_each_one_job_in_turn(void **state)
{
	const struct sched_params p = {.priority = 1};
	struct sched_client *c[3];
	uint64_t now = T0;

	(void)state;
	sched_init(&sched, &sched_round_robin);
	for (int i = 0; i < 3; i++)
		ready(c[i] = add(&p), now);
	for (int i = 0; i < 30; i++) {
		assert_ptr_equal(pick(now), c[i % 3]);
		now += (uint64_t)(1 + i % 3) * MS;
		done(c[i % 3], now);
		ready(c[i % 3], now);
	}
}

static void a_time_slice_is_kept_until_it_is_used_up(void **state)
{
	const struct sched_params two = {.priority = 1, .weight = 2}, one = {.priority = 1};
	struct sched_client *a, *b;
	uint64_t now = T0;
	char order[13] = "";

	(void)state;
	sched_init(&sched, &sched_time_slice);
	a = add(&two);
	b = add(&one);
	ready(a, now);
	ready(b, now);
	for (int i = 0; i < 12; i++) {
		struct sched_client *c = pick(now);

		order[i] = c == a ? 'A' : 'B';
		now += SCHED_SLICE_NS / 2;
		done(c, now);
		ready(c, now);
	}
	assert_non_null(strstr(order, "AAAABBAAAA"));
}

static void what_overruns_a_time_slice_is_taken_from_the_next_ones(void **state)
{
	const struct sched_params p = {.priority = 1};
	struct sched_client *a, *b;
	uint64_t now = T0, of_a = 0, of_b = 0;

	(void)state;
	sched_init(&sched, &sched_time_slice);
	a = add(&p);
	b = add(&p);
	ready(a, now);
	ready(b, now);
	while (now < T0 + 4000 * MS) {
		struct sched_client *c = pick(now);
		uint64_t took = c == a ? 37 * MS : SCHED_SLICE_NS / 3;

		*(c == a ? &of_a : &of_b) += took;
		now += took;
		done(c, now);
		ready(c, now);
	}
	assert_in_range(of_a, 1950 * MS, 2050 * MS);
	assert_in_range(of_b, 1950 * MS, 2050 * MS);
}

/* --- The gate --------------------------------------------------------------------------------- */

static const struct sched_params cluster = {.priority = 1,
					    .job_ns = 4 * MS,
					    .frame_period_ns = 16 * MS,
					    .deadline_ns = 14 * MS,
					    .jitter_ns = 1 * MS,
					    .gate = 1};
static const struct sched_params hog = {.priority = 2, .job_ns = 12 * MS};
static const struct sched_params small = {.priority = 3, .job_ns = 2 * MS};

/* A cluster whose frame was released at T0 and took 4 ms; slack is 14 - 1 - 4 = 9 ms. */
static struct sched_client *draw_first_frame(void)
{
	struct sched_client *c;

	sched_init(&sched, &sched_fixed_priority);
	c = add(&cluster);
	assert_int_equal(c->params.slack_ns, 9 * MS);
	sched_release(&sched, c, T0);
	use(c, T0, T0 + 4 * MS);
	sched_complete(&sched, c, T0 + 4 * MS);
	return c;
}

static void a_long_job_waits_where_it_would_break_the_next_deadline(void **state)
{
	struct sched_client *c = draw_first_frame(), *h = add(&hog);

	(void)state;
	/* 13 + 12 = 16 + 9: just in time. */
	ready(h, T0 + 13 * MS);
	assert_ptr_equal(pick(T0 + 13 * MS), h);
	done(h, T0 + 13 * MS);
	ready(h, T0 + 13 * MS + 1);
	assert_null(pick(T0 + 13 * MS + 1));
	assert_int_equal(wake, T0 + 17 * MS + 1);
	assert_int_equal(sched.total.gated, 1);
	sched_release(&sched, c, T0 + 16 * MS);
	use(c, T0 + 16 * MS, T0 + 20 * MS);
	/* Until the frame is complete another of its jobs may come. */
	assert_null(pick(T0 + 20 * MS));
	assert_int_equal(wake, T0 + 30 * MS);
	sched_complete(&sched, c, T0 + 20 * MS);
	assert_ptr_equal(pick(T0 + 20 * MS), h);
}

static void a_shorter_job_goes_before_one_that_has_to_wait(void **state)
{
	struct sched_client *h, *s;

	(void)state;
	draw_first_frame();
	h = add(&hog);
	s = add(&small);
	ready(h, T0 + 14 * MS);
	ready(s, T0 + 14 * MS);
	assert_ptr_equal(pick(T0 + 14 * MS), s);
}

static void a_frame_that_does_not_come_holds_nobody_up_for_longer_than_its_jitter(void **state)
{
	struct sched_client *h;

	(void)state;
	draw_first_frame();
	h = add(&hog);
	ready(h, T0 + 15 * MS);
	assert_null(pick(T0 + 15 * MS));
	assert_null(pick(T0 + 17 * MS));
	assert_ptr_equal(pick(T0 + 17 * MS + 1), h);
	/* The next one is expected on the same grid, also long after. */
	done(h, T0 + 28 * MS);
	ready(h, T0 + 1000 * 16 * MS - 2 * MS);
	assert_null(pick(T0 + 1000 * 16 * MS - 2 * MS));
}

static void a_frame_that_is_never_finished_holds_nobody_up_beyond_its_deadline(void **state)
{
	struct sched_client *c = draw_first_frame(), *h = add(&hog);

	(void)state;
	sched_release(&sched, c, T0 + 16 * MS);
	ready(h, T0 + 16 * MS);
	assert_null(pick(T0 + 16 * MS));
	assert_int_equal(wake, T0 + 30 * MS);
	/* Then the next release counts, at 32: 30 + 12 > 32 + 9 */
	assert_null(pick(T0 + 30 * MS));
	assert_int_equal(wake, T0 + 33 * MS + 1);
	assert_ptr_equal(pick(wake), h);
}

static void releases_that_come_too_early_do_not_keep_the_gate_closed(void **state)
{
	struct sched_client *c = draw_first_frame(), *h = add(&hog);

	(void)state;
	for (uint64_t t = 5; t < 13; t++)
		sched_release(&sched, c, T0 + t * MS);
	ready(h, T0 + 13 * MS);
	assert_ptr_equal(pick(T0 + 13 * MS), h);
}

static void an_older_frame_that_is_complete_does_not_open_the_gate_for_the_next(void **state)
{
	struct sched_client *c = draw_first_frame(), *h = add(&hog);

	(void)state;
	sched_release(&sched, c, T0 + 16 * MS);
	sched_release(&sched, c, T0 + 32 * MS);
	sched_complete(&sched, c, T0 + 33 * MS);
	ready(h, T0 + 33 * MS);
	assert_null(pick(T0 + 33 * MS));
	sched_complete(&sched, c, T0 + 34 * MS);
	assert_ptr_equal(pick(T0 + 34 * MS), h);
}

static void who_begins_frames_and_finishes_none_holds_nobody_up(void **state)
{
	struct sched_client *c = draw_first_frame(), *h = add(&hog);
	uint64_t last = 0;

	(void)state;
	for (uint64_t i = 1; i <= 2 * SCHED_MAX_DRAWING; i++)
		sched_release(&sched, c, last = T0 + i * 16 * MS);
	ready(h, last + 1 * MS);
	assert_ptr_equal(pick(last + 1 * MS), h);
}

static void a_gate_is_open_while_its_client_has_no_budget(void **state)
{
	struct sched_params p = cluster;
	struct sched_client *c, *h;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	p.budget_ns = 3 * MS;
	p.budget_period_ns = 16 * MS;
	c = add(&p);
	h = add(&hog);
	sched_release(&sched, c, T0);
	use(c, T0, T0 + 4 * MS);
	ready(c, T0 + 4 * MS);
	ready(h, T0 + 4 * MS);
	assert_ptr_equal(pick(T0 + 4 * MS), h);
}

static void equal_and_higher_priorities_pass_the_gate(void **state)
{
	struct sched_params equal = hog, above = hog;
	struct sched_client *e, *a;

	(void)state;
	draw_first_frame();
	equal.priority = 1;
	above.priority = 0;
	e = add(&equal);
	ready(e, T0 + 15 * MS);
	assert_ptr_equal(pick(T0 + 15 * MS), e);
	done(e, T0 + 15 * MS);
	a = add(&above);
	ready(a, T0 + 15 * MS);
	assert_ptr_equal(pick(T0 + 15 * MS), a);
}

static void without_the_gate_or_a_declared_length_nothing_is_held_back(void **state)
{
	struct sched_params open = cluster, silent = {.priority = 2};
	struct sched_client *c, *h;

	(void)state;
	draw_first_frame();
	h = add(&silent);
	ready(h, T0 + 15 * MS);
	assert_ptr_equal(pick(T0 + 15 * MS), h);

	sched_init(&sched, &sched_fixed_priority);
	open.gate = 0;
	c = add(&open);
	sched_release(&sched, c, T0);
	h = add(&hog);
	ready(h, T0 + 15 * MS);
	assert_ptr_equal(pick(T0 + 15 * MS), h);
}

static void the_gate_counts_with_the_kill_time_and_what_follows_it(void **state)
{
	const struct sched_costs costs = {
		.switch_ns = 100 * US, .watchdog_ns = 400 * US, .reset_ns = 2 * MS};
	struct sched_params p = hog;

	(void)state;
	assert_int_equal(sched_enforced_cost(&costs, &p), 12100 * US);
	p.kill_ns = 12 * MS;
	assert_int_equal(sched_enforced_cost(&costs, &p), 14500 * US);
	p.kill_ns = 0;
	p.job_ns = 0;
	assert_int_equal(sched_enforced_cost(&costs, &p), 0);
}

/* --- Overruns and frames ---------------------------------------------------------------------- */

static void an_overrun_is_counted_once_and_killed_at_the_kill_time(void **state)
{
	const struct sched_params p = {.priority = 1, .job_ns = 5 * MS, .kill_ns = 8 * MS};
	struct sched_client *c;
	uint64_t check;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	c = add(&p);
	assert_int_equal(sched_overrun(&sched, T0, &check), SCHED_RUN_GOOD);
	assert_int_equal(check, SCHED_NEVER);
	ready(c, T0);
	assert_ptr_equal(pick(T0), c);
	assert_int_equal(sched_overrun(&sched, T0 + 5 * MS, &check), SCHED_RUN_GOOD);
	assert_int_equal(check, T0 + 5 * MS + 1);
	assert_int_equal(sched_overrun(&sched, check, &check), SCHED_RUN_LATE);
	assert_int_equal(check, T0 + 8 * MS);
	assert_int_equal(sched_overrun(&sched, T0 + 7 * MS, NULL), SCHED_RUN_LATE);
	assert_int_equal(sched_overrun(&sched, check, &check), SCHED_RUN_KILL);
	assert_int_equal(check, SCHED_NEVER);
	done(c, T0 + 8 * MS);
	assert_int_equal(c->stats.overruns, 1);
	/* Unnoticed ones count, too. */
	use(c, T0 + 10 * MS, T0 + 16 * MS);
	use(c, T0 + 20 * MS, T0 + 25 * MS);
	assert_int_equal(c->stats.overruns, 2);
	assert_int_equal(sched.total.overruns, 2);
}

static void frames_are_counted_with_those_that_are_late(void **state)
{
	struct sched_client *c = draw_first_frame();

	(void)state;
	assert_int_equal(c->stats.frames, 1);
	assert_int_equal(c->stats.late, 0);
	sched_release(&sched, c, T0 + 16 * MS);
	sched_complete(&sched, c, T0 + 16 * MS + 14 * MS + 1);
	sched_complete(&sched, c, T0 + 40 * MS);
	assert_int_equal(c->stats.frames, 2);
	assert_int_equal(c->stats.late, 1);
	assert_int_equal(c->stats.longest_frame_ns, 14 * MS + 1);
}

static void jobs_are_counted_by_frame(void **state)
{
	struct sched_client *c = draw_first_frame();
	const uint64_t first = c->stats.most_frame_jobs;

	(void)state;
	assert_true(first >= 1);
	sched_release(&sched, c, T0 + 40 * MS);
	for (uint64_t i = 0; i < first + 4; i++)
		use(c, T0 + (40 + 2 * i) * MS, T0 + (41 + 2 * i) * MS);
	assert_int_equal(c->stats.most_frame_jobs, first);
	sched_complete(&sched, c, T0 + 60 * MS);
	assert_int_equal(c->stats.most_frame_jobs, first + 4);
	/* The next frame begins at none. */
	sched_release(&sched, c, T0 + 80 * MS);
	use(c, T0 + 80 * MS, T0 + 81 * MS);
	sched_complete(&sched, c, T0 + 82 * MS);
	assert_int_equal(c->stats.most_frame_jobs, first + 4);
	assert_int_equal(sched.total.most_frame_jobs, first + 4);
}

static void priorities_may_come_and_go_at_any_time(void **state)
{
	struct sched_client *client[20] = {0};
	uint64_t seed = 9, now = T0;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	for (int n = 0; n < 20000; n++) {
		uint32_t i = (uint32_t)frames_between(&seed, 0, 19);
		const struct sched_params p = {.priority = (uint32_t)frames_between(&seed, 0, 5),
					       .weight = (uint32_t)frames_between(&seed, 1, 3)};
		struct sched_client *c;
		uint32_t best = UINT32_MAX;

		now += 100 * US;
		if (!client[i])
			client[i] = add(&p);
		else if (frames_between(&seed, 0, 9) == 0)
			sched_remove(&sched, client[i], now), client[i] = NULL;
		else if (!client[i]->waiting)
			ready(client[i], now);
		for (int j = 0; j < 20; j++)
			if (client[j] && client[j]->waiting && client[j]->priority < best)
				best = client[j]->priority;
		c = frames_between(&seed, 0, 2) ? pick(now) : NULL;
		if (!c) {
			assert_true(best == UINT32_MAX || sched.eligible[0]);
			continue;
		}
		assert_int_equal(c->priority, best);
		now += frames_between(&seed, 1, 40) * MS;
		done(c, now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_used_up_budget_waits_for_the_next_period),
		cmocka_unit_test(
			a_job_may_start_while_anything_is_left_and_what_it_overruns_is_paid_back),
		cmocka_unit_test(a_debt_of_exactly_whole_budgets_is_not_yet_paid),
		cmocka_unit_test(running_time_is_charged_while_it_runs),
		cmocka_unit_test(who_has_used_up_its_budget_is_in_nobodys_way),
		cmocka_unit_test(a_throttled_client_that_is_removed_is_forgotten),
		cmocka_unit_test(no_window_holds_more_than_the_formula_says),
		cmocka_unit_test(with_budgets_above_it_the_last_one_does_not_starve),
		cmocka_unit_test(equal_priorities_share_by_weight_whatever_the_job_lengths),
		cmocka_unit_test(who_was_away_has_not_saved_up),
		cmocka_unit_test(one_very_long_job_is_paid_for_by_its_client),
		cmocka_unit_test(round_robin_gives_each_one_job_in_turn),
		cmocka_unit_test(a_time_slice_is_kept_until_it_is_used_up),
		cmocka_unit_test(what_overruns_a_time_slice_is_taken_from_the_next_ones),
		cmocka_unit_test(a_long_job_waits_where_it_would_break_the_next_deadline),
		cmocka_unit_test(a_shorter_job_goes_before_one_that_has_to_wait),
		cmocka_unit_test(
			a_frame_that_does_not_come_holds_nobody_up_for_longer_than_its_jitter),
		cmocka_unit_test(
			a_frame_that_is_never_finished_holds_nobody_up_beyond_its_deadline),
		cmocka_unit_test(releases_that_come_too_early_do_not_keep_the_gate_closed),
		cmocka_unit_test(
			an_older_frame_that_is_complete_does_not_open_the_gate_for_the_next),
		cmocka_unit_test(who_begins_frames_and_finishes_none_holds_nobody_up),
		cmocka_unit_test(a_gate_is_open_while_its_client_has_no_budget),
		cmocka_unit_test(equal_and_higher_priorities_pass_the_gate),
		cmocka_unit_test(without_the_gate_or_a_declared_length_nothing_is_held_back),
		cmocka_unit_test(the_gate_counts_with_the_kill_time_and_what_follows_it),
		cmocka_unit_test(an_overrun_is_counted_once_and_killed_at_the_kill_time),
		cmocka_unit_test(frames_are_counted_with_those_that_are_late),
		cmocka_unit_test(jobs_are_counted_by_frame),
		cmocka_unit_test(priorities_may_come_and_go_at_any_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
