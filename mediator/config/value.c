/* SPDX-License-Identifier: MIT */
/* Values of a config that config_parse() has accepted, row by row. */
#include <stdio.h>
#include <string.h>

#include "mediator/config/property.h"

#define NS_PER_US UINT64_C(1000)

/* An entry of struct config as bytes, from which memcpy() takes members of any type. */
struct entry {
	const struct config *config;
	const struct config_table *table;
	uint32_t index;
};

static void load(const struct entry *e, size_t offset, void *value, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)e->config;

	memcpy(value, &bytes[config_place(e->table, e->index, offset)], size);
}

static void get_text(const struct entry *e, const struct config_property *row, char *text)
{
	const struct config_panel *p = &e->config->panel[e->index];

	switch (row->type) {
	case CONFIG_TYPE_COMPATIBLE:
		snprintf(text, CONFIG_FILE_MAX, "%s", CONFIG_COMPATIBLE);
		break;
	case CONFIG_TYPE_POLICY:
		snprintf(text, CONFIG_FILE_MAX, "%s", e->config->policy->name);
		break;
	case CONFIG_TYPE_NAME:
		load(e, row->offset, text, CONFIG_NAME_MAX);
		break;
	case CONFIG_TYPE_PATH:
		load(e, row->offset, text, CONFIG_FILE_MAX);
		break;
	default:
		snprintf(text, CONFIG_FILE_MAX, "%ux%u@%u", p->width, p->height, p->refresh_hz);
		break;
	}
}

static void get_number(const struct entry *e, const struct config_property *row,
		       struct config_value *out)
{
	const struct config_range range = config_range(e->config, e->index, row);
	uint64_t ns;

	if (row->type == CONFIG_TYPE_COST) {
		load(e, row->offset, &ns, sizeof(ns));
		out->number[0] = (uint32_t)(ns / NS_PER_US);
	} else {
		load(e, row->offset, &out->number[0], sizeof(out->number[0]));
	}
	out->count = out->number[0] >= range.min && out->number[0] <= range.max;
}

/* Numbers of one entry of a list, or of the whole value. */
static uint32_t cells_of(enum config_type type)
{
	if (type == CONFIG_TYPE_REGION || type == CONFIG_TYPE_REGIONS)
		return 4;
	return type == CONFIG_TYPE_POINT ? 2 : 1;
}

static void get_cells(const struct entry *e, const struct config_property *row,
		      struct config_value *out)
{
	uint32_t entries = 1;

	if (row->count)
		load(e, row->count, &entries, sizeof(entries));
	out->count = entries * cells_of(row->type);
	load(e, row->offset, out->number, out->count * sizeof(out->number[0]));
}

void config_value(const struct config *config, enum config_kind kind, uint32_t index, uint32_t row,
		  struct config_value *out)
{
	const struct entry e = {config, config_table(kind), index};
	const struct config_property *property = &e.table->row[row];
	uint32_t given;

	memset(out, 0, sizeof(*out));
	load(&e, e.table->given, &given, sizeof(given));
	out->given = given >> row & 1u;
	if (property->type <= CONFIG_TYPE_MODE)
		get_text(&e, property, out->text);
	else if (property->type == CONFIG_TYPE_NUMBER || property->type == CONFIG_TYPE_COST)
		get_number(&e, property, out);
	else
		get_cells(&e, property, out);
}
