/* SPDX-License-Identifier: MIT */
/*
 * The monitor of a display: is its picture fresh and true? Pure: each time is an argument
 * (nanoseconds of one monotonic clock, never 0), nothing is allocated, no system call is made.
 *
 * The monitor waits for *progress*. Until the guest has announced what it shows (strip.h), each
 * frame on the screen is progress. From then on a frame is progress only if the verifier found it
 * true and its alive counter differs from that of the frame verified before.
 *
 *   OFF     no frame yet; no time-out runs
 *   GOOD    progress within half the time-out
 *   WARNED  no progress for half the time-out
 *   SAFE    no progress for the whole time-out, or a region that is not as announced. It ends after
 *           progress TRUTH_RETURN times in a row, each within half the time-out
 *
 * Once a display has shown a frame, the time-out runs for good: neither switching the display off
 * nor the end of its guest stops it.
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
	TRUTH_NO_FRAME,	       /* the guest shows no frames */
	TRUTH_SAME_CONTENT,    /* the guest shows frames, but their alive counter stands still */
	TRUTH_NO_ANNOUNCEMENT, /* the guest shows frames, but without a strip */
	TRUTH_WRONG_REGION,    /* a region is not as announced */
	TRUTH_UNVERIFIED,      /* the guest shows frames, but none was verified */
};

struct truth_stats {
	uint64_t progress;	/* times there was progress */
	uint64_t verifications; /* findings of the verifier */
	uint64_t mismatches;	/* findings with a wrong region */
	uint64_t warnings;	/* times WARNED was entered */
	uint64_t freezes;	/* times SAFE was entered for lack of progress */
	uint64_t returns;	/* times SAFE was left */
};

/* Only monitor.c writes to it. */
struct truth_monitor {
	uint64_t timeout_ns; /* 0: progress is counted, and the state stays OFF or GOOD */
	enum truth_state state;
	enum truth_reason reason;
	uint8_t announced;	   /* a strip was seen: from then on only findings are progress */
	uint8_t has_alive;	   /* `alive` is valid */
	uint32_t alive;		   /* of the last strip */
	uint32_t wrong;		   /* regions that caused SAFE; bit i: region i */
	uint32_t in_a_row;	   /* progress in a row since SAFE was entered */
	uint64_t frame_ns;	   /* of the last frame; 0: none */
	uint64_t progress_ns;	   /* of the last progress */
	uint64_t finding_ns;	   /* of the last finding that was no progress; 0: none */
	enum truth_reason finding; /* why that finding was no progress */
	uint64_t since_ns;	   /* when the state was entered */
	struct truth_stats stats;
};

/* Start in OFF with a time-out in ns; 0: none. */
void truth_init(struct truth_monitor *m, uint64_t timeout_ns);

/* A frame of the guest is on the screen, or would be if the state were not SAFE. */
void truth_frame(struct truth_monitor *m, uint64_t now);

/* The verifier has compared a frame; `finding` is its result. */
void truth_found(struct truth_monitor *m, const struct truth_finding *finding, uint64_t now);

/*
 * Enter WARNED or SAFE if the time has come. Returns the time at which to call this again, or
 * TRUTH_NEVER. The caller must also call it after each of the calls above.
 */
uint64_t truth_tick(struct truth_monitor *m, uint64_t now);

/*
 * Return a state's name: "off", "good", "warned", "safe"; and a few words on a reason, "" for none.
 */
const char *truth_state_name(enum truth_state state);
const char *truth_reason_text(enum truth_reason reason);

#endif
