/* SPDX-License-Identifier: MIT */
/*
 * The guest's granted memory: control page, pool and object backing. Only the guest named at
 * granted_open() can be mapped. Whatever fails halfway is undone before the function returns.
 *
 * A guest that ends a grant which is still mapped here hurts itself only: Xen keeps the frame until
 * it is unmapped.
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
	uint32_t domid;
	uint64_t pages; /* mapped now */
	uint64_t calls; /* map calls since granted_open() */
};

/* What is mapped for the length of a connection. */
struct granted_pool {
	struct vgpu_control *control; /* NULL: nothing is mapped */
	uint8_t *pool;
	uint32_t pool_pages;
};

/* Object backing. In iov, ranges that touch are one. */
struct granted_backing {
	void *base; /* NULL: nothing is mapped */
	uint32_t pages;
	uint32_t num_iov;
	struct iovec *iov;
	uint64_t bytes;
};

/* 0 or BACKEND_ERR_SYSTEM. */
int granted_open(struct granted *g, uint32_t domid);
void granted_close(struct granted *g);

/* Map control page and pool: 0, BACKEND_ERR_GRANT, _MAGIC, _VERSION, _POOL_SIZE. */
int granted_pool_map(struct granted *g, uint32_t control_ref, struct granted_pool *pool);
void granted_pool_unmap(struct granted *g, struct granted_pool *pool);

/* Map runs with `pages` pages in all: 0, BACKEND_ERR_GRANT or _MEMORY. */
int granted_backing_map(struct granted *g, const struct command_run *runs, uint32_t num_runs,
			uint32_t pages, struct granted_backing *backing);
void granted_backing_unmap(struct granted *g, struct granted_backing *backing);

#endif
