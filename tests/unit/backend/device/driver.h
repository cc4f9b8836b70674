/* SPDX-License-Identifier: MIT */
/*
 * The test plays the guest's driver and the mediator: a pool in plain memory with two rings, a
 * device on the simulated GPU whose clock the test moves, and a socket for the mediator's messages.
 */
#ifndef TESTS_UNIT_BACKEND_DEVICE_DRIVER_H
#define TESTS_UNIT_BACKEND_DEVICE_DRIVER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>

#include "backend/device/device.h"
#include "backend/transport/virtqueue.h"
#include "mediator/shared/wire/vgpu.h"

#define DRIVER_POOL_BYTES  (VGPU_POOL_PAGES_MIN * VGPU_PAGE_SIZE)
#define DRIVER_QUEUE_SIZE  32u
#define DRIVER_SLOT_BYTES  4096u /* command and response of one head each */
#define DRIVER_GUEST_PAGES 64u	 /* grant reference n is page n */

struct driver {
	_Alignas(4096) uint8_t pool[DRIVER_POOL_BYTES];
	struct vgpu_queue setup;
	struct vring_desc *desc;
	uint16_t *avail;
	uint8_t *used;
	uint16_t next_head, used_seen;
	struct virtqueue vq;

	uint64_t now_us;
	int mediator; /* the test's end */
	int device_socket;
	struct gpum_config config;
	struct gpu *gpu;
	struct granted granted;
	struct device *device;
	struct virtqueue control, cursor;
};

/* The guest's memory behind the fake grant table; pages that are refused. */
extern uint8_t guest_memory[DRIVER_GUEST_PAGES][VGPU_PAGE_SIZE];
extern uint32_t refused_ref;  /* UINT32_MAX: none */
extern uint32_t mapped_pages; /* now */

/* A ring without a device: driver->vq is set up. */
struct driver *driver_create(void);
/* With a device that has started. Adjust config in between by driver_create() first. */
void driver_start(struct driver *d);
void driver_destroy(struct driver *d);

uint64_t driver_offset(const struct driver *d, const void *in_pool);
/* Put one descriptor into the table. */
void driver_desc(struct driver *d, uint16_t index, uint64_t addr, uint32_t len, uint16_t flags,
		 uint16_t next);
/* Make a head available. */
void driver_offer(struct driver *d, uint16_t head);

/* Queue one command with room for `response` bytes; returns its head. Pump afterwards. */
uint16_t driver_send(struct driver *d, const void *command, uint32_t bytes, uint32_t response);
/* The response of a head's command. */
void *driver_response(struct driver *d, uint16_t head);
uint32_t driver_response_type(struct driver *d, uint16_t head);
/* Heads in the order they were answered; -1: no further answer. */
int driver_next_answer(struct driver *d);

/* Send, pump, and return the response's type; fails when there is no answer. */
uint32_t driver_do(struct driver *d, const void *command, uint32_t bytes);

/* Next message of the device to the mediator; type 0 when there is none. A descriptor is closed. */
struct gpum_msg driver_message(struct driver *d);
void driver_expect(struct driver *d, uint32_t type, struct gpum_msg *msg);
void driver_expect_silence(struct driver *d);

/* Common commands. */
uint32_t driver_create_2d(struct driver *d, uint32_t id, uint32_t width, uint32_t height);
uint32_t driver_attach(struct driver *d, uint32_t id, uint32_t ref, uint32_t bytes);
uint32_t driver_unref(struct driver *d, uint32_t id);
uint32_t driver_set_scanout(struct driver *d, uint32_t scanout, uint32_t id, uint32_t width,
			    uint32_t height);
uint32_t driver_ctx_create(struct driver *d, uint32_t context);
/* Not answered at once: return the head. fence 0: not fenced. */
uint16_t driver_send_flush(struct driver *d, uint32_t id, uint32_t width, uint32_t height);
uint16_t driver_send_work(struct driver *d, uint32_t context, uint32_t us, uint64_t fence);
/* A stream of the simulated GPU. */
uint16_t driver_send_stream(struct driver *d, uint32_t context, const struct sim_op *ops,
			    uint32_t count, uint64_t fence);
uint16_t driver_send_simple(struct driver *d, uint32_t type, uint64_t fence);

/* Fixtures: *state is a driver that has started. */
int driver_setup(void **state);
int driver_teardown(void **state);

#endif
