/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_COMMON_TARGET_H
#define BOARD_GUEST_COMMON_TARGET_H

#include "board/guest/common/kms.h"

#include <stdint.h>

#include <EGL/egl.h>
#include <GLES2/gl2.h>
#include <gbm.h>

/*
 * The target that a program draws into with OpenGL ES 2: a KMS display, or an off-screen picture on
 * a render node or on Mesa's surfaceless platform. After a successful open the context is current.
 * All functions return 0, or -1 after a message on stderr.
 */
struct target {
	uint32_t width; /* pixels */
	uint32_t height;

	struct kms kms; /* display only */
	struct gbm_surface *gbm_surface;
	struct gbm_bo *scanned; /* the screen shows it */
	struct gbm_bo *queued;	/* a flip to it is pending */

	int render_fd; /* render node only */
	struct gbm_device *gbm;
	EGLDisplay egl;
	EGLContext context;
	EGLSurface surface; /* EGL_NO_SURFACE off screen */
	GLuint fbo;	    /* 0 on a display */
	GLuint colour;
};

/* `device` NULL: the first card with a connected display. */
int target_open_display(struct target *t, const char *device);
/* `device` NULL: the first /dev/dri/renderD*. */
int target_open_render_node(struct target *t, const char *device, uint32_t width, uint32_t height);
/* Mesa's surfaceless platform needs no device; without a GPU it renders with llvmpipe. */
int target_open_surfaceless(struct target *t, uint32_t width, uint32_t height);
/* Also accepts a zeroed object, or one that failed to open. */
void target_close(struct target *t);

/* Makes the target's framebuffer and viewport current. Call it after drawing into another one. */
void target_bind(const struct target *t);

/*
 * Shows the frame that was drawn. On a display it waits only for the *previous* flip, so the caller
 * can draw the next frame while this one is not on the screen yet. Off screen it waits for the GPU.
 * Returns 1 if SIGINT or SIGTERM ended the wait.
 */
int target_present(struct target *t);

/* Waits until the presented frame is on the screen. Does nothing off screen. */
int target_settle(struct target *t);

/* Writes the picture of an off-screen target to a PNG file. */
int target_write_png(const struct target *t, const char *file);

/*
 * Compiles and links a program; attribute i of the NULL-terminated list gets location i. Returns 0
 * after a message on stderr.
 */
GLuint target_program(const char *vertex, const char *fragment, const char *const *attributes);

#endif
