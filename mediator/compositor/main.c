/* SPDX-License-Identifier: MIT */
/* gpum-compositor: draws a panel that several displays share. Started by gpu-mediatord. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mediator/gl/gpu.h"
#include "mediator/compositor/panel.h"
#include "mediator/shared/protocol/client.h"
#include "mediator/shared/sandbox/sandbox.h"
#include "mediator/shared/version.h"

#define OPEN_FILES 1024u /* pictures of all guests */

struct compositor {
	struct gpu gpu;
	struct panel panel;
	bool have_panel;
	struct gpum_compose compose;
	bool have_compose;
	uint64_t job_id;
};

static bool send_message(struct gpum_msg *msg, uint32_t type, int fd)
{
	int status = gpum_msg_send(GPUM_CLIENT_FD, msg, type, fd);

	if (status < 0)
		fprintf(stderr, "error: mediator: %s\n", strerror(-status));
	return status == 0;
}

static bool say_hello(uint64_t resume)
{
	struct gpum_msg msg = {0};
	const char *renderer = (const char *)glGetString(GL_RENDERER);

	msg.hello.version = GPUM_CLIENT_VERSION;
	msg.hello.pid = (uint32_t)getpid();
	msg.hello.resume = resume;
	snprintf(msg.hello.renderer, sizeof(msg.hello.renderer), "%s", renderer ? renderer : "");
	return send_message(&msg, GPUM_MSG_HELLO, -1);
}

static bool set_panel(struct compositor *c, const struct gpum_panel *wanted)
{
	if (c->have_panel) {
		fprintf(stderr, "error: a second panel\n");
		return false;
	}
	c->have_panel = true;
	if (!panel_init(&c->panel, &c->gpu, wanted))
		return false;
	for (uint32_t i = 0; i < GPUM_PANEL_BUFFERS; i++) {
		struct gpum_msg msg = {.buffer = c->panel.buffer[i].description};

		if (!send_message(&msg, GPUM_MSG_PANEL_BUFFER, c->panel.buffer[i].fd))
			return false;
	}
	return true;
}

static bool announce_job(struct compositor *c, const struct gpum_compose *compose)
{
	struct gpum_msg msg = {0};

	c->compose = *compose;
	c->have_compose = true;
	msg.job.id = ++c->job_id;
	msg.job.kind = GPUM_JOB_COMPOSE;
	return send_message(&msg, GPUM_MSG_JOB_READY, -1);
}

static bool run_job(struct compositor *c, uint64_t id)
{
	struct gpum_msg msg = {0};

	if (!c->have_compose || id != c->job_id) {
		fprintf(stderr, "error: a job to be run that was not announced\n");
		return false;
	}
	c->have_compose = false;
	msg.done.id = id;
	msg.done.failed = !panel_compose(&c->panel, &c->compose);
	return send_message(&msg, GPUM_MSG_JOB_DONE, -1);
}

/* Allocate new buffers: the next mediator keeps an old one on the screen. */
static bool start_anew(struct compositor *c, uint64_t number)
{
	if (c->have_panel)
		panel_finish(&c->panel);
	memset(&c->panel, 0, sizeof(c->panel));
	c->have_panel = c->have_compose = false;
	return say_hello(number);
}

static bool handle(struct compositor *c, const struct gpum_msg *msg, int fd)
{
	if (msg->type == GPUM_MSG_PING)
		return send_message(&(struct gpum_msg){0}, GPUM_MSG_PONG, -1);
	if (msg->type == GPUM_MSG_RESUME)
		return start_anew(c, msg->resume.number);
	if (msg->type == GPUM_MSG_PANEL)
		return set_panel(c, &msg->panel);
	if (!c->have_panel) {
		fprintf(stderr, "error: message %u before PANEL\n", msg->type);
		return false;
	}
	switch (msg->type) {
	case GPUM_MSG_LAYER_ADD:
		panel_add_layer(&c->panel, &msg->buffer, fd);
		return true;
	case GPUM_MSG_PICTURE_ADD:
		panel_add_picture(&c->panel, &msg->buffer, fd);
		return true;
	case GPUM_MSG_LAYER_REMOVE:
		panel_remove_layer(&c->panel, msg->id.id);
		return true;
	case GPUM_MSG_COMPOSE:
		return announce_job(c, &msg->compose);
	case GPUM_MSG_JOB_RUN:
		return run_job(c, msg->run.id);
	default:
		fprintf(stderr, "error: unexpected message %u\n", msg->type);
		return false;
	}
}

static int serve(struct compositor *c)
{
	struct gpum_msg msg;
	int fd, status;

	while ((status = gpum_msg_recv(GPUM_CLIENT_FD, &msg, &fd)) > 0) {
		bool ok = handle(c, &msg, fd);

		if (fd >= 0)
			close(fd);
		if (!ok)
			return EXIT_FAILURE;
	}
	if (status < 0)
		fprintf(stderr, "error: mediator: %s\n", strerror(-status));
	return status == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static const char *parse_options(int argc, char **argv)
{
	static const struct option options[] = {{"render-node", required_argument, NULL, 'r'},
						{"help", no_argument, NULL, 'h'},
						{"version", no_argument, NULL, 'V'},
						{NULL, 0, NULL, 0}};
	const char *node = "/dev/dri/renderD128";
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'r':
			node = optarg;
			break;
		case 'h':
			puts("usage: gpum-compositor [--render-node PATH]\n"
			     "Draws a shared panel. gpu-mediatord starts it.");
			exit(EXIT_SUCCESS);
		case 'V':
			puts("gpum-compositor " GPUM_VERSION);
			exit(EXIT_SUCCESS);
		default:
			exit(2);
		}
	}
	return node;
}

static bool close_doors(void)
{
	const char *renderer = (const char *)glGetString(GL_RENDERER);
	const struct sandbox sandbox = {
		.rights = {.jit = renderer && strstr(renderer, "llvmpipe")},
		.open_files = OPEN_FILES,
	};

	return sandbox_enter(&sandbox) == 0;
}

int main(int argc, char **argv)
{
	static struct compositor compositor;
	const char *node = parse_options(argc, argv);
	int status = EXIT_FAILURE;

	if (!gpu_open(&compositor.gpu, node))
		return EXIT_FAILURE;
	if (close_doors() && say_hello(0))
		status = serve(&compositor);
	if (compositor.have_panel)
		panel_finish(&compositor.panel);
	gpu_close(&compositor.gpu);
	return status;
}
