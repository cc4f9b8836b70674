/* SPDX-License-Identifier: MIT */
#include "mediator/shared/protocol/client.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "mediator/shared/protocol/packet.h"

#define BODY_SIZE(member)                                                                          \
	((uint32_t)(offsetof(struct gpum_msg, member) + sizeof(((struct gpum_msg *)0)->member)))

uint32_t gpum_msg_size(uint32_t type)
{
	switch ((enum gpum_msg_type)type) {
	case GPUM_MSG_CONFIG:
		return BODY_SIZE(config);
	case GPUM_MSG_JOB_RUN:
		return BODY_SIZE(run);
	case GPUM_MSG_FRAME_SHOWN:
		return BODY_SIZE(shown);
	case GPUM_MSG_PANEL:
		return BODY_SIZE(panel);
	case GPUM_MSG_LAYER_ADD:
	case GPUM_MSG_PICTURE_ADD:
	case GPUM_MSG_BUFFER_ADD:
	case GPUM_MSG_PANEL_BUFFER:
		return BODY_SIZE(buffer);
	case GPUM_MSG_LAYER_REMOVE:
	case GPUM_MSG_BUFFER_REMOVE:
	case GPUM_MSG_SCANOUT_OFF:
		return BODY_SIZE(id);
	case GPUM_MSG_VERIFY:
		return BODY_SIZE(verify);
	case GPUM_MSG_VERIFIED:
		return BODY_SIZE(verified);
	case GPUM_MSG_COMPOSE:
		return BODY_SIZE(compose);
	case GPUM_MSG_RESUME:
		return BODY_SIZE(resume);
	case GPUM_MSG_PING:
	case GPUM_MSG_PONG:
		return (uint32_t)offsetof(struct gpum_msg, id);
	case GPUM_MSG_HELLO:
		return BODY_SIZE(hello);
	case GPUM_MSG_JOB_READY:
		return BODY_SIZE(job);
	case GPUM_MSG_JOB_DONE:
		return BODY_SIZE(done);
	case GPUM_MSG_FRAME:
		return BODY_SIZE(frame);
	case GPUM_MSG_CURSOR:
		return BODY_SIZE(cursor);
	case GPUM_MSG_STATE:
		return BODY_SIZE(state);
	case GPUM_MSG_FAULT:
		return BODY_SIZE(fault);
	}
	return 0;
}

static bool carries_fd(uint32_t type)
{
	return type == GPUM_MSG_BUFFER_ADD || type == GPUM_MSG_LAYER_ADD ||
	       type == GPUM_MSG_PICTURE_ADD || type == GPUM_MSG_VERIFY ||
	       type == GPUM_MSG_PANEL_BUFFER;
}

int gpum_msg_send(int socket, struct gpum_msg *msg, uint32_t type, int fd)
{
	struct packet packet = {
		.data = msg, .size = gpum_msg_size(type), .fd = {fd}, .num_fds = fd >= 0};

	if (packet.size == 0 || carries_fd(type) != (fd >= 0))
		return -EINVAL;
	msg->type = type;
	msg->size = (uint32_t)packet.size;
	return packet_send(socket, &packet);
}

int gpum_msg_recv(int socket, struct gpum_msg *msg, int *fd)
{
	struct packet packet = {.data = msg, .size = sizeof(*msg)};
	uint32_t size;
	int got;

	*fd = -1;
	memset(msg, 0, sizeof(*msg));
	got = packet_recv(socket, &packet);
	if (got <= 0)
		return got;
	size = gpum_msg_size(msg->type);
	if (!packet.whole || size == 0 || packet.size != size || msg->size != size ||
	    packet.num_fds != (carries_fd(msg->type) ? 1u : 0u)) {
		packet_close_fds(&packet);
		return -EBADMSG;
	}
	if (packet.num_fds > 0)
		*fd = packet.fd[0];
	return 1;
}
