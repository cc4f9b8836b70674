/* SPDX-License-Identifier: MIT */
/*
 * Percentiles of durations in fixed memory. Buckets are linear within each power of two, so a value
 * read back is too large by at most 1/32. Count and maximum are exact.
 */
#ifndef MEDIATOR_PRESENT_HISTOGRAM_H
#define MEDIATOR_PRESENT_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB	  32u /* buckets per power of two */
#define HISTOGRAM_OCTAVES 24u /* up to 264 s; longer durations are read back as the maximum */

/* Zeroed: empty. */
struct histogram {
	uint32_t bucket[HISTOGRAM_SUB * HISTOGRAM_OCTAVES]; /* number of durations; saturates */
	uint64_t count;
	uint64_t max_us;
};

/* Add a duration of `us` microseconds. */
void histogram_add(struct histogram *h, uint64_t us);

/* Returns the duration, in us, that `permille` thousandths of all do not exceed; 0 if empty. */
uint64_t histogram_permille(const struct histogram *h, uint32_t permille);

#endif
