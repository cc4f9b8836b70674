/* SPDX-License-Identifier: MIT */
/* All client processes of a mediator, and what they share: the GPU, the keeper, the event loop. */
#ifndef MEDIATOR_DAEMON_CLIENT_CLIENTS_H
#define MEDIATOR_DAEMON_CLIENT_CLIENTS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/daemon/client/jobs.h"
#include "mediator/daemon/client/kept_link.h"

struct client;

struct clients {
	struct ev_loop *loop;
	const char *libexec; /* folder of the clients' programs */
	uint64_t mediator;   /* number of this mediator in RESUME; no other one has it */
	struct jobs jobs;
	struct kept_link kept;
	struct client *first; /* of all that client_init() was called for */
};

/*
 * Take over the clients that the keeper has kept (keeper_fd -1: there is no keeper). `libexec` and
 * the loop stay the caller's. False, with the reason logged, when the keeper does not answer.
 */
bool clients_init(struct clients *clients, struct ev_loop *loop, const char *libexec,
		  const struct sched_policy *policy, const struct sched_costs *costs, int keeper_fd,
		  uint64_t now);

/*
 * Every kept client that is of use has been adopted: kill the others. No job starts before they
 * have ended.
 */
void clients_end_unwanted(struct clients *clients);

/* Stop timers and close the socket to the keeper. All clients have been abandoned before. */
void clients_finish(struct clients *clients);

#endif
