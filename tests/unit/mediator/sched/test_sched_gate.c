/* SPDX-License-Identifier: MIT */
/* The slack gate: jobs that wait for a frame that has not come yet. */
#include "tests/unit/mediator/sched/rules.h"

static const struct sched_params hog = {.priority = 2, .job_ns = 12 * MS};
static const struct sched_params small = {.priority = 3, .job_ns = 2 * MS};

static void a_long_job_waits_where_it_would_break_the_next_deadline(void **state)
{
	struct sched_client *c = rules_first_frame(), *h = rules_add(&hog);

	(void)state;
	/* 13 + 12 = 16 + 9: just in time for the release at 16. */
	rules_ready(h, T0 + 13 * MS);
	assert_ptr_equal(rules_pick(T0 + 13 * MS), h);
	rules_done(h, T0 + 13 * MS);
	rules_ready(h, T0 + 13 * MS + 1);
	assert_null(rules_pick(T0 + 13 * MS + 1));
	assert_int_equal(rules_wake, T0 + 17 * MS + 1);
	assert_int_equal(rules_sched.total.gated, 1);
	sched_release(&rules_sched, c, T0 + 16 * MS);
	rules_use(c, T0 + 16 * MS, T0 + 20 * MS);
	/* Until the frame is complete its next job may come at any moment. */
	assert_null(rules_pick(T0 + 20 * MS));
	assert_int_equal(rules_wake, T0 + 30 * MS);
	sched_complete(&rules_sched, c, T0 + 20 * MS);
	assert_ptr_equal(rules_pick(T0 + 20 * MS), h);
}

static void a_shorter_job_goes_before_one_that_has_to_wait(void **state)
{
	struct sched_client *h, *s;

	(void)state;
	rules_first_frame();
	h = rules_add(&hog);
	s = rules_add(&small);
	rules_ready(h, T0 + 14 * MS);
	rules_ready(s, T0 + 14 * MS);
	assert_ptr_equal(rules_pick(T0 + 14 * MS), s);
}

static void a_frame_that_does_not_come_holds_nobody_up_for_longer_than_its_jitter(void **state)
{
	struct sched_client *h;

	(void)state;
	rules_first_frame();
	h = rules_add(&hog);
	rules_ready(h, T0 + 15 * MS);
	assert_null(rules_pick(T0 + 15 * MS));
	assert_null(rules_pick(T0 + 17 * MS));
	assert_ptr_equal(rules_pick(T0 + 17 * MS + 1), h);
	/* The next release is expected on the same grid, even long after. */
	rules_done(h, T0 + 28 * MS);
	rules_ready(h, T0 + 1000 * 16 * MS - 2 * MS);
	assert_null(rules_pick(T0 + 1000 * 16 * MS - 2 * MS));
}

static void a_frame_that_is_never_finished_holds_nobody_up_beyond_its_deadline(void **state)
{
	struct sched_client *c = rules_first_frame(), *h = rules_add(&hog);

	(void)state;
	sched_release(&rules_sched, c, T0 + 16 * MS);
	rules_ready(h, T0 + 16 * MS);
	assert_null(rules_pick(T0 + 16 * MS));
	assert_int_equal(rules_wake, T0 + 30 * MS);
	/* Then the next release counts, at 32: 30 + 12 > 32 + 9. */
	assert_null(rules_pick(T0 + 30 * MS));
	assert_int_equal(rules_wake, T0 + 33 * MS + 1);
	assert_ptr_equal(rules_pick(rules_wake), h);
}

static void releases_that_come_too_early_do_not_keep_the_gate_closed(void **state)
{
	struct sched_client *c = rules_first_frame(), *h = rules_add(&hog);

	(void)state;
	for (uint64_t t = 5; t < 13; t++)
		sched_release(&rules_sched, c, T0 + t * MS);
	rules_ready(h, T0 + 13 * MS);
	assert_ptr_equal(rules_pick(T0 + 13 * MS), h);
}

static void completing_an_older_frame_does_not_open_the_gate(void **state)
{
	struct sched_client *c = rules_first_frame(), *h = rules_add(&hog);

	(void)state;
	sched_release(&rules_sched, c, T0 + 16 * MS);
	sched_release(&rules_sched, c, T0 + 32 * MS);
	sched_complete(&rules_sched, c, T0 + 33 * MS);
	rules_ready(h, T0 + 33 * MS);
	assert_null(rules_pick(T0 + 33 * MS));
	sched_complete(&rules_sched, c, T0 + 34 * MS);
	assert_ptr_equal(rules_pick(T0 + 34 * MS), h);
}

static void a_client_that_completes_no_frames_holds_nobody_up(void **state)
{
	struct sched_client *c = rules_first_frame(), *h = rules_add(&hog);
	uint64_t last = 0;

	(void)state;
	for (uint64_t i = 1; i <= 2 * SCHED_MAX_DRAWING; i++)
		sched_release(&rules_sched, c, last = T0 + i * 16 * MS);
	rules_ready(h, last + 1 * MS);
	assert_ptr_equal(rules_pick(last + 1 * MS), h);
}

static void a_gate_is_open_while_its_client_has_no_budget(void **state)
{
	struct sched_params p = rules_cluster;
	struct sched_client *c, *h;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	p.budget_ns = 3 * MS;
	p.budget_period_ns = 16 * MS;
	c = rules_add(&p);
	h = rules_add(&hog);
	sched_release(&rules_sched, c, T0);
	rules_use(c, T0, T0 + 4 * MS);
	rules_ready(c, T0 + 4 * MS);
	rules_ready(h, T0 + 4 * MS);
	assert_ptr_equal(rules_pick(T0 + 4 * MS), h);
}

static void equal_and_higher_priorities_pass_the_gate(void **state)
{
	struct sched_params equal = hog, above = hog;
	struct sched_client *e, *a;

	(void)state;
	rules_first_frame();
	equal.priority = 1;
	above.priority = 0;
	e = rules_add(&equal);
	rules_ready(e, T0 + 15 * MS);
	assert_ptr_equal(rules_pick(T0 + 15 * MS), e);
	rules_done(e, T0 + 15 * MS);
	a = rules_add(&above);
	rules_ready(a, T0 + 15 * MS);
	assert_ptr_equal(rules_pick(T0 + 15 * MS), a);
}

static void without_the_gate_or_a_declared_length_nothing_is_held_back(void **state)
{
	struct sched_params open = rules_cluster, silent = {.priority = 2};
	struct sched_client *c, *h;

	(void)state;
	rules_first_frame();
	h = rules_add(&silent);
	rules_ready(h, T0 + 15 * MS);
	assert_ptr_equal(rules_pick(T0 + 15 * MS), h);

	sched_init(&rules_sched, &sched_fixed_priority);
	open.gate = 0;
	c = rules_add(&open);
	sched_release(&rules_sched, c, T0);
	h = rules_add(&hog);
	rules_ready(h, T0 + 15 * MS);
	assert_ptr_equal(rules_pick(T0 + 15 * MS), h);
}

/* The time of its next frame is unknown. */
static void a_gate_without_a_frame_period_holds_nobody_back(void **state)
{
	const struct sched_params odd = {.priority = 1, .job_ns = 4 * MS, .gate = 1};
	struct sched_client *c, *h;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	c = rules_add(&odd);
	sched_release(&rules_sched, c, T0);
	rules_use(c, T0, T0 + 4 * MS);
	h = rules_add(&hog);
	rules_ready(h, T0 + 15 * MS);
	assert_ptr_equal(rules_pick(T0 + 15 * MS), h);
}

static void a_gate_that_goes_leaves_the_others_closed(void **state)
{
	(void)state;
	for (int leaver = 0; leaver < 3; leaver++) {
		struct sched_params second = rules_cluster;
		struct sched_client *c[2], *h;

		c[0] = rules_first_frame();
		second.priority = 2;
		c[1] = rules_add(&second);
		sched_release(&rules_sched, c[1], T0 + 3 * MS);
		rules_use(c[1], T0 + 4 * MS, T0 + 8 * MS);
		sched_complete(&rules_sched, c[1], T0 + 8 * MS);
		h = rules_add(&(struct sched_params){.priority = 3, .job_ns = 12 * MS});
		for (int i = 0; i < 2; i++)
			if (leaver == i || leaver == 2)
				sched_remove(&rules_sched, c[i], T0 + 8 * MS);
		/* Their next frames come at 16 ms and 19 ms, or up to a jitter later. */
		rules_ready(h, T0 + 17 * MS);
		if (leaver == 2) {
			assert_ptr_equal(rules_pick(T0 + 17 * MS), h);
			continue;
		}
		assert_null(rules_pick(T0 + 17 * MS));
		assert_int_equal(rules_wake, T0 + (leaver ? 17 : 20) * MS + 1);
	}
}

static void the_enforced_cost_includes_kill_time_and_reset(void **state)
{
	const struct sched_costs costs = {
		.switch_ns = 100 * US, .watchdog_ns = 400 * US, .reset_ns = 2 * MS};
	struct sched_params p = hog;

	(void)state;
	assert_int_equal(sched_enforced_cost(&costs, &p), 12100 * US);
	p.kill_ns = 12 * MS;
	assert_int_equal(sched_enforced_cost(&costs, &p), 14500 * US);
	/* With a short kill time the declared length still counts. */
	p.kill_ns = 1 * MS;
	assert_int_equal(sched_enforced_cost(&costs, &p), 12100 * US);
	p.kill_ns = 0;
	p.job_ns = 0;
	assert_int_equal(sched_enforced_cost(&costs, &p), 0);
}

/* The scheduler learned of the last release at once, but may learn of this one late. */
static void a_release_is_awaited_for_its_jitter_and_the_latency(void **state)
{
	const struct sched_costs costs = {.latency_ns = 200 * US};
	struct sched_client *c, *h;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	sched_set_costs(&rules_sched, &costs);
	c = rules_add(&rules_cluster);
	sched_release(&rules_sched, c, T0);
	rules_use(c, T0, T0 + 4 * MS);
	sched_complete(&rules_sched, c, T0 + 4 * MS);
	h = rules_add(&hog);
	rules_ready(h, T0 + 15 * MS);
	assert_null(rules_pick(T0 + 15 * MS));
	assert_int_equal(rules_wake, T0 + 17 * MS + 200 * US + 1);
	assert_null(rules_pick(T0 + 17 * MS + 200 * US));
	sched_release(&rules_sched, c, T0 + 17 * MS + 200 * US);
	rules_use(c, T0 + 17 * MS + 200 * US, T0 + 22 * MS);
	sched_complete(&rules_sched, c, T0 + 22 * MS);
	/* The scheduler learns of the next release at once, so it comes early, and counts. */
	sched_release(&rules_sched, c, T0 + 32 * MS);
	assert_int_equal(c->next_release_ns, T0 + 48 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_long_job_waits_where_it_would_break_the_next_deadline),
		cmocka_unit_test(a_shorter_job_goes_before_one_that_has_to_wait),
		cmocka_unit_test(
			a_frame_that_does_not_come_holds_nobody_up_for_longer_than_its_jitter),
		cmocka_unit_test(a_release_is_awaited_for_its_jitter_and_the_latency),
		cmocka_unit_test(
			a_frame_that_is_never_finished_holds_nobody_up_beyond_its_deadline),
		cmocka_unit_test(releases_that_come_too_early_do_not_keep_the_gate_closed),
		cmocka_unit_test(completing_an_older_frame_does_not_open_the_gate),
		cmocka_unit_test(a_client_that_completes_no_frames_holds_nobody_up),
		cmocka_unit_test(a_gate_is_open_while_its_client_has_no_budget),
		cmocka_unit_test(equal_and_higher_priorities_pass_the_gate),
		cmocka_unit_test(without_the_gate_or_a_declared_length_nothing_is_held_back),
		cmocka_unit_test(a_gate_without_a_frame_period_holds_nobody_back),
		cmocka_unit_test(a_gate_that_goes_leaves_the_others_closed),
		cmocka_unit_test(the_enforced_cost_includes_kill_time_and_reset),
	};

	return cmocka_run_group_tests_name("sched gate", tests, NULL, NULL);
}
