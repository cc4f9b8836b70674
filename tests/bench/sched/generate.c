/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "mediator/admission/admission.h"
#include "tests/bench/sched/bench.h"

const char *const bench_class_names[BENCH_CLASSES] = {"plain", "kills", "gates", "gaps"};

static uint32_t between(struct sim_random *r, uint64_t low, uint64_t high)
{
	return (uint32_t)sim_random_between(r, low, high);
}

static uint32_t draw_period_us(struct sim_random *r)
{
	static const uint32_t usual[] = {16667, 16667, 33333, 50000, 66667, 100000};

	if (between(r, 0, 2))
		return usual[between(r, 0, sizeof(usual) / sizeof(usual[0]) - 1)];
	return between(r, 16667, 120000);
}

static void draw_display(struct sim_random *r, enum bench_class class, uint32_t i,
			 struct config_display *d)
{
	snprintf(d->name, sizeof(d->name), "d%u", i);
	d->reg = i;
	d->guest = i;
	d->priority = i && !between(r, 0, 5) ? i - 1 : i;
	d->frame_period_us = i ? draw_period_us(r) : 16667;
	d->deadline_us = between(r, 0, 1) ? d->frame_period_us
					  : between(r, d->frame_period_us / 2, d->frame_period_us);
	d->jitter_us = between(r, 0, 2) ? 0 : between(r, 0, d->frame_period_us / 8);
	d->segments = 1;
	if (class == BENCH_GAPS && between(r, 0, 1)) {
		d->segments = between(r, 2, 4);
		d->segment_gap_us = between(r, 100, 2000);
	}
	d->slack_gate = class == BENCH_GATES && (!i || !between(r, 0, 3));
}

static void draw_guest(struct sim_random *r, enum bench_class class, uint32_t use_permille,
		       const struct config_display *d, uint32_t i, struct config_guest *g)
{
	snprintf(g->name, sizeof(g->name), "g%u", i);
	g->display[0] = i;
	g->num_displays = 1;
	g->priority = d->priority;
	g->weight = between(r, 1, 4);
	g->max_job_us = d->frame_period_us / 1000 * use_permille / d->segments;
	if (g->max_job_us < 50)
		g->max_job_us = 50;
	if (class == BENCH_KILLS)
		g->kill_time_us = g->max_job_us + between(r, 0, g->max_job_us / 4);
	/* Twice the need; admission decides whether that suffices. */
	if (between(r, 0, 1)) {
		g->budget_period_us = d->frame_period_us;
		g->budget_us = 2 * g->max_job_us * d->segments + 200;
		if (g->budget_us > g->budget_period_us)
			g->budget_us = g->budget_period_us = 0;
	}
}

/* Draw uneven shares of the GPU with a sum of about `permille`. */
static void draw_shares(struct sim_random *r, uint32_t n, uint32_t permille, uint32_t *share)
{
	uint32_t part[CONFIG_MAX_GUESTS], sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += part[i] = between(r, 1, 100);
	for (uint32_t i = 0; i < n; i++)
		share[i] = permille * part[i] / sum + 1;
}

static void draw(struct sim_random *r, enum bench_class class, struct config *c)
{
	uint32_t share[CONFIG_MAX_GUESTS];

	memset(c, 0, sizeof(*c));
	c->policy = &sched_fixed_priority;
	c->costs.switch_ns = between(r, 0, 100) * US;
	c->costs.latency_ns = between(r, 0, 200) * US;
	c->costs.watchdog_ns = class == BENCH_KILLS ? between(r, 0, 200) * US : 0;
	c->costs.reset_ns = class == BENCH_KILLS ? between(r, 0, 500) * US : 0;
	c->num_panels = 1;
	snprintf(c->panel[0].connector, sizeof(c->panel[0].connector), "Virtual-1");
	c->panel[0].refresh_hz = 60;
	c->panel[0].composed = !between(r, 0, 2);
	c->panel[0].compose_us = c->panel[0].composed ? between(r, 100, 1000) : 0;
	c->num_guests = c->num_displays = between(r, 2, 12);
	draw_shares(r, c->num_guests, between(r, 200, 900), share);
	for (uint32_t i = 0; i < c->num_guests; i++) {
		draw_display(r, class, i, &c->display[i]);
		if (i < CONFIG_PANEL_DISPLAYS)
			c->panel[0].display[c->panel[0].num_displays++] = i;
		draw_guest(r, class, share[i], &c->display[i], i, &c->guest[i]);
	}
}

uint32_t bench_generate(struct sim_random *random, enum bench_class class, struct config *out)
{
	struct admission a;

	for (uint32_t refused = 0;; refused++) {
		draw(random, class, out);
		admission_evaluate(out, &a);
		if (a.verdict == ADMISSION_HOLDS)
			return refused;
	}
}
