/* SPDX-License-Identifier: MIT */
#include "mediator/config/config.h"

#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "mediator/config/reader.h"
#include "mediator/config/relations.h"

/* State of one config_parse(). */
struct reading {
	struct tree tree;
	struct config *config;
	struct config_nodes nodes;
	int displays, guests; /* offsets of the lists; 0, the root's: not found yet */
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

/* Offsets of the nodes below `parent`, 1 to max of them, into nodes; `noun` is for the message. */
static int list_children(const struct tree *t, int parent, const char *noun, uint32_t max,
			 int *nodes, uint32_t *count)
{
	char allowed[TREE_TEXT];
	int node;

	tree_say(allowed, "1 to %u %s", max, noun);
	fdt_for_each_subnode (node, t->fdt, parent) {
		if (*count == max)
			return tree_fail(t, node, "", CONFIG_ERR_NODE, "one node too many", allowed,
					 "remove some");
		nodes[(*count)++] = node;
	}
	if (!*count)
		return tree_fail(t, parent, "", CONFIG_ERR_NODE, "no node in it", allowed,
				 "add one");
	return 0;
}

static int no_children(const struct tree *t, int parent)
{
	int node = fdt_first_subnode(t->fdt, parent);

	if (node < 0)
		return 0;
	return tree_fail(t, node, "", CONFIG_ERR_NODE, "a node that does not belong here",
			 "no nodes in a panel, a display or a guest", "remove it");
}

static int note_list(const struct tree *t, int node, int *slot)
{
	if (*slot)
		return tree_fail(t, node, "", CONFIG_ERR_NODE, "a second node of that name",
				 "one node of that name", "merge the two nodes");
	*slot = node;
	return 0;
}

/* A node directly below gpu-mediator. */
static int note_child(struct reading *r, int node)
{
	const struct tree *t = &r->tree;
	const char *name = tree_name(t, node);
	char allowed[TREE_TEXT];

	if (!strcmp(name, "displays"))
		return note_list(t, node, &r->displays);
	if (!strcmp(name, "guests"))
		return note_list(t, node, &r->guests);
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

static struct config_reader reader_of(struct reading *r, enum config_kind kind, uint32_t index,
				      int node)
{
	return (struct config_reader){
		.tree = &r->tree,
		.nodes = &r->nodes,
		.config = r->config,
		.table = config_table(kind),
		.index = index,
		.node = node,
	};
}

static int check_list(struct reading *r, enum config_kind kind, int node)
{
	const struct config_reader reader = reader_of(r, kind, 0, node);

	return reader_check_names(&reader);
}

static int find_children(struct reading *r)
{
	const struct tree *t = &r->tree;
	int mediator = r->nodes.mediator;
	int node, status;

	fdt_for_each_subnode (node, t->fdt, mediator) {
		status = note_child(r, node);
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
	return 0;
}

static int list_nodes(struct reading *r)
{
	const struct tree *t = &r->tree;
	struct config *c = r->config;
	int status = find_children(r);

	if (!status)
		status = check_list(r, CONFIG_DISPLAYS_LIST, r->displays);
	if (!status)
		status = check_list(r, CONFIG_GUESTS_LIST, r->guests);
	if (!status)
		status = list_children(t, r->displays, "displays", CONFIG_MAX_DISPLAYS,
				       r->nodes.display, &c->num_displays);
	if (!status)
		status = list_children(t, r->guests, "guests", CONFIG_MAX_GUESTS, r->nodes.guest,
				       &c->num_guests);
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

static int read_nodes(struct reading *r, enum config_kind kind, const int *nodes, uint32_t count)
{
	int status = 0;

	for (uint32_t i = 0; i < count && !status; i++) {
		const struct config_reader reader = reader_of(r, kind, i, nodes[i]);

		status = no_children(&r->tree, nodes[i]);
		if (!status)
			status = reader_read_node(&reader);
	}
	return status;
}

static int read_mediator(struct reading *r)
{
	const struct config_reader reader = reader_of(r, CONFIG_MEDIATOR, 0, r->nodes.mediator);

	return reader_read_node(&reader);
}

static void copy_node_names(struct reading *r)
{
	struct config *c = r->config;

	for (uint32_t i = 0; i < c->num_panels; i++)
		tree_node_name(&r->tree, r->nodes.panel[i], c->panel[i].node);
	for (uint32_t i = 0; i < c->num_guests; i++)
		tree_node_name(&r->tree, r->nodes.guest[i], c->guest[i].node);
}

static int read_all(struct reading *r)
{
	struct config *c = r->config;
	int status = find_mediator(r);

	if (!status)
		status = read_mediator(r);
	if (!status)
		status = list_nodes(r);
	if (!status)
		status = read_nodes(r, CONFIG_PANEL, r->nodes.panel, c->num_panels);
	if (!status)
		status = read_nodes(r, CONFIG_DISPLAY, r->nodes.display, c->num_displays);
	if (!status)
		status = read_nodes(r, CONFIG_GUEST, r->nodes.guest, c->num_guests);
	if (!status)
		status = config_relate(&r->tree, &r->nodes, c);
	if (!status)
		copy_node_names(r);
	return status;
}

/*
 * libfdt 1.6.1 crashes in fdt_check_full() on blobs that claim to be older than version 16. dtc and
 * Xen write version 17, the first one with the length of the structure block in its header.
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
				   tree_say(found, "%zu bytes, in which libfdt finds %s", size,
					    fdt_strerror(status)),
				   "an intact device tree blob", "compile the tree again with dtc");
	else
		status = read_all(&r);
	if (status)
		memset(out, 0, sizeof(*out));
	return status;
}
