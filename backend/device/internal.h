/* SPDX-License-Identifier: MIT */
/*
 * The device's state, and the interfaces between its parts. The parts call each other downwards
 * only: job.c (the mediator's messages), pump.c (the queues), execute.c (contexts and resources),
 * scanout.c (pictures), answer.c (responses).
 */
#ifndef BACKEND_DEVICE_INTERNAL_H
#define BACKEND_DEVICE_INTERNAL_H

#include <linux/virtio_gpu.h>

#include "backend/device/context.h"
#include "backend/device/device.h"
#include "backend/device/resource.h"

#define DEVICE_DEFERRED_MAX 64u

/* Where a response goes, and the fence that it must echo. */
struct reply {
	struct vq_answer to;
	bool fenced;
	uint64_t fence_id;
	uint32_t context;
};

enum job_state {
	JOB_NONE,
	JOB_WAITING, /* announced, no JOB_RUN yet */
	JOB_RUNNING, /* executed, fence not signalled yet */
};

struct device_scanout {
	uint32_t resource; /* 0: the scanout is off */
	struct command_rect rect;
	uint64_t seq;		/* number of the last FRAME */
	struct gpum_frame last; /* that FRAME; buffer_id 0: picture gone or scanout off */
	/*
	 * Number of a FRAME that is repeated for a new mediator though its flush is answered; 0:
	 * none.
	 */
	uint64_t again;
	struct {
		uint32_t resource; /* 0: the cursor is hidden */
		int32_t x, y;
		bool changed; /* not yet sent to the mediator */
	} cursor;
};

struct device {
	struct gpum_config config;
	struct gpu *gpu;
	struct granted *granted;
	int mediator;
	bool mediator_failed; /* a message could not be sent */

	struct virtqueue *control, *cursor; /* NULL: not started */
	uint64_t features;		    /* accepted VGPU_F_* */
	struct resource_table resources;
	struct context_table contexts;
	uint64_t backing_pages, max_backing_pages;

	/*
	 * The command at the head of the control queue. Its bytes are in `command`. Of a command
	 * stream, `cmd` holds the rest that has not run yet.
	 */
	struct {
		bool valid;
		uint32_t error; /* error response to give instead of executing; 0: execute */
		struct command cmd;
		struct command part; /* the slice of `cmd` that the announced job runs */
		struct reply reply;
	} held;
	void *command;
	struct vq_chain *chain; /* scratch, for the chain being taken */

	struct {
		enum job_state state;
		bool orphan;   /* the guest was reset; the job still has to end for the mediator */
		bool answered; /* response given, or none is due */
		bool failed;
		uint32_t result; /* VIRTIO_GPU_RESP_* */
		uint64_t id;	 /* also the id of its GPU fence */
		struct reply reply;
	} job;

	/*
	 * Responses of fenced commands that were executed while the job was running; they are given
	 * after its response.
	 */
	struct {
		uint32_t result;
		struct reply reply;
	} deferred[DEVICE_DEFERRED_MAX];
	uint32_t num_deferred;

	/* The flush that waits until its frames are shown. */
	struct {
		uint32_t pending; /* one bit per scanout */
		bool answered;
		struct reply reply;
	} flush;
	struct device_scanout scanout[GPUM_MAX_SCANOUTS];
	uint32_t last_buffer_id;

	/* Scratch for the response under construction; sizes in bytes, header included. */
	uint8_t *response;
	uint32_t response_bytes, response_max;
	uint64_t commands, rejected, cuts; /* as in struct gpum_state */
};

/* pump.c */
/*
 * Make sure that dev->held holds the next command. Returns 1, 0 if the queue is empty, or a
 * backend_error.
 */
int device_fetch(struct device *dev);
/* Whether the held command is valid and needs the GPU. */
bool device_held_is_job(const struct device *dev);
/*
 * Make the held command, or its next slice, the waiting job. Returns the job to announce to the
 * mediator.
 */
struct gpum_job device_announce_held(struct device *dev);

/* answer.c */
#define DEVICE_HEADER_BYTES ((uint32_t)sizeof(struct virtio_gpu_ctrl_hdr))
/*
 * Send a message of `type` to the mediator. `fd` is passed along unless -1; it stays the caller's.
 * A failure sets mediator_failed.
 */
void device_send(struct device *dev, uint32_t type, struct gpum_msg *msg, int fd);
/*
 * Answer a chain with a response of `bytes` bytes and the given VIRTIO_GPU_RESP_* type. The header
 * is filled in here; the caller has already filled in the response body.
 */
void device_answer(struct device *dev, struct virtqueue *vq, const struct reply *reply,
		   uint32_t type, uint32_t bytes);
/* The VIRTIO_GPU_RESP_OK_* that answers a command. */
uint32_t device_success_type(const struct command *cmd);

/* execute.c: bookkeeping. Functions return 0 or a VIRTIO_GPU_RESP_ERR_* unless noted. */
/*
 * Bytes of the response in case of success, header included. Tested before anything is done, so
 * that a command whose response does not fit has no effect.
 */
uint32_t device_response_size(const struct device *dev, const struct command *cmd);
/*
 * Whether the command's feature was negotiated and, for a job, whether its ids exist and its boxes
 * and backing fit.
 */
uint32_t device_validate(struct device *dev, const struct command *cmd);
/* Execute a command; a response body is written to dev->response, and response_bytes set. */
uint32_t device_execute(struct device *dev, const struct command *cmd);
/* Destroy all contexts and resources. */
void device_drop_all(struct device *dev);

/* scanout.c */
/* SET_SCANOUT, and the cursor commands: return 0 or a VIRTIO_GPU_RESP_ERR_*. */
uint32_t scanout_set(struct device *dev, const struct command *cmd);
uint32_t scanout_cursor(struct device *dev, const struct command *cmd);
/* One bit per scanout that shows the resource. */
uint32_t scanout_mask(const struct device *dev, uint32_t resource);
/* Send a FRAME for each scanout in the mask. */
void scanout_show(struct device *dev, uint32_t mask);
/* Send a CURSOR for each cursor that changed. */
void scanout_send_cursors(struct device *dev);
/* Announce all buffers, frames and cursors again. Returns one bit per scanout that has a frame. */
uint32_t scanout_resume(struct device *dev);
/*
 * The resource is about to be destroyed: switch off its scanouts and cursors, and withdraw its
 * buffer.
 */
void scanout_forget(struct device *dev, struct resource *r);

#endif
