/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/client/kept_link.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mediator/daemon/base/log.h"

static void let_go(struct kept_client *k)
{
	close(k->socket);
	close(k->log);
	memset(k, 0, sizeof(*k));
}

bool kept_link_forget(struct kept_link *l, int pid)
{
	for (uint32_t i = 0; pid > 0 && i < l->count; i++) {
		if (l->client[i].pid != pid)
			continue;
		let_go(&l->client[i]);
		return true;
	}
	return false;
}

static void remember(struct kept_link *l, const struct keeper_msg *msg, const int fds[2])
{
	struct kept_client *k = &l->client[l->count];

	if (l->count == KEEPER_MAX_CLIENTS || msg->pid <= 0) {
		close(fds[0]);
		close(fds[1]);
		return;
	}
	*k = (struct kept_client){
		.pid = msg->pid, .domid = msg->domid, .socket = fds[0], .log = fds[1]};
	memcpy(k->name, msg->name, sizeof(k->name));
	l->count++;
}

/* Without its keeper a mediator does not hear of its clients' ends. */
static void on_message(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct kept_link *l = io->data;
	struct keeper_msg msg;
	int fds[2], got = keeper_recv(io->fd, &msg, fds);

	(void)events;
	if (got <= 0) {
		log_error("ending: the keeper does not speak any more");
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	if (msg.type == KEEPER_MSG_ENDED && msg.pid > 0)
		l->ended(l->owner, msg.pid, msg.status);
}

/* Receive all kept clients, up to KEEPER_MSG_READY. Returns 1, or as keeper_recv() on failure. */
static int receive_all(struct kept_link *l)
{
	struct keeper_msg msg = {0};
	int fds[2], got = 1;

	while (got == 1 && msg.type != KEEPER_MSG_READY) {
		got = keeper_recv(l->fd, &msg, fds);
		if (got == 1 && msg.type == KEEPER_MSG_KEPT)
			remember(l, &msg, fds);
		else if (got == 1 && msg.type == KEEPER_MSG_ENDED)
			kept_link_forget(l, msg.pid);
	}
	return got;
}

bool kept_link_init(struct kept_link *l, struct ev_loop *loop, int fd,
		    void (*ended)(void *owner, int pid, int status), void *owner)
{
	int got;

	l->fd = fd;
	l->loop = loop;
	l->ended = ended;
	l->owner = owner;
	if (fd < 0)
		return true;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC)) {
		log_error("the keeper's socket: %m");
		return false;
	}
	got = receive_all(l);
	if (got != 1) {
		log_error("the keeper hands nothing over: %s",
			  got < 0 ? strerror(-got) : "it is gone");
		return false;
	}
	ev_io_init(&l->io, on_message, fd, EV_READ);
	l->io.data = l;
	ev_io_start(loop, &l->io);
	return true;
}

void kept_link_finish(struct kept_link *l)
{
	if (l->fd < 0 || !l->io.data)
		return;
	ev_io_stop(l->loop, &l->io);
	close(l->fd);
}

bool kept_link_take(struct kept_link *l, const char *name, struct kept_client *out)
{
	for (uint32_t i = 0; i < l->count; i++) {
		struct kept_client *k = &l->client[i];

		if (!k->pid || strcmp(k->name, name))
			continue;
		*out = *k;
		memset(k, 0, sizeof(*k));
		return true;
	}
	return false;
}

/* If the keeper cannot be told, this mediator ends, and the next one gets another socket. */
static void send_to_keeper(struct kept_link *l, const struct keeper_msg *msg, const int *fds,
			   const char *what)
{
	int status = keeper_send(l->fd, msg, fds);

	if (!status)
		return;
	log_error("the keeper cannot be told %s: %s", what, strerror(-status));
	shutdown(l->fd, SHUT_RDWR);
}

void kept_link_keep(struct kept_link *l, const struct kept_client *c)
{
	struct keeper_msg msg = {.type = KEEPER_MSG_KEEP, .pid = c->pid, .domid = c->domid};
	const int fds[2] = {c->socket, c->log};

	if (!kept_link_exists(l))
		return;
	memcpy(msg.name, c->name, sizeof(msg.name));
	send_to_keeper(l, &msg, fds, "of a client");
}

void kept_link_kill(struct kept_link *l, int pid)
{
	const struct keeper_msg msg = {.type = KEEPER_MSG_KILL, .pid = pid};

	send_to_keeper(l, &msg, NULL, "to kill a client");
}
