/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/monitor/monitor.h"

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/base/timer.h"
#include "mediator/daemon/monitor/verifier.h"

/* A safe picture is put on the screen again: that it can be is a sign of life. */
#define REFRESH_NS UINT64_C(500000000)

static void log_change(struct monitor *m, uint64_t now)
{
	const struct truth_monitor *t = &m->truth;
	const char *name = m->config->name, *reason = truth_reason_text(t->reason);
	const char *shown = m->has_safe ? "; the safe picture is shown" : "";
	unsigned long long age = (now - t->progress_ns) / CLOCK_NS_PER_MS;

	if (!log_allow(&m->limit, now))
		return;
	if (t->state == TRUTH_WARNED)
		log_warning("%s: no progress for %llu ms: %s", name, age, reason);
	else if (t->state == TRUTH_SAFE && t->wrong)
		log_error("%s: %s (regions 0x%x)%s", name, reason, t->wrong, shown);
	else if (t->state == TRUTH_SAFE)
		log_error("%s: frozen, no progress for %llu ms: %s%s", name, age, reason, shown);
	else if (m->seen != TRUTH_OFF)
		log_info("%s: good pictures again", name);
}

static void follow(struct monitor *m, uint64_t now)
{
	enum truth_state was = m->seen, is = m->truth.state;

	if (was == is)
		return;
	log_change(m, now);
	m->seen = is;
	if (!m->has_safe || (was != TRUTH_SAFE && is != TRUTH_SAFE))
		return;
	m->decided_ns = is == TRUTH_SAFE ? now : 0;
	m->confirmed_ns = 0;
	m->ops->set_safe(m->owner, m->slot, is == TRUTH_SAFE);
}

/* Act on what is known now, and come back when time alone may change it. */
static void act(struct monitor *m, uint64_t now)
{
	uint64_t due = truth_tick(&m->truth, now);

	follow(m, now);
	if (due == TRUTH_NEVER && m->seen == TRUTH_SAFE)
		due = now + REFRESH_NS;
	timer_arm_at(m->all->loop, &m->timer, due, now);
}

static void on_timer(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct monitor *m = timer->data;

	(void)loop;
	(void)events;
	if (m->seen == TRUTH_SAFE)
		m->ops->refresh_safe(m->owner, m->slot);
	act(m, clock_ns());
}

static void feed(const struct monitor *m)
{
	if (m->feeds_watchdog)
		watchdog_feed(m->all->watchdog);
}

/* Act on a frame or a finding, which may be progress. While the display is safe, nobody sees it. */
static void act_on_news(struct monitor *m, uint64_t progress_before, uint64_t now)
{
	act(m, now);
	if (m->truth.stats.progress != progress_before && m->seen != TRUTH_SAFE)
		feed(m);
}

void monitor_init(struct monitor *m, const struct monitors *all,
		  const struct config_display *config, const struct monitor_ops *ops, void *owner,
		  uint32_t slot)
{
	m->all = all;
	m->config = config;
	m->ops = ops;
	m->owner = owner;
	m->slot = slot;
	truth_init(&m->truth, config->freeze_timeout_ms * CLOCK_NS_PER_MS);
	ev_init(&m->timer, on_timer);
	m->timer.data = m;
}

void monitor_finish(struct monitor *m)
{
	if (m->all)
		ev_timer_stop(m->all->loop, &m->timer);
}

void monitor_inherited(struct monitor *m)
{
	uint64_t now = clock_ns();

	truth_frame(&m->truth, now);
	act(m, now);
}

void monitor_frame(struct monitor *m)
{
	uint64_t before = m->truth.stats.progress, now = clock_ns();

	m->frames++;
	truth_frame(&m->truth, now);
	act_on_news(m, before, now);
	verifier_frame(m->all->verifier, m);
}

void monitor_found(struct monitor *m, const struct truth_finding *finding)
{
	uint64_t before = m->truth.stats.progress, now = clock_ns();

	truth_found(&m->truth, finding, now);
	act_on_news(m, before, now);
}

void monitor_safe_shown(struct monitor *m)
{
	uint64_t now = clock_ns();

	if (m->seen != TRUTH_SAFE)
		return;
	if (m->decided_ns && now - m->decided_ns > m->longest_ns)
		m->longest_ns = now - m->decided_ns;
	m->decided_ns = 0;
	m->confirmed_ns = now;
	feed(m);
}
