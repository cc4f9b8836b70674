/* SPDX-License-Identifier: MIT */
#include "backend/device/context.h"

#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

#include "backend/error/error.h"

int context_table_init(struct context_table *t, uint32_t max)
{
	memset(t, 0, sizeof(*t));
	t->ids = calloc(max > 0 ? max : 1, sizeof(*t->ids));
	if (!t->ids)
		return BACKEND_ERR_MEMORY;
	t->max = max;
	return 0;
}

void context_table_finish(struct context_table *t)
{
	free(t->ids);
	memset(t, 0, sizeof(*t));
}

static uint32_t *slot_of(const struct context_table *t, uint32_t id)
{
	for (uint32_t i = 0; i < t->max; i++) {
		if (t->ids[i] == id)
			return &t->ids[i];
	}
	return NULL;
}

bool context_exists(const struct context_table *t, uint32_t id)
{
	return id != 0 && slot_of(t, id);
}

uint32_t context_add(struct context_table *t, uint32_t id)
{
	if (id == 0 || slot_of(t, id))
		return VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID;
	uint32_t *slot = slot_of(t, 0);
	if (!slot)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;
	*slot = id;
	t->count++;
	return 0;
}

void context_remove(struct context_table *t, uint32_t id)
{
	uint32_t *slot = id ? slot_of(t, id) : NULL;

	if (slot) {
		*slot = 0;
		t->count--;
	}
}

uint32_t context_any(const struct context_table *t)
{
	for (uint32_t i = 0; i < t->max; i++) {
		if (t->ids[i])
			return t->ids[i];
	}
	return 0;
}
