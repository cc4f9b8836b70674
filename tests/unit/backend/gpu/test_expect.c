/* SPDX-License-Identifier: MIT */
#include "backend/gpu/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define PERIOD 1000u

/* The state after as many works of `took_us` as are remembered. */
static struct expect after(uint32_t took_us)
{
	struct expect e = {.period_us = PERIOD};

	for (uint32_t i = 0; i < EXPECT_RECENT; i++) {
		expect_begin(&e, i * 1000000u);
		expect_end(&e, i * 1000000u + took_us);
	}
	expect_begin(&e, 10000000);
	return e;
}

static uint32_t count_nudges(const struct expect *e, uint32_t within_us)
{
	uint32_t count = 0;

	for (uint64_t t = e->begin_us; t < e->begin_us + within_us; count++)
		t += expect_ask_in(e, t);
	return count - 1;
}

static void first_work_is_nudged_regularly(void **state)
{
	struct expect e = {.period_us = PERIOD};

	(void)state;
	expect_begin(&e, 5);
	assert_int_equal(count_nudges(&e, 20500), 20);
}

static void work_of_known_length_is_nudged_rarely(void **state)
{
	struct expect e = after(40000);

	(void)state;
	assert_int_equal(count_nudges(&e, 35000), 2);
	assert_in_range(count_nudges(&e, 40000), 6, 8);
}

static void unusually_long_work_is_nudged_regularly(void **state)
{
	struct expect e = after(40000);

	(void)state;
	assert_in_range(count_nudges(&e, 100000) - count_nudges(&e, 50000), 49, 51);
}

static void short_work_is_nudged_early_and_not_remembered(void **state)
{
	struct expect e = after(40000);

	(void)state;
	assert_int_equal(expect_ask_in(&e, e.begin_us), PERIOD);
	expect_end(&e, e.begin_us + 1500);
	expect_begin(&e, 20000000);
	assert_int_equal(count_nudges(&e, 35000), 2);
}

static void one_faster_frame_brings_nudges_forward(void **state)
{
	struct expect e = after(40000);

	(void)state;
	expect_end(&e, e.begin_us + 16000);
	expect_begin(&e, 20000000);
	assert_in_range(count_nudges(&e, 16000), 3, 5);
}

static void stopped_or_jumping_clock_still_gives_a_pause(void **state)
{
	struct expect e = after(40000);

	(void)state;
	assert_int_equal(expect_ask_in(&e, 0), PERIOD);
	assert_int_equal(expect_ask_in(&e, UINT64_MAX), PERIOD);
	expect_end(&e, UINT64_MAX);
	assert_in_range(expect_ask_in(&e, e.begin_us + 3000), 1, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_work_is_nudged_regularly),
		cmocka_unit_test(work_of_known_length_is_nudged_rarely),
		cmocka_unit_test(unusually_long_work_is_nudged_regularly),
		cmocka_unit_test(short_work_is_nudged_early_and_not_remembered),
		cmocka_unit_test(one_faster_frame_brings_nudges_forward),
		cmocka_unit_test(stopped_or_jumping_clock_still_gives_a_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
