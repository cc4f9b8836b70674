/* SPDX-License-Identifier: MIT */
/* A VESA E-EDID 1.4 block that describes one display of the guest. Pure. */
#ifndef BACKEND_DEVICE_EDID_H
#define BACKEND_DEVICE_EDID_H

#include <stdint.h>

#define EDID_BYTES 128u

/*
 * The preferred (and only) mode is width x height at the frame period. A size or rate that a
 * detailed timing cannot express (4095 pixels, 655.35 MHz) is lowered to what it can.
 */
void edid_make(uint8_t edid[EDID_BYTES], uint32_t width, uint32_t height, uint32_t period_us,
	       const char *name);

#endif
