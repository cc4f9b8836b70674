/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's inner interfaces. One struct vgpu_device is one connection to one backend process:
 * it is created when a backend waits, and destroyed when that backend goes, dies or misbehaves; the
 * next connection gets a new one. struct vgpu_front (xenbus.c) lives as long as the xenbus device.
 */
#ifndef VGPU_FRONT_H
#define VGPU_FRONT_H

#include <linux/dma-mapping.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/spinlock.h>
#include <linux/virtio.h>
#include <linux/virtio_ring.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>
#include <xen/grant_table.h>
#include <xen/xenbus.h>

#include "validate.h"

#ifdef __BIG_ENDIAN
#error "the wire is little-endian and the control page is accessed as it is"
#endif
_Static_assert(PAGE_SIZE == VGPU_PAGE_SIZE, "one guest page is one grant");

struct vgpu_bounce;

/*
 * Memory shared with the backend for as long as the connection lives: first the rings, then slots
 * into which commands are copied. An address in it is its offset in bytes.
 */
struct vgpu_pool {
	domid_t domid;
	unsigned int pages;
	struct page **page;
	grant_ref_t *ref;
	void *base; /* all pages, in order; NULL when the pool is gone */

	unsigned int dir_pages;
	struct page *dir[VGPU_DIR_PAGES_MAX];
	grant_ref_t dir_ref[VGPU_DIR_PAGES_MAX];

	spinlock_t lock; /* the rest */
	unsigned int chunks;
	unsigned int hint;
	unsigned long *used;	    /* one bit per chunk */
	struct vgpu_bounce *bounce; /* indexed by a slot's first chunk */
};

/*
 * Allocate and grant `pages` whole zeroed pages plus the directory; 0 or -errno, nothing is left
 * behind on failure. fini takes a zeroed or finished pool; pages that the backend still maps are
 * freed by the kernel once it has let go.
 */
int vgpu_pool_init(struct vgpu_pool *pool, domid_t domid, unsigned int pages);
void vgpu_pool_fini(struct vgpu_pool *pool);

/* Where the rings of queue `index` lie in the pool (offsets; pages of their own). */
struct vgpu_ring_place {
	u32 desc;
	u32 avail;
	u32 used;
};
void vgpu_pool_ring_place(unsigned int index, unsigned int size, struct vgpu_ring_place *place);
/* The number of entries a queue has at most. */
unsigned int vgpu_pool_ring_size(unsigned int index);

/*
 * A slot of `len` bytes for `cpu`, filled from it unless the device only writes. Any context.
 * -ENOSPC when the pool is full or gone. copy_in/copy_out are for dma_sync; unmap copies back what
 * the device may have written. Unknown addresses are ignored: only our own records count.
 */
int vgpu_pool_map(struct vgpu_pool *pool, void *cpu, size_t len, enum dma_data_direction dir,
		  bool copy, u64 *addr);
void vgpu_pool_unmap(struct vgpu_pool *pool, u64 addr, bool copy);
void vgpu_pool_sync(struct vgpu_pool *pool, u64 addr, size_t len, bool to_device);
/* The memory that was mapped at `addr`, when its first `len` bytes are; else NULL. */
void *vgpu_pool_origin(struct vgpu_pool *pool, u64 addr, size_t len);
/* Forget all slots; the queues that used them are gone. */
void vgpu_pool_forget(struct vgpu_pool *pool);

/*
 * One virtqueue, twice. The guest's virtio_ring works on a ring in private memory, the backend on
 * one in the pool, and entries are carried over. See queue.c for why.
 */
struct vgpu_shadow {
	spinlock_t lock; /* everything below; taken in interrupts */
	struct vgpu_device *dev;
	struct virtqueue *vq; /* NULL when the queue does not exist */
	unsigned int size;
	void *memory; /* of the private ring */
	struct vring ring;
	u16 ring_avail; /* next entry to take from the private available ring */
	u16 ring_used;	/* next entry to fill in the private used ring */
	struct vring shared;
	u16 shared_avail;
	u16 shared_used;
	unsigned int in_flight;
	unsigned long *outstanding; /* one bit per head that the backend has */
};

struct vgpu_device {
	struct platform_device pdev; /* last reference frees the whole */
	struct virtio_device vdev;
	domid_t domid;
	/* Called once from a work item after the device was lost. */
	void (*on_lost)(void *arg);
	void *on_lost_arg;

	struct vgpu_control *control;
	grant_ref_t control_ref;
	struct vgpu_pool pool;
	struct vgpu_shadow queue[VGPU_QUEUE_COUNT];

	struct mutex backing_lock;
	struct xarray backings; /* by first grant reference */
	bool backings_closed;

	evtchn_port_t port;
	int irq; /* 0 when unbound */
	struct vgpu_device_info info;
	u32 config_seen;
	u32 generation;
	u32 events_clear_seq;
	u8 status;
	bool event_idx;
	bool registered;
	bool lost;
	const char *lost_why;
	struct work_struct lost_work;
	struct delayed_work stop_work; /* gives up on a backend that blocks stop */
};

static inline struct vgpu_device *vgpu_from_virtio(struct virtio_device *vdev)
{
	return container_of(vdev, struct vgpu_device, vdev);
}

static inline struct vgpu_device *vgpu_from_dma(struct device *dev)
{
	return container_of(dev, struct vgpu_device, pdev.dev);
}

/* device.c: a connection's life. create grants everything and sets up the event channel. */
struct vgpu_device *vgpu_device_create(struct xenbus_device *xdev, unsigned int pool_pages,
				       void (*on_lost)(void *), void *arg);
/* Check the device block and register the virtio device; sleeps while the driver probes. */
int vgpu_device_start(struct vgpu_device *dev);
/* Unregister the virtio device, if registered; the backend may still take part. Sleeps. */
void vgpu_device_stop(struct vgpu_device *dev);
/* End all sharing and drop our reference. After stop. */
void vgpu_device_destroy(struct vgpu_device *dev);
/*
 * The backend is dead or cannot be trusted. From here on commands are answered with an error by us,
 * so nobody in the guest waits for ever. Any context; `why` is a constant string.
 */
void vgpu_device_lose(struct vgpu_device *dev, const char *why);
void vgpu_device_notify(struct vgpu_device *dev);
static inline bool vgpu_device_lost(const struct vgpu_device *dev)
{
	return READ_ONCE(dev->lost);
}

/* queue.c */
int vgpu_shadow_create(struct vgpu_device *dev, unsigned int index,
		       void (*callback)(struct virtqueue *), const char *name);
void vgpu_shadow_destroy(struct vgpu_shadow *q);
/* Carry over what the backend has used; true when there was something. Interrupt context. */
bool vgpu_shadow_collect(struct vgpu_shadow *q);
/* Answer everything outstanding with an error. */
void vgpu_shadow_fail(struct vgpu_shadow *q);
/* Whether the driver has all of its buffers back (or does not want them: the queue is broken). */
bool vgpu_shadow_idle(struct vgpu_shadow *q);

/* virtio.c, dma.c, backing.c */
extern const struct virtio_config_ops vgpu_config_ops;
extern const struct dma_map_ops vgpu_dma_ops;
int vgpu_backing_map(struct vgpu_device *dev, struct scatterlist *sgl, int nents);
void vgpu_backing_unmap(struct vgpu_device *dev, struct scatterlist *sgl);
/* End access to all backing there is, and refuse more. */
void vgpu_backing_close(struct vgpu_device *dev);

#endif
