/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mediator/shared/sandbox/sandbox.h"
#include "mediator/shared/sandbox/sanitizer.h"

#define MAX_THREADS 64u
/*
 * Where the empty root is mounted before the old root is detached; any directory that always
 * exists.
 */
#define PLACE "/sys"

static int failed(const char *step)
{
	int error = errno ? errno : EPERM;

	fprintf(stderr, "sandbox: %s failed: %s\n", step, strerror(error));
	return -error;
}

/* AddressSanitizer's leak check reads its threads from /proc. */
static int mount_proc_for_sanitizer(void)
{
	if (!SANDBOX_SANITIZED)
		return 0;
	if (mkdir(PLACE "/proc", 0555) || mount("proc", PLACE "/proc", "proc", 0, NULL))
		return failed("mounting /proc for the leak check");
	return 0;
}

/*
 * Replace the root by an empty read-only tmpfs and detach the old one. Open descriptors stay
 * usable, but no path resolves to anything.
 */
static int empty_root(void)
{
	const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;

	if (mount("none", PLACE, "tmpfs", flags, "size=4k,nr_inodes=4,mode=555"))
		return failed("mounting an empty file system");
	if (mount_proc_for_sanitizer())
		return -EPERM;
	if (chdir(PLACE) || syscall(SYS_pivot_root, ".", ".") || umount2(".", MNT_DETACH) ||
	    chdir("/"))
		return failed("leaving the old root");
	if (mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | flags, NULL))
		return failed("making the empty root read-only");
	return 0;
}

static int set_limit(int resource, uint64_t value)
{
	const struct rlimit r = {(rlim_t)value, (rlim_t)value};

	return setrlimit((__rlimit_resource_t)resource, &r) ? failed("setrlimit") : 0;
}

static int limit_resources(const struct sandbox *s)
{
	int status = set_limit(RLIMIT_NOFILE, s->open_files);

	if (!status)
		status = set_limit(RLIMIT_NPROC, MAX_THREADS);
	if (!status)
		status = set_limit(RLIMIT_MEMLOCK, 0);
	if (!status)
		status = set_limit(RLIMIT_MSGQUEUE, 0);
	if (!status)
		status = set_limit(RLIMIT_RTPRIO, 0);
	if (!status && s->heap_bytes && !SANDBOX_SANITIZED)
		status = set_limit(RLIMIT_DATA, s->heap_bytes);
	return status;
}

/* Only for this thread: Linux has no call for the others. They cannot start a program either. */
static int drop_bounding_set(void)
{
	for (cap_value_t c = 0; CAP_IS_SUPPORTED(c); c++)
		if (cap_drop_bound(c))
			return failed("dropping the capability bounding set");
	return 0;
}

/* glibc changes the user of all threads, and the kernel then clears each thread's capabilities. */
static int become_nobody(void)
{
	if (setgroups(0, NULL) || setresgid(SANDBOX_UID, SANDBOX_UID, SANDBOX_UID) ||
	    setresuid(SANDBOX_UID, SANDBOX_UID, SANDBOX_UID))
		return failed("changing to user nobody");
	return 0;
}

/* A mediator without root cannot map a second user, so the process has none to change to. */
static bool has_second_user(void)
{
	FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned int lines = 0;
	int c;

	while (map && (c = fgetc(map)) != EOF)
		lines += c == '\n';
	if (map)
		fclose(map);
	return lines > 1;
}

static int drop_capabilities(void)
{
	cap_t none = cap_init();
	int status = none && !cap_set_proc(none) ? 0 : failed("dropping capabilities");

	cap_free(none);
	return status;
}

/* A change of user resets both settings, so this comes after it. */
static int die_with_parent(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) || prctl(PR_SET_DUMPABLE, 0))
		return failed("prctl");
	return 0;
}

int sandbox_enter(const struct sandbox *s)
{
	bool second_user = has_second_user();
	int status = empty_root();

	if (!status)
		status = limit_resources(s);
	if (!status)
		status = drop_bounding_set();
	if (!status && second_user)
		status = become_nobody();
	if (!status)
		status = drop_capabilities();
	if (!status)
		status = die_with_parent();
	if (status)
		return status;
	status = filter_confine(&s->rights);
	errno = -status;
	return status ? failed("loading the seccomp filter") : 0;
}
