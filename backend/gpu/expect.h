/* SPDX-License-Identifier: MIT */
/*
 * Decides when to nudge a GPU that reports completed work only when it is sent a command, where
 * each nudge costs GPU time. Short work is expected first: two nudges at the normal period. Then
 * comes a pause of 7/8 of the shortest time that recent long work took, and from there on one nudge
 * per period. Pure; times in microseconds.
 */
#ifndef BACKEND_GPU_EXPECT_H
#define BACKEND_GPU_EXPECT_H

#include <stdint.h>

#define EXPECT_RECENT 4u /* durations remembered */

struct expect {
	uint32_t period_us;		/* between two nudges */
	uint64_t begin_us;		/* start of the current work */
	uint32_t recent[EXPECT_RECENT]; /* durations of long work; 0: not yet known */
	uint32_t next;			/* slot in `recent`, modulo EXPECT_RECENT */
};

/* Work was given to the GPU, and is known to be finished. */
void expect_begin(struct expect *e, uint64_t now_us);
void expect_end(struct expect *e, uint64_t now_us);
/* Time from now to the next nudge, at least 1 us. */
uint32_t expect_ask_in(const struct expect *e, uint64_t now_us);

#endif
