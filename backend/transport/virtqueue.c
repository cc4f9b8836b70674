/* SPDX-License-Identifier: MIT */
#include "backend/transport/virtqueue.h"

#include <endian.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "backend/error/error.h"

#define DESC_BYTES	16u
#define USED_ELEM_BYTES 8u
/* Offsets: in the available ring in units of 16 bits, in the used ring in bytes. */
#define AVAIL_IDX  1u
#define AVAIL_RING 2u
#define USED_IDX   2u
#define USED_RING  4u

static uint16_t load16(const void *shared)
{
	return le16toh(__atomic_load_n((const uint16_t *)shared, __ATOMIC_ACQUIRE));
}

static void store16(void *shared, uint16_t value)
{
	__atomic_store_n((uint16_t *)shared, htole16(value), __ATOMIC_RELEASE);
}

/* The barrier keeps the compiler from repeating this read or moving it down. */
static void copy_from_shared(void *to, const void *shared, size_t bytes)
{
	memcpy(to, shared, bytes);
	__asm__ volatile("" : : "r"(to) : "memory");
}

static bool ring_fits(uint64_t offset, uint64_t bytes, uint64_t pool_bytes)
{
	return bytes <= pool_bytes && offset <= pool_bytes - bytes;
}

int vq_init(struct virtqueue *vq, void *pool, uint64_t pool_bytes, const struct vgpu_queue *setup,
	    bool event_idx)
{
	uint32_t size = le32toh(setup->size);
	uint64_t desc = le64toh(setup->desc), avail = le64toh(setup->driver),
		 used = le64toh(setup->device);

	memset(vq, 0, sizeof(*vq));
	if (size == 0 || size > VGPU_QUEUE_SIZE_MAX || (size & (size - 1)))
		return BACKEND_ERR_QUEUE_SIZE;
	if (desc % DESC_BYTES || avail % 2 || used % 4)
		return BACKEND_ERR_QUEUE_ALIGNMENT;
	/* 6 bytes: flags, idx, and the event index at the end */
	if (!ring_fits(desc, (uint64_t)size * DESC_BYTES, pool_bytes) ||
	    !ring_fits(avail, 6 + (uint64_t)size * 2, pool_bytes) ||
	    !ring_fits(used, 6 + (uint64_t)size * USED_ELEM_BYTES, pool_bytes))
		return BACKEND_ERR_QUEUE_BOUNDS;

	vq->pool = pool;
	vq->pool_bytes = pool_bytes;
	vq->desc = vq->pool + desc;
	vq->avail = (uint16_t *)(void *)(vq->pool + avail);
	vq->used = vq->pool + used;
	vq->event_idx = event_idx;
	vq->size = size;
	return 0;
}

static bool bit(const uint64_t *bits, uint32_t index)
{
	return bits[index / 64] >> (index % 64) & 1;
}

static void set_bit(uint64_t *bits, uint32_t index)
{
	bits[index / 64] |= 1ULL << (index % 64);
}

static void clear_bit(uint64_t *bits, uint32_t index)
{
	bits[index / 64] &= ~(1ULL << (index % 64));
}

static int load_desc(const struct virtqueue *vq, uint32_t index, struct vring_desc *desc)
{
	copy_from_shared(desc, vq->desc + (size_t)index * DESC_BYTES, sizeof(*desc));
	desc->addr = le64toh(desc->addr);
	desc->len = le32toh(desc->len);
	desc->flags = le16toh(desc->flags);
	desc->next = le16toh(desc->next);
	if (desc->flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE))
		return BACKEND_ERR_DESC_FLAGS;
	if (desc->len == 0)
		return BACKEND_ERR_DESC_EMPTY;
	if (desc->len > vq->pool_bytes || desc->addr > vq->pool_bytes - desc->len)
		return BACKEND_ERR_DESC_BOUNDS;
	return 0;
}

static int add_writable(struct vq_answer *answer, const struct vring_desc *desc)
{
	if (answer->count == VQ_ANSWER_SEGMENTS)
		return BACKEND_ERR_ANSWER_SEGMENTS;
	answer->segment[answer->count++] =
		(struct vq_segment){.offset = (uint32_t)desc->addr, .length = desc->len};
	answer->length += desc->len; /* at most 8 * 16 MiB */
	return 0;
}

static int add_readable(struct vq_chain *chain, const struct vring_desc *desc)
{
	if (chain->answer.count > 0)
		return BACKEND_ERR_DESC_ORDER;
	chain->segment[chain->count++] =
		(struct vq_segment){.offset = (uint32_t)desc->addr, .length = desc->len};
	chain->length += desc->len;
	return 0;
}

static int walk_chain(const struct virtqueue *vq, uint32_t index, struct vq_chain *chain)
{
	struct vring_desc desc;

	for (uint32_t steps = 0; steps < vq->size; steps++) {
		int err = load_desc(vq, index, &desc);
		if (err)
			return err;
		err = (desc.flags & VRING_DESC_F_WRITE) ? add_writable(&chain->answer, &desc)
							: add_readable(chain, &desc);
		if (err)
			return err;
		if (!(desc.flags & VRING_DESC_F_NEXT))
			return 0;
		if (desc.next >= vq->size)
			return BACKEND_ERR_DESC_INDEX;
		index = desc.next;
	}
	return BACKEND_ERR_DESC_LOOP;
}

static uint32_t slot_of(const struct virtqueue *vq, uint16_t index)
{
	return index & (vq->size - 1);
}

/* Copy the chain that an entry of the available ring names. */
static int load_chain(const struct virtqueue *vq, uint16_t index, struct vq_chain *chain)
{
	uint16_t head = load16(vq->avail + AVAIL_RING + slot_of(vq, index));

	if (head >= vq->size)
		return BACKEND_ERR_HEAD_INDEX;
	if (bit(vq->busy, head))
		return BACKEND_ERR_HEAD_BUSY;
	chain->count = 0;
	chain->length = 0;
	chain->answer.head = head;
	chain->answer.count = 0;
	chain->answer.length = 0;
	return walk_chain(vq, head, chain);
}

/*
 * The number of available entries from `from` on, or BACKEND_ERR_AVAIL_INDEX if the driver cannot
 * have written that many.
 */
static int count_available(const struct virtqueue *vq, uint16_t from)
{
	uint16_t idx = load16(vq->avail + AVAIL_IDX);

	if ((uint16_t)(idx - vq->avail_next) > vq->size)
		return BACKEND_ERR_AVAIL_INDEX;
	return (uint16_t)(idx - from);
}

/* Keep `ahead` at or after avail_next. */
static void advance_avail(struct virtqueue *vq)
{
	if (vq->ahead == vq->avail_next)
		vq->ahead++;
	vq->avail_next++;
}

int vq_take(struct virtqueue *vq, struct vq_chain *chain)
{
	int left = count_available(vq, vq->avail_next);

	for (; left > 0 && bit(vq->claimed, slot_of(vq, vq->avail_next)); left--) {
		clear_bit(vq->claimed, slot_of(vq, vq->avail_next));
		advance_avail(vq);
	}
	if (left <= 0)
		return left;
	int err = load_chain(vq, vq->avail_next, chain);
	if (err)
		return err;
	set_bit(vq->busy, chain->answer.head);
	advance_avail(vq);
	return 1;
}

int vq_peek(struct virtqueue *vq, struct vq_chain *chain)
{
	int left = count_available(vq, vq->ahead);
	/* The driver moved its index back, behind what was looked at already. */
	if (left > (int)vq->size)
		return BACKEND_ERR_AVAIL_INDEX;
	if (left <= 0)
		return left;
	int err = load_chain(vq, vq->ahead, chain);
	if (err)
		return err;
	vq->ahead++;
	return 1;
}

void vq_claim(struct virtqueue *vq, const struct vq_chain *chain)
{
	set_bit(vq->busy, chain->answer.head);
	set_bit(vq->claimed, slot_of(vq, (uint16_t)(vq->ahead - 1)));
}

void vq_read(const struct virtqueue *vq, const struct vq_chain *chain, void *to, uint32_t bytes)
{
	uint8_t *out = to;

	for (uint32_t i = 0; i < chain->count && bytes > 0; i++) {
		const struct vq_segment *s = &chain->segment[i];
		uint32_t n = s->length < bytes ? s->length : bytes;
		copy_from_shared(out, vq->pool + s->offset, n);
		out += n;
		bytes -= n;
	}
}

void vq_complete(struct virtqueue *vq, const struct vq_answer *answer, const void *from,
		 uint32_t bytes)
{
	const uint8_t *in = from;
	uint32_t left = bytes < answer->length ? bytes : answer->length;
	uint32_t elem[2] = {htole32(answer->head), htole32(left)};

	for (uint32_t i = 0; i < answer->count && left > 0; i++) {
		const struct vq_segment *s = &answer->segment[i];
		uint32_t n = s->length < left ? s->length : left;
		memcpy(vq->pool + s->offset, in, n);
		in += n;
		left -= n;
	}
	size_t slot = vq->used_next & (vq->size - 1);
	memcpy(vq->used + USED_RING + slot * USED_ELEM_BYTES, elem, sizeof(elem));
	clear_bit(vq->busy, answer->head);
	vq->used_next++;
	store16(vq->used + USED_IDX, vq->used_next);
}

bool vq_must_notify(struct virtqueue *vq)
{
	uint16_t notified = vq->used_notified;

	if (vq->size == 0 || notified == vq->used_next)
		return false;
	vq->used_notified = vq->used_next;
	/*
	 * The driver must see used.idx before we read its event index, else both sides may sleep.
	 */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!vq->event_idx)
		return !(load16(vq->avail) & VRING_AVAIL_F_NO_INTERRUPT);
	uint16_t wanted = load16(vq->avail + AVAIL_RING + vq->size);
	return (uint16_t)(vq->used_next - wanted - 1) < (uint16_t)(vq->used_next - notified);
}

bool vq_want_events(struct virtqueue *vq)
{
	if (vq->size == 0)
		return false;
	if (vq->event_idx)
		store16(vq->used + USED_RING + (size_t)vq->size * USED_ELEM_BYTES, vq->avail_next);
	/* Pairs with the driver's barrier between writing avail.idx and reading avail_event. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load16(vq->avail + AVAIL_IDX) != vq->avail_next;
}
