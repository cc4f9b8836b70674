/* SPDX-License-Identifier: MIT */
/* One message as one packet of a SOCK_SEQPACKET socket, with descriptors (SCM_RIGHTS). */
#ifndef MEDIATOR_SHARED_PROTOCOL_PACKET_H
#define MEDIATOR_SHARED_PROTOCOL_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX_FDS 2u

struct packet {
	void *data; /* the caller's */
	size_t size;
	int fd[PACKET_MAX_FDS];
	uint32_t num_fds;
	bool whole; /* received: nothing was cut off, and no descriptor was too many */
};

/* The descriptors stay the caller's. Returns 0 or -errno. */
int packet_send(int socket, const struct packet *packet);

/*
 * Receive into data, of `size` bytes, and set size to what came. The descriptors are the caller's
 * now; those beyond PACKET_MAX_FDS are closed. Returns 1 on a packet, 0 when the peer closed the
 * socket, -errno else.
 */
int packet_recv(int socket, struct packet *packet);

void packet_close_fds(struct packet *packet);

#endif
