/* SPDX-License-Identifier: MIT */
/*
 * The other side of shared memory, on another CPU: it writes while our code reads. The sources that
 * tests.mk names are compiled so that each of their loads reports here first; after so many loads
 * as it was told, the adversary makes its next rewrite. So a race is a part of the input, and runs
 * the same way each time.
 */
#ifndef TESTS_FUZZ_ADVERSARY_H
#define TESTS_FUZZ_ADVERSARY_H

#include <stddef.h>
#include <stdint.h>

struct adversary_step {
	uint8_t loads; /* between the last step and this one */
	uint8_t value;
	uint8_t offset[2]; /* little-endian, modulo the memory's size */
};

/* `steps` stay the caller's; any number of bytes, of which whole steps count. */
void adversary_start(void *memory, size_t bytes, const uint8_t *steps, size_t steps_bytes);
/* It writes no more. */
void adversary_stop(void);

#endif
