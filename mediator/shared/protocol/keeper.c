/* SPDX-License-Identifier: MIT */
#include "mediator/shared/protocol/keeper.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "mediator/shared/protocol/packet.h"

int keeper_send(int socket, const struct keeper_msg *msg, const int *fds)
{
	struct keeper_msg copy = *msg;
	struct packet packet = {.data = &copy, .size = sizeof(copy)};

	for (; fds && packet.num_fds < 2; packet.num_fds++)
		packet.fd[packet.num_fds] = fds[packet.num_fds];
	return packet_send(socket, &packet);
}

static bool carries_fds(const struct keeper_msg *msg)
{
	return msg->type == KEEPER_MSG_KEPT || msg->type == KEEPER_MSG_KEEP;
}

int keeper_recv(int socket, struct keeper_msg *msg, int fds[2])
{
	struct packet packet = {.data = msg, .size = sizeof(*msg)};
	int got = packet_recv(socket, &packet);
	bool sound;

	fds[0] = -1;
	fds[1] = -1;
	if (got <= 0)
		return got;
	sound = packet.whole && packet.size == sizeof(*msg);
	if (!sound || packet.num_fds != (carries_fds(msg) ? 2u : 0u)) {
		packet_close_fds(&packet);
		return -EBADMSG;
	}
	msg->name[KEEPER_NAME_MAX - 1] = '\0';
	if (packet.num_fds > 0) {
		fds[0] = packet.fd[0];
		fds[1] = packet.fd[1];
	}
	return 1;
}
