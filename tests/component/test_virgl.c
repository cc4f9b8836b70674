/* SPDX-License-Identifier: MIT */
/* The real renderer without a device: virglrenderer on a software GL, driven through gpu.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/gpu/gpu.h"

#define SIDE	16u
#define PICTURE 1u
#define CONTEXT 7u

/* virgl's protocol: command | object << 8 | length << 16 */
#define CMD(command, object, length) ((command) | (object) << 8 | (uint32_t)(length) << 16)
enum { CREATE_OBJECT = 1, SET_FRAMEBUFFER = 5, CLEAR = 7, CREATE_SUB_CTX = 29, SET_SUB_CTX = 28 };
enum { SURFACE = 8, B8G8R8A8 = 1, TEXTURE_2D = 2, CLEAR_COLOUR0 = 4 };

static uint32_t bits_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static int execute(struct gpu *gpu, struct vgpu_cmd cmd)
{
	return gpu->ops->execute(gpu, &cmd, NULL, 0);
}

static void create_picture(struct gpu *gpu)
{
	struct vgpu_cmd create = {.op = VGPU_RESOURCE_CREATE,
				  .create = {.resource = PICTURE,
					     .geometry = {.target = TEXTURE_2D,
							  .format = B8G8R8A8,
							  .bind = 1u << 1 | 1u << 18,
							  .width = SIDE,
							  .height = SIDE,
							  .depth = 1,
							  .array_size = 1,
							  .flags = 1}}};

	assert_int_equal(execute(gpu, create), 0);
}

static void remove_picture(struct gpu *gpu)
{
	assert_int_equal(execute(gpu, (struct vgpu_cmd){.op = VGPU_RESOURCE_UNREF,
							.unref = {.resource = PICTURE}}),
			 0);
}

static void attach(struct gpu *gpu, struct iovec *iov)
{
	struct vgpu_cmd cmd = {.op = VGPU_ATTACH_BACKING, .attach = {.resource = PICTURE}};

	assert_int_equal(gpu->ops->execute(gpu, &cmd, iov, 1), 0);
}

static void detach(struct gpu *gpu)
{
	assert_int_equal(execute(gpu, (struct vgpu_cmd){.op = VGPU_DETACH_BACKING,
							.detach = {.resource = PICTURE}}),
			 0);
}

static int transfer(struct gpu *gpu, uint32_t context, bool to_host, uint32_t width)
{
	return execute(gpu, (struct vgpu_cmd){.op = VGPU_TRANSFER,
					      .context = context,
					      .transfer = {.box = {0, 0, 0, width, SIDE, 1},
							   .resource = PICTURE,
							   .stride = SIDE * 4,
							   .to_host = to_host}});
}

static int submit(struct gpu *gpu, uint32_t *stream, size_t bytes)
{
	return execute(gpu,
		       (struct vgpu_cmd){.op = VGPU_SUBMIT,
					 .context = CONTEXT,
					 .submit = {.stream = stream, .bytes = (uint32_t)bytes}});
}

static int with_context(struct gpu *gpu, enum vgpu_op op)
{
	return execute(gpu, (struct vgpu_cmd){.op = op,
					      .context = CONTEXT,
					      .ctx_resource = {.resource = PICTURE}});
}

static int create_context(struct gpu *gpu)
{
	return execute(gpu, (struct vgpu_cmd){.op = VGPU_CTX_CREATE,
					      .context = CONTEXT,
					      .ctx_create = {.name = "test"}});
}

static void wait_for(struct gpu *gpu, uint64_t fence)
{
	struct timespec pause = {.tv_nsec = 1000000};

	assert_int_equal(gpu->ops->fence(gpu, fence), 0);
	for (int i = 0; i < 5000 && gpu->ops->poll(gpu) < fence; i++)
		nanosleep(&pause, NULL);
	assert_int_equal(gpu->ops->poll(gpu), fence);
}

static void it_names_its_renderer_and_capability_sets(void **state)
{
	struct gpu *gpu = *state;

	assert_true(strlen(gpu->renderer) > 0);
	assert_true(gpu->num_capsets >= 1);
	for (uint32_t i = 0; i < gpu->num_capsets; i++) {
		uint8_t *caps = calloc(1, gpu->capset[i].max_size);
		assert_int_equal(
			gpu->ops->capset(gpu, gpu->capset[i].id, gpu->capset[i].max_version, caps),
			0);
		uint32_t version;
		memcpy(&version, caps, sizeof(version));
		assert_true(version >= 1 && version <= gpu->capset[i].max_version);
		free(caps);
	}
}

static void a_clear_in_a_command_stream_arrives_in_guest_memory(void **state)
{
	struct gpu *gpu = *state;
	uint32_t pixels[SIDE * SIDE];
	struct iovec iov = {pixels, sizeof(pixels)};
	/* 0x40, 0x80, 0xc0 come out exactly */
	uint32_t stream[] = {
		CMD(CREATE_SUB_CTX, 0, 1),
		1,
		CMD(SET_SUB_CTX, 0, 1),
		1,
		CMD(CREATE_OBJECT, SURFACE, 5),
		100,
		PICTURE,
		B8G8R8A8,
		0,
		0,
		CMD(SET_FRAMEBUFFER, 0, 3),
		1,
		0,
		100,
		CMD(CLEAR, 0, 8),
		CLEAR_COLOUR0,
		bits_of(64.0f / 255),
		bits_of(128.0f / 255),
		bits_of(192.0f / 255),
		bits_of(1.0f),
		0,
		0,
		0,
	};

	memset(pixels, 0x11, sizeof(pixels));
	create_picture(gpu);
	assert_int_equal(create_context(gpu), 0);
	assert_int_equal(with_context(gpu, VGPU_CTX_ATTACH), 0);
	attach(gpu, &iov);
	assert_int_equal(submit(gpu, stream, sizeof(stream)), 0);
	wait_for(gpu, 1);
	assert_int_equal(transfer(gpu, CONTEXT, false, SIDE), 0);
	wait_for(gpu, 2);
	for (uint32_t i = 0; i < SIDE * SIDE; i++)
		assert_int_equal(pixels[i], 0xff4080c0);
	detach(gpu);
	assert_int_equal(with_context(gpu, VGPU_CTX_DESTROY), 0);
	remove_picture(gpu);
}

static void pixels_sent_to_the_host_come_back(void **state)
{
	struct gpu *gpu = *state;
	uint32_t pixels[SIDE * SIDE];
	struct iovec iov = {pixels, sizeof(pixels)};

	create_picture(gpu);
	attach(gpu, &iov);
	for (uint32_t i = 0; i < SIDE * SIDE; i++)
		pixels[i] = 0xff000000u | i * 0x10203u;
	assert_int_equal(transfer(gpu, 0, true, SIDE), 0);
	memset(pixels, 0, sizeof(pixels));
	assert_int_equal(transfer(gpu, 0, false, SIDE), 0);
	for (uint32_t i = 0; i < SIDE * SIDE; i++)
		assert_int_equal(pixels[i], 0xff000000u | i * 0x10203u);
	detach(gpu);
	remove_picture(gpu);
}

static void backing_that_is_too_short_is_refused(void **state)
{
	struct gpu *gpu = *state;
	uint32_t *pixels = calloc(SIDE * SIDE / 2, sizeof(*pixels));
	struct iovec iov = {pixels, SIDE * SIDE / 2 * sizeof(*pixels)};

	create_picture(gpu);
	attach(gpu, &iov);
	assert_int_not_equal(transfer(gpu, 0, true, SIDE), 0);
	assert_int_not_equal(transfer(gpu, 0, false, SIDE), 0);
	detach(gpu);
	assert_int_not_equal(transfer(gpu, 0, true, SIDE), 0);
	remove_picture(gpu);
	free(pixels);
}

static void a_box_outside_the_picture_is_refused(void **state)
{
	struct gpu *gpu = *state;
	uint32_t pixels[SIDE * SIDE * 2];
	struct iovec iov = {pixels, sizeof(pixels)};

	create_picture(gpu);
	attach(gpu, &iov);
	assert_int_not_equal(transfer(gpu, 0, true, SIDE + 1), 0);
	detach(gpu);
	remove_picture(gpu);
}

static void garbage_in_a_stream_fails_that_job_only(void **state)
{
	struct gpu *gpu = *state;
	uint32_t unknown[] = {CMD(250u, 0, 1), 0};
	uint32_t truncated[] = {CMD(CLEAR, 0, 60000)};
	uint32_t blob[] = {CMD(48u, 0, 11), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	assert_int_equal(create_context(gpu), 0);
	assert_int_not_equal(submit(gpu, unknown, sizeof(unknown)), 0);
	assert_int_not_equal(submit(gpu, truncated, sizeof(truncated)), 0);
	assert_int_not_equal(submit(gpu, blob, sizeof(blob)), 0);
	assert_int_equal(with_context(gpu, VGPU_CTX_DESTROY), 0);
	wait_for(gpu, 3);
	pixels_sent_to_the_host_come_back(state);
}

static void a_picture_is_exported_with_its_geometry(void **state)
{
	struct gpu *gpu = *state;
	struct gpum_buffer picture;

	create_picture(gpu);
	int fd = gpu->ops->export_scanout(gpu, PICTURE, &picture);
	remove_picture(gpu);
	if (fd < 0) {
		print_message("this software renderer exports nothing (%d)\n", fd);
		skip();
	}
	close(fd);
	assert_int_equal(picture.width, SIDE);
	assert_int_equal(picture.height, SIDE);
	assert_true(picture.stride >= SIDE * 4);
	assert_int_equal(picture.fourcc, 0x34325241); /* AR24 */
	assert_int_equal(picture.y_inverted, 0);
}

static int start(void **state)
{
	*state = gpu_virgl_create(NULL, 0);
	return *state ? 0 : -1;
}

static int stop(void **state)
{
	struct gpu *gpu = *state;

	gpu->ops->destroy(gpu);
	return 0;
}

/*
 * GL drivers leave memory behind and are unloaded before the leak check could name them. Ours is
 * checked for leaks by the unit tests.
 */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_names_its_renderer_and_capability_sets),
		cmocka_unit_test(a_clear_in_a_command_stream_arrives_in_guest_memory),
		cmocka_unit_test(pixels_sent_to_the_host_come_back),
		cmocka_unit_test(backing_that_is_too_short_is_refused),
		cmocka_unit_test(a_box_outside_the_picture_is_refused),
		cmocka_unit_test(garbage_in_a_stream_fails_that_job_only),
		cmocka_unit_test(a_picture_is_exported_with_its_geometry),
	};

	return cmocka_run_group_tests_name("virgl", tests, start, stop);
}
