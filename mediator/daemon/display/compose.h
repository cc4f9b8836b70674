/* SPDX-License-Identifier: MIT */
/* From the displays of a composed panel to what its compositor is told to draw. */
#ifndef MEDIATOR_DAEMON_DISPLAY_COMPOSE_H
#define MEDIATOR_DAEMON_DISPLAY_COMPOSE_H

#include <stdint.h>

struct panel;

/*
 * Have the compositor draw the next picture. Bit i of `changed`: the display in slot i is new; the
 * others are kept as they are on the screen.
 */
void compose_picture(struct panel *panel, uint32_t changed);

#endif
