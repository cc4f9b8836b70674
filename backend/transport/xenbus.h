/* SPDX-License-Identifier: MIT */
/*
 * The backend's half of the xenbus handshake for device class vgpu, device 0 of one domain. All
 * paths are built from the domain id; paths that a guest writes are not followed. The frontend's
 * state determines the backend's:
 *
 *   frontend              backend
 *   Initialising, Closed  InitWait, with min-version and max-version
 *   Initialised           connects to what the keys name, then Connected
 *   Connected             stays Connected
 *   Closing               releases everything, then Closing
 *   Closed (after that)   Closed, then InitWait
 *   no node (Unknown)     releases everything, then Closed
 *
 * dom0's detach (online = 0, or the backend's nodes removed) ends the backend.
 */
#ifndef BACKEND_TRANSPORT_XENBUS_H
#define BACKEND_TRANSPORT_XENBUS_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>
/* needs stdint.h and others, but does not include them */
#include <xen/io/xenbus.h>

#define XENBUS_PATH_MAX 64u

struct xenbus {
	struct xs_handle *xs;
	char back[XENBUS_PATH_MAX], front[XENBUS_PATH_MAX]; /* the two directories */
	enum xenbus_state state;			    /* the backend's state */
	bool broken; /* xenstore failed: the state is unknown, and the backend must end */
};

/* The keys that the frontend wrote (docs/protocol.md, section 2). */
struct xenbus_keys {
	uint32_t version, control_ref, event_channel;
};

enum xenbus_order {
	XENBUS_WAIT,	   /* nothing to do */
	XENBUS_CONNECT,	   /* read the keys, connect, then xenbus_switch(Connected) */
	XENBUS_DISCONNECT, /* release all of the guest's memory, then xenbus_released() */
	XENBUS_END,	   /* release everything, xenbus_switch(Closed) and exit */
};

/*
 * Open xenstore, set the watches, publish the versions and enter InitWait, unless dom0 has detached
 * the device. Returns 0 or BACKEND_ERR_SYSTEM with errno set. Afterwards, xenstore errors set
 * `broken`.
 */
int xenbus_open(struct xenbus *x, uint32_t domid);
void xenbus_close(struct xenbus *x);

/* Readable when a watch has fired. */
int xenbus_fd(const struct xenbus *x);

/*
 * Consume fired watches, within a budget, and return what to do according to the states as they are
 * now. Call when xenbus_fd() is readable.
 */
enum xenbus_order xenbus_look(struct xenbus *x);

/*
 * Returns 0, BACKEND_ERR_XENSTORE if a key is missing or not a plain decimal number in range, or
 * BACKEND_ERR_VERSION.
 */
int xenbus_read_keys(struct xenbus *x, struct xenbus_keys *keys);

/* Enter a state and write it to xenstore, unless the device is detached. */
void xenbus_switch(struct xenbus *x, enum xenbus_state state);
/* After XENBUS_DISCONNECT: enter the state that follows from the frontend's. */
void xenbus_released(struct xenbus *x);
/*
 * The guest broke the protocol: write `reason` to the `error` node, then go to Closing and Closed.
 */
void xenbus_fail(struct xenbus *x, const char *reason);

/*
 * Parse a decimal number of at most `max`, without sign, blank or leading zero. Returns false, and
 * leaves *value as it is, for anything else.
 */
bool xenbus_parse(const char *text, uint32_t max, uint32_t *value);

#endif
