/* SPDX-License-Identifier: MIT */
/*
 * Watching that displays' pictures are fresh and true: feeds each display's monitor
 * (mediator/truth/monitor.h) with what happens, says in the log what it finds, and has the panel
 * show the safe picture.
 */
#ifndef MEDIATOR_DAEMON_WATCH_H
#define MEDIATOR_DAEMON_WATCH_H

#include <ev.h>
#include <stdint.h>

#include "mediator/daemon/log.h"
#include "mediator/present/present.h"
#include "mediator/truth/monitor.h"

struct panel;

struct watch {
	struct truth_monitor monitor;
	struct panel *panel;
	uint32_t slot;
	enum truth_state seen; /* what has been acted on */
	struct ev_timer timer;
	struct log_limit limit;
	uint64_t decided_ns; /* to go safe; 0: its picture is on the screen since */
	uint64_t frames;
	uint64_t checked_ns;	    /* when the last check was begun */
	uint64_t longest_safe_ns;   /* from the decision until then */
	uint64_t safe_confirmed_ns; /* the safe picture was on the screen; 0: it is not */
};

void watch_init(struct panel *panel, uint32_t slot);
void watch_stop(struct watch *watch);

/* The panel still shows what an earlier mediator left: that ages, too. */
void watch_inherited(struct panel *panel);

/* Frames of a panel's displays are on the screen (or answered as if they were, when safe). */
void watch_frames(struct panel *panel, const struct present_shown *shown);

/* One of its frames was checked. */
void watch_found(struct watch *watch, const struct truth_finding *finding);

/* A picture is on the screen that holds these displays' safe pictures (bit i: slot i). */
void watch_safe(struct panel *panel, uint32_t slots);

#endif
