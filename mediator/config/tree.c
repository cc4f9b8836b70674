/* SPDX-License-Identifier: MIT */
#include "mediator/config/tree.h"

#include <libfdt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Names and values come from the blob: nothing that moves a terminal's cursor may get through. */
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

	if (length >= size)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = 0;
	make_printable(to);
}

const char *tree_say(char *text, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(text, TREE_TEXT, format, args);
	va_end(args);
	make_printable(text);
	return text;
}

const char *tree_name(const struct tree *t, int node)
{
	return fdt_get_name(t->fdt, node, NULL);
}

const char *tree_path(const struct tree *t, int node, char *text)
{
	if (node < 0)
		return tree_say(text, "%s", "");
	if (!fdt_get_path(t->fdt, node, text, (int)sizeof(t->err->node))) {
		make_printable(text);
		return text;
	}
	return tree_say(text, ".../%.64s", tree_name(t, node));
}

void tree_node_name(const struct tree *t, int node, char *text)
{
	copy_text(text, CONFIG_NODE_MAX, tree_name(t, node));
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

int tree_missing(const struct tree *t, int node, const char *name, const char *example)
{
	char fix[TREE_TEXT], allowed[TREE_TEXT];

	return tree_fail(t, node, name, CONFIG_ERR_MISSING, "no such property",
			 tree_say(allowed, "%s must be there", name),
			 tree_say(fix, "add it, for example %s", example));
}

static int is_text(const char *value, int length)
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
	if (is_text(value, length))
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

static int wrong_type(const struct tree *t, int node, const char *name, const void *value,
		      int length, const char *allowed, const char *example)
{
	char found[TREE_TEXT], fix[TREE_TEXT];

	return tree_fail(t, node, name, CONFIG_ERR_VALUE, tree_value(value, length, found), allowed,
			 tree_say(fix, "write it like %s", example));
}

/* fdt_getprop() returns a negative length for what it cannot read; to us that is as absent. */
static const void *get_property(const struct tree *t, int node, const char *name, int *length)
{
	const void *value = fdt_getprop(t->fdt, node, name, length);

	return *length < 0 ? NULL : value;
}

static int unknown_property(const struct tree *t, int node, const char *name,
			    const char *const *names)
{
	char allowed[TREE_TEXT] = "";
	size_t used = 0;

	for (; *names; names++) {
		int wrote = snprintf(allowed + used, sizeof(allowed) - used, "%s%s",
				     used ? ", " : "", *names);

		if ((size_t)wrote >= sizeof(allowed) - used)
			break;
		used += (size_t)wrote;
	}
	return tree_fail(t, node, name, CONFIG_ERR_UNKNOWN, "a property that does not belong here",
			 used ? allowed : "no property at all", "correct its name or remove it");
}

static int is_known(const char *name, const char *const *names)
{
	if (!strcmp(name, "phandle") || !strcmp(name, "linux,phandle"))
		return 1;
	for (; *names; names++)
		if (!strcmp(name, *names))
			return 1;
	return 0;
}

int tree_check_properties(const struct tree *t, int node, const char *const *names)
{
	int offset;

	fdt_for_each_property_offset(offset, t->fdt, node)
	{
		const char *name;
		int length;
		/* fdt_check_full() has read them all. */
		const void *value = fdt_getprop_by_offset(t->fdt, offset, &name, &length);

		if (!is_known(name, names))
			return unknown_property(t, node, name, names);
		/* The first of that name is what all others of its kind would read. */
		if (get_property(t, node, name, &length) != value)
			return tree_fail(t, node, name, CONFIG_ERR_UNKNOWN, "it twice", "it once",
					 "remove one");
	}
	return 0;
}

int tree_get_string(const struct tree *t, int node, const char *name, const char *example,
		    const char **out)
{
	int length;
	const char *value = get_property(t, node, name, &length);

	*out = value;
	if (!value || is_text(value, length))
		return 0;
	*out = NULL;
	return wrong_type(t, node, name, value, length, "one string of printable characters",
			  example);
}

/* A string is not empty. */
static int is_name(const char *name, const char *extra)
{
	size_t i;

	for (i = 0; name[i]; i++) {
		char c = name[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    !strchr(extra, c))
			return 0;
	}
	return i < CONFIG_NAME_MAX;
}

int tree_get_name(const struct tree *t, int node, const char *name, int required, const char *extra,
		  const char *example, char *out)
{
	char allowed[TREE_TEXT];
	const char *text;
	int status = tree_get_string(t, node, name, example, &text);

	if (status)
		return status;
	if (!text)
		return required ? tree_missing(t, node, name, example) : 0;
	if (!is_name(text, extra))
		return wrong_type(t, node, name, text, (int)strlen(text) + 1,
				  tree_say(allowed, "1 to %u letters, digits and any of %s",
					   CONFIG_NAME_MAX - 1, extra),
				  example);
	copy_text(out, CONFIG_NAME_MAX, text);
	return 0;
}

int tree_get_path(const struct tree *t, int node, const char *name, const char *example, char *out)
{
	char allowed[TREE_TEXT];
	const char *text;
	int status = tree_get_string(t, node, name, example, &text);

	out[0] = 0;
	if (status || !text)
		return status;
	if (text[0] != '/' || strlen(text) >= CONFIG_FILE_MAX)
		return wrong_type(t, node, name, text, (int)strlen(text) + 1,
				  tree_say(allowed, "an absolute path of at most %u characters",
					   CONFIG_FILE_MAX - 1),
				  example);
	copy_text(out, CONFIG_FILE_MAX, text);
	return 0;
}

int tree_get_number(const struct tree *t, int node, const struct tree_number *rule, uint32_t *out)
{
	char found[TREE_TEXT], allowed[TREE_TEXT], fix[TREE_TEXT];
	int length;
	const fdt32_t *value = get_property(t, node, rule->name, &length);

	*out = rule->fallback;
	if (!value)
		return rule->required ? tree_missing(t, node, rule->name, rule->example) : 0;
	if (length != 4)
		return wrong_type(t, node, rule->name, value, length, "one number", rule->example);
	*out = fdt32_ld(value);
	if (*out >= rule->min && *out <= rule->max)
		return 0;
	return tree_fail(t, node, rule->name, CONFIG_ERR_VALUE, tree_say(found, "%u", *out),
			 tree_say(allowed, "%u to %u", rule->min, rule->max),
			 tree_say(fix, "choose one of these, for example %s", rule->example));
}

int tree_get_flag(const struct tree *t, int node, const char *name, uint32_t *out)
{
	char example[TREE_TEXT];
	int length;
	const void *value = get_property(t, node, name, &length);

	*out = value != NULL;
	if (!value || !length)
		return 0;
	return wrong_type(t, node, name, value, length, "its name alone; leave it out for no",
			  tree_say(example, "%s;", name));
}

int tree_get_cells(const struct tree *t, int node, const char *name, uint32_t min, uint32_t max,
		   const char *example, uint32_t *cells, uint32_t *count)
{
	char allowed[TREE_TEXT];
	int length;
	const fdt32_t *value = get_property(t, node, name, &length);

	*count = 0;
	if (!value)
		return 0;
	if (length % 4 || (uint32_t)length / 4 < min || (uint32_t)length / 4 > max)
		return wrong_type(t, node, name, value, length,
				  min == max ? tree_say(allowed, "%u numbers", min)
					     : tree_say(allowed, "%u to %u entries", min, max),
				  example);
	*count = (uint32_t)length / 4;
	for (uint32_t i = 0; i < *count; i++)
		cells[i] = fdt32_ld(&value[i]);
	return 0;
}
