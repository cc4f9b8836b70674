/* SPDX-License-Identifier: MIT */
/*
 * Safe pictures: what a display shows when its guest's picture is frozen or wrong. Read once, at
 * start, and painted by the CPU into one framebuffer per panel, so that showing them needs neither
 * the GPU nor a file nor memory.
 */
#ifndef MEDIATOR_DAEMON_SAFE_H
#define MEDIATOR_DAEMON_SAFE_H

#include <stdbool.h>
#include <stdint.h>

struct panel;

/*
 * Read the pictures of a panel's displays and paint them. False, with node, property and value
 * logged, when a file is not there, not a PNG or not of its display's size.
 */
bool safe_init(struct panel *panel);
void safe_finish(struct panel *panel);

#endif
