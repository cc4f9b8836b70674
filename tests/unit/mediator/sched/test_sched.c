/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/sched/sched.h"

#define MS UINT64_C(1000000)

static struct sched sched;

static struct sched_client *add(uint32_t priority)
{
	struct sched_client *c = sched_add(&sched, priority, NULL);

	assert_non_null(c);
	return c;
}

static void ready(struct sched_client *c, uint64_t id, uint64_t now)
{
	const struct sched_job job = {.id = id, .kind = 1, .bytes = 64};

	assert_int_equal(sched_ready(&sched, c, &job, now), SCHED_OK);
}

/* Run jobs of 1 ms until none waits; `expected` has a letter for the client of each. */
static void assert_runs_in_order(const char *expected, uint64_t now)
{
	char order[SCHED_MAX_CLIENTS + 1] = "";
	struct sched_client *c;
	size_t n = 0;

	while ((c = sched_pick(&sched, now, NULL)) && n < SCHED_MAX_CLIENTS) {
		order[n++] = (char)('A' + (c - sched.client));
		now += MS;
		assert_int_equal(sched_done(&sched, c, c->job.id, now), SCHED_OK);
	}
	assert_string_equal(order, expected);
}

/* Clients A, B, C, ... with these priorities, ready in that order, while the GPU is idle. */
static const struct order_case {
	const struct sched_policy *policy;
	uint32_t priority[6];
	int clients;
	const char *ready, *expected;
} order_cases[] = {
	{&sched_fixed_priority, {3, 1, 2}, 3, "ABC", "BCA"},
	{&sched_fixed_priority, {1, 1, 1}, 3, "CAB", "CAB"},
	{&sched_fixed_priority, {2, 1, 2, 1}, 4, "CDAB", "DBCA"},
	{&sched_fixed_priority, {256, SCHED_PRIORITY_COMPOSITOR, 1}, 3, "ACB", "BCA"},
	{&sched_fixed_priority, {UINT32_MAX, 0}, 2, "AB", "BA"},
	{&sched_fixed_priority, {5}, 1, "", ""},
	{&sched_fifo, {3, 1, 2}, 3, "ABC", "ABC"},
	{&sched_fifo, {1, 2, 3, 0}, 4, "CADB", "CADB"},
};

static void jobs_run_in_the_order_of_the_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(order_cases) / sizeof(order_cases[0]); i++) {
		const struct order_case *t = &order_cases[i];

		sched_init(&sched, t->policy);
		for (int j = 0; j < t->clients; j++)
			add(t->priority[j]);
		for (const char *r = t->ready; *r; r++)
			ready(&sched.client[*r - 'A'], 1, 7 * MS);
		assert_runs_in_order(t->expected, 7 * MS);
	}
}

static void only_one_job_is_on_the_gpu(void **state)
{
	struct sched_client *low, *high;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	low = add(9);
	high = add(1);
	ready(low, 1, 0);
	assert_ptr_equal(sched_pick(&sched, 0, NULL), low);
	ready(high, 1, MS);
	assert_null(sched_pick(&sched, MS, NULL));
	assert_int_equal(sched_done(&sched, low, 1, 2 * MS), SCHED_OK);
	assert_ptr_equal(sched_pick(&sched, 2 * MS, NULL), high);
}

static void a_running_client_may_announce_its_next_job(void **state)
{
	struct sched_client *c;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	c = add(1);
	ready(c, 1, 0);
	assert_ptr_equal(sched_pick(&sched, 0, NULL), c);
	ready(c, 2, MS);
	assert_int_equal(c->job.id, 1);
	assert_int_equal(sched_done(&sched, c, 1, MS), SCHED_OK);
	assert_ptr_equal(sched_pick(&sched, MS, NULL), c);
	assert_int_equal(c->job.id, 2);
}

static void a_client_that_breaks_the_protocol_is_told_and_changes_nothing(void **state)
{
	const struct sched_job second = {.id = 6}, again = {.id = 5}, zero = {.id = 0};
	struct sched_client *a, *b;
	struct sched before;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	a = add(1);
	b = add(2);
	before = sched;
	assert_int_equal(sched_ready(&sched, a, &zero, 0), SCHED_ERR_ID);
	assert_int_equal(sched_done(&sched, a, 0, 0), SCHED_ERR_IDLE);
	assert_memory_equal(&before, &sched, sizeof(sched));

	ready(a, 5, 0);
	before = sched;
	assert_int_equal(sched_ready(&sched, a, &second, 0), SCHED_ERR_WAITING);
	assert_int_equal(sched_done(&sched, a, 5, 0), SCHED_ERR_IDLE);
	assert_memory_equal(&before, &sched, sizeof(sched));

	assert_ptr_equal(sched_pick(&sched, 0, NULL), a);
	before = sched;
	assert_int_equal(sched_ready(&sched, a, &again, 0), SCHED_ERR_ID);
	assert_int_equal(sched_done(&sched, a, 4, 0), SCHED_ERR_ID);
	assert_int_equal(sched_done(&sched, b, 5, 0), SCHED_ERR_IDLE);
	assert_memory_equal(&before, &sched, sizeof(sched));
}

static void removing_the_client_that_holds_the_gpu_frees_it(void **state)
{
	struct sched_client *dead, *other;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	dead = add(1);
	other = add(2);
	ready(dead, 1, 0);
	assert_ptr_equal(sched_pick(&sched, 0, NULL), dead);
	ready(dead, 2, 0);
	ready(other, 1, 0);
	sched_remove(&sched, dead, 3 * MS);
	assert_ptr_equal(sched_pick(&sched, 3 * MS, NULL), other);
	assert_int_equal(sched.total.busy_ns, 3 * MS);
	assert_int_equal(sched_done(&sched, dead, 1, 4 * MS), SCHED_ERR_IDLE);
}

static void removing_another_client_takes_only_its_waiting_job(void **state)
{
	struct sched_client *running, *dead;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	running = add(5);
	dead = add(1);
	ready(running, 1, 0);
	assert_ptr_equal(sched_pick(&sched, 0, NULL), running);
	ready(dead, 1, 0);
	sched_remove(&sched, dead, MS);
	sched_remove(&sched, NULL, MS);
	assert_int_equal(sched_done(&sched, running, 1, MS), SCHED_OK);
	assert_null(sched_pick(&sched, MS, NULL));
}

static void the_place_of_a_removed_client_is_reused(void **state)
{
	struct sched_client *c = NULL;

	(void)state;
	sched_init(&sched, &sched_fifo);
	for (uint32_t i = 0; i < SCHED_MAX_CLIENTS; i++)
		c = add(i);
	assert_null(sched_add(&sched, 0, NULL));
	ready(c, 100, 0);
	sched_remove(&sched, c, 0);
	assert_ptr_equal(add(3), c);
	assert_int_equal(c->stats.jobs, 0);
	ready(c, 1, 0);
	assert_ptr_equal(sched_pick(&sched, 0, NULL), c);
}

static void time_on_the_gpu_and_time_waited_are_counted(void **state)
{
	struct sched_client *a, *b;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	a = add(1);
	b = add(2);
	ready(a, 1, 0);
	ready(b, 1, 1 * MS);
	assert_ptr_equal(sched_pick(&sched, 2 * MS, NULL), a);
	assert_int_equal(sched_busy_ns(&sched, 5 * MS), 3 * MS);
	assert_int_equal(sched_done(&sched, a, 1, 6 * MS), SCHED_OK);
	assert_ptr_equal(sched_pick(&sched, 6 * MS, NULL), b);
	assert_int_equal(sched_done(&sched, b, 1, 7 * MS), SCHED_OK);
	ready(a, 2, 10 * MS);
	assert_ptr_equal(sched_pick(&sched, 10 * MS, NULL), a);
	assert_int_equal(sched_done(&sched, a, 2, 11 * MS), SCHED_OK);

	assert_int_equal(a->stats.jobs, 2);
	assert_int_equal(a->stats.busy_ns, 5 * MS);
	assert_int_equal(a->stats.longest_ns, 4 * MS);
	assert_int_equal(a->stats.waited_ns, 2 * MS);
	assert_int_equal(b->stats.waited_ns, 5 * MS);
	assert_int_equal(b->stats.longest_wait_ns, 5 * MS);
	assert_int_equal(sched.total.jobs, 3);
	assert_int_equal(sched.total.longest_wait_ns, 5 * MS);
	assert_int_equal(sched_busy_ns(&sched, 99 * MS), 6 * MS);
}

static void a_clock_that_jumps_back_does_not_count_as_use(void **state)
{
	struct sched_client *c;

	(void)state;
	sched_init(&sched, &sched_fixed_priority);
	c = add(1);
	ready(c, 1, 10 * MS);
	assert_ptr_equal(sched_pick(&sched, 9 * MS, NULL), c);
	assert_int_equal(sched_busy_ns(&sched, MS), 0);
	assert_int_equal(sched_done(&sched, c, 1, MS), SCHED_OK);
	assert_int_equal(c->stats.busy_ns, 0);
	assert_int_equal(c->stats.waited_ns, 0);
}

/*
 * The closed form for a saturated GPU: n hogs are always ready, and the cluster becomes ready now
 * and then. Under fifo it waits for a job of each hog; with priority, for one job.
 */
static uint64_t longest_wait_beside_hogs(const struct sched_policy *policy, uint32_t hogs)
{
	const uint64_t job_ns = 2 * MS, period_ns = 1000 * MS + 1;
	uint64_t now = 0, due = period_ns / 2, ids = 1;
	struct sched_client *cluster;

	sched_init(&sched, policy);
	cluster = add(1);
	for (uint32_t i = 0; i < hogs; i++)
		ready(add(2), ids++, now);
	while (cluster->stats.jobs < 5) {
		struct sched_client *c = sched_pick(&sched, now, NULL);

		assert_non_null(c);
		if (due < now + job_ns) {
			ready(cluster, ids++, due);
			due += period_ns;
		}
		now += job_ns;
		assert_int_equal(sched_done(&sched, c, c->job.id, now), SCHED_OK);
		if (c != cluster)
			ready(c, ids++, now);
	}
	return cluster->stats.longest_wait_ns;
}

static void a_high_priority_waits_for_one_job_and_fifo_for_all(void **state)
{
	static const uint32_t counts[] = {2, 3, 7, 13, 31, 64};

	(void)state;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		uint64_t n = counts[i];

		assert_true(longest_wait_beside_hogs(&sched_fixed_priority, counts[i]) <= 2 * MS);
		assert_in_range(longest_wait_beside_hogs(&sched_fifo, counts[i]), (n - 1) * 2 * MS,
				n * 2 * MS);
	}
}

static void policies_are_found_by_the_names_that_are_listed(void **state)
{
	(void)state;
	assert_ptr_equal(sched_policy_find("fixed-priority"), &sched_fixed_priority);
	assert_ptr_equal(sched_policy_find("fifo"), &sched_fifo);
	assert_null(sched_policy_find("fixed"));
	assert_null(sched_policy_find(""));
	assert_non_null(strstr(sched_policy_names(), sched_fixed_priority.name));
	assert_non_null(strstr(sched_policy_names(), sched_fifo.name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_run_in_the_order_of_the_policy),
		cmocka_unit_test(only_one_job_is_on_the_gpu),
		cmocka_unit_test(a_running_client_may_announce_its_next_job),
		cmocka_unit_test(a_client_that_breaks_the_protocol_is_told_and_changes_nothing),
		cmocka_unit_test(removing_the_client_that_holds_the_gpu_frees_it),
		cmocka_unit_test(removing_another_client_takes_only_its_waiting_job),
		cmocka_unit_test(the_place_of_a_removed_client_is_reused),
		cmocka_unit_test(time_on_the_gpu_and_time_waited_are_counted),
		cmocka_unit_test(a_clock_that_jumps_back_does_not_count_as_use),
		cmocka_unit_test(a_high_priority_waits_for_one_job_and_fifo_for_all),
		cmocka_unit_test(policies_are_found_by_the_names_that_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
