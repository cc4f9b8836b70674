/* SPDX-License-Identifier: MIT */
/*
 * Admission: does every display of a configuration meet its deadlines, and if not, which change of
 * the tree would help? `gpumctl check` and the mediator at its start run the same code. Pure, like
 * mediator/config. docs/scheduling.md has the theory.
 */
#ifndef MEDIATOR_ADMISSION_ADMISSION_H
#define MEDIATOR_ADMISSION_ADMISSION_H

#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/sched/sched.h"

#define ADMISSION_MAX_ROWS (CONFIG_MAX_DISPLAYS + CONFIG_MAX_PANELS)
/* Longer periods change three properties of each display; shorter jobs change fewer properties. */
#define ADMISSION_MAX_CHANGES (3u * CONFIG_MAX_DISPLAYS)

enum admission_verdict {
	ADMISSION_HOLDS = 0, /* each frame meets its deadline */
	ADMISSION_OPEN,	     /* nothing is promised: see admission.reason */
	ADMISSION_EFFORT,    /* a row only: the tree asks for best effort, so nothing is promised */
	ADMISSION_LATE,	     /* a frame may miss its deadline */
	ADMISSION_SHORT,     /* the guest's own budget may hold a frame back */
};

/* The result for the frames of a display, or for the compositions of a shared panel. */
struct admission_row {
	uint8_t composition; /* 1: a panel's compositions */
	uint32_t index;	     /* in config.panel or config.display */
	enum admission_verdict verdict;
	uint64_t cost_ns;     /* enforced cost of one job; 0: not declared */
	uint64_t deadline_ns; /* from the nominal release */
	uint64_t utilisation; /* of the GPU, in millionths; rounded up */
	/*
	 * As in struct response; valid unless the verdict is ADMISSION_OPEN. tolerance_ns is 0 if
	 * the deadline is missed even without blocking.
	 */
	uint64_t response_ns, rogue_ns, blocking_ns, tolerance_ns;
};

/* A change of one property of the device tree. */
struct admission_change {
	char node[CONFIG_PATH_MAX + CONFIG_NODE_MAX]; /* path of the node */
	const char *property;			      /* static storage */
	uint32_t from, to; /* values; 0 to 1: add a property that has no value */
};

struct admission {
	enum admission_verdict verdict; /* the worst of the rows that are not best effort */
	struct admission_row row[ADMISSION_MAX_ROWS]; /* most important first */
	uint32_t num_rows;
	uint64_t utilisation; /* sum over all rows */
	char reason[128];     /* why nothing is promised; "": frames are promised */
	/* The smallest change with which all displays hold; num_changes 0: none found. */
	struct admission_change change[ADMISSION_MAX_CHANGES];
	uint32_t num_changes;
	/* If refused: the first change, worded like an error of config_parse(). */
	struct config_error error;
};

/*
 * Analyse a configuration that config_parse() has accepted and, if it is refused, search a change
 * that helps.
 */
void admission_check(const struct config *c, struct admission *out);

/* Returns whether the verdict is ADMISSION_LATE or ADMISSION_SHORT: the mediator must not start. */
int admission_refused(const struct admission *a);

/* The same as admission_check() without the search for a change, for use within searches. */
void admission_evaluate(const struct config *c, struct admission *out);

/* Returns text for tables: "holds", "not promised", "best effort", "late", "budget too small". */
const char *admission_word(enum admission_verdict verdict);

/*
 * Fill *out with the scheduler's parameters for a guest, and for a panel's compositor. The slack of
 * a guest's gate comes from *a; it is 0, the scheduler's default, if nothing is promised.
 */
void admission_guest_params(const struct config *c, const struct admission *a, uint32_t guest,
			    struct sched_params *out);
void admission_compositor_params(const struct config *c, uint32_t panel, struct sched_params *out);

/*
 * Returns the index of the display whose releases a guest reports to the scheduler: its first
 * display with a gate or, without a gate, its most important one.
 */
uint32_t admission_main_display(const struct config *c, uint32_t guest);

#endif
