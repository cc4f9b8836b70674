/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_COMMON_IMAGE_H
#define BOARD_GUEST_COMMON_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

/* Both return 0, or -1 after a message on stderr. Pixels are bytes R, G, B, X without gaps. */

/* Writes an 8-bit RGB PNG without X. `bottom_up`: the first row in memory is the lowest. */
int image_write_png(const char *file, uint32_t width, uint32_t height, const uint8_t *rgbx,
		    bool bottom_up);

/* Reads a PNG of at most CLI_MAX_SIZE a side, top row first. The caller frees `*rgbx`. */
int image_read_png(const char *file, uint32_t *width, uint32_t *height, uint8_t **rgbx);

#endif
