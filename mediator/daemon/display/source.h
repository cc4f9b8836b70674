/* SPDX-License-Identifier: MIT */
/*
 * Where a display's frames come from: a guest as the displays see it, with its buffers, its cursors
 * and the place of each of its scanouts on a panel. Frames go from here to mediator/present, and
 * answers (FRAME_SHOWN) back to the guest's backend.
 */
#ifndef MEDIATOR_DAEMON_DISPLAY_SOURCE_H
#define MEDIATOR_DAEMON_DISPLAY_SOURCE_H

#include <stdint.h>

#include "mediator/daemon/display/buffers.h"
#include "mediator/present/present.h"
#include "mediator/shared/protocol/client.h"

struct source_cursor {
	uint32_t key; /* of its buffer; 0: hidden */
	int32_t x, y; /* on the display */
};

/* One of the guest's displays. */
struct source_display {
	struct present_panel *present; /* of its panel; NULL: not set up yet */
	uint32_t slot;		       /* the display's number on that panel */
	struct source_cursor cursor;
};

struct source {
	struct client *backend;
	struct buffers buffers;
	uint32_t num_displays;
	uint32_t main_display; /* whose frames are the guest's frames to the scheduler */
	struct source_display display[GPUM_MAX_SCANOUTS]; /* by scanout */
};

/* Prepare a zeroed struct for the guest of that index; the displays' members are the caller's. */
void source_init(struct source *source, const struct config *config, uint32_t guest,
		 struct client *backend, const struct buffer_users *users);

/* Messages of the backend. Each returns NULL, or how the message breaks the rules. */
const char *source_submit(struct source *source, const struct gpum_frame *frame);
const char *source_off(struct source *source, uint32_t scanout);
const char *source_cursor(struct source *source, const struct gpum_cursor *cursor);
const char *source_remove_buffer(struct source *source, uint32_t id);

/* Answer a frame; seq 0: there is none to be answered. */
void source_answer(struct source *source, uint32_t scanout, uint64_t seq);

/* The backend is gone: its displays are black from now on, its buffers are forgotten. */
void source_gone(struct source *source);

/* The daemon ends: the same, and free what is still shown, too. */
void source_finish(struct source *source);

#endif
