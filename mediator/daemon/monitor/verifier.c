/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/monitor/verifier.h"

#include <string.h>

#include "mediator/daemon/base/clock.h"

/* Far beyond what copying some pixels takes: it must not keep the GPU from those it looks at. */
#define KILL_NS	  UINT64_C(2000000000)
#define SEARCH_NS UINT64_C(1000000000) /* between two looks for a first announcement */

static struct verifier *verifier_of(struct client *client)
{
	return client->owner;
}

static void on_greeted(struct client *client)
{
	(void)client;
}

static void take_finding(struct verifier *v, const struct truth_finding *finding)
{
	struct monitor *m = v->monitor;

	v->monitor = NULL;
	/* The guest may have drawn into it meanwhile. */
	if (v->own_buffer && m->frames != v->frame)
		return;
	monitor_found(m, finding);
}

static void on_message(struct client *client, const struct gpum_msg *msg, int *fd)
{
	struct verifier *v = verifier_of(client);

	(void)fd;
	if (msg->type == GPUM_MSG_VERIFIED && v->monitor)
		take_finding(v, &msg->verified);
	else
		client_fail(client, "an unexpected message %u", msg->type);
}

static void on_job_done(struct client *client, bool failed)
{
	if (failed)
		verifier_of(client)->monitor = NULL;
}

static void on_started(void *owner, bool adopted)
{
	(void)owner;
	(void)adopted;
}

static void on_ended(void *owner)
{
	struct verifier *v = owner;

	v->monitor = NULL;
}

static const struct client_ops verifier_client_ops = {.greeted = on_greeted,
						      .message = on_message,
						      .job_done = on_job_done,
						      .gone = respawn_gone};
static const struct respawn_ops verifier_ops = {.started = on_started, .ended = on_ended};

static bool is_needed(const struct config *config)
{
	for (uint32_t i = 0; i < config->num_displays; i++)
		if (config->display[i].truth.announced)
			return true;
	return false;
}

void verifier_init(struct verifier *v, struct clients *clients, const struct options *options,
		   const struct config *config)
{
	struct respawn *r = &v->process;

	respawn_init(r, clients, CLIENT_VERIFIER, "verifier", &verifier_client_ops, &verifier_ops,
		     v);
	r->program = "gpum-verifier";
	r->params = (struct sched_params){
		.priority = SCHED_PRIORITY_COMPOSITOR, .weight = 1, .kill_ns = KILL_NS};
	/* Pictures of the simulated GPU lie in memory. */
	if (strcmp(options->gpu, "sim")) {
		r->arguments[0] = "--render-node";
		r->arguments[1] = options->render_node;
	} else {
		r->arguments[0] = "--map";
	}
	if (is_needed(config))
		respawn_start(r);
}

void verifier_finish(struct verifier *v)
{
	respawn_abandon(&v->process);
}

static struct gpum_rect moved(const struct config_rect *r, const struct gpum_rect *origin)
{
	return (struct gpum_rect){.x = origin->x + (int32_t)r->x,
				  .y = origin->y + (int32_t)r->y,
				  .width = r->width,
				  .height = r->height};
}

static void fill(const struct config_truth *t, const struct picture *picture,
		 struct gpum_verify *request)
{
	const struct config_rect strip = {t->strip_x, t->strip_y,
					  TRUTH_STRIP_PIXELS(t->num_telltales), 1};

	request->buffer = picture->buffer;
	request->rect[request->num_rects++] = moved(&strip, &picture->region);
	for (uint32_t i = 0; i < t->num_telltales; i++)
		request->rect[request->num_rects++] = moved(&t->telltale[i], &picture->region);
}

/* A guest that has never announced anything is not expected to begin now. */
static uint64_t interval(const struct monitor *m)
{
	uint64_t ns = m->config->truth.verify_ms * CLOCK_NS_PER_MS;

	return m->truth.announced || ns > SEARCH_NS ? ns : SEARCH_NS;
}

static bool has_full_size(const struct monitor *m, const struct gpum_rect *region)
{
	return region->width == m->config->region.width &&
	       region->height == m->config->region.height;
}

void verifier_frame(struct verifier *v, struct monitor *m)
{
	struct picture picture = {.fd = -1};
	struct gpum_msg msg = {0};
	uint64_t now = clock_ns();

	if (!m->config->truth.announced || v->monitor || !client_ready(&v->process.client) ||
	    now - m->verified_ns < interval(m) ||
	    !m->ops->find_picture(m->owner, m->slot, &picture, &v->own_buffer))
		return;
	m->verified_ns = now;
	if (!has_full_size(m, &picture.region)) {
		monitor_found(m, &(struct truth_finding){.verdict = TRUTH_NO_STRIP});
		return;
	}
	v->monitor = m;
	v->frame = m->frames;
	fill(&m->config->truth, &picture, &msg.verify);
	client_send(&v->process.client, &msg, GPUM_MSG_VERIFY, picture.fd);
}
