/* SPDX-License-Identifier: MIT */
/*
 * Simulates the other side of shared memory on another CPU, which writes while our code reads. The
 * sources named in tests.mk are compiled so that each of their loads calls back here first; after
 * the given number of loads, the adversary makes its next write. So a race is part of the input and
 * reproducible.
 */
#ifndef TESTS_FUZZ_ADVERSARY_H
#define TESTS_FUZZ_ADVERSARY_H

#include <stddef.h>
#include <stdint.h>

struct adversary_step {
	uint8_t loads;	   /* loads between the previous step and this one */
	uint8_t value;	   /* to write */
	uint8_t offset[2]; /* little-endian, modulo the memory's size */
};

/*
 * Start with writes to `bytes` bytes of `memory`. `steps` stay the caller's; an incomplete last
 * step is ignored.
 */
void adversary_start(void *memory, size_t bytes, const uint8_t *steps, size_t steps_bytes);
/* Make no further writes. */
void adversary_stop(void);

#endif
