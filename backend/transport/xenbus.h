/* SPDX-License-Identifier: MIT */
/*
 * The backend's half of the xenbus handshake for device class vgpu, device 0 of one domain. Paths
 * are made from the domain id alone; nothing that a guest writes is followed.
 *
 *   frontend              backend
 *   Initialising, Closed  InitWait (offers min-version, max-version)
 *   Initialised           maps what the keys say, then Connected
 *   Connected             Connected
 *   Closing               lets go of everything, Closing; and Closed, InitWait when it is Closed
 *   gone                  lets go of everything, Closed
 * dom0's detach (online = 0, or the backend's nodes removed) ends the backend.
 */
#ifndef BACKEND_TRANSPORT_XENBUS_H
#define BACKEND_TRANSPORT_XENBUS_H

#include <stdbool.h>
#include <stdint.h>
#include <xenstore.h>
/* needs stdint.h and more before it */
#include <xen/io/xenbus.h>

#define XENBUS_PATH_MAX 64u

struct xenbus {
	struct xs_handle *xs;
	char back[XENBUS_PATH_MAX], front[XENBUS_PATH_MAX];
	enum xenbus_state state; /* ours */
	bool broken; /* xenstore gave no answer: nothing is known any more, and nobody is told */
};

/* What the frontend published. */
struct xenbus_keys {
	uint32_t version, control_ref, event_channel;
};

enum xenbus_order {
	XENBUS_WAIT,	   /* nothing to do */
	XENBUS_CONNECT,	   /* read the keys, connect, then xenbus_switch(Connected) */
	XENBUS_DISCONNECT, /* let go of everything, then xenbus_released() */
	XENBUS_END,	   /* let go of everything, xenbus_switch(Closed) and exit */
};

/*
 * Open xenstore, watch, enter InitWait. 0 or BACKEND_ERR_SYSTEM. As long as it is open, who finds
 * it broken gives up.
 */
int xenbus_open(struct xenbus *x, uint32_t domid);
void xenbus_close(struct xenbus *x);

int xenbus_fd(const struct xenbus *x);

/* Take note of fired watches, however many, and say what to do now. */
enum xenbus_order xenbus_look(struct xenbus *x);

/* 0 or BACKEND_ERR_XENSTORE: a key is missing or is no plain decimal number in range. */
int xenbus_read_keys(struct xenbus *x, struct xenbus_keys *keys);

void xenbus_switch(struct xenbus *x, enum xenbus_state state);
/* After a DISCONNECT: go on as the frontend's state asks. */
void xenbus_released(struct xenbus *x);
/* The guest broke the protocol: say why, and close. */
void xenbus_fail(struct xenbus *x, const char *reason);

/* A decimal number without sign, space or leading zero, at most max. */
bool xenbus_parse(const char *text, uint32_t max, uint32_t *value);

#endif
