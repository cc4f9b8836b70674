/* SPDX-License-Identifier: MIT */
#ifndef MEDIATOR_CTL_CHECK_H
#define MEDIATOR_CTL_CHECK_H

#include <stdbool.h>

/*
 * `gpumctl check FILE.dtb`: would the mediator start with this device tree? Prints what it would
 * do (panels, displays, guests) on stdout, or what is wrong and how to fix it on stderr; with
 * `json` one JSON object on stdout in both cases. Returns the exit status: 0 the tree is good,
 * 1 it is refused, 2 the file cannot be read or the result cannot be written.
 */
int gpumctl_check(const char *path, bool json);

#endif
