/* SPDX-License-Identifier: MIT */
#include "mediator/admission/admission.h"

#include <stdio.h>
#include <string.h>

#include "mediator/admission/internal.h"
#include "mediator/admission/response.h"

#define NS_PER_US    UINT64_C(1000)
#define NS_PER_S     UINT64_C(1000000000)
#define COMPOSITOR_0 1000u /* response_stream.client of panel 0's compositor; guests are below */

uint32_t admission_main_display(const struct config *c, uint32_t guest)
{
	const struct config_guest *g = &c->guest[guest];
	uint32_t best = g->display[0];

	for (uint32_t i = 0; i < g->num_displays; i++) {
		const struct config_display *d = &c->display[g->display[i]];

		if (d->slack_gate)
			return g->display[i];
		if (d->priority < c->display[best].priority)
			best = g->display[i];
	}
	return best;
}

/* Like present.c, round a period near a multiple of the tick to that, if it is shorter. */
static uint64_t shortest_period(const struct config *c, const struct config_display *d)
{
	uint64_t tick = NS_PER_S / c->panel[d->panel].refresh_hz;
	uint64_t period = d->frame_period_us * NS_PER_US;
	uint64_t whole = (period + tick / 2) / tick * tick;

	return whole && whole < period && period - whole <= period / 100 ? whole : period;
}

static void guest_job_params(const struct config *c, uint32_t guest, struct sched_params *p)
{
	const struct config_guest *g = &c->guest[guest];

	*p = (struct sched_params){.priority = sched_guest_priority(g->priority),
				   .weight = g->weight,
				   .job_ns = g->max_job_us * NS_PER_US,
				   .kill_ns = g->kill_time_us * NS_PER_US,
				   .budget_ns = g->budget_us * NS_PER_US,
				   .budget_period_ns = g->budget_period_us * NS_PER_US};
}

void admission_compositor_params(const struct config *c, uint32_t panel, struct sched_params *p)
{
	*p = (struct sched_params){.priority = SCHED_PRIORITY_COMPOSITOR,
				   .weight = 1,
				   .job_ns = c->panel[panel].compose_us * NS_PER_US,
				   .frame_period_ns = config_picture_period_ns(&c->panel[panel])};
}

void admission_guest_params(const struct config *c, const struct admission *a, uint32_t guest,
			    struct sched_params *p)
{
	uint32_t display = admission_main_display(c, guest);
	const struct config_display *d = &c->display[display];

	guest_job_params(c, guest, p);
	p->frame_period_ns = shortest_period(c, d);
	p->jitter_ns = d->jitter_us * NS_PER_US;
	p->deadline_ns = d->deadline_us * NS_PER_US;
	p->gate = d->slack_gate != 0;
	for (uint32_t i = 0; i < a->num_rows; i++)
		if (!a->row[i].composition && a->row[i].index == display &&
		    a->row[i].verdict != ADMISSION_OPEN)
			p->slack_ns = a->row[i].tolerance_ns;
}

static void display_stream(const struct config *c, const struct config_display *d,
			   struct response_stream *s)
{
	struct sched_params p;

	guest_job_params(c, d->guest, &p);
	*s = (struct response_stream){.priority = p.priority,
				      .client = d->guest,
				      .cost_ns = sched_enforced_cost(&c->costs, &p),
				      .segments = d->segments,
				      .gap_ns = d->segment_gap_us * NS_PER_US,
				      .period_ns = shortest_period(c, d),
				      .jitter_ns = d->jitter_us * NS_PER_US,
				      .deadline_ns = d->deadline_us * NS_PER_US,
				      .budget_ns = p.budget_ns,
				      .budget_period_ns = p.budget_period_ns,
				      .gate = d->slack_gate != 0,
				      .own_ns = p.job_ns + c->costs.switch_ns};
}

/*
 * A late picture is shown a tick later. Nobody sees that as long as each display still gets one
 * picture in each of its own periods. Best-effort displays do not count, unless the panel has no
 * others.
 */
static uint64_t shortest_of_panel(const struct config *c, uint32_t panel)
{
	const struct config_panel *p = &c->panel[panel];
	uint64_t promised = UINT64_MAX, any = UINT64_MAX;

	for (uint32_t i = 0; i < p->num_displays; i++) {
		const struct config_display *d = &c->display[p->display[i]];
		uint64_t period = shortest_period(c, d);

		any = period < any ? period : any;
		if (!d->best_effort && period < promised)
			promised = period;
	}
	return promised == UINT64_MAX ? any : promised;
}

static void panel_stream(const struct config *c, uint32_t panel, struct response_stream *s)
{
	struct sched_params params;

	admission_compositor_params(c, panel, &params);
	*s = (struct response_stream){.priority = params.priority,
				      .client = COMPOSITOR_0 + panel,
				      .cost_ns = sched_enforced_cost(&c->costs, &params),
				      .segments = 1,
				      .period_ns = params.frame_period_ns,
				      .deadline_ns = shortest_of_panel(c, panel)};
}

static uint32_t add_row(struct admission *a, struct response_stream *in,
			const struct response_stream *s, int composition, uint32_t index)
{
	uint32_t at = a->num_rows++;

	for (; at > 0 && in[at - 1].priority > s->priority; at--) {
		in[at] = in[at - 1];
		a->row[at] = a->row[at - 1];
	}
	in[at] = *s;
	a->row[at] = (struct admission_row){.composition = composition != 0,
					    .index = index,
					    .verdict = ADMISSION_OPEN,
					    .cost_ns = s->cost_ns,
					    .deadline_ns = s->deadline_ns};
	return at;
}

static void list_rows(const struct config *c, struct admission *a, struct response_stream *in)
{
	struct response_stream s;

	for (uint32_t i = 0; i < c->num_panels; i++) {
		if (!c->panel[i].composed)
			continue;
		panel_stream(c, i, &s);
		add_row(a, in, &s, 1, i);
	}
	for (uint32_t i = 0; i < c->num_displays; i++) {
		display_stream(c, &c->display[i], &s);
		add_row(a, in, &s, 0, i);
	}
}

/* While anybody may keep the GPU for an unknown time, nothing can be promised. */
static void find_reason(const struct config *c, struct admission *a)
{
	if (c->policy != &sched_fixed_priority) {
		snprintf(a->reason, sizeof(a->reason), "policy %s promises nothing",
			 c->policy->name);
		return;
	}
	for (uint32_t i = 0; i < c->num_guests; i++) {
		if (c->guest[i].max_job_us)
			continue;
		snprintf(a->reason, sizeof(a->reason), "guest %s declares no max-job-us",
			 c->guest[i].name);
		return;
	}
	for (uint32_t i = 0; i < c->num_panels; i++) {
		if (!c->panel[i].composed || c->panel[i].compose_us)
			continue;
		snprintf(a->reason, sizeof(a->reason),
			 "panel %s, which is composed, declares no compose-us",
			 c->panel[i].connector);
		return;
	}
}

static int is_best_effort(const struct config *c, const struct admission_row *row)
{
	return !row->composition && c->display[row->index].best_effort;
}

static void judge(const struct config *c, struct admission_row *row, const struct response *r)
{
	row->response_ns = r->response_ns;
	row->rogue_ns = r->rogue_ns;
	row->blocking_ns = r->blocking_ns;
	row->tolerance_ns = r->tolerates ? r->tolerance_ns : 0;
	row->verdict = r->response_ns <= row->deadline_ns ? ADMISSION_HOLDS : ADMISSION_LATE;
	if (is_best_effort(c, row))
		row->verdict = ADMISSION_EFFORT;
}

static void judge_budgets(const struct config *c, struct admission *a)
{
	for (uint32_t i = 0; i < a->num_rows; i++) {
		struct admission_row *row = &a->row[i];

		if (!row->composition && row->verdict == ADMISSION_HOLDS &&
		    !admission_budget_suffices(c, a, c->display[row->index].guest))
			row->verdict = ADMISSION_SHORT;
	}
}

void admission_evaluate(const struct config *c, struct admission *a)
{
	struct response_stream in[ADMISSION_MAX_ROWS];
	struct response out[ADMISSION_MAX_ROWS];

	memset(a, 0, sizeof(*a));
	list_rows(c, a, in);
	find_reason(c, a);
	for (uint32_t i = 0; i < a->num_rows; i++) {
		a->row[i].utilisation = response_utilisation(&in[i]);
		a->utilisation += a->row[i].utilisation;
	}
	a->verdict = ADMISSION_OPEN;
	if (a->reason[0])
		return;
	response_analyse(in, a->num_rows, c->costs.latency_ns, out);
	for (uint32_t i = 0; i < a->num_rows; i++)
		judge(c, &a->row[i], &out[i]);
	judge_budgets(c, a);
	a->verdict = ADMISSION_HOLDS;
	for (uint32_t i = 0; i < a->num_rows; i++)
		if (a->row[i].verdict != ADMISSION_EFFORT && a->row[i].verdict > a->verdict)
			a->verdict = a->row[i].verdict;
}

int admission_refused(const struct admission *a)
{
	return a->verdict == ADMISSION_LATE || a->verdict == ADMISSION_SHORT;
}

void admission_check(const struct config *c, struct admission *a)
{
	admission_evaluate(c, a);
	if (admission_refused(a))
		admission_find_fix(c, a);
}

const char *admission_word(enum admission_verdict verdict)
{
	switch (verdict) {
	case ADMISSION_HOLDS:
		return "holds";
	case ADMISSION_OPEN:
		return "not promised";
	case ADMISSION_EFFORT:
		return "best effort";
	case ADMISSION_LATE:
		return "late";
	case ADMISSION_SHORT:
		return "budget too small";
	default:
		return "unknown";
	}
}
