/* SPDX-License-Identifier: MIT */
/*
 * The compositor of a panel that several displays share: its process, its two panel buffers, and
 * whether it can draw. compose.c says what it draws.
 */
#ifndef MEDIATOR_DAEMON_DISPLAY_COMPOSITOR_H
#define MEDIATOR_DAEMON_DISPLAY_COMPOSITOR_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/daemon/client/respawn.h"
#include "mediator/shared/protocol/client.h"

struct output;

enum compositor_state {
	COMPOSITOR_OFF = 0,
	COMPOSITOR_STARTING, /* it has not announced all of its buffers */
	COMPOSITOR_RESUMING, /* the same, after it was adopted from an earlier mediator */
	COMPOSITOR_FREE,     /* it can draw */
	COMPOSITOR_DRAWING,  /* it has been told to draw and has not said that it is done */
};

struct compositor_ops {
	/* It has said HELLO: what it needs to know beside the panel's size can be sent. */
	void (*greeted)(void *owner);
	/* It can draw from now on. */
	void (*ready)(void *owner);
	void (*drawn)(void *owner, bool failed);
	/*
	 * It has died, with all that it knew; another one is started later. Returns whether its
	 * target buffer is on its way to the screen, which then outlives it.
	 */
	bool (*gone)(void *owner);
};

/* A buffer of the compositor's. */
struct panel_buffer {
	uint32_t handle; /* of the output; 0: there is none */
	int fd;
	struct gpum_buffer description;
};

struct compositor {
	struct respawn process;
	const struct compositor_ops *ops;
	void *owner;
	struct output *output;
	uint32_t width, height;
	enum compositor_state state;
	uint64_t told_ns; /* when it was told to draw */
	struct panel_buffer buffer[GPUM_PANEL_BUFFERS];
	uint32_t num_buffers;	   /* announced by the process that runs */
	uint32_t target;	   /* the one being drawn or flipped to */
	struct panel_buffer front; /* on the screen; a copy, outlives its process */
};

/*
 * Start the process of a struct that is zeroed but for output, width and height (the panel's, in
 * pixels). Output, ops and owner stay the caller's.
 */
void compositor_init(struct compositor *compositor, struct clients *clients, const char *connector,
		     const char *render_node, const struct sched_params *params,
		     const struct compositor_ops *ops, void *owner);
/* Nothing on a struct that was never prepared. */
void compositor_finish(struct compositor *compositor);

bool compositor_can_draw(const struct compositor *compositor);

/* It goes on after another mediator's end, and will be ready in a moment: worth waiting for. */
bool compositor_resumes(const struct compositor *compositor);

/* The panel buffer to draw next: its index for gpum_compose.panel_buffer. */
uint32_t compositor_choose_target(struct compositor *compositor);

/* Have it draw into the target. */
void compositor_draw(struct compositor *compositor, struct gpum_msg *compose);

/* The output's handle of the target. */
uint32_t compositor_target_handle(const struct compositor *compositor);

/* The target is on the screen. */
void compositor_shown(struct compositor *compositor);

/* Its picture is late: end a process that for some time has not even asked for the GPU. */
void compositor_late(struct compositor *compositor);

#endif
