/* SPDX-License-Identifier: MIT */
/* Jobs that take too long, and the statistics of frames. */
#include "tests/unit/mediator/sched/rules.h"

static void an_overrun_is_counted_once_and_killed_at_the_kill_time(void **state)
{
	const struct sched_params p = {.priority = 1, .job_ns = 5 * MS, .kill_ns = 8 * MS};
	struct sched_client *c;
	uint64_t wake;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	c = rules_add(&p);
	assert_int_equal(sched_overrun(&rules_sched, T0, &wake), SCHED_RUN_GOOD);
	assert_int_equal(wake, SCHED_NEVER);
	rules_ready(c, T0);
	assert_ptr_equal(rules_pick(T0), c);
	assert_int_equal(sched_overrun(&rules_sched, T0 + 5 * MS, &wake), SCHED_RUN_GOOD);
	assert_int_equal(wake, T0 + 5 * MS + 1);
	assert_int_equal(sched_overrun(&rules_sched, wake, &wake), SCHED_RUN_LATE);
	assert_int_equal(wake, T0 + 8 * MS);
	assert_int_equal(sched_overrun(&rules_sched, T0 + 7 * MS, NULL), SCHED_RUN_LATE);
	assert_int_equal(sched_overrun(&rules_sched, wake, &wake), SCHED_RUN_KILL);
	assert_int_equal(wake, SCHED_NEVER);
	rules_done(c, T0 + 8 * MS);
	assert_int_equal(c->stats.overruns, 1);
	/* An overrun counts even if sched_overrun() was not called. */
	rules_use(c, T0 + 10 * MS, T0 + 16 * MS);
	rules_use(c, T0 + 20 * MS, T0 + 25 * MS);
	assert_int_equal(c->stats.overruns, 2);
	assert_int_equal(rules_sched.total.overruns, 2);
}

static void frames_and_late_frames_are_counted(void **state)
{
	struct sched_client *c = rules_first_frame();

	(void)state;
	assert_int_equal(c->stats.frames, 1);
	assert_int_equal(c->stats.late, 0);
	sched_release(&rules_sched, c, T0 + 16 * MS);
	sched_complete(&rules_sched, c, T0 + 16 * MS + 14 * MS + 1);
	sched_complete(&rules_sched, c, T0 + 40 * MS);
	assert_int_equal(c->stats.frames, 2);
	assert_int_equal(c->stats.late, 1);
	assert_int_equal(c->stats.longest_frame_ns, 14 * MS + 1);
}

static void jobs_are_counted_by_frame(void **state)
{
	struct sched_client *c = rules_first_frame();
	const uint64_t first = c->stats.most_frame_jobs;

	(void)state;
	assert_true(first >= 1);
	sched_release(&rules_sched, c, T0 + 40 * MS);
	for (uint64_t i = 0; i < first + 4; i++)
		rules_use(c, T0 + (40 + 2 * i) * MS, T0 + (41 + 2 * i) * MS);
	assert_int_equal(c->stats.most_frame_jobs, first);
	sched_complete(&rules_sched, c, T0 + 60 * MS);
	assert_int_equal(c->stats.most_frame_jobs, first + 4);
	/* The next frame starts counting at 0. */
	sched_release(&rules_sched, c, T0 + 80 * MS);
	rules_use(c, T0 + 80 * MS, T0 + 81 * MS);
	sched_complete(&rules_sched, c, T0 + 82 * MS);
	assert_int_equal(c->stats.most_frame_jobs, first + 4);
	assert_int_equal(rules_sched.total.most_frame_jobs, first + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_overrun_is_counted_once_and_killed_at_the_kill_time),
		cmocka_unit_test(frames_and_late_frames_are_counted),
		cmocka_unit_test(jobs_are_counted_by_frame),
	};

	return cmocka_run_group_tests_name("sched frames", tests, NULL, NULL);
}
