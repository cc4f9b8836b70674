/* SPDX-License-Identifier: MIT */
#include "tests/component/cockpit/renderer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#define TEXTURE_2D 2u

int renderer_execute(struct gpu *gpu, struct command cmd)
{
	return gpu->ops->execute(gpu, &cmd, NULL, 0);
}

void renderer_create_picture(struct gpu *gpu)
{
	struct command create = {.op = COMMAND_RESOURCE_CREATE,
				 .create = {.resource = RENDERER_PICTURE,
					    .geometry = {.target = TEXTURE_2D,
							 .format = RENDERER_B8G8R8A8,
							 .bind = 1u << 1 | 1u << 18,
							 .width = RENDERER_SIDE,
							 .height = RENDERER_SIDE,
							 .depth = 1,
							 .array_size = 1,
							 .flags = 1}}};

	assert_int_equal(renderer_execute(gpu, create), 0);
}

void renderer_remove_picture(struct gpu *gpu)
{
	struct command unref = {.op = COMMAND_RESOURCE_UNREF,
				.unref = {.resource = RENDERER_PICTURE}};

	assert_int_equal(renderer_execute(gpu, unref), 0);
}

void renderer_attach(struct gpu *gpu, uint32_t resource, struct iovec *iov)
{
	struct command cmd = {.op = COMMAND_ATTACH_BACKING, .attach = {.resource = resource}};

	assert_int_equal(gpu->ops->execute(gpu, &cmd, iov, 1), 0);
}

void renderer_detach(struct gpu *gpu, uint32_t resource)
{
	struct command cmd = {.op = COMMAND_DETACH_BACKING, .detach = {.resource = resource}};

	assert_int_equal(renderer_execute(gpu, cmd), 0);
}

int renderer_transfer(struct gpu *gpu, uint32_t context, bool to_host, uint32_t width)
{
	struct command cmd = {.op = COMMAND_TRANSFER,
			      .context = context,
			      .transfer = {.box = {0, 0, 0, width, RENDERER_SIDE, 1},
					   .resource = RENDERER_PICTURE,
					   .stride = RENDERER_SIDE * 4,
					   .to_host = to_host}};

	return renderer_execute(gpu, cmd);
}

int renderer_context(struct gpu *gpu, enum command_op op)
{
	struct command cmd = {.op = op, .context = RENDERER_CONTEXT};

	if (op == COMMAND_CTX_CREATE)
		cmd.ctx_create.name[0] = 't';
	else
		cmd.ctx_resource.resource = RENDERER_PICTURE;
	return renderer_execute(gpu, cmd);
}

int renderer_submit(struct gpu *gpu, uint32_t *stream, size_t bytes)
{
	struct command cmd = {.op = COMMAND_SUBMIT,
			      .context = RENDERER_CONTEXT,
			      .submit = {.stream = stream, .bytes = (uint32_t)bytes}};

	return renderer_execute(gpu, cmd);
}

void renderer_wait(struct gpu *gpu, uint64_t fence)
{
	struct timespec pause = {.tv_nsec = 1000000};

	assert_int_equal(gpu->ops->fence(gpu, fence), 0);
	for (int i = 0; i < 5000 && gpu->ops->poll(gpu) < fence; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(gpu->ops->poll(gpu), fence);
}

int renderer_start(void **state)
{
	*state = gpu_virgl_create(NULL, 0);
	return *state ? 0 : -1;
}

int renderer_stop(void **state)
{
	struct gpu *gpu = *state;

	gpu->ops->destroy(gpu);
	return 0;
}
