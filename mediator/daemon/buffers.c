/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/buffers.h"

#include <drm_fourcc.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "mediator/daemon/guests.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/output.h"

#define BYTES_PER_PIXEL 4u
#define MAX_STRIDE	(4u * CONFIG_MAX_SIDE * BYTES_PER_PIXEL)
#define MAX_OFFSET	(UINT32_C(1) << 30)

/* What virtio-gpu can scan out: four bytes a pixel. */
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

static bool is_key_of_panel(const struct panel *p, uint32_t key)
{
	if (p->inherited.description.id == key)
		return true;
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		if (p->display[i].safe.layer == key)
			return true;
	return false;
}

static bool is_key_in_use(struct mediator *m, uint32_t key)
{
	for (uint32_t i = 0; i < m->config.num_guests; i++)
		if (buffers_find_key(&m->guest[i], key))
			return true;
	for (uint32_t i = 0; i < m->config.num_panels; i++)
		if (is_key_of_panel(&m->panel[i], key))
			return true;
	return false;
}

/* A guest that announces buffers day and night comes round in the end, to keys of others. */
static uint32_t new_key(struct mediator *m)
{
	do
		m->buffer_ids++;
	while (m->buffer_ids == 0 || is_key_in_use(m, m->buffer_ids));
	return m->buffer_ids;
}

const char *buffers_add(struct guest *g, const struct gpum_buffer *d, int fd)
{
	const char *wrong = check(d);
	struct buffer *b;

	if (wrong)
		return wrong;
	if (buffers_find(g, d->id))
		return "a buffer that was announced before";
	if (g->buffers.announced == GPUM_MAX_BUFFERS)
		return "more buffers than a guest may announce";
	b = buffers_find_key(g, 0);
	if (!b)
		return "more buffers than can be kept";
	memset(b, 0, sizeof(*b));
	b->key = new_key(g->mediator);
	b->id = d->id;
	b->fd = fd;
	b->description = *d;
	b->description.id = b->key;
	g->buffers.announced++;
	return NULL;
}

struct buffer *buffers_find(struct guest *g, uint32_t id)
{
	for (uint32_t i = 0; id && i < BUFFERS_MAX; i++)
		if (g->buffers.buffer[i].key && g->buffers.buffer[i].id == id)
			return &g->buffers.buffer[i];
	return NULL;
}

struct buffer *buffers_find_key(struct guest *g, uint32_t key)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++)
		if (g->buffers.buffer[i].key == key)
			return &g->buffers.buffer[i];
	return NULL;
}

static void release(struct guest *g, struct buffer *b)
{
	struct gpum_msg msg = {.id = {.id = b->key}};

	for (uint32_t i = 0; i < g->mediator->config.num_panels; i++)
		if (b->layers & (UINT32_C(1) << i))
			client_send(&g->mediator->panel[i].compositor, &msg, GPUM_MSG_LAYER_REMOVE,
				    -1);
	if (b->handle)
		b->output->ops->release(b->output, b->handle);
	close(b->fd);
	memset(b, 0, sizeof(*b));
}

static bool is_shown(const struct guest *g, uint32_t key)
{
	for (uint32_t i = 0; i < g->config->num_displays; i++) {
		const struct guest_display *d = &g->display[i];

		if (present_uses(&d->panel->present, d->slot, key) ||
		    d->panel->display[d->slot].cursor.key == key)
			return true;
	}
	return false;
}

void buffers_reap(struct guest *g)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++) {
		struct buffer *b = &g->buffers.buffer[i];

		if (b->key && !b->id && !is_shown(g, b->key))
			release(g, b);
	}
}

static void forget(struct guest *g, struct buffer *b)
{
	if (!b->id)
		return;
	b->id = 0;
	g->buffers.announced--;
}

void buffers_remove(struct guest *g, struct buffer *b)
{
	forget(g, b);
	buffers_reap(g);
}

void buffers_remove_all(struct guest *g)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++)
		if (g->buffers.buffer[i].key)
			forget(g, &g->buffers.buffer[i]);
	buffers_reap(g);
}

void buffers_forget_layers(struct guest *g, uint32_t panel)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++)
		g->buffers.buffer[i].layers &= ~(UINT32_C(1) << panel);
}

void buffers_discard(struct guest *g)
{
	for (uint32_t i = 0; i < BUFFERS_MAX; i++)
		if (g->buffers.buffer[i].key)
			release(g, &g->buffers.buffer[i]);
}
