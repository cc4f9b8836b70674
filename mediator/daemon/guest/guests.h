/* SPDX-License-Identifier: MIT */
/*
 * All guests, and which domain of xenstore is which of them. A domain that the device tree does not
 * name, and a second domain of one name, is refused.
 */
#ifndef MEDIATOR_DAEMON_GUEST_GUESTS_H
#define MEDIATOR_DAEMON_GUEST_GUESTS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/admission/admission.h"
#include "mediator/config/config.h"
#include "mediator/daemon/base/options.h"
#include "mediator/daemon/guest/guest.h"
#include "mediator/daemon/guest/xenstore_view.h"

struct clients;
struct displays;
struct xenstore;

struct guests {
	struct ev_loop *loop;
	const struct options *options;
	const struct config *config;
	const struct admission *admission;
	struct clients *clients;
	struct displays *displays;
	struct xenstore *xenstore; /* NULL: not connected yet; requests are made only when it is */
	struct guest guest[CONFIG_MAX_GUESTS];
	uint32_t domid; /* own; valid when have_domid */
	bool have_domid;
};

/*
 * Prepare a zeroed struct, with the guests' sources in `displays`, and adopt the backends that
 * outlived an earlier mediator. All arguments stay the caller's.
 */
void guests_init(struct guests *guests, struct ev_loop *loop, const struct options *options,
		 const struct config *config, const struct admission *admission,
		 struct clients *clients, struct displays *displays);

/* Begin to follow xenstore. False, with the reason logged, on failure. */
bool guests_follow_xenstore(struct guests *guests, uint32_t watches_needed);

/* The daemon ends: first the backends, then, when the displays need them no more, xenstore. */
void guests_finish(struct guests *guests);
void guests_leave_xenstore(struct guests *guests);

/* xenstore has changed. */
void guests_update(struct guests *guests, const struct xenstore_view *view);

#endif
