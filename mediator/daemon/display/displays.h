/* SPDX-License-Identifier: MIT */
/* All panels, where their frames come from, and what looks at their pictures. */
#ifndef MEDIATOR_DAEMON_DISPLAY_DISPLAYS_H
#define MEDIATOR_DAEMON_DISPLAY_DISPLAYS_H

#include <ev.h>
#include <stdbool.h>

#include "mediator/daemon/base/options.h"
#include "mediator/daemon/client/clients.h"
#include "mediator/daemon/display/panel.h"
#include "mediator/daemon/display/source.h"
#include "mediator/daemon/monitor/verifier.h"
#include "mediator/daemon/monitor/watchdog.h"

struct kms;

struct displays {
	struct ev_loop *loop;
	const struct options *options;
	const struct config *config;
	struct clients *clients;
	struct kms *kms; /* NULL: no display */
	struct panel panel[CONFIG_MAX_PANELS];
	struct source source[CONFIG_MAX_GUESTS]; /* by guest; guest/guest.c prepares them */
	struct buffer_users users;
	struct watchdog watchdog;
	struct verifier verifier;
	struct monitors monitors;
};

/*
 * Prepare a zeroed struct: connect to the display devices, set up panels and start the processes
 * that draw and look. Loop, options, config and clients stay the caller's. False, with the reason
 * logged, on failure; displays_finish() is to be called nevertheless.
 */
bool displays_init(struct displays *displays, struct ev_loop *loop, const struct options *options,
		   const struct config *config, struct clients *clients);

/*
 * The daemon ends: first what is on the screens must not be taken away any more if a keeper has the
 * device, too; then, when no source needs its panel any more, all is closed.
 */
void displays_leave(struct displays *displays);
void displays_finish(struct displays *displays);

#endif
