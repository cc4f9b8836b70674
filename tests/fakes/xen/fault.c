/* SPDX-License-Identifier: MIT */
/*
 * Makes calls fail on purpose. Linked with -Wl,--wrap=NAME for each NAME in a FAULT() below (the
 * makefile reads the names from here), so that every such call of our own objects passes through
 * here. Calls from within a Xen library do not count.
 */
#include "tests/fakes/xen/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct fault_plan *plan;
static uint32_t calls;
static _Thread_local bool inside;

#define FAULT(name, type, failed, error, parameters, arguments)                                    \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		bool was = inside;                                                                 \
		type result;                                                                       \
                                                                                                   \
		if (must_fail(#name)) {                                                            \
			errno = error;                                                             \
			return failed;                                                             \
		}                                                                                  \
		inside = true;                                                                     \
		result = __real_##name arguments;                                                  \
		inside = was;                                                                      \
		return result;                                                                     \
	}

static bool is_for_memory(const char *what)
{
	return !strcmp(what, "malloc") || !strcmp(what, "calloc") || !strcmp(what, "realloc");
}

static bool must_fail(const char *what)
{
	uint32_t number;

	if (!plan || inside)
		return false;
	if (__atomic_load_n(&plan->starve, __ATOMIC_RELAXED) && is_for_memory(what)) {
		__atomic_add_fetch(&plan->starved, 1, __ATOMIC_RELAXED);
		return true;
	}
	number = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	if (number > plan->most)
		plan->most = number;
	if (number != plan->nth || __atomic_exchange_n(&plan->fired, 1, __ATOMIC_SEQ_CST))
		return false;
	snprintf(plan->what, sizeof(plan->what), "%s", what);
	fprintf(stderr, "fault: call %u fails: %s()\n", number, what);
	return true;
}

int __real_open(const char *path, int flags, int mode);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);

__attribute__((constructor)) static void read_plan(int argc, char **argv)
{
	const char *path = getenv("FAULT_PLAN");
	struct fault_plan *found;
	int fd;

	/* The keeper is the same program as the mediator, but faults are only for the mediator. */
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--supervise"))
			return;
	fd = path ? __real_open(path, O_RDWR | O_CLOEXEC, 0) : -1;
	if (fd < 0)
		return;
	found = __real_mmap(NULL, sizeof(*found), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (found != MAP_FAILED && !strcmp(found->program, program_invocation_short_name))
		plan = found;
}

struct sockaddr;
struct msghdr;
struct pollfd;
struct timespec;
struct itimerspec;
struct rlimit;
struct xs_handle;
struct xengntdev_handle;
struct xenevtchn_handle;
typedef struct _cap_struct *capabilities;
typedef unsigned int number;

FAULT(malloc, void *, NULL, ENOMEM, (size_t size), (size))
FAULT(calloc, void *, NULL, ENOMEM, (size_t count, size_t size), (count, size))
FAULT(realloc, void *, NULL, ENOMEM, (void *old, size_t size), (old, size))

FAULT(open, int, -1, EMFILE, (const char *path, int flags, int mode), (path, flags, mode))
FAULT(fopen, FILE *, NULL, EMFILE, (const char *path, const char *mode), (path, mode))
FAULT(read, ssize_t, -1, EIO, (int fd, void *data, size_t size), (fd, data, size))
FAULT(write, ssize_t, -1, EIO, (int fd, const void *data, size_t size), (fd, data, size))
FAULT(fcntl, int, -1, EINVAL, (int fd, int command, long value), (fd, command, value))
FAULT(dup2, int, -1, EBUSY, (int from, int to), (from, to))
FAULT(pipe2, int, -1, EMFILE, (int *ends, int flags), (ends, flags))
FAULT(access, int, -1, EACCES, (const char *path, int mode), (path, mode))
FAULT(ftruncate, int, -1, ENOSPC, (int fd, off_t size), (fd, size))
FAULT(memfd_create, int, -1, EMFILE, (const char *name, number flags), (name, flags))
FAULT(mmap, void *, MAP_FAILED, ENOMEM,
      (void *at, size_t size, int protection, int flags, int fd, off_t offset),
      (at, size, protection, flags, fd, offset))
FAULT(eventfd, int, -1, EMFILE, (number value, int flags), (value, flags))
FAULT(timerfd_create, int, -1, EMFILE, (int clock, int flags), (clock, flags))
FAULT(timerfd_settime, int, -1, EINVAL,
      (int fd, int flags, const struct itimerspec *to, struct itimerspec *old),
      (fd, flags, to, old))
FAULT(poll, int, -1, ENOMEM, (struct pollfd * fds, unsigned long count, int timeout),
      (fds, count, timeout))
FAULT(ppoll, int, -1, ENOMEM,
      (struct pollfd * fds, unsigned long count, const struct timespec *t, const void *mask),
      (fds, count, t, mask))

FAULT(socket, int, -1, EMFILE, (int domain, int type, int protocol), (domain, type, protocol))
FAULT(socketpair, int, -1, EMFILE, (int domain, int type, int protocol, int *ends),
      (domain, type, protocol, ends))
FAULT(bind, int, -1, EACCES, (int fd, const struct sockaddr *at, number size), (fd, at, size))
FAULT(connect, int, -1, EACCES, (int fd, const struct sockaddr *at, number size), (fd, at, size))
FAULT(listen, int, -1, EADDRINUSE, (int fd, int backlog), (fd, backlog))
FAULT(accept4, int, -1, EMFILE, (int fd, struct sockaddr *from, number *size, int flags),
      (fd, from, size, flags))
FAULT(sendmsg, ssize_t, -1, ENOBUFS, (int fd, const struct msghdr *header, int flags),
      (fd, header, flags))
FAULT(recvmsg, ssize_t, -1, ENOMEM, (int fd, struct msghdr *header, int flags), (fd, header, flags))
FAULT(send, ssize_t, -1, ENOBUFS, (int fd, const void *data, size_t size, int flags),
      (fd, data, size, flags))
FAULT(recv, ssize_t, -1, ENOMEM, (int fd, void *data, size_t size, int flags),
      (fd, data, size, flags))

FAULT(fork, int, -1, EAGAIN, (void), ())
FAULT(execv, int, -1, ENOMEM, (const char *path, char *const *arguments), (path, arguments))
FAULT(pthread_create, int, EAGAIN, EAGAIN,
      (void *thread, const void *attributes, void *(*run)(void *), void *data),
      (thread, attributes, run, data))
FAULT(prctl, int, -1, EPERM, (int what, long a, long b, long c, long d), (what, a, b, c, d))
FAULT(syscall, long, -1, EPERM, (long what, long a, long b, long c, long d, long e, long f),
      (what, a, b, c, d, e, f))
FAULT(setrlimit, int, -1, EPERM, (int what, const struct rlimit *limit), (what, limit))
FAULT(mount, int, -1, EPERM,
      (const char *from, const char *to, const char *type, unsigned long flags, const void *data),
      (from, to, type, flags, data))
FAULT(umount2, int, -1, EPERM, (const char *path, int flags), (path, flags))
FAULT(chdir, int, -1, EACCES, (const char *path), (path))
FAULT(setresuid, int, -1, EAGAIN, (number a, number b, number c), (a, b, c))
FAULT(setresgid, int, -1, EAGAIN, (number a, number b, number c), (a, b, c))
FAULT(cap_init, capabilities, NULL, ENOMEM, (void), ())
FAULT(cap_set_proc, int, -1, EPERM, (capabilities set), (set))
FAULT(seccomp_init, void *, NULL, ENOMEM, (uint32_t action), (action))
FAULT(seccomp_load, int, -ENOMEM, ENOMEM, (void *filter), (filter))

FAULT(xs_open, struct xs_handle *, NULL, ENOMEM, (unsigned long flags), (flags))
FAULT(xs_read, void *, NULL, EIO,
      (struct xs_handle * xs, uint32_t t, const char *path, unsigned *size), (xs, t, path, size))
FAULT(xs_directory, char **, NULL, EIO,
      (struct xs_handle * xs, uint32_t t, const char *path, unsigned *count), (xs, t, path, count))
FAULT(xs_write, bool, false, EIO,
      (struct xs_handle * xs, uint32_t t, const char *path, const void *data, unsigned size),
      (xs, t, path, data, size))
FAULT(xs_rm, bool, false, EIO, (struct xs_handle * xs, uint32_t t, const char *path), (xs, t, path))
FAULT(xs_watch, bool, false, EIO, (struct xs_handle * xs, const char *path, const char *token),
      (xs, path, token))
FAULT(xs_unwatch, bool, false, EIO, (struct xs_handle * xs, const char *path, const char *token),
      (xs, path, token))
FAULT(xs_check_watch, char **, NULL, EIO, (struct xs_handle * xs), (xs))
FAULT(xengnttab_open, struct xengntdev_handle *, NULL, EMFILE, (void *logger, number flags),
      (logger, flags))
FAULT(xengnttab_map_domain_grant_refs, void *, NULL, ENOSPC,
      (struct xengntdev_handle * x, uint32_t count, uint32_t domid, uint32_t *refs, int prot),
      (x, count, domid, refs, prot))
FAULT(xengnttab_unmap, int, -1, EINVAL, (struct xengntdev_handle * x, void *base, uint32_t count),
      (x, base, count))
FAULT(xenevtchn_open, struct xenevtchn_handle *, NULL, EMFILE, (void *logger, number flags),
      (logger, flags))
FAULT(xenevtchn_bind_interdomain, int, -1, ENOSPC,
      (struct xenevtchn_handle * x, uint32_t domid, uint32_t port), (x, domid, port))
FAULT(xenevtchn_notify, int, -1, EINVAL, (struct xenevtchn_handle * x, uint32_t port), (x, port))
FAULT(xenevtchn_pending, int, -1, EIO, (struct xenevtchn_handle * x), (x))
FAULT(xenevtchn_unmask, int, -1, EIO, (struct xenevtchn_handle * x, uint32_t port), (x, port))
