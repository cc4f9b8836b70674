/* SPDX-License-Identifier: MIT */
/* Blobs that dtc would not write: damaged ones, and ones made to confuse the parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <libfdt.h>

#include "mediator/config/config.h"
#include "mediator/config/tree.h"
#include "tests/unit/mediator/config/tree_source.h"

#define M "/passthrough/gpu-mediator"

static struct config config;
static struct config_error err;

static void *compile(const char *from, const char *to, size_t *size)
{
	char *source = tree_source(from, to);
	void *blob = tree_compile(source, size);

	free(source);
	assert_non_null(blob);
	return blob;
}

/* Replaces the first `from` in the blob by `to`, which is as long. */
static void replace(void *blob, size_t size, const char *from, const char *to)
{
	char *at = memmem(blob, size, from, strlen(from) + 1);

	assert_int_equal(strlen(from), strlen(to));
	assert_non_null(at);
	memcpy(at, to, strlen(to));
}

static void repeated_property_is_refused(void **state)
{
	char blob[1024] __attribute__((aligned(8)));

	(void)state;
	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_property_string(blob, "compatible", CONFIG_COMPATIBLE);
	fdt_property_string(blob, "policy", "fifo");
	fdt_property_string(blob, "policy", "fixed-priority");
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	assert_int_equal(config_parse(blob, sizeof(blob), &config, &err), CONFIG_ERR_UNKNOWN);
	assert_string_equal(err.property, "policy");
}

static void names_from_the_blob_cannot_control_a_terminal(void **state)
{
	char blob[1024] __attribute__((aligned(8)));

	(void)state;
	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_begin_node(blob, "a\033[2Jb");
	fdt_property_string(blob, "compatible", CONFIG_COMPATIBLE);
	fdt_property_string(blob, "p\nq\177", "fifo");
	fdt_end_node(blob);
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	assert_int_equal(config_parse(blob, sizeof(blob), &config, &err), CONFIG_ERR_UNKNOWN);
	assert_string_equal(err.node, "/a?[2Jb");
	assert_string_equal(err.property, "p?q?");
	for (const char *c = err.message; *c; c++)
		assert_in_range(*c, ' ', '~');
}

static void truncated_blob_is_refused(void **state)
{
	char *source = tree_source(NULL, NULL);
	size_t size = 0;
	char *blob = tree_compile(source, &size);

	(void)state;
	assert_non_null(blob);
	for (size_t cut = 0; cut < size; cut++) {
		/* Of the exact size, so that the sanitizer finds a read beyond it. */
		char *copy = malloc(cut ? cut : 1);

		assert_non_null(copy);
		memcpy(copy, blob, cut);
		assert_int_equal(config_parse(copy, cut, &config, &err), CONFIG_ERR_BLOB);
		assert_string_equal(err.node, "");
		free(copy);
	}
	free(source);
	free(blob);
}

/* libfdt 1.6.1 itself crashes on most of these blobs. */
static void old_blob_version_is_refused(void **state)
{
	char *source = tree_source(NULL, NULL);
	size_t size = 0;
	char *blob = tree_compile(source, &size);

	(void)state;
	assert_non_null(blob);
	for (uint32_t version = 0; version < 17; version++) {
		fdt_set_version(blob, version);
		fdt_set_last_comp_version(blob, version);
		assert_int_equal(config_parse(blob, size, &config, &err), CONFIG_ERR_BLOB);
		assert_non_null(strstr(err.message, "BADVERSION"));
	}
	free(source);
	free(blob);
}

static void damaged_byte_never_crashes_the_parser(void **state)
{
	char *source = tree_source(NULL, NULL);
	size_t size = 0;
	char *blob = tree_compile(source, &size);

	(void)state;
	assert_non_null(blob);
	for (size_t at = 0; at < size; at++) {
		static const char damage[] = {0, 1, (char)0x80, (char)0xff};
		char was = blob[at];

		for (size_t i = 0; i < sizeof(damage); i++) {
			int status;

			blob[at] = damage[i];
			status = config_parse(blob, size, &config, &err);
			assert_int_equal(status != CONFIG_OK, err.message[0] != 0);
			assert_int_equal(status == CONFIG_OK, config.num_guests != 0);
		}
		blob[at] = was;
	}
	free(source);
	free(blob);
}

static void missing_node_is_named(void **state)
{
	static const struct {
		const char *without[4], *node, *mentions;
	} cases[] = {
		{{M "/panel", M "/panel-rear"}, M, "no panel node"},
		{{M "/displays"}, M, "no displays node"},
		{{M "/guests"}, M, "no guests node"},
		{{M "/guests/cluster", M "/guests/ivi", M "/guests/passenger"},
		 M "/guests",
		 "1 to 16 guests"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t size = 0;
		void *blob = compile(NULL, NULL, &size);

		for (size_t n = 0; n < 4 && cases[i].without[n]; n++)
			assert_int_equal(
				fdt_nop_node(blob, fdt_path_offset(blob, cases[i].without[n])), 0);
		assert_int_equal(config_parse(blob, size, &config, &err), CONFIG_ERR_NODE);
		assert_string_equal(err.node, cases[i].node);
		assert_non_null(strstr(err.message, cases[i].mentions));
		free(blob);
	}
}

static void two_lists_of_the_same_name_are_refused(void **state)
{
	size_t size = 0;
	void *blob = compile("guests {\n", "displayz { }; guests {\n", &size);

	(void)state;
	replace(blob, size, "displayz", "displays");
	assert_int_equal(config_parse(blob, size, &config, &err), CONFIG_ERR_NODE);
	assert_string_equal(err.node, M "/displays");
	assert_non_null(strstr(err.message, "a second node of that name"));
	free(blob);
}

static void two_displays_of_the_same_number_are_refused(void **state)
{
	size_t size = 0;
	void *blob = compile(NULL, NULL, &size);
	int node = fdt_path_offset(blob, M "/displays/display@1");

	(void)state;
	assert_true(node > 0);
	assert_int_equal(fdt_setprop_inplace_u32(blob, node, "reg", 0), 0);
	replace(blob, size, "display@1", "display@0");
	assert_int_equal(config_parse(blob, size, &config, &err), CONFIG_ERR_CONFLICT);
	assert_string_equal(err.node, M "/displays/display@0");
	assert_string_equal(err.property, "reg");
	free(blob);
}

/* Old trees name a phandle "linux,phandle", beside or instead of "phandle". */
static void old_name_of_phandles_is_accepted_everywhere(void **state)
{
	char blob[16384] __attribute__((aligned(8)));
	size_t size = 0;
	void *good = compile(NULL, NULL, &size);
	int node;

	(void)state;
	assert_int_equal(fdt_open_into(good, blob, sizeof(blob)), 0);
	node = fdt_path_offset(blob, M "/panel");
	assert_int_equal(fdt_setprop_u32(blob, node, "linux,phandle", fdt_get_phandle(blob, node)),
			 0);
	assert_int_equal(config_parse(blob, sizeof(blob), &config, &err), CONFIG_OK);
	free(good);
}

static void deep_path_is_cut_to_the_name_of_its_node(void **state)
{
	static char blob[8192] __attribute__((aligned(8)));
	static const char level[] = "a-node-whose-name-is-rather-long";

	(void)state;
	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	for (int i = 0; i < 8; i++)
		fdt_begin_node(blob, level);
	fdt_begin_node(blob, "the-last");
	fdt_property_string(blob, "compatible", CONFIG_COMPATIBLE);
	for (int i = 0; i < 10; i++)
		fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	assert_int_equal(config_parse(blob, sizeof(blob), &config, &err), CONFIG_ERR_NODE);
	assert_string_equal(err.node, ".../the-last");
	assert_non_null(strstr(err.message, "no panel node"));
}

static void long_names_are_cut_visibly(void **state)
{
	static const char property[] = "a-property-whose-name-is-longer-than-the-binding-allows";
	static char blob[1024] __attribute__((aligned(8)));

	(void)state;
	fdt_create(blob, sizeof(blob));
	fdt_finish_reservemap(blob);
	fdt_begin_node(blob, "");
	fdt_property_string(blob, "compatible", CONFIG_COMPATIBLE);
	fdt_property_string(blob, property, "");
	fdt_end_node(blob);
	assert_int_equal(fdt_finish(blob), 0);
	assert_int_equal(config_parse(blob, sizeof(blob), &config, &err), CONFIG_ERR_UNKNOWN);
	assert_int_equal(strncmp(err.property, property, sizeof(err.property) - 4), 0);
	assert_string_equal(err.property + sizeof(err.property) - 4, "...");
}

static void long_texts_are_cut_visibly(void **state)
{
	char text[TREE_TEXT], longer[TREE_TEXT + 1];

	(void)state;
	memset(longer, 'x', sizeof(longer));
	longer[TREE_TEXT - 1] = '\0';
	assert_string_equal(tree_say(text, "%s", longer), longer);
	longer[TREE_TEXT - 1] = 'x';
	longer[TREE_TEXT] = '\0';
	assert_int_equal(strlen(tree_say(text, "%s", longer)), TREE_TEXT - 1);
	assert_string_equal(text + TREE_TEXT - 4, "...");
}

/* The structure block holds nothing but its end. */
static void tree_without_root_is_refused(void **state)
{
	char blob[1024] __attribute__((aligned(8)));
	int root;

	(void)state;
	fdt_create_empty_tree(blob, sizeof(blob));
	root = fdt_path_offset(blob, "/");
	assert_int_equal(fdt_nop_node(blob, root), 0);
	assert_int_equal(config_parse(blob, sizeof(blob), &config, &err), CONFIG_ERR_NODE);
	assert_string_equal(err.node, "/");
	assert_non_null(strstr(err.message, "no node that is compatible"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repeated_property_is_refused),
		cmocka_unit_test(names_from_the_blob_cannot_control_a_terminal),
		cmocka_unit_test(truncated_blob_is_refused),
		cmocka_unit_test(old_blob_version_is_refused),
		cmocka_unit_test(damaged_byte_never_crashes_the_parser),
		cmocka_unit_test(missing_node_is_named),
		cmocka_unit_test(two_lists_of_the_same_name_are_refused),
		cmocka_unit_test(two_displays_of_the_same_number_are_refused),
		cmocka_unit_test(old_name_of_phandles_is_accepted_everywhere),
		cmocka_unit_test(deep_path_is_cut_to_the_name_of_its_node),
		cmocka_unit_test(long_names_are_cut_visibly),
		cmocka_unit_test(long_texts_are_cut_visibly),
		cmocka_unit_test(tree_without_root_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
