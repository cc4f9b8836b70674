/* SPDX-License-Identifier: MIT */
/*
 * Messages between the mediator and its clients. A client is a backend (one per guest), the
 * compositor, or the verifier: a process that the mediator started, that owns a GPU context, and
 * that uses the GPU only while the mediator has granted it.
 *
 * Transport: the SOCK_SEQPACKET socket that the client inherits as descriptor GPUM_CLIENT_FD. One
 * message is one packet: a struct gpum_msg cut after the body of its type (gpum_msg_size()).
 * BUFFER_ADD, LAYER_ADD, PICTURE_ADD, VERIFY and PANEL_BUFFER carry exactly one descriptor
 * (SCM_RIGHTS), all others none. Either end closes the socket on a packet with a wrong size, type
 * or number of descriptors. Both ends are of one release, so nothing but GPUM_CLIENT_VERSION is
 * negotiated.
 *
 * A backend parses the guest's bytes and may have been taken over: the mediator validates every
 * field.
 *
 * Jobs. A client has at most one job waiting and one job running. It announces a job (JOB_READY);
 * the mediator answers JOB_RUN when the GPU is the client's; the client executes the job, waits
 * until the GPU has finished, and sends JOB_DONE. Over all clients, at most one job is on the GPU.
 * A backend runs a command stream of more than max_job_draws draws in slices. Each slice is a job
 * of its own, announced with the JOB_DONE of the one before, so that jobs of other clients may run
 * in between.
 *
 * Frames. A backend announces scanout buffers (BUFFER_ADD, with the dma-buf) before it shows them
 * (FRAME). The mediator answers each FRAME with one FRAME_SHOWN, at the display's period, when the
 * picture is on the screen or a newer one has replaced it. Until then the backend starts no further
 * job: the guest cannot draw into the picture being shown, and is paced.
 *
 * Liveness. A client answers PING with PONG as soon as it is not running a job. A client that does
 * not answer in time is killed.
 *
 * Resume. A client survives the death of a mediator: the keeper holds the mediator's end of the
 * socket and hands it to the next mediator, which sends RESUME. All earlier messages in both
 * directions are void. The client first ends the job that it has on the GPU, then sends HELLO, and
 * waits for CONFIG or PANEL as after its start. HELLO repeats the number of the RESUME, since a
 * HELLO meant for the dead mediator may still be in the socket. A backend then announces its state
 * again: its buffers, the frame that each display showed last or waits for, cursors, and the
 * waiting job. The mediator grants the GPU to no client before all have sent HELLO.
 */
#ifndef MEDIATOR_SHARED_PROTOCOL_CLIENT_H
#define MEDIATOR_SHARED_PROTOCOL_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "mediator/shared/strip/strip.h"

#define GPUM_CLIENT_FD	    3
#define GPUM_CLIENT_VERSION 3u

#define GPUM_MAX_SCANOUTS  4u	/* displays (scanouts) of one guest */
#define GPUM_MAX_LAYERS	   9u	/* layers of one panel: 8 displays and a cursor */
#define GPUM_NAME_MAX	   32u	/* bytes, terminating zero included */
#define GPUM_REASON_MAX	   128u /* bytes, terminating zero included */
#define GPUM_PANEL_BUFFERS 2u
#define GPUM_VERIFY_RECTS  (1u + TRUTH_MAX_REGIONS) /* the announcement strip and its regions */
#define GPUM_VERIFY_PIXELS (UINT32_C(1) << 20)	    /* pixels; largest width * sum of heights */
#define GPUM_MAX_BUFFERS   64u /* buffers that one backend has announced at a time */

enum gpum_msg_type {
	/* mediator to backend */
	GPUM_MSG_CONFIG = 1, /* first message after HELLO */
	GPUM_MSG_JOB_RUN,    /* also to compositor and verifier: run the announced job now */
	GPUM_MSG_FRAME_SHOWN,
	/* mediator to compositor */
	GPUM_MSG_PANEL,	      /* first message after HELLO */
	GPUM_MSG_LAYER_ADD,   /* a buffer to compose from; with its dma-buf */
	GPUM_MSG_PICTURE_ADD, /* a layer from a memfd: bytes R, G, B, X, rows without padding */
	GPUM_MSG_LAYER_REMOVE,
	GPUM_MSG_COMPOSE, /* what to draw in the next job; answered with JOB_READY */
	/* mediator to verifier */
	GPUM_MSG_VERIFY, /* a picture to verify; with its dma-buf; answered with JOB_READY */
	/* mediator to any client */
	GPUM_MSG_PING,
	GPUM_MSG_RESUME, /* a new mediator took over; answered with HELLO */

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
	GPUM_MSG_STATE, /* connection state and counters, when changed; at most every 100 ms */
	GPUM_MSG_FAULT, /* the guest broke the protocol; the backend exits afterwards */
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
	uint64_t resume;		/* number of the RESUME that it answers; 0: none */
	char renderer[GPUM_REASON_MAX]; /* GL_RENDERER of the client's GPU, zero-terminated */
};

/* One guest, as the device tree describes it. */
struct gpum_config {
	uint32_t domid;
	uint32_t num_scanouts; /* 1..GPUM_MAX_SCANOUTS */
	struct {
		uint32_t width, height; /* pixels */
		uint32_t frame_period_us;
		char name[GPUM_NAME_MAX];
	} scanout[GPUM_MAX_SCANOUTS];
	uint32_t memory_mib;	  /* bound on the host memory of all resources, in MiB */
	uint32_t max_granted_mib; /* bound on the mapped backing of all resources, in MiB */
	uint32_t max_contexts;	  /* rendering contexts */
	uint32_t max_resources;
	uint32_t max_command_bytes; /* bound on the readable bytes of one command */
	uint32_t max_events_per_s;  /* events beyond this rate are delayed */
	uint32_t max_job_draws; /* draws per slice of a command stream; 0: streams are not cut */
	char guest[GPUM_NAME_MAX];
};

enum gpum_job_kind {
	GPUM_JOB_SUBMIT = 1, /* a 3D command stream, or a slice of one */
	GPUM_JOB_TRANSFER,   /* a transfer to or from a resource */
	GPUM_JOB_COMPOSE,    /* drawing a panel's picture (compositor) */
	GPUM_JOB_VERIFY,     /* reading a picture's regions (verifier) */
};

struct gpum_job {
	uint64_t id;	/* chosen by the client, strictly increasing */
	uint32_t kind;	/* enum gpum_job_kind */
	uint32_t bytes; /* length of the command stream, slice or transfer; a weight */
};

struct gpum_job_done {
	uint64_t id;
	uint32_t failed; /* 1: refused by the renderer, else 0; the GPU is free */
	uint32_t reserved;
	struct gpum_job next; /* saves a JOB_READY; kind 0: none */
};

/* A picture in a dma-buf, or in a memfd (PICTURE_ADD). */
struct gpum_buffer {
	uint32_t id;		 /* chosen by the sender; not 0 */
	uint32_t width, height;	 /* pixels */
	uint32_t stride, offset; /* bytes */
	uint32_t fourcc;	 /* DRM_FORMAT_* */
	uint64_t modifier;	 /* DRM_FORMAT_MOD_* */
	uint32_t y_inverted;	 /* 0: the first row in memory is the top of the picture */
	uint32_t reserved;
};

struct gpum_frame {
	uint32_t scanout;
	uint32_t buffer_id;
	uint32_t x, y, width, height; /* pixels of the buffer to show */
	uint64_t seq;		      /* per scanout; strictly increasing */
};

struct gpum_frame_shown {
	uint32_t scanout;
	uint32_t reserved;
	uint64_t seq;
};

struct gpum_cursor {
	uint32_t scanout;
	uint32_t buffer_id; /* 0: hidden */
	int32_t x, y;	    /* position of the picture's top left pixel, in the scanout's pixels */
};

/*
 * A backend's connection state and counters. Counters that name no other start count from the start
 * of the backend.
 */
struct gpum_state {
	uint32_t xenbus_state; /* enum xenbus_state of Xen's xenbus.h */
	uint32_t contexts, resources;
	uint32_t events_delayed;    /* events delayed for their rate, since connect */
	uint64_t resource_bytes;    /* host memory of all resources */
	uint64_t granted_pages;	    /* pages mapped now: control page, pool and backing */
	uint64_t grant_maps;	    /* map calls */
	uint64_t notifications_in;  /* events from the guest, since connect */
	uint64_t notifications_out; /* events to the guest, since connect */
	uint64_t commands;	    /* commands taken from the queues */
	uint64_t rejected;	    /* commands answered with an error */
	uint64_t cuts;		    /* command streams cut, once per cut */
};

struct gpum_fault {
	char reason[GPUM_REASON_MAX]; /* zero-terminated, printable */
};

struct gpum_panel {
	uint32_t width, height;
	uint32_t fourcc;
	uint32_t reserved;
};

/* Pixels. */
struct gpum_rect {
	int32_t x, y;
	uint32_t width, height;
};

struct gpum_layer {
	struct gpum_rect source; /* in the buffer */
	struct gpum_rect target; /* on the panel; clipped to `clip` */
	struct gpum_rect clip;	 /* the display's region of the panel */
	uint32_t buffer_id;	 /* layer id, unique in the mediator; 0: black */
	uint32_t blend;		 /* 0: opaque; 1: pre-multiplied alpha (cursor) */
};

/*
 * Draw into panel buffer `panel_buffer`. Layers are painted in order, so the last one is on top. A
 * layer whose `keep` bit is set has not changed since the previous composition: its region is
 * copied from the previous panel buffer, since the guest may already draw into its own buffer.
 */
struct gpum_compose {
	uint32_t panel_buffer; /* index, < GPUM_PANEL_BUFFERS */
	uint32_t num_layers;   /* <= GPUM_MAX_LAYERS */
	uint32_t keep;	       /* bit i: layer i */
	uint32_t reserved;
	struct gpum_layer layer[GPUM_MAX_LAYERS];
};

/*
 * The parts of a picture to verify: the announcement strip, then the regions that it announces. All
 * lie inside the buffer; coordinates are those of the upright picture.
 */
struct gpum_verify {
	struct gpum_buffer buffer;
	uint32_t num_rects; /* 1 to GPUM_VERIFY_RECTS; see GPUM_VERIFY_PIXELS */
	uint32_t reserved;
	struct gpum_rect rect[GPUM_VERIFY_RECTS]; /* the strip comes first */
};

struct gpum_id {
	uint32_t id; /* of a buffer or layer; for SCANOUT_OFF, the scanout */
	uint32_t reserved;
};

struct gpum_msg {
	uint32_t type; /* enum gpum_msg_type */
	uint32_t size; /* bytes of the packet, header included */
	union {
		struct gpum_hello hello;
		struct gpum_config config;
		struct gpum_job job; /* JOB_READY */
		struct gpum_id id;   /* BUFFER_REMOVE, LAYER_REMOVE, SCANOUT_OFF */
		struct {
			uint64_t id;
		} run; /* JOB_RUN */
		struct {
			uint64_t number; /* different for each mediator; not 0 */
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

/* Bytes of a packet of this type, header included; 0 for an unknown type. */
uint32_t gpum_msg_size(uint32_t type);

/*
 * Send one message; its type and size are filled in here. `fd` is a descriptor to pass on, which
 * stays the caller's, or -1. Returns 0 or -errno: -EINVAL if the type is unknown or must (not)
 * carry a descriptor, -EAGAIN only on a non-blocking socket.
 */
int gpum_msg_send(int socket, struct gpum_msg *msg, uint32_t type, int fd);

/*
 * Receive one message; members beyond its body are zero. *fd is a descriptor that the caller now
 * owns, or -1. Returns 1 on a message, 0 when the peer has closed the socket, else -errno: -EBADMSG
 * for a packet that breaks the rules above, whose descriptors are closed. Strings may be
 * unterminated, and no value has been validated.
 */
int gpum_msg_recv(int socket, struct gpum_msg *msg, int *fd);

#endif
