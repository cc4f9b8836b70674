/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a device tree. An accepted tree must keep the promises of config.h; a refusal must
 * give its reason in one printable line.
 */
#include <stdlib.h>
#include <string.h>

#include "mediator/config/property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

/* Each value can be read by its row, and numbers that the tree gives lie between their bounds. */
static void check_values(const struct config *c, enum config_kind kind, uint32_t index)
{
	const struct config_table *table = config_table(kind);

	for (uint32_t i = 0; i < table->num_rows; i++) {
		struct config_value value;

		config_value(c, kind, index, i, &value);
		require(!value.given || value.count || value.text[0]);
		require(!table->row[i].required || value.given);
	}
}

static void check_accepted(const struct config *c)
{
	check_values(c, CONFIG_MEDIATOR, 0);
	require(c->policy != NULL);
	require(c->num_panels - 1 < CONFIG_MAX_PANELS);
	require(c->num_displays - 1 < CONFIG_MAX_DISPLAYS);
	require(c->num_guests - 1 < CONFIG_MAX_GUESTS);
	for (uint32_t i = 0; i < c->num_panels; i++) {
		check_values(c, CONFIG_PANEL, i);
		require(c->panel[i].refresh_hz - 1 < CONFIG_MAX_REFRESH_HZ);
		require(c->panel[i].num_displays - 1 < CONFIG_PANEL_DISPLAYS);
		for (uint32_t j = 0; j < c->panel[i].num_displays; j++)
			require(c->display[c->panel[i].display[j]].panel == i);
	}
	for (uint32_t i = 0; i < c->num_displays; i++) {
		const struct config_display *d = &c->display[i];
		const struct config_panel *p = &c->panel[d->panel];

		check_values(c, CONFIG_DISPLAY, i);
		require(d->panel < c->num_panels && d->guest < c->num_guests);
		require(d->scanout < c->guest[d->guest].num_displays);
		require(c->guest[d->guest].display[d->scanout] == i);
		require((uint64_t)d->region.x + d->region.width <= p->width);
		require((uint64_t)d->region.y + d->region.height <= p->height);
		require(d->frame_period_us != 0 && d->name[0]);
	}
	for (uint32_t i = 0; i < c->num_guests; i++) {
		const struct config_guest *g = &c->guest[i];

		check_values(c, CONFIG_GUEST, i);
		require(g->num_displays - 1 < GPUM_MAX_SCANOUTS && g->name[0]);
		require(g->budget_us <= g->budget_period_us && g->priority <= CONFIG_MAX_PRIORITY);
	}
}

static void check_refused(const struct config_error *err)
{
	require(err->message[0] != 0);
	require(strnlen(err->message, sizeof(err->message)) < sizeof(err->message));
	for (const char *c = err->message; *c; c++)
		require(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config config;
	static struct config_error err;
	/* A copy, so that it is aligned and ASan sees a read beyond its end. */
	uint8_t *blob = malloc(size ? size : 1);

	require(blob != NULL);
	memcpy(blob, data, size);
	if (config_parse(blob, size, &config, &err) == CONFIG_OK)
		check_accepted(&config);
	else
		check_refused(&err);
	free(blob);
	return 0;
}
