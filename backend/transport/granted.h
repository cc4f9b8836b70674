/* SPDX-License-Identifier: MIT */
/*
 * Maps the guest's granted memory: control page, pool and backing of resources. Only grants of the
 * domain named at granted_open() can be mapped. A function that fails leaves nothing mapped.
 *
 * A guest that ends a grant while it is mapped here hurts only itself: Xen keeps the frame until it
 * is unmapped.
 */
#ifndef BACKEND_TRANSPORT_GRANTED_H
#define BACKEND_TRANSPORT_GRANTED_H

#include <stdint.h>
#include <sys/uio.h>
#include <xengnttab.h>

#include "backend/commands/command.h"
#include "mediator/shared/wire/vgpu.h"

struct granted {
	xengnttab_handle *handle;
	uint32_t domid; /* whose grants are mapped */
	uint64_t pages; /* pages mapped now */
	uint64_t calls; /* map calls since granted_open() */
};

/* Control page and pool, mapped for the duration of a connection. */
struct granted_pool {
	struct vgpu_control *control; /* NULL: nothing is mapped */
	uint8_t *pool;		      /* pool_pages contiguous pages */
	uint32_t pool_pages;
};

/* The mapped backing of one resource. Adjacent ranges are merged in iov. */
struct granted_backing {
	void *base; /* NULL: nothing is mapped */
	uint32_t pages;
	uint32_t num_iov;
	struct iovec *iov;
	uint64_t bytes; /* sum of the runs' lengths */
};

/*
 * Open the grant device for grants of domain `domid`. Returns 0 or BACKEND_ERR_SYSTEM with errno
 * set. granted_close() expects everything to be unmapped, and does nothing if the device is not
 * open.
 */
int granted_open(struct granted *g, uint32_t domid);
void granted_close(struct granted *g);

/*
 * Validate the setup block in the page that `control_ref` grants, and map the page and the pool
 * that it describes, read-write. Returns 0, BACKEND_ERR_GRANT, _MAGIC, _VERSION, _POOL_SIZE or
 * _MEMORY. granted_pool_unmap() does nothing if nothing is mapped.
 */
int granted_pool_map(struct granted *g, uint32_t control_ref, struct granted_pool *pool);
void granted_pool_unmap(struct granted *g, struct granted_pool *pool);

/*
 * Map runs of grants read-write as one range; `pages` is the sum of their pages and at least 1. The
 * runs stay the caller's; backing->iov is freed by granted_backing_unmap(). Returns 0,
 * BACKEND_ERR_GRANT or _MEMORY.
 */
int granted_backing_map(struct granted *g, const struct command_run *runs, uint32_t num_runs,
			uint32_t pages, struct granted_backing *backing);
void granted_backing_unmap(struct granted *g, struct granted_backing *backing);

#endif
