/* SPDX-License-Identifier: MIT */
#include "backend/gpu/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define PERIOD 1000u

/* Work that took so long, as often as is remembered. */
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

static uint32_t questions(const struct expect *e, uint32_t within_us)
{
	uint32_t count = 0;

	for (uint64_t t = e->begin_us; t < e->begin_us + within_us; count++)
		t += expect_ask_in(e, t);
	return count - 1;
}

static void without_experience_it_asks_regularly(void **state)
{
	struct expect e = {.period_us = PERIOD};

	(void)state;
	expect_begin(&e, 5);
	assert_int_equal(questions(&e, 20500), 20);
}

static void work_like_the_last_is_hardly_asked_after(void **state)
{
	struct expect e = after(40000);

	(void)state;
	assert_int_equal(questions(&e, 35000), 2);
	assert_in_range(questions(&e, 40000), 6, 8);
}

static void what_takes_longer_than_ever_is_asked_after_regularly(void **state)
{
	struct expect e = after(40000);

	(void)state;
	assert_in_range(questions(&e, 100000) - questions(&e, 50000), 49, 51);
}

static void short_work_is_asked_after_soon_and_forgotten(void **state)
{
	struct expect e = after(40000);

	(void)state;
	assert_int_equal(expect_ask_in(&e, e.begin_us), PERIOD);
	expect_end(&e, e.begin_us + 1500);
	expect_begin(&e, 20000000);
	assert_int_equal(questions(&e, 35000), 2);
}

static void one_faster_frame_brings_the_questions_forward(void **state)
{
	struct expect e = after(40000);

	(void)state;
	expect_end(&e, e.begin_us + 16000);
	expect_begin(&e, 20000000);
	assert_in_range(questions(&e, 16000), 3, 5);
}

static void a_clock_that_stands_still_or_jumps_still_gives_a_pause(void **state)
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
		cmocka_unit_test(without_experience_it_asks_regularly),
		cmocka_unit_test(work_like_the_last_is_hardly_asked_after),
		cmocka_unit_test(what_takes_longer_than_ever_is_asked_after_regularly),
		cmocka_unit_test(short_work_is_asked_after_soon_and_forgotten),
		cmocka_unit_test(one_faster_frame_brings_the_questions_forward),
		cmocka_unit_test(a_clock_that_stands_still_or_jumps_still_gives_a_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
