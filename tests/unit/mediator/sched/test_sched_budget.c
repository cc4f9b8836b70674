/* SPDX-License-Identifier: MIT */
/* Budgets: their limits, the repayment of overruns, and that a throttled client holds nobody up. */
#include <string.h>

#include "tests/unit/mediator/sched/frames.h"
#include "tests/unit/mediator/sched/rules.h"

static void a_throttled_client_waits_for_the_next_period(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 4 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	c = rules_add(&p);
	rules_use(c, T0, T0 + 3 * MS);
	rules_use(c, T0 + 3 * MS, T0 + 4 * MS);
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 4 * MS), 0);
	rules_ready(c, T0 + 4 * MS);
	assert_null(rules_pick(T0 + 4 * MS));
	assert_int_equal(rules_wake, T0 + 10 * MS);
	assert_null(rules_pick(T0 + 10 * MS - 1));
	assert_ptr_equal(rules_pick(T0 + 10 * MS), c);
	assert_int_equal(c->stats.throttled, 1);
}

static void a_job_may_start_with_any_budget_left_and_its_overrun_is_repaid(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 4 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	c = rules_add(&p);
	rules_use(c, T0, T0 + 3999 * US);
	rules_use(c, T0 + 3999 * US, T0 + 9 * MS);
	/* A debt of 5 ms: after two periods of 4 ms, 3 ms are left. */
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 9 * MS), -5 * (int64_t)MS);
	rules_ready(c, T0 + 9 * MS);
	assert_null(rules_pick(T0 + 10 * MS));
	assert_int_equal(rules_wake, T0 + 20 * MS);
	assert_ptr_equal(rules_pick(T0 + 20 * MS), c);
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 20 * MS), 3 * (int64_t)MS);
}

static void a_debt_of_whole_budgets_leaves_nothing_after_as_many_periods(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 2 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	c = rules_add(&p);
	rules_use(c, T0, T0 + 4 * MS);
	rules_ready(c, T0 + 4 * MS);
	assert_null(rules_pick(T0 + 4 * MS));
	assert_int_equal(rules_wake, T0 + 20 * MS);
	assert_null(rules_pick(T0 + 10 * MS));
	assert_int_equal(rules_wake, T0 + 20 * MS);
	assert_ptr_equal(rules_pick(T0 + 20 * MS), c);
}

static void running_time_is_charged_while_it_runs(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 4 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	c = rules_add(&p);
	rules_ready(c, T0 + 8 * MS);
	assert_ptr_equal(rules_pick(T0 + 8 * MS), c);
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 9 * MS), 3 * (int64_t)MS);
	/* 2 ms before the new period, which replenishes them, and 1 ms in it. */
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 11 * MS), 3 * (int64_t)MS);
	/* The job runs through whole periods: each uses 10 ms and gives 4 ms. */
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 35 * MS), -13 * (int64_t)MS);
	rules_done(c, T0 + 35 * MS);
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 35 * MS), -13 * (int64_t)MS);
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 40 * MS), -9 * (int64_t)MS);
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 1000 * MS), 4 * (int64_t)MS);
}

static void a_clock_that_jumps_back_neither_fills_a_budget_nor_uses_it_up(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 4 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	c = rules_add(&p);
	rules_use(c, T0, T0 + 3 * MS);
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 - 50 * MS), MS);
	rules_ready(c, T0 + 4 * MS);
	assert_ptr_equal(rules_pick(T0 + 4 * MS), c);
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 - 50 * MS), MS);
	rules_done(c, T0 - 50 * MS);
	assert_int_equal(sched_budget_left(&rules_sched, c, T0 + 4 * MS), MS);
}

static void a_throttled_client_holds_nobody_back(void **state)
{
	const struct sched_params high = {
		.priority = 1, .budget_ns = 2 * MS, .budget_period_ns = 10 * MS};
	const struct sched_params low = {.priority = 2};
	struct sched_client *a, *b;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	a = rules_add(&high);
	b = rules_add(&low);
	rules_use(a, T0, T0 + 3 * MS);
	rules_ready(a, T0 + 3 * MS);
	rules_use(b, T0 + 3 * MS, T0 + 8 * MS);
	rules_use(b, T0 + 8 * MS, T0 + 9 * MS);
	rules_ready(b, T0 + 10 * MS);
	assert_ptr_equal(rules_pick(T0 + 10 * MS), a);
}

static void a_throttled_client_that_is_removed_is_forgotten(void **state)
{
	const struct sched_params p = {
		.priority = 1, .budget_ns = 2 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	c = rules_add(&p);
	rules_use(c, T0, T0 + 3 * MS);
	rules_ready(c, T0 + 3 * MS);
	sched_remove(&rules_sched, c, T0 + 4 * MS);
	assert_null(rules_pick(T0 + 50 * MS));
	assert_int_equal(rules_wake, SCHED_NEVER);
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

/* Returns the most time used in a window of that length that begins with a job. */
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

static void use_in_any_window_is_within_the_formula(void **state)
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
		/* And the client gets its budget, since no other client is above it. */
		assert_true(clients[0].busy_ns + budget + job >=
			    1000 * MS / period * (budget < period ? budget : period) * 99 / 100);
	}
}

static void the_lowest_client_does_not_starve_below_budgets(void **state)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_throttled_client_waits_for_the_next_period),
		cmocka_unit_test(a_job_may_start_with_any_budget_left_and_its_overrun_is_repaid),
		cmocka_unit_test(a_debt_of_whole_budgets_leaves_nothing_after_as_many_periods),
		cmocka_unit_test(running_time_is_charged_while_it_runs),
		cmocka_unit_test(a_clock_that_jumps_back_neither_fills_a_budget_nor_uses_it_up),
		cmocka_unit_test(a_throttled_client_holds_nobody_back),
		cmocka_unit_test(a_throttled_client_that_is_removed_is_forgotten),
		cmocka_unit_test(use_in_any_window_is_within_the_formula),
		cmocka_unit_test(the_lowest_client_does_not_starve_below_budgets),
	};

	return cmocka_run_group_tests_name("sched budget", tests, NULL, NULL);
}
