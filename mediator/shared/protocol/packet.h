/* SPDX-License-Identifier: MIT */
/* Sends and receives one packet on a SOCK_SEQPACKET socket, with descriptors (SCM_RIGHTS). */
#ifndef MEDIATOR_SHARED_PROTOCOL_PACKET_H
#define MEDIATOR_SHARED_PROTOCOL_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PACKET_MAX_FDS 2u

struct packet {
	void *data;  /* stays the caller's */
	size_t size; /* bytes */
	int fd[PACKET_MAX_FDS];
	uint32_t num_fds;
	bool whole; /* set on receipt: neither data nor descriptors were cut off */
};

/* Send size bytes of data and num_fds descriptors, which stay the caller's. Returns 0 or -errno. */
int packet_send(int socket, const struct packet *packet);

/*
 * Receive into data, whose capacity is given in size; size is set to the bytes received. The
 * received descriptors are the caller's; any beyond PACKET_MAX_FDS are closed. Returns 1 on a
 * packet, 0 when the peer has closed the socket, else -errno.
 */
int packet_recv(int socket, struct packet *packet);

/* Close the packet's descriptors and set num_fds to 0. */
void packet_close_fds(struct packet *packet);

#endif
