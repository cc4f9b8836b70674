/* SPDX-License-Identifier: MIT */
#include "backend/gpu/virgl_stream.h"

#include <string.h>

#define DWORD ((uint32_t)sizeof(uint32_t))

/* The members of enum virgl_context_cmd that matter here. */
enum {
	CREATE_OBJECT = 1,
	CLEAR = 7,
	DRAW_VBO = 8,
	RESOURCE_INLINE_WRITE = 9,
	BLIT = 16,
	RESOURCE_COPY_REGION = 17,
	LAUNCH_GRID = 37,
	TRANSFER3D = 43,
	COPY_TRANSFER3D = 45,
	CLEAR_TEXTURE = 47,
	PIPE_RESOURCE_CREATE = 48,
	PIPE_RESOURCE_SET_TYPE = 49,
	LINK_SHADER = 52,
	CREATE_VIDEO_CODEC = 53,
	END_FRAME = 61,
	CLEAR_SURFACE = 62,
	SET_FRAMEBUFFER_STATE_VIEWS = 63, /* the last known command */
};

#define OBJECT_SHADER 4u /* enum virgl_object_type */
/*
 * An indirect DRAW_VBO takes its parameters from a buffer: its payload dwords, and the dword with
 * the number of draws.
 */
#define INDIRECT_DWORDS	  20u
#define INDIRECT_COUNT_AT 18u

static uint32_t dword_at(const uint8_t *stream, uint32_t index)
{
	uint32_t value;

	memcpy(&value, stream + (size_t)index * DWORD, sizeof(value));
	return value;
}

/*
 * Blobs are not offered, but the commands that create them from a stream would still allocate host
 * memory outside the quota. Video codecs are not offered either: the library is initialized without
 * them.
 */
static bool is_allowed(uint32_t code)
{
	return code <= SET_FRAMEBUFFER_STATE_VIEWS && code != PIPE_RESOURCE_CREATE &&
	       code != PIPE_RESOURCE_SET_TYPE && !(code >= CREATE_VIDEO_CODEC && code <= END_FRAME);
}

static uint32_t count_draws(const uint8_t *stream, uint32_t header)
{
	uint32_t many;

	switch (header & 0xff) {
	case DRAW_VBO:
		many = header >> 16 >= INDIRECT_DWORDS ? dword_at(stream, INDIRECT_COUNT_AT) : 1;
		return many > 0 ? many : 1;
	case CREATE_OBJECT: /* shaders are compiled while the guest holds the GPU */
		return (header >> 8 & 0xff) == OBJECT_SHADER;
	case CLEAR:
	case RESOURCE_INLINE_WRITE:
	case BLIT:
	case RESOURCE_COPY_REGION:
	case LAUNCH_GRID:
	case TRANSFER3D:
	case COPY_TRANSFER3D:
	case CLEAR_TEXTURE:
	case LINK_SHADER:
	case CLEAR_SURFACE:
		return 1;
	}
	return 0;
}

bool virgl_stream_parse(const void *stream, uint32_t bytes, struct stream_command *command)
{
	if (bytes < DWORD)
		return false;
	uint32_t header = dword_at(stream, 0);
	uint32_t dwords = 1 + (header >> 16);
	if (!is_allowed(header & 0xff) || dwords > bytes / DWORD)
		return false;
	command->bytes = dwords * DWORD;
	command->draws = count_draws(stream, header);
	return true;
}
