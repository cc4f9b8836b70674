/* SPDX-License-Identifier: MIT */
/*
 * Bans: a guest whose backend fails again and again loses the GPU for a while. Each fault is a
 * strike; STRIKES_LIMIT strikes within STRIKES_WINDOW_NS ban the guest for its ban time. After the
 * ban its strikes are forgotten.
 *
 * Pure: each time is an argument, in nanoseconds of one monotonic clock, never 0.
 */
#ifndef MEDIATOR_GUARD_STRIKES_H
#define MEDIATOR_GUARD_STRIKES_H

#include <stdbool.h>
#include <stdint.h>

#define STRIKES_LIMIT	  3u
#define STRIKES_WINDOW_NS UINT64_C(60000000000)

struct strikes {
	uint64_t ban_ns;		   /* length of a ban; 0: never ban */
	uint64_t at_ns[STRIKES_LIMIT - 1]; /* times of the last strikes, newest first; 0: none */
	uint64_t until_ns;		   /* end of the ban; 0: not banned */
	uint32_t total;			   /* strikes since strikes_init() or strikes_forgive() */
	uint32_t bans;			   /* bans since then */
};

/* Start without strikes; a ban lasts ban_ns, 0: never ban. */
void strikes_init(struct strikes *s, uint64_t ban_ns);

/* Count a fault. Returns whether it bans the guest. A fault during a ban does not prolong it. */
bool strikes_add(struct strikes *s, uint64_t now);

/* Returns the time left of the ban in ns; 0: no ban. Forgets the strikes once a ban is over. */
uint64_t strikes_banned(struct strikes *s, uint64_t now);

/*
 * Returns the strikes within the window, for pauses and status; at most STRIKES_LIMIT - 1, with
 * which the next strike bans.
 */
uint32_t strikes_recent(const struct strikes *s, uint64_t now);

/* Forget all strikes and end the ban: the guest has come anew, or dom0 gives it another chance. */
void strikes_forgive(struct strikes *s);

#endif
