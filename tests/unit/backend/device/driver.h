/* SPDX-License-Identifier: MIT */
/*
 * Fixture in which the test plays the guest's driver and the mediator: a pool in plain memory with
 * a ring, a device on the simulated GPU whose clock the test advances, and a socket that receives
 * the device's messages to the mediator.
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
#define DRIVER_SLOT_BYTES  4096u /* each holds the command or response of one descriptor */
#define DRIVER_GUEST_PAGES 64u	 /* grant reference n grants page n */

struct driver {
	_Alignas(4096) uint8_t pool[DRIVER_POOL_BYTES];
	struct vgpu_queue setup;
	struct vring_desc *desc;
	uint16_t *avail;
	uint8_t *used;
	uint16_t next_head, used_seen;
	struct virtqueue vq;

	uint64_t now_us; /* the simulated GPU's clock */
	int mediator;	 /* the test's end of the socket */
	int device_socket;
	struct gpum_config config;
	struct gpu *gpu;
	struct granted granted;
	struct device *device;
	struct virtqueue control, cursor;
};

/*
 * The fake grant table: the guest's pages, the reference that cannot be mapped, and the number of
 * pages mapped now. A mapping is a copy of the pages.
 */
extern uint8_t guest_memory[DRIVER_GUEST_PAGES][VGPU_PAGE_SIZE];
extern uint32_t refused_ref; /* UINT32_MAX: none */
extern uint32_t mapped_pages;

/* Create a driver with a ring but no device; driver->vq is set up. */
struct driver *driver_create(void);
/*
 * Create and start the driver's device with driver->config, which may be changed after
 * driver_create().
 */
void driver_start(struct driver *d);
void driver_destroy(struct driver *d);

/* The pool offset of a pointer into the pool. */
uint64_t driver_offset(const struct driver *d, const void *in_pool);
/* Put one descriptor into the table. */
void driver_desc(struct driver *d, uint16_t index, uint64_t addr, uint32_t len, uint16_t flags,
		 uint16_t next);
/* Make a head available to the device. */
void driver_offer(struct driver *d, uint16_t head);

/*
 * Queue one command of `bytes` bytes with room for a response of `response` bytes, and return its
 * head. Call device_pump() afterwards.
 */
uint16_t driver_send(struct driver *d, const void *command, uint32_t bytes, uint32_t response);
/* The memory of the response to a head's command, and its type. */
void *driver_response(struct driver *d, uint16_t head);
uint32_t driver_response_type(struct driver *d, uint16_t head);
/* The next answered head, in the order of answers; -1 if there is no further answer. */
int driver_next_answer(struct driver *d);

/* Send a command, pump, and return the response's type. The test fails if there is no response. */
uint32_t driver_do(struct driver *d, const void *command, uint32_t bytes);

/* The device's next message to the mediator; type 0 if there is none. Its descriptor is closed. */
struct gpum_msg driver_message(struct driver *d);
/* The next message has this type; *msg (or NULL) gets it. */
void driver_expect(struct driver *d, uint32_t type, struct gpum_msg *msg);
/* There is no further message. */
void driver_expect_silence(struct driver *d);

/* Common commands: send, pump, and return the response's type. */
uint32_t driver_create_2d(struct driver *d, uint32_t id, uint32_t width, uint32_t height);
uint32_t driver_attach(struct driver *d, uint32_t id, uint32_t ref, uint32_t bytes);
uint32_t driver_unref(struct driver *d, uint32_t id);
uint32_t driver_set_scanout(struct driver *d, uint32_t scanout, uint32_t id, uint32_t width,
			    uint32_t height);
uint32_t driver_ctx_create(struct driver *d, uint32_t context);
/* Commands that may wait: queue only, and return the head. fence 0: not fenced. */
uint16_t driver_send_flush(struct driver *d, uint32_t id, uint32_t width, uint32_t height);
uint16_t driver_send_work(struct driver *d, uint32_t context, uint32_t us, uint64_t fence);
/* `count` operations of the simulated GPU, at most 32. */
uint16_t driver_send_stream(struct driver *d, uint32_t context, const struct sim_op *ops,
			    uint32_t count, uint64_t fence);
uint16_t driver_send_simple(struct driver *d, uint32_t type, uint64_t fence);

/* Fixtures of cmocka; *state is a started driver. */
int driver_setup(void **state);
int driver_teardown(void **state);

#endif
