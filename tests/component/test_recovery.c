/* SPDX-License-Identifier: MIT */
/* Processes die and calls fail: guests are served again, and nothing stays mapped. */
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

static bool reconnect(struct guest *g)
{
	return guest_leave(g) && guest_connect(g);
}

static void a_killed_backend_is_started_again_and_the_others_go_on(void **state)
{
	pid_t pid = cockpit_backend(&cockpit, "ivi");

	(void)state;
	assert_true(pid > 0);
	kill(pid, SIGKILL);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(reconnect(&ivi));
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
	assert_int_not_equal(cockpit_backend(&cockpit, "ivi"), pid);
}

static void a_backend_killed_in_the_middle_of_a_job_frees_the_gpu(void **state)
{
	const struct sim_op forever = {.code = SIM_WORK, .value = 60000000};
	struct virtio_gpu_ctrl_hdr answer;

	(void)state;
	assert_int_equal(draw_context(&ivi, 1), VIRTIO_GPU_RESP_OK_NODATA);
	draw_submit(&ivi, 1, 1, &forever, 1);
	usleep(50000);
	/* A transfer of the cluster waits while ivi's job has the GPU. */
	struct virtio_gpu_transfer_to_host_2d c = {.hdr.type = VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D,
						   .r = {.width = WIDTH, .height = HEIGHT},
						   .resource_id = 1};
	uint32_t slot = guest_send(&cluster, 0, &c, sizeof(c), sizeof(answer));
	assert_false(guest_wait(&cluster, 0, slot, &answer, sizeof(answer), 100));
	kill(cockpit_backend(&cockpit, "ivi"), SIGKILL);
	assert_true(guest_wait(&cluster, 0, slot, &answer, sizeof(answer), GUEST_PATIENCE));
	assert_int_equal(answer.type, VIRTIO_GPU_RESP_OK_NODATA);
}

static void killed_mediator_ends_its_backends_and_the_next_one_serves_again(void **state)
{
	(void)state;
	cockpit_kill_mediator(&cockpit);
	for (int i = 0; i < 500 && cockpit_has_backend(&cockpit); i++)
		usleep(10000);
	assert_false(cockpit_has_backend(&cockpit));
	assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
	cockpit_start_mediator(&cockpit);
	assert_true(reconnect(&cluster));
	assert_int_equal(draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
}

/*
 * Makes each of the first four calls of a kind fail while a guest connects; it is served in the
 * end.
 */
static void sweep(enum fx_op op)
{
	for (uint32_t n = 1; n <= 4; n++) {
		guest_destroy(&ivi);
		guest_finish(&ivi);
		assert_true(
			cockpit_wait_mapped(&cockpit, 1 + GUEST_POOL_PAGES + 300, GUEST_PATIENCE));
		cockpit_fail(&cockpit, op, n, ENOMEM);
		guest_create(&ivi, 20 + 10 * (uint32_t)op + n, "ivi");
		if (!guest_connect(&ivi))
			assert_true(reconnect(&ivi));
		assert_int_equal(draw_create_2d(&ivi, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
		cockpit_fail(&cockpit, op, 0, 0);
		assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	}
}

static void failed_grant_map_is_undone_and_retried_on_reconnect(void **state)
{
	(void)state;
	sweep(FX_GN_MAP);
}

static void a_port_that_cannot_be_bound_leaves_no_mapping(void **state)
{
	(void)state;
	sweep(FX_EV_BIND);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_killed_backend_is_started_again_and_the_others_go_on),
		TEST(a_backend_killed_in_the_middle_of_a_job_frees_the_gpu),
		TEST(killed_mediator_ends_its_backends_and_the_next_one_serves_again),
		TEST(failed_grant_map_is_undone_and_retried_on_reconnect),
		TEST(a_port_that_cannot_be_bound_leaves_no_mapping),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
