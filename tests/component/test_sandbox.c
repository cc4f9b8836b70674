/* SPDX-License-Identifier: MIT */
/* What a backend that was taken over cannot do, by trying it: see probe/main.c. */
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

static void no_path_leads_to_a_file(void **state)
{
	(void)state;
	expect("file", NULL, REFUSED);
	expect("hypercall-device", NULL, REFUSED);
	expect("proc", NULL, REFUSED);
	expect("write", NULL, REFUSED);
	expect("opening", NULL, REFUSED);
}

static void it_reaches_no_other_process(void **state)
{
	(void)state;
	expect("trace", NULL, KILLED);
	expect("foreign-memory", NULL, KILLED);
	expect("kill", NULL, KILLED);
	expect("internet", NULL, KILLED);
	expect("local-socket", NULL, KILLED);
}

static void it_starts_nothing(void **state)
{
	(void)state;
	expect("program", NULL, KILLED);
	expect("process", NULL, KILLED);
	expect("namespace", NULL, KILLED);
}

static void it_gains_no_right(void **state)
{
	(void)state;
	expect("user", NULL, KILLED);
	expect("capabilities", NULL, REFUSED);
	expect("mount", NULL, KILLED);
	expect("root", NULL, KILLED);
	expect("kernel-programs", NULL, KILLED);
	expect("module", NULL, KILLED);
}

static void what_a_guest_sent_is_never_run_as_code(void **state)
{
	(void)state;
	expect("code", NULL, REFUSED);
	expect("data-as-code", NULL, REFUSED);
}

static void a_software_renderer_may_compile(void **state)
{
	(void)state;
	expect("code", "jit", WORKS);
	expect("program", "jit", KILLED);
}

static void devices_do_no_more_than_backends_need(void **state)
{
	(void)state;
	expect("virtual-interrupt", NULL, REFUSED);
	expect("grant-copy", NULL, REFUSED);
	expect("terminal-input", NULL, REFUSED);
	expect("grants-and-events", NULL, WORKS);
	expect("gpu", NULL, WORKS);
}

static void it_has_no_descriptor_but_its_own(void **state)
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

static void a_thread_from_before_is_bound_as_well(void **state)
{
	(void)state;
	expect("early-thread", NULL, KILLED);
}

static void what_drawing_needs_goes_on(void **state)
{
	(void)state;
	expect("thread", NULL, WORKS);
	expect("memory", NULL, WORKS);
}

static void the_kernel_confirms_it_for_every_thread(void **state)
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

/* Asked from outside, where no filter of system calls refuses it first. */
static void nothing_can_be_put_into_the_empty_root(void **state)
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
 * Else a program with capabilities of its own, or of root's, would bring them back to the thread
 * that has entered. Threads from before keep their bound; that none starts a program is the
 * filter's.
 */
static void no_capability_can_be_had_again(void **state)
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

static void a_process_outside_is_not_called_closed(void **state)
{
	struct sandbox_state s;

	(void)state;
	assert_true(sandbox_inspect(getpid(), &s));
	assert_false(sandbox_is_closed(&s));
	assert_int_equal(s.namespaces, 0);
	assert_false(s.empty_root);
	assert_false(sandbox_inspect(0, &s));
}

static void status_shows_the_state_of_a_real_backend(void **state)
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
		cmocka_unit_test(no_path_leads_to_a_file),
		cmocka_unit_test(it_reaches_no_other_process),
		cmocka_unit_test(it_starts_nothing),
		cmocka_unit_test(it_gains_no_right),
		cmocka_unit_test(what_a_guest_sent_is_never_run_as_code),
		cmocka_unit_test(a_software_renderer_may_compile),
		cmocka_unit_test(devices_do_no_more_than_backends_need),
		cmocka_unit_test(it_has_no_descriptor_but_its_own),
		cmocka_unit_test(memory_threads_and_descriptors_are_limited),
		cmocka_unit_test(a_thread_from_before_is_bound_as_well),
		cmocka_unit_test(what_drawing_needs_goes_on),
		cmocka_unit_test(the_kernel_confirms_it_for_every_thread),
		cmocka_unit_test(nothing_can_be_put_into_the_empty_root),
		cmocka_unit_test(no_capability_can_be_had_again),
		cmocka_unit_test(a_process_outside_is_not_called_closed),
		cmocka_unit_test(status_shows_the_state_of_a_real_backend),
	};

	cmocka_set_test_filter(getenv("TEST"));
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
