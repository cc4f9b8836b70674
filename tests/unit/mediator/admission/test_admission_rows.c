/* SPDX-License-Identifier: MIT */
/* Promises to panels, and to guests with more than one display. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mediator/admission/admission.h"
#include "tests/unit/mediator/config/tree_source.h"

#define NS_PER_US UINT64_C(1000)
#define IVI	  1u /* a guest, with displays 1 and 3 */

static struct config config;
static struct admission admission;

/* The good tree, with short jobs declared for all guests. */
static void good_config(void)
{
	char *source = tree_source(NULL, NULL);
	struct config_error err;
	size_t size = 0;
	void *blob = tree_compile(source, &size);

	free(source);
	assert_non_null(blob);
	assert_int_equal(config_parse(blob, size, &config, &err), CONFIG_OK);
	free(blob);
	for (uint32_t i = 0; i < config.num_guests; i++)
		config.guest[i].max_job_us = 500;
	config.panel[0].compose_us = 500;
}

static const struct admission_row *row_of(int composition, uint32_t index)
{
	for (uint32_t i = 0; i < admission.num_rows; i++)
		if (admission.row[i].composition == composition && admission.row[i].index == index)
			return &admission.row[i];
	fail();
	return NULL;
}

static void a_guest_is_paced_by_its_gate_or_else_by_its_most_important_display(void **state)
{
	(void)state;
	good_config();
	assert_int_equal(admission_main_display(&config, IVI), 1);
	config.display[3].priority = 1;
	assert_int_equal(admission_main_display(&config, IVI), 3);
	config.display[1].slack_gate = 1;
	assert_int_equal(admission_main_display(&config, IVI), 1);
}

static void without_a_promise_there_is_no_slack(void **state)
{
	struct sched_params p;

	(void)state;
	good_config();
	admission_check(&config, &admission);
	admission_guest_params(&config, &admission, 0, &p);
	assert_int_equal(p.slack_ns, row_of(0, 0)->tolerance_ns);
	assert_int_not_equal(p.slack_ns, 0);
	config.guest[2].max_job_us = 0;
	admission_check(&config, &admission);
	admission_guest_params(&config, &admission, 0, &p);
	assert_int_equal(p.slack_ns, 0);
}

static void a_composition_may_take_as_long_as_the_shortest_promised_period(void **state)
{
	(void)state;
	good_config();
	admission_check(&config, &admission);
	assert_in_range(row_of(1, 0)->deadline_ns, 16666 * NS_PER_US, 16667 * NS_PER_US);
	config.display[0].best_effort = config.display[1].best_effort = 1;
	admission_check(&config, &admission);
	assert_in_range(row_of(1, 0)->deadline_ns, 33332 * NS_PER_US, 33333 * NS_PER_US);
	/* If the panel has only best-effort displays, the shortest period of all counts. */
	config.display[2].best_effort = 1;
	admission_check(&config, &admission);
	assert_in_range(row_of(1, 0)->deadline_ns, 16666 * NS_PER_US, 16667 * NS_PER_US);
}

/* The periods have nothing in common: 16.667 and 20 ms, and a budget every 40 ms. */
static void one_budget_serves_the_frames_of_all_displays(void **state)
{
	(void)state;
	good_config();
	admission_check(&config, &admission);
	assert_int_equal(admission.verdict, ADMISSION_HOLDS);
	/* Five frames in 40 ms, and one of them possibly twice: 3 ms at most. */
	config.guest[IVI].budget_us = 3500;
	admission_check(&config, &admission);
	assert_int_equal(admission.verdict, ADMISSION_HOLDS);
	config.guest[IVI].budget_us = 2000;
	admission_check(&config, &admission);
	assert_int_equal(row_of(0, 1)->verdict, ADMISSION_SHORT);
	assert_int_equal(row_of(0, 3)->verdict, ADMISSION_SHORT);
	assert_int_equal(row_of(0, 0)->verdict, ADMISSION_HOLDS);
	/* With one display less the budget suffices. */
	config.guest[IVI].num_displays = 1;
	admission_check(&config, &admission);
	assert_int_equal(row_of(0, 1)->verdict, ADMISSION_HOLDS);
}

static void a_late_display_does_not_make_the_budget_of_the_other_short(void **state)
{
	(void)state;
	good_config();
	config.guest[IVI].budget_us = 3500;
	config.display[3].deadline_us = 600;
	admission_check(&config, &admission);
	assert_int_equal(admission.verdict, ADMISSION_LATE);
	assert_int_equal(row_of(0, 3)->verdict, ADMISSION_LATE);
	assert_int_equal(row_of(0, 1)->verdict, ADMISSION_HOLDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_guest_is_paced_by_its_gate_or_else_by_its_most_important_display),
		cmocka_unit_test(without_a_promise_there_is_no_slack),
		cmocka_unit_test(a_composition_may_take_as_long_as_the_shortest_promised_period),
		cmocka_unit_test(one_budget_serves_the_frames_of_all_displays),
		cmocka_unit_test(a_late_display_does_not_make_the_budget_of_the_other_short),
	};

	return cmocka_run_group_tests_name("admission rows", tests, NULL, NULL);
}
