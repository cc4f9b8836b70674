/* SPDX-License-Identifier: MIT */
/* Messages of a client: HELLO, jobs and signs of life are handled here, others by its owner. */
#include "mediator/daemon/client/internal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/base/log.h"

#define MESSAGES_PER_TURN 16u /* of one client, before others are looked at */

static struct jobs *jobs_of(struct client *c)
{
	return &c->all->jobs;
}

static bool make_printable(char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		return false;
	for (char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return true;
}

static void handle_hello(struct client *c, struct gpum_msg *msg)
{
	unsigned int actions;

	/* It is meant for an earlier mediator; another one follows, in answer to our RESUME. */
	if (c->life.state == CLIENT_RESUMING && msg->hello.resume != c->all->mediator)
		return;
	if (c->life.state == CLIENT_READY) {
		client_fail(c, "a second HELLO");
		return;
	}
	if (msg->hello.version != GPUM_CLIENT_VERSION ||
	    !make_printable(msg->hello.renderer, sizeof(msg->hello.renderer))) {
		client_fail(c, "a HELLO of version %u, not %u", msg->hello.version,
			    GPUM_CLIENT_VERSION);
		return;
	}
	memcpy(c->renderer, msg->hello.renderer, sizeof(c->renderer));
	actions = client_step(c, CLIENT_HELLO);
	if (actions & CLIENT_RESUME_DONE)
		jobs_resolved(jobs_of(c));
	if (log_allow(c->log.limit, clock_ns()))
		log_info("%s: ready, pid %d, GPU %s", c->name, (int)c->pid, c->renderer);
	c->ops->greeted(c);
}

static bool may_announce(const struct client *c, uint32_t kind)
{
	switch (c->role) {
	case CLIENT_BACKEND:
		return kind == GPUM_JOB_SUBMIT || kind == GPUM_JOB_TRANSFER;
	case CLIENT_COMPOSITOR:
		return kind == GPUM_JOB_COMPOSE;
	case CLIENT_VERIFIER:
		return kind == GPUM_JOB_VERIFY;
	}
	return false;
}

static void announce(struct client *c, const struct gpum_job *job)
{
	int status;

	if (!may_announce(c, job->kind)) {
		client_fail(c, "a job of unknown kind %u", job->kind);
		return;
	}
	status = jobs_ready(jobs_of(c), c->sched, job);
	if (status)
		client_fail(c, "job %llu: %s", (unsigned long long)job->id,
			    sched_strstatus(status));
}

static void handle_ready(struct client *c, const struct gpum_job *job)
{
	announce(c, job);
	jobs_kick(jobs_of(c));
}

static void handle_done(struct client *c, const struct gpum_job_done *done)
{
	bool is_frame = c->role != CLIENT_BACKEND; /* a guest's FRAME comes later */
	int status = jobs_done(jobs_of(c), c->sched, done->id, is_frame);

	if (status) {
		client_fail(c, "end of job %llu: %s", (unsigned long long)done->id,
			    sched_strstatus(status));
		return;
	}
	if (done->next.kind)
		announce(c, &done->next);
	if (c->ops->job_done)
		c->ops->job_done(c, done->failed != 0);
	jobs_kick(jobs_of(c));
}

static void handle(struct client *c, struct gpum_msg *msg, int *fd)
{
	if (msg->type == GPUM_MSG_HELLO) {
		handle_hello(c, msg);
		return;
	}
	/* It is meant for an earlier mediator. */
	if (c->life.state == CLIENT_RESUMING)
		return;
	if (c->life.state != CLIENT_READY) {
		client_fail(c, "message %u before HELLO", msg->type);
		return;
	}
	switch (msg->type) {
	case GPUM_MSG_JOB_READY:
		handle_ready(c, &msg->job);
		break;
	case GPUM_MSG_JOB_DONE:
		handle_done(c, &msg->done);
		break;
	case GPUM_MSG_PONG:
		client_step(c, CLIENT_PONG);
		break;
	case GPUM_MSG_FAULT:
		if (!make_printable(msg->fault.reason, sizeof(msg->fault.reason)))
			strcpy(msg->fault.reason, "unreadable reason");
		c->ops->message(c, msg, fd);
		break;
	default:
		c->ops->message(c, msg, fd);
	}
}

void client_listen(struct client *c)
{
	for (unsigned int i = 0; i < MESSAGES_PER_TURN && c->socket >= 0; i++) {
		struct gpum_msg msg;
		int fd, status = gpum_msg_recv(c->socket, &msg, &fd);

		if (status == -EAGAIN)
			return;
		if (status == 0 || status == -ECONNRESET) {
			/* The reason comes with its exit status. */
			client_step(c, CLIENT_END_OF_FILE);
			return;
		}
		if (status < 0) {
			client_fail(c, "its socket: %s", strerror(-status));
			return;
		}
		handle(c, &msg, &fd);
		if (fd >= 0)
			close(fd);
	}
}

static void run_job(void *owner, uint64_t id)
{
	struct gpum_msg msg = {.run = {.id = id}};

	client_send(owner, &msg, GPUM_MSG_JOB_RUN, -1);
}

static void fail_overrun(void *owner, const char *reason)
{
	client_fail(owner, "%s", reason);
}

const struct jobs_ops client_jobs_ops = {.run = run_job, .overrun = fail_overrun};
