/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_PATTERN_PATTERN_H
#define BOARD_GUEST_PATTERN_PATTERN_H

#include <stdint.h>

/*
 * The test picture. x counts from the left and y from the top, s0..s3 are the seed's bytes, lowest
 * first:
 *   red   = (x + s1) mod 256
 *   green = (y + s2) mod 256
 *   blue  = (x div 256 + 16 * (y div 256) + s0) mod 256
 * For one seed no two pixels of a display up to 4096 x 4096 are alike, so a comparison finds a
 * shift, a wrong stride, a swapped channel and a flipped picture. With another low byte of the seed
 * every pixel differs, so a comparison also finds an old frame or another guest's. s3 has no
 * effect.
 */
#define PATTERN_SEED_MAX 0xffffffu

struct pattern_rgb {
	uint8_t r, g, b;
};

struct pattern_rgb pattern_pixel(uint32_t x, uint32_t y, uint32_t seed);

/* Fills an XRGB8888 buffer; `stride` in bytes, at least 4 * width. X is set to 0xff. */
void pattern_fill(uint8_t *pixels, uint32_t stride, uint32_t width, uint32_t height, uint32_t seed);

/*
 * Shaders that compute the same picture. The attribute `position` spans clip space; the uniforms
 * are `size` (vec2, pixels) and `seed` (vec3 s0..s2).
 */
extern const char pattern_vertex[];
extern const char pattern_fragment[];

#endif
