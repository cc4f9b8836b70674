/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/sim/engine/random.h"
#include "mediator/sim/engine/timers.h"
#include "tests/unit/mediator/sim/sim_case.h"

/* Jobs and frames that the observer saw. */
struct log {
	uint32_t jobs, frames, skipped;
	uint64_t last_end;
	uint64_t longest_gap; /* between two jobs */
	uint8_t stream[4096];
	uint64_t nominal[4096]; /* of the jobs */
	uint64_t end[4096];
};

static struct log seen;

static void on_job(void *arg, const struct sim *s, const struct sim_job *job, uint64_t start,
		   uint64_t end)
{
	(void)arg;
	(void)s;
	assert_true(start >= seen.last_end); /* one job at a time */
	assert_true(end > start);
	if (seen.jobs && start - seen.last_end > seen.longest_gap)
		seen.longest_gap = start - seen.last_end;
	seen.last_end = end;
	if (seen.jobs < 4096) {
		seen.stream[seen.jobs] = job->stream;
		seen.nominal[seen.jobs] = job->nominal_ns;
		seen.end[seen.jobs] = end;
	}
	seen.jobs++;
}

static void on_frame(void *arg, const struct sim *s, uint32_t stream, uint64_t nominal,
		     uint64_t end, int missed)
{
	(void)arg;
	(void)s;
	(void)stream;
	(void)missed;
	assert_true(!end || end > nominal);
	if (end)
		seen.frames++;
	else
		seen.skipped++;
}

static const struct sim_observer observer = {.job = on_job, .frame = on_frame};

static const struct sim_outcome *run(const struct sim_workload *w, const char *policy)
{
	memset(&seen, 0, sizeof(seen));
	return sim_case_run(w, policy, &observer);
}

static void the_first_timer_is_always_the_earliest(void **state)
{
	static struct timers t;
	struct sim_random random = {7};

	(void)state;
	for (uint32_t count = 1; count <= TIMERS_MAX; count = count * 2 + 1) {
		timers_init(&t, count);
		for (int i = 0; i < 2000; i++) {
			uint32_t timer = (uint32_t)sim_random_between(&random, 0, count - 1);
			uint64_t first = UINT64_MAX;

			timers_set(&t, timer,
				   sim_random_between(&random, 0, 3)
					   ? sim_random_between(&random, 0, 1000)
					   : UINT64_MAX);
			for (uint32_t j = 0; j < count; j++)
				if (t.at[j] < first)
					first = t.at[j];
			assert_int_equal(t.at[timers_first(&t)], first);
		}
	}
}

static void random_numbers_match_the_published_ones_and_stay_in_range(void **state)
{
	struct sim_random random = {1234567};

	(void)state;
	/* The reference implementation's first numbers for this seed. */
	assert_true(sim_random_next(&random) == UINT64_C(6457827717110365317));
	assert_true(sim_random_next(&random) == UINT64_C(3203168211198807973));
	for (int i = 0; i < 1000; i++)
		assert_in_range(sim_random_between(&random, 5, 9), 5, 9);
}

static void a_lone_periodic_stream_takes_its_own_time(void **state)
{
	const struct sim_outcome *r = run(sim_case("duration 1s\nswitch 10us\nlatency 20us\n"
						   "guest a priority=0\n"
						   "stream a periodic period=10ms job=2ms\n"),
					  "fixed-priority");

	(void)state;
	assert_int_equal(r->stream[0].released, 100);
	assert_int_equal(r->stream[0].finished, 100);
	assert_int_equal(r->stream[0].response.max_ns, 2030 * US);
	assert_int_equal(r->stream[0].busy_ns, 100 * 2010 * US);
	assert_int_equal(seen.jobs, 100);
}

static void a_frame_with_gaps_takes_its_segments_gaps_and_latencies(void **state)
{
	const struct sim_outcome *r = run(sim_case("duration 1s\nlatency 20us\nguest a priority=0\n"
						   "stream a periodic period=20ms job=1ms,2ms,3ms "
						   "gap=500us,700us\n"),
					  "fixed-priority");

	(void)state;
	assert_int_equal(r->stream[0].finished, 50);
	assert_int_equal(seen.jobs, 150);
	assert_int_equal(r->stream[0].response.max_ns, 7260 * US);
	assert_int_equal(sim_distribution_permyriad(&r->stream[0].response, 1), 7260 * US);
}

static void a_frame_may_lose_the_gpu_at_each_gap(void **state)
{
	const struct sim_outcome *r = run(sim_case("duration 10s\nguest a priority=0\n"
						   "guest hog priority=1\n"
						   "stream a periodic period=31.001ms job=1ms,1ms "
						   "gap=500us\n"
						   "stream hog saturating job=3ms\n"),
					  "fixed-priority");

	(void)state;
	/* At most (s + 1) * B + C + gaps, less the 0.5 ms that the hog's job runs in the gap. */
	assert_in_range(r->stream[0].response.max_ns, 7900 * US, 8000 * US);
}

static void jobs_of_one_guest_stay_in_order_under_every_policy(void **state)
{
	(void)state;
	for (uint32_t p = 0; sim_policies[p]; p++) {
		run(sim_case("duration 2s\nguest a priority=1\nguest b priority=1 weight=3\n"
			     "guest c priority=0 budget=3ms/20ms\n"
			     "stream a saturating job=1ms..3ms queued=5\n"
			     "stream b bursty period=40ms burst=6 job=1ms..2ms\n"
			     "stream c periodic period=16ms job=2ms backlog=4 jitter=9ms\n"),
		    sim_policies[p]->name);
		assert_true(seen.jobs > 500);
		for (int stream = 0; stream < 3; stream++) {
			uint64_t last = 0;

			for (uint32_t i = 0; i < seen.jobs && i < 4096; i++) {
				if (seen.stream[i] != stream)
					continue;
				assert_true(seen.nominal[i] >= last);
				last = seen.nominal[i];
			}
		}
	}
}

static void work_conserving_policies_never_leave_the_gpu_idle(void **state)
{
	(void)state;
	for (uint32_t p = 0; sim_policies[p]; p++) {
		const struct sim_outcome *r = run(sim_case_hogs(8, 2), sim_policies[p]->name);

		if (!strcmp(sim_policies[p]->name, "gvt-g"))
			assert_true(r->held_back_ns > 0);
		else
			assert_int_equal(r->held_back_ns, 0);
	}
}

static void only_the_same_seed_gives_the_same_run(void **state)
{
	const char *text = "duration 5s\nguest a priority=0\nguest b priority=1\n"
			   "stream a periodic period=16ms job=1ms..4ms jitter=2ms sporadic=3ms\n"
			   "stream b saturating job=1ms..2ms\n";
	uint64_t sums[3];

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		struct sim_workload *w = sim_case(text);

		w->seed = i == 2 ? 2 : 1;
		sums[i] = run(w, "fixed-priority")->stream[0].response.sum_ns;
	}
	assert_int_equal(sums[0], sums[1]);
	assert_int_not_equal(sums[0], sums[2]);
}

static void all_policies_see_the_same_releases(void **state)
{
	uint64_t released = 0;

	(void)state;
	for (uint32_t p = 0; sim_policies[p]; p++) {
		const struct sim_outcome *r =
			run(sim_case("duration 20s\nguest a priority=0\nguest b priority=1\n"
				     "stream a periodic period=16ms job=1ms sporadic=9ms\n"
				     "stream b saturating job=1ms..2ms\n"),
			    sim_policies[p]->name);

		if (!released)
			released = r->stream[0].released;
		assert_int_equal(r->stream[0].released, released);
	}
}

static void frames_beyond_the_backlog_are_skipped_and_missed(void **state)
{
	const struct sim_outcome *r = run(sim_case("duration 1s\nguest a priority=0\n"
						   "stream a periodic period=10ms job=25ms\n"),
					  "fixed-priority");

	(void)state;
	/* One frame in 25 ms is finished, always late; two may be unfinished. */
	assert_int_equal(r->stream[0].released, 100);
	assert_int_equal(r->stream[0].finished, 39);
	assert_int_equal(r->stream[0].skipped, seen.skipped);
	assert_int_equal(r->stream[0].released, r->stream[0].finished + r->stream[0].skipped + 2);
	assert_in_range(r->stream[0].missed, 99, 100);
}

static void a_rogue_job_ends_at_its_kill_time_and_the_reset(void **state)
{
	const struct sim_outcome *r = run(sim_case("duration 1s\nwatchdog 1ms\nreset 2ms\n"
						   "guest a priority=0 max-job=1ms\n"
						   "guest bad priority=1 max-job=2ms kill=5ms\n"
						   "stream a periodic period=10.001ms job=1ms\n"
						   "stream bad rogue job=2ms rogue=900ms/10\n"),
					  "fixed-priority");

	(void)state;
	assert_int_equal(r->stream[0].missed, 0);
	assert_in_range(r->stream[0].response.max_ns, 8500 * US, 9 * MS);
	assert_true(r->stream[1].killed > 20);
	assert_int_equal(r->guest[1].killed, r->stream[1].killed);
	assert_true(r->guest[1].overruns >= r->guest[1].killed);
	assert_int_equal(r->guest[0].overruns, 0);
}

static void the_scheduler_counts_as_the_simulation(void **state)
{
	static struct sim s;
	static struct sim_outcome r;
	const struct sim_workload *w;
	const struct sched *sched;

	(void)state;
	w = sim_case(
		"duration 3s\nguest a priority=0 max-job=2ms gate=on\n"
		"guest bad priority=1 max-job=2ms weight=2\nguest c priority=1 max-job=2ms\n"
		"stream a periodic period=10ms job=1ms..2ms\n"
		"stream bad rogue job=2ms rogue=5ms/10\nstream c saturating job=1ms queued=3\n");
	memset(&r, 0, sizeof(r));
	sim_start(&s, w, sim_policy_find("fixed-priority"), &r, NULL);
	sim_run(&s, w->duration_ns);
	sim_finish(&s);
	sched = sim_daemon_sched(&s);
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(sched->client[i].stats.jobs, r.guest[i].jobs);
		assert_int_equal(sched->client[i].stats.busy_ns, r.guest[i].busy_ns);
		assert_in_range(sched->client[i].stats.overruns, r.guest[i].overruns,
				r.guest[i].overruns + 1);
	}
	assert_int_equal(sched->client[0].stats.frames, r.stream[0].finished);
	assert_int_equal(sched->client[0].stats.longest_frame_ns, r.stream[0].response.max_ns);
}

static void jitter_first_delays_the_first_release_only(void **state)
{
	const struct sim_outcome *r = run(
		sim_case("duration 100ms\nguest a priority=0\n"
			 "stream a periodic period=10ms job=1ms jitter=5ms jitter-mode=first\n"),
		"fixed-priority");

	(void)state;
	assert_int_equal(r->stream[0].response.max_ns, 6 * MS);
	assert_int_equal(r->stream[0].response.sum_ns, 6 * MS + 9 * MS);
}

static void a_loop_waits_for_its_last_frame_and_sleeps(void **state)
{
	const struct sim_outcome *r = run(sim_case("duration 1s\nguest a priority=0\n"
						   "stream a loop burst=3 job=2ms wait=4ms\n"),
					  "fixed-priority");

	(void)state;
	assert_int_equal(r->stream[0].finished, 300);
	assert_int_equal(r->stream[0].response.max_ns, 6 * MS);
	assert_int_equal(seen.longest_gap, 4 * MS);
}

static void a_sweep_meets_the_worst_phase(void **state)
{
	struct sim_workload *w =
		sim_case("duration 100ms\nguest a priority=0\nguest b priority=1\n"
			 "stream a periodic period=10ms job=1ms start=1ns\n"
			 "stream b periodic period=10ms job=3ms\nsweep a steps=10\n");
	const struct sim_outcome *r = sim_case_run(w, "fixed-priority", NULL);

	(void)state;
	assert_int_equal(r->runs, 10);
	assert_int_equal(r->stream[0].response.max_ns, 4 * MS - 1);
	assert_int_equal(r->stream[0].worst_run, 0);
	assert_int_equal(sim_distribution_permyriad(&r->stream[0].response, 1000) / MS, 1);
}

static void distributions_are_exact_to_a_64th(void **state)
{
	static struct sim_distribution d;
	struct sim_random random = {3};

	(void)state;
	for (int i = 0; i < 100000; i++) {
		uint64_t ns = sim_random_next(&random) >> sim_random_between(&random, 25, 60);
		uint64_t top = sim_bucket_top(sim_bucket(ns));

		assert_true(top >= ns && top - ns <= ns / 64 + SIM_BUCKET_UNIT);
	}
	for (uint64_t i = 1; i <= 1000; i++)
		sim_distribution_add(&d, i * US);
	assert_in_range(sim_distribution_permyriad(&d, 5000), 500 * US, 508 * US);
	assert_in_range(sim_distribution_permyriad(&d, 9900), 990 * US, 1000 * US);
	assert_int_equal(sim_distribution_permyriad(&d, 10000), 1000 * US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_timer_is_always_the_earliest),
		cmocka_unit_test(random_numbers_match_the_published_ones_and_stay_in_range),
		cmocka_unit_test(a_lone_periodic_stream_takes_its_own_time),
		cmocka_unit_test(a_frame_with_gaps_takes_its_segments_gaps_and_latencies),
		cmocka_unit_test(a_frame_may_lose_the_gpu_at_each_gap),
		cmocka_unit_test(jobs_of_one_guest_stay_in_order_under_every_policy),
		cmocka_unit_test(work_conserving_policies_never_leave_the_gpu_idle),
		cmocka_unit_test(only_the_same_seed_gives_the_same_run),
		cmocka_unit_test(all_policies_see_the_same_releases),
		cmocka_unit_test(frames_beyond_the_backlog_are_skipped_and_missed),
		cmocka_unit_test(a_rogue_job_ends_at_its_kill_time_and_the_reset),
		cmocka_unit_test(the_scheduler_counts_as_the_simulation),
		cmocka_unit_test(jitter_first_delays_the_first_release_only),
		cmocka_unit_test(a_loop_waits_for_its_last_frame_and_sleeps),
		cmocka_unit_test(a_sweep_meets_the_worst_phase),
		cmocka_unit_test(distributions_are_exact_to_a_64th),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
