/* SPDX-License-Identifier: MIT */
/*
 * A panel: its timer, the displays on it, the picture that is being made. Whatever happens to the
 * compositor or to the display hardware, a frame that was latched is answered within
 * PANEL_PATIENCE_S.
 *
 * A display whose picture is frozen or wrong shows its safe picture. That of the most important
 * display goes on the screen at once, in a framebuffer that the CPU has painted; with a compositor
 * that works the next picture holds it as a layer, so that the other displays go on.
 *
 * Two kinds. Composed (compose.c): a compositor process draws into one of two panel buffers.
 * Direct: the only display's buffer itself is put on the screen.
 */
#ifndef MEDIATOR_DAEMON_PANEL_H
#define MEDIATOR_DAEMON_PANEL_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/daemon/clients.h"
#include "mediator/daemon/inherited.h"
#include "mediator/daemon/log.h"
#include "mediator/daemon/watch.h"
#include "mediator/guard/restart.h"
#include "mediator/present/present.h"
#include "mediator/protocol/client.h"

#define PANEL_PATIENCE_S 1.0

struct guest;
struct mediator;
struct output;

struct panel_cursor {
	uint32_t key; /* of its buffer; 0: hidden */
	int32_t x, y; /* on the display */
};

/* The picture that a display shows instead of its guest's; pixels NULL: it has none. */
struct panel_safe {
	uint8_t *pixels; /* mapped from fd: red, green, blue and an unused byte each, no gaps */
	int fd;
	uint32_t layer; /* its id for the compositor */
};

struct panel_display {
	const struct config_display *config;
	struct guest *guest;
	struct panel_cursor cursor;
	struct watch watch;
	struct panel_safe safe;
	bool is_safe; /* its safe picture is to be shown */
};

/* A buffer of the compositor's. */
struct panel_buffer {
	uint32_t handle; /* of the output; 0: there is none */
	int fd;
	struct gpum_buffer description;
};

/* What of a picture is being waited for. */
enum panel_stage {
	PANEL_IDLE = 0,
	PANEL_DRAWING,	/* the compositor */
	PANEL_FLIPPING, /* the output */
};

struct panel {
	struct mediator *mediator;
	const struct config_panel *config;
	uint32_t index;
	struct output *output;
	struct present_panel present;
	struct panel_display display[CONFIG_PANEL_DISPLAYS]; /* painted in this order */
	struct ev_io tick;				     /* a timer descriptor */
	struct ev_timer patience;
	struct ev_timer hold; /* active: the screen must not change (a screenshot is taken) */
	enum panel_stage stage;
	bool dark; /* frames are not shown now; said once */
	struct inherited inherited;
	struct {
		uint32_t handle; /* 0: none of the displays has a safe picture */
		int fd;		 /* to read it by; -1: it cannot be */
		struct gpum_buffer description;
		bool due;	  /* to be shown as soon as the output is free */
		bool flipping;	  /* beside what `stage` is about */
		bool on_screen;	  /* it, and not a picture of frames */
		bool stale;	  /* the picture being drawn was begun before somebody went safe */
		uint32_t showing; /* handle that was given to the output last */
		uint32_t making;  /* slots whose safe picture is in the one that is being made */
		uint32_t ready;	  /* a picture that waits for that flip to end, 0: none */
		struct gpum_rect ready_from;
	} safe;
	struct log_limit limit;

	/* composed panels only */
	struct client compositor;
	struct ev_timer restart;
	struct restart restart_pause;
	uint32_t restarts;
	uint64_t compositor_started_ns;
	bool resumed; /* it was there before this mediator */
	struct panel_buffer buffer[GPUM_PANEL_BUFFERS];
	uint32_t num_buffers;	   /* announced by the compositor that runs */
	bool drawing;		   /* it has been told to draw and has not said that it is done */
	uint64_t told_ns;	   /* when it was told */
	uint32_t target;	   /* the one being drawn or flipped to */
	struct panel_buffer front; /* on the screen; a copy, outlives its compositor */
};

/* Connect to the display and start the timer. False, with the reason logged, on failure. */
bool panels_init(struct mediator *mediator);
void panels_stop(struct mediator *mediator);

/* For compose.c: all displays must be drawn anew. */
void panel_damage(struct panel *panel);

/* The picture is ready; show it. */
void panel_show(struct panel *panel, uint32_t handle, const struct gpum_rect *from);

/* The picture will not be on the screen: answer its frames nevertheless. */
void panel_drop(struct panel *panel, const char *reason);

/* For watch.c: show a display's safe picture from now on, or its guest's again. */
void panel_set_safe(struct panel *panel, uint32_t slot, bool safe);

/* Put a safe picture on the screen that is there already, to see that it still can be. */
void panel_refresh_safe(struct panel *panel, uint32_t slot);

/* What is on the screen, for a screenshot. */
struct panel_picture {
	int fd; /* stays the panel's */
	struct gpum_buffer buffer;
	struct gpum_rect region; /* of the display, in the buffer */
};

/*
 * Where the last frame of a display is to be looked at: on the screen; or, when its safe picture is
 * there or it has the panel alone, in the guest's *own buffer. False: nowhere.
 */
bool panel_frame(struct panel *panel, uint32_t slot, struct panel_picture *out, bool *own);

/*
 * Find what is on the screen for a display (slot) or for the whole panel (slot < 0), and keep it
 * there for at most a moment. False when nothing is shown.
 */
bool panel_hold(struct panel *panel, int slot, struct panel_picture *out);

/* Let go. Returns whether the screen was kept all the time. */
bool panel_release(struct panel *panel);

#endif
