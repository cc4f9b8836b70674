/* SPDX-License-Identifier: MIT */
/*
 * Messages between the keeper and the mediator, over the SOCK_SEQPACKET socket that the mediator
 * inherits. The keeper is the parent of the mediator's clients. It holds the mediator's ends of
 * their sockets, so that the clients survive the mediator's death ("kept clients"). Both are the
 * same program, so both are trusted.
 *
 * The keeper first hands over the kept clients (one KEPT each), then sends READY. From then on the
 * mediator sends KEEP for each client that it starts, and the keeper sends ENDED for each that it
 * has reaped. The mediator does not kill clients itself but asks the keeper (KILL): only the parent
 * can rule out PID reuse.
 */
#ifndef MEDIATOR_SHARED_PROTOCOL_KEEPER_H
#define MEDIATOR_SHARED_PROTOCOL_KEEPER_H

#include <stdint.h>

#define KEEPER_NAME_MAX	   64u /* bytes, terminating zero included */
#define KEEPER_MAX_CLIENTS 128u

enum keeper_msg_type {
	KEEPER_MSG_KEPT = 1, /* keeper to mediator; with both descriptors */
	KEEPER_MSG_READY,    /* keeper to mediator */
	KEEPER_MSG_ENDED,    /* keeper to mediator; `pid` and `status` are set */
	KEEPER_MSG_KEEP,     /* mediator to keeper; with both descriptors */
	KEEPER_MSG_KILL,     /* mediator to keeper; `pid` is that of a kept client */
};

/*
 * The two descriptors of KEPT and KEEP are the mediator's end of the client's socket, and the end
 * of the pipe from which the client's output is read.
 */
struct keeper_msg {
	uint32_t type; /* enum keeper_msg_type */
	int32_t pid;
	int32_t status; /* wait status of the ended client */
	uint32_t domid; /* the guest of a backend; 0 for other clients */
	char name[KEEPER_NAME_MAX];
};

/*
 * Send one message. `fds` are two descriptors, which stay the caller's, or NULL. Returns 0 or
 * -errno.
 */
int keeper_send(int socket, const struct keeper_msg *msg, const int *fds);

/*
 * Receive one message. fds[0] and fds[1] are descriptors that are now the caller's, or -1. Returns
 * 1 on a message, 0 when the peer has closed the socket, else -errno (-EBADMSG for a malformed
 * packet). `name` is terminated.
 */
int keeper_recv(int socket, struct keeper_msg *msg, int fds[2]);

#endif
