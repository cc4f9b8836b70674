/* SPDX-License-Identifier: MIT */
/* Clients of equal priority: their order and their shares. */
#include <string.h>

#include "tests/unit/mediator/sched/frames.h"
#include "tests/unit/mediator/sched/rules.h"

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

static void an_idle_client_accumulates_no_credit(void **state)
{
	const struct sched_params p = {.priority = 1};
	struct sched_client *a, *b;
	uint64_t now = T0, of_b = 0;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	a = rules_add(&p);
	b = rules_add(&p);
	for (int i = 0; i < 1000; i++, now += MS)
		rules_use(a, now, now + MS);
	rules_ready(a, now);
	rules_ready(b, now);
	for (int i = 0; i < 100; i++) {
		struct sched_client *c = rules_pick(now);

		of_b += c == b;
		now += MS;
		rules_done(c, now);
		rules_ready(c, now);
	}
	assert_in_range(of_b, 49, 52);
}

static void one_very_long_job_is_paid_for_by_its_client(void **state)
{
	const struct sched_params p = {.priority = 1};
	struct sched_client *a, *b;
	uint64_t now = T0;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	a = rules_add(&p);
	b = rules_add(&p);
	rules_use(a, now, now + 500 * MS);
	now += 500 * MS;
	rules_ready(a, now);
	for (int i = 0; i < 499; i++) {
		rules_ready(b, now);
		assert_ptr_equal(rules_pick(now), b);
		now += MS;
		rules_done(b, now);
	}
	now += MS;
	rules_use(b, now, now + 2 * MS);
	now += 2 * MS;
	rules_ready(b, now);
	assert_ptr_equal(rules_pick(now), a);
}

static void round_robin_gives_each_one_job_in_turn(void **state)
{
	const struct sched_params p = {.priority = 1};
	struct sched_client *c[3];
	uint64_t now = T0;

	(void)state;
	sched_init(&rules_sched, &sched_round_robin);
	for (int i = 0; i < 3; i++)
		rules_ready(c[i] = rules_add(&p), now);
	for (int i = 0; i < 30; i++) {
		assert_ptr_equal(rules_pick(now), c[i % 3]);
		now += (uint64_t)(1 + i % 3) * MS;
		rules_done(c[i % 3], now);
		rules_ready(c[i % 3], now);
	}
}

static void a_time_slice_is_kept_until_it_is_used_up(void **state)
{
	const struct sched_params two = {.priority = 1, .weight = 2}, one = {.priority = 1};
	struct sched_client *a, *b;
	uint64_t now = T0;
	char order[13] = "";

	(void)state;
	sched_init(&rules_sched, &sched_time_slice);
	a = rules_add(&two);
	b = rules_add(&one);
	rules_ready(a, now);
	rules_ready(b, now);
	for (int i = 0; i < 12; i++) {
		struct sched_client *c = rules_pick(now);

		order[i] = c == a ? 'A' : 'B';
		now += SCHED_SLICE_NS / 2;
		rules_done(c, now);
		rules_ready(c, now);
	}
	assert_non_null(strstr(order, "AAAABBAAAA"));
}

static void a_time_slice_overrun_shortens_later_slices(void **state)
{
	const struct sched_params p = {.priority = 1};
	struct sched_client *a, *b;
	uint64_t now = T0, of_a = 0, of_b = 0;

	(void)state;
	sched_init(&rules_sched, &sched_time_slice);
	a = rules_add(&p);
	b = rules_add(&p);
	rules_ready(a, now);
	rules_ready(b, now);
	while (now < T0 + 4000 * MS) {
		struct sched_client *c = rules_pick(now);
		uint64_t took = c == a ? 37 * MS : SCHED_SLICE_NS / 3;

		*(c == a ? &of_a : &of_b) += took;
		now += took;
		rules_done(c, now);
		rules_ready(c, now);
	}
	assert_in_range(of_a, 1950 * MS, 2050 * MS);
	assert_in_range(of_b, 1950 * MS, 2050 * MS);
}

static void priorities_may_come_and_go_at_any_time(void **state)
{
	struct sched_client *client[20] = {0};
	uint64_t seed = 9, now = T0;

	(void)state;
	sched_init(&rules_sched, &sched_fixed_priority);
	for (int n = 0; n < 20000; n++) {
		uint32_t i = (uint32_t)frames_between(&seed, 0, 19);
		const struct sched_params p = {.priority = (uint32_t)frames_between(&seed, 0, 5),
					       .weight = (uint32_t)frames_between(&seed, 1, 3)};
		struct sched_client *c;
		uint32_t best = UINT32_MAX;

		now += 100 * US;
		if (!client[i])
			client[i] = rules_add(&p);
		else if (frames_between(&seed, 0, 9) == 0)
			sched_remove(&rules_sched, client[i], now), client[i] = NULL;
		else if (!client[i]->waiting)
			rules_ready(client[i], now);
		for (int j = 0; j < 20; j++)
			if (client[j] && client[j]->waiting && client[j]->priority < best)
				best = client[j]->priority;
		c = frames_between(&seed, 0, 2) ? rules_pick(now) : NULL;
		if (!c) {
			assert_true(best == UINT32_MAX || rules_sched.eligible[0]);
			continue;
		}
		assert_int_equal(c->priority, best);
		now += frames_between(&seed, 1, 40) * MS;
		rules_done(c, now);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_priorities_share_by_weight_whatever_the_job_lengths),
		cmocka_unit_test(an_idle_client_accumulates_no_credit),
		cmocka_unit_test(one_very_long_job_is_paid_for_by_its_client),
		cmocka_unit_test(round_robin_gives_each_one_job_in_turn),
		cmocka_unit_test(a_time_slice_is_kept_until_it_is_used_up),
		cmocka_unit_test(a_time_slice_overrun_shortens_later_slices),
		cmocka_unit_test(priorities_may_come_and_go_at_any_time),
	};

	return cmocka_run_group_tests_name("sched shares", tests, NULL, NULL);
}
