/* SPDX-License-Identifier: MIT */
/*
 * Strict typed reading of properties, and the words in which a fault is told. Private to
 * mediator/config. Every function that can fail returns 0 or a negative enum config_status, after
 * it has described the fault in t->err.
 */
#ifndef MEDIATOR_CONFIG_TREE_H
#define MEDIATOR_CONFIG_TREE_H

#include "mediator/config/config.h"

#define TREE_TEXT 192u /* bytes of a part of a message, with the terminating zero */

struct tree {
	const void *fdt; /* has passed fdt_check_full() */
	struct config_error *err;
};

/* A property that is one number. */
struct tree_number {
	const char *name;
	uint32_t min, max;
	int required;
	uint32_t fallback; /* when it is absent; need not lie between min and max */
	const char *example;
};

/* Describe a fault and return status. node is an offset, or negative: the blob; property may be ""
 */
int tree_fail(const struct tree *t, int node, const char *property, int status, const char *found,
	      const char *allowed, const char *fix);

/* Format a part of a message into text[TREE_TEXT]; cut when too long. Returns text. */
const char *tree_say(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Path of a node, printable, cut when too long, into text[TREE_TEXT]. Returns text. */
const char *tree_path(const struct tree *t, int node, char *text);

/* Its name alone, as in the blob: fdt_check_full() has found that each node has one. */
const char *tree_name(const struct tree *t, int node);

/* The same, printable, cut when too long, into text[CONFIG_NODE_MAX]. */
void tree_node_name(const struct tree *t, int node, char *text);

/* A property's value as in a source, cut when too long, into text[TREE_TEXT]. Returns text. */
const char *tree_value(const void *value, int length, char *text);

/* Refuse properties other than `names` (ended by NULL) and phandles, and doubled ones. */
int tree_check_properties(const struct tree *t, int node, const char *const *names);

/* The only string of a property: a pointer into the blob, or NULL in *out when it is absent. */
int tree_get_string(const struct tree *t, int node, const char *name, const char *example,
		    const char **out);

/*
 * As tree_get_string(), copied to out[CONFIG_NAME_MAX]: 1 to CONFIG_NAME_MAX - 1 letters, digits
 * and characters of `extra`. Left alone when the property is absent, an error when `required`.
 */
int tree_get_name(const struct tree *t, int node, const char *name, int required, const char *extra,
		  const char *example, char *out);

/* As tree_get_string(), copied to out[CONFIG_FILE_MAX]: an absolute path; "" when it is absent. */
int tree_get_path(const struct tree *t, int node, const char *name, const char *example, char *out);

int tree_get_number(const struct tree *t, int node, const struct tree_number *rule, uint32_t *out);

/* A property without a value: *out is 1 when it is there. */
int tree_get_flag(const struct tree *t, int node, const char *name, uint32_t *out);

/* Numbers, min to max of them, into cells; *count is 0 when the property is absent. */
int tree_get_cells(const struct tree *t, int node, const char *name, uint32_t min, uint32_t max,
		   const char *example, uint32_t *cells, uint32_t *count);

/* For a property that must be there and is not. */
int tree_missing(const struct tree *t, int node, const char *name, const char *example);

#endif
