/* SPDX-License-Identifier: MIT */
/* One connection: control page, event channel, and a guest that sends events without work. */
#include "tests/unit/backend/device/driver.h"

#include <string.h>

#include "backend/error/error.h"
#include "backend/link/link.h"

#define CONTROL_REF 1u
#define DIR_REF	    2u
#define POOL_REF    3u
#define DRIVER_OK   4u
#define FEATURES_OK 8u

/*
 * --- event channels ----------------------------------------------------------------------------
 */

static char handle;
static uint32_t notified, unmasked, bound;
static bool refuse_bind;

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return (xenevtchn_handle *)(void *)&handle;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	(void)xce;
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	(void)xce;
	return -1;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
						     evtchn_port_t remote)
{
	(void)xce;
	(void)domid;
	(void)remote;
	if (refuse_bind)
		return -1;
	bound++;
	return 5;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	bound--;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	notified++;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	(void)xce;
	return 5;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	unmasked++;
	return 0;
}

/*
 * --- the guest ---------------------------------------------------------------------------------
 */

struct guest {
	struct driver *driver; /* provides the device and the grant table */
	struct link link;
};

static struct guest guest;

static struct vgpu_control *setup_page(void)
{
	struct vgpu_control *c = (void *)guest_memory[CONTROL_REF];
	uint32_t *dir = (void *)guest_memory[DIR_REF];

	memset(c, 0, sizeof(*c));
	c->magic = VGPU_MAGIC;
	c->version = VGPU_VERSION;
	c->pool_pages = VGPU_POOL_PAGES_MIN;
	c->dir_pages = 1;
	c->dir_ref[0] = DIR_REF;
	for (uint32_t i = 0; i < VGPU_POOL_PAGES_MIN; i++)
		dir[i] = POOL_REF;
	return c;
}

static int connect(void)
{
	const struct xenbus_keys keys = {
		.version = VGPU_VERSION, .control_ref = CONTROL_REF, .event_channel = 9};

	return link_connect(&guest.link, &guest.driver->granted, guest.driver->device, &keys, 2, 1);
}

static int start(void **state)
{
	(void)state;
	guest.driver = driver_create();
	driver_start(guest.driver);
	device_reset(guest.driver->device);
	notified = unmasked = bound = 0;
	refuse_bind = false;
	setup_page();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	link_disconnect(&guest.link);
	assert_int_equal(bound, 0);
	assert_int_equal(mapped_pages, 0);
	driver_destroy(guest.driver);
	return 0;
}

/*
 * The mapped control page. Tests write the guest's registers here, since the fake grant table maps
 * copies.
 */
static struct vgpu_control *control(void)
{
	return guest.link.memory.control;
}

static void set_up_queues(uint64_t features)
{
	for (uint32_t i = 0; i < VGPU_QUEUE_COUNT; i++)
		control()->queue[i] = (struct vgpu_queue){.size = 16,
							  .enabled = 1,
							  .desc = i * 8192u,
							  .driver = i * 8192u + 1024,
							  .device = i * 8192u + 2048};
	control()->driver_features = features;
	control()->driver_status = DRIVER_OK | FEATURES_OK;
}

static uint64_t needed(void)
{
	return VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM;
}

/*
 * --- tests ---------------------------------------------------------------------------------------
 */

static void the_device_block_is_complete_when_it_is_connected(void **state)
{
	(void)state;
	assert_int_equal(connect(), 0);
	assert_true(link_is_connected(&guest.link));
	assert_int_equal(control()->num_scanouts, 2);
	assert_int_equal(control()->num_capsets, 1);
	assert_int_equal(control()->queue_size_max, VGPU_QUEUE_SIZE_MAX);
	assert_true(control()->device_features == device_features(guest.driver->device));
	assert_int_equal(control()->device_status, VGPU_DEVICE_OK);
}

static void invalid_setup_block_leaves_nothing_mapped(void **state)
{
	static const struct {
		uint32_t offset, value;
		int error;
	} bad[] = {
		{0x0, 0, BACKEND_ERR_MAGIC},
		{0x4, 2, BACKEND_ERR_VERSION},
		{0x8, VGPU_POOL_PAGES_MIN - 1, BACKEND_ERR_POOL_SIZE},
		{0x8, VGPU_POOL_PAGES_MAX + 1, BACKEND_ERR_POOL_SIZE},
		{0x8, UINT32_MAX, BACKEND_ERR_POOL_SIZE},
		{0xc, 0, BACKEND_ERR_POOL_SIZE},
		{0xc, 2, BACKEND_ERR_POOL_SIZE},
		{0x10, DRIVER_GUEST_PAGES, BACKEND_ERR_GRANT},
	};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		setup_page();
		memcpy(guest_memory[CONTROL_REF] + bad[i].offset, &bad[i].value, 4);
		assert_int_equal(connect(), bad[i].error);
		assert_false(link_is_connected(&guest.link));
		assert_int_equal(mapped_pages, 0);
	}
	setup_page();
	((uint32_t *)(void *)guest_memory[DIR_REF])[7] =
		DRIVER_GUEST_PAGES; /* one of 64 references */
	assert_int_equal(connect(), BACKEND_ERR_GRANT);
	assert_int_equal(mapped_pages, 0);
}

static void failed_port_binding_leaves_nothing_mapped(void **state)
{
	(void)state;
	refuse_bind = true;
	assert_int_equal(connect(), BACKEND_ERR_EVENT_CHANNEL);
	assert_int_equal(mapped_pages, 0);
	assert_false(link_is_connected(&guest.link));
}

static void unoffered_or_missing_features_end_the_connection(void **state)
{
	static const uint64_t bad[] = {0, VGPU_F_VERSION_1, ~0ull};
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(connect(), 0);
		set_up_queues(bad[i]);
		assert_int_equal(link_service(&guest.link), BACKEND_ERR_FEATURES);
		link_disconnect(&guest.link);
	}
}

static void disabled_queue_ends_the_connection(void **state)
{
	(void)state;
	assert_int_equal(connect(), 0);
	set_up_queues(needed());
	control()->queue[1].enabled = 2;
	assert_int_equal(link_service(&guest.link), BACKEND_ERR_QUEUE_SIZE);
}

static void a_reset_is_acknowledged_and_the_device_may_start_again(void **state)
{
	(void)state;
	assert_int_equal(connect(), 0);
	set_up_queues(needed());
	assert_int_equal(link_service(&guest.link), 0);
	assert_true(guest.link.started);
	control()->driver_status = 0;
	control()->driver_generation = 77;
	assert_int_equal(link_service(&guest.link), 0);
	assert_false(guest.link.started);
	assert_int_equal(control()->device_generation, 77);
	link_finish_round(&guest.link, 1);
	assert_int_equal(notified, 1);
	set_up_queues(needed());
	assert_int_equal(link_service(&guest.link), 0);
	assert_true(guest.link.started);
}

static void events_are_cleared_once_for_each_request(void **state)
{
	(void)state;
	assert_int_equal(connect(), 0);
	guest.link.events = 3;
	control()->events_clear = 1;
	control()->events_clear_seq = 5;
	assert_int_equal(link_service(&guest.link), 0);
	assert_int_equal(control()->events_read, 2);
	assert_int_equal(control()->config_generation, 1);
	control()->events_clear = 2; /* without a new sequence number */
	assert_int_equal(link_service(&guest.link), 0);
	assert_int_equal(control()->events_read, 2);
}

static void guest_writes_to_device_registers_are_ignored(void **state)
{
	(void)state;
	assert_int_equal(connect(), 0);
	control()->device_generation = 1234;
	control()->events_read = 0xffff;
	control()->config_generation = 99;
	control()->events_clear_seq = 1;
	assert_int_equal(link_service(&guest.link), 0);
	assert_int_equal(control()->events_read, 0);
	assert_int_equal(control()->config_generation, 1);
}

static void a_storm_of_events_without_work_is_slowed_down_and_then_ended(void **state)
{
	uint64_t now = 1000000;
	uint32_t slow = 0, events = 0;
	int status = 0;
	(void)state;

	assert_int_equal(connect(), 0);
	for (; !status && events < 20000; events++) {
		status = link_event(&guest.link, now);
		uint32_t before = unmasked;
		link_finish_round(&guest.link, now);
		if (status || unmasked != before)
			continue;
		/*
		 * The event channel stays masked, so that the guest cannot keep the backend busy.
		 */
		slow++;
		now += 1000;
		link_finish_round(&guest.link, now);
		assert_int_equal(unmasked, before + 1);
	}
	assert_int_equal(status, BACKEND_ERR_EVENT_STORM);
	assert_true(slow > events / 2);
	assert_int_equal(notified, 0);
}

static void guest_is_told_of_a_broken_device(void **state)
{
	(void)state;
	link_break(&guest.link); /* not connected: no effect */
	assert_int_equal(connect(), 0);
	link_break(&guest.link);
	assert_int_equal(control()->device_status, VGPU_DEVICE_NEEDS_RESET);
	assert_int_equal(notified, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(the_device_block_is_complete_when_it_is_connected),
		TEST(invalid_setup_block_leaves_nothing_mapped),
		TEST(failed_port_binding_leaves_nothing_mapped),
		TEST(unoffered_or_missing_features_end_the_connection),
		TEST(disabled_queue_ends_the_connection),
		TEST(a_reset_is_acknowledged_and_the_device_may_start_again),
		TEST(events_are_cleared_once_for_each_request),
		TEST(guest_writes_to_device_registers_are_ignored),
		TEST(a_storm_of_events_without_work_is_slowed_down_and_then_ended),
		TEST(guest_is_told_of_a_broken_device),
	};

	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
