/* SPDX-License-Identifier: MIT */
/* The daemon's parts together, as the control socket reports them. */
#ifndef MEDIATOR_DAEMON_CONTROL_MEDIATOR_H
#define MEDIATOR_DAEMON_CONTROL_MEDIATOR_H

#include <ev.h>
#include <stdint.h>

#include "mediator/admission/admission.h"
#include "mediator/config/config.h"
#include "mediator/daemon/base/options.h"
#include "mediator/daemon/client/clients.h"
#include "mediator/daemon/display/displays.h"
#include "mediator/daemon/guest/guests.h"

struct control;

struct mediator {
	struct ev_loop *loop;
	const struct options *options;
	struct config config;
	struct admission admission; /* what it promises */
	char board[64];
	struct clients clients;
	struct displays displays;
	struct guests guests;
	struct control *control;
	uint64_t started_ns;
	uint64_t window_ns; /* since when statistics are counted */
};

#endif
