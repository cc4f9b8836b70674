/* SPDX-License-Identifier: MIT */
/*
 * An adversary for one stream's frames, the victim's: the scheduler in virtual time beside streams
 * that choose their releases, jitter, latency, gaps and kills within what they declare, and see
 * all that happens. Streams below do what they want: they start a job just before somebody comes
 * to the GPU. The plan says who does what; search.c looks for the worst one.
 */
#ifndef TESTS_BENCH_SCHED_ADVERSARY_H
#define TESTS_BENCH_SCHED_ADVERSARY_H

#include <stdint.h>

#include "mediator/sched/sched.h"

#define ADVERSARY_STREAMS 32u
#define ADVERSARY_QUEUE	  16u

/* How long CPU work between two segments takes. */
enum adversary_gap {
	ADVERSARY_GAP_NONE = 0, /* the next job is announced before the last one ends */
	ADVERSARY_GAP_FULL,
	ADVERSARY_GAP_WAIT, /* until the victim waits, too, or all of it */
	ADVERSARY_GAPS,
};

/* Which releases come late by `late_ns`. */
enum adversary_late {
	ADVERSARY_LATE_FIRST = 0,
	ADVERSARY_LATE_ZERO, /* the one that can be ready at zero_ns */
	ADVERSARY_LATE_ALL,
	ADVERSARY_LATE_ODD,
	ADVERSARY_LATE_EVEN,
	ADVERSARY_LATES,
};

/* What is declared of a stream; all times with switch costs. Client numbers are theirs. */
struct adversary_stream {
	struct sched_params params;
	uint64_t cost_ns; /* of a job, killed if that takes longer */
	uint64_t own_ns;  /* of a job as declared */
	uint64_t gap_ns, period_ns, jitter_ns, response_ns;
	uint32_t segments;
};

struct adversary_set {
	struct adversary_stream stream[ADVERSARY_STREAMS];
	struct sched_costs costs;
	uint32_t count;
	uint64_t zero_ns; /* when the victim's frame is ready; gates know all releases by then */
};

struct adversary_plan {
	struct {
		uint64_t start_ns; /* nominal, of the first frame */
		uint64_t late_ns;  /* at most jitter and latency */
		uint8_t late;	   /* enum adversary_late */
		uint8_t gap;	   /* enum adversary_gap */
		uint8_t wait;	   /* releases wait for the victim; not with a gate */
		uint8_t blocked;   /* bit 0: its releases, 1: its returns find a job below begun */
	} stream[ADVERSARY_STREAMS];
};

/* Returns the longest response of the victim's frames until `end_ns`. */
uint64_t adversary_run(const struct adversary_set *set, const struct adversary_plan *plan,
		       uint32_t victim, uint64_t end_ns);

#endif
