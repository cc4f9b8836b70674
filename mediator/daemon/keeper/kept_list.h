/* SPDX-License-Identifier: MIT */
/*
 * Kept clients, the keeper's end of mediator/shared/protocol/keeper.h: the mediator's clients,
 * which are children of the keeper, and the descriptors by which the next mediator goes on with
 * them. The mediator's end is mediator/daemon/client/kept_link.h.
 */
#ifndef MEDIATOR_DAEMON_KEEPER_KEPT_LIST_H
#define MEDIATOR_DAEMON_KEEPER_KEPT_LIST_H

#include <stdint.h>
#include <sys/types.h>

#include "mediator/shared/protocol/keeper.h"

struct kept {
	struct keeper_msg about; /* pid 0: free */
	int fd[2];		 /* as in struct keeper_msg */
};

struct kept_list {
	int socket; /* to the mediator; -1: there is none */
	int closed; /* a socket whose other end is closed */
	struct kept kept[KEEPER_MAX_CLIENTS];
};

/* Returns 0, or -1 with errno set. */
int kept_list_init(struct kept_list *list);

/* For the next mediator: returns its end of the socket, or -1 with errno set. */
int kept_list_connect(struct kept_list *list);
/* Tell the mediator of all kept clients. */
void kept_list_hand_over(struct kept_list *list);
/* The mediator has ended: take what it said last. */
void kept_list_disconnect(struct kept_list *list);

/* The mediator's socket is readable: take what it says. Does not wait. */
void kept_list_listen(struct kept_list *list);

/* A child other than the mediator has ended and is reaped, with `status` as of wait(). */
void kept_list_ended(struct kept_list *list, pid_t pid, int status);

/*
 * Kill all clients. Returns how many there were. Each is handed over until it is reaped, as it may
 * have the GPU until then, but what it has said is not.
 */
uint32_t kept_list_end(struct kept_list *list);

#endif
