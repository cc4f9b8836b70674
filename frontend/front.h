/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The module's internal interfaces. One struct vgpu_device is one connection to one backend
 * process: it is created when a backend is waiting in InitWait, and destroyed when that backend
 * leaves, dies or breaks the protocol. The next connection gets a new one. struct vgpu_front
 * (xenbus.c) lives as long as the xenbus device. Functions returning int return 0 or -errno unless
 * noted.
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
 * Memory shared with the backend for the life of the connection: first the rings, then slots into
 * which commands are copied. An address in the pool is an offset in bytes.
 */
struct vgpu_pool {
	domid_t domid;
	unsigned int pages;
	struct page **page;
	grant_ref_t *ref;
	void *base; /* kernel mapping of all pages, in order; NULL after vgpu_pool_fini() */

	unsigned int dir_pages;
	struct page *dir[VGPU_DIR_PAGES_MAX];
	grant_ref_t dir_ref[VGPU_DIR_PAGES_MAX];

	spinlock_t lock;	    /* protects the members below, and base */
	unsigned int chunks;	    /* in the whole pool */
	unsigned int hint;	    /* chunk at which the next search for a slot starts */
	unsigned long *used;	    /* one bit per chunk (pool.c: 512 bytes) */
	struct vgpu_bounce *bounce; /* records of slots, indexed by a slot's first chunk */
};

/*
 * Allocate `pages` zeroed pages (VGPU_POOL_PAGES_MIN..MAX) and a directory, and grant them to
 * `domid`. On failure nothing stays allocated or granted. May sleep.
 *
 * vgpu_pool_fini() ends all grants; the kernel frees pages that the backend still maps once it has
 * unmapped them. It does nothing for a zeroed or finished pool.
 */
int vgpu_pool_init(struct vgpu_pool *pool, domid_t domid, unsigned int pages);
void vgpu_pool_fini(struct vgpu_pool *pool);

/*
 * The pool offsets of the rings of queue `index` with `size` entries. The rings have pages of their
 * own.
 */
struct vgpu_ring_place {
	u32 desc;
	u32 avail;
	u32 used;
};
void vgpu_pool_ring_place(unsigned int index, unsigned int size, struct vgpu_ring_place *place);
/* The most entries of queue `index`. */
unsigned int vgpu_pool_ring_size(unsigned int index);

/*
 * Allocate a slot of `len` bytes for the memory at `cpu`, zero it, and copy the memory into it if
 * `copy` is set and the device may read (`dir`). *addr is the slot's pool address. Any context.
 * Returns -ENOSPC if the pool is full or gone.
 *
 * vgpu_pool_unmap() frees the slot at `addr`; if `copy` is set and the device may write, it first
 * copies the slot back. vgpu_pool_sync() copies the first `len` bytes in the given direction. Both
 * ignore addresses without a slot: only the module's own records are trusted.
 */
int vgpu_pool_map(struct vgpu_pool *pool, void *cpu, size_t len, enum dma_data_direction dir,
		  bool copy, u64 *addr);
void vgpu_pool_unmap(struct vgpu_pool *pool, u64 addr, bool copy);
void vgpu_pool_sync(struct vgpu_pool *pool, u64 addr, size_t len, bool to_device);
/*
 * The guest memory behind the slot at `addr`, or NULL if there is no such slot or it is shorter
 * than `len` bytes.
 */
void *vgpu_pool_origin(struct vgpu_pool *pool, u64 addr, size_t len);
/* Drop all slots. The queues that used them must be gone. */
void vgpu_pool_forget(struct vgpu_pool *pool);

/*
 * One virtqueue in two copies: the guest's virtio_ring works on a ring in private memory, the
 * backend on one in the pool, and entries are carried from one to the other. queue.c explains why.
 */
struct vgpu_shadow {
	spinlock_t lock; /* protects all members; taken in interrupts */
	struct vgpu_device *dev;
	struct virtqueue *vq; /* NULL if the queue does not exist */
	unsigned int size;
	void *memory; /* the private ring's memory */
	struct vring ring;
	u16 ring_avail;		    /* next entry to take from the private available ring */
	u16 ring_used;		    /* next entry to fill in the private used ring */
	struct vring shared;	    /* in the pool */
	u16 shared_avail;	    /* private copy of the shared ring's avail.idx */
	u16 shared_used;	    /* next entry to read from the shared used ring */
	unsigned int in_flight;	    /* heads that the backend has not returned */
	unsigned long *outstanding; /* one bit per head that the backend has not returned */
};

struct vgpu_device {
	struct platform_device pdev; /* its last reference frees the whole struct */
	struct virtio_device vdev;
	domid_t domid;
	/* Called once, from a work item, after the device was lost. */
	void (*on_lost)(void *arg);
	void *on_lost_arg;

	struct vgpu_control *control;
	grant_ref_t control_ref;
	struct vgpu_pool pool;
	struct vgpu_shadow queue[VGPU_QUEUE_COUNT];

	struct mutex backing_lock;
	struct xarray backings; /* indexed by first grant reference */
	bool backings_closed;	/* refuse more */

	evtchn_port_t port;
	int irq;		      /* 0: unbound */
	struct vgpu_device_info info; /* validated */
	u32 config_seen;	      /* last config_generation handled */
	/* Private copies of registers that we write. */
	u32 generation;
	u32 events_clear_seq;
	u8 status;
	bool event_idx;
	bool registered; /* the virtio device is */
	bool lost;
	const char *lost_why;
	struct work_struct lost_work;
	struct delayed_work stop_work; /* time-out of vgpu_device_stop() */
};

static inline struct vgpu_device *vgpu_from_virtio(struct virtio_device *vdev)
{
	return container_of(vdev, struct vgpu_device, vdev);
}

static inline struct vgpu_device *vgpu_from_dma(struct device *dev)
{
	return container_of(dev, struct vgpu_device, pdev.dev);
}

/*
 * device.c: a connection's life.
 *
 * Create a connection to the backend domain of `xdev`: grant the control page and a pool of
 * pool_pages pages, and allocate the event channel. `on_lost(arg)` is called from a work item if
 * the backend is lost. Returns an ERR_PTR on failure. May sleep.
 */
struct vgpu_device *vgpu_device_create(struct xenbus_device *xdev, unsigned int pool_pages,
				       void (*on_lost)(void *), void *arg);
/*
 * Validate the device block and register the virtio device. Call when the backend is Connected.
 * Sleeps while the driver probes. -EPROTO if the device block is invalid.
 */
int vgpu_device_start(struct vgpu_device *dev);
/*
 * Unregister the virtio device, if registered. The backend may still answer commands meanwhile, for
 * at most 5 s. Sleeps.
 */
void vgpu_device_stop(struct vgpu_device *dev);
/* End all grants and drop the module's reference. Call after vgpu_device_stop(). */
void vgpu_device_destroy(struct vgpu_device *dev);
/*
 * Declare the backend lost: it is dead or cannot be trusted. From then on the frontend answers
 * commands with an error, so that nothing in the guest waits for ever. Repeated calls have no
 * effect. Any context. `why` is a constant string for the kernel log.
 */
void vgpu_device_lose(struct vgpu_device *dev, const char *why);
/* Send the backend an event, unless it is lost. Any context. */
void vgpu_device_notify(struct vgpu_device *dev);
static inline bool vgpu_device_lost(const struct vgpu_device *dev)
{
	return READ_ONCE(dev->lost);
}

/*
 * queue.c: the virtqueues.
 *
 * Create queue `index` with its rings, and write its registers to the control page. `callback` and
 * `name` are those of virtio's find_vqs().
 */
int vgpu_shadow_create(struct vgpu_device *dev, unsigned int index,
		       void (*callback)(struct virtqueue *), const char *name);
/* Does nothing for a queue that does not exist. Process context. */
void vgpu_shadow_destroy(struct vgpu_shadow *q);
/*
 * Pass on the entries that the backend has used to virtio_ring. Returns whether there were any.
 * Loses the backend if an entry is invalid. Interrupt context.
 */
bool vgpu_shadow_collect(struct vgpu_shadow *q);
/* Answer all outstanding commands with an error. */
void vgpu_shadow_fail(struct vgpu_shadow *q);
/*
 * Whether the driver has all of its buffers back, or does not want them because the queue is
 * broken.
 */
bool vgpu_shadow_idle(struct vgpu_shadow *q);

/* virtio.c, dma.c. */
extern const struct virtio_config_ops vgpu_config_ops;
extern const struct dma_map_ops vgpu_dma_ops;

/*
 * backing.c: backing of resources.
 *
 * Grant the pages of a scatterlist of `nents` entries, read-write, and fill in the DMA addresses
 * and lengths with vgpu addresses. Returns the number of entries used, which is less if runs of
 * grant references are contiguous. -EINVAL if an entry does not consist of whole pages, -EIO after
 * vgpu_backing_close(). Sleeps.
 */
int vgpu_backing_map(struct vgpu_device *dev, struct scatterlist *sgl, int nents);
/* End the grants of a mapped scatterlist. Does nothing after vgpu_backing_close(). Sleeps. */
void vgpu_backing_unmap(struct vgpu_device *dev, struct scatterlist *sgl);
/* End the grants of all backing, and refuse to map more. */
void vgpu_backing_close(struct vgpu_device *dev);

#endif
