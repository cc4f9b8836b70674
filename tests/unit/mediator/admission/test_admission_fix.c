/* SPDX-License-Identifier: MIT */
/* Proposals beyond the change of one guest's jobs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/admission/admission.h"

#define CLUSTER 0
#define IVI	1
#define SEAT	2

static struct config config;
static struct admission admission;

/* Three guests with one display each; the first two share a panel. All displays hold. */
static void good_config(void)
{
	static const char *const names[] = {"cluster", "ivi", "seat"};

	memset(&config, 0, sizeof(config));
	snprintf(config.path, sizeof(config.path), "/gpu-mediator");
	config.policy = &sched_fixed_priority;
	config.costs = (struct sched_costs){.switch_ns = 50000, .latency_ns = 200000};
	config.num_panels = 2;
	config.panel[0] = (struct config_panel){.node = "panel-center",
						.connector = "A",
						.refresh_hz = 60,
						.display = {1, 0},
						.num_displays = 2,
						.composed = 1,
						.compose_us = 3000};
	config.panel[1] = (struct config_panel){.node = "panel-right",
						.connector = "B",
						.refresh_hz = 60,
						.display = {2},
						.num_displays = 1};
	config.num_displays = config.num_guests = 3;
	for (uint32_t i = 0; i < 3; i++) {
		struct config_display *d = &config.display[i];
		struct config_guest *g = &config.guest[i];

		d->reg = d->guest = d->priority = i;
		d->panel = i / 2;
		d->frame_period_us = d->deadline_us = 100000;
		d->segments = 1;
		g->priority = i;
		g->weight = 1;
		g->max_job_us = 4000;
		g->num_displays = 1;
		g->display[0] = i;
		snprintf(d->name, sizeof(d->name), "%s", names[i]);
		snprintf(g->node, sizeof(g->node), "%s", names[i]);
	}
	config.display[CLUSTER].frame_period_us = config.display[CLUSTER].deadline_us = 33333;
}

static const char *last_part(const struct admission_change *change)
{
	return strrchr(change->node, '/') + 1;
}

static void apply_to_guest(const struct admission_change *change)
{
	for (uint32_t i = 0; i < config.num_guests; i++) {
		struct config_guest *g = &config.guest[i];

		if (strcmp(last_part(change), g->node))
			continue;
		if (!strcmp(change->property, "max-job-us"))
			g->max_job_us = change->to;
		else if (!strcmp(change->property, "kill-time-us"))
			g->kill_time_us = change->to;
		else if (!strcmp(change->property, "budget-us"))
			g->budget_us = change->to;
		else
			fail_msg("of a guest: %s", change->property);
		return;
	}
	fail_msg("no such guest: %s", change->node);
}

static void apply_to_display(const struct admission_change *change)
{
	uint32_t reg = (uint32_t)strtoul(strrchr(change->node, '@') + 1, NULL, 16);
	struct config_display *d = &config.display[reg];

	assert_true(reg < config.num_displays);
	if (!strcmp(change->property, "frame-period-us"))
		d->frame_period_us = change->to;
	else if (!strcmp(change->property, "deadline-us"))
		d->deadline_us = change->to;
	else if (!strcmp(change->property, "freeze-timeout-ms"))
		d->freeze_timeout_ms = change->to;
	else if (!strcmp(change->property, "slack-gate"))
		d->slack_gate = change->to;
	else
		fail_msg("of a display: %s", change->property);
}

/* Apply all proposed changes, and nothing else. */
static void apply_changes(void)
{
	for (uint32_t i = 0; i < admission.num_changes; i++) {
		const struct admission_change *change = &admission.change[i];

		if (strstr(change->node, "/guests/")) {
			apply_to_guest(change);
		} else if (strstr(change->node, "/displays/")) {
			apply_to_display(change);
		} else {
			assert_string_equal(change->property, "compose-us");
			config.panel[strcmp(last_part(change), "panel-center") != 0].compose_us =
				change->to;
		}
	}
}

static const struct admission_change *change_of(const char *node, const char *property)
{
	for (uint32_t i = 0; i < admission.num_changes; i++)
		if (!strcmp(last_part(&admission.change[i]), node) &&
		    !strcmp(admission.change[i].property, property))
			return &admission.change[i];
	return NULL;
}

static void refused_with_a_change(enum admission_verdict verdict, const char *why)
{
	admission_check(&config, &admission);
	assert_int_equal(admission.verdict, verdict);
	if (!strstr(admission.error.message, why))
		fail_msg("the error lacks \"%s\": %s", why, admission.error.message);
	if (!admission.num_changes)
		fail_msg("no change: %s", admission.error.message);
}

static void changes_are_enough(void)
{
	struct admission before = admission;

	apply_changes();
	admission_check(&config, &admission);
	if (admission.verdict != ADMISSION_HOLDS)
		fail_msg("still %s: %s", admission_word(admission.verdict), before.error.message);
}

static void a_composition_that_jobs_would_delay_asks_for_shorter_jobs(void **state)
{
	(void)state;
	good_config();
	config.guest[SEAT].max_job_us = 35000;
	refused_with_a_change(ADMISSION_LATE, "compositions of A take up to");
	/* The job of any guest may delay a composition. */
	assert_int_equal(admission.num_changes, 1);
	assert_non_null(change_of("seat", "max-job-us"));
	changes_are_enough();
}

static void a_composition_that_is_too_long_itself_must_become_shorter(void **state)
{
	(void)state;
	good_config();
	config.panel[0].compose_us = 20000;
	refused_with_a_change(ADMISSION_LATE, "nothing bounds how long compositions of A take");
	assert_int_equal(admission.num_changes, 1);
	assert_string_equal(admission.error.node, "/gpu-mediator/panel-center");
	assert_string_equal(admission.error.property, "compose-us");
	changes_are_enough();
}

/* To shorten only one of them is not enough. */
static void too_long_compositions_and_jobs_are_shortened_together(void **state)
{
	static const struct {
		uint32_t compose_us, job_us, kill_us;
	} cases[] = {{45000, 40000, 0}, {20000, 40000, 0}, {45000, 30000, 40000}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		good_config();
		config.panel[0].compose_us = cases[i].compose_us;
		config.guest[IVI].max_job_us = config.guest[SEAT].max_job_us = cases[i].job_us;
		config.guest[SEAT].kill_time_us = cases[i].kill_us;
		refused_with_a_change(ADMISSION_LATE, "compositions of A");
		assert_non_null(change_of("panel-center", "compose-us"));
		assert_non_null(change_of("ivi", "max-job-us"));
		assert_non_null(change_of("seat", "max-job-us"));
		assert_int_equal(change_of("seat", "kill-time-us") != NULL, cases[i].kill_us != 0);
		assert_non_null(strstr(admission.error.message, ", and max-job-us of "));
		changes_are_enough();
	}
}

/* The switch costs so much that no job is short enough: all displays must draw less often. */
static void if_no_job_is_short_enough_all_frame_periods_grow(void **state)
{
	(void)state;
	good_config();
	config.num_panels = 2;
	config.panel[0].composed = 0;
	config.costs.switch_ns = 30000000;
	config.display[CLUSTER].freeze_timeout_ms = 70;
	config.display[IVI].freeze_timeout_ms = 2000;
	config.display[IVI].frame_period_us = 33333;
	config.display[IVI].deadline_us = 500000;
	config.display[SEAT].frame_period_us = config.display[SEAT].deadline_us = 900000;
	refused_with_a_change(ADMISSION_LATE, "frames of cluster");
	assert_non_null(change_of("display@0", "frame-period-us"));
	assert_non_null(change_of("display@0", "deadline-us"));
	assert_non_null(change_of("display@1", "frame-period-us"));
	/* A freeze time-out must cover two periods; a longer one stays as it is. */
	assert_int_equal(change_of("display@0", "freeze-timeout-ms")->to,
			 (2 * change_of("display@0", "frame-period-us")->to + 999) / 1000);
	assert_null(change_of("display@1", "freeze-timeout-ms"));
	assert_null(change_of("display@1", "deadline-us"));
	assert_null(change_of("display@2", "frame-period-us"));
	changes_are_enough();
}

static void all_displays_of_a_full_tree_can_be_changed_at_once(void **state)
{
	(void)state;
	good_config();
	config.num_panels = 1;
	config.panel[0].composed = 0;
	config.costs.switch_ns = 10000000;
	config.num_displays = config.num_guests = CONFIG_MAX_DISPLAYS;
	for (uint32_t i = 0; i < CONFIG_MAX_DISPLAYS; i++) {
		config.display[i] = config.display[CLUSTER];
		config.display[i].reg = config.display[i].guest = i;
		config.display[i].freeze_timeout_ms = 70;
		config.guest[i] = config.guest[CLUSTER];
		config.guest[i].display[0] = i;
		snprintf(config.guest[i].node, sizeof(config.guest[i].node), "guest%u", i);
	}
	refused_with_a_change(ADMISSION_LATE, "frames of cluster");
	assert_int_equal(admission.num_changes, 3 * CONFIG_MAX_DISPLAYS);
	assert_non_null(strstr(admission.error.message, "; fix: set it to "));
	changes_are_enough();
}

static void a_budget_grows_by_what_the_others_leave(void **state)
{
	(void)state;
	good_config();
	config.guest[CLUSTER].budget_us = 3000;
	config.guest[CLUSTER].budget_period_us = 33333;
	config.guest[SEAT].budget_us = 10000;
	config.guest[SEAT].budget_period_us = 100000;
	refused_with_a_change(ADMISSION_SHORT, "the budget of cluster may hold back its frames");
	assert_int_equal(admission.num_changes, 1);
	assert_non_null(change_of("cluster", "budget-us"));
	changes_are_enough();
	/* If the others leave nothing, the cluster's jobs must become shorter. */
	good_config();
	config.guest[CLUSTER].budget_us = 3000;
	config.guest[CLUSTER].budget_period_us = 30000;
	config.guest[IVI].budget_us = 90000;
	config.guest[IVI].budget_period_us = 100000;
	refused_with_a_change(ADMISSION_SHORT, "the budget of cluster may hold back its frames");
	assert_non_null(change_of("cluster", "max-job-us"));
	changes_are_enough();
}

/*
 * The display has a gate; or config_parse() would refuse one, as the deadline exceeds the period.
 */
static void no_gate_is_proposed_where_none_can_be_added(void **state)
{
	(void)state;
	good_config();
	config.panel[0].composed = 0;
	config.display[CLUSTER].slack_gate = 1;
	config.guest[CLUSTER].max_job_us = 40000;
	refused_with_a_change(ADMISSION_LATE, "frames of cluster");
	assert_null(change_of("display@0", "slack-gate"));
	changes_are_enough();
	good_config();
	config.panel[0].composed = 0;
	config.display[CLUSTER].deadline_us = 40000;
	config.guest[SEAT].max_job_us = 45000;
	refused_with_a_change(ADMISSION_LATE, "frames of cluster");
	assert_null(change_of("display@0", "slack-gate"));
	changes_are_enough();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_composition_that_jobs_would_delay_asks_for_shorter_jobs),
		cmocka_unit_test(a_composition_that_is_too_long_itself_must_become_shorter),
		cmocka_unit_test(too_long_compositions_and_jobs_are_shortened_together),
		cmocka_unit_test(if_no_job_is_short_enough_all_frame_periods_grow),
		cmocka_unit_test(all_displays_of_a_full_tree_can_be_changed_at_once),
		cmocka_unit_test(a_budget_grows_by_what_the_others_leave),
		cmocka_unit_test(no_gate_is_proposed_where_none_can_be_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
