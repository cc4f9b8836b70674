/* SPDX-License-Identifier: MIT */
/* Messages from and to the mediator. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/error/error.h"

#define STATE_PERIOD_US 100000u
#define DOMID_MAX	0x7fefu /* below DOMID_FIRST_RESERVED of xen/xen.h */

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
	if (c->num_scanouts == 0 || c->num_scanouts > GPUM_MAX_SCANOUTS || c->domid > DOMID_MAX ||
	    c->max_events_per_s == 0)
		return false;
	for (uint32_t i = 0; i < c->num_scanouts; i++)
		c->scanout[i].name[GPUM_NAME_MAX - 1] = '\0';
	c->guest[GPUM_NAME_MAX - 1] = '\0';
	return true;
}

int mediator_introduce(struct backend *b, struct gpum_config *config)
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

/*
 * The device was built for the old CONFIG: with other quotas or displays, the backend must be
 * restarted.
 */
int mediator_resume(struct backend *b)
{
	struct gpum_config config;
	int err = mediator_introduce(b, &config);

	if (err)
		return err;
	if (memcmp(&config, &b->config, sizeof(config)))
		return BACKEND_ERR_MEDIATOR;
	memset(&b->sent, 0xff, sizeof(b->sent)); /* the new mediator has no STATE yet */
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

int mediator_receive(struct backend *b)
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

int64_t mediator_tell_state(struct backend *b, uint64_t now)
{
	struct gpum_msg msg = {0};

	read_counters(b, &msg.state);
	if (memcmp(&msg.state, &b->sent, sizeof(b->sent)) == 0)
		return -1;
	/* The mediator acts on the connection state, so report its changes without delay. */
	if (msg.state.xenbus_state == b->sent.xenbus_state && now < b->sent_us + STATE_PERIOD_US)
		return (int64_t)(b->sent_us + STATE_PERIOD_US - now);
	b->sent = msg.state;
	b->sent_us = now;
	gpum_msg_send(b->mediator, &msg, GPUM_MSG_STATE, -1);
	return -1;
}

void mediator_report_fault(struct backend *b, int error)
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
