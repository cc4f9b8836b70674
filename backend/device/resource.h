/* SPDX-License-Identifier: MIT */
/*
 * The guest's resources by id, within its quota. All memory is taken at the start. Pure but for the
 * backing, which the device maps and unmaps.
 */
#ifndef BACKEND_DEVICE_RESOURCE_H
#define BACKEND_DEVICE_RESOURCE_H

#include <stdint.h>

#include "backend/commands/command.h"
#include "backend/transport/granted.h"

struct resource {
	uint32_t id; /* the guest's; 0: free */
	struct command_geometry geometry;
	uint64_t bytes; /* counted against the quota */
	struct granted_backing backing;
	/*
	 * The mediator's name of the exported picture, 0: not exported. Never used twice, so that
	 * a guest's re-used resource id cannot be taken for the old picture.
	 */
	uint32_t buffer_id;
	uint32_t next; /* in the bucket or the free list; index + 1, 0: none */
};

struct resource_table {
	struct resource *slots;
	uint32_t *buckets; /* index + 1 of the first; hash_mask + 1 of them */
	uint32_t max, hash_mask;
	uint32_t free; /* index + 1 */
	uint32_t count;
	uint64_t bytes, max_bytes; /* host memory */
};

/* 0 or BACKEND_ERR_MEMORY. */
int resource_table_init(struct resource_table *t, uint32_t max, uint64_t max_bytes);
void resource_table_finish(struct resource_table *t);

/* NULL: there is none. */
struct resource *resource_find(struct resource_table *t, uint32_t id);

/*
 * Add a resource. Returns 0 or what to answer: INVALID_RESOURCE_ID when the id is taken,
 * OUT_OF_MEMORY when a quota is exhausted.
 */
uint32_t resource_add(struct resource_table *t, uint32_t id,
		      const struct command_geometry *geometry, struct resource **added);

/* The resource's backing must have been unmapped. */
void resource_remove(struct resource_table *t, struct resource *r);

/* The one after r, in no order that means anything; the first for NULL. NULL: there is none. */
struct resource *resource_next(struct resource_table *t, const struct resource *r);

#endif
