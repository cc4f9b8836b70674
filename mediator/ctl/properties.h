/* SPDX-License-Identifier: MIT */
/* The device tree's properties for people and tools, as the tables of mediator/config list them. */
#ifndef MEDIATOR_CTL_PROPERTIES_H
#define MEDIATOR_CTL_PROPERTIES_H

#include <jansson.h>

#include "mediator/config/config.h"

/* A list of all kinds of nodes with all their properties; the caller's. NULL: out of memory. */
json_t *properties_table(void);

/* A list of the nodes of an accepted tree, with the values that hold in them. Likewise. */
json_t *properties_of(const struct config *c);

/* Prints properties_table() as text on stdout. */
void properties_print(void);

#endif
