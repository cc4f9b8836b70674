/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/control/status.h"

#include <string.h>
#include <unistd.h>

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/control/mediator.h"
#include "mediator/daemon/output/output.h"
#include "mediator/shared/version.h"
#include "mediator/daemon/control/status_sandbox.h"

#define NS_PER_S  1e9
#define NS_PER_MS 1e6

/* Three decimals: more than software clocks can resolve. */
static json_t *number(double value)
{
	return json_real((double)(long long)(value * 1000.0 + 0.5) / 1000.0);
}

static json_t *count(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static double busy_ratio(const struct mediator *m, uint64_t now)
{
	uint64_t busy = sched_busy_ns(&m->clients.jobs.sched, now) - m->clients.jobs.base_busy_ns;
	uint64_t window = now - m->window_ns;

	return window ? (double)busy / (double)window : 0.0;
}

/* The GPU's name, as the first backend reported it, or else a compositor. */
static const char *renderer(const struct mediator *m)
{
	for (uint32_t i = 0; i < m->config.num_guests; i++)
		if (m->guests.guest[i].backend.renderer[0])
			return m->guests.guest[i].backend.renderer;
	for (uint32_t i = 0; i < m->config.num_panels; i++)
		if (m->displays.panel[i].compositor.process.client.renderer[0])
			return m->displays.panel[i].compositor.process.client.renderer;
	return "";
}

static json_t *describe_gpu(const struct mediator *m, uint64_t now)
{
	const struct sched_stats *total = &m->clients.jobs.sched.total;

	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "renderer", renderer(m), "jobs",
			 count(total->jobs - m->clients.jobs.base.jobs), "busy_ratio",
			 number(busy_ratio(m, now)), "longest_job_ms",
			 number((double)total->longest_ns / NS_PER_MS), "longest_wait_ms",
			 number((double)total->longest_wait_ns / NS_PER_MS));
}

static json_t *describe_domid(const struct guest *g)
{
	return guest_is_present(g) ? count(g->domid) : json_null();
}

static json_t *describe_frame_ms(const struct present_stats *s)
{
	return json_pack("{s:o, s:o, s:o}", "p50", number((double)s->p50_us / 1000.0), "p99",
			 number((double)s->p99_us / 1000.0), "max",
			 number((double)s->max_us / 1000.0));
}

/* Nanoseconds in milliseconds, or null when there is no such number. */
static json_t *ms_or_null(int64_t ns, bool known)
{
	return known ? json_real((double)(ns / 1000) / 1000.0) : json_null();
}

/* Whether its picture is fresh and true. */
static json_t *describe_picture(const struct panel_display *d, uint64_t now)
{
	const struct truth_monitor *m = &d->monitor.truth;
	const struct truth_stats *s = &m->stats;

	return json_pack(
		"{s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "state",
		truth_state_name(m->state), "reason", truth_reason_text(m->reason), "shown",
		d->shows == SHOWS_FRAMES  ? "guest"
		: d->monitor.confirmed_ns ? "safe"
					  : "changing",
		"announced", (int)m->announced, "age_ms",
		ms_or_null((int64_t)(now - m->frame_ns), m->frame_ns), "progress_age_ms",
		ms_or_null((int64_t)(now - m->progress_ns), m->progress_ns), "timeout_ms",
		ms_or_null((int64_t)m->timeout_ns, m->timeout_ns), "verifications",
		count(s->verifications), "mismatches", count(s->mismatches), "warnings",
		count(s->warnings), "freezes", count(s->freezes), "returns", count(s->returns),
		"longest_until_safe_ms", number((double)d->monitor.longest_ns / NS_PER_MS));
}

static json_t *describe_display(const struct mediator *m, const struct config_display *d,
				uint64_t now)
{
	const struct guest *g = &m->guests.guest[d->guest];
	const struct panel *panel = &m->displays.panel[d->panel];
	uint32_t slot = g->source->display[d->scanout].slot;
	struct present_stats s;

	present_stats(&panel->present, slot, now, &s);
	return json_pack(
		"{s:s, s:s, s:o, s:o, s:s, s:[iiii], s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
		"name", d->name, "guest", g->config->name, "domid", describe_domid(g), "priority",
		count(d->priority), "panel", panel->config->connector, "region", (int)d->region.x,
		(int)d->region.y, (int)d->region.width, (int)d->region.height, "frame_period_us",
		count(d->frame_period_us), "frames", count(s.frames), "fps", number(s.fps),
		"recent_fps", number(s.recent_fps), "missed", count(s.missed), "superseded",
		count(s.superseded), "frame_ms", describe_frame_ms(&s), "picture",
		describe_picture(&panel->display[slot], now));
}

/* Measured beside declared: a wrong declaration voids the promise. */
static void describe_declared(json_t *jobs, const struct client *c)
{
	const struct sched_client *s = c->sched;
	const struct sched_params *p = &s->params;
	json_t *more = json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "declared_ms",
		ms_or_null((int64_t)p->job_ns, p->job_ns), "overruns", count(s->stats.overruns),
		"kill_ms", ms_or_null((int64_t)p->kill_ns, p->kill_ns), "budget_left_ms",
		ms_or_null(sched_budget_left(&c->all->jobs.sched, s, clock_ns()), p->budget_ns),
		"throttled", count(s->stats.throttled), "frames", count(s->stats.frames), "late",
		count(s->stats.late), "longest_frame_ms",
		number((double)s->stats.longest_frame_ns / NS_PER_MS), "most_per_frame",
		count(s->stats.most_frame_jobs));

	json_object_update(jobs, more);
	json_decref(more);
}

static json_t *describe_jobs(const struct client *c)
{
	const struct sched_stats none = {0};
	const struct sched_stats *s = c->sched ? &c->sched->stats : &none;

	json_t *jobs = json_pack("{s:o, s:o, s:o, s:o, s:o}", "count", count(s->jobs), "gpu_ms",
				 number((double)s->busy_ns / NS_PER_MS), "longest_ms",
				 number((double)s->longest_ns / NS_PER_MS), "waited_ms",
				 number((double)s->waited_ns / NS_PER_MS), "longest_wait_ms",
				 number((double)s->longest_wait_ns / NS_PER_MS));

	if (jobs && c->sched)
		describe_declared(jobs, c);
	return jobs;
}

static json_t *describe_counters(const struct gpum_state *s)
{
	return json_pack(
		"{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "xenbus_state",
		count(s->xenbus_state), "contexts", count(s->contexts), "resources",
		count(s->resources), "resource_bytes", count(s->resource_bytes), "granted_pages",
		count(s->granted_pages), "grant_maps", count(s->grant_maps), "notifications_in",
		count(s->notifications_in), "notifications_out", count(s->notifications_out),
		"commands", count(s->commands), "rejected", count(s->rejected), "cuts",
		count(s->cuts), "events_delayed", count(s->events_delayed));
}

static json_t *describe_pid(const struct client *c)
{
	return client_running(c) ? count((uint64_t)c->pid) : json_null();
}

/* A guest's frames on two displays may interleave, so their jobs add up. */
static json_t *describe_segments(const struct guest *g)
{
	uint32_t segments = 0;

	for (uint32_t i = 0; i < g->config->num_displays; i++)
		segments += g->all->config->display[g->config->display[i]].segments;
	return count(segments);
}

static json_t *describe_guest(struct guest *g)
{
	uint64_t ban_ns = strikes_banned(&g->life.strikes, clock_ns());

	return json_pack("{s:s, s:o, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "name", g->config->name, "domid", describe_domid(g), "state",
			 guest_state_name(g->life.state), "pid", describe_pid(&g->backend),
			 "sandbox", status_sandbox(&g->backend), "renderer", g->backend.renderer,
			 "strikes", count(g->life.strikes.total), "bans",
			 count(g->life.strikes.bans), "banned_ms", count(ban_ns / 1000000),
			 "last_fault", g->last_fault[0] ? json_string(g->last_fault) : json_null(),
			 "buffers", count(g->source->buffers.announced), "counters",
			 describe_counters(&g->counters), "jobs", describe_jobs(&g->backend),
			 "segments_per_frame", describe_segments(g));
}

static json_t *describe_panel(const struct panel *p)
{
	json_t *panel = json_pack("{s:s, s:o, s:o, s:o, s:s, s:b, s:b}", "connector",
				  p->config->connector, "width", count(p->config->width), "height",
				  count(p->config->height), "refresh_hz",
				  count(p->config->refresh_hz), "output", p->output->ops->name,
				  "composed", (int)p->config->composed, "dark", (int)p->dark);

	if (panel && p->config->composed)
		json_object_set_new(
			panel, "compositor",
			json_pack("{s:o, s:o, s:o, s:s, s:o}", "pid",
				  describe_pid(&p->compositor.process.client), "sandbox",
				  status_sandbox(&p->compositor.process.client), "restarts",
				  count(p->compositor.process.restarts), "renderer",
				  p->compositor.process.client.renderer, "jobs",
				  describe_jobs(&p->compositor.process.client)));
	return panel;
}

static json_t *describe_watchdog(const struct mediator *m, uint64_t now)
{
	const struct watchdog *w = &m->displays.watchdog;

	if (!m->config.watchdog[0])
		return json_null();
	return json_pack("{s:s, s:o, s:o}", "device", m->config.watchdog, "feeds", count(w->feeds),
			 "age_ms", ms_or_null((int64_t)(now - w->fed_ns), w->fed_ns));
}

static json_t *describe_verifier(const struct mediator *m)
{
	const struct respawn *r = &m->displays.verifier.process;
	const struct client *c = &r->client;

	if (!verifier_exists(&m->displays.verifier))
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:s, s:o}", "pid", describe_pid(c), "sandbox",
			 status_sandbox(c), "restarts", count(r->restarts), "reader", c->renderer,
			 "jobs", describe_jobs(c));
}

static json_t *describe_driver_domain(const struct mediator *m)
{
	if (!m->guests.have_domid)
		return json_pack("{s:n, s:n}", "domid", "is_dom0");
	return json_pack("{s:o, s:b}", "domid", count(m->guests.domid), "is_dom0",
			 m->guests.domid == 0);
}

json_t *status_describe(struct mediator *m)
{
	uint64_t now = clock_ns();
	json_t *displays = json_array(), *guests = json_array(), *panels = json_array();

	for (uint32_t i = 0; i < m->config.num_displays; i++)
		json_array_append_new(displays, describe_display(m, &m->config.display[i], now));
	for (uint32_t i = 0; i < m->config.num_guests; i++)
		json_array_append_new(guests, describe_guest(&m->guests.guest[i]));
	for (uint32_t i = 0; i < m->config.num_panels; i++)
		json_array_append_new(panels, describe_panel(&m->displays.panel[i]));
	return json_pack("{s:s, s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "version", GPUM_VERSION, "pid", (int)getpid(), "board", m->board, "policy",
			 m->config.policy->name, "promise", admission_word(m->admission.verdict),
			 "uptime_s", number((double)(now - m->started_ns) / NS_PER_S), "duration_s",
			 number((double)(now - m->window_ns) / NS_PER_S), "driver_domain",
			 describe_driver_domain(m), "gpu", describe_gpu(m, now), "displays",
			 displays, "guests", guests, "panels", panels, "watchdog",
			 describe_watchdog(m, now), "verifier", describe_verifier(m));
}

void status_reset(struct mediator *m)
{
	uint64_t now = clock_ns();

	for (uint32_t i = 0; i < m->config.num_panels; i++)
		for (uint32_t d = 0; d < m->config.panel[i].num_displays; d++)
			present_stats_reset(&m->displays.panel[i].present, d, now);
	m->clients.jobs.base = m->clients.jobs.sched.total;
	m->clients.jobs.base_busy_ns = sched_busy_ns(&m->clients.jobs.sched, now);
	m->window_ns = now;
}
