/* SPDX-License-Identifier: MIT */
/* The simulated GPU of the tests: virtual time, pictures in memfds, 32 bits per pixel. */
#include "backend/gpu/gpu.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <linux/virtio_gpu.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIM_RESOURCES	256u
#define SIM_FENCES	16u
#define SIM_TRANSFER_US 100u
#define SIM_CAPSET_SIZE 64u
#define SIM_PIXEL	4u

struct sim_resource {
	uint32_t id, width, height, flags;
	size_t bytes;
	int fd;
	uint8_t *pixels;
	struct iovec *iov;
	uint32_t num_iov;
};

struct sim {
	struct gpu gpu;
	uint64_t (*now_us)(void *opaque);
	void *opaque;
	uint64_t busy_until; /* when everything executed so far is done, in us */
	struct {
		uint64_t id, at;
	} fence[SIM_FENCES];
	uint32_t num_fences;
	uint64_t completed;
	struct sim_resource resource[SIM_RESOURCES];
};

static struct sim_resource *find(struct sim *sim, uint32_t id)
{
	for (uint32_t i = 0; i < SIM_RESOURCES; i++) {
		if (sim->resource[i].id == id)
			return &sim->resource[i];
	}
	return NULL;
}

static void work(struct sim *sim, uint64_t us)
{
	uint64_t now = sim->now_us(sim->opaque);

	if (sim->busy_until < now)
		sim->busy_until = now;
	sim->busy_until += us;
}

static void release(struct sim_resource *r)
{
	if (r->pixels)
		munmap(r->pixels, r->bytes);
	if (r->id)
		close(r->fd);
	memset(r, 0, sizeof(*r));
}

static int create(struct sim *sim, const struct command *cmd)
{
	const struct command_geometry *g = &cmd->create.geometry;
	struct sim_resource *r = find(sim, 0);
	int err;

	if (!r)
		return -ENOMEM;
	r->bytes = (size_t)g->width * g->height * SIM_PIXEL;
	r->fd = memfd_create("sim-resource", MFD_CLOEXEC);
	if (r->fd < 0)
		goto fail;
	r->id = cmd->create.resource;
	r->width = g->width;
	r->height = g->height;
	r->flags = g->flags;
	if (ftruncate(r->fd, (off_t)r->bytes) < 0)
		goto fail;
	r->pixels = mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (r->pixels == MAP_FAILED) {
		r->pixels = NULL;
		goto fail;
	}
	return 0;
fail:
	err = -errno;
	release(r);
	return err;
}

/*
 * Copy one row between the backing at `offset` and the picture. Returns false if the backing is too
 * short.
 */
static bool copy_row(const struct sim_resource *r, uint64_t offset, uint8_t *row, size_t bytes,
		     bool to_host)
{
	for (uint32_t i = 0; i < r->num_iov && bytes > 0; i++) {
		size_t length = r->iov[i].iov_len;

		if (offset >= length) {
			offset -= length;
			continue;
		}
		size_t n = length - offset < bytes ? length - offset : bytes;
		uint8_t *guest = (uint8_t *)r->iov[i].iov_base + offset;
		memcpy(to_host ? row : guest, to_host ? guest : row, n);
		row += n;
		bytes -= n;
		offset = 0;
	}
	return bytes == 0;
}

static int transfer(struct sim *sim, const struct command *cmd)
{
	const struct command_box *b = &cmd->transfer.box;
	struct sim_resource *r = find(sim, cmd->transfer.resource);
	size_t stride;

	if (!r || (uint64_t)b->x + b->width > r->width || (uint64_t)b->y + b->height > r->height)
		return -EINVAL;
	stride = cmd->transfer.stride ? cmd->transfer.stride : (size_t)r->width * SIM_PIXEL;
	for (uint32_t y = 0; y < b->height; y++) {
		uint8_t *row = r->pixels + ((size_t)(b->y + y) * r->width + b->x) * SIM_PIXEL;
		if (!copy_row(r, cmd->transfer.offset + y * stride, row,
			      (size_t)b->width * SIM_PIXEL, cmd->transfer.to_host))
			return -EINVAL;
	}
	work(sim, SIM_TRANSFER_US);
	return 0;
}

static int run_op(struct sim *sim, const struct sim_op *op)
{
	struct sim_resource *r;

	switch (op->code) {
	case SIM_STATE:
		return 0;
	case SIM_WORK:
		work(sim, op->value);
		return 0;
	case SIM_FILL:
		r = op->resource ? find(sim, op->resource) : NULL;
		if (!r)
			return -EINVAL;
		for (size_t i = 0; i < r->bytes; i += SIM_PIXEL)
			memcpy(r->pixels + i, &op->value, SIM_PIXEL);
		return 0;
	}
	return -EINVAL;
}

static bool sim_parse(const void *stream, uint32_t bytes, struct stream_command *command)
{
	struct sim_op op;

	if (bytes < sizeof(op))
		return false;
	memcpy(&op, stream, sizeof(op));
	command->bytes = sizeof(op);
	command->draws = op.code == SIM_WORK || op.code == SIM_FILL;
	return op.code >= SIM_WORK && op.code <= SIM_STATE;
}

static int submit(struct sim *sim, const struct command *cmd)
{
	const uint8_t *bytes = cmd->submit.stream;
	struct sim_op op;
	int err = 0;

	for (uint32_t left = cmd->submit.bytes; left >= sizeof(op) && !err;
	     left -= (uint32_t)sizeof(op)) {
		memcpy(&op, bytes, sizeof(op));
		bytes += sizeof(op);
		err = run_op(sim, &op);
	}
	return err;
}

static int sim_execute(struct gpu *gpu, const struct command *cmd, struct iovec *iov,
		       uint32_t num_iov)
{
	struct sim *sim = (struct sim *)gpu;
	struct sim_resource *r;

	switch (cmd->op) {
	case COMMAND_RESOURCE_CREATE:
		return create(sim, cmd);
	case COMMAND_RESOURCE_UNREF:
		r = find(sim, cmd->unref.resource);
		if (!r)
			return -ENOENT;
		release(r);
		return 0;
	case COMMAND_ATTACH_BACKING:
	case COMMAND_DETACH_BACKING:
		r = find(sim, cmd->op == COMMAND_ATTACH_BACKING ? cmd->attach.resource
								: cmd->detach.resource);
		if (!r)
			return -ENOENT;
		r->iov = iov;
		r->num_iov = num_iov;
		return 0;
	case COMMAND_TRANSFER:
		return transfer(sim, cmd);
	case COMMAND_SUBMIT:
		return submit(sim, cmd);
	default:
		return 0; /* contexts have no state here */
	}
}

static int sim_fence(struct gpu *gpu, uint64_t id)
{
	struct sim *sim = (struct sim *)gpu;

	if (sim->num_fences == SIM_FENCES)
		return -ENOSPC;
	work(sim, 0);
	sim->fence[sim->num_fences].id = id;
	sim->fence[sim->num_fences++].at = sim->busy_until;
	return 0;
}

static uint64_t sim_poll(struct gpu *gpu)
{
	struct sim *sim = (struct sim *)gpu;
	uint64_t now = sim->now_us(sim->opaque);
	uint32_t done = 0;

	while (done < sim->num_fences && sim->fence[done].at <= now)
		sim->completed = sim->fence[done++].id;
	sim->num_fences -= done;
	memmove(sim->fence, sim->fence + done, sim->num_fences * sizeof(sim->fence[0]));
	if (sim->num_fences > 0)
		gpu->poll_us = (uint32_t)(sim->fence[0].at - now);
	return sim->completed;
}

static int sim_export(struct gpu *gpu, uint32_t resource, struct gpum_buffer *picture)
{
	struct sim_resource *r = find((struct sim *)gpu, resource);

	if (!r || resource == 0)
		return -ENOENT;
	*picture = (struct gpum_buffer){
		.width = r->width,
		.height = r->height,
		.stride = r->width * SIM_PIXEL,
		.fourcc = DRM_FORMAT_XRGB8888,
		.modifier = DRM_FORMAT_MOD_LINEAR,
		.y_inverted = !(r->flags & VIRTIO_GPU_RESOURCE_FLAG_Y_0_TOP),
	};
	int fd = dup(r->fd);
	return fd < 0 ? -errno : fd;
}

static int sim_capset(struct gpu *gpu, uint32_t id, uint32_t version, void *to)
{
	(void)gpu;
	(void)version;
	memset(to, (int)id, SIM_CAPSET_SIZE);
	return 0;
}

static void sim_destroy(struct gpu *gpu)
{
	struct sim *sim = (struct sim *)gpu;

	for (uint32_t i = 0; i < SIM_RESOURCES; i++)
		release(&sim->resource[i]);
	free(sim);
}

static const struct gpu_ops sim_ops = {
	.execute = sim_execute,
	.parse = sim_parse,
	.fence = sim_fence,
	.poll = sim_poll,
	.export_scanout = sim_export,
	.capset = sim_capset,
	.destroy = sim_destroy,
};

struct gpu *gpu_sim_create(uint64_t (*now_us)(void *opaque), void *opaque)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	if (!sim)
		return NULL;
	sim->gpu.ops = &sim_ops;
	snprintf(sim->gpu.renderer, sizeof(sim->gpu.renderer), "simulated GPU");
	sim->gpu.num_capsets = 1;
	sim->gpu.capset[0].id = VIRTIO_GPU_CAPSET_VIRGL;
	sim->gpu.capset[0].max_version = 1;
	sim->gpu.capset[0].max_size = SIM_CAPSET_SIZE;
	sim->gpu.wait_fd = -1;
	sim->gpu.poll_us = 100;
	sim->now_us = now_us;
	sim->opaque = opaque;
	return &sim->gpu;
}
