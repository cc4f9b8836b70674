/* SPDX-License-Identifier: MIT */
/*
 * A guest's scanout buffers. The backend names them by ids of its own and may forget one that is
 * still being shown; so each gets a *key* that nobody else in the mediator has, and lives until it
 * is both removed and shown nowhere.
 */
#ifndef MEDIATOR_DAEMON_BUFFERS_H
#define MEDIATOR_DAEMON_BUFFERS_H

#include <stdint.h>

#include "mediator/protocol/client.h"

/* Announced ones, and on each display one pending, one latched, one being made, one shown. */
#define BUFFERS_MAX (GPUM_MAX_BUFFERS + 4u * GPUM_MAX_SCANOUTS)

struct guest;
struct output;

struct buffer {
	uint32_t key;	 /* 0: free */
	uint32_t id;	 /* the backend's; 0: removed by it */
	int fd;		 /* the dma-buf */
	uint32_t layers; /* bit i: the compositor of panel i knows it, as layer `key` */
	uint32_t handle; /* of `output`; 0: none */
	struct output *output;
	struct gpum_buffer description;
};

struct buffers {
	struct buffer buffer[BUFFERS_MAX];
	uint32_t announced;
};

/* Takes over fd. Returns NULL, or what is wrong with it; fd is the caller's then. */
const char *buffers_add(struct guest *guest, const struct gpum_buffer *description, int fd);

/* NULL: there is none. */
struct buffer *buffers_find(struct guest *guest, uint32_t id);
struct buffer *buffers_find_key(struct guest *guest, uint32_t key);

/* The backend forgets one; or all, because it is gone. */
void buffers_remove(struct guest *guest, struct buffer *buffer);
void buffers_remove_all(struct guest *guest);

/* Free what is removed and shown nowhere. Call it when something left the screen. */
void buffers_reap(struct guest *guest);

/* The daemon ends: free all, shown or not. */
void buffers_discard(struct guest *guest);

/* A panel's compositor was started anew and knows no buffer. */
void buffers_forget_layers(struct guest *guest, uint32_t panel);

#endif
