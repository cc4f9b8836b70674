/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/kept.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mediator/daemon/clients.h"
#include "mediator/daemon/jobs.h"
#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"

static struct client *find_client(struct mediator *m, int pid)
{
	for (uint32_t i = 0; i < m->config.num_guests; i++)
		if (m->guest[i].backend.pid == pid)
			return &m->guest[i].backend;
	for (uint32_t i = 0; i < m->config.num_panels; i++)
		if (m->panel[i].compositor.pid == pid)
			return &m->panel[i].compositor;
	return m->checker.client.pid == pid ? &m->checker.client : NULL;
}

static void let_go(struct kept_client *k)
{
	close(k->socket);
	close(k->log);
	memset(k, 0, sizeof(*k));
}

static bool forget(struct mediator *m, int pid)
{
	for (uint32_t i = 0; i < m->kept.count; i++) {
		if (m->kept.client[i].pid != pid)
			continue;
		let_go(&m->kept.client[i]);
		return true;
	}
	return false;
}

static void ended(struct mediator *m, const struct keeper_msg *msg)
{
	struct client *c = msg->pid > 0 ? find_client(m, msg->pid) : NULL;

	if (c) {
		client_ended(c, msg->status);
	} else if (msg->pid > 0 && forget(m, msg->pid)) {
		m->jobs.unknown--;
		jobs_kick(m);
	}
}

static void remember(struct mediator *m, const struct keeper_msg *msg, const int fds[2])
{
	struct kept_client *k = &m->kept.client[m->kept.count];

	if (m->kept.count == KEEPER_MAX_CLIENTS || msg->pid <= 0) {
		close(fds[0]);
		close(fds[1]);
		return;
	}
	*k = (struct kept_client){
		.pid = msg->pid, .domid = msg->domid, .socket = fds[0], .log = fds[1]};
	memcpy(k->name, msg->name, sizeof(k->name));
	m->kept.count++;
}

/* Without its keeper a mediator does not hear of its clients' ends. */
static void readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct mediator *m = io->data;
	struct keeper_msg msg;
	int fds[2], got = keeper_recv(io->fd, &msg, fds);

	(void)events;
	if (got <= 0) {
		log_error("ending: the keeper does not speak any more");
		ev_break(loop, EVBREAK_ALL);
		return;
	}
	if (msg.type == KEEPER_ENDED)
		ended(m, &msg);
}

bool kept_init(struct mediator *m, int fd)
{
	struct keeper_msg msg = {0};
	int fds[2], got = 1;

	m->kept.fd = fd;
	if (fd >= 0 && fcntl(fd, F_SETFD, FD_CLOEXEC)) {
		log_error("the keeper's socket: %m");
		return false;
	}
	while (fd >= 0 && got == 1 && msg.type != KEEPER_READY) {
		got = keeper_recv(fd, &msg, fds);
		if (got == 1 && msg.type == KEEPER_KEPT)
			remember(m, &msg, fds);
		else if (got == 1 && msg.type == KEEPER_ENDED)
			forget(m, msg.pid);
	}
	if (got != 1) {
		log_error("the keeper hands nothing over: %s",
			  got < 0 ? strerror(-got) : "it is gone");
		return false;
	}
	if (fd < 0)
		return true;
	ev_io_init(&m->kept.io, readable, fd, EV_READ);
	m->kept.io.data = m;
	ev_io_start(m->loop, &m->kept.io);
	return true;
}

bool kept_take(struct mediator *m, const char *name, struct kept_client *out)
{
	for (uint32_t i = 0; i < m->kept.count; i++) {
		struct kept_client *k = &m->kept.client[i];

		if (!k->pid || strcmp(k->name, name))
			continue;
		*out = *k;
		memset(k, 0, sizeof(*k));
		return true;
	}
	return false;
}

void kept_end_others(struct mediator *m)
{
	for (uint32_t i = 0; i < m->kept.count; i++) {
		struct kept_client *k = &m->kept.client[i];

		if (!k->pid)
			continue;
		log_warning("%s is not needed any more", k->name);
		kept_kill(m, k->pid);
		m->jobs.unknown++;
		k->name[0] = '\0'; /* nobody can take it any more */
	}
}

/* A keeper that cannot be told is none: this mediator ends, and the next one has another socket. */
static void say(struct mediator *m, const struct keeper_msg *msg, const int *fds, const char *what)
{
	int status = keeper_send(m->kept.fd, msg, fds);

	if (!status)
		return;
	log_error("the keeper cannot be told %s: %s", what, strerror(-status));
	shutdown(m->kept.fd, SHUT_RDWR);
}

void kept_add(struct client *c)
{
	struct mediator *m = c->mediator;
	struct keeper_msg msg = {.type = KEEPER_KEEP, .pid = c->pid, .domid = c->domid};
	const int fds[2] = {c->socket, c->log.pipe};

	if (m->kept.fd < 0)
		return;
	snprintf(msg.name, sizeof(msg.name), "%s", c->name);
	say(m, &msg, fds, "of a client");
}

void kept_kill(struct mediator *m, int pid)
{
	const struct keeper_msg msg = {.type = KEEPER_KILL, .pid = pid};

	say(m, &msg, NULL, "to kill a client");
}

void kept_finish(struct mediator *m)
{
	if (m->kept.fd < 0 || !m->kept.io.data)
		return;
	ev_io_stop(m->loop, &m->kept.io);
	close(m->kept.fd);
}
