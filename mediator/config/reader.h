/* SPDX-License-Identifier: MIT */
/*
 * Reads one node as its table says: refuses unknown properties, then reads row after row into
 * struct config. relations.h holds the rules between nodes. Private to mediator/config. Every
 * function that returns int returns 0 or a negative enum config_status, after it has described the
 * fault.
 */
#ifndef MEDIATOR_CONFIG_READER_H
#define MEDIATOR_CONFIG_READER_H

#include "mediator/config/property.h"
#include "mediator/config/tree.h"

/* Offsets of the nodes behind the entries of struct config. */
struct config_nodes {
	int mediator;
	int panel[CONFIG_MAX_PANELS];
	int display[CONFIG_MAX_DISPLAYS];
	int guest[CONFIG_MAX_GUESTS];
};

/* One node and the entry of struct config that it fills. */
struct config_reader {
	const struct tree *tree;
	const struct config_nodes *nodes; /* listed, with the counts in config */
	struct config *config;		  /* all nodes before this one have been read */
	const struct config_table *table;
	uint32_t index; /* of the entry; 0 for the mediator and for lists */
	int node;	/* offset in the blob */
};

/* Refuses properties that the table does not have (but phandles), and repeated ones. */
int reader_check_names(const struct config_reader *r);

/* reader_check_names(), then all rows. */
int reader_read_node(const struct config_reader *r);

/* For `read` and `finish` of a row; see struct config_property. */

/* Describes a fault of a row. */
int reader_fail(const struct config_reader *r, const struct config_property *row, int status,
		const char *found, const char *allowed, const char *fix);

/* Describes the absence of a property that must be there. */
int reader_missing(const struct config_reader *r, const struct config_property *row);

/* Describes a value of the wrong form. */
int reader_wrong_form(const struct config_reader *r, const struct config_property *row,
		      const void *value, int length, const char *allowed);

/* The row's only string: a pointer into the blob, or NULL in *out when it is absent. */
int reader_get_string(const struct config_reader *r, const struct config_property *row,
		      const char **out);

/*
 * min to max numbers into cells[max]; *count is 0 when the property is absent. `allowed` says in
 * words how many there may be.
 */
int reader_get_cells(const struct config_reader *r, const struct config_property *row, uint32_t min,
		     uint32_t max, const char *allowed, uint32_t *cells, uint32_t *count);

/* Finds the node behind a phandle among nodes[count]; its index into *out. */
int reader_find_node(const struct config_reader *r, const struct config_property *row,
		     uint32_t phandle, const int *nodes, uint32_t count, uint32_t *out);

/* Row of that name, which the table has. */
const struct config_property *reader_row(const struct config_reader *r, const char *name);

/* Whether the node has that property, whatever its value. */
int reader_has(const struct config_reader *r, const struct config_property *row);

#endif
