/* SPDX-License-Identifier: MIT */
/*
 * Reads one panel, display or guest node, each right in itself; relations.h is what they must
 * agree on. Private to mediator/config. Returns are as in tree.h.
 */
#ifndef MEDIATOR_CONFIG_ENTRIES_H
#define MEDIATOR_CONFIG_ENTRIES_H

#include "mediator/config/tree.h"

/* Offsets of the nodes behind the entries of struct config. */
struct config_nodes {
	int mediator;
	int panel[CONFIG_MAX_PANELS];
	int display[CONFIG_MAX_DISPLAYS];
	int guest[CONFIG_MAX_GUESTS];
};

int config_read_panel(const struct tree *t, int node, struct config_panel *p);

/* All panels must have been read. */
int config_read_display(const struct tree *t, int node, const struct config_nodes *nodes,
			const struct config *c, struct config_display *d);

/* In truth.c, of a display whose region and times have been read. */
int config_read_truth(const struct tree *t, int node, struct config_display *d);

/* The displays must have been counted and listed. */
int config_read_guest(const struct tree *t, int node, const struct config_nodes *nodes,
		      const struct config *c, struct config_guest *g);

#endif
