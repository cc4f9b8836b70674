/* SPDX-License-Identifier: MIT */
/* Trees that hold, trees that do not, and whether the proposed changes make those hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>

#include "mediator/admission/admission.h"
#include "mediator/admission/internal.h"
#include "mediator/admission/response.h"
#include "tests/unit/mediator/sched/frames.h"
#include "tests/unit/mediator/config/tree_source.h"

#define NS_PER_US UINT64_C(1000)

static const char tree[] =
	"/dts-v1/;\n"
	"/ { passthrough { gpu-mediator {\n"
	"  compatible = \"xen,gpu-mediator-v1\";\n"
	"  switch-cost-us = <50>; latency-us = <200>;\n"
	"  watchdog-granularity-us = <500>; reset-time-us = <1500>;\n"
	"  center: panel-center { connector = \"A\"; mode = \"1280x720@60\"; };\n"
	"  left: panel-left { connector = \"B\"; mode = \"640x480@60\"; };\n"
	"  right: panel-right { connector = \"C\"; mode = \"640x480@60\"; };\n"
	"  displays { #address-cells = <1>; #size-cells = <0>;\n"
	"    d0: display@0 { reg = <0>; label = \"cluster\"; panel = <&center>; priority = <0>;\n"
	"      frame-period-us = <33333>; jitter-us = <500>; };\n"
	"    d1: display@1 { reg = <1>; label = \"ivi\"; panel = <&left>; priority = <1>;\n"
	"      frame-period-us = <80000>; };\n"
	"    d2: display@a { reg = <10>; label = \"seat\"; panel = <&right>; priority = <2>;\n"
	"      frame-period-us = <300000>; deadline-us = <90000>; };\n"
	"  };\n"
	"  guests {\n"
	"    g0: cluster { domain-name = \"cluster\"; displays = <&d0>; max-job-us = <4000>;\n"
	"      budget-us = <9000>; budget-period-us = <33333>; };\n"
	"    g1: ivi { domain-name = \"ivi\"; displays = <&d1>; max-job-us = <6000>;\n"
	"      kill-time-us = <7000>; };\n"
	"    g2: seat { domain-name = \"seat\"; displays = <&d2>; max-job-us = <8000>; };\n"
	"  };\n"
	"}; }; };\n";

static struct config config;
static struct config_error err;
static struct admission admission;

/* Compile `tree` with `from` replaced by `to`, or unchanged if `from` is NULL. */
static void *compile(const char *from, const char *to, size_t *size)
{
	const char *at = from ? strstr(tree, from) : tree;
	char source[2 * sizeof(tree)];
	void *blob;

	if (!at)
		fail_msg("not in the tree: %s", from);
	snprintf(source, sizeof(source), "%.*s%s%s", (int)(at - tree), tree, from ? to : "",
		 at + (from ? strlen(from) : 0));
	blob = tree_compile(source, size);
	if (!blob)
		fail_msg("dtc refuses: %s", to);
	return blob;
}

static void check_blob(const void *blob, size_t size)
{
	if (config_parse(blob, size, &config, &err))
		fail_msg("%s", err.message);
	admission_check(&config, &admission);
}

static void check(const char *from, const char *to)
{
	size_t size = 0;
	void *blob = compile(from, to, &size);

	check_blob(blob, size);
	free(blob);
}

static const struct admission_row *row_of(uint32_t display)
{
	for (uint32_t i = 0; i < admission.num_rows; i++)
		if (!admission.row[i].composition && admission.row[i].index == display)
			return &admission.row[i];
	fail();
	return NULL;
}

static void a_tree_that_holds_is_admitted_with_its_numbers(void **state)
{
	(void)state;
	check(NULL, NULL);
	assert_int_equal(admission.verdict, ADMISSION_HOLDS);
	assert_false(admission_refused(&admission));
	assert_int_equal(admission.num_rows, 3);
	assert_string_equal(admission.reason, "");
	/*
	 * A job of ivi: 7 ms until it is killed, 0.5 ms until that is noticed, 1.5 ms of reset:
	 * longer than seat's 8 ms. 0.5 of jitter + 9.05 + 4.05 + 0.2.
	 */
	assert_int_equal(row_of(0)->blocking_ns, 9050 * NS_PER_US);
	assert_int_equal(row_of(0)->response_ns, 13800 * NS_PER_US);
	assert_int_equal(row_of(0)->cost_ns, 4050 * NS_PER_US);
	/* 8.05 of seat, 4.05 of the cluster, its own 6.05: a killed job completes no frame. */
	assert_int_equal(row_of(1)->response_ns, (8050 + 4050 + 6050 + 200) * NS_PER_US);
	assert_int_equal(row_of(2)->deadline_ns, 90000 * NS_PER_US);
	/* ceil(4.05 / 33.333) */
	assert_in_range(row_of(0)->utilisation, 121500, 121513);
}

static void the_most_important_display_comes_first(void **state)
{
	(void)state;
	check("priority = <2>", "priority = <0>");
	assert_int_equal(admission.row[0].index, 0);
	assert_int_equal(admission.row[1].index, 2);
	assert_int_equal(admission.row[2].index, 1);
}

static void a_guest_without_a_job_length_ends_all_promises_and_is_not_refused(void **state)
{
	(void)state;
	check("max-job-us = <8000>;", "");
	assert_int_equal(admission.verdict, ADMISSION_OPEN);
	assert_false(admission_refused(&admission));
	assert_string_equal(admission.reason, "guest seat declares no max-job-us");
	assert_int_equal(row_of(0)->verdict, ADMISSION_OPEN);
}

static void other_policies_promise_nothing(void **state)
{
	static const char *const policies[] = {"fifo", "round-robin", "time-slice"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char to[80];

		snprintf(to, sizeof(to), "policy = \"%s\"; switch-cost-us", policies[i]);
		check("switch-cost-us", to);
		assert_int_equal(admission.verdict, ADMISSION_OPEN);
		assert_non_null(strstr(admission.reason, policies[i]));
	}
}

static void a_composed_panel_must_say_how_long_a_composition_takes(void **state)
{
	(void)state;
	check("label = \"cluster\"; panel = <&center>;",
	      "label = \"cluster\"; panel = <&center>; region = <0 0 640 480>;");
	assert_int_equal(admission.verdict, ADMISSION_OPEN);
	assert_non_null(strstr(admission.reason, "compose-us"));
}

static void compositions_precede_and_delay_all_displays(void **state)
{
	(void)state;
	check(NULL, NULL);
	config.panel[0].composed = 1;
	config.panel[0].compose_us = 2000;
	admission_check(&config, &admission);
	assert_int_equal(admission.num_rows, 4);
	assert_int_equal(admission.row[0].composition, 1);
	assert_int_equal(admission.row[0].response_ns, (9050 + 2050 + 200) * NS_PER_US);
	assert_int_equal(row_of(0)->response_ns, (13800 + 2050) * NS_PER_US);
	/* A longer picture period leaves the others more of the GPU. */
	config.panel[0].picture_period_us = 33333;
	uint64_t before = admission.row[0].utilisation;
	admission_check(&config, &admission);
	assert_in_range(admission.row[0].utilisation * 2, before - 2, before + 2);
}

static void a_display_with_a_gate_holds_whatever_the_jobs_of_others(void **state)
{
	(void)state;
	check("kill-time-us = <7000>;", "kill-time-us = <30000>;");
	assert_int_equal(row_of(0)->verdict, ADMISSION_LATE);
	config.display[0].slack_gate = 1;
	admission_check(&config, &admission);
	assert_int_equal(row_of(0)->verdict, ADMISSION_HOLDS);
	assert_int_equal(row_of(0)->response_ns, row_of(0)->deadline_ns);
	assert_int_equal(row_of(0)->blocking_ns, row_of(0)->tolerance_ns);
}

static void a_late_best_effort_display_changes_no_other_promise(void **state)
{
	uint64_t cluster;

	(void)state;
	check("deadline-us = <90000>", "deadline-us = <12000>");
	assert_true(admission_refused(&admission));
	cluster = row_of(0)->response_ns;
	check("deadline-us = <90000>", "deadline-us = <12000>; best-effort");
	assert_int_equal(admission.verdict, ADMISSION_HOLDS);
	assert_int_equal(row_of(2)->verdict, ADMISSION_EFFORT);
	assert_true(row_of(2)->response_ns > row_of(2)->deadline_ns);
	assert_int_equal(row_of(0)->response_ns, cluster);
	assert_int_equal(row_of(0)->verdict, ADMISSION_HOLDS);
}

/* --- Refusals --------------------------------------------------------------------------------- */

static const struct refusal {
	const char *from, *to;
	enum admission_verdict verdict;
	const char *node, *property;
} refusals[] = {
	/* A job that is longer than the cluster tolerates. */
	{"max-job-us = <8000>", "max-job-us = <35000>", ADMISSION_LATE, "seat", "max-job-us"},
	{"kill-time-us = <7000>", "kill-time-us = <30000>", ADMISSION_LATE, "ivi", "kill-time-us"},
	/* A job so long that only a gate helps. */
	{"max-job-us = <8000>", "max-job-us = <45000>", ADMISSION_LATE, "display@0", "slack-gate"},
	/* Deadlines and periods that are too short. */
	{"deadline-us = <90000>", "deadline-us = <12000>", ADMISSION_LATE, "display@a",
	 "deadline-us"},
	{"frame-period-us = <80000>;", "frame-period-us = <16667>; segments-per-frame = <2>;",
	 ADMISSION_LATE, "ivi", "max-job-us"},
	{"jitter-us = <500>;", "jitter-us = <33000>;", ADMISSION_LATE, "", ""},
	{"jitter-us = <500>;", "segments-per-frame = <3>; segment-gap-us = <5000>;", ADMISSION_LATE,
	 "", ""},
	{"reset-time-us = <1500>", "reset-time-us = <40000>", ADMISSION_LATE, "", ""},
	{"latency-us = <200>", "latency-us = <30000>", ADMISSION_LATE, "", ""},
	/* Budgets that would delay promised frames. */
	{"budget-us = <9000>", "budget-us = <4000>", ADMISSION_SHORT, "cluster", "budget-us"},
	{"jitter-us = <500>;", "segments-per-frame = <2>;", ADMISSION_SHORT, "cluster",
	 "budget-us"},
	{"budget-us = <9000>; budget-period-us = <33333>",
	 "budget-us = <200>; budget-period-us = <2000>", ADMISSION_SHORT, "", ""},
};

/* Change the node as a user would, and nothing else. */
static void apply(void *fdt, const struct admission_change *change)
{
	int node = fdt_path_offset(fdt, change->node), status;

	assert_true(node >= 0);
	if (!strcmp(change->property, "slack-gate"))
		status = fdt_setprop(fdt, node, change->property, NULL, 0);
	else
		status = fdt_setprop_u32(fdt, node, change->property, change->to);
	assert_int_equal(status, 0);
}

static void *open_for_changes(const void *blob, size_t size)
{
	void *copy = malloc(size + 4096);

	assert_non_null(copy);
	assert_int_equal(fdt_open_into(blob, copy, (int)size + 4096), 0);
	return copy;
}

static void refused_trees_are_accepted_after_the_proposed_change(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *t = &refusals[i];
		size_t size = 0;
		void *blob = compile(t->from, t->to, &size), *copy;
		struct admission proposed;

		check_blob(blob, size);
		if (admission.verdict != t->verdict)
			fail_msg("%s: %s", t->to, admission_word(admission.verdict));
		if (!strstr(admission.error.node, t->node) ||
		    !strstr(admission.error.property, t->property) ||
		    strncmp(admission.error.message, admission.error.node,
			    strlen(admission.error.node)) ||
		    !strstr(admission.error.message, "; allowed: ") ||
		    !strstr(admission.error.message, "; fix: "))
			fail_msg("%s: error: %s", t->to, admission.error.message);
		if (!admission.num_changes)
			fail_msg("%s: no change: %s", t->to, admission.error.message);
		fprintf(stderr, "# %s\n", admission.error.message);
		proposed = admission;
		copy = open_for_changes(blob, size);
		for (uint32_t j = 0; j < proposed.num_changes; j++)
			apply(copy, &proposed.change[j]);
		fdt_pack(copy);
		check_blob(copy, fdt_totalsize(copy));
		if (admission.verdict != ADMISSION_HOLDS)
			fail_msg("%s: still %s after %s: %s", t->to,
				 admission_word(admission.verdict), proposed.error.message,
				 admission.error.message);
		free(copy);
		free(blob);
	}
}

/* The proposed change is the smallest of its kind. */
static void one_step_less_than_the_proposed_change_is_refused(void **state)
{
	uint32_t checked = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		size_t size = 0;
		void *blob = compile(refusals[i].from, refusals[i].to, &size), *copy;
		struct admission_change change;

		check_blob(blob, size);
		change = admission.change[0];
		copy = open_for_changes(blob, size);
		if (admission.num_changes == 1 && change.to > 1) {
			change.to += change.to < change.from ? 1u : -1u;
			apply(copy, &change);
			fdt_pack(copy);
			check_blob(copy, fdt_totalsize(copy));
			assert_true(admission_refused(&admission));
			checked++;
		}
		free(copy);
		free(blob);
	}
	assert_true(checked >= 5);
}

static void a_tree_that_no_change_helps_says_so(void **state)
{
	(void)state;
	check("latency-us = <200>", "latency-us = <1000000>");
	assert_true(admission_refused(&admission));
	assert_int_equal(admission.num_changes, 0);
	assert_non_null(strstr(admission.error.message, "no single change"));
}

static void a_budget_must_be_more_than_a_frame_needs(void **state)
{
	(void)state;
	check("budget-us = <9000>", "budget-us = <4051>");
	assert_int_equal(admission.verdict, ADMISSION_HOLDS);
	check("budget-us = <9000>", "budget-us = <4050>");
	assert_int_equal(admission.verdict, ADMISSION_SHORT);
}

static void a_period_near_a_multiple_of_the_panels_counts_as_that(void **state)
{
	struct sched_params p;

	(void)state;
	check("frame-period-us = <33333>", "frame-period-us = <33400>");
	admission_guest_params(&config, &admission, 0, &p);
	assert_int_equal(p.frame_period_ns, 33333332);
	check("frame-period-us = <33333>", "frame-period-us = <40000>");
	admission_guest_params(&config, &admission, 0, &p);
	assert_int_equal(p.frame_period_ns, 40000 * NS_PER_US);
}

static uint64_t seed = 11;

static uint32_t between(uint32_t low, uint32_t high)
{
	return (uint32_t)frames_between(&seed, low, high);
}

static void any_refused_configuration_is_accepted_after_its_change(void **state)
{
	uint32_t refused = 0, fixed = 0;

	(void)state;
	check(NULL, NULL);
	for (int n = 0; n < 300; n++) {
		struct config c = config;
		struct admission a;

		for (uint32_t i = 0; i < c.num_guests; i++) {
			c.guest[i].max_job_us = between(100, 20000);
			c.guest[i].kill_time_us =
				between(0, 1) ? c.guest[i].max_job_us + between(0, 5000) : 0;
			c.display[i].segments = between(1, 3);
			c.display[i].jitter_us = between(0, 3000);
		}
		admission_check(&c, &a);
		if (!admission_refused(&a))
			continue;
		refused++;
		for (uint32_t i = 0; i < a.num_changes; i++) {
			const struct admission_change *change = &a.change[i];

			assert_int_not_equal(change->from, change->to);
			assert_non_null(change->property);
		}
		fixed += a.num_changes > 0;
	}
	assert_true(refused > 50);
	assert_int_equal(fixed, refused);
}

/* A guest with a budget beside a guest that saturates the GPU. */
static void a_budget_that_suffices_never_holds_a_frame_back(void **state)
{
	uint32_t enough = 0, tight = 0;

	(void)state;
	check(NULL, NULL);
	for (uint64_t n = 0; enough < 300; n++) {
		struct frames_run run = {.policy = "fixed-priority",
					 .seed = n,
					 .duration_ns = UINT64_C(2000000000),
					 .exact = 1};
		struct frames_client clients[2] = {{.weight = 1},
						   {.weight = 1, .kind = FRAMES_SATURATE}};
		struct response_stream in[2] = {{.priority = 1, .deadline_ns = 1},
						{.priority = 2, .client = 1, .segments = 1}};
		struct response out[2];
		struct config c = config;
		struct admission a;

		c.guest[0].max_job_us = between(100, 3000);
		c.display[0].segments = between(1, 4);
		c.display[0].frame_period_us = between(14000, 40000);
		c.guest[0].budget_period_us =
			between(0, 1) ? c.display[0].frame_period_us : between(1000, 40000);
		c.guest[0].budget_us =
			between(c.guest[0].budget_period_us / 50 + 1, c.guest[0].budget_period_us);
		c.costs.switch_ns = 0;
		in[0].cost_ns = c.guest[0].max_job_us * NS_PER_US;
		in[0].segments = c.display[0].segments;
		in[0].period_ns = c.display[0].frame_period_us * NS_PER_US;
		in[0].deadline_ns = in[0].period_ns;
		in[0].jitter_ns = between(0, 1) ? in[0].period_ns / between(3, 30) : 0;
		in[0].budget_ns = c.guest[0].budget_us * NS_PER_US;
		in[0].budget_period_ns = c.guest[0].budget_period_us * NS_PER_US;
		in[1].cost_ns = between(100, 9000) * NS_PER_US;
		in[1].period_ns = in[1].deadline_ns = UINT64_C(1000000000);
		response_analyse(in, 2, 0, out);
		a = (struct admission){.num_rows = 1,
				       .row[0] = {.response_ns = out[0].response_ns,
						  .deadline_ns = in[0].deadline_ns}};
		if (out[0].response_ns > in[0].deadline_ns)
			continue;
		clients[0].stream = in[0];
		clients[1].stream = in[1];
		clients[0].kind = n % 3 ? FRAMES_PERIODIC : FRAMES_ADVERSE;
		frames_simulate(&run, clients, 2);
		if (!admission_budget_suffices(&c, &a, 0)) {
			tight += clients[0].throttled > 0;
			continue;
		}
		enough++;
		if (clients[0].throttled)
			fail_msg("set %u: %llu jobs had to wait for a budget", (unsigned int)n,
				 (unsigned long long)clients[0].throttled);
		assert_true(clients[0].worst_ns <= out[0].response_ns);
	}
	/* Refused budgets did delay frames. */
	assert_true(tight > 50);
}

static void scheduler_parameters_match_the_tree(void **state)
{
	struct sched_params p;

	(void)state;
	check("jitter-us = <500>;", "jitter-us = <500>; slack-gate;");
	admission_guest_params(&config, &admission, 0, &p);
	assert_int_equal(p.priority, sched_guest_priority(0));
	assert_int_equal(p.weight, 1);
	assert_int_equal(p.job_ns, 4000 * NS_PER_US);
	assert_int_equal(p.budget_ns, 9000 * NS_PER_US);
	assert_int_equal(p.jitter_ns, 500 * NS_PER_US);
	assert_int_equal(p.gate, 1);
	/* 33.333 - 0.5 - 4.05 - 0.2 */
	assert_int_equal(p.frame_period_ns, 33333 * NS_PER_US);
	assert_int_equal(p.slack_ns, row_of(0)->tolerance_ns);
	assert_int_equal(p.slack_ns, (33333 - 500 - 4050 - 200) * NS_PER_US);
	admission_guest_params(&config, &admission, 1, &p);
	assert_int_equal(p.kill_ns, 7000 * NS_PER_US);
	assert_int_equal(p.gate, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_that_holds_is_admitted_with_its_numbers),
		cmocka_unit_test(the_most_important_display_comes_first),
		cmocka_unit_test(a_guest_without_a_job_length_ends_all_promises_and_is_not_refused),
		cmocka_unit_test(other_policies_promise_nothing),
		cmocka_unit_test(a_composed_panel_must_say_how_long_a_composition_takes),
		cmocka_unit_test(compositions_precede_and_delay_all_displays),
		cmocka_unit_test(a_display_with_a_gate_holds_whatever_the_jobs_of_others),
		cmocka_unit_test(a_late_best_effort_display_changes_no_other_promise),
		cmocka_unit_test(refused_trees_are_accepted_after_the_proposed_change),
		cmocka_unit_test(one_step_less_than_the_proposed_change_is_refused),
		cmocka_unit_test(a_tree_that_no_change_helps_says_so),
		cmocka_unit_test(a_budget_must_be_more_than_a_frame_needs),
		cmocka_unit_test(a_period_near_a_multiple_of_the_panels_counts_as_that),
		cmocka_unit_test(any_refused_configuration_is_accepted_after_its_change),
		cmocka_unit_test(a_budget_that_suffices_never_holds_a_frame_back),
		cmocka_unit_test(scheduler_parameters_match_the_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
