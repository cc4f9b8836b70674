/* SPDX-License-Identifier: MIT */
/* Well-behaved guests with the real mediator and the real backends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"

#define WIDTH  COCKPIT_WIDTH
#define HEIGHT COCKPIT_HEIGHT

static struct cockpit cockpit;
static struct guest cluster, ivi;

static int setup(void **state)
{
	(void)state;
	cockpit_start(&cockpit, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	guest_finish(&cluster);
	guest_finish(&ivi);
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static void a_configured_guest_connects(void **state)
{
	(void)state;
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	assert_int_equal(cluster.page->num_scanouts, 1);
	assert_true(cluster.page->device_features & VGPU_F_VERSION_1);
	assert_true(cluster.page->queue_size_max >= GUEST_QUEUE_SIZE);
	assert_true(cockpit_wait_mapped(&cockpit, 1 + GUEST_POOL_PAGES, GUEST_PATIENCE));
}

static void display_has_the_mode_of_the_device_tree(void **state)
{
	struct virtio_gpu_resp_display_info info;

	(void)state;
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_display_info(&cluster, &info), VIRTIO_GPU_RESP_OK_DISPLAY_INFO);
	assert_int_equal(info.pmodes[0].enabled, 1);
	assert_int_equal(info.pmodes[0].r.width, WIDTH);
	assert_int_equal(info.pmodes[0].r.height, HEIGHT);
	assert_int_equal(info.pmodes[1].enabled, 0);
}

static void edid_has_the_mode_and_a_valid_checksum(void **state)
{
	static const uint8_t magic[8] = {0, 255, 255, 255, 255, 255, 255, 0};
	struct virtio_gpu_resp_edid edid;
	uint8_t sum = 0;

	(void)state;
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_edid(&cluster, 0, &edid), VIRTIO_GPU_RESP_OK_EDID);
	assert_true(edid.size >= 128);
	assert_memory_equal(edid.edid, magic, sizeof(magic));
	for (int i = 0; i < 128; i++)
		sum = (uint8_t)(sum + edid.edid[i]);
	assert_int_equal(sum, 0);
	/* The first detailed timing: low bytes at 2 and 5, high nibbles at 4 and 7. */
	assert_int_equal(edid.edid[54 + 2] | (edid.edid[54 + 4] >> 4) << 8, WIDTH);
	assert_int_equal(edid.edid[54 + 5] | (edid.edid[54 + 7] >> 4) << 8, HEIGHT);
	assert_int_equal(draw_edid(&cluster, 1, &edid), VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID);
}

static void flushes_are_answered_at_the_displays_period(void **state)
{
	const uint32_t frames = 12;
	uint64_t begin, took;

	(void)state;
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, 0xff336699, NULL), 0);
	begin = test_now_ms();
	for (uint32_t i = 0; i < frames; i++)
		assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	took = test_now_ms() - begin;
	/* The first answer may come at any point of a period. */
	assert_true(took >= (frames - 2) * 33);
	assert_true(took <= frames * 33 * 4);
}

static void unconfigured_domain_is_not_served(void **state)
{
	struct guest stranger;

	(void)state;
	guest_create(&stranger, 9, "stranger");
	/* A configured guest that comes later is served, so the mediator has looked at both. */
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	assert_false(guest_wait_backend(&stranger, GUEST_INIT_WAIT, 300));
	assert_int_not_equal(guest_backend_state(&stranger), GUEST_CONNECTED);
	guest_destroy(&stranger);
	guest_finish(&stranger);
}

static void guest_cannot_use_the_name_of_another_guest(void **state)
{
	struct guest thief;

	(void)state;
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	guest_create(&thief, 6, "cluster");
	assert_false(guest_wait_backend(&thief, GUEST_INIT_WAIT, 300));
	assert_int_equal(draw_create_2d(&cluster, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
	guest_destroy(&thief);
	guest_finish(&thief);
}

static void destroyed_domain_is_unmapped_while_others_draw(void **state)
{
	(void)state;
	guest_create(&cluster, 5, "cluster");
	guest_create(&ivi, 6, "ivi");
	assert_true(guest_connect(&cluster));
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, 1, NULL), 0);
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
	assert_true(cockpit_wait_mapped(&cockpit, 2 * (1 + GUEST_POOL_PAGES + 300), 100));
	guest_destroy(&ivi);
	assert_true(cockpit_wait_mapped(&cockpit, 1 + GUEST_POOL_PAGES + 300, GUEST_PATIENCE));
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	guest_destroy(&cluster);
	assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
}

static void a_guest_that_comes_back_with_another_domid_is_served(void **state)
{
	(void)state;
	for (uint32_t domid = 5; domid < 8; domid++) {
		guest_create(&cluster, domid, "cluster");
		assert_true(guest_connect(&cluster));
		assert_int_equal(draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, domid, NULL), 0);
		guest_destroy(&cluster);
		guest_finish(&cluster);
		assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
	}
}

/* The domain connects anew and uses objects of its last connection, which must not exist. */
static void reconnected_guest_has_none_of_its_old_objects(void **state)
{
	uint32_t ref, pages = WIDTH * HEIGHT * 4 / FX_PAGE_SIZE;

	(void)state;
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_context(&cluster, 1), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, 1, &ref), 0);
	assert_true(guest_disconnect(&cluster));
	assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
	for (uint32_t i = 0; i < pages; i++)
		assert_true(guest_end_grant(&cluster, ref + i));
	guest_set_state(&cluster, GUEST_INITIALISING);
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_transfer(&cluster, 1, WIDTH, HEIGHT),
			 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT),
			 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_int_equal(draw_set_scanout(&cluster, 0, 1, WIDTH, HEIGHT),
			 VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID);
	assert_false(draw_finished(&cluster, draw_work(&cluster, 100)));
	/* A stale grant reference is refused. */
	assert_int_equal(draw_create_2d(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_attach(&cluster, 1, ref, WIDTH * HEIGHT * 4),
			 VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER);
	assert_true(cockpit_wait_mapped(&cockpit, 1 + GUEST_POOL_PAGES, GUEST_PATIENCE));
	assert_int_equal(draw_picture(&cluster, 2, 0, WIDTH, HEIGHT, 3, NULL), 0);
}

static void guest_can_unload_and_reload_its_driver(void **state)
{
	(void)state;
	guest_create(&cluster, 5, "cluster");
	for (int i = 0; i < 3; i++) {
		assert_true(guest_connect(&cluster));
		assert_int_equal(draw_create_2d(&cluster, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
		assert_true(guest_disconnect(&cluster));
		assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
		guest_set_state(&cluster, GUEST_INITIALISING);
	}
}

static void backing_is_mapped_only_while_it_is_attached(void **state)
{
	uint32_t ref;
	struct virtio_gpu_resource_detach_backing c = {
		.hdr.type = VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING, .resource_id = 1};
	struct virtio_gpu_ctrl_hdr answer;

	(void)state;
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, 1, &ref), 0);
	assert_false(guest_end_grant(&cluster, ref));
	assert_int_equal(guest_command(&cluster, &c, sizeof(c), &answer, sizeof(answer)),
			 VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(guest_end_grant(&cluster, ref));
	assert_true(cockpit_wait_mapped(&cockpit, 1 + GUEST_POOL_PAGES, 0));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_configured_guest_connects),
		TEST(display_has_the_mode_of_the_device_tree),
		TEST(edid_has_the_mode_and_a_valid_checksum),
		TEST(flushes_are_answered_at_the_displays_period),
		TEST(unconfigured_domain_is_not_served),
		TEST(guest_cannot_use_the_name_of_another_guest),
		TEST(destroyed_domain_is_unmapped_while_others_draw),
		TEST(a_guest_that_comes_back_with_another_domid_is_served),
		TEST(reconnected_guest_has_none_of_its_old_objects),
		TEST(guest_can_unload_and_reload_its_driver),
		TEST(backing_is_mapped_only_while_it_is_attached),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("guests", tests, NULL, NULL);
}
