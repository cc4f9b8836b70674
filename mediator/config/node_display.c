/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "mediator/config/tables.h"

#define US_PER_S     1000000u
#define REGION_CELLS 4u

/* People find a node by its name, so the number after the @ must be reg, in hexadecimal. */
static int finish_reg(const struct config_reader *r, const struct config_property *row)
{
	const uint32_t reg = display_of(r)->reg;
	char expected[TREE_TEXT], found[TREE_TEXT];

	tree_say(expected, "display@%x", reg);
	if (!strcmp(tree_name(r->tree, r->node), expected))
		return 0;
	return reader_fail(r, row, CONFIG_ERR_VALUE,
			   tree_say(found, "%u in a node of another number", reg),
			   "the number after the @, which is hexadecimal", "change one of the two");
}

static int finish_label(const struct config_reader *r, const struct config_property *row)
{
	struct config_display *d = display_of(r);

	(void)row;
	if (!d->name[0])
		snprintf(d->name, sizeof(d->name), "display%u", d->reg);
	return 0;
}

static int read_panel(const struct config_reader *r, const struct config_property *row)
{
	uint32_t phandle, count;
	int status = reader_get_cells(r, row, 1, 1, "one reference", &phandle, &count);

	if (status)
		return status;
	return reader_find_node(r, row, phandle, r->nodes->panel, r->config->num_panels,
				&display_of(r)->panel);
}

static int fits(uint32_t at, uint32_t side, uint32_t least, uint32_t whole)
{
	return side >= least && side <= whole && at <= whole - side;
}

static int read_region(const struct config_reader *r, const struct config_property *row)
{
	const struct config_panel *p = &r->config->panel[display_of(r)->panel];
	struct config_rect *region = &display_of(r)->region;
	uint32_t cells[REGION_CELLS] = {0, 0, p->width, p->height}, count;
	char found[TREE_TEXT], allowed[TREE_TEXT];
	int status =
		reader_get_cells(r, row, REGION_CELLS, REGION_CELLS, "4 numbers", cells, &count);

	*region = (struct config_rect){cells[0], cells[1], cells[2], cells[3]};
	if (status || (fits(region->x, region->width, row->min, p->width) &&
		       fits(region->y, region->height, row->min, p->height)))
		return status;
	return reader_fail(
		r, row, CONFIG_ERR_VALUE,
		tree_say(found, "<%u %u %u %u>", region->x, region->y, region->width,
			 region->height),
		tree_say(allowed, "x y width height inside the panel's %ux%u, sides of %u or more",
			 p->width, p->height, row->min),
		"move or shrink it, or leave it out to use the whole panel");
}

static void adjust_period(const struct config *config, uint32_t index, struct config_range *range)
{
	const struct config_panel *p = &config->panel[config->display[index].panel];
	const uint32_t refresh_us = (US_PER_S + p->refresh_hz / 2) / p->refresh_hz;

	range->min = p->picture_period_us;
	range->fallback = range->min > refresh_us ? range->min : refresh_us;
}

/* A display is not frozen before it could have missed a frame. */
static void adjust_freeze(const struct config *config, uint32_t index, struct config_range *range)
{
	range->min = (2 * config->display[index].frame_period_us + 999) / 1000;
}

static void adjust_deadline(const struct config *config, uint32_t index, struct config_range *range)
{
	range->fallback = config->display[index].frame_period_us;
}

static void adjust_jitter(const struct config *config, uint32_t index, struct config_range *range)
{
	range->max = config->display[index].frame_period_us - 1;
}

/*
 * A gate is closed and opened by the one frame that is being drawn. A frame that returns to the
 * GPU after a gap must be over before the next one begins.
 */
static int check_deadline(const struct config_reader *r, const struct config_display *d)
{
	char found[TREE_TEXT], allowed[TREE_TEXT];

	if (d->deadline_us <= d->frame_period_us || (!d->slack_gate && !d->segment_gap_us))
		return 0;
	return reader_fail(
		r, reader_row(r, "deadline-us"), CONFIG_ERR_CONFLICT,
		tree_say(found, "%u", d->deadline_us),
		tree_say(allowed,
			 "at most frame-period-us, %u, beside slack-gate or segment-gap-us",
			 d->frame_period_us),
		"lower it, or leave it out for the frame period");
}

/* A frame's demand as a whole: docs/scheduling.md. */
static int finish_demand(const struct config_reader *r, const struct config_property *row)
{
	const struct config_display *d = display_of(r);

	if (d->segment_gap_us && d->segments == 1)
		return reader_fail(r, reader_row(r, "segment-gap-us"), CONFIG_ERR_CONFLICT,
				   "a gap in frames of one segment",
				   "segment-gap-us only beside segments-per-frame of 2 or more",
				   "add segments-per-frame = <2>; or remove it");
	if (d->best_effort && d->slack_gate)
		return reader_fail(r, row, CONFIG_ERR_CONFLICT,
				   "best-effort beside slack-gate, which keeps a deadline",
				   "one of the two", "remove one of them");
	return check_deadline(r, d);
}

static const struct config_property rows[] = {
	{
		.name = "reg",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_display, reg),
		.required = 1,
		.max = CONFIG_MAX_REG,
		.meaning = "Number of the display, also after the @ of its node, there in "
			   "hexadecimal.",
		.example = "reg = <0>;",
		.finish = finish_reg,
	},
	{
		.name = "label",
		.type = CONFIG_TYPE_NAME,
		.offset = offsetof(struct config_display, name),
		.min = 1,
		.max = CONFIG_NAME_MAX - 1u,
		.absent = "display and reg",
		.extra = "-_",
		.meaning = "Name of the display in reports and file names; unique.",
		.example = "label = \"cluster\";",
		.finish = finish_label,
	},
	{
		.name = "panel",
		.type = CONFIG_TYPE_PANEL,
		.offset = offsetof(struct config_display, panel),
		.required = 1,
		.meaning = "The panel that shows the display.",
		.example = "panel = <&panel>;",
		.read = read_panel,
	},
	{
		.name = "region",
		.type = CONFIG_TYPE_REGION,
		.offset = offsetof(struct config_display, region),
		.min = CONFIG_MIN_SIDE,
		.max = CONFIG_MAX_SIDE,
		.absent = "the whole panel",
		.unit = "pixels",
		.meaning = "Place and size of the display on its panel.",
		.example = "region = <0 0 1280 400>;",
		.read = read_region,
	},
	{
		.name = "priority",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_display, priority),
		.required = 1,
		.max = CONFIG_MAX_PRIORITY,
		.meaning = "Importance of the display; 0 is the highest.",
		.example = "priority = <0>; /* the highest */",
	},
	{
		.name = "frame-period-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_display, frame_period_us),
		.min = CONFIG_MIN_PERIOD_US,
		.max = CONFIG_MAX_PERIOD_US,
		.least = "the panel's picture-period-us",
		.absent = "the panel's picture-period-us",
		.unit = "us",
		.meaning = "The mediator shows at most one new frame of the display in each such "
			   "period.",
		.example = "frame-period-us = <33333>;",
		.adjust = adjust_period,
	},
	{
		.name = "freeze-timeout-ms",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_display, freeze_timeout_ms),
		.min = CONFIG_MIN_FREEZE_MS,
		.max = CONFIG_MAX_FREEZE_MS,
		.least = "two frame periods",
		.absent = "freezes are not looked for",
		.unit = "ms",
		.meaning = "Time without progress after which the display counts as frozen.",
		.example = "freeze-timeout-ms = <500>;",
		.adjust = adjust_freeze,
		.finish = truth_finish_freeze,
	},
	{
		.name = "safe-picture",
		.type = CONFIG_TYPE_PATH,
		.offset = offsetof(struct config_display, truth.safe_picture),
		.max = CONFIG_FILE_MAX - 1u,
		.absent = "none",
		.needs = "freeze-timeout-ms",
		.meaning = "PNG file of the display's size, shown while its own picture is frozen "
			   "or wrong.",
		.example = "safe-picture = \"/usr/share/gpu-mediator/safe-cluster.png\";",
	},
	{
		.name = "telltales",
		.type = CONFIG_TYPE_REGIONS,
		.offset = offsetof(struct config_display, truth.telltale),
		.count = offsetof(struct config_display, truth.num_telltales),
		.entries = CONFIG_MAX_TELLTALES,
		.absent = "none",
		.needs = "announce",
		.unit = "pixels",
		.meaning = "Regions of the display whose pixels the verifier compares with the "
			   "announcement.",
		.example = "telltales = <490 20 40 40>, <790 20 40 40>;",
		.read = truth_read_telltales,
	},
	{
		.name = "announce",
		.type = CONFIG_TYPE_POINT,
		.offset = offsetof(struct config_display, truth.strip_x),
		.count = offsetof(struct config_display, truth.announced),
		.max = CONFIG_MAX_SIDE - 1u,
		.absent = "none",
		.needs = "freeze-timeout-ms",
		.unit = "pixels",
		.meaning = "Place of the strip in which each frame announces its telltales.",
		.example = "announce = <0 399>;",
		.read = truth_read_strip,
		.finish = truth_finish_strip,
	},
	{
		.name = "check-interval-ms",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_display, truth.verify_ms),
		.min = 1,
		.max = CONFIG_MAX_VERIFY_MS,
		.most = "half of freeze-timeout-ms",
		.absent = "a quarter of freeze-timeout-ms",
		.needs = "freeze-timeout-ms",
		.unit = "ms",
		.meaning = "Shortest time between two verifications of the picture.",
		.example = "check-interval-ms = <50>;",
		.adjust = truth_adjust_interval,
	},
	{
		.name = "deadline-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_display, deadline_us),
		.min = 1,
		.max = CONFIG_MAX_PERIOD_US,
		.absent = "the frame period",
		.unit = "us",
		.meaning = "Time from a frame's release until its last job must be over.",
		.example = "deadline-us = <16667>;",
		.adjust = adjust_deadline,
	},
	{
		.name = "jitter-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_display, jitter_us),
		.max = CONFIG_MAX_PERIOD_US - 1u,
		.most = "less than the frame period",
		.unit = "us",
		.meaning = "Longest delay of a frame's release.",
		.example = "jitter-us = <500>;",
		.adjust = adjust_jitter,
	},
	{
		.name = "segments-per-frame",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_display, segments),
		.min = 1,
		.max = CONFIG_MAX_SEGMENTS,
		.fallback = 1,
		.meaning = "Most jobs of one frame, slices included.",
		.example = "segments-per-frame = <3>;",
	},
	{
		.name = "segment-gap-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_display, segment_gap_us),
		.max = CONFIG_MAX_PERIOD_US,
		.unit = "us",
		.meaning = "Longest time on the CPU between two jobs of one frame.",
		.example = "segment-gap-us = <300>;",
	},
	{
		.name = "slack-gate",
		.type = CONFIG_TYPE_FLAG,
		.offset = offsetof(struct config_display, slack_gate),
		.absent = "not there",
		.meaning = "Jobs of lower priority wait where they would break the display's next "
			   "deadline.",
		.example = "slack-gate;",
	},
	{
		.name = "best-effort",
		.type = CONFIG_TYPE_FLAG,
		.offset = offsetof(struct config_display, best_effort),
		.absent = "not there",
		.meaning = "No deadline is promised for the display's frames.",
		.example = "best-effort;",
		.finish = finish_demand,
	},
};

const struct config_table config_display_table = {
	.kind = "display",
	.node = "display@REG",
	.meaning = "A monitor of a guest: a panel or a region of it.",
	.base = offsetof(struct config, display),
	.size = sizeof(struct config_display),
	.given = offsetof(struct config_display, given),
	.row = rows,
	.num_rows = sizeof(rows) / sizeof(rows[0]),
};
