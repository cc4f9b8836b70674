/* SPDX-License-Identifier: MIT */
/*
 * The picture that an earlier mediator left on a panel. Each display goes on showing its part of it
 * until its guest draws again; for INHERITED_S at most, for what is old must not pass for new.
 */
#ifndef MEDIATOR_DAEMON_DISPLAY_INHERITED_H
#define MEDIATOR_DAEMON_DISPLAY_INHERITED_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/shared/protocol/client.h"

#define INHERITED_S 20.0

struct client;
struct output;

struct inherited {
	struct ev_loop *loop;
	const struct config_panel *config;
	struct client *compositor; /* NULL: the panel has none */
	void (*expired)(void *owner);
	void *owner;
	struct gpum_buffer description; /* its id is the picture's key */
	int fd;
	uint32_t displays; /* bit: a display of the panel that still shows it; 0: nobody does */
	bool announced;	   /* to the compositor that runs */
	struct ev_timer timer;
};

/*
 * Take what is on the panel's output, if there is anything, under the key `key`. `expired` is
 * called when displays still show it after INHERITED_S: they are black from then on.
 */
void inherited_init(struct inherited *inherited, struct ev_loop *loop, struct output *output,
		    const struct config_panel *config, uint32_t key, struct client *compositor,
		    void (*expired)(void *owner), void *owner);
/* Nothing on a struct that was never prepared. */
void inherited_finish(struct inherited *inherited);

/* Whether that display still shows it. */
bool inherited_shows(const struct inherited *inherited, uint32_t slot);

/* That display has a picture of its own. */
void inherited_replaced(struct inherited *inherited, uint32_t slot);

/* The key of the picture, which the compositor learns about now if it does not know it. */
uint32_t inherited_layer(struct inherited *inherited);
/* The compositor has died, and knows nothing any more. */
void inherited_forget_layer(struct inherited *inherited);

#endif
