/* SPDX-License-Identifier: MIT */
/* Each policy compared with a number that can be computed by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/mediator/sim/sim_case.h"

/*
 * A cluster's frame beside n - 1 hogs with 4 jobs of 2 ms each takes its own 4 ms,
 * after a wait for at most
 *
 *   virtio-fifo	all queued jobs, (n - 1) * 4
 *   round robin	one job of each hog, n - 1
 *   strict priority	as many jobs as credits
 *   TimeGraph HT	the four jobs that one hog has submitted
 *   the mediator's fifo	one job of each hog, and one that runs after all hogs announced the
 * next
 *
 * The frames meet the worst moment, just after a job has begun, to within `below`.
 */
static const struct hog_case {
	const char *policy;
	uint32_t guests;
	uint64_t max, below;
} hog_cases[] = {
	{"virtio-fifo", 8, 60 * MS, 10 * US},	 {"virtio-fifo", 64, 508 * MS, 10 * US},
	{"drm-rr", 8, 18 * MS, 100 * US},	 {"drm-rr", 64, 130 * MS, 500 * US},
	{"drm-prio-2", 8, 8 * MS, 10 * US},	 {"drm-prio-2", 64, 8 * MS, 10 * US},
	{"drm-prio-1", 8, 6 * MS, 10 * US},	 {"drm-prio-1", 64, 6 * MS, 10 * US},
	{"timegraph-prt", 8, 6 * MS, 10 * US},	 {"timegraph-prt", 64, 6 * MS, 10 * US},
	{"timegraph-ht", 8, 12 * MS, 10 * US},	 {"timegraph-ht", 64, 12 * MS, 10 * US},
	{"np-edf", 8, 6 * MS, 10 * US},		 {"np-edf", 64, 6 * MS, 10 * US},
	{"fixed-priority", 2, 6 * MS, 10 * US},	 {"fixed-priority", 8, 6 * MS, 10 * US},
	{"fixed-priority", 64, 6 * MS, 10 * US}, {"fifo", 8, 20 * MS, 10 * US},
	{"round-robin", 8, 18 * MS, 100 * US},	 {"round-robin", 64, 130 * MS, 500 * US},
};

static void the_longest_wait_beside_hogs_matches_the_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hog_cases) / sizeof(hog_cases[0]); i++) {
		const struct hog_case *t = &hog_cases[i];
		const struct sim_outcome *r =
			sim_case_run(sim_case_hogs(t->guests, 4), t->policy, NULL);
		uint64_t max = r->stream[0].response.max_ns;

		if (max > t->max || max + t->below < t->max)
			fail_msg("%s, %u guests: %.6f ms instead of %.6f", t->policy, t->guests,
				 (double)max / 1e6, (double)t->max / 1e6);
		assert_true(r->stream[0].finished > 1500 - 64);
		assert_true(r->busy_ns == r->time_ns);
	}
}

static void a_gate_without_slack_gives_a_frame_its_own_time_only(void **state)
{
	const struct sim_outcome *r;

	(void)state;
	r = sim_case_run(sim_case("duration 100s\nlatency 100us\n"
				  "guest cluster priority=0 max-job=4ms gate=on\n"
				  "guest a priority=1 max-job=2ms\nguest b priority=1 max-job=2ms\n"
				  "stream cluster periodic period=16.667ms job=4ms "
				  "deadline=4.101ms start=1ms\n"
				  "stream a saturating job=2ms queued=4\n"
				  "stream b saturating job=2ms queued=4\n"),
			 "fixed-priority", NULL);
	/* The gate does not know the very first release. */
	assert_true(r->stream[0].missed <= 1);
	assert_true(sim_distribution_permyriad(&r->stream[0].response, 9990) <= 4500 * US);
	/* In each period the GPU is idle for at most one job of 2 ms, which would end too late. */
	assert_true(r->held_back_ns > 0);
	assert_true(r->held_back_ns < r->time_ns / 16667 * 2000);
}

static void a_gate_with_a_far_deadline_costs_nothing(void **state)
{
	struct sim_workload *w = sim_case_hogs(8, 4);
	const struct sim_outcome *r;

	(void)state;
	w->guest[0].gate = 1;
	r = sim_case_run(w, "fixed-priority", NULL);
	assert_int_equal(r->held_back_ns, 0);
	assert_int_equal(r->stream[0].missed, 0);
}

static void gvt_g_gives_a_lone_guest_only_its_share(void **state)
{
	const struct sim_outcome *r;

	(void)state;
	/* One of four shares: 25 of each 100 ms, although no other guest has work. */
	r = sim_case_run(sim_case("duration 100s\nguest a priority=0\nguest b priority=0 weight=3\n"
				  "stream a saturating job=1ms queued=4\n"
				  "stream b saturating job=1ms start=1000s\n"),
			 "gvt-g", NULL);
	assert_int_equal(r->stream[0].busy_ns, r->time_ns / 4);
	assert_int_equal(r->held_back_ns, r->time_ns - r->time_ns / 4);
}

static void gvt_g_forgets_debts_each_second(void **state)
{
	const struct sim_outcome *r;

	(void)state;
	/*
	 * Jobs of 10 ms in slices of 25 ms: three jobs at first, and 5 ms of debt, which are repaid
	 * with the fifth slice. 25 jobs in 10 slices are fair. A debt left at the end of a second
	 * would be a gift; here none is left.
	 */
	r = sim_case_run(sim_case("duration 100s\nguest a priority=0\nguest b priority=0 weight=3\n"
				  "stream a saturating job=10ms queued=4\n"
				  "stream b saturating job=1ms start=1000s\n"),
			 "gvt-g", NULL);
	assert_true(r->stream[0].finished >= 2500 && r->stream[0].finished <= 2600);

	/* One job of 80 ms exceeds the slice by 55 ms, so it runs in three of 10 slices, and 4 ...
	 */
	r = sim_case_run(sim_case("duration 100s\nguest a priority=0\nguest b priority=0 weight=3\n"
				  "stream a saturating job=80ms queued=4\n"
				  "stream b saturating job=1ms start=1000s\n"),
			 "gvt-g", NULL);
	/* ... begins at 0, 300, 600 and 900 ms of each second: 32 % where 25 % are its share. */
	assert_int_equal(r->stream[0].finished, 400);
}

static void gvt_g_shares_by_weight_among_those_that_want_more(void **state)
{
	const struct sim_outcome *r;

	(void)state;
	r = sim_case_run(sim_case("duration 100s\nguest a priority=0\nguest b priority=5 weight=3\n"
				  "stream a saturating job=1ms queued=4\n"
				  "stream b saturating job=1ms queued=4\n"),
			 "gvt-g", NULL);
	assert_int_equal(r->stream[0].busy_ns, r->time_ns / 4);
	/* The last millisecond of a second is charged to the next second. */
	assert_int_equal(r->stream[1].busy_ns, r->time_ns / 4 * 3 - 100 * MS);
}

static void timegraph_ht_lets_one_task_keep_the_gpu(void **state)
{
	const char *text = "duration 10s\nguest a priority=1\nguest b priority=1\n"
			   "stream a saturating job=2ms queued=4\n"
			   "stream b saturating job=2ms queued=4\n";
	const struct sim_outcome *r;

	(void)state;
	r = sim_case_run(sim_case(text), "timegraph-ht", NULL);
	assert_int_equal(r->stream[1].busy_ns, 0);
	r = sim_case_run(sim_case(text), "timegraph-prt", NULL);
	assert_in_range(r->stream[1].busy_ns, r->time_ns / 2 - 2 * MS, r->time_ns / 2 + 2 * MS);
}

/*
 * Jeffay, Stanat, Martel (RTSS 1991): {(1, 4), (2, 6), (3, 12)}, U = 0.833, passes the test for
 * non-preemptive EDF. {(1, 3), (3, 9)}, U = 0.667, fails it: the longer job alone blocks for longer
 * than the period of the shorter one allows.
 */
static void edf_holds_exactly_if_jeffays_condition_holds(void **state)
{
	const struct sim_outcome *r;

	(void)state;
	r = sim_case_run(sim_case("duration 240ms\nguest a priority=0\nguest b priority=0\n"
				  "guest c priority=0\nstream a periodic period=4ms job=1ms\n"
				  "stream b periodic period=6ms job=2ms\n"
				  "stream c periodic period=12ms job=3ms\n"
				  "sweep a steps=16\nsweep b steps=24\nsweep c steps=12\n"),
			 "np-edf", NULL);
	assert_int_equal(r->runs, 16 * 24 * 12);
	for (int i = 0; i < 3; i++)
		assert_int_equal(r->stream[i].missed, 0);

	r = sim_case_run(sim_case("duration 240ms\nguest a priority=0\nguest b priority=0\n"
				  "stream a periodic period=3ms job=1ms start=1us\n"
				  "stream b periodic period=9ms job=3ms\nsweep a steps=30\n"),
			 "np-edf", NULL);
	assert_true(r->stream[0].missed > 0);
}

static void edf_runs_the_earlier_deadline_first_whatever_the_priority(void **state)
{
	const struct sim_outcome *r;

	(void)state;
	r = sim_case_run(sim_case("duration 1s\nguest a priority=0\nguest b priority=9\n"
				  "stream a periodic period=100ms job=2ms deadline=50ms\n"
				  "stream b periodic period=100ms job=3ms deadline=40ms\n"),
			 "np-edf", NULL);
	assert_int_equal(r->stream[1].response.max_ns, 3 * MS);
	assert_int_equal(r->stream[0].response.max_ns, 5 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_wait_beside_hogs_matches_the_policy),
		cmocka_unit_test(a_gate_without_slack_gives_a_frame_its_own_time_only),
		cmocka_unit_test(a_gate_with_a_far_deadline_costs_nothing),
		cmocka_unit_test(gvt_g_gives_a_lone_guest_only_its_share),
		cmocka_unit_test(gvt_g_forgets_debts_each_second),
		cmocka_unit_test(gvt_g_shares_by_weight_among_those_that_want_more),
		cmocka_unit_test(timegraph_ht_lets_one_task_keep_the_gpu),
		cmocka_unit_test(edf_holds_exactly_if_jeffays_condition_holds),
		cmocka_unit_test(edf_runs_the_earlier_deadline_first_whatever_the_priority),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
