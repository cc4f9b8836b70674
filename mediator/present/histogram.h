/* SPDX-License-Identifier: MIT */
/*
 * Percentiles of durations in fixed memory: buckets that are linear within each power of two, so
 * that a value read back is too large by at most 1/32. Maximum and count are exact.
 */
#ifndef MEDIATOR_PRESENT_HISTOGRAM_H
#define MEDIATOR_PRESENT_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_SUB	  32u /* buckets per power of two */
#define HISTOGRAM_OCTAVES 24u /* up to 264 s; longer ones are read back as the maximum */

struct histogram {
	uint32_t bucket[HISTOGRAM_SUB * HISTOGRAM_OCTAVES];
	uint64_t count;
	uint64_t max_us;
};

void histogram_add(struct histogram *h, uint64_t us);

/* The value that `permille` thousandths of all values do not exceed, in us; 0 when empty. */
uint64_t histogram_permille(const struct histogram *h, uint32_t permille);

#endif
