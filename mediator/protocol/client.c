/* SPDX-License-Identifier: MIT */
#include "mediator/protocol/client.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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
	case GPUM_MSG_CHECK:
		return BODY_SIZE(check);
	case GPUM_MSG_CHECKED:
		return BODY_SIZE(checked);
	case GPUM_MSG_COMPOSE:
		return BODY_SIZE(compose);
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
	       type == GPUM_MSG_PICTURE_ADD || type == GPUM_MSG_CHECK ||
	       type == GPUM_MSG_PANEL_BUFFER;
}

int gpum_msg_send(int socket, struct gpum_msg *msg, uint32_t type, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = msg, .iov_len = gpum_msg_size(type)};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (iov.iov_len == 0 || carries_fd(type) != (fd >= 0))
		return -EINVAL;
	msg->type = type;
	msg->size = (uint32_t)iov.iov_len;
	if (fd >= 0) {
		memset(&control, 0, sizeof(control));
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	while (sendmsg(socket, &header, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* Take the first descriptor and close the others: a packet with two is refused, not leaked. */
static unsigned int collect_fds(struct msghdr *header, int *first)
{
	unsigned int count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (count++ == 0)
				*first = fd;
			else
				close(fd);
		}
	}
	return count;
}

int gpum_msg_recv(int socket, struct gpum_msg *msg, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = msg, .iov_len = sizeof(*msg)};
	struct msghdr header = {.msg_iov = &iov,
				.msg_iovlen = 1,
				.msg_control = control.bytes,
				.msg_controllen = sizeof(control.bytes)};
	ssize_t got;

	*fd = -1;
	memset(msg, 0, sizeof(*msg));
	do {
		got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;

	unsigned int fds = collect_fds(&header, fd);
	if (got == 0 && fds == 0)
		return 0;

	uint32_t size = gpum_msg_size(msg->type);
	if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || size == 0 || (size_t)got != size ||
	    msg->size != size || fds != (carries_fd(msg->type) ? 1u : 0u)) {
		if (fds > 0)
			close(*fd);
		*fd = -1;
		return -EBADMSG;
	}
	return 1;
}
