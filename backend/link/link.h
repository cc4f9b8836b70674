/* SPDX-License-Identifier: MIT */
/*
 * One connection to a frontend: control page, pool, queues and event channel. Translates between
 * them and the device, and slows down a guest that sends events too fast or without work.
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
	uint64_t features; /* offered */
	uint32_t generation, clear_seq;
	/* Our own registers are written, never read back: the guest can write there, too. */
	uint32_t events, config_generation;
	bool started;
	bool tell;   /* the guest needs an event besides the rings' */
	bool more;   /* a visit's budget was used up */
	bool masked; /* the event channel is, until unmask_us */
	uint64_t unmask_us;
	uint32_t idle_events; /* in a row that brought no work */
	struct limit rate;
	uint32_t events_delayed;
	uint64_t events_in, events_out;
};

/*
 * Open the event channel device, for ports of that domain and no other, as long as the process
 * lives. 0 or BACKEND_ERR_SYSTEM. link_close() does nothing when it is not open.
 */
int link_open(struct link *link, uint32_t domid, uint32_t max_events_per_s);
void link_close(struct link *link);

/* Connect. Returns 0 or a backend_error with nothing left behind. */
int link_connect(struct link *link, struct granted *granted, struct device *device,
		 const struct xenbus_keys *keys, uint32_t num_scanouts, uint32_t num_capsets);
/* Resets the device. Does nothing when not connected. */
void link_disconnect(struct link *link);

bool link_is_connected(const struct link *link);
int link_fd(const struct link *link);

/* The event channel's descriptor is readable. */
int link_event(struct link *link, uint64_t now_us);
/* Look at registers and queues; call again when link->more is set. */
int link_service(struct link *link);
/* After every round: tell the guest what it wants to know, and take events again when it is time.
 */
void link_finish_round(struct link *link, uint64_t now_us);
/* Tell the guest that its device is broken until it connects anew. */
void link_break(struct link *link);

#endif
