/* SPDX-License-Identifier: MIT */
/* The backend process of one guest: what it is told, and every message of it checked. */
#ifndef MEDIATOR_DAEMON_BACKEND_H
#define MEDIATOR_DAEMON_BACKEND_H

#include <stdbool.h>

struct guest;

void backend_init(struct guest *guest);

/* Whether there is one that outlived an earlier mediator; it is told that there is another. */
bool backend_resume(struct guest *guest);

/* Returns 0 or -errno; guest_backend_gone() is called when it has ended, however. */
int backend_start(struct guest *guest);

#endif
