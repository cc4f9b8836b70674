/* SPDX-License-Identifier: MIT */
/*
 * The output of a client process becomes lines of the log, under the client's name and within its
 * rate limit. A backend that was taken over can neither flood the log nor write control characters:
 * beyond its limit it blocks on the pipe.
 */
#ifndef MEDIATOR_DAEMON_CLIENT_CLIENT_LOG_H
#define MEDIATOR_DAEMON_CLIENT_CLIENT_LOG_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>

#include "mediator/daemon/base/log.h"

#define CLIENT_LOG_LINE 256u /* bytes; longer lines are cut */

struct client_log {
	struct ev_loop *loop;
	const char *name;
	struct log_limit *limit;
	int pipe; /* -1: closed */
	struct ev_io io;
	struct ev_timer pause;
	char line[CLIENT_LOG_LINE];
	size_t length;
	struct log_limit own; /* what `limit` points to unless it is replaced */
};

/* Prepare a zeroed struct. `name` stays the caller's; log->limit may be replaced. */
void client_log_init(struct client_log *log, struct ev_loop *loop, const char *name);

/* Open the pipe. Returns its end to write to, which becomes the caller's, or -errno. */
int client_log_open(struct client_log *log);

/* Take over the read end of a kept client's pipe. */
void client_log_adopt(struct client_log *log, int pipe);

/* Read what is left in the pipe, and close it. Nothing if it is closed. */
void client_log_close(struct client_log *log);

#endif
