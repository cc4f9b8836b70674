// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages. They are backed by one file, so that vmap() can map them in any order. Pages that are not
 * requested as zeroed hold HOST_SECRET. Frames of neighbouring pages are not consecutive, as in a
 * guest with scattered memory.
 */
#include "tests/fakes/kernel/kernel.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fakes/kernel/host.h"
#include "tests/fakes/kernel/inner.h"

#define SCATTER 0x55u /* frame number = page number, with these bits inverted */

static int file = -1;
static u8 *memory;
static struct page pages[HOST_PAGES];
static struct {
	void *at;
	size_t bytes;
} mapping;
static unsigned int fail_in;
static bool failed;
static unsigned int bugs;

void host_start(void)
{
	if (file < 0) {
		file = memfd_create("memory", MFD_CLOEXEC);
		if (file < 0 || ftruncate(file, HOST_PAGES * PAGE_SIZE))
			abort();
		memory = mmap(NULL, HOST_PAGES * PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			      file, 0);
		if (memory == MAP_FAILED)
			abort();
	}
	memset(memory, HOST_SECRET, HOST_PAGES * PAGE_SIZE);
	memset(pages, 0, sizeof(pages));
	host_fail(0);
	bugs = 0;
	grants_start();
	events_start();
}

void host_fail(unsigned int n)
{
	fail_in = n;
	failed = false;
}

bool host_failed(void)
{
	return failed;
}

bool fails_now(void)
{
	if (!fail_in || --fail_in)
		return false;
	failed = true;
	return true;
}

void bug(const char *what)
{
	fprintf(stderr, "kernel: %s\n", what);
	bugs++;
}

unsigned int host_bugs(void)
{
	return bugs;
}

unsigned int host_pages_in_use(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < HOST_PAGES; i++)
		n += pages[i].refs > 0;
	return n;
}

struct page *alloc_page(int flags)
{
	struct page *page = pages;

	if (fails_now())
		return NULL;
	while (page < pages + HOST_PAGES && page->refs)
		page++;
	if (page == pages + HOST_PAGES)
		return NULL;
	page->refs = 1;
	memset(page_address(page), flags & __GFP_ZERO ? 0 : HOST_SECRET, PAGE_SIZE);
	return page;
}

void get_page(struct page *page)
{
	if (!page->refs)
		bug("reference taken to a free page");
	page->refs++;
}

void put_page(struct page *page)
{
	if (!page->refs)
		bug("a free page is freed");
	else
		page->refs--;
}

void *page_address(const struct page *page)
{
	return memory + (size_t)(page - pages) * PAGE_SIZE;
}

struct page *virt_to_page(const void *address)
{
	return &pages[(size_t)((const u8 *)address - memory) / PAGE_SIZE];
}

unsigned long page_to_xen_pfn(const struct page *page)
{
	return (unsigned long)(page - pages);
}

unsigned long pfn_to_gfn(unsigned long pfn)
{
	return pfn ^ SCATTER;
}

struct page *gfn_to_page(unsigned long gfn)
{
	if (gfn >= HOST_PAGES)
		abort();
	return &pages[gfn ^ SCATTER];
}

/* One mapping at a time is enough for the frontend. */
void *vmap(struct page **page, unsigned int count, unsigned long flags, int protection)
{
	unsigned int i;
	u8 *at;

	(void)flags, (void)protection;
	if (mapping.at)
		abort();
	at = mmap(NULL, count * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (at == MAP_FAILED)
		abort();
	for (i = 0; i < count; i++)
		if (mmap(at + i * PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, file,
			 (off_t)(page_to_xen_pfn(page[i]) * PAGE_SIZE)) == MAP_FAILED)
			abort();
	mapping.at = at;
	mapping.bytes = count * PAGE_SIZE;
	return at;
}

void vunmap(const void *address)
{
	if (!address)
		return;
	if (address != mapping.at || munmap(mapping.at, mapping.bytes))
		abort();
	mapping.at = NULL;
}

unsigned long bitmap_find_next_zero_area(unsigned long *map, unsigned long size,
					 unsigned long start, unsigned int count,
					 unsigned long align)
{
	unsigned long at, n = 0;

	(void)align;
	for (at = start; at < size && n < count; at++)
		n = test_bit((int)at, map) ? 0 : n + 1;
	return n == count ? at - count : size + 1;
}

void xa_init(struct xarray *xa)
{
	memset(xa, 0, sizeof(*xa));
}

void xa_destroy(struct xarray *xa)
{
	xa_init(xa);
}

void *xa_store(struct xarray *xa, unsigned long index, void *entry, int flags)
{
	unsigned int i;

	(void)flags;
	for (i = 0; i < 16; i++) {
		if (xa->slot[i].entry)
			continue;
		xa->slot[i].index = index;
		xa->slot[i].entry = entry;
		return NULL;
	}
	return ERR_PTR(-ENOMEM);
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	unsigned int i;

	for (i = 0; i < 16; i++) {
		void *entry = xa->slot[i].entry;

		if (!entry || xa->slot[i].index != index)
			continue;
		xa->slot[i].entry = NULL;
		return entry;
	}
	return NULL;
}
