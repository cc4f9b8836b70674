/* SPDX-License-Identifier: MIT */
#ifndef MEDIATOR_CTL_CHECK_H
#define MEDIATOR_CTL_CHECK_H

#include <stdbool.h>

/*
 * `gpumctl check FILE.dtb`: would the mediator start with this device tree? Prints its panels,
 * displays and guests on stdout, or the fault and its fix on stderr; with `json` one JSON object on
 * stdout in both cases. Returns the exit status: 0 the tree is good, 1 the tree is refused, 2 the
 * file cannot be read or the result cannot be written.
 */
int gpumctl_check(const char *path, bool json);

/*
 * `gpumctl check --properties`: prints all properties that a tree may have, with their bounds and
 * defaults. Returns the exit status: 0, or 2 if the result cannot be written.
 */
int gpumctl_properties(bool json);

#endif
