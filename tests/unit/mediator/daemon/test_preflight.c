/* SPDX-License-Identifier: MIT */
/* A platform limit below the tree's needs is an error at start, with the needed number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mediator/daemon/preflight.h"

static struct config config;

static struct preflight need(uint32_t guests, uint32_t granted_mib)
{
	struct preflight needed;

	memset(&config, 0, sizeof(config));
	config.num_guests = guests;
	config.num_panels = 1;
	for (uint32_t i = 0; i < guests; i++)
		config.guest[i].max_granted_mib = granted_mib;
	preflight_count(&config, &needed);
	return needed;
}

static void each_guest_adds_to_the_needs(void **state)
{
	struct preflight one = need(1, 64), three = need(3, 64);

	(void)state;
	assert_int_equal(three.watches - one.watches, 2 * 4);
	assert_true(three.files - one.files >= 2 * GPUM_MAX_BUFFERS);
	assert_int_equal(one.grants, 64 * 256);
	assert_int_equal(three.grants, one.grants);
	assert_int_equal(need(1, 1).grants, 4096); /* the pool alone */
}

static bool with_limit(const struct preflight *needed, const char *limit)
{
	char path[] = "/tmp/preflight.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, limit, strlen(limit)), strlen(limit));
	close(fd);
	bool ok = preflight_grants(needed, path);
	unlink(path);
	return ok;
}

static void too_low_limit_of_the_grant_device_is_refused(void **state)
{
	struct preflight needed = need(1, 256);

	(void)state;
	assert_true(with_limit(&needed, "65536\n"));
	assert_false(with_limit(&needed, "65535\n"));
	assert_true(with_limit(&needed, "not a number"));
	assert_true(preflight_grants(&needed, "/no/such/file"));
}

/* In a process of its own, as a lowered hard limit cannot be raised again. */
static int in_child(rlim_t soft, rlim_t hard)
{
	const struct rlimit limit = {soft, hard};
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct preflight needed = {.files = 500};
		struct rlimit now;

		if (setrlimit(RLIMIT_NOFILE, &limit))
			_exit(9);
		bool ok = preflight_files(&needed);
		getrlimit(RLIMIT_NOFILE, &now);
		_exit(!ok ? 1 : now.rlim_cur >= 500 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WEXITSTATUS(status);
}

static void soft_limit_of_open_files_is_raised(void **state)
{
	(void)state;
	assert_int_equal(in_child(100, 1000), 0);
	assert_int_equal(in_child(600, 1000), 0);
}

static void too_low_hard_limit_of_open_files_is_refused(void **state)
{
	(void)state;
	assert_int_equal(in_child(100, 499), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_guest_adds_to_the_needs),
		cmocka_unit_test(too_low_limit_of_the_grant_device_is_refused),
		cmocka_unit_test(soft_limit_of_open_files_is_raised),
		cmocka_unit_test(too_low_hard_limit_of_open_files_is_refused),
	};

	return cmocka_run_group_tests_name("preflight", tests, NULL, NULL);
}
