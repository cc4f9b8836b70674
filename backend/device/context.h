/* SPDX-License-Identifier: MIT */
/*
 * The ids of the guest's rendering contexts, within its quota. Memory is allocated only by
 * context_table_init().
 */
#ifndef BACKEND_DEVICE_CONTEXT_H
#define BACKEND_DEVICE_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

struct context_table {
	uint32_t *ids;	     /* `max` slots; 0: free */
	uint32_t max, count; /* contexts: allowed, and in use */
};

/*
 * An empty table for at most `max` contexts (max-contexts of the device tree). Returns 0 or
 * BACKEND_ERR_MEMORY.
 */
int context_table_init(struct context_table *t, uint32_t max);
/* Free the memory; contexts still in the table are forgotten. */
void context_table_finish(struct context_table *t);

/* Context 0 is the device itself and never exists here. */
bool context_exists(const struct context_table *t, uint32_t id);

/*
 * Returns 0, VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID if the id is 0 or in use, or
 * VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY if the table is full.
 */
uint32_t context_add(struct context_table *t, uint32_t id);
/* Does nothing for an unknown id. */
void context_remove(struct context_table *t, uint32_t id);

/* Any id in the table, 0 if it is empty. For removing all contexts. */
uint32_t context_any(const struct context_table *t);

#endif
