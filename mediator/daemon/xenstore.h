/* SPDX-License-Identifier: MIT */
/*
 * The vgpu devices that dom0 has given to this domain, as xenstore tells. A request to xenstore
 * waits for dom0's answer, and frames must not wait for that: a thread of its own makes all
 * requests and leaves snapshots for the event loop.
 *
 * Paths are made from domain ids, never taken from xenstore. Texts and numbers are checked here.
 */
#ifndef MEDIATOR_DAEMON_XENSTORE_H
#define MEDIATOR_DAEMON_XENSTORE_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#define XENSTORE_MAX_DEVICES 64u
#define XENSTORE_TEXT	     160u

/* enum xenbus_state, from Xen's io/xenbus.h; 0: the node is not there. */
enum xenstore_state {
	XENSTORE_UNKNOWN = 0,
	XENSTORE_INITIALISING = 1,
	XENSTORE_INIT_WAIT = 2,
	XENSTORE_INITIALISED = 3,
	XENSTORE_CONNECTED = 4,
	XENSTORE_CLOSING = 5,
	XENSTORE_CLOSED = 6,
};

struct xenstore_device {
	uint32_t domid;
	char domain_name[64]; /* "" when it is missing or not a name */
	bool matches;	      /* its nodes agree with its place in the tree */
	bool online;	      /* dom0 wants it to be used */
	uint32_t frontend_state;
	uint32_t backend_state;
};

struct xenstore_view {
	bool have_domid;
	uint32_t domid;	 /* own */
	uint64_t served; /* requests that were made before this was read */
	uint32_t num_devices;
	struct xenstore_device device[XENSTORE_MAX_DEVICES];
};

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
