/* SPDX-License-Identifier: MIT */
/*
 * The keeper starts the mediator again after its death, keeps its clients alive meanwhile, and ends
 * mediator and clients when it ends itself.
 */
#include <errno.h>
#include <linux/sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"

#define WIDTH	COCKPIT_WIDTH
#define HEIGHT	COCKPIT_HEIGHT
#define JOB_MS	700u  /* longer than it takes to start a mediator */
#define KILL_MS 1000u /* of ivi's jobs */

static struct cockpit cockpit;
static struct guest cluster, ivi;

static int teardown(void **state)
{
	(void)state;
	guest_finish(&cluster);
	guest_finish(&ivi);
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static int setup(void **state)
{
	char *tree = cockpit_changed_tree(cockpit_tree, "domain-name = \"ivi\";",
					  "domain-name = \"ivi\"; max-job-us = <500000>; "
					  "kill-time-us = <1000000>;");

	(void)state;
	cockpit_start_supervised(&cockpit, tree);
	free(tree);
	return 0;
}

/* Waits for a mediator other than `last`; 0 after a time-out. */
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

static void dead_mediator_is_started_again(void **state)
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

static void kill_and_wait_for_the_next(void)
{
	pid_t pid = cockpit_mediator(&cockpit);

	assert_true(pid > 0);
	kill(pid, SIGKILL);
	assert_true(next_mediator(pid) > 0);
}

static void start_guests(void)
{
	guest_create(&cluster, 5, "cluster");
	guest_create(&ivi, 6, "ivi");
	assert_true(guest_connect(&cluster));
	assert_true(guest_connect(&ivi));
	assert_int_equal(draw_picture(&cluster, 1, 0, WIDTH, HEIGHT, 1, NULL), 0);
	assert_int_equal(draw_context(&ivi, 1), VIRTIO_GPU_RESP_OK_NODATA);
}

static void guests_draw_on_when_the_mediator_dies(void **state)
{
	pid_t backend;

	(void)state;
	start_guests();
	backend = cockpit_backend(&cockpit, "cluster");
	kill_and_wait_for_the_next();
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	assert_int_equal(draw_picture(&cluster, 2, 0, WIDTH, HEIGHT, 2, NULL), 0);
	assert_true(draw_finished(&ivi, draw_work(&ivi, 1000)));
	assert_int_equal(cockpit_backend(&cockpit, "cluster"), backend);
	assert_int_equal(guest_backend_state(&cluster), GUEST_CONNECTED);
}

/* A display whose guest draws nothing new must not go black because its mediator died. */
static void last_frame_of_a_guest_is_shown_by_the_next_mediator(void **state)
{
	json_t *status;
	uint64_t frames;

	(void)state;
	start_guests();
	kill_and_wait_for_the_next();
	for (int i = 0; i < 200; i++) {
		status = cockpit_status(&cockpit);
		frames = (uint64_t)json_integer_value(json_object_get(
			cockpit_status_of(status, "displays", "cluster"), "frames"));
		json_decref(status);
		if (frames)
			return;
		usleep(10000);
	}
	fail_msg("the cluster's display shows nothing");
}

/* The mediator is stopped first, so that it does not read the guests' new job and frame. */
static void next_mediator_serves_waiting_jobs_and_frames(void **state)
{
	struct virtio_gpu_resource_flush flush = {.hdr.type = VIRTIO_GPU_CMD_RESOURCE_FLUSH,
						  .r = {.width = WIDTH, .height = HEIGHT},
						  .resource_id = 1};
	struct virtio_gpu_ctrl_hdr answer;
	uint32_t job, shown;
	pid_t pid;

	(void)state;
	start_guests();
	pid = cockpit_mediator(&cockpit);
	kill(pid, SIGSTOP);
	job = draw_work(&ivi, 1000);
	shown = guest_send(&cluster, 0, &flush, sizeof(flush), sizeof(answer));
	assert_false(guest_wait(&cluster, 0, shown, &answer, sizeof(answer), 100));
	kill(pid, SIGKILL);
	assert_true(next_mediator(pid) > 0);
	assert_true(draw_finished(&ivi, job));
	assert_true(guest_wait(&cluster, 0, shown, &answer, sizeof(answer), GUEST_PATIENCE));
	assert_int_equal(answer.type, VIRTIO_GPU_RESP_OK_NODATA);
}

static void next_mediator_waits_for_the_job_on_the_gpu(void **state)
{
	uint64_t begin;
	uint32_t job;
	pid_t pid;

	(void)state;
	start_guests();
	assert_int_equal(draw_context(&cluster, 1), VIRTIO_GPU_RESP_OK_NODATA);
	begin = test_now_ms();
	job = draw_work(&ivi, JOB_MS * 1000);
	usleep(50000);
	pid = cockpit_mediator(&cockpit);
	kill(pid, SIGKILL);
	assert_true(draw_finished(&cluster, draw_work(&cluster, 1000)));
	assert_true(test_now_ms() - begin >= JOB_MS);
	assert_true(draw_finished(&ivi, job));
	assert_true(next_mediator(pid) > 0);
}

static void backend_of_a_guest_destroyed_without_a_mediator_is_ended(void **state)
{
	(void)state;
	start_guests();
	kill(cockpit_mediator(&cockpit), SIGKILL);
	guest_destroy(&ivi);
	assert_true(next_mediator(0) > 0);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	for (int i = 0; i < 500 && cockpit_backend(&cockpit, "ivi"); i++)
		usleep(10000);
	assert_int_equal(cockpit_backend(&cockpit, "ivi"), 0);
}

static void kept_backend_that_dies_is_started_again(void **state)
{
	pid_t backend;

	(void)state;
	start_guests();
	backend = cockpit_backend(&cockpit, "ivi");
	kill_and_wait_for_the_next();
	kill(backend, SIGKILL);
	assert_true(guest_leave(&ivi) && guest_connect(&ivi));
	assert_int_not_equal(cockpit_backend(&cockpit, "ivi"), backend);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "signal 9", GUEST_PATIENCE));
}

/* Starts an idle process with the pid `wanted` as soon as that pid is free. */
static pid_t reuse_pid(pid_t wanted)
{
	const struct clone_args how = {
		.exit_signal = SIGCHLD, .set_tid = (uintptr_t)&wanted, .set_tid_size = 1};
	uint64_t until = test_now_ms() + GUEST_PATIENCE;
	pid_t pid;

	do
		pid = (pid_t)syscall(SYS_clone3, &how, sizeof(how));
	while (pid < 0 && errno == EEXIST && test_now_ms() < until && usleep(1000) == 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

/*
 * Only the parent can rule out PID reuse. The mediator is stopped until the backend's kill time has
 * passed, so it asks to kill the backend before it hears that the backend has ended.
 */
static void reused_pid_is_not_killed(void **state)
{
	pid_t mediator, backend, other;
	bool alive;

	(void)state;
	if (geteuid() != 0)
		skip(); /* only root may choose a pid */
	start_guests();
	draw_work(&ivi, 60000000);
	usleep(50000);
	mediator = cockpit_mediator(&cockpit);
	backend = cockpit_backend(&cockpit, "ivi");
	kill(mediator, SIGSTOP);
	kill(backend, SIGKILL);
	other = reuse_pid(backend);
	assert_int_equal(other, backend);
	usleep(KILL_MS * 1000);
	kill(mediator, SIGCONT);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "kill time", GUEST_PATIENCE));
	usleep(100000);
	alive = waitpid(other, NULL, WNOHANG) == 0;
	if (alive) {
		kill(other, SIGKILL);
		waitpid(other, NULL, 0);
	}
	assert_true(alive);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
}

/*
 * A silent kept backend may have a job on the GPU, so the others wait for as long as its job may
 * take.
 */
static void stuck_kept_backend_delays_others_by_its_kill_time_at_most(void **state)
{
	pid_t pid;

	(void)state;
	start_guests();
	kill(cockpit_backend(&cockpit, "ivi"), SIGSTOP);
	pid = cockpit_mediator(&cockpit);
	kill(pid, SIGKILL);
	assert_true(next_mediator(pid) > 0);
	assert_true(cockpit_wait_fault(&cockpit, "ivi", "HELLO again", 2 * GUEST_PATIENCE));
	assert_int_equal(cockpit_of_guest(&cockpit, "ivi", NULL, "strikes"), 1);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
}

/* The backend answers a mediator that dies before it reads the HELLO. */
static void backend_that_answered_a_dead_mediator_answers_the_next_one(void **state)
{
	pid_t backend, pid;

	(void)state;
	start_guests();
	backend = cockpit_backend(&cockpit, "cluster");
	kill(backend, SIGSTOP);
	pid = cockpit_mediator(&cockpit);
	kill(pid, SIGKILL);
	pid = next_mediator(pid);
	assert_true(pid > 0);
	kill(pid, SIGSTOP);
	kill(backend, SIGCONT);
	usleep(100000);
	kill(pid, SIGKILL);
	assert_true(next_mediator(pid) > 0);
	assert_int_equal(draw_flush(&cluster, 1, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	assert_true(draw_finished(&ivi, draw_work(&ivi, 1000)));
	assert_int_equal(cockpit_backend(&cockpit, "cluster"), backend);
}

/* The cause of three deaths may be a client, so the keeper then kills the clients, too. */
static void third_death_in_a_minute_kills_the_clients(void **state)
{
	pid_t backend;

	(void)state;
	start_guests();
	backend = cockpit_backend(&cockpit, "cluster");
	for (int i = 0; i < 2; i++) {
		kill_and_wait_for_the_next();
		assert_int_equal(cockpit_backend(&cockpit, "cluster"), backend);
	}
	kill_and_wait_for_the_next();
	assert_true(guest_leave(&cluster) && guest_connect(&cluster));
	assert_int_not_equal(cockpit_backend(&cockpit, "cluster"), backend);
}

/*
 * Traces a guest's backend, so that a dead backend is not reaped until the test calls waitpid(), as
 * if a GPU driver held it back.
 */
static pid_t delay_reaping_of(const char *guest)
{
	pid_t pid = cockpit_backend(&cockpit, guest);

	assert_int_equal(ptrace(PTRACE_SEIZE, pid, NULL, NULL), 0);
	return pid;
}

static void expect_gpu_waits_for_end_of(pid_t pid)
{
	struct virtio_gpu_ctrl_hdr answer;
	uint32_t job;

	assert_int_equal(draw_context(&cluster, 1), VIRTIO_GPU_RESP_OK_NODATA);
	job = draw_work(&cluster, 1000);
	assert_false(guest_wait(&cluster, 0, job, &answer, sizeof(answer), 300));
	assert_int_equal(waitpid(pid, NULL, __WALL), pid);
	assert_true(draw_finished(&cluster, job));
}

static void gpu_waits_until_killed_clients_are_reaped(void **state)
{
	pid_t held;

	(void)state;
	start_guests();
	for (int i = 0; i < 2; i++)
		kill_and_wait_for_the_next();
	held = delay_reaping_of("ivi");
	kill_and_wait_for_the_next();
	assert_true(guest_leave(&cluster) && guest_connect(&cluster));
	expect_gpu_waits_for_end_of(held);
}

static void gpu_waits_until_clients_not_in_the_tree_are_reaped(void **state)
{
	char *tree = cockpit_changed_tree(cockpit_tree, "domain-name = \"ivi\";",
					  "domain-name = \"radio\";");
	pid_t held;

	(void)state;
	start_guests();
	cockpit_replace_tree(&cockpit, tree);
	free(tree);
	held = delay_reaping_of("ivi");
	kill_and_wait_for_the_next();
	expect_gpu_waits_for_end_of(held);
}

static void mediator_and_backends_end_with_their_keeper(void **state)
{
	pid_t pid = cockpit_mediator(&cockpit);

	(void)state;
	start_guests();
	kill(cockpit_backend(&cockpit, "ivi"), SIGSTOP);
	cockpit_kill_mediator(&cockpit);
	for (int i = 0; i < 500 && (kill(pid, 0) == 0 || cockpit_has_backend(&cockpit)); i++)
		usleep(10000);
	assert_int_not_equal(kill(pid, 0), 0);
	assert_false(cockpit_has_backend(&cockpit));
	cockpit_start_mediator(&cockpit);
	assert_true(next_mediator(pid) > 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(dead_mediator_is_started_again),
		TEST(guests_draw_on_when_the_mediator_dies),
		TEST(last_frame_of_a_guest_is_shown_by_the_next_mediator),
		TEST(next_mediator_serves_waiting_jobs_and_frames),
		TEST(next_mediator_waits_for_the_job_on_the_gpu),
		TEST(backend_of_a_guest_destroyed_without_a_mediator_is_ended),
		TEST(kept_backend_that_dies_is_started_again),
		TEST(reused_pid_is_not_killed),
		TEST(stuck_kept_backend_delays_others_by_its_kill_time_at_most),
		TEST(backend_that_answered_a_dead_mediator_answers_the_next_one),
		TEST(third_death_in_a_minute_kills_the_clients),
		TEST(gpu_waits_until_killed_clients_are_reaped),
		TEST(gpu_waits_until_clients_not_in_the_tree_are_reaped),
		TEST(mediator_and_backends_end_with_their_keeper),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("keeper", tests, NULL, NULL);
}
