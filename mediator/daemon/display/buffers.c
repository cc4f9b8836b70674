/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/display/buffers.h"

#include <drm_fourcc.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "mediator/daemon/client/client.h"
#include "mediator/daemon/output/output.h"

#define BYTES_PER_PIXEL 4u
#define MAX_STRIDE	(4u * CONFIG_MAX_SIDE * BYTES_PER_PIXEL)
#define MAX_OFFSET	(UINT32_C(1) << 30)

/* The formats that virtio-gpu can scan out: four bytes a pixel. */
static bool known_format(uint32_t fourcc)
{
	static const uint32_t known[] = {
		DRM_FORMAT_XRGB8888, DRM_FORMAT_ARGB8888, DRM_FORMAT_XBGR8888, DRM_FORMAT_ABGR8888,
		DRM_FORMAT_RGBX8888, DRM_FORMAT_RGBA8888, DRM_FORMAT_BGRX8888, DRM_FORMAT_BGRA8888};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == fourcc)
			return true;
	return false;
}

static const char *check(const struct gpum_buffer *d)
{
	if (d->id == 0)
		return "a buffer with id 0";
	if (d->width == 0 || d->width > CONFIG_MAX_SIDE || d->height == 0 ||
	    d->height > CONFIG_MAX_SIDE)
		return "a buffer of impossible size";
	if (d->stride < d->width * BYTES_PER_PIXEL || d->stride > MAX_STRIDE)
		return "a buffer with an impossible stride";
	if (d->offset > MAX_OFFSET)
		return "a buffer with an impossible offset";
	if (!known_format(d->fourcc))
		return "a buffer of unknown format";
	if (d->y_inverted > 1)
		return "a buffer that is neither upright nor inverted";
	return NULL;
}

static struct buffer *find_free(struct buffers *all)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++)
		if (!all->buffer[i].key)
			return &all->buffer[i];
	return NULL;
}

const char *buffers_add(struct buffers *all, const struct gpum_buffer *d, int fd)
{
	const char *wrong = check(d);
	struct buffer *b;

	if (wrong)
		return wrong;
	if (buffers_find(all, d->id))
		return "a buffer that was announced before";
	if (all->announced == GPUM_MAX_BUFFERS)
		return "more buffers than a guest may announce";
	b = find_free(all);
	if (!b)
		return "more buffers than can be kept";
	memset(b, 0, sizeof(*b));
	b->key = key_of_buffer(all->guest, (uint32_t)(b - all->buffer));
	b->id = d->id;
	b->fd = fd;
	b->description = *d;
	b->description.id = b->key;
	all->announced++;
	return NULL;
}

struct buffer *buffers_find(struct buffers *all, uint32_t id)
{
	for (uint32_t i = 0; id && i < BUFFERS_MAX; i++)
		if (all->buffer[i].key && all->buffer[i].id == id)
			return &all->buffer[i];
	return NULL;
}

struct buffer *buffers_find_key(struct buffers *all, uint32_t key)
{
	uint32_t slot = key - key_of_buffer(all->guest, 0);

	return key && slot < BUFFERS_MAX && all->buffer[slot].key == key ? &all->buffer[slot]
									 : NULL;
}

static void release(struct buffers *all, struct buffer *b)
{
	struct gpum_msg msg = {.id = {.id = b->key}};

	for (uint32_t i = 0; i < CONFIG_MAX_PANELS; i++)
		if (b->layers & (UINT32_C(1) << i))
			client_send(all->users->compositor[i], &msg, GPUM_MSG_LAYER_REMOVE, -1);
	if (b->handle)
		b->output->ops->release(b->output, b->handle);
	close(b->fd);
	memset(b, 0, sizeof(*b));
}

void buffers_reap(struct buffers *all)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++) {
		struct buffer *b = &all->buffer[i];

		if (b->key && !b->id && !all->is_shown(all->owner, b->key))
			release(all, b);
	}
}

static void forget(struct buffers *all, struct buffer *b)
{
	if (!b->id)
		return;
	b->id = 0;
	all->announced--;
}

void buffers_remove(struct buffers *all, struct buffer *b)
{
	forget(all, b);
	buffers_reap(all);
}

void buffers_remove_all(struct buffers *all)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++)
		if (all->buffer[i].key)
			forget(all, &all->buffer[i]);
	buffers_reap(all);
}

void buffers_forget_layers(struct buffers *all, uint32_t panel)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++)
		all->buffer[i].layers &= ~(UINT32_C(1) << panel);
}

void buffers_discard(struct buffers *all)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++)
		if (all->buffer[i].key)
			release(all, &all->buffer[i]);
}
