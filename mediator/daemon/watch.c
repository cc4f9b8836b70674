/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/watch.h"

#include "mediator/daemon/mediator.h"
#include "mediator/daemon/panel.h"

#define NS_PER_S  1e9
#define NS_PER_MS UINT64_C(1000000)
#define REFRESH_S                                                                                  \
	0.5 /* a safe picture is put on the screen again: that it can be is a sign of life */

static void say(struct watch *w, uint64_t now)
{
	const struct panel_display *d = &w->panel->display[w->slot];
	const struct truth_monitor *m = &w->monitor;
	const char *reason = truth_reason_text(m->reason);
	unsigned long long age = (now - m->progress_ns) / NS_PER_MS;

	if (!log_allow(&w->limit, now))
		return;
	if (m->state == TRUTH_WARNED)
		log_warning("%s: no progress for %llu ms: %s", d->config->name, age, reason);
	else if (m->state == TRUTH_SAFE && m->wrong)
		log_error("%s: %s (regions 0x%x)%s", d->config->name, reason, m->wrong,
			  d->safe.pixels ? "; the safe picture is shown" : "");
	else if (m->state == TRUTH_SAFE)
		log_error("%s: frozen, no progress for %llu ms: %s%s", d->config->name, age, reason,
			  d->safe.pixels ? "; the safe picture is shown" : "");
	else if (w->seen != TRUTH_OFF)
		log_info("%s: good pictures again", d->config->name);
}

static void follow(struct watch *w, uint64_t now)
{
	struct panel_display *d = &w->panel->display[w->slot];
	enum truth_state was = w->seen, is = w->monitor.state;

	if (was == is)
		return;
	say(w, now);
	w->seen = is;
	if (!d->safe.pixels || (was != TRUTH_SAFE && is != TRUTH_SAFE))
		return;
	w->decided_ns = is == TRUTH_SAFE ? now : 0;
	w->safe_confirmed_ns = 0;
	panel_set_safe(w->panel, w->slot, is == TRUTH_SAFE);
}

/* Act on what is known now, and come back when time alone may change it. */
static void act(struct watch *w, uint64_t now)
{
	uint64_t due = truth_tick(&w->monitor, now);
	struct ev_loop *loop = w->panel->mediator->loop;

	follow(w, now);
	ev_timer_stop(loop, &w->timer);
	if (due == TRUTH_NEVER && w->seen != TRUTH_SAFE)
		return;
	ev_timer_set(&w->timer,
		     due == TRUTH_NEVER ? REFRESH_S
		     : due > now	? (double)(due - now) / NS_PER_S
					: 0.0,
		     0.0);
	ev_timer_start(loop, &w->timer);
}

static void time_passed(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct watch *w = timer->data;

	(void)loop;
	(void)events;
	if (w->seen == TRUTH_SAFE)
		panel_refresh_safe(w->panel, w->slot);
	act(w, mediator_now());
}

/* Of the display that the watchdog looks at. */
static void feed(const struct watch *w)
{
	const struct mediator *m = w->panel->mediator;
	const struct config_display *first = &m->config.display[config_first_display(&m->config)];

	if (w->panel->display[w->slot].config == first)
		watchdog_feed(w->panel->mediator);
}

/* What the monitor was told may be progress; while it is safe, nobody sees it. */
static void heard(struct watch *w, uint64_t progress_before, uint64_t now)
{
	act(w, now);
	if (w->monitor.stats.progress != progress_before && w->seen != TRUTH_SAFE)
		feed(w);
}

void watch_init(struct panel *p, uint32_t slot)
{
	struct watch *w = &p->display[slot].watch;

	w->panel = p;
	w->slot = slot;
	truth_init(&w->monitor, p->display[slot].config->freeze_timeout_ms * NS_PER_MS);
	ev_init(&w->timer, time_passed);
	w->timer.data = w;
}

void watch_stop(struct watch *w)
{
	if (w->panel)
		ev_timer_stop(w->panel->mediator->loop, &w->timer);
}

void watch_inherited(struct panel *p)
{
	uint64_t now = mediator_now();

	for (uint32_t i = 0; i < p->config->num_displays; i++) {
		if (!inherited_shows(p, i))
			continue;
		truth_frame(&p->display[i].watch.monitor, now);
		act(&p->display[i].watch, now);
	}
}

void watch_frames(struct panel *p, const struct present_shown *shown)
{
	uint64_t now = mediator_now();

	for (uint32_t i = 0; i < p->config->num_displays; i++) {
		struct watch *w = &p->display[i].watch;
		uint64_t before;

		if (!shown->seq[i])
			continue;
		before = w->monitor.stats.progress;
		w->frames++;
		truth_frame(&w->monitor, now);
		heard(w, before, now);
		checker_frame(w);
	}
}

void watch_found(struct watch *w, const struct truth_finding *finding)
{
	uint64_t before = w->monitor.stats.progress, now = mediator_now();

	truth_found(&w->monitor, finding, now);
	heard(w, before, now);
}

void watch_safe(struct panel *p, uint32_t slots)
{
	uint64_t now = mediator_now();

	for (uint32_t i = 0; i < p->config->num_displays; i++) {
		struct watch *w = &p->display[i].watch;

		if (!(slots & (UINT32_C(1) << i)) || w->seen != TRUTH_SAFE)
			continue;
		if (w->decided_ns && now - w->decided_ns > w->longest_safe_ns)
			w->longest_safe_ns = now - w->decided_ns;
		w->decided_ns = 0;
		w->safe_confirmed_ns = now;
		feed(w);
	}
}
