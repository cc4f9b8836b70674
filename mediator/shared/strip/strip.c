/* SPDX-License-Identifier: MIT */
#include "mediator/shared/strip/strip.h"

#include <string.h>
#include <zlib.h>

#define MAX_WORDS (4u + TRUTH_MAX_REGIONS)
/*
 * Display pipelines may alter white and black (color correction, rounding), but not beyond these.
 */
#define WHITE_FROM 0xc0u
#define BLACK_TO   0x3fu
#define RGB	   3u

static void put_word(uint8_t *bytes, uint32_t word)
{
	for (uint32_t i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(word >> (24u - 8u * i));
}

static uint32_t words_crc(const uint32_t *words, uint32_t count)
{
	uint8_t bytes[4u * MAX_WORDS];

	for (uint32_t i = 0; i < count; i++)
		put_word(bytes + 4u * i, words[i]);
	return (uint32_t)crc32(0, bytes, 4u * count);
}

void truth_strip_encode(const struct truth_strip *strip, uint8_t *pixels)
{
	uint32_t words[MAX_WORDS] = {TRUTH_MAGIC, strip->alive, strip->count};
	uint32_t count = 3;

	for (uint32_t i = 0; i < strip->count && i < TRUTH_MAX_REGIONS; i++)
		words[count++] = strip->crc[i];
	words[count] = words_crc(words, count);
	count++;
	for (uint32_t bit = 0; bit < TRUTH_WORD_BITS * count; bit++) {
		uint32_t word = words[bit / TRUTH_WORD_BITS];
		uint32_t one = word >> (TRUTH_WORD_BITS - 1u - bit % TRUTH_WORD_BITS) & 1u;

		memset(pixels + TRUTH_PIXEL * bit, one ? 0xff : 0, RGB);
		pixels[TRUTH_PIXEL * bit + RGB] = 0xff;
	}
}

/* Returns the bit, or 2 for a pixel that is neither black nor white. */
static uint32_t bit_of(const uint8_t *pixel)
{
	uint32_t low = 255, high = 0;

	for (uint32_t i = 0; i < RGB; i++) {
		low = pixel[i] < low ? pixel[i] : low;
		high = pixel[i] > high ? pixel[i] : high;
	}
	if (low >= WHITE_FROM)
		return 1;
	return high <= BLACK_TO ? 0 : 2;
}

static int read_words(const uint8_t *pixels, uint32_t *words, uint32_t count)
{
	for (uint32_t w = 0; w < count; w++) {
		words[w] = 0;
		for (uint32_t i = 0; i < TRUTH_WORD_BITS; i++, pixels += TRUTH_PIXEL) {
			uint32_t bit = bit_of(pixels);

			if (bit > 1)
				return 0;
			words[w] = words[w] << 1 | bit;
		}
	}
	return 1;
}

enum truth_verdict truth_strip_decode(const uint8_t *pixels, uint32_t count,
				      struct truth_strip *strip)
{
	uint32_t words[MAX_WORDS];

	memset(strip, 0, sizeof(*strip));
	if (count > TRUTH_MAX_REGIONS || !read_words(pixels, words, count + 4))
		return TRUTH_NO_STRIP;
	if (words[0] != TRUTH_MAGIC || words[2] != count ||
	    words[count + 3] != words_crc(words, count + 3))
		return TRUTH_NO_STRIP;
	strip->alive = words[1];
	strip->count = count;
	memcpy(strip->crc, words + 3, count * sizeof(words[0]));
	return TRUTH_OK;
}

uint32_t truth_crc(uint32_t crc, const uint8_t *pixels, size_t count)
{
	uint8_t rgb[RGB * 64];

	while (count) {
		size_t n = count < 64 ? count : 64;

		for (size_t i = 0; i < n; i++)
			memcpy(rgb + RGB * i, pixels + TRUTH_PIXEL * i, RGB);
		crc = (uint32_t)crc32(crc, rgb, (uInt)(RGB * n));
		pixels += TRUTH_PIXEL * n;
		count -= n;
	}
	return crc;
}

void truth_compare(const uint8_t *strip_pixels, const uint32_t *seen, uint32_t count,
		   struct truth_finding *out)
{
	struct truth_strip strip;

	memset(out, 0, sizeof(*out));
	out->verdict = truth_strip_decode(strip_pixels, count, &strip);
	if (out->verdict != TRUTH_OK)
		return;
	out->alive = strip.alive;
	for (uint32_t i = 0; i < count; i++)
		if (strip.crc[i] != seen[i])
			out->wrong |= UINT32_C(1) << i;
	if (out->wrong)
		out->verdict = TRUTH_WRONG;
}
