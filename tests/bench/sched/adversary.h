/* SPDX-License-Identifier: MIT */
/*
 * An adversary for the frames of one stream, the victim. It runs the scheduler in virtual time,
 * with streams that see all that happens and choose their releases, jitter, latency, gaps and kills
 * within what they declare. Streams below the victim are not bound to anything: they start a job
 * just before another stream comes to the GPU. A plan says how each stream behaves; search.c
 * searches the worst plan. Times are nanoseconds.
 */
#ifndef TESTS_BENCH_SCHED_ADVERSARY_H
#define TESTS_BENCH_SCHED_ADVERSARY_H

#include <stdint.h>

#include "mediator/sched/sched.h"

#define ADVERSARY_STREAMS 32u
#define ADVERSARY_QUEUE	  16u

/* How long the CPU time between two segments is. */
enum adversary_gap {
	ADVERSARY_GAP_NONE = 0, /* the next job is announced before the last one ends */
	ADVERSARY_GAP_FULL,
	ADVERSARY_GAP_WAIT, /* until the victim waits, too, but at most the whole gap */
	ADVERSARY_GAPS,
};

/* The releases that come late by `late_ns`. */
enum adversary_late {
	ADVERSARY_LATE_FIRST = 0,
	ADVERSARY_LATE_ZERO, /* the release that can be ready at zero_ns */
	ADVERSARY_LATE_ALL,
	ADVERSARY_LATE_ODD,
	ADVERSARY_LATE_EVEN,
	ADVERSARY_LATES,
};

/* The declaration of a stream, whose index is its client's. Job times include the switch. */
struct adversary_stream {
	struct sched_params params;
	uint64_t cost_ns; /* of a job, or of a killed job if that is longer */
	uint64_t own_ns;  /* of a job as declared */
	uint64_t gap_ns, period_ns, jitter_ns, response_ns;
	uint32_t segments;
};

struct adversary_set {
	struct adversary_stream stream[ADVERSARY_STREAMS];
	struct sched_costs costs;
	uint32_t count;
	uint64_t zero_ns; /* when the victim's frame is ready; gates know all releases before */
};

struct adversary_plan {
	struct {
		uint64_t start_ns; /* nominal release of the first frame */
		uint64_t late_ns;  /* up to jitter plus latency */
		uint8_t late;	   /* enum adversary_late */
		uint8_t gap;	   /* enum adversary_gap */
		uint8_t wait;	   /* 1: releases wait for the victim's; ignored with a gate */
		uint8_t blocked;   /* by a lower job: bit 0, its releases; bit 1, its returns */
	} stream[ADVERSARY_STREAMS];
};

/* Run a plan until `end_ns`. Returns the victim's longest response. */
uint64_t adversary_run(const struct adversary_set *set, const struct adversary_plan *plan,
		       uint32_t victim, uint64_t end_ns);

#endif
