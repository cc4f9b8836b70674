/* SPDX-License-Identifier: MIT */
/* The order of events: which command waits for which, and when each is answered. */
#include "tests/unit/backend/device/driver.h"

#include <string.h>
#include <unistd.h>

#include "backend/error/error.h"

#define W 32u
#define H 16u

/* The mediator lets the announced job run. */
static uint64_t grant_job(struct driver *d)
{
	struct gpum_msg msg;

	driver_expect(d, GPUM_MSG_JOB_READY, &msg);
	assert_int_equal(device_job_run(d->device, msg.job.id), 0);
	return msg.job.id;
}

static void advance(struct driver *d, uint64_t us)
{
	d->now_us += us;
	assert_int_equal(device_poll(d->device), 0);
}

static void show_resource(struct driver *d, uint32_t id)
{
	assert_int_equal(driver_create_2d(d, id, W, H), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(driver_set_scanout(d, 0, id, W, H), VIRTIO_GPU_RESP_OK_NODATA);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, NULL);
}

static uint16_t send_ctx_create(struct driver *d, uint32_t context)
{
	struct virtio_gpu_ctx_create c = {
		.hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = context}};

	return driver_send(d, &c, sizeof(c), 64);
}

static void a_job_waits_for_the_mediator_and_its_answer_for_the_gpu(void **state)
{
	struct driver *d = *state;
	struct gpum_msg msg;

	assert_int_equal(driver_ctx_create(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	uint16_t head = driver_send_work(d, 1, 1000, 7);
	assert_int_equal(device_pump(d->device), 0);
	assert_false(device_is_waiting(d->device));
	uint64_t id = grant_job(d);
	assert_true(device_is_waiting(d->device));
	advance(d, 999);
	assert_int_equal(driver_next_answer(d), -1);
	driver_expect_silence(d);
	advance(d, 1);
	assert_int_equal(driver_next_answer(d), head);
	const struct virtio_gpu_ctrl_hdr *h = driver_response(d, head);
	assert_int_equal(h->type, VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(h->flags, VIRTIO_GPU_FLAG_FENCE);
	assert_int_equal(h->fence_id, 7);
	assert_int_equal(h->ctx_id, 1);
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.id, id);
	assert_int_equal(msg.done.failed, 0);
	assert_int_equal(msg.done.next.kind, 0);
}

static void an_unfenced_job_is_answered_when_it_has_been_executed(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	uint16_t head = driver_send_work(d, 1, 1000, 0);
	device_pump(d->device);
	grant_job(d);
	assert_int_equal(driver_next_answer(d), head);
	driver_expect_silence(d);
	advance(d, 1000);
	driver_expect(d, GPUM_MSG_JOB_DONE, NULL);
}

static void the_next_job_is_announced_with_the_end_of_the_first(void **state)
{
	struct driver *d = *state;
	struct gpum_msg msg;

	driver_ctx_create(d, 1);
	driver_send_work(d, 1, 1000, 1);
	driver_send_work(d, 1, 500, 2);
	device_pump(d->device);
	uint64_t id = grant_job(d);
	driver_expect_silence(d);
	advance(d, 1000);
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.id, id);
	assert_int_equal(msg.done.next.kind, GPUM_JOB_SUBMIT);
	assert_int_equal(msg.done.next.id, id + 1);
	driver_expect_silence(d);
	assert_int_equal(device_job_run(d->device, id + 1), 0);
	advance(d, 500);
	driver_expect(d, GPUM_MSG_JOB_DONE, NULL);
}

static void bookkeeping_overtakes_a_running_job_but_not_a_waiting_one(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	uint16_t job = driver_send_work(d, 1, 1000, 1);
	uint16_t create = send_ctx_create(d, 2);
	device_pump(d->device);
	assert_int_equal(driver_next_answer(d), -1);
	grant_job(d);
	assert_int_equal(driver_next_answer(d), create);
	assert_int_equal(driver_response_type(d, create), VIRTIO_GPU_RESP_OK_NODATA);
	advance(d, 1000);
	assert_int_equal(driver_next_answer(d), job);
}

static void queries_are_answered_while_the_head_of_the_queue_waits(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	uint16_t job = driver_send_work(d, 1, 1000, 1);
	uint16_t second = driver_send_work(d, 1, 1000, 2);
	uint16_t info = driver_send_simple(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0);
	uint16_t create = send_ctx_create(d, 2);
	uint16_t fenced = driver_send_simple(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 3);
	device_pump(d->device);
	assert_int_equal(driver_next_answer(d), info);
	assert_int_equal(driver_response_type(d, info), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	assert_int_equal(driver_next_answer(d), -1);
	grant_job(d);
	advance(d, 1000);
	driver_expect(d, GPUM_MSG_JOB_DONE, NULL);
	assert_int_equal(driver_next_answer(d), job);
	assert_int_equal(device_job_run(d->device, 2), 0);
	assert_int_equal(driver_next_answer(d), create);
	advance(d, 1000);
	assert_int_equal(driver_next_answer(d), second);
	assert_int_equal(driver_next_answer(d), fenced);
	/* the answered query was not taken a second time */
	assert_int_equal(driver_next_answer(d), -1);
	assert_int_equal(driver_ctx_create(d, 2), VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
}

static void fenced_bookkeeping_is_answered_after_the_job_before_it(void **state)
{
	struct driver *d = *state;
	struct virtio_gpu_ctx_create create = {.hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE,
						       .flags = VIRTIO_GPU_FLAG_FENCE,
						       .fence_id = 2,
						       .ctx_id = 2}};

	driver_ctx_create(d, 1);
	uint16_t job = driver_send_work(d, 1, 1000, 1);
	uint16_t fenced = driver_send(d, &create, sizeof(create), 64);
	uint16_t plain = driver_send_simple(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0);
	device_pump(d->device);
	grant_job(d);
	assert_int_equal(driver_next_answer(d), plain);
	assert_int_equal(driver_next_answer(d), -1);
	advance(d, 1000);
	assert_int_equal(driver_next_answer(d), job);
	assert_int_equal(driver_next_answer(d), fenced);
	assert_int_equal(driver_response_type(d, fenced), VIRTIO_GPU_RESP_OK_NODATA);
}

static void a_flush_becomes_a_frame_and_is_answered_when_shown(void **state)
{
	struct driver *d = *state;
	struct gpum_msg msg;

	show_resource(d, 5);
	uint16_t flush = driver_send_flush(d, 5, W, H);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_FRAME, &msg);
	assert_int_equal(msg.frame.scanout, 0);
	assert_int_equal(msg.frame.width, W);
	assert_int_equal(msg.frame.height, H);
	assert_int_equal(msg.frame.seq, 1);
	assert_int_equal(driver_next_answer(d), -1);
	assert_int_equal(device_frame_shown(d->device, 0, 1), 0);
	assert_int_equal(driver_next_answer(d), flush);
}

static void no_job_and_no_flush_starts_while_a_frame_waits(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	show_resource(d, 5);
	uint16_t first = driver_send_flush(d, 5, W, H);
	uint16_t second = driver_send_flush(d, 5, W, H);
	driver_send_work(d, 1, 100, 1);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_FRAME, NULL);
	driver_expect_silence(d);
	assert_int_equal(device_frame_shown(d->device, 0, 1), 0);
	assert_int_equal(driver_next_answer(d), first);
	driver_expect(d, GPUM_MSG_FRAME, NULL);
	driver_expect_silence(d);
	assert_int_equal(device_frame_shown(d->device, 0, 2), 0);
	assert_int_equal(driver_next_answer(d), second);
	grant_job(d);
}

static void a_flush_waits_for_the_job_that_draws_the_picture(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	show_resource(d, 5);
	driver_send_work(d, 1, 1000, 1);
	driver_send_flush(d, 5, W, H);
	device_pump(d->device);
	grant_job(d);
	driver_expect_silence(d);
	advance(d, 1000);
	driver_expect(d, GPUM_MSG_JOB_DONE, NULL);
	driver_expect(d, GPUM_MSG_FRAME, NULL);
}

static void a_flush_of_two_displays_waits_for_both(void **state)
{
	struct driver *d = *state;

	show_resource(d, 5);
	assert_int_equal(driver_set_scanout(d, 1, 5, W, H), VIRTIO_GPU_RESP_OK_NODATA);
	uint16_t flush = driver_send_flush(d, 5, W, H);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_FRAME, NULL);
	driver_expect(d, GPUM_MSG_FRAME, NULL);
	assert_int_equal(device_frame_shown(d->device, 1, 1), 0);
	assert_int_equal(driver_next_answer(d), -1);
	assert_int_equal(device_frame_shown(d->device, 0, 1), 0);
	assert_int_equal(driver_next_answer(d), flush);
}

static void flush_of_a_hidden_resource_is_answered_at_once(void **state)
{
	struct driver *d = *state;

	driver_create_2d(d, 5, W, H);
	uint16_t flush = driver_send_flush(d, 5, W, H);
	uint16_t unknown = driver_send_flush(d, 6, W, H);
	device_pump(d->device);
	assert_int_equal(driver_next_answer(d), flush);
	assert_int_equal(driver_next_answer(d), unknown);
	assert_int_equal(driver_response_type(d, unknown), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	driver_expect_silence(d);
}

static void invalid_mediator_messages_are_refused(void **state)
{
	struct driver *d = *state;

	assert_int_equal(device_job_run(d->device, 1), BACKEND_ERR_MEDIATOR);
	assert_int_equal(device_frame_shown(d->device, 0, 1), BACKEND_ERR_MEDIATOR);
	assert_int_equal(device_frame_shown(d->device, 99, 1), BACKEND_ERR_MEDIATOR);
	/*
	 * The mediator names another job than the waiting one, or another frame than the pending
	 * one.
	 */
	driver_ctx_create(d, 1);
	driver_send_work(d, 1, 100, 0);
	device_pump(d->device);
	assert_int_equal(device_job_run(d->device, 2), BACKEND_ERR_MEDIATOR);
	assert_int_equal(grant_job(d), 1);
	advance(d, 100);
	driver_expect(d, GPUM_MSG_JOB_DONE, NULL);
	assert_true(driver_next_answer(d) >= 0);
	show_resource(d, 5);
	driver_send_flush(d, 5, W, H);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_FRAME, NULL);
	assert_int_equal(device_frame_shown(d->device, 0, 2), BACKEND_ERR_MEDIATOR);
	assert_int_equal(device_frame_shown(d->device, 1, 1), BACKEND_ERR_MEDIATOR);
	assert_int_equal(device_frame_shown(d->device, 0, 1), 0);
}

static void destroyed_resource_switches_off_its_display(void **state)
{
	struct driver *d = *state;

	show_resource(d, 5);
	assert_int_equal(driver_unref(d, 5), VIRTIO_GPU_RESP_OK_NODATA);
	driver_expect(d, GPUM_MSG_SCANOUT_OFF, NULL);
	driver_expect(d, GPUM_MSG_BUFFER_REMOVE, NULL);
	driver_expect_silence(d);
}

static void a_reused_resource_id_has_a_new_buffer_id(void **state)
{
	struct driver *d = *state;
	struct gpum_msg first, second;

	driver_create_2d(d, 5, W, H);
	driver_set_scanout(d, 0, 5, W, H);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, &first);
	driver_unref(d, 5);
	driver_expect(d, GPUM_MSG_SCANOUT_OFF, NULL);
	driver_expect(d, GPUM_MSG_BUFFER_REMOVE, NULL);
	driver_create_2d(d, 5, W, H);
	driver_set_scanout(d, 0, 5, W, H);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, &second);
	assert_int_not_equal(first.buffer.id, second.buffer.id);
}

static void pixels_travel_from_granted_pages_to_the_exported_picture(void **state)
{
	struct driver *d = *state;
	struct virtio_gpu_transfer_to_host_2d t = {.hdr.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
						   .r = {.x = 1, .y = 2, .width = 3, .height = 4},
						   .offset = (2 * W + 1) * 4,
						   .resource_id = 5};
	uint32_t picture[W * H];
	struct gpum_buffer buffer;

	for (uint32_t i = 0; i < W * H; i++)
		memcpy(guest_memory[8 + i * 4 / 4096] + i * 4 % 4096, &i, 4);
	driver_create_2d(d, 5, W, H);
	assert_int_equal(driver_attach(d, 5, 8, W * H * 4), VIRTIO_GPU_RESP_OK_NODATA);
	driver_send(d, &t, sizeof(t), 64);
	device_pump(d->device);
	grant_job(d);
	int fd = d->gpu->ops->export_scanout(d->gpu, 5, &buffer);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, picture, sizeof(picture), 0), sizeof(picture));
	close(fd);
	for (uint32_t y = 0; y < H; y++) {
		for (uint32_t x = 0; x < W; x++) {
			bool inside = x >= 1 && x < 4 && y >= 2 && y < 6;
			assert_int_equal(picture[y * W + x], inside ? y * W + x : 0);
		}
	}
}

static void a_transfer_outside_picture_or_backing_is_refused_without_a_job(void **state)
{
	struct driver *d = *state;
	struct virtio_gpu_transfer_to_host_2d t = {.hdr.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
						   .r = {.width = W, .height = H},
						   .resource_id = 5};

	driver_create_2d(d, 5, W, H);
	assert_int_equal(driver_do(d, &t, sizeof(t)), VIRTIO_GPU_RESP_ERR_UNSPEC);
	driver_attach(d, 5, 8, W * H * 4);
	t.offset = 4;
	assert_int_equal(driver_do(d, &t, sizeof(t)), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	t.offset = UINT64_MAX;
	assert_int_equal(driver_do(d, &t, sizeof(t)), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	t.offset = 0;
	t.r.x = 1;
	assert_int_equal(driver_do(d, &t, sizeof(t)), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	t.r.x = UINT32_MAX;
	assert_int_equal(driver_do(d, &t, sizeof(t)), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	driver_expect_silence(d);
}

static void one_bad_reference_refuses_the_whole_backing(void **state)
{
	struct driver *d = *state;

	driver_create_2d(d, 5, 64, 64);
	refused_ref = 10;
	assert_int_equal(driver_attach(d, 5, 8, 64 * 64 * 4),
			 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(mapped_pages, 0);
	refused_ref = UINT32_MAX;
	assert_int_equal(driver_attach(d, 5, 8, 64 * 64 * 4), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(mapped_pages, 4);
	/* a second backing cannot be attached */
	assert_int_equal(driver_attach(d, 5, 8, 64 * 64 * 4), VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_int_equal(driver_unref(d, 5), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(mapped_pages, 0);
}

static void backing_smaller_than_the_picture_is_refused(void **state)
{
	struct driver *d = *state;

	driver_create_2d(d, 5, 64, 64);
	assert_int_equal(driver_attach(d, 5, 8, 64 * 64 * 4 - 1),
			 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(mapped_pages, 0);
}

static void quotas_hold(void **state)
{
	struct driver *d = *state;

	assert_int_equal(driver_ctx_create(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(driver_ctx_create(d, 2), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(driver_ctx_create(d, 3), VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
	/* 1 MiB of pictures */
	assert_int_equal(driver_create_2d(d, 1, 512, 512), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(driver_create_2d(d, 2, 1, 1), VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
	assert_int_equal(driver_unref(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	for (uint32_t i = 1; i <= 4; i++)
		assert_int_equal(driver_create_2d(d, i, 8, 8), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(driver_create_2d(d, 5, 8, 8), VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
	/* 1 MiB of backing is 256 pages */
	assert_int_equal(driver_attach(d, 1, 0, 257 * 4096), VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
}

static void unknown_and_duplicate_ids_are_refused(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	assert_int_equal(driver_ctx_create(d, 1), VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
	assert_int_equal(driver_ctx_create(d, 0), VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
	driver_create_2d(d, 1, 8, 8);
	assert_int_equal(driver_create_2d(d, 1, 8, 8), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_int_equal(driver_unref(d, 2), VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_int_equal(driver_set_scanout(d, 2, 1, 8, 8), VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
	assert_int_equal(driver_set_scanout(d, 0, 1, 9, 8), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	driver_send_work(d, 9, 10, 0);
	device_pump(d->device);
	int head = driver_next_answer(d);
	assert_int_equal(driver_response_type(d, (uint16_t)head),
			 VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
	driver_expect_silence(d);
}

static void a_command_longer_than_the_quota_is_refused(void **state)
{
	struct driver *d = *state;
	uint8_t big[3000] = {0};
	struct virtio_gpu_ctrl_hdr h = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};

	memcpy(big, &h, sizeof(h));
	assert_int_equal(driver_do(d, big, sizeof(big)), VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
}

static void command_without_room_for_its_answer_has_no_effect(void **state)
{
	struct driver *d = *state;
	struct virtio_gpu_ctrl_hdr h = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
	struct virtio_gpu_ctx_create c = {.hdr = {.type = VIRTIO_GPU_CMD_CTX_CREATE, .ctx_id = 1}};
	struct gpum_state count;

	uint16_t head = driver_send(d, &h, sizeof(h), 100);
	uint16_t none = driver_send(d, &c, sizeof(c), 0);
	device_pump(d->device);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(driver_response_type(d, head), VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_int_equal(driver_next_answer(d), none);
	device_count(d->device, &count);
	assert_int_equal(count.contexts, 0);
	assert_int_equal(count.rejected, 2);
}

static void a_failed_job_is_answered_with_an_error_and_frees_the_gpu(void **state)
{
	struct driver *d = *state;
	struct {
		struct virtio_gpu_cmd_submit c;
		struct sim_op op;
	} s = {.c = {.hdr = {.type = VIRTIO_GPU_CMD_SUBMIT_3D, .ctx_id = 1},
		     .size = sizeof(struct sim_op)},
	       .op = {.code = SIM_FAIL}};
	struct gpum_msg msg;

	driver_ctx_create(d, 1);
	uint16_t head = driver_send(d, &s, sizeof(s.c) + sizeof(s.op), 64);
	device_pump(d->device);
	grant_job(d);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(driver_response_type(d, head), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.failed, 1);
}

static void a_broken_ring_ends_the_connection(void **state)
{
	struct driver *d = *state;

	d->avail[1] = DRIVER_QUEUE_SIZE + 1;
	assert_int_equal(device_pump(d->device), BACKEND_ERR_AVAIL_INDEX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, driver_setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_job_waits_for_the_mediator_and_its_answer_for_the_gpu),
		TEST(an_unfenced_job_is_answered_when_it_has_been_executed),
		TEST(the_next_job_is_announced_with_the_end_of_the_first),
		TEST(bookkeeping_overtakes_a_running_job_but_not_a_waiting_one),
		TEST(queries_are_answered_while_the_head_of_the_queue_waits),
		TEST(fenced_bookkeeping_is_answered_after_the_job_before_it),
		TEST(a_flush_becomes_a_frame_and_is_answered_when_shown),
		TEST(no_job_and_no_flush_starts_while_a_frame_waits),
		TEST(a_flush_waits_for_the_job_that_draws_the_picture),
		TEST(a_flush_of_two_displays_waits_for_both),
		TEST(flush_of_a_hidden_resource_is_answered_at_once),
		TEST(invalid_mediator_messages_are_refused),
		TEST(destroyed_resource_switches_off_its_display),
		TEST(a_reused_resource_id_has_a_new_buffer_id),
		TEST(pixels_travel_from_granted_pages_to_the_exported_picture),
		TEST(a_transfer_outside_picture_or_backing_is_refused_without_a_job),
		TEST(one_bad_reference_refuses_the_whole_backing),
		TEST(backing_smaller_than_the_picture_is_refused),
		TEST(quotas_hold),
		TEST(unknown_and_duplicate_ids_are_refused),
		TEST(a_command_longer_than_the_quota_is_refused),
		TEST(command_without_room_for_its_answer_has_no_effect),
		TEST(a_failed_job_is_answered_with_an_error_and_frees_the_gpu),
		TEST(a_broken_ring_ends_the_connection),
	};

	return cmocka_run_group_tests_name("device", tests, NULL, NULL);
}
