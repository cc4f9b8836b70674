/* SPDX-License-Identifier: MIT */
/* A backend whose guest draws one frame after another. */
#include "tests/fuzz/mediator_messages/world.h"

static void start_drawing(struct process *p)
{
	for (uint32_t i = 1; i <= 2; i++) {
		struct gpum_msg msg = {.buffer = any_buffer(i, WIDTH, HEIGHT)};

		send_message(p, &msg, GPUM_MSG_BUFFER_ADD, world.picture);
	}
	announce_job(p, GPUM_JOB_SUBMIT);
}

/* A frame is one job. The next starts when the frame is shown. */
void on_honest_message(struct process *p, const struct gpum_msg *msg)
{
	struct gpum_msg pong = {0};

	switch (msg->type) {
	case GPUM_MSG_RESUME:
		send_hello(p);
		return;
	case GPUM_MSG_CONFIG:
		require(msg->config.domid == FIRST_DOMID && msg->config.num_scanouts == 1);
		start_drawing(p);
		return;
	case GPUM_MSG_JOB_RUN:
		require(msg->run.id == p->job);
		end_job(p);
		world.jobs_run++;
		show(p, 0, 1 + (uint32_t)(p->seq[0] & 1));
		return;
	case GPUM_MSG_FRAME_SHOWN:
		require(msg->shown.scanout == 0 && msg->shown.seq == p->seq[0]);
		world.frames_shown++;
		announce_job(p, GPUM_JOB_SUBMIT);
		return;
	case GPUM_MSG_PING:
		send_message(p, &pong, GPUM_MSG_PONG, -1);
		return;
	default:
		abort();
	}
}
