/* SPDX-License-Identifier: MIT */
#include "mediator/shared/protocol/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMEOUT_S 10

int control_connect(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval timeout = {.tv_sec = TIMEOUT_S};
	int fd, error;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout))) {
		error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

static int send_all(int socket, const char *data, size_t len)
{
	while (len) {
		ssize_t sent = send(socket, data, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		data += sent;
		len -= (size_t)sent;
	}
	return 0;
}

/*
 * Keep the first descriptor and close any others: the buffer's alignment leaves room for more than
 * one.
 */
static void keep_fd(struct msghdr *header, int *first)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (*first < 0)
				*first = fd;
			else
				close(fd);
		}
	}
}

static ssize_t receive_part(int socket, char *data, size_t size, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} ancillary;
	struct iovec iov = {.iov_base = data, .iov_len = size};
	struct msghdr header = {.msg_iov = &iov,
				.msg_iovlen = 1,
				.msg_control = ancillary.bytes,
				.msg_controllen = sizeof(ancillary.bytes)};
	ssize_t got;

	do {
		got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	keep_fd(&header, fd);
	return got ? got : -EPIPE;
}

static int receive_line(int socket, char *reply, size_t size, int *fd)
{
	size_t len = 0;

	while (len < size) {
		ssize_t got = receive_part(socket, reply + len, size - len, fd);

		if (got < 0)
			return (int)got;
		len += (size_t)got;
		if (reply[len - 1] == '\n') {
			reply[len - 1] = '\0';
			return 0;
		}
	}
	return -EMSGSIZE;
}

int control_ask(int socket, const char *request, char *reply, size_t size, int *fd)
{
	int status;

	*fd = -1;
	status = send_all(socket, request, strlen(request));
	if (!status)
		status = send_all(socket, "\n", 1);
	if (!status)
		status = receive_line(socket, reply, size, fd);
	if (status && *fd >= 0) {
		close(*fd);
		*fd = -1;
	}
	return status;
}
