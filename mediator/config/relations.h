/* SPDX-License-Identifier: MIT */
/* What several nodes of the tree must agree on. Private to mediator/config. */
#ifndef MEDIATOR_CONFIG_RELATIONS_H
#define MEDIATOR_CONFIG_RELATIONS_H

#include "mediator/config/entries.h"
#include "mediator/config/tree.h"

/*
 * Check *c, whose entries are each right in themselves, and fill in what follows from several:
 * owners, priorities of guests, what a panel shows in which order. Returns 0 or a negative enum
 * config_status with t->err filled.
 */
int config_relate(const struct tree *t, const struct config_nodes *nodes, struct config *c);

#endif
