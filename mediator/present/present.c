/* SPDX-License-Identifier: MIT */
#include "mediator/present/present.h"

#include <stddef.h>
#include <string.h>

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_US UINT64_C(1000)

static uint64_t elapsed(uint64_t since, uint64_t now)
{
	return now > since ? now - since : 0;
}

/*
 * Ticks are numbered by time, not by calls, so that missing ticks count. Their time is smoothed,
 * since a late wake-up must not shift the grid of periods. But the grid must follow a panel whose
 * clock differs a little from its nominal rate, or a display would lose a period now and then.
 */
static void advance_tick(struct present_panel *p, uint64_t now)
{
	uint64_t steps, ideal;

	if (!p->tick_time_ns) {
		p->tick_time_ns = now;
		return;
	}
	steps = (elapsed(p->tick_time_ns, now) + p->tick_ns / 2) / p->tick_ns;
	if (!steps)
		return;
	ideal = p->tick_time_ns + steps * p->tick_ns;
	p->tick_time_ns = now > ideal ? ideal + (now - ideal) / 8 : ideal - (ideal - now) / 8;
	p->tick += steps;
}

static void advance_period(const struct present_panel *p, struct present_display *d)
{
	uint64_t period = (p->tick * p->tick_ns + p->tick_ns / 2) / d->period_ns;

	if (period == d->period)
		return;
	if (d->active)
		d->missed += period - d->period - d->took;
	d->period = period;
	d->took = 0;
}

static void latch(struct present_display *d, uint64_t now)
{
	/* A frame of a failed picture is answered before the next frame is latched. */
	if (!d->has_pending || d->took || d->in_flight)
		return;
	if (!d->active)
		d->active_since_ns = now;
	d->current = d->pending;
	d->has_pending = 0;
	d->took = 1;
	d->active = 1;
	d->in_flight = 1;
	d->changed = 1;
}

static void count_shown(struct present_display *d, uint64_t now)
{
	d->frames++;
	d->recent_ns[d->recent_head] = now;
	d->recent_head = (d->recent_head + 1) % PRESENT_RECENT;
	if (!d->active)
		return;
	if (d->last_shown_ns)
		histogram_add(&d->interval, elapsed(d->last_shown_ns, now) / NS_PER_US);
	d->last_shown_ns = now;
}

void present_init(struct present_panel *p, uint32_t refresh_hz, uint64_t picture_period_ns)
{
	memset(p, 0, sizeof(*p));
	p->tick_ns = NS_PER_S / refresh_hz;
	p->picture_ticks = picture_period_ns / p->tick_ns;
}

uint32_t present_add(struct present_panel *p, uint32_t frame_period_us)
{
	struct present_display *d = &p->display[p->num_displays];
	uint64_t period = frame_period_us * NS_PER_US;
	uint64_t ticks = (period + p->tick_ns / 2) / p->tick_ns;
	uint64_t whole = (ticks ? ticks : 1) * p->tick_ns;
	uint64_t off = period > whole ? period - whole : whole - period;

	memset(d, 0, sizeof(*d));
	d->period_ns = off <= period / 100 || period < p->tick_ns ? whole : period;
	d->changed = 1;
	return p->num_displays++;
}

int present_submit(struct present_panel *p, uint32_t display, const struct present_frame *frame,
		   uint64_t *superseded)
{
	struct present_display *d = &p->display[display];

	*superseded = 0;
	if (frame->seq <= d->last_seq)
		return PRESENT_ERR_SEQ;
	if (d->has_pending) {
		*superseded = d->pending.seq;
		d->superseded++;
	}
	d->pending = *frame;
	d->has_pending = 1;
	d->last_seq = frame->seq;
	return PRESENT_OK;
}

uint64_t present_off(struct present_panel *p, uint32_t display, uint64_t now)
{
	struct present_display *d = &p->display[display];
	uint64_t answer = d->has_pending ? d->pending.seq : 0;

	d->has_pending = 0;
	if (d->active) {
		d->active_ns += elapsed(d->active_since_ns, now);
		d->changed = 1;
	}
	d->active = 0;
	d->last_shown_ns = 0;
	return answer;
}

void present_gone(struct present_panel *p, uint32_t display, uint64_t now)
{
	struct present_display *d = &p->display[display];

	present_off(p, display, now);
	d->in_flight = 0;
	d->last_seq = 0;
}

void present_damage(struct present_panel *p, uint32_t display)
{
	p->display[display].changed = 1;
}

uint32_t present_begin(struct present_panel *p, uint64_t now)
{
	uint32_t changed = 0;

	advance_tick(p, now);
	for (uint32_t i = 0; i < p->num_displays; i++)
		advance_period(p, &p->display[i]);
	if (p->busy || (p->begun && p->tick - p->begun_tick < p->picture_ticks))
		return 0;
	for (uint32_t i = 0; i < p->num_displays; i++) {
		latch(&p->display[i], now);
		if (p->display[i].changed)
			changed |= UINT32_C(1) << i;
	}
	if (!changed)
		return 0;
	for (uint32_t i = 0; i < p->num_displays; i++) {
		struct present_display *d = &p->display[i];

		d->changed = 0;
		d->making_id = d->active ? d->current.buffer_id : 0;
	}
	p->busy = 1;
	p->begun = 1;
	p->begun_tick = p->tick;
	return changed;
}

void present_end(struct present_panel *p, uint64_t now, struct present_shown *shown)
{
	memset(shown, 0, sizeof(*shown));
	if (!p->busy)
		return;
	p->busy = 0;
	for (uint32_t i = 0; i < p->num_displays; i++) {
		struct present_display *d = &p->display[i];

		d->screen_id = d->making_id;
		d->making_id = 0;
		if (!d->in_flight)
			continue;
		d->in_flight = 0;
		shown->seq[i] = d->current.seq;
		count_shown(d, now);
	}
}

void present_drop(struct present_panel *p, struct present_shown *dropped)
{
	memset(dropped, 0, sizeof(*dropped));
	if (!p->busy)
		return;
	present_fail(p);
	for (uint32_t i = 0; i < p->num_displays; i++) {
		struct present_display *d = &p->display[i];

		if (!d->in_flight)
			continue;
		d->in_flight = 0;
		d->missed += d->active;
		dropped->seq[i] = d->current.seq;
	}
}

void present_fail(struct present_panel *p)
{
	p->busy = 0;
	for (uint32_t i = 0; i < p->num_displays; i++) {
		p->display[i].changed = 1;
		p->display[i].making_id = 0;
	}
}

const struct present_frame *present_current(const struct present_panel *p, uint32_t display)
{
	const struct present_display *d = &p->display[display];

	return d->active ? &d->current : NULL;
}

int present_uses(const struct present_panel *p, uint32_t display, uint32_t buffer_id)
{
	const struct present_display *d = &p->display[display];

	return (d->has_pending && d->pending.buffer_id == buffer_id) ||
	       (d->active && d->current.buffer_id == buffer_id) || d->making_id == buffer_id ||
	       d->screen_id == buffer_id;
}

void present_stats(const struct present_panel *p, uint32_t display, uint64_t now,
		   struct present_stats *out)
{
	const struct present_display *d = &p->display[display];
	uint64_t active = d->active_ns + (d->active ? elapsed(d->active_since_ns, now) : 0);

	memset(out, 0, sizeof(*out));
	out->frames = d->frames;
	out->missed = d->missed;
	out->superseded = d->superseded;
	out->p50_us = histogram_permille(&d->interval, 500);
	out->p99_us = histogram_permille(&d->interval, 990);
	out->max_us = d->interval.max_us;
	if (active >= NS_PER_S)
		out->fps = (double)d->frames * (double)NS_PER_S / (double)active;
	for (uint32_t i = 0; i < PRESENT_RECENT; i++)
		if (d->recent_ns[i] && elapsed(d->recent_ns[i], now) < NS_PER_S)
			out->recent_fps += 1.0;
}

void present_stats_reset(struct present_panel *p, uint32_t display, uint64_t now)
{
	struct present_display *d = &p->display[display];

	d->frames = 0;
	d->missed = 0;
	d->superseded = 0;
	d->last_shown_ns = 0;
	d->active_ns = 0;
	d->active_since_ns = now;
	memset(&d->interval, 0, sizeof(d->interval));
}
