/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/frames.h"

#include <stdbool.h>
#include <string.h>

#include "mediator/daemon/guests.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/panel.h"

#define MAX_CURSOR 256u /* pixels; virtio-gpu's have 64 */

static void answer(struct guest *g, uint32_t scanout, uint64_t seq)
{
	struct gpum_msg msg = {.shown = {.scanout = scanout, .seq = seq}};

	if (seq)
		client_send(&g->backend, &msg, GPUM_MSG_FRAME_SHOWN, -1);
}

static const struct config_display *main_display(const struct guest *g)
{
	const struct mediator *m = g->mediator;

	return &m->config.display[admission_main_display(&m->config, (uint32_t)(g - m->guest))];
}

static bool is_inside(const struct gpum_frame *f, const struct gpum_buffer *b)
{
	return f->width && f->height && f->width <= b->width && f->x <= b->width - f->width &&
	       f->height <= b->height && f->y <= b->height - f->height;
}

const char *frames_submit(struct guest *g, const struct gpum_frame *f)
{
	const struct guest_display *d;
	const struct buffer *b = buffers_find(g, f->buffer_id);
	uint64_t superseded;

	if (f->scanout >= g->config->num_displays)
		return "a frame for a display that it does not have";
	if (!b)
		return "a frame in a buffer that was not announced";
	if (!is_inside(f, &b->description))
		return "a frame that is not inside its buffer";
	d = &g->display[f->scanout];
	const struct present_frame frame = {.seq = f->seq,
					    .buffer_id = b->key,
					    .x = f->x,
					    .y = f->y,
					    .width = f->width,
					    .height = f->height};

	if (present_submit(&d->panel->present, d->slot, &frame, &superseded))
		return "a frame out of sequence";
	if (d->panel->display[d->slot].config == main_display(g))
		jobs_frame_complete(&g->backend);
	answer(g, f->scanout, superseded);
	return NULL;
}

const char *frames_off(struct guest *g, uint32_t scanout)
{
	const struct guest_display *d;

	if (scanout >= g->config->num_displays)
		return "a display that it does not have";
	d = &g->display[scanout];
	memset(&d->panel->display[d->slot].cursor, 0, sizeof(struct panel_cursor));
	answer(g, scanout, present_off(&d->panel->present, d->slot, mediator_now()));
	return NULL;
}

const char *frames_cursor(struct guest *g, const struct gpum_cursor *c)
{
	const struct buffer *b = c->buffer_id ? buffers_find(g, c->buffer_id) : NULL;
	const struct guest_display *d;
	struct panel_cursor *cursor;

	if (c->scanout >= g->config->num_displays)
		return "a cursor on a display that it does not have";
	if (c->buffer_id && !b)
		return "a cursor in a buffer that was not announced";
	if (b && (b->description.width > MAX_CURSOR || b->description.height > MAX_CURSOR))
		return "a cursor that is too large";
	d = &g->display[c->scanout];
	cursor = &d->panel->display[d->slot].cursor;
	/* Far outside is outside; sums with it must not overflow. */
	if (c->x < -(int32_t)CONFIG_MAX_SIDE || c->x > (int32_t)CONFIG_MAX_SIDE ||
	    c->y < -(int32_t)CONFIG_MAX_SIDE || c->y > (int32_t)CONFIG_MAX_SIDE)
		b = NULL;
	cursor->key = b ? b->key : 0;
	cursor->x = b ? c->x : 0;
	cursor->y = b ? c->y : 0;
	present_damage(&d->panel->present, d->slot);
	return NULL;
}

void frames_hide_cursor(struct guest *g, uint32_t key)
{
	for (uint32_t i = 0; i < g->config->num_displays; i++) {
		const struct guest_display *d = &g->display[i];

		if (d->panel->display[d->slot].cursor.key != key)
			continue;
		d->panel->display[d->slot].cursor.key = 0;
		present_damage(&d->panel->present, d->slot);
	}
}

void frames_gone(struct guest *g)
{
	for (uint32_t i = 0; i < g->config->num_displays; i++) {
		const struct guest_display *d = &g->display[i];

		if (!d->panel) /* the daemon ends before it was set up */
			return;
		memset(&d->panel->display[d->slot].cursor, 0, sizeof(struct panel_cursor));
		present_gone(&d->panel->present, d->slot, mediator_now());
	}
}

static void answer_all(struct panel *p, const struct present_shown *shown)
{
	for (uint32_t i = 0; i < p->config->num_displays; i++) {
		struct panel_display *d = &p->display[i];

		answer(d->guest, d->config->scanout, shown->seq[i]);
		buffers_reap(d->guest);
	}
}

void frames_shown(struct panel *p)
{
	struct present_shown shown;

	present_end(&p->present, mediator_now(), &shown);
	watch_frames(p, &shown);
	answer_all(p, &shown);
}

void frames_dropped(struct panel *p)
{
	struct present_shown dropped;

	present_drop(&p->present, &dropped);
	answer_all(p, &dropped);
}
