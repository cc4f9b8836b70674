/* SPDX-License-Identifier: MIT */
/* The board's device tree: two panels, four displays, three guests. */
#include "tests/fuzz/mediator_messages/world.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#define BLOB_BYTES 4096u

static void text(void *fdt, const char *name, const char *value)
{
	fdt_property(fdt, name, value, (int)strlen(value) + 1);
}

static void panel_node(void *fdt, const char *name, const char *mode, uint32_t phandle)
{
	fdt_begin_node(fdt, name);
	text(fdt, "connector", name);
	text(fdt, "mode", mode);
	fdt_property_u32(fdt, "phandle", phandle);
	fdt_end_node(fdt);
}

static void cells(void *fdt, const char *name, uint32_t count, const uint32_t *values)
{
	fdt32_t swapped[4];

	for (uint32_t i = 0; i < count; i++)
		swapped[i] = cpu_to_fdt32(values[i]);
	fdt_property(fdt, name, swapped, (int)(count * sizeof(*swapped)));
}

static void display_node(void *fdt, uint32_t reg, uint32_t panel, uint32_t y)
{
	const uint32_t region[] = {0, y, WIDTH, HEIGHT};
	char name[32];

	snprintf(name, sizeof(name), "display@%x", reg);
	fdt_begin_node(fdt, name);
	fdt_property_u32(fdt, "reg", reg);
	fdt_property_u32(fdt, "panel", panel);
	cells(fdt, "region", 4, region);
	fdt_property_u32(fdt, "priority", reg);
	fdt_property_u32(fdt, "freeze-timeout-ms", 1000);
	fdt_property_u32(fdt, "phandle", 16 + reg);
	fdt_end_node(fdt);
}

static void guest_node(void *fdt, const char *name, uint32_t count, uint32_t first)
{
	const uint32_t displays[] = {16 + first, 17 + first};

	fdt_begin_node(fdt, name);
	text(fdt, "domain-name", name);
	cells(fdt, "displays", count, displays);
	fdt_property_u32(fdt, "ban-ms", 500);
	if (!strcmp(name, "ivi")) {
		fdt_property_u32(fdt, "max-job-us", 4000);
		fdt_property_u32(fdt, "kill-time-us", 8000);
		fdt_property_u32(fdt, "budget-us", 6000);
		fdt_property_u32(fdt, "budget-period-us", 20000);
	}
	fdt_end_node(fdt);
}

static void make_tree(void *fdt)
{
	fdt_create(fdt, BLOB_BYTES);
	fdt_finish_reservemap(fdt);
	fdt_begin_node(fdt, "");
	fdt_begin_node(fdt, "gpu-mediator");
	text(fdt, "compatible", CONFIG_COMPATIBLE);
	panel_node(fdt, "panel-0", "128x192@60", 1);
	panel_node(fdt, "panel-1", "128x64@60", 2);
	fdt_begin_node(fdt, "displays");
	fdt_property_u32(fdt, "#address-cells", 1);
	fdt_property_u32(fdt, "#size-cells", 0);
	display_node(fdt, 0, 1, 0);
	display_node(fdt, 1, 1, HEIGHT);
	display_node(fdt, 2, 2, 0);
	display_node(fdt, 3, 1, 2 * HEIGHT);
	fdt_end_node(fdt);
	fdt_begin_node(fdt, "guests");
	guest_node(fdt, "cluster", 1, 0);
	guest_node(fdt, "ivi", 2, 1);
	guest_node(fdt, "seat", 1, 3);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	fdt_end_node(fdt);
	require(fdt_finish(fdt) == 0);
}

void parse_tree(struct config *config)
{
	static uint64_t fdt[BLOB_BYTES / sizeof(uint64_t)];
	struct config_error error;

	make_tree(fdt);
	if (config_parse(fdt, sizeof(fdt), config, &error)) {
		fprintf(stderr, "%s\n", error.message);
		abort();
	}
}
