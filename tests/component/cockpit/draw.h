/* SPDX-License-Identifier: MIT */
/* The commands of a guest: virtio-gpu commands, and command streams of the simulated GPU. */
#ifndef TESTS_COMPONENT_COCKPIT_DRAW_H
#define TESTS_COMPONENT_COCKPIT_DRAW_H

#include "backend/gpu/gpu.h"
#include "tests/component/cockpit/guest.h"

/* Each sends a command and returns the answer's type (VIRTIO_GPU_RESP_...), 0 after a time-out. */
uint32_t draw_display_info(struct guest *g, struct virtio_gpu_resp_display_info *info);
uint32_t draw_edid(struct guest *g, uint32_t scanout, struct virtio_gpu_resp_edid *edid);
uint32_t draw_create_2d(struct guest *g, uint32_t resource, uint32_t width, uint32_t height);
uint32_t draw_unref(struct guest *g, uint32_t resource);
/* Attaches `bytes` of consecutive grants from `ref` on as backing. */
uint32_t draw_attach(struct guest *g, uint32_t resource, uint32_t ref, uint32_t bytes);
uint32_t draw_transfer(struct guest *g, uint32_t resource, uint32_t width, uint32_t height);
uint32_t draw_set_scanout(struct guest *g, uint32_t scanout, uint32_t resource, uint32_t width,
			  uint32_t height);
uint32_t draw_flush(struct guest *g, uint32_t resource, uint32_t width, uint32_t height);
uint32_t draw_context(struct guest *g, uint32_t context);

/*
 * Creates a 2D resource with granted backing from *ref on (`ref` may be NULL), fills it with one
 * colour and shows it. Returns 0, or the type of the answer that failed.
 */
uint32_t draw_picture(struct guest *g, uint32_t resource, uint32_t scanout, uint32_t width,
		      uint32_t height, uint32_t colour, uint32_t *ref);

/* Sends a fenced command stream of the simulated GPU. Returns the slot for draw_finished(). */
uint32_t draw_submit(struct guest *g, uint32_t context, uint64_t fence, const struct sim_op *ops,
		     uint32_t count);
/* Sends a job in context 1 that keeps the GPU for `us` microseconds. */
uint32_t draw_work(struct guest *g, uint32_t us);
/* Waits for the answer in a slot; true if it says that the command has succeeded. */
bool draw_finished(struct guest *g, uint32_t slot);

#endif
