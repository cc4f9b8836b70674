/* SPDX-License-Identifier: MIT */
#include "backend/device/resource.h"

#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

#include "backend/error/error.h"

int resource_table_init(struct resource_table *t, uint32_t max, uint64_t max_bytes)
{
	uint32_t buckets = 64;

	while (buckets < max && buckets < 1u << 20)
		buckets *= 2;
	memset(t, 0, sizeof(*t));
	t->max = max;
	t->max_bytes = max_bytes;
	t->hash_mask = buckets - 1;
	t->slots = calloc(max > 0 ? max : 1, sizeof(*t->slots));
	t->buckets = calloc(buckets, sizeof(*t->buckets));
	if (!t->slots || !t->buckets) {
		resource_table_finish(t);
		return BACKEND_ERR_MEMORY;
	}
	for (uint32_t i = max; i > 0; i--) {
		t->slots[i - 1].next = t->free;
		t->free = i;
	}
	return 0;
}

void resource_table_finish(struct resource_table *t)
{
	free(t->slots);
	free(t->buckets);
	memset(t, 0, sizeof(*t));
}

/* Drivers count ids upwards, so the low bits spread evenly. */
static uint32_t *bucket_of(struct resource_table *t, uint32_t id)
{
	return &t->buckets[id & t->hash_mask];
}

struct resource *resource_find(struct resource_table *t, uint32_t id)
{
	if (id == 0)
		return NULL;
	for (uint32_t i = *bucket_of(t, id); i; i = t->slots[i - 1].next) {
		if (t->slots[i - 1].id == id)
			return &t->slots[i - 1];
	}
	return NULL;
}

uint32_t resource_add(struct resource_table *t, uint32_t id,
		      const struct command_geometry *geometry, struct resource **added)
{
	uint64_t bytes = geometry_bytes(geometry);

	if (id == 0 || resource_find(t, id))
		return VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID;
	if (bytes == 0)
		return VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;
	if (t->free == 0 || bytes > t->max_bytes || t->bytes > t->max_bytes - bytes)
		return VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY;

	uint32_t index = t->free;
	struct resource *r = &t->slots[index - 1];
	uint32_t *bucket = bucket_of(t, id);
	t->free = r->next;
	*r = (struct resource){.id = id, .geometry = *geometry, .bytes = bytes, .next = *bucket};
	*bucket = index;
	t->count++;
	t->bytes += bytes;
	*added = r;
	return 0;
}

void resource_remove(struct resource_table *t, struct resource *r)
{
	uint32_t index = (uint32_t)(r - t->slots) + 1;
	uint32_t *link = bucket_of(t, r->id);

	while (*link != index)
		link = &t->slots[*link - 1].next;
	*link = r->next;
	t->bytes -= r->bytes;
	t->count--;
	*r = (struct resource){.next = t->free};
	t->free = index;
}

struct resource *resource_next(struct resource_table *t, const struct resource *r)
{
	uint32_t first = r ? (uint32_t)(r - t->slots) + 1 : 0;

	for (uint32_t i = first; t->count > 0 && i < t->max; i++) {
		if (t->slots[i].id)
			return &t->slots[i];
	}
	return NULL;
}
