/* SPDX-License-Identifier: MIT */
/*
 * The scheduler in the event loop: asks mediator/sched whenever something has changed and at the
 * time that it names, and notices a job that is over its time. The caller runs jobs and ends
 * clients (struct jobs_ops).
 */
#ifndef MEDIATOR_DAEMON_CLIENT_JOBS_H
#define MEDIATOR_DAEMON_CLIENT_JOBS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/sched/sched.h"
#include "mediator/shared/protocol/client.h"

/*
 * The last resort against a client that keeps the GPU and declares no kill time: long enough for
 * any job of an emulated GPU.
 */
#define JOBS_LAST_RESORT_S 30.0

struct jobs_ops {
	/* Tell a client that its announced job has the GPU now. `owner` is sched_client.owner. */
	void (*run)(void *owner, uint64_t id);
	/* The client's job has had the GPU for too long. */
	void (*overrun)(void *owner, const char *reason);
};

struct jobs {
	struct ev_loop *loop;
	const struct jobs_ops *ops;
	struct sched sched;
	uint32_t unknown; /* earlier mediators' clients that may have the GPU; 0: it is ours */
	struct ev_timer last_resort; /* against the job on the GPU */
	struct ev_timer look;	     /* when the scheduler wants to be asked again */
	struct sched_stats base;     /* of the whole, when statistics were reset */
	uint64_t base_busy_ns;
};

/* `policy` and `costs` as the device tree says. Ops and loop stay the caller's. */
void jobs_init(struct jobs *jobs, struct ev_loop *loop, const struct sched_policy *policy,
	       const struct sched_costs *costs, const struct jobs_ops *ops);
void jobs_finish(struct jobs *jobs);

/*
 * A client announces a job (JOB_READY). Returns 0 or a negative enum sched_status: it has broken
 * the protocol. The job starts at the next jobs_kick() at the earliest.
 */
int jobs_ready(struct jobs *jobs, struct sched_client *client, const struct gpum_job *job);

/*
 * The job on the GPU has ended (JOB_DONE); `completes` says that it was a whole frame. Returns as
 * jobs_ready(). The next job starts at the next jobs_kick().
 */
int jobs_done(struct jobs *jobs, struct sched_client *client, uint64_t id, bool completes);

/* All that the client drew since its last frame is a frame of its main display. */
void jobs_frame_complete(struct jobs *jobs, struct sched_client *client);

/*
 * A client is ending: its waiting job is forgotten, but a job on the GPU must come to an end there.
 * Returns whether the scheduler has forgotten the client (it had no job on the GPU).
 */
bool jobs_withdraw(struct jobs *jobs, struct sched_client *client);

/* The client's process is gone, so nothing of it can be on the GPU. NULL is allowed. */
void jobs_remove(struct jobs *jobs, struct sched_client *client);

/* Something has changed: start the next job, if one may run. */
void jobs_kick(struct jobs *jobs);

/* One of the earlier mediators' clients (see `unknown`) has no job on the GPU any more. */
void jobs_resolved(struct jobs *jobs);

#endif
