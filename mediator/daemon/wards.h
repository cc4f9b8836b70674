/* SPDX-License-Identifier: MIT */
/*
 * The keeper's side of mediator/protocol/keeper.h: the mediator's clients, which are the keeper's
 * children, and the descriptors by which the next mediator goes on with them.
 */
#ifndef MEDIATOR_DAEMON_WARDS_H
#define MEDIATOR_DAEMON_WARDS_H

#include <stdint.h>
#include <sys/types.h>

#include "mediator/protocol/keeper.h"

struct ward {
	struct keeper_msg about; /* pid 0: free */
	int fd[2];
};

struct wards {
	int socket; /* to the mediator; -1: there is none */
	int closed; /* a socket whose other end is closed */
	struct ward ward[KEEPER_MAX_CLIENTS];
};

/* Returns 0, or -1 with errno set. */
int wards_init(struct wards *wards);

/* For the next mediator: returns its end of the socket, or -1 with errno set. */
int wards_connect(struct wards *wards);
/* Tell it of all that there are. */
void wards_hand_over(struct wards *wards);
/* The mediator has ended; take what it said last. */
void wards_disconnect(struct wards *wards);

/* The mediator has said something. */
void wards_listen(struct wards *wards);

/* A child other than the mediator has ended and is reaped. */
void wards_ended(struct wards *wards, pid_t pid, int status);

/*
 * Kill all. Returns how many there were. What they have said is not handed over any more, but they
 * are until they have ended: they may have the GPU so long.
 */
uint32_t wards_end(struct wards *wards);

#endif
