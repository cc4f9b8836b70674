/* SPDX-License-Identifier: MIT */
/* Allocations fail, or there is exactly enough memory. */
#include "tests/unit/backend/device/driver.h"

#include <stdlib.h>

#include "backend/device/context.h"
#include "backend/device/resource.h"
#include "backend/error/error.h"

#define OK	  VIRTIO_GPU_RESP_OK_NODATA
#define NO_MEMORY VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);

static int calls_left = -1; /* allocations until one fails; negative: none fails */

static bool fails(void)
{
	return calls_left >= 0 && calls_left-- == 0;
}

void *__wrap_malloc(size_t bytes)
{
	return fails() ? NULL : __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes)
{
	return fails() ? NULL : __real_calloc(count, bytes);
}

static void device_creation_fails_cleanly_without_memory(void **state)
{
	struct driver *d = *state;
	struct device *device;
	int failed = 0;

	for (;; failed++) {
		calls_left = failed;
		device = device_create(&d->config, d->gpu, &d->granted, d->device_socket);
		calls_left = -1;
		if (device)
			break;
	}
	/* The device, command, chain, response, two tables of resources, one of contexts. */
	assert_int_equal(failed, 7);
	device_destroy(device);
}

static void backing_is_not_mapped_without_memory(void **state)
{
	struct driver *d = *state;

	assert_int_equal(driver_create_2d(d, 1, 8, 8), OK);
	for (int i = 0; i < 2; i++) {
		calls_left = i;
		assert_int_equal(driver_attach(d, 1, 8, 4096), NO_MEMORY);
		calls_left = -1;
		assert_int_equal(mapped_pages, 0);
	}
	assert_int_equal(driver_attach(d, 1, 8, 4096), OK);
}

static void smallest_command_limit_still_fits_a_cursor_command(void **state)
{
	struct driver *d = driver_create();
	const struct virtio_gpu_update_cursor c = {.hdr.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};

	(void)state;
	d->config.max_command_bytes = 1;
	driver_start(d);
	assert_int_equal(driver_do(d, &c, sizeof(c)), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	driver_destroy(d);
}

static void the_sum_of_all_backing_is_bounded(void **state)
{
	struct driver *d = driver_create();

	(void)state;
	d->config.max_resources = 8;
	driver_start(d);
	/* The limit of 1 MiB is 256 pages: four times the guest's memory. */
	for (uint32_t id = 1; id <= 5; id++) {
		driver_create_2d(d, id, 8, 8);
		assert_int_equal(driver_attach(d, id, 0, DRIVER_GUEST_PAGES * VGPU_PAGE_SIZE),
				 id < 5 ? OK : NO_MEMORY);
	}
	driver_unref(d, 1);
	assert_int_equal(driver_attach(d, 5, 0, DRIVER_GUEST_PAGES * VGPU_PAGE_SIZE), OK);
	driver_destroy(d);
}

static void picture_larger_than_the_quota_is_refused(void **state)
{
	struct driver *d = *state;

	assert_int_equal(driver_create_2d(d, 1, 1024, 1024), NO_MEMORY);
	assert_int_equal(driver_create_2d(d, 1, 512, 512), OK);
}

static void full_table_finds_every_resource(void **state)
{
	const struct command_geometry g = {
		.target = 2, .format = 1, .width = 1, .height = 1, .depth = 1, .array_size = 1};
	const uint32_t max = 1000;
	struct resource_table t;
	struct resource *r;

	(void)state;
	assert_int_equal(resource_table_init(&t, max, UINT64_MAX), 0);
	/* A bucket for each resource keeps the lists short. */
	assert_true(t.hash_mask + 1 >= max);
	for (uint32_t id = 1; id <= max; id++)
		assert_int_equal(resource_add(&t, id * 7, &g, &r), 0);
	assert_int_equal(resource_add(&t, 5, &g, &r), NO_MEMORY);
	for (uint32_t id = 1; id <= max; id++)
		assert_int_equal(resource_find(&t, id * 7)->id, id * 7);
	while ((r = resource_next(&t, NULL)))
		resource_remove(&t, r);
	assert_int_equal(t.count, 0);
	assert_int_equal(t.bytes, 0);
	resource_table_finish(&t);
}

static void context_0_cannot_be_created(void **state)
{
	struct context_table t;

	(void)state;
	assert_int_equal(context_table_init(&t, 4), 0);
	assert_int_equal(context_add(&t, 0), VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID);
	assert_int_equal(t.count, 0);
	context_table_finish(&t);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, driver_setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(device_creation_fails_cleanly_without_memory),
		TEST(backing_is_not_mapped_without_memory),
		cmocka_unit_test(smallest_command_limit_still_fits_a_cursor_command),
		cmocka_unit_test(the_sum_of_all_backing_is_bounded),
		TEST(picture_larger_than_the_quota_is_refused),
		cmocka_unit_test(full_table_finds_every_resource),
		cmocka_unit_test(context_0_cannot_be_created),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
