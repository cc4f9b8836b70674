/* SPDX-License-Identifier: MIT */
/* Shared by kms.c (the device: what it has) and output_kms.c (one connector: what it shows). */
#ifndef MEDIATOR_DAEMON_KMS_H
#define MEDIATOR_DAEMON_KMS_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#include "mediator/protocol/client.h"

struct kms {
	int fd;
	struct ev_loop *loop;
	struct ev_io events;
	uint32_t crtcs_taken; /* bit: index in the device's list */
	bool modifiers;	      /* framebuffers can name a modifier */
};

/* A connector with all that is needed to drive it. */
struct kms_pipe {
	uint32_t connector, crtc, plane;
	drmModeModeInfo mode;
};

/* False, with the reason logged. */
bool kms_find_pipe(struct kms *kms, const char *name, uint32_t width, uint32_t height,
		   uint32_t refresh_hz, struct kms_pipe *out);

/* Id of an object's property, and its value unless NULL; 0 when there is none. */
uint32_t kms_property(int fd, uint32_t object, uint32_t object_type, const char *name,
		      uint64_t *value);

/* Framebuffer of a dma-buf, or of freshly allocated black pixels. Returns 0 or -errno. */
int kms_framebuffer(struct kms *kms, const struct gpum_buffer *buffer, int fd, uint32_t *id);
int kms_black(struct kms *kms, uint32_t width, uint32_t height, uint32_t *id);

/* In output_kms.c: libdrm calls it when a page flip is done. */
void output_kms_flipped(int fd, unsigned int sequence, unsigned int seconds,
			unsigned int microseconds, unsigned int crtc, void *data);

#endif
