/* SPDX-License-Identifier: MIT */
/* The event loop that serves one guest. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "backend/backend.h"
#include "backend/error/error.h"
#include "mediator/shared/sandbox/sandbox.h"

#define OPEN_FILES 512u	 /* dma-bufs, fences, the driver threads' eventfds */
#define HEAP_MIB   1024u /* virglrenderer and GL driver, on top of the guest's memory quota */

static volatile sig_atomic_t terminated;

void session_terminate(void)
{
	terminated = 1;
}

uint64_t session_now_us(void *unused)
{
	struct timespec t;

	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static int connect_guest(struct backend *b)
{
	struct xenbus_keys keys;
	int err = xenbus_read_keys(&b->xenbus, &keys);

	if (!err)
		err = link_connect(&b->link, &b->granted, b->device, &keys, b->config.num_scanouts,
				   b->gpu->num_capsets);
	if (!err)
		xenbus_switch(&b->xenbus, XenbusStateConnected);
	return err;
}

static int follow_xenbus(struct backend *b)
{
	switch (xenbus_look(&b->xenbus)) {
	case XENBUS_WAIT:
		break;
	case XENBUS_CONNECT:
		return connect_guest(b);
	case XENBUS_DISCONNECT:
		link_disconnect(&b->link);
		xenbus_released(&b->xenbus);
		break;
	case XENBUS_END:
		b->end = true;
		break;
	}
	return 0;
}

enum { FD_MEDIATOR, FD_XENBUS, FD_GUEST, FD_GPU, FD_COUNT };

/* Time-outs are in us; -1: none. */
static void shorten(int64_t *timeout, int64_t candidate)
{
	if (candidate >= 0 && (*timeout < 0 || candidate < *timeout))
		*timeout = candidate;
}

static int64_t wait_time_us(struct backend *b, uint64_t now)
{
	int64_t timeout = mediator_tell_state(b, now);

	if (b->link.more)
		return 0;
	if (device_is_waiting(b->device))
		shorten(&timeout, b->gpu->poll_us);
	if (link_is_connected(&b->link) && b->link.masked)
		shorten(&timeout, b->link.unmask_us > now ? (int64_t)(b->link.unmask_us - now) : 0);
	return timeout;
}

static int wait_for_events(struct backend *b, struct pollfd fds[FD_COUNT], int64_t timeout_us)
{
	struct timespec t = {.tv_sec = timeout_us / 1000000,
			     .tv_nsec = timeout_us % 1000000 * 1000};
	sigset_t none;

	fds[FD_MEDIATOR] = (struct pollfd){.fd = b->mediator, .events = POLLIN};
	fds[FD_XENBUS] = (struct pollfd){.fd = xenbus_fd(&b->xenbus), .events = POLLIN};
	fds[FD_GUEST] = (struct pollfd){.fd = link_is_connected(&b->link) ? link_fd(&b->link) : -1,
					.events = POLLIN};
	fds[FD_GPU] = (struct pollfd){.fd = device_is_waiting(b->device) ? b->gpu->wait_fd : -1,
				      .events = POLLIN};
	sigemptyset(&none);
	if (ppoll(fds, FD_COUNT, timeout_us < 0 ? NULL : &t, &none) < 0) {
		if (errno != EINTR)
			return BACKEND_ERR_SYSTEM;
		memset(fds, 0, FD_COUNT * sizeof(*fds));
	}
	return 0;
}

/* Turn device_poll()'s 1 (come again) into link.more. */
static int note_more(struct backend *b, int got)
{
	if (got == 1)
		b->link.more = true;
	return got < 0 ? got : 0;
}

/* Serve every source that has something to do, each within its budget. */
static int serve(struct backend *b, const struct pollfd fds[FD_COUNT], uint64_t now)
{
	int err = 0;

	if (device_is_waiting(b->device))
		err = note_more(b, device_poll(b->device));
	if (!err && fds[FD_MEDIATOR].revents)
		err = mediator_receive(b);
	if (!err && fds[FD_GUEST].revents && link_is_connected(&b->link))
		err = link_event(&b->link, now);
	else if (!err && b->link.more && link_is_connected(&b->link))
		err = link_service(&b->link);
	if (!err && fds[FD_XENBUS].revents)
		err = follow_xenbus(b);
	/* The running job ends before the backend answers a new mediator's RESUME. */
	if (!err && b->resume && !device_is_waiting(b->device))
		err = mediator_resume(b);
	if (!err && link_is_connected(&b->link))
		link_finish_round(&b->link, now);
	return err;
}

static int run(struct backend *b)
{
	struct pollfd fds[FD_COUNT];
	int err = follow_xenbus(b);

	while (!err && !b->end && !terminated) {
		err = wait_for_events(b, fds, wait_time_us(b, session_now_us(NULL)));
		if (!err)
			err = serve(b, fds, session_now_us(NULL));
		if (!err && b->xenbus.broken)
			err = BACKEND_ERR_SYSTEM;
	}
	return err;
}

static int open_devices(struct backend *b)
{
	int err = granted_open(&b->granted, b->config.domid);

	if (err) {
		fprintf(stderr, "gpum-backend: cannot open the grant device: %s\n",
			strerror(errno));
		return err;
	}
	err = link_open(&b->link, b->config.domid, b->config.max_events_per_s);
	if (err)
		fprintf(stderr, "gpum-backend: cannot open the event channel device: %s\n",
			strerror(errno));
	return err;
}

/* Last step before the first byte of the guest is read. */
static int enter_sandbox(const struct backend *b)
{
	const struct sandbox sandbox = {
		.rights = {.xen = true, .jit = b->gpu->compiles_for_cpu},
		.open_files = OPEN_FILES,
		.heap_bytes = (uint64_t)(HEAP_MIB + b->config.memory_mib) << 20,
	};

	return sandbox_enter(&sandbox) ? BACKEND_ERR_SYSTEM : 0;
}

static int set_up(struct backend *b)
{
	int err = open_devices(b);

	if (err)
		return err;
	b->device = device_create(&b->config, b->gpu, &b->granted, b->mediator);
	if (!b->device)
		return BACKEND_ERR_MEMORY;
	err = xenbus_open(&b->xenbus, b->config.domid);
	if (err)
		fprintf(stderr, "gpum-backend: cannot use xenstore: %s\n", strerror(errno));
	return err ? err : enter_sandbox(b);
}

int session_run(struct backend *b)
{
	int err = set_up(b);

	if (err)
		return BACKEND_EXIT_OWN;
	err = run(b);
	if (err == BACKEND_ERR_MEDIATOR || err == BACKEND_ERR_SYSTEM || err == BACKEND_ERR_MEMORY) {
		fprintf(stderr, "gpum-backend: %s (domain %u): %s\n", b->config.guest,
			b->config.domid, backend_error_string(err));
		link_break(&b->link);
	} else if (err) {
		mediator_report_fault(b, err);
		return BACKEND_EXIT_FAULT;
	}
	link_disconnect(&b->link);
	xenbus_switch(&b->xenbus, XenbusStateClosing);
	xenbus_switch(&b->xenbus, XenbusStateClosed);
	return err ? BACKEND_EXIT_OWN : BACKEND_EXIT_OK;
}

void session_finish(struct backend *b)
{
	device_destroy(b->device);
	link_close(&b->link);
	if (b->xenbus.xs)
		xenbus_close(&b->xenbus);
	granted_close(&b->granted);
	b->gpu->ops->destroy(b->gpu);
}
