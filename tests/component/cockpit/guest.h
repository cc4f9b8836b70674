/* SPDX-License-Identifier: MIT */
/*
 * A guest, played by the test: the frontend's half of the protocol over the fake Xen. Rings,
 * control page and grant table are accessible, so that a test can also play a hostile guest.
 *
 * Every wait is bounded, and functions that may time out return false. If the fake Xen itself
 * fails, which is no result of a test, functions end the test program with status 99.
 */
#ifndef TESTS_COMPONENT_COCKPIT_GUEST_H
#define TESTS_COMPONENT_COCKPIT_GUEST_H

#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/wire/vgpu.h"
#include "tests/fakes/xen/fakexen.h"

#define GUEST_QUEUE_SIZE 64u
#define GUEST_SLOTS	 (GUEST_QUEUE_SIZE / 2u) /* a slot has two descriptors: command, answer */
#define GUEST_SLOT_BYTES 8192u			 /* half for the command, half for the answer */
/* Six pages of rings, and the slots of both queues. */
#define GUEST_POOL_PAGES (6u + VGPU_QUEUE_COUNT * GUEST_SLOTS * GUEST_SLOT_BYTES / VGPU_PAGE_SIZE)
#define GUEST_PATH_MAX	 128u
#define GUEST_PATIENCE	 5000u /* ms, limit for steps that take little time */

enum guest_xenbus_state {
	GUEST_INITIALISING = 1,
	GUEST_INIT_WAIT,
	GUEST_INITIALISED,
	GUEST_CONNECTED,
	GUEST_CLOSING,
	GUEST_CLOSED,
};

struct guest_queue {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t avail_next, used_seen;
	uint32_t slots_busy; /* one bit per slot: sent and not taken by guest_wait() */
	uint32_t slots_done; /* one bit per slot: answered */
};

struct guest {
	uint32_t domid;
	int control; /* control connection to the fake Xen */
	struct xs_handle *xs;
	xenevtchn_handle *evtchn;
	uint8_t *memory;
	struct fx_grant *grants;
	uint32_t next_page, next_ref;
	char frontend[GUEST_PATH_MAX], backend[GUEST_PATH_MAX];

	struct vgpu_control *page;
	uint32_t control_ref;
	uint8_t *pool;
	evtchn_port_t port;
	bool bound;
	struct guest_queue queue[VGPU_QUEUE_COUNT];
	uint64_t interrupts;
};

/* Creates a domain with a vgpu device as `gpumctl attach` makes it, or without one. */
void guest_create(struct guest *g, uint32_t domid, const char *name);
void guest_create_without_vgpu(struct guest *g, uint32_t domid, const char *name);
void guest_attach(struct guest *g, const char *name);

/* Like `xl destroy`: ends the domain, then removes its nodes from xenstore. */
void guest_destroy(struct guest *g);

/* Frees the test program's handles and mappings, not the domain. Accepts a zeroed guest. */
void guest_finish(struct guest *g);

/* Does the whole handshake, up to the virtio driver's DRIVER_OK. */
bool guest_connect(struct guest *g);

/* Steps of the handshake. guest_share() prepares control page, pool and port, but writes no key. */
void guest_share(struct guest *g);
void guest_announce(struct guest *g); /* writes the keys and state Initialised */
void guest_driver_ok(struct guest *g, uint64_t features);

/* Leaves as a frontend does: Closing, wait for the backend, free the port, Closed. */
bool guest_disconnect(struct guest *g);

/* Waits until its backend has ended, leaves (Closed), and asks for a new one (Initialising). */
bool guest_leave(struct guest *g);

void guest_set_state(struct guest *g, enum guest_xenbus_state state);
uint32_t guest_backend_state(struct guest *g); /* 0: the backend has no state node */
bool guest_wait_backend(struct guest *g, enum guest_xenbus_state state, uint32_t ms);
/* Waits until the backend sets NEEDS_RESET or leaves Connected. */
bool guest_wait_broken(struct guest *g, uint32_t ms);

/* Grants `count` consecutive zeroed pages, with consecutive references from *ref on. */
void *guest_grant_pages(struct guest *g, uint32_t count, uint32_t *ref);
/* Ends a grant; false while its page is mapped: the grant then stays. */
bool guest_end_grant(struct guest *g, uint32_t ref);

/*
 * Sends a command with `space` bytes for its answer, and an event. Returns the slot for
 * guest_wait(). At most GUEST_SLOTS commands may be outstanding.
 */
uint32_t guest_send(struct guest *g, uint32_t queue, const void *command, size_t length,
		    size_t space);
bool guest_answered(struct guest *g, uint32_t queue, uint32_t slot);
/* Waits for the answer, copies it, and frees the slot. */
bool guest_wait(struct guest *g, uint32_t queue, uint32_t slot, void *answer, size_t size,
		uint32_t ms);

/* Sends a command on the control queue and waits. Returns the answer's type, 0 after a time-out. */
uint32_t guest_command(struct guest *g, const void *command, size_t length, void *answer,
		       size_t size);

void guest_notify(struct guest *g);
/* Takes one event; false if none came within `ms`. */
bool guest_wait_event(struct guest *g, uint32_t ms);

uint64_t test_now_ms(void);

#endif
