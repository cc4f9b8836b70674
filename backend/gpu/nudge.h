/* SPDX-License-Identifier: MIT */
/*
 * Sends commands without effect to a virtual GPU (DRM driver virtio_gpu), whose host may look for
 * completed work only when a command arrives.
 */
#ifndef BACKEND_GPU_NUDGE_H
#define BACKEND_GPU_NUDGE_H

#include <stdint.h>

struct nudge {
	int fd;		 /* of the render node; -1: not a virtual GPU, no nudges */
	uint32_t handle; /* GEM handle of a small buffer */
};

/* Open the render node. Sets fd to -1 if the GPU is not virtual, or on failure. */
void nudge_init(struct nudge *n, const char *render_node);
void nudge_finish(struct nudge *n);
/* Does nothing if fd is -1. Failures are ignored: completion is then noticed later. */
void nudge_send(const struct nudge *n);

#endif
