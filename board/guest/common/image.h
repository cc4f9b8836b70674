/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_COMMON_IMAGE_H
#define BOARD_GUEST_COMMON_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Both return 0 or -1 and say on stderr what went wrong. Pixels are R, G, B, X bytes, no gaps. */

/* Writes an 8-bit RGB PNG; `bottom_up`: the first row in memory is the lowest. X is ignored. */
int image_write_png(const char *file, uint32_t width, uint32_t height, const uint8_t *rgbx,
		    bool bottom_up);

/* Reads any PNG of at most CLI_MAX_SIZE a side; `*rgbx` is the caller's to free, top row first. */
int image_read_png(const char *file, uint32_t *width, uint32_t *height, uint8_t **rgbx);

#endif
