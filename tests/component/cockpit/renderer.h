/* SPDX-License-Identifier: MIT */
/*
 * Drives the real renderer with one context and one picture. An error in a void function fails the
 * test.
 */
#ifndef TESTS_COMPONENT_COCKPIT_RENDERER_H
#define TESTS_COMPONENT_COCKPIT_RENDERER_H

#include "backend/gpu/gpu.h"

#define RENDERER_SIDE	 16u
#define RENDERER_PICTURE 1u
#define RENDERER_CONTEXT 7u

/* virgl's protocol: command | object << 8 | length << 16 */
#define RENDERER_CMD(command, object, length)                                                      \
	((uint32_t)(command) | (uint32_t)(object) << 8 | (uint32_t)(length) << 16)

/* Numbers of virgl's protocol (virglrenderer, src/virgl_protocol.h). */
enum { RENDERER_SURFACE = 8, RENDERER_B8G8R8A8 = 1, RENDERER_CLEAR_COLOUR0 = 4 };

/* Group fixtures: *state is the struct gpu, a software renderer. */
int renderer_start(void **state);
int renderer_stop(void **state);

int renderer_execute(struct gpu *gpu, struct command cmd);

/* Creates the picture, a square of RENDERER_SIDE pixels. */
void renderer_create_picture(struct gpu *gpu);
void renderer_remove_picture(struct gpu *gpu);
void renderer_attach(struct gpu *gpu, uint32_t resource, struct iovec *iov);
void renderer_detach(struct gpu *gpu, uint32_t resource);
int renderer_transfer(struct gpu *gpu, uint32_t context, bool to_host, uint32_t width);

/* `op`: COMMAND_CTX_CREATE or _DESTROY; or COMMAND_CTX_ATTACH or _DETACH for the picture. */
int renderer_context(struct gpu *gpu, enum command_op op);
int renderer_submit(struct gpu *gpu, uint32_t *stream, size_t bytes);
/* Sets a fence and waits until it has signalled. `fence` must be larger in each call. */
void renderer_wait(struct gpu *gpu, uint64_t fence);

#endif
