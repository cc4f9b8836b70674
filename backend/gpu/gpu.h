/* SPDX-License-Identifier: MIT */
/*
 * A GPU as the backend sees it. It is given validated commands only, one at a time, and belongs to
 * one guest. Nothing here blocks on the GPU. Functions return 0 or a negative errno.
 */
#ifndef BACKEND_GPU_GPU_H
#define BACKEND_GPU_GPU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "backend/commands/command.h"
#include "mediator/shared/protocol/client.h"

#define GPU_CAPSETS_MAX 2u

struct gpu;

/* One command of a command stream. */
struct stream_command {
	uint32_t bytes; /* its length, at least 1 */
	uint32_t draws; /* how much work it is, counted in draws; 0: it only prepares some */
};

/*
 * Find the first command of `bytes` of a command stream. False when it is unknown, reaches beyond
 * the end, or is not for guests. Pure: what it says depends on these bytes only.
 */
typedef bool stream_parser(const void *stream, uint32_t bytes, struct stream_command *command);

struct gpu_ops {
	/*
	 * Execute a RESOURCE_CREATE, RESOURCE_UNREF, CTX_*, ATTACH_BACKING, DETACH_BACKING,
	 * TRANSFER or SUBMIT. The ids are the guest's, and known to be fresh or to exist; a
	 * stream's commands have been accepted by parse(). The scatter list goes with
	 * ATTACH_BACKING only and stays valid until DETACH_BACKING; all access to guest memory
	 * happens within execute().
	 */
	int (*execute)(struct gpu *gpu, const struct command *cmd, struct iovec *iov,
		       uint32_t num_iov);
	stream_parser *parse;
	/* Mark the end of what was executed so far. Ids grow strictly. Never for nothing. */
	int (*fence)(struct gpu *gpu, uint64_t id);
	/* The newest fence that has completed. */
	uint64_t (*poll)(struct gpu *gpu);
	/* The picture in a resource as a descriptor that the caller owns; *picture without id. */
	int (*export_scanout)(struct gpu *gpu, uint32_t resource, struct gpum_buffer *picture);
	/* Fill in a capability set of capset[].max_size bytes. */
	int (*capset)(struct gpu *gpu, uint32_t id, uint32_t version, void *to);
	void (*destroy)(struct gpu *gpu);
};

struct gpu {
	const struct gpu_ops *ops;
	char renderer[GPUM_REASON_MAX];
	bool compiles_for_cpu; /* needs memory that can be executed: a software renderer */
	struct {
		uint32_t id, max_version, max_size;
	} capset[GPU_CAPSETS_MAX];
	uint32_t num_capsets;
	/*
	 * How to learn of completion while a fence is outstanding: wait_fd becomes readable, or
	 * call poll() again after poll_us. Both may change with every fence() and poll().
	 */
	int wait_fd; /* -1: none */
	uint32_t poll_us;
};

/*
 * A GPU through libvirglrenderer; one per process. `render_node` NULL: no device, a software
 * renderer (tests). NULL when it cannot be had; the reason is on stderr.
 *
 * nudge_us: a virtual GPU (virtio_gpu) may have a host that looks for completed work only when a
 * command comes in, or on a slow timer. While a fence is outstanding, such a GPU is sent a command
 * without effect, at most every nudge_us and when it may be done (expect.h), for each costs the
 * host time. 0: never. Other GPUs are not nudged.
 */
struct gpu *gpu_virgl_create(const char *render_node, uint32_t nudge_us);

/*
 * A GPU in virtual time, for tests: jobs take as long as their command stream says, pictures lie in
 * memfds. `now_us` is asked for the time. Streams are sequences of struct sim_op.
 */
struct gpu *gpu_sim_create(uint64_t (*now_us)(void *opaque), void *opaque);

enum sim_op_code {
	SIM_WORK = 1, /* takes `value` microseconds; a draw */
	SIM_FILL,     /* all pixels of `resource` become `value`; a draw */
	SIM_FAIL,     /* the renderer refuses the stream here */
	SIM_STATE,    /* does nothing, as what prepares a draw */
};

struct sim_op {
	uint32_t code, resource, value;
};

#endif
