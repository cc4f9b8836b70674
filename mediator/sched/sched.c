/* SPDX-License-Identifier: MIT */
#include "mediator/sched/sched.h"

#include <stddef.h>
#include <string.h>

/* A clock that goes backwards would be the caller's fault; it must not become 2^64 ns of use. */
static uint64_t elapsed(uint64_t since, uint64_t now)
{
	return now > since ? now - since : 0;
}

static void count_job(struct sched_stats *stats, uint64_t busy)
{
	stats->jobs++;
	stats->busy_ns += busy;
	if (busy > stats->longest_ns)
		stats->longest_ns = busy;
}

static void count_wait(struct sched_stats *stats, uint64_t waited)
{
	stats->waited_ns += waited;
	if (waited > stats->longest_wait_ns)
		stats->longest_wait_ns = waited;
}

static void release_gpu(struct sched *s, uint64_t now)
{
	struct sched_client *c = s->holder;
	uint64_t busy = elapsed(c->started_ns, now);

	count_job(&c->stats, busy);
	count_job(&s->total, busy);
	c->running = 0;
	s->holder = NULL;
}

const char *sched_strstatus(int status)
{
	switch (status) {
	case SCHED_OK:
		return "no error";
	case SCHED_ERR_WAITING:
		return "a second job was announced while one is waiting";
	case SCHED_ERR_ID:
		return "the job's id is not the expected one";
	case SCHED_ERR_IDLE:
		return "a job ended that was not running";
	default:
		return "unknown status";
	}
}

void sched_init(struct sched *s, const struct sched_policy *policy)
{
	memset(s, 0, sizeof(*s));
	s->policy = policy;
}

struct sched_client *sched_add(struct sched *s, uint32_t priority, void *owner)
{
	for (uint32_t i = 0; i < SCHED_MAX_CLIENTS; i++) {
		struct sched_client *c = &s->client[i];

		if (c->used)
			continue;
		memset(c, 0, sizeof(*c));
		c->used = 1;
		c->priority = priority;
		c->owner = owner;
		return c;
	}
	return NULL;
}

void sched_remove(struct sched *s, struct sched_client *c, uint64_t now)
{
	if (!c)
		return;
	if (s->holder == c)
		release_gpu(s, now);
	memset(c, 0, sizeof(*c));
}

int sched_ready(struct sched *s, struct sched_client *c, const struct sched_job *job, uint64_t now)
{
	if (c->waiting)
		return SCHED_ERR_WAITING;
	if (job->id <= c->last_id)
		return SCHED_ERR_ID;
	c->last_id = job->id;
	c->next = *job;
	c->waiting = 1;
	c->ready_ns = now;
	c->order = s->arrivals++;
	return SCHED_OK;
}

struct sched_client *sched_pick(struct sched *s, uint64_t now)
{
	const struct sched_client *picked;
	struct sched_client *c;
	uint64_t waited;

	if (s->holder)
		return NULL;
	picked = s->policy->pick(s, now);
	if (!picked)
		return NULL;
	c = &s->client[picked - s->client];
	waited = elapsed(c->ready_ns, now);
	count_wait(&c->stats, waited);
	count_wait(&s->total, waited);
	c->job = c->next;
	c->waiting = 0;
	c->running = 1;
	c->started_ns = now;
	s->holder = c;
	return c;
}

int sched_done(struct sched *s, struct sched_client *c, uint64_t id, uint64_t now)
{
	if (s->holder != c)
		return SCHED_ERR_IDLE;
	if (c->job.id != id)
		return SCHED_ERR_ID;
	release_gpu(s, now);
	return SCHED_OK;
}

uint64_t sched_busy_ns(const struct sched *s, uint64_t now)
{
	uint64_t running = s->holder ? elapsed(s->holder->started_ns, now) : 0;

	return s->total.busy_ns + running;
}
