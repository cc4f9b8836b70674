/* SPDX-License-Identifier: MIT */
/*
 * Reading a few rectangles of a picture that lies in a dma-buf. Two ways: by the GPU (gl.c), where
 * the pixels may lie where no CPU sees them; and by mapping the memory (map.c), for linear buffers
 * that can be.
 */
#ifndef MEDIATOR_VERIFIER_READER_H
#define MEDIATOR_VERIFIER_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/protocol/client.h"

/* The rectangles, one below the other, each at the left edge: red, green, blue, X. */
struct sheet {
	uint32_t width, height; /* of the widest, of all together */
	uint8_t *pixels;	/* the verifier's */
};

struct reader {
	const char *name;
	/* False, with the reason on stderr. The descriptor stays the caller's. */
	bool (*read)(struct reader *reader, const struct gpum_verify *check, int fd,
		     struct sheet *sheet);
};

/* NULL, with the reason on stderr, when there is no GPU. Of static storage, both. */
struct reader *reader_gl(const char *render_node);
struct reader *reader_map(void);

#endif
