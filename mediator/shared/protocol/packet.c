/* SPDX-License-Identifier: MIT */
#include "mediator/shared/protocol/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Room for more descriptors than PACKET_MAX_FDS, so that surplus ones are noticed: the kernel
 * silently closes those for which there is no room.
 */
#define RECEIVED_FDS 4u

int packet_send(int socket, const struct packet *p)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(PACKET_MAX_FDS * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = p->data, .iov_len = p->size};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (p->num_fds > PACKET_MAX_FDS)
		return -EINVAL;
	if (p->num_fds > 0) {
		size_t bytes = p->num_fds * sizeof(int);

		memset(&control, 0, sizeof(control));
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(bytes);
		memcpy(CMSG_DATA(c), p->fd, bytes);
	}
	while (sendmsg(socket, &header, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/*
 * Returns the number of received descriptors. Those beyond PACKET_MAX_FDS are closed, not leaked.
 */
static uint32_t collect_fds(struct msghdr *header, struct packet *p)
{
	uint32_t count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (count < PACKET_MAX_FDS)
				p->fd[count] = fd;
			else
				close(fd);
			count++;
		}
	}
	return count;
}

int packet_recv(int socket, struct packet *p)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(RECEIVED_FDS * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = p->data, .iov_len = p->size};
	struct msghdr header = {.msg_iov = &iov,
				.msg_iovlen = 1,
				.msg_control = control.bytes,
				.msg_controllen = sizeof(control.bytes)};
	uint32_t count;
	ssize_t got;

	p->num_fds = 0;
	do {
		got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	count = collect_fds(&header, p);
	p->num_fds = count < PACKET_MAX_FDS ? count : PACKET_MAX_FDS;
	p->size = (size_t)got;
	p->whole = !(header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) && count <= PACKET_MAX_FDS;
	return got > 0 || count > 0;
}

void packet_close_fds(struct packet *p)
{
	for (uint32_t i = 0; i < p->num_fds; i++)
		close(p->fd[i]);
	p->num_fds = 0;
}
