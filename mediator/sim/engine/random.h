/* SPDX-License-Identifier: MIT */
/*
 * Random numbers that are the same on every machine: SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
 */
#ifndef MEDIATOR_SIM_ENGINE_RANDOM_H
#define MEDIATOR_SIM_ENGINE_RANDOM_H

#include <stdint.h>

struct sim_random {
	uint64_t state; /* any value is a seed */
};

static inline uint64_t sim_random_next(struct sim_random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/*
 * Returns a number evenly distributed in [low, high], with low <= high < low + 2^64 - 1 and a bias
 * of at most (high - low) / 2^64.
 */
static inline uint64_t sim_random_between(struct sim_random *r, uint64_t low, uint64_t high)
{
	__extension__ typedef unsigned __int128 wide;

	if (low == high)
		return low;
	return low + (uint64_t)(((wide)sim_random_next(r) * (high - low + 1)) >> 64);
}

#endif
