/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/display/compose.h"

#include "mediator/daemon/client/client.h"
#include "mediator/daemon/display/panel.h"

/* The key of a buffer, which the compositor learns about now if it does not know it. 0: black. */
static uint32_t layer_of(struct panel *p, struct source *s, uint32_t key)
{
	struct buffer *b = buffers_find_key(&s->buffers, key);
	uint32_t bit = UINT32_C(1) << p->index;
	struct gpum_msg msg = {0};

	if (!b)
		return 0;
	if (!(b->layers & bit)) {
		msg.buffer = b->description;
		client_send(&p->compositor.process.client, &msg, GPUM_MSG_LAYER_ADD, b->fd);
		b->layers |= bit;
	}
	return key;
}

static struct gpum_rect region_of(const struct panel_display *d)
{
	const struct config_rect *r = &d->config->region;

	return (struct gpum_rect){
		.x = (int32_t)r->x, .y = (int32_t)r->y, .width = r->width, .height = r->height};
}

/* As it is on the screen: its part of the panel, in the same place. */
static void fill_inherited(struct panel *p, struct gpum_layer *layer)
{
	layer->buffer_id = inherited_layer(&p->inherited);
	layer->source = layer->target;
}

static void fill_picture(struct panel *p, uint32_t slot, struct gpum_layer *layer)
{
	struct panel_display *d = &p->display[slot];
	const struct present_frame *frame = present_current(&p->present, slot);

	layer->target = layer->clip = region_of(d);
	if (d->shows == SHOWS_SAFE) {
		layer->buffer_id = p->safe.picture[slot].key;
		layer->source.width = layer->target.width;
		layer->source.height = layer->target.height;
		return;
	}
	if (!frame && inherited_shows(&p->inherited, slot))
		fill_inherited(p, layer);
	if (!frame)
		return;
	layer->buffer_id = layer_of(p, d->source, frame->buffer_id);
	layer->source.x = (int32_t)frame->x;
	layer->source.y = (int32_t)frame->y;
	layer->source.width = frame->width;
	layer->source.height = frame->height;
}

static bool fill_cursor(struct panel *p, uint32_t slot, struct gpum_layer *layer)
{
	struct panel_display *d = &p->display[slot];
	const struct source_cursor *cursor = &d->source->display[d->config->scanout].cursor;
	struct buffer *b = buffers_find_key(&d->source->buffers, cursor->key);

	if (!b || d->shows == SHOWS_SAFE || !present_current(&p->present, slot))
		return false;
	layer->blend = 1;
	layer->buffer_id = layer_of(p, d->source, b->key);
	layer->clip = region_of(d);
	layer->source.width = layer->target.width = b->description.width;
	layer->source.height = layer->target.height = b->description.height;
	layer->target.x = layer->clip.x + cursor->x;
	layer->target.y = layer->clip.y + cursor->y;
	return true;
}

void compose_picture(struct panel *p, uint32_t changed)
{
	struct gpum_msg msg = {0};
	struct gpum_compose *c = &msg.compose;
	uint32_t pictures = p->config->num_displays;

	c->panel_buffer = compositor_choose_target(&p->compositor);
	for (uint32_t i = 0; i < pictures; i++) {
		bool is_new = changed & (UINT32_C(1) << i);

		if (!is_new)
			c->keep |= UINT32_C(1) << c->num_layers;
		fill_picture(p, i, &c->layer[c->num_layers++]);
		/* The kept picture holds its cursor; and each other picture needs its layer. */
		if (is_new && c->num_layers + (pictures - i - 1) < GPUM_MAX_LAYERS &&
		    fill_cursor(p, i, &c->layer[c->num_layers]))
			c->num_layers++;
	}
	compositor_draw(&p->compositor, &msg);
	/* Only now: the layer is taken away when the last display has been replaced. */
	for (uint32_t i = 0; i < pictures; i++)
		if (present_current(&p->present, i))
			inherited_replaced(&p->inherited, i);
}
