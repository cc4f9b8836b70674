/* SPDX-License-Identifier: MIT */
/*
 * Clients that outlive a mediator: the keeper is their parent and holds what the mediator needs of
 * them (mediator/protocol/keeper.h). Without a keeper all of this does nothing, and clients end
 * with the mediator.
 */
#ifndef MEDIATOR_DAEMON_KEPT_H
#define MEDIATOR_DAEMON_KEPT_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/protocol/keeper.h"

struct client;
struct mediator;

struct kept_client {
	int pid; /* 0: none */
	uint32_t domid;
	char name[KEEPER_NAME_MAX];
	int socket, log;
};

struct kept {
	int fd; /* -1: there is no keeper */
	struct ev_io io;
	struct kept_client client[KEEPER_MAX_CLIENTS];
	uint32_t count;
};

/* Take over what the keeper hands over. False, with the reason logged: it does not. */
bool kept_init(struct mediator *mediator, int fd);

/* A client of that name, whose descriptors are the caller's now; false: there is none. */
bool kept_take(struct mediator *mediator, const char *name, struct kept_client *out);

/* Nobody wants those that are left: kill them. Until they have ended nobody gets the GPU. */
void kept_end_others(struct mediator *mediator);

/* The keeper shall keep it, and tell when it ends. */
void kept_add(struct client *client);

/* The keeper shall kill it, unless it has been reaped: its process id may be another's by now. */
void kept_kill(struct mediator *mediator, int pid);

void kept_finish(struct mediator *mediator);

#endif
