/* SPDX-License-Identifier: MIT */
/* Who may use the GPU: the scheduler, wired to the clients. */
#ifndef MEDIATOR_DAEMON_JOBS_H
#define MEDIATOR_DAEMON_JOBS_H

#include <ev.h>
#include <stdint.h>

#include "mediator/protocol/client.h"
#include "mediator/sched/sched.h"

struct client;
struct mediator;

struct jobs {
	struct sched sched;
	uint32_t unknown;	  /* clients of an earlier mediator that may be on the GPU still */
	struct ev_timer watchdog; /* for the job on the GPU */
	struct ev_timer look;	  /* when the scheduler wants to be asked again */
	struct sched_stats base;  /* of the whole, when statistics were reset */
	uint64_t base_busy_ns;
};

void jobs_init(struct mediator *mediator);

/* What the device tree says of a client that has just been started. */
void jobs_configure(struct client *client, const struct sched_params *params);

/* JOB_READY and JOB_DONE of a client. One that breaks the rules is killed. */
void jobs_ready(struct client *client, const struct gpum_job *job);
void jobs_done(struct client *client, const struct gpum_job_done *done);

/* What was drawn since the last frame is a frame of the client's main display. */
void jobs_frame_complete(struct client *client);

/* A client is ending: it gets the GPU no more, but what it has on it must come to an end. */
void jobs_withdraw(struct client *client);

/* A client's process is gone. */
void jobs_remove(struct client *client);

/* Something has changed: start the next job, if one may run. */
void jobs_kick(struct mediator *mediator);

#endif
