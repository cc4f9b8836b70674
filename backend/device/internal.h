/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the device share. They call each other downwards only: job.c (what the mediator
 * says), pump.c (what the queues hold), execute.c (the books), scanout.c (pictures), answer.c.
 */
#ifndef BACKEND_DEVICE_INTERNAL_H
#define BACKEND_DEVICE_INTERNAL_H

#include <linux/virtio_gpu.h>

#include "backend/device/context.h"
#include "backend/device/device.h"
#include "backend/device/resource.h"

#define DEVICE_DEFERRED_MAX 64u

/* To whom an answer goes. */
struct reply {
	struct vq_answer to;
	bool fenced;
	uint64_t fence_id;
	uint32_t context;
};

enum job_state {
	JOB_NONE,
	JOB_WAITING, /* announced; JOB_RUN has not come */
	JOB_RUNNING, /* executed; its fence has not signalled */
};

struct device_scanout {
	uint32_t resource; /* 0: off */
	struct command_rect rect;
	uint64_t seq;		/* of the last FRAME */
	struct gpum_frame last; /* that FRAME; buffer_id 0: its picture is gone or switched off */
	uint64_t again;		/* told to another mediator though answered before; 0: none */
	struct {
		uint32_t resource; /* 0: hidden */
		int32_t x, y;
		bool changed; /* to be told to the mediator */
	} cursor;
};

struct device {
	struct gpum_config config;
	struct gpu *gpu;
	struct granted *granted;
	int mediator;
	bool mediator_failed;

	struct virtqueue *control, *cursor; /* NULL: not started */
	uint64_t features;
	struct resource_table resources;
	struct context_table contexts;
	uint64_t backing_pages, max_backing_pages;

	/*
	 * The command at the head of the control queue; its bytes are in `command`. Of a command
	 * stream, what is left to be run.
	 */
	struct {
		bool valid;
		uint32_t error; /* response to give instead of executing; 0: execute */
		struct command cmd;
		struct command part; /* what the announced job does of it */
		struct reply reply;
	} held;
	void *command;
	struct vq_chain *chain; /* scratch */

	struct {
		enum job_state state;
		bool orphan;   /* the guest that asked is gone */
		bool answered; /* reply has been given, or nobody waits for it */
		bool failed;
		uint32_t result; /* response type */
		uint64_t id;	 /* also of its fence */
		struct reply reply;
	} job;

	/* Answers to fenced commands that came after the running job. */
	struct {
		uint32_t result;
		struct reply reply;
	} deferred[DEVICE_DEFERRED_MAX];
	uint32_t num_deferred;

	/* The flush whose frames are not yet shown. */
	struct {
		uint32_t pending; /* bit per scanout */
		bool answered;
		struct reply reply;
	} flush;
	struct device_scanout scanout[GPUM_MAX_SCANOUTS];
	uint32_t last_buffer_id;

	/* Response under construction, header included. */
	uint8_t *response;
	uint32_t response_bytes, response_max;
	uint64_t commands, rejected, cuts;
};

/* pump.c */
/* Have a command in dev->held: 1, 0 when the queue is empty, or an error. */
int device_fetch(struct device *dev);
/* Whether the held command needs the GPU. */
bool device_held_is_job(const struct device *dev);
/* The held command, or the next slice of it, is the next job: what to tell the mediator of it. */
struct gpum_job device_announce_held(struct device *dev);

/* answer.c */
#define DEVICE_HEADER_BYTES ((uint32_t)sizeof(struct virtio_gpu_ctrl_hdr))
/* Send to the mediator; a failure is noted in mediator_failed. */
void device_send(struct device *dev, uint32_t type, struct gpum_msg *msg, int fd);
/*
 * Give a chain back to the guest with `bytes` of the response buffer. The caller has already filled
 * in the response body, what follows the header.
 */
void device_answer(struct device *dev, struct virtqueue *vq, const struct reply *reply,
		   uint32_t type, uint32_t bytes);
/* The VIRTIO_GPU_RESP_OK_* of a command. */
uint32_t device_success_type(const struct command *cmd);

/* execute.c: the bookkeeping. All return 0 or a VIRTIO_GPU_RESP_ERR_*. */
/* Bytes of the answer, to be known before anything is done. */
uint32_t device_response_size(const struct device *dev, const struct command *cmd);
/* Whether the command was negotiated, and a job's ids and boxes fit. */
uint32_t device_check(struct device *dev, const struct command *cmd);
/* Sets response_bytes and what follows the header when the answer has a body. */
uint32_t device_execute(struct device *dev, const struct command *cmd);
void device_drop_all(struct device *dev);

/* scanout.c */
uint32_t scanout_set(struct device *dev, const struct command *cmd);
uint32_t scanout_cursor(struct device *dev, const struct command *cmd);
/* Bit per scanout that shows the resource. */
uint32_t scanout_mask(const struct device *dev, uint32_t resource);
void scanout_show(struct device *dev, uint32_t mask);
void scanout_send_cursors(struct device *dev);
/* All buffers, frames and cursors once more; returns a bit per scanout that has a frame. */
uint32_t scanout_resume(struct device *dev);
/* The resource is about to go. */
void scanout_forget(struct device *dev, struct resource *r);

#endif
