/* SPDX-License-Identifier: MIT */
#include "backend/transport/granted.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backend/error/error.h"

int granted_open(struct granted *g, uint32_t domid)
{
	memset(g, 0, sizeof(*g));
	g->domid = domid;
	g->handle = xengnttab_open(NULL, 0);
	return g->handle ? 0 : BACKEND_ERR_SYSTEM;
}

void granted_close(struct granted *g)
{
	if (g->handle)
		xengnttab_close(g->handle);
	memset(g, 0, sizeof(*g));
}

static void *map(struct granted *g, uint32_t *refs, uint32_t count)
{
	g->calls++;
	void *base = xengnttab_map_domain_grant_refs(g->handle, count, g->domid, refs,
						     PROT_READ | PROT_WRITE);
	if (base)
		g->pages += count;
	return base;
}

static void unmap(struct granted *g, void *base, uint32_t count)
{
	if (base && xengnttab_unmap(g->handle, base, count) == 0)
		g->pages -= count;
}

/* The directory is unmapped again as soon as its references have been copied. */
static int map_pool(struct granted *g, const struct vgpu_control *setup, struct granted_pool *pool)
{
	uint32_t dir_pages = le32toh(setup->dir_pages);
	uint32_t dir_ref[VGPU_DIR_PAGES_MAX];
	int err = BACKEND_ERR_GRANT;

	for (uint32_t i = 0; i < dir_pages; i++)
		dir_ref[i] = le32toh(setup->dir_ref[i]);
	uint32_t *refs = malloc(pool->pool_pages * sizeof(*refs));
	if (!refs)
		return BACKEND_ERR_MEMORY;
	void *dir = map(g, dir_ref, dir_pages);
	if (!dir)
		goto out;
	memcpy(refs, dir, pool->pool_pages * sizeof(*refs));
	unmap(g, dir, dir_pages);
	for (uint32_t i = 0; i < pool->pool_pages; i++)
		refs[i] = le32toh(refs[i]);
	pool->pool = map(g, refs, pool->pool_pages);
	if (pool->pool)
		err = 0;
out:
	free(refs);
	return err;
}

int granted_pool_map(struct granted *g, uint32_t control_ref, struct granted_pool *pool)
{
	struct vgpu_control setup;
	int err;

	memset(pool, 0, sizeof(*pool));
	pool->control = map(g, &control_ref, 1);
	if (!pool->control)
		return BACKEND_ERR_GRANT;
	memcpy(&setup, pool->control, sizeof(setup));
	__asm__ volatile("" : : "r"(&setup) : "memory");

	uint32_t pages = le32toh(setup.pool_pages), dirs = le32toh(setup.dir_pages);
	pool->pool_pages = pages;
	if (le32toh(setup.magic) != VGPU_MAGIC)
		err = BACKEND_ERR_MAGIC;
	else if (le32toh(setup.version) != VGPU_VERSION)
		err = BACKEND_ERR_VERSION;
	else if (pages < VGPU_POOL_PAGES_MIN || pages > VGPU_POOL_PAGES_MAX ||
		 dirs != (pages + VGPU_REFS_PER_PAGE - 1) / VGPU_REFS_PER_PAGE)
		err = BACKEND_ERR_POOL_SIZE;
	else
		err = map_pool(g, &setup, pool);
	if (err)
		granted_pool_unmap(g, pool);
	return err;
}

void granted_pool_unmap(struct granted *g, struct granted_pool *pool)
{
	unmap(g, pool->pool, pool->pool_pages);
	unmap(g, pool->control, 1);
	memset(pool, 0, sizeof(*pool));
}

/*
 * Fill in the reference list and the scatter list, whose addresses are offsets until the mapping's
 * base is known. Returns the number of scatter entries.
 */
static uint32_t lay_out(const struct command_run *runs, uint32_t num_runs, uint32_t *refs,
			struct iovec *iov)
{
	uint64_t page = 0; /* offset of the run's first page in the mapping, in bytes */
	uint64_t end = UINT64_MAX;
	uint32_t n = 0, next_ref = 0;

	for (uint32_t i = 0; i < num_runs; i++) {
		const struct command_run *r = &runs[i];
		uint64_t start = page + r->offset;

		for (uint32_t p = 0; p < r->pages; p++)
			refs[next_ref++] = r->ref + p;
		if (start == end)
			iov[n - 1].iov_len += r->length;
		else
			iov[n++] = (struct iovec){(void *)(uintptr_t)start, r->length};
		end = start + r->length;
		page += (uint64_t)r->pages << VGPU_PAGE_SHIFT;
	}
	return n;
}

int granted_backing_map(struct granted *g, const struct command_run *runs, uint32_t num_runs,
			uint32_t pages, struct granted_backing *backing)
{
	uint32_t *refs = calloc(pages, sizeof(*refs));
	struct iovec *iov = calloc(num_runs, sizeof(*iov));
	int err = BACKEND_ERR_MEMORY;

	memset(backing, 0, sizeof(*backing));
	if (!refs || !iov)
		goto fail;
	uint32_t n = lay_out(runs, num_runs, refs, iov);
	uint8_t *base = map(g, refs, pages);
	err = BACKEND_ERR_GRANT;
	if (!base)
		goto fail;
	for (uint32_t i = 0; i < n; i++) {
		iov[i].iov_base = base + (uintptr_t)iov[i].iov_base;
		backing->bytes += iov[i].iov_len;
	}
	free(refs);
	backing->base = base;
	backing->pages = pages;
	backing->iov = iov;
	backing->num_iov = n;
	return 0;
fail:
	free(refs);
	free(iov);
	return err;
}

void granted_backing_unmap(struct granted *g, struct granted_backing *backing)
{
	unmap(g, backing->base, backing->pages);
	free(backing->iov);
	memset(backing, 0, sizeof(*backing));
}
