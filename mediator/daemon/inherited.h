/* SPDX-License-Identifier: MIT */
/*
 * The picture that an earlier mediator left on a panel. Each display goes on showing its part of it
 * until its guest draws again; for INHERITED_S at most, for what is old must not pass for new.
 */
#ifndef MEDIATOR_DAEMON_INHERITED_H
#define MEDIATOR_DAEMON_INHERITED_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/protocol/client.h"

#define INHERITED_S 20.0

struct panel;

struct inherited {
	struct gpum_buffer description; /* its id: a layer's, mediator-wide */
	int fd;
	uint32_t displays; /* bit: a display of the panel that still shows it; 0: nobody does */
	bool announced;	   /* to the compositor that runs */
	struct ev_timer end;
};

/* Take what is on the panel's output, if there is anything. */
void inherited_init(struct panel *panel);
void inherited_finish(struct panel *panel);

/* Whether that display still shows it. */
bool inherited_shows(const struct panel *panel, uint32_t slot);

/* That display has a picture of its own. */
void inherited_replaced(struct panel *panel, uint32_t slot);

/* The id of the layer, which the compositor learns about now if it does not know it. */
uint32_t inherited_layer(struct panel *panel);
/* The compositor has died, and knows nothing any more. */
void inherited_forget_layer(struct panel *panel);

#endif
