/* SPDX-License-Identifier: MIT */
/*
 * One guest's backend. Started by the mediator, which it speaks to over the socket at
 * GPUM_CLIENT_FD; ends when the mediator closes the socket or dom0 detaches the device.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend/device/device.h"
#include "backend/error.h"
#include "backend/gpu/gpu.h"
#include "backend/transport/link.h"
#include "mediator/sandbox/sandbox.h"

#define VERSION "0.1"
/* Exit codes; docs/protocol.md. */
#define EXIT_OK	   0
#define EXIT_USAGE 64 /* from sysexits.h */
#define EXIT_FAULT 2  /* the guest broke the protocol */
#define EXIT_OWN   1  /* something of ours failed */

#define STATE_PERIOD_US 100000u
#define NUDGE_US	1000u
#define OPEN_FILES	512u  /* pictures, fences, threads' wake-ups */
#define HEAP_MIB	1024u /* of renderer and GL driver, besides what the guest's quota allows */

struct options {
	bool sim;
	const char *render_node;
	uint32_t nudge_us;
};

struct backend {
	int mediator;
	struct gpum_config config;
	struct gpu *gpu;
	struct granted granted;
	struct device *device;
	struct xenbus xenbus;
	struct link link;
	struct gpum_state told; /* last STATE */
	uint64_t told_us;
	uint64_t resume; /* number of another mediator that is to be told what there is; 0: none */
	bool end;
};

static volatile sig_atomic_t terminated;

static void on_signal(int number)
{
	(void)number;
	terminated = 1;
}

static uint64_t now_us(void *opaque)
{
	struct timespec t;

	(void)opaque;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* --- the mediator -------------------------------------------------------------------------- */

static int say_hello(struct backend *b)
{
	struct gpum_msg msg = {.hello = {.version = GPUM_CLIENT_VERSION,
					 .pid = (uint32_t)getpid(),
					 .resume = b->resume}};

	memcpy(msg.hello.renderer, b->gpu->renderer, sizeof(msg.hello.renderer));
	return gpum_msg_send(b->mediator, &msg, GPUM_MSG_HELLO, -1);
}

static bool config_is_sane(struct gpum_config *c)
{
	if (c->num_scanouts == 0 || c->num_scanouts > GPUM_MAX_SCANOUTS || c->domid > 0x7fef ||
	    c->max_events_per_s == 0)
		return false;
	for (uint32_t i = 0; i < c->num_scanouts; i++)
		c->scanout[i].name[GPUM_NAME_MAX - 1] = '\0';
	c->guest[GPUM_NAME_MAX - 1] = '\0';
	return true;
}

/* HELLO, and CONFIG in answer; the mediator may die in between, and another one ask anew. */
static int introduce(struct backend *b, struct gpum_config *config)
{
	struct gpum_msg msg;
	int fd, got;

	do {
		if (say_hello(b) < 0)
			return BACKEND_ERR_MEDIATOR;
		got = gpum_msg_recv(b->mediator, &msg, &fd);
		if (fd >= 0)
			close(fd);
		if (got != 1)
			return BACKEND_ERR_MEDIATOR;
		if (msg.type == GPUM_MSG_RESUME)
			b->resume = msg.resume.number;
	} while (msg.type == GPUM_MSG_RESUME);
	if (msg.type != GPUM_MSG_CONFIG)
		return BACKEND_ERR_MEDIATOR;
	b->resume = 0;
	*config = msg.config;
	return config_is_sane(config) ? 0 : BACKEND_ERR_MEDIATOR;
}

/* With other quotas or displays than before there is no going on. */
static int resume(struct backend *b)
{
	struct gpum_config config;
	int err = introduce(b, &config);

	if (err)
		return err;
	if (memcmp(&config, &b->config, sizeof(config)))
		return BACKEND_ERR_MEDIATOR;
	memset(&b->told, 0xff, sizeof(b->told));
	err = device_resume(b->device);
	if (err == 1)
		b->link.more = true;
	return err < 0 ? err : 0;
}

static int answer_ping(struct backend *b)
{
	struct gpum_msg msg = {0};

	return gpum_msg_send(b->mediator, &msg, GPUM_MSG_PONG, -1) < 0 ? BACKEND_ERR_MEDIATOR : 0;
}

static int handle_message(struct backend *b, const struct gpum_msg *msg)
{
	switch (msg->type) {
	case GPUM_MSG_JOB_RUN:
		return device_job_run(b->device, msg->run.id);
	case GPUM_MSG_FRAME_SHOWN:
		return device_frame_shown(b->device, msg->shown.scanout, msg->shown.seq);
	case GPUM_MSG_PING:
		return answer_ping(b);
	case GPUM_MSG_RESUME:
		b->resume = msg->resume.number;
		return 0;
	}
	return BACKEND_ERR_MEDIATOR;
}

static int receive_message(struct backend *b)
{
	struct gpum_msg msg;
	int fd, got = gpum_msg_recv(b->mediator, &msg, &fd);

	if (fd >= 0)
		close(fd);
	if (got == 0)
		b->end = true;
	if (got <= 0)
		return got == 0 ? 0 : BACKEND_ERR_MEDIATOR;
	int err = handle_message(b, &msg);
	if (err == 1) {
		b->link.more = true;
		return 0;
	}
	return err;
}

static void read_counters(const struct backend *b, struct gpum_state *s)
{
	memset(s, 0, sizeof(*s));
	device_count(b->device, s);
	s->xenbus_state = (uint32_t)b->xenbus.state;
	s->granted_pages = b->granted.pages;
	s->grant_maps = b->granted.calls;
	s->notifications_in = b->link.events_in;
	s->notifications_out = b->link.events_out;
	s->events_delayed = b->link.events_delayed;
}

/* Returns the time until the next STATE is due in us, -1 when there is nothing new. */
static int64_t tell_state(struct backend *b, uint64_t now)
{
	struct gpum_msg msg = {0};

	read_counters(b, &msg.state);
	if (memcmp(&msg.state, &b->told, sizeof(b->told)) == 0)
		return -1;
	/* A change of the connection is news at once. */
	if (msg.state.xenbus_state == b->told.xenbus_state && now < b->told_us + STATE_PERIOD_US)
		return (int64_t)(b->told_us + STATE_PERIOD_US - now);
	b->told = msg.state;
	b->told_us = now;
	gpum_msg_send(b->mediator, &msg, GPUM_MSG_STATE, -1);
	return -1;
}

static void report_fault(struct backend *b, int error)
{
	struct gpum_msg msg = {0};

	snprintf(msg.fault.reason, sizeof(msg.fault.reason), "%s", backend_error_string(error));
	fprintf(stderr, "gpum-backend: %s (domain %u): %s\n", b->config.guest, b->config.domid,
		msg.fault.reason);
	link_break(&b->link);
	gpum_msg_send(b->mediator, &msg, GPUM_MSG_FAULT, -1);
	link_disconnect(&b->link);
	xenbus_fail(&b->xenbus, msg.fault.reason);
}

/* --- the guest ----------------------------------------------------------------------------- */

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

/* --- the loop ------------------------------------------------------------------------------ */

enum { FD_MEDIATOR, FD_XENBUS, FD_GUEST, FD_GPU, FD_COUNT };

static void earlier(int64_t *timeout, int64_t candidate)
{
	if (candidate >= 0 && (*timeout < 0 || candidate < *timeout))
		*timeout = candidate;
}

static int64_t time_to_wait(struct backend *b, uint64_t now)
{
	int64_t timeout = tell_state(b, now);

	if (b->link.more)
		return 0;
	if (device_is_waiting(b->device))
		earlier(&timeout, b->gpu->poll_us);
	if (link_is_connected(&b->link) && b->link.masked)
		earlier(&timeout, b->link.unmask_us > now ? (int64_t)(b->link.unmask_us - now) : 0);
	return timeout;
}

static int wait_for_something(struct backend *b, struct pollfd fds[FD_COUNT], int64_t timeout_us)
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

static int more_of_device(struct backend *b, int got)
{
	if (got == 1)
		b->link.more = true;
	return got < 0 ? got : 0;
}

/* One round: whoever has something to say, each within its budget. */
static int serve(struct backend *b, const struct pollfd fds[FD_COUNT], uint64_t now)
{
	int err = 0;

	if (device_is_waiting(b->device))
		err = more_of_device(b, device_poll(b->device));
	if (!err && fds[FD_MEDIATOR].revents)
		err = receive_message(b);
	if (!err && fds[FD_GUEST].revents && link_is_connected(&b->link))
		err = link_event(&b->link, now);
	else if (!err && b->link.more && link_is_connected(&b->link))
		err = link_service(&b->link);
	if (!err && fds[FD_XENBUS].revents)
		err = follow_xenbus(b);
	/* Whoever has the GPU gives it back first. */
	if (!err && b->resume && !device_is_waiting(b->device))
		err = resume(b);
	if (!err && link_is_connected(&b->link))
		link_finish_round(&b->link, now);
	return err;
}

static int run(struct backend *b)
{
	struct pollfd fds[FD_COUNT];
	int err = follow_xenbus(b);

	while (!err && !b->end && !terminated) {
		err = wait_for_something(b, fds, time_to_wait(b, now_us(NULL)));
		if (!err)
			err = serve(b, fds, now_us(NULL));
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

/* From here on, what the guest sends is looked at. */
static int close_doors(const struct backend *b)
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
	return err ? err : close_doors(b);
}

static int serve_guest(struct backend *b)
{
	int err = set_up(b);

	if (err)
		return EXIT_OWN;
	err = run(b);
	if (err == BACKEND_ERR_MEDIATOR || err == BACKEND_ERR_SYSTEM || err == BACKEND_ERR_MEMORY) {
		fprintf(stderr, "gpum-backend: %s (domain %u): %s\n", b->config.guest,
			b->config.domid, backend_error_string(err));
		link_break(&b->link);
	} else if (err) {
		report_fault(b, err);
		return EXIT_FAULT;
	}
	link_disconnect(&b->link);
	xenbus_switch(&b->xenbus, XenbusStateClosing);
	xenbus_switch(&b->xenbus, XenbusStateClosed);
	return err ? EXIT_OWN : EXIT_OK;
}

static void tear_down(struct backend *b)
{
	device_destroy(b->device);
	link_close(&b->link);
	if (b->xenbus.xs)
		xenbus_close(&b->xenbus);
	granted_close(&b->granted);
	b->gpu->ops->destroy(b->gpu);
}

/* --- start --------------------------------------------------------------------------------- */

static void usage(FILE *to)
{
	fputs("usage: gpum-backend [options]\n"
	      "Serves one guest's GPU. Started by gpu-mediatord, with a socket at descriptor 3.\n"
	      "  --gpu virgl|sim      the GPU: virglrenderer (default), or a simulation for tests\n"
	      "  --render-node PATH   default /dev/dri/renderD128; 'none' for a software renderer\n"
	      "  --nudge-us N         on a virtual GPU, ask for completed work every N us "
	      "(default\n"
	      "                       1000; 0: never)\n"
	      "  --help, --version\n",
	      to);
}

static bool parse_options(int argc, char **argv, struct options *o, int *status)
{
	static const struct option known[] = {
		{"gpu", required_argument, NULL, 'g'},
		{"render-node", required_argument, NULL, 'r'},
		{"nudge-us", required_argument, NULL, 'n'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*o = (struct options){.render_node = "/dev/dri/renderD128", .nudge_us = NUDGE_US};
	*status = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 'g':
			o->sim = strcmp(optarg, "sim") == 0;
			if (!o->sim && strcmp(optarg, "virgl") != 0) {
				fprintf(stderr, "gpum-backend: --gpu takes virgl or sim\n");
				return false;
			}
			break;
		case 'r':
			o->render_node = strcmp(optarg, "none") == 0 ? NULL : optarg;
			break;
		case 'n':
			if (!xenbus_parse(optarg, 1000000, &o->nudge_us)) {
				fprintf(stderr, "gpum-backend: --nudge-us takes a number\n");
				return false;
			}
			break;
		case 'h':
			usage(stdout);
			*status = EXIT_OK;
			return false;
		case 'v':
			puts("gpum-backend " VERSION);
			*status = EXIT_OK;
			return false;
		default:
			usage(stderr);
			return false;
		}
	}
	if (optind != argc) {
		usage(stderr);
		return false;
	}
	return true;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked;

	/* Taken only within ppoll(). */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
	struct backend backend = {.mediator = GPUM_CLIENT_FD};
	struct options options;
	int status;

	if (!parse_options(argc, argv, &options, &status))
		return status;
	catch_signals();
	backend.gpu = options.sim ? gpu_sim_create(now_us, NULL)
				  : gpu_virgl_create(options.render_node, options.nudge_us);
	if (!backend.gpu)
		return EXIT_OWN;
	if (introduce(&backend, &backend.config)) {
		fprintf(stderr, "gpum-backend: no mediator at descriptor %d; start gpu-mediatord\n",
			GPUM_CLIENT_FD);
		status = EXIT_OWN;
	} else {
		status = serve_guest(&backend);
	}
	tear_down(&backend);
	return status;
}
