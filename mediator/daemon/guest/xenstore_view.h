/* SPDX-License-Identifier: MIT */
/* A snapshot of the driver domain's vgpu devices in xenstore. Plain data. */
#ifndef MEDIATOR_DAEMON_GUEST_XENSTORE_VIEW_H
#define MEDIATOR_DAEMON_GUEST_XENSTORE_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#define XENSTORE_MAX_DEVICES 64u

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
	bool matches;	      /* its frontend-id is the domid in its path */
	bool online;	      /* dom0 wants it to be used */
	uint32_t frontend_state;
	uint32_t backend_state;
};

struct xenstore_view {
	bool have_domid;
	uint32_t domid;	 /* own */
	uint64_t served; /* requests that the thread had made before it read this */
	uint32_t num_devices;
	struct xenstore_device device[XENSTORE_MAX_DEVICES];
};

#endif
