/* SPDX-License-Identifier: MIT */
/*
 * A guest, played by the test: the frontend's half of the protocol over the fake Xen. It is as
 * honest as the test wants it to be: rings, control page and grant table lie open.
 *
 * Every wait is bounded; functions that may time out return false, the others end the test program
 * when the fake Xen itself fails (that is no result of a test).
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
#define GUEST_SLOTS	 (GUEST_QUEUE_SIZE / 2u) /* a slot has two descriptors: out and in */
#define GUEST_SLOT_BYTES 8192u			 /* half for the command, half for the answer */
/* Six pages of rings, then the slots of both queues. */
#define GUEST_POOL_PAGES (6u + VGPU_QUEUE_COUNT * GUEST_SLOTS * GUEST_SLOT_BYTES / VGPU_PAGE_SIZE)
#define GUEST_PATH_MAX	 128u
#define GUEST_PATIENCE	 5000u /* ms: for everything that has to happen soon */

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
	uint32_t slots_busy; /* bit: slot */
	uint32_t slots_done;
};

struct guest {
	uint32_t domid;
	int control; /* to the fake Xen */
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

/* A domain that Xen knows; with its vgpu device as `gpumctl attach` leaves it, or without. */
void guest_create(struct guest *g, uint32_t domid, const char *name);
void guest_create_without_vgpu(struct guest *g, uint32_t domid, const char *name);
void guest_attach(struct guest *g, const char *name);

/* `xl destroy`: the domain is gone, then the toolstack removes its directories. */
void guest_destroy(struct guest *g);

/* Free what the test program holds; the domain stays. After guest_destroy() or instead of it. */
void guest_finish(struct guest *g);

/* The whole handshake up to the virtio driver's DRIVER_OK. */
bool guest_connect(struct guest *g);

/* Its steps. guest_share() prepares control page, pool and port without telling anybody. */
void guest_share(struct guest *g);
void guest_announce(struct guest *g); /* keys in xenstore, state Initialised */
void guest_driver_ok(struct guest *g, uint64_t features);

/* Leave: state Closing, wait for the backend's, free ring and port, state Closed. */
bool guest_disconnect(struct guest *g);

/* What the frontend does when its backend is gone: wait for that, leave, and ask anew. */
bool guest_leave(struct guest *g);

void guest_set_state(struct guest *g, enum guest_xenbus_state state);
uint32_t guest_backend_state(struct guest *g); /* 0: there is none */
bool guest_wait_backend(struct guest *g, enum guest_xenbus_state state, uint32_t ms);
bool guest_wait_broken(struct guest *g, uint32_t ms); /* NEEDS_RESET, or no longer Connected */

/* `count` consecutive pages of the domain, granted with consecutive references from *ref on. */
void *guest_grant_pages(struct guest *g, uint32_t count, uint32_t *ref);
/* False while somebody maps it: the guest then keeps the page. */
bool guest_end_grant(struct guest *g, uint32_t ref);

/*
 * Send a command; `space` bytes for the answer. Returns the slot to wait for. At most GUEST_SLOTS
 * may be under way. The event is sent.
 */
uint32_t guest_send(struct guest *g, uint32_t queue, const void *command, size_t length,
		    size_t space);
bool guest_answered(struct guest *g, uint32_t queue, uint32_t slot);
/* Copies the answer and frees the slot. */
bool guest_wait(struct guest *g, uint32_t queue, uint32_t slot, void *answer, size_t size,
		uint32_t ms);

/* Send on the control queue and wait. Returns the answer's type, 0 when none came. */
uint32_t guest_command(struct guest *g, const void *command, size_t length, void *answer,
		       size_t size);

void guest_notify(struct guest *g);
/* Take events until there was one or the time is over. */
bool guest_wait_event(struct guest *g, uint32_t ms);

uint64_t test_now_ms(void);

#endif
