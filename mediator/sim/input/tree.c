/* SPDX-License-Identifier: MIT */
#include "mediator/sim/input/tree.h"

#include <stdio.h>
#include <string.h>

#define US UINT64_C(1000)

_Static_assert(CONFIG_NAME_MAX <= SIM_NAME_MAX, "names of displays and guests");
_Static_assert(CONFIG_MAX_GUESTS + CONFIG_MAX_PANELS <= SIM_MAX_GUESTS, "SIM_MAX_GUESTS");
_Static_assert(CONFIG_MAX_DISPLAYS + CONFIG_MAX_PANELS <= SIM_MAX_STREAMS, "SIM_MAX_STREAMS");
_Static_assert(CONFIG_MAX_SEGMENTS <= SIM_MAX_SEGMENTS, "SIM_MAX_SEGMENTS");

/* The compositor has the highest priority, 0, so a guest's is one lower than in the tree. */
static uint32_t guest_priority(uint32_t priority)
{
	return priority + 1;
}

static void add_guest(const struct config_guest *from, const struct config *c,
		      struct sim_workload *out)
{
	struct sim_guest *g = &out->guest[out->num_guests++];

	sim_guest_init(g);
	memcpy(g->name, from->name, sizeof(from->name));
	g->priority = guest_priority(from->priority);
	g->weight = from->weight;
	g->max_job_ns = from->max_job_us * US;
	g->kill_ns = from->kill_time_us * US;
	g->budget_ns = from->budget_us * US;
	g->budget_period_ns = from->budget_period_us * US;
	for (uint32_t i = 0; i < from->num_displays; i++)
		g->gate |= c->display[from->display[i]].slack_gate;
}

static void add_display(const struct config_display *from, const struct config_guest *guest,
			enum sim_load load, uint32_t highest, uint64_t job_ns,
			struct sim_workload *out)
{
	struct sim_stream *s = &out->stream[out->num_streams++];

	sim_stream_init(s);
	memcpy(s->name, from->name, sizeof(from->name));
	s->guest = from->guest;
	s->num_segments = from->segments ? from->segments : 1;
	for (uint32_t i = 0; i < s->num_segments; i++) {
		s->job_min_ns[i] = s->job_max_ns[i] = job_ns;
		s->gap_ns[i] = i + 1 < s->num_segments ? from->segment_gap_us * US : 0;
	}
	s->period_ns = from->frame_period_us * US;
	if (load == SIM_LOAD_SATURATING && guest->priority != highest) {
		s->kind = SIM_SATURATING;
		return;
	}
	s->jitter_ns = from->jitter_us * US;
	s->deadline_ns = from->deadline_us ? from->deadline_us * US : s->period_ns;
	/* Just after the others have begun: the worst moment. */
	s->start_ns = 1;
}

static void add_compositor(const struct config_panel *panel, struct sim_workload *out)
{
	struct sim_guest *g = &out->guest[out->num_guests];
	struct sim_stream *s = &out->stream[out->num_streams++];

	sim_guest_init(g);
	snprintf(g->name, sizeof(g->name), "compositor-%.20s", panel->connector);
	g->max_job_ns = panel->compose_us * US;
	sim_stream_init(s);
	memcpy(s->name, g->name, sizeof(g->name));
	s->guest = out->num_guests++;
	s->period_ns = config_picture_period_ns(panel);
	s->deadline_ns = s->period_ns;
	s->num_segments = 1;
	s->job_min_ns[0] = s->job_max_ns[0] = g->max_job_ns;
	s->start_ns = 1;
}

const char *sim_tree(const struct config *c, enum sim_load load, uint64_t undeclared_job_ns,
		     struct sim_workload *out)
{
	uint32_t highest = UINT32_MAX;

	sim_workload_init(out);
	snprintf(out->policy, sizeof(out->policy), "%s", c->policy->name);
	out->switch_ns = c->costs.switch_ns;
	out->latency_ns = c->costs.latency_ns;
	out->watchdog_ns = c->costs.watchdog_ns;
	out->reset_ns = c->costs.reset_ns;
	for (uint32_t i = 0; i < c->num_guests; i++) {
		add_guest(&c->guest[i], c, out);
		if (c->guest[i].priority < highest)
			highest = c->guest[i].priority;
	}
	for (uint32_t i = 0; i < c->num_displays; i++) {
		const struct config_guest *g = &c->guest[c->display[i].guest];
		uint64_t job_ns = g->max_job_us ? g->max_job_us * US : undeclared_job_ns;

		if (!job_ns)
			return g->name;
		add_display(&c->display[i], g, load, highest, job_ns, out);
	}
	for (uint32_t i = 0; i < c->num_panels; i++)
		if (c->panel[i].composed && c->panel[i].compose_us)
			add_compositor(&c->panel[i], out);
	return NULL;
}
