/* SPDX-License-Identifier: MIT */
#include "mediator/daemon/client/jobs.h"

#include "mediator/daemon/base/clock.h"
#include "mediator/daemon/base/timer.h"

static void on_last_resort(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct jobs *j = timer->data;

	(void)loop;
	(void)events;
	if (j->sched.holder)
		j->ops->overrun(j->sched.holder->owner, "a job kept the GPU for more than 30 s");
}

static void on_look(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct jobs *j = timer->data;
	struct sched_client *holder = j->sched.holder;

	(void)loop;
	(void)events;
	if (sched_overrun(&j->sched, clock_ns(), NULL) == SCHED_RUN_KILL)
		j->ops->overrun(holder->owner, "a job took longer than its kill time");
	jobs_kick(j);
}

/* Nothing else may happen until then: a budget is refilled, a job is late. */
static void look_at(struct jobs *j, uint64_t wake, uint64_t now)
{
	uint64_t check;

	sched_overrun(&j->sched, now, &check);
	timer_arm_at(j->loop, &j->look, check < wake ? check : wake, now);
}

void jobs_init(struct jobs *j, struct ev_loop *loop, const struct sched_policy *policy,
	       const struct sched_costs *costs, const struct jobs_ops *ops)
{
	j->loop = loop;
	j->ops = ops;
	sched_init(&j->sched, policy);
	sched_set_costs(&j->sched, costs);
	ev_init(&j->last_resort, on_last_resort);
	j->last_resort.data = j;
	ev_init(&j->look, on_look);
	j->look.data = j;
}

void jobs_finish(struct jobs *j)
{
	if (!j->loop)
		return;
	ev_timer_stop(j->loop, &j->last_resort);
	ev_timer_stop(j->loop, &j->look);
}

int jobs_ready(struct jobs *j, struct sched_client *client, const struct gpum_job *job)
{
	const struct sched_job next = {.id = job->id, .kind = job->kind, .bytes = job->bytes};
	uint64_t now = clock_ns();

	/* A guest's driver draws nothing before its last frame is shown: a new one begins. */
	if (!client->drawing)
		sched_release(&j->sched, client, now);
	return sched_ready(&j->sched, client, &next, now);
}

int jobs_done(struct jobs *j, struct sched_client *client, uint64_t id, bool completes)
{
	uint64_t now = clock_ns();
	int status = sched_done(&j->sched, client, id, now);

	if (status)
		return status;
	ev_timer_stop(j->loop, &j->last_resort);
	if (completes)
		sched_complete(&j->sched, client, now);
	return 0;
}

void jobs_frame_complete(struct jobs *j, struct sched_client *client)
{
	if (!client->drawing)
		return;
	sched_complete(&j->sched, client, clock_ns());
	/* The gate held other clients back for this frame: it lets them go now. */
	if (!j->sched.holder)
		jobs_kick(j);
}

void jobs_remove(struct jobs *j, struct sched_client *client)
{
	if (!client)
		return;
	if (j->sched.holder == client)
		ev_timer_stop(j->loop, &j->last_resort);
	sched_remove(&j->sched, client, clock_ns());
}

bool jobs_withdraw(struct jobs *j, struct sched_client *client)
{
	if (j->sched.holder == client)
		return false;
	jobs_remove(j, client);
	return true;
}

void jobs_kick(struct jobs *j)
{
	uint64_t wake, now = clock_ns();
	struct sched_client *next;

	if (j->unknown)
		return;
	next = sched_pick(&j->sched, now, &wake);
	look_at(j, wake, now);
	if (!next)
		return;
	timer_arm(j->loop, &j->last_resort, JOBS_LAST_RESORT_S);
	j->ops->run(next->owner, next->job.id);
}

void jobs_resolved(struct jobs *j)
{
	j->unknown--;
	jobs_kick(j);
}
