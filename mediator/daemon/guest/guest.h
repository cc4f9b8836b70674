/* SPDX-License-Identifier: MIT */
/*
 * A guest that the device tree names, and the backend that serves it. guest_life.h has the states.
 * A backend that ended by a fault is started again after a pause; too many faults ban the guest for
 * a while (mediator/guard/strikes.h), also when it comes back as another domain.
 */
#ifndef MEDIATOR_DAEMON_GUEST_GUEST_H
#define MEDIATOR_DAEMON_GUEST_GUEST_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/daemon/base/log.h"
#include "mediator/daemon/client/client.h"
#include "mediator/daemon/display/source.h"
#include "mediator/daemon/guest/guest_life.h"
#include "mediator/daemon/guest/xenstore_view.h"
#include "mediator/shared/protocol/client.h"

struct guests;

struct guest {
	struct guests *all;
	const struct config_guest *config;
	uint32_t index; /* in the configuration */
	struct guest_life life;
	uint32_t domid;	       /* of the domain that was there last */
	struct ev_timer timer; /* for life.due_ns */
	struct client backend;
	struct source *source;	    /* its displays */
	struct gpum_state counters; /* the backend's last STATE */
	char last_fault[GPUM_REASON_MAX + 32];
	char backend_fault[GPUM_REASON_MAX]; /* FAULT of the backend that runs, "": none */
	struct log_limit limit;		     /* of all that it and its backends cause */
};

/* Prepare a zeroed struct; adopt its backend if one outlived an earlier mediator. */
void guest_init(struct guest *guest, struct guests *all, uint32_t index);
/* The daemon ends. Nothing on a struct that was never prepared. */
void guest_finish(struct guest *guest);

static inline bool guest_is_present(const struct guest *guest)
{
	return guest_life_is_present(&guest->life);
}

/* xenstore was looked at: its device is there, with `served` as in struct xenstore_view; */
void guest_seen(struct guest *guest, const struct xenstore_device *device, uint64_t served);
/* it is there, and the guest was absent; */
void guest_attached(struct guest *guest, const struct xenstore_device *device, uint64_t served);
/* it is not there. */
void guest_vanished(struct guest *guest);

/* For backend.c: the process has ended and is reaped. */
void guest_backend_gone(struct guest *guest);

#endif
