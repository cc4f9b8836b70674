/* SPDX-License-Identifier: MIT */
/* A guest with endless jobs loses its backend, may reconnect, and is banned after three hangs. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"

#define WIDTH	  COCKPIT_WIDTH
#define HEIGHT	  COCKPIT_HEIGHT
#define BAN_MS	  1500u
#define KILL_MS	  200u
#define BACK_SOON 1500u /* ms to start a backend again, on a loaded build machine */
#define IVI_NEVER                                                                                  \
	"domain-name = \"ivi\"; displays = <&display1>; memory-mib = <16>; "                       \
	"max-contexts = <4>; max-resources = <32>; ban-ms = <0>;"
#define IVI_TIMELY                                                                                 \
	"domain-name = \"ivi\"; displays = <&display1>; memory-mib = <16>; "                       \
	"max-contexts = <4>; max-resources = <32>; ban-ms = <3000>; "                              \
	"max-job-us = <100000>; kill-time-us = <200000>;"

static struct cockpit cockpit;
static struct guest cluster, ivi;

/* Uses cockpit_tree with a kill time and a short ban for ivi. */
static int setup(void **state)
{
	char *tree = cockpit_changed_tree(cockpit_tree, IVI_NEVER, IVI_TIMELY);
	int status = cockpit_start_pair(&cockpit, tree, &cluster, &ivi);

	(void)state;
	free(tree);
	return status;
}

static int teardown(void **state)
{
	(void)state;
	return cockpit_stop_pair(&cockpit, &cluster, &ivi);
}

static void hang(struct guest *g)
{
	const struct sim_op forever = {.code = SIM_WORK, .value = 60000000};

	assert_int_equal(draw_context(g, 1), VIRTIO_GPU_RESP_OK_NODATA);
	draw_submit(g, 1, 1, &forever, 1);
}

static json_int_t of_ivi(const char *what)
{
	return cockpit_of_guest(&cockpit, "ivi", NULL, what);
}

/* Runs a job of the cluster, which waits for the endless job. Returns its duration. */
static uint64_t cluster_waits_ms(void)
{
	uint64_t begin = test_now_ms();

	assert_int_equal(draw_transfer(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	return test_now_ms() - begin;
}

static void backend_of_an_endless_job_is_killed_after_the_kill_time(void **state)
{
	(void)state;
	hang(&ivi);
	usleep(20000);
	assert_true(cluster_waits_ms() < KILL_MS + 300);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "kill time", GUEST_PATIENCE));
	assert_int_equal(of_ivi("strikes"), 1);
}

static void guest_reconnects_and_draws_after_a_hang(void **state)
{
	(void)state;
	hang(&ivi);
	assert_true(guest_leave(&ivi));
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, BACK_SOON));
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
}

static void stuck_backend_without_a_job_is_replaced(void **state)
{
	(void)state;
	kill(cockpit_backend(&cockpit, "ivi"), SIGSTOP);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "no sign of life", 2 * GUEST_PATIENCE));
	assert_true(guest_leave(&ivi));
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
}

/* A backend that was taken over can end without a message and with status 0. */
static void backend_that_ends_while_its_guest_is_present_is_a_fault(void **state)
{
	(void)state;
	for (json_int_t i = 1; i <= 3; i++) {
		kill(cockpit_backend(&cockpit, "ivi"), SIGTERM);
		assert_true(guest_leave(&ivi));
		for (int j = 0; j < 500 && of_ivi("strikes") < i; j++)
			usleep(10000);
		assert_int_equal(of_ivi("strikes"), i);
		assert_true(cockpit_wait_fault(&cockpit, "ivi", "its guest is there", 0));
		if (i < 3)
			assert_true(guest_connect(&ivi));
	}
	assert_int_equal(of_ivi("bans"), 1);
	assert_int_equal(cockpit_backend(&cockpit, "ivi"), 0);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
}

static void hang_thrice(void)
{
	for (int i = 0; i < 3; i++) {
		if (i > 0)
			assert_true(guest_connect(&ivi));
		hang(&ivi);
		assert_true(guest_leave(&ivi));
	}
}

static void three_hangs_in_a_minute_ban_the_guest_for_its_ban_time(void **state)
{
	uint64_t since;

	(void)state;
	hang_thrice();
	/* The guest may have left before the backend is reaped. */
	for (int i = 0; i < 500 && of_ivi("bans") == 0; i++)
		usleep(10000);
	since = test_now_ms();
	assert_int_equal(of_ivi("bans"), 1);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	assert_false(guest_wait_backend(&ivi, GUEST_INIT_WAIT, 1000));
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, GUEST_PATIENCE));
	assert_true(test_now_ms() - since >= BAN_MS - 500);
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
	assert_int_equal(of_ivi("banned_ms"), 0);
}

static void banned_guest_in_another_domain_is_still_banned(void **state)
{
	(void)state;
	hang_thrice();
	guest_destroy(&ivi);
	guest_finish(&ivi);
	guest_create(&ivi, 7, "ivi");
	assert_false(guest_wait_backend(&ivi, GUEST_INIT_WAIT, 1000));
	assert_true(of_ivi("banned_ms") > 0);
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, GUEST_PATIENCE));
	assert_true(guest_connect(&ivi));
}

static void detach(struct guest *g)
{
	struct xs_handle *dom0 = fx_xs_open(0);

	xs_rm(dom0, XBT_NULL, g->frontend);
	xs_rm(dom0, XBT_NULL, g->backend);
	xs_close(dom0);
}

static void backend_that_ends_after_a_detach_is_no_fault(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		detach(&ivi);
		for (int j = 0; j < 500 && cockpit_backend(&cockpit, "ivi"); j++)
			usleep(10000);
		usleep(100000);
		assert_int_equal(of_ivi("strikes"), 0);
		guest_attach(&ivi, "ivi");
		assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, GUEST_PATIENCE));
	}
	assert_int_equal(of_ivi("strikes"), 0);
	assert_true(guest_connect(&ivi));
}

static void attaching_a_banned_domain_again_lifts_the_ban(void **state)
{
	(void)state;
	hang_thrice();
	assert_true(of_ivi("banned_ms") > 0);
	detach(&ivi);
	usleep(100000);
	guest_attach(&ivi, "ivi");
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, BAN_MS - 900));
	assert_int_equal(of_ivi("banned_ms"), 0);
	assert_true(guest_connect(&ivi));
}

static void a_banned_guest_that_removes_its_own_nodes_is_still_banned(void **state)
{
	char path[GUEST_PATH_MAX + 8];

	(void)state;
	hang_thrice();
	snprintf(path, sizeof(path), "%s/state", ivi.frontend);
	xs_rm(ivi.xs, XBT_NULL, path);
	usleep(100000);
	guest_set_state(&ivi, GUEST_INITIALISING);
	assert_false(guest_wait_backend(&ivi, GUEST_INIT_WAIT, BAN_MS - 900));
	assert_true(of_ivi("banned_ms") > 0);
}

static void reboot_does_not_lift_a_ban(void **state)
{
	(void)state;
	hang_thrice();
	guest_destroy(&ivi);
	guest_finish(&ivi);
	guest_create(&ivi, 7, "ivi");
	usleep(100000);
	guest_set_state(&ivi, GUEST_INITIALISING);
	assert_false(guest_wait_backend(&ivi, GUEST_INIT_WAIT, BAN_MS - 900));
	assert_true(of_ivi("banned_ms") > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(backend_of_an_endless_job_is_killed_after_the_kill_time),
		TEST(guest_reconnects_and_draws_after_a_hang),
		TEST(stuck_backend_without_a_job_is_replaced),
		TEST(backend_that_ends_while_its_guest_is_present_is_a_fault),
		TEST(three_hangs_in_a_minute_ban_the_guest_for_its_ban_time),
		TEST(banned_guest_in_another_domain_is_still_banned),
		TEST(backend_that_ends_after_a_detach_is_no_fault),
		TEST(attaching_a_banned_domain_again_lifts_the_ban),
		TEST(a_banned_guest_that_removes_its_own_nodes_is_still_banned),
		TEST(reboot_does_not_lift_a_ban),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("hang", tests, NULL, NULL);
}
