/* SPDX-License-Identifier: MIT */
/* The node gpu-mediator itself, and the lists displays and guests below it. */
#include <string.h>

#include "mediator/config/tables.h"

#define ADDRESS_CELLS 1u
#define SIZE_CELLS    0u

static int read_policy(const struct config_reader *r, const struct config_property *row)
{
	char found[TREE_TEXT];
	const char *text;
	int status = reader_get_string(r, row, &text);

	if (status)
		return status;
	r->config->policy = text ? sched_policy_find(text) : &sched_fixed_priority;
	if (r->config->policy)
		return 0;
	return reader_fail(r, row, CONFIG_ERR_VALUE, tree_value(text, (int)strlen(text) + 1, found),
			   sched_policy_names(),
			   "choose one of these, or leave it out for fixed-priority");
}

static const struct config_property mediator_rows[] = {
	{
		.name = "compatible",
		.type = CONFIG_TYPE_COMPATIBLE,
		.required = 1,
		.meaning = "Marks the node that the mediator reads; one node of a tree has it.",
		.example = "compatible = \"" CONFIG_COMPATIBLE "\";",
	},
	{
		.name = "policy",
		.type = CONFIG_TYPE_POLICY,
		.offset = offsetof(struct config, policy),
		.absent = "fixed-priority",
		.meaning = "How the mediator chooses the next GPU job.",
		.example = "policy = \"fixed-priority\";",
		.read = read_policy,
	},
	{
		.name = "switch-cost-us",
		.type = CONFIG_TYPE_COST,
		.offset = offsetof(struct config, costs.switch_ns),
		.max = CONFIG_MAX_COST_US,
		.unit = "us",
		.meaning = "Time that a change from one guest's job to another's adds to a job.",
		.example = "switch-cost-us = <50>;",
	},
	{
		.name = "latency-us",
		.type = CONFIG_TYPE_COST,
		.offset = offsetof(struct config, costs.latency_ns),
		.max = CONFIG_MAX_COST_US,
		.unit = "us",
		.meaning = "Longest time from a job's announcement or end until the mediator has "
			   "acted on it.",
		.example = "latency-us = <200>;",
	},
	{
		.name = "watchdog-granularity-us",
		.type = CONFIG_TYPE_COST,
		.offset = offsetof(struct config, costs.watchdog_ns),
		.max = CONFIG_MAX_COST_US,
		.unit = "us",
		.meaning = "Longest delay until the mediator notices that a kill-time-us is over.",
		.example = "watchdog-granularity-us = <1000>;",
	},
	{
		.name = "reset-time-us",
		.type = CONFIG_TYPE_COST,
		.offset = offsetof(struct config, costs.reset_ns),
		.max = CONFIG_MAX_COST_US,
		.unit = "us",
		.meaning = "Longest time from the kill of a backend until the GPU takes the next "
			   "job.",
		.example = "reset-time-us = <5000>;",
	},
	{
		.name = "watchdog",
		.type = CONFIG_TYPE_PATH,
		.offset = offsetof(struct config, watchdog),
		.max = CONFIG_FILE_MAX - 1u,
		.absent = "none",
		.meaning = "Hardware watchdog, fed by the progress of the most important display's "
			   "picture.",
		.example = "watchdog = \"/dev/watchdog\";",
	},
};

const struct config_table config_mediator_table = {
	.kind = "gpu-mediator",
	.node = "gpu-mediator",
	.meaning = "How one GPU is shared between guests, and what the machine costs.",
	.given = offsetof(struct config, given),
	.row = mediator_rows,
	.num_rows = sizeof(mediator_rows) / sizeof(mediator_rows[0]),
};

static const struct config_property displays_rows[] = {
	{
		.name = "#address-cells",
		.type = CONFIG_TYPE_FIXED,
		.required = 1,
		.min = ADDRESS_CELLS,
		.max = ADDRESS_CELLS,
		.meaning = "Numbers in a display's reg.",
		.example = "#address-cells = <1>;",
	},
	{
		.name = "#size-cells",
		.type = CONFIG_TYPE_FIXED,
		.required = 1,
		.min = SIZE_CELLS,
		.max = SIZE_CELLS,
		.meaning = "Numbers of a size in a display's reg.",
		.example = "#size-cells = <0>;",
	},
};

const struct config_table config_displays_table = {
	.kind = "displays",
	.node = "displays",
	.meaning = "The displays.",
	.row = displays_rows,
	.num_rows = sizeof(displays_rows) / sizeof(displays_rows[0]),
};

const struct config_table config_guests_table = {
	.kind = "guests",
	.node = "guests",
	.meaning = "The guests that get a GPU. The node has no properties.",
};
