/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mediator/guard/strikes.h"

#define S    UINT64_C(1000000000)
#define BASE (100 * S)
#define BAN  (10 * S)

static struct strikes strikes;

static int setup(void **state)
{
	(void)state;
	strikes_init(&strikes, BAN);
	return 0;
}

static void three_strikes_within_a_minute_ban(void **state)
{
	(void)state;
	assert_false(strikes_add(&strikes, BASE));
	assert_false(strikes_add(&strikes, BASE + 30 * S));
	assert_int_equal(strikes_banned(&strikes, BASE + 30 * S), 0);
	assert_true(strikes_add(&strikes, BASE + 60 * S - 1));
	assert_int_equal(strikes_banned(&strikes, BASE + 60 * S - 1), BAN);
	assert_int_equal(strikes.bans, 1);
}

static void three_strikes_in_more_than_a_minute_do_not_ban(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 50; i++) {
		assert_false(strikes_add(&strikes, BASE + i * 30 * S));
		assert_int_equal(strikes_banned(&strikes, BASE + i * 30 * S), 0);
	}
	assert_int_equal(strikes.total, 50);
}

static void the_ban_ends_by_itself_and_clears_the_strikes(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		strikes_add(&strikes, BASE);
	assert_int_equal(strikes_banned(&strikes, BASE + BAN - 1), 1);
	assert_int_equal(strikes_banned(&strikes, BASE + BAN), 0);
	assert_int_equal(strikes_recent(&strikes, BASE + BAN), 0);
	assert_false(strikes_add(&strikes, BASE + BAN));
	assert_false(strikes_add(&strikes, BASE + BAN));
	assert_true(strikes_add(&strikes, BASE + BAN));
	assert_int_equal(strikes.bans, 2);
	assert_int_equal(strikes.total, 6);
}

static void a_ban_ends_even_if_nobody_asks(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		strikes_add(&strikes, BASE);
	assert_false(strikes_add(&strikes, BASE + BAN));
	assert_int_equal(strikes_banned(&strikes, BASE + BAN), 0);
}

static void a_strike_during_a_ban_does_not_prolong_it(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		strikes_add(&strikes, BASE);
	assert_false(strikes_add(&strikes, BASE + 5 * S));
	assert_int_equal(strikes_banned(&strikes, BASE + 5 * S), 5 * S);
	assert_int_equal(strikes.bans, 1);
}

static void a_guest_with_no_ban_time_is_never_banned(void **state)
{
	(void)state;
	strikes_init(&strikes, 0);
	for (uint64_t i = 0; i < 100; i++)
		assert_false(strikes_add(&strikes, BASE + i));
	assert_int_equal(strikes_banned(&strikes, BASE + 100), 0);
	assert_int_equal(strikes_recent(&strikes, BASE + 100), STRIKES_LIMIT - 1);
}

static void forgiving_lifts_the_ban_and_keeps_its_length(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		strikes_add(&strikes, BASE);
	strikes_forgive(&strikes);
	assert_int_equal(strikes_banned(&strikes, BASE), 0);
	assert_int_equal(strikes.total, 0);
	for (int i = 0; i < 3; i++)
		strikes_add(&strikes, BASE);
	assert_int_equal(strikes_banned(&strikes, BASE), BAN);
}

static void recent_strikes_leave_the_window_one_by_one(void **state)
{
	(void)state;
	strikes_add(&strikes, BASE);
	strikes_add(&strikes, BASE + S);
	assert_int_equal(strikes_recent(&strikes, BASE + S), 2);
	assert_int_equal(strikes_recent(&strikes, BASE + 60 * S), 1);
	assert_int_equal(strikes_recent(&strikes, BASE + 61 * S), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
	const struct CMUnitTest tests[] = {
		TEST(three_strikes_within_a_minute_ban),
		TEST(three_strikes_in_more_than_a_minute_do_not_ban),
		TEST(the_ban_ends_by_itself_and_clears_the_strikes),
		TEST(a_ban_ends_even_if_nobody_asks),
		TEST(a_strike_during_a_ban_does_not_prolong_it),
		TEST(a_guest_with_no_ban_time_is_never_banned),
		TEST(forgiving_lifts_the_ban_and_keeps_its_length),
		TEST(recent_strikes_leave_the_window_one_by_one),
	};

	return cmocka_run_group_tests_name("strikes", tests, NULL, NULL);
}
