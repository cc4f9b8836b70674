/* SPDX-License-Identifier: MIT */
/*
 * Which job gets the GPU next. Pure: time is an argument (nanoseconds of one monotonic clock, not
 * 0), nothing is allocated, no system call is made; the daemon, the tests and the simulator run
 * this same object code. docs/scheduling.md is the model behind it.
 *
 * One job is on the GPU at a time (commit depth 1): a second one in the device's queue would add
 * its whole length to everybody's latency. A client has at most one job waiting, and possibly
 * one running. The order of calls:
 *
 *   sched_ready(client, job)   the client has announced a job
 *   sched_pick(&wake)          whenever something changed, and at `wake`: the client to be told
 *                              to run, or NULL
 *   sched_overrun(&check)      at `check`, while a job runs: must its client be killed?
 *   sched_done(client, id)     it has finished; then sched_pick() again
 *   sched_release(client)      a frame of the client's display begins (at or before its first job)
 *   sched_complete(client)     that frame needs no further job
 *
 * What is the same for all policies is here: budgets, overruns, statistics, what the next frames
 * are expected to need. In which order clients go is behind struct sched_policy.
 */
#ifndef MEDIATOR_SCHED_SCHED_H
#define MEDIATOR_SCHED_SCHED_H

#include <stdint.h>

/* Backends (CONFIG_MAX_GUESTS), compositors, and what simulations need: 64 hogs beside them. */
#define SCHED_MAX_CLIENTS 96u
#define SCHED_WORDS	  2u /* of 64 bits: one bit for each client */

#define SCHED_NEVER	  UINT64_MAX /* a time that does not come */
#define SCHED_MAX_WEIGHT  1000u
#define SCHED_MAX_DRAWING 8u /* frames of a client that are counted */
/* Of all times given in parameters: sums of a few of them fit into 63 bits. */
#define SCHED_MAX_NS (UINT64_C(1) << 56)

/* Smaller goes first. A composition holds frames of all guests, so it goes before all of them. */
#define SCHED_PRIORITY_COMPOSITOR 0u

/* The priority of a guest whose device tree says `priority` (at most CONFIG_MAX_PRIORITY). */
static inline uint32_t sched_guest_priority(uint32_t priority)
{
	return priority + 1u;
}

/* What the machine adds to every job; measured, not chosen. All 0 after sched_init(). */
struct sched_costs {
	uint64_t switch_ns;   /* from one client's job to another's */
	uint64_t latency_ns;  /* of interrupt and mediator */
	uint64_t watchdog_ns; /* how late the end of the kill time is noticed */
	uint64_t reset_ns;    /* until the GPU is free again after a kill */
};

/* What the device tree says of a client. Times are 0 when nothing is said. */
struct sched_params {
	uint32_t priority;
	uint32_t weight;	   /* 1 to SCHED_MAX_WEIGHT; 0 is taken as 1 */
	uint64_t job_ns;	   /* the longest job, declared */
	uint64_t kill_ns;	   /* a job that runs for so long costs the client its life */
	uint64_t budget_ns;	   /* GPU time in each budget_period_ns; 0: no limit */
	uint64_t budget_period_ns; /* not shorter than the budget */
	uint64_t frame_period_ns;  /* between the nominal releases of two frames */
	uint64_t jitter_ns;	   /* a frame is released at most so long after it should be */
	uint64_t deadline_ns;	   /* of a frame, from its nominal release; 0: the period */
	/*
	 * The gate: a job of lower priority starts only if it is over before the next frame's
	 * deadline is in danger, that is no later than slack_ns after the next expected release.
	 * 0: deadline - jitter - enforced cost - latency, which is right for one job a frame and
	 * nothing above it; admission computes it for others.
	 */
	uint64_t slack_ns;
	uint8_t gate;
};

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
	uint64_t overruns;  /* jobs longer than declared */
	uint64_t throttled; /* jobs that had to wait for the client's next budget */
	uint64_t gated;	    /* times the GPU was left idle for a frame to come (total only) */
	uint64_t frames;    /* completed */
	uint64_t late;	    /* completed after the deadline, counted from sched_release() */
	uint64_t longest_frame_ns; /* longest from sched_release() to sched_complete() */
	uint64_t most_frame_jobs;  /* that ended in between, at most */
};

/* Read only for all but mediator/sched. */
struct sched_client {
	void *owner; /* the caller's */
	uint32_t priority;
	uint8_t used;
	uint8_t waiting;   /* `next` holds a job */
	uint8_t running;   /* `job` holds a job; at most one client of all */
	uint8_t throttled; /* `next` waits for the budget */
	uint8_t overran;   /* `job` is counted as an overrun */
	uint8_t drawing;   /* frames between release and completion */
	uint8_t holding;   /* the gate knows of them */
	uint8_t expected;  /* release_ns and next_release_ns are valid */
	uint8_t index;	   /* in struct sched */
	struct sched_job next, job;
	uint64_t ready_ns;   /* since when `next` is waiting */
	uint64_t order;	     /* of arrival over all clients: what "first" means */
	uint64_t started_ns; /* of `job` */
	uint64_t last_id;
	struct sched_params params; /* with defaults filled in */
	uint64_t cost_ns;	    /* enforced cost of a job; 0: nothing was declared */

	int64_t budget_left_ns; /* as of budget_ns; what was overrun is owed */
	uint64_t budget_at_ns;	/* up to when running time is charged */
	uint64_t refill_ns;	/* next full budget */

	uint64_t frame_ns;	  /* release of the frame being drawn */
	uint64_t last_frame_ns;	  /* of the one released last */
	uint64_t frame_jobs;	  /* that have ended since the last frame was completed */
	uint64_t release_ns;	  /* of the last one that counts for the gate */
	uint64_t next_release_ns; /* expected */

	/* The policy's. */
	uint64_t tag;
	int64_t slice_ns;
	uint8_t level, bucket, after, before;

	struct sched_stats stats;
};

struct sched;

/* A way to decide: one small file each. Members other than name and pick may be NULL. */
struct sched_policy {
	const char *name; /* as in the device tree's `policy` */
	/* A client is new, with its priority known; or goes. It is not eligible then. */
	void (*join)(struct sched *s, struct sched_client *c);
	void (*leave)(struct sched *s, struct sched_client *c);
	/* The client has become eligible: it has a job waiting, budget left, and does not run. */
	void (*insert)(struct sched *s, struct sched_client *c);
	/* It is no longer: it has been picked, or is removed. */
	void (*remove)(struct sched *s, struct sched_client *c);
	/*
	 * The eligible client that shall run now, or NULL to leave the GPU idle; then *wake may be
	 * lowered to the time at which to ask again. Called only when the GPU is free. Eligible
	 * are those whose bit is set in s->eligible.
	 */
	struct sched_client *(*pick)(struct sched *s, uint64_t now, uint64_t *wake);
	/* It had the GPU for that long. Called before it can be inserted again. */
	void (*charge)(struct sched *s, struct sched_client *c, uint64_t ns);
};

#define SCHED_BUCKETS 64u

/* Clients of one priority: fixed_priority.c. Lists of indices of clients, SCHED_MAX_CLIENTS: none
 */
struct sched_level {
	uint32_t priority;
	uint32_t clients;
	uint8_t rank;	     /* its place in struct sched's rank[] */
	uint64_t virtual_ns; /* weighted use up to which all have been served */
	uint64_t buckets;    /* bit i: bucket i is not empty */
	uint8_t first[SCHED_BUCKETS], last[SCHED_BUCKETS];
};

struct sched {
	const struct sched_policy *policy;
	struct sched_costs costs;
	struct sched_client client[SCHED_MAX_CLIENTS];
	struct sched_client *holder; /* of the GPU, or NULL */
	uint64_t arrivals;
	uint64_t eligible[SCHED_WORDS];	 /* clients that the policy may pick */
	uint64_t throttled[SCHED_WORDS]; /* clients that wait for their budget */
	uint64_t next_refill_ns;	 /* not after the first of them */
	uint8_t gate[SCHED_MAX_CLIENTS]; /* indices of gated clients, highest priority first */
	uint32_t num_gates;
	struct sched_stats total; /* over all clients there ever were */

	/* The policy's. */
	struct sched_level level[SCHED_MAX_CLIENTS];
	uint8_t rank[SCHED_MAX_CLIENTS]; /* levels in use, highest priority first */
	uint32_t num_levels;
	uint8_t ranks_stale;	      /* levels have come or gone since they were numbered */
	uint64_t levels[SCHED_WORDS]; /* bit i: level rank[i] has an eligible client */
	uint32_t turn;		      /* index of the client whose turn it is */
	uint8_t first, last;	      /* of one list of all eligible clients */
};

enum sched_status {
	SCHED_OK = 0,
	SCHED_ERR_WAITING = -1, /* the client has a job waiting already */
	SCHED_ERR_ID = -2,	/* id not increasing; or not the id that is running */
	SCHED_ERR_IDLE = -3,	/* the client does not hold the GPU */
};

/* What sched_overrun() says of the job on the GPU. */
enum sched_run {
	SCHED_RUN_GOOD = 0, /* within what was declared, or nothing runs */
	SCHED_RUN_LATE,	    /* beyond the declared maximum: counted, and charged as all is */
	SCHED_RUN_KILL,	    /* beyond the kill time: its client must go */
};

/*
 * By priority; equal ones share by weight, and in the order of arrival when they are owed the same.
 * The only policy with gates, and the only one with a promise.
 */
extern const struct sched_policy sched_fixed_priority;
extern const struct sched_policy sched_fifo;	    /* all in the order of arrival */
extern const struct sched_policy sched_round_robin; /* one job each in turn */
extern const struct sched_policy sched_time_slice;  /* SCHED_SLICE_NS times weight each in turn */

#define SCHED_SLICE_NS UINT64_C(1000000)

/* The policy of that name, or NULL. */
const struct sched_policy *sched_policy_find(const char *name);

/* Names of all policies, for messages: "fixed-priority, fifo, ...". */
const char *sched_policy_names(void);

/* What a status means, in a few words; never NULL. */
const char *sched_strstatus(int status);

void sched_init(struct sched *s, const struct sched_policy *policy);

/* Call it before clients are added. Each at most SCHED_MAX_NS. */
void sched_set_costs(struct sched *s, const struct sched_costs *costs);

/*
 * How long a client with such parameters may keep the GPU from others with one job: what it
 * declares, or what it can reach before it is killed, and the switch. 0: nothing is declared.
 */
uint64_t sched_enforced_cost(const struct sched_costs *costs, const struct sched_params *params);

/*
 * A new client without a job, with nothing declared and no limits, or NULL when there are
 * SCHED_MAX_CLIENTS. Valid until removed.
 */
struct sched_client *sched_add(struct sched *s, uint32_t priority, void *owner);

/* Set its parameters, before its first job. Its first budget starts now. */
void sched_set_params(struct sched *s, struct sched_client *c, const struct sched_params *params,
		      uint64_t now);

/*
 * Forget a client (NULL: nothing) and its jobs. If it held the GPU, the GPU is free afterwards:
 * call it only when nothing of that client can be on the GPU any more.
 */
void sched_remove(struct sched *s, struct sched_client *c, uint64_t now);

/* Announce a job. On an error nothing has changed, and the client has broken the protocol. */
int sched_ready(struct sched *s, struct sched_client *c, const struct sched_job *job, uint64_t now);

/*
 * If the GPU is free, give it to a client; its job is then in ->job. NULL: nothing to start. *wake
 * (may be NULL) is the time at which to call again though nothing else happens, or SCHED_NEVER: a
 * client gets its next budget, or a frame that was expected has not come.
 */
struct sched_client *sched_pick(struct sched *s, uint64_t now, uint64_t *wake);

/*
 * Look at the job on the GPU, of s->holder. Returns enum sched_run; *check (may be NULL) is the
 * time at which to look again, or SCHED_NEVER.
 */
int sched_overrun(struct sched *s, uint64_t now, uint64_t *check);

/* The client's job with that id has ended, however it ended. Errors as in sched_ready(). */
int sched_done(struct sched *s, struct sched_client *c, uint64_t id, uint64_t now);

/*
 * A frame is released: the next one is expected a period later. Releases that come earlier than
 * period and jitter allow change no expectation: a client cannot close the gate for longer than it
 * was admitted to. Without frame_period_ns, only statistics are kept.
 */
void sched_release(struct sched *s, struct sched_client *c, uint64_t now);

/*
 * The oldest frame that was released is complete. Nothing when there is none. Times are exact as
 * long as no more than two frames are between release and completion.
 */
void sched_complete(struct sched *s, struct sched_client *c, uint64_t now);

/* Budget left, running time charged; negative: owed. INT64_MAX without a budget. */
int64_t sched_budget_left(const struct sched *s, const struct sched_client *c, uint64_t now);

/* GPU time used by all clients so far, the running job's included. */
uint64_t sched_busy_ns(const struct sched *s, uint64_t now);

#endif
