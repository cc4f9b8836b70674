/* SPDX-License-Identifier: MIT */
/*
 * A GPU whose completions are lost, late, repeated or made up: only a job's own completion ends it.
 */
#include "tests/unit/backend/device/driver.h"

/* The simulated GPU, except that poll() returns `reported_fence`. */
static struct gpu_ops odd_ops;
static uint64_t reported_fence;

static uint64_t report_fence(struct gpu *gpu)
{
	(void)gpu;
	return reported_fence;
}

static struct driver *with_odd_gpu(void **state)
{
	struct driver *d = *state;

	odd_ops = *d->gpu->ops;
	odd_ops.poll = report_fence;
	d->gpu->ops = &odd_ops;
	reported_fence = 0;
	assert_int_equal(driver_ctx_create(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	return d;
}

/* Returns the job's id, which is also the id of its fence. */
static uint64_t begin_job(struct driver *d, uint16_t *head)
{
	struct gpum_msg msg;

	*head = driver_send_work(d, 1, 1000, 7);
	assert_int_equal(device_pump(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_READY, &msg);
	assert_int_equal(device_job_run(d->device, msg.job.id), 0);
	return msg.job.id;
}

static void assert_still_runs(struct driver *d)
{
	assert_int_equal(device_poll(d->device), 0);
	assert_true(device_is_waiting(d->device));
	assert_int_equal(driver_next_answer(d), -1);
	driver_expect_silence(d);
}

static void assert_ends_once(struct driver *d, uint64_t job, uint16_t head)
{
	struct gpum_msg msg;

	reported_fence = job;
	assert_int_equal(device_poll(d->device), 0);
	assert_int_equal(driver_next_answer(d), head);
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.id, job);
	assert_false(device_is_waiting(d->device));
	assert_int_equal(device_poll(d->device), 0);
	assert_int_equal(driver_next_answer(d), -1);
	driver_expect_silence(d);
}

static void repeated_completion_ends_one_job(void **state)
{
	struct driver *d = with_odd_gpu(state);
	uint16_t head;
	uint64_t first = begin_job(d, &head);

	assert_ends_once(d, first, head);
	/* The old completion does not end the next job. */
	uint64_t second = begin_job(d, &head);
	assert_still_runs(d);
	assert_ends_once(d, second, head);
}

static void only_its_own_completion_ends_a_job(void **state)
{
	static const int64_t off[] = {-1, 1, 2, 1000, INT64_MAX - 1};
	struct driver *d = with_odd_gpu(state);
	uint16_t head;
	uint64_t job = begin_job(d, &head);

	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++) {
		reported_fence = job + (uint64_t)off[i];
		assert_still_runs(d);
	}
	reported_fence = UINT64_MAX;
	assert_still_runs(d);
	assert_ends_once(d, job, head);
}

static void late_completion_ends_the_job(void **state)
{
	struct driver *d = with_odd_gpu(state);
	uint16_t head;
	uint64_t job = begin_job(d, &head);

	for (int i = 0; i < 100; i++) {
		d->now_us += 1000000;
		assert_still_runs(d);
	}
	assert_ends_once(d, job, head);
}

/* Such a job ends with the mediator's kill time. Until then, commands that need no GPU go on. */
static void lost_completion_stops_only_gpu_commands(void **state)
{
	struct driver *d = with_odd_gpu(state);
	uint16_t head;

	begin_job(d, &head);
	assert_int_equal(driver_create_2d(d, 5, 8, 8), VIRTIO_GPU_RESP_OK_NODATA);
	driver_send_work(d, 1, 1000, 8);
	assert_int_equal(device_pump(d->device), 0);
	assert_still_runs(d);
	/* A reset by the guest does not end the job either. */
	device_reset(d->device);
	assert_true(device_is_waiting(d->device));
	driver_expect_silence(d);
}

static void completion_without_a_job_is_ignored(void **state)
{
	struct driver *d = with_odd_gpu(state);

	for (reported_fence = 0; reported_fence < 4; reported_fence++) {
		assert_int_equal(device_poll(d->device), 0);
		driver_expect_silence(d);
	}
	/* A completion does not end a job that is still waiting. */
	driver_send_work(d, 1, 1000, 7);
	assert_int_equal(device_pump(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_READY, NULL);
	for (reported_fence = 0; reported_fence < 4; reported_fence++)
		assert_int_equal(device_poll(d->device), 0);
	driver_expect_silence(d);
	assert_int_equal(driver_next_answer(d), -1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, driver_setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(repeated_completion_ends_one_job),
		TEST(only_its_own_completion_ends_a_job),
		TEST(late_completion_ends_the_job),
		TEST(lost_completion_stops_only_gpu_commands),
		TEST(completion_without_a_job_is_ignored),
	};

	return cmocka_run_group_tests_name("completion", tests, NULL, NULL);
}
