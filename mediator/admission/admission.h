/* SPDX-License-Identifier: MIT */
/*
 * What a configuration can be promised, and what to change when it cannot: `gpumctl check` and the
 * mediator's start run the same code. Pure, as mediator/config; docs/scheduling.md is the theory.
 */
#ifndef MEDIATOR_ADMISSION_ADMISSION_H
#define MEDIATOR_ADMISSION_ADMISSION_H

#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/sched/sched.h"

#define ADMISSION_MAX_ROWS (CONFIG_MAX_DISPLAYS + CONFIG_MAX_PANELS)
/* Longer periods: three properties of each display. Shorter jobs are fewer changes. */
#define ADMISSION_MAX_CHANGES (3u * CONFIG_MAX_DISPLAYS)

enum admission_verdict {
	ADMISSION_HOLDS = 0, /* every frame meets its deadline */
	ADMISSION_OPEN,	     /* nothing is promised: see admission.reason */
	ADMISSION_EFFORT,    /* of a row: the tree asks for no promise, and there is none */
	ADMISSION_LATE,	     /* a frame may miss its deadline */
	ADMISSION_SHORT,     /* the guest's own budget may hold a frame back */
};

/* A display, or the composition of a panel. */
struct admission_row {
	uint8_t composition;
	uint32_t index; /* in config.display or config.panel */
	enum admission_verdict verdict;
	uint64_t cost_ns;     /* enforced cost of one of its jobs; 0: not declared */
	uint64_t deadline_ns; /* from the nominal release */
	uint64_t utilisation; /* of the GPU, in millionths */
	/* As in struct response; valid unless the verdict is ADMISSION_OPEN. */
	uint64_t response_ns, rogue_ns, blocking_ns, tolerance_ns;
};

/* A property to be changed. */
struct admission_change {
	char node[CONFIG_PATH_MAX + CONFIG_NODE_MAX];
	const char *property; /* of static storage */
	uint32_t from, to;    /* 0 to 1 for a property without value: add it */
};

struct admission {
	enum admission_verdict
		verdict; /* ADMISSION_HOLDS, or the worst of the rows with a promise */
	struct admission_row row[ADMISSION_MAX_ROWS]; /* the most important first */
	uint32_t num_rows;
	uint64_t utilisation; /* sum of all that is declared */
	char reason[128];     /* why nothing is promised, "": it is */
	/* The smallest change found that makes all displays hold; none: none was found. */
	struct admission_change change[ADMISSION_MAX_CHANGES];
	uint32_t num_changes;
	/* When it is refused: the first change in the words of config_parse(). */
	struct config_error error;
};

/* Fill *out for a configuration that config_parse() has accepted. Refused is LATE and SHORT. */
void admission_check(const struct config *c, struct admission *out);
int admission_refused(const struct admission *a);

/* The same without looking for changes: for searches. */
void admission_evaluate(const struct config *c, struct admission *out);

/* One word for a table: "holds", "not promised", "best effort", "late", "budget too small". */
const char *admission_word(enum admission_verdict verdict);

/* What the scheduler is to know about a guest, and about a panel's compositor. */
void admission_guest_params(const struct config *c, const struct admission *a, uint32_t guest,
			    struct sched_params *out);
void admission_compositor_params(const struct config *c, uint32_t panel, struct sched_params *out);

/* The display by whose frames a guest's releases are told: with a gate, or the most important. */
uint32_t admission_main_display(const struct config *c, uint32_t guest);

#endif
