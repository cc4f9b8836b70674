/* SPDX-License-Identifier: MIT */
/* `gpumctl check --json` shows each property of each node with its value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mediator/config/property.h"
#include "mediator/ctl/properties.h"
#include "tests/unit/mediator/config/tree_source.h"

#define M "/passthrough/gpu-mediator"

static struct config config;
static json_t *nodes;

static int setup(void **state)
{
	static const char to[] = "freeze-timeout-ms = <100>; slack-gate; announce = <3 5>;"
				 "telltales = <1 6 7 8>, <9 10 11 12>;";
	char *source = tree_source("freeze-timeout-ms = <100>;", to);
	struct config_error err;
	size_t size = 0;
	void *blob = tree_compile(source, &size);

	(void)state;
	free(source);
	if (!blob || config_parse(blob, size, &config, &err))
		return -1;
	free(blob);
	nodes = properties_of(&config);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	json_decref(nodes);
	return 0;
}

/* Member of `list` whose member `key` is `value`; NULL: there is none. */
static json_t *find(json_t *list, const char *key, const char *value)
{
	size_t i;
	json_t *object;

	json_array_foreach(list, i, object)
	{
		if (!strcmp(json_string_value(json_object_get(object, key)), value))
			return object;
	}
	return NULL;
}

static json_t *property(const char *node, const char *name)
{
	json_t *found = find(nodes, "node", node);

	assert_non_null(found);
	found = find(json_object_get(found, "properties"), "name", name);
	assert_non_null(found);
	return found;
}

static json_t *value(const char *node, const char *name)
{
	return json_object_get(property(node, name), "value");
}

static void assert_value(const char *node, const char *name, const char *expected)
{
	char *text = json_dumps(value(node, name), JSON_ENCODE_ANY | JSON_COMPACT);

	assert_string_equal(text, expected);
	free(text);
}

static void all_nodes_show_all_properties_of_their_kind(void **state)
{
	static const char *const members[] = {"unit",	 "meaning", "allowed",
					      "default", "value",   "explicit"};
	size_t i, j;
	json_t *node, *row;

	(void)state;
	assert_int_equal(json_array_size(nodes), 1 + 2 + 4 + 3);
	json_array_foreach(nodes, i, node)
	{
		const json_t *rows = json_object_get(node, "properties");
		size_t count = 0;

		for (int kind = 0; kind < CONFIG_KINDS; kind++)
			if (!strcmp(config_table((enum config_kind)kind)->kind,
				    json_string_value(json_object_get(node, "kind"))))
				count = config_table((enum config_kind)kind)->num_rows;
		assert_true(count > 0);
		assert_int_equal(json_array_size(rows), count);
		json_array_foreach(rows, j, row)
		{
			for (size_t k = 0; k < sizeof(members) / sizeof(members[0]); k++)
				assert_non_null(json_object_get(row, members[k]));
		}
	}
}

static void each_type_has_a_json_form(void **state)
{
	(void)state;
	assert_value(M, "compatible", "\"xen,gpu-mediator-v1\"");
	assert_value(M, "policy", "\"fixed-priority\"");
	assert_value(M, "latency-us", "0");
	assert_value(M "/panel", "mode", "\"1280x720@60\"");
	assert_value(M "/displays/display@0", "panel", "\"panel\"");
	assert_value(M "/displays/display@a", "panel", "\"panel-rear\"");
	assert_value(M "/displays/display@a", "region", "[0,0,1024,600]");
	assert_value(M "/displays/display@0", "slack-gate", "true");
	assert_value(M "/displays/display@0", "best-effort", "false");
	assert_value(M "/displays/display@0", "announce", "[3,5]");
	assert_value(M "/displays/display@0", "telltales", "[[1,6,7,8],[9,10,11,12]]");
	assert_value(M "/displays/display@0", "frame-period-us", "16667");
	assert_value(M "/guests/ivi", "displays", "[\"display@1\",\"display@a\"]");
	assert_value(M "/guests/passenger", "domain-name", "\"rear.seat_1\"");
}

static void absent_property_shows_its_default_or_null(void **state)
{
	(void)state;
	assert_true(json_is_true(
		json_object_get(property(M "/guests/cluster", "memory-mib"), "explicit")));
	assert_true(json_is_false(
		json_object_get(property(M "/guests/ivi", "memory-mib"), "explicit")));
	assert_value(M "/guests/ivi", "memory-mib", "128");
	assert_value(M "/guests/ivi", "max-job-us", "null");
	assert_value(M "/displays/display@1", "telltales", "null");
	assert_value(M, "watchdog", "null");
}

static void bounds_are_those_of_this_tree(void **state)
{
	const json_t *period = property(M "/displays/display@a", "frame-period-us");

	(void)state;
	assert_int_equal(json_integer_value(json_object_get(period, "min")), 20000);
	assert_int_equal(json_integer_value(json_object_get(period, "max")), 1000000);
	assert_string_equal(json_string_value(json_object_get(period, "unit")), "us");
	assert_null(json_object_get(property(M, "policy"), "min"));
}

static void table_lists_every_kind_with_its_rows(void **state)
{
	json_t *kinds = properties_table();

	(void)state;
	assert_int_equal(json_array_size(kinds), CONFIG_KINDS);
	for (int kind = 0; kind < CONFIG_KINDS; kind++) {
		const struct config_table *table = config_table((enum config_kind)kind);
		json_t *object = find(kinds, "kind", table->kind);
		json_t *rows = json_object_get(object, "properties");

		assert_int_equal(json_array_size(rows), table->num_rows);
		for (uint32_t i = 0; i < table->num_rows; i++) {
			json_t *row = find(rows, "name", table->row[i].name);

			assert_string_equal(json_string_value(json_object_get(row, "example")),
					    table->row[i].example);
		}
	}
	json_decref(kinds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_nodes_show_all_properties_of_their_kind),
		cmocka_unit_test(each_type_has_a_json_form),
		cmocka_unit_test(absent_property_shows_its_default_or_null),
		cmocka_unit_test(bounds_are_those_of_this_tree),
		cmocka_unit_test(table_lists_every_kind_with_its_rows),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
