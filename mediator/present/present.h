/* SPDX-License-Identifier: MIT */
/*
 * Which frame is shown when. Pure bookkeeping: time is an argument (nanoseconds of one monotonic
 * clock, never 0), nothing is allocated, no system call is made.
 *
 * A frame is *pending* when the guest has submitted it, *latched* when a tick of the panel has
 * taken it for the picture that is being made, and *shown* when that picture is on the screen.
 * A display latches at most one frame in each of its periods. Frames that a newer one has
 * overtaken before they were latched are answered, too: each submitted frame is answered exactly
 * once, unless its guest has gone.
 *
 * The daemon, for each panel:
 *
 *   present_submit()  a FRAME has come; answer what it overtook
 *   present_begin()   at each tick; a mask: displays to be drawn anew. Not 0: draw (or flip the
 *                     buffer of the only display), other displays are kept as they were
 *   present_end()     the picture is on the screen: answer the frames in it
 *   present_fail()    it will never be: the next present_begin() draws everything
 *   present_drop()    the same, and the guests cannot wait for that: answer its frames
 *
 * Ticks may be irregular or be left out; the panel's refresh is known and time is what counts.
 */
#ifndef MEDIATOR_PRESENT_PRESENT_H
#define MEDIATOR_PRESENT_PRESENT_H

#include <stdint.h>

#include "mediator/present/histogram.h"

#define PRESENT_MAX_DISPLAYS 8u	  /* on one panel: CONFIG_PANEL_DISPLAYS */
#define PRESENT_RECENT	     256u /* shown frames remembered for the rate: above 240 Hz * 1 s */

struct present_frame {
	uint64_t seq;		      /* the backend's, strictly increasing, not 0 */
	uint32_t buffer_id;	      /* the caller's, not 0 */
	uint32_t x, y, width, height; /* part of the buffer */
};

struct present_stats {
	uint64_t frames;     /* shown */
	uint64_t missed;     /* periods, while the display was active, that latched no frame */
	uint64_t superseded; /* frames overtaken before they were latched */
	uint64_t p50_us, p99_us, max_us; /* between two frames shown; 0 before the second */
	double fps;	   /* over the time it was active; 0 before that is a second */
	double recent_fps; /* over the last second */
};

/* Read only for all but present.c. */
struct present_display {
	uint64_t period_ns;
	uint64_t period; /* number of the period that the last tick fell into */
	uint8_t took;	 /* a frame was latched in that period */

	uint8_t active;	     /* a frame was latched since it was last off */
	uint8_t has_pending; /* `pending` is valid */
	uint8_t in_flight;   /* `current` was latched and is not yet answered */
	uint8_t changed;     /* must be drawn anew at the next tick */
	struct present_frame pending;
	struct present_frame current; /* latched last; valid when active or in_flight */
	uint64_t last_seq;
	uint32_t making_id; /* buffer in the picture being made, 0: none */
	uint32_t screen_id; /* buffer in the picture on the screen, 0: none */

	uint64_t frames, missed, superseded;
	uint64_t last_shown_ns;	  /* 0: none to count an interval from */
	uint64_t active_ns;	  /* sum of the times it was active, before active_since_ns */
	uint64_t active_since_ns; /* when active */
	struct histogram interval;
	uint64_t recent_ns[PRESENT_RECENT]; /* ring of the times of the last frames shown */
	uint32_t recent_head;
};

struct present_panel {
	struct present_display display[PRESENT_MAX_DISPLAYS];
	uint32_t num_displays;
	uint64_t tick_ns;	/* nominal distance of ticks */
	uint64_t tick_time_ns;	/* smoothed time of the last tick; 0: there was none */
	uint64_t tick;		/* its number; left-out ones are counted */
	uint64_t picture_ticks; /* from the begin of one picture to that of the next, at least */
	uint64_t begun_tick;	/* of the last picture's begin, when `begun` */
	uint8_t begun;		/* there was one */
	uint8_t busy;		/* between begin and end */
};

/* Frames to be answered by FRAME_SHOWN: seq[i] for display i, 0: none. */
struct present_shown {
	uint64_t seq[PRESENT_MAX_DISPLAYS];
};

enum present_status {
	PRESENT_OK = 0,
	PRESENT_ERR_SEQ = -1, /* not increasing: the backend has broken the protocol */
};

/*
 * A panel without displays; refresh_hz is not 0, and a new picture is begun picture_period_ns after
 * the last one at the earliest (0: at any tick). present_add() returns the new display's number:
 * 0, 1, ...; the caller adds no more than PRESENT_MAX_DISPLAYS. All displays are to be drawn
 * (black) at the first tick. A period within 1 % of a multiple of the panel's is taken as that
 * multiple.
 */
void present_init(struct present_panel *p, uint32_t refresh_hz, uint64_t picture_period_ns);
uint32_t present_add(struct present_panel *p, uint32_t frame_period_us);

/*
 * A guest shows a frame. Returns PRESENT_OK, with *superseded the seq of the frame that it overtook
 * and that is to be answered now, or 0; or PRESENT_ERR_SEQ, with nothing changed.
 */
int present_submit(struct present_panel *p, uint32_t display, const struct present_frame *frame,
		   uint64_t *superseded);

/*
 * A guest turns its display off: nothing of it may be shown. Returns the seq to be answered now,
 * or 0; a latched frame is answered by present_end() as usual. Does nothing when it is off.
 */
uint64_t present_off(struct present_panel *p, uint32_t display, uint64_t now);

/* Its guest is gone: as present_off(), but nothing is answered any more, and seq starts anew. */
void present_gone(struct present_panel *p, uint32_t display, uint64_t now);

/* The display must be drawn anew for another reason than a frame, such as a cursor that moved. */
void present_damage(struct present_panel *p, uint32_t display);

/*
 * A tick. Returns the displays (bit i: display i) that have to be drawn anew, from
 * present_current(); 0: nothing to do, or a picture is still being made. Otherwise the panel is
 * busy until present_end() or present_fail().
 */
uint32_t present_begin(struct present_panel *p, uint64_t now);

/* The picture of the last present_begin() is on the screen. Nothing when the panel is not busy. */
void present_end(struct present_panel *p, uint64_t now, struct present_shown *shown);

/* It will not be (the compositor died). The frames in it stay latched; all is drawn anew. */
void present_fail(struct present_panel *p);

/*
 * It will not be in time, and its guests have waited for long enough: answer the frames in it as if
 * they were shown, but count them as missed. All is drawn anew. Nothing when the panel is not busy.
 */
void present_drop(struct present_panel *p, struct present_shown *dropped);

/* The frame to be drawn for a display, or NULL: black. Valid until the next call on the panel. */
const struct present_frame *present_current(const struct present_panel *p, uint32_t display);

/* Whether a frame in that buffer is pending, being made or on the screen. */
int present_uses(const struct present_panel *p, uint32_t display, uint32_t buffer_id);

void present_stats(const struct present_panel *p, uint32_t display, uint64_t now,
		   struct present_stats *out);

/* Start counting anew; what is shown does not change. */
void present_stats_reset(struct present_panel *p, uint32_t display, uint64_t now);

#endif
