/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "mediator/config/tables.h"

#define DOMAIN_ZERO "Domain-0"

static struct config_guest *guest_of(const struct config_reader *r)
{
	return &r->config->guest[r->index];
}

static int finish_domain_name(const struct config_reader *r, const struct config_property *row)
{
	if (strcmp(guest_of(r)->name, DOMAIN_ZERO))
		return 0;
	return reader_fail(r, row, CONFIG_ERR_VALUE, "\"" DOMAIN_ZERO "\"",
			   "the name of a guest; " DOMAIN_ZERO " is none",
			   "write the name in the guest's xl.cfg");
}

static int read_displays(const struct config_reader *r, const struct config_property *row)
{
	struct config_guest *g = guest_of(r);
	uint32_t phandles[GPUM_MAX_SCANOUTS];
	char allowed[TREE_TEXT];
	int status = reader_get_cells(r, row, 1, row->entries,
				      tree_say(allowed, "1 to %u entries", row->entries), phandles,
				      &g->num_displays);

	for (uint32_t i = 0; i < g->num_displays && !status; i++)
		status = reader_find_node(r, row, phandles[i], r->nodes->display,
					  r->config->num_displays, &g->display[i]);
	return status;
}

static int finish_budget(const struct config_reader *r, const struct config_property *row)
{
	const struct config_guest *g = guest_of(r);
	char found[TREE_TEXT], allowed[TREE_TEXT];

	(void)row;
	if (g->budget_us <= g->budget_period_us)
		return 0;
	return reader_fail(r, reader_row(r, "budget-us"), CONFIG_ERR_CONFLICT,
			   tree_say(found, "%u", g->budget_us),
			   tree_say(allowed, "1 to budget-period-us, %u", g->budget_period_us),
			   "lower the budget or lengthen its period");
}

static int finish_kill_time(const struct config_reader *r, const struct config_property *row)
{
	const struct config_guest *g = guest_of(r);
	char found[TREE_TEXT], allowed[TREE_TEXT];

	if (!g->kill_time_us || g->kill_time_us >= g->max_job_us)
		return 0;
	return reader_fail(r, row, CONFIG_ERR_CONFLICT, tree_say(found, "%u", g->kill_time_us),
			   tree_say(allowed, "max-job-us, %u, or more", g->max_job_us),
			   "raise it, or lower max-job-us");
}

static void adjust_granted(const struct config *config, uint32_t index, struct config_range *range)
{
	range->fallback = config->guest[index].memory_mib;
}

static const struct config_property rows[] = {
	{
		.name = "domain-name",
		.type = CONFIG_TYPE_NAME,
		.offset = offsetof(struct config_guest, name),
		.required = 1,
		.min = 1,
		.max = CONFIG_NAME_MAX - 1u,
		.extra = "-_.",
		.meaning = "Name of the domain in its xl.cfg; unique, not " DOMAIN_ZERO ".",
		.example = "domain-name = \"cluster\";",
		.finish = finish_domain_name,
	},
	{
		.name = "displays",
		.type = CONFIG_TYPE_DISPLAYS,
		.offset = offsetof(struct config_guest, display),
		.count = offsetof(struct config_guest, num_displays),
		.entries = GPUM_MAX_SCANOUTS,
		.required = 1,
		.meaning = "The guest's monitors, in the order in which it numbers them.",
		.example = "displays = <&cluster>;",
		.read = read_displays,
	},
	{
		.name = "budget-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, budget_us),
		.min = 1,
		.max = CONFIG_MAX_PERIOD_US,
		.most = "budget-period-us",
		.absent = "no limit",
		.needs = "budget-period-us",
		.unit = "us",
		.meaning = "GPU time that the guest may use in each budget-period-us.",
		.example = "budget-us = <6000>;",
	},
	{
		.name = "budget-period-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, budget_period_us),
		.min = 1,
		.max = CONFIG_MAX_PERIOD_US,
		.absent = "no limit",
		.needs = "budget-us",
		.unit = "us",
		.meaning = "Time after which the guest has its whole budget-us again.",
		.example = "budget-period-us = <33333>;",
		.finish = finish_budget,
	},
	{
		.name = "weight",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, weight),
		.min = 1,
		.max = CONFIG_MAX_WEIGHT,
		.fallback = 1,
		.meaning = "Share of the GPU among guests of equal priority.",
		.example = "weight = <2>;",
	},
	{
		.name = "max-job-draws",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, max_job_draws),
		.min = 1,
		.max = CONFIG_MAX_DRAWS,
		.absent = "streams are not cut",
		.meaning = "Most draws in one job; longer command streams are cut into slices.",
		.example = "max-job-draws = <32>;",
	},
	{
		.name = "max-job-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, max_job_us),
		.min = 1,
		.max = CONFIG_MAX_JOB_US,
		.absent = "not declared",
		.unit = "us",
		.meaning = "Longest time that one of the guest's jobs takes on the GPU.",
		.example = "max-job-us = <4000>;",
	},
	{
		.name = "kill-time-us",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, kill_time_us),
		.min = 1,
		.max = CONFIG_MAX_JOB_US,
		.least = "max-job-us",
		.absent = "none",
		.needs = "max-job-us",
		.unit = "us",
		.meaning = "Time on the GPU after which a job costs the guest its backend.",
		.example = "kill-time-us = <8000>;",
		.finish = finish_kill_time,
	},
	{
		.name = "memory-mib",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, memory_mib),
		.min = CONFIG_MIN_MEMORY_MIB,
		.max = CONFIG_MAX_MEMORY_MIB,
		.fallback = CONFIG_DEFAULT_MEMORY,
		.unit = "MiB",
		.meaning = "Most graphics memory of the guest on the host side.",
		.example = "memory-mib = <64>;",
	},
	{
		.name = "max-contexts",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, max_contexts),
		.min = 1,
		.max = CONFIG_MAX_CONTEXTS,
		.fallback = CONFIG_DEFAULT_CONTEXTS,
		.meaning = "Most GPU contexts; each program that draws has about one.",
		.example = "max-contexts = <16>;",
	},
	{
		.name = "max-resources",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, max_resources),
		.min = CONFIG_MIN_RESOURCES,
		.max = CONFIG_MAX_RESOURCES,
		.fallback = CONFIG_DEFAULT_RESOURCES,
		.meaning = "Most buffers and textures.",
		.example = "max-resources = <1024>;",
	},
	{
		.name = "max-granted-mib",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, max_granted_mib),
		.min = 1,
		.max = CONFIG_MAX_MEMORY_MIB,
		.absent = "memory-mib",
		.unit = "MiB",
		.meaning = "Most memory of the guest that is mapped for the GPU at one time.",
		.example = "max-granted-mib = <64>;",
		.adjust = adjust_granted,
	},
	{
		.name = "max-command-kib",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, max_command_kib),
		.min = CONFIG_MIN_COMMAND_KIB,
		.max = CONFIG_MAX_COMMAND_KIB,
		.fallback = CONFIG_MAX_COMMAND_KIB,
		.unit = "KiB",
		.meaning = "Largest command, without its answer.",
		.example = "max-command-kib = <1024>;",
	},
	{
		.name = "max-events-per-second",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, max_events_per_s),
		.min = CONFIG_MIN_EVENTS_PER_S,
		.max = CONFIG_MAX_EVENTS_PER_S,
		.fallback = CONFIG_DEFAULT_EVENTS,
		.unit = "per second",
		.meaning = "Events of the guest that are handled as they come; others wait.",
		.example = "max-events-per-second = <5000>;",
	},
	{
		.name = "max-log-lines-per-minute",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, max_log_lines),
		.min = 1,
		.max = CONFIG_MAX_LOG_LINES,
		.fallback = CONFIG_DEFAULT_LOG_LINES,
		.unit = "per minute",
		.meaning = "Lines of the log that the guest can cause; others are only counted.",
		.example = "max-log-lines-per-minute = <60>;",
	},
	{
		.name = "ban-ms",
		.type = CONFIG_TYPE_NUMBER,
		.offset = offsetof(struct config_guest, ban_ms),
		.max = CONFIG_MAX_BAN_MS,
		.fallback = CONFIG_DEFAULT_BAN_MS,
		.unit = "ms",
		.meaning = "Time without a GPU after three faults within a minute; 0: the guest is "
			   "never banned.",
		.example = "ban-ms = <60000>;",
	},
};

const struct config_table config_guest_table = {
	.kind = "guest",
	.node = "any name",
	.meaning = "A domain that gets a GPU.",
	.base = offsetof(struct config, guest),
	.size = sizeof(struct config_guest),
	.given = offsetof(struct config_guest, given),
	.row = rows,
	.num_rows = sizeof(rows) / sizeof(rows[0]),
};
