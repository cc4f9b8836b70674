/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/wards.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mediator/daemon/log.h"

int wards_init(struct wards *w)
{
	int ends[2];

	memset(w, 0, sizeof(*w));
	w->socket = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -1;
	close(ends[1]);
	w->closed = ends[0];
	return 0;
}

static struct ward *find(struct wards *w, pid_t pid)
{
	for (uint32_t i = 0; i < KEEPER_MAX_CLIENTS; i++)
		if (w->ward[i].about.pid == pid)
			return &w->ward[i];
	return NULL;
}

static void let_go(struct ward *one)
{
	close(one->fd[0]);
	close(one->fd[1]);
	memset(one, 0, sizeof(*one));
}

int wards_connect(struct wards *w)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	/* The keeper waits for nobody. */
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK)) {
		close(ends[0]);
		close(ends[1]);
		return -1;
	}
	w->socket = ends[0];
	return ends[1];
}

static void disconnect(struct wards *w)
{
	if (w->socket >= 0)
		close(w->socket);
	w->socket = -1;
}

/* A mediator that does not hear of its clients has to end, which a closed socket tells it. */
static void tell(struct wards *w, const struct keeper_msg *msg, const int *fds)
{
	int status = w->socket < 0 ? 0 : keeper_send(w->socket, msg, fds);

	if (!status)
		return;
	if (status != -EPIPE && status != -ECONNRESET)
		log_error("the mediator cannot be told of its clients: %s", strerror(-status));
	disconnect(w);
}

void wards_hand_over(struct wards *w)
{
	struct keeper_msg ready = {.type = KEEPER_READY};

	for (uint32_t i = 0; i < KEEPER_MAX_CLIENTS; i++) {
		struct ward *one = &w->ward[i];

		if (!one->about.pid)
			continue;
		one->about.type = KEEPER_KEPT;
		tell(w, &one->about, one->fd);
	}
	tell(w, &ready, NULL);
}

/* It may have ended, and have been reaped, before the mediator could say anything of it. */
static bool is_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void keep(struct wards *w, const struct keeper_msg *msg, const int fds[2])
{
	struct ward *one = find(w, 0);

	if (msg->pid <= 0 || !one || !is_child(msg->pid)) {
		close(fds[0]);
		close(fds[1]);
		return;
	}
	one->about = *msg;
	memcpy(one->fd, fds, sizeof(one->fd));
}

/* Who has been reaped is no ward any more: its process id may be another's, and stays alone. */
static void kill_ward(struct wards *w, pid_t pid)
{
	if (pid > 0 && find(w, pid))
		kill(pid, SIGKILL);
}

void wards_listen(struct wards *w)
{
	struct keeper_msg msg;
	int fds[2], got = 1;

	for (uint32_t i = 0; i < KEEPER_MAX_CLIENTS && w->socket >= 0 && got == 1; i++) {
		got = keeper_recv(w->socket, &msg, fds);
		if (got == 1 && msg.type == KEEPER_KEEP)
			keep(w, &msg, fds);
		else if (got == 1 && msg.type == KEEPER_KILL)
			kill_ward(w, msg.pid);
	}
	if (got != 1 && got != -EAGAIN)
		disconnect(w);
}

void wards_disconnect(struct wards *w)
{
	wards_listen(w);
	disconnect(w);
}

void wards_ended(struct wards *w, pid_t pid, int status)
{
	const struct keeper_msg msg = {.type = KEEPER_ENDED, .pid = pid, .status = status};
	struct ward *one = find(w, pid);

	if (one)
		let_go(one);
	tell(w, &msg, NULL);
}

uint32_t wards_end(struct wards *w)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < KEEPER_MAX_CLIENTS; i++) {
		struct ward *one = &w->ward[i];

		if (!one->about.pid)
			continue;
		kill(one->about.pid, SIGKILL);
		dup3(w->closed, one->fd[0], O_CLOEXEC);
		dup3(w->closed, one->fd[1], O_CLOEXEC);
		count++;
	}
	return count;
}
