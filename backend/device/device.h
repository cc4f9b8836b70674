/* SPDX-License-Identifier: MIT */
/*
 * The virtio-gpu device of one guest. It takes commands from the queues strictly in order, tracks
 * contexts, resources and scanouts, runs jobs on the GPU when the mediator says so, and answers.
 * docs/architecture.md, "Life of a frame", describes the order of events.
 *
 * Functions returning int return 0 (or 1 where noted) or an enum backend_error. An error is final
 * for the connection. BACKEND_ERR_MEDIATOR means that the mediator broke its protocol or is gone,
 * BACKEND_ERR_SYSTEM that the GPU failed; all others are the guest's fault.
 */
#ifndef BACKEND_DEVICE_DEVICE_H
#define BACKEND_DEVICE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/gpu/gpu.h"
#include "backend/transport/granted.h"
#include "backend/transport/virtqueue.h"
#include "mediator/shared/protocol/client.h"

struct device;

/*
 * `mediator` is the socket to the mediator. GPU, grants and socket stay the caller's and must
 * outlive the device; the config is copied. Returns NULL if memory is short.
 */
struct device *device_create(const struct gpum_config *config, struct gpu *gpu,
			     struct granted *granted, int mediator);
/* Includes device_reset(). Does nothing for NULL. */
void device_destroy(struct device *dev);

/* The VGPU_F_* bits that the device offers. */
uint64_t device_features(const struct device *dev);

/*
 * Start taking commands. The queues stay the caller's and must stay at their addresses until
 * device_reset(); cursor may be NULL. `features` are the VGPU_F_* bits that the driver accepted.
 */
void device_start(struct device *dev, struct virtqueue *control, struct virtqueue *cursor,
		  uint64_t features);

/*
 * Drop the queues, all contexts, resources and scanouts and all unanswered commands, and unmap all
 * backing. A job that the mediator knows of still ends with JOB_DONE.
 */
void device_reset(struct device *dev);

/*
 * Take commands from the queues and process them until the first has to wait or the budget of a
 * visit is used up. Returns 1 in the latter case: call again after serving other sources.
 */
int device_pump(struct device *dev);

/*
 * Handle JOB_RUN and FRAME_SHOWN of the mediator. Both go on with the queues and return as
 * device_pump() does.
 */
int device_job_run(struct device *dev, uint64_t id);
int device_frame_shown(struct device *dev, uint32_t scanout, uint64_t seq);

/*
 * A new mediator has no state: announce all exported buffers, frames, cursors and the waiting job
 * again. Must not be called while device_is_waiting(). Returns as device_pump() does.
 */
int device_resume(struct device *dev);

/*
 * Whether a job is on the GPU. If so, call device_poll() as struct gpu's wait_fd and poll_us say.
 * device_poll() reports the job's end, if it has ended, and returns as device_pump() does.
 */
bool device_is_waiting(const struct device *dev);
int device_poll(struct device *dev);

/*
 * Set contexts, resources, resource_bytes, commands, rejected and cuts; the other members are left
 * as they are.
 */
void device_count(const struct device *dev, struct gpum_state *state);

#endif
