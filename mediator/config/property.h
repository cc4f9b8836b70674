/* SPDX-License-Identifier: MIT */
/*
 * The properties of the node gpu-mediator and of the nodes below it: one table per kind of node,
 * one row per property (node_*.c). The rows are the only place that states a property's name,
 * type, bounds and default. They drive config_parse(), its error texts and `gpumctl check`; tests
 * compare them with the binding, docs/device-tree.md and the fuzzer's dictionary.
 *
 * To add a property: a member in config.h, a row in its table, the same property in the binding
 * and in docs/device-tree.md.
 */
#ifndef MEDIATOR_CONFIG_PROPERTY_H
#define MEDIATOR_CONFIG_PROPERTY_H

#include "mediator/config/config.h"

enum config_kind {
	CONFIG_MEDIATOR,      /* gpu-mediator, struct config */
	CONFIG_PANEL,	      /* struct config_panel */
	CONFIG_DISPLAYS_LIST, /* holds the displays; no struct, its properties are not read */
	CONFIG_DISPLAY,	      /* struct config_display */
	CONFIG_GUESTS_LIST,   /* holds the guests; no struct */
	CONFIG_GUEST,	      /* struct config_guest */
	CONFIG_KINDS,
};

/*
 * The form of a value in the tree, and of the member at `offset` that keeps it. Values of the types
 * up to MODE are one string.
 */
enum config_type {
	CONFIG_TYPE_COMPATIBLE, /* CONFIG_COMPATIBLE; not kept */
	CONFIG_TYPE_POLICY,	/* a name in sched_policy_names(); const struct sched_policy * */
	CONFIG_TYPE_NAME,	/* letters, digits, `extra`; char[CONFIG_NAME_MAX], at most `max` */
	CONFIG_TYPE_PATH,	/* an absolute path; char[CONFIG_FILE_MAX], at most `max` */
	CONFIG_TYPE_MODE,	/* "WIDTHxHEIGHT@HZ"; uint32_t[3]; min, max: of the sides */
	CONFIG_TYPE_FIXED,	/* a number that dtc checks, `min`; not kept */
	CONFIG_TYPE_NUMBER,	/* uint32_t */
	CONFIG_TYPE_COST,	/* microseconds in the tree, nanoseconds in a uint64_t */
	CONFIG_TYPE_FLAG,	/* a name without a value; uint32_t, 0 or 1 */
	CONFIG_TYPE_REGION,	/* x y width height; struct config_rect; min, max: of the sides */
	CONFIG_TYPE_REGIONS,	/* up to `entries` of them; struct config_rect[] */
	CONFIG_TYPE_POINT,	/* x y; uint32_t[2]; min, max: of each */
	CONFIG_TYPE_PANEL,	/* a reference; uint32_t, an index into config->panel */
	CONFIG_TYPE_DISPLAYS,	/* up to `entries` references; uint32_t[], into config->display */
	CONFIG_TYPES,
};

/* Bounds of a number in one node, and its value when the property is absent. */
struct config_range {
	uint32_t min, max;
	uint32_t fallback; /* outside min to max: there is no value */
};

struct config_reader; /* reader.h */

struct config_property {
	const char *name;
	enum config_type type;
	size_t offset;	    /* of the member, in the struct of the node's kind */
	size_t count;	    /* offset of the number of entries; REGIONS, POINT, DISPLAYS */
	uint32_t entries;   /* most entries of REGIONS and DISPLAYS */
	uint32_t required;  /* config_parse() refuses a node without it */
	uint32_t min, max;  /* widest bounds; see also enum config_type */
	uint32_t fallback;  /* value of an absent property, unless `absent` or `adjust` says more */
	const char *least;  /* words for a lower bound that another property sets; or NULL */
	const char *most;   /* likewise, for an upper bound */
	const char *absent; /* words for the default, where it is no fixed number; or NULL */
	const char *extra;  /* characters of a NAME beside letters and digits */
	const char *needs;  /* property of the same node that must be there, too; or NULL */
	const char *unit;   /* "us", "ms", "MiB", ...; NULL: a count, or none */
	const char *meaning;
	const char *example; /* as in a tree's source */
	/* Narrow *range by what has been read before; NULL: min, max and fallback hold. */
	void (*adjust)(const struct config *config, uint32_t index, struct config_range *range);
	/* NULL: the reader of its type. Returns 0 or a negative enum config_status. */
	int (*read)(const struct config_reader *reader, const struct config_property *row);
	/*
	 * Called after the row, absent or not, with all rows above it read: completes the entry or
	 * finds a contradiction. NULL: nothing to do. Returns as `read`.
	 */
	int (*finish)(const struct config_reader *reader, const struct config_property *row);
};

/* One kind of node. Rows stand in the order in which they are read. */
struct config_table {
	const char *kind;    /* "panel", "display", ... */
	const char *node;    /* name of such a node, or the names that it may have */
	const char *meaning; /* of the node */
	size_t base, size;   /* offset in struct config of entry 0, and bytes of an entry */
	size_t given;	     /* offset in an entry of its member `given` */
	const struct config_property *row;
	uint32_t num_rows; /* at most 32: the bits of `given` */
};

const struct config_table *config_table(enum config_kind kind);

/* Offset in struct config of a member of entry `index`. */
size_t config_place(const struct config_table *table, uint32_t index, size_t offset);

/* Bounds of a row in entry `index` of a config read so far; config NULL: the widest ones. */
struct config_range config_range(const struct config *config, uint32_t index,
				 const struct config_property *row);

/* Room for the functions below; no table needs more. */
#define CONFIG_WORDS_MAX 384u

/* The allowed values in words, such as "1 to 1024", into text[CONFIG_WORDS_MAX]. Returns text. */
const char *config_allowed(const struct config_property *row, char *text);

/* The default, such as "64" or "the frame period"; "" when required. Otherwise the same. */
const char *config_default(const struct config_property *row, char *text);

/*
 * All names of a table, separated by commas, into text[size]; size is at least 64. Names that do
 * not fit are counted: "a, b and 3 more". Returns text, "" for a table without rows.
 */
const char *config_names(const struct config_table *table, char *text, size_t size);

#define CONFIG_MAX_CELLS (4u * CONFIG_MAX_TELLTALES)

/* A value as config_parse() has read it. Neither numbers nor text: absent, and no default. */
struct config_value {
	uint32_t given;			   /* 1: it stands in the tree; 0: it is the default */
	uint32_t number[CONFIG_MAX_CELLS]; /* of FIXED to DISPLAYS; COST in microseconds */
	uint32_t count;
	char text[CONFIG_FILE_MAX]; /* of COMPATIBLE to MODE */
};

/* Value of row `row` of `kind`, which is not a list, in entry `index` of an accepted config. */
void config_value(const struct config *config, enum config_kind kind, uint32_t index, uint32_t row,
		  struct config_value *out);

#endif
