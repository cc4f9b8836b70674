/* SPDX-License-Identifier: MIT */
/*
 * Whether a display's picture is fresh and true. Pure: time is an argument (nanoseconds of one
 * monotonic clock, never 0), nothing is allocated, no system call is made.
 *
 * What counts is *progress*: a frame on the screen; and once the guest has announced what it shows
 * (strip.h), only a frame that was found true and whose alive counter differs from that of the one
 * before.
 *
 *   OFF     no frame yet: nothing is judged
 *   GOOD    progress within half the time-out
 *   WARNED  none for half the time-out
 *   SAFE    none for the whole time-out, or a region that was not as announced; left again after
 *           TRUTH_RETURN times progress in a row, each within half the time-out
 *
 * A display that was on once is judged for good: neither switching it off nor the end of its guest
 * excuses it.
 */
#ifndef MEDIATOR_TRUTH_MONITOR_H
#define MEDIATOR_TRUTH_MONITOR_H

#include <stdint.h>

#include "mediator/shared/strip/strip.h"

#define TRUTH_RETURN 3u
#define TRUTH_NEVER  UINT64_MAX

enum truth_state { TRUTH_OFF = 0, TRUTH_GOOD, TRUTH_WARNED, TRUTH_SAFE };

enum truth_reason {
	TRUTH_NO_REASON = 0,
	TRUTH_NO_FRAME,	       /* the guest shows none */
	TRUTH_SAME_CONTENT,    /* it does, but the alive counter stands still */
	TRUTH_NO_ANNOUNCEMENT, /* it does, but without a strip */
	TRUTH_WRONG_REGION,    /* a region is not as announced */
	TRUTH_UNVERIFIED,      /* it does, and nobody has looked */
};

struct truth_stats {
	uint64_t progress;	/* times */
	uint64_t verifications; /* findings */
	uint64_t mismatches;	/* of these, regions that were wrong */
	uint64_t warnings;	/* times WARNED was entered */
	uint64_t freezes;	/* times SAFE was entered for want of progress */
	uint64_t returns;	/* times SAFE was left */
};

/* Read only for all but monitor.c. */
struct truth_monitor {
	uint64_t timeout_ns; /* 0: only counted, never judged */
	enum truth_state state;
	enum truth_reason reason;
	uint8_t announced; /* a strip was seen: only findings are progress */
	uint8_t has_alive; /* `alive` is valid */
	uint32_t alive;	   /* of the last strip */
	uint32_t wrong;	   /* regions that brought it to SAFE, bit i: region i */
	uint32_t in_a_row; /* progress since it is SAFE */
	uint64_t frame_ns; /* of the last frame; 0: none */
	uint64_t progress_ns;
	uint64_t finding_ns; /* of the last finding that was no progress; 0: none */
	enum truth_reason finding;
	uint64_t since_ns; /* the state */
	struct truth_stats stats;
};

void truth_init(struct truth_monitor *m, uint64_t timeout_ns);

/* A frame of the guest is on the screen (or would be, were it not SAFE). */
void truth_frame(struct truth_monitor *m, uint64_t now);

/* A frame was checked. */
void truth_found(struct truth_monitor *m, const struct truth_finding *finding, uint64_t now);

/*
 * Let time pass: go to WARNED or SAFE when it is due. Returns when that may next be the case, or
 * TRUTH_NEVER. To be called by then, and after each of the calls above.
 */
uint64_t truth_tick(struct truth_monitor *m, uint64_t now);

/* "off", "good", "warned", "safe"; and a reason in a few words, "" for none. */
const char *truth_state_name(enum truth_state state);
const char *truth_reason_text(enum truth_reason reason);

#endif
