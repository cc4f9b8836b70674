/* SPDX-License-Identifier: MIT */
/*
 * One connection to a frontend: control page, pool, queues and event channel. Carries register
 * accesses and events between them and the device, and slows down a guest that sends events too
 * fast or without work. Functions returning int return 0 or an enum backend_error.
 */
#ifndef BACKEND_LINK_LINK_H
#define BACKEND_LINK_LINK_H

#include <stdbool.h>
#include <stdint.h>
#include <xenevtchn.h>

#include "backend/device/device.h"
#include "backend/transport/granted.h"
#include "backend/transport/virtqueue.h"
#include "backend/transport/xenbus.h"
#include "mediator/shared/limit/limit.h"

struct link {
	struct granted *granted;
	struct device *device;
	xenevtchn_handle *evtchn;
	bool connected;
	evtchn_port_t port;
	struct granted_pool memory;
	struct virtqueue queue[VGPU_QUEUE_COUNT];
	uint64_t features;		/* offered VGPU_F_* bits */
	uint32_t generation, clear_seq; /* last driver_generation and events_clear_seq served */
	/*
	 * Private copies of registers that the backend writes. The page itself is never read back,
	 * since the guest can write to it.
	 */
	uint32_t events, config_generation;
	bool started;	      /* the driver has set DRIVER_OK */
	bool notify;	      /* send an event after this round, whatever the rings need */
	bool more;	      /* call link_service() again: a visit's budget was used up */
	bool masked;	      /* the event channel is masked, until unmask_us */
	uint64_t unmask_us;   /* on the monotonic clock */
	uint32_t idle_events; /* events in a row that brought no work */
	struct limit rate;    /* of the guest's events */
	/* Counters since link_connect(). */
	uint32_t events_delayed;
	uint64_t events_in, events_out;
};

/*
 * Open the event channel device and restrict it to ports of domain `domid` until it is closed.
 * `max_events_per_s` (at least 1) is max-events-per-second of the device tree. Returns 0 or
 * BACKEND_ERR_SYSTEM. link_close() disconnects first, and does nothing if the device is not open.
 */
int link_open(struct link *link, uint32_t domid, uint32_t max_events_per_s);
void link_close(struct link *link);

/*
 * Map the control page and pool, bind the event channel, and fill in the device block. `granted`
 * and `device` stay the caller's and must outlive the connection. On error nothing stays mapped or
 * bound.
 */
int link_connect(struct link *link, struct granted *granted, struct device *device,
		 const struct xenbus_keys *keys, uint32_t num_scanouts, uint32_t num_capsets);
/* Reset the device, unbind and unmap. Does nothing if not connected. */
void link_disconnect(struct link *link);

bool link_is_connected(const struct link *link);
/* The event channel device's descriptor, for poll(). */
int link_fd(const struct link *link);

/*
 * Handle an event from the guest; call when link_fd() is readable. now_us is the monotonic clock's.
 * BACKEND_ERR_EVENT_STORM after too many events without work.
 */
int link_event(struct link *link, uint64_t now_us);
/*
 * Process the registers that the guest wrote, and pump the device. Call again if link->more is set.
 */
int link_service(struct link *link);
/*
 * Call after every round of the event loop: sends the guest an event if it needs one, and unmasks
 * the event channel when that is due.
 */
void link_finish_round(struct link *link, uint64_t now_us);
/*
 * Tell the guest that its device is broken until it reconnects (NEEDS_RESET). Does nothing if not
 * connected.
 */
void link_break(struct link *link);

#endif
