/* SPDX-License-Identifier: MIT */
/*
 * The hardware watchdog (Documentation/watchdog/watchdog-api.rst of Linux): it resets the machine
 * unless it is fed in time. Nothing here runs on a timer: it is fed with each progress of the most
 * important display's picture, and each time that display's safe picture was seen to reach the
 * screen. Opening it starts it, so it is opened by the first progress.
 */
#ifndef MEDIATOR_DAEMON_WATCHDOG_H
#define MEDIATOR_DAEMON_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/daemon/log.h"

struct mediator;

struct watchdog {
	int fd; /* -1: not opened yet, or there is none */
	uint64_t feeds;
	uint64_t fed_ns; /* last */
	struct log_limit limit;
};

/* False, with node, property and value logged, when the tree names one that cannot be used. */
bool watchdog_init(struct mediator *mediator);

/* The most important display is alive. */
void watchdog_feed(struct mediator *mediator);

/* The mediator ends in order: the watchdog is told to stop. A crash never comes here. */
void watchdog_stop(struct mediator *mediator);

#endif
