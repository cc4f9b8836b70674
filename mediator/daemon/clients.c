/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/clients.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mediator/daemon/jobs.h"
#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"
#include "mediator/sandbox/sandbox.h"

#define HELLO_TIMEOUT_S	  120.0 /* an emulated GPU driver takes seconds to start */
#define END_TIMEOUT_S	  3.0
#define JOB_S		  30.0 /* whose length nobody has declared: as in jobs.c */
#define ANSWER_S	  5.0  /* for a client that has run before to say HELLO again */
#define ALIVE_S		  2.5  /* between two questions */
#define UNANSWERED_MAX	  3u   /* a virtual GPU's host may be slow to make a context */
#define MESSAGES_PER_TURN 16u  /* of one client, before others are looked at */
#define LAST_TURNS	  8u   /* of one that is dead: no more than a socket holds */

static void close_socket(struct client *c)
{
	if (c->socket < 0)
		return;
	ev_io_stop(c->mediator->loop, &c->io);
	close(c->socket);
	c->socket = -1;
}

static void set_patience(struct client *c, double seconds)
{
	ev_timer_stop(c->mediator->loop, &c->patience);
	ev_timer_set(&c->patience, seconds, 0.0);
	ev_timer_start(c->mediator->loop, &c->patience);
}

/* Nothing more is said to it, and it gets the GPU no more. */
static void end(struct client *c)
{
	c->ending = true;
	close_socket(c);
	jobs_withdraw(c);
}

static bool has_keeper(const struct mediator *m)
{
	return m->kept.fd >= 0;
}

/* libev may have waited for it already, of which we hear later in the same turn. */
static bool is_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void kill_process(struct mediator *m, pid_t pid)
{
	if (has_keeper(m))
		kept_kill(m, pid);
	else if (is_child(pid))
		kill(pid, SIGKILL);
}

void client_fail(struct client *c, const char *format, ...)
{
	va_list args;

	if (!client_running(c))
		return;
	if (!c->fault[0]) {
		va_start(args, format);
		vsnprintf(c->fault, sizeof(c->fault), format, args);
		va_end(args);
	}
	end(c);
	if (!c->reaped)
		kill_process(c->mediator, c->pid);
}

static bool has_gpu(const struct client *c)
{
	return c->sched && c->mediator->jobs.sched.holder == c->sched;
}

/* A process can be stuck without a job, too; how long a job may take is the scheduler's business.
 */
static void ask_for_life(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct client *c = timer->data;
	struct gpum_msg msg = {0};

	(void)loop;
	(void)events;
	if (!client_ready(c) || has_gpu(c))
		return;
	if (c->unanswered >= UNANSWERED_MAX) {
		client_fail(c, "no sign of life for %.1f s", ALIVE_S * UNANSWERED_MAX);
		return;
	}
	c->unanswered++;
	client_send(c, &msg, GPUM_MSG_PING, -1);
}

static void impatient(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct client *c = timer->data;

	(void)loop;
	(void)events;
	if (!c->has_greeted && !c->ending)
		client_fail(c, "it did not say hello%s in time", c->resuming ? " again" : "");
	else
		client_fail(c, "it did not end by itself");
}

static bool printable(char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		return false;
	for (char *p = text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return true;
}

/* Whatever it had on the GPU is over. */
static void known(struct client *c)
{
	if (!c->resuming)
		return;
	c->resuming = false;
	c->mediator->jobs.unknown--;
	jobs_kick(c->mediator);
}

static void handle_hello(struct client *c, struct gpum_msg *msg)
{
	/* An earlier mediator has not read it. Another one follows, in answer to our RESUME. */
	if (c->resuming && msg->hello.resume != c->mediator->started_ns)
		return;
	if (c->has_greeted) {
		client_fail(c, "a second HELLO");
		return;
	}
	if (msg->hello.version != GPUM_CLIENT_VERSION ||
	    !printable(msg->hello.renderer, sizeof(msg->hello.renderer))) {
		client_fail(c, "a HELLO of version %u, not %u", msg->hello.version,
			    GPUM_CLIENT_VERSION);
		return;
	}
	ev_timer_stop(c->mediator->loop, &c->patience);
	memcpy(c->renderer, msg->hello.renderer, sizeof(c->renderer));
	c->has_greeted = true;
	known(c);
	c->unanswered = 0;
	ev_timer_again(c->mediator->loop, &c->alive);
	if (log_allow(c->log.limit, mediator_now()))
		log_info("%s: ready, pid %d, GPU %s", c->name, (int)c->pid, c->renderer);
	c->ops->greeted(c);
}

static void handle(struct client *c, struct gpum_msg *msg, int *fd)
{
	if (msg->type == GPUM_MSG_HELLO) {
		handle_hello(c, msg);
		return;
	}
	/* Said to another mediator. */
	if (c->resuming)
		return;
	if (!c->has_greeted) {
		client_fail(c, "message %u before HELLO", msg->type);
		return;
	}
	switch (msg->type) {
	case GPUM_MSG_JOB_READY:
		jobs_ready(c, &msg->job);
		break;
	case GPUM_MSG_JOB_DONE:
		jobs_done(c, &msg->done);
		break;
	case GPUM_MSG_PONG:
		c->unanswered = 0;
		break;
	case GPUM_MSG_FAULT:
		if (!printable(msg->fault.reason, sizeof(msg->fault.reason)))
			strcpy(msg->fault.reason, "unreadable reason");
		c->ops->message(c, msg, fd);
		break;
	default:
		c->ops->message(c, msg, fd);
	}
}

static void readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct client *c = io->data;

	(void)loop;
	(void)events;
	for (unsigned int i = 0; i < MESSAGES_PER_TURN && c->socket >= 0; i++) {
		struct gpum_msg msg;
		int fd, status = gpum_msg_recv(c->socket, &msg, &fd);

		if (status == -EAGAIN)
			return;
		if (status == 0 || status == -ECONNRESET) {
			/* It is ending; the reason comes with its exit status. */
			end(c);
			set_patience(c, END_TIMEOUT_S);
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

void client_ended(struct client *c, int status)
{
	struct ev_loop *loop = c->mediator->loop;

	c->reaped = true;
	/* What it said last, such as a FAULT, may still be in the socket. */
	for (unsigned int i = 0; i < LAST_TURNS && c->socket >= 0; i++)
		readable(loop, &c->io, EV_READ);
	ev_child_stop(loop, &c->child);
	ev_timer_stop(loop, &c->patience);
	ev_timer_stop(loop, &c->alive);
	close_socket(c);
	client_log_close(&c->log);
	c->pid = 0;
	c->status = status;
	jobs_remove(c);
	known(c);
	c->ops->gone(c);
	jobs_kick(c->mediator);
}

static void reaped(struct ev_loop *loop, struct ev_child *child, int events)
{
	(void)loop;
	(void)events;
	if (WIFEXITED(child->rstatus) || WIFSIGNALED(child->rstatus))
		client_ended(child->data, child->rstatus);
}

void client_init(struct client *c, struct mediator *mediator, const struct client_ops *ops,
		 void *owner)
{
	c->mediator = mediator;
	c->ops = ops;
	c->owner = owner;
	c->socket = -1;
	ev_init(&c->patience, impatient);
	c->patience.data = c;
	ev_init(&c->alive, ask_for_life);
	c->alive.repeat = ALIVE_S;
	c->alive.data = c;
	c->io.data = c;
	client_log_init(&c->log, mediator->loop, c->name);
	c->child.data = c;
}

static int make_sockets(int sockets[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return -errno;
	if (fcntl(sockets[0], F_SETFL, O_NONBLOCK)) {
		close(sockets[0]);
		close(sockets[1]);
		return -errno;
	}
	return 0;
}

static void watch(struct client *c, pid_t pid, int socket, double patience_s)
{
	struct ev_loop *loop = c->mediator->loop;

	c->pid = pid;
	c->socket = socket;
	c->has_greeted = false;
	c->adopted = false;
	c->ending = false;
	c->reaped = false;
	c->fault[0] = '\0';
	c->renderer[0] = '\0';
	/* Else the keeper is its parent, and says when it ends. */
	if (!has_keeper(c->mediator)) {
		ev_child_init(&c->child, reaped, c->pid, 0);
		ev_child_start(loop, &c->child);
	}
	ev_io_init(&c->io, readable, c->socket, EV_READ);
	ev_io_start(loop, &c->io);
	set_patience(c, patience_s);
}

int client_start(struct client *c, const char *program, const char *const arguments[],
		 uint32_t priority)
{
	char path[512];
	char *argv[CLIENT_MAX_ARGS + 2] = {path};
	int sockets[2], status, output;

	if (client_running(c))
		return -EBUSY;
	snprintf(path, sizeof(path), "%s/%s", c->mediator->options->libexec, program);
	for (size_t i = 0; i < CLIENT_MAX_ARGS && arguments[i]; i++)
		argv[i + 1] = (char *)(uintptr_t)arguments[i];
	if (access(path, X_OK)) {
		status = -errno;
		log_error("%s: %s: %m (see --libexec)", c->name, path);
		return status;
	}
	status = make_sockets(sockets);
	if (status)
		return status;
	output = client_log_open(&c->log);
	c->sched = output < 0 ? NULL : sched_add(&c->mediator->jobs.sched, priority, c);
	c->pid = c->sched ? sandbox_spawn(path, argv, sockets[1], GPUM_CLIENT_FD, output,
					  has_keeper(c->mediator))
			  : -ENOMEM;
	close(sockets[1]);
	if (output >= 0)
		close(output);
	if (c->pid < 0) {
		client_log_close(&c->log);
		status = c->pid;
		log_error("%s: cannot be started in namespaces of its own: %s", c->name,
			  strerror(-status));
		close(sockets[0]);
		jobs_remove(c);
		c->pid = 0;
		return status;
	}
	watch(c, c->pid, sockets[0], HELLO_TIMEOUT_S);
	kept_add(c);
	return 0;
}

int client_adopt(struct client *c, const struct kept_client *kept,
		 const struct sched_params *params)
{
	double job_s = params->kill_ns ? (double)params->kill_ns / 1e9 : JOB_S;
	struct gpum_msg msg = {.resume = {.number = c->mediator->started_ns}};

	c->sched = sched_add(&c->mediator->jobs.sched, params->priority, c);
	if (!c->sched) {
		close(kept->socket);
		close(kept->log);
		kept_kill(c->mediator, kept->pid);
		return -ENOMEM;
	}
	jobs_configure(c, params);
	client_log_adopt(&c->log, kept->log);
	c->domid = kept->domid;
	c->resuming = true;
	c->mediator->jobs.unknown++;
	watch(c, kept->pid, kept->socket, job_s + ANSWER_S);
	c->adopted = true;
	client_send(c, &msg, GPUM_MSG_RESUME, -1);
	log_info("%s: pid %d goes on", c->name, (int)c->pid);
	return 0;
}

bool client_running(const struct client *c)
{
	return c->pid > 0;
}

bool client_ready(const struct client *c)
{
	return client_running(c) && c->has_greeted && !c->ending;
}

void client_send(struct client *c, struct gpum_msg *msg, uint32_t type, int fd)
{
	int status;

	if (c->socket < 0 || c->ending)
		return;
	status = gpum_msg_send(c->socket, msg, type, fd);
	if (status == -EPIPE || status == -ECONNRESET)
		return; /* it is gone, and reading says so */
	if (status < 0)
		client_fail(c, "message %u cannot be sent: %s", type, strerror(-status));
}

void client_stop(struct client *c)
{
	if (!client_running(c) || c->ending)
		return;
	end(c);
	set_patience(c, END_TIMEOUT_S);
}

void client_abandon(struct client *c)
{
	if (!client_running(c))
		return;
	close_socket(c);
	ev_child_stop(c->mediator->loop, &c->child);
	ev_timer_stop(c->mediator->loop, &c->patience);
	ev_timer_stop(c->mediator->loop, &c->alive);
	kill_process(c->mediator, c->pid);
	while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	client_log_close(&c->log);
	jobs_remove(c);
}

void client_describe_end(const struct client *c, char *text, size_t size)
{
	if (c->fault[0])
		snprintf(text, size, "killed: %s", c->fault);
	else if (WIFSIGNALED(c->status))
		snprintf(text, size, "died of signal %d (%s)", WTERMSIG(c->status),
			 strsignal(WTERMSIG(c->status)));
	else
		snprintf(text, size, "ended with status %d", WEXITSTATUS(c->status));
}
