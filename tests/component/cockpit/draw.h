/* SPDX-License-Identifier: MIT */
/* What a guest says to draw: virtio-gpu commands, and command streams of the simulated GPU. */
#ifndef TESTS_COMPONENT_COCKPIT_DRAW_H
#define TESTS_COMPONENT_COCKPIT_DRAW_H

#include "backend/gpu/gpu.h"
#include "tests/component/cockpit/guest.h"

/* Each returns the answer's type (VIRTIO_GPU_RESP_...), 0 when none came in time. */
uint32_t draw_display_info(struct guest *g, struct virtio_gpu_resp_display_info *info);
uint32_t draw_edid(struct guest *g, uint32_t scanout, struct virtio_gpu_resp_edid *edid);
uint32_t draw_create_2d(struct guest *g, uint32_t resource, uint32_t width, uint32_t height);
uint32_t draw_unref(struct guest *g, uint32_t resource);
/* `bytes` of consecutive grants from `ref` on. */
uint32_t draw_attach(struct guest *g, uint32_t resource, uint32_t ref, uint32_t bytes);
uint32_t draw_transfer(struct guest *g, uint32_t resource, uint32_t width, uint32_t height);
uint32_t draw_set_scanout(struct guest *g, uint32_t scanout, uint32_t resource, uint32_t width,
			  uint32_t height);
uint32_t draw_flush(struct guest *g, uint32_t resource, uint32_t width, uint32_t height);
uint32_t draw_context(struct guest *g, uint32_t context);

/* A 2D resource with granted backing, filled with one colour and shown. 0 or the failing answer. */
uint32_t draw_picture(struct guest *g, uint32_t resource, uint32_t scanout, uint32_t width,
		      uint32_t height, uint32_t colour, uint32_t *ref);

/* Sends a fenced stream of the simulated GPU; returns the slot to wait for. */
uint32_t draw_submit(struct guest *g, uint32_t context, uint64_t fence, const struct sim_op *ops,
		     uint32_t count);
/* The same, in context 1: a job that takes so long. */
uint32_t draw_work(struct guest *g, uint32_t us);
/* Waits for a slot: true when its command has succeeded. */
bool draw_finished(struct guest *g, uint32_t slot);

#endif
