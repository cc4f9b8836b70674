/* SPDX-License-Identifier: MIT */
/*
 * A job that its backend does not survive. The frontend reports it as failed; who sends it again to
 * each new backend has three attempts. The test is the renderer's fault: it ends a backend as soon
 * as the job is on the GPU.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"

#define WIDTH	 COCKPIT_WIDTH
#define HEIGHT	 COCKPIT_HEIGHT
#define BAN_MS	 3000u
#define ATTEMPTS 3
#define OF_IVI                                                                                     \
	"displays = <&display1>; memory-mib = <16>; max-contexts = <4>; max-resources = <32>; "
#define NEVER  OF_IVI "ban-ms = <0>;"
#define BANNED OF_IVI "ban-ms = <3000>;"

static struct cockpit cockpit;
static struct guest cluster, ivi;

static int setup(void **state)
{
	char *tree = cockpit_changed_tree(cockpit_tree, NEVER, BANNED);
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

static json_int_t of_ivi(const char *part, const char *what)
{
	return cockpit_of_guest(&cockpit, "ivi", part, what);
}

static bool cluster_draws(void)
{
	return draw_transfer(&cluster, 1, WIDTH, HEIGHT) == VIRTIO_GPU_RESP_OK_NODATA &&
	       draw_flush(&cluster, 1, WIDTH, HEIGHT) == VIRTIO_GPU_RESP_OK_NODATA;
}

/* The job is on the GPU, and takes its backend with it. */
static void send_poison(void)
{
	assert_int_equal(draw_context(&ivi, 1), VIRTIO_GPU_RESP_OK_NODATA);
	draw_work(&ivi, 60000000);
	usleep(50000);
	assert_int_equal(kill(cockpit_backend(&cockpit, "ivi"), SIGKILL), 0);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "signal 9", GUEST_PATIENCE));
}

static void a_job_that_ends_each_new_backend_is_not_tried_a_fourth_time(void **state)
{
	(void)state;
	for (int i = 0; i < ATTEMPTS; i++) {
		if (i > 0)
			assert_true(guest_connect(&ivi));
		send_poison();
		assert_true(cluster_draws());
		assert_true(guest_leave(&ivi));
	}
	for (int i = 0; i < 500 && of_ivi(NULL, "bans") == 0; i++)
		usleep(10000);
	assert_int_equal(of_ivi(NULL, "bans"), 1);
	assert_false(guest_wait_backend(&ivi, GUEST_INIT_WAIT, BAN_MS / 2));
	assert_int_equal(cockpit_backend(&cockpit, "ivi"), 0);
	assert_true(cluster_draws());
	/* Afterwards it may try something else. */
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, GUEST_PATIENCE));
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
}

/* Neither mediator nor backend keeps a job for the next backend; only its guest may send it again.
 */
static void what_a_dead_backend_had_begun_is_not_begun_again(void **state)
{
	json_int_t jobs, commands;

	(void)state;
	assert_int_equal(draw_context(&ivi, 1), VIRTIO_GPU_RESP_OK_NODATA);
	draw_work(&ivi, 60000000);
	draw_work(&ivi, 60000000);
	usleep(50000);
	kill(cockpit_backend(&cockpit, "ivi"), SIGKILL);
	assert_true(guest_leave(&ivi));
	assert_true(guest_connect(&ivi));
	usleep(300000); /* counters are told every 100 ms */
	jobs = of_ivi("jobs", "count");
	commands = of_ivi("counters", "commands");
	assert_int_equal(jobs, 0);
	assert_int_equal(commands, 0);
	/* And nothing of it exists: its context has to be made anew. */
	assert_false(draw_finished(&ivi, draw_work(&ivi, 1000)));
	assert_int_equal(draw_context(&ivi, 1), VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(draw_finished(&ivi, draw_work(&ivi, 1000)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_job_that_ends_each_new_backend_is_not_tried_a_fourth_time),
		TEST(what_a_dead_backend_had_begun_is_not_begun_again),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("poison", tests, NULL, NULL);
}
