/* SPDX-License-Identifier: MIT */
/* The policies that promise nothing: a comparison needs them to be right. */
#include "tests/unit/mediator/sched/rules.h"

static const struct sched_params plain = {.priority = 1};

static const struct sched_policy *const policies[] = {&sched_fixed_priority, &sched_fifo,
						      &sched_round_robin, &sched_time_slice};

static void no_policy_starts_anything_without_a_ready_client(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct sched_client *c;

		sched_init(&rules_sched, policies[i]);
		assert_null(rules_pick(T0));
		c = rules_add(&plain);
		assert_null(rules_pick(T0));
		rules_use(c, T0, T0 + MS);
		assert_null(rules_pick(T0 + MS));
		assert_int_equal(rules_wake, SCHED_NEVER);
	}
}

static void leaving_a_queue_keeps_the_order_of_the_others(void **state)
{
	(void)state;
	for (size_t leaver = 0; leaver < 3; leaver++) {
		struct sched_client *c[3];

		sched_init(&rules_sched, &sched_fifo);
		for (size_t i = 0; i < 3; i++)
			c[i] = rules_add(&plain);
		for (size_t i = 0; i < 3; i++)
			rules_ready(c[i], T0);
		sched_remove(&rules_sched, c[leaver], T0);
		for (size_t i = 0; i < 3; i++) {
			if (i == leaver)
				continue;
			assert_ptr_equal(rules_pick(T0), c[i]);
			rules_done(c[i], T0);
		}
		assert_null(rules_pick(T0));
	}
}

/* The old place is that of the job's arrival. */
static void a_client_with_a_new_budget_returns_to_its_old_place(void **state)
{
	static const struct sched_params limited = {
		.priority = 1, .budget_ns = 2 * MS, .budget_period_ns = 10 * MS};
	struct sched_client *c[3];

	(void)state;
	sched_init(&rules_sched, &sched_fifo);
	for (size_t i = 0; i < 3; i++)
		c[i] = rules_add(i == 1 ? &limited : &plain);
	rules_use(c[1], T0, T0 + 3 * MS);
	for (size_t i = 0; i < 3; i++)
		rules_ready(c[i], T0 + 4 * MS);
	assert_ptr_equal(rules_pick(T0 + 4 * MS), c[0]);
	rules_done(c[0], T0 + 11 * MS);
	rules_ready(c[0], T0 + 11 * MS);
	assert_ptr_equal(rules_pick(T0 + 11 * MS), c[1]);
	rules_done(c[1], T0 + 11 * MS);
	assert_ptr_equal(rules_pick(T0 + 11 * MS), c[2]);
	rules_done(c[2], T0 + 11 * MS);
	assert_ptr_equal(rules_pick(T0 + 11 * MS), c[0]);
}

static void clients_in_deep_debt_still_run(void **state)
{
	struct sched_client *a, *b;
	uint64_t now = T0, of_a = 0;

	(void)state;
	sched_init(&rules_sched, &sched_time_slice);
	a = rules_add(&plain);
	/* Without other clients, a client goes on at once whatever its debt. */
	rules_use(a, now, now + 5000 * MS);
	now += 5000 * MS;
	rules_use(a, now, now + 1 * MS);
	/* Two clients owe 200 and 500 slices: the first one runs until both owe the same. */
	sched_init(&rules_sched, &sched_time_slice);
	a = rules_add(&plain);
	b = rules_add(&plain);
	rules_ready(a, now);
	rules_ready(b, now);
	for (int i = 0; i < 2; i++) {
		struct sched_client *c = rules_pick(now);

		now += c == a ? 200 * MS : 500 * MS;
		rules_done(c, now);
		rules_ready(c, now);
	}
	for (;; of_a++) {
		struct sched_client *c = rules_pick(now);

		assert_non_null(c);
		if (c == b)
			break;
		now += 1 * MS;
		rules_done(c, now);
		rules_ready(c, now);
	}
	assert_in_range(of_a, 295, 305);
}

static void a_client_without_a_budget_is_unlimited(void **state)
{
	struct sched_client *c;

	(void)state;
	sched_init(&rules_sched, &sched_fifo);
	c = rules_add(&plain);
	rules_use(c, T0, T0 + 1000 * MS);
	assert_true(sched_budget_left(&rules_sched, c, T0 + 1000 * MS) == INT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_policy_starts_anything_without_a_ready_client),
		cmocka_unit_test(leaving_a_queue_keeps_the_order_of_the_others),
		cmocka_unit_test(a_client_with_a_new_budget_returns_to_its_old_place),
		cmocka_unit_test(clients_in_deep_debt_still_run),
		cmocka_unit_test(a_client_without_a_budget_is_unlimited),
	};

	return cmocka_run_group_tests_name("sched policies", tests, NULL, NULL);
}
