/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_PATTERN_VERIFY_H
#define BOARD_GUEST_PATTERN_VERIFY_H

#include <stdint.h>

/*
 * Compares a picture with the pattern: `size` pixels at `at` in the file, top row first. Prints
 * `match`, or the first pixel that differs with both colours and how many differ. Returns CLI_OK
 * for a match, CLI_FAILED for a difference (or a picture too small), CLI_USAGE when the file cannot
 * be read.
 */
int verify_png(const char *file, const uint32_t at[2], const uint32_t size[2], uint32_t seed);

#endif
