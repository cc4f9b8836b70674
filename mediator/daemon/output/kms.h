/* SPDX-License-Identifier: MIT */
/* Shared by kms.c (the KMS device) and output_kms.c (one connector of it). */
#ifndef MEDIATOR_DAEMON_OUTPUT_KMS_H
#define MEDIATOR_DAEMON_OUTPUT_KMS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "mediator/shared/protocol/client.h"

struct kms {
	int fd;
	struct ev_loop *loop;
	struct ev_io events;
	uint32_t crtcs_taken; /* bit: index in the device's list */
	bool modifiers;	      /* framebuffers can name a modifier */
	bool kept;	      /* a keeper has the device open, too */
	bool leaving;	      /* the pictures on the screens must stay */
	uint64_t flips;	      /* name of the last flip */
	struct kms_flip *waiting;
};

/*
 * A wait for a flip. The names of flips differ from those of earlier mediators on the same device,
 * whose events arrive here, too.
 */
struct kms_flip {
	struct kms_flip *next;
	uint64_t name;
	void (*done)(struct kms_flip *flip);
};

/* A connector, with the CRTC and the primary plane that drive it. */
struct kms_pipe {
	uint32_t connector, crtc, plane;
	drmModeModeInfo mode;
};

/* Find the connector `name` and a mode of that size, as near as possible to refresh_hz. False, with
 * the reason logged, when there is none. */
bool kms_find_pipe(struct kms *kms, const char *name, uint32_t width, uint32_t height,
		   uint32_t refresh_hz, struct kms_pipe *out);

/* Id of an object's property, and its value unless NULL; 0 when there is none. */
uint32_t kms_property(int fd, uint32_t object, uint32_t object_type, const char *name,
		      uint64_t *value);

/* Framebuffer of a dma-buf, or of freshly allocated black pixels. Returns 0 or -errno. */
int kms_framebuffer(struct kms *kms, const struct gpum_buffer *buffer, int fd, uint32_t *id);
int kms_black(struct kms *kms, uint32_t width, uint32_t height, uint32_t *id);

/*
 * Make a framebuffer of pixels that the CPU has drawn: XRGB8888 without gaps, in *buffer's width
 * and height. Fills in the rest of *buffer, and *fd: a dma-buf of it that becomes the caller's, or
 * -1 if the driver exports none. Returns 0 or -errno.
 */
int kms_painted(struct kms *kms, const uint32_t *pixels, struct gpum_buffer *buffer, int *fd,
		uint32_t *id);

/*
 * The framebuffer that an earlier mediator left on a plane, 0 for none; and a dma-buf of its
 * pixels: returns 0, and *fd becomes the caller's, or -errno.
 */
uint32_t kms_left_on(struct kms *kms, uint32_t plane);
int kms_export(struct kms *kms, uint32_t framebuffer, struct gpum_buffer *buffer, int *fd);

/*
 * Begin to wait for a flip: returns the user data for drmModeAtomicCommit(). flip->done is called
 * when the flip has happened, unless kms_forget() ends the wait before.
 */
void *kms_expect(struct kms *kms, struct kms_flip *flip);
void kms_forget(struct kms *kms, struct kms_flip *flip);

#endif
