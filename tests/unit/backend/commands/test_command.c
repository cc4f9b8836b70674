/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <linux/virtio_gpu.h>
#include <stdlib.h>
#include <string.h>

#include "backend/commands/command.h"
#include "mediator/shared/wire/vgpu.h"

/*
 * Decodes from an allocation of exactly the command's size, so that ASan detects a read beyond it.
 */
static uint32_t decode(const void *command, size_t bytes, struct command *cmd)
{
	static void *copy;

	free(copy);
	copy = malloc(bytes > 0 ? bytes : 1);
	memcpy(copy, command, bytes);
	uint32_t got = command_decode(COMMAND_ON_CONTROL, copy, (uint32_t)bytes, cmd);
	if (got) {
		free(copy);
		copy = NULL;
	}
	return got;
}

static void every_command_cut_short_is_refused(void **state)
{
	struct command cmd;
	uint8_t bytes[256] = {0};

	(void)state;
	for (uint32_t type = 0x0100; type < 0x0310; type++) {
		struct virtio_gpu_ctrl_hdr h = {.type = type};
		memcpy(bytes, &h, sizeof(h));
		for (size_t n = 0; n < sizeof(h); n++)
			assert_int_equal(decode(bytes, n, &cmd), VIRTIO_GPU_RESP_ERR_UNSPEC);
		for (size_t n = sizeof(h); n < 130; n++)
			decode(bytes, n, &cmd);
	}
}

static void unknown_commands_and_those_of_the_other_queue_are_refused(void **state)
{
	uint64_t bytes[32] = {0};
	struct virtio_gpu_ctrl_hdr h = {.type = 0x4711};
	struct command cmd;

	(void)state;
	memcpy(bytes, &h, sizeof(h));
	assert_int_equal(decode(bytes, sizeof(bytes), &cmd), VIRTIO_GPU_RESP_ERR_UNSPEC);
	h.type = VIRTIO_GPU_CMD_MOVE_CURSOR;
	memcpy(bytes, &h, sizeof(h));
	assert_int_equal(decode(bytes, sizeof(bytes), &cmd), VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_int_equal(command_decode(COMMAND_ON_CURSOR, bytes, sizeof(bytes), &cmd), 0);
	assert_int_equal(cmd.op, COMMAND_MOVE_CURSOR);
	h.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_BLOB; /* not offered */
	memcpy(bytes, &h, sizeof(h));
	assert_int_equal(decode(bytes, sizeof(bytes), &cmd), VIRTIO_GPU_RESP_ERR_UNSPEC);
}

static void refused_commands_still_report_their_fence(void **state)
{
	struct virtio_gpu_ctrl_hdr h = {
		.type = 0x4711, .flags = VIRTIO_GPU_FLAG_FENCE, .fence_id = 99, .ctx_id = 3};
	struct command cmd;

	(void)state;
	assert_int_equal(decode(&h, sizeof(h), &cmd), VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_true(cmd.fenced);
	assert_int_equal(cmd.fence_id, 99);
	assert_int_equal(cmd.context, 3);
}

static void geometry_is_bounded_in_every_direction(void **state)
{
	static const struct {
		struct command_geometry g;
		uint64_t bytes;
	} cases[] = {
#define G(t, f, w, h, d, a, l, s)                                                                  \
	{.target = t,                                                                              \
	 .format = f,                                                                              \
	 .width = w,                                                                               \
	 .height = h,                                                                              \
	 .depth = d,                                                                               \
	 .array_size = a,                                                                          \
	 .last_level = l,                                                                          \
	 .samples = s}
		{G(2, 1, 1920, 1080, 1, 1, 0, 0), 1920 * 1080 * 4},
		{G(2, 1, 1920, 1080, 1, 1, 0, 4), 1920 * 1080 * 16},
		{G(2, 31, 16, 16, 1, 1, 4, 0), 16 * 16 * 16 * 2},
		{G(0, 64, 65536, 1, 1, 1, 0, 0), 65536},
		{G(0, 64, 65536, 2, 1, 1, 0, 0), 0},
		{G(0, 64, 65536, 1, 2, 1, 0, 0), 0},
		{G(2, 1, 0, 1, 1, 1, 0, 0), 0},
		{G(2, 1, 1, 0, 1, 1, 0, 0), 0},
		{G(2, 1, 1, 1, 0, 1, 0, 0), 0},
		{G(2, 1, 1, 1, 1, 0, 0, 0), 0},
		{G(2, 1, 16385, 1, 1, 1, 0, 0), 0},
		{G(2, 1, 1, 16385, 1, 1, 0, 0), 0},
		{G(3, 1, 1, 1, 2049, 1, 0, 0), 0},
		{G(2, 1, 0x10000, 0x10000, 1, 1, 0, 0), 0},
		{G(2, 1, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, 0, 0), 0},
		{G(2, 1, 1, 1, 1, 2049, 0, 0), 0},
		{G(2, 1, 1, 1, 1, 1, 16, 0), 0},
		{G(2, 1, 1, 1, 1, 1, 0, 33), 0},
		{G(2, 0, 1, 1, 1, 1, 0, 0), 0},
		{G(2, 9999, 1, 1, 1, 1, 0, 0), 0},
		{G(2, 27, 16384, 16384, 2048, 2048, 15, 32), 0},
	};

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(geometry_bytes(&cases[i].g), cases[i].bytes);
	/* the largest geometry does not overflow to a small number */
	assert_true(geometry_bytes(&cases[sizeof(cases) / sizeof(cases[0]) - 1].g) > 1ull << 50);
}

static void resources_without_id_or_area_are_refused(void **state)
{
	struct virtio_gpu_resource_create_2d flat = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_2D,
						     .resource_id = 1,
						     .format = VIRTIO_GPU_FORMAT_B8G8R8X8_UNORM,
						     .width = 8,
						     .height = 8};
	struct virtio_gpu_resource_create_3d deep = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_CREATE_3D,
						     .resource_id = 1,
						     .target = 2,
						     .format = 1,
						     .width = 8,
						     .height = 8,
						     .depth = 1,
						     .array_size = 1};
	struct command cmd;

	(void)state;
	assert_int_equal(decode(&flat, sizeof(flat), &cmd), 0);
	assert_int_equal(decode(&deep, sizeof(deep), &cmd), 0);
	flat.height = 0;
	assert_int_equal(decode(&flat, sizeof(flat), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	flat.height = 8;
	flat.resource_id = deep.resource_id = 0;
	assert_int_equal(decode(&flat, sizeof(flat), &cmd),
			 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_int_equal(decode(&deep, sizeof(deep), &cmd),
			 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	flat.resource_id = 1;
	flat.format = 64; /* one byte per pixel: valid for textures only */
	assert_int_equal(decode(&flat, sizeof(flat), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
}

static uint32_t decode_entry(uint64_t addr, uint32_t length, uint32_t entries, struct command *cmd)
{
	struct {
		struct virtio_gpu_resource_attach_backing c;
		struct virtio_gpu_mem_entry e;
	} a = {.c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING,
		     .resource_id = 1,
		     .nr_entries = entries},
	       .e = {.addr = addr, .length = length}};

	return decode(&a, sizeof(a), cmd);
}

static uint64_t grant(uint64_t ref, uint64_t offset)
{
	return VGPU_ADDR_GRANT | ref << VGPU_ADDR_REF_SHIFT | offset;
}

static void a_backing_entry_names_a_run_of_grants(void **state)
{
	struct command cmd;

	(void)state;
	assert_int_equal(decode_entry(grant(100, 4000), 4096 + 97, 1, &cmd), 0);
	assert_int_equal(cmd.attach.num_runs, 1);
	assert_int_equal(cmd.attach.runs[0].ref, 100);
	assert_int_equal(cmd.attach.runs[0].offset, 4000);
	assert_int_equal(cmd.attach.runs[0].pages, 3);
	assert_int_equal(cmd.attach.pages, 3);
	assert_int_equal(cmd.attach.bytes, 4096 + 97);
}

static void invalid_backing_entries_are_refused(void **state)
{
	struct command cmd;
	uint32_t bad = VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER;

	(void)state;
	assert_int_equal(decode_entry(grant(1, 0) & ~VGPU_ADDR_GRANT, 4096, 1, &cmd), bad);
	assert_int_equal(decode_entry(grant(1, 0) | 1ull << 44, 4096, 1, &cmd), bad);
	assert_int_equal(decode_entry(grant(1, 0) | 1ull << 62, 4096, 1, &cmd), bad);
	assert_int_equal(decode_entry(grant(1, 0), 0, 1, &cmd), bad);
	assert_int_equal(decode_entry(grant(1, 0), 4096, 0, &cmd), bad);
	assert_int_equal(decode_entry(grant(1, 0), 4096, 2, &cmd), bad);
	assert_int_equal(decode_entry(grant(1, 0), 4096, UINT32_MAX, &cmd), bad);
	assert_int_equal(decode_entry(grant(UINT32_MAX, 0), 4097, 1, &cmd), bad);
	assert_int_equal(decode_entry(grant(UINT32_MAX, 0), 4096, 1, &cmd), 0);
	assert_int_equal(decode_entry(grant(0, 1), UINT32_MAX, 1, &cmd), 0);
	assert_int_equal(cmd.attach.pages, 1048576);
}

static void streams_beyond_their_command_are_refused(void **state)
{
	struct {
		struct virtio_gpu_cmd_submit c;
		uint32_t stream[4];
	} s = {.c = {.hdr.type = VIRTIO_GPU_CMD_SUBMIT_3D, .size = 16}};
	struct command cmd;

	(void)state;
	assert_int_equal(decode(&s, sizeof(s), &cmd), 0);
	assert_int_equal(cmd.submit.bytes, 16);
	assert_int_equal(command_job(&cmd).kind, GPUM_JOB_SUBMIT);
	s.c.size = 20;
	assert_int_equal(decode(&s, sizeof(s), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	s.c.size = 15;
	assert_int_equal(decode(&s, sizeof(s), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	s.c.size = UINT32_MAX - 3;
	assert_int_equal(decode(&s, sizeof(s), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
}

static void a_context_name_becomes_printable(void **state)
{
	struct virtio_gpu_ctx_create c = {.hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = 1},
					  .nlen = 64};
	struct command cmd;

	(void)state;
	memset(c.debug_name, 'x', sizeof(c.debug_name));
	c.debug_name[1] = '\n';
	c.debug_name[2] = '\x7f';
	assert_int_equal(decode(&c, sizeof(c), &cmd), 0);
	assert_int_equal(strlen(cmd.ctx_create.name), 64);
	assert_memory_equal(cmd.ctx_create.name, "x??x", 4);
	c.debug_name[5] = '\0';
	assert_int_equal(decode(&c, sizeof(c), &cmd), 0);
	assert_string_equal(cmd.ctx_create.name, "x??xx");
	c.context_init = 1; /* belongs to a feature that is not offered */
	assert_int_equal(decode(&c, sizeof(c), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	c.context_init = 0;
	c.nlen = 65;
	assert_int_equal(decode(&c, sizeof(c), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
}

static void empty_and_overflowing_boxes_are_refused(void **state)
{
	struct virtio_gpu_transfer_host_3d t = {.hdr.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D,
						.box = {.w = 1, .h = 1, .d = 1}};
	struct command cmd;

	(void)state;
	assert_int_equal(decode(&t, sizeof(t), &cmd), 0);
	assert_true(cmd.transfer.to_host);
	t.box.x = UINT32_MAX;
	assert_int_equal(decode(&t, sizeof(t), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	t.box.x = 0;
	t.box.y = UINT32_MAX;
	assert_int_equal(decode(&t, sizeof(t), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	t.box.y = 0;
	t.box.w = 0;
	assert_int_equal(decode(&t, sizeof(t), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	t.box.w = 1;
	t.box.h = 0;
	assert_int_equal(decode(&t, sizeof(t), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	t.box.h = 1;
	t.box.d = 0;
	assert_int_equal(decode(&t, sizeof(t), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	t.box.d = 2;
	t.box.z = UINT32_MAX - 1;
	assert_int_equal(decode(&t, sizeof(t), &cmd), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
}

static void transfer_weight_saturates(void **state)
{
	struct command cmd = {.op = COMMAND_TRANSFER, .transfer.box = {.width = 64, .height = 2}};

	(void)state;
	assert_int_equal(command_job(&cmd).kind, GPUM_JOB_TRANSFER);
	assert_int_equal(command_job(&cmd).bytes, 512);
	cmd.transfer.box.width = cmd.transfer.box.height = 1u << 16;
	assert_int_equal(command_job(&cmd).bytes, UINT32_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_command_cut_short_is_refused),
		cmocka_unit_test(unknown_commands_and_those_of_the_other_queue_are_refused),
		cmocka_unit_test(refused_commands_still_report_their_fence),
		cmocka_unit_test(geometry_is_bounded_in_every_direction),
		cmocka_unit_test(resources_without_id_or_area_are_refused),
		cmocka_unit_test(a_backing_entry_names_a_run_of_grants),
		cmocka_unit_test(invalid_backing_entries_are_refused),
		cmocka_unit_test(streams_beyond_their_command_are_refused),
		cmocka_unit_test(a_context_name_becomes_printable),
		cmocka_unit_test(empty_and_overflowing_boxes_are_refused),
		cmocka_unit_test(transfer_weight_saturates),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
