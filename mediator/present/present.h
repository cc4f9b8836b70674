/* SPDX-License-Identifier: MIT */
/*
 * Presentation: decides when which frame is shown. Pure bookkeeping: each time is an argument
 * (nanoseconds of one monotonic clock, never 0), nothing is allocated, no system call is made.
 *
 * A frame is *pending* once the guest has submitted it, *latched* once a tick of the panel has
 * taken it into the picture being made, and *shown* once that picture is on the screen. A display
 * latches at most one frame in each of its periods. A newer frame supersedes one that is still
 * pending. Each submitted frame is answered exactly once, superseded ones included, unless its
 * guest is gone.
 *
 * For each panel the daemon calls
 *
 *   present_submit()  when a FRAME has come; then it answers the frame superseded by it
 *   present_begin()   at each tick; if the mask of displays to draw is not 0, it draws them (or
 *                     flips the buffer of the only display) and keeps the others as they are
 *   present_end()     when the picture is on the screen; then it answers the frames in it
 *   present_fail()    when the picture cannot be made; the next present_begin() draws everything
 *   present_drop()    when the guests cannot wait for that either; then it answers the frames
 *
 * Ticks may be irregular or missing: the panel's refresh rate is known, and only time counts.
 */
#ifndef MEDIATOR_PRESENT_PRESENT_H
#define MEDIATOR_PRESENT_PRESENT_H

#include <stdint.h>

#include "mediator/present/histogram.h"

#define PRESENT_MAX_DISPLAYS 8u	  /* of one panel: CONFIG_PANEL_DISPLAYS */
#define PRESENT_RECENT	     256u /* frames remembered for recent_fps: more than 1 s at 240 Hz */

struct present_frame {
	uint64_t seq;		      /* chosen by the backend: strictly increasing, not 0 */
	uint32_t buffer_id;	      /* chosen by the caller, not 0 */
	uint32_t x, y, width, height; /* part of the buffer, in pixels */
};

struct present_stats {
	uint64_t frames;     /* shown */
	uint64_t missed;     /* periods, while the display was active, that latched no frame */
	uint64_t superseded; /* frames replaced by a newer one before they were latched */
	uint64_t p50_us, p99_us, max_us; /* time between frames shown; 0 before the second */
	double fps;	   /* over the time the display was active; 0 in its first second */
	double recent_fps; /* over the last second */
};

/* Only present.c writes to it. */
struct present_display {
	uint64_t period_ns;
	uint64_t period; /* number of the period that the last tick fell into */
	uint8_t took;	 /* a frame was latched in that period */

	uint8_t active;	     /* a frame was latched since the display was last off */
	uint8_t has_pending; /* `pending` is valid */
	uint8_t in_flight;   /* `current` is not answered yet */
	uint8_t changed;     /* the next picture must draw the display anew */
	struct present_frame pending;
	struct present_frame current; /* latched last; valid when active or in_flight */
	uint64_t last_seq;
	uint32_t making_id; /* buffer in the picture being made, 0: none */
	uint32_t screen_id; /* buffer in the picture on the screen, 0: none */

	uint64_t frames, missed, superseded;
	uint64_t last_shown_ns;	   /* 0: no frame from which to count an interval */
	uint64_t active_ns;	   /* sum of the active times that ended before active_since_ns */
	uint64_t active_since_ns;  /* valid when active */
	struct histogram interval; /* between frames shown, in us */
	uint64_t recent_ns[PRESENT_RECENT]; /* ring: times of the last frames shown */
	uint32_t recent_head;
};

struct present_panel {
	struct present_display display[PRESENT_MAX_DISPLAYS];
	uint32_t num_displays;
	uint64_t tick_ns;	/* nominal distance of ticks */
	uint64_t tick_time_ns;	/* smoothed time of the last tick; 0: no tick yet */
	uint64_t tick;		/* number of the last tick, missing ones counted */
	uint64_t picture_ticks; /* least number from the begin of one picture to that of the next */
	uint64_t begun_tick;	/* tick at which the last picture was begun; valid when `begun` */
	uint8_t begun;		/* a picture has been begun */
	uint8_t busy;		/* a picture is being made */
};

/* Frames to be answered by FRAME_SHOWN: seq[i] for display i, 0: none. */
struct present_shown {
	uint64_t seq[PRESENT_MAX_DISPLAYS];
};

enum present_status {
	PRESENT_OK = 0,
	PRESENT_ERR_SEQ = -1, /* seq does not increase: the backend has broken the protocol */
};

/*
 * Start without displays. refresh_hz is not 0. Pictures begin at least picture_period_ns apart; 0:
 * at any tick. The first tick draws all displays, in black.
 */
void present_init(struct present_panel *p, uint32_t refresh_hz, uint64_t picture_period_ns);

/*
 * Add a display and return its number: 0, 1, ... up to PRESENT_MAX_DISPLAYS - 1; the caller must
 * not add more. A period within 1 % of a multiple of the panel's tick is rounded to that multiple.
 */
uint32_t present_add(struct present_panel *p, uint32_t frame_period_us);

/*
 * A guest submits a frame. Returns PRESENT_OK, with the seq of the superseded frame in *superseded,
 * which the caller must answer now, or 0; or PRESENT_ERR_SEQ, with nothing changed.
 */
int present_submit(struct present_panel *p, uint32_t display, const struct present_frame *frame,
		   uint64_t *superseded);

/*
 * A guest turns its display off: the display becomes black. Returns the seq of the pending frame,
 * which the caller must answer now, or 0. present_end() answers a latched frame as usual. Does
 * nothing if the display is off.
 */
uint64_t present_off(struct present_panel *p, uint32_t display, uint64_t now);

/*
 * A guest is gone: as present_off(), but its frames are not answered any more, and seq starts anew.
 */
void present_gone(struct present_panel *p, uint32_t display, uint64_t now);

/* Redraw the display for a reason other than a frame, such as a cursor that moved. */
void present_damage(struct present_panel *p, uint32_t display);

/*
 * A tick. Returns the displays (bit i: display i) that the caller must draw, from
 * present_current(); the panel is then busy until present_end(), present_fail() or present_drop().
 * 0: nothing changed, the panel is still busy, or the next picture may not begin yet.
 */
uint32_t present_begin(struct present_panel *p, uint64_t now);

/*
 * The picture of the last present_begin() is on the screen. *shown has the frames to answer. Does
 * nothing if the panel is not busy.
 */
void present_end(struct present_panel *p, uint64_t now, struct present_shown *shown);

/*
 * That picture will not be on the screen: the compositor died. Its frames stay latched, and the
 * next picture draws all displays.
 */
void present_fail(struct present_panel *p);

/*
 * That picture will not be on the screen in time. *dropped has its frames, which the caller must
 * answer as if they were shown; they count as missed. The next picture draws all displays. Does
 * nothing if the panel is not busy.
 */
void present_drop(struct present_panel *p, struct present_shown *dropped);

/* Returns the frame to draw for a display, valid until the next call on the panel; NULL: black. */
const struct present_frame *present_current(const struct present_panel *p, uint32_t display);

/*
 * Returns whether a frame in that buffer is pending, latched, being drawn or on the screen: then
 * the buffer must be kept.
 */
int present_uses(const struct present_panel *p, uint32_t display, uint32_t buffer_id);

/* Fill *out with a display's statistics since present_add() or present_stats_reset(). */
void present_stats(const struct present_panel *p, uint32_t display, uint64_t now,
		   struct present_stats *out);

/* Start the statistics anew. The picture does not change. */
void present_stats_reset(struct present_panel *p, uint32_t display, uint64_t now);

#endif
