/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/display/compositor.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/display/panel_life.h"
#include "mediator/daemon/output/output.h"

#define ANSWER_NS UINT64_C(5000000000) /* to say that it is ready to draw */

static struct compositor *compositor_of(struct client *client)
{
	return client->owner;
}

/* --- Panel buffers ---------------------------------------------------------------------------- */

static void release(struct compositor *c, struct panel_buffer *b)
{
	if (!b->handle)
		return;
	c->output->ops->release(c->output, b->handle);
	close(b->fd);
	memset(b, 0, sizeof(*b));
}

static bool is_front(const struct compositor *c, const struct panel_buffer *b)
{
	return b->handle && b->handle == c->front.handle;
}

static void forget_buffers(struct compositor *c)
{
	for (uint32_t i = 0; i < GPUM_PANEL_BUFFERS; i++) {
		/* Keep the picture on the screen until the next compositor has drawn one. */
		if (is_front(c, &c->buffer[i]))
			memset(&c->buffer[i], 0, sizeof(c->buffer[i]));
		else
			release(c, &c->buffer[i]);
	}
	c->num_buffers = 0;
}

static void add_buffer(struct compositor *c, const struct gpum_buffer *d, int *fd)
{
	struct panel_buffer *b = &c->buffer[c->num_buffers % GPUM_PANEL_BUFFERS];
	int status;

	if (c->num_buffers >= GPUM_PANEL_BUFFERS || d->id != c->num_buffers + 1 ||
	    d->width != c->width || d->height != c->height) {
		client_fail(&c->process.client, "a panel buffer that was not asked for");
		return;
	}
	status = c->output->ops->import(c->output, d, *fd, &b->handle);
	if (status) {
		b->handle = 0;
		client_fail(&c->process.client, "its panel buffer cannot be shown: %s",
			    strerror(-status));
		return;
	}
	b->fd = *fd;
	b->description = *d;
	*fd = -1;
	if (++c->num_buffers < GPUM_PANEL_BUFFERS)
		return;
	c->state = COMPOSITOR_FREE;
	c->ops->ready(c->owner);
}

/* --- The process ------------------------------------------------------------------------------ */

static void on_greeted(struct client *client)
{
	struct compositor *c = compositor_of(client);
	struct gpum_msg msg = {
		.panel = {.width = c->width, .height = c->height, .fourcc = DRM_FORMAT_XRGB8888}};

	client_send(client, &msg, GPUM_MSG_PANEL, -1);
	c->ops->greeted(c->owner);
}

static void on_message(struct client *client, const struct gpum_msg *msg, int *fd)
{
	if (msg->type == GPUM_MSG_PANEL_BUFFER)
		add_buffer(compositor_of(client), &msg->buffer, fd);
	else
		client_fail(client, "an unexpected message %u", msg->type);
}

static void on_job_done(struct client *client, bool failed)
{
	struct compositor *c = compositor_of(client);

	if (c->state == COMPOSITOR_DRAWING)
		c->state = COMPOSITOR_FREE;
	c->ops->drawn(c->owner, failed);
}

static void on_started(void *owner, bool adopted)
{
	struct compositor *c = owner;

	c->state = adopted ? COMPOSITOR_RESUMING : COMPOSITOR_STARTING;
}

static void on_ended(void *owner)
{
	struct compositor *c = owner;
	struct panel_buffer *target = &c->buffer[c->target];

	c->state = COMPOSITOR_OFF;
	/* forget_buffers() must not take away a buffer that is about to be in front. */
	if (c->ops->gone(c->owner) && !is_front(c, target)) {
		release(c, &c->front);
		c->front = *target;
		memset(target, 0, sizeof(*target));
	}
	forget_buffers(c);
}

static const struct client_ops compositor_client_ops = {.greeted = on_greeted,
							.message = on_message,
							.job_done = on_job_done,
							.gone = respawn_gone};
static const struct respawn_ops compositor_respawn_ops = {.started = on_started, .ended = on_ended};

void compositor_init(struct compositor *c, struct clients *clients, const char *connector,
		     const char *render_node, const struct sched_params *params,
		     const struct compositor_ops *ops, void *owner)
{
	struct respawn *r = &c->process;
	char name[KEEPER_NAME_MAX];

	snprintf(name, sizeof(name), "compositor of %s", connector);
	c->ops = ops;
	c->owner = owner;
	respawn_init(r, clients, CLIENT_COMPOSITOR, name, &compositor_client_ops,
		     &compositor_respawn_ops, c);
	r->program = "gpum-compositor";
	r->arguments[0] = "--render-node";
	r->arguments[1] = render_node;
	r->params = *params;
	respawn_start(r);
}

void compositor_finish(struct compositor *c)
{
	if (!c->output)
		return;
	respawn_abandon(&c->process);
	forget_buffers(c);
	release(c, &c->front);
}

/* --- For the panel ---------------------------------------------------------------------------- */

bool compositor_can_draw(const struct compositor *c)
{
	return c->state == COMPOSITOR_FREE && client_ready(&c->process.client);
}

bool compositor_resumes(const struct compositor *c)
{
	return c->state == COMPOSITOR_RESUMING &&
	       clock_ns() - c->process.started_ns < PANEL_PATIENCE_NS;
}

uint32_t compositor_choose_target(struct compositor *c)
{
	c->target = is_front(c, &c->buffer[0]) ? 1 : 0;
	return c->target;
}

void compositor_draw(struct compositor *c, struct gpum_msg *compose)
{
	c->state = COMPOSITOR_DRAWING;
	c->told_ns = clock_ns();
	client_send(&c->process.client, compose, GPUM_MSG_COMPOSE, -1);
}

uint32_t compositor_target_handle(const struct compositor *c)
{
	return c->buffer[c->target].handle;
}

void compositor_shown(struct compositor *c)
{
	struct panel_buffer *now = &c->buffer[c->target];
	bool known = false;

	/* Its compositor has died meanwhile, and the buffer is in front already. */
	if (!now->handle || is_front(c, now))
		return;
	for (uint32_t i = 0; i < GPUM_PANEL_BUFFERS; i++)
		known |= is_front(c, &c->buffer[i]);
	if (!known)
		release(c, &c->front);
	c->front = *now;
}

void compositor_late(struct compositor *c)
{
	const struct sched_client *s = c->process.client.sched;

	if (c->state == COMPOSITOR_DRAWING && s && !s->waiting && !s->running &&
	    clock_ns() - c->told_ns > ANSWER_NS)
		client_fail(&c->process.client, "it did not answer COMPOSE in time");
}
