/* SPDX-License-Identifier: MIT */
/*
 * A frontend without a driver: the guest's half of docs/protocol.md on the real Xen libraries.
 * Rings, control page and keys are accessible, so that an attack can break a rule.
 *
 * Every wait is bounded. Functions that an attack can make fail return false or NULL. An error that
 * only a broken guest system can cause ends the program.
 */
#ifndef BOARD_GUEST_HOSTILE_FRONT_H
#define BOARD_GUEST_HOSTILE_FRONT_H

#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#include "mediator/shared/wire/vgpu.h"

#define FRONT_QUEUE_SIZE 64u
/* Offsets in the pool: three pages of rings for each queue, then one command and one answer. */
#define FRONT_POOL_PAGES VGPU_POOL_PAGES_MIN
#define FRONT_COMMAND	 (8u * VGPU_PAGE_SIZE)
#define FRONT_ANSWER	 (12u * VGPU_PAGE_SIZE)
#define FRONT_SLOT_BYTES (4u * VGPU_PAGE_SIZE)
#define FRONT_KEY_MAX	 128u
#define FRONT_PATIENCE	 10000u /* ms, for steps that an idle board does at once */
/* ms, until a quarantined guest that is not banned has a new backend. */
#define FRONT_LONG_PATIENCE 30000u

enum front_state {
	FRONT_INITIALISING = 1,
	FRONT_INIT_WAIT,
	FRONT_INITIALISED,
	FRONT_CONNECTED,
	FRONT_CLOSING,
	FRONT_CLOSED,
};

struct front {
	struct xs_handle *xs;
	xenevtchn_handle *evtchn;
	xengntshr_handle *share;
	uint32_t driver;	     /* domid */
	char backend[FRONT_KEY_MAX]; /* its folder in xenstore */

	/* Granted to the driver domain; NULL while nothing is shared. */
	struct vgpu_control *page;
	uint32_t control_ref; /* grant reference of `page` */
	uint32_t *directory;
	uint8_t *pool;
	int port; /* -1: none */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t avail_next, used_seen;
};

void front_open(struct front *f);

/* Reads `driver` and `backend` from the nodes that dom0 wrote. False: this guest has no device. */
bool front_find_backend(struct front *f);

/* Does the whole handshake, up to the virtio driver's DRIVER_OK. */
bool front_connect(struct front *f);
/* Steps of the handshake: wait for a backend, grant memory, write the keys and Initialised. */
bool front_wait_backend(struct front *f, enum front_state state, uint32_t ms);
bool front_ask(struct front *f);
void front_share(struct front *f);
void front_announce(struct front *f);
void front_driver_ok(struct front *f, uint64_t features);

/* Leaves as a good guest does: Closing, wait for the backend, end the grants, Closed. */
void front_leave(struct front *f);

uint32_t front_backend_state(struct front *f); /* 0: the backend has no state node */
void front_set_state(struct front *f, enum front_state state);
/* Writes a key in this guest's own folder. */
bool front_write(struct front *f, const char *key, const char *value);
/* Waits until the backend sets NEEDS_RESET or leaves Connected. */
bool front_wait_quarantine(struct front *f, uint32_t ms);

/* Makes a chain available without an event to the backend. */
void front_offer(struct front *f, uint16_t head);
/*
 * Fills the descriptors at `head` and `head` + 1: `length` bytes of command, `space` for the
 * answer.
 */
void front_describe(struct front *f, uint16_t head, size_t length, size_t space);
void front_notify(struct front *f);

/* Sends one command and waits for its answer. Returns the answer's type, 0 if none came. */
uint32_t front_command(struct front *f, const void *command, size_t length, void *answer,
		       size_t size);

/* Grants zeroed pages to a domain and fills `refs`; NULL if no pages are left. */
void *front_grant(struct front *f, uint32_t domid, uint32_t count, uint32_t *refs);
void front_end_grant(struct front *f, void *pages, uint32_t count);

uint64_t front_now_ms(void);

#endif
