/* SPDX-License-Identifier: MIT */
/*
 * A driver resets the device: nothing of its earlier state is left, and the mediator still gets its
 * answers.
 */
#include "tests/unit/backend/device/driver.h"

#include "backend/error/error.h"

#define W 32u
#define H 16u

static void show_resource(struct driver *d, uint32_t id)
{
	assert_int_equal(driver_create_2d(d, id, W, H), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(driver_set_scanout(d, 0, id, W, H), VIRTIO_GPU_RESP_OK_NODATA);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, NULL);
}

static void reset_drops_everything_but_ends_announced_jobs(void **state)
{
	struct driver *d = *state;
	struct gpum_state count;
	struct gpum_msg msg;

	driver_ctx_create(d, 1);
	show_resource(d, 5);
	driver_attach(d, 5, 8, W * H * 4);
	driver_send_work(d, 1, 1000, 1);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_JOB_READY, &msg);
	device_reset(d->device);
	device_count(d->device, &count);
	assert_int_equal(count.contexts, 0);
	assert_int_equal(count.resources, 0);
	assert_int_equal(mapped_pages, 0);
	driver_expect(d, GPUM_MSG_SCANOUT_OFF, NULL);
	driver_expect(d, GPUM_MSG_BUFFER_REMOVE, NULL);
	uint64_t id = msg.job.id;
	assert_int_equal(device_job_run(d->device, id), 0);
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.id, id);
	assert_int_equal(msg.done.failed, 1);
	assert_int_equal(driver_next_answer(d), -1);
}

static void reset_during_a_job_drops_its_answer(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	driver_send_work(d, 1, 1000, 1);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_JOB_READY, NULL);
	assert_int_equal(device_job_run(d->device, 1), 0);
	device_reset(d->device);
	assert_true(device_is_waiting(d->device));
	d->now_us += 1000;
	assert_int_equal(device_poll(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_DONE, NULL);
	assert_int_equal(driver_next_answer(d), -1);
}

static void frame_shown_after_a_reset_gives_no_answer(void **state)
{
	struct driver *d = *state;

	show_resource(d, 5);
	driver_send_flush(d, 5, W, H);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_FRAME, NULL);
	device_reset(d->device);
	assert_int_equal(device_frame_shown(d->device, 0, 1), 0);
	assert_int_equal(driver_next_answer(d), -1);
	/* A second FRAME_SHOWN is an error. */
	assert_int_equal(device_frame_shown(d->device, 0, 1), BACKEND_ERR_MEDIATOR);
}

static void flush_after_a_reset_waits_for_the_frame_before_it(void **state)
{
	struct driver *d = *state;
	struct gpum_msg msg;

	show_resource(d, 5);
	driver_send_flush(d, 5, W, H);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_FRAME, NULL);
	device_reset(d->device);
	driver_expect(d, GPUM_MSG_SCANOUT_OFF, NULL);
	driver_expect(d, GPUM_MSG_BUFFER_REMOVE, NULL);
	device_start(d->device, &d->control, NULL, device_features(d->device));
	show_resource(d, 5);
	uint16_t flush = driver_send_flush(d, 5, W, H);
	device_pump(d->device);
	driver_expect_silence(d);
	assert_int_equal(device_frame_shown(d->device, 0, 1), 0);
	driver_expect(d, GPUM_MSG_FRAME, &msg);
	assert_int_equal(msg.frame.seq, 2);
	assert_int_equal(driver_next_answer(d), -1);
	assert_int_equal(device_frame_shown(d->device, 0, 2), 0);
	assert_int_equal(driver_next_answer(d), flush);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, driver_setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(reset_drops_everything_but_ends_announced_jobs),
		TEST(reset_during_a_job_drops_its_answer),
		TEST(frame_shown_after_a_reset_gives_no_answer),
		TEST(flush_after_a_reset_waits_for_the_frame_before_it),
	};

	return cmocka_run_group_tests_name("reset", tests, NULL, NULL);
}
