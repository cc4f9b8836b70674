/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/checker.h"

#include <stdio.h>
#include <string.h>

#include "mediator/daemon/mediator.h"
#include "mediator/daemon/panel.h"
#include "mediator/daemon/watch.h"

#define NS_PER_S  1e9
#define NS_PER_MS UINT64_C(1000000)
/* Far beyond what copying some pixels takes: it must not keep the GPU from those it looks at. */
#define KILL_NS	  UINT64_C(2000000000)
#define SEARCH_NS UINT64_C(1000000000) /* between two looks for a first announcement */

static struct checker *of(struct client *client)
{
	return &client->mediator->checker;
}

static void greeted(struct client *client)
{
	(void)client;
}

static void found(struct checker *c, const struct truth_finding *finding)
{
	struct watch *w = c->watch;

	c->watch = NULL;
	/* The guest may have drawn into it meanwhile. */
	if (c->own_buffer && w->frames != c->frame)
		return;
	watch_found(w, finding);
}

static void message(struct client *client, const struct gpum_msg *msg, int *fd)
{
	(void)fd;
	if (msg->type == GPUM_MSG_CHECKED && of(client)->watch)
		found(of(client), &msg->checked);
	else
		client_fail(client, "an unexpected message %u", msg->type);
}

static void job_done(struct client *client, bool failed)
{
	if (failed)
		of(client)->watch = NULL;
}

static void start(struct mediator *m)
{
	const char *const by_gpu[] = {"--render-node", m->options->render_node, NULL};
	const char *const by_map[] = {"--map", NULL};
	const struct sched_params params = {
		.priority = SCHED_PRIORITY_COMPOSITOR, .weight = 1, .kill_ns = KILL_NS};
	struct checker *c = &m->checker;
	struct kept_client kept;

	c->started_ns = mediator_now();
	if (kept_take(m, c->client.name, &kept) && client_adopt(&c->client, &kept, &params) == 0)
		return;
	/* Pictures of the simulated GPU lie in memory. */
	if (client_start(&c->client, "gpum-checker",
			 strcmp(m->options->gpu, "sim") ? by_gpu : by_map, params.priority))
		ev_timer_start(m->loop, &c->restart);
	else
		jobs_configure(&c->client, &params);
}

static void restart(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct mediator *m = timer->data;

	(void)loop;
	(void)events;
	m->checker.restarts++;
	start(m);
}

static void gone(struct client *client)
{
	struct checker *c = of(client);
	char end[GPUM_REASON_MAX + 32];

	client_describe_end(client, end, sizeof(end));
	log_error("%s: %s", client->name, end);
	c->watch = NULL;
	ev_timer_set(&c->restart,
		     (double)restart_pause(&c->pause, mediator_now() - c->started_ns) / NS_PER_S,
		     0.0);
	ev_timer_start(client->mediator->loop, &c->restart);
}

static const struct client_ops checker_ops = {
	.greeted = greeted, .message = message, .job_done = job_done, .gone = gone};

void checker_init(struct mediator *m)
{
	struct checker *c = &m->checker;
	bool wanted = false;

	for (uint32_t i = 0; i < m->config.num_displays; i++)
		wanted |= m->config.display[i].truth.announced != 0;
	client_init(&c->client, m, &checker_ops, c);
	snprintf(c->client.name, sizeof(c->client.name), "checker");
	ev_timer_init(&c->restart, restart, (double)RESTART_LONGEST_NS / NS_PER_S, 0.0);
	c->restart.data = m;
	if (wanted)
		start(m);
}

void checker_stop(struct mediator *m)
{
	if (!m->checker.client.mediator)
		return;
	ev_timer_stop(m->loop, &m->checker.restart);
	client_abandon(&m->checker.client);
}

static struct gpum_rect moved(const struct config_rect *r, const struct gpum_rect *origin)
{
	return (struct gpum_rect){.x = origin->x + (int32_t)r->x,
				  .y = origin->y + (int32_t)r->y,
				  .width = r->width,
				  .height = r->height};
}

static void fill(const struct config_truth *t, const struct panel_picture *picture,
		 struct gpum_check *check)
{
	const struct config_rect strip = {t->strip_x, t->strip_y,
					  TRUTH_STRIP_PIXELS(t->num_telltales), 1};

	check->buffer = picture->buffer;
	check->rect[check->num_rects++] = moved(&strip, &picture->region);
	for (uint32_t i = 0; i < t->num_telltales; i++)
		check->rect[check->num_rects++] = moved(&t->telltale[i], &picture->region);
}

/* Whoever has never announced anything will hardly begin now. */
static uint64_t interval(const struct watch *w)
{
	uint64_t ns = w->panel->display[w->slot].config->truth.check_ms * NS_PER_MS;

	return w->monitor.announced || ns > SEARCH_NS ? ns : SEARCH_NS;
}

void checker_frame(struct watch *w)
{
	const struct panel_display *d = &w->panel->display[w->slot];
	struct checker *c = &w->panel->mediator->checker;
	struct panel_picture picture = {.fd = -1};
	struct gpum_msg msg = {0};
	uint64_t now = mediator_now();

	if (!d->config->truth.announced || c->watch || !client_ready(&c->client) ||
	    now - w->checked_ns < interval(w) ||
	    !panel_frame(w->panel, w->slot, &picture, &c->own_buffer))
		return;
	w->checked_ns = now;
	if (picture.region.width != d->config->region.width ||
	    picture.region.height != d->config->region.height) {
		watch_found(w, &(struct truth_finding){.verdict = TRUTH_NO_STRIP});
		return;
	}
	c->watch = w;
	c->frame = w->frames;
	fill(&d->config->truth, &picture, &msg.check);
	client_send(&c->client, &msg, GPUM_MSG_CHECK, picture.fd);
}
