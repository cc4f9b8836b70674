/* SPDX-License-Identifier: MIT */
/*
 * The pause before a process that ended is started again: none after a long life, otherwise longer
 * each time, so that a process that cannot live does not keep the machine busy.
 *
 * Pure: times are arguments, in nanoseconds.
 */
#ifndef MEDIATOR_GUARD_RESTART_H
#define MEDIATOR_GUARD_RESTART_H

#include <stdint.h>

#define RESTART_HEALTHY_NS UINT64_C(10000000000) /* after a life this long there is no pause */
#define RESTART_FIRST_NS   UINT64_C(100000000) /* after a short life; doubled by each further one */
#define RESTART_LONGEST_NS UINT64_C(5000000000)

/* Zeroed: the process has not ended yet. */
struct restart {
	uint64_t pause_ns; /* pause before the last start */
};

/* The process has ended after lived_ns. Returns the pause before its next start in ns. */
uint64_t restart_pause(struct restart *r, uint64_t lived_ns);

#endif
