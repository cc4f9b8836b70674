/* SPDX-License-Identifier: MIT */
#include "mediator/protocol/keeper.h"

#include <errno.h>
#include <string.h>

#include "mediator/protocol/packet.h"

int keeper_send(int socket, const struct keeper_msg *msg, const int *fds)
{
	struct keeper_msg copy = *msg;
	struct packet packet = {.data = &copy, .size = sizeof(copy)};

	for (; fds && packet.num_fds < 2; packet.num_fds++)
		packet.fd[packet.num_fds] = fds[packet.num_fds];
	return packet_send(socket, &packet);
}

int keeper_recv(int socket, struct keeper_msg *msg, int fds[2])
{
	struct packet packet = {.data = msg, .size = sizeof(*msg)};
	int got = packet_recv(socket, &packet);
	uint32_t wanted;

	fds[0] = fds[1] = -1;
	if (got <= 0)
		return got;
	wanted = packet.size == sizeof(*msg) &&
				 (msg->type == KEEPER_KEPT || msg->type == KEEPER_KEEP)
			 ? 2
			 : 0;
	if (!packet.whole || packet.size != sizeof(*msg) || packet.num_fds != wanted) {
		packet_close_fds(&packet);
		return -EBADMSG;
	}
	msg->name[KEEPER_NAME_MAX - 1] = '\0';
	if (wanted) {
		fds[0] = packet.fd[0];
		fds[1] = packet.fd[1];
	}
	return 1;
}
