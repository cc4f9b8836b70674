/* SPDX-License-Identifier: MIT */
/*
 * A panel: its ticks, the displays on it, the picture that is being made (panel_life.h has the
 * states). A frame that was latched is answered within PANEL_PATIENCE_NS, whatever happens to the
 * compositor or to the display hardware.
 *
 * A display whose picture is frozen or wrong shows its safe picture. That of the most important
 * display goes on the screen at once, in a framebuffer that the CPU has painted; with a compositor
 * that works the next picture holds it as a layer, so that the other displays go on.
 *
 * Two kinds. Composed: a compositor process draws into one of two panel buffers. Direct: the only
 * display's buffer itself is put on the screen.
 */
#ifndef MEDIATOR_DAEMON_DISPLAY_PANEL_H
#define MEDIATOR_DAEMON_DISPLAY_PANEL_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/daemon/base/log.h"
#include "mediator/daemon/display/compositor.h"
#include "mediator/daemon/display/inherited.h"
#include "mediator/daemon/display/panel_life.h"
#include "mediator/daemon/display/safe.h"
#include "mediator/daemon/display/source.h"
#include "mediator/daemon/monitor/monitor.h"
#include "mediator/present/present.h"

struct displays;
struct output;

/* The picture that a display of the panel is to show. */
enum panel_shows {
	SHOWS_FRAMES = 0, /* its guest's frames */
	SHOWS_SAFE,	  /* its safe picture */
};

struct panel_display {
	const struct config_display *config;
	struct source *source;
	struct monitor monitor;
	enum panel_shows shows;
};

struct panel {
	struct displays *all;
	struct ev_loop *loop;
	const struct config_panel *config;
	uint32_t index;
	struct output *output;
	struct present_panel present;
	struct panel_display display[CONFIG_PANEL_DISPLAYS]; /* painted in this order */
	struct panel_life life;
	uint32_t making; /* slots whose safe picture is in the picture that is being made */
	bool dark;	 /* the last picture was dropped */
	struct ev_io tick;
	struct ev_timer timer; /* for life.due_ns */
	struct safe safe;
	struct inherited inherited;
	struct compositor compositor; /* of a composed panel */
	struct {
		uint32_t handle;
		struct gpum_rect from;
	} picture; /* in READY and FLIPPING: what the output is given */
	struct log_limit limit;
};

/*
 * Set up panel `index` of a zeroed struct: its output, its displays, its compositor. False, with
 * the reason logged, on failure; panel_finish() is to be called nevertheless.
 */
bool panel_init(struct panel *panel, struct displays *all, uint32_t index);
/* Nothing on a struct that was never prepared. */
void panel_finish(struct panel *panel);

/*
 * Find what is on the screen for a display (slot) or for the whole panel (slot < 0), and keep it
 * there for at most PANEL_HOLD_NS. False when nothing is shown, or it cannot be read.
 */
bool panel_hold(struct panel *panel, int slot, struct picture *out);

/* Let go. Returns whether the screen was kept all the time. */
bool panel_release(struct panel *panel);

/* For monitors: monitor_ops.find_picture, with the panel as owner. */
bool panel_find_picture(void *panel, uint32_t slot, struct picture *out, bool *own);

static inline struct gpum_rect panel_whole(const struct panel *panel)
{
	return (struct gpum_rect){.width = panel->config->width, .height = panel->config->height};
}

#endif
