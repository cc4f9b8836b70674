/* SPDX-License-Identifier: MIT */
/*
 * Safe pictures: what a display shows when its guest's picture is frozen or wrong. Read once, at
 * start, and painted by the CPU into one framebuffer per panel, so that showing them needs neither
 * the GPU nor a file nor memory.
 */
#ifndef MEDIATOR_DAEMON_DISPLAY_SAFE_H
#define MEDIATOR_DAEMON_DISPLAY_SAFE_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/shared/protocol/client.h"

struct client;
struct output;

/* Of one display; pixels NULL: it has none. */
struct safe_picture {
	uint8_t *pixels; /* mapped from fd: red, green, blue and an unused byte each, no gaps */
	int fd;
	uint32_t key;
	uint32_t width, height;
};

/* Of a panel. */
struct safe {
	struct output *output;
	struct safe_picture picture[CONFIG_PANEL_DISPLAYS]; /* by slot */
	uint32_t handle; /* the framebuffer with all of them; 0: no display has one */
	int fd;		 /* to read it by; -1: it cannot be */
	struct gpum_buffer description;
};

/*
 * Read the pictures of a panel's displays and paint them. False, with node, property and value
 * logged, when a file is not there, not a PNG or not of its display's size.
 */
bool safe_init(struct safe *safe, struct output *output, const struct config *config,
	       uint32_t panel);
/* Nothing on a struct that was never prepared. */
void safe_finish(struct safe *safe);

/* Tell a compositor about all pictures (PICTURE_ADD), long before they are needed. */
void safe_announce(const struct safe *safe, struct client *compositor);

#endif
