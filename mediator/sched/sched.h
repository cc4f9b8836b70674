/* SPDX-License-Identifier: MIT */
/*
 * Which job gets the GPU next. Pure: time is an argument (nanoseconds of one monotonic clock),
 * nothing is allocated, no system call is made; the daemon, the tests and the simulator run this
 * same object code.
 *
 * One job is on the GPU at a time (commit depth 1): a second one in the device's queue would add
 * its whole length to everybody's latency. A client has at most one job waiting, and possibly
 * one running. The order of calls:
 *
 *   sched_ready(client, job)   the client has announced a job
 *   sched_pick()               whenever something changed: the client to be told to run, or NULL
 *   sched_done(client, id)     it has finished; then sched_pick() again
 *
 * How a policy decides is behind struct sched_policy; the bookkeeping is the same for all.
 */
#ifndef MEDIATOR_SCHED_SCHED_H
#define MEDIATOR_SCHED_SCHED_H

#include <stdint.h>

/* Backends (CONFIG_MAX_GUESTS), compositors, and what simulations need: 64 hogs beside them. */
#define SCHED_MAX_CLIENTS 96u

/* Smaller goes first. A composition holds frames of all guests, so it goes before all of them. */
#define SCHED_PRIORITY_COMPOSITOR 0u

/* The priority of a guest whose device tree says `priority` (at most CONFIG_MAX_PRIORITY). */
static inline uint32_t sched_guest_priority(uint32_t priority)
{
	return priority + 1u;
}

struct sched_job {
	uint64_t id;	/* the client's, strictly increasing per client */
	uint32_t kind;	/* enum gpum_job_kind; not looked at here */
	uint32_t bytes; /* not looked at here */
};

/* Sums since sched_add(). A running job counts when it is done, also when its client is removed. */
struct sched_stats {
	uint64_t jobs;
	uint64_t busy_ns;    /* on the GPU */
	uint64_t longest_ns; /* longest single job */
	uint64_t waited_ns;  /* sum of ready to run */
	uint64_t longest_wait_ns;
};

/* Read only for all but sched.c. */
struct sched_client {
	void *owner; /* the caller's */
	uint32_t priority;
	uint8_t used;
	uint8_t waiting; /* `next` holds a job */
	uint8_t running; /* `job` holds a job; at most one client of all */
	struct sched_job next, job;
	uint64_t ready_ns;   /* since when `next` is waiting */
	uint64_t order;	     /* of arrival over all clients: what "first" means */
	uint64_t started_ns; /* of `job` */
	uint64_t last_id;
	struct sched_stats stats;
};

struct sched;

/* A way to decide: one small file each. */
struct sched_policy {
	const char *name; /* as in the device tree's `policy` */
	/*
	 * The waiting client that shall run now, or NULL to leave the GPU idle. Called only when
	 * the GPU is free. It must not change anything.
	 */
	const struct sched_client *(*pick)(const struct sched *s, uint64_t now);
};

struct sched {
	const struct sched_policy *policy;
	struct sched_client client[SCHED_MAX_CLIENTS];
	struct sched_client *holder; /* of the GPU, or NULL */
	uint64_t arrivals;
	struct sched_stats total; /* over all clients there ever were */
};

enum sched_status {
	SCHED_OK = 0,
	SCHED_ERR_WAITING = -1, /* the client has a job waiting already */
	SCHED_ERR_ID = -2,	/* id not increasing; or not the id that is running */
	SCHED_ERR_IDLE = -3,	/* the client does not hold the GPU */
};

extern const struct sched_policy sched_fixed_priority; /* equal ones in the order of arrival */
extern const struct sched_policy sched_fifo;	       /* all in the order of arrival */

/* The policy of that name, or NULL. */
const struct sched_policy *sched_policy_find(const char *name);

/* Names of all policies, for messages: "fixed-priority, fifo". */
const char *sched_policy_names(void);

/* What a status means, in a few words; never NULL. */
const char *sched_strstatus(int status);

void sched_init(struct sched *s, const struct sched_policy *policy);

/* A new client without a job, or NULL when there are SCHED_MAX_CLIENTS. Valid until removed. */
struct sched_client *sched_add(struct sched *s, uint32_t priority, void *owner);

/*
 * Forget a client (NULL: nothing) and its jobs. If it held the GPU, the GPU is free afterwards:
 * call it only when nothing of that client can be on the GPU any more.
 */
void sched_remove(struct sched *s, struct sched_client *c, uint64_t now);

/* Announce a job. On an error nothing has changed, and the client has broken the protocol. */
int sched_ready(struct sched *s, struct sched_client *c, const struct sched_job *job, uint64_t now);

/* If the GPU is free, give it to a client; its job is then in ->job. NULL: nothing to start. */
struct sched_client *sched_pick(struct sched *s, uint64_t now);

/* The client's job with that id has ended, however it ended. Errors as in sched_ready(). */
int sched_done(struct sched *s, struct sched_client *c, uint64_t id, uint64_t now);

/* GPU time used by all clients so far, the running job's included. */
uint64_t sched_busy_ns(const struct sched *s, uint64_t now);

#endif
