/* SPDX-License-Identifier: MIT */
/*
 * The device side of a split virtqueue (virtio 1.2, section 2.7) in memory that its driver may
 * rewrite at any time. Every shared field is loaded once into private memory and validated there,
 * and only the private copy is used (XSA-155). Indirect descriptors are refused. Pure: no system
 * call.
 *
 * A negative return value is an enum backend_error and final: the driver broke the protocol, and
 * the queue must not be used again.
 */
#ifndef BACKEND_TRANSPORT_VIRTQUEUE_H
#define BACKEND_TRANSPORT_VIRTQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/wire/vgpu.h"

/*
 * The most writable descriptors of one chain. virtio-gpu's responses are small, and drivers use one
 * descriptor for each; the bound keeps struct vq_answer small.
 */
#define VQ_ANSWER_SEGMENTS 8u

struct vq_segment {
	uint32_t offset; /* bytes, in the pool, which has at most 16 MiB */
	uint32_t length;
};

/*
 * Where to write the response to a chain. Every taken chain must be given to vq_complete() exactly
 * once.
 */
struct vq_answer {
	uint16_t head;
	uint16_t count;
	uint32_t length; /* bytes, sum of the segments */
	struct vq_segment segment[VQ_ANSWER_SEGMENTS];
};

/* Private copy of a descriptor chain. */
struct vq_chain {
	uint32_t count;	 /* readable segments */
	uint64_t length; /* bytes, sum of the readable segments */
	struct vq_segment segment[VGPU_QUEUE_SIZE_MAX];
	struct vq_answer answer;
};

struct virtqueue {
	uint8_t *pool;
	uint32_t size;	 /* entries; 0: the queue is not set up */
	uint8_t *desc;	 /* shared */
	uint16_t *avail; /* shared: flags, idx, ring[size], used_event */
	uint8_t *used;	 /* shared: flags, idx, {id, len}[size], avail_event */
	uint64_t pool_bytes;
	uint16_t avail_next;	/* next entry of the available ring for vq_take() */
	uint16_t used_next;	/* private copy of used.idx */
	uint16_t used_notified; /* used.idx at the last vq_must_notify() */
	bool event_idx;		/* VIRTIO_F_EVENT_IDX was negotiated */
	uint16_t ahead;		/* next entry for vq_peek(); never behind avail_next */
	uint64_t busy[VGPU_QUEUE_SIZE_MAX / 64];    /* heads taken and not yet completed */
	uint64_t claimed[VGPU_QUEUE_SIZE_MAX / 64]; /* entries taken by vq_claim(), by slot */
};

/*
 * Start with an empty queue. `setup` is a private copy of the driver's registers (little-endian).
 * `pool` must stay mapped while the queue is in use. `event_idx`: VIRTIO_F_EVENT_IDX was
 * negotiated. Returns 0 or a BACKEND_ERR_QUEUE_*.
 */
int vq_init(struct virtqueue *vq, void *pool, uint64_t pool_bytes, const struct vgpu_queue *setup,
	    bool event_idx);

/* Take the next chain. Returns 1, 0 if none is available, or a backend_error. */
int vq_take(struct virtqueue *vq, struct vq_chain *chain);

/*
 * Look at an available chain without taking it. Each chain is returned once, in order, starting
 * after the last one taken. Returns as vq_take() does. vq_claim() then takes the chain that the
 * last vq_peek() returned, out of order.
 */
int vq_peek(struct virtqueue *vq, struct vq_chain *chain);
void vq_claim(struct virtqueue *vq, const struct vq_chain *chain);

/*
 * Copy the first `bytes` bytes of the chain's readable part; `bytes` must be at most chain->length.
 */
void vq_read(const struct virtqueue *vq, const struct vq_chain *chain, void *to, uint32_t bytes);

/*
 * Write the response, cut to answer->length bytes, and give the chain back to the driver. `from`
 * may be NULL if `bytes` is 0. Does not notify: see vq_must_notify().
 */
void vq_complete(struct virtqueue *vq, const struct vq_answer *answer, const void *from,
		 uint32_t bytes);

/*
 * Whether the driver wants an event for the chains completed since the last call: by its event
 * index if negotiated, else by the available ring's flag.
 */
bool vq_must_notify(struct virtqueue *vq);

/*
 * Ask the driver for an event when it makes the next chain available. Returns true if one is
 * available already, for which no event will come. With EVENT_IDX, a driver sends no event without
 * this call.
 */
bool vq_want_events(struct virtqueue *vq);

#endif
