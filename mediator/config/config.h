/* SPDX-License-Identifier: MIT */
/*
 * The board's device tree as typed data. config_parse() finds the one node that is compatible with
 * "xen,gpu-mediator-v1", reads it strictly and either fills a struct config in which everything
 * fits together, or names the first thing that does not. docs/device-tree.md explains every
 * property; dts/bindings/xen,gpu-mediator-v1.yaml is the same for dt-validate. The limits below
 * are the single source for both.
 *
 * Pure: no allocation, no system call, any bytes are survived. The result points nowhere, so the
 * blob may be freed afterwards.
 */
#ifndef MEDIATOR_CONFIG_CONFIG_H
#define MEDIATOR_CONFIG_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "mediator/shared/protocol/client.h"
#include "mediator/sched/sched.h"
#include "mediator/shared/strip/strip.h"

#define CONFIG_COMPATIBLE "xen,gpu-mediator-v1"

#define CONFIG_NODE_MAX	      64u	    /* name of a node, cut when longer */
#define CONFIG_PATH_MAX	      160u	    /* path of a node, likewise */
#define CONFIG_NAME_MAX	      GPUM_NAME_MAX /* bytes, with the terminating zero */
#define CONFIG_FILE_MAX	      128u	    /* of a file's path, with the terminating zero */
#define CONFIG_MAX_PANELS     8u
#define CONFIG_MAX_DISPLAYS   16u
#define CONFIG_MAX_GUESTS     16u /* each owns at least one display, alone */
#define CONFIG_PANEL_DISPLAYS 8u  /* GPUM_MAX_LAYERS less the cursor */

/* Pixels: what the stock virtio_gpu driver offers as a mode (XRES_MIN, XRES_MAX). */
#define CONFIG_MIN_SIDE 32u
#define CONFIG_MAX_SIDE 8192u

#define CONFIG_MAX_REFRESH_HZ	 240u
#define CONFIG_MAX_PRIORITY	 255u
#define CONFIG_MAX_PERIOD_US	 1000000u /* of frames and budgets */
#define CONFIG_MAX_JOB_US	 1000000u /* also of kill times and compositions */
#define CONFIG_MAX_COST_US	 1000000u /* of what the machine adds */
#define CONFIG_MAX_WEIGHT	 SCHED_MAX_WEIGHT
#define CONFIG_MAX_SEGMENTS	 256u
#define CONFIG_MAX_DRAWS	 65536u
#define CONFIG_MAX_FREEZE_MS	 10000u
#define CONFIG_MAX_VERIFY_MS	 1000u
#define CONFIG_MAX_TELLTALES	 TRUTH_MAX_REGIONS
#define CONFIG_MIN_MEMORY_MIB	 4u
#define CONFIG_MAX_MEMORY_MIB	 16384u
#define CONFIG_MAX_CONTEXTS	 1024u
#define CONFIG_MIN_RESOURCES	 16u
#define CONFIG_MAX_RESOURCES	 65536u
#define CONFIG_MAX_BAN_MS	 3600000u
#define CONFIG_DEFAULT_BAN_MS	 60000u
#define CONFIG_DEFAULT_MEMORY	 128u /* MiB: what Xen lets a domain grant unless told otherwise */
#define CONFIG_DEFAULT_CONTEXTS	 64u
#define CONFIG_DEFAULT_RESOURCES 4096u
#define CONFIG_MIN_COMMAND_KIB	 64u
#define CONFIG_MAX_COMMAND_KIB	 4096u /* also the default */
#define CONFIG_MIN_EVENTS_PER_S	 100u
#define CONFIG_MAX_EVENTS_PER_S	 1000000u
#define CONFIG_DEFAULT_EVENTS	 10000u
#define CONFIG_MAX_LOG_LINES	 6000u /* a minute */
#define CONFIG_DEFAULT_LOG_LINES 60u

struct config_rect {
	uint32_t x, y, width, height; /* pixels */
};

struct config_panel {
	char node[CONFIG_NODE_MAX];
	char connector[CONFIG_NAME_MAX]; /* KMS name, such as "Virtual-1"; unique */
	uint32_t width, height;		 /* pixels */
	uint32_t refresh_hz;
	/* Indices of its displays in the order of painting: the most important one last. */
	uint32_t display[CONFIG_PANEL_DISPLAYS];
	uint32_t num_displays;	    /* at least 1 */
	uint32_t composed;	    /* 0: one display covers it all and can be flipped directly */
	uint32_t compose_us;	    /* longest composition; 0: not declared */
	uint32_t picture_period_us; /* at most one new picture in each; default: the refresh */
};

/* What shows that a display's picture is fresh and true, and what is shown when it is not. */
struct config_truth {
	char safe_picture[CONFIG_FILE_MAX]; /* a PNG of the display's size; "": none */
	uint32_t announced;		    /* frames carry a strip, at strip_x, strip_y */
	uint32_t strip_x, strip_y;	    /* it is inside the display and in no telltale */
	struct config_rect telltale[CONFIG_MAX_TELLTALES]; /* inside the display */
	uint32_t num_telltales;
	uint32_t verify_ms; /* at most one check in that time; not 0 when announced */
};

struct config_display {
	char name[CONFIG_NAME_MAX]; /* its label, or "display" and reg; unique, fit for a file name
				     */
	uint32_t reg;		    /* unique */
	uint32_t panel;		    /* index */
	uint32_t guest;		    /* index of its only owner */
	uint32_t scanout;	    /* number within that guest */
	struct config_rect region;  /* inside the panel, overlapping no other display's */
	uint32_t priority;	    /* 0 is the highest */
	uint32_t frame_period_us;   /* not shorter than picture_period_us */
	uint32_t freeze_timeout_ms; /* 0: freezes are not looked for, and `truth` is empty */
	struct config_truth truth;
	uint32_t deadline_us;	 /* of a frame's jobs, from its nominal release */
	uint32_t jitter_us;	 /* a release is at most so long late; shorter than the period */
	uint32_t segments;	 /* most jobs of one frame */
	uint32_t segment_gap_us; /* most CPU time between two of them */
	uint32_t slack_gate;	 /* lower jobs wait where they would break its deadline */
	uint32_t best_effort;	 /* its frames may be late; never with slack_gate */
};

struct config_guest {
	char node[CONFIG_NODE_MAX];
	char name[CONFIG_NAME_MAX]; /* the Xen domain's name; unique */
	uint32_t display[GPUM_MAX_SCANOUTS];
	uint32_t num_displays;	   /* at least 1 */
	uint32_t priority;	   /* of its jobs: the highest of its displays */
	uint32_t weight;	   /* share among guests of equal priority */
	uint32_t max_job_us;	   /* 0: not declared */
	uint32_t max_job_draws;	   /* of a command stream in one job; 0: it is not cut */
	uint32_t kill_time_us;	   /* 0: none, or not shorter than max_job_us */
	uint32_t budget_us;	   /* 0: unlimited; then the period is 0, too */
	uint32_t budget_period_us; /* not shorter than the budget */
	uint32_t ban_ms;	   /* after three faults in a minute; 0: it is never banned */
	uint32_t memory_mib;
	uint32_t max_granted_mib; /* of objects' memory, mapped at a time */
	uint32_t max_contexts;
	uint32_t max_resources;
	uint32_t max_command_kib;
	uint32_t max_events_per_s;
	uint32_t max_log_lines; /* a minute */
};

struct config {
	char path[CONFIG_PATH_MAX];	   /* of the node gpu-mediator */
	const struct sched_policy *policy; /* of static storage */
	struct sched_costs costs;	   /* what the machine adds to every job */
	char watchdog[CONFIG_FILE_MAX]; /* device fed by the first display's progress; "": none */
	struct config_panel panel[CONFIG_MAX_PANELS];
	struct config_display display[CONFIG_MAX_DISPLAYS];
	struct config_guest guest[CONFIG_MAX_GUESTS];
	uint32_t num_panels, num_displays, num_guests; /* each at least 1; in the tree's order */
};

enum config_status {
	CONFIG_OK = 0,
	CONFIG_ERR_BLOB = -1,	  /* not a device tree, or a damaged one */
	CONFIG_ERR_NODE = -2,	  /* a node is missing, unknown, doubled, or one too many */
	CONFIG_ERR_UNKNOWN = -3,  /* a property that the binding does not have */
	CONFIG_ERR_MISSING = -4,  /* a property that must be there */
	CONFIG_ERR_VALUE = -5,	  /* of the wrong type or out of range */
	CONFIG_ERR_CONFLICT = -6, /* two statements that cannot both hold */
};

/* What is wrong. All strings are zero-terminated and printable whatever the blob held. */
struct config_error {
	char node[CONFIG_PATH_MAX]; /* full path; "" when it is the blob itself */
	char property[40];	    /* "" when it is the node itself */
	char message[512]; /* one line: node, property, what was found, what is allowed, the fix */
};

/*
 * Read `size` bytes at `fdt`, 8-byte aligned. Returns CONFIG_OK and fills *out, or a negative
 * enum config_status and fills *err, with *out zeroed. The first fault found is the one reported.
 */
int config_parse(const void *fdt, size_t size, struct config *out, struct config_error *err);

/* The shortest time between two pictures: a whole number of the panel's refreshes. */
uint64_t config_picture_period_ns(const struct config_panel *panel);

/* The index of the most important display; the first in the tree among equals. */
uint32_t config_first_display(const struct config *config);

/* What a status means, in a few words; never NULL. */
const char *config_strstatus(int status);

#endif
