/* SPDX-License-Identifier: MIT */
/*
 * The announcement: a strip of pixels in the frame itself, in which the guest's application
 * announces what it means to show in the declared regions (telltales) of this very frame.
 * docs/truth.md describes it pixel by pixel. Used by the verifier and by applications that
 * announce. Pure.
 *
 * The strip is one row of pixels, each of which is a bit: white is 1, black is 0. Words have 32
 * bits, highest bit first, from left to right:
 *
 *   TRUTH_MAGIC | alive counter | number of regions n | n CRC-32 of regions | CRC-32 of all before
 *
 * A region's CRC-32 (zlib's) covers the red, green and blue bytes of its pixels, row by row from
 * the top. The strip's CRC-32 covers its words in big-endian order.
 *
 * Pixels passed to these functions have four bytes: red, green, blue, and one that is ignored.
 */
#ifndef MEDIATOR_SHARED_STRIP_STRIP_H
#define MEDIATOR_SHARED_STRIP_STRIP_H

#include <stddef.h>
#include <stdint.h>

#define TRUTH_MAGIC	      UINT32_C(0x54525545) /* "TRUE" */
#define TRUTH_MAX_REGIONS     8u
#define TRUTH_PIXEL	      4u /* bytes */
#define TRUTH_WORD_BITS	      32u
#define TRUTH_STRIP_PIXELS(n) (TRUTH_WORD_BITS * (4u + (n))) /* pixels, with n regions */

struct truth_strip {
	uint32_t alive; /* the alive counter: different in each drawn frame */
	uint32_t count; /* regions, at most TRUTH_MAX_REGIONS */
	uint32_t crc[TRUTH_MAX_REGIONS];
};

enum truth_verdict {
	TRUTH_OK = 0,
	TRUTH_NO_STRIP, /* no strip, or a damaged one */
	TRUTH_WRONG,	/* a region does not show what was announced */
};

/* The verdict on one picture, with its details. */
struct truth_finding {
	uint32_t verdict; /* enum truth_verdict */
	uint32_t alive;	  /* alive counter of the strip; 0 if TRUTH_NO_STRIP */
	uint32_t wrong;	  /* bit i: region i differs; 0 unless TRUTH_WRONG */
};

/* Write the strip's TRUTH_STRIP_PIXELS(strip->count) pixels, TRUTH_PIXEL bytes each. */
void truth_strip_encode(const struct truth_strip *strip, uint8_t *pixels);

/*
 * Read the TRUTH_STRIP_PIXELS(count) pixels of a strip of `count` regions. Returns TRUTH_OK, or
 * TRUTH_NO_STRIP with *strip zeroed.
 */
enum truth_verdict truth_strip_decode(const uint8_t *pixels, uint32_t count,
				      struct truth_strip *strip);

/*
 * Extend the CRC of a region by `count` more pixels; `crc` is 0 at the start. Returns the new CRC.
 */
uint32_t truth_crc(uint32_t crc, const uint8_t *pixels, size_t count);

/*
 * Compare the CRCs that a strip announces with those seen in the picture: `seen` has `count` CRCs,
 * one per region.
 */
void truth_compare(const uint8_t *strip_pixels, const uint32_t *seen, uint32_t count,
		   struct truth_finding *out);

#endif
