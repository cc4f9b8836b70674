/* SPDX-License-Identifier: MIT */
/*
 * Access to the blob, and the text of a fault. Private to mediator/config. Every function that can
 * fail returns 0 or a negative enum config_status, after it has described the fault in t->err.
 */
#ifndef MEDIATOR_CONFIG_TREE_H
#define MEDIATOR_CONFIG_TREE_H

#include "mediator/config/config.h"

/* Bytes of a part of a message, with the terminating zero: two paths and a sentence. */
#define TREE_TEXT 384u

struct tree {
	const void *fdt; /* has passed fdt_check_full() */
	struct config_error *err;
};

/*
 * Describes a fault and returns `status`. A negative node means the blob itself; property may be
 * "". The three texts have at most TREE_TEXT bytes each.
 */
int tree_fail(const struct tree *t, int node, const char *property, int status, const char *found,
	      const char *allowed, const char *fix);

/* Formats a part of a message into text[TREE_TEXT]; cut, it ends in "...". Returns text. */
const char *tree_say(char *text, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Path of a node, printable, into text[TREE_TEXT], at most CONFIG_PATH_MAX bytes. Of a longer path
 * only the last name remains: ".../name". Returns text.
 */
const char *tree_path(const struct tree *t, int node, char *text);

/*
 * Name of a node, as in the blob. NULL only for offset 0, if the structure block does not begin
 * with the root.
 */
const char *tree_name(const struct tree *t, int node);

/* The same, printable, into text[CONFIG_NODE_MAX]; cut, it ends in "...". */
void tree_node_name(const struct tree *t, int node, char *text);

/* A property's value as in a source, into text[TREE_TEXT]; cut, it ends in "...". Returns text. */
const char *tree_value(const void *value, int length, char *text);

/* The bytes of a property, which are in the blob; NULL when it is absent. */
const void *tree_get(const struct tree *t, int node, const char *name, int *length);

/* Whether a value is one string of at least one character, all of them printable. */
int tree_is_text(const char *value, int length);

#endif
