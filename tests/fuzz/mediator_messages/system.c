/* SPDX-License-Identifier: MIT */
/* The daemon's environment: clocks, timers, the log, xenstore. */
#include "tests/fuzz/mediator_messages/world.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "mediator/daemon/base/log.h"
#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/guest/xenstore.h"

struct world world;

void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The fuzzer's alarm may interrupt poll(). */
int poll_now(struct pollfd *fds, nfds_t count)
{
	int ready;

	do
		ready = poll(fds, count, 0);
	while (ready < 0 && errno == EINTR);
	require(ready >= 0);
	return ready;
}

uint64_t clock_ns(void)
{
	return world.now_ns;
}

/* Also used by libev. The fuzzer itself reads another clock. */
int clock_gettime(clockid_t clock, struct timespec *t)
{
	if (clock != CLOCK_MONOTONIC || !world.now_ns)
		return (int)syscall(SYS_clock_gettime, clock, t);
	t->tv_sec = (time_t)(world.now_ns / NS_PER_S);
	t->tv_nsec = (long)(world.now_ns % NS_PER_S);
	return 0;
}

int __wrap_timerfd_create(int clock, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *spec,
			   struct itimerspec *before);
int __wrap_access(const char *path, int mode);
void __wrap_log_line(enum log_level level, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* A panel's timer: an eventfd, to which advance() writes. */
int __wrap_timerfd_create(int clock, int flags)
{
	(void)clock;
	(void)flags;
	require(world.ticks < PANELS);
	world.tick[world.ticks] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return world.tick[world.ticks++];
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *spec,
			   struct itimerspec *before)
{
	(void)fd;
	(void)flags;
	(void)spec;
	(void)before;
	return 0;
}

int __wrap_access(const char *path, int mode)
{
	(void)path;
	(void)mode;
	return 0;
}

void __wrap_log_line(enum log_level level, const char *format, ...)
{
	char line[1024];
	va_list args;

	(void)level;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (const char *c = line; *c; c++)
		require(*c >= ' ' && *c <= '~');
}

uint64_t xenstore_refuse(struct xenstore *x, uint32_t domid, const char *reason)
{
	(void)x;
	(void)domid;
	for (const char *c = reason; *c; c++)
		require(*c >= ' ' && *c <= '~');
	return 0;
}

void xenstore_absolve(struct xenstore *x, uint32_t domid)
{
	(void)x;
	(void)domid;
}

void xenstore_forget(struct xenstore *x, uint32_t domid)
{
	(void)x;
	(void)domid;
}

struct xenstore *xenstore_start(struct ev_loop *loop, uint32_t watches_needed,
				void (*changed)(const struct xenstore_view *view, void *owner),
				void *owner)
{
	(void)loop;
	(void)watches_needed;
	(void)changed;
	(void)owner;
	abort();
}

void xenstore_stop(struct xenstore *x)
{
	(void)x;
	abort();
}
