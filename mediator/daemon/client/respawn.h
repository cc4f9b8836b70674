/* SPDX-License-Identifier: MIT */
/*
 * A client of the mediator's own (a compositor, the verifier): adopted or started, and started
 * again whenever it ends; mediator/guard/restart.h says how soon.
 */
#ifndef MEDIATOR_DAEMON_CLIENT_RESPAWN_H
#define MEDIATOR_DAEMON_CLIENT_RESPAWN_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/daemon/client/client.h"
#include "mediator/guard/restart.h"
#include "mediator/sched/sched.h"

struct respawn_ops {
	/* A process is there: `adopted` from an earlier mediator, or new. */
	void (*started)(void *owner, bool adopted);
	/* It has ended and is reaped. Another one is started later. */
	void (*ended)(void *owner);
};

struct respawn {
	struct client client;
	const struct respawn_ops *ops;
	const char *program;
	const char *arguments[CLIENT_MAX_ARGS + 1]; /* NULL-terminated */
	struct sched_params params;
	struct ev_timer timer; /* active: until the next start */
	struct restart restart;
	uint32_t restarts;
	uint64_t started_ns; /* last; 0: never */
};

/*
 * Prepare a zeroed struct. `client_ops->gone` is respawn_gone(); client.owner is `owner`, whose
 * struct respawn respawn_gone() finds by `client` being its first member. Fill in program,
 * arguments and params before respawn_start().
 */
void respawn_init(struct respawn *respawn, struct clients *all, enum client_role role,
		  const char *name, const struct client_ops *client_ops,
		  const struct respawn_ops *ops, void *owner);

/* Adopt the process or start it; if it cannot be started, it is tried again later. */
void respawn_start(struct respawn *respawn);

/* The daemon ends: kill the process and wait for it. Nothing on a struct that was never prepared.
 */
void respawn_abandon(struct respawn *respawn);

/* For client_ops.gone. */
void respawn_gone(struct client *client);

#endif
