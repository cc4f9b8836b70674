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
 * The shaders interpolate positions instead of reading gl_FragCoord, which is mediump in GLSL
 * ES 1.00: on a GPU with 16-bit floats gl_FragCoord is off by one from pixel 1024 on.
 */
const char pattern_vertex[] = "attribute vec2 position;\n"
			      "uniform vec2 size;\n"
			      "varying highp vec2 pixel;\n"
			      "void main() {\n"
			      "  pixel = (position * vec2(0.5, -0.5) + 0.5) * size;\n"
			      "  gl_Position = vec4(position, 0.0, 1.0);\n"
			      "}\n";

/*
 * GLES 2 has no integer operations. All values are whole numbers far below 2^24, so 32-bit floats
 * are exact. Pixel centres lie at halves, so an interpolation error below 0.5 does no harm. Because
 * div256() adds a half, a division that is off by one bit does not change the floor.
 */
const char pattern_fragment[] = "precision highp float;\n"
				"uniform vec3 seed;\n"
				"varying highp vec2 pixel;\n"
				"float div256(float v) { return floor((v + 0.5) / 256.0); }\n"
				"float wrap(float v) { return v - 256.0 * div256(v); }\n"
				"void main() {\n"
				"  float x = floor(pixel.x);\n"
				"  float y = floor(pixel.y);\n"
				"  float r = wrap(x + seed.y);\n"
				"  float g = wrap(y + seed.z);\n"
				"  float b = wrap(div256(x) + 16.0 * div256(y) + seed.x);\n"
				"  gl_FragColor = vec4(vec3(r, g, b) / 255.0, 1.0);\n"
				"}\n";
