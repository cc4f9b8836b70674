/* SPDX-License-Identifier: MIT */
/*
 * From the bytes of a virtio-gpu command (virtio 1.2, section 5.7.6) to a validated value of a type
 * of its own. Pure. What can be judged from the command alone is judged here; whether ids exist and
 * boxes fit is the device's business.
 */
#ifndef BACKEND_COMMANDS_COMMAND_H
#define BACKEND_COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/protocol/client.h"

#define COMMAND_CONTEXT_NAME_MAX 64u
/* The largest texture side, array size and sample count of any GL; refused beyond. */
#define COMMAND_MAX_SIDE    16384u
#define COMMAND_MAX_LAYERS  2048u
#define COMMAND_MAX_SAMPLES 32u
#define COMMAND_MAX_LEVELS  15u

enum command_op {
	COMMAND_GET_DISPLAY_INFO,
	COMMAND_RESOURCE_CREATE, /* 2D and 3D */
	COMMAND_RESOURCE_UNREF,
	COMMAND_SET_SCANOUT,
	COMMAND_RESOURCE_FLUSH,
	COMMAND_ATTACH_BACKING,
	COMMAND_DETACH_BACKING,
	COMMAND_GET_CAPSET_INFO,
	COMMAND_GET_CAPSET,
	COMMAND_GET_EDID,
	COMMAND_CTX_CREATE,
	COMMAND_CTX_DESTROY,
	COMMAND_CTX_ATTACH,
	COMMAND_CTX_DETACH,
	COMMAND_TRANSFER, /* to the host or from it, 2D and 3D */
	COMMAND_SUBMIT,
	COMMAND_UPDATE_CURSOR,
	COMMAND_MOVE_CURSOR,
};

enum command_queue { COMMAND_ON_CONTROL, COMMAND_ON_CURSOR };

struct command_rect {
	uint32_t x, y, width, height;
};

struct command_box {
	uint32_t x, y, z, width, height, depth;
};

/* Consecutive grants of the guest: `pages` of them, from `ref` on. Never empty. */
struct command_run {
	uint32_t ref;
	uint32_t offset; /* in the first page */
	uint32_t length; /* bytes */
	uint32_t pages;
};

/* A texture or buffer; values as Gallium numbers them (virgl's enums). */
struct command_geometry {
	uint32_t target, format, bind;
	uint32_t width, height, depth, array_size;
	uint32_t last_level, samples, flags;
	bool is_2d; /* created by RESOURCE_CREATE_2D */
};

struct command {
	enum command_op op;
	bool fenced;
	uint64_t fence_id;
	uint32_t context; /* the header's; also of CTX_* */
	union {
		struct {
			uint32_t resource;
			struct command_geometry geometry;
		} create;
		struct {
			uint32_t resource;
		} unref, detach, ctx_resource;
		struct {
			struct command_rect rect;
			uint32_t scanout, resource; /* resource 0: off */
		} set_scanout;
		struct {
			struct command_rect rect;
			uint32_t resource;
		} flush;
		struct {
			uint32_t resource;
			const struct command_run
				*runs;	       /* in the buffer given to command_decode() */
			uint32_t num_runs;     /* at least 1 */
			uint64_t pages, bytes; /* sums */
		} attach;
		struct {
			uint32_t index;
		} capset_info;
		struct {
			uint32_t id, version;
		} capset;
		struct {
			uint32_t scanout;
		} edid;
		struct {
			char name[COMMAND_CONTEXT_NAME_MAX + 1]; /* printable */
		} ctx_create;
		struct {
			struct command_box box;
			uint64_t offset;
			uint32_t resource, level, stride, layer_stride;
			bool to_host, is_2d;
		} transfer;
		struct {
			void *stream;	/* in the buffer given to command_decode() */
			uint32_t bytes; /* multiple of 4; 0: only a fence is wanted */
		} submit;
		struct {
			uint32_t scanout, resource; /* resource 0: hidden; 0 for a move */
			int32_t x, y;
		} cursor;
	};
};

/*
 * Decode one command. `bytes` is private memory, aligned to 8; it stays the caller's and must live
 * as long as *cmd, and is rewritten in part. Returns 0 or the VIRTIO_GPU_RESP_ERR_* to answer with;
 * the fence members of *cmd are valid in both cases.
 */
uint32_t command_decode(enum command_queue queue, void *bytes, uint32_t length,
			struct command *cmd);

/* Whether the command needs the GPU, so that it has to wait for its turn. */
bool command_is_job(const struct command *cmd);

/* The job as the mediator is told about it, without its id. */
struct gpum_job command_job(const struct command *cmd);

/* Bytes of one pixel, at least; from above for formats in blocks. 0 for an unknown format. */
uint32_t format_bytes(uint32_t format);

/* Host memory that a resource takes, from above, in bytes; 0 when the geometry is not possible. */
uint64_t geometry_bytes(const struct command_geometry *geometry);

#endif
