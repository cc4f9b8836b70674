/* SPDX-License-Identifier: MIT */
/*
 * Simulates a GPU and its guests in virtual time. The GPU executes jobs in the order in which they
 * were committed to it and preempts none; a policy decides which job is committed when. The
 * simulation is deterministic: the same workload and policy give the same result on every machine,
 * and each stream draws its random numbers from a sequence of its own, so that all policies see the
 * same releases.
 *
 * At one instant, ends of jobs come first, then releases, then decisions. So a job can block
 * another only if it begins at least 1 ns before the other's release.
 *
 * The caller provides all memory; nothing is allocated here. Times are nanoseconds.
 */
#ifndef MEDIATOR_SIM_ENGINE_ENGINE_H
#define MEDIATOR_SIM_ENGINE_ENGINE_H

#include "mediator/sim/engine/random.h"
#include "mediator/sim/engine/outcome.h"
#include "mediator/sim/engine/timers.h"
#include "mediator/sim/engine/workload.h"

#define SIM_QUEUE	 64u /* waiting jobs of a guest */
#define SIM_RING	 64u /* jobs committed to the GPU */
#define SIM_PENDING	 16u /* streams with gaps: frames that wait for an earlier one */
#define SIM_POLICY_BYTES 131072u
#define SIM_NOBODY	 UINT32_MAX

struct sim_job {
	uint64_t nominal_ns; /* nominal release of its frame */
	uint64_t ready_ns;   /* when the mediator learned of it */
	uint64_t order;	     /* number in the order of arrival over all guests */
	uint32_t length_ns;  /* on the GPU, without the switch; at most 4 s */
	uint8_t stream;
	uint8_t killed; /* length_ns covers the kill time, its late notice and the reset */
};

struct sim_guest_state {
	struct sim_job job[SIM_QUEUE]; /* ring of the waiting jobs */
	uint32_t head, waiting;
	uint32_t committed; /* jobs committed to the GPU and not ended */
	uint32_t streams;   /* streams of this guest */
};

struct sim_stream_state {
	struct sim_random random;
	uint64_t nominal_ns; /* of the release for which its timer is set */
	uint64_t ready_ns;   /* of the latest release: a release does not overtake the one before */
	uint64_t index;	     /* number of that release */
	uint64_t jobs;	     /* jobs made so far */
	uint32_t unfinished; /* frames that are not complete */
	uint32_t segment;    /* streams with gaps: of the frame in progress */
	uint8_t in_progress; /* streams with gaps: a frame is in progress */
	uint32_t pending_head, pending;	  /* ring pending_ns */
	uint64_t pending_ns[SIM_PENDING]; /* streams with gaps: nominal releases that wait */
	uint64_t first_nominal_ns;	  /* streams with gaps: of the frame in progress */
	uint32_t timer; /* index of the release's timer; streams with gaps use the next one, too */
};

struct sim;

/*
 * A policy decides which job is committed next. Its memory is sim->policy_state, which init must
 * initialise. All functions are called at sim->now; those other than init and pick may be NULL.
 */
struct sim_policy {
	const char *name;
	const char *about;
	void (*init)(struct sim *s); /* at time 0, with the workload set */
	/* A guest has a new job, the last one in its queue. */
	void (*arrived)(struct sim *s, uint32_t guest);
	/* Returns the guest whose first waiting job is committed now, or SIM_NOBODY. */
	uint32_t (*pick)(struct sim *s);
	/* That job has been committed. */
	void (*committed)(struct sim *s, uint32_t guest);
	/* A guest's job has ended and no longer counts as committed. */
	void (*finished)(struct sim *s, uint32_t guest);
	/* Returns when to call woken() and pick() even if nothing happens, later than now. */
	uint64_t (*wakeup)(struct sim *s);
	/* That time has come; called before pick(). */
	void (*woken)(struct sim *s);
	/* A frame of the stream begins, before its first job arrives; a frame is finished. */
	void (*released)(struct sim *s, uint32_t stream);
	void (*completed)(struct sim *s, uint32_t stream);
};

/* An observer sees all jobs and frames, for timelines. Each function may be NULL. */
struct sim_observer {
	void *arg;
	void (*job)(void *arg, const struct sim *s, const struct sim_job *job, uint64_t start,
		    uint64_t end);
	/* A frame is finished, or skipped (end is 0). */
	void (*frame)(void *arg, const struct sim *s, uint32_t stream, uint64_t nominal,
		      uint64_t end, int missed);
};

/* Only engine.c writes to it. */
struct sim {
	uint64_t now;
	const struct sim_workload *workload;
	const struct sim_policy *policy;
	const struct sim_observer *observer;
	struct sim_outcome *outcome;
	struct timers timers;
	uint16_t timer_stream[TIMERS_MAX];

	struct sim_job ring[SIM_RING]; /* committed jobs; the first one is on the GPU */
	uint32_t ring_head, ring_count;
	uint64_t job_start, job_end; /* of the job on the GPU */

	uint32_t waiting;  /* jobs of all guests that are not committed yet */
	uint64_t arrivals; /* jobs that have arrived so far */
	uint64_t wake;	   /* when the policy wants to be woken */
	struct sim_stream_state stream[SIM_MAX_STREAMS];
	struct sim_guest_state guest[SIM_MAX_GUESTS];
	_Alignas(64) unsigned char policy_state[SIM_POLICY_BYTES];
};

/* The guest's first waiting job; valid if it has one. */
static inline const struct sim_job *sim_first_job(const struct sim *s, uint32_t guest)
{
	return &s->guest[guest].job[s->guest[guest].head];
}

static inline uint32_t sim_job_guest(const struct sim *s, const struct sim_job *job)
{
	return s->workload->stream[job->stream].guest;
}

/*
 * Returns the absolute deadline of a guest's first waiting job; SIM_NEVER: no job or no deadline.
 */
uint64_t sim_first_deadline(const struct sim *s, uint32_t guest);

/*
 * Begin a run at time 0. The workload must keep the limits of parse.h. The run adds to *outcome,
 * which the caller has zeroed before the first run. Workload, outcome and observer (may be NULL)
 * must outlive the run.
 */
void sim_start(struct sim *s, const struct sim_workload *w, const struct sim_policy *policy,
	       struct sim_outcome *outcome, const struct sim_observer *observer);

/* Simulate up to the time `until`; may be called again with a later time. */
void sim_run(struct sim *s, uint64_t until);

/* End a run: unfinished frames whose deadline has passed are missed. Adds up the simulated time. */
void sim_finish(struct sim *s);

/* Simulate all runs of the workload's sweeps, one after the other. *scratch is overwritten. */
void sim_run_all(struct sim *s, const struct sim_workload *w, struct sim_workload *scratch,
		 const struct sim_policy *policy, struct sim_outcome *outcome,
		 const struct sim_observer *observer);

#endif
