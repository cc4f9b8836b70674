/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/client/client_log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "mediator/daemon/base/clock.h"

#define BYTES_PER_TURN 4096u
#define LAST_TURNS     16u /* as much as a pipe holds */
#define PAUSE_S	       0.1 /* when the rate limit is reached */

/* False: the limit is reached. */
static bool finish_line(struct client_log *l)
{
	bool allowed = true;

	l->line[l->length] = '\0';
	if (l->length > 0) {
		allowed = log_allow(l->limit, clock_ns());
		if (allowed)
			log_info("%s: %s", l->name, l->line);
	}
	l->length = 0;
	return allowed;
}

static bool take(struct client_log *l, const char *bytes, size_t count)
{
	bool allowed = true;

	for (size_t i = 0; i < count; i++) {
		char c = bytes[i];

		if (c == '\n')
			allowed &= finish_line(l);
		else if (l->length < sizeof(l->line) - 1)
			l->line[l->length++] = c >= ' ' && c <= '~' ? c : '?';
	}
	return allowed;
}

static void stop(struct client_log *l)
{
	ev_io_stop(l->loop, &l->io);
	ev_timer_stop(l->loop, &l->pause);
}

static void readable(struct ev_loop *loop, struct ev_io *io, int events)
{
	struct client_log *l = io->data;
	char bytes[BYTES_PER_TURN];
	ssize_t got = read(l->pipe, bytes, sizeof(bytes));

	(void)events;
	if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
		stop(l);
		return;
	}
	if (got < 0 || take(l, bytes, (size_t)got))
		return;
	ev_io_stop(loop, io);
	ev_timer_set(&l->pause, PAUSE_S, 0.0);
	ev_timer_start(loop, &l->pause);
}

static void go_on(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct client_log *l = timer->data;

	(void)events;
	ev_io_start(loop, &l->io);
}

void client_log_init(struct client_log *l, struct ev_loop *loop, const char *name)
{
	l->loop = loop;
	l->name = name;
	l->limit = &l->own;
	l->pipe = -1;
	ev_init(&l->io, readable);
	l->io.data = l;
	ev_init(&l->pause, go_on);
	l->pause.data = l;
}

void client_log_adopt(struct client_log *l, int pipe)
{
	l->pipe = pipe;
	l->length = 0;
	ev_io_set(&l->io, l->pipe, EV_READ);
	ev_io_start(l->loop, &l->io);
}

int client_log_open(struct client_log *l)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK)) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	client_log_adopt(l, ends[0]);
	return ends[1];
}

void client_log_close(struct client_log *l)
{
	char bytes[BYTES_PER_TURN];
	ssize_t got = 1;

	if (l->pipe < 0)
		return;
	stop(l);
	for (unsigned int i = 0; i < LAST_TURNS && got > 0; i++) {
		got = read(l->pipe, bytes, sizeof(bytes));
		if (got > 0)
			take(l, bytes, (size_t)got);
	}
	finish_line(l);
	close(l->pipe);
	l->pipe = -1;
}
