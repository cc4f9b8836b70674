/* SPDX-License-Identifier: MIT */
/* Rules between several nodes of the tree. Private to mediator/config. */
#ifndef MEDIATOR_CONFIG_RELATIONS_H
#define MEDIATOR_CONFIG_RELATIONS_H

#include "mediator/config/reader.h"

/*
 * Checks entries against each other; each one alone is right. Fills in the members that depend on
 * several nodes: owners and scanouts of displays, priorities of guests, the displays of each panel
 * in the order of painting. Returns 0 or a negative enum config_status with t->err filled.
 */
int config_relate(const struct tree *t, const struct config_nodes *nodes, struct config *c);

#endif
