/* SPDX-License-Identifier: MIT */
/*
 * The device side of a split virtqueue (virtio 1.2, section 2.7) in memory that its driver may
 * rewrite at any time. Pure: no system call. Every shared field is loaded once into private memory,
 * checked there, and only the private copy is used. Indirect descriptors are refused.
 *
 * A negative return is an enum backend_error and final: the driver broke the protocol and the
 * queue must not be touched again.
 */
#ifndef BACKEND_TRANSPORT_VIRTQUEUE_H
#define BACKEND_TRANSPORT_VIRTQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/wire/vgpu.h"

/*
 * Writable descriptors of one chain. virtio-gpu's answers are small and drivers give them one
 * descriptor; the bound keeps a waiting answer small.
 */
#define VQ_ANSWER_SEGMENTS 8u

struct vq_segment {
	uint32_t offset; /* in the pool; the pool is at most 16 MiB */
	uint32_t length;
};

/* Where to write the answer to a chain. Must be handed to vq_complete() exactly once. */
struct vq_answer {
	uint16_t head;
	uint16_t count;
	uint32_t length; /* bytes, sum of the segments */
	struct vq_segment segment[VQ_ANSWER_SEGMENTS];
};

/* A chain as it was when it was taken. */
struct vq_chain {
	uint32_t count;	 /* readable segments */
	uint64_t length; /* bytes, their sum */
	struct vq_segment segment[VGPU_QUEUE_SIZE_MAX];
	struct vq_answer answer;
};

struct virtqueue {
	uint8_t *pool;
	uint32_t size;	 /* 0: not set up */
	uint8_t *desc;	 /* shared */
	uint16_t *avail; /* shared: flags, idx, ring[size], used_event */
	uint8_t *used;	 /* shared: flags, idx, {id, len}[size], avail_event */
	uint64_t pool_bytes;
	uint16_t avail_next; /* next entry of the available ring to take */
	uint16_t used_next;  /* private copy of used.idx */
	uint16_t used_told;  /* used.idx when the driver was last notified */
	bool event_idx;	     /* VIRTIO_F_EVENT_IDX was negotiated */
	uint16_t ahead;	     /* next entry for vq_peek(); never behind avail_next */
	uint64_t busy[VGPU_QUEUE_SIZE_MAX / 64];    /* heads taken and not completed */
	uint64_t claimed[VGPU_QUEUE_SIZE_MAX / 64]; /* entries taken out of turn, by slot */
};

/*
 * Start with an empty queue. `setup` is a private copy. `pool` has to stay mapped while the queue
 * is in use. Returns 0 or a BACKEND_ERR_QUEUE_*.
 */
int vq_init(struct virtqueue *vq, void *pool, uint64_t pool_bytes, const struct vgpu_queue *setup,
	    bool event_idx);

/* Take the next chain: 1, 0 when there is none, or a backend_error. */
int vq_take(struct virtqueue *vq, struct vq_chain *chain);

/*
 * Look at a later chain without taking it: each one once, in order, from behind the last one taken.
 * Returns like vq_take(). vq_claim() takes the chain that was looked at last, out of turn.
 */
int vq_peek(struct virtqueue *vq, struct vq_chain *chain);
void vq_claim(struct virtqueue *vq, const struct vq_chain *chain);

/* Copy the first `bytes` of the readable part, which must be at most chain->length. */
void vq_read(const struct virtqueue *vq, const struct vq_chain *chain, void *to, uint32_t bytes);

/* Write at most answer->length bytes and give the chain back to the driver. */
void vq_complete(struct virtqueue *vq, const struct vq_answer *answer, const void *from,
		 uint32_t bytes);

/* Whether the driver wants an event for what was completed since it was last told. */
bool vq_must_notify(struct virtqueue *vq);

/*
 * Ask for an event for the next available chain. Returns true when one came in meanwhile, so that
 * no event will follow for it. Without this call an event_idx driver stays silent.
 */
bool vq_want_events(struct virtqueue *vq);

#endif
