/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/compose.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mediator/daemon/frames.h"
#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"
#include "mediator/daemon/output.h"
#include "mediator/daemon/panel.h"
#include "mediator/guard/restart.h"

#define NS_PER_S  1e9
#define ANSWER_NS UINT64_C(5000000000) /* to say that it is ready to draw */

static struct panel *panel_of(struct client *client)
{
	return client->owner;
}

static void release(struct panel *p, struct panel_buffer *b)
{
	if (!b->handle)
		return;
	p->output->ops->release(p->output, b->handle);
	close(b->fd);
	memset(b, 0, sizeof(*b));
}

static bool is_front(const struct panel *p, const struct panel_buffer *b)
{
	return b->handle && b->handle == p->front.handle;
}

static void forget_buffers(struct panel *p)
{
	for (uint32_t i = 0; i < GPUM_PANEL_BUFFERS; i++) {
		/* What is on the screen stays there until its successor has something to show. */
		if (is_front(p, &p->buffer[i]))
			memset(&p->buffer[i], 0, sizeof(p->buffer[i]));
		else
			release(p, &p->buffer[i]);
	}
	p->num_buffers = 0;
}

/* Long before they are needed. */
static void send_safe_pictures(struct panel *p)
{
	for (uint32_t i = 0; i < p->config->num_displays; i++) {
		const struct panel_display *d = &p->display[i];
		struct gpum_msg msg = {.buffer = {.id = d->safe.layer,
						  .width = d->config->region.width,
						  .height = d->config->region.height}};

		if (d->safe.pixels)
			client_send(&p->compositor, &msg, GPUM_MSG_PICTURE_ADD, d->safe.fd);
	}
}

static void greeted(struct client *client)
{
	struct panel *p = panel_of(client);
	struct gpum_msg msg = {.panel = {.width = p->config->width,
					 .height = p->config->height,
					 .fourcc = DRM_FORMAT_XRGB8888}};

	client_send(client, &msg, GPUM_MSG_PANEL, -1);
	send_safe_pictures(p);
}

static void add_buffer(struct panel *p, const struct gpum_buffer *d, int *fd)
{
	struct panel_buffer *b = &p->buffer[p->num_buffers % GPUM_PANEL_BUFFERS];
	int status;

	if (p->num_buffers >= GPUM_PANEL_BUFFERS || d->id != p->num_buffers + 1 ||
	    d->width != p->config->width || d->height != p->config->height) {
		client_fail(&p->compositor, "a panel buffer that was not asked for");
		return;
	}
	status = p->output->ops->import(p->output, d, *fd, &b->handle);
	if (status) {
		b->handle = 0;
		client_fail(&p->compositor, "its panel buffer cannot be shown: %s",
			    strerror(-status));
		return;
	}
	b->fd = *fd;
	b->description = *d;
	*fd = -1;
	if (++p->num_buffers == GPUM_PANEL_BUFFERS)
		panel_damage(p);
}

static void message(struct client *client, const struct gpum_msg *msg, int *fd)
{
	if (msg->type == GPUM_MSG_PANEL_BUFFER)
		add_buffer(panel_of(client), &msg->buffer, fd);
	else
		client_fail(client, "an unexpected message %u", msg->type);
}

static void job_done(struct client *client, bool failed)
{
	struct panel *p = panel_of(client);
	const struct gpum_rect all = {.width = p->config->width, .height = p->config->height};

	p->drawing = false;
	/* Too late: the frames have been answered, and all is drawn anew at the next tick. */
	if (p->stage != PANEL_DRAWING)
		return;
	if (failed)
		panel_drop(p, "the compositor failed");
	else
		panel_show(p, p->buffer[p->target].handle, &all);
}

static void restart_later(struct panel *p)
{
	uint64_t lived = mediator_now() - p->compositor_started_ns;

	ev_timer_stop(p->mediator->loop, &p->restart);
	ev_timer_set(&p->restart, (double)restart_pause(&p->restart_pause, lived) / NS_PER_S, 0.0);
	ev_timer_start(p->mediator->loop, &p->restart);
}

static void start(struct panel *p)
{
	const char *const arguments[] = {"--render-node", p->mediator->options->render_node, NULL};

	struct sched_params params;
	struct kept_client kept;

	admission_compositor_params(&p->mediator->config, p->index, &params);
	p->compositor_started_ns = mediator_now();
	if (kept_take(p->mediator, p->compositor.name, &kept) &&
	    client_adopt(&p->compositor, &kept, &params) == 0) {
		p->resumed = true;
		return;
	}
	p->resumed = false;
	if (client_start(&p->compositor, "gpum-compositor", arguments, params.priority))
		restart_later(p);
	else
		jobs_configure(&p->compositor, &params);
}

static void restart(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct panel *p = timer->data;

	(void)loop;
	(void)events;
	p->restarts++;
	start(p);
}

static void gone(struct client *client)
{
	struct panel *p = panel_of(client);
	char end[GPUM_REASON_MAX + 32];

	client_describe_end(client, end, sizeof(end));
	log_error("%s: %s", client->name, end);
	p->drawing = false;
	if (p->stage == PANEL_DRAWING) {
		p->stage = PANEL_IDLE;
		present_fail(&p->present);
	}
	if (p->stage == PANEL_FLIPPING && !is_front(p, &p->buffer[p->target])) {
		/* It will be in front; forget_buffers() must not take it away. */
		release(p, &p->front);
		p->front = p->buffer[p->target];
		memset(&p->buffer[p->target], 0, sizeof(p->buffer[p->target]));
	}
	forget_buffers(p);
	inherited_forget_layer(p);
	for (uint32_t i = 0; i < p->config->num_displays; i++)
		buffers_forget_layers(p->display[i].guest, p->index);
	panel_damage(p);
	restart_later(p);
}

static const struct client_ops compositor_ops = {
	.greeted = greeted, .message = message, .job_done = job_done, .gone = gone};

void compose_init(struct panel *p)
{
	client_init(&p->compositor, p->mediator, &compositor_ops, p);
	snprintf(p->compositor.name, sizeof(p->compositor.name), "compositor of %s",
		 p->config->connector);
	ev_init(&p->restart, restart);
	p->restart.data = p;
	start(p);
}

void compose_stop(struct panel *p)
{
	ev_timer_stop(p->mediator->loop, &p->restart);
	client_abandon(&p->compositor);
	forget_buffers(p);
	release(p, &p->front);
}

bool compose_ready(const struct panel *p)
{
	return client_ready(&p->compositor) && p->num_buffers == GPUM_PANEL_BUFFERS && !p->drawing;
}

bool compose_resumes(const struct panel *p)
{
	return p->resumed && p->num_buffers < GPUM_PANEL_BUFFERS &&
	       (double)(mediator_now() - p->compositor_started_ns) < PANEL_PATIENCE_S * NS_PER_S;
}

/* The layer id of a buffer, which the compositor learns about now if it does not know it. */
static uint32_t layer_of(struct panel *p, struct guest *g, uint32_t key)
{
	struct buffer *b = key ? buffers_find_key(g, key) : NULL;
	uint32_t bit = UINT32_C(1) << p->index;
	struct gpum_msg msg = {0};

	if (!b)
		return 0;
	if (!(b->layers & bit)) {
		msg.buffer = b->description;
		client_send(&p->compositor, &msg, GPUM_MSG_LAYER_ADD, b->fd);
		b->layers |= bit;
	}
	return key;
}

static struct gpum_rect region_of(const struct panel_display *d)
{
	const struct config_rect *r = &d->config->region;

	return (struct gpum_rect){
		.x = (int32_t)r->x, .y = (int32_t)r->y, .width = r->width, .height = r->height};
}

/* As it is on the screen: its part of the panel, in the same place. */
static void fill_inherited(struct panel *p, struct gpum_layer *layer)
{
	layer->buffer_id = inherited_layer(p);
	layer->source = layer->target;
}

static void fill_picture(struct panel *p, uint32_t slot, struct gpum_layer *layer)
{
	struct panel_display *d = &p->display[slot];
	const struct present_frame *frame = present_current(&p->present, slot);

	layer->target = layer->clip = region_of(d);
	if (d->is_safe) {
		layer->buffer_id = d->safe.layer;
		layer->source.width = layer->target.width;
		layer->source.height = layer->target.height;
		return;
	}
	if (!frame && inherited_shows(p, slot))
		fill_inherited(p, layer);
	if (!frame)
		return;
	layer->buffer_id = layer_of(p, d->guest, frame->buffer_id);
	layer->source.x = (int32_t)frame->x;
	layer->source.y = (int32_t)frame->y;
	layer->source.width = frame->width;
	layer->source.height = frame->height;
}

static bool fill_cursor(struct panel *p, uint32_t slot, struct gpum_layer *layer)
{
	struct panel_display *d = &p->display[slot];
	struct buffer *b = d->cursor.key ? buffers_find_key(d->guest, d->cursor.key) : NULL;

	if (!b || d->is_safe || !present_current(&p->present, slot))
		return false;
	layer->blend = 1;
	layer->buffer_id = layer_of(p, d->guest, b->key);
	layer->clip = region_of(d);
	layer->source.width = layer->target.width = b->description.width;
	layer->source.height = layer->target.height = b->description.height;
	layer->target.x = layer->clip.x + d->cursor.x;
	layer->target.y = layer->clip.y + d->cursor.y;
	return true;
}

void compose_start(struct panel *p, uint32_t changed)
{
	struct gpum_msg msg = {0};
	struct gpum_compose *c = &msg.compose;
	uint32_t pictures = p->config->num_displays;

	p->target = is_front(p, &p->buffer[0]) ? 1 : 0;
	c->panel_buffer = p->target;
	for (uint32_t i = 0; i < pictures; i++) {
		bool is_new = changed & (UINT32_C(1) << i);

		if (!is_new)
			c->keep |= UINT32_C(1) << c->num_layers;
		fill_picture(p, i, &c->layer[c->num_layers++]);
		/* The kept picture holds its cursor; and each other picture needs its layer. */
		if (is_new && c->num_layers + (pictures - i - 1) < GPUM_MAX_LAYERS &&
		    fill_cursor(p, i, &c->layer[c->num_layers]))
			c->num_layers++;
	}
	p->drawing = true;
	p->told_ns = mediator_now();
	p->stage = PANEL_DRAWING;
	client_send(&p->compositor, &msg, GPUM_MSG_COMPOSE, -1);
	/* Only now, for the last of these takes the layer away. */
	for (uint32_t i = 0; i < pictures; i++)
		if (present_current(&p->present, i))
			inherited_replaced(p, i);
}

void compose_shown(struct panel *p)
{
	struct panel_buffer *now = &p->buffer[p->target];
	bool known = false;

	/* Its compositor has died meanwhile, and the buffer is in front already. */
	if (!now->handle || is_front(p, now))
		return;
	for (uint32_t i = 0; i < GPUM_PANEL_BUFFERS; i++)
		known |= is_front(p, &p->buffer[i]);
	if (!known)
		release(p, &p->front);
	p->front = *now;
}

void compose_late(struct panel *p)
{
	const struct sched_client *s = p->compositor.sched;

	if (s && !s->waiting && !s->running && mediator_now() - p->told_ns > ANSWER_NS)
		client_fail(&p->compositor, "it did not answer COMPOSE in time");
}
