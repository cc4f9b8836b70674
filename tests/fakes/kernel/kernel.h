/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As much of the Linux kernel as the frontend needs, for a build host. tests.mk generates a header
 * for each name that the frontend includes, which includes this one. Functions that are only
 * declared here are defined in the files of this folder, except virtio's, which each test defines.
 */
#ifndef TESTS_FAKES_KERNEL_KERNEL_H
#define TESTS_FAKES_KERNEL_KERNEL_H

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <linux/virtio_gpu.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#undef __BIG_ENDIAN /* in a kernel it is defined only on big-endian machines */

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef uint16_t domid_t;
typedef uint32_t grant_ref_t;
typedef uint32_t evtchn_port_t;

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096u
#define SMP_CACHE_BYTES 64
#define GFP_KERNEL	0
#define __GFP_ZERO	1
#define HZ		250u

#define READ_ONCE(x)	 (*(volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))
#define xchg(p, v)	 __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define virt_rmb()	 __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define virt_wmb()	 __atomic_thread_fence(__ATOMIC_RELEASE)
#define virt_mb()	 __atomic_thread_fence(__ATOMIC_SEQ_CST)
/* A warning in a guest's log fails the test. */
#define WARN_ON_ONCE(c)		      ((c) ? (abort(), 1) : 0)
#define container_of(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

#define min(a, b)		      ((a) < (b) ? (a) : (b))
#define min_t(type, a, b)	      min((type)(a), (type)(b))
#define DIV_ROUND_UP(n, d)	      (((n) + (d)-1) / (d))
#define PAGE_ALIGN(n)		      (DIV_ROUND_UP(n, PAGE_SIZE) * PAGE_SIZE)
#define PFN_UP(n)		      DIV_ROUND_UP(n, PAGE_SIZE)
#define struct_size(p, member, count) (sizeof(*(p)) + sizeof((p)->member[0]) * (count))

#define ERR_PTR(err) ((void *)(long)(err))
#define PTR_ERR(p)   ((long)(p))
#define IS_ERR(p)    ((unsigned long)(p) >= (unsigned long)-4095)

#define cpu_to_le32(x)		 htole32(x)
#define le32_to_cpu(x)		 le32toh(x)
#define virtio16_to_cpu(vdev, x) ((void)(vdev), le16toh(x))
#define virtio32_to_cpu(vdev, x) ((void)(vdev), le32toh(x))
#define virtio64_to_cpu(vdev, x) ((void)(vdev), le64toh(x))
#define cpu_to_virtio16(vdev, x) ((void)(vdev), htole16(x))
#define cpu_to_virtio32(vdev, x) ((void)(vdev), htole32(x))

/* --- locks, bits ------------------------------------------------------------------------------ */

typedef struct {
	int held;
} spinlock_t;
struct mutex {
	int held;
};

#define spin_lock_init(lock)		    ((void)((lock)->held = 0))
#define spin_lock_irq(lock)		    ((lock)->held++ ? abort() : (void)0)
#define spin_unlock_irq(lock)		    ((void)(lock)->held--)
#define spin_lock_irqsave(lock, flags)	    ((flags) = 0, spin_lock_irq(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), spin_unlock_irq(lock))
#define mutex_init(lock)		    spin_lock_init(lock)
#define mutex_lock(lock)		    spin_lock_irq(lock)
#define mutex_unlock(lock)		    spin_unlock_irq(lock)

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

static inline void bitmap_zero(unsigned long *map, unsigned int bits)
{
	memset(map, 0, (bits + BITS_PER_LONG - 1) / BITS_PER_LONG * sizeof(unsigned long));
}

static inline void bitmap_set(unsigned long *map, unsigned int at, unsigned int count)
{
	while (count--)
		__set_bit(at++, map);
}

static inline void bitmap_clear(unsigned long *map, unsigned int at, unsigned int count)
{
	while (count--)
		__clear_bit(at++, map);
}

unsigned long bitmap_find_next_zero_area(unsigned long *map, unsigned long size,
					 unsigned long start, unsigned int count,
					 unsigned long align);

/* --- memory ----------------------------------------------------------------------------------- */

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

#define kzalloc(size, flags)	     ((void)(flags), calloc(1, size))
#define kvzalloc(size, flags)	     kzalloc(size, flags)
#define kvcalloc(count, size, flags) ((void)(flags), calloc(count, size))
#define kfree(p)		     free(p)
#define kvfree(p)		     free(p)

struct page {
	unsigned int refs; /* 0: free */
};

struct page *alloc_page(int flags);
void get_page(struct page *page);
void put_page(struct page *page);
void *page_address(const struct page *page);
struct page *virt_to_page(const void *address);
unsigned long page_to_xen_pfn(const struct page *page);
unsigned long pfn_to_gfn(unsigned long pfn);

#define VM_MAP	    0
#define PAGE_KERNEL 0
void *vmap(struct page **page, unsigned int count, unsigned long flags, int protection);
void vunmap(const void *address);

static inline void __free_page(struct page *page)
{
	put_page(page);
}

static inline unsigned long get_zeroed_page(int flags)
{
	struct page *page = alloc_page(flags | __GFP_ZERO);

	return page ? (unsigned long)page_address(page) : 0;
}

static inline void free_page(unsigned long address)
{
	put_page(virt_to_page((void *)address));
}

static inline unsigned long xen_page_to_gfn(const struct page *page)
{
	return pfn_to_gfn(page_to_xen_pfn(page));
}

static inline unsigned long virt_to_gfn(const void *address)
{
	return xen_page_to_gfn(virt_to_page(address));
}

struct xarray {
	struct {
		unsigned long index;
		void *entry;
	} slot[16];
};

void xa_init(struct xarray *xa);
void xa_destroy(struct xarray *xa);
void *xa_store(struct xarray *xa, unsigned long index, void *entry, int flags);
void *xa_erase(struct xarray *xa, unsigned long index);
static inline int xa_err(const void *entry)
{
	return IS_ERR(entry) ? (int)PTR_ERR(entry) : 0;
}
#define xa_for_each(xa, at, value)                                                                 \
	for (unsigned int xa_i = 0; xa_i < 16; xa_i++)                                             \
		if ((at) = (xa)->slot[xa_i].index, (void)(at), ((value) = (xa)->slot[xa_i].entry))

/* --- grants, event channels ------------------------------------------------------------------- */

int gnttab_grant_foreign_access(domid_t domid, unsigned long frame, int readonly);
int gnttab_alloc_grant_reference_seq(unsigned int count, grant_ref_t *first);
void gnttab_grant_foreign_access_ref(grant_ref_t ref, domid_t domid, unsigned long frame,
				     int readonly);
void gnttab_end_foreign_access(grant_ref_t ref, struct page *page);

typedef enum { IRQ_NONE, IRQ_HANDLED } irqreturn_t;
typedef irqreturn_t (*irq_handler_t)(int irq, void *arg);
#define XEN_EOI_FLAG_SPURIOUS 1u

struct xenbus_device;
int xenbus_alloc_evtchn(struct xenbus_device *xdev, evtchn_port_t *port);
int xenbus_free_evtchn(struct xenbus_device *xdev, evtchn_port_t port);
int bind_evtchn_to_irqhandler_lateeoi(evtchn_port_t port, irq_handler_t handler,
				      unsigned long flags, const char *name, void *arg);
void unbind_from_irqhandler(unsigned int irq, void *arg);
void xen_irq_lateeoi(unsigned int irq, unsigned int flags);
void notify_remote_via_irq(int irq);
static inline void synchronize_irq(unsigned int irq)
{
	(void)irq;
}

/* --- time, work ------------------------------------------------------------------------------- */

extern unsigned long jiffies;
#define msecs_to_jiffies(ms) DIV_ROUND_UP((unsigned long)(ms)*HZ, 1000ul)
#define time_after(a, b)     ((long)((b) - (a)) < 0)
void usleep_range(unsigned long least, unsigned long most);

struct work_struct {
	void (*func)(struct work_struct *work);
};
struct delayed_work {
	struct work_struct work;
};
#define INIT_WORK(w, f)		    ((void)((w)->func = (f)))
#define INIT_DELAYED_WORK(w, f)	    INIT_WORK(&(w)->work, f)
#define to_delayed_work(w)	    container_of(w, struct delayed_work, work)
#define cancel_delayed_work_sync(w) cancel_work_sync(&(w)->work)
/* Delays are longer than any test, so such work never runs. */
#define schedule_delayed_work(w, delay) ((void)(w), (void)(delay))
void schedule_work(struct work_struct *work);
void cancel_work_sync(struct work_struct *work);
void flush_scheduled_work(void);

/* --- devices ---------------------------------------------------------------------------------- */

typedef u64 dma_addr_t;
#define DMA_BIT_MASK(bits)     (~0ull >> (64 - (bits)))
#define DMA_MAPPING_ERROR      (~0ull)
#define DMA_ATTR_SKIP_CPU_SYNC 1ul
enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE };

struct scatterlist {
	struct page *page;
	unsigned int offset;
	unsigned int length;
	dma_addr_t dma_address;
	unsigned int dma_length;
};
#define sg_page(sg)			((sg)->page)
#define sg_next(sg)			((sg) + 1)
#define sg_dma_address(sg)		((sg)->dma_address)
#define sg_dma_len(sg)			((sg)->dma_length)
#define for_each_sg(list, sg, count, i) for ((i) = 0, (sg) = (list); (i) < (count); (i)++, (sg)++)

struct device;
struct dma_map_ops {
	dma_addr_t (*map_page)(struct device *device, struct page *page, unsigned long offset,
			       size_t size, enum dma_data_direction dir, unsigned long attrs);
	void (*unmap_page)(struct device *device, dma_addr_t addr, size_t size,
			   enum dma_data_direction dir, unsigned long attrs);
	int (*map_sg)(struct device *device, struct scatterlist *sgl, int nents,
		      enum dma_data_direction dir, unsigned long attrs);
	void (*unmap_sg)(struct device *device, struct scatterlist *sgl, int nents,
			 enum dma_data_direction dir, unsigned long attrs);
	void (*sync_single_for_cpu)(struct device *device, dma_addr_t addr, size_t size,
				    enum dma_data_direction dir);
	void (*sync_single_for_device)(struct device *device, dma_addr_t addr, size_t size,
				       enum dma_data_direction dir);
	void (*sync_sg_for_cpu)(struct device *device, struct scatterlist *sgl, int nents,
				enum dma_data_direction dir);
	void (*sync_sg_for_device)(struct device *device, struct scatterlist *sgl, int nents,
				   enum dma_data_direction dir);
	int (*dma_supported)(struct device *device, u64 mask);
	size_t (*max_mapping_size)(struct device *device);
};

struct device {
	struct device *parent;
	void (*release)(struct device *device);
	unsigned int refs;
	const struct dma_map_ops *dma_ops;
	void *dma_parms;
	u64 *dma_mask;
	u64 coherent_dma_mask;
};
void device_initialize(struct device *device);
void get_device(struct device *device);
void put_device(struct device *device);
#define set_dma_ops(device, ops) ((void)((device)->dma_ops = (ops)))
#define dev_name(device)	 ((void)(device), "vgpu")

__attribute__((format(printf, 2, 3))) static inline void dev_warn(const struct device *device,
								  const char *format, ...)
{
	(void)device, (void)format;
}
#define dev_err		     dev_warn
#define dev_warn_ratelimited dev_warn

#define THIS_MODULE	     NULL
#define __module_get(module) ((void)(module))
#define module_put(module)   ((void)(module))

struct xenbus_device {
	struct device dev;
	int otherend_id;
};

#define PLATFORM_DEVID_AUTO (-2)
struct platform_device {
	const char *name;
	int id;
	struct device dev;
	u64 platform_dma_mask;
	int dma_parms;
};
int platform_device_add(struct platform_device *pdev);
void platform_device_del(struct platform_device *pdev);

/* --- virtio, played by the test --------------------------------------------------------------- */

struct virtio_config_ops;
struct virtio_device {
	struct device dev;
	struct {
		u32 device;
		u32 vendor;
	} id;
	u64 features;
	const struct virtio_config_ops *config;
};
#define dev_to_virtio(device) container_of(device, struct virtio_device, dev)

struct virtqueue {
	void *priv;
	unsigned int num_free, num_max;
};
typedef void vq_callback_t(struct virtqueue *vq);

struct irq_affinity;
struct virtio_config_ops {
	void (*get)(struct virtio_device *vdev, unsigned int offset, void *buf, unsigned int len);
	void (*set)(struct virtio_device *vdev, unsigned int offset, const void *buf,
		    unsigned int len);
	u32 (*generation)(struct virtio_device *vdev);
	u8 (*get_status)(struct virtio_device *vdev);
	void (*set_status)(struct virtio_device *vdev, u8 status);
	void (*reset)(struct virtio_device *vdev);
	int (*find_vqs)(struct virtio_device *vdev, unsigned int count, struct virtqueue *vqs[],
			vq_callback_t *callbacks[], const char *const names[], const bool *ctx,
			struct irq_affinity *affinity);
	void (*del_vqs)(struct virtio_device *vdev);
	void (*synchronize_cbs)(struct virtio_device *vdev);
	u64 (*get_features)(struct virtio_device *vdev);
	int (*finalize_features)(struct virtio_device *vdev);
	const char *(*bus_name)(struct virtio_device *vdev);
};

int register_virtio_device(struct virtio_device *vdev);
void unregister_virtio_device(struct virtio_device *vdev);
void virtio_config_changed(struct virtio_device *vdev);
void vring_transport_features(struct virtio_device *vdev);
struct virtqueue *vring_new_virtqueue(unsigned int index, unsigned int num, unsigned int align,
				      struct virtio_device *vdev, bool weak_barriers, bool context,
				      void *pages, bool (*notify)(struct virtqueue *vq),
				      void (*callback)(struct virtqueue *vq), const char *name);
void vring_del_virtqueue(struct virtqueue *vq);
int vring_interrupt(int irq, void *vq);
bool virtqueue_is_broken(struct virtqueue *vq);

#endif
