// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backing of resources: pages that are granted one by one for the life of the resource.
 *
 * References are allocated in runs: a single run for the whole scatterlist if the grant table has
 * one, so that a resource of a thousand pages takes a single entry in the command; otherwise one
 * run per segment.
 */
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <xen/page.h>

#include "front.h"

/* A DMA segment's length must fit into virtio_gpu_mem_entry.length, which has 32 bits. */
#define DMA_LEN_MAX (1u << 30)

struct run {
	grant_ref_t first;
	unsigned int count;
};

struct vgpu_backing {
	unsigned int runs;
	struct run run[];
};

static unsigned int sg_pages(const struct scatterlist *sg)
{
	return sg->length >> PAGE_SHIFT;
}

/* A grant covers a whole page: the backend could read and write anything else in it (XSA-403). */
static bool whole_pages(const struct scatterlist *sg)
{
	return !sg->offset && sg->length && !(sg->length & (PAGE_SIZE - 1));
}

static u64 grant_address(grant_ref_t ref)
{
	return VGPU_ADDR_GRANT | (u64)ref << VGPU_ADDR_REF_SHIFT;
}

/*
 * Always grant read-write: virtio_gpu maps for the device to read, but transfers from the host
 * write. The frame is looked up for each page: in a PV guest, the frames after the first page's may
 * belong to somebody else.
 */
static void grant_segment(const struct vgpu_device *dev, struct scatterlist *sg, grant_ref_t first)
{
	unsigned long pfn = page_to_xen_pfn(sg_page(sg));
	unsigned int i, n = sg_pages(sg);

	for (i = 0; i < n; i++)
		gnttab_grant_foreign_access_ref(first + i, dev->domid, pfn_to_gfn(pfn + i), 0);
}

/*
 * With page NULL the kernel holds a reference to the page while the backend still maps it
 * (XSA-396).
 */
static void end_run(const struct run *run)
{
	unsigned int i;

	for (i = 0; i < run->count; i++)
		gnttab_end_foreign_access(run->first + i, NULL);
}

static void backing_free(struct vgpu_backing *b)
{
	unsigned int i;

	for (i = 0; i < b->runs; i++)
		end_run(&b->run[i]);
	kvfree(b);
}

/*
 * Grant all pages. Segments whose references are consecutive are merged into one. Returns the
 * number of segments.
 */
static int grant_all(struct vgpu_device *dev, struct scatterlist *sgl, int nents,
		     struct vgpu_backing *b, bool whole, grant_ref_t first)
{
	struct scatterlist *sg, *out = NULL;
	grant_ref_t ref = first;
	u64 next = 0;
	int i, used = 0;

	for_each_sg (sgl, sg, nents, i) {
		unsigned int n = sg_pages(sg);
		u64 addr;

		if (!whole) {
			if (gnttab_alloc_grant_reference_seq(n, &ref))
				return -ENOMEM;
			b->run[b->runs++] = (struct run){.first = ref, .count = n};
		}
		grant_segment(dev, sg, ref);
		addr = grant_address(ref);
		if (out && addr == next && sg_dma_len(out) <= DMA_LEN_MAX - sg->length) {
			sg_dma_len(out) += sg->length;
		} else {
			out = out ? sg_next(out) : sgl;
			sg_dma_address(out) = addr;
			sg_dma_len(out) = sg->length;
			used++;
		}
		next = addr + sg->length;
		ref += n;
	}
	return used;
}

static int map_locked(struct vgpu_device *dev, struct scatterlist *sgl, int nents,
		      struct vgpu_backing *b, unsigned int pages)
{
	grant_ref_t first = 0;
	bool whole = !gnttab_alloc_grant_reference_seq(pages, &first);
	int used;

	if (whole)
		b->run[b->runs++] = (struct run){.first = first, .count = pages};
	used = grant_all(dev, sgl, nents, b, whole, first);
	if (used < 0)
		return used;
	return xa_err(xa_store(&dev->backings, b->run[0].first, b, GFP_KERNEL)) ?: used;
}

int vgpu_backing_map(struct vgpu_device *dev, struct scatterlist *sgl, int nents)
{
	struct vgpu_backing *b;
	struct scatterlist *sg;
	u64 pages = 0;
	int i, used = -EIO; /* not -ENODEV, which the DMA core warns about */

	for_each_sg (sgl, sg, nents, i) {
		if (!whole_pages(sg))
			return -EINVAL;
		pages += sg_pages(sg);
	}
	if (!pages || pages > UINT_MAX)
		return -EINVAL;
	b = kvzalloc(struct_size(b, run, (size_t)nents), GFP_KERNEL);
	if (!b)
		return -ENOMEM;

	mutex_lock(&dev->backing_lock);
	if (!dev->backings_closed)
		used = map_locked(dev, sgl, nents, b, (unsigned int)pages);
	mutex_unlock(&dev->backing_lock);
	if (used < 0)
		backing_free(b);
	return used;
}

void vgpu_backing_unmap(struct vgpu_device *dev, struct scatterlist *sgl)
{
	u64 addr = sg_dma_address(sgl);
	struct vgpu_backing *b;

	mutex_lock(&dev->backing_lock);
	b = xa_erase(&dev->backings, (addr >> VGPU_ADDR_REF_SHIFT) & VGPU_ADDR_REF_MASK);
	mutex_unlock(&dev->backing_lock);
	/* NULL if the connection ended before the resource did. */
	if (b)
		backing_free(b);
}

void vgpu_backing_close(struct vgpu_device *dev)
{
	struct vgpu_backing *b;
	unsigned long ref;

	mutex_lock(&dev->backing_lock);
	dev->backings_closed = true;
	xa_for_each(&dev->backings, ref, b) backing_free(b);
	xa_destroy(&dev->backings);
	mutex_unlock(&dev->backing_lock);
}
