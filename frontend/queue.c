// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtqueues, each in two copies: virtio_ring works on a ring in private memory, the backend on one
 * in the pool, and this file carries entries from one to the other. There are two reasons:
 *
 * - virtio_ring of Linux 6.1 follows the NEXT flags of its descriptors when it frees a chain. If
 *   the backend could write these descriptors, it could cause an endless loop in the guest's
 *   kernel.
 * - The frontend knows which commands the backend has not answered. When the backend dies, the
 *   frontend answers in its place, so that fences signal and no program waits for ever.
 *
 * The private ring does not negotiate EVENT_IDX, so virtio_ring kicks after each batch. Whether a
 * kick becomes an event for the backend is decided here, by the shared ring's event index.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/virtio_config.h>
#include <linux/virtio_gpu.h>

#include "front.h"

/*
 * Alignment of the used ring in the private ring; any value works, since vring_init() and
 * virtio_ring get the same.
 */
#define PRIVATE_ALIGN SMP_CACHE_BYTES

static u16 get16(const struct vgpu_shadow *q, const __virtio16 *p)
{
	return virtio16_to_cpu(&q->dev->vdev, READ_ONCE(*p));
}

static void put16(const struct vgpu_shadow *q, __virtio16 *p, u16 value)
{
	WRITE_ONCE(*p, cpu_to_virtio16(&q->dev->vdev, value));
}

static u16 slot(const struct vgpu_shadow *q, u16 index)
{
	return index & (u16)(q->size - 1);
}

/* The next head that virtio_ring has made available, or -1. The private ring is trusted. */
static int take_head(struct vgpu_shadow *q)
{
	u16 head;

	if (q->ring_avail == get16(q, &q->ring.avail->idx))
		return -1;
	virt_rmb(); /* read the entry after the index */
	head = get16(q, &q->ring.avail->ring[slot(q, q->ring_avail)]);
	q->ring_avail++;
	if (WARN_ON_ONCE(head >= q->size))
		return -1;
	__set_bit(head, q->outstanding);
	q->in_flight++;
	return head;
}

/* The next descriptor of a chain, or -1 after the last. */
static int next_desc(const struct vgpu_shadow *q, unsigned int i)
{
	const struct vring_desc *d = &q->ring.desc[i];

	if (!(virtio16_to_cpu(&q->dev->vdev, d->flags) & VRING_DESC_F_NEXT))
		return -1;
	i = virtio16_to_cpu(&q->dev->vdev, d->next);
	return i < q->size ? (int)i : -1;
}

static void share_chain(struct vgpu_shadow *q, int head)
{
	unsigned int left = q->size;
	int i;

	for (i = head; i >= 0 && left--; i = next_desc(q, (unsigned int)i))
		q->shared.desc[i] = q->ring.desc[i];
	put16(q, &q->shared.avail->ring[slot(q, q->shared_avail)], (u16)head);
	q->shared_avail++;
}

/* Make all new chains available to the backend. Returns whether it wants an event for them. */
static bool publish(struct vgpu_shadow *q)
{
	u16 before = q->shared_avail;
	int head;

	while ((head = take_head(q)) >= 0)
		share_chain(q, head);
	if (q->shared_avail == before)
		return false;
	virt_wmb(); /* write descriptors and entries before the index */
	put16(q, &q->shared.avail->idx, q->shared_avail);
	virt_mb(); /* write the index before reading whether the backend wants an event */
	if (q->dev->event_idx)
		return vring_need_event(get16(q, &vring_avail_event(&q->shared)), q->shared_avail,
					before);
	return !(get16(q, &q->shared.used->flags) & VRING_USED_F_NO_NOTIFY);
}

/* Return a head to virtio_ring. finish_used() makes returned heads visible. */
static void put_used(struct vgpu_shadow *q, unsigned int head, u32 len)
{
	struct vring_used_elem *e = &q->ring.used->ring[slot(q, q->ring_used)];

	__clear_bit(head, q->outstanding);
	q->in_flight--;
	e->id = cpu_to_virtio32(&q->dev->vdev, head);
	e->len = cpu_to_virtio32(&q->dev->vdev, len);
	q->ring_used++;
}

static void finish_used(struct vgpu_shadow *q)
{
	virt_wmb(); /* write entries before the index */
	put16(q, &q->ring.used->idx, q->ring_used);
	vring_interrupt(0, q->vq);
}

/*
 * Handle one used entry of the backend; each field is read once. Returns false if it is invalid.
 * The length is passed on unvalidated, as any device's would be; virtio_gpu does not use it.
 */
static bool take_used(struct vgpu_shadow *q)
{
	const struct vring_used_elem *e = &q->shared.used->ring[slot(q, q->shared_used)];
	u32 id = virtio32_to_cpu(&q->dev->vdev, READ_ONCE(e->id));
	u32 len = virtio32_to_cpu(&q->dev->vdev, READ_ONCE(e->len));

	if (id >= q->size || !test_bit((int)id, q->outstanding))
		return false;
	q->shared_used++;
	put_used(q, id, len);
	return true;
}

/*
 * Handle the used entries that are there now. Returns their number, or -1 if the backend broke the
 * protocol.
 */
static int collect_once(struct vgpu_shadow *q)
{
	int i, n = vgpu_validate_used(q->shared_used, get16(q, &q->shared.used->idx), q->in_flight);

	virt_rmb(); /* read the entries after the index */
	for (i = 0; i < n; i++) {
		if (!take_used(q))
			return -1;
	}
	/* Ask for an event on the next entry, then let the caller look again. */
	if (n > 0) {
		put16(q, &vring_used_event(&q->shared), q->shared_used);
		virt_mb();
	}
	return n;
}

bool vgpu_shadow_collect(struct vgpu_shadow *q)
{
	unsigned int total = 0;
	unsigned long flags;
	int n = 0;

	spin_lock_irqsave(&q->lock, flags);
	if (q->vq && !vgpu_device_lost(q->dev)) {
		/*
		 * Terminates however fast answers come: nothing gets in flight while the lock is
		 * held.
		 */
		while ((n = collect_once(q)) > 0)
			total += (unsigned int)n;
		if (total || n < 0)
			finish_used(q);
	}
	spin_unlock_irqrestore(&q->lock, flags);
	if (n < 0)
		vgpu_device_lose(q->dev, "it returned a buffer that it was not given");
	return total > 0;
}

/*
 * Write an error into a command's answer slot in the pool, from where vgpu_pool_unmap() copies it.
 * The command's header is read from the guest's own memory, not from the pool. Returns the bytes
 * written, or 0 for a command without an answer.
 */
static u32 write_error(struct vgpu_shadow *q, unsigned int head)
{
	struct virtio_device *vdev = &q->dev->vdev;
	struct vgpu_pool *pool = &q->dev->pool;
	struct virtio_gpu_ctrl_hdr *cmd, answer = {0};
	const struct vring_desc *last = &q->ring.desc[head];
	unsigned int left = q->size;
	int i;

	cmd = vgpu_pool_origin(pool, virtio64_to_cpu(vdev, last->addr), sizeof(*cmd));
	for (i = (int)head; i >= 0 && left--; i = next_desc(q, (unsigned int)i))
		last = &q->ring.desc[i];
	if (!cmd || !(virtio16_to_cpu(vdev, last->flags) & VRING_DESC_F_WRITE) ||
	    !vgpu_pool_origin(pool, virtio64_to_cpu(vdev, last->addr), sizeof(answer)))
		return 0;
	answer.type = cpu_to_le32(VIRTIO_GPU_RESP_ERR_UNSPEC);
	answer.flags = cmd->flags & cpu_to_le32(VIRTIO_GPU_FLAG_FENCE);
	answer.fence_id = cmd->fence_id;
	answer.ctx_id = cmd->ctx_id;
	memcpy((u8 *)pool->base + virtio64_to_cpu(vdev, last->addr), &answer, sizeof(answer));
	return sizeof(answer);
}

static void fail_outstanding(struct vgpu_shadow *q)
{
	unsigned int head;

	while (take_head(q) >= 0)
		;
	if (!q->in_flight)
		return;
	for_each_set_bit(head, q->outstanding, q->size) put_used(q, head, write_error(q, head));
	finish_used(q);
}

void vgpu_shadow_fail(struct vgpu_shadow *q)
{
	unsigned long flags;

	spin_lock_irqsave(&q->lock, flags);
	if (q->vq)
		fail_outstanding(q);
	spin_unlock_irqrestore(&q->lock, flags);
}

bool vgpu_shadow_idle(struct vgpu_shadow *q)
{
	unsigned long flags;
	bool idle;

	spin_lock_irqsave(&q->lock, flags);
	idle = !q->vq || q->vq->num_free == q->size || virtqueue_is_broken(q->vq);
	spin_unlock_irqrestore(&q->lock, flags);
	return idle;
}

static bool shadow_notify(struct virtqueue *vq)
{
	struct vgpu_shadow *q = vq->priv;
	unsigned long flags;
	bool wanted = false;

	spin_lock_irqsave(&q->lock, flags);
	if (vgpu_device_lost(q->dev))
		fail_outstanding(q);
	else
		wanted = publish(q);
	spin_unlock_irqrestore(&q->lock, flags);
	if (wanted)
		vgpu_device_notify(q->dev);
	return true;
}

static void lay_out_shared(struct vgpu_shadow *q, const struct vgpu_ring_place *place)
{
	u8 *base = q->dev->pool.base;

	q->shared.num = q->size;
	q->shared.desc = (void *)(base + place->desc);
	q->shared.avail = (void *)(base + place->avail);
	q->shared.used = (void *)(base + place->used);
	memset(q->shared.desc, 0, q->size * sizeof(*q->shared.desc));
	memset(q->shared.avail, 0, (3 + q->size) * sizeof(u16));
	memset(q->shared.used, 0, 3 * sizeof(u16) + q->size * sizeof(struct vring_used_elem));
}

static void tell_backend(struct vgpu_device *dev, unsigned int index,
			 const struct vgpu_ring_place *place)
{
	struct vgpu_queue *reg = &dev->control->queue[index];

	WRITE_ONCE(reg->size, dev->queue[index].size);
	WRITE_ONCE(reg->desc, place->desc);
	WRITE_ONCE(reg->driver, place->avail);
	WRITE_ONCE(reg->device, place->used);
	virt_wmb(); /* `enabled` announces that the rest is valid */
	WRITE_ONCE(reg->enabled, 1);
}

int vgpu_shadow_create(struct vgpu_device *dev, unsigned int index,
		       void (*callback)(struct virtqueue *), const char *name)
{
	struct vgpu_shadow *q = &dev->queue[index];
	struct vgpu_ring_place place;
	struct virtqueue *vq;

	q->size = vgpu_queue_entries(dev->info.queue_size_max, vgpu_pool_ring_size(index));
	q->memory = alloc_pages_exact(vring_size(q->size, PRIVATE_ALIGN), GFP_KERNEL | __GFP_ZERO);
	q->outstanding = bitmap_zalloc(q->size, GFP_KERNEL);
	if (!q->memory || !q->outstanding)
		goto fail;
	vq = vring_new_virtqueue(index, q->size, PRIVATE_ALIGN, &dev->vdev, true, false, q->memory,
				 shadow_notify, callback, name);
	if (!vq)
		goto fail;
	vq->priv = q;
	vq->num_max = q->size;
	vring_init(&q->ring, q->size, q->memory, PRIVATE_ALIGN);
	vgpu_pool_ring_place(index, q->size, &place);
	lay_out_shared(q, &place);
	q->ring_avail = 0;
	q->ring_used = 0;
	q->shared_avail = 0;
	q->shared_used = 0;
	q->in_flight = 0;
	tell_backend(dev, index, &place);

	spin_lock_irq(&q->lock);
	q->vq = vq;
	spin_unlock_irq(&q->lock);
	return 0;
fail:
	vgpu_shadow_destroy(q);
	return -ENOMEM;
}

void vgpu_shadow_destroy(struct vgpu_shadow *q)
{
	struct virtqueue *vq;

	/*
	 * From here on, interrupts and vgpu_shadow_fail() ignore the queue: they test vq under the
	 * lock.
	 */
	spin_lock_irq(&q->lock);
	vq = q->vq;
	q->vq = NULL;
	spin_unlock_irq(&q->lock);

	if (vq)
		vring_del_virtqueue(vq);
	if (q->memory)
		free_pages_exact(q->memory, vring_size(q->size, PRIVATE_ALIGN));
	bitmap_free(q->outstanding);
	q->memory = NULL;
	q->outstanding = NULL;
}
