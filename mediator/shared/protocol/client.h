/* SPDX-License-Identifier: MIT */
/*
 * What the mediator and its clients say to each other. A client is a backend (one per guest) or
 * the compositor, or the verifier: a process that the mediator started, that owns a GPU context,
 * and that touches the GPU only while it holds the GPU.
 *
 * Transport: the SOCK_SEQPACKET socket that the client inherits as GPUM_CLIENT_FD. One message is
 * one packet: a struct gpum_msg cut after the body of its type (gpum_msg_size()). BUFFER_ADD,
 * LAYER_ADD, PICTURE_ADD, CHECK and PANEL_BUFFER carry exactly one descriptor (SCM_RIGHTS), all
 * others none. Both ends refuse a packet with a wrong size, type or number of descriptors by
 * closing the socket: these are two programs of one release, so there is nothing to negotiate
 * beyond GPUM_CLIENT_VERSION.
 *
 * A backend parses guest bytes and may have been taken over: the mediator checks every field.
 *
 * Jobs. A client has at most one job waiting and one job running. It announces (JOB_READY), the
 * mediator answers JOB_RUN when the GPU is the client's, the client executes, waits until the GPU
 * is done and says JOB_DONE. Commit depth is one over all clients. A backend runs a command stream
 * of more than max_job_draws in slices: jobs like any other, each announced with the end of the
 * one before, so that others may go in between.
 *
 * Frames. A backend announces scanout buffers (BUFFER_ADD, with the dma-buf) before it shows them
 * (FRAME). The mediator answers each FRAME by one FRAME_SHOWN, at the display's period, when
 * the picture is on the screen or has been overtaken; until then the backend starts no further job,
 * so the guest cannot draw into what is being shown, and is paced.
 *
 * Life. A client answers PING by PONG as soon as it is not running a job. One that does not is
 * stuck, and killed.
 *
 * Another mediator. A client outlives a mediator that has died: the keeper holds the mediator's end
 * of the socket and hands it to the next one, which sends RESUME. What the two had said to each
 * other before is void. The client first ends the job that it has on the GPU, then says HELLO, and
 * waits for CONFIG or PANEL as after its start. RESUME has a number, which HELLO repeats: one that
 * a dead mediator has not read is still in the socket, and is not an answer to this one. A backend
 * then announces anew what there is: its buffers, the frame that each display showed last or waits
 * for, cursors, and the job that waits. Nobody gets the GPU before all have said HELLO.
 */
#ifndef MEDIATOR_SHARED_PROTOCOL_CLIENT_H
#define MEDIATOR_SHARED_PROTOCOL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "mediator/shared/strip/strip.h"

#define GPUM_CLIENT_FD	    3
#define GPUM_CLIENT_VERSION 3u

#define GPUM_MAX_SCANOUTS  4u  /* displays of one guest */
#define GPUM_MAX_LAYERS	   9u  /* pictures on one panel: 8 displays and a cursor */
#define GPUM_NAME_MAX	   32u /* bytes, with the terminating zero */
#define GPUM_REASON_MAX	   128u
#define GPUM_PANEL_BUFFERS 2u
#define GPUM_VERIFY_RECTS  (1u + TRUTH_MAX_REGIONS) /* the strip and its regions */
#define GPUM_VERIFY_PIXELS (UINT32_C(1) << 20)	    /* the widest times the sum of heights */
#define GPUM_MAX_BUFFERS   64u /* that one backend has announced (BUFFER_ADD) at a time */

enum gpum_msg_type {
	/* mediator to backend */
	GPUM_MSG_CONFIG = 1, /* first message after HELLO */
	GPUM_MSG_JOB_RUN,    /* to any client: run the announced job now */
	GPUM_MSG_FRAME_SHOWN,
	/* mediator to compositor */
	GPUM_MSG_PANEL,	      /* first message after HELLO */
	GPUM_MSG_LAYER_ADD,   /* a buffer to compose from, with its dma-buf */
	GPUM_MSG_PICTURE_ADD, /* a layer whose pixels lie in a memory file: R, G, B, X, no gaps */
	GPUM_MSG_LAYER_REMOVE,
	GPUM_MSG_COMPOSE, /* what the next job shall draw; answered by JOB_READY */
	/* mediator to verifier */
	GPUM_MSG_VERIFY, /* a picture, with its dma-buf; answered by JOB_READY */
	/* mediator to any client */
	GPUM_MSG_PING,
	GPUM_MSG_RESUME, /* another mediator speaks from now on; answered by HELLO */

	/* client to mediator */
	GPUM_MSG_HELLO = 64,
	GPUM_MSG_JOB_READY,
	GPUM_MSG_JOB_DONE,
	/* backend to mediator */
	GPUM_MSG_BUFFER_ADD, /* with the dma-buf */
	GPUM_MSG_BUFFER_REMOVE,
	GPUM_MSG_FRAME,
	GPUM_MSG_SCANOUT_OFF,
	GPUM_MSG_CURSOR,
	GPUM_MSG_STATE, /* connection state and counters: after a change, at most every 100 ms */
	GPUM_MSG_FAULT, /* the guest broke the protocol; the backend exits after it */
	/* verifier to mediator */
	GPUM_MSG_VERIFIED, /* after the JOB_DONE of a job that did not fail */
	/* compositor to mediator */
	GPUM_MSG_PANEL_BUFFER, /* a framebuffer to flip to, with its dma-buf */
	/* any client to mediator */
	GPUM_MSG_PONG,
};

struct gpum_hello {
	uint32_t version; /* GPUM_CLIENT_VERSION */
	uint32_t pid;
	uint64_t resume;		/* the number of the RESUME that it answers; 0: none */
	char renderer[GPUM_REASON_MAX]; /* GL_RENDERER of the client's GPU, zero-terminated */
};

/* One guest as the device tree describes it. Sizes in pixels, times in microseconds. */
struct gpum_config {
	uint32_t domid;
	uint32_t num_scanouts; /* 1..GPUM_MAX_SCANOUTS */
	struct {
		uint32_t width, height;
		uint32_t frame_period_us;
		char name[GPUM_NAME_MAX];
	} scanout[GPUM_MAX_SCANOUTS];
	uint32_t memory_mib;	  /* bound on the sum of host resource sizes */
	uint32_t max_granted_mib; /* bound on the sum of mapped backing */
	uint32_t max_contexts;
	uint32_t max_resources;
	uint32_t max_command_bytes; /* one command, response included */
	uint32_t max_events_per_s;  /* more are taken later */
	uint32_t max_job_draws;	    /* of a command stream in one job; 0: it is not cut */
	char guest[GPUM_NAME_MAX];
};

enum gpum_job_kind {
	GPUM_JOB_SUBMIT = 1, /* a 3D command stream, or a slice of one */
	GPUM_JOB_TRANSFER,   /* to or from a resource */
	GPUM_JOB_COMPOSE,    /* the compositor's */
	GPUM_JOB_VERIFY,     /* the verifier's */
};

struct gpum_job {
	uint64_t id;	/* chosen by the client, strictly increasing */
	uint32_t kind;	/* enum gpum_job_kind */
	uint32_t bytes; /* length of the command stream, slice or transfer */
};

struct gpum_job_done {
	uint64_t id;
	uint32_t failed; /* 0 or 1: the renderer refused the job; the GPU is free in both cases */
	uint32_t reserved;
	struct gpum_job next; /* kind 0: none. Saves a round trip: as if JOB_READY followed. */
};

/* The picture in a dma-buf. Also used for panel buffers. */
struct gpum_buffer {
	uint32_t id; /* chosen by the sender, not 0 */
	uint32_t width, height;
	uint32_t stride, offset; /* bytes */
	uint32_t fourcc;	 /* DRM_FORMAT_* */
	uint64_t modifier;	 /* DRM_FORMAT_MOD_* */
	uint32_t y_inverted;	 /* 0: first row in memory is the top of the picture */
	uint32_t reserved;
};

struct gpum_frame {
	uint32_t scanout;
	uint32_t buffer_id;
	uint32_t x, y, width, height; /* part of the buffer to be shown; inside the buffer */
	uint64_t seq;		      /* per scanout, strictly increasing */
};

struct gpum_frame_shown {
	uint32_t scanout;
	uint32_t reserved;
	uint64_t seq;
};

struct gpum_cursor {
	uint32_t scanout;
	uint32_t buffer_id; /* 0: hidden */
	int32_t x, y;	    /* of the picture's top left pixel, in the scanout's coordinates */
};

/* enum xenbus_state's values, restated by name so that the mediator needs no Xen header here. */
struct gpum_state {
	uint32_t xenbus_state;
	uint32_t contexts, resources;
	uint32_t events_delayed;    /* taken late, for coming too fast */
	uint64_t resource_bytes;    /* host side */
	uint64_t granted_pages;	    /* mapped now: control page, pool and backing */
	uint64_t grant_maps;	    /* map calls since connect */
	uint64_t notifications_in;  /* events from the guest */
	uint64_t notifications_out; /* events to the guest */
	uint64_t commands;	    /* processed since connect */
	uint64_t rejected;	    /* of these, answered with an error */
	uint64_t cuts;		    /* where a command stream was left for the next slice */
};

struct gpum_fault {
	char reason[GPUM_REASON_MAX]; /* zero-terminated, printable */
};

struct gpum_panel {
	uint32_t width, height;
	uint32_t fourcc;
	uint32_t reserved;
};

struct gpum_rect {
	int32_t x, y;
	uint32_t width, height;
};

struct gpum_layer {
	struct gpum_rect source; /* in the buffer */
	struct gpum_rect target; /* on the panel; clipped by `clip` */
	struct gpum_rect clip;	 /* the display's region */
	uint32_t buffer_id;	 /* mediator-wide layer id; 0: black */
	uint32_t blend;		 /* 0 opaque, 1 pre-multiplied alpha (cursor) */
};

/*
 * Draw panel buffer `panel_buffer`. Layers are painted first to last, so the last one is on top.
 * A layer whose `keep` bit is set has not changed since the previous composition: its region
 * is copied from the previous panel buffer, for the guest may already draw into its own.
 */
struct gpum_compose {
	uint32_t panel_buffer; /* index, < GPUM_PANEL_BUFFERS */
	uint32_t num_layers;   /* <= GPUM_MAX_LAYERS */
	uint32_t keep;	       /* bit i: layer i */
	uint32_t reserved;
	struct gpum_layer layer[GPUM_MAX_LAYERS];
};

/* The strip and then the regions that it speaks of, all inside the buffer's upright picture. */
struct gpum_verify {
	struct gpum_buffer buffer;
	uint32_t num_rects; /* 1 to GPUM_VERIFY_RECTS; together at most GPUM_VERIFY_PIXELS */
	uint32_t reserved;
	struct gpum_rect rect[GPUM_VERIFY_RECTS];
};

struct gpum_id {
	uint32_t id;
	uint32_t reserved;
};

struct gpum_msg {
	uint32_t type; /* enum gpum_msg_type */
	uint32_t size; /* of the whole packet, header included */
	union {
		struct gpum_hello hello;
		struct gpum_config config;
		struct gpum_job job; /* JOB_READY */
		struct gpum_id id;   /* BUFFER_REMOVE, LAYER_REMOVE, SCANOUT_OFF */
		struct {
			uint64_t id;
		} run; /* JOB_RUN */
		struct {
			uint64_t number; /* another for each mediator, not 0 */
		} resume;
		struct gpum_job_done done;
		struct gpum_buffer buffer; /* BUFFER_ADD, LAYER_ADD, PICTURE_ADD, PANEL_BUFFER */
		struct gpum_frame frame;
		struct gpum_frame_shown shown;
		struct gpum_cursor cursor;
		struct gpum_state state;
		struct gpum_fault fault;
		struct gpum_panel panel;
		struct gpum_compose compose;
		struct gpum_verify verify;
		struct truth_finding verified;
	};
};

/* Size of a packet of this type in bytes, header included; 0 for an unknown type. */
uint32_t gpum_msg_size(uint32_t type);

/*
 * Send one message; fd is -1 or a descriptor to pass on, which stays the caller's. The header is
 * filled in here. Returns 0 or -errno; -EAGAIN only on a non-blocking socket.
 */
int gpum_msg_send(int socket, struct gpum_msg *msg, uint32_t type, int fd);

/*
 * Receive one message. *fd is -1 or a descriptor that the caller now owns. Returns 1 on a message,
 * 0 when the peer closed the socket, -errno else; -EBADMSG for a packet that breaks the rules above
 * (its descriptors are closed). Strings are not yet known to be terminated.
 */
int gpum_msg_recv(int socket, struct gpum_msg *msg, int *fd);

#endif
