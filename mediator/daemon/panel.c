/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/panel.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "mediator/daemon/compose.h"
#include "mediator/daemon/frames.h"
#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/output.h"
#include "mediator/daemon/safe.h"

#define HOLD_S	      0.5
#define NO_PATIENCE_S 0.1 /* when nothing can be shown anyway */
#define NS_PER_S      1000000000u

static void set_timer(struct ev_loop *loop, struct ev_timer *timer, double seconds)
{
	ev_timer_stop(loop, timer);
	ev_timer_set(timer, seconds, 0.0);
	ev_timer_start(loop, timer);
}

static void finish(struct panel *p)
{
	ev_timer_stop(p->mediator->loop, &p->patience);
	p->stage = PANEL_IDLE;
}

void panel_damage(struct panel *p)
{
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		present_damage(&p->present, i);
}

void panel_drop(struct panel *p, const char *reason)
{
	if (!p->dark && log_allow(&p->limit, mediator_now()))
		log_warning("%s: no picture: %s; frames are answered nevertheless",
			    p->config->connector, reason);
	p->dark = true;
	finish(p);
	frames_dropped(p);
}

/* --- The safe pictures' framebuffer ----------------------------------------------------------- */

static uint32_t slots_with_safe(const struct panel *p)
{
	uint32_t slots = 0;

	for (uint32_t i = 0; i < p->config->num_displays; i++)
		if (p->display[i].is_safe)
			slots |= UINT32_C(1) << i;
	return slots;
}

/* Tried again at each tick while it is due. */
static void flip_to_safe(struct panel *p)
{
	const struct gpum_rect all = {.width = p->config->width, .height = p->config->height};
	int status;

	p->safe.due = true;
	if (p->safe.flipping || p->stage == PANEL_FLIPPING)
		return;
	status = p->output->ops->show(p->output, p->safe.handle, &all);
	if (status) {
		if (log_allow(&p->limit, mediator_now()))
			log_error("%s: the safe picture cannot be shown: %s", p->config->connector,
				  strerror(-status));
		return;
	}
	/* Whoever is taking a screenshot has to look again. */
	ev_timer_stop(p->mediator->loop, &p->hold);
	p->safe.due = false;
	p->safe.flipping = true;
}

static void safe_shown(struct panel *p)
{
	uint32_t handle = p->safe.ready;

	p->safe.flipping = false;
	p->safe.on_screen = true;
	p->safe.ready = 0;
	watch_safe(p, slots_with_safe(p));
	if (handle && p->stage == PANEL_FLIPPING)
		panel_show(p, handle, &p->safe.ready_from);
}

static bool is_most_important(const struct panel *p, uint32_t slot)
{
	return slot == p->config->num_displays - 1;
}

void panel_set_safe(struct panel *p, uint32_t slot, bool safe)
{
	p->display[slot].is_safe = safe;
	present_damage(&p->present, slot);
	p->safe.due = p->safe.due && safe;
	if (!safe)
		return;
	p->safe.stale = p->stage == PANEL_DRAWING;
	if (is_most_important(p, slot))
		flip_to_safe(p);
}

void panel_refresh_safe(struct panel *p, uint32_t slot)
{
	present_damage(&p->present, slot);
	if (p->config->composed && p->safe.on_screen && p->stage == PANEL_IDLE)
		flip_to_safe(p);
}

/* --- Pictures --------------------------------------------------------------------------------- */

static void shown(struct output *output, void *owner)
{
	struct panel *p = owner;

	(void)output;
	if (p->safe.flipping) {
		safe_shown(p);
		return;
	}
	if (p->stage != PANEL_FLIPPING)
		return;
	p->safe.on_screen = p->safe.handle && p->safe.showing == p->safe.handle;
	if (p->dark && log_allow(&p->limit, mediator_now()))
		log_info("%s: pictures are shown again", p->config->connector);
	p->dark = false;
	if (p->config->composed)
		compose_shown(p);
	finish(p);
	watch_safe(p, p->safe.making);
	frames_shown(p);
	if (p->safe.due)
		flip_to_safe(p);
}

void panel_show(struct panel *p, uint32_t handle, const struct gpum_rect *from)
{
	int status;

	if (p->safe.stale) {
		finish(p);
		present_fail(&p->present);
		return;
	}
	if (p->safe.flipping) {
		p->stage = PANEL_FLIPPING;
		p->safe.ready = handle;
		p->safe.ready_from = *from;
		return;
	}
	p->safe.showing = handle;
	status = p->output->ops->show(p->output, handle, from);
	if (status) {
		panel_drop(p, strerror(-status));
		return;
	}
	p->stage = PANEL_FLIPPING;
}

static void impatient(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct panel *p = timer->data;

	(void)loop;
	(void)events;
	if (p->drawing)
		compose_late(p);
	if (p->stage == PANEL_IDLE)
		panel_drop(p, p->restarts ? "the compositor is being restarted"
					  : "the compositor is being started");
	else
		panel_drop(p, p->stage == PANEL_DRAWING ? "the compositor is late"
							: "the display does not answer");
}

/* The only display's buffer goes on the screen as it is. */
static void show_directly(struct panel *p)
{
	const struct present_frame *frame = present_current(&p->present, 0);
	struct buffer *b = frame ? buffers_find_key(p->display[0].guest, frame->buffer_id) : NULL;
	struct gpum_rect from = {0};
	int status = 0;

	if (p->display[0].is_safe) {
		inherited_replaced(p, 0);
		from.width = p->config->width;
		from.height = p->config->height;
		panel_show(p, p->safe.handle, &from);
		return;
	}
	if (!b && inherited_shows(p, 0)) {
		finish(p);
		frames_shown(p);
		return;
	}
	inherited_replaced(p, 0);
	if (!b) {
		panel_show(p, 0, &from);
		return;
	}
	if (b->description.y_inverted) {
		panel_drop(p, "the guest's buffer is upside down");
		return;
	}
	if (!b->handle) {
		b->output = p->output;
		status = p->output->ops->import(p->output, &b->description, b->fd, &b->handle);
	}
	if (status) {
		panel_drop(p, "the guest's buffer cannot be shown");
		return;
	}
	from.x = (int32_t)frame->x;
	from.y = (int32_t)frame->y;
	from.width = frame->width;
	from.height = frame->height;
	panel_show(p, b->handle, &from);
}

static void make_picture(struct panel *p)
{
	uint32_t changed = present_begin(&p->present, mediator_now());
	bool can = !p->config->composed || compose_ready(p);

	if (!changed)
		return;
	set_timer(p->mediator->loop, &p->patience, can ? PANEL_PATIENCE_S : NO_PATIENCE_S);
	if (!can)
		return;
	p->safe.making = slots_with_safe(p);
	p->safe.stale = false;
	if (p->config->composed)
		compose_start(p, changed);
	else
		show_directly(p);
}

static void tick(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct panel *p = io->data;
	uint64_t expirations;

	(void)events;
	if (read(io->fd, &expirations, sizeof(expirations)) < 0)
		return;
	(void)loop;
	if (p->safe.due)
		flip_to_safe(p);
	/* No frame need be lost when the mediator was started again. */
	if (!ev_is_active(&p->hold) && !(p->config->composed && compose_resumes(p)))
		make_picture(p);
}

static bool start_timer(struct panel *p)
{
	const long period = (long)(NS_PER_S / p->config->refresh_hz);
	const struct itimerspec spec = {.it_interval = {.tv_sec = period / (long)NS_PER_S,
							.tv_nsec = period % (long)NS_PER_S},
					.it_value = {.tv_nsec = 1}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL)) {
		log_error("%s: no timer: %m", p->config->connector);
		if (fd >= 0)
			close(fd);
		return false;
	}
	ev_io_init(&p->tick, tick, fd, EV_READ);
	p->tick.data = p;
	ev_io_start(p->mediator->loop, &p->tick);
	return true;
}

static void hold_ended(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
}

static bool panel_init(struct mediator *m, uint32_t index)
{
	struct panel *p = &m->panel[index];

	p->mediator = m;
	p->index = index;
	p->config = &m->config.panel[index];
	present_init(&p->present, p->config->refresh_hz, config_picture_period_ns(p->config));
	for (uint32_t i = 0; i < p->config->num_displays; i++) {
		const struct config_display *d = &m->config.display[p->config->display[i]];
		struct guest *g = &m->guest[d->guest];

		present_add(&p->present, d->frame_period_us);
		p->display[i].config = d;
		p->display[i].guest = g;
		g->display[d->scanout].panel = p;
		g->display[d->scanout].slot = i;
		watch_init(p, i);
	}
	ev_init(&p->patience, impatient);
	p->patience.data = p;
	ev_init(&p->hold, hold_ended);
	p->output = m->kms ? output_kms_create(m->kms, p->config)
			   : output_none_create(m->loop, p->config);
	if (!p->output)
		return false;
	p->output->shown = shown;
	p->output->owner = p;
	if (!safe_init(p))
		return false;
	inherited_init(p);
	watch_inherited(p);
	if (p->config->composed)
		compose_init(p);
	return start_timer(p);
}

bool panels_init(struct mediator *m)
{
	if (!strcmp(m->options->output, "kms")) {
		m->kms = kms_open(m->loop, m->options->card, m->options->card_fd);
		if (!m->kms)
			return false;
	}
	for (uint32_t i = 0; i < m->config.num_panels; i++)
		if (!panel_init(m, i))
			return false;
	return true;
}

void panels_stop(struct mediator *m)
{
	for (uint32_t i = 0; i < m->config.num_panels; i++) {
		struct panel *p = &m->panel[i];

		if (!p->mediator)
			continue;
		if (ev_is_active(&p->tick)) {
			ev_io_stop(m->loop, &p->tick);
			close(p->tick.fd);
		}
		ev_timer_stop(m->loop, &p->patience);
		ev_timer_stop(m->loop, &p->hold);
		if (p->config->composed && p->output)
			compose_stop(p);
		for (uint32_t d = 0; d < p->config->num_displays; d++)
			watch_stop(&p->display[d].watch);
		if (p->output) {
			safe_finish(p);
			inherited_finish(p);
			p->output->ops->destroy(p->output);
		}
		p->output = NULL;
	}
	kms_close(m->kms);
	m->kms = NULL;
}

static bool find_picture(struct panel *p, int slot, struct panel_picture *out)
{
	const struct config_panel *config = p->config;
	struct buffer *b;

	out->region = (struct gpum_rect){.width = config->width, .height = config->height};
	if (config->composed || p->safe.on_screen) {
		if (!p->safe.on_screen && !p->front.handle)
			return false;
		out->fd = p->safe.on_screen ? p->safe.fd : p->front.fd;
		out->buffer = p->safe.on_screen ? p->safe.description : p->front.description;
		if (slot >= 0) {
			const struct config_rect *r = &p->display[slot].config->region;

			out->region = (struct gpum_rect){.x = (int32_t)r->x,
							 .y = (int32_t)r->y,
							 .width = r->width,
							 .height = r->height};
		}
		return true;
	}
	b = p->present.display[0].screen_id
		    ? buffers_find_key(p->display[0].guest, p->present.display[0].screen_id)
		    : NULL;
	if (!b)
		return false;
	out->fd = b->fd;
	out->buffer = b->description;
	return true;
}

bool panel_frame(struct panel *p, uint32_t slot, struct panel_picture *out, bool *own)
{
	const struct present_frame *frame = present_current(&p->present, slot);
	struct buffer *b =
		frame ? buffers_find_key(p->display[slot].guest, frame->buffer_id) : NULL;

	*own = !p->config->composed || p->display[slot].is_safe || p->safe.on_screen;
	if (!b)
		return false;
	if (!*own)
		return find_picture(p, (int)slot, out);
	out->fd = b->fd;
	out->buffer = b->description;
	out->region = (struct gpum_rect){.x = (int32_t)frame->x,
					 .y = (int32_t)frame->y,
					 .width = frame->width,
					 .height = frame->height};
	return true;
}

bool panel_hold(struct panel *p, int slot, struct panel_picture *out)
{
	if (!find_picture(p, slot, out) || out->fd < 0)
		return false;
	set_timer(p->mediator->loop, &p->hold, HOLD_S);
	return true;
}

bool panel_release(struct panel *p)
{
	bool held = ev_is_active(&p->hold);

	ev_timer_stop(p->mediator->loop, &p->hold);
	return held;
}
