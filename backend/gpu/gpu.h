/* SPDX-License-Identifier: MIT */
/*
 * The backend's interface to a GPU. A GPU serves one guest and is given validated commands only,
 * one at a time. No function waits for the GPU to finish work. Functions returning int return 0 or
 * a negative errno unless noted.
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
	uint32_t bytes; /* length, at least 1 */
	uint32_t draws; /* amount of work, counted in draws; 0: only sets state */
};

/*
 * Parse the first command of a stream of `bytes` bytes. Returns false if the command is unknown, is
 * not offered to guests, or extends beyond the end. Pure: the result depends on these bytes only.
 */
typedef bool stream_parser(const void *stream, uint32_t bytes, struct stream_command *command);

struct gpu_ops {
	/*
	 * Execute a RESOURCE_CREATE, RESOURCE_UNREF, CTX_*, ATTACH_BACKING, DETACH_BACKING,
	 * TRANSFER or SUBMIT. Ids are the guest's; the device guarantees that new ids are unused
	 * and all others exist, and that parse() accepts a stream's commands. The scatter list is
	 * given with ATTACH_BACKING only and stays valid until DETACH_BACKING. Guest memory is
	 * accessed only within execute().
	 */
	int (*execute)(struct gpu *gpu, const struct command *cmd, struct iovec *iov,
		       uint32_t num_iov);
	stream_parser *parse;
	/*
	 * Create a fence after everything executed so far. Ids increase strictly. An idle GPU
	 * signals it at once.
	 */
	int (*fence)(struct gpu *gpu, uint64_t id);
	/* Returns the id of the newest completed fence, 0 if there is none. */
	uint64_t (*poll)(struct gpu *gpu);
	/*
	 * Export the picture in a resource. Returns a dma-buf (memfd in tests) that the caller
	 * owns, or a negative errno; fills in *picture except its id.
	 */
	int (*export_scanout)(struct gpu *gpu, uint32_t resource, struct gpum_buffer *picture);
	/* Write a capability set of capset[].max_size bytes to `to`. */
	int (*capset)(struct gpu *gpu, uint32_t id, uint32_t version, void *to);
	void (*destroy)(struct gpu *gpu);
};

struct gpu {
	const struct gpu_ops *ops;
	char renderer[GPUM_REASON_MAX]; /* GL_RENDERER, zero-terminated */
	bool compiles_for_cpu; /* a software renderer: the sandbox must allow executable memory */
	struct {
		uint32_t id, max_version, max_size; /* max_size in bytes */
	} capset[GPU_CAPSETS_MAX];
	uint32_t num_capsets;
	/*
	 * How to learn of completion while a fence is outstanding: poll() is due when wait_fd is
	 * readable, or when poll_us microseconds have passed. Both may change with every fence()
	 * and poll().
	 */
	int wait_fd; /* -1: none; stays the GPU's */
	uint32_t poll_us;
};

/*
 * A GPU driven through libvirglrenderer; at most one per process. Returns NULL on failure, with the
 * reason on stderr.
 *
 * `render_node` is the path of a DRM render node, which must stay valid; NULL selects a software
 * renderer without a device, for tests.
 *
 * `nudge_us`: the host of a virtual GPU (virtio_gpu) may look for completed work only when a
 * command arrives, or on a slow timer. While a fence is outstanding, such a GPU is sent a command
 * without effect when the work may be done, at most every nudge_us microseconds, since each costs
 * the host time (expect.h). 0: never. Other GPUs are not nudged.
 */
struct gpu *gpu_virgl_create(const char *render_node, uint32_t nudge_us);

/*
 * A simulated GPU in virtual time, for tests: jobs take as long as their command stream says, and
 * pictures are memfds. `now_us` returns the time in microseconds; `opaque` is passed to it. Command
 * streams are arrays of struct sim_op. Returns NULL if memory is short.
 */
struct gpu *gpu_sim_create(uint64_t (*now_us)(void *opaque), void *opaque);

enum sim_op_code {
	SIM_WORK = 1, /* takes `value` microseconds; counts as a draw */
	SIM_FILL,     /* sets all pixels of `resource` to `value`; counts as a draw */
	SIM_FAIL,     /* fails the stream at this point */
	SIM_STATE,    /* no effect, like a command that only sets state */
};

struct sim_op {
	uint32_t code, resource, value;
};

#endif
