/* SPDX-License-Identifier: MIT */
/*
 * The process that compares what the displays show with what their guests announced. It runs when
 * the tree has a display with `announce`. One frame is verified at a time; while its display shows
 * its safe picture, the frame is in the guest's own buffer, which nobody sees.
 */
#ifndef MEDIATOR_DAEMON_MONITOR_VERIFIER_H
#define MEDIATOR_DAEMON_MONITOR_VERIFIER_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/daemon/base/options.h"
#include "mediator/daemon/client/respawn.h"
#include "mediator/daemon/monitor/monitor.h"

struct verifier {
	struct respawn process;
	struct monitor *monitor; /* whose frame is being verified; NULL: nobody's */
	bool own_buffer;	 /* the frame is read from the guest's buffer */
	uint64_t frame;		 /* monitor->frames when it was begun */
};

/* Prepare a zeroed struct, and start the process if the configuration needs it. */
void verifier_init(struct verifier *verifier, struct clients *clients,
		   const struct options *options, const struct config *config);
void verifier_finish(struct verifier *verifier);

/* Whether the configuration needs it. */
static inline bool verifier_exists(const struct verifier *verifier)
{
	return verifier->process.started_ns != 0;
}

/* A frame of that display is on the screen, or would be: verify it, unless it is too early. */
void verifier_frame(struct verifier *verifier, struct monitor *monitor);

#endif
