/* SPDX-License-Identifier: MIT */
/*
 * Reading a few rectangles of a picture in a dma-buf. Two implementations: gl.c copies them with
 * the GPU, from memory that the CPU may not reach; map.c maps the memory, if the buffer is linear.
 */
#ifndef MEDIATOR_VERIFIER_READER_H
#define MEDIATOR_VERIFIER_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/protocol/client.h"

/* The rectangles one below the other, left-aligned. A pixel is red, green, blue and an unused byte.
 */
struct sheet {
	uint32_t width, height; /* the widest rectangle's width, the sum of all heights */
	uint8_t *pixels;	/* the verifier's */
};

struct reader {
	const char *name;
	/* False, with the reason on stderr. The descriptor stays the caller's. */
	bool (*read)(struct reader *reader, const struct gpum_verify *check, int fd,
		     struct sheet *sheet);
};

/* Both return static storage; NULL, with the reason on stderr, when there is no GPU. */
struct reader *reader_gl(const char *render_node);
struct reader *reader_map(void);

#endif
