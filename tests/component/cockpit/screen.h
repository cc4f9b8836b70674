/* SPDX-License-Identifier: MIT */
/* What is on a display: the picture that the mediator hands out for a screenshot. */
#ifndef TESTS_COMPONENT_COCKPIT_SCREEN_H
#define TESTS_COMPONENT_COCKPIT_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/component/cockpit/cockpit.h"

#define SCREEN_NOTHING 0xff000000u /* nothing is shown: no colour that a test draws */

/* The first pixel, 0xRRGGBB, or SCREEN_NOTHING. */
uint32_t screen_colour(struct cockpit *c, const char *display);
/* True as soon as it is that colour. */
bool screen_wait(struct cockpit *c, const char *display, uint32_t colour, uint32_t ms);

/* A PNG of one colour; ends the test program when it cannot be written. */
void screen_write_png(const char *file, uint32_t width, uint32_t height, uint32_t colour);

#endif
