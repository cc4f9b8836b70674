/* SPDX-License-Identifier: MIT */
#include <libfdt.h>

#include "mediator/config/entries.h"

#define CELLS		  4u /* of a rectangle */
#define CHECKS_IN_TIMEOUT 4u

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

/* What one check reads. */
static int check_size(const struct tree *t, int node, const struct config_truth *truth)
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
	return tree_fail(t, node, "telltales", CONFIG_ERR_VALUE,
			 tree_say(found, "regions of %u pixels", (uint32_t)(width * height)),
			 tree_say(allowed, "the widest times the sum of heights at most %u",
				  GPUM_VERIFY_PIXELS),
			 "choose smaller ones");
}

static int read_telltales(const struct tree *t, int node, struct config_display *d)
{
	static const char example[] = "telltales = <490 20 40 40>, <790 20 40 40>;";
	uint32_t cells[CELLS * CONFIG_MAX_TELLTALES], count;
	char found[TREE_TEXT], allowed[TREE_TEXT];
	struct config_truth *truth = &d->truth;
	int status = tree_get_cells(t, node, "telltales", CELLS, CELLS * CONFIG_MAX_TELLTALES,
				    example, cells, &count);

	if (status)
		return status;
	if (count % CELLS)
		return tree_fail(t, node, "telltales", CONFIG_ERR_VALUE,
				 tree_say(found, "%u numbers", count),
				 "x y width height of each of them", "complete the last one");
	truth->num_telltales = count / CELLS;
	for (uint32_t i = 0; i < truth->num_telltales; i++) {
		const uint32_t *c = &cells[CELLS * i];
		struct config_rect *r = &truth->telltale[i];

		*r = (struct config_rect){c[0], c[1], c[2], c[3]};
		if (!is_inside(r, &d->region))
			return tree_fail(t, node, "telltales", CONFIG_ERR_VALUE,
					 tree_say(found, "<%u %u %u %u>", c[0], c[1], c[2], c[3]),
					 tree_say(allowed,
						  "x y width height inside the display's %ux%u",
						  d->region.width, d->region.height),
					 "move or shrink it");
	}
	return check_size(t, node, truth);
}

static int check_strip(const struct tree *t, int node, const struct config_display *d)
{
	const struct config_truth *truth = &d->truth;
	const struct config_rect strip = {truth->strip_x, truth->strip_y,
					  TRUTH_STRIP_PIXELS(truth->num_telltales), 1};
	char found[TREE_TEXT], allowed[TREE_TEXT];

	if (!is_inside(&strip, &d->region))
		return tree_fail(t, node, "announce", CONFIG_ERR_CONFLICT,
				 tree_say(found, "<%u %u>, a strip of %u pixels", strip.x, strip.y,
					  strip.width),
				 tree_say(allowed, "a strip inside the display's %ux%u",
					  d->region.width, d->region.height),
				 "move it");
	for (uint32_t i = 0; i < truth->num_telltales; i++)
		if (touches(&strip, &truth->telltale[i]))
			return tree_fail(t, node, "announce", CONFIG_ERR_CONFLICT,
					 tree_say(found, "a strip that touches telltale %u", i),
					 "a strip beside all telltales, whose values it holds",
					 "move it");
	return 0;
}

static int read_strip(const struct tree *t, int node, struct config_display *d)
{
	static const char example[] = "announce = <0 0>;";
	struct config_truth *truth = &d->truth;
	uint32_t cells[2] = {0}, count;
	int status = tree_get_cells(t, node, "announce", 2, 2, example, cells, &count);

	if (status)
		return status;
	if (!count)
		return truth->num_telltales ? tree_missing(t, node, "announce", example) : 0;
	truth->announced = 1;
	truth->strip_x = cells[0];
	truth->strip_y = cells[1];
	return check_strip(t, node, d);
}

static int read_interval(const struct tree *t, int node, struct config_display *d)
{
	/* Not 0: the time-out is at least two frame periods, none of which is below 4 ms. */
	struct tree_number rule = {.name = "check-interval-ms",
				   .min = 1,
				   .max = d->freeze_timeout_ms / 2,
				   .fallback = d->freeze_timeout_ms / CHECKS_IN_TIMEOUT,
				   .example = "check-interval-ms = <50>;"};

	if (rule.max > CONFIG_MAX_VERIFY_MS)
		rule.max = CONFIG_MAX_VERIFY_MS;
	if (rule.fallback > rule.max)
		rule.fallback = rule.max;
	return tree_get_number(t, node, &rule, &d->truth.verify_ms);
}

/* Without a time-out nobody would notice that nothing is announced any more. */
static int refuse_all(const struct tree *t, int node)
{
	static const char *const names[] = {"safe-picture", "announce", "telltales",
					    "check-interval-ms"};
	int length;

	for (uint32_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (fdt_getprop(t->fdt, node, names[i], &length))
			return tree_missing(t, node, "freeze-timeout-ms",
					    "freeze-timeout-ms = <150>;");
	return 0;
}

int config_read_truth(const struct tree *t, int node, struct config_display *d)
{
	int status;

	if (!d->freeze_timeout_ms)
		return refuse_all(t, node);
	status = tree_get_path(t, node, "safe-picture",
			       "safe-picture = \"/usr/share/gpu-mediator/safe-cluster.png\";",
			       d->truth.safe_picture);
	if (!status)
		status = read_telltales(t, node, d);
	if (!status)
		status = read_strip(t, node, d);
	if (!status)
		status = read_interval(t, node, d);
	return status;
}
