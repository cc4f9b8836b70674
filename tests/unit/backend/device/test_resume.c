/* SPDX-License-Identifier: MIT */
/*
 * A new mediator has no state: the backend announces everything again, and the guest does not
 * notice.
 */
#include "tests/unit/backend/device/driver.h"

#include <string.h>

#include "backend/error/error.h"

#define W 32u
#define H 16u

static void show_resource(struct driver *d, uint32_t id)
{
	assert_int_equal(driver_create_2d(d, id, W, H), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(driver_set_scanout(d, 0, id, W, H), VIRTIO_GPU_RESP_OK_NODATA);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, NULL);
}

static uint16_t flush(struct driver *d, uint32_t id, struct gpum_msg *frame)
{
	uint16_t head = driver_send_flush(d, id, W, H);

	assert_int_equal(device_pump(d->device), 0);
	driver_expect(d, GPUM_MSG_FRAME, frame);
	return head;
}

/* Messages to the old mediator are void. */
static void resume(struct driver *d)
{
	while (driver_message(d).type)
		;
	assert_int_equal(device_resume(d->device), 0);
}

static void pending_frame_is_announced_again_and_answered_once(void **state)
{
	struct driver *d = *state;
	struct gpum_msg before, msg;
	uint16_t head;

	show_resource(d, 1);
	head = flush(d, 1, &before);
	resume(d);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, &msg);
	assert_int_equal(msg.buffer.id, before.frame.buffer_id);
	driver_expect(d, GPUM_MSG_FRAME, &msg);
	assert_memory_equal(&msg.frame, &before.frame, sizeof(msg.frame));
	driver_expect_silence(d);
	assert_int_equal(driver_next_answer(d), -1);
	assert_int_equal(device_frame_shown(d->device, 0, msg.frame.seq), 0);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(device_frame_shown(d->device, 0, msg.frame.seq), BACKEND_ERR_MEDIATOR);
}

static void shown_picture_is_shown_again_unnoticed_by_its_guest(void **state)
{
	struct driver *d = *state;
	struct gpum_msg before, msg;
	uint16_t head;

	show_resource(d, 1);
	head = flush(d, 1, &before);
	assert_int_equal(device_frame_shown(d->device, 0, before.frame.seq), 0);
	assert_int_equal(driver_next_answer(d), head);
	resume(d);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, NULL);
	driver_expect(d, GPUM_MSG_FRAME, &msg);
	assert_int_equal(msg.frame.seq, before.frame.seq);
	/* The guest's next frame may be announced before the repeated one is answered. */
	head = flush(d, 1, &before);
	assert_int_equal(before.frame.seq, msg.frame.seq + 1);
	assert_int_equal(device_frame_shown(d->device, 0, msg.frame.seq), 0);
	assert_int_equal(driver_next_answer(d), -1);
	assert_int_equal(device_frame_shown(d->device, 0, before.frame.seq), 0);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(device_frame_shown(d->device, 0, msg.frame.seq), BACKEND_ERR_MEDIATOR);
}

static void scanout_that_was_never_flushed_is_not_shown(void **state)
{
	struct driver *d = *state;

	show_resource(d, 1);
	resume(d);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, NULL);
	driver_expect_silence(d);
}

/* The old mediator would have answered when the scanout was switched off. */
static void flush_of_a_destroyed_picture_is_answered(void **state)
{
	struct driver *d = *state;
	uint16_t head;

	show_resource(d, 1);
	head = flush(d, 1, NULL);
	assert_int_equal(driver_unref(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	resume(d);
	driver_expect_silence(d);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(device_pump(d->device), 0);
}

static void waiting_job_is_announced_again_and_runs_once(void **state)
{
	struct driver *d = *state;
	struct gpum_msg before, msg;
	uint16_t head;

	assert_int_equal(driver_ctx_create(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	head = driver_send_work(d, 1, 1000, 7);
	assert_int_equal(device_pump(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_READY, &before);
	resume(d);
	driver_expect(d, GPUM_MSG_JOB_READY, &msg);
	assert_memory_equal(&msg.job, &before.job, sizeof(msg.job));
	assert_int_equal(device_job_run(d->device, msg.job.id), 0);
	d->now_us += 1000;
	assert_int_equal(device_poll(d->device), 0);
	assert_int_equal(driver_next_answer(d), head);
	driver_expect(d, GPUM_MSG_JOB_DONE, NULL);
	assert_int_equal(device_job_run(d->device, msg.job.id), BACKEND_ERR_MEDIATOR);
}

/* The guest was reset meanwhile, and the new mediator does not wait for the job. */
static void job_of_a_reset_guest_is_not_announced_again(void **state)
{
	struct driver *d = *state;

	assert_int_equal(driver_ctx_create(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	driver_send_work(d, 1, 1000, 7);
	assert_int_equal(device_pump(d->device), 0);
	device_reset(d->device);
	resume(d);
	driver_expect_silence(d);
}

static void idle_device_announces_nothing(void **state)
{
	resume(*state);
	driver_expect_silence(*state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, driver_setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(pending_frame_is_announced_again_and_answered_once),
		TEST(shown_picture_is_shown_again_unnoticed_by_its_guest),
		TEST(scanout_that_was_never_flushed_is_not_shown),
		TEST(flush_of_a_destroyed_picture_is_answered),
		TEST(waiting_job_is_announced_again_and_runs_once),
		TEST(job_of_a_reset_guest_is_not_announced_again),
		TEST(idle_device_announces_nothing),
	};

	return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
