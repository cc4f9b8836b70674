/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/config/config.h"
#include "tests/unit/mediator/config/tree_source.h"

#define M "/passthrough/gpu-mediator"
#define D M "/displays/display@"
#define G M "/guests/"

static struct config config;
static struct config_error err;

static int parse_source(const char *from, const char *to)
{
	char *source = tree_source(from, to);
	size_t size = 0;
	void *blob = tree_compile(source, &size);
	int status;

	free(source);
	if (!blob)
		fail_msg("dtc refuses the tree with: %s", to);
	status = config_parse(blob, size, &config, &err);
	free(blob);
	return status;
}

static void good_tree_is_read_whole(void **state)
{
	(void)state;
	assert_int_equal(parse_source(NULL, NULL), CONFIG_OK);
	assert_string_equal(err.message, "");
	assert_ptr_equal(config.policy, &sched_fixed_priority);
	assert_int_equal(config.num_panels, 2);
	assert_int_equal(config.num_displays, 4);
	assert_int_equal(config.num_guests, 3);

	assert_string_equal(config.panel[0].connector, "Virtual-1");
	assert_int_equal(config.panel[0].width, 1280);
	assert_int_equal(config.panel[0].height, 720);
	assert_int_equal(config.panel[0].refresh_hz, 60);

	assert_string_equal(config.display[0].name, "cluster");
	assert_int_equal(config.display[0].frame_period_us, 16667);
	assert_int_equal(config.display[0].freeze_timeout_ms, 100);
	assert_int_equal(config.display[2].region.x, 800);
	assert_int_equal(config.display[2].region.y, 400);
	assert_int_equal(config.display[2].region.width, 480);
	assert_int_equal(config.display[2].region.height, 320);
	assert_int_equal(config.display[3].reg, 10);
	assert_int_equal(config.display[3].panel, 1);
	assert_int_equal(config.display[3].guest, 1);
	assert_int_equal(config.display[3].scanout, 1);

	assert_string_equal(config.guest[0].name, "cluster");
	assert_int_equal(config.guest[0].max_job_us, 4000);
	assert_int_equal(config.guest[0].budget_us, 6000);
	assert_int_equal(config.guest[0].budget_period_us, 16667);
	assert_int_equal(config.guest[0].memory_mib, 64);
	assert_int_equal(config.guest[0].max_contexts, 8);
	assert_int_equal(config.guest[0].max_resources, 512);
	assert_int_equal(config.guest[0].max_granted_mib, 32);
	assert_int_equal(config.guest[0].max_command_kib, 512);
	assert_int_equal(config.guest[0].max_events_per_s, 2000);
	assert_int_equal(config.guest[0].max_log_lines, 30);
	assert_int_equal(config.guest[1].num_displays, 2);
	assert_int_equal(config.guest[1].display[1], 3);
	assert_string_equal(config.guest[2].name, "rear.seat_1");
	assert_string_equal(config.path, M);
	assert_string_equal(config.guest[2].node, "passenger");
	assert_string_equal(config.panel[1].node, "panel-rear");
}

static void inputs_of_the_promise_are_read(void **state)
{
	(void)state;
	assert_int_equal(parse_source("policy = \"fixed-priority\";",
				      "switch-cost-us = <50>; latency-us = <200>;"
				      "watchdog-granularity-us = <1000>; reset-time-us = <5000>;"),
			 CONFIG_OK);
	assert_int_equal(config.costs.switch_ns, 50000);
	assert_int_equal(config.costs.latency_ns, 200000);
	assert_int_equal(config.costs.watchdog_ns, 1000000);
	assert_int_equal(config.costs.reset_ns, 5000000);
	assert_int_equal(parse_source("freeze-timeout-ms = <100>;",
				      "deadline-us = <15000>; jitter-us = <700>; slack-gate;"
				      "segments-per-frame = <3>; segment-gap-us = <250>;"),
			 CONFIG_OK);
	assert_int_equal(config.display[0].deadline_us, 15000);
	assert_int_equal(config.display[0].jitter_us, 700);
	assert_int_equal(config.display[0].segments, 3);
	assert_int_equal(config.display[0].segment_gap_us, 250);
	assert_int_equal(config.display[0].slack_gate, 1);
	assert_int_equal(parse_source("max-job-us = <4000>;",
				      "max-job-us = <4000>; kill-time-us = <8000>; weight = <7>;"),
			 CONFIG_OK);
	assert_int_equal(config.guest[0].kill_time_us, 8000);
	assert_int_equal(config.guest[0].weight, 7);
	assert_int_equal(
		parse_source("max-job-us = <4000>;", "max-job-us = <4000>; max-job-draws = <32>;"),
		CONFIG_OK);
	assert_int_equal(config.guest[0].max_job_draws, 32);
	assert_int_equal(parse_source("max-job-us = <4000>;", "max-job-us = <4000>; ban-ms = <0>;"),
			 CONFIG_OK);
	assert_int_equal(config.guest[0].ban_ms, 0);
	assert_int_equal(parse_source("mode = \"1280x720@60\";",
				      "mode = \"1280x720@60\"; compose-us = <2500>;"),
			 CONFIG_OK);
	assert_int_equal(config.panel[0].compose_us, 2500);
}

static void picture_period_is_a_multiple_of_the_refresh_period(void **state)
{
	struct config_panel p = {.refresh_hz = 60};
	const uint64_t refresh = 1000000000 / 60;

	(void)state;
	assert_int_equal(config_picture_period_ns(&p), refresh);
	p.picture_period_us = 16666;
	assert_int_equal(config_picture_period_ns(&p), refresh);
	p.picture_period_us = 50000;
	assert_int_equal(config_picture_period_ns(&p), 3 * refresh);
}

static void guest_has_at_most_one_gate(void **state)
{
	(void)state;
	assert_int_equal(parse_source("d3: display@a {", "d3: display@a { slack-gate;"), CONFIG_OK);
	/* Both displays belong to ivi. */
	assert_int_equal(parse_source("priority = <2>; };\n"
				      "        d2: display@2 { reg = <2>; panel = <&panel>;\n"
				      "          region = <800 400 480 320>; priority = <1>; "
				      "frame-period-us = <33333>; };\n"
				      "        d3: display@a {",
				      "priority = <2>; slack-gate; };\n"
				      "        d2: display@2 { reg = <2>; panel = <&panel>;\n"
				      "          region = <800 400 480 320>; priority = <1>; };\n"
				      "        d3: display@a { slack-gate;"),
			 CONFIG_ERR_CONFLICT);
	assert_string_equal(err.node, D "a");
	assert_string_equal(err.property, "slack-gate");
}

static void absent_property_has_the_documented_default(void **state)
{
	(void)state;
	assert_int_equal(parse_source("policy = \"fixed-priority\";", ""), CONFIG_OK);
	assert_ptr_equal(config.policy, &sched_fixed_priority);
	assert_string_equal(config.display[2].name, "display2");
	assert_int_equal(config.display[1].frame_period_us, 16667);
	assert_int_equal(config.display[3].frame_period_us, 20000);
	assert_int_equal(config.display[1].freeze_timeout_ms, 0);
	assert_int_equal(config.display[3].region.x, 0);
	assert_int_equal(config.display[3].region.width, 1024);
	assert_int_equal(config.display[3].region.height, 600);
	assert_int_equal(config.guest[2].memory_mib, CONFIG_DEFAULT_MEMORY);
	assert_int_equal(config.guest[2].max_contexts, CONFIG_DEFAULT_CONTEXTS);
	assert_int_equal(config.guest[2].max_resources, CONFIG_DEFAULT_RESOURCES);
	assert_int_equal(config.guest[2].max_granted_mib, config.guest[2].memory_mib);
	assert_int_equal(config.guest[2].max_command_kib, CONFIG_MAX_COMMAND_KIB);
	assert_int_equal(config.guest[2].max_events_per_s, CONFIG_DEFAULT_EVENTS);
	assert_int_equal(config.guest[2].max_log_lines, CONFIG_DEFAULT_LOG_LINES);
	assert_int_equal(config.guest[2].max_job_us, 0);
	assert_int_equal(config.guest[2].max_job_draws, 0);
	assert_int_equal(config.guest[2].kill_time_us, 0);
	assert_int_equal(config.guest[2].weight, 1);
	assert_int_equal(config.display[2].deadline_us, 33333);
	assert_int_equal(config.display[2].jitter_us, 0);
	assert_int_equal(config.display[2].segments, 1);
	assert_int_equal(config.display[2].segment_gap_us, 0);
	assert_int_equal(config.display[2].slack_gate, 0);
	assert_int_equal(config.panel[0].compose_us, 0);
	assert_int_equal(config.costs.switch_ns, 0);
	assert_int_equal(config.costs.reset_ns, 0);
	assert_int_equal(config.guest[2].budget_us, 0);
	assert_int_equal(config.guest[2].ban_ms, 60000);
	assert_int_equal(config.guest[2].budget_period_us, 0);
}

static void most_important_display_is_painted_last(void **state)
{
	const uint32_t *order = config.panel[0].display;

	(void)state;
	assert_int_equal(parse_source(NULL, NULL), CONFIG_OK);
	assert_int_equal(config.panel[0].num_displays, 3);
	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 2);
	assert_int_equal(order[2], 0);
}

static void guest_has_the_priority_of_its_most_important_display(void **state)
{
	(void)state;
	assert_int_equal(parse_source(NULL, NULL), CONFIG_OK);
	assert_int_equal(config.guest[0].priority, 0);
	assert_int_equal(config.guest[1].priority, 2);
	assert_int_equal(config.guest[2].priority, 1);
	assert_int_equal(parse_source("priority = <5>", "priority = <0>"), CONFIG_OK);
	assert_int_equal(config.guest[1].priority, 0);
}

static void display_that_fills_its_panel_needs_no_composition(void **state)
{
	(void)state;
	assert_int_equal(parse_source(NULL, NULL), CONFIG_OK);
	assert_true(config.panel[0].composed);
	assert_false(config.panel[1].composed);
	assert_int_equal(
		parse_source("panel = <&rear>;", "panel = <&rear>; region = <0 0 1024 599>;"),
		CONFIG_OK);
	assert_true(config.panel[1].composed);
}

/* Values that look odd and are allowed. */
static const struct {
	const char *from, *to;
} accepted[] = {
	{"\"fixed-priority\"", "\"fifo\""},
	{"\"fixed-priority\"", "\"round-robin\""},
	{"\"fixed-priority\"", "\"time-slice\""},
	{"max-job-us = <4000>", "max-job-us = <4000>; kill-time-us = <4000>"},
	{"max-job-us = <4000>", "max-job-us = <4000>; weight = <1000>"},
	{"freeze-timeout-ms = <100>", "deadline-us = <1000000>"},
	{"freeze-timeout-ms = <100>", "deadline-us = <16667>; slack-gate"},
	{"freeze-timeout-ms = <100>", "jitter-us = <16666>"},
	{"freeze-timeout-ms = <100>", "segments-per-frame = <256>"},
	{"priority = <2>", "priority = <255>"},
	{"priority = <2>", "priority = <0>"}, /* displays of equal priority take turns */
	{"<800 400 480 320>", "<1248 400 32 32>"},
	{"frame-period-us = <16667>", "frame-period-us = <16666>"},
	{"frame-period-us = <33333>", "frame-period-us = <1000000>"},
	{"freeze-timeout-ms = <100>", "freeze-timeout-ms = <34>"},
	{"freeze-timeout-ms = <100>", "freeze-timeout-ms = <100>; announce = <1152 399>"},
	{"freeze-timeout-ms = <100>",
	 "freeze-timeout-ms = <100>; announce = <0 0>; telltales = <0 1 1280 399>, <0 1 9 398>"},
	{"freeze-timeout-ms = <100>", "freeze-timeout-ms = <100>; check-interval-ms = <50>"},
	{"policy = \"fixed-priority\"", "watchdog = \"/dev/watchdog\""},
	{"freeze-timeout-ms = <100>", "freeze-timeout-ms = <10000>"},
	{"budget-us = <6000>", "budget-us = <12500>"}, /* 74.999 %, beside 25 % */
	{"memory-mib = <64>", "memory-mib = <4>"},
	{"memory-mib = <64>", "memory-mib = <16384>"},
	{"\"1024x600@50\"", "\"8192x8192@240\""},
	{"\"rear.seat_1\"", "\"abcdefghijklmnopqrstuvwxyz01234\""},
};

static void limits_are_accepted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++)
		if (parse_source(accepted[i].from, accepted[i].to))
			fail_msg("%s: %s", accepted[i].to, err.message);
}

static const struct refusal {
	const char *from, *to;
	int status;
	const char *node, *property, *mentions;
} refusals[] = {
	/* nodes */
	{"\"xen,gpu-mediator-v1\"", "\"xen,gpu-mediator-v2\"", CONFIG_ERR_NODE, "/", "",
	 "no node that is compatible"},
	{"passthrough {", "aliases { compatible = \"xen,gpu-mediator-v1\"; }; passthrough {",
	 CONFIG_ERR_NODE, M, "compatible", "a second node"},
	{"\"xen,gpu-mediator-v1\"", "\"a\", \"xen,gpu-mediator-v1\"", CONFIG_ERR_VALUE, M,
	 "compatible", "one string"},
	{"displays {\n", "display-list {\n", CONFIG_ERR_NODE, M "/display-list", "",
	 "does not belong here"},
	{"guests {\n", "guests { }; clients {\n", CONFIG_ERR_NODE, M "/clients", "",
	 "does not belong here"},
	{"panel: panel {", "panel: panel0 {", CONFIG_ERR_NODE, M "/panel0", "", "panel-NAME"},
	{"mode = \"1280x720@60\";", "mode = \"1280x720@60\"; backlight { };", CONFIG_ERR_NODE,
	 M "/panel/backlight", "", "does not belong here"},
	{"priority = <2>;", "priority = <2>; child { };", CONFIG_ERR_NODE, D "1/child", "",
	 "does not belong here"},
	{"displays = <&d2>;", "displays = <&d2>; child { };", CONFIG_ERR_NODE, G "passenger/child",
	 "", "does not belong here"},
	{"rear: panel-rear",
	 "panel-1 { }; panel-2 { }; panel-3 { }; panel-4 { }; panel-5 { };"
	 " panel-6 { }; panel-7 { }; rear: panel-rear",
	 CONFIG_ERR_NODE, M "/panel-rear", "", "8 panels"},
	{"g0: cluster",
	 "b1 { }; b2 { }; b3 { }; b4 { }; b5 { }; b6 { }; b7 { }; b8 { }; b9 { };"
	 " c1 { }; c2 { }; c3 { }; c4 { }; c5 { }; g0: cluster",
	 CONFIG_ERR_NODE, G "passenger", "", "16 guests"},
	{"d0: display@0",
	 "display@10 { }; display@11 { }; display@12 { }; display@13 { };"
	 "display@14 { }; display@15 { }; display@16 { }; display@17 { };"
	 "display@18 { }; display@19 { }; display@1a { }; display@1b { };"
	 "display@1c { }; d0: display@0",
	 CONFIG_ERR_NODE, D "a", "", "16 displays"},

	/* unknown properties: mostly misspelt ones */
	{"policy =", "polcy =", CONFIG_ERR_UNKNOWN, M, "polcy", "compatible, policy"},
	{"policy =", "status = \"disabled\"; policy =", CONFIG_ERR_UNKNOWN, M, "status", "remove"},
	{"mode =", "modes =", CONFIG_ERR_UNKNOWN, M "/panel", "modes", "connector, mode"},
	{"frame-period-us", "frame-period-ms", CONFIG_ERR_UNKNOWN, D "0", "frame-period-ms",
	 "frame-period-us"},
	{"memory-mib", "memory-mb", CONFIG_ERR_UNKNOWN, G "cluster", "memory-mb", "memory-mib"},
	{"guests {", "guests { count = <3>;", CONFIG_ERR_UNKNOWN, M "/guests", "count",
	 "no property at all"},
	{"displays {", "displays { ranges;", CONFIG_ERR_UNKNOWN, M "/displays", "ranges",
	 "#size-cells"},

	/* inputs of the promise */
	{"max-job-us = <4000>", "max-job-us = <4000>; kill-time-us = <3999>", CONFIG_ERR_CONFLICT,
	 G "cluster", "kill-time-us", "max-job-us, 4000, or more"},
	{"max-job-us = <4000>", "kill-time-us = <4000>", CONFIG_ERR_MISSING, G "cluster",
	 "max-job-us", "add it"},
	{"max-job-us = <4000>", "weight = <0>", CONFIG_ERR_VALUE, G "cluster", "weight",
	 "1 to 1000"},
	{"max-job-us = <4000>", "weight = <1001>", CONFIG_ERR_VALUE, G "cluster", "weight",
	 "1 to 1000"},
	{"freeze-timeout-ms = <100>", "slack-gate = <1>", CONFIG_ERR_VALUE, D "0", "slack-gate",
	 "its name alone"},
	{"freeze-timeout-ms = <100>", "slack-gate; best-effort", CONFIG_ERR_CONFLICT, D "0",
	 "best-effort", "one of the two"},
	{"freeze-timeout-ms = <100>", "slack-gate; deadline-us = <16668>", CONFIG_ERR_CONFLICT,
	 D "0", "deadline-us", "at most frame-period-us, 16667"},
	{"freeze-timeout-ms = <100>",
	 "segments-per-frame = <2>; segment-gap-us = <1>; deadline-us = <20000>",
	 CONFIG_ERR_CONFLICT, D "0", "deadline-us", "at most frame-period-us"},
	{"freeze-timeout-ms = <100>", "segment-gap-us = <100>", CONFIG_ERR_CONFLICT, D "0",
	 "segment-gap-us", "segments-per-frame"},
	{"freeze-timeout-ms = <100>", "segments-per-frame = <0>", CONFIG_ERR_VALUE, D "0",
	 "segments-per-frame", "1 to 256"},
	{"freeze-timeout-ms = <100>", "jitter-us = <16667>", CONFIG_ERR_VALUE, D "0", "jitter-us",
	 "0 to 16666"},
	{"freeze-timeout-ms = <100>", "deadline-us = <0>", CONFIG_ERR_VALUE, D "0", "deadline-us",
	 "1 to 1000000"},
	{"policy = \"fixed-priority\"", "latency-us = <1000001>", CONFIG_ERR_VALUE, M, "latency-us",
	 "0 to 1000000"},
	{"policy = \"fixed-priority\"", "reset-time-us = \"long\"", CONFIG_ERR_VALUE, M,
	 "reset-time-us", "one number"},
	{"mode = \"1280x720@60\"", "mode = \"1280x720@60\"; picture-period-us = <16665>",
	 CONFIG_ERR_VALUE, M "/panel", "picture-period-us", "16666 to 1000000"},
	{"mode = \"1280x720@60\"", "mode = \"1280x720@60\"; picture-period-us = <100000>",
	 CONFIG_ERR_VALUE, D "0", "frame-period-us", "100000 to 1000000"},
	{"mode = \"1280x720@60\"", "mode = \"1280x720@60\"; compose-us = <0>", CONFIG_ERR_VALUE,
	 M "/panel", "compose-us", "1 to 1000000"},

	/* missing properties */
	{"connector = \"Virtual-1\";", "", CONFIG_ERR_MISSING, M "/panel", "connector",
	 "Virtual-1"},
	{"mode = \"1280x720@60\";", "", CONFIG_ERR_MISSING, M "/panel", "mode", "1280x720@60"},
	{"reg = <1>;", "", CONFIG_ERR_MISSING, D "1", "reg", "reg = <0>"},
	{"panel = <&panel>;", "", CONFIG_ERR_MISSING, D "0", "panel", "<&panel>"},
	{"priority = <2>;", "", CONFIG_ERR_MISSING, D "1", "priority", "the highest"},
	{"domain-name = \"ivi\";", "", CONFIG_ERR_MISSING, G "ivi", "domain-name", "add it"},
	{"displays = <&d2>;", "", CONFIG_ERR_MISSING, G "passenger", "displays", "add it"},
	{"budget-us = <6000>;", "", CONFIG_ERR_MISSING, G "cluster", "budget-us", "add it"},
	{"budget-period-us = <16667>;", "", CONFIG_ERR_MISSING, G "cluster", "budget-period-us",
	 "add it"},

	/* types */
	{"priority = <2>", "priority = \"high\"", CONFIG_ERR_VALUE, D "1", "priority", "\"high\""},
	{"priority = <2>", "priority = <2 3>", CONFIG_ERR_VALUE, D "1", "priority", "<2 3>"},
	{"priority = <2>", "priority", CONFIG_ERR_VALUE, D "1", "priority", "nothing after"},
	{"memory-mib = <64>", "memory-mib = [40]", CONFIG_ERR_VALUE, G "cluster", "memory-mib",
	 "[40]"},
	{"\"Virtual-1\"", "<1>", CONFIG_ERR_VALUE, M "/panel", "connector", "one string"},
	{"\"Virtual-1\"", "\"Virtual-1\", \"Virtual-3\"", CONFIG_ERR_VALUE, M "/panel", "connector",
	 "one string"},
	{"<0 400 800 320>", "<0 400 800>", CONFIG_ERR_VALUE, D "1", "region", "4 numbers"},
	{"<0 400 800 320>", "[00 01 02]", CONFIG_ERR_VALUE, D "1", "region", "[00 01 02]"},
	{"displays = <&d1 &d3>", "displays = <&d1 &d3 &d1 &d1 &d1>", CONFIG_ERR_VALUE, G "ivi",
	 "displays", "1 to 4 entries"},

	/* ranges */
	{"\"fixed-priority\"", "\"rate-monotonic\"", CONFIG_ERR_VALUE, M, "policy",
	 "fixed-priority, fifo"},
	{"\"Virtual-1\"", "\"\"", CONFIG_ERR_VALUE, M "/panel", "connector", "one string"},
	{"\"Virtual-1\"", "\"../card0\"", CONFIG_ERR_VALUE, M "/panel", "connector", "letters"},
	{"\"cluster\"; panel", "\"a/b\"; panel", CONFIG_ERR_VALUE, D "0", "label", "\"a/b\""},
	{"\"cluster\"; panel", "\"a\\nb\"; panel", CONFIG_ERR_VALUE, D "0", "label", "printable"},
	{"\"rear.seat_1\"", "\"abcdefghijklmnopqrstuvwxyz012345\"", CONFIG_ERR_VALUE, G "passenger",
	 "domain-name", "1 to 31"},
	{"\"rear.seat_1\"", "\"Domain-0\"", CONFIG_ERR_VALUE, G "passenger", "domain-name",
	 "Domain-0"},
	{"1280x720@60", "1280x720", CONFIG_ERR_VALUE, M "/panel", "mode", "WIDTHxHEIGHT@HZ"},
	{"1280x720@60", "1280x720@", CONFIG_ERR_VALUE, M "/panel", "mode", "1280x720@"},
	{"1280x720@60", "1280x720@60 ", CONFIG_ERR_VALUE, M "/panel", "mode", ""},
	{"1280x720@60", "1280X720@60", CONFIG_ERR_VALUE, M "/panel", "mode", ""},
	{"1280x720@60", "01280x720@60", CONFIG_ERR_VALUE, M "/panel", "mode", ""},
	{"1280x720@60", "-1280x720@60", CONFIG_ERR_VALUE, M "/panel", "mode", ""},
	{"1280x720@60", "4294968576x720@60", CONFIG_ERR_VALUE, M "/panel", "mode", ""},
	{"1280x720@60", "8193x720@60", CONFIG_ERR_VALUE, M "/panel", "mode", "8192"},
	{"1280x720@60", "1280x31@60", CONFIG_ERR_VALUE, M "/panel", "mode", "32"},
	{"1280x720@60", "1280x720@0", CONFIG_ERR_VALUE, M "/panel", "mode", ""},
	{"1280x720@60", "1280x720@241", CONFIG_ERR_VALUE, M "/panel", "mode", "240"},
	{"priority = <2>", "priority = <256>", CONFIG_ERR_VALUE, D "1", "priority", "0 to 255"},
	{"reg = <1>", "reg = <3>", CONFIG_ERR_VALUE, D "1", "reg", "after the @"},
	{"reg = <1>", "reg = <256>", CONFIG_ERR_VALUE, D "1", "reg", "0 to 255"},
	{"<0 0 1280 400>", "<0 0 1281 400>", CONFIG_ERR_VALUE, D "0", "region", "1280x720"},
	{"<0 0 1280 400>", "<1 0 1280 400>", CONFIG_ERR_VALUE, D "0", "region", "<1 0 1280 400>"},
	{"<0 0 1280 400>", "<0 321 1280 400>", CONFIG_ERR_VALUE, D "0", "region", "inside"},
	{"<0 0 1280 400>", "<0xffffffff 0 1280 400>", CONFIG_ERR_VALUE, D "0", "region", ""},
	{"<0 0 1280 400>", "<0 0 0xffffffff 400>", CONFIG_ERR_VALUE, D "0", "region", ""},
	{"<0 0 1280 400>", "<0 0 1280 0>", CONFIG_ERR_VALUE, D "0", "region", "32 or more"},
	{"<0 0 1280 400>", "<0 0 31 400>", CONFIG_ERR_VALUE, D "0", "region", "32 or more"},
	{"frame-period-us = <16667>", "frame-period-us = <16665>", CONFIG_ERR_VALUE, D "0",
	 "frame-period-us", "16666 to 1000000"},
	{"frame-period-us = <16667>", "frame-period-us = <0>", CONFIG_ERR_VALUE, D "0",
	 "frame-period-us", "found 0"},
	{"frame-period-us = <16667>", "frame-period-us = <1000001>", CONFIG_ERR_VALUE, D "0",
	 "frame-period-us", "1000000"},
	{"freeze-timeout-ms = <100>", "freeze-timeout-ms = <33>", CONFIG_ERR_VALUE, D "0",
	 "freeze-timeout-ms", "34 to 10000"},
	{"freeze-timeout-ms = <100>", "freeze-timeout-ms = <10001>", CONFIG_ERR_VALUE, D "0",
	 "freeze-timeout-ms", "10000"},
	{"max-job-us = <4000>", "max-job-us = <0>", CONFIG_ERR_VALUE, G "cluster", "max-job-us",
	 "1 to 1000000"},
	{"max-job-us = <4000>", "max-job-us = <1000001>", CONFIG_ERR_VALUE, G "cluster",
	 "max-job-us", "1000001"},
	{"max-resources = <512>", "max-job-draws = <0>", CONFIG_ERR_VALUE, G "cluster",
	 "max-job-draws", "1 to 65536"},
	{"max-resources = <512>", "max-job-draws = <65537>", CONFIG_ERR_VALUE, G "cluster",
	 "max-job-draws", "65537"},
	{"budget-us = <6000>", "budget-us = <0>", CONFIG_ERR_VALUE, G "cluster", "budget-us",
	 "1 to"},
	{"budget-period-us = <16667>", "budget-period-us = <0>", CONFIG_ERR_VALUE, G "cluster",
	 "budget-period-us", "1 to"},
	{"memory-mib = <64>", "memory-mib = <3>", CONFIG_ERR_VALUE, G "cluster", "memory-mib",
	 "4 to 16384"},
	{"memory-mib = <64>", "memory-mib = <16385>", CONFIG_ERR_VALUE, G "cluster", "memory-mib",
	 "16384"},
	{"max-contexts = <8>", "max-contexts = <0>", CONFIG_ERR_VALUE, G "cluster", "max-contexts",
	 "1 to 1024"},
	{"max-contexts = <8>", "max-contexts = <1025>", CONFIG_ERR_VALUE, G "cluster",
	 "max-contexts", "1024"},
	{"max-granted-mib = <32>", "max-granted-mib = <0>", CONFIG_ERR_VALUE, G "cluster",
	 "max-granted-mib", "1 to 16384"},
	{"max-granted-mib = <32>", "max-granted-mib = <16385>", CONFIG_ERR_VALUE, G "cluster",
	 "max-granted-mib", "16385"},
	{"max-command-kib = <512>", "max-command-kib = <63>", CONFIG_ERR_VALUE, G "cluster",
	 "max-command-kib", "64 to 4096"},
	{"max-command-kib = <512>", "max-command-kib = <4097>", CONFIG_ERR_VALUE, G "cluster",
	 "max-command-kib", "4097"},
	{"max-events-per-second = <2000>", "max-events-per-second = <99>", CONFIG_ERR_VALUE,
	 G "cluster", "max-events-per-second", "100 to 1000000"},
	{"max-events-per-second = <2000>", "max-events-per-second = <1000001>", CONFIG_ERR_VALUE,
	 G "cluster", "max-events-per-second", "1000001"},
	{"max-log-lines-per-minute = <30>", "max-log-lines-per-minute = <0>", CONFIG_ERR_VALUE,
	 G "cluster", "max-log-lines-per-minute", "1 to 6000"},
	{"max-log-lines-per-minute = <30>", "max-log-lines-per-minute = <6001>", CONFIG_ERR_VALUE,
	 G "cluster", "max-log-lines-per-minute", "6001"},
	{"max-resources = <512>", "max-resources = <15>", CONFIG_ERR_VALUE, G "cluster",
	 "max-resources", "16 to 65536"},
	{"max-resources = <512>", "max-resources = <65537>", CONFIG_ERR_VALUE, G "cluster",
	 "max-resources", "65537"},
	{"max-resources = <512>", "ban-ms = <3600001>", CONFIG_ERR_VALUE, G "cluster", "ban-ms",
	 "0 to 3600000"},

	{"\"rear.seat_1\"", "\"rear{seat\"", CONFIG_ERR_VALUE, G "passenger", "domain-name",
	 "letters, digits"},
	{"\"fixed-priority\"",
	 "\"an-order-of-jobs-that-nobody-has-ever-heard-of-a-long-name-a-log-name\"",
	 CONFIG_ERR_VALUE, M, "policy", "a-long-name-a-log\"..."},

	/* references */
	{"panel = <&panel>", "panel = <&d1>", CONFIG_ERR_VALUE, D "0", "panel",
	 "a reference to " D "1"},
	{"panel = <&panel>", "panel = <77>", CONFIG_ERR_VALUE, D "0", "panel", "<77>"},
	{"panel = <&panel>", "panel = <0>", CONFIG_ERR_VALUE, D "0", "panel", "<0>"},
	{"panel = <&panel>", "panel = <0xffffffff>", CONFIG_ERR_VALUE, D "0", "panel", "no node"},
	{"displays = <&d0>", "displays = <&panel>", CONFIG_ERR_VALUE, G "cluster", "displays",
	 "a reference to " M "/panel"},
	{"displays = <&d0>", "displays = <&g1>", CONFIG_ERR_VALUE, G "cluster", "displays",
	 "a reference to " G "ivi"},

	/* contradictions */
	{"\"Virtual-2\"", "\"Virtual-1\"", CONFIG_ERR_CONFLICT, M "/panel-rear", "connector",
	 M "/panel"},
	{"\"rear.seat_1\"", "\"ivi\"", CONFIG_ERR_CONFLICT, G "passenger", "domain-name", G "ivi"},
	{"label = \"ivi\"", "label = \"cluster\"", CONFIG_ERR_CONFLICT, D "1", "label", D "0"},
	{"label = \"ivi\"", "label = \"display2\"", CONFIG_ERR_CONFLICT, D "2", "label", D "1"},
	{"<0 400 800 320>", "<0 399 800 320>", CONFIG_ERR_CONFLICT, D "1", "region", D "0"},
	{"<800 400 480 320>", "<799 400 480 320>", CONFIG_ERR_CONFLICT, D "1", "region", D "2"},
	{"region = <0 400 800 320>;", "", CONFIG_ERR_CONFLICT, D "1", "region", "no pixel"},
	{"<0 0 1280 400>", "<0 0 1280 401>", CONFIG_ERR_CONFLICT, D "1", "region",
	 "<0 0 1280 401>"},
	{"displays = <&d2>", "displays = <&d1>", CONFIG_ERR_CONFLICT, G "passenger", "displays",
	 G "ivi"},
	{"displays = <&d2>", "displays = <&d2 &d2>", CONFIG_ERR_CONFLICT, G "passenger", "displays",
	 "has already"},
	{"displays = <&d1 &d3>", "displays = <&d1>", CONFIG_ERR_CONFLICT, D "a", "",
	 "no guest has"},
	{"panel = <&rear>", "panel = <&panel>; region = <32 32 32 32>", CONFIG_ERR_CONFLICT, D "a",
	 "region", D "0"},
	{"guests {", "guests { g3: spare { domain-name = \"x\"; displays = <&d0>; };",
	 CONFIG_ERR_CONFLICT, G "cluster", "displays", G "spare"},
	{"rear: panel-rear",
	 "panel-x { connector = \"X\"; mode = \"640x480@60\"; }; rear: panel-rear",
	 CONFIG_ERR_CONFLICT, M "/panel-x", "", "no display uses"},
	{"budget-us = <6000>", "budget-us = <16668>", CONFIG_ERR_CONFLICT, G "cluster", "budget-us",
	 "1 to budget-period-us, 16667"},
	{"budget-us = <6000>", "budget-us = <12510>", CONFIG_ERR_CONFLICT, G "ivi", "budget-us",
	 "lower it to 9976"},
	{"budget-us = <6000>", "budget-us = <16667>", CONFIG_ERR_CONFLICT, G "ivi", "budget-us",
	 "125.0 %"},
};

static void a_tree_that_cannot_be_honoured_is_refused_by_node_and_property(void **state)
{
	int failures = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *t = &refusals[i];
		int status = parse_source(t->from, t->to);

		if (status == t->status && !strcmp(err.node, t->node) &&
		    !strcmp(err.property, t->property) && strstr(err.message, t->mentions) &&
		    strstr(err.message, "; fix: ") && !strchr(err.message, '\n') &&
		    !config.num_panels && !config.policy)
			continue;
		print_error("%s: status %d, node %s, property %s: %s\n", t->to, status, err.node,
			    err.property, err.message);
		failures++;
	}
	assert_int_equal(failures, 0);
}

static void at_most_eight_displays_share_a_panel(void **state)
{
	char displays[4096] = "", guests[2048] = "", source[8192];
	size_t used = 0, named = 0, size;
	void *blob;

	(void)state;
	for (unsigned int i = 0; i < 9; i++) {
		used += (size_t)snprintf(
			displays + used, sizeof(displays) - used,
			"d%u: display@%x { reg = <%u>; panel = <&p>; priority = <1>;"
			" region = <%u 0 64 64>; };\n",
			i, i, i, i * 64);
		named += (size_t)snprintf(guests + named, sizeof(guests) - named,
					  "g%u { domain-name = \"g%u\"; displays = <&d%u>; };\n", i,
					  i, i);
		snprintf(source, sizeof(source),
			 "/dts-v1/; / { gpu-mediator { compatible = \"xen,gpu-mediator-v1\";\n"
			 "p: panel { connector = \"C\"; mode = \"1280x720@60\"; };\n"
			 "displays { #address-cells = <1>; #size-cells = <0>;\n%s};\n"
			 "guests {\n%s}; }; };\n",
			 displays, guests);
		blob = tree_compile(source, &size);
		assert_non_null(blob);
		assert_int_equal(config_parse(blob, size, &config, &err),
				 i < 8 ? CONFIG_OK : CONFIG_ERR_CONFLICT);
		free(blob);
	}
	assert_string_equal(err.node, "/gpu-mediator/displays/display@8");
	assert_string_equal(err.property, "panel");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_tree_is_read_whole),
		cmocka_unit_test(inputs_of_the_promise_are_read),
		cmocka_unit_test(picture_period_is_a_multiple_of_the_refresh_period),
		cmocka_unit_test(guest_has_at_most_one_gate),
		cmocka_unit_test(absent_property_has_the_documented_default),
		cmocka_unit_test(most_important_display_is_painted_last),
		cmocka_unit_test(guest_has_the_priority_of_its_most_important_display),
		cmocka_unit_test(display_that_fills_its_panel_needs_no_composition),
		cmocka_unit_test(limits_are_accepted),
		cmocka_unit_test(a_tree_that_cannot_be_honoured_is_refused_by_node_and_property),
		cmocka_unit_test(at_most_eight_displays_share_a_panel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
