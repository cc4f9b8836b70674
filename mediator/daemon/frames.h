/* SPDX-License-Identifier: MIT */
/* From a guest's frames to a panel's pictures, and the answers back. */
#ifndef MEDIATOR_DAEMON_FRAMES_H
#define MEDIATOR_DAEMON_FRAMES_H

#include <stdint.h>

#include "mediator/protocol/client.h"

struct guest;
struct panel;

/* Messages of a backend. Each returns NULL, or how the message breaks the rules. */
const char *frames_submit(struct guest *guest, const struct gpum_frame *frame);
const char *frames_off(struct guest *guest, uint32_t scanout);
const char *frames_cursor(struct guest *guest, const struct gpum_cursor *cursor);

/* A buffer is forgotten by its backend: no cursor may be drawn from it. */
void frames_hide_cursor(struct guest *guest, uint32_t key);

/* The backend is gone: black from now on. */
void frames_gone(struct guest *guest);

/* The panel's picture is on the screen, or is given up: answer all frames in it. */
void frames_shown(struct panel *panel);
void frames_dropped(struct panel *panel);

#endif
