/* SPDX-License-Identifier: MIT */
/* Rows of a display from which the mediator knows whether its picture is fresh and true. */
#include <string.h>

#include "mediator/config/tables.h"

#define CELLS			 4u /* of a region */
#define VERIFICATIONS_IN_TIMEOUT 4u

static int is_inside(const struct config_rect *r, const struct config_rect *display)
{
	return r->width && r->width <= display->width && r->x <= display->width - r->width &&
	       r->height && r->height <= display->height && r->y <= display->height - r->height;
}

static int touches(const struct config_rect *a, const struct config_rect *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
	       b->y < a->y + a->height;
}

/* Whether a row needs `property`, directly or by way of another row. */
static int depends_on(const struct config_reader *r, const struct config_property *row,
		      const struct config_property *property)
{
	const struct config_property *needed = row;

	while (needed != property && needed->needs)
		needed = reader_row(r, needed->needs);
	return needed == property;
}

/*
 * Without a time-out, nobody would notice that frames announce nothing any more. This fault comes
 * before those in the values of the rows below.
 */
int truth_finish_freeze(const struct config_reader *r, const struct config_property *row)
{
	if (display_of(r)->freeze_timeout_ms)
		return 0;
	for (uint32_t i = 0; i < r->table->num_rows; i++)
		if (depends_on(r, &r->table->row[i], row) && reader_has(r, &r->table->row[i]))
			return reader_missing(r, row);
	return 0;
}

/* A verification reads the strip and all telltales at once. */
static int check_size(const struct config_reader *r, const struct config_property *row,
		      const struct config_truth *truth)
{
	uint64_t width = TRUTH_STRIP_PIXELS(truth->num_telltales), height = 1;
	char found[TREE_TEXT], allowed[TREE_TEXT];

	for (uint32_t i = 0; i < truth->num_telltales; i++) {
		if (truth->telltale[i].width > width)
			width = truth->telltale[i].width;
		height += truth->telltale[i].height;
	}
	if (width * height <= GPUM_VERIFY_PIXELS)
		return 0;
	return reader_fail(r, row, CONFIG_ERR_VALUE,
			   tree_say(found, "regions of %u pixels", (uint32_t)(width * height)),
			   tree_say(allowed, "the widest times the sum of heights at most %u",
				    GPUM_VERIFY_PIXELS),
			   "choose smaller ones");
}

int truth_read_telltales(const struct config_reader *r, const struct config_property *row)
{
	const struct config_rect *region = &display_of(r)->region;
	struct config_truth *truth = &display_of(r)->truth;
	uint32_t cells[CONFIG_MAX_CELLS], count;
	char found[TREE_TEXT], allowed[TREE_TEXT];
	int status = reader_get_cells(
		r, row, CELLS, CELLS * row->entries,
		tree_say(allowed, "%u to %u numbers", CELLS, CELLS * row->entries), cells, &count);

	if (status)
		return status;
	if (count % CELLS)
		return reader_fail(r, row, CONFIG_ERR_VALUE, tree_say(found, "%u numbers", count),
				   "x y width height of each region", "complete the last one");
	truth->num_telltales = count / CELLS;
	for (uint32_t i = 0; i < truth->num_telltales; i++) {
		const uint32_t *c = &cells[CELLS * i];

		truth->telltale[i] = (struct config_rect){c[0], c[1], c[2], c[3]};
		if (!is_inside(&truth->telltale[i], region))
			return reader_fail(r, row, CONFIG_ERR_VALUE,
					   tree_say(found, "<%u %u %u %u>", c[0], c[1], c[2], c[3]),
					   tree_say(allowed,
						    "x y width height inside the display's %ux%u",
						    region->width, region->height),
					   "move or shrink it");
	}
	return check_size(r, row, truth);
}

int truth_read_strip(const struct config_reader *r, const struct config_property *row)
{
	struct config_truth *truth = &display_of(r)->truth;
	uint32_t cells[2] = {0, 0}, count;
	int status = reader_get_cells(r, row, 2, 2, "2 numbers", cells, &count);

	truth->announced = count > 0;
	truth->strip_x = cells[0];
	truth->strip_y = cells[1];
	return status;
}

int truth_finish_strip(const struct config_reader *r, const struct config_property *row)
{
	const struct config_rect *region = &display_of(r)->region;
	const struct config_truth *truth = &display_of(r)->truth;
	const struct config_rect strip = {truth->strip_x, truth->strip_y,
					  TRUTH_STRIP_PIXELS(truth->num_telltales), 1};
	char found[TREE_TEXT], allowed[TREE_TEXT];

	if (!truth->announced)
		return 0;
	if (!is_inside(&strip, region))
		return reader_fail(r, row, CONFIG_ERR_CONFLICT,
				   tree_say(found, "<%u %u>, a strip of %u pixels", strip.x,
					    strip.y, strip.width),
				   tree_say(allowed, "a strip inside the display's %ux%u",
					    region->width, region->height),
				   "move it");
	for (uint32_t i = 0; i < truth->num_telltales; i++)
		if (touches(&strip, &truth->telltale[i]))
			return reader_fail(r, row, CONFIG_ERR_CONFLICT,
					   tree_say(found, "a strip that touches telltale %u", i),
					   "a strip outside all telltales, whose values it holds",
					   "move it");
	return 0;
}

/* Never less than 1: the time-out is at least two frame periods, none of them below 4 ms. */
void truth_adjust_interval(const struct config *config, uint32_t index, struct config_range *range)
{
	const uint32_t timeout_ms = config->display[index].freeze_timeout_ms;

	if (range->max > timeout_ms / 2)
		range->max = timeout_ms / 2;
	range->fallback = timeout_ms / VERIFICATIONS_IN_TIMEOUT;
	if (range->fallback > range->max)
		range->fallback = range->max;
}
