/* SPDX-License-Identifier: MIT */
/*
 * The board's device tree as typed data. config_parse() finds the one node that is compatible with
 * "xen,gpu-mediator-v1" and reads it strictly. It either fills a struct config whose entries all
 * agree with each other, or names the first fault. The tables in property.h list every property;
 * docs/device-tree.md explains them, and dts/bindings/xen,gpu-mediator-v1.yaml states them for
 * dt-validate.
 *
 * Pure: no allocation, no system call; any bytes may be passed. A struct config holds no pointer
 * into the blob, so the caller may free the blob afterwards.
 */
#ifndef MEDIATOR_CONFIG_CONFIG_H
#define MEDIATOR_CONFIG_CONFIG_H

#include <stddef.h>
#include <stdint.h>

#include "mediator/shared/protocol/client.h"
#include "mediator/sched/sched.h"
#include "mediator/shared/strip/strip.h"

#define CONFIG_COMPATIBLE "xen,gpu-mediator-v1"

/* Bytes of texts, with the terminating zero. A longer name is cut and ends in "...". */
#define CONFIG_NODE_MAX	    64u
#define CONFIG_PATH_MAX	    160u
#define CONFIG_NAME_MAX	    GPUM_NAME_MAX
#define CONFIG_FILE_MAX	    128u
#define CONFIG_PROPERTY_MAX 40u
#define CONFIG_MESSAGE_MAX  1408u

#define CONFIG_MAX_PANELS     8u
#define CONFIG_MAX_DISPLAYS   16u
#define CONFIG_MAX_GUESTS     16u /* each guest owns at least one display, and shares none */
#define CONFIG_PANEL_DISPLAYS 8u  /* GPUM_MAX_LAYERS less the cursor */

/* Pixels: the sizes that the stock virtio_gpu driver offers as modes (XRES_MIN, XRES_MAX). */
#define CONFIG_MIN_SIDE 32u
#define CONFIG_MAX_SIDE 8192u

#define CONFIG_MAX_REFRESH_HZ	 240u
#define CONFIG_MAX_PRIORITY	 255u
#define CONFIG_MAX_REG		 255u
#define CONFIG_MAX_PERIOD_US	 1000000u /* of frames, pictures and budgets */
#define CONFIG_MIN_PERIOD_US	 (CONFIG_MAX_PERIOD_US / CONFIG_MAX_REFRESH_HZ) /* not of budgets */
#define CONFIG_MAX_JOB_US	 1000000u /* of jobs, kill times and compositions */
#define CONFIG_MAX_COST_US	 1000000u /* each of struct sched_costs */
#define CONFIG_MAX_WEIGHT	 SCHED_MAX_WEIGHT
#define CONFIG_MAX_SEGMENTS	 256u
#define CONFIG_MAX_DRAWS	 65536u
#define CONFIG_MIN_FREEZE_MS	 ((2u * CONFIG_MIN_PERIOD_US + 999u) / 1000u) /* two frames */
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
#define CONFIG_DEFAULT_MEMORY	 128u /* MiB: Xen's own default limit on what a domain grants */
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
	uint32_t given;			 /* bit n: the tree has row n of its table (property.h) */
	char node[CONFIG_NODE_MAX];	 /* name of its node */
	char connector[CONFIG_NAME_MAX]; /* KMS name, such as "Virtual-1"; unique */
	uint32_t width, height;		 /* pixels */
	uint32_t refresh_hz;
	/* Indices of its displays in the order of painting: the most important one last. */
	uint32_t display[CONFIG_PANEL_DISPLAYS];
	uint32_t num_displays; /* at least 1 */
	uint32_t composed;     /* 0: one display covers the panel and can be flipped directly */
	uint32_t compose_us;   /* longest composition; 0: not declared */
	uint32_t picture_period_us; /* shortest time between new pictures; default: the refresh */
};

/* How the mediator finds out that a display's picture is stale or wrong, and what it shows then. */
struct config_truth {
	char safe_picture[CONFIG_FILE_MAX]; /* a PNG of the display's size; "": none */
	uint32_t announced;		    /* 1: frames carry a strip at strip_x, strip_y */
	uint32_t strip_x, strip_y;	    /* pixels; inside the display, outside all telltales */
	struct config_rect telltale[CONFIG_MAX_TELLTALES]; /* inside the display */
	uint32_t num_telltales;
	uint32_t verify_ms; /* shortest time between verifications; not 0 when announced */
};

struct config_display {
	uint32_t given;		    /* as in struct config_panel */
	char name[CONFIG_NAME_MAX]; /* label, or "display" and reg; unique, fit for a file name */
	uint32_t reg;		    /* unique */
	uint32_t panel;		    /* index */
	uint32_t guest;		    /* index of its only owner */
	uint32_t scanout;	    /* number within that guest */
	struct config_rect region;  /* inside the panel, overlaps no other display's */
	uint32_t priority;	    /* 0 is the highest */
	uint32_t frame_period_us;   /* not shorter than the panel's picture_period_us */
	uint32_t freeze_timeout_ms; /* 0: freezes are not looked for, and `truth` is empty */
	struct config_truth truth;
	uint32_t deadline_us;	 /* of a frame's jobs, from its nominal release */
	uint32_t jitter_us;	 /* longest delay of a release; shorter than the frame period */
	uint32_t segments;	 /* most jobs of one frame */
	uint32_t segment_gap_us; /* longest CPU time between two of these jobs */
	uint32_t slack_gate;	 /* 1: lower jobs wait where they would break its deadline */
	uint32_t best_effort;	 /* 1: its frames may be late; never with slack_gate */
};

struct config_guest {
	uint32_t given;			     /* as in struct config_panel */
	char node[CONFIG_NODE_MAX];	     /* name of its node */
	char name[CONFIG_NAME_MAX];	     /* the Xen domain's name; unique */
	uint32_t display[GPUM_MAX_SCANOUTS]; /* indices, in the order of its scanouts */
	uint32_t num_displays;		     /* at least 1 */
	uint32_t priority;		     /* of its jobs: the highest of its displays */
	uint32_t weight;		     /* share among guests of equal priority */
	uint32_t max_job_us;		     /* 0: not declared */
	uint32_t max_job_draws; /* draws of a command stream in one job; 0: streams are not cut */
	uint32_t kill_time_us;	/* 0: none; otherwise not shorter than max_job_us */
	uint32_t budget_us;	/* 0: unlimited, and the period is 0, too */
	uint32_t budget_period_us; /* not shorter than the budget */
	uint32_t ban_ms;	   /* ban after three faults in a minute; 0: never banned */
	uint32_t memory_mib;
	uint32_t max_granted_mib; /* granted memory of objects that is mapped at one time */
	uint32_t max_contexts;
	uint32_t max_resources;
	uint32_t max_command_kib;
	uint32_t max_events_per_s;
	uint32_t max_log_lines; /* per minute */
};

struct config {
	uint32_t given;			   /* as in struct config_panel */
	char path[CONFIG_PATH_MAX];	   /* of the node gpu-mediator */
	const struct sched_policy *policy; /* of static storage */
	struct sched_costs costs;	   /* time that the machine adds to every job */
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
	CONFIG_ERR_UNKNOWN = -3,  /* a property that the node's table does not have */
	CONFIG_ERR_MISSING = -4,  /* a required property is absent */
	CONFIG_ERR_VALUE = -5,	  /* a value of the wrong type or out of range */
	CONFIG_ERR_CONFLICT = -6, /* two values that contradict each other */
};

/* A fault. All strings are zero-terminated and printable whatever the blob holds. */
struct config_error {
	char node[CONFIG_PATH_MAX];	    /* full path; "": the fault is the blob itself */
	char property[CONFIG_PROPERTY_MAX]; /* "": the fault is the node itself */
	char message[CONFIG_MESSAGE_MAX]; /* one line: node, property, value found, values allowed,
					     fix */
};

/*
 * Reads `size` bytes at `fdt`, 8-byte aligned. Returns CONFIG_OK and fills *out, or a negative
 * enum config_status, fills *err with the first fault found and zeroes *out.
 */
int config_parse(const void *fdt, size_t size, struct config *out, struct config_error *err);

/* Nanoseconds between two pictures of the panel, at least: a multiple of its refresh period. */
uint64_t config_picture_period_ns(const struct config_panel *panel);

/* Index of the display of the highest priority; the first in the tree among equals. */
uint32_t config_first_display(const struct config *config);

/* A few words for a status; never NULL. */
const char *config_strstatus(int status);

#endif
