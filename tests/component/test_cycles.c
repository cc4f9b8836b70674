/* SPDX-License-Identifier: MIT */
/*
 * Mediator, backend and guest die at every step of a connection, and a guest connects many times.
 * Each time the guest is served again, and no mapped grant, port, descriptor or memory is left
 * over. CYCLES: number of connections (default 1000).
 */
#include <dirent.h>
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

#define WIDTH	    64u
#define HEIGHT	    64u
#define WARM_UP	    50u	  /* cycles after which the allocators' pools have their size */
#define GROWTH_KIB  4096u /* allowed growth of mediator and backend: the sanitizer's own pools */
#define ATTEMPTS    5
#define GUEST_NAME  "ivi"
#define FIRST_DOMID 10u

static struct cockpit cockpit;
static struct guest guest;
static uint32_t domid = FIRST_DOMID;

static int setup(void **state)
{
	(void)state;
	/*
	 * ASan quarantines freed memory to find uses after free. A large quarantine looks like a
	 * leak.
	 */
	setenv("ASAN_OPTIONS",
	       "detect_leaks=1:quarantine_size_mb=1:thread_local_quarantine_size_kb=16", 1);
	cockpit_start_supervised(&cockpit, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	guest_finish(&guest);
	return cockpit_stop(&cockpit) ? 0 : -1;
}

static void create_guest(void)
{
	guest_create(&guest, domid++, GUEST_NAME);
}

static void destroy_guest(void)
{
	guest_destroy(&guest);
	guest_finish(&guest);
}

static bool draws(void)
{
	return draw_picture(&guest, 1, 0, WIDTH, HEIGHT, 1, NULL) == 0;
}

static void leave(void)
{
	if (guest.bound)
		xenevtchn_unbind(guest.evtchn, guest.port);
	guest.bound = false;
	guest_set_state(&guest, GUEST_CLOSING);
	guest_set_state(&guest, GUEST_CLOSED);
}

static bool is_served(void)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		if (guest_connect(&guest) && draws())
			return true;
		leave();
	}
	return false;
}

/* --- Death at each step ----------------------------------------------------------------------- */

enum step {
	BEFORE_KEYS,
	SHARED,
	ANNOUNCED,
	CONNECTED,
	DRIVER_OK,
	RESOURCE,
	SHOWN,
	IN_JOB,
	CLOSING
};

static const char *const steps[] = {
	"nothing is shared",	    "memory is granted",   "keys are announced",
	"the backend is connected", "the driver is ready", "there is a resource",
	"a picture was shown",	    "a job runs",	   "the frontend is closing"};

static void submit_long_job(void)
{
	const struct sim_op op = {.code = SIM_WORK, .value = 300000};

	draw_context(&guest, 1);
	draw_submit(&guest, 1, 1, &op, 1);
}

/* Connects the guest up to this step and no further. */
static void reach(enum step step)
{
	if (!guest_wait_backend(&guest, GUEST_INIT_WAIT, GUEST_PATIENCE) || step == BEFORE_KEYS)
		return;
	guest_share(&guest);
	if (step == SHARED)
		return;
	guest_announce(&guest);
	if (step == ANNOUNCED || !guest_wait_backend(&guest, GUEST_CONNECTED, GUEST_PATIENCE))
		return;
	guest_set_state(&guest, GUEST_CONNECTED);
	if (step == CONNECTED)
		return;
	guest_driver_ok(&guest, VGPU_F_VERSION_1 | VGPU_F_ACCESS_PLATFORM | VGPU_F_VIRGL);
	if (step == DRIVER_OK)
		return;
	draw_create_2d(&guest, 2, WIDTH, HEIGHT);
	if (step >= SHOWN)
		draws();
	if (step == IN_JOB)
		submit_long_job();
	if (step == CLOSING)
		guest_set_state(&guest, GUEST_CLOSING);
}

static void kill_backend(void)
{
	pid_t pid = cockpit_backend(&cockpit, GUEST_NAME);

	if (pid > 0)
		kill(pid, SIGKILL);
}

static void kill_mediator(void)
{
	pid_t pid = cockpit_mediator(&cockpit), next;
	uint64_t until = test_now_ms() + GUEST_PATIENCE;

	assert_true(pid > 0);
	kill(pid, SIGKILL);
	do {
		usleep(10000);
		next = cockpit_mediator(&cockpit);
	} while ((next == 0 || next == pid) && test_now_ms() < until);
}

/* After `hit` has killed a process at any step, the same guest must be served again. */
static void hit_at_each_step(void (*hit)(void))
{
	for (enum step step = BEFORE_KEYS; step <= CLOSING; step++) {
		create_guest();
		reach(step);
		hit();
		leave();
		if (!is_served())
			fail_msg("not served again after it was hit when %s", steps[step]);
		destroy_guest();
		assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
	}
}

static void a_backend_may_be_killed_at_each_step(void **state)
{
	(void)state;
	hit_at_each_step(kill_backend);
}

static void the_mediator_may_be_killed_at_each_step(void **state)
{
	(void)state;
	hit_at_each_step(kill_mediator);
}

/* Nothing of a destroyed guest stays mapped, and the next domain may have its name. */
static void a_guest_may_be_destroyed_at_each_step_and_return_as_another_domain(void **state)
{
	(void)state;
	for (enum step step = BEFORE_KEYS; step <= CLOSING; step++) {
		create_guest();
		reach(step);
		destroy_guest();
		create_guest();
		if (!is_served())
			fail_msg("not served after it was destroyed when %s", steps[step]);
		destroy_guest();
		assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
	}
}

/*
 * After the reboot xenstore nodes, mediator and backends are new, and dom0 attaches the guest
 * again.
 */
static void the_driver_domain_may_reboot(void **state)
{
	struct xs_handle *dom0 = fx_xs_open(0);

	(void)state;
	assert_non_null(dom0);
	create_guest();
	assert_true(is_served());
	cockpit_kill_mediator(&cockpit);
	assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
	xs_rm(dom0, XBT_NULL, "/local/domain/1/backend/vgpu");
	leave();
	cockpit_start_mediator(&cockpit);
	guest_attach(&guest, GUEST_NAME);
	assert_true(is_served());
	destroy_guest();
	xs_close(dom0);
}

/* --- Growth ----------------------------------------------------------------------------------- */

static uint32_t descriptors(pid_t pid)
{
	char path[64];
	uint32_t count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static uint32_t resident_kib(pid_t pid)
{
	char path[64], line[128];
	uint32_t kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %u", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

static void a_thousand_connections_leave_nothing_behind(void **state)
{
	const char *text = getenv("CYCLES");
	uint32_t cycles = text ? (uint32_t)strtoul(text, NULL, 10) : 1000, before = 0, kib = 0;
	pid_t pid = cockpit_mediator(&cockpit), backend = 0;
	struct fx_stats first = {0}, last;

	(void)state;
	create_guest();
	for (uint32_t i = 0; i < WARM_UP + cycles; i++) {
		assert_true(guest_connect(&guest));
		assert_int_equal(draw_create_2d(&guest, 1, WIDTH, HEIGHT),
				 VIRTIO_GPU_RESP_OK_NODATA);
		/* Reuse the guest's pages and references, as its memory is limited. */
		guest.next_page = 16;
		guest.next_ref = 8;
		assert_true(guest_disconnect(&guest));
		if (i != WARM_UP)
			continue;
		backend = cockpit_backend(&cockpit, GUEST_NAME);
		assert_true(backend > 0);
		before = descriptors(pid) + descriptors(backend);
		kib = resident_kib(pid) + resident_kib(backend);
		cockpit_stats(&cockpit, &first);
	}
	assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
	cockpit_stats(&cockpit, &last);
	assert_int_equal(cockpit_backend(&cockpit, GUEST_NAME), backend);
	/* The mediator may not have closed the connection of our last status request yet. */
	for (int i = 0; i < 500 && descriptors(pid) + descriptors(backend) > before; i++)
		usleep(10000);
	assert_true(descriptors(pid) + descriptors(backend) <= before);
	assert_int_equal(last.watches, first.watches);
	assert_true(last.ports <= first.ports);
	fprintf(stderr, "%u connections: resident %u KiB, then %u KiB\n", cycles, kib,
		resident_kib(pid) + resident_kib(backend));
	assert_true(resident_kib(pid) + resident_kib(backend) <= kib + GROWTH_KIB);
}

static void domains_that_come_and_go_leave_nothing_behind(void **state)
{
	pid_t pid = cockpit_mediator(&cockpit);
	uint32_t before = 0, kib = 0;

	(void)state;
	for (uint32_t i = 0; i < 60; i++) {
		create_guest();
		assert_true(is_served());
		destroy_guest();
		assert_true(cockpit_wait_mapped(&cockpit, 0, GUEST_PATIENCE));
		if (i == 10) {
			before = descriptors(pid);
			kib = resident_kib(pid);
		}
	}
	/* Wait until the last backend is reaped and its sockets are closed. */
	for (int i = 0; i < 500 && (cockpit_has_backend(&cockpit) || descriptors(pid) > before);
	     i++)
		usleep(10000);
	assert_true(descriptors(pid) <= before);
	assert_true(resident_kib(pid) <= kib + GROWTH_KIB);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_backend_may_be_killed_at_each_step),
		TEST(the_mediator_may_be_killed_at_each_step),
		TEST(a_guest_may_be_destroyed_at_each_step_and_return_as_another_domain),
		TEST(the_driver_domain_may_reboot),
		TEST(a_thousand_connections_leave_nothing_behind),
		TEST(domains_that_come_and_go_leave_nothing_behind),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("cycles", tests, NULL, NULL);
}
