/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/backend.h"

#include <stdio.h>
#include <string.h>

#include "mediator/daemon/frames.h"
#include "mediator/daemon/guests.h"
#include "mediator/daemon/mediator.h"

static void greeted(struct client *client)
{
	const struct guest *g = client->owner;
	const struct config *config = &g->mediator->config;
	struct gpum_msg msg = {0};
	struct gpum_config *c = &msg.config;

	c->domid = g->domid;
	c->num_scanouts = g->config->num_displays;
	for (uint32_t i = 0; i < c->num_scanouts; i++) {
		const struct config_display *d = &config->display[g->config->display[i]];

		c->scanout[i].width = d->region.width;
		c->scanout[i].height = d->region.height;
		c->scanout[i].frame_period_us = d->frame_period_us;
		memcpy(c->scanout[i].name, d->name, sizeof(c->scanout[i].name));
	}
	c->memory_mib = g->config->memory_mib;
	c->max_contexts = g->config->max_contexts;
	c->max_resources = g->config->max_resources;
	c->max_granted_mib = g->config->max_granted_mib;
	c->max_command_bytes = g->config->max_command_kib << 10;
	c->max_events_per_s = g->config->max_events_per_s;
	c->max_job_draws = g->config->max_job_draws;
	memcpy(c->guest, g->config->name, sizeof(c->guest));
	client_send(client, &msg, GPUM_MSG_CONFIG, -1);
}

static const char *remove_buffer(struct guest *g, uint32_t id)
{
	struct buffer *b = buffers_find(g, id);

	if (!b)
		return "the end of a buffer that was not announced";
	frames_hide_cursor(g, b->key);
	buffers_remove(g, b);
	return NULL;
}

static const char *add_buffer(struct guest *g, const struct gpum_buffer *d, int *fd)
{
	const char *wrong = buffers_add(g, d, *fd);

	if (!wrong)
		*fd = -1;
	return wrong;
}

/* The guest broke the protocol with its backend, which says so and ends. */
static const char *fault(struct guest *g, const struct gpum_fault *f)
{
	if (!g->backend_fault[0])
		memcpy(g->backend_fault, f->reason, sizeof(g->backend_fault));
	client_stop(&g->backend);
	return NULL;
}

static const char *handle(struct guest *g, const struct gpum_msg *msg, int *fd)
{
	switch (msg->type) {
	case GPUM_MSG_BUFFER_ADD:
		return add_buffer(g, &msg->buffer, fd);
	case GPUM_MSG_BUFFER_REMOVE:
		return remove_buffer(g, msg->id.id);
	case GPUM_MSG_FRAME:
		return frames_submit(g, &msg->frame);
	case GPUM_MSG_SCANOUT_OFF:
		return frames_off(g, msg->id.id);
	case GPUM_MSG_CURSOR:
		return frames_cursor(g, &msg->cursor);
	case GPUM_MSG_STATE:
		g->counters = msg->state;
		return NULL;
	case GPUM_MSG_FAULT:
		return fault(g, &msg->fault);
	default:
		return "a message that a backend does not send";
	}
}

static void message(struct client *client, const struct gpum_msg *msg, int *fd)
{
	const char *wrong = handle(client->owner, msg, fd);

	if (wrong)
		client_fail(client, "its backend sent %s", wrong);
}

static void gone(struct client *client)
{
	guest_backend_gone(client->owner);
}

static const struct client_ops backend_ops = {.greeted = greeted, .message = message, .gone = gone};

void backend_init(struct guest *g)
{
	client_init(&g->backend, g->mediator, &backend_ops, g);
	snprintf(g->backend.name, sizeof(g->backend.name), "backend of %s", g->config->name);
}

bool backend_resume(struct guest *g)
{
	const struct mediator *m = g->mediator;
	struct sched_params params;
	struct kept_client kept;

	if (!kept_take(g->mediator, g->backend.name, &kept))
		return false;
	admission_guest_params(&m->config, &m->admission, (uint32_t)(g - m->guest), &params);
	return client_adopt(&g->backend, &kept, &params) == 0;
}

int backend_start(struct guest *g)
{
	const struct options *o = g->mediator->options;
	const char *const arguments[] = {"--gpu", o->gpu, "--render-node", o->render_node, NULL};
	const struct mediator *m = g->mediator;
	struct sched_params params;
	int status;

	admission_guest_params(&m->config, &m->admission, (uint32_t)(g - m->guest), &params);
	g->backend.domid = g->domid;
	status = client_start(&g->backend, "gpum-backend", arguments, params.priority);
	if (!status)
		jobs_configure(&g->backend, &params);
	return status;
}
