/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mediator/shared/sandbox/sandbox.h"

#define NAMESPACES                                                                                 \
	(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | \
	 CLONE_NEWCGROUP)

/* oom_score_adj: if memory runs out, kill guests' processes before others of the driver domain. */
#define OOM_SCORE "500"

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), status = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		status = -errno;
	close(fd);
	return status;
}

static int write_proc_file(pid_t pid, const char *name, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return write_file(path, text);
}

/*
 * Root inside is the mediator's user outside, so that devices can be opened. SANDBOX_UID is mapped
 * as well, for sandbox_enter() to change to. An ordinary user may map only itself.
 */
static int map_users(pid_t pid)
{
	char map[96];
	int status;

	if (geteuid() == 0) {
		snprintf(map, sizeof(map), "0 0 1\n%u %u 1\n", SANDBOX_UID, SANDBOX_UID);
		status = write_proc_file(pid, "uid_map", map);
		return status ? status : write_proc_file(pid, "gid_map", map);
	}
	snprintf(map, sizeof(map), "0 %u 1\n", (unsigned int)geteuid());
	status = write_proc_file(pid, "uid_map", map);
	if (!status)
		status = write_proc_file(pid, "setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1\n", (unsigned int)getegid());
	return status ? status : write_proc_file(pid, "gid_map", map);
}

static void limit_cores(void)
{
	const struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
}

static bool redirect_output(int output)
{
	int input = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
	       dup2(output, STDERR_FILENO) >= 0;
}

/*
 * Runs in a copy of a program with threads, so only system calls are safe. Waits until the users
 * are mapped.
 */
static void run_child(const char *path, char *const arguments[], int socket, int as, int output,
		      int mapped)
{
	sigset_t none;
	char go;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (read(mapped, &go, 1) != 1)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	limit_cores();
	if (!redirect_output(output))
		_exit(126);
	if (socket == as)
		fcntl(socket, F_SETFD, 0);
	else if (dup2(socket, as) < 0)
		_exit(126);
	if (syscall(SYS_close_range, (unsigned int)as + 1, ~0u, 0) < 0)
		_exit(126);
	execv(path, arguments);
	_exit(127);
}

static pid_t clone_into_namespaces(bool sibling)
{
	unsigned long flags = NAMESPACES | (sibling ? CLONE_PARENT : SIGCHLD);

	return (pid_t)syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
}

/*
 * The child exits by itself, since the pipe was closed without a byte. Reap it; a sibling is reaped
 * by its parent, and waitpid() fails.
 */
static int reap_child(pid_t pid, int status)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return status;
}

pid_t sandbox_spawn(const char *path, char *const arguments[], int socket, int as, int output,
		    bool sibling)
{
	int mapped[2], status;
	pid_t pid;

	if (pipe2(mapped, O_CLOEXEC))
		return -errno;
	pid = clone_into_namespaces(sibling);
	if (pid == 0) {
		close(mapped[1]);
		run_child(path, arguments, socket, as, output, mapped[0]);
	}
	status = pid < 0 ? -errno : map_users(pid);
	if (!status)
		write_proc_file(pid, "oom_score_adj", OOM_SCORE);
	if (!status && write(mapped[1], "", 1) != 1)
		status = -errno;
	close(mapped[0]);
	close(mapped[1]);
	if (status)
		return pid < 0 ? status : reap_child(pid, status);
	return pid;
}
