/* SPDX-License-Identifier: MIT */
/*
 * The renderer refuses a command or fails: the guest gets an error, and ids and quotas are as
 * before.
 */
#include "tests/unit/backend/device/driver.h"

#include <errno.h>

#include "backend/error/error.h"

#define OK	  VIRTIO_GPU_RESP_OK_NODATA
#define NO_MEMORY VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
#define W	  32u
#define H	  16u

/* The simulated GPU, except for one operation that fails. */
static const struct gpu_ops *real;
static struct gpu_ops ops;
static enum command_op failing_op;
static int failing_error; /* 0: nothing fails */

static int execute(struct gpu *gpu, const struct command *cmd, struct iovec *iov, uint32_t num_iov)
{
	if (failing_error && cmd->op == failing_op)
		return failing_error;
	return real->execute(gpu, cmd, iov, num_iov);
}

static int fence(struct gpu *gpu, uint64_t id)
{
	return failing_error ? failing_error : real->fence(gpu, id);
}

static int capset(struct gpu *gpu, uint32_t id, uint32_t version, void *to)
{
	return failing_error ? failing_error : real->capset(gpu, id, version, to);
}

static int export_scanout(struct gpu *gpu, uint32_t resource, struct gpum_buffer *picture)
{
	return failing_error ? failing_error : real->export_scanout(gpu, resource, picture);
}

static int setup(void **state)
{
	struct driver *d;

	if (driver_setup(state))
		return -1;
	d = *state;
	real = d->gpu->ops;
	ops = *real;
	d->gpu->ops = &ops;
	failing_error = 0;
	return 0;
}

static struct gpum_state count_of(struct driver *d)
{
	struct gpum_state count;

	device_count(d->device, &count);
	return count;
}

static const struct {
	int err;
	uint32_t answer;
} kinds[] = {
	{-ENOMEM, VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY},
	{-EINVAL, VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER},
	{-EIO, VIRTIO_GPU_RESP_ERR_UNSPEC},
};

static void failed_resource_creation_frees_id_and_quota(void **state)
{
	struct driver *d = *state;

	ops.execute = execute;
	failing_op = COMMAND_RESOURCE_CREATE;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		failing_error = kinds[i].err;
		assert_int_equal(driver_create_2d(d, 1, 512, 512), kinds[i].answer);
		assert_int_equal(count_of(d).resources, 0);
		assert_int_equal(count_of(d).resource_bytes, 0);
	}
	failing_error = 0;
	assert_int_equal(driver_create_2d(d, 1, 512, 512), OK);
}

static void failed_context_creation_frees_its_id(void **state)
{
	struct driver *d = *state;

	ops.execute = execute;
	failing_op = COMMAND_CTX_CREATE;
	failing_error = -ENOMEM;
	assert_int_equal(driver_ctx_create(d, 1), NO_MEMORY);
	assert_int_equal(count_of(d).contexts, 0);
	failing_error = 0;
	assert_int_equal(driver_ctx_create(d, 1), OK);
}

static void backing_refused_by_the_renderer_is_unmapped(void **state)
{
	struct driver *d = *state;

	ops.execute = execute;
	driver_create_2d(d, 1, W, H);
	failing_op = COMMAND_ATTACH_BACKING;
	failing_error = -EINVAL;
	assert_int_equal(driver_attach(d, 1, 8, W * H * 4), VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_int_equal(mapped_pages, 0);
	failing_error = 0;
	assert_int_equal(driver_attach(d, 1, 8, W * H * 4), OK);
	assert_int_equal(mapped_pages, 1);
}

static void failed_capset_query_returns_no_data(void **state)
{
	struct driver *d = *state;
	const struct virtio_gpu_get_capset c = {.hdr.type = VIRTIO_GPU_CMD_GET_CAPSET,
						.capset_id = VIRTIO_GPU_CAPSET_VIRGL,
						.capset_version = 1};
	const uint8_t untouched[8] = {0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee, 0xee};

	ops.capset = capset;
	failing_error = -EIO;
	uint16_t head = driver_send(d, &c, sizeof(c), 2048);
	assert_int_equal(device_pump(d->device), 0);
	assert_int_equal(driver_next_answer(d), head);
	assert_int_equal(driver_response_type(d, head), VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_memory_equal((uint8_t *)driver_response(d, head) + sizeof(c.hdr), untouched, 8);
}

static void without_capabilities_3d_is_not_offered(void **state)
{
	struct driver *d = *state;

	assert_true(device_features(d->device) & VGPU_F_VIRGL);
	d->gpu->num_capsets = 0;
	assert_false(device_features(d->device) & VGPU_F_VIRGL);
	assert_true(device_features(d->device) & VGPU_F_EDID);
}

static void picture_that_cannot_be_exported_is_not_shown(void **state)
{
	static const struct {
		int err;
		uint32_t answer;
	} cases[] = {{-ENOMEM, NO_MEMORY},
		     {-EMFILE, NO_MEMORY},
		     {-EINVAL, VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID}};
	struct driver *d = *state;

	ops.export_scanout = export_scanout;
	driver_create_2d(d, 1, W, H);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		failing_error = cases[i].err;
		assert_int_equal(driver_set_scanout(d, 0, 1, W, H), cases[i].answer);
		/* A flush of a picture that no display shows sends no frame. */
		uint16_t flush = driver_send_flush(d, 1, W, H);
		assert_int_equal(device_pump(d->device), 0);
		assert_int_equal(driver_next_answer(d), flush);
		driver_expect_silence(d);
	}
	failing_error = 0;
	assert_int_equal(driver_set_scanout(d, 0, 1, W, H), OK);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, NULL);
}

static void announce_work(struct driver *d, uint32_t us)
{
	driver_ctx_create(d, 1);
	driver_send_work(d, 1, us, 1);
	device_pump(d->device);
	driver_expect(d, GPUM_MSG_JOB_READY, NULL);
}

static void failed_fence_ends_the_backend(void **state)
{
	struct driver *d = *state;

	announce_work(d, 100);
	ops.fence = fence;
	failing_error = -EIO;
	assert_int_equal(device_job_run(d->device, 1), BACKEND_ERR_SYSTEM);
}

static void break_ring(struct driver *d)
{
	d->avail[1] = (uint16_t)(d->avail[1] + DRIVER_QUEUE_SIZE + 1);
}

static void ring_broken_during_a_job_ends_the_connection_after_it(void **state)
{
	struct driver *d = *state;

	announce_work(d, 1000);
	assert_int_equal(device_job_run(d->device, 1), 0);
	break_ring(d);
	assert_int_equal(device_poll(d->device), 0);
	d->now_us += 1000;
	assert_int_equal(device_poll(d->device), BACKEND_ERR_AVAIL_INDEX);
}

static void ring_broken_before_an_empty_job_ends_the_connection_at_once(void **state)
{
	struct driver *d = *state;

	announce_work(d, 0);
	break_ring(d);
	assert_int_equal(device_job_run(d->device, 1), BACKEND_ERR_AVAIL_INDEX);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(failed_resource_creation_frees_id_and_quota),
		TEST(failed_context_creation_frees_its_id),
		TEST(backing_refused_by_the_renderer_is_unmapped),
		TEST(failed_capset_query_returns_no_data),
		TEST(without_capabilities_3d_is_not_offered),
		TEST(picture_that_cannot_be_exported_is_not_shown),
		TEST(failed_fence_ends_the_backend),
		TEST(ring_broken_during_a_job_ends_the_connection_after_it),
		TEST(ring_broken_before_an_empty_job_ends_the_connection_at_once),
	};

	return cmocka_run_group_tests_name("gpu fails", tests, NULL, NULL);
}
