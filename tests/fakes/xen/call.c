/* SPDX-License-Identifier: MIT */
#include "tests/fakes/xen/fakexen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

uint32_t fx_domid(void)
{
	const char *domid = getenv("FAKEXEN_DOMID");

	return domid ? (uint32_t)strtoul(domid, NULL, 10) : FX_DRIVER_DOMID;
}

static void take_fds(struct msghdr *header, int fds[2])
{
	struct cmsghdr *c = CMSG_FIRSTHDR(header);

	fds[0] = fds[1] = -1;
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
}

/* Uses only sendmsg() and recvmsg(), which the sandbox allows. */
int fx_call(int socket, struct fx_request *request, size_t len, struct fx_reply *reply, int fds[2])
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control;
	struct iovec out = {.iov_base = request, .iov_len = FX_REQUEST_HEAD + len};
	struct iovec in = {.iov_base = reply, .iov_len = sizeof(*reply)};
	struct msghdr header = {.msg_iov = &out, .msg_iovlen = 1};
	int got_fds[2];
	ssize_t got;

	if (sendmsg(socket, &header, MSG_NOSIGNAL) < 0)
		return -1;
	header = (struct msghdr){.msg_iov = &in,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	do {
		got = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	if (got < (ssize_t)FX_REPLY_HEAD) {
		if (got >= 0)
			errno = EIO;
		return -1;
	}
	take_fds(&header, got_fds);
	for (int i = 0; i < 2; i++) {
		if (fds)
			fds[i] = got_fds[i];
		else if (got_fds[i] >= 0)
			close(got_fds[i]);
	}
	if (reply->error != 0) {
		errno = reply->error;
		return -1;
	}
	return (int)(got - (ssize_t)FX_REPLY_HEAD);
}

int fx_open(enum fx_kind kind, uint32_t domid, int *events)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *dir = getenv("FAKEXEN_DIR");
	struct fx_request *request;
	struct fx_reply *reply;
	int fds[2] = {-1, -1};
	int s, n;

	n = snprintf(address.sun_path, sizeof(address.sun_path), "%s/xen.sock", dir ? dir : ".");
	if (n < 0 || (size_t)n >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	s = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	request = calloc(1, sizeof(*request));
	reply = calloc(1, sizeof(*reply));
	if (s < 0 || !request || !reply)
		goto fail;
	if (connect(s, (struct sockaddr *)&address, sizeof(address)) < 0)
		goto fail;
	request->op = FX_OPEN;
	request->a[0] = kind;
	request->a[1] = domid;
	if (fx_call(s, request, 0, reply, fds) < 0)
		goto fail;
	if (events)
		*events = fds[0];
	free(request);
	free(reply);
	return s;
fail:
	if (s >= 0)
		close(s);
	free(request);
	free(reply);
	return -1;
}
