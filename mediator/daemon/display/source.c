/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/display/source.h"

#include <stdbool.h>
#include <string.h>

#include "mediator/admission/admission.h"
#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/client/client.h"

#define MAX_CURSOR 256u /* pixels; virtio-gpu's have 64 */

static bool is_shown(const void *owner, uint32_t key)
{
	const struct source *s = owner;

	for (uint32_t i = 0; i < s->num_displays; i++) {
		const struct source_display *d = &s->display[i];

		if (d->cursor.key == key || (d->present && present_uses(d->present, d->slot, key)))
			return true;
	}
	return false;
}

void source_init(struct source *s, const struct config *config, uint32_t guest,
		 struct client *backend, const struct buffer_users *users)
{
	s->backend = backend;
	s->num_displays = config->guest[guest].num_displays;
	s->main_display = config->display[admission_main_display(config, guest)].scanout;
	s->buffers.guest = guest;
	s->buffers.users = users;
	s->buffers.is_shown = is_shown;
	s->buffers.owner = s;
}

void source_answer(struct source *s, uint32_t scanout, uint64_t seq)
{
	struct gpum_msg msg = {.shown = {.scanout = scanout, .seq = seq}};

	if (seq)
		client_send(s->backend, &msg, GPUM_MSG_FRAME_SHOWN, -1);
}

static bool is_inside(const struct gpum_frame *f, const struct gpum_buffer *b)
{
	return f->width && f->height && f->width <= b->width && f->x <= b->width - f->width &&
	       f->height <= b->height && f->y <= b->height - f->height;
}

const char *source_submit(struct source *s, const struct gpum_frame *f)
{
	const struct source_display *d;
	const struct buffer *b = buffers_find(&s->buffers, f->buffer_id);
	uint64_t superseded;

	if (f->scanout >= s->num_displays)
		return "a frame for a display that it does not have";
	if (!b)
		return "a frame in a buffer that was not announced";
	if (!is_inside(f, &b->description))
		return "a frame that is not inside its buffer";
	d = &s->display[f->scanout];
	const struct present_frame frame = {.seq = f->seq,
					    .buffer_id = b->key,
					    .x = f->x,
					    .y = f->y,
					    .width = f->width,
					    .height = f->height};

	if (present_submit(d->present, d->slot, &frame, &superseded))
		return "a frame out of sequence";
	if (f->scanout == s->main_display)
		client_frame_complete(s->backend);
	source_answer(s, f->scanout, superseded);
	return NULL;
}

static void hide_cursor(struct source_display *d)
{
	memset(&d->cursor, 0, sizeof(d->cursor));
}

const char *source_off(struct source *s, uint32_t scanout)
{
	struct source_display *d;

	if (scanout >= s->num_displays)
		return "a display that it does not have";
	d = &s->display[scanout];
	hide_cursor(d);
	source_answer(s, scanout, present_off(d->present, d->slot, clock_ns()));
	return NULL;
}

/* Sums with these coordinates must not overflow. */
static bool is_near(const struct gpum_cursor *c)
{
	const int32_t far = (int32_t)CONFIG_MAX_SIDE;

	return c->x >= -far && c->x <= far && c->y >= -far && c->y <= far;
}

const char *source_cursor(struct source *s, const struct gpum_cursor *c)
{
	const struct buffer *b = c->buffer_id ? buffers_find(&s->buffers, c->buffer_id) : NULL;
	struct source_display *d;

	if (c->scanout >= s->num_displays)
		return "a cursor on a display that it does not have";
	if (c->buffer_id && !b)
		return "a cursor in a buffer that was not announced";
	if (b && (b->description.width > MAX_CURSOR || b->description.height > MAX_CURSOR))
		return "a cursor that is too large";
	d = &s->display[c->scanout];
	hide_cursor(d);
	if (b && is_near(c))
		d->cursor = (struct source_cursor){.key = b->key, .x = c->x, .y = c->y};
	present_damage(d->present, d->slot);
	return NULL;
}

const char *source_remove_buffer(struct source *s, uint32_t id)
{
	struct buffer *b = buffers_find(&s->buffers, id);

	if (!b)
		return "the end of a buffer that was not announced";
	for (uint32_t i = 0; i < s->num_displays; i++) {
		struct source_display *d = &s->display[i];

		if (d->cursor.key != b->key)
			continue;
		hide_cursor(d);
		present_damage(d->present, d->slot);
	}
	buffers_remove(&s->buffers, b);
	return NULL;
}

void source_gone(struct source *s)
{
	for (uint32_t i = 0; i < s->num_displays; i++) {
		struct source_display *d = &s->display[i];

		hide_cursor(d);
		if (d->present)
			present_gone(d->present, d->slot, clock_ns());
	}
	buffers_remove_all(&s->buffers);
}

void source_finish(struct source *s)
{
	source_gone(s);
	buffers_discard(&s->buffers);
}
