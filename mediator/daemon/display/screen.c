/* SPDX-License-Identifier: MIT */
/* Finds the picture on a panel's screen, for screenshots and for verification. */
#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/display/panel.h"

static bool find_on_screen(struct panel *p, int slot, struct picture *out)
{
	const struct compositor *c = &p->compositor;
	bool safe = p->life.screen == PANEL_SHOWS_SAFE;
	struct buffer *b;

	out->region = panel_whole(p);
	if (!safe && !p->config->composed) {
		b = buffers_find_key(&p->display[0].source->buffers,
				     p->present.display[0].screen_id);
		if (!b)
			return false;
		out->fd = b->fd;
		out->buffer = b->description;
		return true;
	}
	if (!safe && !c->front.handle)
		return false;
	out->fd = safe ? p->safe.fd : c->front.fd;
	out->buffer = safe ? p->safe.description : c->front.description;
	if (slot >= 0) {
		const struct config_rect *r = &p->display[slot].config->region;

		out->region = (struct gpum_rect){.x = (int32_t)r->x,
						 .y = (int32_t)r->y,
						 .width = r->width,
						 .height = r->height};
	}
	return true;
}

bool panel_find_picture(void *owner, uint32_t slot, struct picture *out, bool *own)
{
	struct panel *p = owner;
	const struct panel_display *d = &p->display[slot];
	const struct present_frame *frame = present_current(&p->present, slot);
	struct buffer *b = frame ? buffers_find_key(&d->source->buffers, frame->buffer_id) : NULL;

	*own = !p->config->composed || d->shows == SHOWS_SAFE || p->life.screen == PANEL_SHOWS_SAFE;
	if (!b)
		return false;
	if (!*own)
		return find_on_screen(p, (int)slot, out);
	out->fd = b->fd;
	out->buffer = b->description;
	out->region = (struct gpum_rect){.x = (int32_t)frame->x,
					 .y = (int32_t)frame->y,
					 .width = frame->width,
					 .height = frame->height};
	return true;
}

bool panel_hold(struct panel *p, int slot, struct picture *out)
{
	if (!find_on_screen(p, slot, out) || out->fd < 0)
		return false;
	panel_life_hold(&p->life, clock_ns());
	return true;
}

bool panel_release(struct panel *p)
{
	return panel_life_release(&p->life, clock_ns());
}
