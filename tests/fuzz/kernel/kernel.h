/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the kernel as frontend/queue.c needs, for a build host. tests.mk makes a header of
 * each name that front.h includes, which includes this one.
 */
#ifndef TESTS_FUZZ_KERNEL_H
#define TESTS_FUZZ_KERNEL_H

#include <endian.h>
#include <errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ring.h>

#undef __BIG_ENDIAN /* to a kernel it means that it is one */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint16_t domid_t;
typedef uint32_t grant_ref_t;
typedef uint32_t evtchn_port_t;
typedef struct {
	int held;
} spinlock_t;

#define PAGE_SIZE	4096u
#define SMP_CACHE_BYTES 64
#define GFP_KERNEL	0
#define __GFP_ZERO	0

#define READ_ONCE(x)	 (*(volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define virt_rmb()	 __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define virt_wmb()	 __atomic_thread_fence(__ATOMIC_RELEASE)
#define virt_mb()	 __atomic_thread_fence(__ATOMIC_SEQ_CST)
/* What would be a warning in a guest's log is a finding here. */
#define WARN_ON_ONCE(c)		      ((c) ? (abort(), 1) : 0)
#define container_of(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

#define cpu_to_le32(x)		 htole32(x)
#define virtio16_to_cpu(vdev, x) ((void)(vdev), le16toh(x))
#define virtio32_to_cpu(vdev, x) ((void)(vdev), le32toh(x))
#define virtio64_to_cpu(vdev, x) ((void)(vdev), le64toh(x))
#define cpu_to_virtio16(vdev, x) ((void)(vdev), htole16(x))
#define cpu_to_virtio32(vdev, x) ((void)(vdev), htole32(x))

#define spin_lock_irq(lock)		    ((lock)->held++ ? abort() : (void)0)
#define spin_unlock_irq(lock)		    ((void)(lock)->held--)
#define spin_lock_irqsave(lock, flags)	    ((flags) = 0, spin_lock_irq(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), spin_unlock_irq(lock))

#define BITS_PER_LONG (8u * sizeof(unsigned long))

static inline void __set_bit(unsigned int bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] |= 1ul << bit % BITS_PER_LONG;
}

static inline void __clear_bit(unsigned int bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] &= ~(1ul << bit % BITS_PER_LONG);
}

static inline bool test_bit(int bit, const unsigned long *map)
{
	return map[(unsigned int)bit / BITS_PER_LONG] >> (unsigned int)bit % BITS_PER_LONG & 1;
}

#define for_each_set_bit(bit, map, size)                                                           \
	for ((bit) = 0; (bit) < (size); (bit)++)                                                   \
		if (test_bit((int)(bit), (map)))

static inline unsigned long *bitmap_zalloc(unsigned int bits, int flags)
{
	(void)flags;
	return calloc(bits / BITS_PER_LONG + 1, sizeof(unsigned long));
}

static inline void bitmap_free(unsigned long *map)
{
	free(map);
}

static inline void *alloc_pages_exact(size_t size, int flags)
{
	(void)flags;
	return calloc(1, size);
}

static inline void free_pages_exact(void *memory, size_t size)
{
	(void)size;
	free(memory);
}

enum dma_data_direction { DMA_BIDIRECTIONAL };
struct page;
struct scatterlist;
struct xenbus_device;
struct dma_map_ops;
struct virtio_config_ops;
struct device {
	int unused;
};
struct platform_device {
	struct device dev;
};
struct virtio_device {
	int unused;
};
struct mutex {
	int unused;
};
struct xarray {
	int unused;
};
struct work_struct {
	int unused;
};
struct delayed_work {
	int unused;
};
struct virtqueue {
	void *priv;
	unsigned int num_free, num_max;
};

/* virtio_ring, which the fuzz target plays. */
struct virtqueue *vring_new_virtqueue(unsigned int index, unsigned int num, unsigned int align,
				      struct virtio_device *vdev, bool weak_barriers, bool context,
				      void *pages, bool (*notify)(struct virtqueue *vq),
				      void (*callback)(struct virtqueue *vq), const char *name);
void vring_del_virtqueue(struct virtqueue *vq);
int vring_interrupt(int irq, void *vq);
bool virtqueue_is_broken(struct virtqueue *vq);

#endif
