/* SPDX-License-Identifier: MIT */
/* The tables of all kinds of nodes. Private to mediator/config; users call config_table(). */
#ifndef MEDIATOR_CONFIG_TABLES_H
#define MEDIATOR_CONFIG_TABLES_H

#include "mediator/config/property.h"
#include "mediator/config/reader.h"

extern const struct config_table config_mediator_table; /* node_mediator.c */
extern const struct config_table config_displays_table;
extern const struct config_table config_guests_table;
extern const struct config_table config_panel_table;   /* node_panel.c */
extern const struct config_table config_display_table; /* node_display.c */
extern const struct config_table config_guest_table;   /* node_guest.c */

static inline struct config_display *display_of(const struct config_reader *r)
{
	return &r->config->display[r->index];
}

/* Of the display's rows: freshness and truth of its picture (truth.c). */
int truth_finish_freeze(const struct config_reader *r, const struct config_property *row);
int truth_read_telltales(const struct config_reader *r, const struct config_property *row);
int truth_read_strip(const struct config_reader *r, const struct config_property *row);
int truth_finish_strip(const struct config_reader *r, const struct config_property *row);
void truth_adjust_interval(const struct config *config, uint32_t index, struct config_range *range);

#endif
