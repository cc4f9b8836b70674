/* SPDX-License-Identifier: MIT */
/* The process above the mediator: starts it again, does not spin, and ends with it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit.h"
#include "tests/component/draw.h"

#define WIDTH  COCKPIT_WIDTH
#define HEIGHT COCKPIT_HEIGHT

static struct cockpit cockpit;
static struct guest cluster;

static int teardown(void **state)
{
	(void)state;
	guest_finish(&cluster);
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static int setup(void **state)
{
	(void)state;
	cockpit_start_supervised(&cockpit);
	return 0;
}

/* Another mediator than that one, 0 when there is none in time. */
static pid_t next_mediator(pid_t last)
{
	uint64_t until = test_now_ms() + GUEST_PATIENCE;
	pid_t pid;

	do {
		usleep(10000);
		pid = cockpit_mediator(&cockpit);
	} while ((!pid || pid == last) && test_now_ms() < until);
	return pid == last ? 0 : pid;
}

static void a_mediator_that_dies_is_started_again(void **state)
{
	pid_t pid = cockpit_mediator(&cockpit);

	(void)state;
	assert_true(pid > 0);
	assert_int_not_equal(pid, cockpit.mediator);
	for (int i = 0; i < 3; i++) {
		kill(pid, SIGKILL);
		pid = next_mediator(pid);
		assert_true(pid > 0);
	}
}

static void a_guest_is_served_again_after_the_mediator_has_died(void **state)
{
	pid_t pid = cockpit_mediator(&cockpit);

	(void)state;
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, 1, NULL), 0);
	kill(pid, SIGKILL);
	assert_true(next_mediator(pid) > 0);
	assert_true(guest_wait_broken(&cluster, GUEST_PATIENCE));
	xenevtchn_unbind(cluster.evtchn, cluster.port);
	cluster.bound = false;
	guest_set_state(&cluster, GUEST_CLOSED);
	assert_true(guest_connect(&cluster));
	assert_int_equal(draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, 2, NULL), 0);
}

static void a_keeper_that_dies_takes_the_mediator_with_it(void **state)
{
	pid_t pid = cockpit_mediator(&cockpit);

	(void)state;
	cockpit_kill_mediator(&cockpit);
	for (int i = 0; i < 500 && kill(pid, 0) == 0; i++)
		usleep(10000);
	assert_int_not_equal(kill(pid, 0), 0);
	cockpit_start_mediator(&cockpit);
	assert_true(next_mediator(pid) > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_mediator_that_dies_is_started_again),
		TEST(a_guest_is_served_again_after_the_mediator_has_died),
		TEST(a_keeper_that_dies_takes_the_mediator_with_it),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
