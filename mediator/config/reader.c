/* SPDX-License-Identifier: MIT */
#include "mediator/config/reader.h"

#include <libfdt.h>
#include <string.h>

#define NS_PER_US UINT64_C(1000)

int reader_fail(const struct config_reader *r, const struct config_property *row, int status,
		const char *found, const char *allowed, const char *fix)
{
	return tree_fail(r->tree, r->node, row->name, status, found, allowed, fix);
}

int reader_missing(const struct config_reader *r, const struct config_property *row)
{
	char allowed[TREE_TEXT], fix[TREE_TEXT];

	return reader_fail(r, row, CONFIG_ERR_MISSING, "no such property",
			   tree_say(allowed, "%s must be there", row->name),
			   tree_say(fix, "add it, for example %s", row->example));
}

int reader_wrong_form(const struct config_reader *r, const struct config_property *row,
		      const void *value, int length, const char *allowed)
{
	char found[TREE_TEXT], fix[TREE_TEXT];

	return reader_fail(r, row, CONFIG_ERR_VALUE, tree_value(value, length, found), allowed,
			   tree_say(fix, "write it like %s", row->example));
}

const struct config_property *reader_row(const struct config_reader *r, const char *name)
{
	uint32_t i = 0;

	while (strcmp(r->table->row[i].name, name))
		i++;
	return &r->table->row[i];
}

int reader_has(const struct config_reader *r, const struct config_property *row)
{
	int length;

	return tree_get(r->tree, r->node, row->name, &length) != NULL;
}

static int is_known(const struct config_table *table, const char *name)
{
	if (!strcmp(name, "phandle") || !strcmp(name, "linux,phandle"))
		return 1;
	for (uint32_t i = 0; i < table->num_rows; i++)
		if (!strcmp(name, table->row[i].name))
			return 1;
	return 0;
}

static int unknown_property(const struct config_reader *r, const char *name)
{
	char allowed[TREE_TEXT];

	config_names(r->table, allowed, sizeof(allowed));
	return tree_fail(
		r->tree, r->node, name, CONFIG_ERR_UNKNOWN, "a property that does not belong here",
		allowed[0] ? allowed : "no property at all", "correct its name or remove it");
}

int reader_check_names(const struct config_reader *r)
{
	const void *fdt = r->tree->fdt;
	int offset;

	fdt_for_each_property_offset(offset, fdt, r->node)
	{
		const char *name;
		int length;
		/* Never NULL: fdt_check_full() has read all properties. */
		const void *value = fdt_getprop_by_offset(fdt, offset, &name, &length);

		if (!is_known(r->table, name))
			return unknown_property(r, name);
		/* Lookups by name find the first property of a name. */
		if (tree_get(r->tree, r->node, name, &length) != value)
			return tree_fail(r->tree, r->node, name, CONFIG_ERR_UNKNOWN,
					 "the property twice", "the property once", "remove one");
	}
	return 0;
}

static void store(const struct config_reader *r, size_t offset, const void *value, size_t size)
{
	unsigned char *bytes = (unsigned char *)r->config;

	memcpy(&bytes[config_place(r->table, r->index, offset)], value, size);
}

static void load(const struct config_reader *r, size_t offset, void *value, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)r->config;

	memcpy(value, &bytes[config_place(r->table, r->index, offset)], size);
}

static uint32_t get_given(const struct config_reader *r)
{
	uint32_t given;

	load(r, r->table->given, &given, sizeof(given));
	return given;
}

static void note_given(const struct config_reader *r, uint32_t row)
{
	const uint32_t given = get_given(r) | UINT32_C(1) << row;

	store(r, r->table->given, &given, sizeof(given));
}

int reader_get_string(const struct config_reader *r, const struct config_property *row,
		      const char **out)
{
	int length;
	const char *value = tree_get(r->tree, r->node, row->name, &length);

	*out = value;
	if (!value || tree_is_text(value, length))
		return 0;
	return reader_wrong_form(r, row, value, length, "one string of printable characters");
}

int reader_get_cells(const struct config_reader *r, const struct config_property *row, uint32_t min,
		     uint32_t max, const char *allowed, uint32_t *cells, uint32_t *count)
{
	int length;
	const fdt32_t *value = tree_get(r->tree, r->node, row->name, &length);

	*count = 0;
	if (!value)
		return 0;
	if (length % 4 || (uint32_t)length / 4 < min || (uint32_t)length / 4 > max)
		return reader_wrong_form(r, row, value, length, allowed);
	*count = (uint32_t)length / 4;
	for (uint32_t i = 0; i < *count; i++)
		cells[i] = fdt32_ld(&value[i]);
	return 0;
}

int reader_find_node(const struct config_reader *r, const struct config_property *row,
		     uint32_t phandle, const int *nodes, uint32_t count, uint32_t *out)
{
	int target = fdt_node_offset_by_phandle(r->tree->fdt, phandle);
	char found[TREE_TEXT], path[TREE_TEXT], fix[TREE_TEXT], allowed[CONFIG_WORDS_MAX];

	for (uint32_t i = 0; target >= 0 && i < count; i++) {
		if (nodes[i] != target)
			continue;
		*out = i;
		return 0;
	}
	if (target < 0)
		tree_say(found, "<%u>, which is no node's phandle", phandle);
	else
		tree_say(found, "a reference to %s", tree_path(r->tree, target, path));
	return reader_fail(r, row, CONFIG_ERR_VALUE, found, config_allowed(row, allowed),
			   tree_say(fix, "write it like %s", row->example));
}

/* Never empty: tree_is_text() has found at least one character. */
static int is_name(const char *name, const struct config_property *row)
{
	uint32_t i;

	for (i = 0; name[i]; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !strchr(row->extra, c))
			return 0;
	}
	return i <= row->max;
}

static int is_path(const char *path, const struct config_property *row)
{
	return path[0] == '/' && strlen(path) <= row->max;
}

static int read_text(const struct config_reader *r, const struct config_property *row)
{
	char allowed[CONFIG_WORDS_MAX];
	const char *text;
	int status = reader_get_string(r, row, &text);

	if (status || !text)
		return status;
	if (row->type == CONFIG_TYPE_NAME ? !is_name(text, row) : !is_path(text, row))
		return reader_wrong_form(r, row, text, (int)strlen(text) + 1,
					 config_allowed(row, allowed));
	store(r, row->offset, text, strlen(text) + 1);
	return 0;
}

static int read_compatible(const struct config_reader *r, const struct config_property *row)
{
	const char *text;

	return reader_get_string(r, row, &text);
}

static int get_number(const struct config_reader *r, const struct config_property *row,
		      uint32_t *out)
{
	const struct config_range range = config_range(r->config, r->index, row);
	char found[TREE_TEXT], allowed[TREE_TEXT], fix[TREE_TEXT];
	int length;
	const fdt32_t *value = tree_get(r->tree, r->node, row->name, &length);

	*out = range.fallback;
	if (!value)
		return 0;
	if (length != 4)
		return reader_wrong_form(r, row, value, length, "one number");
	*out = fdt32_ld(value);
	if (*out >= range.min && *out <= range.max)
		return 0;
	return reader_fail(r, row, CONFIG_ERR_VALUE, tree_say(found, "%u", *out),
			   tree_say(allowed, "%u to %u", range.min, range.max),
			   tree_say(fix, "choose one of these, for example %s", row->example));
}

static int read_number(const struct config_reader *r, const struct config_property *row)
{
	uint32_t number;
	int status = get_number(r, row, &number);

	store(r, row->offset, &number, sizeof(number));
	return status;
}

static int read_cost(const struct config_reader *r, const struct config_property *row)
{
	uint32_t us;
	int status = get_number(r, row, &us);
	const uint64_t ns = us * NS_PER_US;

	store(r, row->offset, &ns, sizeof(ns));
	return status;
}

static int read_flag(const struct config_reader *r, const struct config_property *row)
{
	int length;
	const void *value = tree_get(r->tree, r->node, row->name, &length);
	const uint32_t flag = (uint32_t)reader_has(r, row);

	store(r, row->offset, &flag, sizeof(flag));
	if (!value || !length)
		return 0;
	return reader_wrong_form(r, row, value, length, "its name alone; leave it out for no");
}

/* Other types have a reader in their row. */
static int (*const read_type[CONFIG_TYPES])(const struct config_reader *,
					    const struct config_property *) = {
	[CONFIG_TYPE_COMPATIBLE] = read_compatible,
	[CONFIG_TYPE_NAME] = read_text,
	[CONFIG_TYPE_PATH] = read_text,
	[CONFIG_TYPE_NUMBER] = read_number,
	[CONFIG_TYPE_COST] = read_cost,
	[CONFIG_TYPE_FLAG] = read_flag,
};

/* A row that needs another one is checked as soon as both have been read. */
static int check_needs(const struct config_reader *r, uint32_t last)
{
	const struct config_property *rows = r->table->row;
	const uint32_t given = get_given(r);

	for (uint32_t i = 0; i <= last; i++) {
		const struct config_property *needed;

		if (!rows[i].needs || !(given >> i & 1u))
			continue;
		needed = reader_row(r, rows[i].needs);
		if (needed <= &rows[last] && !reader_has(r, needed))
			return reader_missing(r, needed);
	}
	return 0;
}

static int read_row(const struct config_reader *r, uint32_t i)
{
	const struct config_property *row = &r->table->row[i];
	const int given = reader_has(r, row);
	int status;

	if (row->required && !given)
		return reader_missing(r, row);
	if (given)
		note_given(r, i);
	status = row->read ? row->read(r, row) : read_type[row->type](r, row);
	if (!status)
		status = check_needs(r, i);
	if (!status && row->finish)
		status = row->finish(r, row);
	return status;
}

int reader_read_node(const struct config_reader *r)
{
	int status = reader_check_names(r);

	for (uint32_t i = 0; i < r->table->num_rows && !status; i++)
		status = read_row(r, i);
	return status;
}
