/* SPDX-License-Identifier: MIT */
#include "mediator/config/relations.h"

#include <string.h>

#define NOBODY UINT32_MAX /* no guest owns the display yet */

static int conflict(const struct tree *t, int node, const char *property, const char *found,
		    const char *allowed, const char *fix)
{
	return tree_fail(t, node, property, CONFIG_ERR_CONFLICT, found, allowed, fix);
}

static int check_unique_name(const struct tree *t, const int *nodes, uint32_t i, uint32_t other,
			     const char *property, const char *name)
{
	char found[TREE_TEXT], path[TREE_TEXT];

	return conflict(t, nodes[i], property,
			tree_say(found, "\"%s\", the same as in %s", name,
				 tree_path(t, nodes[other], path)),
			"a name that no other node has",
			"choose another or remove one of the nodes");
}

static int check_panels(const struct tree *t, const struct config_nodes *nodes, struct config *c)
{
	for (uint32_t i = 0; i < c->num_panels; i++)
		for (uint32_t j = 0; j < i; j++)
			if (!strcmp(c->panel[i].connector, c->panel[j].connector))
				return check_unique_name(t, nodes->panel, i, j, "connector",
							 c->panel[i].connector);
	return 0;
}

static int overlap(const struct config_rect *a, const struct config_rect *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width && a->y < b->y + b->height &&
	       b->y < a->y + a->height;
}

/* The less important of two displays that overlap is the one to change. */
static int check_overlap(const struct tree *t, const struct config_nodes *nodes, struct config *c,
			 uint32_t one, uint32_t two)
{
	const int first = c->display[one].priority < c->display[two].priority;
	const uint32_t i = first ? two : one, j = first ? one : two;
	const struct config_display *a = &c->display[i], *b = &c->display[j];
	char found[TREE_TEXT], path[TREE_TEXT];

	if (a->panel != b->panel || !overlap(&a->region, &b->region))
		return 0;
	return conflict(t, nodes->display[i], "region",
			tree_say(found, "<%u %u %u %u>, which overlaps <%u %u %u %u> of %s",
				 a->region.x, a->region.y, a->region.width, a->region.height,
				 b->region.x, b->region.y, b->region.width, b->region.height,
				 tree_path(t, nodes->display[j], path)),
			"regions of one panel that have no pixel in common",
			"move or shrink one of the two");
}

static int check_displays(const struct tree *t, const struct config_nodes *nodes, struct config *c)
{
	char found[TREE_TEXT], path[TREE_TEXT];
	int status;

	for (uint32_t i = 0; i < c->num_displays; i++) {
		for (uint32_t j = 0; j < i; j++) {
			if (c->display[i].reg == c->display[j].reg)
				return conflict(t, nodes->display[i], "reg",
						tree_say(found, "<%u>, the same as in %s",
							 c->display[i].reg,
							 tree_path(t, nodes->display[j], path)),
						"a number that no other display has",
						"number the displays 0, 1, 2, ...");
			if (!strcmp(c->display[i].name, c->display[j].name))
				return check_unique_name(t, nodes->display, i, j, "label",
							 c->display[i].name);
			status = check_overlap(t, nodes, c, i, j);
			if (status)
				return status;
		}
	}
	return 0;
}

static int own_displays(const struct tree *t, const struct config_nodes *nodes, struct config *c,
			uint32_t guest)
{
	struct config_guest *g = &c->guest[guest];
	char found[TREE_TEXT], path[TREE_TEXT], other[TREE_TEXT];
	uint32_t gates = 0;

	g->priority = UINT32_MAX;
	for (uint32_t i = 0; i < g->num_displays; i++) {
		struct config_display *d = &c->display[g->display[i]];

		if (d->guest != NOBODY)
			return conflict(t, nodes->guest[guest], "displays",
					tree_say(found, "%s, which %s has already",
						 tree_path(t, nodes->display[g->display[i]], path),
						 tree_path(t, nodes->guest[d->guest], other)),
					"one owner per display", "remove it from one of the lists");
		d->guest = guest;
		d->scanout = i;
		if (d->priority < g->priority)
			g->priority = d->priority;
		gates += d->slack_gate;
		if (gates > 1)
			return conflict(t, nodes->display[g->display[i]], "slack-gate",
					"a second slack-gate in the displays of one guest",
					"one slack-gate per guest, whose jobs run in turn",
					"remove it from one of its displays");
	}
	return 0;
}

static int check_guests(const struct tree *t, const struct config_nodes *nodes, struct config *c)
{
	int status = 0;

	for (uint32_t i = 0; i < c->num_displays; i++)
		c->display[i].guest = NOBODY;
	for (uint32_t i = 0; i < c->num_guests && !status; i++) {
		for (uint32_t j = 0; j < i; j++)
			if (!strcmp(c->guest[i].name, c->guest[j].name))
				return check_unique_name(t, nodes->guest, i, j, "domain-name",
							 c->guest[i].name);
		status = own_displays(t, nodes, c, i);
	}
	for (uint32_t i = 0; i < c->num_displays && !status; i++)
		if (c->display[i].guest == NOBODY)
			status = conflict(t, nodes->display[i], "", "a display that no guest has",
					  "one owner per display",
					  "name it in a guest's displays or remove the node");
	return status;
}

/* Shares are fractions of 2^32, rounded down: three thirds do not exceed the whole. */
static int check_budgets(const struct tree *t, const struct config_nodes *nodes,
			 const struct config *c)
{
	const uint64_t whole = UINT64_C(1) << 32;
	uint64_t used = 0;

	for (uint32_t i = 0; i < c->num_guests; i++) {
		const struct config_guest *g = &c->guest[i];
		char found[TREE_TEXT], fix[TREE_TEXT];
		uint64_t share, fits;

		if (!g->budget_us)
			continue;
		share = g->budget_us * whole / g->budget_period_us;
		fits = (whole - used) * g->budget_period_us / whole;
		used += share;
		if (used <= whole)
			continue;
		return conflict(t, nodes->guest[i], "budget-us",
				tree_say(found, "%u, which makes all guests' budgets %u.%u %%",
					 g->budget_us, (uint32_t)(used * 100 / whole),
					 (uint32_t)(used * 1000 / whole % 10)),
				"100 % of the GPU in total",
				fits ? tree_say(fix, "lower it to %u, or lower another guest's",
						(uint32_t)fits)
				     : "lower another guest's budget");
	}
	return 0;
}

static void insert_by_priority(struct config_panel *p, const struct config *c, uint32_t display)
{
	uint32_t at = p->num_displays++;

	for (; at > 0; at--) {
		if (c->display[p->display[at - 1]].priority >= c->display[display].priority)
			break;
		p->display[at] = p->display[at - 1];
	}
	p->display[at] = display;
}

static int covers_panel(const struct config_display *d, const struct config_panel *p)
{
	return d->region.width == p->width && d->region.height == p->height;
}

static int fill_panels(const struct tree *t, const struct config_nodes *nodes, struct config *c)
{
	char found[TREE_TEXT], allowed[TREE_TEXT];

	for (uint32_t i = 0; i < c->num_displays; i++) {
		struct config_panel *p = &c->panel[c->display[i].panel];

		if (p->num_displays == CONFIG_PANEL_DISPLAYS)
			return conflict(
				t, nodes->display[i], "panel",
				tree_say(found, "one display too many on \"%s\"", p->connector),
				tree_say(allowed, "at most %u displays on a panel",
					 CONFIG_PANEL_DISPLAYS),
				"use another panel or remove a display");
		insert_by_priority(p, c, i);
	}
	for (uint32_t i = 0; i < c->num_panels; i++) {
		struct config_panel *p = &c->panel[i];

		if (!p->num_displays)
			return conflict(t, nodes->panel[i], "", "a panel that no display uses",
					"panels with a display",
					"refer to it in a display's panel or remove the node");
		p->composed = p->num_displays > 1 || !covers_panel(&c->display[p->display[0]], p);
	}
	return 0;
}

uint64_t config_picture_period_ns(const struct config_panel *panel)
{
	uint64_t refresh = UINT64_C(1000000000) / panel->refresh_hz;
	uint64_t refreshes = (panel->picture_period_us * UINT64_C(1000) + refresh / 2) / refresh;

	return (refreshes ? refreshes : 1) * refresh;
}

/* The progress of the first display feeds the watchdog, so its freezes must be looked for. */
static int check_watchdog(const struct tree *t, const struct config_nodes *nodes,
			  const struct config *c)
{
	char found[TREE_TEXT], path[TREE_TEXT];
	uint32_t first = config_first_display(c);

	if (!c->watchdog[0] || c->display[first].freeze_timeout_ms)
		return 0;
	return conflict(t, nodes->mediator, "watchdog",
			tree_say(found, "a watchdog, and no freeze-timeout-ms in %s",
				 tree_path(t, nodes->display[first], path)),
			"a display of the highest priority whose freezes are looked for",
			"add freeze-timeout-ms there, or remove the watchdog");
}

uint32_t config_first_display(const struct config *c)
{
	uint32_t first = 0;

	for (uint32_t i = 1; i < c->num_displays; i++)
		if (c->display[i].priority < c->display[first].priority)
			first = i;
	return first;
}

int config_relate(const struct tree *t, const struct config_nodes *nodes, struct config *c)
{
	int status = check_panels(t, nodes, c);

	if (!status)
		status = check_displays(t, nodes, c);
	if (!status)
		status = check_guests(t, nodes, c);
	if (!status)
		status = check_budgets(t, nodes, c);
	if (!status)
		status = check_watchdog(t, nodes, c);
	if (!status)
		status = fill_panels(t, nodes, c);
	return status;
}
