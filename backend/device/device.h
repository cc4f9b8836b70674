/* SPDX-License-Identifier: MIT */
/*
 * The virtio-gpu device of one guest: takes commands from the queues strictly in order, keeps the
 * books, has the GPU do jobs when the mediator says so, and answers. docs/architecture.md, "Life of
 * a frame", tells the order of things.
 *
 * Functions that return int return 0 (or 1 where noted) or an enum backend_error, which is final
 * for the connection: BACKEND_ERR_MEDIATOR is the mediator's fault, all others the guest's.
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
 * outlive the device. NULL when memory is short.
 */
struct device *device_create(const struct gpum_config *config, struct gpu *gpu,
			     struct granted *granted, int mediator);
void device_destroy(struct device *dev);

/* Virtio feature bits that the device offers. */
uint64_t device_features(const struct device *dev);

/* Start taking commands. The queues stay the caller's and in place until device_reset(). */
void device_start(struct device *dev, struct virtqueue *control, struct virtqueue *cursor,
		  uint64_t features);

/*
 * Forget queues, contexts, resources, scanouts and everything unanswered, and unmap all backing. A
 * job that the mediator knows of is still brought to its end.
 */
void device_reset(struct device *dev);

/*
 * Take commands from the queues as far as possible, within a budget for one visit. Returns 1 when
 * the budget was used up and there may be more.
 */
int device_pump(struct device *dev);

/* The mediator's messages. */
int device_job_run(struct device *dev, uint64_t id);
int device_frame_shown(struct device *dev, uint32_t scanout, uint64_t seq);

/*
 * Another mediator, which knows nothing: announce buffers, frames, cursors and the waiting job
 * anew. Not while device_is_waiting(). Returns 1 as device_pump() does.
 */
int device_resume(struct device *dev);

/* Whether a job is on the GPU, and to look whether it has ended. */
bool device_is_waiting(const struct device *dev);
int device_poll(struct device *dev);

/* Fill in the counters that the device keeps. */
void device_count(const struct device *dev, struct gpum_state *state);

#endif
