/* SPDX-License-Identifier: MIT */
/* The daemon's status as JSON, from which `gpumctl status` and `gpumctl report` print. */
#ifndef MEDIATOR_DAEMON_CONTROL_STATUS_H
#define MEDIATOR_DAEMON_CONTROL_STATUS_H

#include <jansson.h>

struct mediator;

/* Returns a new object, or NULL when memory is short. docs/man/gpumctl.1 lists its members. */
json_t *status_describe(struct mediator *mediator);

/* Restart the counting of frames, jobs and time. */
void status_reset(struct mediator *mediator);

#endif
