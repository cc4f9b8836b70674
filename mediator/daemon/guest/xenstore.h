/* SPDX-License-Identifier: MIT */
/*
 * The vgpu devices that dom0 has given to this domain, as xenstore has them. A request to xenstore
 * waits for dom0's answer. Frames must not wait for that, so a thread makes all requests and hands
 * snapshots to the event loop.
 *
 * Paths are made from domain ids, never taken from xenstore; texts and numbers are validated.
 */
#ifndef MEDIATOR_DAEMON_GUEST_XENSTORE_H
#define MEDIATOR_DAEMON_GUEST_XENSTORE_H

#include <ev.h>
#include <stdint.h>

#include "mediator/daemon/guest/xenstore_view.h"

#define XENSTORE_TEXT 160u /* bytes of a reason, with the terminating zero */

struct xenstore;

/*
 * Start the thread, which waits for xenstore if that comes later. If xenstore does not allow this
 * domain `watches_needed` watches, it is not used, and the log says so. `changed` is called from
 * the event loop. NULL on failure. xenstore_stop() waits for requests that are under way.
 */
struct xenstore *xenstore_start(struct ev_loop *loop, uint32_t watches_needed,
				void (*changed)(const struct xenstore_view *view, void *owner),
				void *owner);
void xenstore_stop(struct xenstore *x);

/* The thread makes these requests later, in order; xenstore_view.served counts them. */

/*
 * Close the device: write `reason` as its error node, unless it is "", and the state Closed.
 * Returns the request's number, or 0 if too many requests are waiting.
 */
uint64_t xenstore_refuse(struct xenstore *x, uint32_t domid, const char *reason);
/* Remove the error node; the new backend writes the state itself. */
void xenstore_absolve(struct xenstore *x, uint32_t domid);
/* Remove the backend's nodes of a domain that is gone. */
void xenstore_forget(struct xenstore *x, uint32_t domid);

#endif
