/* SPDX-License-Identifier: MIT */
/*
 * A workload: guests, the streams of GPU work that each of them produces, and the machine, in the
 * terms of docs/man/gpumsim.1. Times are nanoseconds.
 */
#ifndef MEDIATOR_SIM_ENGINE_WORKLOAD_H
#define MEDIATOR_SIM_ENGINE_WORKLOAD_H

#include <stdint.h>

#include "mediator/sched/sched.h"

#define SIM_NAME_MAX	 32u		   /* bytes, with the terminating zero */
#define SIM_MAX_GUESTS	 SCHED_MAX_CLIENTS /* each guest is one client of the scheduler */
#define SIM_MAX_STREAMS	 96u
#define SIM_MAX_SEGMENTS 256u /* of one frame */
#define SIM_MAX_SWEEPS	 3u
#define SIM_MAX_RUNS	 1000000u /* of all sweeps together */
#define SIM_NEVER	 UINT64_MAX

/* How a stream makes frames. A frame is one job, or several segments with CPU time between them. */
enum sim_kind {
	SIM_PERIODIC = 0,   /* one frame per period; skipped while `backlog` are unfinished */
	SIM_BURSTY = 1,	    /* `burst` frames at once per period */
	SIM_SATURATING = 2, /* always `burst` frames outstanding */
	SIM_LOOP = 3,	    /* `burst` frames, wait for the last, sleep `wait`, again */
};

/* How late each release comes, within [0, jitter]. */
enum sim_jitter {
	SIM_JITTER_RANDOM = 0,
	SIM_JITTER_FIRST = 1,	  /* the first by the jitter, the others not at all: the worst */
	SIM_JITTER_ALTERNATE = 2, /* by the jitter and not at all, in turn */
};

struct sim_guest {
	char name[SIM_NAME_MAX];
	uint32_t priority;	   /* 0 is the highest, as in the device tree */
	uint32_t weight;	   /* share among equal priorities; at least 1 */
	uint32_t gate;		   /* 1: the slack gate protects its displays */
	uint64_t max_job_ns;	   /* longest job, as declared; 0: not declared */
	uint64_t kill_ns;	   /* a job is killed after this time on the GPU; 0: never */
	uint64_t budget_ns;	   /* 0: unlimited */
	uint64_t budget_period_ns; /* 0: unlimited */
	uint64_t slack_ns;	   /* of the gate, 0: see struct sched_params */
};

struct sim_stream {
	char name[SIM_NAME_MAX];
	uint32_t guest; /* index of its guest */
	enum sim_kind kind;
	enum sim_jitter jitter_mode;
	uint64_t start_ns;    /* nominal time of the first release */
	uint64_t stop_ns;     /* no releases from then on; SIM_NEVER: always */
	uint64_t period_ns;   /* of SIM_PERIODIC and SIM_BURSTY */
	uint64_t sporadic_ns; /* each distance of releases is longer by up to this at random */
	uint64_t jitter_ns;
	uint64_t deadline_ns; /* from the nominal release; 0: none */
	uint64_t wait_ns;     /* of SIM_LOOP */
	uint32_t burst;
	uint32_t backlog;
	uint32_t num_segments;
	/* Of each segment: shortest and longest GPU time, and the CPU time after it. */
	uint64_t job_min_ns[SIM_MAX_SEGMENTS];
	uint64_t job_max_ns[SIM_MAX_SEGMENTS];
	uint64_t gap_ns[SIM_MAX_SEGMENTS]; /* 0 after the last segment */
	/* A rogue: each `rogue_every`th job takes rogue_ns, whatever is declared. 0: no rogue. */
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
	uint64_t watchdog_ns; /* how late the end of a kill time may be noticed */
	uint64_t reset_ns;    /* the GPU's reset after a job was killed */
};

/*
 * Returns the longest GPU time of any segment of a guest, without rogue jobs; 0: it has no stream.
 */
uint64_t sim_workload_longest(const struct sim_workload *w, uint32_t guest);

/* Returns the number of runs that the sweeps ask for, at least 1. */
uint64_t sim_workload_runs(const struct sim_workload *w);

/* Set the starts of the streams in *out, a copy of *w, to those of the given run of the sweeps. */
void sim_workload_at(const struct sim_workload *w, uint64_t run, struct sim_workload *out);

/* Fill in the defaults of all fields that a statement may omit. */
void sim_workload_init(struct sim_workload *w);
void sim_guest_init(struct sim_guest *g);
void sim_stream_init(struct sim_stream *s);

#endif
