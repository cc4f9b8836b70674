/* SPDX-License-Identifier: MIT */
/*
 * Makes each call that may fail do so once: the first call of a program in one run, the second in
 * the next, and so on. In each run the guest must be served in the end, no sanitizer may complain,
 * and no grant may stay mapped. FAULT_RUNS limits the runs per program (default 30): only every
 * n-th call then fails. FAULT_FROM names the first call to fail. A failing run prints the call's
 * number and name.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/component/cockpit/cockpit.h"
#include "tests/component/cockpit/draw.h"
#include "tests/fakes/xen/fault.h"

#define WIDTH	 64u
#define HEIGHT	 64u
#define ATTEMPTS 6 /* to connect; the fault itself can spoil only one of them */

static struct fault_plan *plan;
static uint32_t next_domid = 10;

static uint32_t from_environment(const char *name, uint32_t missing)
{
	const char *text = getenv(name);

	return text ? (uint32_t)strtoul(text, NULL, 10) : missing;
}

static int make_plan(void **state)
{
	static char path[] = "/tmp/fault-plan.XXXXXX";
	int fd = mkstemp(path);

	(void)state;
	if (fd < 0 || ftruncate(fd, sizeof(*plan)))
		return -1;
	plan = mmap(NULL, sizeof(*plan), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	setenv("FAULT_PLAN", path, 1);
	cockpit_use("/../fault/bin");
	return plan == MAP_FAILED ? -1 : 0;
}

static int drop_plan(void **state)
{
	(void)state;
	return unlink(getenv("FAULT_PLAN"));
}

static void arm(const char *program, uint32_t nth)
{
	memset(plan, 0, sizeof(*plan));
	strcpy(plan->program, program);
	plan->nth = nth;
}

/* Draws a 2D picture and runs a 3D job. */
static bool draws(struct guest *g)
{
	const struct sim_op op = {.code = SIM_WORK, .value = 500};
	struct virtio_gpu_ctrl_hdr answer;
	uint32_t slot;

	if (draw_picture(g, 1, 0, WIDTH, HEIGHT, 1, NULL) ||
	    draw_context(g, 1) != VIRTIO_GPU_RESP_OK_NODATA)
		return false;
	slot = draw_submit(g, 1, 1, &op, 1);
	return guest_wait(g, 0, slot, &answer, sizeof(answer), GUEST_PATIENCE) &&
	       answer.type == VIRTIO_GPU_RESP_OK_NODATA &&
	       draw_flush(g, 1, WIDTH, HEIGHT) == VIRTIO_GPU_RESP_OK_NODATA &&
	       draw_unref(g, 1) == VIRTIO_GPU_RESP_OK_NODATA;
}

/* Leaves as the frontend does after an error. */
static void leave(struct guest *g)
{
	if (g->bound)
		xenevtchn_unbind(g->evtchn, g->port);
	g->bound = false;
	guest_set_state(g, GUEST_CLOSING);
	guest_set_state(g, GUEST_CLOSED);
}

static bool is_served(struct guest *g)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		if (guest_connect(g) && draws(g))
			return guest_disconnect(g);
		leave(g);
	}
	return false;
}

static bool serve_one(struct cockpit *c)
{
	struct guest g;
	bool served;

	guest_create(&g, next_domid++, "ivi");
	served = is_served(&g);
	guest_destroy(&g);
	guest_finish(&g);
	return cockpit_wait_mapped(c, 0, GUEST_PATIENCE) && served;
}

static uint32_t complain(const char *program)
{
	fprintf(stderr, "%s: the guest was not served after call %u (%s) had failed\n", program,
		plan->nth, plan->what);
	return 1;
}

/* All runs share one mediator. Each guest has a new backend, whose n-th call fails. */
static bool run_backend(struct cockpit *c, uint32_t nth)
{
	arm("gpum-backend", nth);
	return serve_one(c);
}

/* Starts the mediator under a keeper, as the failing call may prevent its start. */
static bool run_mediator(uint32_t nth)
{
	struct cockpit c;
	bool ok;

	arm("gpu-mediatord", nth);
	cockpit_start_supervised(&c, NULL);
	ok = serve_one(&c);
	return cockpit_stop(&c) && ok;
}

/* The distance between the calls to fail; `calls`: number of calls in a run without a fault. */
static uint32_t stride(uint32_t calls)
{
	uint32_t runs = from_environment("FAULT_RUNS", 30);

	return calls <= runs ? 1 : calls / runs;
}

static void print_runs(const char *program, uint32_t runs, uint32_t calls)
{
	fprintf(stderr, "%s: let %u of %u calls fail, one in each run\n", program, runs, calls);
}

static void every_call_of_a_backend_may_fail(void **state)
{
	uint32_t step, calls, runs = 0, failed = 0;
	struct cockpit c;

	(void)state;
	arm("gpum-backend", 0);
	cockpit_start(&c, NULL);
	assert_true(serve_one(&c));
	calls = plan->most;
	step = stride(calls);
	for (uint32_t n = from_environment("FAULT_FROM", 1); n <= calls; n += step) {
		if (!run_backend(&c, n))
			failed += complain("gpum-backend");
		runs += plan->fired;
	}
	assert_true(cockpit_stop(&c));
	print_runs("gpum-backend", runs, calls);
	assert_int_equal(failed, 0);
	assert_true(runs > 0);
}

static void every_call_of_the_mediator_may_fail(void **state)
{
	uint32_t step, calls, runs = 0, failed = 0;

	(void)state;
	assert_true(run_mediator(0));
	calls = plan->most;
	step = stride(calls);
	for (uint32_t n = from_environment("FAULT_FROM", 1); n <= calls; n += step) {
		if (!run_mediator(n))
			failed += complain("gpu-mediatord");
		runs += plan->fired;
	}
	print_runs("gpu-mediatord", runs, calls);
	assert_int_equal(failed, 0);
	assert_true(runs > 0);
}

static bool frames_go_on(struct guest *g)
{
	for (int i = 0; i < 15; i++)
		if (draw_transfer(g, 1, WIDTH, HEIGHT) != VIRTIO_GPU_RESP_OK_NODATA ||
		    !draw_finished(g, draw_work(g, 500)) ||
		    draw_flush(g, 1, WIDTH, HEIGHT) != VIRTIO_GPU_RESP_OK_NODATA)
			return false;
	return true;
}

/* A command for which the backend needs memory is refused. */
static bool is_refused(struct guest *g, uint32_t ref)
{
	return draw_attach(g, 2, ref, WIDTH * HEIGHT * 4) == VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY &&
	       plan->starved > 0;
}

static void starve(const char *program)
{
	bool backend = !strcmp(program, "gpum-backend"), ok;
	struct cockpit c;
	struct guest g;
	uint32_t ref;

	arm(program, 0);
	cockpit_start(&c, NULL);
	guest_create(&g, next_domid++, "ivi");
	assert_true(guest_connect(&g) && draw_context(&g, 1));
	assert_int_equal(draw_picture(&g, 1, 0, WIDTH, HEIGHT, 1, &ref), 0);
	assert_int_equal(draw_create_2d(&g, 2, WIDTH, HEIGHT), VIRTIO_GPU_RESP_OK_NODATA);
	plan->starve = 1;
	ok = frames_go_on(&g) && (!backend || is_refused(&g, ref)) && frames_go_on(&g);
	plan->starve = 0;
	ok = ok && draw_attach(&g, 2, ref, WIDTH * HEIGHT * 4) == VIRTIO_GPU_RESP_OK_NODATA;
	guest_destroy(&g);
	guest_finish(&g);
	assert_true(cockpit_stop(&c));
	if (!ok)
		fail_msg("%s needs memory for a frame (%u requests failed)", program,
			 plan->starved);
}

static void a_frame_needs_no_memory(void **state)
{
	(void)state;
	starve("gpum-backend");
	starve("gpu-mediatord");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_of_a_backend_may_fail),
		cmocka_unit_test(every_call_of_the_mediator_may_fail),
		cmocka_unit_test(a_frame_needs_no_memory),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("faults", tests, make_plan, drop_plan);
}
