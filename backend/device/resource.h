/* SPDX-License-Identifier: MIT */
/*
 * The guest's resources by id, within its quotas. Memory is allocated only by
 * resource_table_init(). The table does not touch the backing: the device maps and unmaps it.
 */
#ifndef BACKEND_DEVICE_RESOURCE_H
#define BACKEND_DEVICE_RESOURCE_H

#include <stdint.h>

#include "backend/commands/command.h"
#include "backend/transport/granted.h"

struct resource {
	uint32_t id; /* chosen by the guest; 0: the slot is free */
	struct command_geometry geometry;
	uint64_t bytes; /* geometry_bytes(), counted against the quota */
	struct granted_backing backing;
	/*
	 * The id under which the mediator knows the exported picture (BUFFER_ADD); 0: not exported.
	 * Ids are never reused, so a reused resource id cannot be taken for the old picture.
	 */
	uint32_t buffer_id;
	uint32_t next; /* in its bucket or in the free list; index + 1, 0: none */
};

struct resource_table {
	struct resource *slots;
	uint32_t *buckets; /* hash_mask + 1 buckets; index + 1 of the first slot */
	uint32_t max, hash_mask;
	uint32_t free;		   /* first free slot, index + 1 */
	uint32_t count;		   /* resources in use */
	uint64_t bytes, max_bytes; /* host memory: in use, and allowed */
};

/*
 * An empty table for at most `max` resources of together at most `max_bytes` of host memory
 * (max-resources and memory-mib of the device tree). Returns 0 or BACKEND_ERR_MEMORY.
 */
int resource_table_init(struct resource_table *t, uint32_t max, uint64_t max_bytes);
/* Free the memory; resources still in the table are forgotten. */
void resource_table_finish(struct resource_table *t);

/* NULL for an unknown id and for 0. Pointers stay valid until the resource is removed. */
struct resource *resource_find(struct resource_table *t, uint32_t id);

/*
 * Add a resource and point *added to it. Returns 0 or the response to give:
 * VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID if the id is 0 or in use, _INVALID_PARAMETER if the
 * geometry is not possible, _OUT_OF_MEMORY if a quota is exhausted.
 */
uint32_t resource_add(struct resource_table *t, uint32_t id,
		      const struct command_geometry *geometry, struct resource **added);

/* The backing must have been unmapped before. */
void resource_remove(struct resource_table *t, struct resource *r);

/*
 * Iterate over all resources in no particular order: pass NULL for the first, then the previous
 * one. NULL at the end. Removing `r` invalidates it.
 */
struct resource *resource_next(struct resource_table *t, const struct resource *r);

#endif
