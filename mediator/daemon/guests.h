/* SPDX-License-Identifier: MIT */
/*
 * The guests that the device tree names, and the backends that serve them. A domain that it does
 * not name, and a second domain of one name, is refused. A backend that ended by a fault is
 * started again after a pause; too many faults ban the guest for a while
 * (mediator/guard/strikes.h), also when it comes back as another domain.
 */
#ifndef MEDIATOR_DAEMON_GUESTS_H
#define MEDIATOR_DAEMON_GUESTS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/daemon/buffers.h"
#include "mediator/daemon/clients.h"
#include "mediator/daemon/log.h"
#include "mediator/guard/restart.h"
#include "mediator/guard/strikes.h"
#include "mediator/protocol/client.h"

struct mediator;
struct panel;
struct xenstore_view;

enum guest_state {
	GUEST_ABSENT = 0, /* no domain of that name has a vgpu */
	GUEST_RUNNING,	  /* its backend runs */
	GUEST_STOPPING,	  /* its backend has been asked to end */
	GUEST_IDLE,	  /* its backend has ended; waits for the frontend to ask anew */
	GUEST_BANNED,	  /* too many faults: it waits until the ban is over */
};

struct guest_display {
	struct panel *panel;
	uint32_t slot; /* its number on that panel */
};

struct guest {
	struct mediator *mediator;
	const struct config_guest *config;
	struct guest_display display[GPUM_MAX_SCANOUTS]; /* by scanout */
	enum guest_state state;
	bool present; /* domid is valid */
	uint32_t domid;
	uint32_t frontend_state; /* as last seen, as is the next */
	uint32_t backend_state;
	uint64_t closing; /* the request by which the old connection is closed; 0: it is */
	struct client backend;
	struct buffers buffers;
	struct gpum_state counters; /* the backend's last word */
	struct strikes strikes;
	struct restart restart; /* of those that were never ready, or ended for no reason */
	bool unexplained;	/* its backend ended as if the guest had gone; xenstore knows */
	uint64_t started_ns;	/* its backend */
	struct ev_timer retry;	/* active: no new backend before it fires */
	struct ev_timer leave;	/* after dom0's detach */
	char last_fault[GPUM_REASON_MAX + 32];
	char backend_fault[GPUM_REASON_MAX]; /* FAULT of the backend that runs */
	struct log_limit limit;		     /* of all that it and its backends cause */
};

void guests_init(struct mediator *mediator);
void guests_stop(struct mediator *mediator);

/* xenstore has changed. */
void guests_update(struct mediator *mediator, const struct xenstore_view *view);

/* For backend.c: the process has ended and is reaped. */
void guest_backend_gone(struct guest *guest);

const char *guest_state_name(enum guest_state state);

#endif
