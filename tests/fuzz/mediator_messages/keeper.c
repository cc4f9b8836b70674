/* SPDX-License-Identifier: MIT */
/* The keeper and its processes. */
#include "tests/fuzz/mediator_messages/world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mediator/shared/protocol/keeper.h"
#include "mediator/shared/sandbox/inspect.h"
#include "mediator/shared/sandbox/sandbox.h"

#define SMALL_BUFFER 1 /* bytes; the kernel raises it to its minimum */

int __real_keeper_send(int socket, const struct keeper_msg *msg, const int *fds);
int __wrap_keeper_send(int socket, const struct keeper_msg *msg, const int *fds);
int __wrap_kill(pid_t pid, int sig);
pid_t __wrap_waitpid(pid_t pid, int *status, int flags);
pid_t __wrap_sandbox_spawn(const char *path, char *const arguments[], int socket, int as,
			   int output, bool sibling);
bool __wrap_sandbox_inspect(pid_t pid, struct sandbox_state *state);
ssize_t __real_sendmsg(int socket, const struct msghdr *header, int flags);
ssize_t __wrap_sendmsg(int socket, const struct msghdr *header, int flags);

struct process *find_process(pid_t pid)
{
	for (uint32_t i = 0; i < SLOTS; i++)
		if (world.process[i].role && world.process[i].pid == pid)
			return &world.process[i];
	return NULL;
}

/* The client behind the mediator's end of a socket; NULL if it is no client's. */
static struct process *find_receiver(int socket)
{
	for (uint32_t i = 0; i < GUESTS; i++)
		if (world.m.guests.guest[i].backend.socket == socket)
			return find_process(world.m.guests.guest[i].backend.pid);
	if (world.m.displays.panel[0].compositor.process.client.socket == socket)
		return find_process(world.m.displays.panel[0].compositor.process.client.pid);
	return NULL;
}

/* Counts unread messages, which saves polling the sockets: that would take most of the time. */
ssize_t __wrap_sendmsg(int socket, const struct msghdr *header, int flags)
{
	ssize_t sent = __real_sendmsg(socket, header, flags);
	struct process *p = sent >= 0 ? find_receiver(socket) : NULL;

	if (p)
		p->unread++;
	return sent;
}

static bool has_read_keeper(void)
{
	struct pollfd p = {.fd = world.m.clients.kept.fd, .events = POLLIN};

	return poll_now(&p, 1) == 0;
}

/* Once the mediator has read that a process was reaped, the PID may be reused: no more KILL. */
static void note_kill(pid_t pid)
{
	struct process *p = find_process(pid);

	require(p && (p->role == LIAR || world.stopping));
	require(!p->reaped || !has_read_keeper());
	p->killed = true;
}

/* The keeper handles the mediator's messages at once, and stores nothing. */
int __wrap_keeper_send(int socket, const struct keeper_msg *msg, const int *fds)
{
	if (socket == world.keeper)
		return __real_keeper_send(socket, msg, fds);
	require(socket == world.m.clients.kept.fd &&
		(msg->type == KEEPER_MSG_KEEP || msg->type == KEEPER_MSG_KILL));
	if (msg->type == KEEPER_MSG_KILL)
		note_kill(msg->pid);
	return 0;
}

/* Only the keeper may kill clients: see mediator/shared/protocol/keeper.h. */
int __wrap_kill(pid_t pid, int sig)
{
	(void)pid;
	(void)sig;
	abort();
}

pid_t __wrap_waitpid(pid_t pid, int *status, int flags)
{
	require(find_process(pid) && world.stopping && flags == 0);
	*status = SIGKILL;
	return pid;
}

static struct process *new_process(uint32_t slot, int socket, int log)
{
	static const enum role roles[] = {HONEST_BACKEND, COMPOSITOR, LIAR};
	struct process *p = &world.process[slot];

	*p = (struct process){.role = roles[slot < LIAR_SLOT ? slot : LIAR_SLOT],
			      .pid = ++world.last_pid,
			      .socket = socket,
			      .log = log};
	return p;
}

static int dup_end(int fd)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	require(own >= 0 && fcntl(own, F_SETFL, O_NONBLOCK) == 0);
	return own;
}

/* Only lying backends may be started again. */
pid_t __wrap_sandbox_spawn(const char *path, char *const arguments[], int socket, int as,
			   int output, bool sibling)
{
	(void)arguments;
	require(!strcmp(path, "//gpum-backend") && as == GPUM_CLIENT_FD && sibling);
	for (uint32_t i = LIAR_SLOT; i < SLOTS; i++)
		if (!world.process[i].role)
			return new_process(i, dup_end(socket), dup_end(output))->pid;
	abort();
}

bool __wrap_sandbox_inspect(pid_t pid, struct sandbox_state *state)
{
	(void)state;
	require(find_process(pid) != NULL);
	return false;
}

void end_process(struct process *p, int status)
{
	const struct keeper_msg msg = {.type = KEEPER_MSG_ENDED, .pid = p->pid, .status = status};

	close_end(&p->socket);
	close_end(&p->log);
	p->reaped = true;
	require(keeper_send(world.keeper, &msg, NULL) == 0);
}

void reap_processes(void)
{
	for (uint32_t i = 0; i < SLOTS; i++) {
		struct process *p = &world.process[i];

		if (p->role && !p->reaped && p->killed)
			end_process(p, SIGKILL);
		else if (p->role && p->reaped && has_read_keeper())
			p->role = FREE;
	}
}

void hand_over(uint32_t slot, const char *name, uint32_t domid, bool small)
{
	struct keeper_msg msg = {.type = KEEPER_MSG_KEPT, .domid = domid};
	int sockets[2], log[2], fds[2], bytes = SMALL_BUFFER;

	require(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets));
	require(!pipe2(log, O_NONBLOCK | O_CLOEXEC));
	if (small)
		setsockopt(sockets[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
	msg.pid = new_process(slot, sockets[1], log[1])->pid;
	snprintf(msg.name, sizeof(msg.name), "%s", name);
	fds[0] = sockets[0];
	fds[1] = log[0];
	require(keeper_send(world.keeper, &msg, fds) == 0);
	close(sockets[0]);
	close(log[0]);
}
