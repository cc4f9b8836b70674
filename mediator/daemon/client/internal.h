/* SPDX-License-Identifier: MIT */
/* Shared by client.c (the life of a client) and messages.c (its messages). */
#ifndef MEDIATOR_DAEMON_CLIENT_INTERNAL_H
#define MEDIATOR_DAEMON_CLIENT_INTERNAL_H

#include "mediator/daemon/client/client.h"

/* Go through one transition of its life and carry out the actions, which are returned, too. */
unsigned int client_step(struct client *client, enum client_event event);

/* Take messages from its socket, at most as many as one turn of the event loop allows. */
void client_listen(struct client *client);

#endif
