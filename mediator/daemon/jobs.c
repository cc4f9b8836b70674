/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/jobs.h"

#include "mediator/daemon/clients.h"
#include "mediator/daemon/log.h"
#include "mediator/daemon/mediator.h"

/*
 * The last resort against a client that keeps the GPU: long enough for any job of an emulated GPU.
 * Budgets and declared job lengths are the scheduler's business.
 */
#define WATCHDOG_S 30.0

static void bark(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct mediator *m = timer->data;
	struct sched_client *holder = m->jobs.sched.holder;

	(void)loop;
	(void)events;
	if (holder)
		client_fail(holder->owner, "a job kept the GPU for more than %.0f s", WATCHDOG_S);
}

static void look_again(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct mediator *m = timer->data;
	struct sched_client *holder = m->jobs.sched.holder;

	(void)loop;
	(void)events;
	if (sched_overrun(&m->jobs.sched, mediator_now(), NULL) == SCHED_RUN_KILL)
		client_fail(holder->owner, "a job took longer than its kill time");
	jobs_kick(m);
}

/* Nothing else may happen until then: a budget is refilled, a job is late. */
static void look_at(struct mediator *m, uint64_t wake, uint64_t now)
{
	uint64_t check;

	sched_overrun(&m->jobs.sched, now, &check);
	if (check < wake)
		wake = check;
	ev_timer_stop(m->loop, &m->jobs.look);
	if (wake == SCHED_NEVER)
		return;
	ev_timer_set(&m->jobs.look, wake > now ? (double)(wake - now) / 1e9 : 0.0, 0.0);
	ev_timer_start(m->loop, &m->jobs.look);
}

void jobs_init(struct mediator *m)
{
	sched_init(&m->jobs.sched, m->config.policy);
	sched_set_costs(&m->jobs.sched, &m->config.costs);
	ev_init(&m->jobs.watchdog, bark);
	m->jobs.watchdog.data = m;
	ev_init(&m->jobs.look, look_again);
	m->jobs.look.data = m;
}

void jobs_configure(struct client *c, const struct sched_params *params)
{
	sched_set_params(&c->mediator->jobs.sched, c->sched, params, mediator_now());
}

static bool is_compositor(const struct client *c)
{
	return c->sched->priority == SCHED_PRIORITY_COMPOSITOR;
}

static bool kind_is_allowed(const struct client *c, uint32_t kind)
{
	if (is_compositor(c))
		return kind == GPUM_JOB_COMPOSE || kind == GPUM_JOB_CHECK;
	return kind == GPUM_JOB_SUBMIT || kind == GPUM_JOB_TRANSFER;
}

static void announce(struct client *c, const struct gpum_job *job)
{
	const struct sched_job next = {.id = job->id, .kind = job->kind, .bytes = job->bytes};
	int status;

	if (!kind_is_allowed(c, job->kind)) {
		client_fail(c, "a job of unknown kind %u", job->kind);
		return;
	}
	/* A guest's driver draws nothing before its last frame is shown: a new one begins. */
	if (!c->sched->drawing)
		sched_release(&c->mediator->jobs.sched, c->sched, mediator_now());
	status = sched_ready(&c->mediator->jobs.sched, c->sched, &next, mediator_now());
	if (status)
		client_fail(c, "job %llu: %s", (unsigned long long)job->id,
			    sched_strstatus(status));
}

void jobs_ready(struct client *c, const struct gpum_job *job)
{
	announce(c, job);
	jobs_kick(c->mediator);
}

void jobs_done(struct client *c, const struct gpum_job_done *done)
{
	struct mediator *m = c->mediator;
	int status = sched_done(&m->jobs.sched, c->sched, done->id, mediator_now());

	if (status) {
		client_fail(c, "end of job %llu: %s", (unsigned long long)done->id,
			    sched_strstatus(status));
		return;
	}
	ev_timer_stop(m->loop, &m->jobs.watchdog);
	if (is_compositor(c))
		sched_complete(&m->jobs.sched, c->sched, mediator_now());
	if (done->next.kind)
		announce(c, &done->next);
	if (c->ops->job_done)
		c->ops->job_done(c, done->failed != 0);
	jobs_kick(m);
}

void jobs_frame_complete(struct client *c)
{
	struct mediator *m = c->mediator;

	if (!c->sched || !c->sched->drawing)
		return;
	sched_complete(&m->jobs.sched, c->sched, mediator_now());
	/* Who was kept back for it may go now. */
	if (!m->jobs.sched.holder)
		jobs_kick(m);
}

void jobs_remove(struct client *c)
{
	struct mediator *m = c->mediator;

	if (!c->sched)
		return;
	if (m->jobs.sched.holder == c->sched)
		ev_timer_stop(m->loop, &m->jobs.watchdog);
	sched_remove(&m->jobs.sched, c->sched, mediator_now());
	c->sched = NULL;
}

void jobs_withdraw(struct client *c)
{
	if (c->sched && c->mediator->jobs.sched.holder != c->sched)
		jobs_remove(c);
}

void jobs_kick(struct mediator *m)
{
	struct gpum_msg msg = {0};
	uint64_t wake, now = mediator_now();
	struct sched_client *next;

	if (m->jobs.unknown)
		return;
	next = sched_pick(&m->jobs.sched, now, &wake);
	look_at(m, wake, now);
	if (!next)
		return;
	msg.run.id = next->job.id;
	ev_timer_stop(m->loop, &m->jobs.watchdog);
	ev_timer_set(&m->jobs.watchdog, WATCHDOG_S, 0.0);
	ev_timer_start(m->loop, &m->jobs.watchdog);
	client_send(next->owner, &msg, GPUM_MSG_JOB_RUN, -1);
}
