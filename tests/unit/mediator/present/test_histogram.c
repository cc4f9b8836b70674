/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/present/histogram.h"

static struct histogram h;

static int setup(void **state)
{
	(void)state;
	memset(&h, 0, sizeof(h));
	return 0;
}

static void an_empty_histogram_returns_zero(void **state)
{
	(void)state;
	assert_int_equal(histogram_permille(&h, 500), 0);
	assert_int_equal(histogram_permille(&h, 1000), 0);
}

static void small_values_are_exact(void **state)
{
	(void)state;
	for (uint64_t us = 1; us <= 60; us++)
		histogram_add(&h, us);
	assert_int_equal(histogram_permille(&h, 0), 1);
	assert_int_equal(histogram_permille(&h, 500), 30);
	assert_int_equal(histogram_permille(&h, 1000), 60);
}

static void a_value_is_at_most_a_thirty_second_too_large(void **state)
{
	(void)state;
	for (uint64_t us = 1; us < UINT64_C(63) << 22; us += us / 37 + 1) {
		uint64_t read;

		memset(&h, 0, sizeof(h));
		histogram_add(&h, us);
		histogram_add(&h, UINT64_C(1) << 30); /* a maximum that hides no error */
		read = histogram_permille(&h, 500);
		assert_in_range(read, us, us + us / 32);
	}
}

static void percentiles_rank_all_values(void **state)
{
	(void)state;
	for (int i = 0; i < 990; i++)
		histogram_add(&h, 33000);
	for (int i = 0; i < 10; i++)
		histogram_add(&h, 100000);
	assert_in_range(histogram_permille(&h, 500), 33000, 34032);
	assert_in_range(histogram_permille(&h, 990), 33000, 34032);
	assert_int_equal(histogram_permille(&h, 991), 100000);
	assert_int_equal(h.max_us, 100000);
}

static void values_beyond_the_last_bucket_are_kept_as_the_maximum(void **state)
{
	(void)state;
	histogram_add(&h, UINT64_MAX);
	assert_int_equal(h.count, 1);
	assert_true(histogram_permille(&h, 500) == UINT64_MAX);
}

static void a_full_bucket_stays_full(void **state)
{
	(void)state;
	histogram_add(&h, 5);
	h.bucket[5] = UINT32_MAX;
	h.count = UINT32_MAX;
	histogram_add(&h, 5);
	assert_int_equal(h.bucket[5], UINT32_MAX);
	assert_int_equal(histogram_permille(&h, 1), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(an_empty_histogram_returns_zero, setup),
		cmocka_unit_test_setup(small_values_are_exact, setup),
		cmocka_unit_test_setup(a_value_is_at_most_a_thirty_second_too_large, setup),
		cmocka_unit_test_setup(percentiles_rank_all_values, setup),
		cmocka_unit_test_setup(values_beyond_the_last_bucket_are_kept_as_the_maximum,
				       setup),
		cmocka_unit_test_setup(a_full_bucket_stays_full, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
