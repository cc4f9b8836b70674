/* SPDX-License-Identifier: MIT */
/* Makes a VESA E-EDID 1.4 block that describes one display of the guest. Pure. */
#ifndef BACKEND_DEVICE_EDID_H
#define BACKEND_DEVICE_EDID_H

#include <stdint.h>

#define EDID_BYTES 128u

/*
 * Fill in the block of a display whose only mode is width x height pixels at one frame per
 * period_us (0: 60 Hz). Values that a detailed timing cannot express are lowered to its limits:
 * 4095 pixels, a pixel clock of 655.35 MHz. The block names the display with the first 13
 * characters of `name`, with `?` in place of characters that are not printable ASCII.
 */
void edid_make(uint8_t edid[EDID_BYTES], uint32_t width, uint32_t height, uint32_t period_us,
	       const char *name);

#endif
