/* SPDX-License-Identifier: MIT */
/*
 * A GPU and its guests in virtual time. The GPU executes what was committed to it in order and
 * preempts nothing; a policy decides what is committed when. Everything is deterministic: the same
 * workload and policy give the same result on every machine, and each stream draws its random
 * numbers from a sequence of its own, so that all policies see the same releases.
 *
 * Of several things at one instant the end of a job comes first, then releases, then decisions.
 * So a job that is to block another must begin at least 1 ns before the other's release.
 *
 * The caller gives all memory; nothing is allocated here.
 */
#ifndef MEDIATOR_SIM_ENGINE_ENGINE_H
#define MEDIATOR_SIM_ENGINE_ENGINE_H

#include "mediator/sim/engine/random.h"
#include "mediator/sim/engine/outcome.h"
#include "mediator/sim/engine/timers.h"
#include "mediator/sim/engine/workload.h"

#define SIM_QUEUE	 64u /* jobs of a guest that wait */
#define SIM_RING	 64u /* jobs committed to the GPU */
#define SIM_PENDING	 16u /* frames of a stream with gaps that wait for the one before */
#define SIM_POLICY_BYTES 131072u
#define SIM_NOBODY	 UINT32_MAX

struct sim_job {
	uint64_t nominal_ns; /* release of its frame */
	uint64_t ready_ns;   /* since when the mediator knows of it */
	uint64_t order;	     /* of arrival, over all guests */
	uint32_t length_ns;  /* on the GPU, without the switch; at most 4 s */
	uint8_t stream;
	uint8_t killed; /* length_ns is its end, and the reset */
};

struct sim_guest_state {
	struct sim_job job[SIM_QUEUE]; /* ring of waiting ones */
	uint32_t head, waiting;
	uint32_t committed; /* waiting for or on the GPU */
	uint32_t streams;   /* that feed it */
};

struct sim_stream_state {
	struct sim_random random;
	uint64_t nominal_ns; /* of the release that its timer stands for */
	uint64_t ready_ns;   /* of the last release: they do not overtake each other */
	uint64_t index;	     /* of that release */
	uint64_t jobs;	     /* ever made */
	uint32_t unfinished; /* frames */
	uint32_t segment;    /* of the frame in progress, of streams with gaps */
	uint8_t in_progress;
	uint32_t pending_head, pending; /* nominal releases, of streams with gaps */
	uint64_t pending_ns[SIM_PENDING];
	uint64_t first_nominal_ns; /* of the frame in progress */
	uint32_t timer;		   /* release; gaps: the one after it. SIM_NOBODY: none */
};

struct sim;

/* A way to decide; its memory is sim->policy_state. All are called at sim->now. */
struct sim_policy {
	const char *name;
	const char *about;
	void (*init)(struct sim *s); /* the workload is known, time is 0 */
	/* A guest's new job is the last one in its queue. May be NULL. */
	void (*arrived)(struct sim *s, uint32_t guest);
	/* The guest whose first waiting job is to be committed now, or SIM_NOBODY. */
	uint32_t (*pick)(struct sim *s);
	/* That job has been committed. May be NULL. */
	void (*committed)(struct sim *s, uint32_t guest);
	/* A guest's job has ended and is no longer counted as committed. May be NULL. */
	void (*finished)(struct sim *s, uint32_t guest);
	/* When pick() must be asked although nothing happens; later than now. NULL: never. */
	uint64_t (*wakeup)(struct sim *s);
	/* That time has come: called before pick(). May be NULL. */
	void (*woken)(struct sim *s);
	/* A frame of that stream begins (before its first job arrives); is finished. May be NULL.
	 */
	void (*released)(struct sim *s, uint32_t stream);
	void (*completed)(struct sim *s, uint32_t stream);
};

/* What happened, for timelines. Either may be NULL. */
struct sim_observer {
	void *arg;
	void (*job)(void *arg, const struct sim *s, const struct sim_job *job, uint64_t start,
		    uint64_t end);
	/* A frame is finished, or (end 0) was skipped. */
	void (*frame)(void *arg, const struct sim *s, uint32_t stream, uint64_t nominal,
		      uint64_t end, int missed);
};

/* Read only for all but engine.c. */
struct sim {
	uint64_t now;
	const struct sim_workload *workload;
	const struct sim_policy *policy;
	const struct sim_observer *observer;
	struct sim_outcome *outcome;
	struct timers timers;
	uint16_t timer_stream[TIMERS_MAX];

	struct sim_job ring[SIM_RING]; /* the first one is on the GPU */
	uint32_t ring_head, ring_count;
	uint64_t job_start, job_end; /* of the one on the GPU */

	uint32_t waiting; /* jobs of all guests that are not committed */
	uint64_t arrivals;
	uint64_t wake;
	struct sim_stream_state stream[SIM_MAX_STREAMS];
	struct sim_guest_state guest[SIM_MAX_GUESTS];
	_Alignas(64) unsigned char policy_state[SIM_POLICY_BYTES];
};

static inline const struct sim_job *sim_first_job(const struct sim *s, uint32_t guest)
{
	return &s->guest[guest].job[s->guest[guest].head];
}

/* The guest of a job. */
static inline uint32_t sim_job_guest(const struct sim *s, const struct sim_job *job)
{
	return s->workload->stream[job->stream].guest;
}

/* Absolute deadline of a guest's first waiting job; SIM_NEVER when it has none. */
uint64_t sim_first_deadline(const struct sim *s, uint32_t guest);

/*
 * Begin at time 0. The workload, the outcome (zeroed by the caller; runs add up) and the observer
 * (or NULL) must outlive the run. The workload keeps the
 * limits in parse.h.
 */
void sim_start(struct sim *s, const struct sim_workload *w, const struct sim_policy *policy,
	       struct sim_outcome *outcome, const struct sim_observer *observer);

/* All that happens before `until`; may be called again with a later time. */
void sim_run(struct sim *s, uint64_t until);

/* Count what is unfinished although its deadline has passed, and the time that was simulated. */
void sim_finish(struct sim *s);

/* All runs of the workload's sweeps, one after the other; `scratch` is for the runs' workloads. */
void sim_run_all(struct sim *s, const struct sim_workload *w, struct sim_workload *scratch,
		 const struct sim_policy *policy, struct sim_outcome *outcome,
		 const struct sim_observer *observer);

#endif
