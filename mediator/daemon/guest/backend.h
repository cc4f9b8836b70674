/* SPDX-License-Identifier: MIT */
/* The backend process of one guest: what it is told, and every message of it checked. */
#ifndef MEDIATOR_DAEMON_GUEST_BACKEND_H
#define MEDIATOR_DAEMON_GUEST_BACKEND_H

#include <stdbool.h>

struct guest;

/* Prepare the guest's client. */
void backend_init(struct guest *guest);

/* Adopt a backend that outlived an earlier mediator. False: there is none. */
bool backend_adopt(struct guest *guest);

/* Returns 0 or -errno; guest_backend_gone() is called when it has ended, however. */
int backend_start(struct guest *guest);

#endif
