/* SPDX-License-Identifier: MIT */
#include "mediator/config/tables.h"

static const struct config_table *const tables[CONFIG_KINDS] = {
	[CONFIG_MEDIATOR] = &config_mediator_table,	 [CONFIG_PANEL] = &config_panel_table,
	[CONFIG_DISPLAYS_LIST] = &config_displays_table, [CONFIG_DISPLAY] = &config_display_table,
	[CONFIG_GUESTS_LIST] = &config_guests_table,	 [CONFIG_GUEST] = &config_guest_table,
};

const struct config_table *config_table(enum config_kind kind)
{
	return tables[kind];
}
