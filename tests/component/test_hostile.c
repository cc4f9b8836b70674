/* SPDX-License-Identifier: MIT */
/*
 * If a guest breaks the rules, its connection is closed, status shows the reason, and the cluster
 * draws on.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
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
	return cockpit_start_pair(&cockpit, NULL, &cluster, &ivi);
}

static int teardown(void **state)
{
	(void)state;
	return cockpit_stop_pair(&cockpit, &cluster, &ivi);
}

static void expect_quarantine(const char *reason)
{
	assert_true(guest_wait_broken(&ivi, GUEST_PATIENCE));
	assert_true(cockpit_wait_fault(&cockpit, "ivi", reason, GUEST_PATIENCE));
	assert_true(cockpit_wait_mapped(&cockpit, 1 + GUEST_POOL_PAGES + 300, GUEST_PATIENCE));
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(guest_backend_state(&cluster), GUEST_CONNECTED);
}

static void available_index_too_far_ahead_ends_the_connection(void **state)
{
	(void)state;
	ivi.queue[0].avail->idx = (uint16_t)(ivi.queue[0].avail_next + GUEST_QUEUE_SIZE + 1);
	guest_notify(&ivi);
	expect_quarantine("available index");
}

static void entry_beyond_the_queue_ends_the_connection(void **state)
{
	(void)state;
	ivi.queue[0].avail->ring[ivi.queue[0].avail_next % GUEST_QUEUE_SIZE] = GUEST_QUEUE_SIZE;
	ivi.queue[0].avail->idx = ++ivi.queue[0].avail_next;
	guest_notify(&ivi);
	expect_quarantine("not below the queue's size");
}

static void offer_chain(struct vring_desc first, struct vring_desc second)
{
	ivi.queue[0].desc[0] = first;
	ivi.queue[0].desc[1] = second;
	ivi.queue[0].avail->ring[ivi.queue[0].avail_next % GUEST_QUEUE_SIZE] = 0;
	__atomic_store_n(&ivi.queue[0].avail->idx, ++ivi.queue[0].avail_next, __ATOMIC_RELEASE);
	guest_notify(&ivi);
}

static void looped_descriptor_chain_ends_the_connection(void **state)
{
	(void)state;
	offer_chain(
		(struct vring_desc){
			.addr = 0x8000, .len = 24, .flags = VRING_DESC_F_NEXT, .next = 1},
		(struct vring_desc){
			.addr = 0x8000, .len = 24, .flags = VRING_DESC_F_NEXT, .next = 0});
	expect_quarantine("longer than the queue");
}

static void descriptor_outside_the_pool_ends_the_connection(void **state)
{
	(void)state;
	offer_chain((struct vring_desc){.addr = (uint64_t)GUEST_POOL_PAGES * VGPU_PAGE_SIZE - 8,
					.len = 24,
					.flags = VRING_DESC_F_NEXT,
					.next = 1},
		    (struct vring_desc){.addr = 0x8000, .len = 24, .flags = VRING_DESC_F_WRITE});
	expect_quarantine("outside the pool");
}

static void descriptor_that_wraps_around_ends_the_connection(void **state)
{
	(void)state;
	offer_chain(
		(struct vring_desc){
			.addr = UINT64_MAX - 7, .len = 24, .flags = VRING_DESC_F_NEXT, .next = 1},
		(struct vring_desc){.addr = 0x8000, .len = 24, .flags = VRING_DESC_F_WRITE});
	expect_quarantine("outside the pool");
}

static void indirect_descriptor_ends_the_connection(void **state)
{
	(void)state;
	offer_chain((struct vring_desc){.addr = 0x8000, .len = 64, .flags = VRING_DESC_F_INDIRECT},
		    (struct vring_desc){0});
	expect_quarantine("flag that was not negotiated");
}

static void ring_outside_the_pool_ends_the_connection(void **state)
{
	struct guest *g = &ivi;

	(void)state;
	assert_true(guest_disconnect(g));
	guest_set_state(g, GUEST_INITIALISING);
	assert_true(guest_wait_backend(g, GUEST_INIT_WAIT, GUEST_PATIENCE));
	guest_share(g);
	g->page->queue[0].device = (uint64_t)GUEST_POOL_PAGES * VGPU_PAGE_SIZE - 16;
	guest_announce(g);
	assert_true(guest_wait_backend(g, GUEST_CONNECTED, GUEST_PATIENCE));
	guest_set_state(g, GUEST_CONNECTED);
	guest_driver_ok(g, VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM);
	expect_quarantine("outside the pool");
}

static void control_page_without_magic_is_refused(void **state)
{
	struct guest *g = &ivi;

	(void)state;
	assert_true(guest_disconnect(g));
	guest_set_state(g, GUEST_INITIALISING);
	assert_true(guest_wait_backend(g, GUEST_INIT_WAIT, GUEST_PATIENCE));
	guest_share(g);
	g->page->magic = 0;
	guest_announce(g);
	assert_false(guest_wait_backend(g, GUEST_CONNECTED, 300));
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "magic", GUEST_PATIENCE));
}

static void a_bad_grant_in_a_list_is_refused_and_undone(void **state)
{
	uint32_t ref;

	(void)state;
	guest_grant_pages(&ivi, 8, &ref);
	assert_true(guest_end_grant(&ivi, ref + 5));
	assert_int_equal(draw_create_2d(&ivi, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(draw_attach(&ivi, 1, ref, 4 * FX_PAGE_SIZE) == VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_create_2d(&ivi, 2, 64, 128), VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(draw_attach(&ivi, 2, ref, 8 * FX_PAGE_SIZE) >= VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_true(cockpit_wait_mapped(&cockpit, 2 * (1 + GUEST_POOL_PAGES) + 300 + 4, 0));
	assert_int_equal(guest_backend_state(&ivi), GUEST_CONNECTED);
}

static void an_ill_formed_command_is_answered_with_an_error(void **state)
{
	struct virtio_gpu_ctrl_hdr unknown = {.type = 0x7777}, answer;

	(void)state;
	assert_true(guest_command(&ivi, &unknown, sizeof(unknown), &answer, sizeof(answer)) >=
		    VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_true(draw_create_2d(&ivi, 1, 0xffffffff, 0xffffffff) >= VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_true(draw_create_2d(&ivi, 0, 64, 64) >= VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_true(draw_flush(&ivi, 99, 64, 64) >= VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_true(draw_set_scanout(&ivi, 3, 0, 64, 64) >= VIRTIO_GPU_RESP_ERR_UNSPEC);
	assert_int_equal(guest_backend_state(&ivi), GUEST_CONNECTED);
}

static void guest_cannot_create_more_resources_than_its_quota(void **state)
{
	uint32_t made = 0;

	(void)state;
	for (uint32_t i = 1; i <= 64; i++)
		made += draw_create_2d(&ivi, i, 16, 16) == VIRTIO_GPU_RESP_OK_NODATA;
	assert_int_equal(made, 32);
	for (uint32_t i = 1; i <= 32; i++)
		assert_int_equal(draw_unref(&ivi, i), VIRTIO_GPU_RESP_OK_NODATA);
	/* 16 MiB: eight pictures of 2 MiB fit, a ninth does not. */
	made = 0;
	for (uint32_t i = 1; i <= 9; i++)
		made += draw_create_2d(&ivi, i, 1024, 512) == VIRTIO_GPU_RESP_OK_NODATA;
	assert_int_equal(made, 8);
}

static void flapping_state_leaves_nothing_mapped(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		guest_set_state(&ivi, (enum guest_xenbus_state)(1 + (i * 7) % 6));
	guest_set_state(&ivi, GUEST_CLOSED);
	assert_true(cockpit_wait_mapped(&cockpit, 1 + GUEST_POOL_PAGES + 300, GUEST_PATIENCE));
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
}

static void write_frontend(const char *key, const char *value, size_t length)
{
	char path[GUEST_PATH_MAX + 32];

	snprintf(path, sizeof(path), "%s/%s", ivi.frontend, key);
	assert_true(xs_write(ivi.xs, XBT_NULL, path, value, (unsigned int)length));
}

static void write_number(const char *key, uint32_t value)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", value);
	write_frontend(key, text, strlen(text));
}

/* Replaces ivi by a new domain, which does all of the handshake but the state Initialised. */
static void begin_as(uint32_t domid)
{
	guest_destroy(&ivi);
	guest_finish(&ivi);
	guest_create(&ivi, domid, "ivi");
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, GUEST_PATIENCE));
	guest_share(&ivi);
	write_number(VGPU_XS_VERSION, VGPU_VERSION);
	write_number(VGPU_XS_CONTROL_REF, ivi.control_ref);
	write_number(VGPU_XS_EVENT_CHANNEL, ivi.port);
}

/* ivi's backend reports a bad number and ends. `before`: strikes that ivi had already. */
static void expect_refusal(uint32_t before)
{
	json_t *status, *strikes;
	json_int_t count = before;

	for (uint64_t until = test_now_ms() + GUEST_PATIENCE;
	     count == before && test_now_ms() < until; usleep(5000)) {
		status = cockpit_status(&cockpit);
		strikes = json_object_get(cockpit_status_of(status, "guests", "ivi"), "strikes");
		count = json_integer_value(strikes);
		json_decref(status);
	}
	assert_int_equal(count, before + 1);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "not a decimal number", 0));
	assert_int_not_equal(guest_backend_state(&ivi), GUEST_CONNECTED);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
}

static void garbage_in_xenstore_is_refused(void **state)
{
	static const char *const keys[] = {VGPU_XS_CONTROL_REF, VGPU_XS_EVENT_CHANNEL,
					   VGPU_XS_VERSION};
	/* Each of these a lenient parser would accept as a number. */
	static const char *const garbage[] = {"%ux", " %u", "0%u", "+%u", "-%u", "4294967296", ""};
	uint32_t domid = 10;
	char value[32];

	(void)state;
	for (size_t i = 0; i < 3 * sizeof(garbage) / sizeof(garbage[0]); i++) {
		const char *form = garbage[i / 3], *number = strstr(form, "%u");
		uint32_t good[3];

		begin_as(domid++);
		good[0] = ivi.control_ref;
		good[1] = ivi.port;
		good[2] = VGPU_VERSION;
		snprintf(value, sizeof(value), "%.*s%u%s", (int)(number ? number - form : 0), form,
			 good[i % 3], number ? number + 2 : "");
		write_frontend(keys[i % 3], number ? value : form, strlen(number ? value : form));
		guest_set_state(&ivi, GUEST_INITIALISED);
		expect_refusal((uint32_t)i);
	}
}

static void a_number_with_a_zero_byte_in_it_is_refused(void **state)
{
	char value[32];

	(void)state;
	begin_as(10);
	memset(value, 0, sizeof(value));
	snprintf(value, sizeof(value), "%u", ivi.control_ref);
	write_frontend(VGPU_XS_CONTROL_REF, value, strlen(value) + 1);
	guest_set_state(&ivi, GUEST_INITIALISED);
	expect_refusal(0);
}

/* The backend makes paths from domain ids, and never follows a path that a guest has written. */
static void a_path_to_another_guest_is_not_followed(void **state)
{
	(void)state;
	begin_as(10);
	write_frontend("backend", cluster.backend, strlen(cluster.backend));
	write_frontend("backend-id", "5", 1);
	write_frontend("frontend", cluster.frontend, strlen(cluster.frontend));
	/* Start a new backend, which finds the changed nodes from the start. */
	kill(cockpit_backend(&cockpit, "ivi"), SIGKILL);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "signal 9", GUEST_PATIENCE));
	assert_true(guest_wait_backend(&ivi, GUEST_CLOSED, GUEST_PATIENCE));
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, GUEST_PATIENCE));
	guest_set_state(&ivi, GUEST_INITIALISED);
	assert_true(guest_wait_backend(&ivi, GUEST_CONNECTED, GUEST_PATIENCE));
	guest_set_state(&ivi, GUEST_CLOSED);
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, GUEST_PATIENCE));
	assert_int_equal(guest_backend_state(&cluster), GUEST_CONNECTED);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
}

static uint32_t send_unref(uint32_t resource)
{
	const struct virtio_gpu_resource_unref c = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_UNREF,
						    .resource_id = resource};

	return guest_send(&ivi, 0, &c, sizeof(c), sizeof(struct virtio_gpu_ctrl_hdr));
}

/* The guest destroys the picture while a job draws it and while a frame waits to be shown. */
static void picture_in_use_may_be_destroyed_and_all_commands_are_answered(void **state)
{
	const struct virtio_gpu_resource_flush flush = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_FLUSH,
							.r = {.width = WIDTH, .height = HEIGHT},
							.resource_id = 1};
	const struct sim_op fill[] = {{.code = SIM_FILL, .resource = 1, .value = 3},
				      {.code = SIM_WORK, .value = 50000}};
	uint32_t shown, drawn, gone;

	(void)state;
	assert_int_equal(draw_context(&ivi, 1), VIRTIO_GPU_RESP_OK_NODATA);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
		drawn = draw_submit(&ivi, 1, 1, fill, 2);
		shown = guest_send(&ivi, 0, &flush, sizeof(flush),
				   sizeof(struct virtio_gpu_ctrl_hdr));
		gone = send_unref(1);
		assert_true(draw_finished(&ivi, drawn));
		assert_true(draw_finished(&ivi, shown));
		assert_true(draw_finished(&ivi, gone));
		drawn = draw_submit(&ivi, 1, 1, &fill[1], 1);
		assert_int_equal(draw_create_2d(&ivi, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
		gone = send_unref(1);
		assert_true(draw_finished(&ivi, gone));
		assert_true(draw_finished(&ivi, drawn));
	}
	/* Nothing of the pictures stays mapped. */
	assert_true(
		cockpit_wait_mapped(&cockpit, 2 * (1 + GUEST_POOL_PAGES) + 300, GUEST_PATIENCE));
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
}

/* The guest takes neither events nor answers. Each answer still has its place in the ring. */
static void unread_answers_delay_no_other_guest(void **state)
{
	uint32_t slot[GUEST_SLOTS];
	const struct virtio_gpu_ctrl_hdr c = {.type = VIRTIO_GPU_CMD_GET_DISPLAY_INFO};
	uint64_t begin;

	(void)state;
	for (uint32_t i = 0; i < GUEST_SLOTS; i++)
		slot[i] = guest_send(&ivi, 0, &c, sizeof(c),
				     sizeof(struct virtio_gpu_resp_display_info));
	begin = test_now_ms();
	for (uint32_t i = 0; i < 10; i++)
		assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(test_now_ms() - begin < 2 * 10 * 33 + 300);
	for (uint32_t i = 0; i < GUEST_SLOTS; i++)
		assert_true(guest_wait(&ivi, 0, slot[i], NULL, 0, GUEST_PATIENCE));
	assert_int_equal(draw_create_2d(&ivi, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(available_index_too_far_ahead_ends_the_connection),
		TEST(entry_beyond_the_queue_ends_the_connection),
		TEST(looped_descriptor_chain_ends_the_connection),
		TEST(descriptor_outside_the_pool_ends_the_connection),
		TEST(descriptor_that_wraps_around_ends_the_connection),
		TEST(indirect_descriptor_ends_the_connection),
		TEST(ring_outside_the_pool_ends_the_connection),
		TEST(control_page_without_magic_is_refused),
		TEST(a_bad_grant_in_a_list_is_refused_and_undone),
		TEST(an_ill_formed_command_is_answered_with_an_error),
		TEST(guest_cannot_create_more_resources_than_its_quota),
		TEST(flapping_state_leaves_nothing_mapped),
		TEST(garbage_in_xenstore_is_refused),
		TEST(a_number_with_a_zero_byte_in_it_is_refused),
		TEST(a_path_to_another_guest_is_not_followed),
		TEST(picture_in_use_may_be_destroyed_and_all_commands_are_answered),
		TEST(unread_answers_delay_no_other_guest),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
