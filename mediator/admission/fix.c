/* SPDX-License-Identifier: MIT */
/*
 * Search the smallest change with which all displays hold. For each way to change a configuration,
 * bisection on a copy finds the value nearest to the declared one that works. Each proposal has
 * been evaluated as a whole configuration.
 */
#include <stdio.h>
#include <string.h>

#include "mediator/admission/internal.h"

_Static_assert(ADMISSION_MAX_CHANGES >= 2u * CONFIG_MAX_GUESTS + CONFIG_MAX_PANELS,
	       "two properties of each guest and one of each panel fit");

struct search {
	const struct config *config;
	const struct admission_row *row; /* the most important row that fails */
	struct config changed;		 /* the configuration with the last change tried */
	struct admission result;	 /* its result */
};

/* A way to change s->changed; the search varies `value`. */
typedef void (*change_fn)(struct search *s, uint32_t value);

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int works(struct search *s, change_fn change, uint32_t value)
{
	s->changed = *s->config;
	change(s, value);
	admission_evaluate(&s->changed, &s->result);
	return s->result.verdict == ADMISSION_HOLDS;
}

/* Returns the largest working value of 1 to high - 1, if `high` does not work; 0: none works. */
static uint32_t largest(struct search *s, change_fn change, uint32_t high)
{
	uint32_t low = 1;

	if (high <= 1 || !works(s, change, low))
		return 0;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (works(s, change, middle))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Returns the smallest working value of low + 1 to high, if `low` does not work; 0: none works. */
static uint32_t smallest(struct search *s, change_fn change, uint32_t low, uint32_t high)
{
	if (high <= low || !works(s, change, high))
		return 0;
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (works(s, change, middle))
			high = middle;
		else
			low = middle;
	}
	return high;
}

static void cap_guest(struct config_guest *g, uint32_t value)
{
	g->max_job_us = least(g->max_job_us, value);
	g->kill_time_us = least(g->kill_time_us, value);
}

/* Returns the guest of the row, which must be a display's. */
static uint32_t guest_of(const struct search *s)
{
	return s->config->display[s->row->index].guest;
}

static int is_below(const struct search *s, uint32_t guest)
{
	return s->row->composition ||
	       s->config->guest[guest].priority > s->config->guest[guest_of(s)].priority;
}

static void cap_lower(struct search *s, uint32_t value)
{
	for (uint32_t i = 0; i < s->config->num_guests; i++)
		if (is_below(s, i))
			cap_guest(&s->changed.guest[i], value);
}

static void cap_own(struct search *s, uint32_t value)
{
	if (s->row->composition)
		s->changed.panel[s->row->index].compose_us = value;
	else
		cap_guest(&s->changed.guest[guest_of(s)], value);
}

static void cap_all(struct search *s, uint32_t value)
{
	for (uint32_t i = 0; i < s->config->num_guests; i++)
		cap_guest(&s->changed.guest[i], value);
	for (uint32_t i = 0; i < s->config->num_panels; i++)
		s->changed.panel[i].compose_us = least(s->changed.panel[i].compose_us, value);
}

static void add_gate(struct search *s, uint32_t value)
{
	(void)value;
	s->changed.display[s->row->index].slack_gate = 1;
}

static void raise_budget(struct search *s, uint32_t value)
{
	s->changed.guest[guest_of(s)].budget_us = value;
}

static void raise_deadline(struct search *s, uint32_t value)
{
	s->changed.display[s->row->index].deadline_us = value;
}

/*
 * Raise a shorter deadline to the new period, too, which gives the longer period its full effect.
 */
static void lengthen(struct config_display *d, uint32_t period)
{
	if (period <= d->frame_period_us)
		return;
	if (d->deadline_us < period)
		d->deadline_us = period;
	d->frame_period_us = period;
	if (d->freeze_timeout_ms && d->freeze_timeout_ms * UINT32_C(1000) < 2 * period)
		d->freeze_timeout_ms = (2 * period + 999) / 1000;
}

static void lengthen_own(struct search *s, uint32_t value)
{
	lengthen(&s->changed.display[s->row->index], value);
}

static void lengthen_all(struct search *s, uint32_t value)
{
	for (uint32_t i = 0; i < s->config->num_displays; i++)
		lengthen(&s->changed.display[i], value);
}

static uint32_t longest_of(const struct config_guest *g)
{
	return g->kill_time_us > g->max_job_us ? g->kill_time_us : g->max_job_us;
}

/* Returns the longest job, in us, that a way to cap jobs can shorten. */
static uint32_t longest_capped(const struct search *s, change_fn change)
{
	uint32_t longest = 0;

	if (change == cap_own && s->row->composition)
		return s->config->panel[s->row->index].compose_us;
	for (uint32_t i = 0; i < s->config->num_guests; i++) {
		if ((change == cap_lower && !is_below(s, i)) ||
		    (change == cap_own && i != guest_of(s)))
			continue;
		if (longest_of(&s->config->guest[i]) > longest)
			longest = longest_of(&s->config->guest[i]);
	}
	for (uint32_t i = 0; change == cap_all && i < s->config->num_panels; i++)
		if (s->config->panel[i].compose_us > longest)
			longest = s->config->panel[i].compose_us;
	return longest;
}

/*
 * Returns the largest budget that the other guests' budgets leave, in the arithmetic of
 * config_parse(), which has made sure that they leave some.
 */
static uint32_t largest_budget(const struct search *s)
{
	const uint64_t whole = UINT64_C(1) << 32;
	const struct config_guest *me = &s->config->guest[guest_of(s)];
	uint64_t used = 0;

	for (uint32_t i = 0; i < s->config->num_guests; i++) {
		const struct config_guest *g = &s->config->guest[i];

		if (g != me && g->budget_us)
			used += g->budget_us * whole / g->budget_period_us;
	}
	return (uint32_t)((whole - used) * me->budget_period_us / whole);
}

/* The smallest change so far: it multiplies or divides a value by `factor` thousandths. */
struct best {
	change_fn change;
	uint32_t value;
	uint64_t factor;
};

/* A gate costs the others time: prefer it to cutting their jobs by more than a quarter. */
#define GATE_FACTOR 1333u

static void consider(struct best *best, change_fn change, uint32_t from, uint32_t to)
{
	uint64_t factor = from > to ? from * UINT64_C(1000) / (to ? to : 1)
				    : to * UINT64_C(1000) / (from ? from : 1);

	/* The frame rate is the user's purpose, so it is given up last. */
	if (change == lengthen_own)
		factor *= 4;
	if (!to || (best->change && factor >= best->factor))
		return;
	*best = (struct best){change, to, factor};
}

static void consider_cap(struct search *s, struct best *best, change_fn change)
{
	uint32_t longest = longest_capped(s, change);

	consider(best, change, longest, largest(s, change, longest));
}

static void consider_display(struct search *s, struct best *best)
{
	const struct config_display *d = &s->config->display[s->row->index];

	if (!d->slack_gate && d->deadline_us <= d->frame_period_us && works(s, add_gate, 1))
		consider(best, add_gate, GATE_FACTOR, 1000);
	if (d->deadline_us < d->frame_period_us)
		consider(best, raise_deadline, d->deadline_us,
			 smallest(s, raise_deadline, d->deadline_us, d->frame_period_us));
	consider(best, lengthen_own, d->frame_period_us,
		 smallest(s, lengthen_own, d->frame_period_us, CONFIG_MAX_PERIOD_US));
}

static uint32_t shortest_period(const struct search *s)
{
	uint32_t shortest = CONFIG_MAX_PERIOD_US;

	for (uint32_t i = 0; i < s->config->num_displays; i++)
		shortest = least(shortest, s->config->display[i].frame_period_us);
	return shortest;
}

static int fix(struct search *s)
{
	struct best best = {0};

	if (s->row->verdict == ADMISSION_SHORT) {
		const struct config_guest *g = &s->config->guest[guest_of(s)];

		consider(&best, raise_budget, g->budget_us,
			 smallest(s, raise_budget, g->budget_us, largest_budget(s)));
	}
	consider_cap(s, &best, cap_lower);
	consider_cap(s, &best, cap_own);
	if (!s->row->composition)
		consider_display(s, &best);
	if (!best.change)
		consider_cap(s, &best, cap_all);
	if (!best.change)
		consider(&best, lengthen_all, shortest_period(s),
			 smallest(s, lengthen_all, shortest_period(s), CONFIG_MAX_PERIOD_US));
	if (!best.change)
		return 0;
	s->changed = *s->config;
	best.change(s, best.value);
	return 1;
}

static void note(const struct config *c, struct admission *a, const char *kind, const char *name,
		 const char *property, uint32_t from, uint32_t to)
{
	struct admission_change *change = &a->change[a->num_changes];

	if (from == to)
		return;
	snprintf(change->node, sizeof(change->node), "%s%s%s", c->path, kind, name);
	change->property = property;
	change->from = from;
	change->to = to;
	a->num_changes++;
}

static void note_displays(const struct config *c, const struct config *m, struct admission *a)
{
	for (uint32_t i = 0; i < c->num_displays; i++) {
		const struct config_display *from = &c->display[i], *to = &m->display[i];
		char name[16];

		snprintf(name, sizeof(name), "display@%x", from->reg);
		note(c, a, "/displays/", name, "frame-period-us", from->frame_period_us,
		     to->frame_period_us);
		note(c, a, "/displays/", name, "deadline-us", from->deadline_us, to->deadline_us);
		note(c, a, "/displays/", name, "freeze-timeout-ms", from->freeze_timeout_ms,
		     to->freeze_timeout_ms);
		note(c, a, "/displays/", name, "slack-gate", from->slack_gate, to->slack_gate);
	}
}

static void note_changes(const struct config *c, const struct config *m, struct admission *a)
{
	note_displays(c, m, a);
	for (uint32_t i = 0; i < c->num_guests; i++) {
		const struct config_guest *from = &c->guest[i], *to = &m->guest[i];

		note(c, a, "/guests/", from->node, "max-job-us", from->max_job_us, to->max_job_us);
		note(c, a, "/guests/", from->node, "kill-time-us", from->kill_time_us,
		     to->kill_time_us);
		note(c, a, "/guests/", from->node, "budget-us", from->budget_us, to->budget_us);
	}
	for (uint32_t i = 0; i < c->num_panels; i++)
		note(c, a, "/", c->panel[i].node, "compose-us", c->panel[i].compose_us,
		     m->panel[i].compose_us);
}

static void say_why(const struct config *c, const struct admission_row *row, char *text,
		    size_t size)
{
	const char *name =
		row->composition ? c->panel[row->index].connector : c->display[row->index].name;
	const char *what = row->composition ? "compositions" : "frames";
	unsigned long long deadline = row->deadline_ns / 1000;

	if (row->verdict == ADMISSION_SHORT)
		snprintf(text, size, "the budget of %s may hold back its %s", name, what);
	else if (row->response_ns == UINT64_MAX)
		snprintf(text, size, "nothing bounds how long %s of %s take (deadline %llu us)",
			 what, name, deadline);
	else
		snprintf(text, size, "%s of %s take up to %llu us (deadline %llu us)", what, name,
			 (unsigned long long)(row->response_ns + 999) / 1000, deadline);
}

static void say_change(const struct admission_change *change, int first, char *text, size_t size)
{
	/* note() has written a path. */
	const char *name = strrchr(change->node, '/') + 1;

	if (!first)
		snprintf(text, size, ", and %s of %s to %u", change->property, name, change->to);
	else if (!strcmp(change->property, "slack-gate")) /* a gate is always the only change */
		snprintf(text, size, "add %s;", change->property);
	else
		snprintf(text, size, "set it to %u", change->to);
}

static void describe(const struct config *c, const struct admission_row *row, struct admission *a)
{
	struct config_error *e = &a->error;
	const struct admission_change *first = &a->change[0];
	char why[160], found[24] = "nothing", allowed[40], fixes[200] = "";
	size_t used = 0;

	say_why(c, row, why, sizeof(why));
	if (!a->num_changes) {
		snprintf(e->node, sizeof(e->node), "%s", c->path);
		snprintf(e->message, sizeof(e->message),
			 "%s: found displays of which %s; allowed: all deadlines met; fix: no "
			 "single change is enough: declare shorter jobs, fewer segments or longer "
			 "periods",
			 e->node, why);
		return;
	}
	for (uint32_t i = 0; i < a->num_changes && used < sizeof(fixes) - 1; i++) {
		say_change(&a->change[i], i == 0, fixes + used, sizeof(fixes) - used);
		used += strlen(fixes + used);
	}
	if (strcmp(first->property, "slack-gate")) {
		snprintf(found, sizeof(found), "%u", first->from);
		snprintf(allowed, sizeof(allowed), "%u or %s", first->to,
			 first->to < first->from ? "less" : "more");
	} else {
		snprintf(allowed, sizeof(allowed), "slack-gate");
	}
	snprintf(e->node, sizeof(e->node), "%.*s", (int)sizeof(e->node) - 1, first->node);
	snprintf(e->property, sizeof(e->property), "%s", first->property);
	snprintf(e->message, sizeof(e->message),
		 "%.160s: %s: found %s, with which %.100s; allowed: %s; fix: %.100s", e->node,
		 e->property, found, why, allowed, fixes);
}

void admission_find_fix(const struct config *c, struct admission *a)
{
	struct search s = {.config = c};

	for (uint32_t i = 0; i < a->num_rows && !s.row; i++)
		if (a->row[i].verdict == ADMISSION_LATE || a->row[i].verdict == ADMISSION_SHORT)
			s.row = &a->row[i];
	if (fix(&s))
		note_changes(c, &s.changed, a);
	describe(c, s.row, a);
}
