/* SPDX-License-Identifier: MIT */
#include "mediator/config/property.h"

#include <stdio.h>
#include <string.h>

/* Room that config_names() keeps for its last words. */
#define MORE_BYTES sizeof(",  and 32 more")

size_t config_place(const struct config_table *table, uint32_t index, size_t offset)
{
	return table->base + index * table->size + offset;
}

struct config_range config_range(const struct config *config, uint32_t index,
				 const struct config_property *row)
{
	struct config_range range = {row->min, row->max, row->fallback};

	if (config && row->adjust)
		row->adjust(config, index, &range);
	return range;
}

static void say_bound(const char *words, const char *side, uint32_t number, char *text, size_t size)
{
	if (words)
		snprintf(text, size, "%s (at %s %u)", words, side, number);
	else
		snprintf(text, size, "%u", number);
}

static void say_number(const struct config_property *row, char *text)
{
	char least[96], most[96];

	say_bound(row->least, "least", row->min, least, sizeof(least));
	say_bound(row->most, "most", row->max, most, sizeof(most));
	snprintf(text, CONFIG_WORDS_MAX, "%s to %s", least, most);
}

static void say_text(const struct config_property *row, char *text)
{
	switch (row->type) {
	case CONFIG_TYPE_COMPATIBLE:
		snprintf(text, CONFIG_WORDS_MAX, "%s", CONFIG_COMPATIBLE);
		break;
	case CONFIG_TYPE_POLICY:
		snprintf(text, CONFIG_WORDS_MAX, "%s", sched_policy_names());
		break;
	case CONFIG_TYPE_NAME:
		snprintf(text, CONFIG_WORDS_MAX, "%u to %u letters, digits and any of %s", row->min,
			 row->max, row->extra);
		break;
	case CONFIG_TYPE_PATH:
		snprintf(text, CONFIG_WORDS_MAX, "an absolute path of at most %u characters",
			 row->max);
		break;
	default:
		snprintf(text, CONFIG_WORDS_MAX,
			 "WIDTHxHEIGHT@HZ, sides of %u to %u pixels, 1 to %u Hz", row->min,
			 row->max, CONFIG_MAX_REFRESH_HZ);
		break;
	}
}

static void say_list(const struct config_property *row, char *text)
{
	switch (row->type) {
	case CONFIG_TYPE_FIXED:
		snprintf(text, CONFIG_WORDS_MAX, "%u", row->min);
		break;
	case CONFIG_TYPE_REGION:
		snprintf(text, CONFIG_WORDS_MAX,
			 "x y width height inside the panel, sides of %u or more", row->min);
		break;
	case CONFIG_TYPE_REGIONS:
		snprintf(text, CONFIG_WORDS_MAX,
			 "x y width height of 1 to %u regions inside the display", row->entries);
		break;
	case CONFIG_TYPE_POINT:
		snprintf(text, CONFIG_WORDS_MAX, "x y of a place inside the display");
		break;
	case CONFIG_TYPE_PANEL:
		snprintf(text, CONFIG_WORDS_MAX,
			 "a reference to a panel of this gpu-mediator node");
		break;
	default:
		snprintf(text, CONFIG_WORDS_MAX,
			 "1 to %u references to displays of this gpu-mediator node", row->entries);
		break;
	}
}

const char *config_allowed(const struct config_property *row, char *text)
{
	if (row->type <= CONFIG_TYPE_MODE)
		say_text(row, text);
	else if (row->type == CONFIG_TYPE_FLAG)
		snprintf(text, CONFIG_WORDS_MAX, "there or not");
	else if (row->type == CONFIG_TYPE_NUMBER || row->type == CONFIG_TYPE_COST)
		say_number(row, text);
	else
		say_list(row, text);
	return text;
}

const char *config_default(const struct config_property *row, char *text)
{
	if (row->required)
		text[0] = '\0';
	else if (row->absent)
		snprintf(text, CONFIG_WORDS_MAX, "%s", row->absent);
	else
		snprintf(text, CONFIG_WORDS_MAX, "%u", row->fallback);
	return text;
}

const char *config_names(const struct config_table *table, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	for (uint32_t i = 0; i < table->num_rows; i++) {
		const char *name = table->row[i].name;

		if (used + strlen(name) + MORE_BYTES > size) {
			snprintf(&text[used], size - used, " and %u more", table->num_rows - i);
			break;
		}
		snprintf(&text[used], size - used, "%s%s", i > 0 ? ", " : "", name);
		used += strlen(&text[used]);
	}
	return text;
}
