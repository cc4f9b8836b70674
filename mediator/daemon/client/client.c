/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/client/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/base/log.h"
#include "mediator/daemon/base/timer.h"
#include "mediator/shared/sandbox/sandbox.h"

#define JOB_NS	   UINT64_C(30000000000) /* no kill time: as JOBS_LAST_RESORT_S */
#define ANSWER_NS  UINT64_C(5000000000)	 /* for an adopted client to say HELLO again */
#define LAST_TURNS 8u			 /* of a dead client: no more than a socket holds */

/* --- Carrying out what client_life.c says ----------------------------------------------------- */

static void close_socket(struct client *c)
{
	if (c->socket < 0)
		return;
	ev_io_stop(c->all->loop, &c->io);
	close(c->socket);
	c->socket = -1;
}

/* False when libev has reaped it already and says so later in the same turn. */
static bool is_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void kill_process(struct client *c)
{
	if (c->pid == 0)
		return;
	if (kept_link_exists(&c->all->kept))
		kept_link_kill(&c->all->kept, c->pid);
	else if (is_child(c->pid))
		kill(c->pid, SIGKILL);
}

static void withdraw(struct client *c)
{
	if (c->sched && jobs_withdraw(&c->all->jobs, c->sched))
		c->sched = NULL;
}

unsigned int client_step(struct client *c, enum client_event event)
{
	uint64_t now = clock_ns();
	unsigned int actions = client_life_step(&c->life, event, now);

	timer_arm_at(c->all->loop, &c->timer, c->life.due_ns, now);
	if (actions & CLIENT_CLOSE) {
		close_socket(c);
		withdraw(c);
	}
	if (actions & CLIENT_KILL)
		kill_process(c);
	return actions;
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
	client_step(c, CLIENT_FAULT);
}

static bool has_gpu(const struct client *c)
{
	return c->sched && c->all->jobs.sched.holder == c->sched;
}

static void on_timeout(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct client *c = timer->data;
	const char *reason = client_life_timeout_reason(&c->life);
	unsigned int actions = client_step(c, has_gpu(c) ? CLIENT_BUSY : CLIENT_TIMEOUT);
	struct gpum_msg ping = {0};

	(void)loop;
	(void)events;
	if (actions & CLIENT_KILL && !c->fault[0])
		snprintf(c->fault, sizeof(c->fault), "%s", reason);
	if (actions & CLIENT_PING)
		client_send(c, &ping, GPUM_MSG_PING, -1);
}

/* --- Begin and end ---------------------------------------------------------------------------- */

static void let_go(struct client *c)
{
	ev_child_stop(c->all->loop, &c->child);
	close_socket(c);
	client_log_close(&c->log);
	jobs_remove(&c->all->jobs, c->sched);
	c->sched = NULL;
}

void client_ended(struct client *c, int status)
{
	unsigned int actions;

	c->pid = 0;
	/* Its last messages, such as a FAULT, may still be in the socket. */
	for (unsigned int i = 0; i < LAST_TURNS && c->socket >= 0; i++)
		client_listen(c);
	c->status = status;
	let_go(c);
	actions = client_step(c, CLIENT_REAPED);
	if (actions & CLIENT_RESUME_DONE)
		jobs_resolved(&c->all->jobs);
	c->ops->gone(c);
	jobs_kick(&c->all->jobs);
}

static void on_message(struct ev_loop *loop, struct ev_io *io, int events)
{
	(void)loop;
	(void)events;
	client_listen(io->data);
}

static void on_child(struct ev_loop *loop, struct ev_child *child, int events)
{
	(void)loop;
	(void)events;
	if (WIFEXITED(child->rstatus) || WIFSIGNALED(child->rstatus))
		client_ended(child->data, child->rstatus);
}

void client_init(struct client *c, struct clients *all, enum client_role role, const char *name,
		 const struct client_ops *ops, void *owner)
{
	c->all = all;
	c->next = all->first;
	all->first = c;
	c->role = role;
	snprintf(c->name, sizeof(c->name), "%s", name);
	c->ops = ops;
	c->owner = owner;
	c->socket = -1;
	ev_init(&c->timer, on_timeout);
	c->timer.data = c;
	c->io.data = c;
	client_log_init(&c->log, all->loop, c->name);
	c->child.data = c;
}

/* The life has begun; listen to its socket and, without a keeper, for its end. */
static void follow(struct client *c, pid_t pid, int socket)
{
	struct ev_loop *loop = c->all->loop;

	c->pid = pid;
	c->socket = socket;
	c->fault[0] = '\0';
	c->renderer[0] = '\0';
	if (!kept_link_exists(&c->all->kept)) {
		ev_child_init(&c->child, on_child, c->pid, 0);
		ev_child_start(loop, &c->child);
	}
	ev_io_init(&c->io, on_message, c->socket, EV_READ);
	ev_io_start(loop, &c->io);
	timer_arm_at(loop, &c->timer, c->life.due_ns, clock_ns());
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

static void keep(struct client *c)
{
	struct kept_client k = {
		.pid = c->pid, .domid = c->domid, .socket = c->socket, .log = c->log.pipe};

	memcpy(k.name, c->name, sizeof(k.name));
	kept_link_keep(&c->all->kept, &k);
}

static bool add_to_scheduler(struct client *c, const struct sched_params *params)
{
	struct sched *s = &c->all->jobs.sched;

	c->sched = sched_add(s, params->priority, c);
	if (c->sched)
		sched_set_params(s, c->sched, params, clock_ns());
	return c->sched != NULL;
}

/* Start the process with `socket` as its end. Returns its pid, or -errno with all undone. */
static pid_t spawn(struct client *c, const char *path, char **argv, int socket,
		   const struct sched_params *params)
{
	int output = client_log_open(&c->log);
	pid_t pid = output;

	if (output >= 0)
		pid = add_to_scheduler(c, params)
			      ? sandbox_spawn(path, argv, socket, GPUM_CLIENT_FD, output,
					      kept_link_exists(&c->all->kept))
			      : -ENOMEM;
	if (output >= 0)
		close(output);
	if (pid < 0)
		let_go(c);
	return pid;
}

int client_start(struct client *c, const char *program, const char *const arguments[],
		 const struct sched_params *params)
{
	char path[512];
	char *argv[CLIENT_MAX_ARGS + 2] = {path};
	int sockets[2], status;
	pid_t pid;

	if (client_running(c))
		return -EBUSY;
	snprintf(path, sizeof(path), "%s/%s", c->all->libexec, program);
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
	pid = spawn(c, path, argv, sockets[1], params);
	close(sockets[1]);
	if (pid < 0) {
		log_error("%s: cannot be started in namespaces of its own: %s", c->name,
			  strerror(-pid));
		close(sockets[0]);
		return pid;
	}
	client_life_start(&c->life, clock_ns());
	follow(c, pid, sockets[0]);
	keep(c);
	return 0;
}

bool client_adopt(struct client *c, const struct sched_params *params)
{
	uint64_t job_ns = params->kill_ns ? params->kill_ns : JOB_NS;
	struct gpum_msg msg = {.resume = {.number = c->all->mediator}};
	struct kept_client kept;

	if (!kept_link_take(&c->all->kept, c->name, &kept))
		return false;
	if (!add_to_scheduler(c, params)) {
		close(kept.socket);
		close(kept.log);
		kept_link_kill(&c->all->kept, kept.pid);
		return false;
	}
	client_log_adopt(&c->log, kept.log);
	c->domid = kept.domid;
	c->all->jobs.unknown++;
	client_life_adopt(&c->life, job_ns + ANSWER_NS, clock_ns());
	follow(c, kept.pid, kept.socket);
	client_send(c, &msg, GPUM_MSG_RESUME, -1);
	log_info("%s: pid %d goes on", c->name, (int)c->pid);
	return true;
}

void client_stop(struct client *c)
{
	client_step(c, CLIENT_STOP);
}

void client_abandon(struct client *c)
{
	if (!client_running(c))
		return;
	kill_process(c);
	while (waitpid(c->pid, &c->status, 0) < 0 && errno == EINTR)
		;
	c->pid = 0;
	let_go(c);
	client_step(c, CLIENT_REAPED);
}

/* --- For its owner ---------------------------------------------------------------------------- */

void client_send(struct client *c, struct gpum_msg *msg, uint32_t type, int fd)
{
	int status;

	if (c->socket < 0)
		return;
	status = gpum_msg_send(c->socket, msg, type, fd);
	if (status == -EPIPE || status == -ECONNRESET)
		return; /* it is gone, which reading from the socket says next */
	if (status < 0)
		client_fail(c, "message %u cannot be sent: %s", type, strerror(-status));
}

void client_frame_complete(struct client *c)
{
	if (c->sched)
		jobs_frame_complete(&c->all->jobs, c->sched);
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
