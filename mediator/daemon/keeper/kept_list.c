/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/keeper/kept_list.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mediator/daemon/base/log.h"

int kept_list_init(struct kept_list *l)
{
	int ends[2];

	memset(l, 0, sizeof(*l));
	l->socket = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends))
		return -1;
	close(ends[1]);
	l->closed = ends[0];
	return 0;
}

static struct kept *find(struct kept_list *l, pid_t pid)
{
	for (uint32_t i = 0; i < KEEPER_MAX_CLIENTS; i++)
		if (l->kept[i].about.pid == pid)
			return &l->kept[i];
	return NULL;
}

static void let_go(struct kept *one)
{
	close(one->fd[0]);
	close(one->fd[1]);
	memset(one, 0, sizeof(*one));
}

int kept_list_connect(struct kept_list *l)
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
	l->socket = ends[0];
	return ends[1];
}

static void disconnect(struct kept_list *l)
{
	if (l->socket >= 0)
		close(l->socket);
	l->socket = -1;
}

/* A mediator that does not hear of its clients has to end, which a closed socket tells it. */
static void tell(struct kept_list *l, const struct keeper_msg *msg, const int *fds)
{
	int status = l->socket < 0 ? 0 : keeper_send(l->socket, msg, fds);

	if (!status)
		return;
	if (status != -EPIPE && status != -ECONNRESET)
		log_error("the mediator cannot be told of its clients: %s", strerror(-status));
	disconnect(l);
}

void kept_list_hand_over(struct kept_list *l)
{
	struct keeper_msg ready = {.type = KEEPER_MSG_READY};

	for (uint32_t i = 0; i < KEEPER_MAX_CLIENTS; i++) {
		struct kept *one = &l->kept[i];

		if (!one->about.pid)
			continue;
		one->about.type = KEEPER_MSG_KEPT;
		tell(l, &one->about, one->fd);
	}
	tell(l, &ready, NULL);
}

/* It may have ended, and have been reaped, before the mediator could say anything of it. */
static bool is_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void keep(struct kept_list *l, const struct keeper_msg *msg, const int fds[2])
{
	struct kept *one = find(l, 0);

	if (msg->pid <= 0 || !one || !is_child(msg->pid)) {
		close(fds[0]);
		close(fds[1]);
		return;
	}
	one->about = *msg;
	memcpy(one->fd, fds, sizeof(one->fd));
}

/* A reaped client is not in the list any more: never signal its pid, which may have been reused. */
static void kill_kept(struct kept_list *l, pid_t pid)
{
	if (pid > 0 && find(l, pid))
		kill(pid, SIGKILL);
}

void kept_list_listen(struct kept_list *l)
{
	struct keeper_msg msg;
	int fds[2], got = 1;

	for (uint32_t i = 0; i < KEEPER_MAX_CLIENTS && l->socket >= 0 && got == 1; i++) {
		got = keeper_recv(l->socket, &msg, fds);
		if (got == 1 && msg.type == KEEPER_MSG_KEEP)
			keep(l, &msg, fds);
		else if (got == 1 && msg.type == KEEPER_MSG_KILL)
			kill_kept(l, msg.pid);
	}
	if (got != 1 && got != -EAGAIN)
		disconnect(l);
}

void kept_list_disconnect(struct kept_list *l)
{
	kept_list_listen(l);
	disconnect(l);
}

void kept_list_ended(struct kept_list *l, pid_t pid, int status)
{
	const struct keeper_msg msg = {.type = KEEPER_MSG_ENDED, .pid = pid, .status = status};
	struct kept *one = find(l, pid);

	if (one)
		let_go(one);
	tell(l, &msg, NULL);
}

uint32_t kept_list_end(struct kept_list *l)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < KEEPER_MAX_CLIENTS; i++) {
		struct kept *one = &l->kept[i];

		if (!one->about.pid)
			continue;
		kill(one->about.pid, SIGKILL);
		dup3(l->closed, one->fd[0], O_CLOEXEC);
		dup3(l->closed, one->fd[1], O_CLOEXEC);
		count++;
	}
	return count;
}
