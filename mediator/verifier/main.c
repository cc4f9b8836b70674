/* SPDX-License-Identifier: MIT */
/*
 * gpum-verifier: compares the picture on a display with the strip in which its guest announced it
 * (mediator/shared/strip/strip.h). It is a process of its own, so that it shares no memory and no
 * GL context with the compositor. Started by gpu-mediatord.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mediator/verifier/reader.h"
#include "mediator/shared/sandbox/sandbox.h"
#include "mediator/shared/version.h"
#include "mediator/shared/strip/strip.h"

#define OPEN_FILES 64u

struct verifier {
	struct reader *reader;
	struct gpum_verify request;
	int fd; /* of the picture; -1: no request is waiting */
	uint64_t job_id;
	uint8_t pixels[TRUTH_PIXEL * GPUM_VERIFY_PIXELS];
};

static bool send_message(struct gpum_msg *msg, uint32_t type)
{
	int status = gpum_msg_send(GPUM_CLIENT_FD, msg, type, -1);

	if (status < 0)
		fprintf(stderr, "error: mediator: %s\n", strerror(-status));
	return status == 0;
}

static bool say_hello(const struct verifier *c, uint64_t resume)
{
	struct gpum_msg msg = {0};

	msg.hello.version = GPUM_CLIENT_VERSION;
	msg.hello.pid = (uint32_t)getpid();
	msg.hello.resume = resume;
	snprintf(msg.hello.renderer, sizeof(msg.hello.renderer), "%s", c->reader->name);
	return send_message(&msg, GPUM_MSG_HELLO);
}

static void forget(struct verifier *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

static bool measure(const struct gpum_verify *request, struct sheet *sheet)
{
	uint64_t height = 0;

	if (request->num_rects < 1 || request->num_rects > GPUM_VERIFY_RECTS)
		return false;
	sheet->width = 0;
	for (uint32_t i = 0; i < request->num_rects; i++) {
		if (request->rect[i].width > sheet->width)
			sheet->width = request->rect[i].width;
		height += request->rect[i].height;
	}
	sheet->height = (uint32_t)height;
	return height * sheet->width <= GPUM_VERIFY_PIXELS;
}

/* The first rectangle is the strip, the others are the regions that it announces. */
static void compare(const struct gpum_verify *request, const struct sheet *sheet,
		    struct truth_finding *out)
{
	const uint8_t *row = sheet->pixels + TRUTH_PIXEL * sheet->width;
	uint32_t seen[TRUTH_MAX_REGIONS] = {0};

	for (uint32_t i = 1; i < request->num_rects; i++)
		for (uint32_t y = 0; y < request->rect[i].height; y++) {
			seen[i - 1] = truth_crc(seen[i - 1], row, request->rect[i].width);
			row += TRUTH_PIXEL * sheet->width;
		}
	truth_compare(sheet->pixels, seen, request->num_rects - 1, out);
}

static bool take_request(struct verifier *c, const struct gpum_verify *request, int *fd)
{
	struct gpum_msg msg = {0};

	forget(c);
	c->request = *request;
	c->fd = *fd;
	*fd = -1;
	msg.job.id = ++c->job_id;
	msg.job.kind = GPUM_JOB_VERIFY;
	return send_message(&msg, GPUM_MSG_JOB_READY);
}

/* The GPU is given back before the CPU's part begins. */
static bool run_job(struct verifier *c, uint64_t id)
{
	struct gpum_msg done = {.done = {.id = id}}, found = {0};
	struct sheet sheet = {.pixels = c->pixels};
	bool ok;

	if (c->fd < 0 || id != c->job_id) {
		fprintf(stderr, "error: a job to be run that was not announced\n");
		return false;
	}
	ok = measure(&c->request, &sheet) && c->reader->read(c->reader, &c->request, c->fd, &sheet);
	forget(c);
	done.done.failed = !ok;
	if (!send_message(&done, GPUM_MSG_JOB_DONE))
		return false;
	/* One guest's unreadable buffer must not end the verification of the others. */
	if (!ok)
		return true;
	compare(&c->request, &sheet, &found.verified);
	return send_message(&found, GPUM_MSG_VERIFIED);
}

static bool handle(struct verifier *c, const struct gpum_msg *msg, int *fd)
{
	switch (msg->type) {
	case GPUM_MSG_PING:
		return send_message(&(struct gpum_msg){0}, GPUM_MSG_PONG);
	case GPUM_MSG_RESUME:
		forget(c);
		return say_hello(c, msg->resume.number);
	case GPUM_MSG_VERIFY:
		return take_request(c, &msg->verify, fd);
	case GPUM_MSG_JOB_RUN:
		return run_job(c, msg->run.id);
	default:
		fprintf(stderr, "error: unexpected message %u\n", msg->type);
		return false;
	}
}

static int serve(struct verifier *c)
{
	struct gpum_msg msg;
	int fd, status;

	while ((status = gpum_msg_recv(GPUM_CLIENT_FD, &msg, &fd)) > 0) {
		bool ok = handle(c, &msg, &fd);

		if (fd >= 0)
			close(fd);
		if (!ok)
			return EXIT_FAILURE;
	}
	if (status < 0)
		fprintf(stderr, "error: mediator: %s\n", strerror(-status));
	return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static bool close_doors(const struct verifier *c)
{
	const struct sandbox sandbox = {
		.rights = {.jit = strstr(c->reader->name, "llvmpipe") != NULL},
		.open_files = OPEN_FILES,
	};

	return sandbox_enter(&sandbox) == 0;
}

static struct reader *parse_options(int argc, char **argv)
{
	static const struct option options[] = {{"render-node", required_argument, NULL, 'r'},
						{"map", no_argument, NULL, 'm'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{NULL, 0, NULL, 0}};
	const char *node = "/dev/dri/renderD128";
	bool map = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'r':
			node = optarg;
			break;
		case 'm':
			map = true;
			break;
		case 'h':
			puts("usage: gpum-verifier [--render-node PATH | --map]\n"
			     "Compares displays with announcements. gpu-mediatord starts it.");
			exit(EXIT_SUCCESS);
		case 'V':
			puts("gpum-verifier " GPUM_VERSION);
			exit(EXIT_SUCCESS);
		default:
			exit(2);
		}
	}
	return map ? reader_map() : reader_gl(node);
}

int main(int argc, char **argv)
{
	static struct verifier verifier = {.fd = -1};
	int status = EXIT_FAILURE;

	verifier.reader = parse_options(argc, argv);
	if (!verifier.reader || !close_doors(&verifier))
		return EXIT_FAILURE;
	if (say_hello(&verifier, 0))
		status = serve(&verifier);
	forget(&verifier);
	return status;
}
