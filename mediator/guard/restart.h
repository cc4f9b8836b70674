/* SPDX-License-Identifier: MIT */
/*
 * When a process that ended is started again: at once after a long life, else later each time, so
 * that one which cannot live does not keep the machine busy.
 *
 * Pure: time is an argument, in nanoseconds.
 */
#ifndef MEDIATOR_GUARD_RESTART_H
#define MEDIATOR_GUARD_RESTART_H

#include <stdint.h>

#define RESTART_HEALTHY_NS UINT64_C(10000000000) /* a life so long forgives all before it */
#define RESTART_FIRST_NS   UINT64_C(100000000)	 /* after a short life; doubled by each further */
#define RESTART_LONGEST_NS UINT64_C(5000000000)

/* Zeroed: nothing has ended yet. */
struct restart {
	uint64_t pause_ns; /* before the last start */
};

/* It has ended after lived_ns. Returns the pause before it is started again. */
uint64_t restart_pause(struct restart *r, uint64_t lived_ns);

#endif
