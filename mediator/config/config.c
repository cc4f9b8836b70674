/* SPDX-License-Identifier: MIT */
#include "mediator/config/config.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "mediator/config/entries.h"
#include "mediator/config/relations.h"
#include "mediator/config/tree.h"

static const char *const mediator_properties[] = {"compatible",
						  "policy",
						  "switch-cost-us",
						  "latency-us",
						  "watchdog-granularity-us",
						  "reset-time-us",
						  "watchdog",
						  NULL};
static const char *const list_properties[] = {"#address-cells", "#size-cells", NULL};
static const char *const guests_properties[] = {NULL};
/* What is being read: one per config_parse(). */
struct reading {
	struct tree tree;
	struct config *config;
	struct config_nodes nodes;
	int displays, guests; /* offsets; 0: not seen (the root is neither) */
};

const char *config_strstatus(int status)
{
	switch (status) {
	case CONFIG_OK:
		return "no error";
	case CONFIG_ERR_BLOB:
		return "not an intact device tree";
	case CONFIG_ERR_NODE:
		return "a node is missing, unknown, doubled or one too many";
	case CONFIG_ERR_UNKNOWN:
		return "unknown property";
	case CONFIG_ERR_MISSING:
		return "missing property";
	case CONFIG_ERR_VALUE:
		return "value of the wrong type or out of range";
	case CONFIG_ERR_CONFLICT:
		return "contradiction";
	default:
		return "unknown status";
	}
}

/* The nodes below `parent`, at most max, into nodes; at least one. */
static int list_children(const struct tree *t, int parent, const char *what, uint32_t max,
			 int *nodes, uint32_t *count)
{
	char allowed[TREE_TEXT];
	int node;

	tree_say(allowed, "1 to %u %s", max, what);
	fdt_for_each_subnode (node, t->fdt, parent) {
		if (*count == max)
			return tree_fail(t, node, "", CONFIG_ERR_NODE, "one node too many", allowed,
					 "remove some");
		nodes[(*count)++] = node;
	}
	if (!*count)
		return tree_fail(t, parent, "", CONFIG_ERR_NODE, "none", allowed, "add one");
	return 0;
}

static int no_children(const struct tree *t, int parent)
{
	int node = fdt_first_subnode(t->fdt, parent);

	if (node < 0)
		return 0;
	return tree_fail(t, node, "", CONFIG_ERR_NODE, "a node that does not belong here",
			 "no node below this one's parent", "remove it");
}

static int remember_list(const struct tree *t, int node, int *slot)
{
	if (*slot)
		return tree_fail(t, node, "", CONFIG_ERR_NODE, "a second node of that name", "one",
				 "put all into one");
	*slot = node;
	return 0;
}

static int sort_child(struct reading *r, int node)
{
	const struct tree *t = &r->tree;
	const char *name = tree_name(t, node);
	char allowed[TREE_TEXT];

	if (!strcmp(name, "displays"))
		return remember_list(t, node, &r->displays);
	if (!strcmp(name, "guests"))
		return remember_list(t, node, &r->guests);
	if (strcmp(name, "panel") && strncmp(name, "panel-", 6))
		return tree_fail(t, node, "", CONFIG_ERR_NODE, "a node that does not belong here",
				 "panel, panel-NAME, displays, guests",
				 "correct its name or remove it");
	if (r->config->num_panels == CONFIG_MAX_PANELS)
		return tree_fail(t, node, "", CONFIG_ERR_NODE, "one panel too many",
				 tree_say(allowed, "1 to %u panels", CONFIG_MAX_PANELS),
				 "remove some");
	r->nodes.panel[r->config->num_panels++] = node;
	return 0;
}

static int list_nodes(struct reading *r)
{
	const struct tree *t = &r->tree;
	int mediator = r->nodes.mediator, status = 0;
	int node;

	fdt_for_each_subnode (node, t->fdt, mediator) {
		status = sort_child(r, node);
		if (status)
			return status;
	}
	if (!r->config->num_panels || !r->displays || !r->guests)
		return tree_fail(t, mediator, "", CONFIG_ERR_NODE,
				 !r->config->num_panels ? "no panel node"
				 : !r->displays		? "no displays node"
							: "no guests node",
				 "at least one panel, and the nodes displays and guests",
				 "add it, see docs/device-tree.md");
	status = tree_check_properties(t, r->displays, list_properties);
	if (!status)
		status = tree_check_properties(t, r->guests, guests_properties);
	if (!status)
		status = list_children(t, r->displays, "displays", CONFIG_MAX_DISPLAYS,
				       r->nodes.display, &r->config->num_displays);
	if (!status)
		status = list_children(t, r->guests, "guests", CONFIG_MAX_GUESTS, r->nodes.guest,
				       &r->config->num_guests);
	return status;
}

static int read_costs(const struct tree *t, int node, struct sched_costs *costs)
{
	const struct {
		const char *name, *example;
		uint64_t *ns;
	} rules[] = {
		{"switch-cost-us", "switch-cost-us = <50>;", &costs->switch_ns},
		{"latency-us", "latency-us = <200>;", &costs->latency_ns},
		{"watchdog-granularity-us", "watchdog-granularity-us = <1000>;",
		 &costs->watchdog_ns},
		{"reset-time-us", "reset-time-us = <5000>;", &costs->reset_ns},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct tree_number rule = {.name = rules[i].name,
						 .max = CONFIG_MAX_COST_US,
						 .example = rules[i].example};
		uint32_t us;
		int status = tree_get_number(t, node, &rule, &us);

		if (status)
			return status;
		*rules[i].ns = us * UINT64_C(1000);
	}
	return 0;
}

static int read_policy(const struct reading *r)
{
	const struct tree *t = &r->tree;
	const char *text;
	char found[TREE_TEXT];
	int status = tree_get_string(t, r->nodes.mediator, "policy", "policy = \"fixed-priority\";",
				     &text);

	if (status)
		return status;
	r->config->policy = text ? sched_policy_find(text) : &sched_fixed_priority;
	if (r->config->policy)
		return 0;
	return tree_fail(t, r->nodes.mediator, "policy", CONFIG_ERR_VALUE,
			 tree_value(text, (int)strlen(text) + 1, found), sched_policy_names(),
			 "choose one of these, or leave it out for fixed-priority");
}

static int read_mediator(const struct reading *r)
{
	const struct tree *t = &r->tree;
	const char *text;
	int status = tree_check_properties(t, r->nodes.mediator, mediator_properties);

	if (!status)
		status = tree_get_string(t, r->nodes.mediator, "compatible",
					 "compatible = \"" CONFIG_COMPATIBLE "\";", &text);
	if (!status)
		status = read_policy(r);
	if (!status)
		status = read_costs(t, r->nodes.mediator, &r->config->costs);
	if (!status)
		status = tree_get_path(t, r->nodes.mediator, "watchdog",
				       "watchdog = \"/dev/watchdog\";", r->config->watchdog);
	return status;
}

static int find_mediator(struct reading *r)
{
	const struct tree *t = &r->tree;
	int first = fdt_node_offset_by_compatible(t->fdt, -1, CONFIG_COMPATIBLE);
	char path[TREE_TEXT];
	int second;

	if (first < 0)
		return tree_fail(t, 0, "", CONFIG_ERR_NODE,
				 "no node that is compatible with \"" CONFIG_COMPATIBLE "\"",
				 "exactly one",
				 "include gpu-mediator.dtsi in the driver domain's /passthrough");
	second = fdt_node_offset_by_compatible(t->fdt, first, CONFIG_COMPATIBLE);
	if (second >= 0)
		return tree_fail(t, second, "compatible", CONFIG_ERR_NODE,
				 "a second node that is compatible with \"" CONFIG_COMPATIBLE "\"",
				 "exactly one", "remove one");
	r->nodes.mediator = first;
	snprintf(r->config->path, sizeof(r->config->path), "%s", tree_path(t, first, path));
	return 0;
}

static int read_all(struct reading *r)
{
	const struct tree *t = &r->tree;
	struct config *c = r->config;
	int status = find_mediator(r);

	if (!status)
		status = read_mediator(r);
	if (!status)
		status = list_nodes(r);
	for (uint32_t i = 0; i < c->num_panels && !status; i++) {
		status = no_children(t, r->nodes.panel[i]);
		if (!status)
			status = config_read_panel(t, r->nodes.panel[i], &c->panel[i]);
	}
	for (uint32_t i = 0; i < c->num_displays && !status; i++) {
		status = no_children(t, r->nodes.display[i]);
		if (!status)
			status = config_read_display(t, r->nodes.display[i], &r->nodes, c,
						     &c->display[i]);
	}
	for (uint32_t i = 0; i < c->num_guests && !status; i++) {
		status = no_children(t, r->nodes.guest[i]);
		if (!status)
			status =
				config_read_guest(t, r->nodes.guest[i], &r->nodes, c, &c->guest[i]);
	}
	return status ? status : config_relate(t, &r->nodes, c);
}

/*
 * libfdt 1.6.1 crashes in fdt_check_full() on blobs that claim to be older than version 16. All
 * that dtc and Xen write is 17, which is also the first that says how long the structure is.
 */
static int check_blob(const void *fdt, size_t size)
{
	if (size < sizeof(struct fdt_header))
		return -FDT_ERR_TRUNCATED;
	if (fdt_magic(fdt) != FDT_MAGIC)
		return -FDT_ERR_BADMAGIC;
	if (fdt_version(fdt) < FDT_LAST_SUPPORTED_VERSION)
		return -FDT_ERR_BADVERSION;
	return fdt_check_full(fdt, size);
}

int config_parse(const void *fdt, size_t size, struct config *out, struct config_error *err)
{
	struct reading r = {.tree = {fdt, err}, .config = out};
	char found[TREE_TEXT];
	int status;

	memset(out, 0, sizeof(*out));
	memset(err, 0, sizeof(*err));
	status = check_blob(fdt, size);
	if (status)
		status = tree_fail(&r.tree, -1, "", CONFIG_ERR_BLOB,
				   tree_say(found, "%zu bytes of which libfdt says %s", size,
					    fdt_strerror(status)),
				   "an intact device tree blob", "compile the tree again with dtc");
	else
		status = read_all(&r);
	if (status)
		memset(out, 0, sizeof(*out));
	return status;
}
