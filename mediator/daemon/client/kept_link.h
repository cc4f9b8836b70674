/* SPDX-License-Identifier: MIT */
/*
 * Kept clients, the mediator's end: the keeper is the parent of the client processes and holds what
 * the next mediator needs of them (mediator/shared/protocol/keeper.h; its end is
 * mediator/daemon/keeper/kept_list.h). Without a keeper nothing is kept, and clients end with the
 * mediator.
 */
#ifndef MEDIATOR_DAEMON_CLIENT_KEPT_LINK_H
#define MEDIATOR_DAEMON_CLIENT_KEPT_LINK_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/protocol/keeper.h"

/* A client that an earlier mediator has started. The descriptors are its holder's. */
struct kept_client {
	int pid; /* 0: none */
	uint32_t domid;
	char name[KEEPER_NAME_MAX];
	int socket, log;
};

struct kept_link {
	int fd; /* -1: there is no keeper */
	struct ev_loop *loop;
	struct ev_io io;
	void (*ended)(void *owner, int pid, int status);
	void *owner;
	struct kept_client client[KEEPER_MAX_CLIENTS];
	uint32_t count;
};

/*
 * Take over what the keeper hands over through `fd` (-1: there is no keeper). From then on `ended`
 * is called from the event loop for each client process that has ended and is reaped, with its
 * status as of wait(). False, with the reason logged, when the keeper does not answer.
 */
bool kept_link_init(struct kept_link *link, struct ev_loop *loop, int fd,
		    void (*ended)(void *owner, int pid, int status), void *owner);
void kept_link_finish(struct kept_link *link);

static inline bool kept_link_exists(const struct kept_link *link)
{
	return link->fd >= 0;
}

/* Hand out the kept client of that name; its descriptors become the caller's. False: none. */
bool kept_link_take(struct kept_link *link, const char *name, struct kept_client *out);

/* Close what is held of a kept client that has ended. False: there is none with that pid. */
bool kept_link_forget(struct kept_link *link, int pid);

/* Have the keeper keep a new client; the descriptors stay the caller's. Nothing without a keeper.
 */
void kept_link_keep(struct kept_link *link, const struct kept_client *client);

/*
 * Have the keeper kill a client, unless it has been reaped: only the parent of a process can rule
 * out that its pid has been reused.
 */
void kept_link_kill(struct kept_link *link, int pid);

#endif
