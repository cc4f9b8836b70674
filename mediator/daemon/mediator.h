/* SPDX-License-Identifier: MIT */
/* The daemon's parts together. */
#ifndef MEDIATOR_DAEMON_MEDIATOR_H
#define MEDIATOR_DAEMON_MEDIATOR_H

#include <ev.h>
#include <stdint.h>

#include "mediator/admission/admission.h"
#include "mediator/config/config.h"
#include "mediator/daemon/checker.h"
#include "mediator/daemon/guests.h"
#include "mediator/daemon/jobs.h"
#include "mediator/daemon/kept.h"
#include "mediator/daemon/options.h"
#include "mediator/daemon/panel.h"
#include "mediator/daemon/watchdog.h"

struct control;
struct kms;
struct xenstore;

struct mediator {
	struct ev_loop *loop;
	const struct options *options;
	struct config config;
	struct admission admission; /* what it promises */
	char board[64];
	struct kept kept;
	struct jobs jobs;
	struct panel panel[CONFIG_MAX_PANELS];
	struct guest guest[CONFIG_MAX_GUESTS];
	struct watchdog watchdog;
	struct checker checker;
	struct kms *kms; /* NULL: no display */
	struct xenstore *xenstore;
	struct control *control;
	uint32_t domid; /* own; valid when have_domid */
	uint8_t have_domid;
	uint32_t buffer_ids; /* last mediator-wide buffer id that was given out */
	uint64_t started_ns; /* no other mediator's: the number of its RESUME */
	uint64_t window_ns;  /* since when statistics are counted */
};

/* The monotonic clock, in nanoseconds; never 0. */
uint64_t mediator_now(void);

#endif
