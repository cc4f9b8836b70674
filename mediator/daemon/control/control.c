/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/control/control.h"

#include <errno.h>
#include <ev.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "mediator/daemon/base/log.h"
#include "mediator/daemon/control/mediator.h"
#include "mediator/daemon/control/status.h"

#define MAX_CLIENTS 8u
#define MAX_REQUEST 1024u
#define IDLE_S	    60.0

struct session {
	struct control *control;
	int fd; /* -1: free */
	struct ev_io in, out;
	struct ev_timer idle;
	char request[MAX_REQUEST];
	size_t request_len;
	char *reply; /* what is not yet sent, or NULL */
	size_t reply_len, reply_sent;
	struct panel *held;
};

struct control {
	struct mediator *mediator;
	struct sockaddr_un address;
	struct ev_io listener;
	struct session session[MAX_CLIENTS];
};

static void hang_up(struct session *s)
{
	struct ev_loop *loop;

	if (s->fd < 0)
		return;
	loop = s->control->mediator->loop;
	ev_io_stop(loop, &s->in);
	ev_io_stop(loop, &s->out);
	ev_timer_stop(loop, &s->idle);
	if (s->held)
		panel_release(s->held);
	s->held = NULL;
	close(s->fd);
	s->fd = -1;
	free(s->reply);
	s->reply = NULL;
}

/* --- Replies ---------------------------------------------------------------------------------- */

/* The descriptor goes with the first byte. */
static ssize_t send_part(struct session *s, const void *data, size_t len, int fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} ancillary;
	struct iovec iov = {.iov_base = (void *)(uintptr_t)data, .iov_len = len};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		memset(&ancillary, 0, sizeof(ancillary));
		header.msg_control = ancillary.bytes;
		header.msg_controllen = sizeof(ancillary.bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
	}
	return sendmsg(s->fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void writable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct session *s = io->data;
	ssize_t sent = send_part(s, s->reply + s->reply_sent, s->reply_len - s->reply_sent, -1);

	(void)events;
	if (sent < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (sent < 0) {
		hang_up(s);
		return;
	}
	s->reply_sent += (size_t)sent;
	if (s->reply_sent < s->reply_len)
		return;
	ev_io_stop(loop, &s->out);
	free(s->reply);
	s->reply = NULL;
	ev_io_start(loop, &s->in);
}

/* Takes over `object`. */
static void reply(struct session *s, json_t *object, int fd)
{
	char *text = object ? json_dumps(object, JSON_COMPACT) : NULL;
	size_t len = text ? strlen(text) : 0;
	ssize_t sent;

	json_decref(object);
	if (!text) {
		hang_up(s);
		return;
	}
	text[len++] = '\n'; /* instead of the terminating zero */
	sent = send_part(s, text, len, fd);
	if (sent < 0 && (errno != EAGAIN || fd >= 0)) {
		free(text);
		hang_up(s);
		return;
	}
	if (sent >= 0 && (size_t)sent == len) {
		free(text);
		return;
	}
	/* The next request is read when this reply is out. */
	s->reply = text;
	s->reply_len = len;
	s->reply_sent = sent > 0 ? (size_t)sent : 0;
	ev_io_stop(s->control->mediator->loop, &s->in);
	ev_io_start(s->control->mediator->loop, &s->out);
}

static void reply_error(struct session *s, const char *text)
{
	reply(s, json_pack("{s:b, s:s}", "ok", 0, "error", text), -1);
}

/* --- Requests --------------------------------------------------------------------------------- */

static void serve_status(struct session *s, const json_t *request)
{
	json_t *status = status_describe(s->control->mediator);

	(void)request;
	if (status)
		json_object_set_new(status, "ok", json_true());
	reply(s, status, -1);
}

static void serve_reset(struct session *s, const json_t *request)
{
	(void)request;
	status_reset(s->control->mediator);
	reply(s, json_pack("{s:b}", "ok", 1), -1);
}

/* The panel of a display or connector of that name; *slot is -1 for the whole panel. */
static struct panel *find_panel(struct mediator *m, const char *name, int *slot)
{
	for (uint32_t i = 0; i < m->config.num_panels; i++) {
		struct panel *p = &m->displays.panel[i];

		*slot = -1;
		if (!strcmp(p->config->connector, name))
			return p;
		for (uint32_t d = 0; d < p->config->num_displays; d++) {
			*slot = (int)d;
			if (!strcmp(p->display[d].config->name, name))
				return p;
		}
	}
	return NULL;
}

static json_t *describe_picture(const struct picture *p)
{
	const struct gpum_buffer *b = &p->buffer;
	char modifier[24];

	snprintf(modifier, sizeof(modifier), "0x%llx", (unsigned long long)b->modifier);
	return json_pack("{s:b, s:{s:I, s:I, s:I, s:I, s:I, s:s, s:b}, s:{s:I, s:I, s:I, s:I}}",
			 "ok", 1, "buffer", "width", (json_int_t)b->width, "height",
			 (json_int_t)b->height, "stride", (json_int_t)b->stride, "offset",
			 (json_int_t)b->offset, "fourcc", (json_int_t)b->fourcc, "modifier",
			 modifier, "y_inverted", (int)b->y_inverted, "region", "x",
			 (json_int_t)p->region.x, "y", (json_int_t)p->region.y, "width",
			 (json_int_t)p->region.width, "height", (json_int_t)p->region.height);
}

static void serve_screenshot(struct session *s, const json_t *request)
{
	const char *name = json_string_value(json_object_get(request, "display"));
	struct picture picture = {.fd = -1};
	struct panel *panel;
	int slot;

	panel = name ? find_panel(s->control->mediator, name, &slot) : NULL;
	if (!panel) {
		reply_error(s, "no such display; `gpumctl status` lists them");
		return;
	}
	if (s->held)
		panel_release(s->held);
	s->held = NULL;
	if (!panel_hold(panel, slot, &picture)) {
		reply_error(s, "nothing is shown on it yet");
		return;
	}
	s->held = panel;
	reply(s, describe_picture(&picture), picture.fd);
}

static void serve_release(struct session *s, const json_t *request)
{
	bool held = s->held && panel_release(s->held);

	(void)request;
	s->held = NULL;
	reply(s, json_pack("{s:b, s:b}", "ok", 1, "held", (int)held), -1);
}

static void serve(struct session *s, const char *line, size_t len)
{
	static const struct {
		const char *name;
		void (*serve)(struct session *s, const json_t *request);
	} commands[] = {{"status", serve_status},
			{"reset-stats", serve_reset},
			{"screenshot", serve_screenshot},
			{"release", serve_release}};
	json_t *request = json_loadb(line, len, 0, NULL);
	const char *command = json_string_value(json_object_get(request, "command"));

	for (size_t i = 0; command && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, command))
			continue;
		commands[i].serve(s, request);
		json_decref(request);
		return;
	}
	reply_error(s, request ? "unknown command" : "not a JSON object");
	json_decref(request);
}

static void readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct session *s = io->data;
	ssize_t got = recv(s->fd, s->request + s->request_len, MAX_REQUEST - s->request_len,
			   MSG_DONTWAIT);
	char *end;

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		hang_up(s);
		return;
	}
	ev_timer_again(loop, &s->idle);
	s->request_len += (size_t)got;
	/* One request at a time: a client must wait for the reply before it sends the next. */
	end = memchr(s->request, '\n', s->request_len);
	if (!end && s->request_len == MAX_REQUEST) {
		hang_up(s);
		return;
	}
	if (!end)
		return;
	s->request_len = 0;
	serve(s, s->request, (size_t)(end - s->request));
}

static void idle(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	hang_up(timer->data);
}

static void accept_client(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct control *c = io->data;
	int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	if (fd < 0)
		return;
	for (uint32_t i = 0; i < MAX_CLIENTS; i++) {
		struct session *s = &c->session[i];

		if (s->fd >= 0)
			continue;
		memset(s, 0, sizeof(*s));
		s->control = c;
		s->fd = fd;
		ev_io_init(&s->in, readable, fd, EV_READ);
		ev_io_init(&s->out, writable, fd, EV_WRITE);
		ev_init(&s->idle, idle);
		s->idle.repeat = IDLE_S;
		s->in.data = s->out.data = s->idle.data = s;
		ev_io_start(loop, &s->in);
		ev_timer_again(loop, &s->idle);
		return;
	}
	close(fd);
}

/* --- The listening socket --------------------------------------------------------------------- */

/* A killed mediator leaves a socket behind on which nobody listens. */
static bool is_stale(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool stale = fd >= 0 &&
		     connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
		     errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return stale;
}

static int listen_at(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	mode_t before = umask(0177);
	int status;

	if (is_stale(address))
		unlink(address->sun_path);
	status = fd < 0 ? -1 : bind(fd, (const struct sockaddr *)address, sizeof(*address));
	umask(before);
	if (status || listen(fd, (int)MAX_CLIENTS)) {
		log_error("%s: %m%s", address->sun_path,
			  errno == EADDRINUSE ? " (does another gpu-mediatord run?)" : "");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

struct control *control_start(struct mediator *m, const char *path)
{
	struct control *c = calloc(1, sizeof(*c));
	int fd;

	if (!c || strlen(path) >= sizeof(c->address.sun_path)) {
		log_error("%s: the socket's path is too long", path);
		free(c);
		return NULL;
	}
	c->mediator = m;
	c->address.sun_family = AF_UNIX;
	strcpy(c->address.sun_path, path);
	for (uint32_t i = 0; i < MAX_CLIENTS; i++)
		c->session[i].fd = -1;
	fd = listen_at(&c->address);
	if (fd < 0) {
		free(c);
		return NULL;
	}
	ev_io_init(&c->listener, accept_client, fd, EV_READ);
	c->listener.data = c;
	ev_io_start(m->loop, &c->listener);
	return c;
}

void control_stop(struct control *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < MAX_CLIENTS; i++)
		hang_up(&c->session[i]);
	ev_io_stop(c->mediator->loop, &c->listener);
	close(c->listener.fd);
	unlink(c->address.sun_path);
	free(c);
}
