// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA operations of the platform device. virtio_ring maps each buffer of a command with map_page:
 * these are small and short-lived, and are copied through the pool. virtio_gpu maps the backing of
 * a resource with map_sg: it is large and long-lived, so its pages are granted.
 */
#include <linux/dma-map-ops.h>

#include "front.h"

/*
 * DRM splits larger runs of pages. If backing.c finds no single run of grant references for the
 * whole resource, pieces of this size are easier to place in a fragmented grant table.
 */
#define SEGMENT_MAX (256u << 10)

static bool wants_copy(unsigned long attrs)
{
	return !(attrs & DMA_ATTR_SKIP_CPU_SYNC);
}

static dma_addr_t vgpu_map_page(struct device *device, struct page *page, unsigned long offset,
				size_t size, enum dma_data_direction dir, unsigned long attrs)
{
	struct vgpu_device *dev = vgpu_from_dma(device);
	u64 addr;

	if (vgpu_pool_map(&dev->pool, (u8 *)page_address(page) + offset, size, dir,
			  wants_copy(attrs), &addr)) {
		dev_warn_ratelimited(
			device,
			"no room for %zu bytes in the shared pool; raise parameter pool_pages\n",
			size);
		return DMA_MAPPING_ERROR;
	}
	return addr;
}

static void vgpu_unmap_page(struct device *device, dma_addr_t addr, size_t size,
			    enum dma_data_direction dir, unsigned long attrs)
{
	vgpu_pool_unmap(&vgpu_from_dma(device)->pool, addr, wants_copy(attrs));
}

static void vgpu_sync_for_cpu(struct device *device, dma_addr_t addr, size_t size,
			      enum dma_data_direction dir)
{
	vgpu_pool_sync(&vgpu_from_dma(device)->pool, addr, size, false);
}

static void vgpu_sync_for_device(struct device *device, dma_addr_t addr, size_t size,
				 enum dma_data_direction dir)
{
	vgpu_pool_sync(&vgpu_from_dma(device)->pool, addr, size, true);
}

static int vgpu_map_sg(struct device *device, struct scatterlist *sgl, int nents,
		       enum dma_data_direction dir, unsigned long attrs)
{
	return vgpu_backing_map(vgpu_from_dma(device), sgl, nents);
}

static void vgpu_unmap_sg(struct device *device, struct scatterlist *sgl, int nents,
			  enum dma_data_direction dir, unsigned long attrs)
{
	vgpu_backing_unmap(vgpu_from_dma(device), sgl);
}

/* Nothing to do: both sides map the granted pages themselves, cached and coherent. */
static void vgpu_sync_sg(struct device *device, struct scatterlist *sgl, int nents,
			 enum dma_data_direction dir)
{
}

static int vgpu_dma_supported(struct device *device, u64 mask)
{
	/* Addresses of backing have bit 63 set. */
	return mask == DMA_BIT_MASK(64);
}

static size_t vgpu_max_mapping_size(struct device *device)
{
	return SEGMENT_MAX;
}

const struct dma_map_ops vgpu_dma_ops = {
	.map_page = vgpu_map_page,
	.unmap_page = vgpu_unmap_page,
	.map_sg = vgpu_map_sg,
	.unmap_sg = vgpu_unmap_sg,
	.sync_single_for_cpu = vgpu_sync_for_cpu,
	.sync_single_for_device = vgpu_sync_for_device,
	.sync_sg_for_cpu = vgpu_sync_sg,
	.sync_sg_for_device = vgpu_sync_sg,
	.dma_supported = vgpu_dma_supported,
	.max_mapping_size = vgpu_max_mapping_size,
};
