/* SPDX-License-Identifier: MIT */
/* One guest's backend process: its configuration (CONFIG), and validation of its messages. */
#ifndef MEDIATOR_DAEMON_GUEST_BACKEND_H
#define MEDIATOR_DAEMON_GUEST_BACKEND_H

#include <stdbool.h>

struct guest;

/* Prepare the guest's client. */
void backend_init(struct guest *guest);

/* Adopt a backend that outlived an earlier mediator. False: there is none. */
bool backend_adopt(struct guest *guest);

/* Returns 0 or -errno. However the process ends, guest_backend_gone() is called then. */
int backend_start(struct guest *guest);

#endif
