/* SPDX-License-Identifier: MIT */
/*
 * A client process: started with one end of a socket as GPUM_CLIENT_FD, watched until it is reaped.
 * A client that breaks the protocol, does not say HELLO in time, does not read what it is sent or
 * gives no sign of life is killed. Nothing of it can be on the GPU any more once the process has
 * been reaped, and only then is it over. client_life.h has the states.
 */
#ifndef MEDIATOR_DAEMON_CLIENT_CLIENT_H
#define MEDIATOR_DAEMON_CLIENT_CLIENT_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "mediator/daemon/client/client_life.h"
#include "mediator/daemon/client/client_log.h"
#include "mediator/daemon/client/clients.h"
#include "mediator/shared/protocol/client.h"

#define CLIENT_MAX_ARGS 8u

/* The purpose of the process: decides which jobs it may announce, and whether a job is a frame. */
enum client_role {
	CLIENT_BACKEND,
	CLIENT_COMPOSITOR,
	CLIENT_VERIFIER,
};

struct client;

struct client_ops {
	/* It has said HELLO. */
	void (*greeted)(struct client *client);
	/*
	 * A message, other than HELLO and about jobs. *fd is the message's descriptor or -1; set
	 * it to -1 to keep it. Call client_fail() when the message must not be.
	 */
	void (*message)(struct client *client, const struct gpum_msg *msg, int *fd);
	/* A job of it has ended. May be NULL. */
	void (*job_done)(struct client *client, bool failed);
	/* The process has been reaped, the socket is closed. It may be started again. */
	void (*gone)(struct client *client);
};

struct client {
	struct clients *all;
	struct client *next; /* in all->first */
	const struct client_ops *ops;
	void *owner;
	enum client_role role;
	char name[KEEPER_NAME_MAX]; /* for the log, and for the keeper; unique */
	uint32_t domid;		    /* of a backend's guest */
	struct client_life life;
	pid_t pid;  /* to signal; 0: no process, or it has been reaped */
	int socket; /* -1: closed */
	struct ev_io io;
	struct ev_child child;
	struct ev_timer timer; /* for life.due_ns */
	struct client_log log;
	struct sched_client *sched;  /* NULL: it gets the GPU no more */
	int status;		     /* as of wait(), when gone */
	char fault[GPUM_REASON_MAX]; /* why it was killed, "": it was not */
	char renderer[GPUM_REASON_MAX];
};

/* How jobs.c runs jobs of clients: for clients_init(). */
extern const struct jobs_ops client_jobs_ops;

/*
 * Prepare a zeroed struct and add it to `all`. `name` is cut at KEEPER_NAME_MAX - 1 bytes. The
 * struct must stay where it is until the daemon ends.
 */
void client_init(struct client *client, struct clients *all, enum client_role role,
		 const char *name, const struct client_ops *ops, void *owner);

/*
 * Run `libexec`/program with NULL-terminated arguments; the scheduler treats it as `params` says.
 * Returns 0, or -errno with the reason logged.
 */
int client_start(struct client *client, const char *program, const char *const arguments[],
		 const struct sched_params *params);

/*
 * Adopt the kept client of this client's name instead of starting one. It is READY when it has said
 * HELLO again, for which it may take as long as its job may take; until then no job starts. False:
 * there is none.
 */
bool client_adopt(struct client *client, const struct sched_params *params);

/* The process has ended with that status as of wait(), and is reaped. */
void client_ended(struct client *client, int status);

static inline bool client_running(const struct client *client)
{
	return client->life.state != CLIENT_OFF;
}

/* It has said HELLO and is not ending. */
static inline bool client_ready(const struct client *client)
{
	return client->life.state == CLIENT_READY;
}

/* Sends; kills the client if it does not keep up. `fd` stays the caller's; -1: none. */
void client_send(struct client *client, struct gpum_msg *msg, uint32_t type, int fd);

/* All that the client drew since its last frame is a frame of its main display. */
void client_frame_complete(struct client *client);

/* Close the socket, which asks the process to end; kill it later if it does not. */
void client_stop(struct client *client);

/* The daemon ends: kill the process and wait for it, without a word to the owner. */
void client_abandon(struct client *client);

/* Kill it now. Only the first reason is remembered. */
void client_fail(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* How it ended, in words, into text[size]. */
void client_describe_end(const struct client *client, char *text, size_t size);

#endif
