/* SPDX-License-Identifier: MIT */
/*
 * What a client process prints becomes lines of the log, under the client's name and within its
 * limit. Whoever has taken over a backend can neither flood the log nor write what is not text; it
 * then waits for the pipe itself.
 */
#ifndef MEDIATOR_DAEMON_CLIENT_CLIENT_LOG_H
#define MEDIATOR_DAEMON_CLIENT_CLIENT_LOG_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "mediator/daemon/base/log.h"

#define CLIENT_LOG_LINE 256u /* bytes; what is longer is cut */

struct client_log {
	struct ev_loop *loop;
	const char *name;
	struct log_limit *limit;
	int pipe; /* -1: closed */
	struct ev_io io;
	struct ev_timer pause;
	char line[CLIENT_LOG_LINE];
	size_t length;
	struct log_limit own; /* unless another is set */
};

/* `name` stays the caller's; the limit may be replaced. */
void client_log_init(struct client_log *log, struct ev_loop *loop, const char *name);

/* Returns the end to write to, which the caller closes, or -errno. */
int client_log_open(struct client_log *log);

/* The end to read from, of a client that was there before; it is the log's now. */
void client_log_adopt(struct client_log *log, int pipe);

/* Take what is left, and close. Does nothing when it is closed. */
void client_log_close(struct client_log *log);

#endif
