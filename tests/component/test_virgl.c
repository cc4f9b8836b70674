/* SPDX-License-Identifier: MIT */
/* The real renderer without a device: virglrenderer on a software GL, called through gpu.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/device/cut.h"
#include "tests/component/cockpit/renderer.h"

enum { CREATE_OBJECT = 1, SET_FRAMEBUFFER = 5, CLEAR = 7, CREATE_SUB_CTX = 29, SET_SUB_CTX = 28 };
enum { BIND_SHADER = 31 };

static uint32_t bits_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static void renderer_has_a_name_and_capability_sets(void **state)
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
	uint32_t pixels[RENDERER_SIDE * RENDERER_SIDE];
	struct iovec iov = {pixels, sizeof(pixels)};
	/* These colours become exactly 0x40, 0x80 and 0xc0. */
	uint32_t stream[] = {
		RENDERER_CMD(CREATE_SUB_CTX, 0, 1),
		1,
		RENDERER_CMD(SET_SUB_CTX, 0, 1),
		1,
		RENDERER_CMD(CREATE_OBJECT, RENDERER_SURFACE, 5),
		100,
		RENDERER_PICTURE,
		RENDERER_B8G8R8A8,
		0,
		0,
		RENDERER_CMD(SET_FRAMEBUFFER, 0, 3),
		1,
		0,
		100,
		RENDERER_CMD(CLEAR, 0, 8),
		RENDERER_CLEAR_COLOUR0,
		bits_of(64.0f / 255),
		bits_of(128.0f / 255),
		bits_of(192.0f / 255),
		bits_of(1.0f),
		0,
		0,
		0,
	};

	memset(pixels, 0x11, sizeof(pixels));
	renderer_create_picture(gpu);
	assert_int_equal(renderer_context(gpu, COMMAND_CTX_CREATE), 0);
	assert_int_equal(renderer_context(gpu, COMMAND_CTX_ATTACH), 0);
	renderer_attach(gpu, RENDERER_PICTURE, &iov);
	assert_int_equal(renderer_submit(gpu, stream, sizeof(stream)), 0);
	renderer_wait(gpu, 1);
	assert_int_equal(renderer_transfer(gpu, RENDERER_CONTEXT, false, RENDERER_SIDE), 0);
	renderer_wait(gpu, 2);
	for (uint32_t i = 0; i < RENDERER_SIDE * RENDERER_SIDE; i++)
		assert_int_equal(pixels[i], 0xff4080c0);
	renderer_detach(gpu, RENDERER_PICTURE);
	assert_int_equal(renderer_context(gpu, COMMAND_CTX_DESTROY), 0);
	renderer_remove_picture(gpu);
}

static void pixels_sent_to_the_host_come_back(void **state)
{
	struct gpu *gpu = *state;
	uint32_t pixels[RENDERER_SIDE * RENDERER_SIDE];
	struct iovec iov = {pixels, sizeof(pixels)};

	renderer_create_picture(gpu);
	renderer_attach(gpu, RENDERER_PICTURE, &iov);
	for (uint32_t i = 0; i < RENDERER_SIDE * RENDERER_SIDE; i++)
		pixels[i] = 0xff000000u | i * 0x10203u;
	assert_int_equal(renderer_transfer(gpu, 0, true, RENDERER_SIDE), 0);
	memset(pixels, 0, sizeof(pixels));
	assert_int_equal(renderer_transfer(gpu, 0, false, RENDERER_SIDE), 0);
	for (uint32_t i = 0; i < RENDERER_SIDE * RENDERER_SIDE; i++)
		assert_int_equal(pixels[i], 0xff000000u | i * 0x10203u);
	renderer_detach(gpu, RENDERER_PICTURE);
	renderer_remove_picture(gpu);
}

/* The old picture is the same guest's. Another guest's picture would be in another process. */
static void new_picture_contains_no_old_pixels(void **state)
{
	struct gpu *gpu = *state;
	uint32_t pixels[RENDERER_SIDE * RENDERER_SIDE];
	struct iovec iov = {pixels, sizeof(pixels)};

	for (int round = 0; round < 20; round++) {
		renderer_create_picture(gpu);
		renderer_attach(gpu, RENDERER_PICTURE, &iov);
		memset(pixels, 0xaa, sizeof(pixels));
		assert_int_equal(renderer_transfer(gpu, 0, false, RENDERER_SIDE), 0);
		for (uint32_t i = 0; i < RENDERER_SIDE * RENDERER_SIDE; i++)
			assert_int_equal(pixels[i], 0);
		memset(pixels, 0x5e, sizeof(pixels));
		assert_int_equal(renderer_transfer(gpu, 0, true, RENDERER_SIDE), 0);
		renderer_detach(gpu, RENDERER_PICTURE);
		renderer_remove_picture(gpu);
	}
}

static void backing_that_is_too_short_is_refused(void **state)
{
	struct gpu *gpu = *state;
	uint32_t *pixels = calloc(RENDERER_SIDE * RENDERER_SIDE / 2, sizeof(*pixels));
	struct iovec iov = {pixels, RENDERER_SIDE * RENDERER_SIDE / 2 * sizeof(*pixels)};

	renderer_create_picture(gpu);
	renderer_attach(gpu, RENDERER_PICTURE, &iov);
	assert_int_not_equal(renderer_transfer(gpu, 0, true, RENDERER_SIDE), 0);
	assert_int_not_equal(renderer_transfer(gpu, 0, false, RENDERER_SIDE), 0);
	renderer_detach(gpu, RENDERER_PICTURE);
	assert_int_not_equal(renderer_transfer(gpu, 0, true, RENDERER_SIDE), 0);
	renderer_remove_picture(gpu);
	free(pixels);
}

static void a_box_outside_the_picture_is_refused(void **state)
{
	struct gpu *gpu = *state;
	uint32_t pixels[RENDERER_SIDE * RENDERER_SIDE * 2];
	struct iovec iov = {pixels, sizeof(pixels)};

	renderer_create_picture(gpu);
	renderer_attach(gpu, RENDERER_PICTURE, &iov);
	assert_int_not_equal(renderer_transfer(gpu, 0, true, RENDERER_SIDE + 1), 0);
	renderer_detach(gpu, RENDERER_PICTURE);
	renderer_remove_picture(gpu);
}

static void unknown_truncated_and_blob_commands_are_refused(void **state)
{
	struct gpu *gpu = *state;
	uint32_t unknown[] = {RENDERER_CMD(250u, 0, 1), 0};
	uint32_t truncated[] = {RENDERER_CMD(CLEAR, 0, 60000)};
	uint32_t blob[] = {RENDERER_CMD(48u, 0, 11), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	assert_int_equal(cut_slice(gpu->ops->parse, unknown, sizeof(unknown), 0), 0);
	assert_int_equal(cut_slice(gpu->ops->parse, truncated, sizeof(truncated), 0), 0);
	assert_int_equal(cut_slice(gpu->ops->parse, blob, sizeof(blob), 0), 0);
}

static void garbage_in_a_stream_fails_that_job_only(void **state)
{
	struct gpu *gpu = *state;
	uint32_t unknown[] = {RENDERER_CMD(250u, 0, 1), 0};
	uint32_t no_shader[] = {RENDERER_CMD(BIND_SHADER, 0, 1), 0};

	assert_int_equal(renderer_context(gpu, COMMAND_CTX_CREATE), 0);
	assert_int_not_equal(renderer_submit(gpu, unknown, sizeof(unknown)), 0);
	assert_int_not_equal(renderer_submit(gpu, no_shader, sizeof(no_shader)), 0);
	assert_int_equal(renderer_context(gpu, COMMAND_CTX_DESTROY), 0);
	renderer_wait(gpu, 3);
	pixels_sent_to_the_host_come_back(state);
}

static void a_picture_is_exported_with_its_geometry(void **state)
{
	struct gpu *gpu = *state;
	struct gpum_buffer picture;

	renderer_create_picture(gpu);
	int fd = gpu->ops->export_scanout(gpu, RENDERER_PICTURE, &picture);
	renderer_remove_picture(gpu);
	if (fd < 0) {
		print_message("this software renderer cannot export pictures (%d)\n", fd);
		skip();
	}
	close(fd);
	assert_int_equal(picture.width, RENDERER_SIDE);
	assert_int_equal(picture.height, RENDERER_SIDE);
	assert_true(picture.stride >= RENDERER_SIDE * 4);
	assert_int_equal(picture.fourcc, 0x34325241); /* AR24 */
	assert_int_equal(picture.y_inverted, 0);
}

/*
 * GL drivers leak memory and are unloaded before LeakSanitizer could match suppressions by their
 * name. The unit tests find leaks of our own code.
 */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(renderer_has_a_name_and_capability_sets),
		cmocka_unit_test(a_clear_in_a_command_stream_arrives_in_guest_memory),
		cmocka_unit_test(pixels_sent_to_the_host_come_back),
		cmocka_unit_test(new_picture_contains_no_old_pixels),
		cmocka_unit_test(backing_that_is_too_short_is_refused),
		cmocka_unit_test(a_box_outside_the_picture_is_refused),
		cmocka_unit_test(unknown_truncated_and_blob_commands_are_refused),
		cmocka_unit_test(garbage_in_a_stream_fails_that_job_only),
		cmocka_unit_test(a_picture_is_exported_with_its_geometry),
	};

	return cmocka_run_group_tests_name("virgl", tests, renderer_start, renderer_stop);
}
