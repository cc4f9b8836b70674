/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: whose job does the GPU run next? Pure: each time is an argument (nanoseconds of
 * one monotonic clock, never 0), nothing is allocated, no system call is made. The daemon, the
 * tests and the simulator run the same object code. docs/scheduling.md describes the model.
 *
 * At most one job is on the GPU (commit depth 1): a second one in the device's queue would add its
 * whole length to everybody's latency. A client has at most one job waiting and one running. The
 * caller calls
 *
 *   sched_ready(client, job)   when the client announces a job
 *   sched_pick(&wake)          whenever something has changed, and at `wake`; returns the client
 *                              to be told to run its job, or NULL
 *   sched_overrun(&wake)       at `wake`, while a job runs; returns whether to kill its client
 *   sched_done(client, id)     when the job has ended; then sched_pick() again
 *   sched_release(client)      when a frame of the client's display is released, no later than the
 *                              frame's first job
 *   sched_complete(client)     when that frame needs no further job
 *
 * This file holds what all policies share: budgets, overruns, statistics, expected releases. The
 * order of the clients is up to struct sched_policy.
 */
#ifndef MEDIATOR_SCHED_SCHED_H
#define MEDIATOR_SCHED_SCHED_H

#include <stdint.h>

/* Enough for all backends (CONFIG_MAX_GUESTS) and compositors, and for simulations of 64 hogs. */
#define SCHED_MAX_CLIENTS 96u
#define SCHED_WORDS	  2u /* of 64 bits: one bit for each client */

#define SCHED_NEVER	  UINT64_MAX /* a time that never comes */
#define SCHED_MAX_WEIGHT  1000u
#define SCHED_MAX_DRAWING 8u /* frames of a client between release and completion */
/* Limit of every time in a parameter: sums of a few of them fit into 63 bits. */
#define SCHED_MAX_NS (UINT64_C(1) << 56)

/* Smaller is more important. A composition shows frames of all guests, so it precedes them all. */
#define SCHED_PRIORITY_COMPOSITOR 0u

/* The priority of a guest whose device tree says `priority` (at most CONFIG_MAX_PRIORITY). */
static inline uint32_t sched_guest_priority(uint32_t priority)
{
	return priority + 1u;
}

/* Times that the machine adds to jobs: measured, not chosen. All 0 after sched_init(). */
struct sched_costs {
	uint64_t switch_ns;   /* from a job's end to the next one's start, without latency */
	uint64_t latency_ns;  /* of the interrupt and the mediator */
	uint64_t watchdog_ns; /* from the end of the kill time until it is noticed */
	uint64_t reset_ns;    /* from the kill until the GPU is free again */
};

/* A client's properties in the device tree. A time of 0: the tree does not say. */
struct sched_params {
	uint32_t priority;	   /* smaller is more important */
	uint32_t weight;	   /* 1 to SCHED_MAX_WEIGHT; 0 is taken as 1 */
	uint64_t job_ns;	   /* longest job, as declared */
	uint64_t kill_ns;	   /* time on the GPU at which a job's client is killed */
	uint64_t budget_ns;	   /* GPU time in each budget_period_ns; 0: no limit */
	uint64_t budget_period_ns; /* not shorter than the budget */
	uint64_t frame_period_ns;  /* between the nominal releases of two frames */
	uint64_t jitter_ns;	   /* longest delay of a release after the nominal one */
	uint64_t deadline_ns;	   /* of a frame, from its nominal release; 0: the period */
	/*
	 * With `gate`, a job of lower priority starts only if it ends at most slack_ns after this
	 * client's next expected release, which is early enough for the frame's deadline. 0:
	 * deadline - jitter - enforced cost - latency, which is right for a frame of one job with
	 * no client above it; for others admission computes the slack.
	 */
	uint64_t slack_ns;
	uint8_t gate; /* 1: jobs of lower priority wait for this client's frames */
};

struct sched_job {
	uint64_t id;	/* chosen by the client, which must increase it with each job */
	uint32_t kind;	/* enum gpum_job_kind; ignored here */
	uint32_t bytes; /* ignored here */
};

/* Sums since sched_add(). A job is added when it ends, or when its client is removed. */
struct sched_stats {
	uint64_t jobs;
	uint64_t busy_ns;    /* time on the GPU */
	uint64_t longest_ns; /* longest single job */
	uint64_t waited_ns;  /* sum of the times from ready to start */
	uint64_t longest_wait_ns;
	uint64_t overruns;  /* jobs that took longer than declared */
	uint64_t throttled; /* jobs that waited for the client's next budget */
	uint64_t gated;	    /* times a gate left the GPU idle (total only) */
	uint64_t frames;    /* completed frames */
	uint64_t late;	    /* frames completed later than deadline_ns after sched_release() */
	uint64_t longest_frame_ns; /* longest from sched_release() to sched_complete() */
	uint64_t most_frame_jobs;  /* most jobs of a frame */
};

/* Only mediator/sched writes to it. */
struct sched_client {
	void *owner; /* the caller's, unused here */
	uint32_t priority;
	uint8_t used;
	uint8_t waiting;   /* `next` holds a job */
	uint8_t running;   /* `job` holds a job; true for at most one client */
	uint8_t throttled; /* `next` waits for the budget */
	uint8_t overran;   /* the overrun of `job` has been counted */
	uint8_t drawing;   /* frames between release and completion */
	uint8_t holding;   /* the frame released at release_ns keeps the gate closed */
	uint8_t expected;  /* release_ns and next_release_ns are valid */
	uint8_t index;	   /* of this client in struct sched */
	struct sched_job next, job;
	uint64_t ready_ns;	    /* when `next` was announced */
	uint64_t order;		    /* number of `next` in the order of arrival over all clients */
	uint64_t started_ns;	    /* when `job` started */
	uint64_t last_id;	    /* of the job announced last */
	struct sched_params params; /* with defaults filled in */
	uint64_t cost_ns;	    /* sched_enforced_cost(); 0: no job length is declared */

	int64_t budget_left_ns; /* at budget_at_ns; negative: a debt that later periods repay */
	uint64_t budget_at_ns;	/* running time is charged up to this time */
	uint64_t refill_ns;	/* start of the next budget period */

	uint64_t frame_ns;	  /* release of the oldest frame that is not complete */
	uint64_t last_frame_ns;	  /* release of the newest frame */
	uint64_t frame_jobs;	  /* jobs that have ended since the last completed frame */
	uint64_t release_ns;	  /* latest release that the gate accepted: not too early */
	uint64_t next_release_ns; /* expected next release */

	/* The policy's. */
	uint64_t tag;	       /* fixed-priority: virtual time at which the client is due, in ns */
	int64_t slice_ns;      /* time-slice: time left of its turn; negative: a debt */
	uint8_t level;	       /* fixed-priority: index of its struct sched_level */
	uint8_t bucket;	       /* fixed-priority: its place in the level's ring */
	uint8_t after, before; /* neighbours in a list of clients */

	struct sched_stats stats;
};

struct sched;

/*
 * A scheduling policy, one small file each. Members other than name and pick may be NULL. A client
 * is eligible while it has a job waiting, has budget left and does not run.
 */
struct sched_policy {
	const char *name; /* value of the property `policy` in the device tree */
	/* A client comes, with its priority set; or goes. It is not eligible at that time. */
	void (*join)(struct sched *s, struct sched_client *c);
	void (*leave)(struct sched *s, struct sched_client *c);
	/* A client becomes eligible; or is so no longer: it was picked, or is being removed. */
	void (*insert)(struct sched *s, struct sched_client *c);
	void (*remove)(struct sched *s, struct sched_client *c);
	/*
	 * Returns the eligible client (a bit in s->eligible) that runs now, or NULL to leave the
	 * GPU idle. With NULL it may lower *wake to the time of its next call. Called only while
	 * the GPU is free.
	 */
	struct sched_client *(*pick)(struct sched *s, uint64_t now, uint64_t *wake);
	/* The client's job was on the GPU for `ns`. Called before the client is inserted again. */
	void (*charge)(struct sched *s, struct sched_client *c, uint64_t ns);
};

#define SCHED_BUCKETS 64u

/* Fixed-priority: the clients of one priority. The buckets are lists of indices of clients. */
struct sched_level {
	uint32_t priority;
	uint32_t clients;    /* how many have this priority; 0: the level is unused */
	uint8_t rank;	     /* index of this level in struct sched's rank[] */
	uint64_t virtual_ns; /* virtual time: GPU time divided by weight, served to all */
	uint64_t buckets;    /* bit i: bucket i is not empty */
	uint8_t first[SCHED_BUCKETS], last[SCHED_BUCKETS]; /* ends of each bucket's list */
};

struct sched {
	const struct sched_policy *policy;
	struct sched_costs costs;
	struct sched_client client[SCHED_MAX_CLIENTS];
	struct sched_client *holder;	 /* client whose job is on the GPU, or NULL */
	uint64_t arrivals;		 /* jobs announced so far */
	uint64_t eligible[SCHED_WORDS];	 /* clients that the policy may pick */
	uint64_t throttled[SCHED_WORDS]; /* clients that wait for their next budget */
	uint64_t next_refill_ns;	 /* no throttled client gets its budget earlier */
	uint8_t gate[SCHED_MAX_CLIENTS]; /* indices of gated clients, highest priority first */
	uint32_t num_gates;
	struct sched_stats total; /* over all clients, removed ones included */

	/* The policy's. */
	struct sched_level level[SCHED_MAX_CLIENTS];
	uint8_t rank[SCHED_MAX_CLIENTS]; /* levels in use, highest priority first */
	uint32_t num_levels;
	uint8_t ranks_stale;	      /* levels have come or gone: rank numbers are out of date */
	uint64_t levels[SCHED_WORDS]; /* bit i: level rank[i] has an eligible client */
	uint32_t turn;	     /* index of the client whose turn it is (round-robin: after it) */
	uint8_t first, last; /* fifo: ends of the list of all eligible clients */
};

enum sched_status {
	SCHED_OK = 0,
	SCHED_ERR_WAITING = -1, /* the client has a job waiting already */
	SCHED_ERR_ID = -2,	/* id not increasing; or not the id that is running */
	SCHED_ERR_IDLE = -3,	/* the client does not hold the GPU */
};

/* Result of sched_overrun(). */
enum sched_run {
	SCHED_RUN_GOOD = 0, /* the job is within its declared length, or no job runs */
	SCHED_RUN_LATE,	    /* beyond its declared length: counted, and charged as usual */
	SCHED_RUN_KILL,	    /* beyond the kill time: the caller must kill its client */
};

/*
 * By priority. Clients of equal priority share by weight; those that are owed the same go in the
 * order of arrival. Only this policy has gates, and only for it can admission promise anything.
 */
extern const struct sched_policy sched_fixed_priority;
extern const struct sched_policy sched_fifo;	    /* all jobs in the order of arrival */
extern const struct sched_policy sched_round_robin; /* in turn, one job each */
extern const struct sched_policy sched_time_slice;  /* in turn, SCHED_SLICE_NS times weight */

#define SCHED_SLICE_NS UINT64_C(1000000)

/* Returns the policy of that name, or NULL. */
const struct sched_policy *sched_policy_find(const char *name);

/* Returns the names of all policies, for messages: "fixed-priority, fifo, ...". */
const char *sched_policy_names(void);

/* Returns a few words on an enum sched_status; never NULL. */
const char *sched_strstatus(int status);

/* Start without clients. The policy must outlive *s. */
void sched_init(struct sched *s, const struct sched_policy *policy);

/* Set the costs, each at most SCHED_MAX_NS, before clients are added. */
void sched_set_costs(struct sched *s, const struct sched_costs *costs);

/*
 * Returns the enforced cost in ns: how long one job of such a client can keep the GPU from others.
 * It is the longer of job_ns and the time until a killed job is off the GPU, plus the switch.
 * 0: neither job_ns nor kill_ns is declared.
 */
uint64_t sched_enforced_cost(const struct sched_costs *costs, const struct sched_params *params);

/*
 * Add a client without a job, with nothing declared and no limits. Returns NULL when there are
 * SCHED_MAX_CLIENTS already. The client belongs to *s and is valid until sched_remove().
 */
struct sched_client *sched_add(struct sched *s, uint32_t priority, void *owner);

/* Set a client's parameters before its first job. Its first budget period starts now. */
void sched_set_params(struct sched *s, struct sched_client *c, const struct sched_params *params,
		      uint64_t now);

/*
 * Forget a client and its jobs; NULL does nothing. If the client holds the GPU, the GPU counts as
 * free afterwards: call this only when no job of the client can be on the GPU any more.
 */
void sched_remove(struct sched *s, struct sched_client *c, uint64_t now);

/*
 * The client announces a job. Returns SCHED_OK, SCHED_ERR_WAITING or SCHED_ERR_ID. On an error the
 * client has broken the protocol and nothing has changed.
 */
int sched_ready(struct sched *s, struct sched_client *c, const struct sched_job *job, uint64_t now);

/*
 * If the GPU is free, give it to a client and return that client, with the job in ->job; NULL:
 * there is nothing to start. *wake (may be NULL) becomes the time at which to call again even if
 * nothing else happens, or SCHED_NEVER: a client gets its next budget then, or a gate opens.
 */
struct sched_client *sched_pick(struct sched *s, uint64_t now, uint64_t *wake);

/*
 * Compare the running time of the job on the GPU, that of s->holder, with its declared length and
 * kill time. Returns an enum sched_run. *wake (may be NULL) becomes the time at which to call
 * again, or SCHED_NEVER.
 */
int sched_overrun(struct sched *s, uint64_t now, uint64_t *wake);

/*
 * The client's job `id` has ended, for whatever reason. Returns SCHED_OK, SCHED_ERR_IDLE or
 * SCHED_ERR_ID. On an error the client has broken the protocol and nothing has changed.
 */
int sched_done(struct sched *s, struct sched_client *c, uint64_t id, uint64_t now);

/*
 * A frame of the client is released; the next release is expected a period later. A release that
 * comes earlier than period, jitter and latency allow does not move that expectation, so a client
 * cannot keep its gate closed for longer than admission assumed. Without frame_period_ns only the
 * statistics are kept.
 */
void sched_release(struct sched *s, struct sched_client *c, uint64_t now);

/*
 * The oldest released frame of the client is complete; without one this does nothing. Statistics of
 * frame times are exact while at most two frames are between release and completion.
 */
void sched_complete(struct sched *s, struct sched_client *c, uint64_t now);

/*
 * Returns the budget left at `now` in ns, with the running job charged up to then; negative: a
 * debt. INT64_MAX: the client has no budget.
 */
int64_t sched_budget_left(const struct sched *s, const struct sched_client *c, uint64_t now);

/* Returns the GPU time in ns that all clients have used so far, the running job included. */
uint64_t sched_busy_ns(const struct sched *s, uint64_t now);

#endif
