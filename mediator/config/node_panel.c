/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "mediator/config/tables.h"

#define US_PER_S 1000000u

/* Decimal without sign or leading zero, 1 to 5 digits; advances *text. 0: there is none. */
static uint32_t read_decimal(const char **text)
{
	uint32_t value = 0;
	int digits = 0;

	while (**text >= '0' && **text <= '9' && digits < 5 && (value || **text != '0')) {
		value = value * 10 + (uint32_t)(**text - '0');
		(*text)++;
		digits++;
	}
	return value;
}

static int in_range(uint32_t value, uint32_t min, uint32_t max)
{
	return value >= min && value <= max;
}

static int parse_mode(const char *text, const struct config_property *row, struct config_panel *p)
{
	p->width = read_decimal(&text);
	if (*text++ != 'x')
		return 0;
	p->height = read_decimal(&text);
	if (*text++ != '@')
		return 0;
	p->refresh_hz = read_decimal(&text);
	return !*text && in_range(p->width, row->min, row->max) &&
	       in_range(p->height, row->min, row->max) &&
	       in_range(p->refresh_hz, 1, CONFIG_MAX_REFRESH_HZ);
}

static int read_mode(const struct config_reader *r, const struct config_property *row)
{
	char allowed[CONFIG_WORDS_MAX];
	const char *mode;
	int status = reader_get_string(r, row, &mode);

	if (status || parse_mode(mode, row, &r->config->panel[r->index]))
		return status;
	return reader_wrong_form(r, row, mode, (int)strlen(mode) + 1, config_allowed(row, allowed));
}

static void adjust_picture(const struct config *config, uint32_t index, struct config_range *range)
{
	range->min = US_PER_S / config->panel[index].refresh_hz;
	range->fallback = range->min;
}

static const struct config_property rows[] = {
	{
		.name = "connector",
		.type = CONFIG_TYPE_NAME,
		.offset = offsetof(struct config_panel, connector),
		.required = 1,
		.min = 1,
		.max = CONFIG_NAME_MAX - 1u,
		.extra = "-_.",
		.meaning = "KMS name of the connector, as in /sys/class/drm/card0-Virtual-1; "
			   "unique.",
		.example = "connector = \"Virtual-1\";",
	},
	{
		.name = "mode",
		.type = CONFIG_TYPE_MODE,
		.offset = offsetof(struct config_panel, width),
		.required = 1,
		.min = CONFIG_MIN_SIDE,
		.max = CONFIG_MAX_SIDE,
		.meaning = "Resolution and refresh rate of the panel.",
		.example = "mode = \"1280x720@60\";",
		.read = read_mode,
	},
	{
		.name = "compose-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_panel, compose_us),
		.min = 1,
		.max = CONFIG_MAX_JOB_US,
		.absent = "not declared",
		.unit = "us",
		.meaning = "Longest composition of the panel's picture on the GPU.",
		.example = "compose-us = <3000>;",
	},
	{
		.name = "picture-period-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_panel, picture_period_us),
		.min = CONFIG_MIN_PERIOD_US,
		.max = CONFIG_MAX_PERIOD_US,
		.least = "the refresh period",
		.absent = "the refresh period",
		.unit = "us",
		.meaning = "The mediator makes at most one new picture of the panel in each such "
			   "period.",
		.example = "picture-period-us = <33333>;",
		.adjust = adjust_picture,
	},
};

const struct config_table config_panel_table = {
	.kind = "panel",
	.node = "panel, panel-NAME",
	.meaning = "A screen, which one display or several displays fill.",
	.base = offsetof(struct config, panel),
	.size = sizeof(struct config_panel),
	.given = offsetof(struct config_panel, given),
	.row = rows,
	.num_rows = sizeof(rows) / sizeof(rows[0]),
};
