/* SPDX-License-Identifier: MIT */
#include <drm_fourcc.h>
#include <linux/dma-buf.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mediator/verifier/reader.h"

#define BYTES_PER_PIXEL 4u

/* The place of red in a pixel's bytes; blue is on the other side of green. -1: unknown. */
static int red_of(uint32_t fourcc)
{
	switch (fourcc) {
	case DRM_FORMAT_XRGB8888:
	case DRM_FORMAT_ARGB8888:
		return 2;
	case DRM_FORMAT_XBGR8888:
	case DRM_FORMAT_ABGR8888:
		return 0;
	default:
		return -1;
	}
}

static void copy_row(const uint8_t *from, uint8_t *to, uint32_t width, int red)
{
	for (uint32_t x = 0; x < width; x++, from += BYTES_PER_PIXEL, to += BYTES_PER_PIXEL) {
		to[0] = from[red];
		to[1] = from[1];
		to[2] = from[2 - red];
		to[3] = 0xff;
	}
}

static void copy(const struct gpum_verify *c, const uint8_t *picture, int red, struct sheet *sheet)
{
	uint8_t *to = sheet->pixels;

	for (uint32_t i = 0; i < c->num_rects; i++) {
		const struct gpum_rect *r = &c->rect[i];

		for (uint32_t y = 0; y < r->height; y++, to += BYTES_PER_PIXEL * sheet->width) {
			uint32_t row = (uint32_t)r->y + y;

			if (c->buffer.y_inverted)
				row = c->buffer.height - 1 - row;
			copy_row(picture + (size_t)row * c->buffer.stride +
					 BYTES_PER_PIXEL * (uint32_t)r->x,
				 to, r->width, red);
		}
	}
}

static bool map_read(struct reader *reader, const struct gpum_verify *c, int fd,
		     struct sheet *sheet)
{
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ};
	const struct gpum_buffer *b = &c->buffer;
	size_t bytes = b->offset + (size_t)b->stride * b->height;
	int red = red_of(b->fourcc);
	uint8_t *memory;

	(void)reader;
	if (red < 0) {
		fprintf(stderr, "error: a picture of format 0x%x cannot be read\n", b->fourcc);
		return false;
	}
	/* A backend may have lied about its buffer's size. */
	if (lseek(fd, 0, SEEK_END) < (off_t)bytes) {
		fprintf(stderr, "error: a picture is smaller than described\n");
		return false;
	}
	memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED) {
		fprintf(stderr, "error: a picture cannot be mapped: %m\n");
		return false;
	}
	/* A memory file does not support this call, and does not need it. */
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	copy(c, memory + b->offset, red, sheet);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
	ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
	munmap(memory, bytes);
	return true;
}

struct reader *reader_map(void)
{
	static struct reader reader = {.name = "mapped memory", .read = map_read};

	return &reader;
}
