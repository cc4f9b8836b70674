/* SPDX-License-Identifier: MIT */
/* The picture on a display, as the mediator provides it for a screenshot. */
#ifndef TESTS_COMPONENT_COCKPIT_SCREEN_H
#define TESTS_COMPONENT_COCKPIT_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/component/cockpit/cockpit.h"

#define SCREEN_NOTHING 0xff000000u /* no picture; not a colour that a test draws */

/* The first pixel's colour, 0xRRGGBB, or SCREEN_NOTHING. */
uint32_t screen_colour(struct cockpit *c, const char *display);
/* Waits until the first pixel has this colour; false after `ms`. */
bool screen_wait(struct cockpit *c, const char *display, uint32_t colour, uint32_t ms);

/* Writes a PNG of one colour; ends the test program with status 99 on an error. */
void screen_write_png(const char *file, uint32_t width, uint32_t height, uint32_t colour);

#endif
