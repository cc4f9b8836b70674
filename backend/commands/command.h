/* SPDX-License-Identifier: MIT */
/*
 * Decodes the bytes of a virtio-gpu command (virtio 1.2, section 5.7.6) into a struct command with
 * validated values. Pure: no state, no system call. This module validates what a command shows by
 * itself; the device validates that ids exist and that boxes fit their resource.
 */
#ifndef BACKEND_COMMANDS_COMMAND_H
#define BACKEND_COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "mediator/shared/protocol/client.h"

#define COMMAND_CONTEXT_NAME_MAX 64u
/*
 * Limits of a resource, not exceeded by any GL driver; larger resources are refused. They also
 * bound the arithmetic of geometry_bytes().
 */
#define COMMAND_MAX_SIDE    16384u
#define COMMAND_MAX_LAYERS  2048u
#define COMMAND_MAX_SAMPLES 32u
#define COMMAND_MAX_LEVELS  15u

enum command_op {
	COMMAND_GET_DISPLAY_INFO,
	COMMAND_RESOURCE_CREATE, /* RESOURCE_CREATE_2D and _3D */
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
	COMMAND_TRANSFER, /* TRANSFER_TO_HOST_2D, TRANSFER_TO_HOST_3D, TRANSFER_FROM_HOST_3D */
	COMMAND_SUBMIT,
	COMMAND_UPDATE_CURSOR,
	COMMAND_MOVE_CURSOR,
};

enum command_queue { COMMAND_ON_CONTROL, COMMAND_ON_CURSOR };

struct command_rect {
	uint32_t x, y, width, height; /* pixels */
};

struct command_box {
	uint32_t x, y, z, width, height, depth;
};

/*
 * One virtio_gpu_mem_entry: `pages` consecutive grant references, the first of which is `ref`.
 * Never empty.
 */
struct command_run {
	uint32_t ref;
	uint32_t offset; /* of the first byte in the first page */
	uint32_t length; /* bytes */
	uint32_t pages;
};

/*
 * A texture or buffer. Target, format, bind and flags are Gallium's numbers, as virgl transmits
 * them.
 */
struct command_geometry {
	uint32_t target, format, bind;
	uint32_t width, height, depth, array_size;
	uint32_t last_level, samples, flags;
	bool is_2d; /* created by RESOURCE_CREATE_2D */
};

struct command {
	enum command_op op;
	bool fenced; /* VIRTIO_GPU_FLAG_FENCE was set */
	uint64_t fence_id;
	uint32_t context; /* ctx_id of the header; what CTX_* commands are about */
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
			uint32_t scanout, resource; /* resource 0: switch the scanout off */
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
			uint64_t pages, bytes; /* sums over the runs */
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
			char name[COMMAND_CONTEXT_NAME_MAX + 1]; /* printable ASCII */
		} ctx_create;
		struct {
			struct command_box box;
			uint64_t offset;				/* bytes into the backing */
			uint32_t resource, level, stride, layer_stride; /* strides: bytes */
			bool to_host, is_2d;
		} transfer;
		struct {
			void *stream;	/* in the buffer given to command_decode() */
			uint32_t bytes; /* multiple of 4; 0: the command is only a fence */
		} submit;
		struct {
			uint32_t scanout, resource; /* resource 0: hide; always 0 for MOVE */
			int32_t x, y;		    /* pixels; negative off the left and top edge */
		} cursor;
	};
};

/*
 * Decode one command of `length` bytes.
 *
 * `bytes` must be private memory (the guest must not be able to write to it), aligned to 8. It
 * stays the caller's, is partly overwritten, and must live as long as *cmd, which points into it.
 *
 * Returns 0, or the VIRTIO_GPU_RESP_ERR_* to answer the guest with. `fenced`, `fence_id` and
 * `context` are set in both cases (zero if even the header is missing), since error responses carry
 * them as well.
 */
uint32_t command_decode(enum command_queue queue, void *bytes, uint32_t length,
			struct command *cmd);

/* Whether the command uses the GPU and must therefore wait for the mediator's JOB_RUN. */
bool command_is_job(const struct command *cmd);

/*
 * The job to announce to the mediator for this command. The caller fills in the id. `bytes` is the
 * size of the stream or, for a transfer, an estimate.
 */
struct gpum_job command_job(const struct command *cmd);

/* Bytes of one pixel, rounded up for block-compressed formats; 0 for an unknown format. */
uint32_t format_bytes(uint32_t format);

/*
 * Upper bound on the host memory of a resource, in bytes; 0 if the geometry is invalid or exceeds a
 * COMMAND_MAX_*.
 */
uint64_t geometry_bytes(const struct command_geometry *geometry);

#endif
