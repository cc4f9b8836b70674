/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/grants.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xengnttab.h>

uint32_t grants_mapped;

static struct {
	int fd; /* 0: not created yet */
	uint8_t *memory;
} domain[GRANTS_DOMAINS + 1];
static char handle;

uint8_t *grants_memory(uint32_t domid)
{
	if (!domain[domid].memory) {
		int fd = memfd_create("guest", MFD_CLOEXEC);

		if (fd < 0 || ftruncate(fd, GRANTS_BYTES))
			abort();
		domain[domid].fd = fd;
		domain[domid].memory =
			mmap(NULL, GRANTS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (domain[domid].memory == MAP_FAILED)
			abort();
	}
	return domain[domid].memory;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return (xengnttab_handle *)(void *)&handle;
}

int xengnttab_close(xengnttab_handle *xgt)
{
	(void)xgt;
	return 0;
}

/* The length of a run of consecutive references, which is mapped in one call. */
static uint32_t run_length(const uint32_t *refs, uint32_t count)
{
	uint32_t n = 1;

	while (n < count && refs[n] == refs[0] + n)
		n++;
	return n;
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count, uint32_t domid,
				      uint32_t *refs, int prot)
{
	(void)xgt;
	if (domid == 0 || domid > GRANTS_DOMAINS)
		abort();
	for (uint32_t i = 0; i < count; i++) {
		if (refs[i] >= GRANTS_PAGES) {
			errno = EINVAL;
			return NULL;
		}
	}
	grants_memory(domid);
	uint8_t *base =
		mmap(NULL, (size_t)count * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return NULL;
	for (uint32_t i = 0, n; i < count; i += n) {
		n = run_length(refs + i, count - i);
		if (mmap(base + (size_t)i * 4096, (size_t)n * 4096, prot, MAP_SHARED | MAP_FIXED,
			 domain[domid].fd, (off_t)refs[i] * 4096) == MAP_FAILED)
			abort();
	}
	grants_mapped += count;
	return base;
}

int xengnttab_unmap(xengnttab_handle *xgt, void *base, uint32_t count)
{
	(void)xgt;
	if (grants_mapped < count)
		abort();
	grants_mapped -= count;
	return munmap(base, (size_t)count * 4096);
}
