/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/display/panel.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "mediator/admission/admission.h"
#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/base/timer.h"
#include "mediator/daemon/display/compose.h"
#include "mediator/daemon/display/displays.h"
#include "mediator/daemon/display/keys.h"
#include "mediator/daemon/output/output.h"

static void step(struct panel *p, enum panel_event event);

static void damage_all(struct panel *p)
{
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		present_damage(&p->present, i);
}

static uint32_t slots_with_safe(const struct panel *p)
{
	uint32_t slots = 0;

	for (uint32_t i = 0; i < p->config->num_displays; i++)
		if (p->display[i].shows == SHOWS_SAFE)
			slots |= UINT32_C(1) << i;
	return slots;
}

/* --- Carrying out what panel_life.c says ------------------------------------------------------ */

static void answer(struct panel *p, const struct present_shown *shown)
{
	for (uint32_t i = 0; i < p->config->num_displays; i++) {
		struct panel_display *d = &p->display[i];

		source_answer(d->source, d->config->scanout, shown->seq[i]);
		buffers_reap(&d->source->buffers);
	}
}

static void answer_dropped(struct panel *p)
{
	struct present_shown dropped;

	present_drop(&p->present, &dropped);
	answer(p, &dropped);
}

static void answer_shown(struct panel *p)
{
	struct present_shown shown;

	present_end(&p->present, clock_ns(), &shown);
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		if (shown.seq[i])
			monitor_frame(&p->display[i].monitor);
	answer(p, &shown);
}

static void tell_safe_shown(struct panel *p, uint32_t slots)
{
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		if (slots & (UINT32_C(1) << i))
			monitor_safe_shown(&p->display[i].monitor);
}

static void drop(struct panel *p, const char *reason)
{
	if (!p->dark && log_allow(&p->limit, clock_ns()))
		log_warning("%s: no picture: %s; frames are answered nevertheless",
			    p->config->connector, reason);
	p->dark = true;
	answer_dropped(p);
}

static void finish_picture(struct panel *p)
{
	if (p->dark && log_allow(&p->limit, clock_ns()))
		log_info("%s: pictures are shown again", p->config->connector);
	p->dark = false;
	if (p->config->composed)
		compositor_shown(&p->compositor);
	tell_safe_shown(p, p->making);
	answer_shown(p);
}

static void show_safe(struct panel *p)
{
	const struct gpum_rect all = panel_whole(p);
	int status = p->output->ops->show(p->output, p->safe.handle, &all);

	if (!status)
		return;
	if (log_allow(&p->limit, clock_ns()))
		log_error("%s: the safe picture cannot be shown: %s", p->config->connector,
			  strerror(-status));
	step(p, PANEL_SAFE_FAILED);
}

/* `reason` is why a picture is dropped. */
static void carry_out(struct panel *p, unsigned int actions, const char *reason)
{
	int status = 0;

	if (actions & PANEL_FAIL)
		present_fail(&p->present);
	if (actions & PANEL_DROP)
		drop(p, reason);
	if (actions & PANEL_SAFE_IS_ON)
		tell_safe_shown(p, slots_with_safe(p));
	if (actions & PANEL_IS_ON)
		finish_picture(p);
	if (actions & PANEL_SHOW)
		status = p->output->ops->show(p->output, p->picture.handle, &p->picture.from);
	if (actions & PANEL_SHOW_SAFE)
		show_safe(p);
	if (status)
		carry_out(p, panel_life_step(&p->life, PANEL_SHOW_FAILED, clock_ns()),
			  strerror(-status));
}

static void step_for(struct panel *p, enum panel_event event, const char *reason)
{
	uint64_t now = clock_ns();
	unsigned int actions = panel_life_step(&p->life, event, now);

	carry_out(p, actions, reason);
	timer_arm_at(p->loop, &p->timer, p->life.due_ns, clock_ns());
}

static void step(struct panel *p, enum panel_event event)
{
	step_for(p, event, "the compositor failed");
}

/* --- Pictures --------------------------------------------------------------------------------- */

static void show_picture(struct panel *p, enum panel_event event, uint32_t handle,
			 const struct gpum_rect *from)
{
	p->picture.handle = handle;
	p->picture.from = *from;
	step(p, event);
}

/* Make a guest's buffer known to the output. Returns NULL, or why it cannot be shown. */
static const char *import(struct panel *p, struct buffer *b)
{
	if (b->description.y_inverted)
		return "the guest's buffer is upside down";
	if (b->handle)
		return NULL;
	b->output = p->output;
	return p->output->ops->import(p->output, &b->description, b->fd, &b->handle)
		       ? "the guest's buffer cannot be shown"
		       : NULL;
}

/* The only display's buffer goes on the screen as it is. */
static void show_buffer(struct panel *p, const struct present_frame *frame, struct buffer *b)
{
	const char *wrong = import(p, b);
	struct gpum_rect from;

	if (wrong) {
		step_for(p, PANEL_DRAW_FAILED, wrong);
		return;
	}
	from = (struct gpum_rect){.x = (int32_t)frame->x,
				  .y = (int32_t)frame->y,
				  .width = frame->width,
				  .height = frame->height};
	show_picture(p, PANEL_DRAWN, b->handle, &from);
}

static void show_directly(struct panel *p)
{
	const struct present_frame *frame = present_current(&p->present, 0);
	struct buffer *b =
		frame ? buffers_find_key(&p->display[0].source->buffers, frame->buffer_id) : NULL;
	const struct gpum_rect all = panel_whole(p), nothing = {0};

	if (p->display[0].shows == SHOWS_SAFE) {
		inherited_replaced(&p->inherited, 0);
		show_picture(p, PANEL_DRAWN_SAFE, p->safe.handle, &all);
		return;
	}
	if (!b && inherited_shows(&p->inherited, 0)) {
		step(p, PANEL_KEPT);
		return;
	}
	inherited_replaced(&p->inherited, 0);
	if (b)
		show_buffer(p, frame, b);
	else
		show_picture(p, PANEL_DRAWN, 0, &nothing);
}

static void make_picture(struct panel *p)
{
	uint32_t changed = present_begin(&p->present, clock_ns());

	if (!changed)
		return;
	p->making = slots_with_safe(p);
	if (!p->config->composed) {
		step(p, PANEL_BEGIN);
		show_directly(p);
	} else if (compositor_can_draw(&p->compositor)) {
		step(p, PANEL_BEGIN);
		compose_picture(p, changed);
	} else {
		step(p, PANEL_BEGIN_UNDRAWN);
	}
}

static void on_tick(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct panel *p = io->data;
	uint64_t expirations;

	(void)loop;
	(void)events;
	if (read(io->fd, &expirations, sizeof(expirations)) < 0)
		return;
	step(p, PANEL_OUTPUT_FREE);
	/* No frame need be lost when the mediator was started again. */
	if (!panel_life_is_held(&p->life, clock_ns()) &&
	    !(p->config->composed && compositor_resumes(&p->compositor)))
		make_picture(p);
}

static void on_timeout(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct panel *p = timer->data;
	const char *reason = panel_life_timeout_reason(&p->life);

	(void)loop;
	(void)events;
	if (p->config->composed)
		compositor_late(&p->compositor);
	step_for(p, PANEL_TIMEOUT, reason);
}

static void on_flipped(struct output *output, void *owner)
{
	(void)output;
	step(owner, PANEL_FLIPPED);
	step(owner, PANEL_OUTPUT_FREE);
}

/* --- The compositor --------------------------------------------------------------------------- */

static void on_compositor_greeted(void *owner)
{
	struct panel *p = owner;

	safe_announce(&p->safe, &p->compositor.process.client);
}

static void on_compositor_ready(void *owner)
{
	damage_all(owner);
}

/* If it is too late, the frames have been answered, and all is drawn anew at the next tick. */
static void on_compositor_drawn(void *owner, bool failed)
{
	struct panel *p = owner;
	const struct gpum_rect all = panel_whole(p);

	if (failed)
		step(p, PANEL_DRAW_FAILED);
	else
		show_picture(p, PANEL_DRAWN, compositor_target_handle(&p->compositor), &all);
}

static bool on_compositor_gone(void *owner)
{
	struct panel *p = owner;

	step(p, PANEL_COMPOSITOR_GONE);
	inherited_forget_layer(&p->inherited);
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		buffers_forget_layers(&p->display[i].source->buffers, p->index);
	damage_all(p);
	return p->life.stage == PANEL_FLIPPING || p->life.stage == PANEL_READY;
}

static const struct compositor_ops compositor_ops = {.greeted = on_compositor_greeted,
						     .ready = on_compositor_ready,
						     .drawn = on_compositor_drawn,
						     .gone = on_compositor_gone};

/* --- Safe pictures ---------------------------------------------------------------------------- */

static bool is_most_important(const struct panel *p, uint32_t slot)
{
	return slot == p->config->num_displays - 1;
}

static void set_safe(void *owner, uint32_t slot, bool safe)
{
	struct panel *p = owner;

	p->display[slot].shows = safe ? SHOWS_SAFE : SHOWS_FRAMES;
	present_damage(&p->present, slot);
	if (safe)
		step(p, PANEL_WENT_SAFE);
	if (is_most_important(p, slot))
		step(p, safe ? PANEL_SAFE_WANTED : PANEL_SAFE_LEFT);
}

static void refresh_safe(void *owner, uint32_t slot)
{
	struct panel *p = owner;

	present_damage(&p->present, slot);
	if (p->config->composed)
		step(p, PANEL_REFRESH);
}

static const struct monitor_ops monitor_ops = {
	.set_safe = set_safe, .refresh_safe = refresh_safe, .find_picture = panel_find_picture};

/* --- Begin and end ---------------------------------------------------------------------------- */

static bool start_ticks(struct panel *p)
{
	const long ns_per_s = (long)CLOCK_NS_PER_S;
	const long period = ns_per_s / (long)p->config->refresh_hz;
	const struct itimerspec spec = {
		.it_interval = {.tv_sec = period / ns_per_s, .tv_nsec = period % ns_per_s},
		.it_value = {.tv_nsec = 1}};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd < 0 || timerfd_settime(fd, 0, &spec, NULL)) {
		log_error("%s: no timer: %m", p->config->connector);
		if (fd >= 0)
			close(fd);
		return false;
	}
	ev_io_init(&p->tick, on_tick, fd, EV_READ);
	p->tick.data = p;
	ev_io_start(p->loop, &p->tick);
	return true;
}

static void add_display(struct panel *p, uint32_t slot)
{
	const struct config *config = p->all->config;
	uint32_t index = p->config->display[slot];
	struct panel_display *d = &p->display[slot];

	d->config = &config->display[index];
	d->source = &p->all->source[d->config->guest];
	present_add(&p->present, d->config->frame_period_us);
	d->source->display[d->config->scanout].present = &p->present;
	d->source->display[d->config->scanout].slot = slot;
	monitor_init(&d->monitor, &p->all->monitors, d->config, &monitor_ops, p, slot);
	d->monitor.feeds_watchdog = index == config_first_display(config);
}

static void start_compositor(struct panel *p)
{
	struct displays *all = p->all;
	struct sched_params params;

	admission_compositor_params(all->config, p->index, &params);
	p->compositor.output = p->output;
	p->compositor.width = p->config->width;
	p->compositor.height = p->config->height;
	all->users.compositor[p->index] = &p->compositor.process.client;
	compositor_init(&p->compositor, all->clients, p->config->connector,
			all->options->render_node, &params, &compositor_ops, p);
}

static void on_inherited_expired(void *owner)
{
	damage_all(owner);
}

static void inherit(struct panel *p)
{
	inherited_init(&p->inherited, p->loop, p->output, p->config, key_of_inherited(p->index),
		       p->config->composed ? &p->compositor.process.client : NULL,
		       on_inherited_expired, p);
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		if (inherited_shows(&p->inherited, i))
			monitor_inherited(&p->display[i].monitor);
}

bool panel_init(struct panel *p, struct displays *all, uint32_t index)
{
	p->all = all;
	p->loop = all->loop;
	p->index = index;
	p->config = &all->config->panel[index];
	p->life.due_ns = PANEL_NO_TIMEOUT;
	present_init(&p->present, p->config->refresh_hz, config_picture_period_ns(p->config));
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		add_display(p, i);
	ev_init(&p->timer, on_timeout);
	p->timer.data = p;
	p->output = all->kms ? output_kms_create(all->kms, p->config)
			     : output_none_create(p->loop, p->config);
	if (!p->output)
		return false;
	p->output->shown = on_flipped;
	p->output->owner = p;
	if (!safe_init(&p->safe, p->output, all->config, index))
		return false;
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		p->display[i].monitor.has_safe = p->safe.picture[i].pixels != NULL;
	inherit(p);
	if (p->config->composed)
		start_compositor(p);
	return start_ticks(p);
}

void panel_finish(struct panel *p)
{
	if (!p->all)
		return;
	if (ev_is_active(&p->tick)) {
		ev_io_stop(p->loop, &p->tick);
		close(p->tick.fd);
	}
	ev_timer_stop(p->loop, &p->timer);
	compositor_finish(&p->compositor);
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		monitor_finish(&p->display[i].monitor);
	if (!p->output)
		return;
	safe_finish(&p->safe);
	inherited_finish(&p->inherited);
	p->output->ops->destroy(p->output);
	p->output = NULL;
}
