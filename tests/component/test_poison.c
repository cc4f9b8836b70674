/* SPDX-License-Identifier: MIT */
/*
 * A job that kills its backend. The frontend answers it with an error; a guest that sends it again
 * to each new backend is banned after three attempts. The test plays the fault in the renderer: it
 * kills the backend as soon as the job is on the GPU.
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

/* Sends a job, and kills the backend while the job is on the GPU. */
static void send_poison(void)
{
	assert_int_equal(draw_context(&ivi, 1), VIRTIO_GPU_RESP_OK_NODATA);
	draw_work(&ivi, 60000000);
	usleep(50000);
	assert_int_equal(kill(cockpit_backend(&cockpit, "ivi"), SIGKILL), 0);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "signal 9", GUEST_PATIENCE));
}

static void job_that_kills_its_backend_is_not_tried_a_fourth_time(void **state)
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
	/* After the ban the guest may draw again. */
	assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, GUEST_PATIENCE));
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
}

/* Neither mediator nor backend keeps a job for the next backend; the guest may send it again. */
static void jobs_of_a_dead_backend_are_not_run_again(void **state)
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
	usleep(300000); /* backends send their counters every 100 ms */
	jobs = of_ivi("jobs", "count");
	commands = of_ivi("counters", "commands");
	assert_int_equal(jobs, 0);
	assert_int_equal(commands, 0);
	/* The old context does not exist any more: the guest must create it again. */
	assert_false(draw_finished(&ivi, draw_work(&ivi, 1000)));
	assert_int_equal(draw_context(&ivi, 1), VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(draw_finished(&ivi, draw_work(&ivi, 1000)));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(job_that_kills_its_backend_is_not_tried_a_fourth_time),
		TEST(jobs_of_a_dead_backend_are_not_run_again),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("poison", tests, NULL, NULL);
}
