/* SPDX-License-Identifier: MIT */
/*
 * The real GPU: libvirglrenderer in this process. The library has one global state, so there is at
 * most one struct gpu per process. Command streams and the memory ranges of 3D transfers are
 * validated by the library itself; a stream that crashes it ends this guest's process only.
 */
#include "backend/gpu/gpu.h"

#include <drm_fourcc.h>
#include <epoxy/gl.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/virtio_gpu.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
/* export_fence() is marked unstable. If it fails, completion is polled. */
#define VIRGL_RENDERER_UNSTABLE_APIS
#include <virglrenderer.h>

#include "backend/gpu/expect.h"
#include "backend/gpu/nudge.h"
#include "backend/gpu/virgl_stream.h"
#include "mediator/shared/limit/limit.h"

#define POLL_US		 500u
#define CALLBACK_VERSION 2   /* up to get_drm_fd; the header's own number counts unstable ones */
#define LOG_LINES	 20u /* per second; the mediator passes on fewer */
#define NS_PER_S	 UINT64_C(1000000000)

/* The library's struct virgl_box, whose header is not installed. Same layout as virtio_gpu_box. */
struct virgl_box {
	uint32_t x, y, z, w, h, d;
};

struct virgl {
	struct gpu gpu;
	struct virgl_renderer_callbacks callbacks;
	const char *render_node;
	uint64_t last_fence, completed;
	struct nudge nudge;
	struct expect expect;
	uint64_t next_nudge_us; /* when the next nudge is due */
};

/* --- callbacks of the library -------------------------------------------------------------- */

static void write_fence(void *cookie, uint32_t fence)
{
	struct virgl *v = cookie;

	/* The library's fence ids have 32 bits. Only the last fence can be outstanding. */
	if (fence == (uint32_t)v->last_fence)
		v->completed = v->last_fence;
}

static int get_drm_fd(void *cookie)
{
	const struct virgl *v = cookie;

	return open(v->render_node, O_RDWR | O_CLOEXEC);
}

/* Rate-limited, since a guest can provoke any number of messages. */
static void log_some(const char *format, va_list args)
{
	static struct limit limit;
	struct timespec now;

	if (!limit.interval_ns)
		limit_init(&limit, LOG_LINES, NS_PER_S, LOG_LINES);
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!limit_take(&limit, (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec))
		vfprintf(stderr, format, args);
}

/* --- operations ---------------------------------------------------------------------------- */

/* The library returns 0, a positive errno, or -1. */
static int result_of(int ret)
{
	if (ret == 0)
		return 0;
	return ret > 0 ? -ret : -EINVAL;
}

static int create(const struct command *cmd)
{
	const struct command_geometry *g = &cmd->create.geometry;
	struct virgl_renderer_resource_create_args args = {
		.handle = cmd->create.resource,
		.target = g->target,
		.format = g->format,
		.bind = g->bind,
		.width = g->width,
		.height = g->height,
		.depth = g->depth,
		.array_size = g->array_size,
		.last_level = g->last_level,
		.nr_samples = g->samples,
		.flags = g->flags,
	};

	return result_of(virgl_renderer_resource_create(&args, NULL, 0));
}

static int transfer(const struct command *cmd)
{
	const struct command_box *b = &cmd->transfer.box;
	struct virgl_box box = {b->x, b->y, b->z, b->width, b->height, b->depth};
	uint32_t context = cmd->transfer.is_2d ? 0 : cmd->context;
	int ret;

	if (cmd->transfer.to_host)
		ret = virgl_renderer_transfer_write_iov(
			cmd->transfer.resource, context, (int)cmd->transfer.level,
			cmd->transfer.stride, cmd->transfer.layer_stride, &box,
			cmd->transfer.offset, NULL, 0);
	else
		ret = virgl_renderer_transfer_read_iov(
			cmd->transfer.resource, context, cmd->transfer.level, cmd->transfer.stride,
			cmd->transfer.layer_stride, &box, cmd->transfer.offset, NULL, 0);
	return result_of(ret);
}

static int submit(const struct command *cmd)
{
	uint32_t dwords = cmd->submit.bytes / 4;

	if (dwords == 0)
		return 0;
	return result_of(
		virgl_renderer_submit_cmd(cmd->submit.stream, (int)cmd->context, (int)dwords));
}

static int virgl_execute(struct gpu *gpu, const struct command *cmd, struct iovec *iov,
			 uint32_t num_iov)
{
	struct iovec *detached;
	int count;

	(void)gpu;
	switch (cmd->op) {
	case COMMAND_RESOURCE_CREATE:
		return create(cmd);
	case COMMAND_RESOURCE_UNREF:
		virgl_renderer_resource_unref(cmd->unref.resource);
		return 0;
	case COMMAND_ATTACH_BACKING:
		return result_of(virgl_renderer_resource_attach_iov((int)cmd->attach.resource, iov,
								    (int)num_iov));
	case COMMAND_DETACH_BACKING:
		virgl_renderer_resource_detach_iov((int)cmd->detach.resource, &detached, &count);
		return 0;
	case COMMAND_CTX_CREATE:
		return result_of(virgl_renderer_context_create(
			cmd->context, (uint32_t)strlen(cmd->ctx_create.name),
			cmd->ctx_create.name));
	case COMMAND_CTX_DESTROY:
		virgl_renderer_context_destroy(cmd->context);
		return 0;
	case COMMAND_CTX_ATTACH:
		virgl_renderer_ctx_attach_resource((int)cmd->context,
						   (int)cmd->ctx_resource.resource);
		return 0;
	case COMMAND_CTX_DETACH:
		virgl_renderer_ctx_detach_resource((int)cmd->context,
						   (int)cmd->ctx_resource.resource);
		return 0;
	case COMMAND_TRANSFER:
		return transfer(cmd);
	case COMMAND_SUBMIT:
		return submit(cmd);
	default:
		return -EOPNOTSUPP;
	}
}

static uint64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void schedule_nudge(struct virgl *v, uint64_t now)
{
	v->gpu.poll_us = expect_ask_in(&v->expect, now);
	v->next_nudge_us = now + v->gpu.poll_us;
}

/* Nudge a virtual GPU if that is due. Other GPUs signal completion by themselves. */
static void nudge_if_due(struct virgl *v)
{
	uint64_t now = now_us();

	if (v->nudge.fd < 0)
		return;
	if (now < v->next_nudge_us) {
		v->gpu.poll_us = (uint32_t)(v->next_nudge_us - now);
		return;
	}
	nudge_send(&v->nudge);
	schedule_nudge(v, now);
}

static void drop_wait_fd(struct gpu *gpu)
{
	if (gpu->wait_fd >= 0)
		close(gpu->wait_fd);
	gpu->wait_fd = -1;
}

static int virgl_fence(struct gpu *gpu, uint64_t id)
{
	struct virgl *v = (struct virgl *)gpu;
	int fd = -1;

	v->last_fence = id;
	int ret = virgl_renderer_create_fence((int)(uint32_t)id, 0);
	if (ret)
		return result_of(ret);
	drop_wait_fd(gpu);
	if (virgl_renderer_export_fence((uint32_t)id, &fd) == 0)
		gpu->wait_fd = fd;
	if (v->nudge.fd >= 0) {
		expect_begin(&v->expect, now_us());
		schedule_nudge(v, v->expect.begin_us);
	}
	return 0;
}

static uint64_t virgl_poll(struct gpu *gpu)
{
	struct virgl *v = (struct virgl *)gpu;

	bool was_over = v->completed == v->last_fence;

	virgl_renderer_poll();
	if (v->completed != v->last_fence) {
		nudge_if_due(v);
		return v->completed;
	}
	drop_wait_fd(gpu);
	if (!was_over)
		expect_end(&v->expect, now_us());
	return v->completed;
}

static int virgl_export(struct gpu *gpu, uint32_t resource, struct gpum_buffer *picture)
{
	struct virgl_renderer_resource_info info;
	int fd = -1, stride = 0, offset = 0;

	(void)gpu;
	int ret = virgl_renderer_resource_get_info((int)resource, &info);
	if (ret)
		return result_of(ret);
	if (info.drm_fourcc == 0)
		return -EINVAL; /* not a displayable texture */
	/* Exporting needs a current GL context that is not one of the guest's. */
	virgl_renderer_force_ctx_0();
	ret = virgl_renderer_get_fd_for_texture2(info.tex_id, &fd, &stride, &offset);
	if (ret || fd < 0)
		return -EIO;
	*picture = (struct gpum_buffer){
		.width = info.width,
		.height = info.height,
		.stride = stride > 0 ? (uint32_t)stride : info.stride,
		.offset = (uint32_t)offset,
		.fourcc = (uint32_t)info.drm_fourcc,
		.modifier = DRM_FORMAT_MOD_INVALID,
		.y_inverted = (info.flags & VIRTIO_GPU_RESOURCE_FLAG_Y_0_TOP) != 0,
	};
	return fd;
}

static int virgl_capset(struct gpu *gpu, uint32_t id, uint32_t version, void *to)
{
	(void)gpu;
	virgl_renderer_fill_caps(id, version, to);
	return 0;
}

static void virgl_destroy(struct gpu *gpu)
{
	struct virgl *v = (struct virgl *)gpu;

	drop_wait_fd(gpu);
	virgl_renderer_cleanup(v);
	nudge_finish(&v->nudge);
	free(v);
}

static const struct gpu_ops virgl_ops = {
	.execute = virgl_execute,
	.parse = virgl_stream_parse,
	.fence = virgl_fence,
	.poll = virgl_poll,
	.export_scanout = virgl_export,
	.capset = virgl_capset,
	.destroy = virgl_destroy,
};

/* --- lifetime ------------------------------------------------------------------------------ */

static void query_capsets(struct gpu *gpu)
{
	static const uint32_t ids[] = {VIRTIO_GPU_CAPSET_VIRGL, VIRTIO_GPU_CAPSET_VIRGL2};

	for (uint32_t i = 0; i < GPU_CAPSETS_MAX; i++) {
		uint32_t version = 0, size = 0;

		virgl_renderer_get_cap_set(ids[i], &version, &size);
		if (size == 0)
			continue;
		gpu->capset[gpu->num_capsets].id = ids[i];
		gpu->capset[gpu->num_capsets].max_version = version;
		gpu->capset[gpu->num_capsets++].max_size = size;
	}
}

struct gpu *gpu_virgl_create(const char *render_node, uint32_t nudge_us)
{
	struct virgl *v = calloc(1, sizeof(*v));
	int flags = VIRGL_RENDERER_USE_EGL;

	if (!v)
		return NULL;
	v->gpu.ops = &virgl_ops;
	v->gpu.wait_fd = -1;
	v->nudge.fd = -1;
	v->render_node = render_node;
	v->callbacks.version = CALLBACK_VERSION;
	v->callbacks.write_fence = write_fence;
	if (render_node)
		v->callbacks.get_drm_fd = get_drm_fd;
	else
		flags |= VIRGL_RENDERER_USE_SURFACELESS;
	virgl_set_debug_callback(log_some);
	setenv("MESA_SHADER_CACHE_DISABLE", "true", 1); /* the sandbox has no files */
	/*
	 * The library sets seamless filtering per sampler without testing for the extension, and
	 * fails the guest's whole stream if GL reports an error. Mesa's virgl supports it on any
	 * host that runs this library, but does not always advertise it.
	 */
	setenv("MESA_EXTENSION_OVERRIDE", "+GL_AMD_seamless_cubemap_per_texture", 0);
	int ret = virgl_renderer_init(v, flags, &v->callbacks);
	if (ret) {
		fprintf(stderr, "gpum-backend: virglrenderer cannot start on %s: error %d\n",
			render_node ? render_node : "a software renderer", ret);
		free(v);
		return NULL;
	}
	virgl_renderer_force_ctx_0();
	const GLubyte *name = glGetString(GL_RENDERER);
	snprintf(v->gpu.renderer, sizeof(v->gpu.renderer), "%s",
		 name ? (const char *)name : "unknown");
	v->gpu.compiles_for_cpu = !render_node || strstr(v->gpu.renderer, "llvmpipe");
	query_capsets(&v->gpu);
	if (render_node && nudge_us > 0)
		nudge_init(&v->nudge, render_node);
	v->expect.period_us = nudge_us;
	v->gpu.poll_us = v->nudge.fd >= 0 ? nudge_us : POLL_US;
	return &v->gpu;
}
