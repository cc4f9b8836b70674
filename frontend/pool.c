// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pool: memory granted once, at connect, so that no command costs a grant operation. Slots
 * consist of chunks of 512 bytes; a typical command and its answer take one chunk each.
 */
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <xen/page.h>

#include "front.h"

#define CHUNK_SHIFT 9
#define CHUNK_SIZE  (1u << CHUNK_SHIFT)

/*
 * The guest memory behind a slot. The records are private: nothing that the backend writes is
 * trusted.
 */
struct vgpu_bounce {
	u8 *cpu;
	u32 len;
	u32 dir; /* enum dma_data_direction */
};

/* Entries per queue. 2D and 3D commands use the control queue, only cursor commands the other. */
static const unsigned int ring_entries[VGPU_QUEUE_COUNT] = {VGPU_QUEUE_SIZE_MAX, 64};

unsigned int vgpu_pool_ring_size(unsigned int index)
{
	return ring_entries[index];
}

static u32 desc_bytes(unsigned int size)
{
	return size * (u32)sizeof(struct vring_desc);
}

static u32 avail_bytes(unsigned int size)
{
	return (3 + size) * (u32)sizeof(u16);
}

static u32 used_bytes(unsigned int size)
{
	return 3 * (u32)sizeof(u16) + size * (u32)sizeof(struct vring_used_elem);
}

static u32 ring_bytes(unsigned int size)
{
	return PAGE_ALIGN(desc_bytes(size) + avail_bytes(size)) + PAGE_ALIGN(used_bytes(size));
}

void vgpu_pool_ring_place(unsigned int index, unsigned int size, struct vgpu_ring_place *place)
{
	u32 start = 0;
	unsigned int i;

	for (i = 0; i < index; i++)
		start += ring_bytes(ring_entries[i]);
	place->desc = start;
	place->avail = start + desc_bytes(size);
	place->used = start + PAGE_ALIGN(desc_bytes(size) + avail_bytes(size));
}

static u32 rings_end(void)
{
	u32 end = 0;
	unsigned int i;

	for (i = 0; i < VGPU_QUEUE_COUNT; i++)
		end += ring_bytes(ring_entries[i]);
	return end;
}

static int grant_page(struct page **page, grant_ref_t *ref, domid_t domid)
{
	int got;

	*page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!*page)
		return -ENOMEM;
	got = gnttab_grant_foreign_access(domid, xen_page_to_gfn(*page), 0);
	if (got < 0) {
		__free_page(*page);
		*page = NULL;
		return got;
	}
	*ref = (grant_ref_t)got;
	return 0;
}

static int fill_directory(struct vgpu_pool *pool)
{
	unsigned int i;
	int err;

	for (i = 0; i < pool->dir_pages; i++) {
		unsigned int first = i * VGPU_REFS_PER_PAGE;
		unsigned int n = min(pool->pages - first, VGPU_REFS_PER_PAGE);

		err = grant_page(&pool->dir[i], &pool->dir_ref[i], pool->domid);
		if (err)
			return err;
		memcpy(page_address(pool->dir[i]), &pool->ref[first], n * sizeof(u32));
	}
	return 0;
}

static int grant_pages(struct vgpu_pool *pool)
{
	unsigned int i;
	int err;

	for (i = 0; i < pool->pages; i++) {
		err = grant_page(&pool->page[i], &pool->ref[i], pool->domid);
		if (err)
			return err;
	}
	return fill_directory(pool);
}

int vgpu_pool_init(struct vgpu_pool *pool, domid_t domid, unsigned int pages)
{
	int err = -ENOMEM;

	memset(pool, 0, sizeof(*pool));
	spin_lock_init(&pool->lock);
	pool->domid = domid;
	pool->pages = pages;
	pool->dir_pages = DIV_ROUND_UP(pages, VGPU_REFS_PER_PAGE);
	pool->chunks = pages << (VGPU_PAGE_SHIFT - CHUNK_SHIFT);
	pool->page = kvcalloc(pages, sizeof(*pool->page), GFP_KERNEL);
	pool->ref = kvcalloc(pages, sizeof(*pool->ref), GFP_KERNEL);
	pool->used = bitmap_zalloc(pool->chunks, GFP_KERNEL);
	pool->bounce = kvcalloc(pool->chunks, sizeof(*pool->bounce), GFP_KERNEL);
	if (!pool->page || !pool->ref || !pool->used || !pool->bounce)
		goto fail;

	err = grant_pages(pool);
	if (err)
		goto fail;
	pool->base = vmap(pool->page, pages, VM_MAP, PAGE_KERNEL);
	if (!pool->base) {
		err = -ENOMEM;
		goto fail;
	}
	vgpu_pool_forget(pool);
	return 0;
fail:
	vgpu_pool_fini(pool);
	return err;
}

static void end_grant(struct page *page, grant_ref_t ref)
{
	/* Takes over the page, and frees it now or once the backend has unmapped it (XSA-396). */
	if (page)
		gnttab_end_foreign_access(ref, page);
}

void vgpu_pool_fini(struct vgpu_pool *pool)
{
	unsigned long flags;
	unsigned int i;
	void *base;

	if (!pool->pages)
		return;
	spin_lock_irqsave(&pool->lock, flags);
	base = pool->base;
	pool->base = NULL;
	spin_unlock_irqrestore(&pool->lock, flags);
	vunmap(base);

	for (i = 0; i < pool->dir_pages; i++)
		end_grant(pool->dir[i], pool->dir_ref[i]);
	for (i = 0; pool->page && pool->ref && i < pool->pages; i++)
		end_grant(pool->page[i], pool->ref[i]);
	kvfree(pool->page);
	kvfree(pool->ref);
	bitmap_free(pool->used);
	kvfree(pool->bounce);
	pool->page = NULL;
	pool->ref = NULL;
	pool->used = NULL;
	pool->bounce = NULL;
	pool->pages = 0;
}

void vgpu_pool_forget(struct vgpu_pool *pool)
{
	unsigned long flags;
	unsigned int first = rings_end() >> CHUNK_SHIFT;

	spin_lock_irqsave(&pool->lock, flags);
	bitmap_zero(pool->used, pool->chunks);
	bitmap_set(pool->used, 0, first);
	memset(pool->bounce, 0, pool->chunks * sizeof(*pool->bounce));
	pool->hint = first;
	spin_unlock_irqrestore(&pool->lock, flags);
}

static unsigned int chunks_for(size_t len)
{
	return (unsigned int)((len + CHUNK_SIZE - 1) >> CHUNK_SHIFT);
}

/*
 * The first free run of chunks after the last one handed out, else from the start; pool->chunks if
 * there is none.
 */
static unsigned int find_run(const struct vgpu_pool *pool, unsigned int count)
{
	unsigned long at;

	at = bitmap_find_next_zero_area(pool->used, pool->chunks, pool->hint, count, 0);
	if (at >= pool->chunks)
		at = bitmap_find_next_zero_area(pool->used, pool->chunks, 0, count, 0);
	return at < pool->chunks ? (unsigned int)at : pool->chunks;
}

int vgpu_pool_map(struct vgpu_pool *pool, void *cpu, size_t len, enum dma_data_direction dir,
		  bool copy, u64 *addr)
{
	unsigned int count, at;
	unsigned long flags;
	u8 *slot;

	if (!len || len > (size_t)pool->chunks << CHUNK_SHIFT)
		return -ENOSPC;
	count = chunks_for(len);

	spin_lock_irqsave(&pool->lock, flags);
	at = pool->base ? find_run(pool, count) : pool->chunks;
	if (at == pool->chunks) {
		spin_unlock_irqrestore(&pool->lock, flags);
		return -ENOSPC;
	}
	bitmap_set(pool->used, at, count);
	pool->hint = at + count;
	pool->bounce[at] = (struct vgpu_bounce){.cpu = cpu, .len = (u32)len, .dir = dir};
	spin_unlock_irqrestore(&pool->lock, flags);

	/* Clear the rest of the slot: what it held before belongs to another command. */
	slot = (u8 *)pool->base + ((size_t)at << CHUNK_SHIFT);
	if (dir == DMA_FROM_DEVICE || !copy) {
		memset(slot, 0, (size_t)count << CHUNK_SHIFT);
	} else {
		memcpy(slot, cpu, len);
		memset(slot + len, 0, ((size_t)count << CHUNK_SHIFT) - len);
	}
	*addr = (u64)at << CHUNK_SHIFT;
	return 0;
}

/* The record of the slot that starts at `addr`, or NULL. The lock must be held. */
static struct vgpu_bounce *find_slot(struct vgpu_pool *pool, u64 addr)
{
	u64 at = addr >> CHUNK_SHIFT;

	if (!pool->base || at >= pool->chunks || addr & (CHUNK_SIZE - 1) || !pool->bounce[at].cpu)
		return NULL;
	return &pool->bounce[at];
}

static void copy_back(const struct vgpu_pool *pool, u64 addr, const struct vgpu_bounce *b,
		      size_t len)
{
	if (b->dir == DMA_TO_DEVICE)
		return;
	memcpy(b->cpu, (u8 *)pool->base + addr, len);
	vgpu_fix_response(b->cpu, (u32)len);
}

void vgpu_pool_unmap(struct vgpu_pool *pool, u64 addr, bool copy)
{
	struct vgpu_bounce *found, b;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	found = find_slot(pool, addr);
	if (found) {
		b = *found;
		/* Copy before the slot is freed for others, hence under the lock. */
		if (copy)
			copy_back(pool, addr, &b, b.len);
		*found = (struct vgpu_bounce){0};
		bitmap_clear(pool->used, (unsigned int)(addr >> CHUNK_SHIFT), chunks_for(b.len));
	}
	spin_unlock_irqrestore(&pool->lock, flags);
}

void vgpu_pool_sync(struct vgpu_pool *pool, u64 addr, size_t len, bool to_device)
{
	struct vgpu_bounce *b;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	b = find_slot(pool, addr);
	if (b) {
		len = min_t(size_t, len, b->len);
		if (!to_device)
			copy_back(pool, addr, b, len);
		else if (b->dir != DMA_FROM_DEVICE)
			memcpy((u8 *)pool->base + addr, b->cpu, len);
	}
	spin_unlock_irqrestore(&pool->lock, flags);
}

void *vgpu_pool_origin(struct vgpu_pool *pool, u64 addr, size_t len)
{
	struct vgpu_bounce *b;
	unsigned long flags;
	void *cpu;

	spin_lock_irqsave(&pool->lock, flags);
	b = find_slot(pool, addr);
	cpu = b && len <= b->len ? b->cpu : NULL;
	spin_unlock_irqrestore(&pool->lock, flags);
	return cpu;
}
