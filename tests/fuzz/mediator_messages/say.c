/* SPDX-License-Identifier: MIT */
/* Messages that any client sends to the mediator. */
#include "tests/fuzz/mediator_messages/world.h"

#include <drm_fourcc.h>

void send_message(const struct process *p, struct gpum_msg *msg, uint32_t type, int fd)
{
	if (p->socket >= 0)
		gpum_msg_send(p->socket, msg, type, fd);
}

void send_hello(const struct process *p)
{
	struct gpum_msg msg = {.hello = {.version = GPUM_CLIENT_VERSION,
					 .resume = world.m.clients.mediator,
					 .renderer = "any GPU"}};

	send_message(p, &msg, GPUM_MSG_HELLO, -1);
}

struct gpum_buffer any_buffer(uint32_t id, uint32_t width, uint32_t height)
{
	return (struct gpum_buffer){.id = id,
				    .width = width,
				    .height = height,
				    .stride = width * 4,
				    .fourcc = DRM_FORMAT_XRGB8888};
}

void announce_job(struct process *p, uint32_t kind)
{
	struct gpum_msg msg = {.job = {.id = ++p->job, .kind = kind, .bytes = 8}};

	send_message(p, &msg, GPUM_MSG_JOB_READY, -1);
}

void end_job(struct process *p)
{
	struct gpum_msg msg = {.done = {.id = p->job}};

	send_message(p, &msg, GPUM_MSG_JOB_DONE, -1);
}

void show(struct process *p, uint32_t scanout, uint32_t buffer)
{
	struct gpum_msg msg = {.frame = {.scanout = scanout,
					 .buffer_id = buffer,
					 .width = WIDTH,
					 .height = HEIGHT,
					 .seq = ++p->seq[scanout]}};

	send_message(p, &msg, GPUM_MSG_FRAME, -1);
}
