/* SPDX-License-Identifier: MIT */
#include "mediator/config/entries.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#define US_PER_S    1000000u
#define MAX_REG	    255u
#define DOMAIN_ZERO "Domain-0"

static const char *const panel_properties[] = {"connector", "mode", "compose-us",
					       "picture-period-us", NULL};
static const char *const display_properties[] = {"reg",
						 "label",
						 "panel",
						 "region",
						 "priority",
						 "frame-period-us",
						 "freeze-timeout-ms",
						 "safe-picture",
						 "announce",
						 "telltales",
						 "check-interval-ms",
						 "deadline-us",
						 "jitter-us",
						 "segments-per-frame",
						 "segment-gap-us",
						 "slack-gate",
						 "best-effort",
						 NULL};
static const char *const guest_properties[] = {"domain-name",
					       "displays",
					       "weight",
					       "max-job-us",
					       "kill-time-us",
					       "budget-us",
					       "budget-period-us",
					       "memory-mib",
					       "max-contexts",
					       "max-resources",
					       "max-granted-mib",
					       "max-command-kib",
					       "max-events-per-second",
					       "max-log-lines-per-minute",
					       "ban-ms",
					       "max-job-draws",
					       NULL};

/* Decimal without sign or leading zero, 1 to 5 digits; advances *text. 0: there is none. */
static uint32_t read_decimal(const char **text)
{
	uint32_t value = 0;
	int digits = 0;

	while (**text >= '0' && **text <= '9' && digits < 5 && (value || **text != '0')) {
		value = value * 10 + (uint32_t)(**text - '0');
		(*text)++;
		digits++;
	}
	return value;
}

static int in_range(uint32_t value, uint32_t min, uint32_t max)
{
	return value >= min && value <= max;
}

static int parse_mode(const char *text, struct config_panel *p)
{
	p->width = read_decimal(&text);
	if (*text++ != 'x')
		return 0;
	p->height = read_decimal(&text);
	if (*text++ != '@')
		return 0;
	p->refresh_hz = read_decimal(&text);
	return !*text && in_range(p->width, CONFIG_MIN_SIDE, CONFIG_MAX_SIDE) &&
	       in_range(p->height, CONFIG_MIN_SIDE, CONFIG_MAX_SIDE) &&
	       in_range(p->refresh_hz, 1, CONFIG_MAX_REFRESH_HZ);
}

static int read_panel_times(const struct tree *t, int node, struct config_panel *p)
{
	static const struct tree_number compose = {.name = "compose-us",
						   .min = 1,
						   .max = CONFIG_MAX_JOB_US,
						   .example = "compose-us = <3000>;"};
	const struct tree_number period = {
		.name = "picture-period-us",
		.min = US_PER_S / p->refresh_hz,
		.max = CONFIG_MAX_PERIOD_US,
		.fallback = US_PER_S / p->refresh_hz,
		.example = "picture-period-us = <33333>;",
	};
	int status = tree_get_number(t, node, &compose, &p->compose_us);

	return status ? status : tree_get_number(t, node, &period, &p->picture_period_us);
}

int config_read_panel(const struct tree *t, int node, struct config_panel *p)
{
	static const char example[] = "mode = \"1280x720@60\";";
	char found[TREE_TEXT], allowed[TREE_TEXT];
	const char *mode;
	int status = tree_check_properties(t, node, panel_properties);

	tree_node_name(t, node, p->node);
	if (!status)
		status = tree_get_name(t, node, "connector", 1, "-_.", "connector = \"Virtual-1\";",
				       p->connector);
	if (!status)
		status = tree_get_string(t, node, "mode", example, &mode);
	if (status)
		return status;
	if (!mode)
		return tree_missing(t, node, "mode", example);
	if (parse_mode(mode, p))
		return read_panel_times(t, node, p);
	return tree_fail(t, node, "mode", CONFIG_ERR_VALUE,
			 tree_value(mode, (int)strlen(mode) + 1, found),
			 tree_say(allowed, "WIDTHxHEIGHT@HZ, sides of %u to %u pixels, 1 to %u Hz",
				  CONFIG_MIN_SIDE, CONFIG_MAX_SIDE, CONFIG_MAX_REFRESH_HZ),
			 "write it like mode = \"1280x720@60\";");
}

/* Which of the nodes a phandle means; `what` and `fix` are words for the message. */
static int find_node(const struct tree *t, int node, const char *property, uint32_t phandle,
		     const int *nodes, uint32_t count, const char *what, const char *fix,
		     uint32_t *out)
{
	int target = fdt_node_offset_by_phandle(t->fdt, phandle);
	char found[TREE_TEXT], path[TREE_TEXT];

	for (uint32_t i = 0; target >= 0 && i < count; i++) {
		if (nodes[i] != target)
			continue;
		*out = i;
		return 0;
	}
	if (target < 0)
		tree_say(found, "<%u>, which is no node's phandle", phandle);
	else
		tree_say(found, "a reference to %.140s", tree_path(t, target, path));
	return tree_fail(t, node, property, CONFIG_ERR_VALUE, found, what, fix);
}

static int read_region(const struct tree *t, int node, const struct config_panel *p,
		       struct config_rect *r)
{
	static const char example[] = "region = <0 0 1280 400>;";
	char found[TREE_TEXT], allowed[TREE_TEXT];
	uint32_t cells[4], count;
	int status = tree_get_cells(t, node, "region", 4, 4, example, cells, &count);

	if (status)
		return status;
	if (!count) {
		*r = (struct config_rect){0, 0, p->width, p->height};
		return 0;
	}
	*r = (struct config_rect){cells[0], cells[1], cells[2], cells[3]};
	if (in_range(r->width, CONFIG_MIN_SIDE, p->width) && r->x <= p->width - r->width &&
	    in_range(r->height, CONFIG_MIN_SIDE, p->height) && r->y <= p->height - r->height)
		return 0;
	return tree_fail(t, node, "region", CONFIG_ERR_VALUE,
			 tree_say(found, "<%u %u %u %u>", r->x, r->y, r->width, r->height),
			 tree_say(allowed,
				  "x y width height inside the panel's %ux%u, sides of %u or more",
				  p->width, p->height, CONFIG_MIN_SIDE),
			 "move or shrink it, or leave it out to use the whole panel");
}

static int read_times(const struct tree *t, int node, const struct config_panel *p,
		      struct config_display *d)
{
	uint32_t refresh_us = (US_PER_S + p->refresh_hz / 2) / p->refresh_hz;
	struct tree_number period = {
		.name = "frame-period-us",
		.min = p->picture_period_us,
		.max = CONFIG_MAX_PERIOD_US,
		.fallback = p->picture_period_us > refresh_us ? p->picture_period_us : refresh_us,
		.example = "frame-period-us = <33333>;",
	};
	struct tree_number freeze = {
		.name = "freeze-timeout-ms",
		.max = CONFIG_MAX_FREEZE_MS,
		.example = "freeze-timeout-ms = <500>;",
	};
	int status = tree_get_number(t, node, &period, &d->frame_period_us);

	if (status)
		return status;
	/* A display is not frozen before it could have missed a frame. */
	freeze.min = (2 * d->frame_period_us + 999) / 1000;
	return tree_get_number(t, node, &freeze, &d->freeze_timeout_ms);
}

/* What a frame needs of the GPU, and by when: docs/scheduling.md. */
static int read_demand(const struct tree *t, int node, struct config_display *d)
{
	const struct tree_number deadline = {.name = "deadline-us",
					     .min = 1,
					     .max = CONFIG_MAX_PERIOD_US,
					     .fallback = d->frame_period_us,
					     .example = "deadline-us = <16667>;"};
	const struct tree_number jitter = {.name = "jitter-us",
					   .max = d->frame_period_us - 1,
					   .example = "jitter-us = <500>;"};
	static const struct tree_number segments = {.name = "segments-per-frame",
						    .min = 1,
						    .max = CONFIG_MAX_SEGMENTS,
						    .fallback = 1,
						    .example = "segments-per-frame = <3>;"};
	static const struct tree_number gap = {.name = "segment-gap-us",
					       .max = CONFIG_MAX_PERIOD_US,
					       .example = "segment-gap-us = <300>;"};
	int status = tree_get_number(t, node, &deadline, &d->deadline_us);

	if (!status)
		status = tree_get_number(t, node, &jitter, &d->jitter_us);
	if (!status)
		status = tree_get_number(t, node, &segments, &d->segments);
	if (!status)
		status = tree_get_number(t, node, &gap, &d->segment_gap_us);
	if (!status)
		status = tree_get_flag(t, node, "slack-gate", &d->slack_gate);
	if (!status)
		status = tree_get_flag(t, node, "best-effort", &d->best_effort);
	return status;
}

/*
 * A gate is closed and opened by the one frame that is being drawn; and where a frame comes back
 * to the GPU several times, it must be over before the next one begins.
 */
static int check_demand(const struct tree *t, int node, const struct config_display *d)
{
	char found[TREE_TEXT], allowed[TREE_TEXT];

	if (d->segment_gap_us && d->segments == 1)
		return tree_fail(t, node, "segment-gap-us", CONFIG_ERR_CONFLICT,
				 "a gap in frames of one segment", "it beside segments-per-frame",
				 "add segments-per-frame = <2>; or remove it");
	if (d->best_effort && d->slack_gate)
		return tree_fail(t, node, "best-effort", CONFIG_ERR_CONFLICT,
				 "it beside slack-gate, which keeps a deadline", "one of the two",
				 "remove one of them");
	if (d->deadline_us <= d->frame_period_us || (!d->slack_gate && !d->segment_gap_us))
		return 0;
	return tree_fail(
		t, node, "deadline-us", CONFIG_ERR_CONFLICT, tree_say(found, "%u", d->deadline_us),
		tree_say(allowed,
			 "at most frame-period-us, %u, beside slack-gate or segment-gap-us",
			 d->frame_period_us),
		"lower it, or leave it out for the frame period");
}

/* What follows the @ must be reg, in hexadecimal: people find nodes by it. */
static int check_unit_address(const struct tree *t, int node, uint32_t reg)
{
	char expected[TREE_TEXT], found[TREE_TEXT];

	tree_say(expected, "display@%x", reg);
	if (!strcmp(tree_name(t, node), expected))
		return 0;
	return tree_fail(t, node, "reg", CONFIG_ERR_VALUE,
			 tree_say(found, "%u in a node of that name", reg),
			 "the number after the @, which is hexadecimal", "change one of the two");
}

int config_read_display(const struct tree *t, int node, const struct config_nodes *nodes,
			const struct config *c, struct config_display *d)
{
	static const struct tree_number reg = {
		.name = "reg", .max = MAX_REG, .required = 1, .example = "reg = <0>;"};
	static const struct tree_number priority = {.name = "priority",
						    .max = CONFIG_MAX_PRIORITY,
						    .required = 1,
						    .example = "priority = <0>; (the highest)"};
	static const char example[] = "panel = <&panel>;";
	uint32_t phandle, count;
	int status = tree_check_properties(t, node, display_properties);

	if (!status)
		status = tree_get_number(t, node, &reg, &d->reg);
	if (!status)
		status = check_unit_address(t, node, d->reg);
	if (status)
		return status;
	snprintf(d->name, sizeof(d->name), "display%u", d->reg);
	status = tree_get_name(t, node, "label", 0, "-_", "label = \"cluster\";", d->name);
	if (!status)
		status = tree_get_cells(t, node, "panel", 1, 1, example, &phandle, &count);
	if (!status && !count)
		status = tree_missing(t, node, "panel", example);
	if (!status)
		status = find_node(t, node, "panel", phandle, nodes->panel, c->num_panels,
				   "a reference to a panel of this gpu-mediator node",
				   "write it like panel = <&panel>;", &d->panel);
	if (!status)
		status = read_region(t, node, &c->panel[d->panel], &d->region);
	if (!status)
		status = tree_get_number(t, node, &priority, &d->priority);
	if (!status)
		status = read_times(t, node, &c->panel[d->panel], d);
	if (!status)
		status = config_read_truth(t, node, d);
	if (!status)
		status = read_demand(t, node, d);
	if (!status)
		status = check_demand(t, node, d);
	return status;
}

static int read_owned(const struct tree *t, int node, const struct config_nodes *nodes,
		      const struct config *c, struct config_guest *g)
{
	static const char example[] = "displays = <&cluster>;";
	uint32_t phandles[GPUM_MAX_SCANOUTS];
	int status = tree_get_cells(t, node, "displays", 1, GPUM_MAX_SCANOUTS, example, phandles,
				    &g->num_displays);

	if (!status && !g->num_displays)
		status = tree_missing(t, node, "displays", example);
	for (uint32_t i = 0; i < g->num_displays && !status; i++)
		status =
			find_node(t, node, "displays", phandles[i], nodes->display, c->num_displays,
				  "references to displays of this gpu-mediator node",
				  "write it like displays = <&cluster>;", &g->display[i]);
	return status;
}

static int read_budget(const struct tree *t, int node, struct config_guest *g)
{
	static const struct tree_number budget = {.name = "budget-us",
						  .min = 1,
						  .max = CONFIG_MAX_PERIOD_US,
						  .example = "budget-us = <6000>;"};
	static const struct tree_number period = {.name = "budget-period-us",
						  .min = 1,
						  .max = CONFIG_MAX_PERIOD_US,
						  .example = "budget-period-us = <33333>;"};
	char found[TREE_TEXT], allowed[TREE_TEXT];
	int status = tree_get_number(t, node, &budget, &g->budget_us);

	if (!status)
		status = tree_get_number(t, node, &period, &g->budget_period_us);
	if (status)
		return status;
	if (g->budget_us && !g->budget_period_us)
		return tree_missing(t, node, period.name, period.example);
	if (g->budget_period_us && !g->budget_us)
		return tree_missing(t, node, budget.name, budget.example);
	if (g->budget_us <= g->budget_period_us)
		return 0;
	return tree_fail(t, node, "budget-us", CONFIG_ERR_CONFLICT,
			 tree_say(found, "%u", g->budget_us),
			 tree_say(allowed, "1 to budget-period-us, %u", g->budget_period_us),
			 "lower the budget or lengthen its period");
}

static int read_jobs(const struct tree *t, int node, struct config_guest *g)
{
	static const struct tree_number weight = {.name = "weight",
						  .min = 1,
						  .max = CONFIG_MAX_WEIGHT,
						  .fallback = 1,
						  .example = "weight = <2>;"};
	static const struct tree_number job = {.name = "max-job-us",
					       .min = 1,
					       .max = CONFIG_MAX_JOB_US,
					       .example = "max-job-us = <4000>;"};
	static const struct tree_number kill = {.name = "kill-time-us",
						.min = 1,
						.max = CONFIG_MAX_JOB_US,
						.example = "kill-time-us = <8000>;"};
	static const struct tree_number draws = {.name = "max-job-draws",
						 .min = 1,
						 .max = CONFIG_MAX_DRAWS,
						 .example = "max-job-draws = <32>;"};
	char found[TREE_TEXT], allowed[TREE_TEXT];
	int status = tree_get_number(t, node, &weight, &g->weight);

	if (!status)
		status = tree_get_number(t, node, &draws, &g->max_job_draws);
	if (!status)
		status = tree_get_number(t, node, &job, &g->max_job_us);
	if (!status)
		status = tree_get_number(t, node, &kill, &g->kill_time_us);
	if (status || !g->kill_time_us)
		return status;
	if (!g->max_job_us)
		return tree_missing(t, node, job.name, job.example);
	if (g->kill_time_us >= g->max_job_us)
		return 0;
	return tree_fail(t, node, kill.name, CONFIG_ERR_CONFLICT,
			 tree_say(found, "%u", g->kill_time_us),
			 tree_say(allowed, "max-job-us, %u, or more", g->max_job_us),
			 "raise it, or lower max-job-us");
}

static int read_quotas(const struct tree *t, int node, struct config_guest *g)
{
	static const struct tree_number memory = {.name = "memory-mib",
						  .min = CONFIG_MIN_MEMORY_MIB,
						  .max = CONFIG_MAX_MEMORY_MIB,
						  .fallback = CONFIG_DEFAULT_MEMORY,
						  .example = "memory-mib = <64>;"};
	static const struct tree_number contexts = {.name = "max-contexts",
						    .min = 1,
						    .max = CONFIG_MAX_CONTEXTS,
						    .fallback = CONFIG_DEFAULT_CONTEXTS,
						    .example = "max-contexts = <16>;"};
	static const struct tree_number resources = {.name = "max-resources",
						     .min = CONFIG_MIN_RESOURCES,
						     .max = CONFIG_MAX_RESOURCES,
						     .fallback = CONFIG_DEFAULT_RESOURCES,
						     .example = "max-resources = <1024>;"};
	int status = tree_get_number(t, node, &memory, &g->memory_mib);

	if (!status)
		status = tree_get_number(t, node, &contexts, &g->max_contexts);
	if (!status)
		status = tree_get_number(t, node, &resources, &g->max_resources);
	return status;
}

/* How fast and how large; read_quotas() has set memory_mib. */
static int read_rates(const struct tree *t, int node, struct config_guest *g)
{
	const struct tree_number granted = {.name = "max-granted-mib",
					    .min = 1,
					    .max = CONFIG_MAX_MEMORY_MIB,
					    .fallback = g->memory_mib,
					    .example = "max-granted-mib = <64>;"};
	static const struct tree_number command = {.name = "max-command-kib",
						   .min = CONFIG_MIN_COMMAND_KIB,
						   .max = CONFIG_MAX_COMMAND_KIB,
						   .fallback = CONFIG_MAX_COMMAND_KIB,
						   .example = "max-command-kib = <1024>;"};
	static const struct tree_number events = {.name = "max-events-per-second",
						  .min = CONFIG_MIN_EVENTS_PER_S,
						  .max = CONFIG_MAX_EVENTS_PER_S,
						  .fallback = CONFIG_DEFAULT_EVENTS,
						  .example = "max-events-per-second = <5000>;"};
	static const struct tree_number lines = {.name = "max-log-lines-per-minute",
						 .min = 1,
						 .max = CONFIG_MAX_LOG_LINES,
						 .fallback = CONFIG_DEFAULT_LOG_LINES,
						 .example = "max-log-lines-per-minute = <60>;"};
	int status = tree_get_number(t, node, &granted, &g->max_granted_mib);

	if (!status)
		status = tree_get_number(t, node, &command, &g->max_command_kib);
	if (!status)
		status = tree_get_number(t, node, &events, &g->max_events_per_s);
	if (!status)
		status = tree_get_number(t, node, &lines, &g->max_log_lines);
	return status;
}

static int read_ban(const struct tree *t, int node, struct config_guest *g)
{
	static const struct tree_number ban = {.name = "ban-ms",
					       .max = CONFIG_MAX_BAN_MS,
					       .fallback = CONFIG_DEFAULT_BAN_MS,
					       .example = "ban-ms = <60000>;"};

	return tree_get_number(t, node, &ban, &g->ban_ms);
}

int config_read_guest(const struct tree *t, int node, const struct config_nodes *nodes,
		      const struct config *c, struct config_guest *g)
{
	static const char example[] = "domain-name = \"cluster\";";
	int status = tree_check_properties(t, node, guest_properties);

	tree_node_name(t, node, g->node);
	if (!status)
		status = tree_get_name(t, node, "domain-name", 1, "-_.", example, g->name);
	if (!status && !strcmp(g->name, DOMAIN_ZERO))
		status = tree_fail(t, node, "domain-name", CONFIG_ERR_VALUE, "\"" DOMAIN_ZERO "\"",
				   "a guest, which that domain is not",
				   "write the name in the guest's xl.cfg");
	if (!status)
		status = read_owned(t, node, nodes, c, g);
	if (!status)
		status = read_budget(t, node, g);
	if (!status)
		status = read_jobs(t, node, g);
	if (!status)
		status = read_quotas(t, node, g);
	if (!status)
		status = read_rates(t, node, g);
	if (!status)
		status = read_ban(t, node, g);
	return status;
}
