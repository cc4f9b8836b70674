/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mediator/guard/restart.h"

#define MS UINT64_C(1000000)
#define S  UINT64_C(1000000000)

static void after_a_long_life_the_process_restarts_at_once(void **state)
{
	struct restart r = {0};

	(void)state;
	assert_int_equal(restart_pause(&r, 10 * S), 0);
	assert_int_equal(restart_pause(&r, 100 * S), 0);
}

static void after_short_lives_the_pauses_double_up_to_a_limit(void **state)
{
	const uint64_t pauses[] = {100 * MS,  200 * MS,	 400 * MS, 800 * MS,
				   1600 * MS, 3200 * MS, 5 * S,	   5 * S};
	struct restart r = {0};

	(void)state;
	for (uint32_t i = 0; i < sizeof(pauses) / sizeof(pauses[0]); i++)
		assert_int_equal(restart_pause(&r, 10 * S - 1), pauses[i]);
}

static void a_long_life_forgives_the_short_ones(void **state)
{
	struct restart r = {0};

	(void)state;
	for (int i = 0; i < 5; i++)
		restart_pause(&r, S);
	assert_int_equal(restart_pause(&r, 11 * S), 0);
	assert_int_equal(restart_pause(&r, S), 100 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(after_a_long_life_the_process_restarts_at_once),
		cmocka_unit_test(after_short_lives_the_pauses_double_up_to_a_limit),
		cmocka_unit_test(a_long_life_forgives_the_short_ones),
	};

	return cmocka_run_group_tests_name("restart", tests, NULL, NULL);
}
