/* SPDX-License-Identifier: MIT */
/* A long command stream is several jobs for the mediator, but one command for the guest. */
#include "tests/unit/backend/device/driver.h"

#include <string.h>
#include <unistd.h>

#define W 32u
#define H 16u

#define WORK(us)                                                                                   \
	{                                                                                          \
		.code = SIM_WORK, .value = (us)                                                    \
	}
#define STATE                                                                                      \
	{                                                                                          \
		.code = SIM_STATE                                                                  \
	}
#define FAIL                                                                                       \
	{                                                                                          \
		.code = SIM_FAIL                                                                   \
	}
#define FILL(id, colour)                                                                           \
	{                                                                                          \
		.code = SIM_FILL, .resource = (id), .value = (colour)                              \
	}
#define COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define OP_BYTES     ((uint32_t)sizeof(struct sim_op))

static int start(void **state)
{
	struct driver *d = driver_create();

	d->config.max_job_draws = 2;
	driver_start(d);
	assert_int_equal(driver_ctx_create(d, 1), VIRTIO_GPU_RESP_OK_NODATA);
	*state = d;
	return 0;
}

static int stop(void **state)
{
	driver_destroy(*state);
	return 0;
}

static struct gpum_job announced(struct driver *d)
{
	struct gpum_msg msg;

	assert_int_equal(device_pump(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_READY, &msg);
	return msg.job;
}

/* Run a job that takes `us` microseconds. Returns the JOB_DONE that ends it. */
static struct gpum_job_done run(struct driver *d, uint64_t id, uint64_t us)
{
	struct gpum_msg msg;

	assert_int_equal(device_job_run(d->device, id), 0);
	assert_true(device_is_waiting(d->device));
	d->now_us += us - 1;
	assert_int_equal(device_poll(d->device), 0);
	driver_expect_silence(d);
	d->now_us++;
	assert_int_equal(device_poll(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.id, id);
	return msg.done;
}

static uint64_t cuts(const struct driver *d)
{
	struct gpum_state state;

	device_count(d->device, &state);
	return state.cuts;
}

static void each_slice_is_announced_with_the_end_of_the_previous_one(void **state)
{
	static const struct sim_op ops[] = {STATE,    WORK(10), WORK(20), STATE,
					    WORK(30), WORK(40), WORK(50), STATE};
	struct driver *d = *state;
	struct gpum_job_done done;
	struct gpum_job job;

	driver_send_stream(d, 1, ops, COUNT(ops), 7);
	job = announced(d);
	assert_int_equal(job.kind, GPUM_JOB_SUBMIT);
	assert_int_equal(job.bytes, 3 * OP_BYTES);
	done = run(d, job.id, 30);
	assert_int_equal(done.next.kind, GPUM_JOB_SUBMIT);
	assert_int_equal(done.next.id, job.id + 1);
	assert_int_equal(done.next.bytes, 3 * OP_BYTES);
	done = run(d, done.next.id, 70);
	assert_int_equal(done.next.bytes, 2 * OP_BYTES);
	assert_int_equal(cuts(d), 2);
	done = run(d, done.next.id, 50);
	assert_int_equal(done.next.kind, 0);
	driver_expect_silence(d);
	assert_int_equal(cuts(d), 2);
}

static void the_guest_gets_one_answer_after_the_last_slice(void **state)
{
	static const struct sim_op ops[] = {WORK(10), WORK(10), WORK(10), WORK(10), WORK(10)};
	struct driver *d = *state;
	uint16_t head = driver_send_stream(d, 1, ops, COUNT(ops), 7);
	struct gpum_job_done done = run(d, announced(d).id, 20);

	assert_int_equal(driver_next_answer(d), -1);
	done = run(d, done.next.id, 20);
	assert_int_equal(driver_next_answer(d), -1);
	assert_int_equal(device_job_run(d->device, done.next.id), 0);
	assert_int_equal(driver_next_answer(d), -1);
	d->now_us += 10;
	assert_int_equal(device_poll(d->device), 0);
	assert_int_equal(driver_next_answer(d), head);
	const struct virtio_gpu_ctrl_hdr *h = driver_response(d, head);
	assert_int_equal(h->type, VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(h->fence_id, 7);
	assert_int_equal(driver_next_answer(d), -1);
}

static void unfenced_stream_is_answered_after_executing_its_last_slice(void **state)
{
	static const struct sim_op ops[] = {WORK(10), WORK(10), WORK(10)};
	struct driver *d = *state;
	uint16_t head = driver_send_stream(d, 1, ops, COUNT(ops), 0);
	struct gpum_job_done done = run(d, announced(d).id, 20);

	assert_int_equal(driver_next_answer(d), -1);
	assert_int_equal(device_job_run(d->device, done.next.id), 0);
	assert_int_equal(driver_next_answer(d), head);
	d->now_us += 10;
	assert_int_equal(device_poll(d->device), 0);
	assert_int_equal(driver_next_answer(d), -1);
}

static void cut_stream_draws_the_same_picture(void **state)
{
	static const struct sim_op ops[] = {FILL(5, 1), FILL(5, 2), STATE,	FILL(5, 3),
					    FILL(5, 4), STATE,	    FILL(5, 5), STATE};
	struct driver *d = *state;
	struct gpum_buffer buffer;
	uint32_t pixel = 0;

	driver_create_2d(d, 5, W, H);
	driver_send_stream(d, 1, ops, COUNT(ops), 1);
	struct gpum_job job = announced(d);
	int fd = d->gpu->ops->export_scanout(d->gpu, 5, &buffer);
	assert_true(fd >= 0);
	for (uint32_t after = 2; after <= 6; after += 2) {
		struct gpum_msg msg;
		assert_int_equal(device_job_run(d->device, job.id), 0);
		driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
		assert_int_equal(pread(fd, &pixel, 4, 0), 4);
		assert_int_equal(pixel, after < 6 ? after : 5);
		job = msg.done.next;
	}
	assert_int_equal(job.kind, 0);
	close(fd);
}

static void only_queries_are_answered_between_slices(void **state)
{
	static const struct sim_op ops[] = {WORK(10), WORK(10), WORK(10)};
	struct virtio_gpu_ctx_create destroy = {
		.hdr = {.type = VIRTIO_GPU_CMD_CTX_DESTROY, .ctx_id = 1}};
	struct driver *d = *state;
	uint16_t head = driver_send_stream(d, 1, ops, COUNT(ops), 1);
	uint16_t then = driver_send(d, &destroy, sizeof(destroy.hdr), 64);
	uint16_t question = driver_send_simple(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0);
	struct gpum_job_done done = run(d, announced(d).id, 20);

	/* queries are answered meanwhile */
	assert_int_equal(driver_next_answer(d), question);
	assert_int_equal(driver_next_answer(d), -1);
	assert_int_equal(device_job_run(d->device, done.next.id), 0);
	assert_int_equal(driver_next_answer(d), then);
	assert_int_equal(driver_response_type(d, then), VIRTIO_GPU_RESP_OK_NODATA);
	d->now_us += 10;
	assert_int_equal(device_poll(d->device), 0);
	assert_int_equal(driver_next_answer(d), head);
}

static void a_failed_slice_ends_the_stream_with_the_error(void **state)
{
	static const struct sim_op ops[] = {WORK(10), WORK(10), FAIL, WORK(10), WORK(10), WORK(9)};
	struct driver *d = *state;
	uint16_t head = driver_send_stream(d, 1, ops, COUNT(ops), 1);
	struct gpum_job_done done = run(d, announced(d).id, 20);
	struct gpum_msg msg;

	assert_int_equal(device_job_run(d->device, done.next.id), 0);
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.failed, 1);
	assert_int_equal(msg.done.next.kind, 0);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(driver_response_type(d, head), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	/* the next stream starts at its beginning */
	driver_send_stream(d, 1, ops, 2, 2);
	assert_int_equal(announced(d).bytes, 2 * OP_BYTES);
}

static void stream_with_an_invalid_end_is_refused_before_its_first_slice(void **state)
{
	static const struct sim_op ops[] = {WORK(10), WORK(10), WORK(10), {.code = 99}};
	struct driver *d = *state;
	uint16_t head = driver_send_stream(d, 1, ops, COUNT(ops), 1);

	assert_int_equal(device_pump(d->device), 0);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(driver_response_type(d, head), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	driver_expect_silence(d);
}

static void reset_between_slices_drops_the_rest(void **state)
{
	static const struct sim_op ops[] = {WORK(10), WORK(10), WORK(10), WORK(10), WORK(10)};
	struct driver *d = *state;
	struct gpum_job_done done;
	struct gpum_msg msg;

	driver_send_stream(d, 1, ops, COUNT(ops), 1);
	done = run(d, announced(d).id, 20);
	device_reset(d->device);
	/* the mediator knows of the announced slice, so it ends, without being run */
	assert_int_equal(device_job_run(d->device, done.next.id), 0);
	assert_false(device_is_waiting(d->device));
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.id, done.next.id);
	assert_int_equal(msg.done.failed, 1);
	assert_int_equal(msg.done.next.kind, 0);
	assert_int_equal(driver_next_answer(d), -1);
}

static void reset_during_a_slice_drops_the_rest(void **state)
{
	static const struct sim_op ops[] = {WORK(10), WORK(10), WORK(10), WORK(10), WORK(10)};
	struct driver *d = *state;
	struct gpum_msg msg;

	driver_send_stream(d, 1, ops, COUNT(ops), 1);
	assert_int_equal(device_job_run(d->device, announced(d).id), 0);
	device_reset(d->device);
	d->now_us += 20;
	assert_int_equal(device_poll(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_DONE, &msg);
	assert_int_equal(msg.done.next.kind, 0);
	driver_expect_silence(d);
	assert_int_equal(driver_next_answer(d), -1);
}

static void short_stream_is_one_job(void **state)
{
	static const struct sim_op ops[] = {STATE, WORK(10), STATE, WORK(10), STATE, STATE};
	struct driver *d = *state;

	driver_send_stream(d, 1, ops, COUNT(ops), 1);
	assert_int_equal(run(d, announced(d).id, 20).next.kind, 0);
	/* a stream of length 0, which is only a fence */
	driver_send_stream(d, 1, ops, 0, 2);
	struct gpum_job job = announced(d);
	assert_int_equal(job.bytes, 0);
	assert_int_equal(device_job_run(d->device, job.id), 0);
	driver_expect(d, GPUM_MSG_JOB_DONE, NULL);
	assert_int_equal(cuts(d), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(each_slice_is_announced_with_the_end_of_the_previous_one),
		TEST(the_guest_gets_one_answer_after_the_last_slice),
		TEST(unfenced_stream_is_answered_after_executing_its_last_slice),
		TEST(cut_stream_draws_the_same_picture),
		TEST(only_queries_are_answered_between_slices),
		TEST(a_failed_slice_ends_the_stream_with_the_error),
		TEST(stream_with_an_invalid_end_is_refused_before_its_first_slice),
		TEST(reset_between_slices_drops_the_rest),
		TEST(reset_during_a_slice_drops_the_rest),
		TEST(short_stream_is_one_job),
	};

	return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
