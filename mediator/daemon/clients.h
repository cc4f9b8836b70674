/* SPDX-License-Identifier: MIT */
/*
 * Client processes: started with one end of a socket as GPUM_CLIENT_FD, watched until they are
 * gone. A client that breaks the protocol, does not say HELLO in time, does not read what it is
 * sent or gives no sign of life is killed. It is over only when the process has been reaped: then
 * nothing of it can be on the GPU any more.
 */
#ifndef MEDIATOR_DAEMON_CLIENTS_H
#define MEDIATOR_DAEMON_CLIENTS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mediator/daemon/client_log.h"
#include "mediator/protocol/client.h"
#include "mediator/protocol/keeper.h"

#define CLIENT_MAX_ARGS 8u

struct client;
struct mediator;
struct sched_client;
struct sched_params;

struct client_ops {
	/* It has said HELLO. */
	void (*greeted)(struct client *client);
	/*
	 * A message, other than HELLO and about jobs. *fd is the message's descriptor or -1; set
	 * it to -1 to keep it. Call client_fail() when the message must not be.
	 */
	void (*message)(struct client *client, const struct gpum_msg *msg, int *fd);
	/* A composition or another job of it has ended. May be NULL. */
	void (*job_done)(struct client *client, bool failed);
	/* The process has been reaped, the socket is closed. It may be started again. */
	void (*gone)(struct client *client);
};

struct client {
	struct mediator *mediator;
	const struct client_ops *ops;
	void *owner;
	char name[KEEPER_NAME_MAX]; /* for the log, and for the keeper */
	uint32_t domid;		    /* of a backend's guest */
	pid_t pid;		    /* 0: not running */
	int socket;
	struct ev_io io;
	struct client_log log;
	struct ev_child child;
	struct ev_timer patience; /* for HELLO, then for the end */
	struct ev_timer alive;	  /* when to ask for a sign of life */
	uint32_t unanswered;	  /* times it was asked since its last */
	struct sched_client *sched;
	bool has_greeted;
	bool adopted;		     /* an earlier mediator has started it, */
	bool resuming;		     /* and it has not yet said HELLO to us */
	bool ending;		     /* asked to end, or being killed */
	bool reaped;		     /* its process id may be another's by now */
	int status;		     /* of wait(), when gone */
	char fault[GPUM_REASON_MAX]; /* why it was killed, "": it was not */
	char renderer[GPUM_REASON_MAX];
};

/* Prepare a zeroed struct. */
void client_init(struct client *client, struct mediator *mediator, const struct client_ops *ops,
		 void *owner);

/* Run `libexec`/program; arguments are NULL-terminated. Returns 0 or -errno. */
int client_start(struct client *client, const char *program, const char *const arguments[],
		 uint32_t priority);

struct kept_client;

/*
 * One that an earlier mediator has started. It is `ready` when it has said HELLO again, for which
 * it may take as long as its job may; until then nobody gets the GPU. Call it instead of
 * client_start().
 */
int client_adopt(struct client *client, const struct kept_client *kept,
		 const struct sched_params *params);

/* The process has ended with that status of wait(), and is reaped. */
void client_ended(struct client *client, int status);

bool client_running(const struct client *client);
bool client_ready(const struct client *client); /* greeted and not ending */

/* Sends or, when the client does not keep up, kills it. fd stays the caller's. */
void client_send(struct client *client, struct gpum_msg *msg, uint32_t type, int fd);

/* Close the socket, which asks it to end, and kill it when it does not. */
void client_stop(struct client *client);

/* The daemon ends: kill it and wait for it, without a word to its owner. */
void client_abandon(struct client *client);

/* Kill it now and remember why. Only the first reason counts. */
void client_fail(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* How it ended, in words. */
void client_describe_end(const struct client *client, char *text, size_t size);

#endif
