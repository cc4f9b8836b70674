/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/guest/backend.h"

#include <stdio.h>
#include <string.h>

#include "mediator/daemon/guest/guests.h"

static void on_greeted(struct client *client)
{
	const struct guest *g = client->owner;
	const struct config *config = g->all->config;
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

static const char *add_buffer(struct guest *g, const struct gpum_buffer *d, int *fd)
{
	const char *wrong = buffers_add(&g->source->buffers, d, *fd);

	if (!wrong)
		*fd = -1;
	return wrong;
}

/* The backend says that its guest broke the protocol, and ends. */
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
		return source_remove_buffer(g->source, msg->id.id);
	case GPUM_MSG_FRAME:
		return source_submit(g->source, &msg->frame);
	case GPUM_MSG_SCANOUT_OFF:
		return source_off(g->source, msg->id.id);
	case GPUM_MSG_CURSOR:
		return source_cursor(g->source, &msg->cursor);
	case GPUM_MSG_STATE:
		g->counters = msg->state;
		return NULL;
	case GPUM_MSG_FAULT:
		return fault(g, &msg->fault);
	default:
		return "a message that a backend does not send";
	}
}

static void on_message(struct client *client, const struct gpum_msg *msg, int *fd)
{
	const char *wrong = handle(client->owner, msg, fd);

	if (wrong)
		client_fail(client, "its backend sent %s", wrong);
}

static void on_gone(struct client *client)
{
	guest_backend_gone(client->owner);
}

static const struct client_ops backend_ops = {
	.greeted = on_greeted, .message = on_message, .gone = on_gone};

void backend_init(struct guest *g)
{
	char name[KEEPER_NAME_MAX];

	snprintf(name, sizeof(name), "backend of %s", g->config->name);
	client_init(&g->backend, g->all->clients, CLIENT_BACKEND, name, &backend_ops, g);
	g->backend.log.limit = &g->limit;
}

static struct sched_params params_of(const struct guest *g)
{
	struct sched_params params;

	admission_guest_params(g->all->config, g->all->admission, g->index, &params);
	return params;
}

bool backend_adopt(struct guest *g)
{
	const struct sched_params params = params_of(g);

	return client_adopt(&g->backend, &params);
}

int backend_start(struct guest *g)
{
	const struct options *o = g->all->options;
	const char *const arguments[] = {"--gpu", o->gpu, "--render-node", o->render_node, NULL};
	const struct sched_params params = params_of(g);

	g->backend.domid = g->domid;
	return client_start(&g->backend, "gpum-backend", arguments, &params);
}
