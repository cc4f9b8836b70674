/* SPDX-License-Identifier: MIT */
/* Properties from which the mediator knows whether a display's picture is fresh and true. */
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

#define M      "/passthrough/gpu-mediator"
#define FREEZE "freeze-timeout-ms = <100>;"
#define STRIP  FREEZE " announce = <0 0>; telltales = "

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

static void properties_of_truth_are_read(void **state)
{
	const struct config_truth *t = &config.display[0].truth;

	(void)state;
	assert_int_equal(parse_source("freeze-timeout-ms = <100>;",
				      "freeze-timeout-ms = <100>; safe-picture = \"/a/b.png\";"
				      "announce = <3 5>; telltales = <1 6 7 8>, <9 10 11 12>;"),
			 CONFIG_OK);
	assert_string_equal(t->safe_picture, "/a/b.png");
	assert_int_equal(t->announced, 1);
	assert_int_equal(t->strip_x, 3);
	assert_int_equal(t->strip_y, 5);
	assert_int_equal(t->num_telltales, 2);
	assert_int_equal(t->telltale[1].x, 9);
	assert_int_equal(t->telltale[1].height, 12);
	assert_int_equal(t->verify_ms, 25);
	assert_string_equal(config.watchdog, "");
	assert_int_equal(config.display[1].truth.announced, 0);
}

static void watchdog_needs_freeze_timeout_of_the_first_display(void **state)
{
	char *source = tree_source("policy = \"fixed-priority\"", "watchdog = \"/dev/watchdog\"");
	char *freeze = strstr(source, "freeze-timeout-ms = <100>;");
	size_t size = 0;
	void *blob;

	(void)state;
	assert_non_null(freeze);
	memset(freeze, ' ', strlen("freeze-timeout-ms = <100>;"));
	blob = tree_compile(source, &size);
	free(source);
	assert_non_null(blob);
	assert_int_equal(config_parse(blob, size, &config, &err), CONFIG_ERR_CONFLICT);
	free(blob);
	assert_string_equal(err.node, M);
	assert_string_equal(err.property, "watchdog");
	assert_non_null(strstr(err.message, "freeze-timeout-ms"));
}

/* `to` replaces the time-out of display 0, which is 1280 pixels wide and 400 high. */
static const struct refusal {
	const char *to;
	int status;
	const char *property, *mentions;
} refusals[] = {
	{"safe-picture = \"/safe.png\";", CONFIG_ERR_MISSING, "freeze-timeout-ms", "add it"},
	{"announce = <0 0>;", CONFIG_ERR_MISSING, "freeze-timeout-ms", "add it"},
	{"telltales = <0 0 40 40>;", CONFIG_ERR_MISSING, "freeze-timeout-ms", "add it"},
	{"check-interval-ms = <10>;", CONFIG_ERR_MISSING, "freeze-timeout-ms", "add it"},
	{FREEZE "check-interval-ms = <51>;", CONFIG_ERR_VALUE, "check-interval-ms", "1 to 50"},
	{FREEZE "safe-picture = \"safe.png\";", CONFIG_ERR_VALUE, "safe-picture", "absolute path"},
	{FREEZE "safe-picture = <7>;", CONFIG_ERR_VALUE, "safe-picture", "one string"},
	{FREEZE "telltales = <0 0 40 40>;", CONFIG_ERR_MISSING, "announce", "add it"},

	/* a strip outside the display */
	{FREEZE "announce = <0>;", CONFIG_ERR_VALUE, "announce", "2 numbers"},
	{FREEZE "announce = <1153 0>;", CONFIG_ERR_CONFLICT, "announce", "a strip of 128 pixels"},
	{FREEZE "announce = <0 400>;", CONFIG_ERR_CONFLICT, "announce", "inside"},
	{FREEZE "announce = <0 4294967295>;", CONFIG_ERR_CONFLICT, "announce", "inside"},

	/* telltales outside the display, or incomplete */
	{STRIP "<0 1 40>;", CONFIG_ERR_VALUE, "telltales", "4 to 32"},
	{STRIP "<0 1 40 40 3>;", CONFIG_ERR_VALUE, "telltales", "complete"},
	{STRIP "<1241 1 40 40>;", CONFIG_ERR_VALUE, "telltales", "1280x400"},
	{STRIP "<4294967295 1 40 40>;", CONFIG_ERR_VALUE, "telltales", "1280x400"},
	{STRIP "<0 361 40 40>;", CONFIG_ERR_VALUE, "telltales", "1280x400"},
	{STRIP "<0 1 1281 40>;", CONFIG_ERR_VALUE, "telltales", "1280x400"},
	{STRIP "<0 1 40 401>;", CONFIG_ERR_VALUE, "telltales", "1280x400"},
	{STRIP "<0 1 0 40>;", CONFIG_ERR_VALUE, "telltales", "1280x400"},
	{STRIP "<0 1 40 0>;", CONFIG_ERR_VALUE, "telltales", "1280x400"},
	/* more pixels than one verification reads */
	{STRIP "<0 1 1280 399>, <0 1 9 399>, <0 1 9 399>;", CONFIG_ERR_VALUE, "telltales",
	 "at most 1048576"},
	/* a telltale under the strip, which here is 192 pixels of row 9 */
	{FREEZE "announce = <200 9>; telltales = <0 50 9 9>, <199 9 2 1>;", CONFIG_ERR_CONFLICT,
	 "announce", "touches telltale 1"},
	{FREEZE "announce = <200 9>; telltales = <0 50 9 9>, <391 0 9 10>;", CONFIG_ERR_CONFLICT,
	 "announce", "touches telltale 1"},
	{FREEZE "announce = <200 9>; telltales = <300 0 9 10>, <0 50 9 9>;", CONFIG_ERR_CONFLICT,
	 "announce", "touches telltale 0"},
};

static void faulty_properties_of_truth_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *t = &refusals[i];
		int status = parse_source(FREEZE, t->to);

		if (status != t->status || strcmp(err.node, M "/displays/display@0") ||
		    strcmp(err.property, t->property) || !strstr(err.message, t->mentions))
			fail_msg("%s: status %d: %s", t->to, status, err.message);
	}
}

static void telltale_next_to_the_strip_is_accepted(void **state)
{
	static const char *const beside[] = {"<191 9 9 1>", "<392 9 9 1>", "<200 0 192 9>",
					     "<200 10 192 9>"};
	char to[128];

	(void)state;
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		snprintf(to, sizeof(to), FREEZE "announce = <200 9>; telltales = %s, <0 50 9 9>;",
			 beside[i]);
		if (parse_source(FREEZE, to))
			fail_msg("%s: %s", to, err.message);
	}
}

static void default_interval_is_a_quarter_of_the_timeout(void **state)
{
	static const struct {
		const char *to;
		uint32_t verify_ms;
	} cases[] = {
		{"freeze-timeout-ms = <100>; announce = <0 0>;", 25},
		{"freeze-timeout-ms = <35>; announce = <0 0>;", 8},
		{"freeze-timeout-ms = <10000>; announce = <0 0>;", CONFIG_MAX_VERIFY_MS},
		{"freeze-timeout-ms = <100>; announce = <0 0>; check-interval-ms = <50>;", 50},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(parse_source(FREEZE, cases[i].to), CONFIG_OK);
		assert_int_equal(config.display[0].truth.verify_ms, cases[i].verify_ms);
	}
}

static void watchdog_is_an_absolute_path(void **state)
{
	char path[256], to[300];

	(void)state;
	assert_int_equal(parse_source("policy =", "watchdog = \"dog\"; policy ="),
			 CONFIG_ERR_VALUE);
	assert_string_equal(err.property, "watchdog");
	assert_non_null(strstr(err.message, "absolute path"));
	for (size_t length = CONFIG_FILE_MAX - 1; length <= CONFIG_FILE_MAX; length++) {
		memset(path, 'w', sizeof(path));
		path[0] = '/';
		path[length] = '\0';
		snprintf(to, sizeof(to), "watchdog = \"%s\"; policy =", path);
		assert_int_equal(parse_source("policy =", to),
				 length < CONFIG_FILE_MAX ? CONFIG_OK : CONFIG_ERR_VALUE);
	}
	assert_non_null(strstr(err.message, "at most 127 characters"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(properties_of_truth_are_read),
		cmocka_unit_test(watchdog_needs_freeze_timeout_of_the_first_display),
		cmocka_unit_test(faulty_properties_of_truth_are_refused),
		cmocka_unit_test(telltale_next_to_the_strip_is_accepted),
		cmocka_unit_test(default_interval_is_a_quarter_of_the_timeout),
		cmocka_unit_test(watchdog_is_an_absolute_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
