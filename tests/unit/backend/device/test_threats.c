/* SPDX-License-Identifier: MIT */
/* Attacks of hostile guests, one per test: docs/threat-model.md. */
#include "tests/unit/backend/device/driver.h"

#include <string.h>
#include <unistd.h>

#include "backend/device/edid.h"
#include "backend/device/internal.h"

#define W 32u
#define H 16u

static struct gpum_msg grant_job(struct driver *d)
{
	struct gpum_msg msg;

	driver_expect(d, GPUM_MSG_JOB_READY, &msg);
	assert_int_equal(device_job_run(d->device, msg.job.id), 0);
	return msg;
}

static void advance(struct driver *d, uint64_t us)
{
	d->now_us += us;
	assert_true(device_poll(d->device) >= 0);
}

static void read_picture(struct driver *d, uint32_t id, uint32_t *pixels, size_t bytes)
{
	struct gpum_buffer buffer;
	int fd = d->gpu->ops->export_scanout(d->gpu, id, &buffer);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, pixels, bytes, 0), bytes);
	close(fd);
}

static uint16_t send_fill(struct driver *d, uint32_t id, uint32_t value)
{
	const struct sim_op op = {.code = SIM_FILL, .resource = id, .value = value};

	return driver_send_stream(d, 1, &op, 1, 0);
}

static void rewriting_a_taken_chain_has_no_effect(void **state)
{
	struct driver *d = *state;
	struct vq_chain chain;
	uint32_t elem[2];

	driver_desc(d, 4, 8192, 16, VRING_DESC_F_NEXT, 5);
	driver_desc(d, 5, 12288, 8, VRING_DESC_F_WRITE, 0);
	driver_offer(d, 4);
	assert_int_equal(vq_take(&d->vq, &chain), 1);
	driver_desc(d, 4, UINT64_MAX, UINT32_MAX, 0xffff, 4);
	driver_desc(d, 5, 16384, 4096, 0, 5);
	vq_complete(&d->vq, &chain.answer, "12345678abc", 11);
	assert_memory_equal(d->pool + 12288, "12345678", 8);
	assert_int_equal(d->pool[16384], 0);
	memcpy(elem, d->used + 4, sizeof(elem));
	assert_int_equal(elem[0], 4);
	assert_int_equal(elem[1], 8);
}

static void rewriting_a_waiting_stream_has_no_effect(void **state)
{
	struct driver *d = *state;
	uint32_t pixels[W * H];

	driver_ctx_create(d, 1);
	driver_create_2d(d, 5, W, H);
	uint16_t head = send_fill(d, 5, 0x11111111);
	device_pump(d->device);
	/* The stream was validated and announced. Now the guest overwrites it. */
	struct sim_op *op =
		(void *)(d->pool + d->desc[head].addr + sizeof(struct virtio_gpu_cmd_submit));
	op->value = 0x22222222;
	grant_job(d);
	read_picture(d, 5, pixels, sizeof(pixels));
	assert_int_equal(pixels[0], 0x11111111);
	assert_int_equal(pixels[W * H - 1], 0x11111111);
}

static void resources_of_another_guest_do_not_exist(void **state)
{
	struct driver *d = *state, *other = driver_create();

	other->config.domid = 4;
	driver_start(other);
	driver_ctx_create(other, 1);
	driver_create_2d(other, 5, W, H);
	driver_attach(other, 5, 8, W * H * 4);
	assert_int_equal(driver_unref(d, 5), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_int_equal(driver_attach(d, 5, 8, W * H * 4),
			 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_int_equal(driver_set_scanout(d, 0, 5, W, H),
			 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	driver_send_work(d, 1, 100, 0);
	device_pump(d->device);
	driver_expect_silence(d); /* no job: the context belongs to the other guest */
	driver_expect_silence(other);
	driver_destroy(other);
}

/* Commands that name a resource or context of another guest. */
static const struct virtio_gpu_ctx_resource of_resource = {.resource_id = 5};
static const struct virtio_gpu_resource_flush flush = {.r = {.width = 1, .height = 1},
						       .resource_id = 5};
static const struct virtio_gpu_transfer_to_host_2d flat = {.r = {.width = 1, .height = 1},
							   .resource_id = 5};
static const struct virtio_gpu_transfer_host_3d deep = {.box = {.w = 1, .h = 1, .d = 1},
							.resource_id = 5};
static const struct {
	uint32_t type, refusal;
	const void *form;
	uint32_t bytes;
} strange[] = {
#define STRANGE(command, what, form)                                                               \
	{                                                                                          \
		VIRTIO_GPU_CMD_##command, VIRTIO_GPU_RESP_ERR_INVALID_##what##_ID, &form,          \
			sizeof(form)                                                               \
	}
	STRANGE(RESOURCE_UNREF, RESOURCE, of_resource),
	STRANGE(RESOURCE_DETACH_BACKING, RESOURCE, of_resource),
	STRANGE(RESOURCE_FLUSH, RESOURCE, flush),
	STRANGE(TRANSFER_TO_HOST_2D, RESOURCE, flat),
	STRANGE(TRANSFER_TO_HOST_3D, RESOURCE, deep),
	STRANGE(TRANSFER_FROM_HOST_3D, RESOURCE, deep),
	STRANGE(CTX_ATTACH_RESOURCE, CONTEXT, of_resource),
	STRANGE(CTX_DETACH_RESOURCE, CONTEXT, of_resource),
	STRANGE(CTX_DESTROY, CONTEXT, of_resource),
};

static void no_command_reaches_objects_of_another_guest(void **state)
{
	struct driver *d = *state, *other = driver_create();
	struct gpum_state count;

	other->config.domid = 4;
	driver_start(other);
	driver_ctx_create(other, 1);
	driver_create_2d(other, 5, W, H);
	driver_attach(other, 5, 8, W * H * 4);
	for (size_t i = 0; i < sizeof(strange) / sizeof(strange[0]); i++) {
		uint8_t command[128];
		struct virtio_gpu_ctrl_hdr header = {.type = strange[i].type, .ctx_id = 1};

		memcpy(command, strange[i].form, strange[i].bytes);
		memcpy(command, &header, sizeof(header));
		assert_int_equal(driver_do(d, command, strange[i].bytes), strange[i].refusal);
	}
	driver_expect_silence(d);
	device_count(other->device, &count);
	assert_int_equal(count.resources, 1);
	assert_int_equal(count.contexts, 1);
	driver_destroy(other);
}

static void job_ends_after_its_objects_are_destroyed(void **state)
{
	struct driver *d = *state;
	struct virtio_gpu_ctrl_hdr gone = {.type = VIRTIO_GPU_CMD_CTX_DESTROY, .ctx_id = 1};
	struct gpum_msg msg;

	driver_ctx_create(d, 1);
	driver_create_2d(d, 5, W, H);
	driver_attach(d, 5, 8, W * H * 4);
	uint16_t head = driver_send_work(d, 1, 500, 7);
	device_pump(d->device);
	grant_job(d);
	assert_int_equal(driver_unref(d, 5), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(driver_do(d, &gone, sizeof(gone)), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(mapped_pages, 0);
	advance(d, 500);
	assert_int_equal(driver_next_answer(d), head);
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.failed, 0);
}

static void flush_is_answered_after_its_picture_is_destroyed(void **state)
{
	struct driver *d = *state;
	struct gpum_msg frame;

	driver_create_2d(d, 5, W, H);
	driver_set_scanout(d, 0, 5, W, H);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, NULL);
	uint16_t head = driver_send_flush(d, 5, W, H);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_FRAME, &frame);
	assert_int_equal(driver_unref(d, 5), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(device_frame_shown(d->device, 0, frame.frame.seq), 0);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(driver_next_answer(d), -1);
}

static void guest_that_never_reads_answers_blocks_only_itself(void **state)
{
	struct driver *d = *state;
	struct vq_chain chain;

	/* The used ring has an entry for each head. */
	for (uint16_t i = 0; i < DRIVER_QUEUE_SIZE; i++) {
		driver_desc(d, i, 8192, 8, VRING_DESC_F_WRITE, 0);
		driver_offer(d, i);
		assert_int_equal(vq_take(&d->vq, &chain), 1);
		vq_complete(&d->vq, &chain.answer, "answered", 8);
	}
	assert_int_equal(vq_take(&d->vq, &chain), 0);
	assert_false(vq_want_events(&d->vq));
	/*
	 * The guest reads no answer and sends again: nothing waits for it, and old answers are
	 * overwritten.
	 */
	driver_offer(d, 0);
	assert_int_equal(vq_take(&d->vq, &chain), 1);
	vq_complete(&d->vq, &chain.answer, "answered", 8);
}

static void fence_ids_are_echoed_and_never_waited_for(void **state)
{
	static const uint64_t numbers[] = {UINT64_MAX, 1, 1, 0x8000000000000000u, 2};
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint16_t head = driver_send_work(d, 1, 10, numbers[i]);
		device_pump(d->device);
		grant_job(d);
		advance(d, 10);
		assert_int_equal(driver_next_answer(d), head);
		const struct virtio_gpu_ctrl_hdr *h = driver_response(d, head);
		assert_int_equal(h->flags, VIRTIO_GPU_FLAG_FENCE);
		assert_true(h->fence_id == numbers[i]);
		driver_expect(d, GPUM_MSG_JOB_DONE, NULL);
	}
}

static void jobs_carry_no_priority(void **state)
{
	struct driver *d = *state;
	struct virtio_gpu_cmd_submit c = {.hdr = {.type = VIRTIO_GPU_CMD_SUBMIT_3D, .ctx_id = 1}};

	driver_ctx_create(d, 1);
	/* A later standard may put a priority into these bytes. */
	memset(c.hdr.padding, 0xff, sizeof(c.hdr.padding));
	c.hdr.ring_idx = 0xff;
	driver_send(d, &c, sizeof(c), 64);
	device_pump(d->device);
	struct gpum_msg msg = driver_message(d);
	assert_int_equal(msg.type, GPUM_MSG_JOB_READY);
	assert_int_equal(msg.job.kind, GPUM_JOB_SUBMIT);
	assert_int_equal(msg.job.bytes, 0);
}

static void new_picture_contains_no_old_pixels(void **state)
{
	static const uint32_t zeroes[W * H];
	struct driver *d = *state;
	uint32_t pixels[W * H];

	driver_ctx_create(d, 1);
	driver_create_2d(d, 5, W, H);
	send_fill(d, 5, 0x5ec4e700);
	device_pump(d->device);
	grant_job(d);
	advance(d, 1000);
	assert_int_equal(driver_next_answer(d) >= 0, 1);
	driver_unref(d, 5);
	driver_create_2d(d, 5, W, H);
	read_picture(d, 5, pixels, sizeof(pixels));
	assert_memory_equal(pixels, zeroes, sizeof(zeroes));
}

static void error_response_contains_no_old_data(void **state)
{
	struct driver *d = *state;
	struct virtio_gpu_get_capset_info info = {.hdr.type = VIRTIO_GPU_CMD_GET_CAPSET_INFO,
						  .capset_index = 99};
	struct virtio_gpu_ctrl_hdr display = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
	struct virtio_gpu_ctrl_hdr expected = {.type = VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER};

	/* Make a long response first; it must not show behind the short one. */
	assert_int_equal(driver_do(d, &display, sizeof(display)), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	uint16_t head = driver_send(d, &info, sizeof(info), 2048);
	device_pump(d->device);
	assert_int_equal(driver_next_answer(d), head);
	const uint8_t *answer = driver_response(d, head);
	assert_memory_equal(answer, &expected, sizeof(expected));
	assert_int_equal(answer[sizeof(expected)], 0xee); /* unchanged since driver_send() */
}

static void assert_zero(const uint8_t *bytes, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		assert_int_equal(bytes[i], 0);
}

/* Responses are built in a reused buffer, which initially holds arbitrary data. */
static void unused_response_bytes_are_zero(void **state)
{
	struct driver *d = *state;
	const struct virtio_gpu_cmd_get_edid ask = {.hdr.type = VIRTIO_GPU_CMD_GET_EDID};
	const size_t edid = offsetof(struct virtio_gpu_resp_edid, edid) + EDID_BYTES;
	const size_t modes = offsetof(struct virtio_gpu_resp_display_info, pmodes) +
			     d->config.num_scanouts * sizeof(struct virtio_gpu_display_one);

	memset(d->device->response, 0xaa, d->device->response_max);
	uint16_t head = driver_send(d, &ask, sizeof(ask), sizeof(struct virtio_gpu_resp_edid));
	assert_int_equal(device_pump(d->device), 0);
	assert_zero(driver_response(d, head), edid, sizeof(struct virtio_gpu_resp_edid));
	memset(d->device->response, 0xaa, d->device->response_max);
	head = driver_send_simple(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0);
	assert_int_equal(device_pump(d->device), 0);
	assert_zero(driver_response(d, head), modes, sizeof(struct virtio_gpu_resp_display_info));
	assert_zero(driver_response(d, head), 4, sizeof(struct virtio_gpu_ctrl_hdr));
}

static void scanout_of_another_guest_is_refused(void **state)
{
	struct driver *d = *state;

	driver_create_2d(d, 5, W, H);
	for (uint32_t scanout = d->config.num_scanouts; scanout < 20; scanout++)
		assert_int_equal(driver_set_scanout(d, scanout, 5, W, H),
				 VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
	assert_int_equal(driver_set_scanout(d, UINT32_MAX, 5, W, H),
			 VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
	driver_expect_silence(d);
}

static void scanout_beyond_its_buffer_is_refused(void **state)
{
	struct driver *d = *state;
	struct virtio_gpu_set_scanout c = {.hdr.type = VIRTIO_GPU_CMD_SET_SCANOUT,
					   .r = {.x = 1, .width = W, .height = H},
					   .resource_id = 5};

	driver_create_2d(d, 5, W, H);
	assert_int_equal(driver_do(d, &c, sizeof(c)), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	c.r.x = UINT32_MAX; /* x + width wraps */
	assert_int_equal(driver_do(d, &c, sizeof(c)), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	c.r.x = 0;
	c.r.y = UINT32_MAX - H + 2;
	assert_int_equal(driver_do(d, &c, sizeof(c)), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	driver_expect_silence(d);
}

static void job_ends_despite_a_clock_near_overflow(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	d->now_us = UINT64_MAX - 1000;
	uint16_t head = driver_send_work(d, 1, 500, 1);
	device_pump(d->device);
	grant_job(d);
	assert_int_equal(driver_next_answer(d), -1);
	advance(d, 500);
	assert_int_equal(driver_next_answer(d), head);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, driver_setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(rewriting_a_taken_chain_has_no_effect),
		TEST(rewriting_a_waiting_stream_has_no_effect),
		TEST(resources_of_another_guest_do_not_exist),
		TEST(no_command_reaches_objects_of_another_guest),
		TEST(job_ends_after_its_objects_are_destroyed),
		TEST(flush_is_answered_after_its_picture_is_destroyed),
		TEST(guest_that_never_reads_answers_blocks_only_itself),
		TEST(fence_ids_are_echoed_and_never_waited_for),
		TEST(jobs_carry_no_priority),
		TEST(new_picture_contains_no_old_pixels),
		TEST(error_response_contains_no_old_data),
		TEST(unused_response_bytes_are_zero),
		TEST(scanout_of_another_guest_is_refused),
		TEST(scanout_beyond_its_buffer_is_refused),
		TEST(job_ends_despite_a_clock_near_overflow),
	};

	return cmocka_run_group_tests_name("threats", tests, NULL, NULL);
}
