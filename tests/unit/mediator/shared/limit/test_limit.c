/* SPDX-License-Identifier: MIT */
/* A limit keeps a rate and allows a burst; a refused event costs nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mediator/shared/limit/limit.h"

#define S	 UINT64_C(1000000000)
#define SOMETIME (12345 * S)

/* Try an event each millisecond from `from` to `to`. Returns how many pass. */
static uint32_t flood(struct limit *l, uint64_t from, uint64_t to)
{
	uint32_t passed = 0;

	for (uint64_t t = from; t < to; t += S / 1000)
		passed += limit_take(l, t) == 0;
	return passed;
}

static void a_burst_passes_at_once_and_no_more(void **state)
{
	struct limit l;

	(void)state;
	limit_init(&l, 10, S, 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(limit_take(&l, SOMETIME), 0);
	assert_int_equal(limit_take(&l, SOMETIME), S / 10);
	assert_int_equal(limit_take(&l, SOMETIME + S / 20), S / 20);
	assert_int_equal(limit_take(&l, SOMETIME + S / 10), 0);
}

static void a_flood_passes_at_the_rate(void **state)
{
	struct limit l;

	(void)state;
	limit_init(&l, 10, S, 5);
	assert_int_equal(flood(&l, SOMETIME, SOMETIME + 10 * S), 5 + 99);
}

static void silence_earns_one_burst_at_most(void **state)
{
	struct limit l;

	(void)state;
	limit_init(&l, 10, S, 5);
	flood(&l, SOMETIME, SOMETIME + S);
	for (int i = 0; i < 5; i++)
		assert_int_equal(limit_take(&l, SOMETIME + 100 * S), 0);
	assert_int_not_equal(limit_take(&l, SOMETIME + 100 * S), 0);
}

static void a_burst_of_one_is_an_even_pace(void **state)
{
	struct limit l;

	(void)state;
	limit_init(&l, 4, S, 1);
	assert_int_equal(limit_take(&l, SOMETIME), 0);
	assert_int_equal(limit_take(&l, SOMETIME + 1), S / 4 - 1);
	assert_int_equal(limit_take(&l, SOMETIME + S / 4), 0);
}

static void spending_beyond_the_burst_requires_waiting(void **state)
{
	uint64_t now = SOMETIME;
	struct limit l;

	(void)state;
	limit_init(&l, 10, S, 5);
	for (int i = 0; i < 4; i++)
		assert_int_equal(limit_spend(&l, now), 0);
	assert_int_equal(limit_spend(&l, now), S / 10);
	/* A caller that waits as long as limit_spend() says keeps the rate. */
	for (int i = 0; i < 100; i++)
		now += limit_spend(&l, now);
	assert_true(now - SOMETIME >= 99 * S / 10 && now - SOMETIME <= 101 * S / 10 + S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_passes_at_once_and_no_more),
		cmocka_unit_test(a_flood_passes_at_the_rate),
		cmocka_unit_test(silence_earns_one_burst_at_most),
		cmocka_unit_test(a_burst_of_one_is_an_even_pace),
		cmocka_unit_test(spending_beyond_the_burst_requires_waiting),
	};

	return cmocka_run_group_tests_name("limit", tests, NULL, NULL);
}
