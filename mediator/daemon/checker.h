/* SPDX-License-Identifier: MIT */
/*
 * The process that looks at what is on the displays and compares it with what their guests
 * announced. It is started when the tree has a display with `announce`, and again when it ends.
 * One frame is checked at a time; while its display is safe, in the guest's own buffer, which
 * nobody sees.
 */
#ifndef MEDIATOR_DAEMON_CHECKER_H
#define MEDIATOR_DAEMON_CHECKER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/daemon/clients.h"
#include "mediator/guard/restart.h"

struct mediator;
struct watch;

struct checker {
	struct client client;
	struct ev_timer restart;
	struct restart pause;
	uint64_t started_ns;
	uint32_t restarts;
	struct watch *watch; /* whose frame is being checked; NULL: nobody's */
	bool own_buffer;     /* it is read from the guest's buffer */
	uint64_t frame;	     /* watch->frames when it was begun */
};

void checker_init(struct mediator *mediator);
void checker_stop(struct mediator *mediator);

/* A frame of that display is on the screen, or would be: check it, unless it is too early. */
void checker_frame(struct watch *watch);

#endif
