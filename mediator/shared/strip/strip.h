/* SPDX-License-Identifier: MIT */
/*
 * The announcement: a strip of pixels in the frame itself, in which the guest's application says
 * what it means to show in the declared regions (telltales) of this very frame. docs/truth.md has
 * it pixel by pixel. Shared by the verifier and by applications that announce. Pure.
 *
 * One row of pixels, each a bit: white is 1, black is 0; words of 32 bits, highest bit first, left
 * to right:
 *
 *   TRUTH_MAGIC | alive counter | number of regions n | n CRC-32 of regions | CRC-32 of all before
 *
 * A region's CRC-32 (zlib's) is over its pixels' red, green and blue bytes, row by row from the
 * top; the strip's is over its words, big-endian.
 *
 * Pixels here are four bytes: red, green, blue, one that is ignored.
 */
#ifndef MEDIATOR_SHARED_STRIP_STRIP_H
#define MEDIATOR_SHARED_STRIP_STRIP_H

#include <stddef.h>
#include <stdint.h>

#define TRUTH_MAGIC	      UINT32_C(0x54525545) /* "TRUE" */
#define TRUTH_MAX_REGIONS     8u
#define TRUTH_PIXEL	      4u
#define TRUTH_WORD_BITS	      32u
#define TRUTH_STRIP_PIXELS(n) (TRUTH_WORD_BITS * (4u + (n))) /* with n regions */

struct truth_strip {
	uint32_t alive; /* another one in each frame that is drawn */
	uint32_t count; /* of regions, at most TRUTH_MAX_REGIONS */
	uint32_t crc[TRUTH_MAX_REGIONS];
};

enum truth_verdict {
	TRUTH_OK = 0,
	TRUTH_NO_STRIP, /* there is none, or a damaged one */
	TRUTH_WRONG,	/* regions do not show what was announced */
};

/* What a check has found. */
struct truth_finding {
	uint32_t verdict; /* enum truth_verdict */
	uint32_t alive;	  /* unless TRUTH_NO_STRIP */
	uint32_t wrong;	  /* bit i: region i differs; not 0 if and only if TRUTH_WRONG */
};

/* Write TRUTH_STRIP_PIXELS(strip->count) pixels. */
void truth_strip_encode(const struct truth_strip *strip, uint8_t *pixels);

/* Read as many as a strip of `count` regions has. Returns TRUTH_OK or TRUTH_NO_STRIP. */
enum truth_verdict truth_strip_decode(const uint8_t *pixels, uint32_t count,
				      struct truth_strip *strip);

/* The CRC of pixels that `crc` is of, with `count` more behind them; crc is 0 when there are none.
 */
uint32_t truth_crc(uint32_t crc, const uint8_t *pixels, size_t count);

/* Compare what a strip announces with what `count` regions were seen to have. */
void truth_compare(const uint8_t *strip_pixels, const uint32_t *seen, uint32_t count,
		   struct truth_finding *out);

#endif
