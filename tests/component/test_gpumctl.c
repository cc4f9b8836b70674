/* SPDX-License-Identifier: MIT */
/* gpumctl as dom0 and the driver domain use it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"

static struct cockpit cockpit;
static struct guest cluster;
static char said[1 << 16];

static int setup(void **state)
{
	(void)state;
	cockpit_start(&cockpit, NULL);
	guest_create_without_vgpu(&cluster, 5, "cluster");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	guest_finish(&cluster);
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static void status_lists_displays_guests_and_the_gpu(void **state)
{
	(void)state;
	assert_int_equal(cockpit_gpumctl(&cockpit, 1, "status", said, sizeof(said)), 0);
	assert_non_null(strstr(said, "cluster"));
	assert_non_null(strstr(said, "passenger"));
	assert_non_null(strstr(said, "fixed-priority"));
}

static void status_tells_why_a_guest_was_closed(void **state)
{
	(void)state;
	guest_attach(&cluster, "cluster");
	assert_true(guest_connect(&cluster));
	cluster.queue[0].avail->idx = GUEST_QUEUE_SIZE + 1;
	guest_notify(&cluster);
	assert_true(cockpit_wait_fault(&cockpit, "cluster", "available index", GUEST_PATIENCE));
	assert_int_equal(cockpit_gpumctl(&cockpit, 1, "status", said, sizeof(said)), 0);
	assert_non_null(strstr(said, "available index"));
}

static void json_counts_the_frames_that_were_shown(void **state)
{
	json_t *status, *display;

	(void)state;
	guest_attach(&cluster, "cluster");
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_picture(&cluster, 1, 0, COCKPIT_WIDTH, COCKPIT_HEIGHT, 1, NULL), 0);
	for (int i = 0; i < 4; i++)
		draw_flush(&cluster, 1, COCKPIT_WIDTH, COCKPIT_HEIGHT);
	assert_int_equal(cockpit_gpumctl(&cockpit, 1, "--json status", said, sizeof(said)), 0);
	status = json_loads(said, 0, NULL);
	display = cockpit_status_of(status, "displays", "cluster");
	assert_non_null(display);
	assert_int_equal(json_integer_value(json_object_get(display, "frames")), 5);
	assert_int_equal(json_integer_value(json_object_get(display, "domid")), 5);
	json_decref(status);
}

static void attach_gives_a_domain_its_gpu_and_detach_takes_it_away(void **state)
{
	(void)state;
	assert_int_equal(cockpit_gpumctl(&cockpit, 0, "attach cluster", said, sizeof(said)), 0);
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_create_2d(&cluster, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(cockpit_gpumctl(&cockpit, 0, "detach cluster", said, sizeof(said)), 0);
	assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
	assert_int_equal(guest_backend_state(&cluster), 0);
	/* Attach it again: the domain has not ended. */
	if (cluster.bound)
		xenevtchn_unbind(cluster.evtchn, cluster.port);
	cluster.bound = false;
	assert_int_equal(cockpit_gpumctl(&cockpit, 0, "attach cluster", said, sizeof(said)), 0);
	assert_true(guest_connect(&cluster));
}

static void errors_are_one_line_that_says_what_to_do(void **state)
{
	static const char *const wrong[] = {"attach nobody", "detach nobody", "check /nowhere.dtb",
					    "screenshot nothing /tmp/x.png", "frobnicate"};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_not_equal(cockpit_gpumctl(&cockpit, 0, wrong[i], said, sizeof(said)), 0);
		assert_true(strlen(said) > 10);
		assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
	}
}

static void check_accepts_the_tree_that_the_mediator_runs_with(void **state)
{
	char arguments[128];

	(void)state;
	snprintf(arguments, sizeof(arguments), "check %s/tree.dtb", cockpit.dir);
	assert_int_equal(cockpit_gpumctl(&cockpit, 0, arguments, said, sizeof(said)), 0);
	assert_non_null(strstr(said, "passenger"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(status_lists_displays_guests_and_the_gpu),
		TEST(status_tells_why_a_guest_was_closed),
		TEST(json_counts_the_frames_that_were_shown),
		TEST(attach_gives_a_domain_its_gpu_and_detach_takes_it_away),
		TEST(errors_are_one_line_that_says_what_to_do),
		TEST(check_accepts_the_tree_that_the_mediator_runs_with),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("gpumctl", tests, NULL, NULL);
}
