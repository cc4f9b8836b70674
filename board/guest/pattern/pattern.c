/* SPDX-License-Identifier: MIT */
#include "board/guest/pattern/pattern.h"

#include <string.h>

struct pattern_rgb pattern_pixel(uint32_t x, uint32_t y, uint32_t seed)
{
	const struct pattern_rgb p = {
		.r = (uint8_t)(x + (seed >> 8)),
		.g = (uint8_t)(y + (seed >> 16)),
		.b = (uint8_t)((x >> 8) + 16 * (y >> 8) + seed),
	};

	return p;
}

void pattern_fill(uint8_t *pixels, uint32_t stride, uint32_t width, uint32_t height, uint32_t seed)
{
	for (uint32_t y = 0; y < height; y++) {
		uint8_t *row = pixels + (size_t)y * stride;

		for (uint32_t x = 0; x < width; x++) {
			const struct pattern_rgb p = pattern_pixel(x, y, seed);
			/* XRGB8888 is little endian in memory: B, G, R, X. */
			const uint8_t bytes[4] = {p.b, p.g, p.r, 0xff};

			memcpy(row + (size_t)x * 4, bytes, sizeof(bytes));
		}
	}
}

/*
 * All values are whole numbers far below 2^24, where 32-bit floats are exact; GLES 2 has no integer
 * operations. The half in wrap() keeps a division that is off by one bit from changing the floor.
 */
const char pattern_fragment[] = "precision highp float;\n"
				"uniform float height;\n"
				"uniform vec3 seed;\n"
				"float div256(float v) { return floor((v + 0.5) / 256.0); }\n"
				"float wrap(float v) { return v - 256.0 * div256(v); }\n"
				"void main() {\n"
				"  float x = floor(gl_FragCoord.x);\n"
				"  float y = height - 1.0 - floor(gl_FragCoord.y);\n"
				"  float r = wrap(x + seed.y);\n"
				"  float g = wrap(y + seed.z);\n"
				"  float b = wrap(div256(x) + 16.0 * div256(y) + seed.x);\n"
				"  gl_FragColor = vec4(vec3(r, g, b) / 255.0, 1.0);\n"
				"}\n";
