/* SPDX-License-Identifier: MIT */
/* The ids of the guest's rendering contexts, within its quota. Pure. */
#ifndef BACKEND_DEVICE_CONTEXT_H
#define BACKEND_DEVICE_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

struct context_table {
	uint32_t *ids; /* 0: free */
	uint32_t max, count;
};

/* 0 or BACKEND_ERR_MEMORY. */
int context_table_init(struct context_table *t, uint32_t max);
void context_table_finish(struct context_table *t);

bool context_exists(const struct context_table *t, uint32_t id);

/* 0, VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID (taken, or 0) or _OUT_OF_MEMORY (quota). */
uint32_t context_add(struct context_table *t, uint32_t id);
void context_remove(struct context_table *t, uint32_t id);

/* Any context, 0 when there is none; for emptying the table. */
uint32_t context_any(const struct context_table *t);

#endif
