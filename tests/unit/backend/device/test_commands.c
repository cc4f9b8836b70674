/* SPDX-License-Identifier: MIT */
/* Each invalid command is refused with the error that says why, and changes nothing. */
#include "tests/unit/backend/device/driver.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "backend/device/context.h"
#include "backend/device/resource.h"
#include "backend/error/error.h"

#define OK	     VIRTIO_GPU_RESP_OK_NODATA
#define UNSPEC	     VIRTIO_GPU_RESP_ERR_UNSPEC
#define NO_MEMORY    VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY
#define NO_RESOURCE  VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID
#define NO_CONTEXT   VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID
#define NO_SCANOUT   VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID
#define NO_PARAMETER VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER

/* Any command: a header and 32-bit words. */
struct words {
	struct virtio_gpu_ctrl_hdr hdr;
	uint32_t word[24];
};

static uint32_t command(struct driver *d, uint32_t type, uint32_t context, uint32_t bytes, ...)
{
	struct words c = {.hdr = {.type = type, .ctx_id = context}};
	va_list words;

	va_start(words, bytes);
	for (uint32_t i = 0; i < bytes / 4; i++)
		c.word[i] = va_arg(words, uint32_t);
	va_end(words);
	return driver_do(d, &c, (uint32_t)sizeof(c.hdr) + bytes);
}

static void queries_about_missing_objects_are_refused(void **state)
{
	struct driver *d = *state;

	assert_int_equal(command(d, VIRTIO_GPU_CMD_GET_EDID, 0, 8, 1u, 0u),
			 VIRTIO_GPU_RESP_OK_EDID);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_GET_EDID, 0, 8, 2u, 0u), NO_SCANOUT);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_GET_CAPSET_INFO, 0, 8, 0u, 0u),
			 VIRTIO_GPU_RESP_OK_CAPSET_INFO);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_GET_CAPSET_INFO, 0, 8, 1u, 0u), NO_PARAMETER);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_GET_CAPSET, 0, 8, VIRTIO_GPU_CAPSET_VIRGL, 1u),
			 VIRTIO_GPU_RESP_OK_CAPSET);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_GET_CAPSET, 0, 8, VIRTIO_GPU_CAPSET_VIRGL, 2u),
			 NO_PARAMETER);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_GET_CAPSET, 0, 8, 77u, 0u), NO_PARAMETER);
}

static void unnegotiated_commands_are_refused(void **state)
{
	struct driver *d = *state;

	device_start(d->device, &d->control, NULL, VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_GET_EDID, 0, 8, 0u, 0u), UNSPEC);
	assert_int_equal(driver_ctx_create(d, 1), UNSPEC);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_GET_CAPSET_INFO, 0, 8, 0u, 0u), UNSPEC);
	assert_int_equal(driver_create_2d(d, 1, 8, 8), OK);
}

static void backing_is_attached_and_detached_once(void **state)
{
	struct driver *d = *state;

	driver_create_2d(d, 1, 8, 8);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, 0, 8, 1u, 0u), UNSPEC);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, 0, 8, 9u, 0u),
			 NO_RESOURCE);
	assert_int_equal(driver_attach(d, 1, 8, 4096), OK);
	assert_int_equal(driver_attach(d, 1, 9, 4096), UNSPEC);
	assert_int_equal(mapped_pages, 1);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, 0, 8, 1u, 0u), OK);
	assert_int_equal(mapped_pages, 0);
	assert_int_equal(driver_attach(d, 9, 8, 4096), NO_RESOURCE);
}

static void contexts_and_their_resources_must_exist(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	driver_create_2d(d, 1, 8, 8);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, 1, 8, 1u, 0u), OK);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, 1, 8, 2u, 0u), NO_RESOURCE);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_CTX_ATTACH_RESOURCE, 2, 8, 1u, 0u), NO_CONTEXT);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_CTX_DETACH_RESOURCE, 1, 8, 1u, 0u), OK);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_CTX_DESTROY, 2, 0), NO_CONTEXT);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_CTX_DESTROY, 1, 0), OK);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_CTX_DESTROY, 1, 0), NO_CONTEXT);
}

/* box x y z w h d, offset, resource, level, stride, layer stride */
#define TRANSFER(d, context, x, y, z, w, h, depth, resource, level)                                \
	command(d, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D, context, 48, (uint32_t)(x), (uint32_t)(y),  \
		(uint32_t)(z), (uint32_t)(w), (uint32_t)(h), (uint32_t)(depth), 0u, 0u,            \
		(uint32_t)(resource), (uint32_t)(level), 0u, 0u)

static void transfers_outside_the_resource_are_refused(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	driver_create_2d(d, 1, 8, 8);
	assert_int_equal(TRANSFER(d, 1, 0, 0, 0, 8, 8, 1, 1, 0), UNSPEC); /* no backing */
	driver_attach(d, 1, 8, 4096);
	assert_int_equal(TRANSFER(d, 1, 1, 0, 0, 8, 8, 1, 1, 0), NO_PARAMETER);
	assert_int_equal(TRANSFER(d, 1, 0, 1, 0, 8, 8, 1, 1, 0), NO_PARAMETER);
	assert_int_equal(TRANSFER(d, 1, 0, 0, 1, 8, 8, 1, 1, 0), NO_PARAMETER);
	assert_int_equal(TRANSFER(d, 1, 0, 0, 0, 8, 8, 1, 1, 1), NO_PARAMETER);
	assert_int_equal(TRANSFER(d, 1, 0, 0, 0, 8, 8, 1, 1, 99), NO_PARAMETER);
	assert_int_equal(TRANSFER(d, 2, 0, 0, 0, 8, 8, 1, 1, 0), NO_CONTEXT);
	assert_int_equal(TRANSFER(d, 1, 0, 0, 0, 8, 8, 1, 7, 0), NO_RESOURCE);
	driver_expect_silence(d);
}

static void transfers_are_bounded_by_level_and_layer(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	/* id target format bind w h d array last_level samples flags pad: an array with levels */
	assert_int_equal(command(d, VIRTIO_GPU_CMD_RESOURCE_CREATE_3D, 1, 48, 1u, 7u, 1u, 2u, 8u,
				 4u, 1u, 3u, 3u, 0u, 0u, 0u),
			 OK);
	driver_attach(d, 1, 8, 8192);
	assert_int_equal(TRANSFER(d, 1, 0, 0, 2, 2, 1, 2, 1, 2), NO_PARAMETER);
	assert_int_equal(TRANSFER(d, 1, 0, 0, 0, 3, 1, 1, 1, 2), NO_PARAMETER);
	driver_expect_silence(d);
	/* Level 3 is one pixel wide: this transfer is valid. */
	struct words c = {.hdr = {.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D, .ctx_id = 1},
			  .word = {0, 0, 2, 1, 1, 1, 0, 0, 1, 3, 0, 0}};
	driver_send(d, &c, 72, 64);
	assert_int_equal(device_pump(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_READY, NULL);
}

static void flush_and_scanout_need_a_resource(void **state)
{
	struct driver *d = *state;

	assert_int_equal(command(d, VIRTIO_GPU_CMD_RESOURCE_FLUSH, 0, 24, 0u, 0u, 1u, 1u, 9u, 0u),
			 NO_RESOURCE);
	/* Id 0 does not stand for the displays that are off. */
	assert_int_equal(command(d, VIRTIO_GPU_CMD_RESOURCE_FLUSH, 0, 24, 0u, 0u, 1u, 1u, 0u, 0u),
			 NO_RESOURCE);
	assert_int_equal(driver_set_scanout(d, 0, 9, 8, 8), NO_RESOURCE);
	assert_int_equal(driver_set_scanout(d, 0, 0, 0, 0),
			 OK); /* switching off twice is no error */
	driver_create_2d(d, 1, 8, 8);
	driver_set_scanout(d, 0, 1, 8, 8);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, NULL);
	assert_int_equal(driver_set_scanout(d, 0, 0, 0, 0), OK);
	driver_expect(d, GPUM_MSG_SCANOUT_OFF, NULL);
	driver_expect_silence(d);
}

static void scanout_outside_the_picture_is_refused(void **state)
{
	static const struct {
		uint32_t x, y, width, height, answer;
	} cases[] = {
		{0, 0, 9, 8, NO_PARAMETER}, {1, 0, 8, 8, NO_PARAMETER}, {0, 0, 8, 9, NO_PARAMETER},
		{0, 1, 8, 8, NO_PARAMETER}, {7, 7, 1, 1, OK},		{0, 0, 8, 8, OK},
	};
	struct driver *d = *state;

	driver_create_2d(d, 1, 8, 8);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(command(d, VIRTIO_GPU_CMD_SET_SCANOUT, 0, 24, cases[i].x,
					 cases[i].y, cases[i].width, cases[i].height, 0u, 1u),
				 cases[i].answer);
}

static void transfer_2d_needs_a_2d_resource(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	assert_int_equal(command(d, VIRTIO_GPU_CMD_RESOURCE_CREATE_3D, 1, 48, 1u, 2u, 1u, 2u, 8u,
				 8u, 1u, 1u, 0u, 0u, 0u, 0u),
			 OK);
	driver_attach(d, 1, 8, 4096);
	/* x y w h, offset, resource */
	assert_int_equal(command(d, VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D, 0, 32, 0u, 0u, 8u, 8u, 0u,
				 0u, 1u, 0u),
			 NO_PARAMETER);
	driver_expect_silence(d);
	/* A 3D transfer may use context 0, the device itself. */
	struct words c = {.hdr = {.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_3D},
			  .word = {0, 0, 0, 8, 8, 1, 0, 0, 1, 0, 0, 0}};
	driver_send(d, &c, 72, 64);
	assert_int_equal(device_pump(d->device), 0);
	driver_expect(d, GPUM_MSG_JOB_READY, NULL);
}

static struct virtqueue cursor;

/* One command on the cursor queue. */
static void send_cursor(struct driver *d, uint32_t type, uint32_t scanout, uint32_t resource,
			uint32_t x)
{
	struct virtio_gpu_update_cursor c = {
		.hdr.type = type, .pos = {.scanout_id = scanout, .x = x}, .resource_id = resource};
	struct vring_desc *desc = (void *)(d->pool + 200000 / 16 * 16);
	uint16_t *avail = (void *)(d->pool + 204800);

	memcpy(d->pool + 220000, &c, sizeof(c));
	desc[0] = (struct vring_desc){.addr = 220000, .len = sizeof(c)};
	avail[2 + avail[1] % 4] = 0;
	avail[1]++;
	assert_int_equal(device_pump(d->device), 0);
}

static void start_cursor(struct driver *d)
{
	const struct vgpu_queue setup = {.size = 4,
					 .enabled = 1,
					 .desc = 200000 / 16 * 16,
					 .driver = 204800,
					 .device = 208896};

	assert_int_equal(vq_init(&cursor, d->pool, sizeof(d->pool), &setup, false), 0);
	device_start(d->device, &d->control, &cursor, device_features(d->device));
}

static void a_cursor_is_shown_moved_and_hidden(void **state)
{
	struct driver *d = *state;
	struct gpum_msg msg, add;

	start_cursor(d);
	driver_create_2d(d, 1, 64, 64);
	send_cursor(d, VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 1, 5);
	driver_expect(d, GPUM_MSG_BUFFER_ADD, &add);
	driver_expect(d, GPUM_MSG_CURSOR, &msg);
	assert_int_equal(msg.cursor.scanout, 1);
	assert_int_equal(msg.cursor.buffer_id, add.buffer.id);
	send_cursor(d, VIRTIO_GPU_CMD_MOVE_CURSOR, 1, 0, 9);
	driver_expect(d, GPUM_MSG_CURSOR, &msg);
	assert_int_equal(msg.cursor.buffer_id, add.buffer.id);
	assert_int_equal(msg.cursor.x, 9);
	send_cursor(d, VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 0, 9);
	driver_expect(d, GPUM_MSG_CURSOR, &msg);
	assert_int_equal(msg.cursor.buffer_id, 0);
	send_cursor(d, VIRTIO_GPU_CMD_UPDATE_CURSOR, 1, 1, 9);
	driver_expect(d, GPUM_MSG_CURSOR, &msg);
	assert_int_equal(msg.cursor.buffer_id, add.buffer.id);
	assert_int_equal(driver_unref(d, 1), OK);
	driver_expect(d, GPUM_MSG_CURSOR, &msg);
	assert_int_equal(msg.cursor.buffer_id, 0);
	driver_expect(d, GPUM_MSG_BUFFER_REMOVE, NULL);
	driver_expect_silence(d);
}

static void invalid_cursor_commands_change_nothing(void **state)
{
	struct driver *d = *state;
	struct gpum_state count;

	start_cursor(d);
	send_cursor(d, VIRTIO_GPU_CMD_UPDATE_CURSOR, 0, 9, 5); /* no such resource */
	send_cursor(d, VIRTIO_GPU_CMD_UPDATE_CURSOR, 3, 0, 5); /* no such display */
	send_cursor(d, VIRTIO_GPU_CMD_MOVE_CURSOR, UINT32_MAX, 0, 5);
	send_cursor(d, VIRTIO_GPU_CMD_GET_DISPLAY_INFO, 0, 0, 0); /* belongs to the other queue */
	driver_expect_silence(d);
	device_count(d->device, &count);
	assert_int_equal(count.rejected, 4);
}

static void a_broken_cursor_queue_ends_the_connection(void **state)
{
	struct driver *d = *state;

	start_cursor(d);
	((uint16_t *)(void *)(d->pool + 204800))[1] = 9;
	assert_int_equal(device_pump(d->device), BACKEND_ERR_AVAIL_INDEX);
}

static void tables_keep_their_bounds(void **state)
{
	const struct command_geometry g = {
		.target = 2, .format = 1, .width = 8, .height = 8, .depth = 1, .array_size = 1};
	const struct command_geometry none = {0};
	struct resource_table resources;
	struct context_table contexts;
	struct resource *r;
	(void)state;

	assert_int_equal(resource_table_init(&resources, 0, 1 << 20), 0);
	assert_int_equal(resource_add(&resources, 1, &g, &r), NO_MEMORY);
	assert_null(resource_next(&resources, NULL));
	resource_table_finish(&resources);
	assert_int_equal(resource_table_init(&resources, 3, 1 << 20), 0);
	assert_int_equal(resource_add(&resources, 0, &g, &r), NO_RESOURCE);
	assert_true(resource_add(&resources, 1, &none, &r) != 0);
	/* Three ids in the same bucket. */
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(resource_add(&resources, i * 64, &g, &r), 0);
	for (uint32_t i = 1; i <= 3; i++)
		resource_remove(&resources, resource_find(&resources, i * 64));
	assert_null(resource_find(&resources, 64));
	resource_table_finish(&resources);
	assert_int_equal(context_table_init(&contexts, 0), 0);
	assert_int_equal(context_add(&contexts, 1), NO_MEMORY);
	assert_false(context_exists(&contexts, 0));
	context_remove(&contexts, 0);
	context_remove(&contexts, 9);
	assert_int_equal(context_any(&contexts), 0);
	context_table_finish(&contexts);
}

static void dead_mediator_ends_the_connection(void **state)
{
	struct driver *d = *state;

	driver_ctx_create(d, 1);
	shutdown(d->mediator, SHUT_RDWR);
	driver_send_work(d, 1, 10, 0);
	assert_int_equal(device_pump(d->device), BACKEND_ERR_MEDIATOR);
}

static void destroying_no_device_does_nothing(void **state)
{
	(void)state;
	device_destroy(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, driver_setup, driver_teardown)
	const struct CMUnitTest tests[] = {
		TEST(queries_about_missing_objects_are_refused),
		TEST(unnegotiated_commands_are_refused),
		TEST(backing_is_attached_and_detached_once),
		TEST(contexts_and_their_resources_must_exist),
		TEST(transfers_outside_the_resource_are_refused),
		TEST(transfers_are_bounded_by_level_and_layer),
		TEST(flush_and_scanout_need_a_resource),
		TEST(scanout_outside_the_picture_is_refused),
		TEST(transfer_2d_needs_a_2d_resource),
		TEST(a_cursor_is_shown_moved_and_hidden),
		TEST(invalid_cursor_commands_change_nothing),
		TEST(a_broken_cursor_queue_ends_the_connection),
		TEST(tables_keep_their_bounds),
		TEST(dead_mediator_ends_the_connection),
		TEST(destroying_no_device_does_nothing),
	};

	return cmocka_run_group_tests_name("commands", tests, NULL, NULL);
}
