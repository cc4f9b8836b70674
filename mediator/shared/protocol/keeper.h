/* SPDX-License-Identifier: MIT */
/*
 * What the keeper and the mediator say to each other, over the SOCK_SEQPACKET socket that the
 * mediator inherits. The keeper is the parent of the mediator's clients; it holds the mediator's
 * ends of their sockets, so that they outlive it. Both are one program, so both are trusted.
 *
 * First the keeper hands over the clients that there are (KEPT each), then READY. From then on the
 * mediator tells it of each that it starts (KEEP), and learns which has ended (ENDED). It kills
 * none itself but asks for it (KILL): who waits for a process knows that its id is not yet
 * another's.
 */
#ifndef MEDIATOR_SHARED_PROTOCOL_KEEPER_H
#define MEDIATOR_SHARED_PROTOCOL_KEEPER_H

#include <stdint.h>

#define KEEPER_NAME_MAX	   64u
#define KEEPER_MAX_CLIENTS 128u

enum keeper_msg_type {
	KEEPER_MSG_KEPT = 1, /* keeper to mediator, with both descriptors */
	KEEPER_MSG_READY,    /* keeper to mediator */
	KEEPER_MSG_ENDED,    /* keeper to mediator: pid and status are valid */
	KEEPER_MSG_KEEP,     /* mediator to keeper, with both descriptors */
	KEEPER_MSG_KILL,     /* mediator to keeper: pid is valid, and of one that it keeps */
};

/* Descriptors: the mediator's end of the client's socket, the end to read what it prints. */
struct keeper_msg {
	uint32_t type; /* enum keeper_msg_type */
	int32_t pid;
	int32_t status; /* of wait() */
	uint32_t domid; /* of a backend's guest */
	char name[KEEPER_NAME_MAX];
};

/* fds: two, or NULL; they stay the caller's. Returns 0 or -errno. */
int keeper_send(int socket, const struct keeper_msg *msg, const int *fds);

/*
 * Returns 1 on a message, 0 when the peer is gone, -errno else. fds, two, are the caller's now; -1
 * when the message has none.
 */
int keeper_recv(int socket, struct keeper_msg *msg, int fds[2]);

#endif
