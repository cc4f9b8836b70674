/* SPDX-License-Identifier: MIT */
/* A guest whose jobs never end: it loses its backend, comes back, and is banned when it goes on. */
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
#define BACK_SOON 1500u /* a backend is started again; with room for a loaded build machine */
#define IVI_NEVER                                                                                  \
	"domain-name = \"ivi\"; displays = <&display1>; memory-mib = <16>; "                       \
	"max-contexts = <4>; max-resources = <32>; ban-ms = <0>;"
#define IVI_TIMELY                                                                                 \
	"domain-name = \"ivi\"; displays = <&display1>; memory-mib = <16>; "                       \
	"max-contexts = <4>; max-resources = <32>; ban-ms = <3000>; "                              \
	"max-job-us = <100000>; kill-time-us = <200000>;"

static struct cockpit cockpit;
static struct guest cluster, ivi;

/* The usual tree, with a kill time and a short ban for ivi. */
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

/* The job of the cluster's that waits while the hung one has the GPU. */
static uint64_t cluster_waits_ms(void)
{
	uint64_t begin = test_now_ms();

	assert_int_equal(draw_transfer(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	return test_now_ms() - begin;
}

static void a_job_that_never_ends_costs_its_guest_the_backend_and_others_little(void **state)
{
	(void)state;
	hang(&ivi);
	usleep(20000);
	assert_true(cluster_waits_ms() < KILL_MS + 300);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "kill time", GUEST_PATIENCE));
	assert_int_equal(of_ivi("strikes"), 1);
}

static void after_a_hang_the_guest_connects_anew_and_draws(void **state)
{
	(void)state;
	hang(&ivi);
	assert_true(guest_leave(&ivi));
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, BACK_SOON));
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
}

static void a_backend_that_is_stuck_without_a_job_is_found_and_replaced(void **state)
{
	(void)state;
	kill(cockpit_backend(&cockpit, "ivi"), SIGSTOP);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "no sign of life", 2 * GUEST_PATIENCE));
	assert_true(guest_leave(&ivi));
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
}

/* As one that was taken over can end: without a word, and with status 0. */
static void a_backend_that_ends_while_its_guest_is_there_is_at_fault(void **state)
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

static void three_hangs_in_a_minute_ban_and_the_ban_ends_by_itself(void **state)
{
	uint64_t since;

	(void)state;
	hang_thrice();
	/* Its guest may have left before the backend is reaped. */
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

static void a_banned_guest_that_returns_as_another_domain_is_still_banned(void **state)
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

static void a_backend_that_ends_because_dom0_takes_the_device_away_is_not_at_fault(void **state)
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

static void a_banned_domain_that_dom0_attaches_again_gets_another_chance(void **state)
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

static void a_reboot_and_a_sign_of_life_do_not_end_a_ban(void **state)
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
		TEST(a_job_that_never_ends_costs_its_guest_the_backend_and_others_little),
		TEST(after_a_hang_the_guest_connects_anew_and_draws),
		TEST(a_backend_that_is_stuck_without_a_job_is_found_and_replaced),
		TEST(a_backend_that_ends_while_its_guest_is_there_is_at_fault),
		TEST(three_hangs_in_a_minute_ban_and_the_ban_ends_by_itself),
		TEST(a_banned_guest_that_returns_as_another_domain_is_still_banned),
		TEST(a_backend_that_ends_because_dom0_takes_the_device_away_is_not_at_fault),
		TEST(a_banned_domain_that_dom0_attaches_again_gets_another_chance),
		TEST(a_banned_guest_that_removes_its_own_nodes_is_still_banned),
		TEST(a_reboot_and_a_sign_of_life_do_not_end_a_ban),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("hang", tests, NULL, NULL);
}
