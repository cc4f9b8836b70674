/* SPDX-License-Identifier: MIT */
#ifndef BOARD_GUEST_COMMON_KMS_H
#define BOARD_GUEST_COMMON_KMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xf86drmMode.h>

/*
 * One display, driven through legacy KMS: the first connected connector with its preferred mode.
 * The kernel restores its own console when the device is closed, so nothing is saved here.
 * All functions return 0, or -1 after a message on stderr.
 */
struct kms {
	int fd;
	char path[64];
	uint32_t connector_id;
	uint32_t crtc_id;
	drmModeModeInfo mode;
	bool mode_set;	   /* the CRTC has the mode, so kms_show() flips */
	bool flip_pending; /* a flip is queued and has not completed */
};

/* `path` NULL: the first /dev/dri/cardN that has a connected connector. */
int kms_open(struct kms *kms, const char *path);
/* Also accepts a zeroed object, or one that kms_open() failed to open. */
void kms_close(struct kms *kms);

/*
 * Shows the framebuffer `fb`: sets the mode the first time, queues a flip afterwards. Call
 * kms_wait() between two calls. Keep the framebuffer until the flip to the next one has completed.
 */
int kms_show(struct kms *kms, uint32_t fb);

/*
 * Waits until no flip is pending. Warns every few seconds, but waits on: the mediator may hold a
 * display back for any time. Returns 1 if SIGINT or SIGTERM ended the wait.
 */
int kms_wait(struct kms *kms);

/* An XRGB8888 buffer of the mode's size, mapped so that the CPU can draw into it. */
struct kms_dumb {
	uint32_t fb;
	uint32_t handle;
	uint32_t stride; /* bytes */
	uint8_t *pixels;
	size_t size; /* bytes mapped */
};

int kms_dumb_create(struct kms *kms, struct kms_dumb *dumb);
/* Also accepts a zeroed object. */
void kms_dumb_destroy(struct kms *kms, struct kms_dumb *dumb);

#endif
