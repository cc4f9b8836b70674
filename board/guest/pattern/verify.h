/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_PATTERN_VERIFY_H
#define BOARD_GUEST_PATTERN_VERIFY_H

#include <stdint.h>

/*
 * Compares `size` pixels at `at` in a PNG file with the pattern of `seed`. Prints `match`, or the
 * first pixel that differs with both colours and the number of pixels that differ. Returns CLI_OK
 * for a match, CLI_FAILED if pixels differ or the picture is too small, CLI_USAGE if the file
 * cannot be read.
 */
int verify_png(const char *file, const uint32_t at[2], const uint32_t size[2], uint32_t seed);

#endif
