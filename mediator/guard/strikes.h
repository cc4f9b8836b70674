/* SPDX-License-Identifier: MIT */
/*
 * When a guest whose backend fails again and again is left without its GPU for a while. A fault is
 * a strike; STRIKES_LIMIT of them within STRIKES_WINDOW_NS ban the guest for its ban time. Then it
 * may return, with nothing held against it.
 *
 * Pure: time is an argument, nanoseconds of one monotonic clock, never 0.
 */
#ifndef MEDIATOR_GUARD_STRIKES_H
#define MEDIATOR_GUARD_STRIKES_H

#include <stdbool.h>
#include <stdint.h>

#define STRIKES_LIMIT	  3u
#define STRIKES_WINDOW_NS UINT64_C(60000000000)

struct strikes {
	uint64_t ban_ns;		   /* 0: it is never banned */
	uint64_t at_ns[STRIKES_LIMIT - 1]; /* the last ones, 0: none; the newest first */
	uint64_t until_ns;		   /* the end of the ban, 0: there is none */
	uint32_t total;			   /* since the guest has come */
	uint32_t bans;
};

void strikes_init(struct strikes *s, uint64_t ban_ns);

/* A fault. Returns whether it bans the guest; no time is added to a ban that is on. */
bool strikes_add(struct strikes *s, uint64_t now);

/* What is left of the ban in nanoseconds, 0: none. Over means: nothing is held against it. */
uint64_t strikes_banned(struct strikes *s, uint64_t now);

/* Faults within the window, at most STRIKES_LIMIT - 1: the next one bans. For pauses and reports.
 */
uint32_t strikes_recent(const struct strikes *s, uint64_t now);

/* It has come anew, or dom0 gives it another chance. */
void strikes_forgive(struct strikes *s);

#endif
