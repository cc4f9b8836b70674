/* SPDX-License-Identifier: MIT */
/* Device trees as workloads, and the output of results. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/sim/output/output.h"
#include "mediator/sim/input/tree.h"
#include "tests/unit/mediator/sim/sim_case.h"

static const char cockpit[] = "duration 2s\nguest cluster priority=0 max-job=4ms\n"
			      "guest ivi priority=1 max-job=9ms\n"
			      "stream cluster periodic period=16ms job=4ms deadline=12ms\n"
			      "stream ivi saturating job=9ms queued=2\n";

static struct sim_outcome copy;

static struct sim_result run_cockpit(void)
{
	const struct sim_workload *w = sim_case(cockpit);
	struct sim_result result = {.workload = w, .policy = sim_policy_find("fixed-priority")};

	copy = *sim_case_run(w, "fixed-priority", NULL);
	result.outcome = &copy;
	return result;
}

static void the_table_names_streams_and_totals(void **state)
{
	const struct sim_result result = run_cockpit();
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	sim_table_write(out, &result);
	fclose(out);
	assert_non_null(strstr(text, "fixed-priority"));
	assert_non_null(strstr(text, "  cluster "));
	assert_non_null(strstr(text, "  ivi "));
	assert_non_null(strstr(text, "GPU busy 100.00%"));
	free(text);
}

static void json_holds_the_whole_outcome(void **state)
{
	struct sim_result result = run_cockpit();
	const uint64_t bounds[SIM_MAX_STREAMS] = {13 * MS};
	json_t *json, *cluster;

	(void)state;
	result.bound_ns = bounds;
	json = sim_json(&result);
	assert_non_null(json);
	cluster = json_array_get(json_object_get(json, "streams"), 0);
	assert_string_equal(json_string_value(json_object_get(cluster, "name")), "cluster");
	assert_int_equal(json_integer_value(json_object_get(cluster, "finished")),
			 (json_int_t)copy.stream[0].finished);
	assert_int_equal(json_integer_value(json_object_get(cluster, "missed")),
			 (json_int_t)copy.stream[0].missed);
	assert_true(json_real_value(json_object_get(cluster, "bound_us")) == 13000.0);
	assert_true(
		json_real_value(json_object_get(json_object_get(cluster, "response_us"), "max")) ==
		(double)copy.stream[0].response.max_ns / 1e3);
	assert_true(json_is_null(json_object_get(json, "share_error")));
	assert_int_equal(json_array_size(json_object_get(json, "guests")), 2);
	json_decref(json);
}

static void the_timeline_is_json_with_all_jobs_and_matching_frames(void **state)
{
	const struct sim_workload *w = sim_case(cockpit);
	uint64_t begun = 0, ended = 0, jobs = 0;
	const struct sim_outcome *r;
	struct sim_trace trace;
	json_t *json, *event;
	double last_end = 0;
	char *text = NULL;
	size_t size = 0, i;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	sim_trace_start(&trace, out, w, sim_policy_find("fixed-priority"), w->duration_ns);
	r = sim_case_run(w, "fixed-priority", &trace.observer);
	sim_trace_finish(&trace);
	fclose(out);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	json_array_foreach(json_object_get(json, "traceEvents"), i, event)
	{
		const char *phase = json_string_value(json_object_get(event, "ph"));
		double at = json_number_value(json_object_get(event, "ts"));

		begun += !strcmp(phase, "b");
		ended += !strcmp(phase, "e");
		if (strcmp(phase, "X"))
			continue;
		jobs++;
		assert_true(at >= last_end - 0.01);
		last_end = at + json_number_value(json_object_get(event, "dur"));
	}
	assert_int_equal(jobs, r->jobs);
	assert_int_equal(begun, r->stream[0].finished + r->stream[1].finished);
	assert_int_equal(ended, begun);
	json_decref(json);
	free(text);
}

static void the_figure_has_a_plot_for_each_display_and_a_curve_for_each_policy(void **state)
{
	struct sim_result results[2] = {run_cockpit(), run_cockpit()};
	char *text = NULL;
	const char *at;
	size_t size = 0;
	int curves = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	sim_svg_write(out, results, 2);
	fclose(out);
	assert_memory_equal(text, "<svg ", 5);
	assert_non_null(strstr(text, ">cluster</text>"));
	assert_null(strstr(text, ">ivi</text>"));
	assert_non_null(strstr(text, "class=\"deadline\""));
	for (at = text; (at = strstr(at, "<path class=\"curve\"")); at++)
		curves++;
	assert_int_equal(curves, 2);
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	assert_string_equal(text + size - 7, "</svg>\n");
	free(text);
}

/* A configuration as config_parse() would fill it in. */
static struct config config;

static void make_config(void)
{
	memset(&config, 0, sizeof(config));
	config.policy = &sched_fifo;
	config.costs.switch_ns = 5000;
	config.num_panels = config.num_displays = config.num_guests = 2;
	config.num_panels = 1;
	config.panel[0] = (struct config_panel){
		.connector = "Virtual-1", .refresh_hz = 50, .composed = 1, .compose_us = 700};
	for (uint32_t i = 0; i < 2; i++) {
		config.display[i] = (struct config_display){.guest = i,
							    .priority = i * 3,
							    .frame_period_us = 20000,
							    .jitter_us = 100,
							    .segments = 2,
							    .segment_gap_us = 300};
		config.guest[i] = (struct config_guest){.priority = i * 3,
							.weight = 1 + i,
							.max_job_us = 3000,
							.num_displays = 1,
							.display = {i}};
	}
	strcpy(config.display[0].name, "cluster");
	strcpy(config.display[1].name, "ivi");
	strcpy(config.guest[0].name, "c");
	strcpy(config.guest[1].name, "i");
	config.display[0].deadline_us = 15000;
	config.display[0].slack_gate = 1;
}

static void a_tree_becomes_streams_at_their_declared_maxima(void **state)
{
	static struct sim_workload w;

	(void)state;
	make_config();
	assert_null(sim_tree(&config, SIM_LOAD_PERIODIC, 0, &w));
	assert_string_equal(w.policy, "fifo");
	assert_int_equal(w.switch_ns, 5000);
	assert_int_equal(w.num_guests, 3);
	assert_int_equal(w.num_streams, 3);
	assert_int_equal(w.guest[0].gate, 1);
	assert_int_equal(w.guest[1].weight, 2);
	assert_int_equal(w.stream[0].deadline_ns, 15 * MS);
	assert_int_equal(w.stream[1].deadline_ns, 20 * MS);
	assert_int_equal(w.stream[1].num_segments, 2);
	assert_int_equal(w.stream[1].job_max_ns[1], 3 * MS);
	assert_int_equal(w.stream[1].gap_ns[0], 300 * US);
	/* The compositor goes first. */
	assert_true(w.guest[2].priority < w.guest[0].priority);
	assert_int_equal(w.stream[2].period_ns, 20 * MS);
	assert_int_equal(w.stream[2].job_max_ns[0], 700 * US);
	assert_int_equal(sim_case_run(&w, "fixed-priority", NULL)->stream[0].missed, 0);
}

static void a_saturating_load_leaves_only_the_most_important_display_periodic(void **state)
{
	static struct sim_workload w;

	(void)state;
	make_config();
	assert_null(sim_tree(&config, SIM_LOAD_SATURATING, 0, &w));
	assert_int_equal(w.stream[0].kind, SIM_PERIODIC);
	assert_int_equal(w.stream[1].kind, SIM_SATURATING);
	assert_int_equal(w.stream[2].kind, SIM_PERIODIC);
}

static void a_guest_without_a_declared_job_is_named(void **state)
{
	static struct sim_workload w;

	(void)state;
	make_config();
	config.guest[1].max_job_us = 0;
	assert_string_equal(sim_tree(&config, SIM_LOAD_PERIODIC, 0, &w), "i");
	assert_null(sim_tree(&config, SIM_LOAD_PERIODIC, 7 * MS, &w));
	assert_int_equal(w.stream[1].job_max_ns[0], 7 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_names_streams_and_totals),
		cmocka_unit_test(json_holds_the_whole_outcome),
		cmocka_unit_test(the_timeline_is_json_with_all_jobs_and_matching_frames),
		cmocka_unit_test(
			the_figure_has_a_plot_for_each_display_and_a_curve_for_each_policy),
		cmocka_unit_test(a_tree_becomes_streams_at_their_declared_maxima),
		cmocka_unit_test(a_saturating_load_leaves_only_the_most_important_display_periodic),
		cmocka_unit_test(a_guest_without_a_declared_job_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
