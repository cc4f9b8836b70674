/* SPDX-License-Identifier: MIT */
/*
 * What the simulator is asked to run: guests, the streams of GPU work that each of them produces,
 * and the machine. The words are those of docs/man/gpumsim.1. Times are nanoseconds.
 */
#ifndef MEDIATOR_SIM_ENGINE_WORKLOAD_H
#define MEDIATOR_SIM_ENGINE_WORKLOAD_H

#include <stdint.h>

#include "mediator/sched/sched.h"

#define SIM_NAME_MAX	 32u		   /* bytes, with the terminating zero */
#define SIM_MAX_GUESTS	 SCHED_MAX_CLIENTS /* each is one client of the scheduler */
#define SIM_MAX_STREAMS	 96u
#define SIM_MAX_SEGMENTS 256u /* of one frame */
#define SIM_MAX_SWEEPS	 3u
#define SIM_MAX_RUNS	 1000000u /* of all sweeps together */
#define SIM_NEVER	 UINT64_MAX

/* How a stream makes frames. A frame is one job, or several with CPU time between them. */
enum sim_kind {
	SIM_PERIODIC = 0,   /* one frame per period; skipped while `backlog` are unfinished */
	SIM_BURSTY = 1,	    /* `burst` frames at once per period */
	SIM_SATURATING = 2, /* always `burst` frames outstanding */
	SIM_LOOP = 3,	    /* `burst` frames, wait for the last, sleep `wait`, again */
};

/* By how much each release comes late, within [0, jitter]. */
enum sim_jitter {
	SIM_JITTER_RANDOM = 0,
	SIM_JITTER_FIRST = 1,	  /* the first by all of it, the others by nothing: the worst */
	SIM_JITTER_ALTERNATE = 2, /* all of it and nothing in turn */
};

struct sim_guest {
	char name[SIM_NAME_MAX];
	uint32_t priority;	   /* 0 is the highest, as in the device tree */
	uint32_t weight;	   /* among equal priorities, at least 1 */
	uint32_t gate;		   /* the slack gate protects its displays */
	uint64_t max_job_ns;	   /* declared longest job, 0: not declared */
	uint64_t kill_ns;	   /* a job is ended after this long, 0: never */
	uint64_t budget_ns;	   /* 0: unlimited */
	uint64_t budget_period_ns; /* 0: unlimited */
	uint64_t slack_ns;	   /* of the gate, 0: see struct sched_params */
};

struct sim_stream {
	char name[SIM_NAME_MAX];
	uint32_t guest; /* index */
	enum sim_kind kind;
	enum sim_jitter jitter_mode;
	uint64_t start_ns;    /* the first release, or its nominal time */
	uint64_t stop_ns;     /* no release from then on; SIM_NEVER */
	uint64_t period_ns;   /* of SIM_PERIODIC and SIM_BURSTY */
	uint64_t sporadic_ns; /* each distance of releases is longer by up to this, at random */
	uint64_t jitter_ns;
	uint64_t deadline_ns; /* after the nominal release, 0: none */
	uint64_t wait_ns;     /* of SIM_LOOP */
	uint32_t burst;
	uint32_t backlog;
	uint32_t num_segments;
	/* Of each segment: shortest and longest GPU time, and CPU time after it. */
	uint64_t job_min_ns[SIM_MAX_SEGMENTS];
	uint64_t job_max_ns[SIM_MAX_SEGMENTS];
	uint64_t gap_ns[SIM_MAX_SEGMENTS]; /* of the last one: 0 */
	/* A rogue: each `rogue_every`th job takes rogue_ns, whatever was declared. 0: none does. */
	uint32_t rogue_every;
	uint64_t rogue_ns;
};

/* One run for each of `steps` equally spaced starts of a stream within its period. */
struct sim_sweep {
	uint32_t stream;
	uint32_t steps;
};

struct sim_workload {
	struct sim_guest guest[SIM_MAX_GUESTS];
	struct sim_stream stream[SIM_MAX_STREAMS];
	struct sim_sweep sweep[SIM_MAX_SWEEPS];
	uint32_t num_guests, num_streams, num_sweeps;
	char policy[SIM_NAME_MAX]; /* "": the caller's choice */
	uint64_t seed;
	uint64_t duration_ns; /* of each run */
	uint64_t switch_ns;   /* added to each job's time on the GPU */
	uint64_t latency_ns;  /* from a job's submission until the mediator knows of it */
	uint64_t watchdog_ns; /* how late the watchdog may notice that a job is to be ended */
	uint64_t reset_ns;    /* the GPU's reset after a job was ended */
};

/* A guest's longest GPU segment of all its streams, rogues not counted; 0: it has no stream. */
uint64_t sim_workload_longest(const struct sim_workload *w, uint32_t guest);

/* Runs that the sweeps ask for, at least 1. */
uint64_t sim_workload_runs(const struct sim_workload *w);

/* Let the streams of *out, a copy of *w, start where the sweeps put them in that run. */
void sim_workload_at(const struct sim_workload *w, uint64_t run, struct sim_workload *out);

/* Defaults of everything that a line need not say. */
void sim_workload_init(struct sim_workload *w);
void sim_guest_init(struct sim_guest *g);
void sim_stream_init(struct sim_stream *s);

#endif
