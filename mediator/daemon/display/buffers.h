/* SPDX-License-Identifier: MIT */
/*
 * A guest's scanout buffers. The backend names them by ids of its own and may forget one that is
 * still being shown; so each gets a *key* that no other picture has (keys.h), and lives until it is
 * both removed and shown nowhere.
 */
#ifndef MEDIATOR_DAEMON_DISPLAY_BUFFERS_H
#define MEDIATOR_DAEMON_DISPLAY_BUFFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/config/config.h"
#include "mediator/daemon/display/keys.h"
#include "mediator/shared/protocol/client.h"

#define BUFFERS_MAX KEYS_OF_GUEST

struct client;
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

/* By panel index: the panel's compositor process, NULL for a panel without one. */
struct buffer_users {
	struct client *compositor[CONFIG_MAX_PANELS];
};

struct buffers {
	uint32_t guest; /* index */
	const struct buffer_users *users;
	/* Whether a picture with that key is shown or about to be; asked of `owner`. */
	bool (*is_shown)(const void *owner, uint32_t key);
	const void *owner;
	struct buffer buffer[BUFFERS_MAX];
	uint32_t announced; /* of them, not removed by the backend */
};

/*
 * Add what the backend announces; takes over fd. Returns NULL, or what is wrong with it: then fd
 * stays the caller's.
 */
const char *buffers_add(struct buffers *buffers, const struct gpum_buffer *description, int fd);

/* Of that id of the backend, or of that key. NULL: there is none. */
struct buffer *buffers_find(struct buffers *buffers, uint32_t id);
struct buffer *buffers_find_key(struct buffers *buffers, uint32_t key);

/* The backend forgets one buffer, or all because it is gone. Frees those that are shown nowhere. */
void buffers_remove(struct buffers *buffers, struct buffer *buffer);
void buffers_remove_all(struct buffers *buffers);

/* Free removed buffers that are shown nowhere. To be called when a picture has left the screen. */
void buffers_reap(struct buffers *buffers);

/* The daemon ends: free all, shown or not. */
void buffers_discard(struct buffers *buffers);

/* The compositor of that panel was started anew and knows no buffer. */
void buffers_forget_layers(struct buffers *buffers, uint32_t panel);

#endif
