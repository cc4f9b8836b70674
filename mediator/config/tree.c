/* SPDX-License-Identifier: MIT */
#include "mediator/config/tree.h"

#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define CUT "..."

/* tree_fail() never cuts a message. */
_Static_assert(CONFIG_MESSAGE_MAX >= CONFIG_PATH_MAX + CONFIG_PROPERTY_MAX + 3u * TREE_TEXT +
					     sizeof(": : found ; allowed: ; fix: "),
	       "CONFIG_MESSAGE_MAX");

/* Names and values come from the blob; a control character would reach the user's terminal. */
static int is_printable(char c)
{
	return c >= ' ' && c <= '~';
}

static void make_printable(char *text)
{
	for (; *text; text++)
		if (!is_printable(*text))
			*text = '?';
}

static void copy_text(char *to, size_t size, const char *from)
{
	size_t length = strlen(from);

	if (length < size) {
		memcpy(to, from, length + 1);
	} else {
		memcpy(to, from, size - sizeof(CUT));
		memcpy(&to[size - sizeof(CUT)], CUT, sizeof(CUT));
	}
	make_printable(to);
}

const char *tree_say(char *text, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(text, TREE_TEXT, format, args);
	va_end(args);
	if (length >= (int)TREE_TEXT)
		memcpy(&text[TREE_TEXT - sizeof(CUT)], CUT, sizeof(CUT));
	make_printable(text);
	return text;
}

const char *tree_name(const struct tree *t, int node)
{
	return fdt_get_name(t->fdt, node, NULL);
}

void tree_node_name(const struct tree *t, int node, char *text)
{
	copy_text(text, CONFIG_NODE_MAX, tree_name(t, node));
}

const char *tree_path(const struct tree *t, int node, char *text)
{
	char name[CONFIG_NODE_MAX];

	if (node < 0)
		return tree_say(text, "%s", "");
	if (!fdt_get_path(t->fdt, node, text, (int)sizeof(t->err->node))) {
		make_printable(text);
		return text;
	}
	/* The root, in a structure block that does not begin with it. */
	if (!tree_name(t, node))
		return tree_say(text, "/");
	tree_node_name(t, node, name);
	return tree_say(text, ".../%s", name);
}

int tree_fail(const struct tree *t, int node, const char *property, int status, const char *found,
	      const char *allowed, const char *fix)
{
	struct config_error *err = t->err;
	char path[TREE_TEXT];

	copy_text(err->node, sizeof(err->node), tree_path(t, node, path));
	copy_text(err->property, sizeof(err->property), property);
	snprintf(err->message, sizeof(err->message), "%s%s%s%sfound %s; allowed: %s; fix: %s",
		 err->node, err->node[0] ? ": " : "", err->property, err->property[0] ? ": " : "",
		 found, allowed, fix);
	make_printable(err->message);
	return status;
}

int tree_is_text(const char *value, int length)
{
	if (length < 2 || value[length - 1])
		return 0;
	for (int i = 0; i < length - 1; i++)
		if (!is_printable(value[i]))
			return 0;
	return 1;
}

const char *tree_value(const void *value, int length, char *text)
{
	const unsigned char *bytes = value;
	size_t used = 1;
	int cells = length % 4 == 0;
	int step = cells ? 4 : 1;

	if (!length)
		return tree_say(text, "nothing after the name");
	if (tree_is_text(value, length))
		return tree_say(text, "\"%.64s\"%s", (const char *)value, length > 65 ? "..." : "");
	tree_say(text, "%s", cells ? "<" : "[");
	for (int i = 0; i < length; i += step) {
		uint32_t n = cells ? fdt32_ld((const fdt32_t *)(const void *)(bytes + i)) : 0;
		const char *space = i ? " " : "";
		int wrote;

		if (used > 64) {
			wrote = snprintf(text + used, TREE_TEXT - used, " ...");
			i = length;
		} else if (cells) {
			wrote = snprintf(text + used, TREE_TEXT - used, "%s%u", space, n);
		} else {
			wrote = snprintf(text + used, TREE_TEXT - used, "%s%02x", space, bytes[i]);
		}
		used += wrote > 0 ? (size_t)wrote : 0;
	}
	snprintf(text + used, TREE_TEXT - used, "%s", cells ? ">" : "]");
	return text;
}

/* fdt_getprop() returns a negative length for a property that it cannot read: taken as absent. */
const void *tree_get(const struct tree *t, int node, const char *name, int *length)
{
	const void *value = fdt_getprop(t->fdt, node, name, length);

	return *length < 0 ? NULL : value;
}
