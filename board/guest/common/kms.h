/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_COMMON_KMS_H
#define BOARD_GUEST_COMMON_KMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xf86drmMode.h>

/*
 * One display through legacy KMS: the first connected connector with its preferred mode.
 * The kernel puts its own console back when the device is closed, so nothing is saved here.
 * All functions return 0 or -1 and say on stderr what went wrong.
 */
struct kms {
	int fd;
	char path[64];
	uint32_t connector_id;
	uint32_t crtc_id;
	drmModeModeInfo mode;
	bool mode_set;	   /* the mode is on the CRTC; from now on frames are flips */
	bool flip_pending; /* a flip was queued, its event has not come */
};

/* `path` NULL: the first /dev/dri/cardN that has a connected connector. */
int kms_open(struct kms *kms, const char *path);
/* Takes a zeroed or failed object too. */
void kms_close(struct kms *kms);

/*
 * Puts framebuffer `fb` on the screen: sets the mode the first time, queues a flip afterwards.
 * The caller must have called kms_wait() since the flip before. The framebuffer has to stay until
 * the flip after it has completed.
 */
int kms_show(struct kms *kms, uint32_t fb);

/*
 * Waits until no flip is pending. Warns every few seconds while the display does not answer, but
 * goes on waiting: a display that is held back is no reason to leave it. Returns 1 when the wait
 * ended because the program was told to stop.
 */
int kms_wait(struct kms *kms);

/* A CPU-drawn XRGB8888 buffer in the mode's size, mapped for writing. */
struct kms_dumb {
	uint32_t fb;
	uint32_t handle;
	uint32_t stride; /* bytes */
	uint8_t *pixels;
	size_t size; /* bytes mapped */
};

int kms_dumb_create(struct kms *kms, struct kms_dumb *dumb);
/* Takes a zeroed object too. */
void kms_dumb_destroy(struct kms *kms, struct kms_dumb *dumb);

#endif
