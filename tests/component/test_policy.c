/* SPDX-License-Identifier: MIT */
/* The device tree decides the order of jobs on the GPU, and whether the mediator starts. */
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
static struct guest cluster, ivi, passenger;

static int teardown(void **state)
{
	(void)state;
	guest_finish(&cluster);
	guest_finish(&ivi);
	guest_finish(&passenger);
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static bool start_with_context(struct guest *g, uint32_t domid, const char *name)
{
	guest_create(g, domid, name);
	return guest_connect(g) && draw_context(g, 1) == VIRTIO_GPU_RESP_OK_NODATA;
}

static int setup(void **state)
{
	(void)state;
	cockpit_start(&cockpit, NULL);
	if (start_with_context(&cluster, 5, "cluster") && start_with_context(&ivi, 6, "ivi") &&
	    start_with_context(&passenger, 7, "passenger"))
		return 0;
	teardown(state);
	return -1;
}

static void important_job_overtakes_a_waiting_job_but_not_a_running_job(void **state)
{
	uint32_t running, waiting, important;

	(void)state;
	running = draw_work(&ivi, 250000);
	usleep(50000);
	waiting = draw_work(&passenger, 250000);
	usleep(50000);
	important = draw_work(&cluster, 20000);
	assert_true(draw_finished(&cluster, important));
	assert_true(guest_answered(&ivi, 0, running));
	assert_false(guest_answered(&passenger, 0, waiting));
	assert_true(draw_finished(&passenger, waiting));
	assert_true(draw_finished(&ivi, running));
}

static void a_saturating_guest_delays_the_cluster_by_one_job_at_most(void **state)
{
	uint32_t slots[8];
	uint64_t begin;

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		slots[i] = draw_work(&ivi, 60000);
	usleep(10000);
	for (int i = 0; i < 3; i++) {
		begin = test_now_ms();
		assert_true(draw_finished(&cluster, draw_work(&cluster, 5000)));
		/* One job of ivi and its own, with a margin for a loaded build machine. */
		assert_true(test_now_ms() - begin < 180);
	}
	assert_false(guest_answered(&ivi, 0, slots[7]));
	for (uint32_t i = 0; i < 8; i++)
		assert_true(draw_finished(&ivi, slots[i]));
}

static void answers_without_a_fence_do_not_wait_for_the_gpu(void **state)
{
	uint32_t slot;

	(void)state;
	slot = draw_work(&ivi, 300000);
	usleep(20000);
	assert_int_equal(draw_create_2d(&cluster, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
	assert_false(guest_answered(&ivi, 0, slot));
	assert_true(draw_finished(&ivi, slot));
}

static void impossible_tree_is_refused_with_node_and_property(void **state)
{
	static const struct {
		const char *from, *to, *node, *property;
	} cases[] = {
		{"region = <0 0 640 480>; priority = <2>", "region = <0 0 640 481>; priority = <2>",
		 "display@1", "region"},
		{"displays = <&display1>", "displays = <&display0>", "guests/", "displays"},
		{"domain-name = \"ivi\"", "domain-name = \"cluster\"", "guests/ivi", "domain-name"},
		{"priority = <3>", "priority = <4096>", "display@2", "priority"},
		{"mode = \"640x480@60\"", "mode = \"640by480\"", "panel-0", "mode"},
		{"policy = \"fixed-priority\"", "policy = \"lottery\"", "gpu-mediator", "policy"},
	};
	static char said[1 << 16];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *tree = cockpit_changed_tree(cockpit_tree, cases[i].from, cases[i].to);

		assert_int_not_equal(cockpit_try_tree(&cockpit, tree, said, sizeof(said)), 0);
		assert_non_null(strstr(said, cases[i].node));
		assert_non_null(strstr(said, cases[i].property));
		free(tree);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(important_job_overtakes_a_waiting_job_but_not_a_running_job),
		TEST(a_saturating_guest_delays_the_cluster_by_one_job_at_most),
		TEST(answers_without_a_fence_do_not_wait_for_the_gpu),
		TEST(impossible_tree_is_refused_with_node_and_property),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
