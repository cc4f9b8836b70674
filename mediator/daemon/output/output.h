/* SPDX-License-Identifier: MIT */
/*
 * A display connector as a panel sees it. Two implementations: output_kms.c, and output_none.c for
 * machines without a display. No operation waits for the hardware.
 *
 * If a keeper holds the device open (keeper/keeper.h), a picture outlives the mediator that showed
 * it, until the next picture on the same output is on the screen.
 */
#ifndef MEDIATOR_DAEMON_OUTPUT_OUTPUT_H
#define MEDIATOR_DAEMON_OUTPUT_OUTPUT_H

#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/shared/protocol/client.h"

struct ev_loop;
struct output;

struct output_ops {
	const char *name;
	/*
	 * Make a dma-buf showable. The descriptor stays the caller's. Returns 0 and a handle, not
	 * 0, that is valid for all outputs of the same kind, or -errno.
	 */
	int (*import)(struct output *output, const struct gpum_buffer *buffer, int fd,
		      uint32_t *handle);
	/*
	 * Make a picture of the panel's size showable that the CPU has drawn: XRGB8888, row by row
	 * without gaps. Returns 0 and a handle as import() does, with *fd, the caller's, and
	 * *buffer to read it by (-1: it cannot be read), or -errno.
	 */
	int (*paint)(struct output *output, const uint32_t *pixels, struct gpum_buffer *buffer,
		     int *fd, uint32_t *handle);
	/* Give a handle back; it must not be on the screen. */
	void (*release)(struct output *output, uint32_t handle);
	/*
	 * Show the part `from` of a buffer (handle 0: black), scaled to the whole panel if the
	 * hardware can. Returns 0, and calls `shown` once it is on the screen, later than this
	 * call returns; or -errno, and the picture stays as it is: -EBUSY when the last one is not
	 * yet on the screen.
	 */
	int (*show)(struct output *output, uint32_t handle, const struct gpum_rect *from);
	/*
	 * The picture that an earlier mediator left on the screen: 0, with the descriptor the
	 * caller's and the description's id 0; or -errno, -ENOENT when there is none.
	 */
	int (*inherit)(struct output *output, struct gpum_buffer *buffer, int *fd);
	void (*destroy)(struct output *output);
};

struct output {
	const struct output_ops *ops;
	void (*shown)(struct output *output, void *owner);
	void *owner;
};

/* The device that all KMS outputs are on. */
struct kms;

/*
 * Open a KMS device; wait up to 30 s for it to appear. Returns the descriptor, or -1 with the
 * reason logged.
 */
int kms_open_card(const char *path);

/*
 * Become the master of a KMS device: of `fd`, which a keeper has opened and which is taken over,
 * or, if `fd` is -1, of the device at `path`. NULL, with the reason logged, on failure.
 */
struct kms *kms_open(struct ev_loop *loop, const char *path, int fd);
/*
 * The mediator ends: from now on, if a keeper has the device open, too, the pictures on the screens
 * stay. Then close the device. NULL is allowed for both.
 */
void kms_leave(struct kms *kms);
void kms_close(struct kms *kms);

/* Return NULL, with the reason logged, when the connector or its mode does not exist. */
struct output *output_kms_create(struct kms *kms, const struct config_panel *config);
struct output *output_none_create(struct ev_loop *loop, const struct config_panel *config);

#endif
