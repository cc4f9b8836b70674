/* SPDX-License-Identifier: MIT */
/* The tree bounds what a guest uses. A guest that reaches a bound affects no other guest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"

#define WIDTH  COCKPIT_WIDTH
#define HEIGHT COCKPIT_HEIGHT
#define EVENTS 100u /* per second; see BOUNDS */
#define LINES  6u   /* per minute */
#define ENDS   5    /* backends that end, one after the other; the last pause is 1.6 s */
#define IVI    "displays = <&display1>; "
#define BOUNDS                                                                                     \
	IVI "max-granted-mib = <1>; max-events-per-second = <100>; "                               \
	    "max-log-lines-per-minute = <6>; "

static struct cockpit cockpit;
static struct guest cluster, ivi;

/* cockpit_tree with narrow bounds for ivi. */
static char *tree(void)
{
	char *changed = malloc(strlen(cockpit_tree) + sizeof(BOUNDS));
	const char *at = strstr(cockpit_tree, IVI);

	if (!changed || !at)
		exit(99);
	memcpy(changed, cockpit_tree, (size_t)(at - cockpit_tree));
	strcpy(changed + (at - cockpit_tree), BOUNDS);
	strcat(changed, at + strlen(IVI));
	return changed;
}

static int teardown(void **state)
{
	(void)state;
	guest_finish(&cluster);
	guest_finish(&ivi);
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static int setup(void **state)
{
	char *source = tree();

	(void)state;
	cockpit_start(&cockpit, source);
	free(source);
	guest_create(&cluster, 5, "cluster");
	guest_create(&ivi, 6, "ivi");
	if (guest_connect(&cluster) && guest_connect(&ivi) &&
	    draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, 1, NULL) == 0)
		return 0;
	teardown(state);
	return -1;
}

static uint64_t counter(const char *guest, const char *name)
{
	json_t *status = cockpit_status(&cockpit);
	json_t *counters = json_object_get(cockpit_status_of(status, "guests", guest), "counters");
	uint64_t value = (uint64_t)json_integer_value(json_object_get(counters, name));

	json_decref(status);
	return value;
}

static void mapped_backing_ends_at_max_granted_mib(void **state)
{
	uint32_t ref;

	(void)state;
	guest_grant_pages(&ivi, 257, &ref);
	assert_int_equal(draw_create_2d(&ivi, 1, 512, 256), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_create_2d(&ivi, 2, 512, 257), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_create_2d(&ivi, 3, 512, 256), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_attach(&ivi, 2, ref, 257 * FX_PAGE_SIZE),
			 VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
	assert_int_equal(draw_attach(&ivi, 1, ref, 128 * FX_PAGE_SIZE), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_attach(&ivi, 3, ref, 129 * FX_PAGE_SIZE),
			 VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY);
	assert_int_equal(draw_attach(&ivi, 3, ref, 128 * FX_PAGE_SIZE), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_unref(&ivi, 1), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
}

static void events_beyond_the_rate_are_delayed(void **state)
{
	uint64_t from = test_now_ms(), before = counter("ivi", "notifications_in");
	uint64_t taken, passed, allowed;
	uint32_t frames = 0;

	(void)state;
	while (test_now_ms() < from + 1500) {
		/* Pause between events, as pending events merge into one. */
		for (int i = 0; i < 15; i++) {
			guest_notify(&ivi);
			usleep(1500);
		}
		frames += draw_flush(&cluster, 1, WIDTH, HEIGHT) == VIRTIO_GPU_RESP_OK_NODATA;
	}
	usleep(150000); /* backends send their counters every 100 ms */
	taken = counter("ivi", "notifications_in") - before;
	passed = test_now_ms() - from;
	allowed = EVENTS * passed / 1000 + EVENTS / 10 + 1;
	if (taken > allowed)
		fail_msg("%u events in %u ms", (unsigned int)taken, (unsigned int)passed);
	assert_true(taken > EVENTS / 2);
	assert_true(counter("ivi", "events_delayed") > 0);
	assert_true(frames >= 20); /* of 45 at 33333 us */
	/* ivi is served as before. */
	assert_int_equal(draw_create_2d(&ivi, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
}

static uint32_t lines_with(const char *text)
{
	char command[256], count[32] = "";
	FILE *f;

	snprintf(command, sizeof(command), "grep -c '%s' %s/mediator.log", text, cockpit.dir);
	f = popen(command, "re");
	assert_non_null(f);
	assert_non_null(fgets(count, sizeof(count), f));
	pclose(f);
	return (uint32_t)strtoul(count, NULL, 10);
}

/* Each broken connection makes the backend and the mediator log one line each. */
static void log_lines_beyond_the_rate_are_left_out(void **state)
{
	uint64_t until = test_now_ms() + 4 * GUEST_PATIENCE;
	uint32_t broken = 0;

	(void)state;
	for (; broken < 8 && test_now_ms() < until; broken++) {
		ivi.queue[0].avail->ring[ivi.queue[0].avail_next % GUEST_QUEUE_SIZE] = 9999;
		__atomic_store_n(&ivi.queue[0].avail->idx, ++ivi.queue[0].avail_next,
				 __ATOMIC_RELEASE);
		guest_notify(&ivi);
		assert_true(guest_wait_broken(&ivi, GUEST_PATIENCE));
		assert_true(guest_disconnect(&ivi));
		guest_set_state(&ivi, GUEST_INITIALISING);
		assert_true(guest_connect(&ivi));
	}
	assert_int_equal(broken, 8);
	assert_true(lines_with("not below the queue") >= 2);
	assert_true(lines_with("not below the queue") <= LINES + LINES / 2);
}

/* This guest is never banned, so only the growing pauses limit how often its backend is started. */
static void restarts_of_an_ending_backend_slow_down_and_fill_no_log(void **state)
{
	uint64_t last = 0;

	(void)state;
	for (int i = 0; i < ENDS; i++) {
		last = test_now_ms();
		assert_return_code(kill(cockpit_backend(&cockpit, "ivi"), SIGTERM), errno);
		assert_true(guest_wait_backend(&ivi, GUEST_CLOSED, GUEST_PATIENCE));
		assert_true(guest_wait_backend(&ivi, GUEST_INIT_WAIT, GUEST_PATIENCE));
	}
	assert_true(test_now_ms() - last >= 1500);
	assert_true(lines_with("ivi") >= LINES);
	assert_true(lines_with("ivi") <= LINES + LINES / 2);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
}

/* Each write fires one watch of ivi's backend and one of the mediator. */
static void flood_of_watches_delays_no_other_guest(void **state)
{
	uint64_t until = test_now_ms() + 1500;
	uint32_t frames = 0, writes = 0;

	(void)state;
	while (test_now_ms() < until) {
		for (int i = 0; i < 200; i++, writes++)
			guest_set_state(&ivi, GUEST_CONNECTED);
		frames += draw_flush(&cluster, 1, WIDTH, HEIGHT) == VIRTIO_GPU_RESP_OK_NODATA;
	}
	assert_true(writes >= 1000);
	assert_true(frames >= 5);
	assert_int_equal(guest_backend_state(&ivi), GUEST_CONNECTED);
	assert_int_equal(draw_create_2d(&ivi, 1, 64, 64), VIRTIO_GPU_RESP_OK_NODATA);
}

static void too_few_watches_are_logged_with_the_number_needed(void **state)
{
	(void)state;
	cockpit_kill_mediator(&cockpit);
	cockpit_fail(&cockpit, FX_XS_WATCH, 7, E2BIG);
	cockpit_start_mediator(&cockpit);
	for (int i = 0; i < 500 && !lines_with("watch 7 of the 22"); i++)
		usleep(10000);
	assert_int_equal(lines_with("watch 7 of the 22 that the tree.s guests need is refused"), 1);
	/* xenstore now accepts more watches: the mediator serves without a restart. */
	guest_set_state(&cluster, GUEST_CLOSED);
	guest_set_state(&cluster, GUEST_INITIALISING);
	assert_true(guest_wait_backend(&cluster, GUEST_INIT_WAIT, 2 * GUEST_PATIENCE));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(mapped_backing_ends_at_max_granted_mib),
		TEST(events_beyond_the_rate_are_delayed),
		TEST(log_lines_beyond_the_rate_are_left_out),
		TEST(restarts_of_an_ending_backend_slow_down_and_fill_no_log),
		TEST(flood_of_watches_delays_no_other_guest),
		TEST(too_few_watches_are_logged_with_the_number_needed),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("quotas", tests, NULL, NULL);
}
