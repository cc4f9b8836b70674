/* SPDX-License-Identifier: MIT */
#include "mediator/ctl/properties.h"

#include <stdbool.h>
#include <stdio.h>

#include "mediator/config/property.h"

#define PATH_BYTES (CONFIG_PATH_MAX + CONFIG_NODE_MAX + 16)

static const char *const type_names[CONFIG_TYPES] = {
	[CONFIG_TYPE_COMPATIBLE] = "compatible",
	[CONFIG_TYPE_POLICY] = "policy",
	[CONFIG_TYPE_NAME] = "name",
	[CONFIG_TYPE_PATH] = "path",
	[CONFIG_TYPE_MODE] = "mode",
	[CONFIG_TYPE_FIXED] = "fixed",
	[CONFIG_TYPE_NUMBER] = "number",
	[CONFIG_TYPE_COST] = "number",
	[CONFIG_TYPE_FLAG] = "flag",
	[CONFIG_TYPE_REGION] = "region",
	[CONFIG_TYPE_REGIONS] = "regions",
	[CONFIG_TYPE_POINT] = "point",
	[CONFIG_TYPE_PANEL] = "panel",
	[CONFIG_TYPE_DISPLAYS] = "displays",
};

static bool is_number(const struct config_property *row)
{
	return row->type == CONFIG_TYPE_NUMBER || row->type == CONFIG_TYPE_COST;
}

/* Members that the table and the values of a tree have in common. */
static json_t *row_to_json(const struct config_property *row)
{
	char allowed[CONFIG_WORDS_MAX], absent[CONFIG_WORDS_MAX];

	return json_pack("{s:s, s:s?, s:s, s:s, s:s?}", "name", row->name, "unit", row->unit,
			 "meaning", row->meaning, "allowed", config_allowed(row, allowed),
			 "default", row->required ? NULL : config_default(row, absent));
}

static json_t *table_row(const struct config_property *row)
{
	json_t *object = row_to_json(row);

	json_object_set_new(object, "type", json_string(type_names[row->type]));
	json_object_set_new(object, "required", json_boolean(row->required));
	json_object_set_new(object, "needs", row->needs ? json_string(row->needs) : json_null());
	json_object_set_new(object, "example", json_string(row->example));
	if (row->max > 0) {
		json_object_set_new(object, "min", json_integer(row->min));
		json_object_set_new(object, "max", json_integer(row->max));
	}
	if (row->entries > 0)
		json_object_set_new(object, "entries", json_integer(row->entries));
	if (row->extra)
		json_object_set_new(object, "characters", json_string(row->extra));
	return object;
}

json_t *properties_table(void)
{
	json_t *kinds = json_array();

	for (int kind = 0; kind < CONFIG_KINDS; kind++) {
		const struct config_table *table = config_table((enum config_kind)kind);
		json_t *rows = json_array();

		for (uint32_t i = 0; i < table->num_rows; i++)
			json_array_append_new(rows, table_row(&table->row[i]));
		json_array_append_new(kinds, json_pack("{s:s, s:s, s:s, s:o}", "kind", table->kind,
						       "node", table->node, "meaning",
						       table->meaning, "properties", rows));
	}
	return kinds;
}

static json_t *cells_to_json(const uint32_t *cells, uint32_t count)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < count; i++)
		json_array_append_new(list, json_integer(cells[i]));
	return list;
}

static json_t *regions_to_json(const struct config_value *v)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < v->count; i += 4)
		json_array_append_new(list, cells_to_json(&v->number[i], 4));
	return list;
}

static json_t *displays_to_json(const struct config *c, const struct config_value *v)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < v->count; i++)
		json_array_append_new(list,
				      json_sprintf("display@%x", c->display[v->number[i]].reg));
	return list;
}

/* References are names of nodes. Null: the property is absent, and nothing takes its place. */
static json_t *value_to_json(const struct config *c, const struct config_property *row,
			     const struct config_value *v)
{
	if (!v->count && !v->text[0])
		return json_null();
	switch (row->type) {
	case CONFIG_TYPE_NUMBER:
	case CONFIG_TYPE_COST:
		return json_integer(v->number[0]);
	case CONFIG_TYPE_FLAG:
		return json_boolean(v->number[0]);
	case CONFIG_TYPE_REGION:
	case CONFIG_TYPE_POINT:
		return cells_to_json(v->number, v->count);
	case CONFIG_TYPE_REGIONS:
		return regions_to_json(v);
	case CONFIG_TYPE_PANEL:
		return json_string(c->panel[v->number[0]].node);
	case CONFIG_TYPE_DISPLAYS:
		return displays_to_json(c, v);
	default:
		return json_string(v->text);
	}
}

static json_t *node_to_json(const struct config *c, enum config_kind kind, uint32_t index,
			    const char *path)
{
	const struct config_table *table = config_table(kind);
	json_t *list = json_array();

	for (uint32_t i = 0; i < table->num_rows; i++) {
		const struct config_property *row = &table->row[i];
		const struct config_range range = config_range(c, index, row);
		json_t *object = row_to_json(row);
		struct config_value value;

		config_value(c, kind, index, i, &value);
		json_object_set_new(object, "value", value_to_json(c, row, &value));
		json_object_set_new(object, "explicit", json_boolean(value.given));
		if (is_number(row)) {
			json_object_set_new(object, "min", json_integer(range.min));
			json_object_set_new(object, "max", json_integer(range.max));
		}
		json_array_append_new(list, object);
	}
	return json_pack("{s:s, s:s, s:o}", "node", path, "kind", table->kind, "properties", list);
}

json_t *properties_of(const struct config *c)
{
	json_t *nodes = json_array();
	char path[PATH_BYTES];

	json_array_append_new(nodes, node_to_json(c, CONFIG_MEDIATOR, 0, c->path));
	for (uint32_t i = 0; i < c->num_panels; i++) {
		snprintf(path, sizeof(path), "%s/%s", c->path, c->panel[i].node);
		json_array_append_new(nodes, node_to_json(c, CONFIG_PANEL, i, path));
	}
	for (uint32_t i = 0; i < c->num_displays; i++) {
		snprintf(path, sizeof(path), "%s/displays/display@%x", c->path, c->display[i].reg);
		json_array_append_new(nodes, node_to_json(c, CONFIG_DISPLAY, i, path));
	}
	for (uint32_t i = 0; i < c->num_guests; i++) {
		snprintf(path, sizeof(path), "%s/guests/%s", c->path, c->guest[i].node);
		json_array_append_new(nodes, node_to_json(c, CONFIG_GUEST, i, path));
	}
	return nodes;
}

static void print_row(const struct config_property *row)
{
	char allowed[CONFIG_WORDS_MAX], absent[CONFIG_WORDS_MAX];

	printf("\n  %s\n      %s\n      %s", row->example, row->meaning,
	       config_allowed(row, allowed));
	if (is_number(row) && row->unit)
		printf(" %s", row->unit);
	if (row->required)
		printf("; required\n");
	else
		printf("; default: %s\n", config_default(row, absent));
	if (row->needs)
		printf("      Needs %s.\n", row->needs);
}

void properties_print(void)
{
	for (int kind = 0; kind < CONFIG_KINDS; kind++) {
		const struct config_table *table = config_table((enum config_kind)kind);

		printf("%s%s (name of the node: %s)\n%s\n", kind ? "\n" : "", table->kind,
		       table->node, table->meaning);
		for (uint32_t i = 0; i < table->num_rows; i++)
			print_row(&table->row[i]);
	}
}
