/* SPDX-License-Identifier: MIT */
/*
 * The hardware watchdog (Documentation/watchdog/watchdog-api.rst of Linux): it resets the machine
 * unless it is fed in time. Nothing here runs on a timer: it is fed with each progress of the most
 * important display's picture, and each time that display's safe picture was seen to reach the
 * screen. Opening it starts it, so it is opened by the first progress.
 */
#ifndef MEDIATOR_DAEMON_MONITOR_WATCHDOG_H
#define MEDIATOR_DAEMON_MONITOR_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/daemon/base/log.h"

struct watchdog {
	const char *device; /* "": the tree names none */
	int fd;		    /* -1: not opened yet */
	uint64_t feeds;
	uint64_t fed_ns; /* last */
	struct log_limit limit;
};

/*
 * Prepare a zeroed struct for the device that the tree's node `node` names, both of which stay the
 * caller's. False, with node, property and value logged, when the device cannot be used.
 */
bool watchdog_init(struct watchdog *watchdog, const char *device, const char *node);

/* The most important display is alive. */
void watchdog_feed(struct watchdog *watchdog);

/* The mediator ends in order: the watchdog is told to stop. A crash never comes here. */
void watchdog_finish(struct watchdog *watchdog);

#endif
