/* SPDX-License-Identifier: MIT */
/* What the mediator knows about itself, as JSON: `gpumctl status` and `report` are made of it. */
#ifndef MEDIATOR_DAEMON_REPORT_H
#define MEDIATOR_DAEMON_REPORT_H

#include <jansson.h>

struct mediator;

/* A new object, or NULL when memory is short. Its members: docs/man/gpumctl.1. */
json_t *report_status(struct mediator *mediator);

/* Count frames, jobs and time from now on. */
void report_reset(struct mediator *mediator);

#endif
