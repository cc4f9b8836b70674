/* SPDX-License-Identifier: MIT */
/*
 * A compositor that obeys the protocol, and asserts that the mediator's messages to it are valid.
 */
#include "tests/fuzz/mediator_messages/world.h"

#include <string.h>

#define LAYERS	   256u /* most layers: the buffers of all guests */
#define MAX_CURSOR 256u /* pixels */

struct layer {
	uint32_t id; /* 0: none */
	struct gpum_buffer is;
};

static struct layer layers[LAYERS];

void forget_layers(void)
{
	memset(layers, 0, sizeof(layers));
}

static struct layer *find_layer(uint32_t id)
{
	for (uint32_t i = 0; i < LAYERS; i++)
		if (layers[i].id == id)
			return &layers[i];
	return NULL;
}

static void add_layer(const struct gpum_buffer *b)
{
	struct layer *l = find_layer(0);

	require(l && b->id && !find_layer(b->id));
	*l = (struct layer){.id = b->id, .is = *b};
}

static void check_layer(const struct gpum_layer *l, bool kept)
{
	const struct layer *known = l->buffer_id ? find_layer(l->buffer_id) : NULL;
	struct gpum_rect s = l->source;

	/* Each guest has one display on this panel, from top to bottom in the order of guests. */
	require(l->clip.y % (int)HEIGHT == 0 && l->clip.width == WIDTH && l->clip.height == HEIGHT);
	if (!l->buffer_id || kept)
		return;
	require(known && s.x >= 0 && s.y >= 0);
	require(!l->blend || (s.width <= MAX_CURSOR && s.height <= MAX_CURSOR));
	require((uint64_t)s.x + s.width <= known->is.width &&
		(uint64_t)s.y + s.height <= known->is.height);
	for (uint32_t i = 0; i < GUESTS; i++)
		require(l->clip.y == (int)(i * HEIGHT) ||
			!buffers_find_key(&world.m.displays.source[i].buffers, l->buffer_id));
}

static void compose(struct process *p, const struct gpum_compose *c)
{
	require(c->panel_buffer < GPUM_PANEL_BUFFERS && c->num_layers <= GPUM_MAX_LAYERS);
	for (uint32_t i = 0; i < c->num_layers; i++)
		check_layer(&c->layer[i], c->keep & UINT32_C(1) << i);
	announce_job(p, GPUM_JOB_COMPOSE);
}

static void bring_panel_buffers(const struct process *p)
{
	for (uint32_t i = 1; i <= GPUM_PANEL_BUFFERS; i++) {
		struct gpum_msg msg = {.buffer = any_buffer(i, WIDTH, GUESTS * HEIGHT)};

		send_message(p, &msg, GPUM_MSG_PANEL_BUFFER, world.picture);
	}
}

void on_compositor_message(struct process *p, const struct gpum_msg *msg)
{
	struct gpum_msg pong = {0};
	struct layer *l;

	switch (msg->type) {
	case GPUM_MSG_RESUME:
		send_hello(p);
		return;
	case GPUM_MSG_PANEL:
		bring_panel_buffers(p);
		return;
	case GPUM_MSG_LAYER_ADD:
		add_layer(&msg->buffer);
		return;
	case GPUM_MSG_LAYER_REMOVE:
		l = msg->id.id ? find_layer(msg->id.id) : NULL;
		require(l != NULL);
		l->id = 0;
		return;
	case GPUM_MSG_COMPOSE:
		compose(p, &msg->compose);
		return;
	case GPUM_MSG_JOB_RUN:
		require(msg->run.id == p->job);
		end_job(p);
		return;
	case GPUM_MSG_PING:
		send_message(p, &pong, GPUM_MSG_PONG, -1);
		return;
	default:
		abort();
	}
}
