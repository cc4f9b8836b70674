/* SPDX-License-Identifier: MIT */
#include "mediator/present/histogram.h"

#define BUCKETS (HISTOGRAM_SUB * HISTOGRAM_OCTAVES)
#define LONGEST ((UINT64_C(1) << 28) - 1)

_Static_assert(HISTOGRAM_SUB == 32 && HISTOGRAM_OCTAVES == 24, "the shifts below say 32 and 2^28");

/* Values below 64 have a bucket each; above, the five bits after the leading one select it. */
static uint32_t bucket_of(uint64_t us)
{
	uint32_t octave = 0;

	while ((us >> octave) >= 2 * HISTOGRAM_SUB)
		octave++;
	return octave * HISTOGRAM_SUB + (uint32_t)(us >> octave);
}

static uint64_t largest_in(uint32_t bucket)
{
	uint32_t octave, mantissa;

	if (bucket < 2 * HISTOGRAM_SUB)
		return bucket;
	octave = bucket / HISTOGRAM_SUB - 1;
	mantissa = bucket % HISTOGRAM_SUB + HISTOGRAM_SUB;
	return ((uint64_t)(mantissa + 1) << octave) - 1;
}

void histogram_add(struct histogram *h, uint64_t us)
{
	uint32_t i = bucket_of(us < LONGEST ? us : LONGEST);

	if (h->bucket[i] < UINT32_MAX)
		h->bucket[i]++;
	h->count++;
	if (us > h->max_us)
		h->max_us = us;
}

uint64_t histogram_permille(const struct histogram *h, uint32_t permille)
{
	uint64_t rank = (h->count * permille + 999) / 1000;
	uint64_t seen = 0;

	if (!h->count)
		return 0;
	if (!rank)
		rank = 1;
	for (uint32_t i = 0; i < BUCKETS - 1; i++) {
		seen += h->bucket[i];
		if (seen >= rank)
			return largest_in(i) < h->max_us ? largest_in(i) : h->max_us;
	}
	return h->max_us;
}
