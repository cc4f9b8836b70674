/* SPDX-License-Identifier: MIT */
/*
 * Whether a display's picture is fresh and true: feeds mediator/truth/monitor.h with what happens,
 * logs what it decides, and has the panel show the safe picture or the guest's again.
 */
#ifndef MEDIATOR_DAEMON_MONITOR_MONITOR_H
#define MEDIATOR_DAEMON_MONITOR_MONITOR_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/daemon/base/log.h"
#include "mediator/daemon/monitor/picture.h"
#include "mediator/daemon/monitor/watchdog.h"
#include "mediator/truth/monitor.h"

struct verifier;

/* The panel's operations that a monitor needs. */
struct monitor_ops {
	/* Show the display's safe picture from now on, or its guest's again. */
	void (*set_safe)(void *owner, uint32_t slot, bool safe);
	/* Put a safe picture on the screen that is there already, to see that it still can be. */
	void (*refresh_safe)(void *owner, uint32_t slot);
	/*
	 * Where the last frame of the display is to be looked at: on the screen; or, when its safe
	 * picture is there or it has the panel alone, in the guest's *own buffer. False: nowhere.
	 */
	bool (*find_picture)(void *owner, uint32_t slot, struct picture *out, bool *own);
};

/* Shared by all monitors. */
struct monitors {
	struct ev_loop *loop;
	struct watchdog *watchdog;
	struct verifier *verifier;
};

struct monitor {
	const struct monitors *all;
	const struct config_display *config;
	const struct monitor_ops *ops;
	void *owner;
	uint32_t slot;	     /* the display's number on its panel */
	bool has_safe;	     /* the display has a safe picture */
	bool feeds_watchdog; /* it is the most important display */
	struct truth_monitor truth;
	enum truth_state seen; /* what has been acted on */
	struct ev_timer timer;
	struct log_limit limit;
	uint64_t frames;
	uint64_t verified_ns; /* when the last verification was begun */
	/* The safe picture: when it was decided (0: it is on the screen, or not wanted), when it
	 * was seen on the screen (0: it is not), and the longest time in between. */
	uint64_t decided_ns, confirmed_ns, longest_ns;
};

/* Prepare a zeroed struct. `has_safe` and `feeds_watchdog` are the caller's to set. */
void monitor_init(struct monitor *monitor, const struct monitors *all,
		  const struct config_display *config, const struct monitor_ops *ops, void *owner,
		  uint32_t slot);
/* Nothing on a struct that was never prepared. */
void monitor_finish(struct monitor *monitor);

/* The display still shows what an earlier mediator left: that ages, too. */
void monitor_inherited(struct monitor *monitor);

/* A frame of it is on the screen (or was answered as if it were, while its safe picture is). */
void monitor_frame(struct monitor *monitor);

/* One of its frames was verified. */
void monitor_found(struct monitor *monitor, const struct truth_finding *finding);

/* A picture is on the screen that holds its safe picture. */
void monitor_safe_shown(struct monitor *monitor);

#endif
