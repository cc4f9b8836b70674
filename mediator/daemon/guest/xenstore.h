/* SPDX-License-Identifier: MIT */
/*
 * The vgpu devices that dom0 has given to this domain, as xenstore tells. A request to xenstore
 * waits for dom0's answer, and frames must not wait for that: a thread of its own makes all
 * requests and leaves snapshots for the event loop.
 *
 * Paths are made from domain ids, never taken from xenstore. Texts and numbers are checked here.
 */
#ifndef MEDIATOR_DAEMON_GUEST_XENSTORE_H
#define MEDIATOR_DAEMON_GUEST_XENSTORE_H

#include <ev.h>
#include <stdint.h>

#include "mediator/daemon/guest/xenstore_view.h"

#define XENSTORE_TEXT 160u /* bytes of a reason, with the terminating zero */

struct xenstore;

/*
 * Start the thread; xenstore may come later. It has to allow this domain
 * `watches_needed` watches, or it is not used, and the log says so. `changed` is called from the
 * event loop. NULL on failure. xenstore_stop() waits for requests that are under way.
 */
struct xenstore *xenstore_start(struct ev_loop *loop, uint32_t watches_needed,
				void (*changed)(const struct xenstore_view *view, void *owner),
				void *owner);
void xenstore_stop(struct xenstore *x);

/* Requests, made in this order, later. The view tells how many have been served. */

/*
 * Close the device: write `reason`, unless it is "", as its error node, and the state Closed.
 * Returns the request's number, or 0 when there were too many.
 */
uint64_t xenstore_refuse(struct xenstore *x, uint32_t domid, const char *reason);
/* A new backend starts, which writes the state itself: remove the error node. */
void xenstore_absolve(struct xenstore *x, uint32_t domid);
/* Remove the backend's nodes of a domain that is gone. */
void xenstore_forget(struct xenstore *x, uint32_t domid);

#endif
