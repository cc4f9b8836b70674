/* SPDX-License-Identifier: MIT */
/*
 * When to ask a GPU that has to be asked whether its work is over, and where asking costs the GPU
 * time: soon at first, for short work; then not before most of the time has passed that recent
 * work took; regularly from there on. Pure; times in microseconds.
 */
#ifndef BACKEND_GPU_EXPECT_H
#define BACKEND_GPU_EXPECT_H

#include <stdint.h>

#define EXPECT_RECENT 4u

struct expect {
	uint32_t period_us; /* between two questions */
	uint64_t begin_us;
	uint32_t recent[EXPECT_RECENT]; /* of work that outlasted the first questions; 0: none */
	uint32_t next;
};

void expect_begin(struct expect *e, uint64_t now_us);
void expect_end(struct expect *e, uint64_t now_us);
/* Time from now to the next question, at least 1 us. */
uint32_t expect_ask_in(const struct expect *e, uint64_t now_us);

#endif
