/* SPDX-License-Identifier: MIT */
/*
 * How a panel's pictures come about, as transitions. Pure: time is an argument (nanoseconds of one
 * monotonic clock, never 0), nothing is allocated, no system call is made. panel.c calls
 * panel_life_step() with what has happened and carries out the actions that it returns.
 *
 * Two things want the screen. One is the picture of the guests' frames, of which one at a time is
 * being made (enum panel_stage). The other is the safe picture of the most important display, which
 * goes on the screen by itself as soon as the output is free (enum panel_safe). An output shows one
 * picture at a time and says when it is there.
 */
#ifndef MEDIATOR_DAEMON_DISPLAY_PANEL_LIFE_H
#define MEDIATOR_DAEMON_DISPLAY_PANEL_LIFE_H

#include <stdint.h>

enum panel_stage {
	PANEL_IDLE = 0,
	PANEL_WAITING,	/* a picture is due, and there is no compositor to draw it */
	PANEL_DRAWING,	/* the compositor draws it */
	PANEL_STALE,	/* the same, but a display has gone safe since: it will not be shown */
	PANEL_READY,	/* it is drawn, and waits for the safe picture to be on the screen */
	PANEL_FLIPPING, /* the output has it */
};

enum panel_safe {
	SAFE_NOT_WANTED = 0,
	SAFE_DUE,      /* to be given to the output as soon as that is free */
	SAFE_FLIPPING, /* the output has it */
	SAFE_AGAIN,    /* the same, and it is to be given to the output once more */
};

/* The content of a picture. */
enum panel_screen {
	PANEL_SHOWS_FRAMES = 0,
	PANEL_SHOWS_SAFE, /* the safe picture alone */
};

enum panel_event {
	PANEL_OUTPUT_FREE,     /* the output may be free: is the safe picture due? */
	PANEL_BEGIN,	       /* a picture is due, and can be drawn */
	PANEL_BEGIN_UNDRAWN,   /* a picture is due, and cannot be drawn now */
	PANEL_DRAWN,	       /* the picture of frames can be shown */
	PANEL_DRAWN_SAFE,      /* the safe picture is the picture (a panel of one display) */
	PANEL_KEPT,	       /* the picture is what is on the screen already */
	PANEL_DRAW_FAILED,     /* there will be no picture */
	PANEL_SHOW_FAILED,     /* the output has refused the picture */
	PANEL_SAFE_FAILED,     /* the output has refused the safe picture */
	PANEL_FLIPPED,	       /* what the output was given last is on the screen */
	PANEL_TIMEOUT,	       /* due_ns has come */
	PANEL_WENT_SAFE,       /* a display has gone safe: pictures begun before are stale */
	PANEL_SAFE_WANTED,     /* the most important display has gone safe */
	PANEL_SAFE_LEFT,       /* the most important display shows its guest's frames again */
	PANEL_REFRESH,	       /* the safe picture, if it is there, is to be shown once more */
	PANEL_COMPOSITOR_GONE, /* the compositor has died */
};

/* A set of bits: the caller carries them out now, in this order. */
enum panel_action {
	PANEL_FAIL = 1,	      /* the frames of the picture stay latched; all is drawn anew */
	PANEL_DROP = 2,	      /* the picture will not be shown in time: answer its frames */
	PANEL_SAFE_IS_ON = 4, /* the safe picture has reached the screen */
	PANEL_IS_ON = 8,      /* the picture has reached the screen: answer its frames */
	PANEL_SHOW = 16,      /* give the picture to the output; PANEL_SHOW_FAILED if it refuses */
	PANEL_SHOW_SAFE = 32, /* the same with the safe picture; PANEL_SAFE_FAILED */
};

struct panel_life {
	enum panel_stage stage;
	enum panel_safe safe;
	enum panel_screen screen; /* what is on the screen */
	enum panel_screen next;	  /* what the picture in READY and FLIPPING consists of */
	uint64_t due_ns;	  /* when PANEL_TIMEOUT is to be reported; UINT64_MAX: never */
	uint64_t held_until_ns;	  /* no picture is begun before then: a screenshot is taken */
};

#define PANEL_NO_TIMEOUT UINT64_MAX
/* A frame that was latched is answered within this time, whatever happens to the picture; */
#define PANEL_PATIENCE_NS UINT64_C(1000000000)
/* sooner where it is known that there will be no picture. */
#define PANEL_UNDRAWN_NS UINT64_C(100000000)
#define PANEL_HOLD_NS	 UINT64_C(500000000)

/*
 * Go through one transition. Returns the actions, 0 when the event means nothing in this state. A
 * PANEL_TIMEOUT that comes before due_ns changes nothing.
 */
unsigned int panel_life_step(struct panel_life *life, enum panel_event event, uint64_t now);

/* Why a picture is dropped whose time-out has come; to be asked before the step. Never NULL. */
const char *panel_life_timeout_reason(const struct panel_life *life);

/* Begin no picture for PANEL_HOLD_NS; a safe picture is shown nevertheless, and ends it. */
void panel_life_hold(struct panel_life *life, uint64_t now);
int panel_life_is_held(const struct panel_life *life, uint64_t now);
/* End it. Returns whether it had not ended before. */
int panel_life_release(struct panel_life *life, uint64_t now);

#endif
