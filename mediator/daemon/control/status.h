/* SPDX-License-Identifier: MIT */
/* What the mediator knows about itself, as JSON: `gpumctl status` and `report` are made of it. */
#ifndef MEDIATOR_DAEMON_CONTROL_STATUS_H
#define MEDIATOR_DAEMON_CONTROL_STATUS_H

#include <jansson.h>

struct mediator;

/* A new object, or NULL when memory is short. Its members: docs/man/gpumctl.1. */
json_t *status_describe(struct mediator *mediator);

/* Count frames, jobs and time from now on. */
void status_reset(struct mediator *mediator);

#endif
