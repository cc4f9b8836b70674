/* SPDX-License-Identifier: MIT */
/*
 * A frontend without a driver: the guest's half of docs/protocol.md on the real Xen libraries, with
 * rings, control page and keys open to whoever wants to break a rule.
 *
 * Every wait is bounded. Functions that may fail in an attack return false or NULL; what can only
 * fail when the guest itself is out of order ends the program.
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
/* Of the pool: three pages of rings for each queue, then one command and one answer. */
#define FRONT_POOL_PAGES VGPU_POOL_PAGES_MIN
#define FRONT_COMMAND	 (8u * VGPU_PAGE_SIZE)
#define FRONT_ANSWER	 (12u * VGPU_PAGE_SIZE)
#define FRONT_SLOT_BYTES (4u * VGPU_PAGE_SIZE)
#define FRONT_KEY_MAX	 128u
#define FRONT_PATIENCE	 10000u /* ms, for what an idle board does at once */
/* Until a guest that was quarantined is given a new backend, a ban not counted. */
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

	/* NULL: nothing is shared */
	struct vgpu_control *page;
	uint32_t control_ref;
	uint32_t *directory;
	uint8_t *pool;
	int port; /* -1: none */
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint16_t avail_next, used_seen;
};

void front_open(struct front *f);

/* Whose we are by what dom0 wrote: driver and backend. False: we have no device. */
bool front_find_backend(struct front *f);

/* The whole handshake, up to the virtio driver's DRIVER_OK. */
bool front_connect(struct front *f);
/* Its steps: wait for a backend, share memory, write the keys, Initialised. */
bool front_wait_backend(struct front *f, enum front_state state, uint32_t ms);
bool front_ask(struct front *f);
void front_share(struct front *f);
void front_announce(struct front *f);
void front_driver_ok(struct front *f, uint64_t features);

/* Leave as a good guest does: Closing, wait for the backend, end the grants, Closed. */
void front_leave(struct front *f);

uint32_t front_backend_state(struct front *f); /* 0: it has none */
void front_set_state(struct front *f, enum front_state state);
/* A key of our own folder. */
bool front_write(struct front *f, const char *key, const char *value);
/* NEEDS_RESET, or not Connected any more. */
bool front_wait_quarantine(struct front *f, uint32_t ms);

/* A chain's head becomes available; nobody is told. */
void front_offer(struct front *f, uint16_t head);
/* The usual two descriptors at `head`: the command's bytes, the answer's. */
void front_describe(struct front *f, uint16_t head, size_t length, size_t space);
void front_notify(struct front *f);

/* One command, one answer. Returns the answer's type, 0 when none came. */
uint32_t front_command(struct front *f, const void *command, size_t length, void *answer,
		       size_t size);

/* Pages for a domain to map, with their references; NULL when there are none left. */
void *front_grant(struct front *f, uint32_t domid, uint32_t count, uint32_t *refs);
void front_end_grant(struct front *f, void *pages, uint32_t count);

uint64_t front_now_ms(void);

#endif
