/* SPDX-License-Identifier: MIT */
/* A backend that was taken over tries actions that its sandbox must refuse: see probe/main.c. */
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mediator/shared/sandbox/inspect.h"
#include "mediator/shared/sandbox/sandbox.h"
#include "tests/component/cockpit/cockpit.h"

#define LEFT_OPEN 9 /* a descriptor that the child must not get */

enum outcome { WORKS = 0, REFUSED = 1, KILLED = 256 + SIGSYS };

/* .../host/san/tests/component/test_sandbox to .../host/plain/bin/sandbox-probe */
static const char *probe(void)
{
	static char path[512];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
	char *at;

	assert_true(n > 0);
	path[n] = '\0';
	at = strstr(path, "/san/tests/component/");
	assert_non_null(at);
	strcpy(at, "/plain/bin/sandbox-probe");
	return path;
}

static pid_t start(const char *what, const char *how, int *channel)
{
	char *arguments[] = {"sandbox-probe", (char *)(uintptr_t)what, (char *)(uintptr_t)how,
			     NULL};
	int sockets[2];
	pid_t pid;

	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), errno);
	pid = sandbox_spawn(probe(), arguments, sockets[1], 3, STDERR_FILENO, false);
	assert_true(pid > 0);
	close(sockets[1]);
	*channel = sockets[0];
	return pid;
}

static int outcome_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void expect(const char *what, const char *how, int expected)
{
	int channel, outcome = outcome_of(start(what, how, &channel));

	close(channel);
	if (outcome != expected)
		fail_msg("%s: %d, not %d", what, outcome, expected);
}

static void backend_opens_no_file(void **state)
{
	(void)state;
	expect("file", NULL, REFUSED);
	expect("hypercall-device", NULL, REFUSED);
	expect("proc", NULL, REFUSED);
	expect("write", NULL, REFUSED);
	expect("opening", NULL, REFUSED);
}

static void backend_reaches_no_other_process(void **state)
{
	(void)state;
	expect("trace", NULL, KILLED);
	expect("foreign-memory", NULL, KILLED);
	expect("kill", NULL, KILLED);
	expect("internet", NULL, KILLED);
	expect("local-socket", NULL, KILLED);
}

static void backend_starts_no_process(void **state)
{
	(void)state;
	expect("program", NULL, KILLED);
	expect("process", NULL, KILLED);
	expect("namespace", NULL, KILLED);
}

static void backend_gains_no_privilege(void **state)
{
	(void)state;
	expect("user", NULL, KILLED);
	expect("capabilities", NULL, REFUSED);
	expect("mount", NULL, KILLED);
	expect("root", NULL, KILLED);
	expect("kernel-programs", NULL, KILLED);
	expect("module", NULL, KILLED);
}

static void backend_cannot_run_data_as_code(void **state)
{
	(void)state;
	expect("code", NULL, REFUSED);
	expect("data-as-code", NULL, REFUSED);
}

static void software_renderer_may_compile_code(void **state)
{
	(void)state;
	expect("code", "jit", WORKS);
	expect("program", "jit", KILLED);
}

static void devices_accept_only_requests_that_backends_need(void **state)
{
	(void)state;
	expect("virtual-interrupt", NULL, REFUSED);
	expect("grant-copy", NULL, REFUSED);
	expect("terminal-input", NULL, REFUSED);
	expect("grants-and-events", NULL, WORKS);
	expect("gpu", NULL, WORKS);
}

static void backend_inherits_no_descriptor(void **state)
{
	(void)state;
	assert_int_equal(dup2(STDERR_FILENO, LEFT_OPEN), LEFT_OPEN);
	expect("other-descriptor", NULL, REFUSED);
	close(LEFT_OPEN);
}

static void memory_threads_and_descriptors_are_limited(void **state)
{
	(void)state;
	expect("more-descriptors", NULL, REFUSED);
	expect("more-memory", NULL, REFUSED);
	expect("more-threads", NULL, REFUSED);
}

static void thread_started_before_the_sandbox_is_restricted_too(void **state)
{
	(void)state;
	expect("early-thread", NULL, KILLED);
}

static void threads_and_shared_memory_still_work(void **state)
{
	(void)state;
	expect("thread", NULL, WORKS);
	expect("memory", NULL, WORKS);
}

static void kernel_confirms_the_sandbox_of_every_thread(void **state)
{
	struct sandbox_state s;
	char ready;
	int channel;
	pid_t pid = start("nothing", NULL, &channel);

	(void)state;
	assert_int_equal(read(channel, &ready, 1), 1);
	assert_true(sandbox_inspect(pid, &s));
	close(channel);
	assert_int_equal(outcome_of(pid), WORKS);
	assert_int_equal(s.threads, 2);
	assert_true(s.no_new_privs);
	assert_true(s.filtered);
	assert_true(s.empty_root);
	assert_int_equal(s.namespaces, SANDBOX_ALL_NAMESPACES);
	if (geteuid() != 0)
		return; /* only root has a second user to give */
	assert_int_equal(s.uid, SANDBOX_UID);
	assert_int_equal(s.capabilities, 0);
	assert_true(sandbox_is_closed(&s));
}

/* The test writes from outside the sandbox, where no filter of system calls refuses it first. */
static void empty_root_cannot_be_written(void **state)
{
	int channel, made, error;
	char path[64], ready;
	pid_t pid = start("nothing", NULL, &channel);

	(void)state;
	assert_int_equal(read(channel, &ready, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/root/new", (int)pid);
	made = mkdir(path, 0700);
	error = errno;
	close(channel);
	assert_int_equal(outcome_of(pid), WORKS);
	assert_int_equal(made, -1);
	assert_int_equal(error, EROFS);
}

/*
 * The bounding set must be empty: otherwise the thread that has entered the sandbox could regain
 * capabilities by starting a program that has them. Earlier threads keep their bounding set, but
 * the filter lets no thread start a program.
 */
static void capabilities_cannot_be_regained(void **state)
{
	unsigned long long bound = ~0ULL;
	char path[64], line[256], ready;
	int channel;
	pid_t pid = start("nothing", NULL, &channel);
	FILE *f;

	(void)state;
	assert_int_equal(read(channel, &ready, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "CapBnd: %llx", &bound);
	if (f)
		fclose(f);
	close(channel);
	assert_int_equal(outcome_of(pid), WORKS);
	assert_int_equal(bound, 0);
}

static void process_outside_a_sandbox_is_not_called_closed(void **state)
{
	struct sandbox_state s;

	(void)state;
	assert_true(sandbox_inspect(getpid(), &s));
	assert_false(sandbox_is_closed(&s));
	assert_int_equal(s.namespaces, 0);
	assert_false(s.empty_root);
	assert_false(sandbox_inspect(0, &s));
}

static void status_shows_the_sandbox_of_a_backend(void **state)
{
	struct cockpit cockpit;
	struct guest cluster;
	char text[16384];

	(void)state;
	cockpit_start(&cockpit, NULL);
	guest_create(&cluster, 5, "cluster");
	assert_true(guest_connect(&cluster));
	json_t *status = cockpit_status(&cockpit);
	json_t *sandbox =
		json_object_get(cockpit_status_of(status, "guests", "cluster"), "sandbox");
	bool closed = json_is_true(json_object_get(sandbox, "closed"));
	int shown = cockpit_gpumctl(&cockpit, 1, "status", text, sizeof(text));

	json_decref(status);
	guest_finish(&cluster);
	assert_true(cockpit_stop(&cockpit));
	assert_int_equal(shown, 0);
	assert_non_null(strstr(text, "sandbox of cluster: "));
	if (geteuid() != 0)
		return;
	assert_true(closed);
	assert_non_null(strstr(text, "sandbox of cluster: closed;"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(backend_opens_no_file),
		cmocka_unit_test(backend_reaches_no_other_process),
		cmocka_unit_test(backend_starts_no_process),
		cmocka_unit_test(backend_gains_no_privilege),
		cmocka_unit_test(backend_cannot_run_data_as_code),
		cmocka_unit_test(software_renderer_may_compile_code),
		cmocka_unit_test(devices_accept_only_requests_that_backends_need),
		cmocka_unit_test(backend_inherits_no_descriptor),
		cmocka_unit_test(memory_threads_and_descriptors_are_limited),
		cmocka_unit_test(thread_started_before_the_sandbox_is_restricted_too),
		cmocka_unit_test(threads_and_shared_memory_still_work),
		cmocka_unit_test(kernel_confirms_the_sandbox_of_every_thread),
		cmocka_unit_test(empty_root_cannot_be_written),
		cmocka_unit_test(capabilities_cannot_be_regained),
		cmocka_unit_test(process_outside_a_sandbox_is_not_called_closed),
		cmocka_unit_test(status_shows_the_sandbox_of_a_backend),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
