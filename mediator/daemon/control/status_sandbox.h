/* SPDX-License-Identifier: MIT */
/* A client process' sandbox, as the kernel describes it, for `gpumctl status`. */
#ifndef MEDIATOR_DAEMON_CONTROL_STATUS_SANDBOX_H
#define MEDIATOR_DAEMON_CONTROL_STATUS_SANDBOX_H

#include <jansson.h>

struct client;

/* A new object, or JSON null while the process does not run. */
json_t *status_sandbox(const struct client *client);

#endif
