/* SPDX-License-Identifier: MIT */
/*
 * A guest that wants more of the GPU than the tree gives it: endless jobs, a flood of jobs, frames
 * that it never finishes. Its jobs are cut, it is throttled or stopped, and the others' frames go
 * on.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"

#define WIDTH	COCKPIT_WIDTH
#define HEIGHT	COCKPIT_HEIGHT
#define LOADED	100u /* ms: margin for a loaded build machine */
#define KILL_MS 150u
#define QUEUED	16u
#define OF_IVI	"displays = <&display1>; "

static struct cockpit cockpit;
static struct guest cluster, ivi, passenger;
static pid_t child;

/* *state: properties of ivi in the tree. */
static int setup(void **state)
{
	char rules[256], *tree;
	int status;

	snprintf(rules, sizeof(rules), OF_IVI "%s ", (const char *)*state);
	tree = cockpit_changed_tree(cockpit_tree, OF_IVI, rules);
	status = cockpit_start_pair(&cockpit, tree, &cluster, &ivi);
	free(tree);
	child = 0;
	if (status)
		return status;
	guest_create(&passenger, 7, "passenger");
	return guest_connect(&passenger) && draw_context(&cluster, 1) && draw_context(&ivi, 1) &&
			       draw_context(&passenger, 1)
		       ? 0
		       : -1;
}

static int teardown(void **state)
{
	(void)state;
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	guest_finish(&passenger);
	return cockpit_stop_pair(&cockpit, &cluster, &ivi);
}

/* Always has jobs in the queue and never shows a frame. */
static void keep_busy(struct guest *g, uint32_t us)
{
	uint32_t slot[QUEUED];

	for (uint32_t i = 0; i < QUEUED; i++)
		slot[i] = draw_work(g, us);
	for (uint32_t i = 0;; i = (i + 1) % QUEUED) {
		if (!guest_wait(g, 0, slot[i], NULL, 0, GUEST_PATIENCE))
			_exit(1);
		slot[i] = draw_work(g, us);
	}
}

/* Starts a child that uses the guest; the test must not use it any more. */
static void keep_busy_beside(struct guest *g, uint32_t us)
{
	child = fork();
	assert_true(child >= 0);
	if (child > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	keep_busy(g, us);
}

struct frames {
	uint32_t count;
	uint64_t longest_ms;
};

static struct frames draw_frames(struct guest *g, uint32_t ms)
{
	uint64_t begin = test_now_ms(), last = begin, now = begin;
	struct frames frames = {0};

	while (now - begin < ms) {
		assert_int_equal(draw_transfer(g, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
		assert_int_equal(draw_flush(g, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
		now = test_now_ms();
		frames.count++;
		if (now - last > frames.longest_ms)
			frames.longest_ms = now - last;
		last = now;
	}
	return frames;
}

static json_int_t of_ivi(const char *part, const char *what)
{
	return cockpit_of_guest(&cockpit, "ivi", part, what);
}

/* Waits until a number of ivi has this value, as backends send their counters every 100 ms. */
static bool comes_to(const char *part, const char *what, json_int_t value)
{
	uint64_t until = test_now_ms() + GUEST_PATIENCE;

	while (of_ivi(part, what) != value && test_now_ms() < until)
		usleep(10000);
	return of_ivi(part, what) == value;
}

static void important_guest_runs_between_two_slices_of_another_guest(void **state)
{
	struct sim_op ops[8];
	uint64_t begin, since;
	uint32_t stream;

	(void)state;
	for (int i = 0; i < 8; i++)
		ops[i] = (struct sim_op){.code = SIM_WORK, .value = 60000};
	since = test_now_ms();
	stream = draw_submit(&ivi, 1, 1, ops, 8);
	usleep(20000);
	for (int i = 0; i < 2; i++) {
		begin = test_now_ms();
		assert_true(draw_finished(&cluster, draw_work(&cluster, 5000)));
		assert_true(test_now_ms() - begin < 60 + 5 + LOADED);
		assert_false(guest_answered(&ivi, 0, stream));
	}
	/* For the guest the slices are one command. */
	assert_true(draw_finished(&ivi, stream));
	assert_true(test_now_ms() - since >= 8 * 60 + 2 * 5);
	assert_true(comes_to("counters", "cuts", 7));
	assert_true(of_ivi("jobs", "count") >= 8);
}

static void a_job_longer_than_declared_is_counted(void **state)
{
	(void)state;
	assert_true(draw_finished(&ivi, draw_work(&ivi, 5000)));
	assert_true(comes_to("jobs", "count", 1));
	assert_int_equal(of_ivi("jobs", "overruns"), 0);
	assert_true(draw_finished(&ivi, draw_work(&ivi, 60000)));
	assert_true(comes_to("jobs", "overruns", 1));
	assert_int_equal(guest_backend_state(&ivi), GUEST_CONNECTED);
}

static void frame_of_more_jobs_than_declared_is_warned_of(void **state)
{
	static char said[1 << 16];
	struct sim_op ops[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		ops[i] = (struct sim_op){.code = SIM_WORK, .value = 1000};
	assert_int_equal(draw_picture(&ivi, 1, 0, WIDTH, HEIGHT, 1, NULL), 0);
	assert_int_equal(cockpit_gpumctl(&cockpit, 1, "status", said, sizeof(said)), 0);
	assert_null(strstr(said, "WARNING: ivi"));
	assert_true(draw_finished(&ivi, draw_submit(&ivi, 1, 1, ops, 3)));
	assert_int_equal(draw_flush(&ivi, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(cockpit_gpumctl(&cockpit, 1, "status", said, sizeof(said)), 0);
	assert_non_null(strstr(said, "ivi declares frames of at most 1 jobs and had one of 3"));
}

static void guest_with_too_long_jobs_is_stopped_and_frames_go_on(void **state)
{
	struct frames frames;

	(void)state;
	draw_work(&ivi, 60000000);
	usleep(10000);
	frames = draw_frames(&cluster, 800);
	assert_true(frames.count >= 8);
	assert_true(frames.longest_ms < KILL_MS + 2 * 33 + LOADED);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "kill time", GUEST_PATIENCE));
	assert_true(guest_wait_broken(&ivi, GUEST_PATIENCE));
	assert_true(draw_finished(&passenger, draw_work(&passenger, 5000)));
}

static void a_flood_of_tiny_jobs_takes_no_frames_from_others(void **state)
{
	struct frames alone, beside;

	(void)state;
	alone = draw_frames(&cluster, 1000);
	keep_busy_beside(&ivi, 10);
	usleep(50000);
	beside = draw_frames(&cluster, 1000);
	assert_true(beside.count * 3 >= alone.count * 2);
	assert_true(of_ivi("jobs", "count") > 300);
}

static void guest_that_never_finishes_a_frame_does_not_hold_others_back(void **state)
{
	uint64_t before, during;
	struct frames frames;

	(void)state;
	keep_busy_beside(&ivi, 10000);
	usleep(50000);
	frames = draw_frames(&cluster, 1000);
	assert_true(frames.count >= 10);
	/* The passenger, less important than ivi, gets the time that ivi's budget leaves. */
	before = test_now_ms();
	for (int i = 0; i < 5; i++)
		assert_true(draw_finished(&passenger, draw_work(&passenger, 10000)));
	during = test_now_ms() - before;
	assert_true(during < 5 * 10 + 5 * 40 + 5 * LOADED);
	assert_true(of_ivi("jobs", "frames") == 0);
	assert_true(of_ivi("jobs", "throttled") > 0);
}

static void throttled_guest_waits_even_if_the_gpu_is_idle(void **state)
{
	uint64_t begin = test_now_ms();
	uint32_t first, second;

	(void)state;
	first = draw_work(&ivi, 50000);
	second = draw_work(&ivi, 1000);
	assert_true(draw_finished(&ivi, first));
	assert_true(test_now_ms() - begin < 50 + LOADED);
	/* Others do not wait for the throttled guest. */
	assert_true(draw_finished(&cluster, draw_work(&cluster, 1000)));
	assert_false(guest_answered(&ivi, 0, second));
	assert_true(draw_finished(&ivi, second));
	/*
	 * The budget is 20 ms in each 200 ms. The first job's overrun is charged to the next
	 * period.
	 */
	assert_true(test_now_ms() - begin >= 200);
	assert_true(comes_to("jobs", "throttled", 1));
}

static void infeasible_tree_is_refused_with_a_fix(void **state)
{
	static const struct {
		const char *from, *to;
	} changes[] = {
		{"displays = <&display0>;", "displays = <&display0>; max-job-us = <5000>;"},
		{"displays = <&display1>;", "displays = <&display1>; max-job-us = <40000>;"},
		{"displays = <&display2>;", "displays = <&display2>; max-job-us = <5000>;"},
	};
	char *tree = strdup(cockpit_tree), *next;
	static char said[1 << 16];

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		next = cockpit_changed_tree(tree, changes[i].from, changes[i].to);
		free(tree);
		tree = next;
	}
	assert_int_not_equal(cockpit_try_tree(&cockpit, tree, said, sizeof(said)), 0);
	free(tree);
	assert_non_null(strstr(said, "frames of cluster"));
	assert_non_null(strstr(said, "guests/ivi"));
	assert_non_null(strstr(said, "max-job-us"));
	assert_non_null(strstr(said, "40000"));
	assert_non_null(strstr(said, "fix: set it to "));
}

int main(void)
{
#define TEST(name, rules)                                                                          \
	{                                                                                          \
#name, name, setup, teardown, (void *)(uintptr_t)rules                             \
	}
	const struct CMUnitTest tests[] = {
		TEST(important_guest_runs_between_two_slices_of_another_guest,
		     "max-job-draws = <1>;"),
		TEST(a_job_longer_than_declared_is_counted, "max-job-us = <40000>;"),
		TEST(frame_of_more_jobs_than_declared_is_warned_of,
		     "max-job-us = <900000>; max-job-draws = <1>;"),
		TEST(guest_with_too_long_jobs_is_stopped_and_frames_go_on,
		     "max-job-us = <10000>; kill-time-us = <150000>;"),
		TEST(a_flood_of_tiny_jobs_takes_no_frames_from_others, ""),
		TEST(guest_that_never_finishes_a_frame_does_not_hold_others_back,
		     "budget-us = <20000>; budget-period-us = <40000>;"),
		TEST(throttled_guest_waits_even_if_the_gpu_is_idle,
		     "budget-us = <20000>; budget-period-us = <200000>;"),
		TEST(infeasible_tree_is_refused_with_a_fix, ""),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("rogue", tests, NULL, NULL);
}
