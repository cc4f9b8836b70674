/* SPDX-License-Identifier: MIT */
/* The tables of properties: each row is complete, and is read as it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>

#include "mediator/config/property.h"
#include "tests/unit/mediator/config/tree_source.h"

#define M	   "/passthrough/gpu-mediator"
#define BLOB_BYTES 16384

static struct config config;
static struct config_error err;
static char good[BLOB_BYTES] __attribute__((aligned(8)));
static char blob[BLOB_BYTES] __attribute__((aligned(8)));

/* The node of each kind that tests change, and its index in struct config. */
static const struct {
	const char *path;
	uint32_t index;
} nodes[CONFIG_KINDS] = {
	[CONFIG_MEDIATOR] = {M, 0},
	[CONFIG_PANEL] = {M "/panel", 0},
	[CONFIG_DISPLAYS_LIST] = {M "/displays", 0},
	[CONFIG_DISPLAY] = {M "/displays/display@0", 0},
	[CONFIG_GUESTS_LIST] = {M "/guests", 0},
	[CONFIG_GUEST] = {M "/guests/cluster", 0},
};

static int setup(void **state)
{
	char *source = tree_source(NULL, NULL);
	size_t size = 0;
	void *compiled = tree_compile(source, &size);
	int status = compiled ? fdt_open_into(compiled, good, sizeof(good)) : -1;

	(void)state;
	free(source);
	free(compiled);
	return status;
}

/* Parses the good tree with one property changed; value NULL: without it. */
static int parse_with(enum config_kind kind, const char *name, const void *value, int length)
{
	int node;

	memcpy(blob, good, sizeof(blob));
	node = fdt_path_offset(blob, nodes[kind].path);
	assert_true(node >= 0);
	if (value)
		assert_int_equal(fdt_setprop(blob, node, name, value, length), 0);
	else
		fdt_delprop(blob, node, name);
	return config_parse(blob, sizeof(blob), &config, &err);
}

static int parse_with_number(enum config_kind kind, const char *name, uint32_t number)
{
	const fdt32_t value = cpu_to_fdt32(number);

	return parse_with(kind, name, &value, sizeof(value));
}

static int is_number(const struct config_property *row)
{
	return row->type == CONFIG_TYPE_NUMBER || row->type == CONFIG_TYPE_COST;
}

static const struct config_property *find(const struct config_table *table, const char *name)
{
	for (uint32_t i = 0; i < table->num_rows; i++)
		if (!strcmp(table->row[i].name, name))
			return &table->row[i];
	return NULL;
}

static void check_row(const struct config_table *table, const struct config_property *row)
{
	assert_ptr_equal(find(table, row->name), row);
	assert_true(strlen(row->name) < sizeof(err.property));
	assert_true(row->meaning && row->meaning[strlen(row->meaning) - 1] == '.');
	assert_int_equal(strncmp(row->example, row->name, strlen(row->name)), 0);
	assert_true(row->min <= row->max);
	assert_true(!row->needs || find(table, row->needs));
	assert_true(!(row->required && (row->absent || row->needs || row->fallback)));
	if (is_number(row)) {
		assert_true(row->max > 0);
		assert_true(row->required || row->absent ||
			    (row->fallback >= row->min && row->fallback <= row->max));
	} else {
		assert_true(row->required || row->absent);
	}
	assert_true(row->type != CONFIG_TYPE_NAME || row->extra);
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (int kind = 0; kind < CONFIG_KINDS; kind++) {
		const struct config_table *table = config_table((enum config_kind)kind);

		assert_true(table->kind && table->node && table->meaning);
		assert_true(table->num_rows <= 32);
		for (uint32_t i = 0; i < table->num_rows; i++)
			check_row(table, &table->row[i]);
	}
}

static void unknown_property_is_answered_with_all_names(void **state)
{
	(void)state;
	for (int kind = 0; kind < CONFIG_KINDS; kind++) {
		const struct config_table *table = config_table((enum config_kind)kind);
		char all[CONFIG_WORDS_MAX];

		assert_int_equal(parse_with((enum config_kind)kind, "bogus", "", 0),
				 CONFIG_ERR_UNKNOWN);
		assert_string_equal(err.property, "bogus");
		snprintf(all, sizeof(all), "; allowed: ");
		for (uint32_t i = 0; i < table->num_rows; i++) {
			strcat(all, i > 0 ? ", " : "");
			strcat(all, table->row[i].name);
		}
		strcat(all, table->num_rows > 0 ? "; fix: " : "no property at all; fix: ");
		assert_non_null(strstr(err.message, all));
	}
}

static void names_that_do_not_fit_are_counted(void **state)
{
	const struct config_table *table = config_table(CONFIG_GUEST);
	char text[400], all[400];

	(void)state;
	config_names(table, all, sizeof(all));
	for (size_t size = 64; size < sizeof(text); size++) {
		const char *more;
		unsigned int count = 0;

		memset(text, 'x', sizeof(text));
		assert_ptr_equal(config_names(table, text, size), text);
		assert_true(strlen(text) < size);
		more = strstr(text, " and ");
		if (!more) {
			assert_string_equal(text, all);
			continue;
		}
		assert_int_equal(sscanf(more, " and %u more", &count), 1);
		for (const char *c = text; c < more; c++)
			count += *c == ',';
		assert_int_equal(count + 1, table->num_rows);
		assert_int_equal(strncmp(text, all, (size_t)(more - text)), 0);
		assert_int_equal(all[more - text], ',');
	}
	assert_string_equal(text, all);
}

/* A bound may break another rule, but it is not out of range. */
static void check_accepted_bound(enum config_kind kind, const char *name, uint32_t number)
{
	int status = parse_with_number(kind, name, number);

	if (status == CONFIG_ERR_VALUE && !strcmp(err.property, name) && strcmp(name, "reg"))
		fail_msg("%s", err.message);
}

static void check_refused_number(enum config_kind kind, const char *name, uint32_t number,
				 const struct config_range *range)
{
	char allowed[64];

	assert_int_equal(parse_with_number(kind, name, number), CONFIG_ERR_VALUE);
	assert_string_equal(err.property, name);
	assert_string_equal(err.node, nodes[kind].path);
	snprintf(allowed, sizeof(allowed), "found %u; allowed: %u to %u; fix: ", number, range->min,
		 range->max);
	assert_non_null(strstr(err.message, allowed));
}

static void each_number_is_read_between_its_bounds(void **state)
{
	struct config good_config;

	(void)state;
	assert_int_equal(config_parse(good, sizeof(good), &good_config, &err), CONFIG_OK);
	for (int i = 0; i < CONFIG_KINDS; i++) {
		const enum config_kind kind = (enum config_kind)i;
		const struct config_table *table = config_table(kind);

		for (uint32_t j = 0; j < table->num_rows; j++) {
			const struct config_property *row = &table->row[j];
			struct config_range range;

			if (!is_number(row))
				continue;
			range = config_range(&good_config, nodes[kind].index, row);
			assert_true(range.min >= row->min && range.max <= row->max);
			check_accepted_bound(kind, row->name, range.min);
			check_accepted_bound(kind, row->name, range.max);
			check_refused_number(kind, row->name, range.max + 1, &range);
			if (range.min > 0)
				check_refused_number(kind, row->name, range.min - 1, &range);
		}
	}
}

static void wrong_form_is_answered_with_the_example(void **state)
{
	static const char wrong[] = {'a', 'b', 'c', 0, 'd', 0, 1};

	(void)state;
	for (int i = 0; i < CONFIG_KINDS; i++) {
		const enum config_kind kind = (enum config_kind)i;
		const struct config_table *table = config_table(kind);

		for (uint32_t j = 0; j < table->num_rows; j++) {
			const struct config_property *row = &table->row[j];

			if (row->type == CONFIG_TYPE_FIXED || row->type == CONFIG_TYPE_COMPATIBLE)
				continue;
			/* A row that needs another one may be refused for that first. */
			if (parse_with(kind, row->name, wrong, sizeof(wrong)) == CONFIG_ERR_MISSING)
				continue;
			assert_string_equal(err.property, row->name);
			assert_non_null(strstr(err.message, "; fix: write it like "));
			assert_non_null(strstr(err.message, row->example));
		}
	}
}

static void absent_property_is_answered_with_the_example_or_has_its_default(void **state)
{
	(void)state;
	for (int i = 0; i < CONFIG_KINDS; i++) {
		const enum config_kind kind = (enum config_kind)i;
		const struct config_table *table = config_table(kind);

		for (uint32_t j = 0; j < table->num_rows; j++) {
			const struct config_property *row = &table->row[j];
			struct config_value value;
			int status;

			if (row->type == CONFIG_TYPE_FIXED || row->type == CONFIG_TYPE_COMPATIBLE)
				continue;
			status = parse_with(kind, row->name, NULL, 0);
			if (row->required) {
				assert_int_equal(status, CONFIG_ERR_MISSING);
				assert_non_null(strstr(err.message, row->example));
			} else if (!status) {
				config_value(&config, kind, nodes[kind].index, j, &value);
				assert_int_equal(value.given, 0);
				if (is_number(row) && !row->adjust && !row->absent)
					assert_int_equal(value.number[0], row->fallback);
			}
		}
	}
}

static void bounds_that_depend_on_others_are_told_in_words(void **state)
{
	const struct config_table *table = config_table(CONFIG_DISPLAY);
	char text[CONFIG_WORDS_MAX];

	(void)state;
	assert_int_equal(config_range(NULL, 0, find(table, "frame-period-us")).min,
			 CONFIG_MIN_PERIOD_US);
	assert_string_equal(config_allowed(find(table, "frame-period-us"), text),
			    "the panel's picture-period-us (at least 4166) to 1000000");
	assert_string_equal(config_allowed(find(table, "check-interval-ms"), text),
			    "1 to half of freeze-timeout-ms (at most 1000)");
	assert_string_equal(config_allowed(find(table, "priority"), text), "0 to 255");
	assert_string_equal(config_default(find(table, "priority"), text), "");
	assert_string_equal(config_default(find(table, "jitter-us"), text), "0");
	assert_string_equal(config_default(find(table, "deadline-us"), text), "the frame period");
}

static void every_type_has_words_for_its_values(void **state)
{
	char text[CONFIG_WORDS_MAX];
	uint32_t seen = 0;

	(void)state;
	for (int kind = 0; kind < CONFIG_KINDS; kind++) {
		const struct config_table *table = config_table((enum config_kind)kind);

		for (uint32_t i = 0; i < table->num_rows; i++) {
			text[0] = '\0';
			assert_ptr_equal(config_allowed(&table->row[i], text), text);
			assert_true(text[0] && strlen(text) < CONFIG_WORDS_MAX - 1);
			seen |= 1u << table->row[i].type;
		}
	}
	assert_int_equal(seen, (1u << CONFIG_TYPES) - 1);
}

/* Value of the row of that name in entry `index` of `config`. */
static struct config_value value_of(enum config_kind kind, uint32_t index, const char *name)
{
	const struct config_table *table = config_table(kind);
	struct config_value value;

	config_value(&config, kind, index, (uint32_t)(find(table, name) - table->row), &value);
	return value;
}

static void assert_cells(const struct config_value *value, const uint32_t *cells, uint32_t count)
{
	assert_int_equal(value->count, count);
	assert_memory_equal(value->number, cells, count * sizeof(*cells));
}

static void values_of_an_accepted_tree_can_be_read_row_by_row(void **state)
{
	static const uint32_t region[] = {800, 400, 480, 320}, whole[] = {0, 0, 1024, 600};
	static const uint32_t owned[] = {1, 3};
	struct config_value value;

	(void)state;
	assert_int_equal(config_parse(good, sizeof(good), &config, &err), CONFIG_OK);
	assert_string_equal(value_of(CONFIG_MEDIATOR, 0, "compatible").text, CONFIG_COMPATIBLE);
	assert_string_equal(value_of(CONFIG_MEDIATOR, 0, "policy").text, "fixed-priority");
	assert_string_equal(value_of(CONFIG_PANEL, 1, "mode").text, "1024x600@50");
	assert_string_equal(value_of(CONFIG_PANEL, 1, "connector").text, "Virtual-2");
	assert_string_equal(value_of(CONFIG_DISPLAY, 2, "label").text, "display2");
	assert_int_equal(value_of(CONFIG_DISPLAY, 2, "label").given, 0);
	assert_int_equal(value_of(CONFIG_DISPLAY, 1, "label").given, 1);
	assert_int_equal(value_of(CONFIG_DISPLAY, 3, "panel").number[0], 1);
	value = value_of(CONFIG_DISPLAY, 2, "region");
	assert_cells(&value, region, 4);
	value = value_of(CONFIG_DISPLAY, 3, "region");
	assert_cells(&value, whole, 4);
	assert_int_equal(value.given, 0);
	value = value_of(CONFIG_GUEST, 1, "displays");
	assert_cells(&value, owned, 2);
	assert_int_equal(value_of(CONFIG_GUEST, 1, "budget-us").number[0], 10000);
	assert_int_equal(value_of(CONFIG_DISPLAY, 0, "slack-gate").count, 1);
	assert_int_equal(value_of(CONFIG_DISPLAY, 0, "slack-gate").number[0], 0);
	/* Neither given, nor with a default. */
	assert_int_equal(value_of(CONFIG_GUEST, 2, "budget-us").count, 0);
	assert_int_equal(value_of(CONFIG_DISPLAY, 0, "telltales").count, 0);
	assert_int_equal(value_of(CONFIG_DISPLAY, 0, "announce").count, 0);
	assert_int_equal(value_of(CONFIG_DISPLAY, 1, "check-interval-ms").count, 0);
	assert_string_equal(value_of(CONFIG_MEDIATOR, 0, "watchdog").text, "");
}

static void costs_and_regions_are_read_as_the_tree_states_them(void **state)
{
	static const uint32_t regions[] = {1, 6, 7, 8, 9, 10, 11, 12}, strip[] = {3, 5};
	static const char to[] = "freeze-timeout-ms = <100>; safe-picture = \"/a/b.png\";"
				 "announce = <3 5>; telltales = <1 6 7 8>, <9 10 11 12>;";
	char *source = tree_source("freeze-timeout-ms = <100>;", to);
	size_t size = 0;
	void *compiled = tree_compile(source, &size);
	struct config_value value;

	(void)state;
	assert_non_null(compiled);
	assert_int_equal(config_parse(compiled, size, &config, &err), CONFIG_OK);
	value = value_of(CONFIG_DISPLAY, 0, "telltales");
	assert_cells(&value, regions, 8);
	value = value_of(CONFIG_DISPLAY, 0, "announce");
	assert_cells(&value, strip, 2);
	assert_string_equal(value_of(CONFIG_DISPLAY, 0, "safe-picture").text, "/a/b.png");
	free(compiled);
	free(source);
	assert_int_equal(parse_with_number(CONFIG_MEDIATOR, "latency-us", 123), CONFIG_OK);
	assert_int_equal(value_of(CONFIG_MEDIATOR, 0, "latency-us").number[0], 123);
	assert_int_equal(value_of(CONFIG_MEDIATOR, 0, "latency-us").given, 1);
	assert_int_equal(value_of(CONFIG_MEDIATOR, 0, "reset-time-us").given, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(unknown_property_is_answered_with_all_names),
		cmocka_unit_test(names_that_do_not_fit_are_counted),
		cmocka_unit_test(each_number_is_read_between_its_bounds),
		cmocka_unit_test(wrong_form_is_answered_with_the_example),
		cmocka_unit_test(absent_property_is_answered_with_the_example_or_has_its_default),
		cmocka_unit_test(bounds_that_depend_on_others_are_told_in_words),
		cmocka_unit_test(every_type_has_words_for_its_values),
		cmocka_unit_test(values_of_an_accepted_tree_can_be_read_row_by_row),
		cmocka_unit_test(costs_and_regions_are_read_as_the_tree_states_them),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
